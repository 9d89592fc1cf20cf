package router

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tierline/ticket"
)

// TestNoTicketIsNobodysWithoutAClock: whatever people, customers and the gateway do, a ticket that is not done has an
// owner who works here, or waits with a clock running.
func TestNoTicketIsNobodysWithoutAClock(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		conf := desk7()
		for i := range conf.Tiers { // of some tiers little is measured
			conf.Tiers[i].Clocks = map[string]Clocks{"default": [...]Clocks{{First: time.Hour}, {Next: time.Hour}, {Resolution: 8 * time.Hour}, {Tier: 4 * time.Hour}, {Queue: time.Hour}}[r.IntN(5)]}
		}
		conf.Agents[0].Hours = ticket.Hours{Week: map[string]string{"mon": "09:00-12:00", "tue": "09:00-17:00"}}
		w, jobs := worldOf(t, &noKB{}, conf)
		a := attended(w, nil)
		a.Tool = nil
		people := []string{"anna", "bob", "cem", "lena", "marc"}
		var ids []ticket.ID
		for step := range 60 {
			if step%12 == 0 {
				n := len(ids)
				ids = append(ids, w.from(fmt.Sprintf("c%d@x.example", n%3), fmt.Sprintf("<%d@x>", n)))
				w.work(jobs)
			}
			id, by := ids[r.IntN(len(ids))], people[r.IntN(len(people))]
			act := ticket.Action{Ticket: id}
			switch r.IntN(14) {
			case 0:
				act.Kind = ticket.ActTake
			case 1:
				act.Kind, act.Owner = ticket.ActAssign, []string{"", "anna", "bob", "lena"}[r.IntN(4)]
			case 2:
				act.Kind, act.Text = ticket.ActReply, "Hello"
			case 3:
				act.Kind, act.Reason, act.Handoff = ticket.ActEscalate, "more", &ticket.Handoff{Problem: "x"}
			case 4:
				act.Kind, act.Reason = ticket.ActReturn, "which one?"
			case 5:
				act.Kind, act.Reason = ticket.ActHold, "parts"
			case 6:
				act.Kind, act.Diagnosis = ticket.ActSolve, "a leak"
			case 7:
				act.Kind = ticket.ActReopen
			case 8:
				act.Kind, act.Priority = ticket.ActSet, ticket.Urgent
			case 9:
				k := w.ticket(id)
				w.reply(k.Participants[0].Value, fmt.Sprintf("<r%d-%d@x>", seed, step), fmt.Sprintf("<%d@x>", slices.Index(ids, id)))
			case 10:
				_ = w.say("cem", by, ticket.Away, w.now.Add(time.Duration(1+r.IntN(90))*time.Minute))
			case 11:
				_ = w.say("cem", by, ticket.Here, time.Time{})
			case 12:
				w.pass(time.Duration(r.IntN(120)) * time.Minute)
				a.boundaries(t.Context())
			case 13:
				act.Kind = ticket.ActJoin
			}
			if act.Kind != "" { // what is not possible is refused, and changes nothing
				_, _ = w.desk.Act(t.Context(), w.desk.agent(by), act)
			}
			w.work(jobs)
			for _, id := range ids {
				k := w.ticket(id)
				clocked := slices.ContainsFunc(k.Clocks, func(c ticket.Clock) bool { return c.Running() })
				if !k.State.Done() && k.Owner == "" && !clocked {
					t.Fatalf("seed %d, step %d (%s): %s is nobody's, %s at %s, and no clock runs: %+v", seed, step, act.Kind, id, k.State, k.Tier, k.Clocks)
				}
			}
		}
		w.configure(func(c *Config) { c.Agents = c.Agents[2:] }) // two leave
		a.sweep(t.Context())
		w.work(jobs)
		for _, id := range ids {
			if k := w.ticket(id); !k.State.Done() && k.Owner != "" && len(w.desk.agent(k.Owner).Roles) == 0 {
				t.Fatalf("seed %d: %s belongs to %s, who has left", seed, id, k.Owner)
			}
		}
	}
}
