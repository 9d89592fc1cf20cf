package router

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/kb"
	"tierline/router/lint"
	"tierline/ticket"
)

// AgentBy finds staff by the vendor's user id or by mail address.
func (d *Desk) AgentBy(vendorID, email string) (ticket.Agent, error) {
	agents := d.Config().Agents
	i := slices.IndexFunc(agents, func(a ticket.Agent) bool { return vendorID != "" && a.Slack == vendorID })
	if i < 0 { // an id says more than an address
		i = slices.IndexFunc(agents, func(a ticket.Agent) bool { return email != "" && strings.EqualFold(a.Email, email) })
	}
	if i >= 0 {
		return agents[i], nil
	}
	return ticket.Agent{}, ticket.Errorf("router.AgentBy", ticket.Denied, "You are not on the support team of this gateway.")
}

// Colleague is the member of staff with an id; zero when there is none.
func (d *Desk) Colleague(id string) ticket.Agent { return d.agent(id) }

// staff fails for anybody who has no role.
func staff(a ticket.Agent) error {
	if a.ID == "" || a.Has(ticket.RightSee) != nil {
		return ticket.Errorf("router.staff", ticket.Denied, "Only the support team may see this.")
	}
	return nil
}

// Act does something in an agent's name.
func (d *Desk) Act(ctx context.Context, by ticket.Agent, a ticket.Action) (ticket.Ticket, error) {
	if err := by.May(a.Kind); err != nil {
		return ticket.Ticket{}, err
	}
	if err := leadOnly(a, by); err != nil {
		return ticket.Ticket{}, err
	}
	a.By = by.Actor()
	switch a.Kind {
	case ticket.ActEscalate, ticket.ActPage, ticket.ActReturn, ticket.ActInform:
		t, err := d.Store.Ticket(ctx, a.Ticket)
		if err != nil {
			return ticket.Ticket{}, err
		}
		if err := d.aim(ctx, by, &a, t); err != nil {
			return t, err
		}
	}
	if (a.Kind == ticket.ActAssign || a.Kind == ticket.ActHand) && a.Owner != "" && d.agent(a.Owner).Roles == nil {
		return ticket.Ticket{}, ticket.Errorf("router.Act", ticket.Invalid, "There is no agent %.60q.", a.Owner)
	}
	if err := d.lint(a); err != nil {
		return ticket.Ticket{}, err
	}
	if a.Kind == ticket.ActAmend || a.Kind == ticket.ActReact {
		if ok, err := d.amendable(ctx, a); !ok || err != nil {
			return ticket.Ticket{}, err
		}
	}
	if a.Kind == ticket.ActReply || a.Kind == ticket.ActLater {
		if err := d.madeOf(ctx, by, &a); err != nil {
			return ticket.Ticket{}, err
		}
	}
	if err := d.Plan(ctx, &a); err != nil {
		return ticket.Ticket{}, err
	}
	return d.Store.Act(ctx, a)
}

// lint reads what an agent has written (practice: note-lint).
func (d *Desk) lint(a ticket.Action) error {
	l := lint.New(d.Config().Lint)
	switch a.Kind {
	case ticket.ActNote:
		return lint.Refuse(l.Note(a.Text, a.Note))
	case ticket.ActAmend:
		return lint.Refuse(l.Reply(a.Text))
	case ticket.ActReply, ticket.ActLater, ticket.ActAmends:
		return lint.Refuse(l.Reply(a.Text))
	case ticket.ActAnswer:
		return lint.Refuse(l.Note(a.Text, nil))
	case ticket.ActEscalate, ticket.ActReturn, ticket.ActSolve:
		text := a.Reason + "\n" + a.Diagnosis
		if a.Handoff != nil {
			text += "\n" + a.Handoff.String()
		}
		return lint.Refuse(l.Reply(text))
	}
	return nil
}

// aim fills in where an escalation goes, or who is to hear, and says who may not do that.
func (d *Desk) aim(ctx context.Context, by ticket.Agent, a *ticket.Action, t ticket.Ticket) error {
	switch a.Kind {
	case ticket.ActReturn:
		if h := t.Handoff; h != nil {
			a.Queue = d.tier(h.From).queue()
		}
		return nil
	case ticket.ActInform:
		who := cmp.Or(a.Owner, a.Tier)
		a.Owner, a.Tier = "", ""
		c, _, err := d.view(ctx, t.ID)
		if err != nil {
			return err
		}
		return d.toInform(a, who, c)
	}
	to, err := d.target(*a, t)
	if err != nil {
		return err
	}
	if err := d.allowed(by, a.Kind, to); err != nil || a.Kind == ticket.ActPage {
		return err
	}
	if err := d.admit(ctx, a, t, to); err != nil {
		return err
	}
	if missing := a.Handoff.Missing(to.Handoff); len(missing) > 0 && to.Level > d.tier(t.Tier).Level {
		var names []string
		for _, f := range missing {
			names = append(names, ticket.HandoffTitle(f))
		}
		return ticket.Errorf("router.Act", ticket.Invalid, "%s needs to know more: %s.", to.view().Title, strings.Join(names, "; "))
	}
	a.Tier, a.Queue, a.Owner = to.Name, to.queue(), ""
	a.Down = to.Level < d.tier(t.Tier).Level && !d.Config().side(to)
	return nil
}

