package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/bots"
	"tierline/channels"
	"tierline/customer"
	"tierline/router/pager"
	"tierline/ticket"
)

// Jobs does what follows from commits: it routes, shows, sends and pages.
type Jobs struct {
	Desk    *Desk
	Bot     bots.Desk                  // nil: no chat tool is configured, and there is nothing to show
	Senders map[string]channels.Sender // by channel
	Mail    PageSender                 // nil: nobody is paged by mail
	// Reach is how one try to reach a person is made; default: by Bot, Mail or the webhooks of the configuration.
	Reach func(ctx context.Context, n bots.PageNotice, again bool) (ref string, err error)
	Links pager.Links // by which people answer pages; zero: there are none
	Log   *slog.Logger

	limiter *pager.Limiter
	hooks   *pager.Client
	figures *pageFigures
	usual   *background // by which tickets that are alike are judged
}

// Dispatcher works the outbox with these jobs.
func (w *Jobs) Dispatcher(reg prometheus.Registerer) *Dispatcher {
	d := newDispatcher(w.Desk.Store, w.Log, w.Desk.Now, reg)
	d.handlers = map[ticket.JobKind]handler{
		ticket.JobRoute: w.route, ticket.JobShow: w.show, ticket.JobPost: w.post,
		ticket.JobSend: w.send, ticket.JobAmend: w.amend, ticket.JobPage: w.page, ticket.JobPaged: w.paged, ticket.JobPageDue: w.pageDue,
		ticket.JobUpdate: w.update, ticket.JobQuestion: w.askDue, ticket.JobUnits: w.lemons,
		ticket.JobClose: w.close, ticket.JobLater: w.later, ticket.JobClock: w.heard, ticket.JobAssign: w.assign, ticket.JobStaff: w.staff,
		ticket.JobRosterTick: w.rosterTick, ticket.JobRosterNews: w.rosterNews, ticket.JobRosterTell: w.rosterTell,
		ticket.JobDigestTick: w.digestTick, ticket.JobDigest: w.digest,
		ticket.JobPromise: w.promiseDue, ticket.JobTell: w.tell, ticket.JobHeld: w.held, ticket.JobStep: w.step,
		ticket.JobAlike: w.alike, ticket.JobIncident: w.incident, ticket.JobIncidentShow: w.showIncident,
	}
	for _, k := range []ticket.JobKind{ticket.JobShow, ticket.JobPost, ticket.JobTell, ticket.JobHeld, ticket.JobDigest, ticket.JobIncidentShow} {
		d.handlers[k] = w.unlessAway(d.handlers[k])
	}
	d.giveUp = w.giveUp
	if w.Reach == nil {
		w.Reach = w.reach
	}
	w.usual = &background{}
	w.limiter, w.hooks, w.figures = &pager.Limiter{Turns: w.Desk.Store}, pager.NewClient(w.Desk.Now), newPageFigures(reg)
	return d
}

// unlessAway looks first whether the desk can be reached at all: while it cannot, a thousand jobs that wait
// cost next to nothing.
func (w *Jobs) unlessAway(do handler) handler {
	return func(ctx context.Context, j ticket.Job) error {
		if w.Bot != nil {
			if err := w.Bot.Away(ctx); err != nil {
				return err
			}
		}
		return do(ctx, j)
	}
}

func (w *Jobs) store() ticket.Store { return w.Desk.Store }

// route decides, in one Act.
func (w *Jobs) route(ctx context.Context, j ticket.Job) error {
	facts, answer, reasons, err := w.Desk.facts(ctx, j.Ticket)
	if err != nil {
		return err
	}
	review := j.Review()
	facts.On, facts.Clock = string(review.On), string(review.Clock)
	rules := w.Desk.Live.Rules() // the same ones for all of it
	found := facts.signals(rules)
	d := rules.Decide(facts)
	d.Signals = found
	d.Look = len(w.Desk.Config().Units.Lemon.Tell) > 0
	if err := w.autoAnswers(ctx, j.Ticket, rules, &d); err != nil {
		return err
	}
	if d.Unsearched = len(reasons) > 0; review.On == ticket.OnOpened {
		d.Reasons = append(d.Reasons, reasons...)
	}
	d.Fits = answer.Fits
	for _, h := range answer.Hits {
		d.Suggestions = append(d.Suggestions, ticket.Suggestion{Article: h.ID, Title: h.Title, Language: h.Language,
			Internal: h.Internal, Score: h.Score, Why: h.Why})
	}
	var why string
	if review.On == ticket.OnOpened {
		if d.Acknowledge, why, err = w.acknowledge(ctx, j.Ticket, facts, d); err != nil {
			return err
		}
		if d.Print, err = w.Desk.print(ctx, j.Ticket, facts, answer); err != nil {
			return err
		}
	}
	if why != "" {
		d.Reasons = append(d.Reasons, "no acknowledgement: "+why)
	}
	t, err := w.store().Act(ctx, ticket.Action{Kind: ticket.ActRoute, Ticket: j.Ticket, By: ticket.Gateway, Decision: &d, Job: j})
	if err != nil || len(reasons) == 0 || j.Step >= maxLooks || t.State.Done() {
		return err
	}
	// The search did not answer: look again later. Lost in a crash, a card is without suggestions.
	later := ticket.Job{Kind: ticket.JobRoute, Key: j.Key, Unique: j.Unique, Ticket: j.Ticket, Step: j.Step + 1, Payload: j.Payload,
		Priority: ticket.PriorityLater, RunAt: w.Desk.Now().Add(lookAgain << min(j.Step, 8))}
	return w.store().Enqueue(ctx, later)
}

