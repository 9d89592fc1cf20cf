package router

import (
	"context"
	"slices"
	"time"

	"tierline/bots"
	"tierline/router/lint"
	"tierline/ticket"
)

// Unbacked are the times that an answer names for which neither a promise stands nor a word that was given already.
func (d *Desk) Unbacked(ctx context.Context, by ticket.Agent, id ticket.ID, text string) (list []bots.Named, err error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, n := range unbacked(t, text, d.speaker(t).here()) {
		list = append(list, bots.Named{Words: n.Words, At: n.At.UTC()})
	}
	return list, nil
}

// unbacked leaves out the times that somebody has an eye on already: a promise is due then, or the word by when the
// customer hears. One that is due at another time stands behind nothing but itself.
func unbacked(t ticket.Ticket, text string, now time.Time) []lint.Time {
	return slices.DeleteFunc(lint.Times(text, now), func(n lint.Time) bool {
		meant := func(due time.Time) bool {
			return due.After(now) && !due.Before(n.From) && !due.After(n.Until.Add(time.Minute))
		}
		return t.Update != nil && meant(t.Update.Said) || slices.ContainsFunc(t.OpenPromises(), func(p ticket.Promise) bool {
			return p.State == ticket.PromiseOpen && meant(p.Due)
		})
	})
}

// here is now, on the brand's clock.
func (s speaker) here() time.Time { return s.now.In(s.zone) }

// Wording is a text for a customer, to be looked over.
func (d *Desk) Wording(ctx context.Context, by ticket.Agent, id ticket.ID, what string) (string, error) {
	if err := staff(by); err != nil {
		return "", err
	}
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return "", err
	}
	switch what {
	case "update":
		text, _, err := d.updateText(ctx, t)
		return text, err
	case "warning":
		return d.speaker(t).say("warning", nil), nil
	}
	return "", ticket.Errorf("router.Wording", ticket.Invalid, "There is no wording %.40q.", what)
}

// Policies are the names from which agents choose what a complaint is about.
func (d *Desk) Policies() []string { return d.Config().Complaints.Policies }
