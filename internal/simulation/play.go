package simulation

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"tierline/bots"
	"tierline/channels"
	"tierline/customer"
	"tierline/kb"
	"tierline/router"
	"tierline/ticket"
)

// Clock is the time of a play. The store and the desk are given its Now.
type Clock struct{ at atomic.Int64 }

// NewClock begins at a moment.
func NewClock(start time.Time) *Clock {
	c := &Clock{}
	c.set(start)
	return c
}

// Now is the time of the play.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.at.Load()).UTC() }

func (c *Clock) set(t time.Time) { c.at.Store(t.UnixMicro()) }

// Setup is what a play is played against: a store that is empty and thrown away afterwards, with the clock's Now
// and the configuration as its policy.
type Setup struct {
	Store  ticket.Store
	Intake channels.Intake // the store, with the understanding of contacts
	KB     kb.Store
	Live   *router.Live
	Clock  *Clock
	Log    *slog.Logger
}

// event is something that happens at a moment; number keeps the order of those of one moment.
type event struct {
	at     time.Time
	number int
	do     func(context.Context) error
}

type agenda []event

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].number < a[j].number
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(event)) }
func (a *agenda) Pop() any {
	old := *a
	e := old[len(old)-1]
	*a = old[:len(old)-1]
	return e
}

// play is a scenario at work.
type play struct {
	Setup
	scenario *Scenario
	zone     *time.Location
	end      time.Time
	desk     *router.Desk
	works    *router.Dispatcher
	contacts []contact
	agenda   agenda
	number   int
	matters  map[ticket.ID]*matter
	open     []*matter // those that are not done, by number
	touched  map[ticket.ID]bool
	people   []*person
	report   Report
}

// matter is a ticket with what the scenario knows of it.
type matter struct {
	contact
	t      ticket.Ticket
	chance *rand.Rand
	until  time.Time // nobody takes it up before
	goes   int
	busy   bool // somebody is at it
	pages  map[string]bool
}

// Play plays a scenario to its end. It takes as long as the store does; ctx ends it early.
func Play(ctx context.Context, s *Scenario, set Setup) (Report, error) {
	p, err := newPlay(s, set)
	if err != nil {
		return Report{}, err
	}
	p.contacts = s.traffic(p.zone)
	for _, c := range p.contacts {
		p.on(c.at, func(ctx context.Context) error { return p.arrives(ctx, c) })
	}
	for {
		if err := p.settle(ctx); err != nil {
			return Report{}, err
		}
		if err := p.work(ctx); err != nil {
			return Report{}, err
		}
		next, err := p.next(ctx)
		if err != nil {
			return Report{}, err
		}
		if next.IsZero() || next.After(p.end) {
			break
		}
		p.Clock.set(next)
		for len(p.agenda) > 0 && !p.agenda[0].at.After(next) {
			if err := heap.Pop(&p.agenda).(event).do(ctx); err != nil {
				return Report{}, err
			}
		}
	}
	p.Clock.set(p.end)
	p.finish()
	list, err := p.Store.Incidents(ctx, ticket.IncidentFilter{Limit: ticket.MaxPage})
	p.report.Incidents = len(list)
	return p.report, errors.Join(err, ctx.Err())
}

func newPlay(s *Scenario, set Setup) (*play, error) {
	conf := set.Live.Config()
	var tiers []string
	for _, t := range conf.Tiers {
		tiers = append(tiers, t.Name)
	}
	if err := s.compare(conf.Agents, tiers); err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, fmt.Errorf("simulation: %w", err)
	}
	p := &play{Setup: set, scenario: s, zone: zone, matters: map[ticket.ID]*matter{}, touched: map[ticket.ID]bool{}}
	start := s.Start.In(zone)
	p.end = time.Date(start.Year(), start.Month(), start.Day()+cmp.Or(s.Days, 5), 0, 0, 0, 0, zone)
	p.desk = &router.Desk{Store: set.Store, KB: set.KB, Suggest: p, Live: set.Live, Now: set.Clock.Now}
	senders := map[string]channels.Sender{}
	for _, c := range channelNames {
		senders[c] = carrier{&p.report}
	}
	jobs := &router.Jobs{Desk: p.desk, Bot: pinboard{}, Senders: senders, Log: set.Log, Reach: reached}
	p.works = jobs.Dispatcher(nil).Without(ticket.JobShow, ticket.JobPost) // nobody looks
	p.report = newReport(s, start, p.end)
	p.people, err = p.hire(conf)
	return p, err
}

// on puts something on the agenda.
func (p *play) on(at time.Time, do func(context.Context) error) {
	p.number++
	heap.Push(&p.agenda, event{at.Truncate(time.Microsecond), p.number, do})
}

// in is on, so much later than now.
func (p *play) in(d time.Duration, do func(context.Context) error) { p.on(p.Clock.Now().Add(d), do) }

// next is when something happens next: on the agenda, or in the outbox.
func (p *play) next(ctx context.Context) (time.Time, error) {
	due, err := p.Store.NextDue(ctx)
	if err != nil {
		return due, err
	}
	if len(p.agenda) > 0 && (due.IsZero() || p.agenda[0].at.Before(due)) {
		due = p.agenda[0].at
	}
	if now := p.Clock.Now(); !due.IsZero() && due.Before(now) {
		due = now.Add(time.Second) // a job that waits for another to be given back
	}
	return due, nil
}

