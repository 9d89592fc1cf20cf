package email

import (
	"slices"
	"sync"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Throttle bounds what is sent to one domain. Domains do not wait for each other. A mail server on this
// machine spreads mail by itself, so that the defaults are higher there.
type Throttle struct {
	AtOnce    int `yaml:"at_once"`    // mails on their way at the same time; default 3, or 20
	PerMinute int `yaml:"per_minute"` // mails within any minute; default 60, or 6000
}

const (
	defaultAtOnce    = 3
	defaultPerMinute = 60
	ownAtOnce        = 20
	ownPerMinute     = 6000
	maxPerMinute     = 10_000
	busyWait         = 2 * time.Second  // when too many are on their way
	minPause         = time.Minute      // of a domain that says "later"; doubled with each time
	maxPause         = 30 * time.Minute //
	maxWait          = 10 * time.Minute // that a mail is told to wait for its turn
	maxDomains       = 10_000           // that are remembered
)

func (t Throttle) withDefaults(host string) Throttle {
	if loopback(host) {
		return Throttle{orElse(t.AtOnce, ownAtOnce), orElse(t.PerMinute, ownPerMinute)}
	}
	return Throttle{orElse(t.AtOnce, defaultAtOnce), orElse(t.PerMinute, defaultPerMinute)}
}

func (t Throttle) check(at check.At) {
	if t.AtOnce < 0 || t.AtOnce > 100 {
		at.Key("at_once").Error("1 to 100", "%d mails at once", t.AtOnce)
	}
	if t.PerMinute < 0 || t.PerMinute > maxPerMinute {
		at.Key("per_minute").Error("1 to 10000", "%d mails a minute", t.PerMinute)
	}
}

// destinations knows how much each domain has got lately, and which of them want less.
type destinations struct {
	limit Throttle
	now   func() time.Time

	mu  sync.Mutex
	all map[string]*destination
}

type destination struct {
	busy     int
	sent     []time.Time // within the last minute, oldest first
	promised time.Time   // the last turn that was given to somebody who has to wait
	fails    int
	until    time.Time // takes nothing before
}

func newDestinations(t Throttle, now func() time.Time) *destinations {
	return &destinations{limit: t, now: now, all: map[string]*destination{}}
}

// enter lets a mail through to all its domains; leave is called when it is done. Otherwise the error is
// Transient and says when its turn may come: whoever waits does not keep others from being sent.
func (d *destinations) enter(domains []string) (leave func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	var wait time.Duration
	var slow string
	for _, name := range domains {
		if w := d.of(name).wait(d.limit, now); w > wait {
			wait, slow = w, name
		}
	}
	if wait > 0 {
		return nil, &ticket.Error{Op: "email.Send", Kind: ticket.Transient, RetryAfter: min(wait, maxWait),
			Public: "Mail to " + slow + " waits for its turn."}
	}
	for _, name := range domains {
		dest := d.of(name)
		dest.busy++
		dest.sent = append(dest.sent, now)
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, name := range domains {
			d.of(name).busy--
		}
	}, nil
}

// of finds a domain, or makes it; those about which there is nothing to know are forgotten.
func (d *destinations) of(name string) *destination {
	dest := d.all[name]
	if dest != nil {
		return dest
	}
	if len(d.all) >= maxDomains {
		now := d.now()
		for n, old := range d.all {
			old.forget(now)
			if old.busy == 0 && len(old.sent) == 0 && now.After(old.until.Add(maxPause)) {
				delete(d.all, n)
			}
		}
	}
	dest = &destination{}
	d.all[name] = dest
	return dest
}

func (t *destination) forget(now time.Time) {
	i, _ := slices.BinarySearchFunc(t.sent, now.Add(-time.Minute), func(a, b time.Time) int {
		if a.After(b) {
			return 1
		}
		return -1
	})
	t.sent = t.sent[i:]
}

// wait is how long from now a mail's turn is; 0 is now. Each who waits is given a turn of their own, so
// that they do not come back all at once.
func (t *destination) wait(limit Throttle, now time.Time) time.Duration {
	t.forget(now)
	free := t.until
	if n := len(t.sent) - limit.PerMinute; n >= 0 {
		if at := t.sent[n].Add(time.Minute); at.After(free) {
			free = at
		}
	}
	if !free.After(now) {
		if t.busy >= limit.AtOnce {
			return busyWait
		}
		return 0
	}
	if t.promised.After(free) {
		free = t.promised
	}
	t.promised = free.Add(time.Minute / time.Duration(limit.PerMinute))
	return free.Sub(now)
}

// slow takes note of a "later" that is about a domain, not about one mailbox or one mail (RFC 3463 §3:
// X.1 addresses, X.2 mailboxes, X.5.3 too many receivers at once).
func (d *destinations) slow(r refusal) {
	code := r.err.EnhancedCode
	if code[1] == 1 || code[1] == 2 || code[1] == 5 && code[2] == 3 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	dest, now := d.of(domainOf(r.address)), d.now()
	if now.Before(dest.until) {
		return // said by one that was on its way already
	}
	dest.until = now.Add(min(minPause<<min(dest.fails, 10), maxPause))
	dest.fails++
}

// well takes note of a mail that was taken.
func (d *destinations) well(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	dest := d.of(name)
	dest.fails, dest.until = 0, time.Time{}
}

// until is how long the slowest of domains takes nothing, or 0.
func (d *destinations) until(domains []string) (wait time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.now()
	for _, name := range domains {
		wait = max(wait, d.of(name).until.Sub(now))
	}
	return wait
}
