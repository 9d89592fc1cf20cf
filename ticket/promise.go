package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PromiseKind is what was promised to a customer.
type PromiseKind string

// The kinds of promises.
const (
	PromiseCallback PromiseKind = "callback" // to call them; kept when somebody says so
	PromiseUpdate   PromiseKind = "update"   // to write to them; kept with the next answer
	PromiseFix      PromiseKind = "fix"      // to have it solved; kept when it is
)

// PromiseState is where a promise is.
type PromiseState string

// The states of a promise. Each ends kept, broken or withdrawn; one that was broken can still be kept late.
const (
	PromiseOpen      PromiseState = "open"
	PromiseKept      PromiseState = "kept"
	PromiseBroken    PromiseState = "broken"
	PromiseWithdrawn PromiseState = "withdrawn"
)

// Promise is a word given to a customer, with a time (practice: promise).
type Promise struct {
	Number int          `json:"number"` // 1, 2 … within the ticket
	Kind   PromiseKind  `json:"kind"`
	What   string       `json:"what,omitempty"`
	Due    time.Time    `json:"due"`
	By     Actor        `json:"by"`
	Made   time.Time    `json:"made"`
	State  PromiseState `json:"state"`
	Ended  time.Time    `json:"ended,omitzero"`
	Late   bool         `json:"late,omitempty"` // kept, but after its time
}

// Limits of promises.
const (
	MaxPromises = 100                  // of one ticket
	MaxAhead    = 366 * 24 * time.Hour // how far in the future one may be
	remindShare = 0.8                  // of its time, after which the owner is reminded
	remindMost  = time.Hour            // before its end, at the earliest
)

// Title is what people call it.
func (k PromiseKind) Title() string {
	switch k {
	case PromiseCallback:
		return "Callback"
	case PromiseUpdate:
		return "Update"
	}
	return "Solution"
}

// OpenPromises are those that are still to be kept, the one due first in front.
func (t *Ticket) OpenPromises() (list []Promise) {
	for _, p := range t.Promises {
		if p.State == PromiseOpen || p.State == PromiseBroken && p.Ended.IsZero() {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b Promise) int { return a.Due.Compare(b.Due) })
	return list
}

func (c *change) promise() error {
	p := c.a.Promise
	switch {
	case p == nil || p.Kind != PromiseCallback && p.Kind != PromiseUpdate && p.Kind != PromiseFix:
		return invalid("Say what is promised: callback, update or fix.")
	case !p.Due.After(c.now):
		return invalid("Say until when: a promise is for the future.")
	case p.Due.After(c.now.Add(MaxAhead)):
		return invalid("A promise is for at most a year.")
	case len(c.t.Promises) >= MaxPromises:
		return invalid("%s has %d promises, which is the most.", c.t.ID, MaxPromises)
	}
	n := Promise{Number: len(c.t.Promises) + 1, Kind: p.Kind, What: cut(strings.TrimSpace(p.What), MaxReason), Due: p.Due.Truncate(time.Microsecond),
		By: c.a.By, Made: c.now, State: PromiseOpen}
	c.t.Promises = append(c.t.Promises, n)
	c.say("promise", strconv.Itoa(n.Number))
	c.say("kind", string(n.Kind))
	c.say("due", n.Due.UTC().Format(time.RFC3339))
	c.await(n)
	return nil
}

// await has a promise heard when it is nearly due, and when it is.
func (c *change) await(p Promise) {
	if p.State != PromiseOpen {
		return
	}
	remind := p.Made.Add(time.Duration(remindShare * float64(p.Due.Sub(p.Made))))
	if early := p.Due.Add(-remindMost); early.After(remind) {
		remind = early
	}
	if remind.After(c.now) {
		c.fx.Jobs = append(c.fx.Jobs, c.promiseJob(p, 0, remind.Truncate(time.Microsecond)))
	}
	c.fx.Jobs = append(c.fx.Jobs, c.promiseJob(p, 1, p.Due))
}

