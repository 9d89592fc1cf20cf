package email

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"tierline/channels"
	"tierline/ticket"
)

// sender brings answers to the mail server.
type sender struct {
	conf    Sending
	sign    signer
	dkim    *dkimKey // nil signs nothing
	deps    Deps
	log     *slog.Logger
	account *account // of a server that is signed in to with OAuth2
	places  *destinations

	mu      sync.Mutex
	kept    []*outlink
	trouble error // why the server was not reached at the last try
}

// NewSender makes the sender of answers. It fails when the configuration has no server to send by. The
// sender has a method Ready() error besides: nil while the server takes us, else what is wrong.
func NewSender(c Config, d Deps) (channels.Sender, error) {
	if err := faults(c); err != nil {
		return nil, err
	}
	if c.Sending.Host == "" {
		return nil, ticket.Errorf("email.NewSender", ticket.Invalid, "No server to send mail by is configured.")
	}
	return newSender(c, d.withDefaults())
}

func newSender(c Config, d Deps) (*sender, error) {
	s := &sender{conf: c.Sending.withDefaults(), sign: c.signer(), deps: d, log: d.Log}
	s.places = newDestinations(s.conf.Throttle, d.Now)
	if o := c.Sending.OAuth2; o != nil {
		s.account = d.Accounts.of(*o, c, d)
	}
	if k := s.conf.DKIM; k != nil {
		key, err := k.load()
		if err != nil {
			return nil, ticket.E("email.NewSender", ticket.Invalid, err)
		}
		s.dkim = key
	}
	return s, nil
}

// Ready is nil while the mail server takes us.
func (s *sender) Ready() error {
	if s.account != nil {
		if err := s.account.problem(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

func (s *sender) set(err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
}

// Send delivers a message to the mail server and returns its Message-ID.
func (s *sender) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	l, err := s.compose(ctx, out)
	if err != nil {
		return "", err
	}
	if s.dkim != nil {
		if l.data, err = s.dkim.sign(l.data); err != nil {
			return "", ticket.E("email.Send", ticket.Internal, err)
		}
	}
	l.leaveOut(out.Progress)
	leave, err := s.places.enter(l.domains())
	if err != nil {
		return "", err
	}
	defer leave()
	r, err := s.deliver(ctx, l)
	if err != nil {
		return "", failure(err)
	}
	return s.conclude(ctx, l, out, r)
}

// deliver takes one connection after the other until one is not stale.
func (s *sender) deliver(ctx context.Context, l letter) (results, error) {
	for {
		c, fresh, err := s.link(ctx)
		if err != nil {
			return results{}, err
		}
		r, err := c.deliver(ctx, l)
		if err == nil {
			s.keep(c)
			return r, nil
		}
		c.end()
		if fresh || !stale(err) {
			return results{}, err
		} // a kept connection that the server has closed meanwhile
	}
}

// leaveOut leaves those out who have got a mail at an earlier try, or never will.
func (l *letter) leaveOut(p ticket.Progress) {
	done := slices.Clone(p.Got)
	for _, r := range p.Refused {
		done = append(done, r.Address)
	}
	gone := func(a string) bool { return slices.Contains(done, a) }
	l.to, l.cc, l.begun = slices.DeleteFunc(l.to, gone), slices.DeleteFunc(l.cc, gone), len(p.Got) > 0
}

// conclude adds up what became of the receivers. What some have got is recorded before it is tried again
// for the others.
func (s *sender) conclude(ctx context.Context, l letter, out ticket.Outbound, r results) (string, error) {
	for _, a := range r.got {
		s.places.well(domainOf(a))
	}
	p := ticket.Progress{External: l.id, Got: slices.Concat(out.Progress.Got, r.got),
		Refused: slices.Concat(out.Progress.Refused, noted(r.refused)), Waiting: noted(r.later)}
	if len(r.later) > 0 {
		s.record(ctx, out, p)
		if !r.whole || len(l.domains()) == 1 {
			for _, f := range r.later {
				s.places.slow(f)
			}
		}
		return "", later(r.later, s.places.until(l.domains()))
	}
	if len(p.Got) == 0 {
		return "", refusedByAll(p.Refused)
	}
	s.log.Info("mail sent", "message", l.message, "id", l.id, "receivers", len(p.Got), "refused", len(p.Refused))
	if len(p.Refused) > 0 {
		return l.id, refusedBySome(p.Refused)
	}
	return l.id, nil
}

// recordTime is how long it may take to record who has a mail, also when the gateway is being stopped.
const recordTime = 10 * time.Second

// record keeps who has a mail, or never will. When that fails, those who have it may get it again.
func (s *sender) record(ctx context.Context, out ticket.Outbound, p ticket.Progress) {
	if p.IsZero() || out.Record == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if err := out.Record(ctx, p); err != nil {
		s.log.Error("who has got a mail cannot be recorded; they may get it again under the same id", "id", p.External, "got", len(p.Got), "err", err)
		return
	}
	s.log.Warn("mail sent to some, the others are tried again", "id", p.External, "sent", len(p.Got), "later", len(p.Waiting))
}
