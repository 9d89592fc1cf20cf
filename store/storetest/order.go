package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/ticket"
)

// holders notes who holds a job of which key, and complains when two do, or when those of one producer
// (Step) come in another order than they were enqueued. Between producers who enqueue at the same time there is no order.
type holders struct {
	t    testing.TB
	mu   sync.Mutex
	held map[string]int64
	done map[string]map[int]ticket.Job // the newest of each producer, by key
	all  int
}

func (h *holders) take(j ticket.Job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if other := h.held[j.Key]; other != 0 {
		h.t.Errorf("job %d was handed out while %d of the same key %s is held", j.ID, other, j.Key)
	}
	h.held[j.Key] = j.ID
	if d, ok := h.done[j.Key][j.Step]; ok && (d.ID >= j.ID || d.Seq >= j.Seq) {
		h.t.Errorf("job %d was handed out after %d of the same key %s and producer was done", j.ID, d.ID, j.Key)
	}
}

// give is called before the store is told, so that nobody else can be seen to hold the key too early.
func (h *holders) give(j ticket.Job, done bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.held, j.Key)
	if !done {
		return
	}
	h.all++
	if h.done[j.Key] == nil {
		h.done[j.Key] = map[int]ticket.Job{}
	}
	h.done[j.Key][j.Step] = j
}

