package pager

import (
	"sync"
	"time"
)

// Limit is what one person may get by one provider.
type Limit struct {
	Every time.Duration `yaml:"every"` // on average, one in so long; default 1s
	Burst int           `yaml:"burst"` // so many at once; default 3
}

// The defaults of a limit.
const (
	DefaultEvery = time.Second
	DefaultBurst = 3
)

func (l Limit) withDefaults() Limit {
	if l.Every <= 0 {
		l.Every = DefaultEvery
	}
	if l.Burst <= 0 {
		l.Burst = DefaultBurst
	}
	return l
}

// maxFlying is how many tries to one person by one provider are under way at once: a receiver that hangs
// holds no more than these.
const maxFlying = 3

// flyWait is when it is tried again while so many are under way.
const flyWait = 250 * time.Millisecond

// Limiter lets each person have as much as their limit, provider by provider: nobody waits for another. It
// is safe for concurrent use. What it knows is of this process, and gone with it.
type Limiter struct {
	mu   sync.Mutex
	slot map[string]*slot
}

type slot struct {
	free   time.Time            // when the next is allowed, if nothing may come at once (GCRA's theoretical arrival time)
	booked map[string]time.Time // by delivery id
	flying int
}

// Enter asks to send one thing, named by id, to a person by a provider. When it may go now, leave is not nil
// and is to be called when it is done. Else it may go at at, if it asks again then.
func (l *Limiter) Enter(key, id string, limit Limit, now time.Time) (leave func(), at time.Time) {
	limit = limit.withDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.slot == nil {
		l.slot = map[string]*slot{}
	}
	s := l.slot[key]
	if s == nil {
		l.tidy(now)
		s = &slot{booked: map[string]time.Time{}}
		l.slot[key] = s
	}
	at, known := s.booked[id]
	if !known {
		next := s.free
		if next.Before(now) {
			next = now
		}
		next = next.Add(limit.Every)
		s.free, at = next, next.Add(-time.Duration(limit.Burst)*limit.Every)
		s.booked[id] = at
	}
	if at.After(now) {
		return nil, at
	}
	if s.flying >= maxFlying {
		return nil, now.Add(flyWait)
	}
	delete(s.booked, id)
	s.flying++
	var once sync.Once
	return func() {
		once.Do(func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			s.flying--
		})
	}, now
}

// Forget gives back what was kept for a thing that is not to be sent any more.
func (l *Limiter) Forget(key, id string, limit Limit) {
	limit = limit.withDefaults()
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.slot[key]; s != nil {
		if _, known := s.booked[id]; known {
			delete(s.booked, id)
			s.free = s.free.Add(-limit.Every)
		}
	}
}

// maxSlots is how many are kept before those are dropped that no longer matter.
const maxSlots = 4096

func (l *Limiter) tidy(now time.Time) {
	if len(l.slot) < maxSlots {
		return
	}
	for k, s := range l.slot {
		if s.flying == 0 && len(s.booked) == 0 && s.free.Before(now) {
			delete(l.slot, k)
		}
	}
}
