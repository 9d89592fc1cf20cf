package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tierline/ticket"
)

func claimOrder(t *testing.T, w *world) {
	soon := w.clock.Now().Add(time.Hour)
	ok(t, w.a.Enqueue(ctxOf(t),
		ticket.Job{Kind: "a", Priority: 20, Seq: 1}, ticket.Job{Kind: "b", Priority: 10, Seq: 2},
		ticket.Job{Kind: "a", Priority: 10, Seq: 3}, ticket.Job{Kind: "b", Priority: 0, Seq: 4, RunAt: soon},
		ticket.Job{Kind: "c", Priority: 10, Seq: 5, Payload: []byte(`{"x":1}`)}))
	equal(t, "first of kind a", seqs(claim(t, w.a, 1, "a")), "3 ")
	equal(t, "kinds a and c", seqs(claim(t, w.a, 5, "a", "c")), "5 1 ")
	equal(t, "no such kind", len(claim(t, w.a, 5, "z")), 0)
	all := claim(t, w.a, 5)
	equal(t, "the rest that is due", seqs(all), "2 ")
	due := must(w.a.NextDue(ctxOf(t)))(t)
	equal(t, "next due is the end of a lease", due, w.clock.Now().Add(time.Minute))
	w.clock.Add(time.Hour)
	equal(t, "best first", claim(t, w.a, 1)[0].Seq, 4)
	equal(t, "none wanted", len(claim(t, w.a, 0)), 0)
	_, err := w.a.Claim(ctxOf(t), nil, 1, 0)
	kind(t, err, ticket.Invalid)
	kind(t, w.a.Enqueue(ctxOf(t), ticket.Job{}), ticket.Invalid)
}

func claimKey(t *testing.T, w *world) {
	ok(t, w.a.Enqueue(ctxOf(t), job("k", 1), job("k", 2), job("l", 3)))
	ok(t, w.a.Enqueue(ctxOf(t), ticket.Job{Kind: "test", Key: "k", Seq: 4, Priority: 0}))
	got := claim(t, w.a, 10)
	equal(t, "one of each key", seqs(got), "k1 l3 ")
	equal(t, "no other while it is leased", len(claim(t, w.open(w.clock.Now), 10)), 0)
	ok(t, w.a.Finish(ctxOf(t), got[0]))
	got = claim(t, w.a, 10)
	equal(t, "the next, whatever its priority", seqs(got), "k2 ")
	kind(t, w.a.Finish(ctxOf(t), ticket.Job{ID: got[0].ID, Lease: "another"}), ticket.Conflict)
	kind(t, w.a.Finish(ctxOf(t), ticket.Job{ID: got[0].ID}), ticket.Conflict)
	ok(t, w.a.Finish(ctxOf(t), got[0]))
	equal(t, "the last", seqs(claim(t, w.a, 10)), "k4 ")
}

func retryHoldsKey(t *testing.T, w *world) {
	ok(t, w.a.Enqueue(ctxOf(t), job("k", 1), job("k", 2)))
	j := claim(t, w.a, 1)[0]
	later := w.clock.Now().Add(10 * time.Minute)
	ok(t, w.a.Retry(ctxOf(t), j, later, "no answer"))
	kind(t, w.a.Finish(ctxOf(t), j), ticket.Conflict)
	equal(t, "the second waits for the first", len(claim(t, w.a, 10)), 0)
	equal(t, "next due", must(w.a.NextDue(ctxOf(t)))(t), later)
	w.clock.Add(10 * time.Minute)
	again := claim(t, w.a, 10)
	equal(t, "the first again", seqs(again), "k1 ")
	equal(t, "attempts", again[0].Attempts, 2)
	equal(t, "error", again[0].Error, "no answer")
	ok(t, w.a.Retry(ctxOf(t), again[0], w.clock.Now(), "at once"))
	again = claim(t, w.a, 10)
	equal(t, "at once", again[0].Attempts, 3)
	ok(t, w.a.Bury(ctxOf(t), again[0], "given up"))
	equal(t, "a dead job holds up nothing", seqs(claim(t, w.a, 10)), "k2 ")
}

