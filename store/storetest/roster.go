package storetest

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tierline/ticket"
)

func agentOf(id string) ticket.Actor { return ticket.Actor{Kind: ticket.ByAgent, ID: id, Name: id} }

// begin makes a change of now plus hours.
func begin(t testing.TB, w *world, a ticket.RosterAction, from, to int) ticket.RosterChange {
	t.Helper()
	now := w.clock.Now()
	a.Change.From, a.Change.To = now.Add(time.Duration(from)*time.Hour), now.Add(time.Duration(to)*time.Hour)
	if a.Change.Kind == ticket.RosterSwap {
		a.Change.BackFrom, a.Change.BackTo = a.Change.To, a.Change.To.Add(time.Hour)
	}
	c, err := ticket.BeginRoster(a, now)
	ok(t, err)
	return c
}

func rosterChanges(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	drain(t, w.a)
	r := must(w.a.Roster(ctx, w.clock.Now()))(t)
	equal(t, "version", r.Version, 0)
	swap := begin(t, w, ticket.RosterAction{By: agentOf("ann"), Change: ticket.RosterChange{Kind: ticket.RosterSwap, Tier: "l2", Person: "ann", With: "bob"}}, 10, 20)
	off := begin(t, w, ticket.RosterAction{By: agentOf("ann"), Change: ticket.RosterChange{Kind: ticket.RosterOff, Person: "ann", Reason: "Holiday\x00"}}, 1, 2)
	made := must(w.a.PutRoster(ctx, ticket.RosterEdit{Seen: 0, Changes: []ticket.RosterChange{swap, off}, Key: "k1"}))(t)
	equal(t, "ids", fmt.Sprint(made[0].ID, made[1].ID, made[0].Version), "1 2 1")

	r = must(b.Roster(ctx, w.clock.Now()))(t) // another gateway sees it
	equal(t, "changes", len(r.Changes), 2)
	equal(t, "version", r.Version, 1)
	equal(t, "kind", r.Changes[0].Kind, ticket.RosterSwap)
	if !r.Changes[0].BackTo.Equal(swap.BackTo) || !r.Changes[0].From.Equal(swap.From) {
		t.Fatalf("times: %+v", r.Changes[0])
	}
	_, err := b.PutRoster(ctx, ticket.RosterEdit{Seen: 0, Changes: []ticket.RosterChange{off}})
	kind(t, err, ticket.Conflict)
	again := must(b.PutRoster(ctx, ticket.RosterEdit{Seen: 1, Changes: []ticket.RosterChange{off}, Key: "k1"}))(t)
	equal(t, "the same key", again[0].ID, 1)

	c := r.Changes[0]
	ok(t, c.Answer(ticket.RosterAction{Do: ticket.RosterAgree, By: agentOf("bob")}, w.clock.Now()))
	must(b.PutRoster(ctx, ticket.RosterEdit{Seen: 1, Changes: []ticket.RosterChange{c}}))(t)
	c = must(w.a.RosterChange(ctx, 1))(t)
	equal(t, "state", c.State, ticket.RosterStands)
	equal(t, "version", c.Version, 2)
	_, err = w.a.RosterChange(ctx, 99)
	kind(t, err, ticket.NotFound)
	_, err = w.a.PutRoster(ctx, ticket.RosterEdit{Seen: 2, Changes: []ticket.RosterChange{{ID: 99}}})
	kind(t, err, ticket.NotFound)

	var history []string
	for _, e := range must(w.a.Events(ctx, 0, 0, 10))(t) {
		history = append(history, e.Kind+" "+e.By.ID+" "+e.Data["change"])
	}
	equal(t, "history", fmt.Sprint(history), "[roster_ask ann 1 roster_make ann 2 roster_agree bob 1]")
	jobs := claim(t, w.a, 10)
	var told []string
	for _, j := range jobs {
		told = append(told, fmt.Sprint(j.Kind, " ", j.Seq, ".", j.Step))
	}
	equal(t, "jobs", fmt.Sprint(told), "[roster_news 1.1 roster_news 2.1 roster_news 1.2 roster_tick 0.0 digest_tick 0.0]")

	w.clock.Add(3 * time.Hour)
	r = must(w.a.Roster(ctx, w.clock.Now()))(t)
	equal(t, "what is over is not listed", len(r.Changes), 1)
	r = must(w.a.Roster(ctx, w.clock.Now().Add(-3*time.Hour)))(t)
	equal(t, "but it is kept", len(r.Changes), 2)
}

