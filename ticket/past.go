package ticket

import (
	"time"

	"tierline/customer"
)

// Theirs is the identity of the customer whom a contact is from or, of an answer that was sent long
// ago, whom it went to.
func (in Inbound) Theirs() customer.Identity {
	if in.Past != nil && in.Past.Out && len(in.With) > 0 {
		return in.With[0]
	}
	return in.From
}

// openPast makes the ticket of what is history. Nothing follows from it.
func openPast(id ID, in Inbound, c customer.Customer, why *Match, now time.Time) (Ticket, Effects) {
	at := timeOf(in, now)
	t := Ticket{
		ID: id, Brand: in.Brand, Channel: in.Channel, Inbox: in.Inbox, Subject: subjectOf(in), State: Closed, Past: true,
		Priority: Normal, Language: firstOf(in.Language, c.Language), Customer: c.ID, Organization: c.Organization,
		Opened: at, Updated: at,
	}
	return t, t.recall("opened", in, c, why, at)
}

// recall adds what was said long ago. Contacts come in any order.
func (t *Ticket) recall(what string, in Inbound, c customer.Customer, m *Match, at time.Time) Effects {
	msg := messageOf(in, c, at)
	t.LastSeq++
	t.Rev++
	msg.Ticket, msg.Seq = t.ID, t.LastSeq
	people := in.With
	if in.Past.Out {
		msg.Direction, msg.Delivery = Out, Sent
		msg.Author = Actor{Kind: ByAgent, Name: firstOf(in.From.Name, in.From.Value)}
		t.LastAgent = newer(t.LastAgent, at)
	} else {
		people = append([]customer.Identity{in.From}, in.With...)
		if !in.Auto {
			t.LastCustomer = newer(t.LastCustomer, at)
		}
	}
	t.invite(people)
	t.Units, t.Found = addUnique(t.Units, in.Units...), addFound(t.Found, in.Found...)
	if t.Updated = newer(t.Updated, at); at.Before(t.Opened) {
		t.Opened = at
	}
	ev := Event{Ticket: t.ID, Kind: what, By: msg.Author, At: at, Data: map[string]string{"channel": in.Channel, "past": "yes"}}
	if m != nil {
		ev.Why, ev.Data["matched_by"] = m.Reasons, m.By
	}
	return Effects{Messages: []Message{msg}, Events: []Event{ev}}
}

// timeOf is when a contact was written: not later than now, and now when it does not say.
func timeOf(in Inbound, now time.Time) time.Time {
	if in.At.IsZero() || in.At.After(now) {
		return now
	}
	return in.At
}
