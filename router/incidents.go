package router

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/kb"
	"tierline/router/alike"
	"tierline/ticket"
)

// How tickets that are alike are looked for. What is read does not grow with the tickets in the store.
const (
	backgroundDays = 7 * 24 * time.Hour // how far back it is learnt what is usual
	relearn        = 5 * time.Minute    // and how often
	maxLive        = 30                 // live incidents that a ticket is compared with
	maxDismissed   = 20
	whyWords       = 6
)

// background is what is usual, learnt from the store from time to time.
type background struct {
	mu     sync.Mutex
	at     time.Time
	window time.Duration
	known  *alike.Background
}

// of gives what was known a few minutes ago, at the most.
func (b *background) of(ctx context.Context, s ticket.Store, now time.Time, window time.Duration) (*alike.Background, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.known != nil && now.Sub(b.at) < relearn && b.window == window {
		return b.known, nil
	}
	end := now.Add(-window)
	list, err := s.Prints(ctx, end.Add(-backgroundDays), end, alike.MaxBackground)
	if err != nil {
		return nil, err
	}
	b.at, b.window, b.known = now, window, alike.NewBackground(list, end)
	return b.known, nil
}

// print is what a fresh ticket is about; nil when it is not to be compared: a machine's, or one that staff
// has passed on with what many others wrote.
func (d *Desk) print(ctx context.Context, id ticket.ID, f Facts, a kb.Answer) (*ticket.Print, error) {
	if f.Auto || d.Config().Incidents.Off {
		return nil, nil
	}
	t, err := d.Store.Ticket(ctx, id)
	if err != nil || t.Past || t.Tier != "" {
		return nil, err
	}
	c, err := d.Store.Customer(ctx, t.Customer)
	if err != nil {
		return nil, err
	}
	x := alike.Text{Subject: t.Subject, Text: f.Text, Models: f.Models, Organization: t.Organization, Place: placeOf(c)}
	if a.Fits && len(a.Hits) > 0 {
		x.Article = a.Hits[0].ID
	}
	x.Known = slices.Concat(t.Units, f.Orders, f.Phones)
	return &ticket.Print{Terms: alike.Terms(x)}, nil
}

// placeOf is where a customer's things stand, as far as it is on record.
func placeOf(c customer.Customer) string {
	for _, key := range []string{"place", "site", "location"} {
		if p := c.Attributes[key]; p != "" {
			return p
		}
	}
	return ""
}

// alike asks whether a fresh ticket is one of many. Its print was committed before this job was, so that of
// tickets that two gateways look at in the same moment at least one sees all; the store makes one proposal
// of them.
func (w *Jobs) alike(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	c := w.Desk.Config().Incidents.settled(w.Desk.Config())
	if t.State.Done() || t.MergedInto != 0 {
		return w.store().Finish(ctx, j)
	}
	if rule := j.Rule(); rule != "" { // of one that is part of another already the store makes nothing
		a := ticket.IncidentAction{Do: ticket.DoPropose, By: ticket.Actor{Kind: ticket.ByRule, ID: rule, Name: rule}, Job: j, Title: rule, Signature: "rule:" + rule, Tier: c.Tier,
			Page: c.Page, Why: []string{"rule “" + rule + "”"}, Tickets: []ticket.Candidate{{Ticket: t.ID, Why: []string{"rule “" + rule + "”"}}}}
		_, err := w.store().ActIncident(ctx, a)
		return err
	}
	if c.Off || t.Incident != 0 {
		return w.store().Finish(ctx, j)
	}
	now := w.Desk.Now()
	recent, err := w.store().Prints(ctx, now.Add(-c.Window), now.Add(time.Minute), alike.MaxRecent)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(recent, func(p ticket.Print) bool { return p.Ticket == t.ID })
	if at < 0 || recent[at].Incident != 0 {
		return w.store().Finish(ctx, j) // it has waited for longer than the window, or is linked
	}
	b, err := w.usual.of(ctx, w.store(), now, c.Window)
	if err != nil {
		return err
	}
	a, err := w.joins(ctx, recent[at], b, now)
	if err != nil || a.Do != "" {
		if a.Job = j; err == nil && a.Do == nothing {
			return w.store().Finish(ctx, j)
		} else if err == nil {
			_, err = w.store().ActIncident(ctx, a)
		}
		return err
	}
	found := alike.Find(recent[at], recent, b, c.limits())
	if !found.Many {
		return w.store().Finish(ctx, j)
	}
	return w.propose(ctx, j, found, recent, c)
}

// nothing is what comes of a ticket that is like what was dismissed.
const nothing ticket.IncidentDo = "nothing"