// Many take one cover at once, at two gateways: one has it.
func rosterRace(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	c := begin(t, w, ticket.RosterAction{By: agentOf("ann"), Change: ticket.RosterChange{Kind: ticket.RosterCover, Tier: "l2", Person: "ann"}}, 1, 2)
	must(w.a.PutRoster(ctx, ticket.RosterEdit{Changes: []ticket.RosterChange{c}}))(t)
	var taken atomic.Int32
	together(8, func(i int) {
		s := []Store{w.a, b}[i%2]
		for {
			r, err := s.Roster(ctx, w.clock.Now())
			if err != nil {
				t.Error(err)
				return
			}
			c := r.Changes[0]
			if c.Answer(ticket.RosterAction{Do: ticket.RosterTake, By: agentOf(fmt.Sprint("p", i))}, w.clock.Now()) != nil {
				return
			}
			_, err = s.PutRoster(ctx, ticket.RosterEdit{Seen: r.Version, Changes: []ticket.RosterChange{c}})
			if err == nil {
				taken.Add(1)
				return
			}
			if ticket.KindOf(err) != ticket.Conflict {
				t.Error(err)
				return
			}
		}
	})
	equal(t, "taken", taken.Load(), 1)
	r := must(b.Roster(ctx, w.clock.Now()))(t)
	equal(t, "version", r.Version, 2)
	equal(t, "history", len(r.Changes[0].Log), 2)
}

func rosterPass(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	ok(t, w.a.Enqueue(ctx, job("", 1), job("", 2)))
	jobs := claim(t, w.a, 2)
	m := ticket.Mark{Name: "mark", Now: "1"}
	ok(t, w.a.Pass(ctx, jobs[0], m, job("", 3)))
	kind(t, w.a.Pass(ctx, jobs[0], ticket.Mark{Name: "mark", Was: "1", Now: "2"}, job("", 4)), ticket.Conflict)
	kind(t, b.Pass(ctx, jobs[1], m, job("", 5)), ticket.Conflict)
	kind(t, b.Pass(ctx, jobs[1], ticket.Mark{Name: "mark", Was: "0", Now: "2"}, job("", 5)), ticket.Conflict)
	equal(t, "mark", must(w.a.Cursor(ctx, "mark"))(t), "1")
	ok(t, b.Pass(ctx, jobs[1], ticket.Mark{Name: "mark", Was: "1", Now: "2"}))
	equal(t, "mark", must(w.a.Cursor(ctx, "mark"))(t), "2")
	equal(t, "what follows", seqs(claim(t, b, 9)), "3 ")
}

func rosterFeeds(t *testing.T, w *world) {
	ctx := ctxOf(t)
	f := must(w.a.PutFeed(ctx, ticket.RosterFeed{Agent: "ann"}))(t)
	g := must(w.a.PutFeed(ctx, ticket.RosterFeed{Agent: "ann", Tier: "l2"}))(t)
	equal(t, "feed", must(w.a.Feed(ctx, g.ID))(t).Tier, "l2")
	kind(t, w.a.RevokeFeed(ctx, f.ID, "bob", agentOf("bob")), ticket.NotFound)
	ok(t, w.a.RevokeFeed(ctx, f.ID, "ann", agentOf("ann")))
	kind(t, w.a.RevokeFeed(ctx, f.ID, "ann", agentOf("ann")), ticket.NotFound)
	_, err := w.a.Feed(ctx, f.ID)
	kind(t, err, ticket.NotFound)
	list := must(w.a.Feeds(ctx, "ann"))(t)
	if len(list) != 1 || list[0].ID != g.ID || list[0].Made.IsZero() {
		t.Fatalf("feeds: %+v", list)
	}
	ok(t, w.a.RevokeFeed(ctx, g.ID, "", agentOf("lea")))
	h := must(w.a.PutFeed(ctx, ticket.RosterFeed{Agent: "ann"}))(t)
	if h.ID <= g.ID {
		t.Fatalf("the number of a revoked feed is given again: %d", h.ID)
	}
}

func rosterPages(t *testing.T, w *world) {
	ctx := ctxOf(t)
	from := w.clock.Now()
	id := accept(t, w.a, mail("ann@shop.example", "1"))[0].Ticket
	for range 2 {
		act(t, w.a, ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: "l2", Reason: "help", Plan: ticket.ChainPlan(0, "slack", "bob")})
		k := must(w.a.Ticket(ctx, id))(t)
		act(t, w.a, ticket.Action{Kind: ticket.ActAccept, Ticket: id, Page: k.Page.Number, By: agentOf("bob")})
		w.clock.Add(time.Hour)
	}
	act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: `"kind":"accept"`})
	equal(t, "pages taken", must(w.a.PagesTaken(ctx, from, w.clock.Now()))(t)["bob"], 2)
	equal(t, "later", must(w.a.PagesTaken(ctx, from.Add(time.Minute), w.clock.Now()))(t)["bob"], 1)
}
