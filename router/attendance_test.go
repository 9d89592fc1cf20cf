package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// tool tells what it is told to.
type tool struct {
	seen   map[string]bots.Seen
	groups map[string][]bots.Person
	err    error
}

func (t *tool) Seen(context.Context, []ticket.Agent) (map[string]bots.Seen, error) {
	return t.seen, t.err
}
func (t *tool) Groups(context.Context, []string) (map[string][]bots.Person, error) {
	return t.groups, t.err
}

func attended(w *world, tl *tool) *Attendance {
	a := &Attendance{Desk: w.desk, Tool: tl, Cursors: w.store, Log: slog.New(slog.DiscardHandler)}
	w.desk.Groups = a
	return a
}

func TestMembersOfAUserGroupStayWhileSlackIsAway(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Tiers[1].Members = []string{"@level1"}
	w, _ := worldOf(t, &noKB{}, conf)
	tl := &tool{groups: map[string][]bots.Person{"level1": {{ID: "U1", Email: "BOB@desk.example"}, {ID: "U2"}}}}
	a := attended(w, tl)
	expect := func(what, want string) {
		t.Helper()
		if got := ids(w.desk.Members("l1")); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("before Slack has told", "")
	if !a.learn(t.Context()) || a.learn(t.Context()) {
		t.Error("news once")
	}
	expect("as Slack tells", "bob")
	tl.err = errors.New("away")
	a.learn(t.Context())
	expect("while Slack is away", "bob")
	tl.err, tl.groups = nil, nil
	a.learn(t.Context())
	expect("when the group is gone", "bob")
	again := attended(w, &tool{err: errors.New("away")})
	again.recall(t.Context())
	expect("after a restart", "bob")
}

// What Slack says of a group holds at once, long before it would be asked again.
func TestAUserGroupThatChangesHoldsAtOnce(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Tiers[1].Members = []string{"@level1"}
	conf.Presence.Poll = time.Hour
	w, _ := worldOf(t, &noKB{}, conf)
	tl := &groupTool{told: make(chan []bots.Person, 1)}
	said := make(chan struct{}, 1)
	a := &Attendance{Desk: w.desk, Tool: tl, Changed: said, Cursors: w.store, Log: slog.New(slog.DiscardHandler)}
	w.desk.Groups = a
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for _, who := range []string{"bob", "cem", "anna"} {
		tl.told <- []bots.Person{{Email: who + "@desk.example"}}
		said <- struct{}{}
		for limit := time.Now().Add(30 * time.Second); ids(w.desk.Members("l1")) != who; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(limit) {
				t.Fatalf("%s is not the only member: %s", who, ids(w.desk.Members("l1")))
			}
		}
	}
}

// groupTool tells of one group what it was given last, each once.
type groupTool struct {
	tool
	told chan []bots.Person
	last []bots.Person
}

func (g *groupTool) Groups(context.Context, []string) (map[string][]bots.Person, error) {
	select {
	case g.last = <-g.told:
	default:
	}
	return map[string][]bots.Person{"level1": g.last}, nil
}

func TestHoursBeginAndEnd(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Presence.Grace = 10 * time.Minute
	for i := range conf.Agents {
		conf.Agents[i].Hours = ticket.Hours{Week: map[string]string{"mon": "10:00-17:00", "tue": "10:00-17:00"}}
	}
	conf.Agents[0].Hours = ticket.Hours{Week: map[string]string{"mon": "08:00-09:40", "tue": "10:00-17:00"}} // Anna
	conf.Agents[0].Capacity = 5
	w, jobs := worldOf(t, &noKB{}, conf)
	a := attended(w, nil)
	a.Tool = nil
	one, two, later := w.from("a@x.example", "<1@x>"), w.from("b@x.example", "<2@x>"), w.from("c@x.example", "<3@x>")
	w.work(jobs)
	if got := w.owners(one, two, later); got != "anna anna anna" {
		t.Fatalf("only Anna works at nine: %s", got)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: later, Text: "Which one?"}) // it waits for the customer: nothing of it is due
	w.pass(30 * time.Minute)
	a.boundaries(t.Context()) // Anna's end at 9:50 and the others' begin at 10:00 are within the half hour
	a.boundaries(t.Context())
	w.work(jobs)
	w.pass(15 * time.Minute)
	w.work(jobs)
	if got := w.owners(one, two); got != "anna anna" {
		t.Fatalf("within the grace: %s", got)
	}
	w.pass(6 * time.Minute) // 9:51
	w.work(jobs)
	if got := w.owners(one, two, later); got != "- - anna" {
		t.Fatalf("Anna has gone home, and nobody is there yet: %s", got)
	}
	w.pass(10 * time.Minute)
	w.work(jobs)
	for _, id := range []ticket.ID{one, two} {
		if got := w.owners(id); got != "bob" && got != "cem" {
			t.Errorf("the others have come: %s has %s", got, id)
		}
	}
}

func TestSlackShowsWhoIsAway(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Presence = Presence{Slack: true, Grace: 10 * time.Minute}
	w, jobs := worldOf(t, &noKB{}, conf)
	tl := &tool{seen: map[string]bots.Seen{"anna": {Here: true}, "bob": {}, "cem": {Reason: "do not disturb", Until: w.now.Add(time.Hour)}}}
	a := attended(w, tl)
	a.look(t.Context())
	w.work(jobs)
	id := w.from("a@x.example", "<1@x>")
	w.work(jobs)
	if got := w.owners(id); got != "anna" {
		t.Fatalf("who is away in Slack got a case: %s", got)
	}
	tl.seen["anna"], tl.seen["bob"] = bots.Seen{}, bots.Seen{Here: true}
	a.look(t.Context())
	w.work(jobs)
	w.pass(9 * time.Minute)
	a.look(t.Context())
	w.work(jobs)
	if got := w.owners(id); got != "anna" {
		t.Fatalf("a coffee is no absence: %s", got)
	}
	w.pass(time.Minute)
	w.work(jobs)
	if got := w.owners(id); got != "bob" {
		t.Fatalf("Anna has been away for ten minutes: %s", got)
	}
	if n, err := w.store.Jobs(t.Context(), ticket.JobDead, 0, 10); err != nil || len(n) > 0 {
		t.Errorf("dead jobs: %v %v", n, err)
	}
	tl.err = errors.New("away")
	a.look(t.Context()) // what was known holds
	w.work(jobs)
}

func TestWhoHasLeftIsFoundBySweeping(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, desk7())
	id := w.from("a@x.example", "<1@x>")
	w.work(jobs)
	if got := w.owners(id); got != "anna" {
		t.Fatal(got)
	}
	w.configure(func(c *Config) { c.Agents = c.Agents[1:] })
	a := attended(w, nil)
	a.Tool = nil
	a.sweep(t.Context())
	w.work(jobs)
	if got := w.owners(id); got == "anna" || got == "-" {
		t.Errorf("somebody who has left owns %s", got)
	}
	if line := w.lastLine(id); line != fmt.Sprintf("Taken back: anna does not work here any more. %s has it now: 0 of 2 cases, is next in turn.", w.desk.agent(w.owners(id)).Name) {
		t.Error(line)
	}
}