// joins says which live incident a ticket belongs to, or may.
func (w *Jobs) joins(ctx context.Context, p ticket.Print, b *alike.Background, now time.Time) (a ticket.IncidentAction, err error) {
	live, err := w.store().Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentProposed, ticket.IncidentOpen}, Limit: maxLive})
	if err != nil {
		return a, err
	}
	best := alike.Perhaps
	for _, i := range live {
		members, err := w.store().IncidentPrints(ctx, i.ID, alike.MaxMembers)
		if err != nil {
			return a, err
		}
		s := alike.Like(p, members, b)
		if s < best || s < alike.Linked && i.State == ticket.IncidentProposed {
			continue
		}
		best = s
		a = ticket.IncidentAction{Do: ticket.DoLink, ID: i.ID, By: ticket.Gateway,
			Tickets: []ticket.Candidate{{Ticket: p.Ticket, Score: s, Maybe: s < alike.Linked, Why: []string{fmt.Sprintf("alike to %d %%", int(100*s+0.5))}}}}
	}
	if a.Do != "" {
		return a, nil
	}
	over, err := w.store().Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentDismissed}, Limit: maxDismissed})
	if err != nil {
		return a, err
	}
	for _, i := range over {
		if !i.Quiet.After(now) {
			continue
		}
		members, err := w.store().IncidentPrints(ctx, i.ID, alike.MaxMembers)
		if err != nil {
			return a, err
		}
		if alike.Like(p, members, b) >= alike.Linked {
			return ticket.IncidentAction{Do: nothing}, nil
		}
	}
	return a, nil
}

// propose makes the proposal. A page that goes with it is in the same commit.
func (w *Jobs) propose(ctx context.Context, j ticket.Job, found alike.Cluster, recent []ticket.Print, c Incidents) error {
	a := ticket.IncidentAction{Do: ticket.DoPropose, By: ticket.Gateway, Job: j, Tier: c.Tier, Page: c.Page}
	var texts []string
	for _, m := range found.Members {
		a.Tickets = append(a.Tickets, ticket.Candidate{Ticket: m.Ticket, Score: m.Score, Why: []string{fmt.Sprintf("alike to %d %%", int(100*m.Score+0.5))}})
		if len(texts) >= 5 {
			continue
		}
		t, err := w.store().Ticket(ctx, m.Ticket)
		if err != nil {
			return err
		}
		msgs, err := w.store().Messages(ctx, m.Ticket, 0, 1)
		if err != nil {
			return err
		}
		for _, msg := range msgs {
			texts = append(texts, t.Subject+"\n"+factText(msg.Text))
		}
		a.Title = cmp.Or(a.Title, t.Subject)
	}
	why, err := w.whyAlike(ctx, found, recent, texts)
	if err != nil {
		return err
	}
	a.Why = why
	_, err = w.store().ActIncident(ctx, a)
	return err
}

// whyAlike says it for people: words, models, places.
func (w *Jobs) whyAlike(ctx context.Context, found alike.Cluster, recent []ticket.Print, texts []string) (why []string, err error) {
	byKind := map[byte][]string{}
	for _, t := range found.Terms {
		byKind[t[0]] = append(byKind[t[0]], t)
	}
	words := append(slices.Clone(byKind['w']), byKind['c']...)
	slices.SortStableFunc(words, func(a, b string) int {
		return cmp.Compare(slices.Index(found.Terms, a), slices.Index(found.Terms, b))
	})
	for _, k := range []struct {
		name  string
		terms []string
	}{{"error code", byKind['e']}, {"model", byKind['m']}, {"words", words}} {
		if list := alike.Words(k.terms, texts); len(list) > 0 {
			why = append(why, k.name+": "+strings.Join(list[:min(len(list), whyWords)], ", "))
		}
	}
	for _, o := range byKind['o'] {
		var id customer.OrganizationID
		if _, err := fmt.Sscan(o[2:], &id); err != nil {
			continue
		}
		org, err := w.store().Organization(ctx, id)
		if ticket.KindOf(err) == ticket.Internal && err != nil {
			return nil, err
		}
		if org.Name != "" {
			why = append(why, "many of "+org.Name)
		}
	}
	for _, p := range byKind['p'] {
		why = append(why, "place: "+strings.ReplaceAll(p[2:], "_", " "))
	}
	in := map[ticket.ID]bool{}
	for _, m := range found.Members {
		in[m.Ticket] = true
	}
	first := time.Time{}
	for _, p := range recent {
		if in[p.Ticket] && (first.IsZero() || p.Opened.Before(first)) {
			first = p.Opened
		}
	}
	line := fmt.Sprintf("%d customers within %s", found.Customers, w.Desk.Now().Sub(first).Round(time.Minute))
	if found.Organizations > 1 {
		line += fmt.Sprintf(", of %d organizations", found.Organizations)
	}
	if found.Expected >= 0.5 {
		line += fmt.Sprintf("; usual are %.0f", found.Expected)
	}
	return append(why, line), nil
}

