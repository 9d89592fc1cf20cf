package router

import (
	"cmp"
	"context"
	"errors"
	"time"

	"tierline/bots"
	"tierline/router/pager"
	"tierline/ticket"
)

// PageSender reaches people by a way of its own: by mail. See [pager.Client.Send].
type PageSender func(ctx context.Context, m pager.Message, still func(context.Context) error) error

// pageTimeout is how long one try to reach somebody may take.
const pageTimeout = pager.MaxTimeout

// postponed is a job that has not begun: it is not its time yet.
type postponed struct{ until time.Time }

func (p *postponed) Error() string { return "not before " + p.until.Format(time.RFC3339Nano) }

// errAnswered is why something is not sent any more.
var errAnswered = errors.New("answered meanwhile")

// page reaches one person by one way. Nothing is sent once the page was answered: that is looked at again
// in the moment of sending, after every wait.
func (w *Jobs) page(ctx context.Context, j ticket.Job) error {
	id := j.CallID()
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	p := t.PageOf(j.Seq)
	call, _ := p.Call(id)
	limit, key := w.Desk.Config().Paging.Limit(call.By), call.By+" "+call.Who
	if !p.Wants(j.Seq, id) {
		w.limiter.Forget(key, id)
		return w.store().Finish(ctx, j)
	}
	leave, at, err := w.limiter.Enter(ctx, key, id, limit, w.Desk.Now())
	if err != nil {
		return err
	}
	if leave == nil {
		return &postponed{at}
	}
	defer leave()
	c, err := w.Desk.pageCard(ctx, t)
	if err != nil {
		return err
	}
	n := bots.PageNotice{Card: c, Page: *p, Call: call, To: w.Desk.agent(call.Who)}
	n.Still = func(ctx context.Context) error {
		t, err := w.store().Ticket(ctx, j.Ticket)
		if err == nil && !t.PageOf(j.Seq).Wants(j.Seq, id) {
			err = ticket.E("router.page", ticket.Conflict, errAnswered)
		}
		return err
	}
	try, cancel := context.WithTimeout(ctx, pageTimeout)
	ref, err := w.Reach(try, n, j.Attempts > 1)
	cancel()
	if errors.Is(err, errAnswered) {
		return w.store().Finish(ctx, j)
	}
	return w.reached(ctx, j, p, call, ref, err)
}

// reach makes one try.
func (w *Jobs) reach(ctx context.Context, n bots.PageNotice, again bool) (ref string, err error) {
	switch by := n.Call.By; {
	case by == pager.Slack && w.Bot != nil:
		return w.Bot.Page(ctx, n, "", again)
	case by == pager.Email && w.Mail != nil:
		return "", w.Mail(ctx, w.pageMessage(n), n.Still)
	default:
		hook, ok := w.Desk.Config().Paging.Providers[by]
		if !ok {
			return "", ticket.Errorf("router.page", ticket.Invalid, "there is no provider %.40q here", by)
		}
		return "", w.hooks.Send(ctx, hook, w.pageMessage(n), n.Still)
	}
}

// reached records what became of a try. The clock of the ring starts at this moment, whatever it was.
func (w *Jobs) reached(ctx context.Context, j ticket.Job, p *ticket.Page, call ticket.PageCall, ref string, cause error) error {
	call.State, call.Ref, call.Why = ticket.CallDelivered, ref, ""
	a := ticket.Action{Kind: ticket.ActPaged, Ticket: j.Ticket, Page: j.Seq, By: ticket.Gateway, Call: &call, At: w.Desk.Now(),
		Text: w.Desk.agent(call.Who).Name, Job: j}
	kind := ticket.KindOf(cause)
	again := cause != nil && (kind == ticket.Transient || kind == ticket.Internal)
	switch {
	case again:
		call.State, call.Why, a.Job = ticket.CallTrying, ticket.Explain(cause), ticket.Job{}
	case cause != nil:
		call.State, call.Why = ticket.CallFailed, ticket.Explain(cause)
		var err error
		if a.Plan, err = w.Desk.pagePlan(ctx, w.Desk.tier(p.Tier), p.Severity, w.Desk.Now()); err != nil {
			return err
		}
	}
	w.figures.called(call, a.At, p)
	if cause != nil {
		w.Log.Warn("a page did not go out", "ticket", j.Ticket, "call", call.ID, "again", again, "err", cause)
	}
	// The person has been told already, or not: that it is recorded does not hang on the end of the try.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pageTimeout)
	defer cancel()
	if _, err := w.store().Act(ctx, a); err != nil {
		return err
	}
	if again {
		return cause
	}
	return nil
}

