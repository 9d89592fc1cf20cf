package router

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// step does what a rule does beside putting a ticket somewhere. What cannot be done is told to people in a note: the
// rule is right, and somebody must see to it.
func (w *Jobs) step(ctx context.Context, j ticket.Job) error {
	s, err := j.Todo()
	if err != nil {
		return err
	}
	c, _, err := w.Desk.view(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if c.Ticket.State.Done() {
		return w.store().Finish(ctx, j)
	}
	a := ticket.Action{Kind: s.Do, Ticket: j.Ticket, By: ticket.Actor{Kind: ticket.ByRule, ID: s.Rule, Name: "Rule “" + s.Rule + "”"},
		Reason: s.Rule, Job: j}
	err = w.Desk.byRule(ctx, &a, s, c)
	if err == nil {
		_, err = w.store().Act(ctx, a)
	}
	switch ticket.KindOf(err) {
	case ticket.Invalid, ticket.Denied:
		note := ticket.Action{Kind: ticket.ActNote, Ticket: j.Ticket, By: a.By, Job: j,
			Text: fmt.Sprintf("Rule “%s” %s, but it could not: %s", s.Rule, said(s), ticket.Explain(err))}
		if _, err := w.store().Act(ctx, note); err != nil {
			return err
		}
		return nil
	}
	return err
}

// byRule fills in what a rule leaves to the case.
func (d *Desk) byRule(ctx context.Context, a *ticket.Action, s ticket.Step, c bots.Card) error {
	switch s.Do {
	case ticket.ActEscalate:
		a.Tier, a.Handoff = s.Tier, bots.Handoff(c)
		to, err := d.target(*a, c.Ticket)
		if err != nil {
			return err
		}
		if err := d.admit(ctx, a, c.Ticket, to); err != nil {
			return err
		}
		a.Tier, a.Queue = to.Name, to.queue()
		return nil
	case ticket.ActPage:
		a.Tier, a.Severity = s.Tier, s.Severity
		return d.planPage(ctx, a)
	case ticket.ActInform:
		return d.toInform(a, s.Lead, c)
	case ticket.ActSupplier:
		a.Supply = &ticket.Supply{Supplier: s.Supplier, Asked: s.Rule}
		return d.Config().fits(*a.Supply)
	}
	return ticket.Errorf("router.byRule", ticket.Invalid, "A rule cannot do %.20q.", string(s.Do))
}

// toInform says who is to hear of a case, and of a lemon why.
func (d *Desk) toInform(a *ticket.Action, who string, c bots.Card) error {
	conf := d.Config()
	switch {
	case who == "":
	case len(conf.agent(who).Roles) > 0:
		a.Owner = who
	case conf.hasTier(who):
		a.Tier = who
	default:
		return ticket.Errorf("router.inform", ticket.Invalid, "There is no agent and no tier %.60q.", who)
	}
	if e := evidence(c); e != "" {
		a.Reason += "\n" + e
	}
	return nil
}

// evidence is what shows that a unit should not be sent out again (practice: lemon).
func evidence(c bots.Card) string {
	var lines []string
	for _, u := range c.Units {
		if !u.Lemon {
			continue
		}
		line := fmt.Sprintf("%s %s: %d cases in 90 days", u.Serial, u.Model, u.Cases)
		for _, k := range c.Cases {
			if k.Relation == "unit" {
				line += fmt.Sprintf("\n%s of %s: %s", k.ID, k.Opened.Format(time.DateOnly), k.Subject)
				if k.Diagnosis != "" {
					line += " (it was: " + k.Diagnosis + ")"
				}
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
