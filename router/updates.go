package router

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// Updates are the steady updates of a tier: while a case is open and nothing was said to the customer for so
// long, they hear how it stands, even that nothing has changed (practice: steady-updates).
type Updates struct {
	// Every is how much open time may pass without a word, by priority; that of "default" holds for all that
	// are not named. Without any, nobody hears anything by itself.
	Every  map[string]time.Duration `yaml:"every"`
	Notice time.Duration            `yaml:"notice"` // how long before the owner is reminded, and can write it; default 1h, -1s never
	Hours  ticket.Hours             `yaml:"hours"`  // when customers may be written to; default: always, as the rhythm is in open time
}

const (
	defaultNotice  = time.Hour
	shortestRhythm = time.Hour
	updatesDaily   = 10 // to one customer in 24 hours, whatever the number of their cases
	updatesInRow   = 30 // about one case, without a word of staff
)

func (u Updates) check(at check.At) {
	for _, name := range slices.Sorted(maps.Keys(u.Every)) {
		here := at.Key("every").Key(name)
		if name != defaultClocks && !ticket.Priority(name).Valid() {
			here.Error("default, or a priority: low, normal, high, urgent", "%.20q is no priority", name)
		}
		if d := u.Every[name]; d != 0 && d < shortestRhythm {
			here.Error("a duration such as 24h, or 0s for none", "%s is more often than anybody wants to be written to", d)
		}
	}
	if err := u.Hours.Check(); err != nil {
		at.Key("hours").Error("week: {mon: \"08:00-20:00\"}", "%v", err)
	}
}

// every is the rhythm of a priority.
func (u Updates) every(p ticket.Priority) time.Duration {
	if d, ok := u.Every[string(p)]; ok {
		return d
	}
	return u.Every[defaultClocks]
}

func (u Updates) notice() time.Duration {
	switch {
	case u.Notice < 0:
		return 0
	case u.Notice == 0:
		return defaultNotice
	}
	return u.Notice
}

// update tells the customer how their case stands, or reminds its owner that this is due.
func (w *Jobs) update(ctx context.Context, j ticket.Job) error {
	a := ticket.Action{Kind: ticket.ActUpdateDue, Ticket: j.Ticket, Step: j.Step, At: j.Moment(), By: ticket.Gateway, Job: j}
	if j.Step == 1 {
		t, err := w.store().Ticket(ctx, j.Ticket)
		if err != nil {
			return err
		}
		if a.Reason, a.Verdict, err = w.noUpdate(ctx, t); err != nil {
			return err
		}
		if a.Reason == "" {
			if a.Text, a.Until, err = w.Desk.updateText(ctx, t); err != nil {
				return err
			}
		}
	}
	_, err := w.store().Act(ctx, a)
	return err
}

// noUpdate says why a customer is not to be written to by a machine; "call" is a verdict of those who can
// be called only. RFC 3834 §2 and §3, as for acknowledgements.
func (w *Jobs) noUpdate(ctx context.Context, t ticket.Ticket) (why, verdict string, err error) {
	if t.Channel == channels.Phone || w.Senders[t.Channel] == nil {
		return "nothing can be written to a customer who has come by " + t.Channel, "call", nil
	}
	if t.Update != nil && t.Update.Count >= updatesInRow {
		return fmt.Sprintf("%d in a row, without a word of staff", updatesInRow), "", nil
	}
	msgs, err := w.store().Messages(ctx, t.ID, max(0, t.LastSeq-maxCardMessages), maxCardMessages)
	if err != nil {
		return "", "", err
	}
	last := -1
	for i, m := range msgs {
		if m.Kind == ticket.Public && m.Direction == ticket.In && m.MovedTo.IsZero() && !m.Auto {
			last = i
		}
	}
	if last < 0 {
		return "a machine wrote it", "", nil
	}
	m := msgs[last]
	to := m.From
	if len(m.ReplyTo) > 0 {
		to = m.ReplyTo[0]
	}
	_, notStaff := w.Desk.AgentBy("", to.Value)
	switch {
	case m.NoAuto != "":
		return strings.TrimSuffix(m.NoAuto, "."), "", nil
	case to.Kind == customer.Email && notStaff == nil:
		return "it would go to staff", "", nil
	}
	if why, err = w.unreachable(ctx, t, to); why != "" || err != nil {
		return why, "", err
	}
	why, err = w.manyUpdates(ctx, t)
	return why, "", err
}

// unreachable says why what is written does not get to somebody, or is not wanted to.
func (w *Jobs) unreachable(ctx context.Context, t ticket.Ticket, to customer.Identity) (string, error) {
	c, err := w.store().Customer(ctx, t.Customer)
	if err == nil && c.AliasOf != 0 {
		c, err = w.store().Customer(ctx, c.AliasOf)
	}
	if err != nil {
		return "", err
	}
	if _, ok := c.Undeliverable[to.Value]; ok {
		return "mail to " + to.Value + " comes back", nil
	}
	keys := []string{to.Key()}
	for d := to.Domain(); strings.Contains(d, "."); _, d, _ = strings.Cut(d, ".") {
		keys = append(keys, "domain:"+d)
	}
	for _, key := range keys {
		list, err := w.store().Blocks(ctx, key[:len(key)-1], ticket.MaxPage)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(list, func(b ticket.Block) bool { return b.Key == key }) {
			return "what they send is kept out", nil
		}
	}
	return "", nil
}