// noteStays notes what has become of a job, whatever ends its try: a retry, a lease that runs out, or
// a gateway that dies.
func noteStays(t *testing.T, w *world) {
	ok(t, w.a.Enqueue(ctxOf(t), job("k", 1)))
	j := claim(t, w.a, 1)[0]
	one := ticket.Progress{External: "<1@x>", Got: []string{"ann@corp.example"},
		Waiting: []ticket.Refusal{{Address: "bob@corp.example", Code: 450, Status: [3]int{4, 2, 0}, Text: "Später"}}}
	ok(t, w.a.Note(ctxOf(t), j.With(one)))
	ok(t, w.a.Retry(ctxOf(t), j, w.clock.Now(), "later"))
	kind(t, w.a.Note(ctxOf(t), j.With(ticket.Progress{})), ticket.Conflict)
	b := w.open(w.clock.Now)
	j = claim(t, b, 1)[0]
	equal(t, "after a retry", fmt.Sprint(j.Progress()), fmt.Sprint(one))
	one.Got = append(one.Got, "bob@corp.example")
	ok(t, b.Note(ctxOf(t), j.With(one)))
	w.clock.Add(2 * time.Minute)
	again := claim(t, w.open(w.clock.Now), 1)[0]
	equal(t, "after a lease that ran out", fmt.Sprint(again.Progress()), fmt.Sprint(one))
	kind(t, b.Note(ctxOf(t), j), ticket.Conflict)
	ok(t, w.a.Bury(ctxOf(t), again, "given up"))
	ok(t, w.a.Revive(ctxOf(t), again.ID))
	equal(t, "when it is revived", fmt.Sprint(claim(t, w.a, 1)[0].Progress()), fmt.Sprint(one))
}

func postponeCountsNoTry(t *testing.T, w *world) {
	ok(t, w.a.Enqueue(ctxOf(t), job("k", 1)))
	j := claim(t, w.a, 1)[0]
	later := w.clock.Now().Add(time.Minute)
	ok(t, w.a.Postpone(ctxOf(t), j, later))
	kind(t, w.a.Finish(ctxOf(t), j), ticket.Conflict)
	kind(t, w.a.Postpone(ctxOf(t), j, later), ticket.Conflict)
	equal(t, "not before its time", len(claim(t, w.a, 10)), 0)
	w.clock.Add(time.Minute)
	j = claim(t, w.a, 10)[0]
	equal(t, "it counts as never tried", j.Attempts, 1)
	ok(t, w.a.Finish(ctxOf(t), j))
	ok(t, w.a.Enqueue(ctxOf(t), ticket.Job{Kind: "test", Key: "u", Unique: "u", Seq: 1}))
	j = claim(t, w.a, 1)[0]
	ok(t, w.a.Enqueue(ctxOf(t), ticket.Job{Kind: "test", Key: "u", Unique: "u", Seq: 2}, ticket.Job{Kind: "test", Key: "u", Seq: 3}))
	ok(t, w.a.Postpone(ctxOf(t), j, w.clock.Now()))
	j = claim(t, w.a, 10)[0]
	equal(t, "the same of before", j.Seq, 1)
	ok(t, w.a.Finish(ctxOf(t), j))
	equal(t, "the one that was added meanwhile is taken in", seqs(claim(t, w.a, 10)), "u3 ")
}

func leaseRunsOut(t *testing.T, w *world) {
	ok(t, w.a.Enqueue(ctxOf(t), job("k", 1), job("k", 2)))
	first := claim(t, w.a, 1)[0]
	w.clock.Add(50 * time.Second)
	ok(t, w.a.Extend(ctxOf(t), first, time.Minute))
	w.clock.Add(50 * time.Second)
	b := w.open(w.clock.Now)
	equal(t, "still leased", len(claim(t, b, 10)), 0)
	w.clock.Add(10 * time.Second)
	got := claim(t, b, 10)
	equal(t, "taken over", seqs(got), "k1 ")
	equal(t, "attempts", got[0].Attempts, 2)
	kind(t, w.a.Finish(ctxOf(t), first), ticket.Conflict)
	kind(t, w.a.Extend(ctxOf(t), first, time.Minute), ticket.Conflict)
	kind(t, w.a.Retry(ctxOf(t), first, w.clock.Now(), ""), ticket.Conflict)
	kind(t, w.a.Bury(ctxOf(t), first, ""), ticket.Conflict)
	ok(t, b.Finish(ctxOf(t), got[0]))
	equal(t, "then the next", seqs(claim(t, b, 10)), "k2 ")
}