// incident does to one ticket what its incident wants. Each is one Act, which finishes the job: killed in
// the middle, it goes on with the tickets that are left, and nobody is told twice.
func (w *Jobs) incident(ctx context.Context, j ticket.Job) error {
	work, err := j.Work()
	if err != nil {
		return err
	}
	a := ticket.Action{Kind: work.Do, Ticket: j.Ticket, Incident: work.Incident, Number: work.Number, By: ticket.Gateway, Job: j}
	switch work.Do {
	case ticket.ActLink, ticket.ActUnlink:
	case ticket.ActAnnounce:
		if a.Reason, err = w.untold(ctx, j.Ticket); err != nil {
			return err
		}
		a.Wait = w.Desk.Config().Answers.CloseAfter
	case ticket.ActMerge: // what it was merged into is part of it, too
		_, err := w.store().ActIncident(ctx, ticket.IncidentAction{Do: ticket.DoLink, ID: work.Incident, By: ticket.Gateway, Job: j,
			Tickets: []ticket.Candidate{{Ticket: j.Ticket, Why: []string{"a ticket of it was merged into this one"}}}})
		if ticket.KindOf(err) == ticket.Invalid { // it is over
			return w.store().Finish(ctx, j)
		}
		return err
	case ticket.ActPage:
		return w.pageIncident(ctx, j, work.Incident)
	default:
		return ticket.E("router.incident", ticket.Invalid, fmt.Errorf("%.40q is nothing that is done for an incident", string(work.Do)))
	}
	_, err = w.store().Act(ctx, a)
	return err
}

// pageIncident rings whoever is on call for the tier that works on it.
func (w *Jobs) pageIncident(ctx context.Context, j ticket.Job, id ticket.IncidentID) error {
	i, err := w.store().Incident(ctx, id)
	if err != nil {
		return err
	}
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	if !i.State.Live() || t.State.Done() || t.PageFor(i.Tier).Open() {
		return w.store().Finish(ctx, j)
	}
	a := ticket.Action{Kind: ticket.ActPage, Ticket: j.Ticket, By: ticket.Gateway, Tier: i.Tier, Job: j, Severity: ticket.Urgent,
		Reason: fmt.Sprintf("Incident %s is proposed: %s", i.ID, i.Title)}
	if err := w.Desk.Plan(ctx, &a); err != nil {
		return err
	}
	_, err = w.store().Act(ctx, a)
	return err
}

// untold says why a customer is not told anything by a machine: as with acknowledgements, nothing goes to
// what a machine wrote, to whom it may not have been, and nowhere it cannot arrive (RFC 3834 §2).
func (w *Jobs) untold(ctx context.Context, id ticket.ID) (why string, err error) {
	t, err := w.store().Ticket(ctx, id)
	if err != nil {
		return "", err
	}
	if w.Senders[t.Channel] == nil {
		return "nothing can be sent by " + t.Channel, nil
	}
	msgs, err := w.store().Messages(ctx, id, max(0, t.LastSeq-maxCardMessages), maxCardMessages)
	if err != nil {
		return "", err
	}
	last := -1
	for n, m := range msgs {
		if m.Kind == ticket.Public && m.Direction == ticket.In && m.MovedTo.IsZero() && !m.Auto {
			last = n
		}
	}
	if last < 0 {
		return "a machine wrote it", nil
	}
	m := msgs[last]
	if m.NoAuto != "" {
		return strings.TrimSuffix(m.NoAuto, "."), nil
	}
	if _, notStaff := w.Desk.AgentBy("", m.From.Value); m.From.Kind == customer.Email && notStaff == nil {
		return "it is from staff", nil
	}
	if out, err := w.store().Blocked(ctx, m.From); err != nil || out {
		return "the sender is kept out", err
	}
	who, err := w.store().Customer(ctx, t.Customer)
	if err != nil {
		return "", err
	}
	if u, bad := who.Undeliverable[m.From.Value]; bad && t.Channel == channels.Email {
		return "mail to " + m.From.Value + " comes back: " + u.Reason, nil
	}
	return "", nil
}

// showIncident makes the card of an incident tell what it should.
func (w *Jobs) showIncident(ctx context.Context, j ticket.Job) error {
	work, err := j.Work()
	if err != nil {
		return err
	}
	if w.Bot == nil {
		return w.store().Finish(ctx, j)
	}
	c, err := w.Desk.incidentCard(ctx, work.Incident)
	if err != nil {
		return err
	}
	places, err := keys(w.store().ReferencesOf(ctx, ticket.ID(work.Incident), incidentScope))
	if err != nil {
		return err
	}
	place, err := w.Bot.ShowIncident(ctx, c, places, j.Attempts > 1)
	if err != nil {
		return err
	}
	if err := w.store().Bind(ctx, ticket.Reference{Scope: incidentScope, Key: place, Ticket: ticket.ID(work.Incident)}); err != nil {
		return err
	}
	return w.store().Finish(ctx, j)
}

// incidentScope is the scope of References for places of the cards of incidents; Reference.Ticket is the
// incident's number there.
const incidentScope = "incident"
