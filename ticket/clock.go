package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// ClockKind is what a clock measures.
type ClockKind string

// The clocks of a ticket. They count open time only.
const (
	ClockFirst      ClockKind = "first_response" // until staff answers for the first time
	ClockNext       ClockKind = "next_response"  // from the customer's oldest unanswered message to the answer
	ClockResolution ClockKind = "resolution"     // until it is solved; stands still while others are waited for
	ClockQueue      ClockKind = "in_queue"       // while nobody owns it
	ClockTier       ClockKind = "at_tier"        // until it leaves its tier, or is solved; stands still likewise
	ClockSupplier   ClockKind = "supplier"       // until it is back from its supplier, in the supplier's hours
)

var clockKinds = []ClockKind{ClockFirst, ClockNext, ClockResolution, ClockTier, ClockSupplier, ClockQueue} // jobs name them by their place: the next one comes last

// Title is what people call it.
func (k ClockKind) Title() string {
	switch k {
	case ClockFirst:
		return "First answer"
	case ClockNext:
		return "Next answer"
	case ClockResolution:
		return "Solution"
	case ClockSupplier:
		return "The supplier"
	case ClockQueue:
		return "An owner"
	}
	return "Time at this tier"
}

// Targets is how much open time a ticket's clocks allow. A target of 0 has no clock.
type Targets struct {
	First, Next, Resolution, Tier, Queue time.Duration

	Updates      time.Duration // open time after which customers hear how their case stands; 0 never
	UpdateNotice time.Duration // how long before the owner is reminded of it
	Quiet        Calendar      // when customers may be written to by themselves: its zero value is always

	Warn     float64  // the share of a target after which people are warned; 0 warns nobody
	Calendar Calendar // what open time is

	Supplier time.Duration // of the supplier's open time
	Supplies Calendar      // what open time is to the supplier
	RunOn    []ClockKind   // that do not stand still while it is with the supplier
	HandsOut bool          // the ticket's tier hands out what has no owner
	Staffed  bool          // some tier does
}

func (g Targets) of(k ClockKind) time.Duration {
	switch k {
	case ClockFirst:
		return g.First
	case ClockNext:
		return g.Next
	case ClockResolution:
		return g.Resolution
	case ClockSupplier:
		return g.Supplier
	case ClockQueue:
		return g.Queue
	}
	return g.Tier
}

// Policy says what is due to tickets. It is asked in the transaction that changes one.
type Policy interface {
	Targets(t *Ticket) Targets
}

// Clock measures one thing that is due.
type Clock struct {
	Kind     ClockKind     `json:"kind"`
	Tier     string        `json:"tier,omitempty"`   // of ClockTier: at which
	Supply   int           `json:"supply,omitempty"` // of ClockSupplier: the number of which
	Target   time.Duration `json:"target"`           // of open time
	Used     time.Duration `json:"used,omitempty"`   // open time that had passed at Since
	Since    time.Time     `json:"since,omitzero"`   // from when it runs; zero while it stands still
	Due      time.Time     `json:"due,omitzero"`     // zero while it stands still
	Next     time.Time     `json:"next,omitzero"`    // when its job comes: to warn, or at Due
	Warned   bool          `json:"warned,omitempty"`
	Breached bool          `json:"breached,omitempty"`
	Ended    time.Time     `json:"ended,omitzero"` // it has come to pass, in time or not
}

// Running says that time passes on it.
func (c Clock) Running() bool { return !c.Since.IsZero() }

// NextDue is the running clock that is due first, or false.
func (t *Ticket) NextDue() (first Clock, ok bool) {
	for _, c := range t.Clocks {
		if c.Running() && !c.Breached && (!ok || c.Due.Before(first.Due)) {
			first, ok = c, true
		}
	}
	return first, ok
}

// Breach says whether a clock of the ticket has run out that still counts.
func (t *Ticket) Breach() bool {
	return slices.ContainsFunc(t.Clocks, func(c Clock) bool { return c.Breached && c.Ended.IsZero() })
}

// pace is what a clock should be doing.
type pace int

const (
	absent pace = iota
	ended
	standing
	running
)

func (t *Ticket) pace(k ClockKind, g Targets) pace {
	waits := (t.State == Pending || t.State == OnHold) && !g.leaves(k, t)
	switch {
	case t.Past, k == ClockSupplier && len(t.Supplies) == 0:
		return absent
	case k == ClockSupplier && t.With() == nil:
		return ended
	case k == ClockSupplier:
		return running
	case k == ClockQueue && (t.Owner != "" || t.Tier == "" || t.State.Done()):
		return absent
	case k == ClockQueue:
		return running
	case k == ClockFirst && (!t.LastAgent.IsZero() || t.State.Done()):
		return ended
	case k == ClockFirst:
		return running
	case k == ClockNext && (t.LastAgent.IsZero() || t.LastCustomer.IsZero()):
		return absent
	case k == ClockNext && (t.State.Done() || !t.LastCustomer.After(t.LastAgent)):
		return ended
	case k == ClockNext:
		return running
	case k == ClockTier && t.Tier == "":
		return absent
	case t.State.Done():
		return ended
	case waits:
		return standing
	}
	return running
}

