package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// tool tells what it is told to.
type tool struct {
	seen   map[string]bots.Seen
	groups map[string][]ticket.GroupMember
	quiet  map[string]time.Time
	err    error
}

func (t *tool) Seen(context.Context, []ticket.Agent) (map[string]bots.Seen, error) {
	return t.seen, t.err
}
func (t *tool) Groups(_ context.Context, known []ticket.UserGroup) (told []ticket.UserGroup, err error) {
	for _, g := range known {
		is := ticket.UserGroup{Name: g.Name, ID: "S-" + g.Name}
		var ok bool
		if is.Members, ok = t.groups[g.Name]; !ok {
			is.Fault = "there is no such user group in Slack"
		}
		told = append(told, is)
	}
	return told, t.err
}

func (t *tool) Quiet(_ context.Context, agents []ticket.Agent) (map[string]time.Time, error) {
	list := map[string]time.Time{}
	for _, a := range agents {
		if until, ok := t.quiet[a.ID]; ok {
			list[a.ID] = until
		}
	}
	return list, t.err
}

func attended(w *world, tl *tool) *Attendance {
	return &Attendance{Desk: w.desk, Tool: tl, Log: slog.New(slog.DiscardHandler)}
}

func TestMembersOfAUserGroupStayWhileSlackIsAway(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Tiers[1].Members = []string{"@level1"}
	w, _ := worldOf(t, &noKB{}, conf)
	tl := &tool{groups: map[string][]ticket.GroupMember{"level1": {{ID: "U1", Email: "BOB@desk.example"}, {ID: "U2"}}}}
	a := attended(w, tl)
	learn := func() bool {
		t.Helper()
		w.pass(time.Second)
		news, err := a.learn(t.Context())
		if (err != nil) != (tl.err != nil) {
			t.Error(err)
		}
		return news
	}
	expect := func(what, want string) {
		t.Helper()
		if got := ids(w.desk.Members("l1")); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	expect("before Slack has told", "")
	if a.Doubts(t.Context()) == nil {
		t.Error("that nothing is known of a group is not told")
	}
	if !learn() || learn() {
		t.Error("news once")
	}
	expect("as Slack tells", "bob")
	if err := a.Doubts(t.Context()); err != nil {
		t.Error(err)
	}
	tl.err = errors.New("away")
	learn()
	expect("while Slack is away", "bob")
	if err := a.Doubts(t.Context()); err != nil {
		t.Error(err)
	}
	w.pass(time.Hour)
	if err := a.Doubts(t.Context()); err == nil || !strings.Contains(err.Error(), "1h0m0s ago") {
		t.Errorf("that it was long ago is not told: %v", err)
	}
	expect("an hour later", "bob")
	again := attended(w, &tool{err: errors.New("away")})
	again.adopt(t.Context())
	expect("after a restart", "bob")
	tl.err, tl.groups = nil, nil
	if !learn() {
		t.Error("that the group is gone is news")
	}
	expect("when the group is gone", "")
	if err := a.Doubts(t.Context()); err == nil || !strings.Contains(err.Error(), "there is no such user group") || strings.Contains(ticket.Explain(err), "level1") {
		t.Errorf("that the group is gone is not told, or to everybody by name: %v", err)
	}
	tl.groups = map[string][]ticket.GroupMember{"level1": {{ID: "U1", Email: "bob@desk.example"}}}
	learn()
	again.adopt(t.Context())
	expect("another gateway has heard of it", "bob")
}

// What Slack says of a group holds at once, long before it would be asked again.
func TestAUserGroupThatChangesHoldsAtOnce(t *testing.T) {
	t.Parallel()
	conf := desk7()
	conf.Tiers[1].Members = []string{"@level1"}
	conf.Presence.Poll = time.Hour
	w, _ := worldOf(t, &noKB{}, conf)
	tl := &groupTool{told: make(chan []ticket.GroupMember, 1)}
	said := make(chan struct{}, 1)
	a := &Attendance{Desk: w.desk, Tool: tl, Changed: said, Log: slog.New(slog.DiscardHandler)}
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
		tl.told <- []ticket.GroupMember{{ID: "U-" + who, Email: who + "@desk.example"}}
		w.pass(time.Second) // what was asked later holds
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
	told chan []ticket.GroupMember
	last []ticket.GroupMember
}

func (g *groupTool) Groups(context.Context, []ticket.UserGroup) ([]ticket.UserGroup, error) {
	select {
	case g.last = <-g.told:
	default:
	}
	return []ticket.UserGroup{{Name: "level1", Members: g.last}}, nil
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
