package router

import (
	"context"
	"errors"
	"slices"

	"tierline/bots"
	"tierline/ticket"
)

// promiseDue notes that the time of a promise has come, or nearly.
func (w *Jobs) promiseDue(ctx context.Context, j ticket.Job) error {
	_, err := w.store().Act(ctx, ticket.Action{Kind: ticket.ActPromiseDue, Ticket: j.Ticket, Page: j.Seq, Step: j.Step, At: j.Moment(), By: ticket.Gateway, Job: j})
	return err
}

// tell tells people something beside the card. One who cannot be reached does not keep it from the others.
func (w *Jobs) tell(ctx context.Context, j ticket.Job) error {
	n, err := j.Told()
	if err != nil {
		return err
	}
	if w.Bot == nil && n.Mail == "" {
		return w.store().Finish(ctx, j)
	}
	c, _, err := w.Desk.view(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if n.Mail != "" {
		return w.tellByMail(ctx, j, c, n)
	}
	if n.Handover && c.Ticket.Owner != n.To { // it has gone on
		return w.store().Finish(ctx, j)
	}
	readers, quiet, err := w.readers(ctx, c.Ticket, n)
	if err != nil {
		return err
	}
	var faults []error
	for _, a := range readers {
		if _, waits := quiet[a.ID]; waits {
			continue
		}
		err := w.Bot.Tell(ctx, bots.Notice{Card: c, To: a, Text: n.Text, At: n.At, Do: n.Do, Number: n.Number,
			Handover: n.Handover, Key: j.Unique + ":" + a.ID}, j.Attempts > 1)
		if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.NotFound) { // they have no account there
			w.Log.Warn("somebody cannot be told", "ticket", j.Ticket, "agent", a.ID, "error", err)
			continue
		}
		faults = append(faults, err)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return w.hold(ctx, j, n, quiet)
}

// told are those whom a notice is for: the owner, the leads of its tier, or both; each once.
func (d *Desk) told(t ticket.Ticket, n ticket.Told) (list []ticket.Agent) {
	add := func(a ticket.Agent) {
		if len(a.Roles) > 0 && !slices.ContainsFunc(list, func(b ticket.Agent) bool { return a.ID == b.ID }) {
			list = append(list, a)
		}
	}
	if n.Owner && t.Owner != "" {
		add(d.agent(t.Owner))
	}
	if n.To != "" {
		add(d.agent(n.To))
	}
	if n.Editor {
		for _, a := range d.Config().Agents {
			if slices.Contains(a.Roles, ticket.RoleEditor) {
				add(a)
			}
		}
	}
	if n.Tier != "" {
		for _, a := range d.spokesmen(n.Tier) {
			add(a)
		}
	}
	if n.Lead && n.Tier == "" || len(list) == 0 {
		for _, a := range d.leads(t.Tier) {
			add(a)
		}
	}
	return list
}

// spokesmen are those of another tier who hear for it: whom it names as leads, or else all its people.
func (d *Desk) spokesmen(tier string) []ticket.Agent {
	if len(d.tier(tier).Leads) > 0 {
		return d.leads(tier)
	}
	return d.Members(tier)
}

// leads are those whom the tier names, or else everybody who is a lead.
func (d *Desk) leads(tier string) (list []ticket.Agent) {
	for _, id := range d.tier(tier).Leads {
		list = append(list, d.agent(id))
	}
	if len(list) > 0 {
		return list
	}
	for _, a := range d.Config().Agents {
		if slices.Contains(a.Roles, ticket.RoleLead) {
			list = append(list, a)
		}
	}
	return list
}