// When the search was dead, suggestions are looked for again: after 5 s, 10 s, 20 s … about 11 h in
// all.
const (
	lookAgain = 5 * time.Second
	maxLooks  = 40
)

// show makes the card tell what the ticket is now.
func (w *Jobs) show(ctx context.Context, j ticket.Job) error {
	if w.Bot == nil {
		return w.store().Finish(ctx, j)
	}
	c, _, err := w.Desk.view(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if c.Ticket.Tier != "" { // else the route job shows it
		if _, err := w.card(ctx, c, j.Attempts > 1); err != nil {
			return err
		}
	}
	return w.store().Finish(ctx, j)
}

// card shows the card and remembers its place.
func (w *Jobs) card(ctx context.Context, c bots.Card, again bool) (string, error) {
	places, err := w.places(ctx, c.Ticket.ID)
	if err != nil {
		return "", err
	}
	place, err := w.Bot.Show(ctx, c, places, again)
	if err != nil {
		return "", err
	}
	return place, w.store().Bind(ctx, ticket.Reference{Scope: cardScope, Key: place, Ticket: c.Ticket.ID})
}

func (w *Jobs) places(ctx context.Context, id ticket.ID) ([]string, error) {
	return keys(w.store().ReferencesOf(ctx, id, cardScope))
}

func keys(refs []ticket.Reference, err error) ([]string, error) {
	var list []string
	for _, r := range refs {
		list = append(list, r.Key)
	}
	return list, err
}

// post shows one message in the card's thread.
func (w *Jobs) post(ctx context.Context, j ticket.Job) error {
	if w.Bot == nil {
		return w.store().Finish(ctx, j)
	}
	c, _, err := w.Desk.view(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if c.Ticket.Tier == "" {
		return w.store().Finish(ctx, j)
	}
	m, err := w.store().Message(ctx, j.Ticket, j.Seq)
	if err != nil {
		return err
	}
	for _, id := range m.Mentions {
		c.Mentioned = append(c.Mentioned, w.Desk.agent(id))
	}
	places, err := w.places(ctx, j.Ticket)
	if err != nil {
		return err
	}
	var place string
	if len(places) > 0 {
		place = places[len(places)-1]
	} else if place, err = w.card(ctx, c, true); err != nil { // its show job was given up
		return err
	}
	ref, err := w.Bot.Post(ctx, c, place, m, j.Attempts > 1)
	if ticket.KindOf(err) == ticket.NotFound { // somebody has deleted the card, and its thread with it
		was := place
		if place, err = w.card(ctx, c, true); err == nil && place == was {
			err = ticket.E("router.post", ticket.Transient, errNoThread)
		}
		if err == nil {
			ref, err = w.Bot.Post(ctx, c, place, m, true)
		}
	}
	if err != nil {
		return err
	}
	if ref != m.DeskRef {
		if err := w.store().SetDeskRef(ctx, j.Ticket, j.Seq, ref); err != nil {
			return err
		}
	}
	return w.store().Finish(ctx, j)
}

// errNoThread is a card that is there and takes no answers.
var errNoThread = errors.New("the card is there, its thread is not")

// maxPrevious is how many earlier messages a sender is given.
const maxPrevious = 50

// send delivers one answer to the customer.
func (w *Jobs) send(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	m, err := w.store().Message(ctx, j.Ticket, j.Seq)
	if err != nil {
		return err
	}
	if m.Delivery != ticket.Queued {
		return w.store().Finish(ctx, j)
	}
	out, err := w.Desk.outbound(ctx, t, m)
	if err != nil {
		return err
	}
	out.Again, out.Progress = j.Attempts > 1, j.Progress()
	out.Record = func(ctx context.Context, p ticket.Progress) error { return w.store().Note(ctx, j.With(p)) }
	s, ok := w.Senders[t.Channel]
	if !ok {
		return ticket.E("router.send", ticket.Transient, fmt.Errorf("%s: %w", t.Channel, errNoSender))
	}
	a := ticket.Action{Kind: ticket.ActDelivered, Ticket: j.Ticket, Seq: j.Seq, By: ticket.Gateway, Job: j}
	a.External, err = s.Send(ctx, out)
	if e, ok := errors.AsType[*ticket.Error](err); ok && e.Partly {
		a.Reason = ticket.Explain(err)
	} else if err != nil {
		return err
	}
	_, err = w.store().Act(ctx, a)
	return err
}

// outbound gathers what a sender needs: to whom, and what came before. The answer goes to whoever
// wrote last, with everybody else who takes part in copy.
func (d *Desk) outbound(ctx context.Context, t ticket.Ticket, m ticket.Message) (ticket.Outbound, error) {
	var answered customer.Identity // who wrote what is answered; they may want the answer elsewhere
	out := ticket.Outbound{Ticket: t, Message: m, Brand: d.Config().Brand(t.Brand)}
	msgs, err := d.Store.Messages(ctx, t.ID, max(0, m.Seq-1-4*maxPrevious), 4*maxPrevious)
	if err != nil {
		return out, err
	}
	if slices.ContainsFunc(msgs, func(p ticket.Message) bool { return !p.MovedFrom.IsZero() }) {
		// What came over from another ticket stands behind what is newer.
		slices.SortStableFunc(msgs, func(a, b ticket.Message) int { return a.At.Compare(b.At) })
	}
	for _, p := range msgs {
		if p.Seq >= m.Seq || p.Kind != ticket.Public || p.Delivery == ticket.Withdrawn || !p.MovedTo.IsZero() {
			continue
		}
		out.Previous = append(out.Previous, p)
		if len(p.To) > 0 { // nothing could be delivered where they had written from
			out.To, answered = p.To, p.To[0]
		}
		if p.Direction != ticket.In || p.Auto || p.Channel != t.Channel {
			continue
		}
		if out.To = p.ReplyTo; len(out.To) == 0 {
			out.To = []customer.Identity{p.From}
		}
		answered = p.From
	}
	if n := len(out.Previous); n > maxPrevious {
		out.Previous = out.Previous[n-maxPrevious:]
	}
	if len(m.To) > 0 {
		out.To, answered = m.To, m.To[0]
	}
	if len(out.To) == 0 && len(t.Participants) > 0 {
		out.To = t.Participants[:1]
	}
	if m.Auto { // RFC 3834 §4: to whoever wrote, and to nobody else
		out.To = out.To[:min(len(out.To), 1)]
		return out, nil
	}
	to := map[string]bool{answered.Key(): true}
	for _, i := range out.To {
		to[i.Key()] = true
	}
	for _, p := range t.Participants {
		if !to[p.Key()] && len(out.To) > 0 && p.Kind == out.To[0].Kind {
			out.Cc = append(out.Cc, p)
		}
	}
	return out, nil
}

// close closes a ticket that has been solved for long enough.
func (w *Jobs) close(ctx context.Context, j ticket.Job) error {
	_, err := w.store().Act(ctx, ticket.Action{Kind: ticket.ActClose, Ticket: j.Ticket, By: ticket.Gateway, Job: j})
	return err
}

// giveUp ends a job that cannot be done: the writer of an answer is told, a page goes on to the
// next; anything else is dead until somebody looks.
func (w *Jobs) giveUp(ctx context.Context, j ticket.Job, cause error) error {
	a := ticket.Action{Ticket: j.Ticket, By: ticket.Gateway, Job: j, Reason: ticket.Explain(cause)}
	switch j.Kind {
	case ticket.JobSend:
		a.Kind, a.Seq = ticket.ActFailed, j.Seq
		if p := w.progress(ctx, j); len(p.Got) > 0 {
			a.Kind, a.External, a.Reason = ticket.ActDelivered, p.External, p.Missing()
		}
	case ticket.JobPage:
		t, err := w.store().Ticket(ctx, j.Ticket)
		p := t.PageOf(j.Seq)
		call, ok := p.Call(j.CallID())
		if err != nil || !ok {
			return w.store().Bury(ctx, j, cause.Error())
		}
		return w.reached(ctx, j, p, call, "", ticket.E("router.page", ticket.Invalid, cause))
	case ticket.JobAmend:
		return w.uncarried(ctx, j, cause)
	default:
		return w.store().Bury(ctx, j, cause.Error())
	}
	if _, err := w.store().Act(ctx, a); err != nil {
		return w.store().Bury(ctx, j, cause.Error())
	}
	return nil
}

// progress is what has become of a send job, its last try included.
func (w *Jobs) progress(ctx context.Context, j ticket.Job) ticket.Progress {
	if now, err := w.store().Jobs(ctx, ticket.JobLeased, j.ID-1, 1); err == nil && len(now) == 1 && now[0].ID == j.ID {
		return now[0].Progress()
	}
	return j.Progress()
}