func deadJobs(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	one := ticket.Job{Kind: "test", Key: "k", Seq: 1, Ticket: id, Unique: "u"}
	ok(t, w.a.Enqueue(ctxOf(t), one, job("k", 2), job("k", 3)))
	j := claim(t, w.a, 1)[0]
	ok(t, w.a.Bury(ctxOf(t), j, "no such channel"))
	dead := must(w.a.Jobs(ctxOf(t), ticket.JobDead, 0, 0))(t)
	equal(t, "dead", seqs(dead), "k1 ")
	equal(t, "why", dead[0].Error, "no such channel")
	second := claim(t, w.a, 10)
	equal(t, "the others go on", seqs(second), "k2 ")
	kind(t, w.a.Revive(ctxOf(t), second[0].ID), ticket.Conflict)
	kind(t, w.a.Revive(ctxOf(t), 99_999), ticket.NotFound)
	ok(t, w.a.Revive(ctxOf(t), j.ID))
	equal(t, "not while another of the key is leased", len(claim(t, w.a, 10)), 0)
	ok(t, w.a.Retry(ctxOf(t), second[0], w.clock.Now(), ""))
	got := claim(t, w.a, 10)
	equal(t, "then the oldest first", seqs(got), "k1 ")
	equal(t, "it may have had effects", got[0].Attempts, 2)
	ok(t, w.a.Bury(ctxOf(t), got[0], "still not"))
	by := ticket.Actor{Kind: ticket.ByAgent, ID: "ada", Name: "Ada"}
	kind(t, w.a.Drop(ctxOf(t), second[0].ID, by), ticket.Conflict)
	ok(t, w.a.Drop(ctxOf(t), j.ID, by))
	kind(t, w.a.Drop(ctxOf(t), j.ID, by), ticket.NotFound)
	events := must(w.a.Events(ctxOf(t), id, 0, 0))(t)
	last := events[len(events)-1]
	equal(t, "the history says so", last.Kind, "job_dropped")
	equal(t, "and who", last.By, by)
	for _, want := range []string{"k2 ", "k3 "} {
		got = claim(t, w.a, 10)
		equal(t, "the rest in order", seqs(got), want)
		ok(t, w.a.Finish(ctxOf(t), got[0]))
	}
	_, err := w.a.Jobs(ctxOf(t), "odd", 0, 0)
	kind(t, err, ticket.Invalid)
}

func uniqueJobs(t *testing.T, w *world) {
	u := ticket.Job{Kind: "test", Key: "k", Unique: "u"}
	add := func() int {
		ok(t, w.a.Enqueue(ctxOf(t), u, u))
		return len(must(w.a.Jobs(ctxOf(t), "", 0, 0))(t))
	}
	equal(t, "one", add(), 1)
	equal(t, "onto the one that waits", add(), 1)
	j := claim(t, w.a, 1)[0]
	equal(t, "not onto one that is leased", add(), 2)
	equal(t, "onto the second", add(), 2)
	ok(t, w.a.Retry(ctxOf(t), j, w.clock.Now(), ""))
	equal(t, "still the second", add(), 2)
	j = claim(t, w.a, 1)[0]
	ok(t, w.a.Finish(ctxOf(t), j))
	j = claim(t, w.a, 1)[0]
	ok(t, w.a.Retry(ctxOf(t), j, w.clock.Now(), ""))
	equal(t, "not onto one that was tried", add(), 2)
	j = claim(t, w.a, 1)[0]
	ok(t, w.a.Bury(ctxOf(t), j, ""))
	j = claim(t, w.a, 1)[0]
	ok(t, w.a.Bury(ctxOf(t), j, ""))
	equal(t, "not onto dead ones", add(), 3)
	// Another key under the same value is not left without anybody in front.
	ok(t, w.a.Enqueue(ctxOf(t), ticket.Job{Kind: "test", Key: "other", Unique: "u"}, job("other", 7)))
	equal(t, "both keys go on", seqs(claim(t, w.a, 10)), "k0 other7 ")
}

// uniqueNotMissed changes a ticket while a worker shows it: the last state is always shown.
func uniqueNotMissed(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	drain(t, w.a)
	b := w.open(w.clock.Now)
	const changes = 40
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range changes {
			_, err := w.a.Act(ctxOf(t), ticket.Action{Kind: ticket.ActSet, Ticket: id, Subject: fmt.Sprint("change ", i), By: ticket.Gateway})
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	shown := int64(0)
	show := func() bool {
		jobs := claim(t, b, 10, ticket.JobShow)
		for _, j := range jobs {
			shown = must(b.Ticket(ctxOf(t), id))(t).Rev
			ok(t, b.Finish(ctxOf(t), j))
		}
		return len(jobs) > 0
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			show()
		}
	}
	for show() {
	}
	equal(t, "shown", shown, int64(1+changes))
}

func woken(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	wake := b.Woken()
	drain(t, b)
	for len(wake) > 0 {
		<-wake
	}
	ok(t, b.Enqueue(ctxOf(t), job("k", 1)))
	wait(t, wake, "after Enqueue")
	accept(t, b, mail("ann@corp.example", "<1@x>"))
	wait(t, wake, "after Accept")
	j := claim(t, b, 1, "test")[0]
	ok(t, b.Retry(ctxOf(t), j, w.clock.Now().Add(time.Second), ""))
	wait(t, wake, "after Retry")
}

func wait[T any](t testing.TB, c <-chan T, what string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	select {
	case v, open := <-c:
		if !open {
			t.Fatalf("%s: the channel is closed", what)
		}
		return v
	case <-ctx.Done():
		t.Fatalf("%s: nothing came", what)
	}
	panic("not reached")
}
