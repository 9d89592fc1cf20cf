package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Placed is where a ticket was when whoever hands tickets out was last asked to look at it.
type Placed struct {
	Tier  string `json:"tier,omitempty"`
	Owner string `json:"owner,omitempty"`
	Act   bool   `json:"act,omitempty"` // somebody of staff is to act: it is new or open
}

// Offer is what the decision to hand a ticket out was made on. The store refuses it as a Conflict when the
// owner has no room any more, or was handed another ticket meanwhile; Apply does nothing when the
// ticket is another's already.
type Offer struct {
	From string    // who owned it; "" is nobody
	Room int       // open tickets that the owner has at the most, this one included; 0: any number
	Turn time.Time // when the owner was last handed a ticket of this tier, as far as was known
}

// maxFormer is how many former owners a ticket remembers.
const maxFormer = 10

// Acted says that somebody of staff is to act on it: it counts against what its owner can take.
func (t *Ticket) Acted() bool { return t.State == New || t.State == Open }

// handOut gives the ticket to whom a decision has found, or says why it waits.
func (c *change) handOut() error {
	o := c.a.Offer
	if o == nil {
		return invalid("a ticket is handed out by a decision")
	}
	if c.t.Owner != o.From || c.t.State.Done() || c.t.Tier == "" || c.a.Tier != "" && c.a.Tier != c.t.Tier {
		c.nothing = true // somebody was faster
		return nil
	}
	why := cut(strings.TrimSpace(c.a.Reason), MaxReason)
	if c.a.Owner == c.t.Owner { // nobody was found
		if c.nothing = c.t.Owner != "" || c.t.OwnerWhy == why; !c.nothing {
			c.t.OwnerWhy, c.quiet = why, true
		}
		return nil
	}
	c.say("from", c.t.Owner)
	c.say("owner", c.a.Owner)
	c.t.Owner, c.t.OwnerWhy = c.a.Owner, why
	if text := strings.TrimSpace(c.a.Text); text != "" {
		c.tell(cut(text, MaxReason))
	}
	if c.t.Owner != "" {
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{To: c.t.Owner, Handover: true, Text: "Yours now: " + why}, c.now))
	}
	return nil
}

// owned remembers whose it was. A reason for an owner goes with that owner.
func (c *change) owned(before string) {
	if c.t.Owner == before {
		return
	}
	if c.a.Kind != ActHandOut {
		c.t.OwnerWhy = ""
	}
	if before == "" {
		return
	}
	c.t.Former = slices.DeleteFunc(slices.Clone(c.t.Former), func(id string) bool { return id == before || id == c.t.Owner })
	c.t.Former = slices.Insert(c.t.Former, 0, before)
	c.t.Former = c.t.Former[:min(len(c.t.Former), maxFormer)]
}

// place gives the jobs that follow from where the ticket has come: an owner is looked for, or asked
// after; and who had it can take another.
func (t *Ticket) place(g Targets) (jobs []Job) {
	var was Placed
	if t.Placed != nil {
		was = *t.Placed
	}
	is := Placed{Tier: t.Tier, Owner: t.Owner, Act: t.Acted() && t.Tier != ""}
	if !g.Staffed || is == was {
		return nil
	}
	t.Placed = &is
	if was.Act && was.Owner != "" && (!is.Act || is.Owner != was.Owner) {
		jobs = append(jobs, StaffJob(was.Owner, time.Time{}))
	}
	reached := !was.Act || is.Tier != was.Tier // an owner who may have left meanwhile
	if is.Act && (is.Owner == "" && g.HandsOut || is.Owner != "" && reached) {
		jobs = append(jobs, t.job(JobAssign, "assign", PriorityCustomer))
	}
	return jobs
}

// StaffJob has somebody looked after at a time (zero: now): they are handed what they can take, or what they
// cannot do is taken back. It has no key: one that is due later must not stand before one that is due now.
func StaffJob(agent string, at time.Time) Job {
	j := Job{Kind: JobStaff, Priority: PriorityDesk, RunAt: at, Payload: payload(agent), Unique: "staff:" + agent}
	if !at.IsZero() {
		j.Unique += fmt.Sprintf(":%d", at.UnixMicro())
	}
	return j
}
