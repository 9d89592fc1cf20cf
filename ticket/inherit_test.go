package ticket

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// owedDesk plays a desk by what the package decides: what the store does with it is played, too.
type owedDesk struct {
	t       *testing.T
	seed    uint64
	now     time.Time
	tickets []*Ticket
	msgs    map[ID][]Message
	events  []Event
	jobs    []Job
	owed    map[string]bool // by a text of its own: whether it is still owed
	done    map[ActionKind]int
}

func (d *owedDesk) ticket(id ID) *Ticket {
	for _, t := range d.tickets {
		if t.ID == id {
			return t
		}
	}
	return nil
}

func (d *owedDesk) open() {
	t := &Ticket{ID: ID(len(d.tickets) + 1), Rev: 1, State: Open, Channel: "email", Customer: 7, Tier: "l1", Owner: "anna", Opened: d.now}
	d.msgs[t.ID] = said(t, 2, "joe@example.org")
	d.tickets = append(d.tickets, t)
}

// apply does something, as the store does: it is done whole, or refused.
func (d *owedDesk) apply(a Action) bool {
	a.By = anna
	var fx Effects
	var err error
	if a.Kind.Moves() {
		fx, err = d.transfer(a)
	} else {
		fx, err = d.ticket(a.Ticket).Apply(a, d.now)
	}
	switch k := KindOf(err); {
	case err == nil:
		d.done[a.Kind]++
	case k != Invalid && k != Conflict && k != NotFound:
		d.t.Fatalf("seed %d: %s: %v", d.seed, a.Kind, err)
	}
	for _, m := range fx.Moves {
		d.move(m)
	}
	for _, m := range fx.Messages {
		d.msgs[m.Ticket] = append(d.msgs[m.Ticket], m)
	}
	for _, list := range d.msgs {
		slices.SortFunc(list, func(a, b Message) int { return a.Seq - b.Seq })
	}
	d.events = append(d.events, fx.Events...)
	for _, j := range fx.Jobs {
		if j.Unique == "" || !slices.ContainsFunc(d.jobs, func(o Job) bool { return o.Unique == j.Unique }) {
			d.jobs = append(d.jobs, j)
		}
	}
	return err == nil
}

func (d *owedDesk) transfer(a Action) (Effects, error) {
	x := Transfer{From: d.ticket(a.Ticket), To: d.ticket(a.Other)}
	switch a.Kind {
	case ActSplit:
		x.To = &Ticket{ID: ID(len(d.tickets) + 1)}
	case ActUndo:
		x.Event = d.events[a.Event]
		into, from, err := x.Event.Moved()
		if err != nil {
			return Effects{}, err
		}
		x.From, x.To = d.ticket(from), d.ticket(into)
	}
	x.Said, x.There = d.msgs[x.From.ID], d.msgs[x.To.ID]
	fx, err := x.Apply(a, d.now)
	if err == nil && a.Kind == ActSplit {
		d.tickets = append(d.tickets, x.To)
	}
	return fx, err
}

func (d *owedDesk) move(mv Move) {
	m := d.msgs[mv.From.Ticket][mv.From.Seq-1]
	if mv.Back {
		d.msgs[mv.To.Ticket][mv.To.Seq-1].MovedTo = MessageID{}
	} else {
		m.Ticket, m.Seq, m.MovedFrom, m.MovedTo = mv.To.Ticket, mv.To.Seq, mv.Root, MessageID{}
		d.msgs[mv.To.Ticket] = append(d.msgs[mv.To.Ticket], m)
	}
	for id, list := range d.msgs {
		for i := range list {
			if me := (MessageID{id, list[i].Seq}); me != mv.To && list[i].Root() == mv.Root {
				list[i].MovedTo = mv.To
			}
		}
	}
}

// pass lets time go by, and does the jobs whose time has come.
func (d *owedDesk) pass(by time.Duration) {
	d.now = d.now.Add(by)
	for i := 0; i < len(d.jobs); i++ {
		j := d.jobs[i]
		if j.RunAt.After(d.now) || j.Kind != JobPromise && j.Kind != JobQuestion {
			continue
		}
		d.jobs = slices.Delete(d.jobs, i, i+1)
		a := Action{Kind: ActPromiseDue, Ticket: j.Ticket, Page: j.Seq, Step: j.Step, At: j.Moment()}
		if j.Kind == JobQuestion {
			a = Action{Kind: ActAskDue, Ticket: j.Ticket, Number: j.Seq}
		}
		d.apply(a)
		i = -1
	}
}

