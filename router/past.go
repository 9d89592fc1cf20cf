package router

import (
	"context"

	"tierline/bots"
	"tierline/ticket"
)

// pastOf puts the nearest previous cases on a card, and where their cards stand.
func (d *Desk) pastOf(ctx context.Context, c *bots.Card) (err error) {
	if c.Cases, err = d.past(ctx, c.Ticket, maxCardCases+1); err != nil {
		return err
	}
	if c.MoreCases = len(c.Cases) > maxCardCases; c.MoreCases {
		c.Cases = c.Cases[:maxCardCases]
	}
	c.CasePlaces, err = d.placesOf(ctx, c.Cases)
	return err
}

func (d *Desk) past(ctx context.Context, t ticket.Ticket, most int) ([]ticket.Case, error) {
	return d.Store.Cases(ctx, ticket.CaseQuery{Except: t.ID, Customer: t.Customer, Organization: t.Organization, Units: t.Units, Limit: most})
}

func (d *Desk) placesOf(ctx context.Context, list []ticket.Case) (map[ticket.ID]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]ticket.ID, len(list))
	for i, k := range list {
		ids[i] = k.ID
	}
	return d.Store.Places(ctx, cardScope, ids)
}

// Place is where a ticket's card stands. See [bots.Lookup].
func (d *Desk) Place(ctx context.Context, id ticket.ID) (string, error) {
	at, err := d.Store.Places(ctx, cardScope, []ticket.ID{id})
	return at[id], err
}

// Past are the previous cases of a ticket, by the page. See [bots.Lookup].
func (d *Desk) Past(ctx context.Context, by ticket.Agent, id ticket.ID, from int) (p bots.Past, err error) {
	if err := staff(by); err != nil {
		return p, err
	}
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return p, err
	}
	all, err := d.past(ctx, t, ticket.MaxPage)
	if err != nil {
		return p, err
	}
	p.From = max(0, from)
	if p.From >= len(all) {
		p.From = 0
	}
	p.All, p.Most = len(all), len(all) >= ticket.MaxPage
	p.Cases = all[p.From:min(len(all), p.From+bots.PastPage)]
	p.Places, err = d.placesOf(ctx, p.Cases)
	return p, err
}
