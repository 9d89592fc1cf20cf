//go:build !race

package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/router"
	"tierline/store"
	"tierline/ticket"
)

// soon is how long the tickets have whose clocks are to be heard; the others have all day.
const soon = 3 * time.Second

// ticking gives a ticket its time by its subject.
type ticking struct{}

func (ticking) Targets(t *ticket.Ticket) ticket.Targets {
	if t.Subject == "soon" {
		return ticket.Targets{First: soon}
	}
	return ticket.Targets{First: 24 * time.Hour}
}

// clocks: how late is a clock heard, with few and with many open ones, and with many closed tickets beside them?
func clocks(t *testing.T, tb *table, n amounts) {
	log := slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), store.Config{Data: t.TempDir(), Log: log, Policy: ticking{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	live, err := router.NewLive(router.Config{Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "x"}}, Rules: []router.Rule{{Name: "all", Then: router.Then{Tier: "l1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	desk := &router.Desk{Store: s, KB: s, Suggest: nothing{}, Live: live, Now: time.Now}
	c := &ticker{t: t, store: s, jobs: &router.Jobs{Desk: desk, Senders: map[string]channels.Sender{}, Log: log}}
	few50, few99 := c.measure(n)
	c.fill(n.clocks, "later", nil)
	many50, many99 := c.measure(n)
	c.fill(n.clocks, "closed", &ticket.Past{})
	closed50, closed99 := c.measure(n)
	of := fmt.Sprintf(" with %d open clocks", n.clocks)
	tb.add("a clock is heard late by, alone, p50", "ms", "", few50)
	tb.add("… p99", "ms", "", few99)
	tb.add("…"+of+", p50", "ms", "< 500", many50)
	tb.add("… p99", "ms", "< 500", many99)
	tb.add(fmt.Sprintf("… and %d closed tickets, p50", n.clocks), "ms", "flat", closed50)
	tb.add("… p99", "ms", "flat", closed99)
}

type ticker struct {
	t     *testing.T
	store *store.Store
	jobs  *router.Jobs
	last  int
}

// accept takes new tickets in.
func (c *ticker) accept(many int, subject string, past *ticket.Past) (ids []ticket.ID) {
	c.t.Helper()
	var batch []ticket.Inbound
	for range many {
		c.last++
		batch = append(batch, ticket.Inbound{Channel: channels.Email, Inbox: "support", External: fmt.Sprintf("<%d@x>", c.last), Subject: subject, Text: text, Past: past,
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@example.org", c.last%10_000)}})
	}
	got, err := c.store.Accept(c.t.Context(), batch)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, g := range got {
		ids = append(ids, g.Ticket)
	}
	return ids
}

// fill brings many tickets in, and does what follows at once.
func (c *ticker) fill(many int, subject string, past *ticket.Past) {
	const batch = 500
	for done := 0; done < many; done += batch {
		c.accept(min(batch, many-done), subject, past)
		for {
			jobs, err := c.store.Claim(c.t.Context(), nil, 2*batch, time.Minute)
			if err != nil {
				c.t.Fatal(err)
			}
			if len(jobs) == 0 {
				break
			}
			for _, j := range jobs {
				if err := c.store.Finish(c.t.Context(), j); err != nil {
					c.t.Fatal(err)
				}
			}
		}
	}
}

// measure has tickets come in at a steady rate, and their clocks be heard at that rate.
func (c *ticker) measure(n amounts) (p50, p99 []float64) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- c.jobs.Dispatcher(nil).Without(ticket.JobRoute, ticket.JobShow, ticket.JobPost, ticket.JobTell).Run(ctx)
	}()
	var ids []ticket.ID
	tick := time.NewTicker(n.every / 2)
	for range n.heard {
		<-tick.C
		ids = append(ids, c.accept(1, "soon", nil)...)
	}
	tick.Stop()
	var late []time.Duration
	deadline := time.Now().Add(time.Minute)
	look := time.NewTicker(10 * time.Millisecond) // it polls, and measures nothing by that
	defer look.Stop()
	for _, id := range ids {
		for {
			at, ok := c.heard(id)
			if ok {
				late = append(late, at)
				break
			}
			if time.Now().After(deadline) {
				c.t.Fatalf("the clock of %s was not heard", id)
			}
			<-look.C
		}
	}
	cancel()
	if err := errors.Join(<-done); err != nil {
		c.t.Error(err)
	}
	return []float64{ms(quantile(late, .5))}, []float64{ms(quantile(late, .99))}
}

// heard is how late a ticket's clock was heard.
func (c *ticker) heard(id ticket.ID) (time.Duration, bool) {
	events, err := c.store.Events(c.t.Context(), id, 0, 50)
	if err != nil {
		c.t.Fatal(err)
	}
	var opened time.Time
	for _, e := range events {
		switch e.Kind {
		case "opened":
			opened = e.At
		case string(ticket.ActClock):
			return e.At.Sub(opened.Add(soon)), true
		}
	}
	return 0, false
}
