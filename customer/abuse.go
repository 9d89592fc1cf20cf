package customer

import (
	"fmt"
	"slices"
	"time"
)

// Rung is a step of the ladder that somebody climbs who abuses those who help them.
type Rung string

// The rungs, in their order. Each is taken by a person, none by itself.
const (
	RungNone  Rung = ""
	RungWarn  Rung = "warn"  // they were asked to stop
	RungLead  Rung = "lead"  // a lead has looked at it
	RungBlock Rung = "block" // what they send is kept out, for a time
	RungClear Rung = "clear" // a lead has taken it back
)

var rungs = []Rung{RungNone, RungWarn, RungLead, RungBlock}

// AbuseStep is one line of what was done about somebody's abuse.
type AbuseStep struct {
	Rung   Rung      `json:"rung"`
	By     string    `json:"by"`      // agent id
	Name   string    `json:"by_name"` //
	Reason string    `json:"reason"`
	Ticket int64     `json:"ticket"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until,omitzero"` // of a block
}

const maxAbuse = 50

// Ladder is on which rung somebody stands. What lies back longer than decay (0: nothing does) counts no more.
func (c Customer) Ladder(now time.Time, decay time.Duration) (Rung, AbuseStep) {
	if len(c.Abuse) == 0 {
		return RungNone, AbuseStep{}
	}
	last := c.Abuse[len(c.Abuse)-1]
	from := last.At
	if last.Until.After(from) {
		from = last.Until
	}
	if last.Rung == RungClear || decay > 0 && now.Sub(from) >= decay {
		return RungNone, last
	}
	return last.Rung, last
}

// NextRung is what may come next.
func NextRung(r Rung) Rung {
	i := slices.Index(rungs, r)
	return rungs[min(max(i, 0)+1, len(rungs)-1)]
}

// Climb notes a step. No rung is left out; a block may follow a block.
func (c *Customer) Climb(s AbuseStep, decay time.Duration) error {
	at, _ := c.Ladder(s.At, decay)
	if s.Rung != RungClear && s.Rung != NextRung(at) {
		return fmt.Errorf("what comes next is %q, not %q", string(NextRung(at)), string(s.Rung))
	}
	if s.Rung == RungClear && at == RungNone {
		return fmt.Errorf("there is nothing to take back")
	}
	c.Abuse = append(slices.Clone(c.Abuse), s)
	if n := len(c.Abuse) - maxAbuse; n > 0 {
		c.Abuse = c.Abuse[n:]
	}
	return nil
}
