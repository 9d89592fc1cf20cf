package router

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"tierline/bots"
	"tierline/customer"
	"tierline/kb"
	"tierline/router/lint"
	"tierline/ticket"
)

// How much is looked up at a time.
const (
	maxFind     = 50
	maxArticles = 5
	maxHistory  = 10
	maxSearched = 2000 // runes of what is asked
)

func searched(op, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return "", ticket.Errorf(op, ticket.Invalid, "Say what you look for.")
	}
	if r := []rune(text); len(r) > maxSearched {
		text = string(r[:maxSearched])
	}
	return text, nil
}

// Find looks for tickets. See [bots.Lookup].
func (d *Desk) Find(ctx context.Context, by ticket.Agent, text string, limit int) (list []ticket.Ticket, places map[ticket.ID]string, err error) {
	if err := staff(by); err != nil {
		return nil, nil, err
	}
	if text, err = searched("router.Find", text); err != nil {
		return nil, nil, err
	}
	limit = min(max(limit, 1), maxFind)
	if id, e := ticket.ParseID(text); e == nil {
		t, err := d.Store.Ticket(ctx, id)
		if err == nil {
			list = append(list, t)
		} else if ticket.KindOf(err) != ticket.NotFound {
			return nil, nil, err
		}
	}
	for _, f := range []ticket.Filter{{Unit: text, Limit: limit}, {Text: text, Limit: limit}} {
		more, err := d.Store.Tickets(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, more...)
	}
	slices.SortStableFunc(list, func(a, b ticket.Ticket) int { return int(b.ID - a.ID) })
	list = slices.CompactFunc(list, func(a, b ticket.Ticket) bool { return a.ID == b.ID })
	list = list[:min(len(list), limit)]
	var ids []ticket.ID
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	places, err = d.Store.Places(ctx, cardScope, ids)
	return list, places, err
}

// Articles looks into the knowledge base. See [bots.Lookup].
func (d *Desk) Articles(ctx context.Context, by ticket.Agent, text string) (list []ticket.Suggestion, fits bool, err error) {
	if err := staff(by); err != nil {
		return nil, false, err
	}
	if text, err = searched("router.Articles", text); err != nil {
		return nil, false, err
	}
	a, err := d.Suggest.Suggest(ctx, kb.Question{Text: text, Limit: maxArticles})
	if err != nil {
		return nil, false, ticket.E("router.Articles", ticket.Transient, err)
	}
	for _, h := range a.Hits {
		list = append(list, ticket.Suggestion{Article: h.ID, Title: h.Title, Language: h.Language, Internal: h.Internal, Score: h.Score, Why: h.Why})
	}
	return list, a.Fits, nil
}

// Customers looks for people. See [bots.Lookup].
func (d *Desk) Customers(ctx context.Context, by ticket.Agent, text string) (list []customer.Customer, err error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	if text, err = searched("router.Customers", text); err != nil {
		return nil, err
	}
	if n, e := phoneOf(text); e == nil {
		text = n
	}
	all, err := d.Store.Customers(ctx, text, 0, maxAlike)
	for _, c := range all {
		if c.AliasOf == 0 {
			list = append(list, c)
		}
	}
	return list, err
}

// Dossier is what is known of a customer. See [bots.Lookup].
func (d *Desk) Dossier(ctx context.Context, by ticket.Agent, id customer.ID) (x bots.Dossier, err error) {
	if err := staff(by); err != nil {
		return x, err
	}
	x.Customer, err = d.Store.Customer(ctx, id)
	if err == nil && x.Customer.AliasOf != 0 {
		x.Customer, err = d.Store.Customer(ctx, x.Customer.AliasOf)
	}
	if err == nil && x.Customer.Organization != 0 {
		x.Organization, err = d.Store.Organization(ctx, x.Customer.Organization)
	}
	if err == nil {
		x.Cases, err = d.Store.Cases(ctx, ticket.CaseQuery{Customer: x.Customer.ID, Limit: maxHistory})
	}
	for _, c := range x.Cases {
		for _, u := range c.Units {
			if !slices.Contains(x.Units, u) {
				x.Units = append(x.Units, u)
			}
		}
	}
	return x, err
}

