package oncall

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
)

// zones change their clocks by an hour, by half an hour, by two hours, at midnight, backwards in winter, by
// a whole day (Apia left out 30 December 2011), or not at all.
func zones() []string {
	return []string{"UTC", "Europe/Berlin", "America/New_York", "America/Chicago", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana",
		"America/Sao_Paulo", "Europe/Dublin", "Antarctica/Troll", "America/St_Johns", "Asia/Kathmandu", "Africa/Casablanca"}
}

// changesOfClocks are around when clocks of some of the zones changed.
func changesOfClocks() []string {
	return []string{"2011-12-28T00:00:00Z", "2018-11-03T00:00:00Z", "2018-02-16T00:00:00Z", "2020-03-07T00:00:00Z", "2026-03-28T00:00:00Z",
		"2026-04-03T12:00:00Z", "2026-10-02T12:00:00Z", "2026-10-24T00:00:00Z", "2026-10-31T00:00:00Z"}
}

// When turns end, as the tests of GoAlert (schedule/rotation) have it, and what follows from the calendar.
func TestWhenTurnsEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone, start string
		rotate      Rotation
		every       int
		at, want    string
		lasts       time.Duration
	}{
		{"America/Chicago", "2017-06-10 08:00", Weekly, 1, "2017-06-10 08:00", "2017-06-17 08:00", 7 * 24 * time.Hour},
		{"America/Chicago", "2017-06-10 08:00", Weekly, 2, "2017-06-10 08:00", "2017-06-24 08:00", 14 * 24 * time.Hour},
		{"America/Chicago", "2017-03-10 08:00", Weekly, 1, "2017-03-10 08:00", "2017-03-17 08:00", 7*24*time.Hour - time.Hour},
		{"America/Chicago", "2017-11-04 08:00", Weekly, 1, "2017-11-04 08:00", "2017-11-11 08:00", 7*24*time.Hour + time.Hour},
		{"America/Chicago", "2017-06-10 08:00", Daily, 2, "2017-06-10 08:00", "2017-06-12 08:00", 48 * time.Hour},
		{"America/Chicago", "2017-03-11 08:00", Daily, 1, "2017-03-11 08:00", "2017-03-12 08:00", 23 * time.Hour},
		{"America/Chicago", "2017-11-04 08:00", Daily, 1, "2017-11-04 08:00", "2017-11-05 08:00", 25 * time.Hour},
		{"America/Chicago", "2017-06-10 08:00", Hourly, 2, "2017-06-10 08:00", "2017-06-10 10:00", 2 * time.Hour},
		{"America/Chicago", "2017-03-12 00:00", Hourly, 3, "2017-03-12 00:00", "2017-03-12 03:00", 2 * time.Hour},
		{"America/Chicago", "2017-11-05 00:00", Hourly, 3, "2017-11-05 00:00", "2017-11-05 03:00", 4 * time.Hour},
		{"America/Chicago", "2017-01-01 01:00", Hourly, 1, "2017-03-12 01:00", "2017-03-12 03:00", time.Hour},
		{"America/Chicago", "2017-01-01 01:00", Hourly, 1, "2017-11-05 01:00", "2017-11-05 02:00", 2 * time.Hour},
		{"America/Chicago", "2017-01-01 00:00", Hourly, 12, "2017-01-03 06:00", "2017-01-03 12:00", 6 * time.Hour},
		{"Australia/Lord_Howe", "2026-10-03 08:00", Daily, 1, "2026-10-03 08:00", "2026-10-04 08:00", 23*time.Hour + 30*time.Minute},
		{"Australia/Lord_Howe", "2026-04-04 08:00", Daily, 1, "2026-04-04 08:00", "2026-04-05 08:00", 24*time.Hour + 30*time.Minute},
		{"Pacific/Apia", "2011-12-29 08:00", Daily, 1, "2011-12-29 08:00", "2011-12-31 00:00", 16 * time.Hour}, // the 30th did not come
		{"Pacific/Apia", "2011-12-26 08:00", Weekly, 1, "2011-12-26 08:00", "2012-01-02 08:00", 6 * 24 * time.Hour},
		{"America/Havana", "2026-03-07 00:00", Daily, 1, "2026-03-07 00:00", "2026-03-08 01:00", 24 * time.Hour}, // 00:00 did not come
		{"America/Havana", "2026-03-08 00:00", Daily, 1, "2026-03-08 01:00", "2026-03-09 00:00", 23 * time.Hour},
		{"America/Havana", "2026-10-31 00:00", Daily, 1, "2026-10-31 00:00", "2026-11-01 00:00", 24 * time.Hour}, // to the first of two
		{"Antarctica/Troll", "2026-03-28 12:00", Daily, 1, "2026-03-28 12:00", "2026-03-29 12:00", 22 * time.Hour},
		{"Europe/Berlin", "2026-01-31 09:00", Monthly, 1, "2026-01-31 09:00", "2026-02-28 09:00", 28 * 24 * time.Hour},
		{"Europe/Berlin", "2026-01-31 09:00", Monthly, 1, "2026-02-28 09:00", "2026-03-31 09:00", 31*24*time.Hour - time.Hour},
		{"Europe/Berlin", "2028-01-30 09:00", Monthly, 1, "2028-01-30 09:00", "2028-02-29 09:00", 30 * 24 * time.Hour},
		{"Europe/Berlin", "2026-01-31 09:00", Monthly, 3, "2026-01-31 09:00", "2026-04-30 09:00", 89*24*time.Hour - time.Hour},
	} {
		s := compiled(t, bare(c.zone, Layer{People: []string{"a", "b"}, Rotate: c.rotate, Every: c.every, Start: c.start}))
		zone := s.Zone()
		from, err := time.ParseInLocation(minuteLayout, c.at, zone)
		if err != nil {
			t.Fatal(err)
		}
		who := s.On(from)
		end, ok := s.Change(from)
		if !ok || len(who) != 1 || end.In(zone).Format(minuteLayout) != c.want || end.Sub(from) != c.lasts {
			t.Errorf("%s every %d in %s: the turn of %s at %s ends %s, after %s; want %s, %s", c.rotate, c.every, c.zone, who, c.at,
				end.In(zone).Format(minuteLayout), end.Sub(from), c.want, c.lasts)
		}
		if before := s.On(from.Add(-time.Nanosecond)); c.at == c.start && len(before) != 0 {
			t.Errorf("%s is on before the true start", before)
		}
	}
}

