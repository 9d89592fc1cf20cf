package channeltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/ticket"
)

// Intake is a [ticket.Intake] in memory that records what it is given: it deduplicates, threads by
// keys and numbers tickets as a store does, and fails when it is told to.
type Intake struct {
	mu         sync.Mutex
	accepted   []ticket.Inbound
	answers    []ticket.Accepted
	seen       map[string]ticket.Accepted // by channel, inbox, external
	threads    map[string]ticket.ID       // by channel, key
	lastSeq    map[ticket.ID]int
	quarantine []ticket.Quarantined
	calls      int
	fail       int
	failKind   ticket.Kind
	reject     string
	gate       chan struct{} // nil: open
	entered    chan struct{}
}

// NewIntake makes an empty one.
func NewIntake() *Intake {
	return &Intake{seen: map[string]ticket.Accepted{}, threads: map[string]ticket.ID{},
		lastSeq: map[ticket.ID]int{}, entered: make(chan struct{}, 1)}
}

// FailNext lets the next n calls of Accept and Quarantine fail with an error of that kind.
func (i *Intake) FailNext(n int, kind ticket.Kind) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.fail, i.failKind = n, kind
}

// Reject makes contacts Invalid whose subject or text holds this; "" rejects none.
func (i *Intake) Reject(text string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.reject = text
}

// Block holds every Accept until release is called or the call's context ends. The channel receives
// when a call is held.
func (i *Intake) Block() (held <-chan struct{}, release func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	gate := make(chan struct{})
	i.gate = gate
	return i.entered, sync.OnceFunc(func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.gate = nil
		close(gate)
	})
}

// Accept implements [ticket.Intake].
func (i *Intake) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	if err := i.enter(ctx); err != nil {
		return nil, err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.fault(); err != nil {
		return nil, err
	}
	for n, in := range batch {
		if err := i.refuse(in); err != nil {
			return nil, &ticket.BatchError{Index: n, Err: err}
		}
	}
	out := make([]ticket.Accepted, 0, len(batch))
	for _, in := range batch {
		out = append(out, i.take(in))
	}
	return out, nil
}

func (i *Intake) enter(ctx context.Context) error {
	i.mu.Lock()
	gate := i.gate
	i.calls++
	i.mu.Unlock()
	if gate != nil {
		select {
		case i.entered <- struct{}{}:
		default:
		}
		select {
		case <-gate:
		case <-ctx.Done():
		}
	}
	if ctx.Err() != nil {
		return ticket.E("channeltest.Accept", ticket.Transient, ctx.Err())
	}
	return nil
}

func (i *Intake) fault() error {
	if i.fail == 0 {
		return nil
	}
	i.fail--
	return ticket.E("channeltest.Accept", i.failKind, errors.New("told to fail"))
}

func (i *Intake) refuse(in ticket.Inbound) error {
	if in.Channel == "" || in.Inbox == "" || in.External == "" || in.From.IsZero() {
		return ticket.Errorf("channeltest.Accept", ticket.Invalid, "channel, inbox, external or sender is missing")
	}
	if i.reject != "" && strings.Contains(in.Subject+"\n"+in.Text, i.reject) {
		return ticket.Errorf("channeltest.Accept", ticket.Invalid, "told to reject this")
	}
	return nil
}

func (i *Intake) take(in ticket.Inbound) ticket.Accepted {
	id := in.Channel + "\x00" + in.Inbox + "\x00" + in.External
	if a, ok := i.seen[id]; ok {
		a.Duplicate, a.Opened = true, false
		return a
	}
	var a ticket.Accepted
	for _, k := range in.Threads {
		if a.Ticket = k.Ticket; a.Ticket == 0 {
			a.Ticket = i.threads[in.Channel+"\x00"+k.Key]
		}
		if a.Ticket != 0 {
			a.Match = &ticket.Match{By: k.By, Ticket: a.Ticket, Joined: true}
			break
		}
	}
	if a.Ticket == 0 {
		a.Ticket, a.Opened = ticket.FirstID+ticket.ID(len(i.lastSeq)), true
	}
	i.lastSeq[a.Ticket]++
	a.Seq = i.lastSeq[a.Ticket]
	for _, k := range in.Threads {
		if key := in.Channel + "\x00" + k.Key; k.Key != "" && !k.Weak && i.threads[key] == 0 {
			i.threads[key] = a.Ticket
		}
	}
	i.seen[id] = a
	i.accepted, i.answers = append(i.accepted, in), append(i.answers, a)
	return a
}

// Quarantine implements [ticket.Intake].
func (i *Intake) Quarantine(ctx context.Context, q ticket.Quarantined) error {
	if ctx.Err() != nil {
		return ticket.E("channeltest.Quarantine", ticket.Transient, ctx.Err())
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err := i.fault(); err != nil {
		return err
	}
	same := func(o ticket.Quarantined) bool {
		return o.Channel == q.Channel && o.Inbox == q.Inbox && o.External == q.External
	}
	if !slices.ContainsFunc(i.quarantine, same) {
		q.ID = int64(len(i.quarantine) + 1)
		i.quarantine = append(i.quarantine, q)
	}
	return nil
}

// Accepted lists the contacts that were committed, each once, in order.
func (i *Intake) Accepted() []ticket.Inbound {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.accepted)
}

// Answers lists what Accept answered to each of [Intake.Accepted].
func (i *Intake) Answers() []ticket.Accepted {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.answers)
}

// Quarantined lists what was put aside.
func (i *Intake) Quarantined() []ticket.Quarantined {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.quarantine)
}

// Calls is how often Accept was called, failures included.
func (i *Intake) Calls() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.calls
}

// Lookup finds the ticket of a thread key as [ticket.References] does.
func (i *Intake) Lookup(_ context.Context, scope, key string) (ticket.Reference, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	id, ok := i.threads[scope+"\x00"+key]
	if !ok {
		return ticket.Reference{}, ticket.Errorf("channeltest.Lookup", ticket.NotFound, "no such key")
	}
	return ticket.Reference{Scope: scope, Key: key, Ticket: id}, nil
}

// WaitAccepted waits until n contacts were committed and returns all.
func (i *Intake) WaitAccepted(t testing.TB, n int) []ticket.Inbound {
	t.Helper()
	Eventually(t, "a contact to be accepted", func() bool { return len(i.Accepted()) >= n })
	return i.Accepted()
}

// At is a fixed time for tests.
var At = time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
