package bots

import (
	"cmp"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// Handoff is what a ticket tells already of what must be handed over.
func Handoff(card Card) *ticket.Handoff {
	t := card.Ticket
	h := &ticket.Handoff{Problem: cmp.Or(t.Diagnosis, t.Subject), Unit: strings.Join(t.Units, ", "), Tried: strings.Join(card.Tried, "\n")}
	if old := t.Handoff; old != nil { // it came back, or goes on: nobody writes it twice
		*h = *old
		h.ReadBack = ""
	}
	var articles, reach []string
	for _, s := range t.Suggestions {
		if s.Verdict == "used" || s.Verdict == "not_relevant" {
			articles = append(articles, s.Title+" ("+strings.ReplaceAll(s.Verdict, "_", " ")+")")
		}
	}
	for _, i := range card.Known() {
		if i.Kind == customer.Phone || i.Kind == customer.Email {
			reach = append(reach, i.Value)
		}
	}
	h.Articles, h.Callback = cmp.Or(h.Articles, strings.Join(articles, ", ")), cmp.Or(h.Callback, strings.Join(reach, ", "))
	return h
}

// Known are the ways in which the customer is known; of one without a record, how they last wrote.
func (c Card) Known() []customer.Identity {
	if len(c.Customer.Identities) == 0 && !c.LastSaid.From.IsZero() {
		return []customer.Identity{c.LastSaid.From}
	}
	return c.Customer.Identities
}