// target is the tier that an escalation or a page is for: the one that it names, or the next one up. A page from
// where there is none is for the tier's own people.
func (d *Desk) target(a ticket.Action, t ticket.Ticket) (Tier, error) {
	conf := d.Config()
	switch {
	case a.Tier != "" && !conf.hasTier(a.Tier):
		return Tier{}, ticket.Errorf("router.Act", ticket.Invalid, "There is no tier %.60q.", a.Tier)
	case a.Tier != "":
		return conf.tier(a.Tier), nil
	}
	next, ok := conf.above(t.Tier)
	here := conf.tier(t.Tier)
	switch {
	case ok:
		return next, nil
	case a.Kind == ticket.ActPage:
		return here, nil
	case conf.side(here):
		return Tier{}, ticket.Errorf("router.Act", ticket.Invalid, "%s stands beside the levels: name the tier that it is to go to.", here.view().Title)
	}
	return Tier{}, ticket.Errorf("router.Act", ticket.Invalid, "There is no tier above %s.", here.view().Title)
}

// above is the lowest tier of a higher level. There is none above the top, nor above a side team.
func (c *Config) above(name string) (Tier, bool) {
	here := c.tier(name)
	if c.side(here) {
		return Tier{}, false
	}
	for _, t := range c.tiers() {
		if t.Level > here.Level {
			return t, true
		}
	}
	return Tier{}, false
}

// Card is what an agent sees of a ticket.
func (d *Desk) Card(ctx context.Context, by ticket.Agent, id ticket.ID) (bots.Card, error) {
	if err := staff(by); err != nil {
		return bots.Card{}, err
	}
	c, _, err := d.view(ctx, id)
	if err == nil {
		c.Draft = d.draft(c.Ticket, c.Customer.Name, c.Empathy, by.Name)
		var at map[ticket.ID]string
		at, err = d.Store.Places(ctx, cardScope, []ticket.ID{id})
		c.Place = at[id]
	}
	return c, err
}

// cardScope is the scope of References for places of cards.
const cardScope = "card"

// TicketAt is the ticket whose card stands at a place.
func (d *Desk) TicketAt(ctx context.Context, place string) (ticket.ID, error) {
	ref, err := d.Store.Lookup(ctx, cardScope, place)
	return ref.Ticket, err
}

// Redraw has the card of a ticket shown again.
func (d *Desk) Redraw(ctx context.Context, id ticket.ID) error {
	return d.Store.Enqueue(ctx, ticket.ShowJob(id))
}

// Leads are those whom a tier names as its leads, or else everybody who is a lead.
func (d *Desk) Leads(tier string) []ticket.Agent { return d.leads(tier) }

// Tickets lists tickets.
func (d *Desk) Tickets(ctx context.Context, by ticket.Agent, f ticket.Filter) ([]ticket.Ticket, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	return d.Store.Tickets(ctx, f)
}

// Messages lists what was said.
func (d *Desk) Messages(ctx context.Context, by ticket.Agent, id ticket.ID, after, limit int) ([]ticket.Message, error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	return d.Store.Messages(ctx, id, after, limit)
}

// Tiers lists all tiers, lowest level first.
func (d *Desk) Tiers() []bots.Tier {
	var views []bots.Tier
	for _, t := range d.Config().tiers() {
		views = append(views, t.view())
	}
	return views
}

// OnCall lists who is rung for a tier, in order.
func (d *Desk) OnCall(ctx context.Context, tier string, at time.Time) ([]ticket.Agent, error) {
	roster, err := d.rosterSince(ctx, tier, at)
	if err != nil {
		return nil, err
	}
	var agents []ticket.Agent
	for _, id := range roster.Chain(at) {
		agents = append(agents, d.agent(id))
	}
	return agents, nil
}

// ArticleText is an article as an agent reads it.
func (d *Desk) ArticleText(ctx context.Context, by ticket.Agent, id string) (title, markdown string, public bool, err error) {
	if err := staff(by); err != nil {
		return "", "", false, err
	}
	a, err := d.KB.Article(ctx, id)
	if err != nil {
		return "", "", false, err
	}
	if a.Audience == kb.Internal && a.Wording != "" {
		return a.Title, a.Wording, true, nil // practice: not-allowed
	}
	return a.Title, a.Body, a.Audience != kb.Internal, nil
}