// step does one thing of those that are done at a desk.
func (d *owedDesk) step(rnd *rand.Rand) {
	t := d.tickets[rnd.IntN(len(d.tickets))]
	other := d.tickets[rnd.IntN(len(d.tickets))].ID
	name := fmt.Sprintf("thing %d", len(d.owed)+1)
	due := d.now.Add(time.Duration(1+rnd.IntN(300)) * time.Minute)
	var seqs []int
	for _, m := range d.msgs[t.ID] {
		if m.Kind != System && m.MovedTo.IsZero() && rnd.IntN(2) == 0 {
			seqs = append(seqs, m.Seq)
		}
	}
	owe := func(a Action) {
		if a.Ticket = t.ID; d.apply(a) {
			d.owed[name] = true
		}
	}
	end := func(name string, a Action) {
		if a.Ticket = t.ID; d.apply(a) {
			d.owed[name] = false
		} else if t.State != Closed {
			d.t.Fatalf("seed %d: %s: %s of %s was refused", d.seed, t.ID, a.Kind, name)
		}
	}
	switch n := rnd.IntN(30); {
	case n < 3 && len(d.tickets) < 6:
		d.open()
	case n < 5:
		owe(Action{Kind: ActPromise, Promise: &Promise{Kind: PromiseCallback, What: name, Due: due}})
	case n < 7:
		owe(Action{Kind: ActComplain, About: AboutPolicy, Policy: "returns", Reason: name, At: due})
	case n < 10:
		if d.apply(Action{Kind: ActNote, Ticket: t.ID, Text: "note for " + name}) {
			owe(Action{Kind: ActAsk, Seq: t.LastSeq, Owner: "ben", Text: name, At: due})
		}
	case n < 11:
		owe(Action{Kind: ActInform, Reason: name})
	case n < 12 && t.With() == nil:
		owe(Action{Kind: ActSupplier, Supply: &Supply{Supplier: "acme", Asked: name}})
	case n < 13 && len(t.OpenPromises()) > 0:
		if p := t.OpenPromises()[0]; p.Kind == PromiseCallback && rnd.IntN(2) == 0 {
			end(p.What, Action{Kind: ActKeep, Promise: &Promise{Number: p.Number}})
		} else if p.State == PromiseOpen {
			d.apply(Action{Kind: ActRepromise, Ticket: t.ID, Text: "later", Promise: &Promise{Number: p.Number, Due: due}})
		}
	case n < 14 && len(t.OpenComplaints()) > 0:
		k := t.OpenComplaints()[0]
		end(k.Words, Action{Kind: ActAmends, Number: k.Number, Text: "sorry"})
	case n < 15 && len(t.OpenQuestions()) > 0:
		q := t.OpenQuestions()[0]
		end(q.Text, Action{Kind: ActAnswer, Number: q.Number, Text: "it is so"})
	case n < 16 && t.Unheard() != nil:
		end(t.Unheard().Reason, Action{Kind: ActHeard})
	case n < 17 && t.With() != nil:
		end(t.With().Asked, Action{Kind: ActSupplied, Reason: "mended"})
	case n < 18:
		d.pass(time.Duration(rnd.IntN(200)) * time.Minute)
	case n < 19:
		d.apply(Action{Kind: ActWithdraw, Ticket: t.ID, Seq: t.LastSeq}) // mostly refused
	case n < 22:
		d.apply(Action{Kind: ActMerge, Ticket: t.ID, Other: other})
	case n < 24:
		d.apply(Action{Kind: ActMove, Ticket: t.ID, Other: other, Seqs: seqs})
	case n < 26:
		d.apply(Action{Kind: ActSplit, Ticket: t.ID, Seqs: seqs})
	case len(d.events) > 0:
		e := len(d.events) - 1 - rnd.IntN(min(len(d.events), 12))
		d.apply(Action{Kind: ActUndo, Ticket: t.ID, Event: int64(e)})
	}
	for id := range d.msgs { // what is on its way is not moved
		for i := range d.msgs[id] {
			if m := &d.msgs[id][i]; m.Delivery == Queued {
				m.Delivery = Sent
			}
		}
	}
}

// check finds everything that is owed in exactly one ticket that goes on, with a job that hears when it is due; and
// what is not owed any more nowhere.
func (d *owedDesk) check() {
	found := map[string]ID{}
	heard := func(kind JobKind, id ID, number int, at time.Time, what string) {
		if at.After(d.now) && !slices.ContainsFunc(d.jobs, func(j Job) bool {
			return j.Kind == kind && j.Ticket == id && j.Seq == number && j.RunAt.Equal(at)
		}) {
			d.t.Fatalf("seed %d: nobody hears in %s when %s is due", d.seed, id, what)
		}
	}
	for _, t := range d.tickets {
		add := func(what string) {
			if was, twice := found[what]; twice || t.MergedInto != 0 || !d.owed[what] {
				d.t.Fatalf("seed %d: %s is owed (%v) in %s (merged into %v) and %v", d.seed, what, d.owed[what], t.ID, t.MergedInto, was)
			}
			found[what] = t.ID
		}
		answers := map[int]string{}
		for _, p := range t.OpenPromises() {
			if answers[p.Number] = p.What; p.Kind != PromiseAnswer {
				add(p.What)
			}
			heard(JobPromise, t.ID, p.Number, p.Due, p.What)
		}
		for _, k := range t.OpenComplaints() {
			add(k.Words)
			if answers[k.Promise] != "returns: "+k.Words {
				d.t.Fatalf("seed %d: the answer to %s is promised by number %d, %q", d.seed, k.Words, k.Promise, answers[k.Promise])
			}
		}
		for _, q := range t.OpenQuestions() {
			add(q.Text)
			m := d.msgs[t.ID][q.Seq-1]
			if m.Text != "note for "+q.Text || !m.MovedTo.IsZero() {
				d.t.Fatalf("seed %d: %s is asked in %s of message %+v", d.seed, q.Text, t.ID, m)
			}
			if !q.Lead {
				heard(JobQuestion, t.ID, q.Number, q.Due, q.Text)
			}
		}
		for _, n := range t.Informed {
			if n.Heard.IsZero() && n.Gone.IsZero() {
				add(n.Reason)
			}
		}
		if with := t.With(); with != nil {
			add(with.Asked)
		}
	}
	for what, owed := range d.owed {
		if _, ok := found[what]; owed && !ok {
			d.t.Fatalf("seed %d: %s is lost", d.seed, what)
		}
	}
}

