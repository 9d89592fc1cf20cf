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

// maxAgenda is how much is read of each list of an agenda; maxAgendaPage is the last page that is.
const (
	maxAgenda     = 8
	maxAgendaPage = 10_000
)

// Agenda is what somebody has before them.
func (d *Desk) Agenda(ctx context.Context, by ticket.Agent, f bots.AgendaFilter) (a bots.Agenda, err error) {
	if err := staff(by); err != nil {
		return a, err
	}
	q := ticket.AgendaQuery{Agent: by.ID, Channel: f.Channel, Urgent: f.Urgent, Late: d.Now().Add(nearly), Limit: maxAgenda, Skip: map[ticket.AgendaList]int{}}
	for list, page := range f.Pages {
		q.Skip[list] = min(max(0, page), maxAgendaPage) * maxAgenda
	}
	for _, t := range d.tiersOf(by) {
		a.Tiers = append(a.Tiers, t.view())
		if f.Tier == "" || f.Tier == t.Name {
			q.Tiers = append(q.Tiers, t.Name)
		}
	}
	if a.Agenda, err = d.Store.Agenda(ctx, q); err == nil {
		err = d.lastPages(ctx, q, &a.Agenda)
	}
	if err != nil {
		return a, err
	}
	a.Skip, a.Page = q.Skip, maxAgenda
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

// lastPages reads the last page of lists that have become shorter than what was to be skipped.
func (d *Desk) lastPages(ctx context.Context, q ticket.AgendaQuery, a *ticket.Agenda) error {
	for _, list := range ticket.AgendaLists() {
		l := a.List(list)
		if skip := q.Skip[list]; skip == 0 || skip < l.Count {
			continue
		}
		q.Skip[list] = max(0, l.Count-1) / maxAgenda * maxAgenda
		if l.Count == 0 {
			continue
		}
		q.Only = []ticket.AgendaList{list}
		again, err := d.Store.Agenda(ctx, q)
		if err != nil {
			return err
		}
		*l = *again.List(list)
	}
	return nil
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