// The shifts of one layer follow each other without overlap and without a gap, in every zone.
func TestTurnsTileTheTime(t *testing.T) {
	t.Parallel()
	for _, zone := range zones() {
		for _, begin := range changesOfClocks() {
			for _, l := range []Layer{
				{Rotate: Hourly, Start: "2010-01-01 00:00"}, {Rotate: Hourly, Start: "2010-01-01 00:20"}, {Rule: "FREQ=HOURLY", Start: "2011-12-25 00:00"},
				{Rotate: Hourly, Every: 5, Start: "2010-01-01 00:00"}, {Rotate: Hourly, Every: 7, Start: "2010-01-01 02:30"},
				{Rotate: Daily, Start: "2010-01-01 00:00"}, {Rotate: Daily, Start: "2010-01-01 02:15"}, {Rotate: Daily, Every: 3, Start: "2010-01-01 01:30"},
				{Rotate: Weekly, Start: "2010-01-03 00:00"}, {Rotate: Monthly, Start: "2010-01-31 02:30"},
			} {
				l.People = []string{"a", "b", "c"}
				s := compiled(t, bare(zone, l))
				from := at(t, begin)
				to := from.AddDate(0, 0, 5)
				if l.Rule != "" && from.Year() > 2011 {
					continue // counting takes long
				}
				when := from
				last := ""
				for _, shift := range s.Shifts(from, to) {
					if !shift.From.Equal(when) || !shift.From.Before(shift.To) {
						t.Fatalf("%+v in %s: a shift %+v, the time was at %s", l, zone, shift, when)
					}
					if last != "" && shift.Person != map[string]string{"a": "b", "b": "c", "c": "a"}[last] {
						t.Fatalf("%+v in %s: %s follows %s at %s", l, zone, shift.Person, last, when)
					}
					when, last = shift.To, shift.Person
				}
				if !when.Equal(to) || len(s.Gaps(from, to)) != 0 {
					t.Fatalf("%+v in %s: the shifts end at %s", l, zone, when)
				}
			}
		}
	}
}

