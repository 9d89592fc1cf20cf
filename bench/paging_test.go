//go:build !race

package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tierline/channels"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/kb"
	"tierline/router"
	"tierline/router/pager"
	"tierline/store"
	"tierline/ticket"
)

// pagers is a gateway's outbox with the services that people are paged by.
type pagers struct {
	t     *testing.T
	store *store.Store
	desk  *router.Desk
	ids   []ticket.ID

	mu   sync.Mutex
	got  []delivery
	more chan struct{}
	slow func(person string) int // status; 0 hangs for the receiver's timeout
}

type delivery struct {
	ticket, person string
	ring           int
	at             time.Time
}

type nothing struct{}

func (nothing) Suggest(context.Context, kb.Question) (kb.Answer, error) { return kb.Answer{}, nil }

const pagedPeople = 50

// newPagers has so many tickets, of which each can be paged.
func newPagers(t *testing.T, db database, tickets int, steps func(person int) []router.PagingStep, limit pager.Limit) *pagers {
	t.Helper()
	p := &pagers{t: t, more: make(chan struct{}, 1)}
	srv := httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(srv.Close)
	conf := router.Config{Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "x"}}, Rules: []router.Rule{{Name: "all", Then: router.Then{Tier: "l1"}}},
		Paging: pager.Config{Limits: map[string]pager.Limit{"default": limit},
			Providers: map[string]pager.Webhook{"phone": {URL: secret.New(srv.URL), AllowPrivate: true, Timeout: 2 * time.Second}}}}
	for i := range pagedPeople {
		conf.Agents = append(conf.Agents, ticket.Agent{ID: fmt.Sprintf("p%d", i), Name: fmt.Sprintf("P%d", i), Roles: []ticket.Role{ticket.RoleLevel2}})
		conf.Tiers = append(conf.Tiers, router.Tier{Name: fmt.Sprintf("t%d", i), Level: 2, Channel: "x", Paging: router.Paging{Steps: steps(i)}})
	}
	live, err := router.NewLive(conf)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if p.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), DSN: db.dsn(), Log: log, Policy: live}); err != nil {
		t.Fatal(err)
	}
	p.desk = &router.Desk{Store: p.store, KB: p.store, Suggest: nothing{}, Live: live, Now: time.Now}
	jobs := &router.Jobs{Desk: p.desk, Senders: map[string]channels.Sender{}, Log: log}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- jobs.Dispatcher(nil).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-done, p.store.Close()); err != nil {
			t.Error(err)
		}
	})
	for i := range tickets {
		acc, err := p.store.Accept(t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: fmt.Sprintf("<%d@x>", i),
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@example.org", i)}, Subject: "It leaks", Text: text}})
		if err != nil {
			t.Fatal(err)
		}
		p.ids = append(p.ids, acc[0].Ticket)
	}
	p.until("the tickets to be routed", func() bool {
		list, err := p.store.Jobs(t.Context(), "", 0, 1)
		return err == nil && len(list) == 0
	})
	return p
}

func (p *pagers) serve(w http.ResponseWriter, r *http.Request) {
	at := time.Now()
	var m pager.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		p.t.Error(err)
	}
	p.mu.Lock()
	p.got = append(p.got, delivery{m.Ticket, m.Person.ID, m.Ring, at})
	slow := p.slow
	p.mu.Unlock()
	select {
	case p.more <- struct{}{}:
	default:
	}
	if slow != nil {
		if status := slow(m.Person.ID); status == 0 {
			<-r.Context().Done()
		} else {
			w.WriteHeader(status)
		}
	}
}

func (p *pagers) deliveries() []delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]delivery(nil), p.got...)
}