// promiseJob comes when a promise is nearly due (step 0), and when it is (step 1).
func (c *change) promiseJob(p Promise, step int, at time.Time) Job {
	return Job{Kind: JobPromise, Unique: fmt.Sprintf("promise:%d:%d:%d", c.t.ID, p.Number, step), Ticket: c.t.ID, Seq: p.Number, Step: step,
		RunAt: at, Priority: PriorityDesk}
}

// keep ends a promise, as it was meant or (with a Reason) not.
func (c *change) keep() error {
	p, err := c.promised()
	if err != nil {
		return err
	}
	state := PromiseKept
	if c.a.Kind == ActUnpromise {
		if state = PromiseWithdrawn; strings.TrimSpace(c.a.Reason) == "" {
			return invalid("Say why it does not hold any more; the customer should hear it, too.")
		}
	}
	c.endPromise(p, state)
	return nil
}

// promised is the open promise that an action is about.
func (c *change) promised() (*Promise, error) {
	if c.a.Promise != nil {
		for i := range c.t.Promises {
			p := &c.t.Promises[i]
			if p.Number == c.a.Promise.Number && (p.State == PromiseOpen || p.State == PromiseBroken && p.Ended.IsZero()) {
				return p, nil
			}
		}
	}
	return nil, invalid("%s has no such open promise.", c.t.ID)
}

func (c *change) endPromise(p *Promise, s PromiseState) {
	p.Late = s == PromiseKept && c.now.After(p.Due)
	p.Ended = c.now
	if p.State == PromiseOpen || s == PromiseWithdrawn {
		p.State = s
	} // one that was broken stays so, whatever comes late
	c.say("promise", strconv.Itoa(p.Number))
	c.say("state", string(p.State))
}

// keepAll ends the promises that are kept by what has just been done.
func (c *change) keepAll(k PromiseKind) {
	for i := range c.t.Promises {
		if p := &c.t.Promises[i]; p.Kind == k && p.Ended.IsZero() {
			c.endPromise(p, PromiseKept)
		}
	}
}

// promiseDue reminds the owner, or notes that it was broken and tells the lead.
func (c *change) promiseDue() error {
	c.nothing = true
	for i := range c.t.Promises {
		p := &c.t.Promises[i]
		if p.Number != c.a.Page || p.State != PromiseOpen || c.a.Step == 1 && p.Due.After(c.now) {
			continue
		}
		c.nothing = false
		c.say("promise", strconv.Itoa(p.Number))
		what := strings.TrimSuffix(p.Kind.Title()+": "+p.What, ": ")
		if c.a.Step == 0 {
			c.say("what", "reminder")
			c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Text: "Promised, and due soon: " + what, At: p.Due}, c.now))
			return nil
		}
		p.State = PromiseBroken
		c.say("state", string(p.State))
		c.tell("A promise was broken: " + what)
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Lead: true, Text: "A promise was broken: " + what, At: p.Due}, c.now))
	}
	return nil
}

// Told is what people are told of a ticket beside its card.
type Told struct {
	Owner bool      `json:"owner,omitempty"` // who owns it; the lead while nobody does
	Lead  bool      `json:"lead,omitempty"`
	To    string    `json:"to,omitempty"` // an agent id
	Text  string    `json:"text"`
	At    time.Time `json:"at,omitzero"` // a time that it is about
}

// Told reads what a job is to tell.
func (j Job) Told() (n Told, err error) {
	if err = json.Unmarshal(j.Payload, &n); err != nil {
		err = E("ticket.Told", Invalid, err)
	}
	return n, err
}

// notify has people told of something.
func (t *Ticket) notify(n Told, now time.Time) Job {
	j := Job{Kind: JobTell, Ticket: t.ID, Priority: PriorityCustomer}
	j.Payload, _ = json.Marshal(n) // has no error
	j.Unique = fmt.Sprintf("tell:%d:%d:%.80s", t.ID, now.UnixMicro(), n.Text)
	return j
}
