package router

import (
	"context"
	"time"

	"tierline/router/oncall"
	"tierline/ticket"
)

// Roster is who is on call for a tier: the configuration with what people have changed, as of now.
// Its Chain says who is rung.
func (d *Desk) Roster(ctx context.Context, tier string) (oncall.Schedule, error) {
	return d.rosterSince(ctx, tier, d.Now())
}

// rosterSince is a schedule that may be asked of times from since on.
func (d *Desk) rosterSince(ctx context.Context, tier string, since time.Time) (oncall.Schedule, error) {
	r, err := d.Store.Roster(ctx, since)
	if err != nil {
		return oncall.Schedule{}, err
	}
	return d.schedule(tier, r.Changes), nil
}

// schedule is the one of a tier with changes over it. A configuration with a fault was refused before.
func (d *Desk) schedule(tier string, changes []ticket.RosterChange) oncall.Schedule {
	s, _ := d.tier(tier).OnCall.Compile()
	return s.With(rosterOver(tier, changes))
}

// rosterOver is what changes make of a tier's schedule.
func rosterOver(tier string, changes []ticket.RosterChange) (off []oncall.Off, over []oncall.Change) {
	for _, c := range ticket.InOrder(changes) {
		if !c.Counts() || c.Tier != tier && !(c.Kind == ticket.RosterOff && c.Tier == "") {
			continue
		}
		from, to := counting(c, c.From, c.To)
		replace := func(instead, person string, from, to time.Time) {
			if from.Before(to) {
				over = append(over, oncall.Change{Override: oncall.Override{Person: person, Instead: instead, Beside: c.Beside, From: from, To: to}})
			}
		}
		switch c.Kind {
		case ticket.RosterOverride, ticket.RosterCover:
			replace(c.Person, c.With, from, to)
		case ticket.RosterSwap:
			replace(c.Person, c.With, from, to)
			backFrom, backTo := counting(c, c.BackFrom, c.BackTo)
			replace(c.With, c.Person, backFrom, backTo)
		case ticket.RosterOff:
			if from.Before(to) {
				off = append(off, oncall.Off{Person: c.Person, From: from, To: to})
			}
		case ticket.RosterTemporary:
			if t := temporary(c, from, to); from.Before(to) {
				over = append(over, oncall.Change{Temporary: t})
			}
		}
	}
	return off, over
}

// counting is the part of a stretch of time in which a change counts: what was before it stood has been,
// and so has what was before it was taken back.
func counting(c ticket.RosterChange, from, to time.Time) (time.Time, time.Time) {
	if c.Stood.After(from) {
		from = c.Stood
	}
	if !c.Ended.IsZero() && c.Ended.Before(to) {
		to = c.Ended
	}
	return from, to
}

func temporary(c ticket.RosterChange, from, to time.Time) oncall.Temporary {
	t := oncall.Temporary{From: from, To: to}
	for _, s := range c.Shifts {
		if a, b := counting(c, s.From, s.To); a.Before(b) {
			t.Shifts = append(t.Shifts, oncall.Shift{Person: s.Person, From: a, To: b})
		}
	}
	return t
}