// orderAtOnce has producers, claimers and failures at work on few keys through two gateways.
func orderAtOnce(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const producers, each, claimers, keys = 3, 40, 4, 5
	h := &holders{t: t, held: map[string]int64{}, done: map[string]map[int]ticket.Job{}}
	var left atomic.Int64
	left.Store(producers * each)
	var wg sync.WaitGroup
	for p := range producers {
		wg.Go(func() {
			for i := range each {
				j := job(fmt.Sprint("k", i%keys), i)
				j.Step = p
				if err := gates[p%2].Enqueue(ctxOf(t), j); err != nil {
					t.Error(err)
					left.Store(0)
					return
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for c := range claimers {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(1, uint64(c)))
			s := gates[c%2]
			for left.Load() > 0 && ctx.Err() == nil && !t.Failed() {
				jobs, err := s.Claim(ctx, nil, 1+rnd.IntN(4), time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				for _, j := range jobs {
					h.take(j)
				}
				for _, j := range jobs {
					if rnd.IntN(4) == 0 {
						h.give(j, false)
						err = s.Retry(ctx, j, w.clock.Now(), "again")
					} else {
						h.give(j, true)
						err = s.Finish(ctx, j)
						left.Add(-1)
					}
					if err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wg.Wait()
	equal(t, "jobs done", h.all, producers*each)
	rest := must(w.a.Jobs(ctxOf(t), "", 0, 0))(t)
	equal(t, "jobs left", len(rest), 0)
}

// orderProperty plays random histories against a model that is small enough to be seen to be right.
func orderProperty(t *testing.T, w *world) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	gates := []Store{w.a, w.open(w.clock.Now)}
	m := &model{jobs: map[int64]*ticket.Job{}}
	for step := range 300 {
		s := gates[rnd.IntN(2)]
		what := m.step(t, rnd, s, w.clock)
		if t.Failed() {
			t.Fatalf("seed %d, step %d: %s", seed, step, what)
		}
	}
}

// model is the contract of the outbox in the plainest words.
type model struct {
	jobs map[int64]*ticket.Job
	last int64
}

func (m *model) ids(state ticket.JobState) []int64 {
	var out []int64
	for id, j := range m.jobs {
		if j.State == state {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// claimable lists what a claim must give, best first.
func (m *model) claimable(now time.Time) []int64 {
	front := map[string]*ticket.Job{}
	var out []int64
	for _, j := range m.jobs {
		if j.State == ticket.JobLeased && !j.Until.After(now) {
			j.State, j.RunAt = ticket.JobReady, now
		}
	}
	for _, id := range append(m.ids(ticket.JobLeased), m.ids(ticket.JobReady)...) {
		j := m.jobs[id]
		if f := front[j.Key]; f == nil {
			front[j.Key] = j // leased ones come first here, then the lowest number
		}
	}
	for _, j := range front {
		if j.State == ticket.JobReady && !j.RunAt.After(now) {
			out = append(out, j.ID)
		}
	}
	slices.SortFunc(out, func(a, b int64) int {
		if d := m.jobs[a].Priority - m.jobs[b].Priority; d != 0 {
			return d
		}
		return int(a - b)
	})
	return out
}

func (m *model) step(t testing.TB, rnd *rand.Rand, s Store, c *Clock) string {
	t.Helper()
	pick := func(list []int64) *ticket.Job {
		if len(list) == 0 {
			return nil
		}
		return m.jobs[list[rnd.IntN(len(list))]]
	}
	leased, dead := pick(m.ids(ticket.JobLeased)), pick(m.ids(ticket.JobDead))
	// A lease that has run out may be good still or not: the model does not use it.
	if leased != nil && !leased.Until.After(c.Now()) {
		leased = nil
	}
	switch n := rnd.IntN(100); {
	case n < 30:
		return m.add(t, rnd, s, c)
	case n < 55:
		return m.claim(t, rnd, s, c)
	case n < 70 && leased != nil:
		ok(t, s.Finish(ctxOf(t), *leased))
		delete(m.jobs, leased.ID)
		return "finish"
	case n < 78 && leased != nil:
		at := c.Now().Add(time.Duration(rnd.IntN(20)) * time.Second)
		ok(t, s.Retry(ctxOf(t), *leased, at, "again"))
		leased.State, leased.RunAt = ticket.JobReady, at
		return "retry"
	case n < 86 && leased != nil:
		ok(t, s.Bury(ctxOf(t), *leased, "dead"))
		leased.State = ticket.JobDead
		return "bury"
	case n < 92 && dead != nil:
		ok(t, s.Revive(ctxOf(t), dead.ID))
		dead.State, dead.RunAt, dead.Attempts = ticket.JobReady, c.Now(), 1
		return "revive"
	case n < 94 && dead != nil:
		ok(t, s.Drop(ctxOf(t), dead.ID, ticket.Gateway))
		delete(m.jobs, dead.ID)
		return "drop"
	}
	c.Add(time.Duration(rnd.IntN(15)) * time.Second)
	return "time passes"
}

func (m *model) add(t testing.TB, rnd *rand.Rand, s Store, c *Clock) string {
	j := ticket.Job{Kind: "test", Key: fmt.Sprint("k", rnd.IntN(4)), Priority: rnd.IntN(3) * 10}
	if rnd.IntN(4) == 0 {
		j.RunAt = c.Now().Add(time.Duration(rnd.IntN(20)) * time.Second)
	}
	ok(t, s.Enqueue(ctxOf(t), j))
	got := must(s.Jobs(ctxOf(t), "", m.last, 0))(t)
	equal(t, "one more job", len(got), 1)
	waits := ticket.JobReady
	if j.RunAt.After(c.Now()) {
		waits = ticket.JobScheduled
	}
	equal(t, "state of what was added", got[0].State, waits)
	got[0].State = ticket.JobReady // to the outbox it is the same
	m.last = got[0].ID
	m.jobs[m.last] = &got[0]
	return "add"
}

func (m *model) claim(t testing.TB, rnd *rand.Rand, s Store, c *Clock) string {
	t.Helper()
	limit := 1 + rnd.IntN(4)
	want := m.claimable(c.Now())
	want = want[:min(limit, len(want))]
	jobs := must(s.Claim(ctxOf(t), nil, limit, time.Duration(5+rnd.IntN(20))*time.Second))(t)
	var got []int64
	for _, j := range jobs {
		got = append(got, j.ID)
		if old := m.jobs[j.ID]; old != nil {
			equal(t, "attempts", j.Attempts > old.Attempts, true)
		}
		m.jobs[j.ID] = &j
	}
	if !slices.Equal(got, want) {
		t.Errorf("claimed %v, want %v", got, want)
	}
	return "claim"
}

// exactlyOnce has two gateways share the work of many tickets; every job's work is a commit of its
// own action, some workers are slow, and nothing is done twice.
func exactlyOnce(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const tickets = 40
	var batch []ticket.Inbound
	for i := range tickets {
		batch = append(batch, mail("ann@corp.example", fmt.Sprint(i)))
	}
	accept(t, w.a, batch...)
	var done atomic.Int64
	together(4, func(n int) {
		s := gates[n%2]
		rnd := rand.New(rand.NewPCG(2, uint64(n)))
		for done.Load() < tickets && !t.Failed() {
			jobs, err := s.Claim(ctxOf(t), []ticket.JobKind{ticket.JobRoute}, 5, 10*time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			if len(jobs) == 0 || rnd.IntN(3) == 0 { // sleeps until its leases are over
				w.clock.Add(3 * time.Second)
			}
			for _, j := range jobs {
				_, err := s.Act(ctxOf(t), ticket.Action{Kind: ticket.ActNote, Ticket: j.Ticket, Text: "routed", Job: j,
					By: ticket.Gateway})
				switch {
				case err == nil:
					done.Add(1)
				case ticket.KindOf(err) != ticket.Conflict:
					t.Error(err)
				}
			}
		}
	})
	for _, k := range must(w.a.Tickets(ctxOf(t), ticket.Filter{Limit: 100}))(t) {
		equal(t, "notes of "+k.ID.String(), k.LastSeq, 2)
	}
}

// reviveAtOnce revives a job in the moment in which the one in front of it is finished.
func reviveAtOnce(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	for round := range 25 {
		key := fmt.Sprint("k", round)
		ok(t, w.a.Enqueue(ctxOf(t), job(key, 1), job(key, 2)))
		dead := claim(t, w.a, 1)[0]
		ok(t, w.a.Bury(ctxOf(t), dead, ""))
		front := claim(t, w.a, 1)[0]
		together(2, func(n int) {
			var err error
			if n == 0 {
				err = w.a.Finish(ctxOf(t), front)
			} else {
				err = b.Revive(ctxOf(t), dead.ID)
			}
			if err != nil {
				t.Error(err)
			}
		})
		got := claim(t, w.a, 10)
		equal(t, "the revived one", seqs(got), key+"1 ")
		ok(t, w.a.Finish(ctxOf(t), got[0]))
	}
}

// scheduled are jobs that wait for their time; one that failed and waits for its next try is ready.
func scheduled(t *testing.T, w *world) {
	later := job("later", 1)
	later.RunAt = w.clock.Now().Add(time.Hour)
	ok(t, w.a.Enqueue(ctxOf(t), later, job("now", 2), job("again", 3)))
	for _, j := range claim(t, w.a, 10) {
		if j.Key == "again" {
			ok(t, w.a.Retry(ctxOf(t), j, w.clock.Now().Add(time.Hour), "no answer"))
		}
	}
	check := func(when string, want map[ticket.JobState]string) {
		t.Helper()
		_, counts, err := w.a.Counts(ctxOf(t))
		ok(t, err)
		for _, st := range ticket.JobStates() {
			list := must(w.a.Jobs(ctxOf(t), st, 0, 0))(t)
			equal(t, string(st)+" "+when, seqs(list), want[st])
			equal(t, "number "+string(st)+" "+when, counts.In(st), int64(len(list)))
			for _, j := range list {
				equal(t, "state of "+j.Key+" "+when, j.State, st)
			}
		}
	}
	check("before", map[ticket.JobState]string{ticket.JobScheduled: "later1 ", ticket.JobLeased: "now2 ", ticket.JobReady: "again3 "})
	w.clock.Add(time.Hour)
	check("when it is time", map[ticket.JobState]string{ticket.JobReady: "later1 again3 ", ticket.JobLeased: "now2 "})
	_, err := w.a.Jobs(ctxOf(t), "nonsense", 0, 0)
	kind(t, err, ticket.Invalid)
}
