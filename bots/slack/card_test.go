package slackdesk

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// fakeBackend is a gateway that remembers what it was asked for.
type fakeBackend struct {
	bots.People // asked in stories with the router alone
	bots.Digests
	next []bots.NextShift
	replies
	mu     sync.Mutex
	agents []ticket.Agent
	tiers  []bots.Tier
	oncall []ticket.Agent
	card   bots.Card
	places map[string]ticket.ID
	acts   []ticket.Action
	keys   map[string]bool
	err    error // of the next Act
	md     string
	public bool
	named  []bots.Named // times that every answer names
	said   []ticket.Message
	past   []ticket.Case

	suppliers []bots.Supplier
	other     []ticket.Ticket // of the customer

	incident     bots.IncidentCard
	incidentActs []ticket.IncidentAction

	rosters    bots.RosterView
	rosterActs []ticket.RosterAction
	team       []bots.Member
	fits       []bots.Fit

	presences []ticket.Presence
	entered   []ticket.Inbound
	rows      int // of each list of an agenda, beside the first
}

func (f *fakeBackend) AgentBy(id, email string) (ticket.Agent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.agents {
		if id != "" && a.Slack == id || email != "" && a.Email == email {
			return a, nil
		}
	}
	return ticket.Agent{}, ticket.Errorf("fake", ticket.Denied, "You are not on the support team of this gateway.")
}

func (f *fakeBackend) ActIncident(_ context.Context, _ ticket.Agent, a ticket.IncidentAction) (ticket.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.incidentActs = append(f.incidentActs, a)
	return f.incident.Incident, f.err
}

func (f *fakeBackend) Incident(context.Context, ticket.Agent, ticket.IncidentID) (bots.IncidentCard, error) {
	return f.incident, nil
}

func (f *fakeBackend) Incidents(context.Context, ticket.Agent, ticket.IncidentFilter) ([]ticket.Incident, error) {
	return []ticket.Incident{f.incident.Incident}, nil
}

func (f *fakeBackend) Act(_ context.Context, by ticket.Agent, a ticket.Action) (ticket.Ticket, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.err; err != nil {
		f.err = nil
		return ticket.Ticket{}, err
	}
	if a.Key != "" && f.keys[a.Key] {
		return f.card.Ticket, nil
	}
	if err := by.May(a.Kind); err != nil {
		return ticket.Ticket{}, err
	}
	a.By = by.Actor()
	if f.keys == nil {
		f.keys = map[string]bool{}
	}
	f.keys[a.Key] = true
	f.acts = append(f.acts, a)
	return f.card.Ticket, nil
}

func (f *fakeBackend) done() []ticket.Action {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]ticket.Action(nil), f.acts...)
}

func (f *fakeBackend) failNext(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *fakeBackend) Card(context.Context, ticket.Agent, ticket.ID) (bots.Card, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.card, nil
}

func (f *fakeBackend) setCard(c bots.Card) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.card = c
}

func (f *fakeBackend) Redraw(context.Context, ticket.ID) error { return nil }

func (f *fakeBackend) Leads(string) []ticket.Agent { return nil }

func (f *fakeBackend) TicketAt(_ context.Context, at string) (ticket.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id := f.places[at]; id != 0 {
		return id, nil
	}
	return 0, ticket.E("fake", ticket.NotFound, nil)
}

func (f *fakeBackend) stand(at string, id ticket.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.places == nil {
		f.places = map[string]ticket.ID{}
	}
	f.places[at] = id
}

func (f *fakeBackend) Tickets(context.Context, ticket.Agent, ticket.Filter) ([]ticket.Ticket, error) {
	return append([]ticket.Ticket{f.card.Ticket}, f.other...), nil
}

