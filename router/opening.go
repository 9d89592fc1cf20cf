package router

import (
	"context"

	"tierline/customer"
	"tierline/ticket"
)

// maxFirst is how many messages are read to find the customer's first.
const maxFirst = 20

// FactsAsOfNow are those that cannot be put back to when a ticket was opened.
const FactsAsOfNow = "subject language customer organization plan attributes units known_units models phones orders unit_cases unit_cases_30 cases lemon environment best_score fits"

// opening are the facts of a ticket as it was opened, as well as they can be rebuilt: text, contacts, auto and
// forwarded_by are of the first message, open is of its time; those of [FactsAsOfNow] are as they are now.
func (d *Desk) opening(ctx context.Context, t ticket.Ticket) (Facts, error) {
	who, err := d.Store.Customer(ctx, t.Customer)
	if err == nil && who.AliasOf != 0 {
		who, err = d.Store.Customer(ctx, who.AliasOf)
	}
	if err != nil {
		return Facts{}, err
	}
	f := Facts{Channel: t.Channel, Inbox: t.Inbox, Brand: t.Brand, Subject: t.Subject, Language: t.Language, State: string(ticket.New),
		Units: t.Units, Phones: t.FoundOf(ticket.FoundPhone), Orders: t.FoundOf(ticket.FoundOrder),
		Open: d.Config().Brand(t.Brand).Hours.Open(t.Opened), Priority: string(ticket.Normal)}
	_, above := d.Config().above("")
	f.Top = !above
	f.remember(t)
	var org customer.Organization
	if t.Organization != 0 {
		if org, err = d.Store.Organization(ctx, t.Organization); err != nil {
			return f, err
		}
	}
	f.ofCustomer(who, org)
	if f.Lately, err = d.contactsLately(ctx, t.Customer, t.Opened); err != nil {
		return f, err
	}
	units, err := d.units(ctx, t)
	if err != nil {
		return f, err
	}
	f.ofUnits(units)
	place, err := d.environment(ctx, t, org.Name)
	if err != nil {
		return f, err
	}
	f.Environment = place != ""
	cases, err := d.Store.Cases(ctx, ticket.CaseQuery{Except: t.ID, Customer: t.Customer, Organization: t.Organization, Units: t.Units, Limit: maxCardCases})
	if err != nil {
		return f, err
	}
	f.Cases = len(cases)
	msgs, err := d.Store.Messages(ctx, t.ID, 0, maxFirst)
	if err != nil {
		return f, err
	}
	for _, m := range msgs {
		if m.Kind != ticket.Public || m.Direction != ticket.In {
			continue
		}
		f.Auto, f.ForwardedBy = m.Auto, m.ForwardedBy.ID
		f.proven(m)
		if !m.Auto {
			f.Text, f.Contacts, f.Turns = factText(m.Text), 1, 1
		}
		break
	}
	return f, nil
}
