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
	PromiseAnswer   PromiseKind = "answer"   // a lead's, to a complaint; kept when it is given
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
	Late   bool         `json:"late,omitempty"`  // kept, but after its time
	Lead   bool         `json:"lead,omitempty"`  // the lead is to keep it
	Moved  int          `json:"moved,omitempty"` // how often it was given another time
	First  time.Time    `json:"first,omitzero"`  // of one that was moved: when it was due at first
	Remind time.Time    `json:"remind,omitzero"` // when whoever is to keep it is reminded
	Tell   bool         `json:"-"`               // of an action: the customer is to be told, in words that the gateway finds
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
	case PromiseAnswer:
		return "Answer to a complaint"
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
	if p == nil || p.Kind != PromiseCallback && p.Kind != PromiseUpdate && p.Kind != PromiseFix {
		return invalid("Say what is promised: callback, update or fix.")
	}
	if _, err := c.pledge(Promise{Kind: p.Kind, What: p.What, Due: p.Due}); err != nil {
		return err
	}
	c.settle(ActPromise)
	c.tellCustomer()
	return nil
}

// tellCustomer sends the Text of an action that is about something else to the customer, if it has one.
func (c *change) tellCustomer() {
	if text := strings.TrimSpace(c.a.Text); text != "" {
		c.say("seq", strconv.Itoa(c.outgoing(text, c.a.Wait, false)))
	}
}

func (c *change) inTime(due time.Time) error {
	switch {
	case !due.After(c.now):
		return invalid("Say until when: a promise is for the future.")
	case due.After(c.now.Add(MaxAhead)):
		return invalid("A promise is for at most a year.")
	}
	return nil
}

// pledge adds a promise of a kind that is known, and gives its number.
func (c *change) pledge(p Promise) (int, error) {
	if err := c.inTime(p.Due); err != nil {
		return 0, err
	}
	if len(c.t.Promises) >= MaxPromises {
		return 0, invalid("%s has %d promises, which is the most.", c.t.ID, MaxPromises)
	}
	n := Promise{Number: len(c.t.Promises) + 1, Kind: p.Kind, What: cut(strings.TrimSpace(p.What), MaxReason), Due: p.Due.Truncate(time.Microsecond),
		By: c.a.By, Made: c.now, State: PromiseOpen, Lead: p.Lead}
	c.say("promise", strconv.Itoa(n.Number))
	c.say("kind", string(n.Kind))
	c.say("due", n.Due.UTC().Format(time.RFC3339))
	c.await(&n)
	c.t.Promises = append(c.t.Promises, n)
	c.count(OutcomePromised, n.Number, string(n.Kind))
	return n.Number, nil
}

// repromise gives a promise another time. The customer is told: a promise that moves in silence is broken.
func (c *change) repromise() error {
	p, err := c.promised()
	switch {
	case err != nil:
		return err
	case p.State != PromiseOpen:
		return invalid("This promise is broken already. Keep it late, or make another.")
	case strings.TrimSpace(c.a.Text) == "" && p.Kind != PromiseAnswer:
		return invalid("The customer is to hear of it: say what they are told.")
	case c.a.Promise.Due.Truncate(time.Microsecond).Equal(p.Due):
		c.nothing = true
		return nil
	}
	if err := c.inTime(c.a.Promise.Due); err != nil {
		return err
	}
	if p.Moved == 0 {
		p.First = p.Due
	}
	c.say("from", p.Due.UTC().Format(time.RFC3339))
	p.Due, p.Moved = c.a.Promise.Due.Truncate(time.Microsecond), p.Moved+1
	c.say("promise", strconv.Itoa(p.Number))
	c.say("due", p.Due.UTC().Format(time.RFC3339))
	c.await(p)
	c.count(OutcomeMoved, p.Number, string(p.Kind))
	c.tellCustomer()
	return nil
}

// await has a promise heard when it is nearly due, and when it is.
func (c *change) await(p *Promise) {
	if p.State != PromiseOpen {
		return
	}
	from := p.Made
	if p.Moved > 0 {
		from = c.now
	}
	remind := from.Add(time.Duration(remindShare * float64(p.Due.Sub(from))))
	if early := p.Due.Add(-remindMost); early.After(remind) {
		remind = early
	}
	if p.Remind = remind.Truncate(time.Microsecond); p.Remind.After(c.now) {
		c.fx.Jobs = append(c.fx.Jobs, c.promiseJob(p, 0, p.Remind))
	}
	c.fx.Jobs = append(c.fx.Jobs, c.promiseJob(p, 1, p.Due))
}