func (f *fakeBackend) Messages(_ context.Context, _ ticket.Agent, _ ticket.ID, after, limit int) (list []ticket.Message, _ error) {
	for _, m := range f.said {
		if m.Seq > after && len(list) < limit {
			list = append(list, m)
		}
	}
	return list, nil
}
func (f *fakeBackend) Unbacked(context.Context, ticket.Agent, ticket.ID, string) ([]bots.Named, error) {
	return f.named, nil
}
func (f *fakeBackend) Wording(_ context.Context, _ ticket.Agent, _ ticket.ID, what string) (string, error) {
	return "wording of " + what, nil
}
func (f *fakeBackend) Agenda(context.Context, ticket.Agent, bots.AgendaFilter) (bots.Agenda, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := ticket.Listing{Tickets: slices.Repeat([]ticket.Ticket{f.card.Ticket}, max(1, f.rows)), Count: 1 + f.rows}
	a := ticket.Agenda{Mine: l, Late: l, Free: l}
	if len(f.card.Ticket.OpenPromises()) > 0 {
		a.Promised = l
	}
	if f.card.Ticket.Page != nil {
		a.Paged = l
	}
	return bots.Agenda{Agenda: a, Page: 8, Skip: map[ticket.AgendaList]int{ticket.ListMine: 8}, Tiers: f.tiers, Owners: map[string]ticket.Agent{f.card.Ticket.Owner: f.card.Owner}}, nil
}
func (f *fakeBackend) Find(_ context.Context, _ ticket.Agent, text string, _ int) ([]ticket.Ticket, map[ticket.ID]string, error) {
	if text == "nothing" {
		return nil, nil, nil
	}
	return []ticket.Ticket{f.card.Ticket}, map[ticket.ID]string{f.card.Ticket.ID: "C0L1/1.2"}, nil
}
func (f *fakeBackend) Articles(context.Context, ticket.Agent, string) ([]ticket.Suggestion, bool, error) {
	return f.card.Ticket.Suggestions, f.card.Ticket.Fits, nil
}
func (f *fakeBackend) Customers(context.Context, ticket.Agent, string) ([]customer.Customer, error) {
	return []customer.Customer{f.card.Customer}, nil
}
func (f *fakeBackend) Dossier(context.Context, ticket.Agent, customer.ID) (bots.Dossier, error) {
	return bots.Dossier{Customer: f.card.Customer, Organization: f.card.Organization, Cases: f.card.Cases, Units: f.card.Ticket.Units}, nil
}
func (f *fakeBackend) History(context.Context, ticket.Agent, string) (bots.Unit, []ticket.Case, error) {
	return bots.Unit{Unit: customer.Unit{Serial: "SN-100200", Model: "R2"}, Cases: 4}, f.card.Cases, nil
}
func (f *fakeBackend) Place(_ context.Context, id ticket.ID) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for at, of := range f.places {
		if of == id {
			return at, nil
		}
	}
	return "", nil
}
func (f *fakeBackend) Past(_ context.Context, _ ticket.Agent, _ ticket.ID, from int) (bots.Past, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := bots.Past{From: from, All: len(f.past), Places: map[ticket.ID]string{}}
	p.Cases = f.past[from:min(len(f.past), from+bots.PastPage)]
	return p, nil
}
func (f *fakeBackend) Draft(context.Context, ticket.Agent, bots.ArticleDraft) (string, error) {
	return "draft-1", nil
}
func (f *fakeBackend) Enter(_ context.Context, _ ticket.Agent, in ticket.Inbound, _ string) (ticket.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.entered = append(f.entered, in)
	return f.card.Ticket.ID, nil
}
func (f *fakeBackend) Concerned(context.Context, ticket.ID) (agents, tiers []string, err error) {
	return nil, nil, nil
}
func (f *fakeBackend) Policies() []string         { return []string{"returns", "prices"} }
func (f *fakeBackend) Suppliers() []bots.Supplier { return f.suppliers }
func (f *fakeBackend) Tiers() []bots.Tier         { return f.tiers }
func (f *fakeBackend) Guides(context.Context, ticket.Ticket) (*bots.Guide, []bots.Guide, error) {
	return f.card.Guide, f.card.Guides, nil
}
func (f *fakeBackend) ETA(context.Context, ticket.Ticket) (ticket.ETA, error) { return f.card.ETA, nil }
func (f *fakeBackend) OnCall(context.Context, string, time.Time) ([]ticket.Agent, error) {
	return f.oncall, nil
}
func (f *fakeBackend) Team(context.Context, ticket.Agent) ([]bots.Member, error) { return f.team, nil }
func (f *fakeBackend) SetPresence(_ context.Context, _ ticket.Agent, p ticket.Presence) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.presences = append(f.presences, p)
	return nil
}
func (f *fakeBackend) Fitting(context.Context, ticket.Agent, ticket.ID) ([]bots.Fit, error) {
	return f.fits, nil
}
func (f *fakeBackend) Next(_ context.Context, by ticket.Agent, key string) (ticket.Ticket, error) {
	return f.Act(context.Background(), by, ticket.Action{Kind: ticket.ActTake, Key: key})
}
func (f *fakeBackend) ArticleText(context.Context, ticket.Agent, string) (string, string, bool, error) {
	return "Reset the **device**", f.md, f.public, nil
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func (b *fakeBackend) NextShifts(context.Context, ticket.Agent) ([]bots.NextShift, error) {
	return b.next, nil
}

// sample is a card with everything on it.
func sample() bots.Card {
	return bots.Card{
		Ticket: ticket.Ticket{ID: 1042, Rev: 7, Subject: "Router reboots <every> hour", State: ticket.New, Priority: ticket.High,
			Channel: "email", Language: "de", Tier: "l1", Customer: 5, Units: []string{"SN-100200"}, Tags: []string{"hardware"},
			Reasons: []string{"rule warranty: the unit is in warranty", "nobody is free: queue"}, Fits: true, Opened: noon,
			Suggestions: []ticket.Suggestion{{Article: "reset-router", Title: "Reset the router", Score: 0.82},
				{Article: "swap", Title: "Swap a power supply", Score: 0.41, Internal: true, Verdict: "used"}}},
		Customer: customer.Customer{ID: 5, Name: "Ada <!channel> Lovelace", Identities: []customer.Identity{
			{Kind: customer.Email, Value: "ada@example.org"}, {Kind: customer.Chat, Value: "0f3a"}}},
		Organization: customer.Organization{Name: "Analytical & Co", Plan: "gold"},
		Tier:         bots.Tier{Name: "l1", Title: "Level 1", Level: 1, Place: "support-l1"},
		Units:        []bots.Unit{{Unit: customer.Unit{Serial: "SN-100200", Model: "R2", WarrantyUntil: noon.AddDate(1, 0, 0)}, Cases: 4, Lemon: true}},
		LastSaid: ticket.Message{Ticket: 1042, Seq: 1, Kind: ticket.Public, Direction: ticket.In, Channel: "email", At: noon,
			Author: ticket.Actor{Kind: ticket.ByCustomer, Name: "Ada Lovelace"}, Text: "It reboots.\n\n@here please help <!here>",
			Attachments: []ticket.Attachment{{Name: "log.txt", Size: 2048}}},
		Tried:   []string{"power cycle: no change"},
		Cases:   []ticket.Case{{ID: 1001, Subject: "Router dead", State: ticket.Closed, Diagnosis: "power supply", Opened: noon.AddDate(0, -2, 0), Relation: "unit"}},
		PageLog: []string{"12:01 Chloé is rung", "12:03 Chloé declined: on a train"},
		URL:     "https://console.example/tickets/T-1042",
		Thread:  "https://sim.example/archives/C0L1/p1",
	}
}

func TestCardsAsTheyAre(t *testing.T) {
	t.Parallel()
	c := sample()
	golden(t, "card_new", cardBlocks(c, consoleLinks(c)))
	c.Ticket.State, c.Ticket.Owner, c.Owner.Name, c.Ticket.Diagnosis = ticket.Solved, "anna", "Anna Schmidt", "power supply"
	c.Ticket.Suggestions = nil
	golden(t, "card_solved", cardBlocks(c, consoleLinks(c)))
	m := sample().LastSaid
	blocks, _, _ := messageBlocks(c, m)
	golden(t, "message_customer", blocks)
	m.Direction, m.Delivery, m.Problem, m.Author.Name = ticket.Out, ticket.Failed, "mailbox full", "Anna"
	m.Text = "Hello **Ada**,\n- step one\n- [guide](https://help.example/x)"
	blocks, _, _ = messageBlocks(c, m)
	golden(t, "message_failed", blocks)
	p := bots.PageNotice{Card: sample(), Call: ticket.PageCall{Kind: ticket.CallRing}, To: ticket.Agent{ID: "chloe"}, Page: ticket.Page{Number: 2, State: ticket.PageRinging, Severity: ticket.High, Tier: "l2", Reason: "third reboot, angry customer",
		By: ticket.Actor{Name: "Anna Schmidt"}}}
	golden(t, "page", pageBlocks(p, "Level 2"))
	golden(t, "reply", replyForm(answer{card: sample(), by: ticket.Agent{Languages: []string{"en"}}, m: meta{Ticket: 1042, Rev: 7, Channel: "C1"},
		d:  draft{text: "**Hi**", preview: &bots.Preview{Channel: "email", Subject: "Re: it", To: []string{"ada@example.org"}, Text: "**Hi**"}},
		in: bots.Answering{Macros: []bots.Macro{{Article: "ask-photo", Title: "Ask for a photo", Fits: true}}, Languages: []string{"de", "en"}, Tomorrow: noon, Zone: "Europe/Berlin"}}))
}

// A mail need not say its sender's name, and a visitor's random id is none.
func TestTheCardNamesTheCustomerAsWellAsItCan(t *testing.T) {
	t.Parallel()
	mail := customer.Identity{Kind: customer.Email, Value: "ada@example.org"}
	visitor := customer.Identity{Kind: customer.Chat, Value: "0f3a"}
	named := customer.Identity{Kind: customer.Email, Value: mail.Value, Name: "Countess"}
	for _, c := range []struct {
		record customer.Customer
		from   customer.Identity
		name   string
		also   string
	}{
		{customer.Customer{Name: "Ada", Identities: []customer.Identity{mail}}, named, "Ada", mail.Value},
		{customer.Customer{Identities: []customer.Identity{mail}}, named, "Countess", mail.Value},
		{customer.Customer{Identities: []customer.Identity{visitor, mail}}, visitor, mail.Value, ""},
		{customer.Customer{}, mail, mail.Value, ""},
		{customer.Customer{}, visitor, "Visitor", ""},
		{customer.Customer{}, customer.Identity{}, "Somebody unknown", ""},
	} {
		card := bots.Card{Customer: c.record, LastSaid: ticket.Message{From: c.from}}
		name := nameOf(card)
		if also := identities(card, name); name != c.name || also != c.also {
			t.Errorf("%+v writing as %+v is %q, also %q", c.record, c.from, name, also)
		}
	}
}

func TestWhoIsInCopyIsShown(t *testing.T) {
	t.Parallel()
	c := sample()
	c.Ticket.Participants = []customer.Identity{c.Customer.Identities[0], {Kind: customer.Email, Value: "boss@customer.example", Name: "The Boss"}}
	for range 5 {
		c.Ticket.Participants = append(c.Ticket.Participants, customer.Identity{Kind: customer.Email, Value: "x@customer.example"})
	}
	if got := inCopy(c); got != "The Boss, x@customer.example, x@customer.example, x@customer.example, and 2 more" {
		t.Error(got)
	}
}

func TestReferencesSurviveTheButton(t *testing.T) {
	t.Parallel()
	for _, r := range []ref{{1, 2, 3, 0}, {Ticket: 1042}, {Ticket: 7, Seq: 12}} {
		if got, ok := parseRef(r.String()); !ok || got != r {
			t.Errorf("%v came back as %v", r, got)
		}
	}
	for _, bad := range []string{"", "x", "0.1.1", "-1.1.1", "1.1"} {
		if r, ok := parseRef(bad); ok {
			t.Errorf("%q was taken as %v", bad, r)
		}
	}
	if id, a, ok := parseArticleBlock(articleBlock(7, "how:to")); !ok || id != 7 || a != "how:to" {
		t.Errorf("article block came back as %v %q", id, a)
	}
}

// Rosters and what is done to them, as the test sets them.
func (f *fakeBackend) Rosters(context.Context, ticket.Agent, time.Time, time.Time) (bots.RosterView, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rosters, nil
}

func (f *fakeBackend) ActRoster(_ context.Context, by ticket.Agent, a ticket.RosterAction) (ticket.RosterChange, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.err; err != nil {
		f.err = nil
		return ticket.RosterChange{}, err
	}
	a.By = by.Actor()
	f.rosterActs = append(f.rosterActs, a)
	a.Change.From = time.Unix(1_900_000_000, 0)
	return a.Change, nil
}

func (f *fakeBackend) ActRosterKey(context.Context, ticket.Actor, ticket.RosterAction) (ticket.RosterChange, error) {
	return ticket.RosterChange{}, nil
}

func (f *fakeBackend) Fairness(context.Context, ticket.Agent, string, time.Time, time.Time) (bots.Fairness, error) {
	return bots.Fairness{}, nil
}
