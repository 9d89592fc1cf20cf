//go:build !race

package bench

import (
	"context"
	"fmt"
	"net/smtp"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

// desk measures the ways between customer and agent while the gateway works at a steady rate.
func desk(t *testing.T, tb *table, n amounts, g *gateway, sim *slacksim.Server) {
	t.Helper()
	rate := fmt.Sprintf("%.0f/s", 1/n.every.Seconds())
	var card50, card99, ack50, ack99 []float64
	for r := range n.runs {
		shown := cards(t, g, sim, n, r)
		card50, card99 = append(card50, ms(quantile(shown, 0.5))), append(card99, ms(quantile(shown, 0.99)))
		acked := clicks(t, sim, n, r)
		ack50, ack99 = append(ack50, ms(quantile(acked, 0.5))), append(ack99, ms(quantile(acked, 0.99)))
	}
	tb.add("mail taken (250) → card, "+rate+", p50", "ms", "", card50)
	tb.add("mail taken (250) → card, "+rate+", p99", "ms", "", card99)
	tb.add("click → ack, "+rate+", p50", "ms", "", ack50)
	tb.add("click → ack, "+rate+", p99", "ms", "< 3000", ack99)
}

// subject is that of a mail in a run.
func subject(run, i int) string { return fmt.Sprintf("Case %d-%04d leaks", run, i) }

// cards sends mails and says how long after the gateway's 250 each had its card.
func cards(t *testing.T, g *gateway, sim *slacksim.Server, n amounts, run int) []time.Duration {
	t.Helper()
	taken := make([]time.Time, n.contacts)
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	var wg sync.WaitGroup
	for i := range taken {
		<-tick.C
		wg.Go(func() {
			from := fmt.Sprintf("c%d.%d@firm%d.example", run, i, i%20)
			raw := fmt.Sprintf("From: <%s>\r\nTo: <support@acme.example>\r\nSubject: %s\r\nMessage-ID: <%d.%d@example.org>\r\n"+
				"Date: Mon, 2 Mar 2026 09:30:00 +0000\r\n\r\n%s", from, subject(run, i), run, i, strings.ReplaceAll(text, "\n", "\r\n"))
			if err := smtp.SendMail(g.smtp, nil, from, []string{"support@acme.example"}, []byte(raw)); err != nil {
				t.Error(err)
			}
			taken[i] = time.Now()
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	var took []time.Duration
	for i, m := range waitCards(t, sim, n.contacts, run) {
		took = append(took, max(0, posted(t, m).Sub(taken[i])))
	}
	return took
}

// waitCards waits for the cards of a run, in the order of its mails.
func waitCards(t *testing.T, sim *slacksim.Server, want, run int) []slacksim.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cards := make([]slacksim.Message, want)
	err := sim.WaitFor(ctx, func() bool {
		found := 0
		for _, m := range sim.Messages("support-l1") {
			if at := strings.Index(m.Text, subject(run, 0)[:7]); at >= 0 {
				var r, i int
				if _, err := fmt.Sscanf(m.Text[at:], "Case %d-%d", &r, &i); err == nil && r == run && i < want {
					cards[i] = m
					found++
				}
			}
		}
		return found == want
	})
	if err != nil {
		t.Fatal(err)
	}
	return cards
}

// posted is when a message was posted: its ts is seconds with six digits behind the point.
func posted(t *testing.T, m slacksim.Message) time.Time {
	t.Helper()
	var sec, usec int64
	if _, err := fmt.Sscanf(m.TS, "%d.%d", &sec, &usec); err != nil {
		t.Fatal(err)
	}
	return time.Unix(sec, usec*1000)
}

// clicks has an agent take each case of a run, and says how long each click was not acknowledged.
func clicks(t *testing.T, sim *slacksim.Server, n amounts, run int) []time.Duration {
	t.Helper()
	took := make([]time.Duration, n.contacts)
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	var wg sync.WaitGroup
	for i, m := range waitCards(t, sim, n.contacts, run) {
		<-tick.C
		wg.Go(func() {
			start := time.Now()
			if err := sim.Click("anna", "support-l1", m.TS, "take"); err != nil {
				t.Error(err)
			}
			took[i] = time.Since(start)
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return took
}