// paged brings up to date what a person was shown.
func (w *Jobs) paged(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	p := t.PageOf(j.Seq)
	call, ok := p.Call(j.CallID())
	if !ok || call.By != pager.Slack || call.Ref == "" || w.Bot == nil {
		return w.store().Finish(ctx, j)
	}
	c, err := w.Desk.pageCard(ctx, t)
	if err != nil {
		return err
	}
	if _, err := w.Bot.Page(ctx, bots.PageNotice{Card: c, Page: *p, Call: call, To: w.Desk.agent(call.Who)}, call.Ref, false); err != nil {
		return err
	}
	return w.store().Finish(ctx, j)
}

// pageDue goes on when a ring has had its time.
func (w *Jobs) pageDue(ctx context.Context, j ticket.Job) error {
	a := j.PageDue()
	if err := w.Desk.Plan(ctx, &a); err != nil {
		return err
	}
	if !a.At.IsZero() {
		w.figures.late.Observe(max(0, w.Desk.Now().Sub(a.At).Seconds()))
	}
	_, err := w.store().Act(ctx, a)
	return err
}

// pageCard is a card with its place.
func (d *Desk) pageCard(ctx context.Context, t ticket.Ticket) (bots.Card, error) {
	c, _, err := d.view(ctx, t.ID)
	if err != nil {
		return c, err
	}
	places, err := keys(d.Store.ReferencesOf(ctx, t.ID, cardScope))
	if len(places) > 0 {
		c.Place = places[len(places)-1]
	}
	return c, err
}

// pageMessage is what people read who have no buttons.
func (w *Jobs) pageMessage(n bots.PageNotice) pager.Message {
	c, p := n.Card, n.Page
	m := pager.Message{ID: n.Call.ID, Kind: n.Call.Kind, Ticket: c.Ticket.ID.String(), Subject: c.Ticket.Subject, Page: p.Number,
		Ring: n.Call.Ring, Tier: w.Desk.tier(p.Tier).view().Title, Severity: p.Severity, Reason: p.Reason, More: p.More,
		From: cmp.Or(p.By.Name, pager.Say(n.To.Language, "somebody")), Language: cmp.Or(n.To.Language, pager.Languages()[0]), Customer: c.Customer.Name, Organization: c.Organization.Name,
		Said: cutText(c.LastSaid.Text, 500), URL: c.URL, Opened: p.Opened,
		Person: pager.Person{ID: n.To.ID, Name: n.To.Name, Email: n.To.Email, Phone: n.To.Phone}}
	if p.State == ticket.PageAccepted {
		m.Text = m.Line(p.Due, w.Desk.agent(p.Answerer).Name)
	} else {
		m.Text = m.Line(p.Due, "")
	}
	ends := p.Opened.Add(cmp.Or(w.Desk.Config().Paging.LinksFor, pager.DefaultLinksFor))
	if m.Answer = w.Links.Make(pager.Link{Ticket: c.Ticket.ID, Page: p.Number, Agent: n.To.ID, Ends: ends.Unix()}); m.Answer != "" {
		m.Reply = m.Answer + "/reply"
	}
	return m
}

func cutText(s string, n int) string {
	r := []rune(s)
	if len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// pagesLog is what happened to a ticket's pages, as the card tells it.
func (d *Desk) pagesLog(t ticket.Ticket) []string {
	return pager.Log(t, "", pager.Names{Agent: func(id string) string { return d.agent(id).Name }, Tier: func(name string) string { return d.tier(name).view().Title }})
}