// random is any schedule with any changes.
func random(t *testing.T, r *rand.Rand) (Schedule, time.Time) {
	t.Helper()
	all, days := zones(), changesOfClocks()
	c := Config{Zone: all[r.Intn(len(all))], Then: []string{"lead"}}
	from := at(t, days[r.Intn(len(days))])
	for range 1 + r.Intn(3) {
		l := Layer{People: []string{"a", "b", "c", "d"}[:1+r.Intn(4)], Every: r.Intn(4), Start: fmt.Sprintf("2010-01-0%d 0%d:30", 1+r.Intn(9), r.Intn(4)),
			Rotate: []Rotation{Never, Hourly, Daily, Weekly, Monthly}[r.Intn(5)], Beside: r.Intn(2) == 0}
		if r.Intn(2) == 0 {
			l.On = map[string]string{"fri": "22:00-24:00", "sat": "00:00-02:30,22:00-03:15", "sun": "00:00-00:00", "mon": "02:15-24:00"}
		}
		c.Layers = append(c.Layers, l)
	}
	span := func() (a, b time.Time) {
		a = from.Add(time.Duration(r.Intn(4*24*60)) * time.Minute)
		return a, a.Add(time.Duration(1+r.Intn(900)) * time.Minute)
	}
	var off []Off
	var over []Change
	for range r.Intn(4) {
		a, b := span()
		off = append(off, Off{Person: []string{"a", "b", "c"}[r.Intn(3)], From: a, To: b})
	}
	for range r.Intn(5) {
		a, b := span()
		if r.Intn(4) == 0 {
			over = append(over, Change{Temporary: Temporary{From: a, To: b, Shifts: []Shift{{"x", a, a.Add(b.Sub(a) / 2)}}}})
			continue
		}
		o := Override{Person: []string{"", "x", "a"}[r.Intn(3)], Instead: []string{"", "a", "b"}[r.Intn(3)], From: a, To: b}
		if o.Person != "" || o.Instead != "" {
			o.Beside = o.Instead == "" && r.Intn(2) == 0
			over = append(over, Change{Override: o})
		}
	}
	return compiled(t, c).With(off, over), from
}

// Who is rung is who has a shift, to the nanosecond, at and around every boundary; Gaps are where nobody has.
func TestChainAgreesWithShiftsAtEveryBoundary(t *testing.T) {
	t.Parallel()
	for seed := range int64(150 / underRace) {
		s, from := random(t, rand.New(rand.NewSource(seed)))
		to := from.AddDate(0, 0, 4)
		shifts, gaps := s.Shifts(from, to), s.Gaps(from, to)
		edges := map[time.Time]bool{from: true}
		for _, shift := range slices.Concat(shifts, gaps) {
			edges[shift.From], edges[shift.To] = true, true
		}
		for edge := range edges {
			for _, when := range []time.Time{edge.Add(-time.Nanosecond), edge, edge.Add(time.Nanosecond)} {
				if when.Before(from) || !when.Before(to) {
					continue
				}
				var want []string
				for _, shift := range shifts {
					if !when.Before(shift.From) && when.Before(shift.To) {
						want = append(want, shift.Person)
					}
				}
				on := s.On(when)
				chain := s.Chain(when)
				if len(on) > len(chain) || !slices.Equal(chain[:len(on)], on) {
					t.Fatalf("seed %d at %s: %v is on, %v is rung", seed, when, on, chain)
				}
				slices.Sort(want)
				if slices.Sort(on); !slices.Equal(on, want) {
					t.Fatalf("seed %d at %s: %v is on, the shifts say %v", seed, when, on, want)
				}
				inGap := slices.ContainsFunc(gaps, func(g Shift) bool { return !when.Before(g.From) && when.Before(g.To) })
				if inGap != (len(on) == 0) {
					t.Fatalf("seed %d at %s: %v is on, and a gap: %v", seed, when, on, inGap)
				}
			}
		}
	}
}

// A block-out alone never makes a gap, and nobody who is off is on while the layer has another.
func TestDaysOffMakeNoGap(t *testing.T) {
	t.Parallel()
	for seed := range int64(200 / underRace) {
		r := rand.New(rand.NewSource(seed))
		c := bare("Europe/Berlin", Layer{People: []string{"a", "b", "c"}[:1+r.Intn(3)], Rotate: Daily, Start: "2026-03-01 09:00"})
		from := at(t, "2026-03-27T00:00:00Z")
		var off []Off
		for range 1 + r.Intn(6) {
			a := from.Add(time.Duration(r.Intn(96)) * time.Hour)
			off = append(off, Off{[]string{"a", "b", "c"}[r.Intn(3)], a, a.Add(time.Duration(1+r.Intn(48)) * time.Hour)})
		}
		plain := compiled(t, c)
		s := plain.With(off, nil)
		for when := from; when.Before(from.AddDate(0, 0, 6)); when = when.Add(30 * time.Minute) {
			on := s.On(when)
			if len(on) != 1 {
				t.Fatalf("seed %d at %s: %v is on", seed, when, on)
			}
			free := slices.DeleteFunc(slices.Clone(c.People), func(p string) bool { return s.isOff(p, when) })
			if len(free) > 0 && s.isOff(on[0], when) {
				t.Fatalf("seed %d at %s: %s is off and on, %v could be", seed, when, on[0], free)
			}
			if was := plain.On(when); !s.isOff(was[0], when) && on[0] != was[0] {
				t.Fatalf("seed %d at %s: it is the turn of %s, who is not off, but %s is on", seed, when, was[0], on[0])
			}
		}
	}
}

