package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/klauspost/compress/gzip" // a third of the time of compress/gzip, and in the program anyway

	"tierline/ticket"
)

// maxPacked is how many bytes of a packed mail are kept in the ledger itself, which costs no write of
// its own; what is larger is a blob.
const maxPacked = 256 << 10

const packQuickly = 64 << 10 // bytes of a mail

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

// packer is a writer and the buffer that it writes to.
type packer struct {
	z *gzip.Writer
	b bytes.Buffer
}

// pack keeps a mail as it came. A large one is nearly all letters for bytes that are packed already:
// to look for repetitions in them takes five times as long, and finds few.
func (p *mapper) pack(ctx context.Context, raw []byte) (ticket.MailSource, error) {
	pool, level := &p.packers, gzip.BestSpeed
	if len(raw) > packQuickly {
		pool, level = &p.quickPackers, gzip.HuffmanOnly
	}
	w, ok := pool.Get().(*packer)
	if !ok {
		w = &packer{}
		w.z, _ = gzip.NewWriterLevel(nil, level) // fails only for levels that there are not
	}
	defer func() {
		if w.b.Cap() <= 2*maxPacked {
			pool.Put(w)
		}
	}()
	w.b.Reset()
	w.z.Reset(&w.b)
	if _, err := w.z.Write(raw); err != nil {
		return ticket.MailSource{}, err
	}
	if err := w.z.Close(); err != nil {
		return ticket.MailSource{}, err
	}
	if w.b.Len() <= maxPacked {
		return ticket.MailSource{Packed: bytes.Clone(w.b.Bytes())}, nil
	}
	sum, _, err := p.blobs.Put(ctx, &w.b, int64(w.b.Len()))
	return ticket.MailSource{Blob: sum, Gzip: true}, err
}

// Unpack reads a mail as it came. NotFound: it is kept no longer.
func Unpack(ctx context.Context, blobs ticket.Blobs, src ticket.MailSource) (io.ReadCloser, error) {
	if src.IsZero() {
		return nil, ticket.Errorf("email.Unpack", ticket.NotFound, "The source of this mail is kept no longer.")
	}
	if src.Blob == "" {
		z, err := gzip.NewReader(bytes.NewReader(src.Packed))
		return z, err
	}
	r, err := blobs.Open(ctx, src.Blob)
	if err != nil || !src.Gzip {
		return r, err
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		_ = r.Close() // it was only read
		return nil, err
	}
	return &unpacked{z, r}, nil
}

func (p *mapper) unpack(ctx context.Context, src ticket.MailSource) ([]byte, error) {
	r, err := Unpack(ctx, p.blobs, src)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

type unpacked struct {
	io.Reader
	blob io.Closer
}

func (u *unpacked) Close() error { return u.blob.Close() }

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