// until waits for something; deliveries wake it.
func (p *pagers) until(what string, ok func() bool) {
	p.t.Helper()
	end := time.After(2 * patience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-p.more:
		case <-tick.C:
		case <-end:
			p.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// page pages a tier for a ticket and says when that was committed.
func (p *pagers) page(id ticket.ID, tier int) time.Time {
	a := ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: fmt.Sprintf("t%d", tier), Reason: "water", Severity: ticket.Urgent, By: ticket.Gateway}
	err := p.desk.Plan(p.t.Context(), &a)
	if err == nil {
		_, err = p.store.Act(p.t.Context(), a)
	}
	if err != nil {
		p.t.Error(err)
	}
	return time.Now()
}

func onePhone(i int) []router.PagingStep {
	return []router.PagingStep{{Who: router.OneOrMore{fmt.Sprintf("agent:p%d", i)}, By: router.OneOrMore{"phone"}, Wait: time.Hour}}
}

// database is where the store keeps what is measured.
type database struct {
	name string
	dsn  func() string // of a fresh one; "" is SQLite
}

func pagingSQLite(t *testing.T, tb *table, n amounts) {
	paging(t, tb, n, database{"SQLite", func() string { return "" }})
}

func pagingPostgres(t *testing.T, tb *table, n amounts) {
	_ = peers.Postgres(t) // or it is left out
	paging(t, tb, n, database{"PostgreSQL", func() string { return peers.Postgres(t) }})
}

func paging(t *testing.T, tb *table, n amounts, db database) {
	pageLatency(t, tb, n, db)
	pageBurst(t, tb, n, db)
	pageSteps(t, tb, n, db)
	pageAnswered(t, tb, n, db)
}

// pageLatency: from the commit of a page to its receiver, at a steady rate.
func pageLatency(t *testing.T, tb *table, n amounts, db database) {
	var p50, p99 []float64
	for range n.runs {
		p := newPagers(t, db, n.pages, onePhone, pager.Limit{Every: time.Millisecond, Burst: 100})
		committed := map[string]time.Time{}
		tick := time.NewTicker(n.every)
		for i, id := range p.ids {
			<-tick.C
			committed[id.String()] = p.page(id, i%pagedPeople)
		}
		tick.Stop()
		p.until("all to be rung", func() bool { return len(p.deliveries()) >= len(p.ids) })
		var took []time.Duration
		for _, d := range p.deliveries() {
			took = append(took, max(0, d.at.Sub(committed[d.ticket])))
		}
		p50, p99 = append(p50, ms(quantile(took, .5))), append(p99, ms(quantile(took, .99)))
	}
	rate := fmt.Sprintf("%.0f/s", 1/n.every.Seconds())
	tb.add("page committed → receiver, "+rate+", "+db.name+", p50", "ms", "< 50", p50)
	tb.add("page committed → receiver, "+rate+", "+db.name+", p99", "ms", "< 500", p99)
}

// pageBurst: ten pages for each of fifty people at once, one person's receiver hangs.
func pageBurst(t *testing.T, tb *table, n amounts, db database) {
	var firsts, all []float64
	for range n.runs {
		p := newPagers(t, db, n.burst, onePhone, pager.Limit{})
		p.slow = func(person string) int {
			if person == "p7" {
				return 0
			}
			return http.StatusOK
		}
		start := time.Now()
		var wg sync.WaitGroup
		for i, id := range p.ids {
			wg.Go(func() { p.page(id, i%pagedPeople) })
		}
		wg.Wait()
		first, last, seen := map[string]time.Time{}, start, map[string]bool{}
		p.until("everybody to be rung for all", func() bool {
			clear(seen)
			for _, d := range p.deliveries() {
				if _, known := first[d.person]; !known {
					first[d.person] = d.at
				}
				if d.person != "p7" && !seen[d.ticket] {
					seen[d.ticket], last = true, maxTime(last, d.at)
				}
			}
			hung := 0
			for i := range p.ids {
				if i%pagedPeople == 7 {
					hung++
				}
			}
			return len(seen) >= len(p.ids)-hung && len(first) >= min(pagedPeople, len(p.ids))
		})
		slowest := start
		for _, at := range first {
			slowest = maxTime(slowest, at)
		}
		firsts, all = append(firsts, slowest.Sub(start).Seconds()), append(all, last.Sub(start).Seconds())
	}
	tb.add(fmt.Sprintf("%d pages for %d people at once, %s: everybody's first", n.burst, pagedPeople, db.name), "s", "< 2", firsts)
	tb.add("… all, but for one whose receiver hangs (one a second and person, 3 at once)", "s", "< 30", all)
}

func maxTime(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// pageSteps: by how much each step comes after its time, and whether that adds up.
func pageSteps(t *testing.T, tb *table, n amounts, db database) {
	wait := n.step
	five := func(i int) (steps []router.PagingStep) {
		for k := range 5 {
			steps = append(steps, router.PagingStep{Who: router.OneOrMore{fmt.Sprintf("agent:p%d", (i+k)%pagedPeople)}, By: router.OneOrMore{"phone"}, Wait: wait})
		}
		return steps
	}
	var p99, lastStep []float64
	for range n.runs {
		p := newPagers(t, db, n.chains, five, pager.Limit{Every: time.Millisecond, Burst: 100})
		for i, id := range p.ids {
			p.page(id, i%pagedPeople)
		}
		p.until("all steps", func() bool { return len(p.deliveries()) >= 5*len(p.ids) })
		rung := map[string]map[int]time.Time{}
		for _, d := range p.deliveries() {
			if rung[d.ticket] == nil {
				rung[d.ticket] = map[int]time.Time{}
			}
			rung[d.ticket][d.ring] = d.at
		}
		var late, last []time.Duration
		for _, at := range rung {
			for k := 2; k <= 5; k++ {
				by := max(0, at[k].Sub(at[k-1])-wait)
				late = append(late, by)
				if k == 5 {
					last = append(last, by)
				}
			}
		}
		p99, lastStep = append(p99, ms(quantile(late, .99))), append(lastStep, ms(quantile(last, .5)))
	}
	tb.add(fmt.Sprintf("step after its time, %d chains at once, %s, p99", n.chains, db.name), "ms", "< 500", p99)
	tb.add("… the fifth step, p50", "ms", "< 500", lastStep)
}

// pageAnswered: what goes out after an answer, while receivers say 503 and limits hold things back.
func pageAnswered(t *testing.T, tb *table, n amounts, db database) {
	var extra []float64
	for range n.runs {
		p := newPagers(t, db, n.burst, onePhone, pager.Limit{})
		p.slow = func(string) int { return http.StatusServiceUnavailable }
		for i, id := range p.ids {
			p.page(id, i%pagedPeople)
		}
		p.until("some to be rung", func() bool { return len(p.deliveries()) >= min(len(p.ids), pagedPeople) })
		answered := map[string]time.Time{}
		for i, id := range p.ids {
			by := p.desk.Config().Agents[i%pagedPeople].Actor()
			if _, err := p.store.Act(t.Context(), ticket.Action{Kind: ticket.ActAccept, Ticket: id, Page: 1, By: by}); err != nil {
				t.Fatal(err)
			}
			answered[id.String()] = time.Now()
		}
		p.until("nothing of the pages to be left", func() bool {
			list, err := p.store.Jobs(t.Context(), "", 0, 500)
			for _, j := range list {
				if j.Kind == ticket.JobPage {
					return false
				}
			}
			return err == nil
		})
		after := 0
		for _, d := range p.deliveries() {
			if d.at.After(answered[d.ticket]) {
				after++
			}
		}
		extra = append(extra, float64(after))
	}
	tb.add(fmt.Sprintf("deliveries after an answer, %d pages that were to be tried again, %s", n.burst, db.name), "", "0", extra)
}
