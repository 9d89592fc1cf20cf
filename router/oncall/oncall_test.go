package oncall

import (
	"slices"
	"testing"
	"time"

	"tierline/config/check"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestChain(t *testing.T) {
	t.Parallel()
	weekly := Config{People: []string{"a", "b", "c"}, Rotate: Weekly, Start: "2026-01-05", Zone: "Europe/Berlin", Then: []string{"lead", "a"}}
	daily := weekly
	daily.Rotate, daily.Handover = Daily, "02:30"
	daily.Start = "2026-03-28"
	instead := weekly
	instead.Overrides = []Override{{Person: "c", From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-07T00:00:00Z")}}
	for _, c := range []struct {
		name string
		c    Config
		at   string
		want []string
	}{
		{"nobody", Config{}, "2026-01-05T08:00:00Z", nil},
		{"no rotation", Config{People: []string{"a", "b"}}, "2030-01-05T08:00:00Z", []string{"a", "b"}},
		{"first turn", weekly, "2026-01-05T08:00:00Z", []string{"a", "b", "c", "lead"}},
		{"just before the first turn", weekly, "2026-01-05T07:59:59Z", []string{"c", "a", "b", "lead"}},
		{"second week", weekly, "2026-01-12T08:00:00Z", []string{"b", "c", "a", "lead"}},
		{"a year back", weekly, "2025-01-06T08:00:00Z", []string{"c", "a", "b", "lead"}},
		{"override", instead, "2026-01-06T10:00:00Z", []string{"c", "a", "b", "lead"}},
		{"override ends", instead, "2026-01-07T00:00:00Z", []string{"a", "b", "c", "lead"}},
		// 02:30 does not exist on 29 March 2026 in Berlin: 02:00 CET becomes 03:00 CEST at 01:00Z.
		{"before the gap", daily, "2026-03-29T00:59:59Z", []string{"a", "b", "c", "lead"}},
		{"after the gap", daily, "2026-03-29T01:00:00Z", []string{"b", "c", "a", "lead"}},
		{"the day after the gap", daily, "2026-03-30T00:30:00Z", []string{"c", "a", "b", "lead"}},
		// 02:30 comes twice on 25 October 2026 in Berlin: first at 00:30Z. Day 211 since the start.
		{"before the first 02:30", daily, "2026-10-25T00:29:59Z", []string{"a", "b", "c", "lead"}},
		{"at the first 02:30", daily, "2026-10-25T00:30:00Z", []string{"b", "c", "a", "lead"}},
		{"at the second 02:30", daily, "2026-10-25T01:30:00Z", []string{"b", "c", "a", "lead"}},
	} {
		if got := c.c.Chain(at(t, c.at)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTurnsFollowEachOther(t *testing.T) {
	t.Parallel()
	c := Config{People: []string{"a", "b", "c"}, Rotate: Daily, Start: "2025-01-01", Handover: "02:30", Zone: "Europe/Berlin"}
	last, changes := c.turn(at(t, "2026-01-01T12:00:00Z")), 0
	for when := at(t, "2026-01-01T12:00:00Z"); when.Before(at(t, "2027-01-01T12:00:00Z")); when = when.Add(10 * time.Minute) {
		turn := c.turn(when)
		if turn != last && turn != last+1 {
			t.Fatalf("turn jumps from %d to %d at %s", last, turn, when)
		}
		if turn != last {
			changes++
		}
		last = turn
	}
	if changes != 365 {
		t.Errorf("%d hand-overs in a year, want 365", changes)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	bad := Config{People: []string{"x"}, Then: []string{"y"}, Rotate: "hourly", Handover: "25:00", Zone: "Mars/Base",
		Overrides: []Override{{Person: "a", From: time.Unix(2, 0), To: time.Unix(1, 0)}}}
	var l check.List
	bad.Check(l.Root(), func(id string) bool { return id == "a" })
	if len(l.Faults) != 6 {
		t.Errorf("faults: %v", l.Faults)
	}
	l = check.List{}
	Config{People: []string{"a"}, Rotate: Weekly, Start: "2026-01-05"}.Check(l.Root(), func(string) bool { return true })
	if len(l.Faults) != 0 {
		t.Errorf("faults of a good schedule: %v", l.Faults)
	}
}
