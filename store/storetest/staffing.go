package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"tierline/ticket"
)

func staffPresence(t *testing.T, w *world) {
	ctx := ctxOf(t)
	lena := ticket.Actor{Kind: ticket.ByAgent, ID: "lena", Name: "Lena"}
	until := w.clock.Now().Add(time.Hour)
	away := ticket.Presence{Agent: "anna", Source: ticket.PresenceSelf, State: ticket.Away, Until: until, Reason: "lunch", By: lena}
	set := func(what string, p ticket.Presence, want bool, jobs ...ticket.Job) {
		t.Helper()
		equal(t, what, must(w.a.SetPresence(ctx, p, jobs...))(t), want)
	}
	set("away", away, true, ticket.StaffJob("anna", time.Time{}), ticket.StaffJob("anna", until))
	equal(t, "one job is due", len(claim(t, w.a, 10, ticket.JobStaff)), 1)
	drain(t, w.a)
	w.clock.Add(time.Second)
	set("away, again", away, false, ticket.StaffJob("bob", time.Time{}))
	equal(t, "no job of what is no news", len(claim(t, w.a, 10, ticket.JobStaff)), 0)
	away.Until = until.Add(time.Hour)
	set("for longer", away, true)
	set("slack says so beside it", ticket.Presence{Agent: "anna", Source: ticket.PresenceSlack, State: ticket.Away}, true)
	list := must(w.a.Presences(ctx))(t)
	equal(t, "rows", len(list), 2)
	equal(t, "since when", list[0].Since, w.clock.Now().Add(-time.Second))
	equal(t, "until when", list[0].Until, until.Add(time.Hour))
	// What has run out is news when it is said again.
	w.clock.Add(3 * time.Hour)
	away.Until = w.clock.Now().Add(time.Hour)
	set("once more", away, true)
	// The lead's word takes the place of one's own.
	set("back", ticket.Presence{Agent: "anna", Source: ticket.PresenceLead, State: ticket.Here, By: lena}, true)
	list = must(w.a.Presences(ctx))(t)
	equal(t, "rows", len(list), 2)
	equal(t, "state", list[0].State, ticket.Here)
	events := must(w.a.Events(ctx, 0, 0, 10))(t)
	equal(t, "in the history", len(events), 4)
	equal(t, "what", events[3].Kind+" "+events[3].Data["agent"]+" "+events[3].By.ID, "here anna lena")
	for _, bad := range []ticket.Presence{{}, {Agent: "anna", Source: ticket.PresenceSelf}, {Agent: "anna", State: ticket.Here}} {
		_, err := w.a.SetPresence(ctx, bad)
		kind(t, err, ticket.Invalid)
	}
}

// queued is a ticket of the tier l1 that has no owner.
func queued(t *testing.T, s Store, n int) ticket.ID {
	t.Helper()
	id := accept(t, s, mail(fmt.Sprintf("c%d@corp.example", n), fmt.Sprintf("<%d@x>", n)))[0].Ticket
	act(t, s, ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	return id
}

func handOut(s Store, t *testing.T, id ticket.ID, to string, o ticket.Offer) (ticket.Ticket, error) {
	return s.Act(ctxOf(t), ticket.Action{Kind: ticket.ActHandOut, Ticket: id, By: ticket.Gateway, Owner: to, Reason: "next in turn", Offer: &o})
}

func staffWorkload(t *testing.T, w *world) {
	ctx := ctxOf(t)
	var ids []ticket.ID
	for i := range 6 {
		ids = append(ids, queued(t, w.a, i))
	}
	must(handOut(w.a, t, ids[0], "anna", ticket.Offer{}))(t)
	first := must(w.a.Workloads(ctx, "l1", []string{"anna"}))(t)["anna"]
	must(handOut(w.a, t, ids[1], "anna", ticket.Offer{Turn: first.Last}))(t)
	act(t, w.a, ticket.Action{Kind: ticket.ActHold, Ticket: ids[1], Reason: "parts"})
	act(t, w.a, ticket.Action{Kind: ticket.ActAssign, Ticket: ids[2], Owner: "bob"})
	act(t, w.a, ticket.Action{Kind: ticket.ActAssign, Ticket: ids[3], Owner: "bob"})
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: ids[3], Diagnosis: "x"})
	loads := must(w.a.Workloads(ctx, "l1", nil))(t)
	equal(t, "people", len(loads), 2)
	equal(t, "anna's", fmt.Sprint(loads["anna"].Open, loads["anna"].Waiting), "1 1")
	equal(t, "bob's", fmt.Sprint(loads["bob"].Open, loads["bob"].Waiting), "1 0")
	equal(t, "two at one moment are told apart", loads["anna"].Last.After(first.Last), true)
	equal(t, "bob was handed nothing", loads["bob"].Last.IsZero(), true)
	only := must(w.a.Workloads(ctx, "", []string{"bob", "cem"}))(t)
	equal(t, "those named", len(only), 1)
	list := must(w.a.Waiting(ctx, "l1", 0))(t)
	equal(t, "waiting", fmt.Sprint(len(list), list[0].ID, list[1].ID), fmt.Sprint(2, ids[4], ids[5]))
	equal(t, "at most one", len(must(w.a.Waiting(ctx, "l1", 1))(t)), 1)
	equal(t, "of another tier", len(must(w.a.Waiting(ctx, "l2", 0))(t)), 0)
	// What was decided on what is no longer so is refused.
	_, err := handOut(w.a, t, ids[4], "anna", ticket.Offer{Turn: first.Last})
	kind(t, err, ticket.Conflict)
	_, err = handOut(w.a, t, ids[4], "bob", ticket.Offer{Room: 1})
	kind(t, err, ticket.Conflict)
	equal(t, "nothing has happened", must(w.a.Ticket(ctx, ids[4]))(t).Owner, "")
	must(handOut(w.a, t, ids[4], "bob", ticket.Offer{Room: 2}))(t)
}

// staffHandedOut: however many hand out at once, nobody gets more than they can take, and no ticket has two owners.
func staffHandedOut(t *testing.T, w *world) {
	const tickets, workers, room = 24, 6, 5
	ctx, b := ctxOf(t), w.open(w.clock.Now)
	var ids []ticket.ID
	for i := range tickets {
		ids = append(ids, queued(t, w.a, i))
	}
	var mu sync.Mutex
	given := map[ticket.ID]string{}
	together(workers, func(worker int) {
		s := []Store{w.a, b}[worker%2]
		for i := range ids {
			id := ids[(i+worker)%len(ids)]
			for _, agent := range []string{"anna", "bob"} {
				loads, err := s.Workloads(ctx, "l1", []string{agent})
				if err != nil {
					t.Error(err)
					return
				}
				k, err := handOut(s, t, id, agent, ticket.Offer{Room: room, Turn: loads[agent].Last})
				if ticket.KindOf(err) == ticket.Conflict {
					continue
				} else if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if was := given[id]; was != "" && was != k.Owner {
					t.Errorf("%s has two owners: %s and %s", id, was, k.Owner)
				}
				given[id] = k.Owner
				mu.Unlock()
			}
		}
	})
	for agent, l := range must(w.a.Workloads(ctx, "l1", nil))(t) {
		if l.Open > room {
			t.Errorf("%s has %d tickets, and can take %d", agent, l.Open, room)
		}
	}
	owned := 0
	for _, id := range ids {
		if must(w.a.Ticket(ctx, id))(t).Owner != "" {
			owned++
		}
	}
	if owned == 0 || owned != len(given) {
		t.Errorf("%d tickets are owned, %d were given", owned, len(given))
	}
}