// TestNothingOwedIsLost merges, splits, moves and takes back at random, while people promise, complain, ask and
// answer, and time goes by.
func TestNothingOwedIsLost(t *testing.T) {
	t.Parallel()
	done := map[ActionKind]int{}
	for seed := range uint64(120) {
		d := &owedDesk{t: t, seed: seed, now: t0, msgs: map[ID][]Message{}, owed: map[string]bool{}, done: done}
		d.open()
		rnd := rand.New(rand.NewPCG(seed, 1))
		for range 80 {
			d.step(rnd)
			d.check()
		}
	}
	for _, k := range []ActionKind{ActMerge, ActSplit, ActMove, ActUndo, ActKeep, ActAmends, ActAnswer, ActHeard, ActSupplied, ActAskDue, ActPromiseDue} {
		if done[k] < 40 {
			t.Errorf("%s was done %d times only: %v", k, done[k], done)
		}
	}
}

// TestAnAnswerFollows: who was told of a question or a complaint before a merge is told where it goes on.
func TestAnAnswerFollows(t *testing.T) {
	t.Parallel()
	x := pair(1, 1)
	apply(t, x.From, Action{Kind: ActNote, By: anna, Text: "s. o."})
	apply(t, x.From, Action{Kind: ActAsk, By: anna, Seq: 2, Owner: "ben", Text: "what?", At: t0.Add(time.Hour)})
	apply(t, x.From, Action{Kind: ActComplain, By: anna, Policy: "returns", Reason: "too slow", At: t0.Add(time.Hour)})
	x.Said = append(x.Said, Message{Ticket: 1, Seq: 2, Kind: Note})
	if _, err := x.Apply(Action{Kind: ActMerge, Ticket: 1, Other: 2, By: anna}, t0.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	for _, k := range []ActionKind{ActAnswer, ActAmends} {
		if g := x.From.Went(k, 1); g != (Gone{2, 1}) {
			t.Errorf("%s goes to %+v", k, g)
		}
		if _, err := x.From.Apply(Action{Kind: k, By: anna, Number: 1, Text: "so"}, t0.Add(3*time.Minute)); err == nil || !strings.Contains(err.Error(), "T-2") {
			t.Errorf("%s in the ticket that was merged: %v", k, err)
		}
		if g := x.To.Went(k, 1); !g.IsZero() {
			t.Errorf("%s goes on from there to %+v", k, g)
		}
	}
	refused(t, *x.To, Action{Kind: ActKeep, By: anna, Promise: &Promise{Number: x.To.Complaints[0].Promise}}, Invalid) // it takes an answer
	if len(x.To.Asked(4)) != 1 || len(x.From.Asked(2)) != 0 {
		t.Errorf("asked: %+v and %+v", x.To.Questions, x.From.Questions)
	}
}

// TestTheWordOfBothIsMet: by when the customer of either was told that they hear, they do.
func TestTheWordOfBothIsMet(t *testing.T) {
	t.Parallel()
	x := pair(1, 1)
	said, later := t0.Add(time.Hour), t0.Add(2*time.Hour)
	x.From.Update, x.To.Update = &Update{Said: said}, &Update{Said: later, Due: later, From: t0}
	fx, err := x.Apply(Action{Kind: ActMerge, Ticket: 1, Other: 2, By: anna}, t0)
	if err != nil || !x.To.Update.Said.Equal(said) {
		t.Fatalf("%+v, %v", x.To.Update, err)
	}
	undo := Transfer{From: x.To, To: x.From, Event: fx.Events[0]}
	if _, err := undo.Apply(Action{Kind: ActUndo, Ticket: 1, By: anna}, t0); err != nil || !x.To.Update.Said.Equal(later) || !x.From.Update.Said.Equal(said) {
		t.Errorf("taken back: %+v, %+v, %v", x.To.Update, x.From.Update, err)
	}
}
