package email

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"tierline/ticket"
)

// seen is what the ledger is told of a mail.
func (o origin) seen(m *Mail, size int64) *ticket.MailSeen {
	s := &ticket.MailSeen{Source: o.source, Place: o.place, Size: size}
	if m != nil {
		s.MessageID, s.Subject = m.MessageID, cutRunes(m.Subject, ticket.MaxSubject)
		if len(m.From) > 0 {
			s.From = m.From[0].Address
		}
	}
	return s
}

// Forgetter forgets the sources of mails that are old enough. It changes nothing else: the ledger and
// the tickets stay. Several gateways may do so at once.
type Forgetter struct {
	Ledger ticket.MailLedger
	// Remove deletes a blob; one that is not there is no error.
	Remove func(ctx context.Context, sha256 string) error
	After  time.Duration // how long sources are kept; default [DefaultKeepSource]
	Now    func() time.Time
	Log    *slog.Logger
}

const (
	forgetEvery = time.Hour
	forgetBatch = 500 // mails in one transaction
)

// Run forgets now and every hour until ctx ends. What fails is tried again in an hour.
func (f Forgetter) Run(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		if n, err := f.Forget(ctx); err != nil && ctx.Err() == nil {
			f.Log.Warn("old mails cannot be forgotten", "err", err)
		} else if n > 0 {
			f.Log.Info("the sources of old mails are forgotten", "mails", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Forget forgets all that are old enough and says how many those were.
func (f Forgetter) Forget(ctx context.Context) (total int, err error) {
	before := f.Now().Add(-orElse(f.After, DefaultKeepSource))
	for {
		n, blobs, err := f.Ledger.ForgetMails(ctx, before, forgetBatch)
		total += n
		if err != nil {
			return total, err
		}
		for _, b := range blobs {
			if err := f.Remove(ctx, b); err != nil {
				return total, fmt.Errorf("blob %s: %w", b, err)
			}
		}
		if n < forgetBatch {
			return total, nil
		}
	}
}
