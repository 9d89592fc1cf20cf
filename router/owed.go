package router

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// Complaints are about us: a lead owes an answer to each (practice: complaint-outlet).
type Complaints struct {
	Answer   time.Duration `yaml:"answer"`   // open time in which it is owed; default 16h
	Policies []string      `yaml:"policies"` // that agents choose from, by name; others are typed
	Silent   bool          `yaml:"silent"`   // the customer is not told that the lead has it, and by when they answer
}

// Abuse is what becomes of customers who abuse those who help them (practice: abuse). Every step is taken by a
// person; a block only by a lead.
type Abuse struct {
	Decay time.Duration `yaml:"decay"` // after which older steps count no more; default 2160h, 90 days
	Block time.Duration `yaml:"block"` // how long a block lasts; default 168h, 7 days; at most a year
}

// Questions are those that staff asks each other about notes (practice: return-for-rewrite).
type Questions struct {
	Answer time.Duration `yaml:"answer"` // open time that the writer has before the lead is asked; default 1h
}

const (
	defaultComplaint = 16 * time.Hour
	defaultDecay     = 90 * 24 * time.Hour
	defaultBlock     = 7 * 24 * time.Hour
	defaultQuestion  = time.Hour
	maxPolicies      = 90
)

func (c Config) checkOwed(at check.At) {
	for _, d := range []struct {
		section, key string
		is, most     time.Duration
	}{
		{"complaints", "answer", c.Complaints.Answer, ticket.MaxAhead}, {"abuse", "decay", c.Abuse.Decay, 10 * ticket.MaxAhead},
		{"abuse", "block", c.Abuse.Block, ticket.MaxAhead}, {"questions", "answer", c.Questions.Answer, ticket.MaxAhead},
	} {
		if d.is < 0 || d.is > d.most {
			at.Key(d.section).Key(d.key).Error("a duration such as 16h", "%s is not between 0 and %s", d.is, d.most)
		}
	}
	if n := len(c.Complaints.Policies); n > maxPolicies {
		at.Key("complaints").Key("policies").Error("", "%d policies; at most %d", n, maxPolicies)
	}
}

// Hint tells of what a configuration that works is probably missing.
func (c Config) Hint(at check.At) {
	said := slices.ContainsFunc(c.Tiers, func(t Tier) bool { return len(t.Updates.Every) > 0 }) // 0s is said, too
	if !said && len(c.Tiers) > 0 {
		at.Key("tiers").Index(0).Warn("updates: {every: {default: 24h}}", "customers hear nothing by themselves while their case is open: no tier has updates")
	}
}

// open is when so much open time has passed at a ticket's tier.
func (d *Desk) open(t ticket.Ticket, so time.Duration) time.Time {
	now := d.Now()
	if due := d.Live.Targets(&t).Calendar.Add(now, so); !due.IsZero() && due.Before(now.Add(ticket.MaxAhead)) {
		return due.Truncate(time.Microsecond)
	}
	return now.Add(so)
}

// Plan fills in what the configuration says of an action: how long an answer can be taken back, when a
// solved ticket is closed, by when something is owed, and what the customer is told of it.
func (d *Desk) Plan(ctx context.Context, a *ticket.Action) error {
	switch a.Kind {
	case ticket.ActPage, ticket.ActDecline, ticket.ActHand, ticket.ActPageDue:
		return d.planPage(ctx, a)
	case ticket.ActScript:
		return d.guide(ctx, a)
	case ticket.ActSupplier:
		if a.Supply != nil {
			return d.Config().fits(*a.Supply)
		}
		return nil
	case ticket.ActSet:
		a.Look = len(a.Units) > 0 && len(d.Config().Units.Lemon.Tell) > 0
		return nil
	case ticket.ActSolve:
		a.Wait = d.Config().Answers.CloseAfter
		return nil
	case ticket.ActReply, ticket.ActLaterNow, ticket.ActLaterDue, ticket.ActPromise, ticket.ActRepromise, ticket.ActUnpromise, ticket.ActComplain, ticket.ActAmends, ticket.ActAbuse,
		ticket.ActPostpone, ticket.ActAsk, ticket.ActAnswer:
	default:
		return nil
	}
	t, err := d.where(ctx, a)
	if err != nil {
		return err
	}
	if a.CloseIn = d.Config().Answers.CloseAfter; a.Kind == ticket.ActLaterDue { // it could be taken back until now
		return nil
	}
	a.Wait = d.Config().Answers.Undo[t.Channel]
	return d.planOwed(ctx, a, t)
}

// maxWent is how often a ticket was merged since somebody was told of what they are to answer in it.
const maxWent = 20

// where is the ticket that an action is about: an answer goes where what it answers has gone since it was asked.
func (d *Desk) where(ctx context.Context, a *ticket.Action) (t ticket.Ticket, err error) {
	for range maxWent {
		if t, err = d.Store.Ticket(ctx, a.Ticket); err != nil {
			return t, err
		}
		g := t.Went(a.Kind, a.Number)
		if g.IsZero() {
			break
		}
		a.Ticket, a.Number = g.Ticket, g.Number
	}
	return t, nil
}

