package router

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tierline/bots"
	"tierline/channels"
	"tierline/customer"
	"tierline/kb"
	"tierline/router/signals"
	"tierline/ticket"
)

// Limits of what is looked up for one card or decision.
const (
	maxCardUnits    = 5
	maxCardCases    = 5
	maxCardMessages = 200
	maxCardTried    = 5
	suggestions     = 3
	suggestTimeout  = 3 * time.Second
)

// Desk answers what people at a desk ask for, and does what they want done, in their name. It is
// the bots.Backend.
type Desk struct {
	Store   ticket.Store
	Suggest kb.Suggester
	KB      kb.Store
	Live    *Live
	Console string // URL of the console without a slash at its end; "" when there is none
	Now     func() time.Time
	Tool    bots.Whereabouts // of the desk's vendor; nil: there is none
	Intake  ticket.Intake    // takes what colleagues enter for customers; nil: the store itself
	// Amenders are the channels, by name, whose customers see what is changed after it was said.
	Amenders map[string]channels.Amender
	// Previews are the channels, by name, that tell what a customer would get.
	Previews map[string]channels.Previewer
	// MailPages says that people can be paged by mail, too.
	MailPages bool

	macros shelf
}

var _ bots.Backend = (*Desk)(nil)

// view gathers what a card tells. It reads; nothing else.
func (d *Desk) view(ctx context.Context, id ticket.ID) (bots.Card, []ticket.Message, error) {
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return bots.Card{}, nil, err
	}
	c := bots.Card{Ticket: t, Tier: d.tier(t.Tier).view()}
	if len(d.Config().Brands) > 1 {
		b := d.Config().Brand(t.Brand)
		c.Brand = cmp.Or(b.Title, b.Name)
	}
	if d.Console != "" {
		c.URL = fmt.Sprintf("%s/tickets/%s", d.Console, t.ID)
	}
	if t.Owner != "" {
		c.Owner = d.agent(t.Owner)
	}
	c.Customer, err = d.Store.Customer(ctx, t.Customer)
	if err == nil && c.Customer.AliasOf != 0 {
		c.Customer, err = d.Store.Customer(ctx, c.Customer.AliasOf)
	}
	if err != nil {
		return c, nil, err
	}
	if t.Organization != 0 {
		if c.Organization, err = d.Store.Organization(ctx, t.Organization); err != nil {
			return c, nil, err
		}
	}
	if c.Units, err = d.units(ctx, t); err != nil {
		return c, nil, err
	}
	if err = d.pastOf(ctx, &c); err != nil {
		return c, nil, err
	}
	after := max(0, t.LastSeq-maxCardMessages)
	msgs, err := d.Store.Messages(ctx, t.ID, after, maxCardMessages)
	if err != nil {
		return c, nil, err
	}
	for _, m := range msgs {
		if !m.MovedTo.IsZero() || !m.Gone.IsZero() {
			continue
		}
		older := !m.MovedFrom.IsZero() && m.At.Before(c.LastSaid.At)
		if m.Kind == ticket.Public && m.Direction == ticket.In && !m.Auto && !older {
			c.LastSaid = m
		}
		if m.Kind == ticket.Note && m.Fields != nil && m.Fields.Tried != "" {
			c.Tried = append(c.Tried, m.Fields.Tried)
		}
	}
	if err := d.guided(ctx, &c); err != nil {
		return c, nil, err
	}
	if n := len(c.Tried); n > maxCardTried {
		c.Tried = c.Tried[n-maxCardTried:]
	}
	_, c.Amends = d.Amenders[t.Channel]
	c.Suppliable = len(d.Config().Suppliers) > 0
	c.PageLog, c.Supplier = d.pagesLog(t), d.supplied(t)
	if c.Environment, err = d.environment(ctx, t, c.Organization.Name); err != nil {
		return c, nil, err
	}
	if c.Incident, err = d.caseIncident(ctx, t); err != nil {
		return c, nil, err
	}
	var kinds []signals.Kind
	for _, s := range t.Signals {
		kinds = append(kinds, signals.Kind(s.Kind))
	}
	c.Empathy = signals.Empathy(kinds, t.Language)
	if c.ETA, err = d.eta(ctx, t, modelsOf(c.Units)); err != nil {
		return c, nil, err
	}
	c.Ladder.Rung, c.Ladder.Last = c.Customer.Ladder(d.Now(), cmp.Or(d.Config().Abuse.Decay, defaultDecay))
	c.Ladder.Next = customer.NextRung(c.Ladder.Rung)
	return c, msgs, nil
}