// However it is asked, a shift is the same: Whole does not depend on the time that is looked at.
func TestWholeShiftsAreTheSameFromEverywhere(t *testing.T) {
	t.Parallel()
	for seed := range int64(30 / underRace) {
		s, from := random(t, rand.New(rand.NewSource(seed)))
		to := from.AddDate(0, 0, 4)
		all := s.Whole(from, to, 60*24*time.Hour)
		for _, shift := range all {
			a := shift.From
			if a.Before(from) {
				a = from
			}
			if !slices.Contains(s.Whole(a, a.Add(time.Minute), 60*24*time.Hour), shift) && shift.To.Sub(shift.From) < 50*24*time.Hour {
				t.Fatalf("seed %d: %+v is another shift when it is asked for alone: %+v", seed, shift, s.Whole(a, a.Add(time.Minute), 60*24*time.Hour))
			}
		}
	}
}

func TestLess(t *testing.T) {
	t.Parallel()
	h := func(n int) time.Time { return at(t, "2026-01-01T00:00:00Z").Add(time.Duration(n) * time.Hour) }
	got := Less([]Shift{{"a", h(0), h(10)}, {"b", h(0), h(2)}}, []Shift{{"a", h(2), h(4)}, {"a", h(6), h(12)}, {"c", h(0), h(10)}})
	if s := spell(got, time.UTC); s != "a 01T00:00-01T02:00, a 01T04:00-01T06:00, b 01T00:00-01T02:00" {
		t.Errorf("%s", s)
	}
}

func TestNeededHoursAndHolidays(t *testing.T) {
	t.Parallel()
	c := bare("America/Havana", Layer{People: []string{"a"}, On: map[string]string{"sun": "06:00-12:00"}})
	c.Needed = map[string]string{"sat": "20:00-24:00", "sun": "00:00-14:00"}
	s := compiled(t, c)
	from, to := at(t, "2026-10-31T12:00:00Z"), at(t, "2026-11-02T12:00:00Z") // the hour from 00:00 comes twice on Sunday
	if got := spell(s.Gaps(from, to), s.Zone()); got != "31T20:00-01T06:00, 01T12:00-01T14:00" {
		t.Errorf("gaps: %s", got)
	}
	whole := compiled(t, bare("America/Havana", Layer{People: []string{"a"}}))
	load := whole.Loads(from, to, func(day time.Time) bool { return day.Format("01-02") == "11-01" })
	// From Saturday 08:00 to Monday 07:00, with an hour that comes twice: it counts once for each time.
	if l := load[0]; l.Total != 48*time.Hour || l.Weekend != 41*time.Hour || l.Holiday != 25*time.Hour || l.Night != 17*time.Hour {
		t.Errorf("%+v", l)
	}
	var l1, l2 check.List
	c.Check(l1.Root(), func(string) bool { return true })
	c.Needed = nil
	c.Check(l2.Root(), func(string) bool { return true })
	if len(l1.Faults) != 0 || len(l2.Faults) != 1 || !l2.Faults[0].Warning {
		t.Errorf("a schedule of some hours: %v; %v", l1.Faults, l2.Faults)
	}
	if n := (Config{}).Notices(); len(n) != 2 || n[0] != 24*time.Hour {
		t.Errorf("notices: %v", n)
	}
	if n := (Config{Notice: []time.Duration{0}}).Notices(); len(n) != 0 {
		t.Errorf("no notices: %v", n)
	}
	if n := (Config{Notice: []time.Duration{time.Hour, 48 * time.Hour}}).Notices(); !strings.HasPrefix(fmt.Sprint(n), "[48h") {
		t.Errorf("notices: %v", n)
	}
}
