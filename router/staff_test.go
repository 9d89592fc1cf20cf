package router

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// desk7 hands out at level 1, to three people, and takes at level 2.
func desk7() Config {
	c := desk5()
	c.Agents = append(c.Agents, ticket.Agent{ID: "bob", Name: "Bob", Email: "bob@desk.example", Roles: []ticket.Role{ticket.RoleAgent}},
		ticket.Agent{ID: "cem", Name: "Cem", Email: "cem@desk.example", Roles: []ticket.Role{ticket.RoleAgent, ticket.RoleLead}})
	for i := range c.Tiers {
		c.Tiers[i].Clocks = map[string]Clocks{"default": {First: 4 * time.Hour, Next: 4 * time.Hour, Resolution: 24 * time.Hour}}
		if c.Tiers[i].Name == "l1" {
			c.Tiers[i].Assign, c.Tiers[i].Capacity = AssignRobin, 2
		}
	}
	return c
}

func (w *world) from(address, external string) ticket.ID {
	w.t.Helper()
	acc, err := w.store.Accept(w.t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: external,
		From: customer.Identity{Kind: customer.Email, Value: address}, Subject: "It leaks", Text: "Help"}})
	if err != nil {
		w.t.Fatal(err)
	}
	return acc[0].Ticket
}

// owners are who owns tickets, in their order, with "-" for nobody.
func (w *world) owners(ids ...ticket.ID) string {
	var list []string
	for _, id := range ids {
		owner := w.ticket(id).Owner
		if owner == "" {
			owner = "-"
		}
		list = append(list, owner)
	}
	return strings.Join(list, " ")
}

// lastLine is what the gateway wrote last into a thread.
func (w *world) lastLine(id ticket.ID) (line string) {
	w.t.Helper()
	msgs, err := w.store.Messages(w.t.Context(), id, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range msgs {
		if m.Kind == ticket.System {
			line = m.Text
		}
	}
	return line
}

// reply is another mail of a customer.
func (w *world) reply(address, external, to string) {
	w.t.Helper()
	_, err := w.store.Accept(w.t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: external, Text: "Hello?",
		From: customer.Identity{Kind: customer.Email, Value: address}, Threads: []ticket.ThreadKey{{By: "references", Key: to}}}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) say(by, agent string, state ticket.PresenceState, until time.Time) error {
	return w.desk.SetPresence(w.t.Context(), w.desk.agent(by), ticket.Presence{Agent: agent, State: state, Until: until})
}

func TestTicketsAreHandedOut(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, desk7())
	var ids []ticket.ID
	for i := range 8 {
		ids = append(ids, w.from(fmt.Sprintf("c%d@x.example", i), fmt.Sprintf("<%d@x>", i)))
		w.work(jobs)
		w.pass(time.Second)
	}
	expect := func(what, want string) {
		t.Helper()
		if got := w.owners(ids...); got != want {
			t.Fatalf("%s: %s, want %s", what, got, want)
		}
	}
	expect("in turn, two each", "anna bob cem anna bob cem - -")
	if k := w.ticket(ids[0]); k.OwnerWhy != "0 of 2 cases, is next in turn" || k.State != ticket.New {
		t.Errorf("why Anna: %q, %s", k.OwnerWhy, k.State)
	}
	if k := w.ticket(ids[6]); k.OwnerWhy != "waits: everybody of Level 1 who is here has as many cases as they can take" {
		t.Errorf("why nobody: %q", k.OwnerWhy)
	}
	w.act("bob", ticket.Action{Kind: ticket.ActReply, Ticket: ids[1], Text: "Hello"})
	w.work(jobs)
	expect("Bob waits for his customer, and can take the oldest", "anna bob cem anna bob cem bob -")
	w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: ids[0], Reason: "beyond me", Handoff: &ticket.Handoff{Problem: "x"}})
	w.work(jobs)
	expect("Anna has handed one over to a tier that hands nothing out", "- bob cem anna bob cem bob anna")
	w.from("c9@x.example", "<9@x>")
	w.work(jobs)
	w.act("lena", ticket.Action{Kind: ticket.ActReturn, Ticket: ids[0], Reason: "which unit?"})
	w.work(jobs)
	expect("what comes back to who wrote it is theirs, full or not", "anna bob cem anna bob cem bob anna")
}

