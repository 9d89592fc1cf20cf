package simulation

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"tierline/router"
	"tierline/ticket"
)

// How people work, where the scenario says nothing.
const (
	usualWork    = 10 * time.Minute
	usualSpread  = 0.6
	usualReturn  = 2 * time.Hour
	usualWithin  = time.Minute
	usualAnswers = 0.9
	usualDecline = 0.05
	usualHeeds   = 0.9
	research     = 3 * time.Hour // until a case that nobody could solve is taken up again
	refused      = time.Hour     // until something that the gateway has refused is tried again
)

// person is somebody who works here.
type person struct {
	ticket.Agent
	Person
	tiers  []string
	hours  ticket.Calendar
	chance *rand.Rand
	busy   bool
	wakes  time.Time          // is woken then, as nothing else may happen when the day begins
	wanted map[ticket.ID]bool // they have accepted a page for it
	report *PersonReport
}

// hire makes the people of the configuration's agents: those who are in a tier.
func (p *play) hire(conf *router.Config) ([]*person, error) {
	var people []*person
	for i, a := range conf.Agents {
		how, ok := p.scenario.People[a.ID]
		if !ok {
			how = p.scenario.People[everybody]
		}
		w := &person{Agent: a, Person: how, wanted: map[ticket.ID]bool{}, chance: rand.New(rand.NewPCG(p.scenario.Seed, uint64(i)<<32|3))}
		hours := a.Hours
		for _, t := range conf.Tiers {
			if slices.ContainsFunc(p.desk.Members(t.Name), func(m ticket.Agent) bool { return m.ID == a.ID }) {
				w.tiers = append(w.tiers, t.Name)
				if len(hours.Week) == 0 {
					hours = t.Hours
				}
			}
		}
		if len(hours.Week) == 0 && len(conf.Brands) > 0 {
			hours = conf.Brands[0].Hours
		}
		if how.Hours != nil {
			hours = *how.Hours
		}
		cal, err := hours.Calendar()
		if err != nil {
			return nil, fmt.Errorf("simulation: agent %q: %w", a.ID, err)
		}
		w.hours = cal
		w.report = &PersonReport{Agent: a.ID, Hours: p.hoursOf(w)}
		people = append(people, w)
	}
	return people, nil
}

// there says whether somebody is at work.
func (p *play) there(w *person, at time.Time) bool {
	return w.hours.Open(at) && !slices.Contains(w.Off, at.In(p.zone).Format(time.DateOnly))
}

// hoursOf is how long somebody is at work over the whole play.
func (p *play) hoursOf(w *person) (d time.Duration) {
	for from := p.Clock.Now(); from.Before(p.end); {
		y, m, day := from.In(p.zone).Date()
		to := time.Date(y, m, day+1, 0, 0, 0, 0, p.zone)
		if !slices.Contains(w.Off, from.In(p.zone).Format(time.DateOnly)) {
			d += w.hours.Between(from, to)
		}
		from = to
	}
	return d
}

// work gives everybody who is free and there something to do.
func (p *play) work(ctx context.Context) error {
	now := p.Clock.Now()
	for _, w := range p.people {
		if w.busy || len(w.tiers) == 0 {
			continue
		}
		if !p.there(w, now) && len(w.wanted) == 0 {
			p.wake(w, now)
			continue
		}
		m := p.pick(w, now)
		if m == nil {
			continue
		}
		if err := p.takeUp(ctx, w, m); err != nil {
			return err
		}
	}
	return nil
}

// wake has somebody look for work when their day begins.
func (p *play) wake(w *person, now time.Time) {
	next := w.hours.Next(now)
	if !next.After(now) { // they are off today
		y, m, d := now.In(p.zone).Date()
		next = time.Date(y, m, d+1, 0, 0, 0, 0, p.zone)
	}
	if next.IsZero() || next.Equal(w.wakes) {
		return
	}
	w.wakes = next
	p.on(next, func(context.Context) error { return nil })
}

// pick is what somebody does next: what they were paged for, then what is due first, of theirs or of the queue.
func (p *play) pick(w *person, now time.Time) (best *matter) {
	for _, m := range p.open {
		t := &m.t
		mine := t.Owner == w.ID || w.wanted[t.ID]
		if m.busy || m.until.After(now) || t.State != ticket.New && t.State != ticket.Open || t.Tier == "" ||
			!mine && (t.Owner != "" || !slices.Contains(w.tiers, t.Tier)) {
			continue
		}
		if !p.there(w, now) && !w.wanted[t.ID] {
			continue
		}
		if best == nil || before(w, m, best) {
			best = m
		}
	}
	return best
}