func (d *Desk) planOwed(ctx context.Context, a *ticket.Action, t ticket.Ticket) error {
	s := d.speaker(t)
	switch a.Kind {
	case ticket.ActPromise:
		if p := a.Promise; p != nil && p.Tell && a.Text == "" && phrases["en"]["promise_"+string(p.Kind)] != "" {
			a.Text = s.due("promise_"+string(p.Kind), p.Due)
		}
	case ticket.ActRepromise:
		for _, p := range t.OpenPromises() {
			if a.Promise != nil && p.Number == a.Promise.Number && a.Text == "" && p.Kind != ticket.PromiseAnswer {
				a.Text = s.say("moved", map[string]any{"was": p.Due, "due": a.Promise.Due})
			}
		}
	case ticket.ActPostpone:
		if u := t.Update; u != nil && u.Said.After(s.now) && a.At.After(u.Said) && a.Text == "" {
			a.Text = s.say("update_later", map[string]any{"was": u.Said, "due": a.At})
		}
	case ticket.ActComplain:
		conf := d.Config().Complaints
		a.At = d.open(t, cmp.Or(conf.Answer, defaultComplaint))
		if a.Text = ""; !conf.Silent {
			a.Text = s.due("complaint", notBefore(a.At, tellRound))
		}
	case ticket.ActAbuse:
		conf := d.Config().Abuse
		a.Decay = cmp.Or(conf.Decay, defaultDecay)
		if a.Rung == customer.RungWarn && a.Text == "" {
			a.Text = s.say("warning", nil)
		}
		if a.Rung == customer.RungBlock && a.At.IsZero() {
			a.At = s.now.Add(cmp.Or(conf.Block, defaultBlock))
		}
	case ticket.ActAsk:
		return d.planQuestion(ctx, a, t)
	case ticket.ActAnswer:
		if a.Number > 0 && a.Number <= len(t.Questions) {
			a.Tier = d.teamOf(t.Questions[a.Number-1].To, t.Tier)
		}
	}
	return nil
}

// planQuestion finds out who wrote the note that is asked about, and by when an answer is due.
func (d *Desk) planQuestion(ctx context.Context, a *ticket.Action, t ticket.Ticket) error {
	m, err := d.Store.Message(ctx, t.ID, a.Seq)
	if err != nil {
		return err
	}
	if m.Kind != ticket.Note {
		return ticket.Errorf("router.Act", ticket.Invalid, "Only notes have a writer here who can be asked.")
	}
	if !m.MovedTo.IsZero() {
		return ticket.Errorf("router.Act", ticket.Invalid, "This note is %s now. Ask there.", m.MovedTo)
	}
	if m.Author.Kind == ticket.ByAgent && m.Author.ID == a.By.ID {
		return ticket.Errorf("router.Act", ticket.Invalid, "You wrote this note.")
	}
	a.Owner = ""
	if m.Author.Kind == ticket.ByAgent && len(d.agent(m.Author.ID).Roles) > 0 {
		a.Owner = m.Author.ID
	}
	a.At, a.Tier = d.open(t, cmp.Or(d.Config().Questions.Answer, defaultQuestion)), d.teamOf(a.Owner, t.Tier)
	return nil
}

// teamOf is the tier in which somebody works, or otherwise.
func (d *Desk) teamOf(agent, otherwise string) string {
	if agent == "" {
		return otherwise
	}
	for _, t := range d.Config().tiers() {
		if slices.ContainsFunc(d.Members(t.Name), func(a ticket.Agent) bool { return a.ID == agent }) {
			return t.Name
		}
	}
	return otherwise
}

// leadOnly are the steps of the abuse ladder that take a lead.
func leadOnly(a ticket.Action, by ticket.Agent) error {
	if a.Kind == ticket.ActAbuse && (a.Rung == customer.RungBlock || a.Rung == customer.RungClear) && by.Has(ticket.RightLead) != nil {
		return ticket.Errorf("router.Act", ticket.Denied, "Only a lead keeps a customer out, or takes that back.")
	}
	return nil
}

// askDue asks the lead about a note when its writer has not answered.
func (w *Jobs) askDue(ctx context.Context, j ticket.Job) error {
	t, err := w.store().Ticket(ctx, j.Ticket)
	if err != nil {
		return err
	}
	a := ticket.Action{Kind: ticket.ActAskDue, Ticket: j.Ticket, Number: j.Seq, By: ticket.Gateway, Job: j}
	if j.Seq > 0 && j.Seq <= len(t.Questions) {
		a.Tier = w.Desk.teamOf(t.Questions[j.Seq-1].To, t.Tier)
	}
	_, err = w.store().Act(ctx, a)
	return err
}
