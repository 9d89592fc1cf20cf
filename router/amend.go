package router

import (
	"context"
	"strconv"

	"tierline/ticket"
)

// amendable says whether a change of a message can reach those who have it. A note's can; an answer's
// where its channel can change what was sent. An emoji that customers are not to see stays where it is,
// and is nothing of the ticket's.
func (d *Desk) amendable(ctx context.Context, a ticket.Action) (bool, error) {
	m, err := d.Store.Message(ctx, a.Ticket, a.Seq)
	if err != nil || m.Kind != ticket.Public {
		return err == nil && a.Kind == ticket.ActAmend, err
	}
	to, ok := d.Amenders[m.Channel]
	switch {
	case a.Kind == ticket.ActReact:
		return ok && m.Direction == ticket.In && to.Carries(a.Emoji), nil
	case m.Direction == ticket.Out && !ok:
		return false, ticket.Errorf("router.Act", ticket.Invalid, "What was sent by %s cannot be changed any more. Send another message.", m.Channel)
	}
	return true, nil
}

// amend brings what has changed of a message to where the customer sees it.
func (w *Jobs) amend(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	m, err := w.store().Message(ctx, j.Ticket, j.Seq)
	if err != nil {
		return err
	}
	to, ok := w.Desk.Amenders[m.Channel]
	if !ok || !m.MovedTo.IsZero() {
		return w.store().Finish(ctx, j)
	}
	out, err := w.Desk.outbound(ctx, t, m)
	if err != nil {
		return err
	}
	if emoji := j.Carried(); emoji != "" {
		err = to.React(ctx, out, emoji)
	} else {
		err = to.Amend(ctx, out)
	}
	if err != nil {
		return err
	}
	return w.store().Finish(ctx, j)
}

// uncarried ends a change that cannot be brought to the customer: whoever made it is told.
func (w *Jobs) uncarried(ctx context.Context, j ticket.Job, cause error) error {
	if m, err := w.store().Message(ctx, j.Ticket, j.Seq); err == nil && j.Carried() == "" && m.Author.Kind == ticket.ByAgent {
		told := ticket.Told{To: m.Author.ID, Text: "The customer does not see your change of message " + strconv.Itoa(j.Seq) + ": " + ticket.Explain(cause)}
		if err := w.store().Enqueue(ctx, told.Job(j.Ticket, w.Desk.Now())); err != nil {
			return err
		}
	}
	return w.store().Bury(ctx, j, cause.Error())
}
