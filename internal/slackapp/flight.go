package slackapp

import (
	"errors"
	"slices"
	"sync"
	"time"

	"tierline/ticket"
)

// settle is how long an event waits for others of its thread that happened before it, when Slack may bring them by other
// ways: by another socket, or with a request of its own.
const settle = 100 * time.Millisecond

// flying is one event in work. Its deliveries wait for the same outcome.
type flying struct {
	ev      Event
	at      time.Time        // when it happened; zero when it does not say
	settled <-chan time.Time // it need not wait for earlier ones any more; nil: it has waited
	done    chan struct{}
	err     error
}

// flight is what is in work.
type flight struct {
	mu      sync.Mutex
	running map[string]*flying
	lanes   map[string][]*flying // by thread: what waits, in order; there is a lane as long as one of it is in work
	wg      sync.WaitGroup
}

func (f *flight) wait() { f.wg.Wait() }

// lane is what an event must not be handled beside of: the others of its thread.
func (e Event) lane() string {
	if m := e.Message; m != nil {
		return m.Channel + " " + m.conversation()
	}
	if mark, ok := e.Mark(); ok { // put on and taken off, in the order in which it was done
		return mark.Channel + " " + mark.TS
	}
	return e.Type + " " + e.Channel + e.User
}

// severalWays says whether events may come beside each other.
func (c Config) severalWays() bool { return c.Mode == ModeHTTP || c.Connections > 1 }

// begin starts the handlers of an event, behind the earlier ones of its thread, unless they are at
// work on an earlier delivery of it.
func (a *App) begin(ev Event) (*flying, error) {
	f, lane := &a.flight, ev.lane()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running[ev.ID] != nil && ev.ID != "" {
		return f.running[ev.ID], nil
	}
	if len(f.lanes) >= maxFlight || len(f.running) >= maxFlight {
		return nil, ticket.E("slackapp", ticket.Transient, errors.New("too many events are in work"))
	}
	fl := &flying{ev: ev, at: At(ev.happened), done: make(chan struct{})}
	if a.settle != nil {
		fl.settled = a.settle()
	}
	if ev.ID != "" {
		f.running[ev.ID] = fl
	}
	waiting, busy := f.lanes[lane]
	f.lanes[lane] = slices.Insert(waiting, fl.place(waiting), fl)
	if !busy {
		f.wg.Go(func() { a.fly(lane) })
	}
	return fl, nil
}

// place is where an event stands among those that wait: behind all that happened before it, or do not say when.
func (fl *flying) place(waiting []*flying) int {
	at := len(waiting)
	for !fl.at.IsZero() && at > 0 && waiting[at-1].at.After(fl.at) {
		at--
	}
	return at
}

// fly handles the events of a lane one after the other, until none is left.
func (a *App) fly(lane string) {
	f := &a.flight
	for {
		f.mu.Lock()
		if len(f.lanes[lane]) == 0 {
			delete(f.lanes, lane)
			f.mu.Unlock()
			return
		}
		fl := f.lanes[lane][0]
		f.mu.Unlock()
		if fl.settled != nil {
			<-fl.settled
		}
		f.mu.Lock()
		fl.settled = nil
		fl = f.lanes[lane][0] // perhaps one that happened before it has come
		f.lanes[lane] = f.lanes[lane][1:]
		f.mu.Unlock()
		fl.err = a.handle(fl.ev)
		f.mu.Lock()
		delete(f.running, fl.ev.ID)
		f.mu.Unlock()
		close(fl.done)
	}
}

// outcome waits for an event until it is too late to acknowledge it.
func (fl *flying) outcome() error {
	t := time.NewTimer(ackWait)
	defer t.Stop()
	select {
	case <-fl.done:
		return fl.err
	case <-t.C:
		return ticket.E("slackapp", ticket.Transient, errors.New("not done in time to acknowledge"))
	}
}
