package ticket

import (
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// Ladder asks the store to take a customer up a rung of the abuse ladder, in the commit of an action; it
// refuses one that is not next. A block keeps out all identities of the customer until Step.Until.
type Ladder struct {
	Step  customer.AbuseStep
	Decay time.Duration // after which an older step counts no more
}

// abuse takes the customer a rung up (practice: abuse): a warning, with the Text that they are told; to the
// lead; a block until At, and never for good. Or it is all taken back.
func (c *change) abuse() error {
	reason, text := cut(strings.TrimSpace(c.a.Reason), MaxReason), strings.TrimSpace(c.a.Text)
	s := customer.AbuseStep{Rung: c.a.Rung, By: c.a.By.ID, Name: c.a.By.Name, Reason: reason, Ticket: int64(c.t.ID), At: c.now}
	if reason == "" {
		return invalid("Say what was said: it is kept with the customer.")
	}
	c.say("rung", string(s.Rung))
	switch s.Rung {
	case customer.RungWarn:
		if text == "" {
			return invalid("A warning needs the text that the customer is told.")
		}
		c.say("seq", strconv.Itoa(c.outgoing(text, c.a.Wait, false)))
		c.count(OutcomeWarned, 0, "")
	case customer.RungLead:
		c.tell("Abuse goes on after a warning: " + reason + "\nThe lead decides whether what this customer sends is kept out for a time.")
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Lead: true, Text: "Abuse goes on after a warning: " + reason, Do: []string{"abuse"}}, c.now))
		c.count(OutcomeAbuseLead, 0, "")
	case customer.RungBlock:
		if !c.a.At.After(c.now) || c.a.At.After(c.now.Add(MaxAhead)) {
			return invalid("Say until when: a block for abuse ends by itself, within a year.")
		}
		s.Until = c.a.At.Truncate(time.Microsecond)
		c.tell("What this customer sends is kept out until " + s.Until.UTC().Format("2 Jan 2006 15:04 UTC") + ": " + reason)
		c.count(OutcomeBlocked, 0, "")
	case customer.RungClear:
		c.tell("Taken back: " + reason)
	default:
		return invalid("%.20q is no step: warn, lead, block or clear.", string(s.Rung))
	}
	c.fx.Ladder = &Ladder{Step: s, Decay: c.a.Decay}
	return nil
}
