package slacksim

import (
	"sync"
	"time"
)

// Clock is where the simulator takes the time from. [ManualClock] stands still until it is moved, so
// that a test of a retry after five minutes takes no time.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once d has passed, unless stop is called before; stop says whether it was in time.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) AfterFunc(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }

// ManualClock is a clock that a test moves.
type ManualClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*manualTimer
}

type manualTimer struct {
	at   time.Time
	f    func()
	done bool
}

// NewManualClock makes a clock that stands at start.
func NewManualClock(start time.Time) *ManualClock { return &ManualClock{now: start} }

// Now is the time that the clock stands at.
func (c *ManualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// AfterFunc has Advance call f.
func (c *ManualClock) AfterFunc(d time.Duration, f func()) func() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &manualTimer{at: c.now.Add(d), f: f}
	c.timers = append(c.timers, t)
	return func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		was := t.done
		t.done = true
		return !was
	}
}

// Advance moves the clock and runs what is due meanwhile, in order, in the caller's goroutine.
func (c *ManualClock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.now.Add(d)
	for {
		t := c.next(end)
		if t == nil {
			break
		}
		if t.at.After(c.now) {
			c.now = t.at
		}
		t.done = true
		c.mu.Unlock()
		t.f()
		c.mu.Lock()
	}
	c.now = end
	c.mu.Unlock()
}

// next is the earliest timer due by end; timers that ended are dropped.
func (c *ManualClock) next(end time.Time) *manualTimer {
	var first *manualTimer
	live := c.timers[:0]
	for _, t := range c.timers {
		if t.done {
			continue
		}
		live = append(live, t)
		if !t.at.After(end) && (first == nil || t.at.Before(first.at)) {
			first = t
		}
	}
	c.timers = live
	return first
}