// manyUpdates bounds what one customer hears of all of their cases.
func (w *Jobs) manyUpdates(ctx context.Context, t ticket.Ticket) (string, error) {
	list, err := w.store().Tickets(ctx, ticket.Filter{Customer: t.Customer, Limit: ackTickets})
	if err != nil {
		return "", err
	}
	now, n := w.Desk.Now(), 0
	for _, o := range list {
		if o.Update != nil && now.Sub(o.Update.Last) < 24*time.Hour {
			n++
		}
	}
	if n >= updatesDaily {
		return fmt.Sprintf("the customer had %d about their cases in a day", n), nil
	}
	return "", nil
}

// maxRead is how many of a ticket's events are read to find what has happened to it lately.
const maxRead = 5_000

// eventsSince are a ticket's events of after a moment.
func (d *Desk) eventsSince(ctx context.Context, id ticket.ID, since time.Time) (list []ticket.Event, err error) {
	var after int64
	for read := 0; read < maxRead; {
		page, err := d.Store.Events(ctx, id, after, ticket.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if !e.At.Before(since) {
				list = append(list, e)
			}
		}
		if len(page) < ticket.MaxPage {
			break
		}
		read += len(page)
		after = page[len(page)-1].ID
	}
	return list, nil
}

// happened are the phrases for what has become of a case since, in order, each once. What was written by staff
// is in none of them. level is that of a tier.
func happened(t ticket.Ticket, events []ticket.Event, level func(string) int) (names []string) {
	add := func(name string) {
		names = slices.DeleteFunc(names, func(n string) bool { return n == name })
		names = append(names, name)
	}
	for _, e := range events {
		switch ticket.ActionKind(e.Kind) {
		case ticket.ActTake:
			add("event_taken")
		case ticket.ActEscalate:
			if level(e.Data["tier"]) > level(e.Data["from"]) {
				add("event_level")
			}
		case ticket.ActAccept:
			add("event_paged")
		case ticket.ActJoin:
			add("event_joined")
		case ticket.ActInform, ticket.ActComplain:
			add("event_lead")
		case ticket.ActClock, ticket.ActPromiseDue:
			if e.Data["what"] == "breach" || e.Data["state"] == string(ticket.PromiseBroken) {
				add("event_lead")
			}
		case ticket.ActSupplier:
			if t.State == ticket.OnHold && t.With() != nil {
				add("event_supplier")
			}
		case ticket.ActSupplied:
			if t.With() == nil {
				add("event_supplied")
			}
		case ticket.ActHold:
			if t.State == ticket.OnHold && t.With() == nil {
				add("event_waiting")
			}
		case ticket.ActLink:
			if t.Incident != 0 {
				add("event_incident")
			}
		}
	}
	return names
}

// updateText is what a customer is told of their case, and the time at which they are told that they will hear
// again.
func (d *Desk) updateText(ctx context.Context, t ticket.Ticket) (string, time.Time, error) {
	events, err := d.eventsSince(ctx, t.ID, t.Heard)
	if err != nil {
		return "", time.Time{}, err
	}
	eta, err := d.ETA(ctx, t)
	if err != nil {
		return "", time.Time{}, err
	}
	s, conf := d.speaker(t), d.Config()
	names := happened(t, events, func(tier string) int {
		i := slices.IndexFunc(conf.Tiers, func(c Tier) bool { return c.Name == tier })
		if i < 0 {
			return 0
		}
		return conf.Tiers[i].Level
	})
	text := s.say("update_open", nil)
	if len(names) == 0 {
		text += " " + s.say("update_nothing", nil)
	} else {
		text += " " + s.say("update_since", nil) + "\n"
		for _, n := range names {
			text += "\n- " + s.say(n, nil)
		}
	}
	text += "\n\n" + strings.Join(append(s.owed(), s.eta(eta)), " ")
	var next time.Time
	if g := d.Live.Targets(&t); g.Updates > 0 {
		if next = notBefore(g.UpdateDue(s.now), tellRound); !next.IsZero() {
			text += "\n\n" + s.due("update_next", next)
		}
	}
	return text, next, nil
}

// owed are the promises that hold, but for that of a solution, which is an ETA.
func (s speaker) owed() (list []string) {
	for _, p := range s.ticket.OpenPromises() {
		if p.State == ticket.PromiseOpen && p.Kind != ticket.PromiseFix && p.Due.After(s.now) {
			list = append(list, s.due("owed_"+string(p.Kind), p.Due))
		}
	}
	return list
}