// Keep brings the clocks to what the ticket is now, and gives the jobs by which they will be heard. The
// store calls it at the end of every change.
func (t *Ticket) Keep(p Policy, now time.Time) []Job {
	if p == nil || t.Past {
		return nil
	}
	var jobs []Job
	targets := p.Targets(t)
	t.Clocks = slices.Clone(t.Clocks)
	for _, k := range clockKinds {
		i := slices.IndexFunc(t.Clocks, func(c Clock) bool { return c.Kind == k })
		target, do := targets.of(k), t.pace(k, targets)
		if target <= 0 || do == absent {
			if i >= 0 && (do == absent || k == ClockQueue) {
				t.Clocks = slices.Delete(t.Clocks, i, i+1)
			} else if i >= 0 {
				t.Clocks[i].stop(targets.calendar(k), now)
			}
			continue
		}
		if i < 0 {
			if do == ended {
				continue // it ended before there was a clock
			}
			t.Clocks = append(t.Clocks, Clock{Kind: k, Tier: t.Tier, Supply: t.supplies(k)})
			i = len(t.Clocks) - 1
		}
		c := &t.Clocks[i]
		n := t.supplies(k)
		if k == ClockTier && c.Tier != t.Tier || c.Supply != n || k == ClockNext && !c.Ended.IsZero() && do == running {
			*c = Clock{Kind: k, Tier: t.Tier, Supply: n} // another tier, another message
		}
		if k != ClockTier {
			c.Tier = ""
		}
		if j, ok := c.keep(t.ID, target, do, targets, now); ok {
			jobs = append(jobs, j)
		}
	}
	jobs = append(jobs, t.keepUpdate(targets, now)...)
	return append(jobs, t.place(targets)...)
}

// calendar is what open time is to a clock.
func (g Targets) calendar(k ClockKind) Calendar {
	if k == ClockSupplier {
		return g.Supplies
	}
	return g.Calendar
}

// supplies is which of the times with suppliers a clock is about.
func (t *Ticket) supplies(k ClockKind) int {
	if k != ClockSupplier {
		return 0
	}
	return len(t.Supplies)
}

// stop lets no more time pass on it.
func (c *Clock) stop(cal Calendar, now time.Time) {
	if c.Running() {
		c.Used += cal.Between(c.Since, now)
	}
	c.Since, c.Due, c.Next = time.Time{}, time.Time{}, time.Time{}
}

func (c *Clock) keep(id ID, target time.Duration, do pace, g Targets, now time.Time) (Job, bool) {
	cal := g.calendar(c.Kind)
	switch do {
	case ended:
		if c.Ended.IsZero() {
			c.stop(cal, now)
			c.Ended = now
			c.Breached = c.Breached || c.Used > c.Target
		}
		return Job{}, false
	case standing:
		c.stop(cal, now)
		c.Target = target
		return Job{}, false
	}
	c.Ended = time.Time{}
	if !c.Running() || c.Target != target {
		if !c.Running() {
			c.Since = now
		}
		c.Target = target
		c.Due = cal.Add(c.Since, max(0, target-c.Used))
		c.Breached = c.Breached && !c.Due.After(now)
		c.Warned = c.Warned && c.Breached
	}
	next := c.Due
	if at := cal.Add(c.Since, max(0, time.Duration(g.Warn*float64(target))-c.Used)); g.Warn > 0 && !c.Warned && at.Before(c.Due) {
		next = at
	}
	if c.Breached || next.IsZero() { // it has been heard, or is due in more than ten years
		next = time.Time{}
	}
	next = next.Truncate(time.Microsecond) // what a store keeps
	if next.Equal(c.Next) {
		return Job{}, false
	}
	if c.Next = next; next.IsZero() {
		return Job{}, false
	}
	at := strconv.FormatInt(next.UnixMicro(), 10)
	// No key: one that is due later, and may be set anew, must not stand before one that is due now.
	return Job{Kind: JobClock, Unique: fmt.Sprintf("clock:%d:%s:%s", id, c.Kind, at),
		Ticket: id, Step: slices.Index(clockKinds, c.Kind), Payload: json.RawMessage(at), RunAt: next, Priority: PriorityDesk}, true
}

// Heard is the action that a clock's job is about.
func (j Job) Heard() (Action, error) {
	at, err := strconv.ParseInt(string(j.Payload), 10, 64)
	if err != nil {
		return Action{}, E("ticket.Heard", Invalid, err)
	}
	return Action{Kind: ActClock, Ticket: j.Ticket, Step: j.Step, At: time.UnixMicro(at).UTC(), By: Gateway, Job: j}, nil
}

// clock notes that a clock's time has come: once, and only when it is still that time.
func (c *change) clock() error {
	c.nothing = true
	if c.a.Step < 0 || c.a.Step >= len(clockKinds) {
		return invalid("there is no such clock")
	}
	i := slices.IndexFunc(c.t.Clocks, func(k Clock) bool { return k.Kind == clockKinds[c.a.Step] })
	if i < 0 {
		return nil
	}
	c.t.Clocks = slices.Clone(c.t.Clocks)
	k := &c.t.Clocks[i]
	if !k.Running() || !k.Next.Equal(c.a.At) || k.Breached {
		return nil // it was stopped, or set anew
	}
	c.nothing = false
	k.Next = time.Time{}
	c.say("clock", string(k.Kind))
	c.say("due", k.Due.UTC().Format(time.RFC3339))
	if k.Due.After(c.now) {
		k.Warned = true
		c.say("what", "warning")
		c.fx.Jobs = append(c.fx.Jobs, c.t.review(OnWarn, k.Kind))
		if c.t.Owner != "" {
			c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Text: k.Kind.Title() + " is due soon", At: k.Due}, c.now))
		}
		return nil
	}
	k.Warned, k.Breached = true, true
	c.say("what", "breach")
	c.count(OutcomeMissed, 0, string(k.Kind))
	c.fx.Jobs = append(c.fx.Jobs, c.t.review(OnBreach, k.Kind))
	c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Lead: true, Text: k.Kind.Title() + " is overdue", At: k.Due}, c.now))
	c.tell(k.Kind.Title() + " is overdue: it was due at " + k.Due.UTC().Format("2 Jan 15:04 UTC") + ".")
	return nil
}
