//go:build !race

package bench

import (
	"context"
	"fmt"
	"net/smtp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

// desk measures the ways between customer and agent while the gateway works at a steady rate.
func desk(t *testing.T, tb *table, n amounts, g *gateway, sim *slacksim.Server) {
	t.Helper()
	rate := func(every time.Duration) string { return fmt.Sprintf("%.0f/s", 1/every.Seconds()) }
	var mail, event, ack [][]time.Duration
	for r := range n.runs {
		mail = append(mail, cards(t, g, sim, n, 2*r))
		event = append(event, asked(t, sim, n, 2*r+1))
		ack = append(ack, slices.Concat(clicks(t, sim, n, 2*r), clicks(t, sim, n, 2*r+1)))
	}
	add := func(name, aim string, runs [][]time.Duration) {
		for _, q := range []float64{0.5, 0.99} {
			var list []float64
			for _, took := range runs {
				list = append(list, ms(quantile(took, q)))
			}
			if q < 0.9 {
				tb.add(fmt.Sprintf("%s, p%.0f", name, 100*q), "ms", "", list)
			} else {
				tb.add(fmt.Sprintf("%s, p%.0f", name, 100*q), "ms", aim, list)
			}
		}
	}
	add("mail taken (250) → card, "+rate(n.every), "", mail)
	add("message in a customers' channel → card, "+rate(n.every), "", event)
	add("click → ack, "+rate(n.click), "< 100", ack)
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

// asked has customers write in a shared channel, and says how long after each message its card stood.
func asked(t *testing.T, sim *slacksim.Server, n amounts, run int) (took []time.Duration) {
	t.Helper()
	tick := time.NewTicker(n.every)
	defer tick.Stop()
	said := make([]string, n.contacts)
	for i := range said {
		<-tick.C
		ts, err := sim.Say([]string{"carl", "dora"}[i%2], "customer-ltd", subject(run, i)+". "+text, "")
		if err != nil {
			t.Fatal(err)
		}
		said[i] = ts
	}
	for i, m := range waitCards(t, sim, n.contacts, run) {
		took = append(took, max(0, posted(t, m).Sub(posted(t, slacksim.Message{TS: said[i]}))))
	}
	return took
}

// clicks has an agent take each case of a run, and says how long each click was not acknowledged.
func clicks(t *testing.T, sim *slacksim.Server, n amounts, run int) []time.Duration {
	t.Helper()
	took := make([]time.Duration, n.contacts)
	tick := time.NewTicker(n.click)
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
