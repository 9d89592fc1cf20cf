package pager

import (
	"context"
	"math/rand/v2"
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

// maxFlying is how many tries to one person by one provider are under way at once in this process: a receiver
// that hangs holds no more than these.
const maxFlying = 3

// flyWait is when it is tried again while so many are under way.
const flyWait = 250 * time.Millisecond

// maxSpread is within how long those ask again that wait for one person: not all in one moment, and a page that has
// just come waits no longer for those before it.
const maxSpread = 5 * time.Second

// Turns counts what people got, in the store: all gateways together. See [ticket.Pages].
type Turns interface {
	TakeTurn(ctx context.Context, name string, every time.Duration, burst int) (again time.Time, err error)
}

// Limiter lets each person have as much as their limit, provider by provider: nobody waits for another. It is safe
// for concurrent use.
type Limiter struct {
	Turns Turns

	mu   sync.Mutex
	slot map[string]*slot
}

type slot struct {
	flying  int
	waiting map[string]time.Time // when they ask again, by delivery id
}

// Enter asks to send one thing, named by id, to a person by a provider. When it may go now, leave is not nil
// and is to be called when it is done. Else it may ask again at at.
func (l *Limiter) Enter(ctx context.Context, key, id string, limit Limit, now time.Time) (leave func(), at time.Time, err error) {
	limit = limit.withDefaults()
	if !l.take(key, id, now) {
		return nil, now.Add(flyWait), nil
	}
	again, err := l.Turns.TakeTurn(ctx, key, limit.Every, limit.Burst)
	if err != nil || !again.IsZero() {
		return nil, l.later(key, id, again, limit), err
	}
	return sync.OnceFunc(func() { l.done(key) }), now, nil
}

// take books one of those that may be under way.
func (l *Limiter) take(key, id string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.slot[key]
	if s == nil {
		l.tidy(now)
		s = &slot{waiting: map[string]time.Time{}}
		l.slot[key] = s
	}
	delete(s.waiting, id)
	if s.flying >= maxFlying {
		return false
	}
	s.flying++
	return true
}

// later says when one that has to wait asks again: the more wait, the further apart.
func (l *Limiter) later(key, id string, again time.Time, limit Limit) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.slot[key]
	s.flying--
	spread := min(time.Duration(len(s.waiting))*limit.Every, maxSpread)
	at := again.Add(time.Duration(rand.Float64() * float64(spread)))
	s.waiting[id] = at
	return at
}

func (l *Limiter) done(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slot[key].flying--
}

// Forget is told of a thing that is not to be sent any more.
func (l *Limiter) Forget(key, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.slot[key]; s != nil {
		delete(s.waiting, id)
	}
}

// maxSlots is how many are kept before those are dropped that no longer matter.
const maxSlots = 4096

func (l *Limiter) tidy(now time.Time) {
	if l.slot == nil {
		l.slot = map[string]*slot{}
	}
	if len(l.slot) < maxSlots {
		return
	}
	for k, s := range l.slot {
		for id, at := range s.waiting {
			if at.Before(now.Add(-time.Minute)) { // another gateway has it
				delete(s.waiting, id)
			}
		}
		if s.flying == 0 && len(s.waiting) == 0 {
			delete(l.slot, k)
		}
	}
}
