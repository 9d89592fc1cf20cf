package router

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/router/pager"
	"tierline/ticket"
)

// Who is told of a unit that should not be sent out again (practice: lemon). Each hears of a unit once, whatever tickets
// follow: it is remembered in the store, and the key of the action keeps two tickets of the same moment apart.

const (
	lemonScope = "lemon" // of references: whom a unit was told to
	maxLemon   = 15      // cases that are told as evidence
)

// lemons tells of the units of a ticket that are one.
func (w *Jobs) lemons(ctx context.Context, j ticket.Job) error {
	conf := w.Desk.Config().Units.settled().Lemon
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if len(conf.Tell) == 0 || t.State == ticket.Closed || t.Past {
		return w.store().Finish(ctx, j)
	}
	units, err := w.Desk.units(ctx, t)
	if err != nil {
		return err
	}
	for _, u := range units {
		if !u.Lemon {
			continue
		}
		for _, to := range conf.Tell {
			if err := w.tellLemon(ctx, t, u, to); err != nil {
				return err
			}
		}
	}
	return w.store().Finish(ctx, j)
}

func (w *Jobs) tellLemon(ctx context.Context, t ticket.Ticket, u bots.Unit, to string) error {
	conf := w.Desk.Config().Units.settled().Lemon
	key := fmt.Sprintf("%s:%d:%s", strings.ToUpper(u.Serial), conf.Cases, to)
	if _, err := w.store().Lookup(ctx, lemonScope, key); err == nil || ticket.KindOf(err) != ticket.NotFound {
		return err
	}
	reason, err := w.Desk.lemonText(ctx, t, u, conf.Days)
	if err != nil {
		return err
	}
	a := ticket.Action{Kind: ticket.ActInform, Ticket: t.ID, By: ticket.Gateway, Reason: reason, Key: lemonScope + ":" + key}
	if strings.Contains(to, "@") {
		a.External = to
	} else {
		a.Tier = to
	}
	if _, err := w.store().Act(ctx, a); ticket.KindOf(err) == ticket.Invalid { // it was closed meanwhile: the next ticket tells
		w.Log.Warn("nobody is told of a unit that comes back", "ticket", t.ID, "unit", u.Serial, "to", to, "err", err)
		return nil
	} else if err != nil {
		return err
	}
	return w.store().Bind(ctx, ticket.Reference{Scope: lemonScope, Key: key, Ticket: t.ID})
}

// lemonText is the evidence: the unit's cases of so many days, the newest first, whoever owned it.
func (d *Desk) lemonText(ctx context.Context, t ticket.Ticket, u bots.Unit, days int) (string, error) {
	cases, err := d.Store.Cases(ctx, ticket.CaseQuery{Units: []string{u.Serial}, Limit: maxLemon})
	if err != nil {
		return "", err
	}
	var lines []string
	owners := map[customer.ID]bool{}
	for _, c := range cases {
		if t.Opened.Sub(c.Opened) > time.Duration(days)*24*time.Hour {
			continue
		}
		full, err := d.Store.Ticket(ctx, c.ID)
		if err != nil {
			return "", err
		}
		owners[full.Customer] = true
		line := fmt.Sprintf("%s of %s: %s", c.ID, c.Opened.Format(time.DateOnly), cutText(c.Subject, 80))
		if c.Diagnosis != "" {
			line += " (it was: " + cutText(c.Diagnosis, 80) + ")"
		}
		lines = append(lines, line)
	}
	name := strings.TrimSpace(u.Serial + " " + u.Model)
	of := ""
	if len(owners) > 1 {
		of = fmt.Sprintf(" of %d customers", len(owners))
	}
	return fmt.Sprintf("%s is a lemon: %d cases%s in %d days. It should not be sent out again.\n%s", name, u.Cases, of, days, strings.Join(lines, "\n")), nil
}

// tellByMail tells somebody who has no account here.
func (w *Jobs) tellByMail(ctx context.Context, j ticket.Job, c bots.Card, n ticket.Told) error {
	if w.Mail == nil {
		w.Log.Warn("somebody cannot be told: no mail goes out from here", "ticket", j.Ticket, "to", n.Mail)
		return w.store().Finish(ctx, j)
	}
	m := pager.Message{ID: fmt.Sprintf("told-%d-%d", j.Ticket, j.ID), Kind: ticket.CallNews, Ticket: j.Ticket.String(), Subject: c.Ticket.Subject,
		From: "Tierline", Customer: c.Customer.Name, Organization: c.Organization.Name, Text: n.Text, URL: c.URL, Opened: w.Desk.Now(),
		Person: pager.Person{Email: n.Mail}}
	err := w.Mail(ctx, m, func(context.Context) error { return nil })
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.NotFound) {
		w.Log.Warn("somebody cannot be told", "ticket", j.Ticket, "to", n.Mail, "err", err)
		err = nil
	}
	if err != nil {
		return err
	}
	return w.store().Finish(ctx, j)
}
