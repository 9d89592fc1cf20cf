package router

import (
	"context"

	"tierline/ticket"
)

// later sends a scheduled answer, unless whoever wrote it may not answer any more.
func (w *Jobs) later(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	a := ticket.Action{Kind: ticket.ActLaterDue, Ticket: j.Ticket, By: ticket.Gateway, Number: j.Seq, Job: j}
	if s := t.LaterOf(j.Seq); s != nil && w.Desk.agent(s.By.ID).May(ticket.ActReply) != nil {
		a.Kind, a.Reason = ticket.ActUnlater, "they may not answer customers any more."
	}
	if err := w.Desk.Plan(ctx, &a); err != nil {
		return err
	}
	_, err = w.store().Act(ctx, a)
	return err
}
