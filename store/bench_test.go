package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

// databases runs a benchmark on both.
func databases(b *testing.B, f func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) { f(b, open(b, store.Config{Data: b.TempDir()})) })
	b.Run("postgres", func(b *testing.B) { f(b, open(b, store.Config{DSN: peers.Postgres(b)})) })
}

var body = strings.Repeat("The machine makes a noise and then it stops. ", 45) // 2 KB

func contact(i int) ticket.Inbound {
	in := ticket.Inbound{Channel: "email", Inbox: "support", External: fmt.Sprintf("<%d@example.org>", i),
		From:    customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@firm%d.example", i%5000, i%300)},
		Subject: "It is broken", Text: body, Units: []string{fmt.Sprint("SN", i%1000)}}
	if i%3 == 2 { // every third answers the one before it
		in.From = customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@firm%d.example", (i-1)%5000, (i-1)%300)}
		in.Threads = []ticket.ThreadKey{{By: "references", Key: fmt.Sprintf("<%d@example.org>", i-1)}}
	}
	return in
}

// BenchmarkAccept takes in mails of 2 KB, 200 in a commit, a third of them follow-ups.
func BenchmarkAccept(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		const size = 200
		n := 0
		for b.Loop() {
			batch := make([]ticket.Inbound, size)
			for i := range batch {
				batch[i] = contact(n)
				n++
			}
			if _, err := s.Accept(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
	})
}

// BenchmarkAcceptPast brings history in, as an import does: mails of 2 KB, 200 in a commit.
func BenchmarkAcceptPast(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		const size = 200
		n := 0
		for b.Loop() {
			batch := make([]ticket.Inbound, size)
			for i := range batch {
				batch[i] = contact(n)
				batch[i].Past, batch[i].At = &ticket.Past{}, time.Unix(int64(n), 0)
				n++
			}
			if _, err := s.Accept(b.Context(), batch); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
	})
}

// BenchmarkMerge merges a ticket of 20 messages into another and takes it back.
func BenchmarkMerge(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		batch := []ticket.Inbound{contact(0)}
		for i := range 20 {
			in := contact(0)
			in.External = fmt.Sprintf("<m%d@example.org>", i)
			if i > 0 {
				in.Threads = []ticket.ThreadKey{{By: "references", Key: "<m0@example.org>"}}
			}
			batch = append(batch, in)
		}
		out, err := s.Accept(b.Context(), batch)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			for _, a := range []ticket.Action{{Kind: ticket.ActMerge, Ticket: out[1].Ticket, Other: out[0].Ticket}, {Kind: ticket.ActUndo, Ticket: out[1].Ticket}} {
				if _, err := s.Act(b.Context(), a); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// BenchmarkAcceptOne takes in mails one at a time, as an SMTP listener does.
func BenchmarkAcceptOne(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		n := 0
		for b.Loop() {
			if _, err := s.Accept(b.Context(), []ticket.Inbound{contact(n)}); err != nil {
				b.Fatal(err)
			}
			n++
		}
	})
}

// BenchmarkAct writes a note.
func BenchmarkAct(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		out, err := s.Accept(b.Context(), []ticket.Inbound{contact(0), contact(1), contact(3)})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for b.Loop() {
			n++
			id := out[n%3].Ticket
			if n%9000 == 0 { // a ticket is full at MaxMessages
				b.Fatal("the benchmark runs too long for its tickets")
			}
			_, err := s.Act(b.Context(), ticket.Action{Kind: ticket.ActSet, Ticket: id, Subject: fmt.Sprint(n), By: ticket.Gateway})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkClaimFinish works an outbox that also holds 20,000 dead jobs, 20,000 for later and 20,000
// behind one that waits.
func BenchmarkClaimFinish(b *testing.B) {
	databases(b, func(b *testing.B, s *store.Store) {
		crowd(b, s, 20_000)
		b.Run("crowded", func(b *testing.B) { claimFinish(b, s) })
	})
	databases(b, func(b *testing.B, s *store.Store) {
		b.Run("alone", func(b *testing.B) { claimFinish(b, s) })
	})
}

func claimFinish(b *testing.B, s *store.Store) {
	jobs := make([]ticket.Job, 10)
	for b.Loop() {
		b.StopTimer()
		for i := range jobs {
			jobs[i] = ticket.Job{Kind: "x", Key: fmt.Sprint("k", i), Priority: 10}
		}
		if err := s.Enqueue(b.Context(), jobs...); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		got, err := s.Claim(b.Context(), nil, len(jobs), time.Minute)
		if err != nil || len(got) != len(jobs) {
			b.Fatal(len(got), err)
		}
		for _, j := range got {
			if err := s.Finish(b.Context(), j); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.N*len(jobs))/b.Elapsed().Seconds(), "jobs/s")
}

// crowd fills the outbox with n jobs of each sort that a claim must pass over.
func crowd(tb testing.TB, s *store.Store, n int) {
	tb.Helper()
	add := func(f func(i int) ticket.Job) {
		var jobs []ticket.Job
		for i := range n {
			jobs = append(jobs, f(i))
		}
		if err := s.Enqueue(tb.Context(), jobs...); err != nil {
			tb.Fatal(err)
		}
	}
	add(func(i int) ticket.Job { return ticket.Job{Kind: "dead", Priority: 0} })
	for {
		jobs, err := s.Claim(tb.Context(), []ticket.JobKind{"dead"}, 1000, time.Hour)
		if err != nil {
			tb.Fatal(err)
		}
		if len(jobs) == 0 {
			break
		}
		for _, j := range jobs {
			if err := s.Bury(tb.Context(), j, "dead"); err != nil {
				tb.Fatal(err)
			}
		}
	}
	later := time.Now().Add(24 * time.Hour)
	add(func(i int) ticket.Job { return ticket.Job{Kind: "later", Priority: 0, RunAt: later} })
	add(func(i int) ticket.Job { return ticket.Job{Kind: "behind", Key: "one", Priority: 0, RunAt: later} })
}
