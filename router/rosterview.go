package router

import (
	"context"
	"slices"
	"time"

	"tierline/bots"
	"tierline/router/oncall"
	"tierline/ticket"
)

// Limits of what is told of who is on call.
const (
	maxView  = 400 * 24 * time.Hour // of one view
	rosterIn = 366 * 24 * time.Hour // how far shifts are followed to their true ends
)

// Rosters tells who is on call; see [bots.Rosters].
func (d *Desk) Rosters(ctx context.Context, by ticket.Agent, from, to time.Time) (bots.RosterView, error) {
	if err := staff(by); err != nil {
		return bots.RosterView{}, err
	}
	if !from.Before(to) || to.Sub(from) > maxView {
		return bots.RosterView{}, rosterNo("Ask for at most 400 days, from the earlier to the later.")
	}
	return d.rosterView(ctx, func(tier string) bool { return d.rosterLead(by, tier) }, from, to)
}

func (d *Desk) rosterView(ctx context.Context, lead func(string) bool, from, to time.Time) (bots.RosterView, error) {
	now := d.Now()
	since := from.Add(-rosterIn)
	if now.Before(since) {
		since = now
	}
	r, err := d.Store.Roster(ctx, since)
	if err != nil {
		return bots.RosterView{}, err
	}
	v := bots.RosterView{}
	for _, c := range r.Changes {
		if c.To.After(from) || c.Until().After(from) {
			v.Changes = append(v.Changes, c)
		}
	}
	for _, t := range d.Config().tiers() {
		s := d.schedule(t.Name, r.Changes)
		if s.Empty() {
			continue
		}
		v.Tiers = append(v.Tiers, d.tierRoster(t, s, r.Changes, from, to, now))
		v.Tiers[len(v.Tiers)-1].Lead = lead(t.Name)
	}
	return v, nil
}

func (d *Desk) tierRoster(t Tier, s oncall.Schedule, changes []ticket.RosterChange, from, to, now time.Time) bots.TierRoster {
	v := bots.TierRoster{Tier: t.view(), Zone: s.Zone(), On: d.agents(s.On(now)), Gaps: shiftsOf(s.Gaps(from, to))}
	if until, ok := s.Change(now); ok {
		v.Until, v.Next = until, d.agents(s.On(until))
	}
	for _, p := range d.rosterTeam(t.Name) {
		v.People = append(v.People, d.agent(p))
	}
	for _, shift := range s.Whole(from, to, rosterIn) {
		x := bots.Shift{RosterShift: ticket.RosterShift(shift), Whole: shift.From.After(from.Add(-rosterIn))}
		for _, c := range changes {
			if touches(c, t.Name, shift) && c.Version > x.Changes {
				x.Changes, x.Modified = c.Version, c.Last().At
			}
		}
		v.Shifts = append(v.Shifts, x)
	}
	return v
}

// touches says whether a change has, or has had, to do with a shift: it lies in its time, or at its edge.
func touches(c ticket.RosterChange, tier string, shift oncall.Shift) bool {
	if c.Tier != tier && c.Tier != "" || c.Stood.IsZero() {
		return false
	}
	meets := func(from, to time.Time) bool { return !from.After(shift.To) && !to.Before(shift.From) }
	return meets(c.From, c.To) || c.Kind == ticket.RosterSwap && meets(c.BackFrom, c.BackTo)
}

func (d *Desk) agents(ids []string) (list []ticket.Agent) {
	for _, id := range ids {
		list = append(list, d.agent(id))
	}
	return list
}

func shiftsOf(list []oncall.Shift) []ticket.RosterShift {
	out := make([]ticket.RosterShift, 0, len(list))
	for _, s := range list {
		out = append(out, ticket.RosterShift(s))
	}
	return out
}

// Fairness compares the people of a tier; see [bots.Rosters].
func (d *Desk) Fairness(ctx context.Context, by ticket.Agent, tier string, from, to time.Time) (bots.Fairness, error) {
	if err := staff(by); err != nil {
		return bots.Fairness{}, err
	}
	i := slices.IndexFunc(d.Config().Tiers, func(t Tier) bool { return t.Name == tier })
	if i < 0 {
		return bots.Fairness{}, ticket.Errorf("router.Fairness", ticket.NotFound, "There is no tier %.60q.", tier)
	}
	if !from.Before(to) || to.Sub(from) > maxView {
		return bots.Fairness{}, rosterNo("Ask for at most 400 days, from the earlier to the later.")
	}
	r, err := d.Store.Roster(ctx, from)
	if err != nil {
		return bots.Fairness{}, err
	}
	taken, err := d.Store.PagesTaken(ctx, from, to)
	if err != nil {
		return bots.Fairness{}, err
	}
	s := d.schedule(tier, r.Changes)
	f := bots.Fairness{Tier: d.tier(tier).view(), Zone: s.Zone().String(), From: from, To: to}
	for _, l := range s.Loads(from, to, d.holidays(tier)) {
		f.Rows = append(f.Rows, bots.FairRow{Agent: d.agent(l.Person), Shifts: l.Shifts, Total: l.Total, Night: l.Night, Weekend: l.Weekend,
			Holiday: l.Holiday, Pages: taken[l.Person]})
	}
	for _, p := range d.rosterTeam(tier) { // who was never on call is part of the comparison
		if !slices.ContainsFunc(f.Rows, func(r bots.FairRow) bool { return r.Agent.ID == p }) && !slices.Contains(d.tier(tier).OnCall.Then, p) {
			f.Rows = append(f.Rows, bots.FairRow{Agent: d.agent(p), Pages: taken[p]})
		}
	}
	return f, nil
}

// holidays are those of the tier's hours, or else of the first brand's.
func (d *Desk) holidays(tier string) func(time.Time) bool {
	h := d.tier(tier).Hours
	if len(h.Holidays) == 0 {
		h = d.Config().Brand("").Hours
	}
	c, err := h.Calendar()
	if err != nil {
		return nil
	}
	return c.Holiday
}
