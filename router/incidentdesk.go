package router

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tierline/bots"
	"tierline/router/lint"
	"tierline/ticket"
)

// maxOnCard is how many tickets of an incident a card shows; the rest is in the console.
const maxOnCard = 8

// ActIncident does something to an incident in an agent's name. What the configuration says of it is
// filled in: the tier, how long an update can be taken back, how long a dismissal holds.
func (d *Desk) ActIncident(ctx context.Context, by ticket.Agent, a ticket.IncidentAction) (ticket.Incident, error) {
	if err := by.MayIncident(a.Do); err != nil {
		return ticket.Incident{}, err
	}
	a.By = by.Actor()
	return d.PlanIncident(ctx, a)
}

// PlanIncident does the same for whoever has been allowed it otherwise, such as an API key.
func (d *Desk) PlanIncident(ctx context.Context, a ticket.IncidentAction) (ticket.Incident, error) {
	conf := d.Config()
	c := conf.Incidents.settled(conf)
	switch a.Do {
	case ticket.DoPropose, ticket.DoOpen:
		if a.ID == 0 && a.Tier == "" {
			a.Tier = c.Tier
		}
	case ticket.DoDismiss:
		a.Wait = c.Quiet
	case ticket.DoUpdate, ticket.DoResolve:
		a.Wait = c.Undo
		l := lint.New(conf.Lint)
		for _, text := range a.Texts {
			if strings.TrimSpace(text) == "" {
				continue
			}
			if err := lint.Refuse(l.Reply(text)); err != nil {
				return ticket.Incident{}, err
			}
		}
		if languages := conf.Brand("").Languages; a.Fallback == "" && len(languages) > 0 {
			a.Fallback = languages[0]
		}
	}
	return d.Store.ActIncident(ctx, a)
}

// Incident is an incident as people see it.
func (d *Desk) Incident(ctx context.Context, by ticket.Agent, id ticket.IncidentID) (bots.IncidentCard, error) {
	if err := staff(by); err != nil {
		return bots.IncidentCard{}, err
	}
	return d.incidentCard(ctx, id)
}

// Incidents lists incidents, newest first.
func (d *Desk) Incidents(ctx context.Context, by ticket.Agent, f ticket.IncidentFilter) ([]ticket.Incident, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	return d.Store.Incidents(ctx, f)
}

func (d *Desk) incidentCard(ctx context.Context, id ticket.IncidentID) (bots.IncidentCard, error) {
	i, err := d.Store.Incident(ctx, id)
	if err != nil {
		return bots.IncidentCard{}, err
	}
	conf := d.Config()
	c := bots.IncidentCard{Incident: i, Tier: d.tier(i.Tier).view(), Languages: map[string]int{}, Now: d.Now()}
	if settled := conf.Incidents.settled(conf); settled.Channel != "" {
		c.Place = settled.Channel
	}
	if d.Console != "" {
		c.URL = fmt.Sprintf("%s/incidents/%s", d.Console, i.ID)
	}
	number := 0
	if u := i.Newest(); u != nil {
		number = u.Number
	}
	if c.Tally, err = d.Store.Tally(ctx, id, number); err != nil {
		return c, err
	}
	for after := ticket.ID(0); ; {
		page, err := d.Store.Members(ctx, id, after, ticket.MaxPage)
		if err != nil {
			return c, err
		}
		for _, m := range page {
			after = m.Ticket
			if err := d.member(ctx, &c, m); err != nil {
				return c, err
			}
		}
		if len(page) < ticket.MaxPage {
			return c, nil
		}
	}
}

// member adds one ticket to the card: to be shown, or only counted by its language.
func (d *Desk) member(ctx context.Context, c *bots.IncidentCard, m ticket.Member) error {
	if m.State == ticket.MemberApart {
		return nil
	}
	list := &c.Tickets
	if m.State == ticket.MemberMaybe {
		list = &c.Maybe
	}
	if m.State == ticket.MemberLinked {
		c.Languages[m.Language]++
	}
	if len(*list) >= maxOnCard && (m.Skipped == "" || len(c.Skipped) >= maxOnCard) && (!m.Returned || len(c.Returned) >= maxOnCard) {
		return nil
	}
	t, err := d.Store.Ticket(ctx, m.Ticket)
	if err != nil {
		return err
	}
	x := bots.IncidentTicket{Member: m, Subject: t.Subject, State: t.State, Language: t.Language}
	if m.Skipped != "" && len(c.Skipped) < maxOnCard {
		c.Skipped = append(c.Skipped, x)
	}
	if m.Returned && len(c.Returned) < maxOnCard {
		c.Returned = append(c.Returned, x)
	}
	if len(*list) >= maxOnCard {
		return nil
	}
	msgs, err := d.Store.Messages(ctx, m.Ticket, 0, maxFirst)
	if err != nil {
		return err
	}
	for _, msg := range msgs {
		if msg.Kind == ticket.Public && msg.Direction == ticket.In {
			x.Text = factText(msg.Text)
			break
		}
	}
	if places, err := d.Store.ReferencesOf(ctx, m.Ticket, cardScope); err != nil {
		return err
	} else if len(places) > 0 {
		x.Place = places[len(places)-1].Key
	}
	*list = append(*list, x)
	return nil
}

// caseIncident is what the card of a ticket tells of its incident.
func (d *Desk) caseIncident(ctx context.Context, t ticket.Ticket) (*bots.CaseIncident, error) {
	if t.Incident == 0 {
		return nil, nil
	}
	i, err := d.Store.Incident(ctx, t.Incident)
	if err != nil {
		return nil, err
	}
	c := &bots.CaseIncident{ID: i.ID, Title: i.Title, State: i.State, Instruction: i.Instruction}
	if d.Console != "" {
		c.URL = fmt.Sprintf("%s/incidents/%s", d.Console, i.ID)
	}
	return c, nil
}

// maxPlace is how many cases of one organization are looked at.
const maxPlace = 50

// environment says why it may be the place and not the unit: unit after unit of one organization has cases
// (practice: environment).
func (d *Desk) environment(ctx context.Context, t ticket.Ticket, name string) (string, error) {
	if t.Organization == 0 || len(t.Units) == 0 {
		return "", nil
	}
	c := d.Config().Units.settled().Environment
	cases, err := d.Store.Cases(ctx, ticket.CaseQuery{Except: t.ID, Organization: t.Organization, Limit: maxPlace})
	if err != nil {
		return "", err
	}
	units, count := map[string]bool{}, 1
	for _, u := range t.Units {
		units[u] = true
	}
	for _, k := range cases {
		if len(k.Units) == 0 || t.Opened.Sub(k.Opened) > time.Duration(c.Days)*24*time.Hour {
			continue
		}
		count++
		for _, u := range k.Units {
			units[u] = true
		}
	}
	if len(units) < c.Units {
		return "", nil
	}
	return fmt.Sprintf("%d units at %s have had %d cases in %d days: look at the place (power, water, network, handling) before you change the unit.", len(units), name, count, c.Days), nil
}
