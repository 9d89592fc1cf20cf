package router

import (
	"context"
	"slices"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// nearly is how long before its end a clock is worth to be shown as late.
const nearly = 30 * time.Minute

// maxAgenda is how much is read of each list of an agenda.
const maxAgenda = 10

// Agenda is what somebody has before them.
func (d *Desk) Agenda(ctx context.Context, by ticket.Agent, f bots.AgendaFilter) (a bots.Agenda, err error) {
	if err := staff(by); err != nil {
		return a, err
	}
	q := ticket.AgendaQuery{Agent: by.ID, Channel: f.Channel, Urgent: f.Urgent, Late: d.Now().Add(nearly), Limit: maxAgenda}
	for _, t := range d.tiersOf(by) {
		a.Tiers = append(a.Tiers, t.view())
		if f.Tier == "" || f.Tier == t.Name {
			q.Tiers = append(q.Tiers, t.Name)
		}
	}
	if a.Agenda, err = d.Store.Agenda(ctx, q); err != nil {
		return a, err
	}
	var ids []ticket.ID
	a.Owners = map[string]ticket.Agent{}
	for _, l := range []ticket.Listing{a.Mine, a.Late, a.Free, a.Promised, a.Paged} {
		for _, t := range l.Tickets {
			ids = append(ids, t.ID)
			if t.Owner != "" {
				a.Owners[t.Owner] = d.agent(t.Owner)
			}
		}
	}
	slices.Sort(ids)
	a.Places, err = d.Store.Places(ctx, cardScope, slices.Compact(ids))
	return a, err
}

// tiersOf are the tiers whose work somebody does, or leads.
func (d *Desk) tiersOf(by ticket.Agent) (own []Tier) {
	c := d.Config()
	for _, t := range c.tiers() {
		member := slices.ContainsFunc(c.members(t), func(a ticket.Agent) bool { return a.ID == by.ID })
		if member || slices.Contains(t.Leads, by.ID) {
			own = append(own, t)
		}
	}
	if len(own) == 0 && by.Has(ticket.RightLead) == nil {
		own = c.tiers()
	}
	return own
}

// Concerned says on whose agenda a ticket may stand.
func (d *Desk) Concerned(ctx context.Context, id ticket.ID) (agents, tiers []string, err error) {
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	agents = append(agents, t.Helpers...)
	if t.Owner != "" {
		agents = append(agents, t.Owner)
	}
	agents = append(agents, t.Former[:min(len(t.Former), 1)]...)
	if t.Tier != "" {
		tiers = append(tiers, t.Tier)
	}
	if p := t.Page; p != nil {
		agents, tiers = append(agents, p.Who...), append(tiers, p.Tier)
	}
	return agents, tiers, nil
}
