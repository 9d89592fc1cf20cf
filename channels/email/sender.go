package email

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"

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
	trouble error                // why the server was not reached at the last try
	partly  map[string]*progress // by Message-ID: what has gone to some, and waits for others
}

// maxPartly is how many mails are remembered that have gone to some of their receivers. When there are
// more, or the program restarts, somebody may get one a second time, under the same Message-ID.
const maxPartly = 1000

// progress is what became of a mail's receivers so far.
type progress struct {
	got     []string
	refused []refusal
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
	s := &sender{conf: c.Sending.withDefaults(), sign: c.signer(), deps: d, log: d.Log, partly: map[string]*progress{}}
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
	before := s.resume(&l)
	leave, err := s.places.enter(l.domains())
	if err != nil {
		return "", err
	}
	defer leave()
	r, err := s.deliver(ctx, l)
	if err != nil {
		return "", failure(err)
	}
	return s.conclude(l, before, r)
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

// resume leaves those out who have got a mail at an earlier try, or never will.
func (s *sender) resume(l *letter) progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partly[l.id]
	if p == nil {
		return progress{}
	}
	done := slices.Clone(p.got)
	for _, r := range p.refused {
		done = append(done, r.address)
	}
	gone := func(a string) bool { return slices.Contains(done, a) }
	l.to, l.cc = slices.DeleteFunc(l.to, gone), slices.DeleteFunc(l.cc, gone)
	return *p
}

// conclude adds up what became of the receivers.
func (s *sender) conclude(l letter, before progress, r results) (string, error) {
	for _, a := range r.got {
		s.places.well(domainOf(a))
	}
	p := progress{append(slices.Clone(before.got), r.got...), append(slices.Clone(before.refused), r.refused...)}
	if len(r.later) > 0 {
		if len(r.got)+len(before.got) > 0 {
			s.remember(l.id, &p)
			s.log.Warn("mail sent to some, the others are tried again", "id", l.id, "sent", len(p.got), "later", len(r.later))
		}
		if !r.whole || len(l.domains()) == 1 {
			for _, f := range r.later {
				s.places.slow(f)
			}
		}
		return "", later(r.later, s.places.until(l.domains()))
	}
	s.remember(l.id, nil)
	if len(p.got) == 0 {
		return "", refusedByAll(p.refused)
	}
	s.log.Info("mail sent", "message", l.message, "id", l.id, "receivers", len(p.got), "refused", len(p.refused))
	if len(p.refused) > 0 {
		return l.id, refusedBySome(p.refused)
	}
	return l.id, nil
}

func (s *sender) remember(id string, p *progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.partly, id)
	if p == nil {
		return
	}
	for other := range s.partly { // any: it is a matter of chance who would get a mail twice
		if len(s.partly) < maxPartly {
			break
		}
		delete(s.partly, other)
	}
	s.partly[id] = p
}
