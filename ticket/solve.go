package ticket

import (
	"strings"
	"time"
)

func (c *change) solve() error {
	if c.t.State == Solved {
		c.nothing = true
		return nil
	}
	if d := strings.TrimSpace(c.a.Diagnosis); d != "" {
		c.t.Diagnosis = cut(d, MaxReason)
	}
	if c.t.Diagnosis == "" {
		return invalid("Say what it was first: the diagnosis is missing.")
	}
	c.say("diagnosis", c.t.Diagnosis)
	if c.t.Owner == "" && c.a.By.Kind == ByAgent {
		c.t.Owner = c.a.By.ID
	}
	c.t.State, c.t.SolvedAt, c.t.CloseAt, c.t.HoldReason = Solved, c.now, time.Time{}, ""
	wait := c.a.Wait
	if c.a.Kind == ActReply {
		wait = c.a.CloseIn
	}
	if wait > 0 {
		c.t.CloseAt = c.now.Add(wait)
		c.fx.Jobs = append(c.fx.Jobs, c.t.closing())
	}
	c.settle(Proposable...)
	c.endSupply("", c.now)
	c.keepAll(PromiseFix)
	c.cancelPages()
	c.count(OutcomeSolved, 0, c.t.cause())
	if c.t.firstContact() {
		c.count(OutcomeFirst, 0, "")
	}
	return nil
}

// cause is what a case was about, in a word: the article that solved it, or else its first tag.
func (t *Ticket) cause() string {
	for _, s := range t.Suggestions {
		if s.Verdict == "used" {
			return s.Title
		}
	}
	if len(t.Tags) > 0 {
		return t.Tags[0]
	}
	return ""
}

// firstContact says that a case is solved with the first contact: the customer wrote once, nobody had to hand it to
// another tier, and it was never open again.
func (t *Ticket) firstContact() bool {
	return !t.LastCustomer.After(t.Opened) && t.Reopened == 0 && t.Returned == 0 && t.Handoff == nil
}

func (c *change) reopen() error {
	if !c.t.State.Done() {
		c.nothing = true
		return nil
	}
	c.say("from", string(c.t.State))
	c.t.State, c.t.SolvedAt, c.t.CloseAt = Open, time.Time{}, time.Time{}
	return nil
}

// close ends a ticket. When the gateway does it by itself it is only for a ticket whose time has come:
// one that was reopened meanwhile, or solved again, has another.
func (c *change) close() error {
	early := c.t.State != Solved || c.t.CloseAt.After(c.now)
	switch {
	case c.t.State == Closed, c.a.By.Kind == BySystem && early:
		c.nothing = true
		return nil
	case c.t.State != Solved:
		return invalid("Solve %s before it is closed.", c.t.ID)
	}
	c.t.State = Closed
	return nil
}

func (c *change) hold() error {
	if strings.TrimSpace(c.a.Reason) == "" {
		return invalid("Say what it waits for.")
	}
	c.t.State, c.t.HoldReason = OnHold, cut(c.a.Reason, MaxReason)
	c.t.SolvedAt, c.t.CloseAt = time.Time{}, time.Time{}
	return nil
}