// promiseJob comes when a promise is nearly due (step 0), and when it is (step 1).
func (c *change) promiseJob(p *Promise, step int, at time.Time) Job {
	moment := strconv.FormatInt(at.UnixMicro(), 10)
	return Job{Kind: JobPromise, Unique: fmt.Sprintf("promise:%d:%d:%d:%s", c.t.ID, p.Number, step, moment), Ticket: c.t.ID, Seq: p.Number, Step: step,
		Payload: json.RawMessage(moment), RunAt: at, Priority: PriorityDesk}
}

// keep ends a promise, as it was meant or (with a Reason) not.
func (c *change) keep() error {
	p, err := c.promised()
	if err != nil {
		return err
	}
	if p.Kind == PromiseAnswer { // else the complaint would be without its clock
		return invalid("This is the answer to a complaint: it is kept when the lead gives it.")
	}
	state := PromiseKept
	if c.a.Kind == ActUnpromise {
		if state = PromiseWithdrawn; strings.TrimSpace(c.a.Reason) == "" {
			return invalid("Say why it does not hold any more; the customer should hear it, too.")
		}
	}
	c.endPromise(p, state)
	c.tellCustomer()
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
	kind := OutcomeKept
	switch {
	case s == PromiseWithdrawn:
		kind = OutcomeUnpromised
	case p.Late:
		kind = OutcomeKeptLate
	}
	c.count(kind, p.Number, string(p.Kind))
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
		moved := c.a.Step == 0 && !c.a.At.IsZero() && !p.Remind.IsZero() && !p.Remind.Equal(c.a.At)
		if p.Number != c.a.Page || p.State != PromiseOpen || moved || c.a.Step == 1 && p.Due.After(c.now) {
			continue
		}
		c.nothing = false
		c.say("promise", strconv.Itoa(p.Number))
		what := strings.TrimSuffix(p.Kind.Title()+": "+p.What, ": ")
		if c.a.Step == 0 {
			c.say("what", "reminder")
			c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: !p.Lead, Lead: p.Lead, Text: "Promised, and due soon: " + what, At: p.Due}, c.now))
			return nil
		}
		p.State = PromiseBroken
		c.say("state", string(p.State))
		c.tell("A promise was broken: " + what)
		c.count(OutcomeBroken, p.Number, string(p.Kind))
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Lead: true, Text: "A promise was broken: " + what, At: p.Due}, c.now))
	}
	return nil
}

// Told is what people are told of a ticket beside its card.
type Told struct {
	Owner  bool      `json:"owner,omitempty"` // who owns it; the lead while nobody does
	Lead   bool      `json:"lead,omitempty"`
	Editor bool      `json:"editor,omitempty"` // those who mend articles; the lead where there are none
	To     string    `json:"to,omitempty"`     // agent id of somebody else
	Mail   string    `json:"mail,omitempty"`   // the address of somebody who has no account here: nobody else
	Tier   string    `json:"tier,omitempty"`   // whose leads, when they are not those of its own tier
	Text   string    `json:"text"`
	At     time.Time `json:"at,omitzero"`      // a time that it is about
	Do     []string  `json:"do,omitempty"`     // what they can do about it at once: update, postpone, answer, answer_complaint, abuse
	Number int       `json:"number,omitempty"` // of what that is about
	// Handover: To owns it now, who did not before: told while that is so, with what was last said and promised.
	Handover bool `json:"handover,omitempty"`
}

// Told reads what a job is to tell.
func (j Job) Told() (n Told, err error) {
	if err = json.Unmarshal(j.Payload, &n); err != nil {
		err = E("ticket.Told", Invalid, err)
	}
	return n, err
}

// notify has people told of something.
func (t *Ticket) notify(n Told, now time.Time) Job { return n.Job(t.ID, now) }

// Job has people told of it, once.
func (n Told) Job(id ID, now time.Time) Job {
	j := Job{Kind: JobTell, Ticket: id, Priority: PriorityCustomer}
	j.Payload, _ = json.Marshal(n) // has no error
	j.Unique = fmt.Sprintf("tell:%d:%d:%s%s%s:%.80s", id, now.UnixMicro(), n.To, n.Tier, n.Mail, n.Text)
	return j
}