func before(w *person, a, b *matter) bool {
	if x, y := w.wanted[a.t.ID], w.wanted[b.t.ID]; x != y {
		return x
	}
	x, y := rank(a.t.Priority), rank(b.t.Priority)
	if x != y {
		return x > y
	}
	ca, oka := a.t.NextDue()
	cb, okb := b.t.NextDue()
	if oka && okb && !ca.Due.Equal(cb.Due) {
		return ca.Due.Before(cb.Due)
	}
	return a.number < b.number
}

func rank(p ticket.Priority) int {
	return slices.Index([]ticket.Priority{ticket.Low, ticket.Normal, ticket.High, ticket.Urgent}, p)
}

// act does something in somebody's name. What the gateway refuses is counted, and is no fault of the play.
func (p *play) act(ctx context.Context, w *person, m *matter, a ticket.Action) (bool, error) {
	a.Ticket = m.t.ID
	t, err := p.desk.Act(ctx, w.Agent, a)
	p.touched[m.t.ID] = true
	switch ticket.KindOf(err) {
	case ticket.Invalid, ticket.Denied, ticket.Conflict:
		p.report.refused(a.Kind, ticket.Explain(err))
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("simulation: %s %s %s: %w", w.ID, a.Kind, m.t.ID, err)
	}
	m.t = t
	return true, nil
}

// takeUp begins to work on a case.
func (p *play) takeUp(ctx context.Context, w *person, m *matter) error {
	delete(w.wanted, m.t.ID)
	if m.t.Owner != w.ID {
		if ok, err := p.act(ctx, w, m, ticket.Action{Kind: ticket.ActTake}); !ok {
			m.until = p.Clock.Now().Add(refused)
			return err
		}
	}
	if err := p.heed(ctx, w, m, ticket.ActPage); err != nil {
		return err
	}
	m.busy, w.busy = true, true
	d := about(m.chance, time.Duration(float64(cmp.Or(m.kind.Work, usualWork))*cmp.Or(w.Pace, 1)), cmp.Or(m.kind.Spread, usualSpread))
	w.report.Worked += d
	p.in(d, func(ctx context.Context) error {
		m.busy, w.busy = false, false
		var err error
		if m.t, err = p.Store.Ticket(ctx, m.t.ID); err != nil {
			return err
		}
		if m.t.Owner != w.ID || m.t.State.Done() {
			return nil // it was given to somebody else meanwhile, or is over
		}
		w.report.Goes++
		m.goes++
		return p.outcome(ctx, w, m)
	})
	return nil
}

// proposed says whether rules would have somebody do something.
func proposed(t ticket.Ticket, k ticket.ActionKind) bool {
	return slices.ContainsFunc(t.Proposals, func(x ticket.Proposal) bool { return x.Do == k })
}

// heed does what rules propose, mostly.
func (p *play) heed(ctx context.Context, w *person, m *matter, k ticket.ActionKind) error {
	if !proposed(m.t, k) || m.t.Paged() || w.chance.Float64() >= cmp.Or(w.Heeds, usualHeeds) {
		return nil
	}
	_, err := p.act(ctx, w, m, ticket.Action{Kind: k, Tier: cmp.Or(p.above(m.t.Tier), m.t.Tier), Reason: "as the rules propose: " + m.kind.Name})
	return err
}

// outcome is what one go at a case has led to.
func (p *play) outcome(ctx context.Context, w *person, m *matter) error {
	above := p.above(m.t.Tier)
	switch x := m.chance.Float64(); {
	case m.goes == 1 && x < m.kind.AsksBack:
		return p.ask(ctx, w, m)
	case proposed(m.t, ticket.ActEscalate) && above != "" && w.chance.Float64() < cmp.Or(w.Heeds, usualHeeds):
		return p.escalate(ctx, w, m, above)
	case m.chance.Float64() < m.kind.solves(m.t.Tier, above == "" || m.t.Tier != p.lowest()):
		return p.solve(ctx, w, m)
	case above != "":
		return p.escalate(ctx, w, m, above)
	}
	m.until = p.Clock.Now().Add(research)
	_, err := p.act(ctx, w, m, ticket.Action{Kind: ticket.ActNote, Note: note(m)})
	return err
}

func note(m *matter) *ticket.NoteFields {
	return &ticket.NoteFields{Reported: m.kind.Name, Tried: "What the article says", Result: "The fault is still there",
		NextStep: "Look into it again", Promised: "Nothing yet"}
}

func (c *Case) solves(tier string, high bool) float64 {
	if x, ok := c.Solves[tier]; ok {
		return x
	}
	if high {
		return 0.95
	}
	return 0.7
}

