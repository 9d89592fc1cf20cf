package router

import (
	"slices"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

func TestClocksOfATier(t *testing.T) {
	t.Parallel()
	conf := desk5()
	slices.SortFunc(conf.Tiers, func(a, b Tier) int { return a.Level - b.Level })
	conf.Tiers[0].Clocks = map[string]Clocks{"default": {First: time.Hour, Resolution: 8 * time.Hour}, "urgent": {First: 15 * time.Minute}}
	conf.Tiers[1].Clocks = map[string]Clocks{"default": {First: 4 * time.Hour}}
	conf.Tiers[1].Hours = ticket.Hours{Week: map[string]string{"tue": "09:00-17:00"}}
	p, err := newPolicy(conf)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tier       string
		priority   ticket.Priority
		first, res time.Duration
		open       bool
	}{{"l1", ticket.Normal, time.Hour, 8 * time.Hour, true}, {"l1", ticket.Urgent, 15 * time.Minute, 8 * time.Hour, true},
		{"", ticket.Low, time.Hour, 8 * time.Hour, true}, {"gone", ticket.Low, time.Hour, 8 * time.Hour, true},
		{"l2", ticket.High, 4 * time.Hour, 0, false}} {
		g := p.Targets(&ticket.Ticket{Tier: c.tier, Priority: c.priority})
		monday := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		if g.First != c.first || g.Resolution != c.res || g.Calendar.Open(monday) != c.open || g.Warn != 0.8 {
			t.Errorf("%s %s: %+v", c.tier, c.priority, g)
		}
	}
	conf.Tiers[0].Clocks["soon"] = Clocks{First: -time.Hour}
	conf.Tiers[0].Warn = 3
	conf.Tiers[1].Hours.Zone = "Mars/Base"
	var l check.List
	conf.Check(l.Root())
	if len(l.Faults) != 4 {
		t.Errorf("faults: %v", l.Faults)
	}
}

func TestAClockIsHeardOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	conf := desk5()
	for i := range conf.Tiers {
		conf.Tiers[i].Clocks = map[string]Clocks{"default": {First: time.Hour}}
	}
	w, jobs := worldOf(t, &noKB{}, conf)
	answered, forgotten := w.accept("<1@x>"), w.accept("<2@x>")
	w.work(jobs)
	w.pass(30 * time.Minute)
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: answered, Text: "Hello"})
	w.work(jobs)
	heard := func(id ticket.ID) (what []string) {
		t.Helper()
		events, err := w.store.Events(t.Context(), id, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if e.Kind == string(ticket.ActClock) {
				what = append(what, e.Data["what"])
			}
		}
		return what
	}
	w.pass(18 * time.Minute)
	w.work(jobs)
	if got := heard(forgotten); !slices.Equal(got, []string{"warning"}) {
		t.Fatalf("after 48 of 60 minutes: %q", got)
	}
	w.pass(12 * time.Minute)
	w.work(jobs)
	w.pass(24 * time.Hour)
	w.work(jobs)
	if got := heard(forgotten); !slices.Equal(got, []string{"warning", "breach"}) {
		t.Errorf("after a day: %q", got)
	}
	if got := heard(answered); len(got) != 0 {
		t.Errorf("an answered ticket: %q", got)
	}
	tk, _ := w.store.Ticket(t.Context(), forgotten)
	if !tk.Breach() {
		t.Errorf("%+v", tk.Clocks)
	}
}