// History is what is known of a unit. See [bots.Lookup].
func (d *Desk) History(ctx context.Context, by ticket.Agent, serial string) (u bots.Unit, list []ticket.Case, err error) {
	if err := staff(by); err != nil {
		return u, nil, err
	}
	if serial, err = searched("router.History", serial); err != nil {
		return u, nil, err
	}
	units, err := d.units(ctx, ticket.Ticket{Units: []string{serial}, Opened: d.Now()})
	if err != nil {
		return u, nil, err
	}
	list, err = d.Store.Cases(ctx, ticket.CaseQuery{Units: []string{serial}, Limit: maxHistory})
	if u = units[0]; err == nil && u.Unknown && len(list) == 0 {
		err = ticket.Errorf("router.History", ticket.NotFound, "Nobody knows of a unit %.60q, and no case names it.", serial)
	}
	return u, list, err
}

// Draft keeps what a case has taught. See [bots.Lookup].
func (d *Desk) Draft(ctx context.Context, by ticket.Agent, a bots.ArticleDraft) (string, error) {
	const op = "router.Draft"
	if err := by.Has(ticket.RightSee); err != nil {
		return "", err
	}
	if strings.TrimSpace(a.Title) == "" || strings.TrimSpace(a.Body) == "" {
		return "", ticket.Errorf(op, ticket.Invalid, "An article needs a title and what helps.")
	}
	if err := lint.Refuse(lint.New(d.Config().Lint).Reply(a.Title + "\n" + a.Body)); err != nil {
		return "", err
	}
	t, err := d.Store.Ticket(ctx, a.Ticket)
	if err != nil {
		return "", err
	}
	units, err := d.units(ctx, t)
	if err != nil {
		return "", err
	}
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(a.Title)) // has no error
	k := kb.Article{ID: fmt.Sprintf("draft-%d-%08x", t.ID, sum.Sum32()), Title: a.Title, Body: a.Body, Language: a.Language, Audience: kb.Internal,
		Confidence: kb.WorkInProgress, Brand: t.Brand, Models: modelsOf(units), Tags: t.Tags, Owner: by.ID, Updated: d.Now()}
	_, err = d.KB.PutArticle(ctx, k)
	if ticket.KindOf(err) == ticket.Conflict { // it was kept before
		err = nil
	}
	return k.ID, err
}

// Enter opens a ticket for somebody who has reached a colleague. See [bots.Lookup].
func (d *Desk) Enter(ctx context.Context, by ticket.Agent, in ticket.Inbound, note string) (ticket.ID, error) {
	if err := by.May(ticket.ActTake); err != nil {
		return 0, err
	}
	from, err := in.From.Normal()
	if in.From.Kind == customer.Phone && err != nil {
		var number string
		if number, err = phoneOf(in.From.Value); err == nil {
			from.Value = number
		}
	}
	if err != nil {
		if te := (*ticket.Error)(nil); errors.As(err, &te) {
			return 0, err
		}
		return 0, ticket.Errorf("router.Enter", ticket.Invalid, "%.80q cannot be reached: write a mail address such as ann@example.org, or a number with its country such as +49 30 1234567.", in.From.Value)
	}
	if strings.TrimSpace(in.Text) == "" && strings.TrimSpace(in.Subject) == "" {
		return 0, ticket.Errorf("router.Enter", ticket.Invalid, "Say what it is about.")
	}
	in.From = from
	in.Forwarded = &ticket.Forwarded{By: by.Actor(), Note: note}
	if in.NoAuto == "" {
		in.NoAuto = by.Name + " has entered it: the customer knows."
	}
	intake := d.Intake
	if intake == nil {
		intake = d.Store
	}
	out, err := intake.Accept(ctx, []ticket.Inbound{in})
	if err != nil {
		return 0, err
	}
	return out[0].Ticket, nil
}

// phoneOf reads a number as people write it: with its country, in groups.
func phoneOf(s string) (string, error) {
	bad := ticket.Errorf("router.Enter", ticket.Invalid, "%.80q is no telephone number: write it with its country, such as +49 30 1234567.", s)
	var b strings.Builder
	for i, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9' || r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -/().\u00a0", r):
		default:
			return "", bad
		}
	}
	n := b.String()
	if strings.HasPrefix(n, "00") {
		n = "+" + n[2:]
	}
	i, err := customer.Identity{Kind: customer.Phone, Value: n}.Normal()
	if err != nil || len(n) < 7 {
		return "", bad
	}
	return i.Value, nil
}
