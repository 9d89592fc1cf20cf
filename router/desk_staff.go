package router

import (
	"cmp"
	"context"
	"slices"

	"tierline/bots"
	"tierline/ticket"
)

// Team is everybody who works here, by tier: who is there, and what each has to do.
func (d *Desk) Team(ctx context.Context, by ticket.Agent) ([]bots.Member, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	at, err := d.attendance(ctx)
	if err != nil {
		return nil, err
	}
	loads, err := d.Store.Workloads(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	in := map[string][]Tier{}
	for _, t := range at.conf.tiers() {
		for _, a := range at.conf.members(t) {
			in[a.ID] = append(in[a.ID], t)
		}
	}
	var list []bots.Member
	for _, a := range at.conf.Agents {
		if len(a.Roles) == 0 {
			continue
		}
		m := bots.Member{Agent: a, Open: loads[a.ID].Open, Waiting: loads[a.ID].Waiting, Room: a.Capacity}
		home := Tier{}
		for i, t := range in[a.ID] {
			m.Tiers = append(m.Tiers, t.view().Title)
			if m.HandedOut = m.HandedOut || t.hands(); a.Capacity == 0 && t.hands() {
				m.Room = max(m.Room, t.Capacity)
			}
			if i == 0 {
				home = t
			}
		}
		s := at.of(a, home)
		m.Here, m.Why, m.Since, m.Back, m.Said = s.Here, s.Why, s.Since, s.Back, s.Said
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(a, b bots.Member) int {
		return cmp.Or(first(len(a.Tiers) > 0, len(b.Tiers) > 0), d.level(in[a.Agent.ID])-d.level(in[b.Agent.ID]))
	})
	return list, nil
}

func (d *Desk) level(tiers []Tier) int {
	if len(tiers) == 0 {
		return 0
	}
	return tiers[0].Level
}

// Fitting are those who may be given a ticket, who fits best in front; last come those of other tiers.
func (d *Desk) Fitting(ctx context.Context, by ticket.Agent, id ticket.ID) ([]bots.Fit, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	at, err := d.attendance(ctx)
	if err != nil {
		return nil, err
	}
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return nil, err
	}
	tier := d.tier(t.Tier)
	w, list, err := d.candidates(ctx, at, t, tier)
	if err != nil {
		return nil, err
	}
	var fits []bots.Fit
	for _, f := range w.Rank(list) {
		if f.Agent.ID != t.Owner {
			fits = append(fits, bots.Fit{Agent: f.Agent, OK: f.OK, Why: f.Why})
		}
	}
	for _, a := range at.conf.Agents {
		other := !slices.ContainsFunc(list, func(c Candidate) bool { return c.Agent.ID == a.ID })
		if other && a.ID != t.Owner && a.Has(ticket.RightWork) == nil {
			fits = append(fits, bots.Fit{Agent: a, Why: "not of " + w.Tier})
		}
	}
	return fits, nil
}

// Next gives somebody the next ticket that waits in their tiers: the most urgent, then what is due first, then what
// they speak the language of. What wants a skill that they do not have is passed over. It is theirs then; NotFound
// when nothing waits.
func (d *Desk) Next(ctx context.Context, by ticket.Agent, key string) (ticket.Ticket, error) {
	const op = "router.Next"
	if err := by.May(ticket.ActTake); err != nil {
		return ticket.Ticket{}, err
	}
	c := d.Config()
	var waiting []ticket.Ticket
	member := false
	for _, tier := range c.tiers() {
		if !slices.ContainsFunc(c.members(tier), func(a ticket.Agent) bool { return a.ID == by.ID }) {
			continue
		}
		member = true
		list, err := d.Store.Waiting(ctx, tier.Name, ticket.MaxPage)
		if err != nil {
			return ticket.Ticket{}, err
		}
		waiting = append(waiting, list...)
	}
	if !member {
		return ticket.Ticket{}, ticket.Errorf(op, ticket.Invalid, "You are a member of no tier.")
	}
	slices.SortStableFunc(waiting, func(a, b ticket.Ticket) int {
		speaks := func(t ticket.Ticket) bool { return Want{Language: t.Language}.speaks(by) }
		return cmp.Or(cmp.Compare(urgency(b.Priority), urgency(a.Priority)), compareDue(dueOf(a), dueOf(b)), first(speaks(a), speaks(b)), cmp.Compare(a.ID, b.ID))
	})
	passed := 0
	for _, t := range waiting {
		if len((Want{Skills: t.Skills}).lacks(by)) > 0 {
			passed++
			continue
		}
		got, err := d.Act(ctx, by, ticket.Action{Kind: ticket.ActTake, Ticket: t.ID, Rev: t.Rev, Key: key})
		if ticket.KindOf(err) != ticket.Conflict { // else somebody was faster
			return got, err
		}
	}
	if passed > 0 {
		return ticket.Ticket{}, ticket.Errorf(op, ticket.NotFound, "Nothing waits that you could take: what does wants skills that you do not have.")
	}
	return ticket.Ticket{}, ticket.Errorf(op, ticket.NotFound, "Nothing waits in your tiers.")
}