func TestWhoGoesAwayIsRelieved(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, desk7())
	w.configure(func(c *Config) { c.Agents[0].Capacity = 10 })
	for _, id := range []string{"bob", "cem"} {
		if err := w.say(id, id, ticket.Away, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	due, promised, waits, later := w.from("a@x.example", "<1@x>"), w.from("b@x.example", "<2@x>"), w.from("c@x.example", "<3@x>"), w.from("d@x.example", "<4@x>")
	w.work(jobs)
	for _, id := range []ticket.ID{promised, waits, later} {
		w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Hello"})
	}
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: promised, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, What: "call", Due: w.now.Add(2 * time.Hour)}})
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: later, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, Due: w.now.Add(48 * time.Hour)}})
	if err := w.say("bob", "bob", ticket.Here, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	w.rec.notes = nil
	if err := w.say("cem", "anna", ticket.Away, w.now.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if got := w.owners(due, promised, waits, later); got != "bob bob anna anna" {
		t.Fatalf("what is due before Anna is back: %s", got)
	}
	line := w.lastLine(due)
	if line != "Taken back: Anna is away until 3 Mar 09:00 UTC. Bob has it now: 0 of 2 cases." && line != "Taken back: Anna is away until 3 Mar 09:00 UTC. Bob has it now: 1 of 2 cases." {
		t.Errorf("the thread: %q", line)
	}
	var told []string
	for _, n := range w.rec.notes {
		if n.Handover {
			told = append(told, n.To.ID)
		}
	}
	if strings.Join(told, " ") != "bob bob" {
		t.Errorf("told: %v", told)
	}
	// Nothing more happens when the job comes again.
	before := w.ticket(due).Rev
	if err := w.store.Enqueue(t.Context(), ticket.StaffJob("anna", time.Time{})); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if k := w.ticket(due); k.Rev != before {
		t.Errorf("taken back twice: %+v", k)
	}
	// The customer writes to one whose owner is away: somebody who is there answers.
	w.pass(time.Minute)
	w.reply("c@x.example", "<5@x>", "<3@x>")
	if err := w.say("cem", "cem", ticket.Here, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if got := w.owners(waits); got != "cem" {
		t.Errorf("a case whose owner is away: %s", got)
	}
	// Anna does not work here any more: nothing is left with her.
	w.configure(func(c *Config) { c.Agents = c.Agents[1:] })
	if err := w.store.Enqueue(t.Context(), ticket.StaffJob("anna", time.Time{})); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if got := w.owners(later); got == "anna" {
		t.Error("somebody who has left owns a ticket")
	}
}

func TestWhoComesBackIsHandedWhatWaits(t *testing.T) {
	t.Parallel()
	w, jobs := worldOf(t, &noKB{}, desk7())
	for _, id := range []string{"anna", "bob", "cem"} {
		if err := w.say("cem", id, ticket.Away, w.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	first, urgent, last := w.from("a@x.example", "<1@x>"), w.from("b@x.example", "<2@x>"), w.from("c@x.example", "<3@x>")
	w.work(jobs)
	w.act("cem", ticket.Action{Kind: ticket.ActPromise, Ticket: urgent, Promise: &ticket.Promise{Kind: ticket.PromiseUpdate, Due: w.now.Add(10 * time.Minute)}})
	w.work(jobs)
	if got := w.owners(first, urgent, last); got != "- - -" {
		t.Fatalf("nobody is there: %s", got)
	}
	if err := w.say("anna", "anna", ticket.Here, time.Time{}); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	if got := w.owners(first, urgent, last); got != "anna anna -" {
		t.Fatalf("what is due first goes first: %s", got)
	}
	w.pass(time.Hour + time.Second)
	w.work(jobs)
	if got := w.owners(last); got != "bob" && got != "cem" {
		t.Fatalf("the time of the others has come: %s", got)
	}
	// Only leads speak for others, and what is said has its limits.
	for _, err := range []error{w.say("bob", "anna", ticket.Away, time.Time{}), w.say("cem", "nobody", ticket.Away, time.Time{}),
		w.say("bob", "bob", ticket.Away, w.now.Add(-time.Minute)), w.say("bob", "bob", ticket.Away, w.now.Add(10_000*time.Hour))} {
		if ticket.Explain(err) == "" || err == nil {
			t.Error("allowed")
		}
	}
}
