//go:build !race

package bench

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/router"
	"tierline/router/alike"
	"tierline/store"
	"tierline/ticket"
)

const handedAgents = 100

// outbox is a store whose jobs are done one after the other, with a clock of its own.
type outbox struct {
	t     *testing.T
	store *store.Store
	desk  *router.Desk
	jobs  *router.Jobs
	now   time.Time
	last  int
}

func newOutbox(t *testing.T, conf router.Config) *outbox {
	t.Helper()
	live, err := router.NewLive(conf)
	if err != nil {
		t.Fatal(err)
	}
	o := &outbox{t: t, now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	clock := func() time.Time { return o.now }
	if o.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), Log: log, Policy: live, Now: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.store.Close(); err != nil {
			t.Error(err)
		}
	})
	o.desk = &router.Desk{Store: o.store, KB: o.store, Suggest: nothing{}, Live: live, Now: clock}
	o.jobs = &router.Jobs{Desk: o.desk, Senders: map[string]channels.Sender{}, Log: log}
	return o
}

// accept takes tickets in, each of another customer, and routes them without asking rules. Of what follows only
// jobs of one kind are left.
func (o *outbox) accept(many int, text func() string, keep ticket.JobKind) {
	o.t.Helper()
	var batch []ticket.Inbound
	for range many {
		o.last++
		batch = append(batch, ticket.Inbound{Channel: channels.Email, Inbox: "support", External: fmt.Sprintf("<%d@x>", o.last), Subject: "help", Text: text(),
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@gmail.com", o.last)}})
	}
	if _, err := o.store.Accept(o.t.Context(), batch); err != nil {
		o.t.Fatal(err)
	}
	for {
		jobs, err := o.store.Claim(o.t.Context(), nil, 500, time.Minute)
		if err != nil {
			o.t.Fatal(err)
		}
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			switch j.Kind {
			case ticket.JobRoute:
				m, err := o.store.Message(o.t.Context(), j.Ticket, 1)
				if err == nil {
					d := ticket.Decision{On: ticket.OnOpened, Tier: "l1", Queue: "l1", Print: &ticket.Print{Terms: alike.Terms(alike.Text{Text: m.Text})}}
					_, err = o.store.Act(o.t.Context(), ticket.Action{Kind: ticket.ActRoute, Ticket: j.Ticket, By: ticket.Gateway, Decision: &d, Job: j})
				}
				if err != nil {
					o.t.Fatal(err)
				}
			case keep:
				if err := o.store.Retry(o.t.Context(), j, o.now.Add(time.Minute), ""); err != nil {
					o.t.Fatal(err)
				}
			default:
				if err := o.store.Finish(o.t.Context(), j); err != nil {
					o.t.Fatal(err)
				}
			}
		}
	}
}

// drain does what is left, and says how long it took and for how many seconds it had the processors.
func (o *outbox) drain(count ticket.JobKind) (done int, took time.Duration, worked float64) {
	o.t.Helper()
	o.now = o.now.Add(time.Minute)
	d := o.jobs.Dispatcher(nil).Without(ticket.JobRoute, ticket.JobShow, ticket.JobPost, ticket.JobTell, ticket.JobStaff)
	start, before := time.Now(), processors()
	err := d.Drain(o.t.Context(), func(j ticket.Job) {
		if j.Kind == count {
			done++
		}
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return done, time.Since(start), processors() - before
}

// handOut: cases for a tier of a hundred agents, to whoever has the least to do.
func handOut(t *testing.T, tb *table, n amounts) {
	conf := router.Config{Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "x", Assign: router.AssignLoaded}}}
	for i := range handedAgents {
		conf.Agents = append(conf.Agents, ticket.Agent{ID: fmt.Sprintf("a%d", i), Name: fmt.Sprintf("A%d", i), Roles: []ticket.Role{ticket.RoleAgent},
			Languages: []string{[]string{"en", "de", "fr"}[i%3]}})
	}
	var rate, cost []float64
	for range n.runs {
		o := newOutbox(t, conf)
		o.accept(n.handed, func() string { return text }, ticket.JobAssign)
		done, took, worked := o.drain(ticket.JobAssign)
		loads, err := o.store.Workloads(context.WithoutCancel(t.Context()), "l1", nil)
		if err != nil {
			t.Fatal(err)
		}
		owned := 0
		for _, l := range loads {
			owned += l.Open
		}
		if done < n.handed || owned != n.handed {
			t.Fatalf("%d of %d cases were handed out, in %d jobs", owned, n.handed, done)
		}
		rate, cost = append(rate, float64(n.handed)/took.Seconds()), append(cost, 1000*worked/float64(n.handed))
	}
	tb.add(fmt.Sprintf("handing out to %d agents", handedAgents), "cases/s", "", rate)
	tb.add("… processors", "ms/case", "", cost)
}

// alikeCheck: is a fresh ticket one of many, among thousands that came within the window?
func alikeCheck(t *testing.T, tb *table, n amounts) {
	var few, much []float64
	o := newOutbox(t, router.Config{Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "x"}}})
	r := rand.New(rand.NewPCG(1, 2))
	said := func() string { // as many words as a mail has, the usual ones oftener
		words := make([]string, 30)
		for i := range words {
			words[i] = word(int(float64(5_000) * r.Float64() * r.Float64()))
		}
		return strings.Join(words, " ")
	}
	fill := func(many int, in time.Duration) {
		const batch = 500
		for done := 0; done < many; done += batch {
			o.accept(min(batch, many-done), said, "")
			o.now = o.now.Add(in * time.Duration(min(batch, many-done)) / time.Duration(many))
		}
	}
	measure := func(runs []float64) []float64 {
		for range n.runs {
			o.accept(n.asked, said, ticket.JobAlike)
			done, _, worked := o.drain(ticket.JobAlike)
			if done != n.asked {
				t.Fatalf("%d of %d tickets were compared", done, n.asked)
			}
			runs = append(runs, 1000*worked/float64(done))
		}
		return runs
	}
	recent := min(alike.MaxRecent, n.fresh)
	fill(min(alike.MaxBackground, n.fresh), 24*time.Hour)
	o.now = o.now.Add(2 * time.Hour)
	fill(recent, 10*time.Minute)
	few = measure(few)
	fill(n.fresh, 90*time.Minute)
	much = measure(much)
	tb.add(fmt.Sprintf("is it one of many, with %d fresh tickets", recent), "ms/ticket", "", few)
	tb.add(fmt.Sprintf("… with %d", recent+n.fresh), "ms/ticket", "flat", much)
}

// word is a made-up word of a number.
func word(n int) string {
	const consonants, vowels = "bdfgklmnprstvz", "aeiou"
	var b strings.Builder
	for n += 700; n > 0; n /= len(consonants) * len(vowels) {
		b.WriteByte(consonants[n%len(consonants)])
		b.WriteByte(vowels[n/len(consonants)%len(vowels)])
	}
	return b.String()
}