// settle does what is due in the outbox, and looks at the tickets that it was about.
func (p *play) settle(ctx context.Context) error {
	err := p.works.Drain(ctx, func(j ticket.Job) {
		p.report.Jobs++
		p.touched[j.Ticket] = true
	})
	if err != nil {
		return err
	}
	ids := make([]ticket.ID, 0, len(p.touched))
	for id := range p.touched {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	clear(p.touched)
	for _, id := range ids {
		m := p.matters[id]
		if m == nil {
			continue
		}
		if m.t, err = p.Store.Ticket(ctx, id); err != nil {
			return err
		}
		p.rings(m)
	}
	p.open = slices.DeleteFunc(p.open, func(m *matter) bool { return m.t.State.Done() })
	p.report.waiting(p.Clock.Now(), p.open)
	return nil
}

// arrives brings a new contact in.
func (p *play) arrives(ctx context.Context, c contact) error {
	m := &matter{contact: c, chance: rand.New(rand.NewPCG(p.scenario.Seed, uint64(c.number)<<1)), pages: map[string]bool{}}
	subject := cmp.Or(c.kind.Subject, c.kind.Name)
	got, err := p.says(ctx, m, ticket.Inbound{Subject: fmt.Sprintf("%s (%d)", subject, c.number), Text: c.text})
	if err != nil {
		return err
	}
	p.report.arrived(c)
	p.matters[got.Ticket] = m
	p.reopened(m, got.Ticket)
	return nil
}

// says has the customer of a matter write.
func (p *play) says(ctx context.Context, m *matter, in ticket.Inbound) (ticket.Accepted, error) {
	p.number++
	in.Channel, in.Inbox, in.Brand, in.External = m.channel, m.inbox, m.brand, "sim-"+strconv.Itoa(p.number)
	in.From = customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("customer%d@example.org", m.customer)}
	in.At, in.Language = p.Clock.Now(), m.language
	if m.unit != "" {
		in.Units = []string{m.unit}
	}
	got, err := p.Intake.Accept(ctx, []ticket.Inbound{in})
	if err != nil {
		return ticket.Accepted{}, err
	}
	p.touched[got[0].Ticket] = true
	return got[0], nil
}

// answers has the customer write again about a matter.
func (p *play) answers(ctx context.Context, m *matter, text string) error {
	id := m.t.ID
	got, err := p.says(ctx, m, ticket.Inbound{Subject: "Re: " + m.t.Subject, Text: text,
		Threads: []ticket.ThreadKey{{By: "subject-tag", Ticket: id, Proof: true, Weak: true}}})
	if err != nil {
		return err
	}
	if got.Ticket != id { // it was closed meanwhile
		p.matters[got.Ticket] = m
		m.goes = 0
	}
	p.reopened(m, got.Ticket)
	return nil
}

func (p *play) reopened(m *matter, id ticket.ID) {
	m.t.ID, m.t.State = id, ticket.New // until it is looked at
	if !slices.Contains(p.open, m) {
		i, _ := slices.BinarySearchFunc(p.open, m.number, func(o *matter, n int) int { return cmp.Compare(o.number, n) })
		p.open = slices.Insert(p.open, i, m)
	}
}

// Suggest stands for the search: whether an article fits is the scenario's to say, by the subject.
func (p *play) Suggest(_ context.Context, q kb.Question) (kb.Answer, error) {
	subject, _, _ := strings.Cut(q.Text, "\n")
	_, number, ok := strings.Cut(subject, "(")
	if !ok {
		return kb.Answer{}, nil
	}
	number, _, _ = strings.Cut(number, ")")
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(p.contacts) {
		return kb.Answer{}, nil
	}
	c := p.contacts[n-1]
	hit := kb.Hit{ID: "sim-" + c.kind.Name, Title: c.kind.Name, Score: 0.2}
	fits := rand.New(rand.NewPCG(p.scenario.Seed, uint64(n)<<1|1)).Float64() < c.kind.Fits
	if fits {
		hit.Score = 0.9
	}
	return kb.Answer{Fits: fits, Hits: []kb.Hit{hit}}, nil
}

// carrier brings answers to customers at once.
type carrier struct{ report *Report }

func (c carrier) Send(_ context.Context, out ticket.Outbound) (string, error) {
	if out.Message.Auto {
		c.report.Told++
	}
	return fmt.Sprintf("sim-%s-%d", out.Ticket.ID, out.Message.Seq), nil
}

// pinboard is a desk on which everything is shown and nobody clicks: the people look at the tickets.
type pinboard struct{}

func (pinboard) Name() string                                  { return "simulation" }
func (pinboard) Run(ctx context.Context) error                 { <-ctx.Done(); return nil }
func (pinboard) Ready() error                                  { return nil }
func (pinboard) Away(context.Context) error                    { return nil }
func (pinboard) Tell(context.Context, bots.Notice, bool) error { return nil }
func (pinboard) Show(_ context.Context, c bots.Card, _ []string, _ bool) (string, error) {
	return c.Ticket.ID.String(), nil
}
func (pinboard) Post(_ context.Context, _ bots.Card, _ string, m ticket.Message, _ bool) (string, error) {
	return fmt.Sprintf("%s-%d", m.Ticket, m.Seq), nil
}

// reached is how everybody who is paged is reached here: no service hears of it.
func reached(ctx context.Context, n bots.PageNotice, _ bool) (string, error) { return "", n.Still(ctx) }

func (pinboard) ShowIncident(_ context.Context, c bots.IncidentCard, _ []string, _ bool) (string, error) {
	return c.Incident.ID.String(), nil
}
func (pinboard) Announce(_ context.Context, a bots.Announcement, _ string, _ bool) (string, error) {
	return a.Place + "/" + a.Key, nil
}
func (pinboard) Page(_ context.Context, n bots.PageNotice, _ string, _ bool) (string, error) {
	return fmt.Sprintf("%s-page-%d-%d", n.Card.Ticket.ID, n.Page.Number, n.Call.Ring), nil
}