func (d *Desk) units(ctx context.Context, t ticket.Ticket) ([]bots.Unit, error) {
	var units []bots.Unit
	lemon := d.Config().Units.settled().Lemon
	for _, serial := range t.Units[:min(len(t.Units), maxCardUnits)] {
		u, err := d.Store.Unit(ctx, serial)
		unknown := ticket.KindOf(err) == ticket.NotFound
		if unknown {
			u = customer.Unit{Serial: serial}
		} else if err != nil {
			return nil, err
		}
		n, err := d.Store.UnitCases(ctx, serial, t.Opened.AddDate(0, 0, -lemon.Days))
		if err != nil {
			return nil, err
		}
		recent := 0
		if n > 1 {
			if recent, err = d.Store.UnitCases(ctx, serial, t.Opened.Add(-recently)); err != nil {
				return nil, err
			}
		} else {
			recent = n
		}
		units = append(units, bots.Unit{Unit: u, Cases: n, Recent: recent, Lemon: n >= lemon.Cases, Unknown: unknown})
	}
	return units, nil
}

// agent is the agent of an id; one who has left is shown by the id.
func (c *Config) agent(id string) ticket.Agent {
	if i := slices.IndexFunc(c.Agents, func(a ticket.Agent) bool { return a.ID == id }); i >= 0 {
		return c.Agents[i]
	}
	return ticket.Agent{ID: id, Name: cmp.Or(c.former[id], id)}
}

func (d *Desk) agent(id string) ticket.Agent { return d.Config().agent(id) }

// tier is the tier of a name; one that is no longer configured is worked at the lowest.
func (c *Config) tier(name string) Tier {
	if i := slices.IndexFunc(c.Tiers, func(t Tier) bool { return t.Name == name }); i >= 0 {
		return c.Tiers[i]
	}
	return c.tiers()[0]
}

func (d *Desk) tier(name string) Tier { return d.Config().tier(name) }

// facts are what rules see, with the suggestions that were found on the way.
func (d *Desk) facts(ctx context.Context, id ticket.ID) (Facts, kb.Answer, []string, error) {
	f, t, err := d.gather(ctx, id)
	if err != nil {
		return Facts{}, kb.Answer{}, nil, err
	}
	ask, cancel := context.WithTimeout(ctx, suggestTimeout)
	defer cancel()
	answer, err := d.Suggest.Suggest(ask, kb.Question{Text: t.Subject + "\n" + f.Text, Language: t.Language,
		Brand: t.Brand, Models: f.Models, Limit: suggestions})
	var reasons []string
	if err != nil {
		if ctx.Err() != nil {
			return f, kb.Answer{}, nil, ctx.Err()
		}
		reasons = append(reasons, "no suggestions: the search does not answer")
		answer = kb.Answer{}
	}
	f.Searched = err == nil
	if len(answer.Hits) > 0 {
		f.BestScore, f.Fits = answer.Hits[0].Score, answer.Fits
	}
	return f, answer, reasons, nil
}

// gather gathers what rules see of a ticket now, but for what a search finds.
func (d *Desk) gather(ctx context.Context, id ticket.ID) (Facts, ticket.Ticket, error) {
	c, msgs, err := d.view(ctx, id)
	if err != nil {
		return Facts{}, ticket.Ticket{}, err
	}
	t := c.Ticket
	brand := d.Config().Brand(t.Brand)
	f := Facts{Text: factText(c.LastSaid.Text), Cases: len(c.Cases), Tried: c.Tried, Open: brand.Hours.Open(d.Now())}
	f.ofTicket(t, d.Now())
	f.Brand = brand.Name // of an inbox that names none it is the first
	f.ofCustomer(c.Customer, c.Organization)
	f.proven(c.LastSaid)
	if f.Lately, err = d.contactsLately(ctx, t.Customer, d.Now()); err != nil {
		return f, t, err
	}
	_, above := d.Config().above(t.Tier)
	f.Top = !above
	f.said(msgs)
	f.ofUnits(c.Units)
	f.Environment = c.Environment != ""
	return f, t, nil
}
