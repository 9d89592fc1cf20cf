package store_test

import (
	"fmt"
	"testing"
	"time"

	"tierline/store"
	"tierline/ticket"
)

// BenchmarkSpent asks what like cases took, of a thousand that were solved and of ten times as many.
func BenchmarkSpent(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, store.Config{Data: b.TempDir(), ThrowAway: true})
			by := ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}
			for from := 0; from < n; from += 200 {
				var batch []ticket.Inbound
				for i := range 200 {
					in := contact(3 * (from + i))
					in.Text = "x"
					batch = append(batch, in)
				}
				list, err := s.Accept(b.Context(), batch)
				if err != nil {
					b.Fatal(err)
				}
				for _, a := range list {
					if _, err := s.Act(b.Context(), ticket.Action{Kind: ticket.ActSolve, Ticket: a.Ticket, Diagnosis: "x", By: by}); err != nil {
						b.Fatal(err)
					}
				}
			}
			q := ticket.Alike{Priority: ticket.Normal, Topics: []string{"model:none", "tag:none", ""}}
			for b.Loop() {
				if _, list, err := s.Spent(b.Context(), q); err != nil || len(list) != ticket.MaxAlike {
					b.Fatal(len(list), err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(time.Microsecond), "µs/query")
		})
	}
}
