package oncall

import (
	"bufio"
	"cmp"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// table is one case of a table that was made by others: testdata says by whom, and how.
type table struct {
	Made, By, Name, Zone string
	Start, Rule          string
	Rotate               Rotation
	Every                int
	From, To             time.Time
	Turns                [][]string
}

// tables reads a file of cases, one a line; the first line says where they are from.
func tables[T any](t *testing.T, file string) (list []T) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 0; lines.Scan(); n++ {
		var c T
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s:%d: %v", file, n+1, err)
		}
		if n > 0 {
			list = append(list, c)
		}
	}
	if err := lines.Err(); err != nil || len(list) == 0 {
		t.Fatalf("%s: %d cases, %v", file, len(list), err)
	}
	return list
}

// Hand-overs by recurrence rules are those of python-dateutil, in zones with and without daylight saving, and those of
// the rotation that says the same. Where the clock skips a hand-over's time, ours comes at the first instant after the
// gap; RFC 5545's DATE-TIME would have it later by up to what was skipped.
func TestHandoversAreThoseOfDateutil(t *testing.T) {
	t.Parallel()
	skipped := 0
	for _, c := range tables[table](t, "testdata/dateutil.jsonl") {
		people := []string{"a", "b", "c"}
		layers := map[string]Layer{"rule": {People: people, Rule: c.Rule, Start: c.Start}}
		if c.Rotate != "" {
			layers["rotation"] = Layer{People: people, Rotate: c.Rotate, Every: c.Every, Start: c.Start}
		}
		var want []Shift
		for _, turn := range c.Turns {
			s := Shift{Person: turn[1], From: at(t, turn[0])}
			if len(turn) > 2 {
				skipped++
				if rfc := at(t, turn[2]); rfc.Before(s.From) || rfc.Sub(s.From) >= 2*time.Hour {
					t.Fatalf("%s in %s: skipped, %s and by RFC 5545 %s", c.Name, c.Zone, s.From, rfc)
				}
			}
			want = append(want, s)
		}
		for how, l := range layers {
			s := compiled(t, bare(c.Zone, l))
			var got []Shift
			for _, shift := range s.Shifts(c.From, c.To) {
				if k := s.layers[0]; shift.From.After(c.From) || slices.ContainsFunc(k.handovers(c.From, c.To, s.zone), c.From.Equal) {
					got = append(got, Shift{Person: shift.Person, From: shift.From})
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s (%s %s) in %s:\n ours %v\nwant %v", c.Name, how, cmp.Or(c.Rule, string(c.Rotate)), c.Zone, got, want)
			}
		}
	}
	if skipped < 10 {
		t.Errorf("the clock skips %d hand-overs only", skipped)
	}
}

// What the tests of GoAlert and of Grafana OnCall say of theirs holds for ours.
func TestWhatOthersSayOfTheirSchedules(t *testing.T) {
	t.Parallel()
	type fact struct {
		By, Zone string
		Layer    struct {
			People       []string
			Rotate       Rotation
			Every        int
			Rule         string
			Start, Until string
			On           map[string]string
		}
		Turns []string
		On    map[string]string
	}
	for _, c := range tables[fact](t, "testdata/others.jsonl") {
		l := Layer{People: c.Layer.People, Rotate: c.Layer.Rotate, Every: c.Layer.Every, Rule: c.Layer.Rule, Start: c.Layer.Start, Until: c.Layer.Until, On: c.Layer.On}
		if len(l.People) == 0 {
			l.People = []string{"a", "b"}
		}
		s := compiled(t, bare(c.Zone, l))
		for wall, want := range c.On {
			when, err := time.ParseInLocation(minuteLayout, wall, s.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(s.On(when), " "); got != want {
				t.Errorf("%s: %q is on at %s, want %q", c.By, got, wall, want)
			}
		}
		if len(c.Turns) == 0 {
			continue
		}
		var want []time.Time
		for _, turn := range c.Turns {
			layout := "2006-01-02 15:04 -07"
			if len(turn) > len(layout) {
				layout += "00"
			}
			when, err := time.Parse(layout, turn)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, when.UTC())
		}
		var got []time.Time
		for _, shift := range s.Shifts(want[0].Add(-time.Nanosecond), want[len(want)-1].Add(time.Nanosecond)) {
			if !shift.From.Before(want[0]) {
				got = append(got, shift.From)
			}
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Errorf("%s, %+v: %v, want %v", c.By, l, got, want)
		}
	}
}