func (p *play) lowest() string { return p.desk.Tiers()[0].Name }

// above is the next tier up, or "".
func (p *play) above(name string) string {
	level := 0
	for _, t := range p.desk.Tiers() {
		if t.Name == name {
			level = t.Level
		}
	}
	for _, t := range p.desk.Tiers() {
		if t.Level > level {
			return t.Name
		}
	}
	return ""
}

func (p *play) ask(ctx context.Context, w *person, m *matter) error {
	ok, err := p.act(ctx, w, m, ticket.Action{Kind: ticket.ActReply, Text: "Could you tell us more about it, please?"})
	if !ok {
		m.until = p.Clock.Now().Add(refused)
		return err
	}
	p.in(about(m.chance, cmp.Or(m.kind.Returns, usualReturn), 1), func(ctx context.Context) error {
		return p.answers(ctx, m, "Here is what you asked for.")
	})
	return nil
}

func (p *play) solve(ctx context.Context, w *person, m *matter) error {
	ok, err := p.act(ctx, w, m, ticket.Action{Kind: ticket.ActReply, Text: "This is how it is done. Please write to us when it does not help."})
	if ok && err == nil {
		ok, err = p.act(ctx, w, m, ticket.Action{Kind: ticket.ActSolve, Diagnosis: m.kind.Name})
	}
	if !ok || err != nil {
		m.until = p.Clock.Now().Add(refused)
		return err
	}
	w.report.Solved++
	if m.chance.Float64() < m.kind.Reopens {
		p.in(about(m.chance, 4*cmp.Or(m.kind.Returns, usualReturn), 1), func(ctx context.Context) error {
			m.goes = 1 // they know it already
			return p.answers(ctx, m, "It has not helped.")
		})
	}
	return nil
}

func (p *play) escalate(ctx context.Context, w *person, m *matter, tier string) error {
	h := &ticket.Handoff{Problem: m.kind.Name, Unit: cmp.Or(m.unit, "none"), Impact: "They cannot go on", Tried: "What the article says: no change",
		Articles: "the one that was suggested", Asked: "Please find the cause", Callback: "by mail", ReadBack: "by mail"}
	ok, err := p.act(ctx, w, m, ticket.Action{Kind: ticket.ActEscalate, Tier: tier, Reason: "Could not be solved here", Handoff: h, Diagnosis: m.kind.Name})
	if !ok {
		m.until = p.Clock.Now().Add(refused)
		return err
	}
	m.goes = 0
	p.report.Escalated++
	return nil
}

// rings has whoever is paged answer, or not.
func (p *play) rings(m *matter) {
	for _, page := range m.t.Pages() {
		if ended := fmt.Sprintf("%d", page.Number); page.State == ticket.PageExhausted && !m.pages[ended] {
			m.pages[ended] = true
			p.report.Pages.Exhausted++
		}
		if page.State != ticket.PageRinging {
			continue
		}
		for _, who := range page.Who {
			p.rung(m, *page, who)
		}
	}
}

// rung has one of those who are paged answer, or not.
func (p *play) rung(m *matter, page ticket.Page, who string) {
	turn := fmt.Sprintf("%d/%d/%s", page.Number, page.Ring, who)
	i := slices.IndexFunc(p.people, func(w *person) bool { return w.ID == who })
	if m.pages[turn] || i < 0 {
		return
	}
	m.pages[turn] = true
	w := p.people[i]
	p.report.rang(w.report, p.Clock.Now().In(p.zone))
	if w.chance.Float64() >= cmp.Or(w.Answers, usualAnswers) {
		return
	}
	a := ticket.Action{Kind: ticket.ActAccept, Page: page.Number}
	if w.chance.Float64() < cmp.Or(w.Decline, usualDecline) {
		a.Kind, a.Reason = ticket.ActDecline, "I cannot"
	}
	p.in(about(w.chance, cmp.Or(w.Within, usualWithin), 0.7), func(ctx context.Context) error {
		t, err := p.Store.Ticket(ctx, m.t.ID)
		if err != nil {
			return err
		}
		if now := t.PageOf(page.Number); !now.Open() || !slices.Contains(now.Who, w.ID) {
			return nil // it has gone on
		}
		ok, err := p.act(ctx, w, m, a)
		if ok && a.Kind == ticket.ActAccept {
			p.report.answered(w.report, p.Clock.Now().Sub(page.Opened))
			w.wanted[m.t.ID] = true
		} else if ok {
			w.report.Declined++
		}
		return err
	})
}
