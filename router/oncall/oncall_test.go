package oncall

import (
	"math/rand"
	"slices"
	"strings"
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

// bare is a schedule of one layer.
func bare(zone string, l Layer) Config { return Config{Zone: zone, Layer: l} }

func compiled(t testing.TB, c Config) Schedule {
	t.Helper()
	s, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestChain(t *testing.T) {
	t.Parallel()
	abc := []string{"a", "b", "c"}
	weekly := bare("Europe/Berlin", Layer{People: abc, Rotate: Weekly, Start: "2026-01-05"})
	weekly.Then = []string{"lead", "a"}
	daily := bare("Europe/Berlin", Layer{People: abc, Rotate: Daily, Start: "2026-03-28", Handover: "02:30"})
	instead := weekly
	instead.Overrides = []Override{{Person: "c", From: at(t, "2026-01-06T00:00:00Z"), To: at(t, "2026-01-07T00:00:00Z")}}
	for _, c := range []struct {
		name string
		c    Config
		at   string
		want string
	}{
		{"nobody", Config{}, "2026-01-05T08:00:00Z", ""},
		{"no rotation", bare("", Layer{People: []string{"a", "b"}}), "2030-01-05T08:00:00Z", "a b"},
		{"first turn", weekly, "2026-01-05T08:00:00Z", "a b c lead"},
		{"before the first turn nobody is on, and all can be rung", weekly, "2026-01-05T07:59:59Z", "a b c lead"},
		{"second week", weekly, "2026-01-12T08:00:00Z", "b c a lead"},
		{"override", instead, "2026-01-06T10:00:00Z", "c a b lead"},
		{"override ends", instead, "2026-01-07T00:00:00Z", "a b c lead"},
		// 02:30 does not exist on 29 March 2026 in Berlin: 02:00 CET becomes 03:00 CEST at 01:00Z.
		{"before the gap", daily, "2026-03-29T00:59:59Z", "a b c"},
		{"after the gap", daily, "2026-03-29T01:00:00Z", "b c a"},
		{"the day after the gap", daily, "2026-03-30T00:30:00Z", "c a b"},
		// 02:30 comes twice on 25 October 2026 in Berlin: first at 00:30Z. Day 211 since the start.
		{"before the first 02:30", daily, "2026-10-25T00:29:59Z", "a b c"},
		{"at the first 02:30", daily, "2026-10-25T00:30:00Z", "b c a"},
		{"at the second 02:30", daily, "2026-10-25T01:30:00Z", "b c a"},
	} {
		if got := strings.Join(compiled(t, c.c).Chain(at(t, c.at)), " "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestTurnsFollowEachOther(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "Australia/Lord_Howe", "America/Chicago", "UTC"} {
		for _, l := range []Layer{
			{Rotate: Daily, Start: "2025-01-01 02:30"}, {Rotate: Hourly, Every: 6, Start: "2025-01-01 02:15"},
			{Rotate: Weekly, Every: 2, Start: "2025-01-01 01:30"}, {Rotate: Monthly, Start: "2025-01-31 02:30"},
			{Rule: "FREQ=WEEKLY;BYDAY=MO,TH", Start: "2025-01-02 02:30"},
		} {
			l.People = []string{"a", "b", "c"}
			s := compiled(t, bare(zone, l))
			k := s.layers[0]
			from, to := at(t, "2026-01-01T12:00:00Z"), at(t, "2027-01-01T12:00:00Z")
			last, changes := k.turn(from, s.zone), 0
			step := 10 * time.Minute * underRace
			if l.Rule != "" {
				step = 3 * time.Hour // counting takes longer
			}
			for when := from; when.Before(to); when = when.Add(step) {
				turn := k.turn(when, s.zone)
				if turn != last && turn != last+1 {
					t.Fatalf("%+v in %s: the turn jumps from %d to %d at %s", l, zone, last, turn, when)
				}
				changes += turn - last
				last = turn
			}
			if n := len(k.handovers(from, to, s.zone)); n < changes || n > changes+2 {
				t.Errorf("%+v in %s: %d hand-overs are listed, %d were seen", l, zone, n, changes)
			}
		}
	}
}

func TestHandoversAtBothEndsOfSummerTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone     string
		l        Layer
		from, to string
		want     []string
	}{
		{"America/Chicago", Layer{Rotate: Daily, Start: "2020-03-06 02:30"}, "2020-03-06T09:00:00Z", "2020-03-10T06:00:00Z",
			[]string{"03-07 02:30 CST", "03-08 03:00 CDT", "03-09 02:30 CDT"}},
		{"America/Chicago", Layer{Rotate: Hourly, Start: "2020-03-06 02:30"}, "2020-03-08T07:00:00Z", "2020-03-08T09:31:00Z",
			[]string{"03-08 01:30 CST", "03-08 03:00 CDT", "03-08 03:30 CDT", "03-08 04:30 CDT"}},
		{"America/Chicago", Layer{Rotate: Hourly, Every: 24, Start: "2020-10-30 01:30"}, "2020-10-31T06:00:00Z", "2020-11-03T08:00:00Z",
			[]string{"10-31 01:30 CDT", "11-01 01:30 CDT", "11-02 01:30 CST", "11-03 01:30 CST"}},
		{"Australia/Lord_Howe", Layer{Rotate: Daily, Start: "2020-10-02 02:15"}, "2020-10-02T17:00:00Z", "2020-10-04T17:00:00Z",
			[]string{"10-04 02:30 +11", "10-05 02:15 +11"}},
		{"America/Chicago", Layer{Rotate: Monthly, Start: "2020-10-31 01:30"}, "2020-10-31T07:00:00Z", "2021-03-30T00:00:00Z",
			[]string{"11-30 01:30 CST", "12-31 01:30 CST", "01-31 01:30 CST", "02-28 01:30 CST"}},
	} {
		c.l.People = []string{"a", "b"}
		s := compiled(t, bare(c.zone, c.l))
		var got []string
		for _, h := range s.layers[0].handovers(at(t, c.from), at(t, c.to), s.zone) {
			if h.After(at(t, c.from)) {
				got = append(got, h.In(s.zone).Format("01-02 15:04 MST"))
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v in %s: %v, want %v", c.l, c.zone, got, c.want)
		}
	}
}

// spell writes shifts down as "a 8:00-10:00", days apart.
func spell(list []Shift, zone *time.Location) string {
	var out []string
	for _, s := range list {
		out = append(out, strings.TrimSpace(s.Person+" "+s.From.In(zone).Format("02T15:04")+"-"+s.To.In(zone).Format("02T15:04")))
	}
	return strings.Join(out, ", ")
}

func TestLayersOverridesAndTemporaryShifts(t *testing.T) {
	t.Parallel()
	day := func(clock string) time.Time { return at(t, "2018-01-01T"+clock+":00Z") }
	base := Config{Layers: []Layer{{People: []string{"foo"}, On: map[string]string{"mon": "08:00-10:00"}}}}
	with := func(change func(*Config)) Config { c := base; change(&c); return c }
	for _, c := range []struct {
		name string
		c    Config
		want string
		gaps string
	}{
		{"a window", base, "foo 01T08:00-01T09:00", "01T07:00-01T08:00"},
		{"replaced", with(func(c *Config) {
			c.Overrides = []Override{{Person: "baz", Instead: "foo", From: day("08:15"), To: day("08:45")}}
		}), "foo 01T08:00-01T08:15, baz 01T08:15-01T08:45, foo 01T08:45-01T09:00", "01T07:00-01T08:00"},
		{"who is not on is not replaced", with(func(c *Config) {
			c.Overrides = []Override{{Person: "baz", Instead: "bar", From: day("08:15"), To: day("08:45")}}
		}), "foo 01T08:00-01T09:00", "01T07:00-01T08:00"},
		{"taken off", with(func(c *Config) {
			c.Overrides = []Override{{Instead: "foo", From: day("08:15"), To: day("08:45")}}
		}), "foo 01T08:00-01T08:15, foo 01T08:45-01T09:00", "01T07:00-01T08:00, 01T08:15-01T08:45"},
		{"added", with(func(c *Config) {
			c.Overrides = []Override{{Person: "baz", Beside: true, From: day("07:45"), To: day("08:45")}}
		}), "baz 01T07:45-01T08:45, foo 01T08:00-01T09:00", "01T07:00-01T07:45"},
		{"a temporary schedule goes over all", with(func(c *Config) {
			c.Overrides = []Override{{Person: "bar", From: day("08:00"), To: day("09:00")}}
			c.Temporary = []Temporary{{From: day("08:15"), To: day("08:45"), Shifts: []Shift{{"baz", day("08:25"), day("08:35")}}}}
		}), "bar 01T08:00-01T08:15, baz 01T08:25-01T08:35, bar 01T08:45-01T09:00", "01T07:00-01T08:00, 01T08:15-01T08:25, 01T08:35-01T08:45"},
		{"a higher layer", with(func(c *Config) {
			c.Layers = append(c.Layers, Layer{People: []string{"top"}, Start: "2018-01-01 08:30", Until: "2018-01-01 08:40"})
		}), "foo 01T08:00-01T08:30, top 01T08:30-01T08:40, foo 01T08:40-01T09:00", "01T07:00-01T08:00"},
		{"a layer beside", with(func(c *Config) {
			c.Layers = append(c.Layers, Layer{People: []string{"side"}, Beside: true})
		}), "side 01T07:00-01T09:00, foo 01T08:00-01T09:00", ""},
		{"over midnight", Config{Layers: []Layer{{People: []string{"owl"}, On: map[string]string{"sun": "22:00-07:30"}}}}, "owl 01T07:00-01T07:30", "01T07:30-01T09:00"},
	} {
		s := compiled(t, c.c)
		if got := spell(s.Shifts(day("07:00"), day("09:00")), time.UTC); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := spell(s.Gaps(day("07:00"), day("09:00")), time.UTC); got != c.gaps {
			t.Errorf("%s: gaps %s, want %s", c.name, got, c.gaps)
		}
	}
}

// However a schedule is made: its shifts and gaps say of every minute what On says.
func TestShiftsAgreeWithOn(t *testing.T) {
	t.Parallel()
	for seed := range int64(150 / underRace) {
		r := rand.New(rand.NewSource(seed))
		c := Config{Zone: []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"}[r.Intn(4)]}
		from := []time.Time{at(t, "2026-03-07T00:00:00Z"), at(t, "2026-03-28T00:00:00Z"), at(t, "2026-04-04T00:00:00Z"), at(t, "2026-10-24T12:00:00Z")}[r.Intn(4)]
		to := from.AddDate(0, 0, 3)
		for range 1 + r.Intn(3) {
			l := Layer{People: []string{"a", "b", "c", "d"}[:1+r.Intn(4)], Every: r.Intn(3), Start: "2026-01-0" + string(rune('1'+r.Intn(9))) + " 02:30",
				Rotate: []Rotation{Never, Hourly, Daily, Weekly, Monthly}[r.Intn(5)], Beside: r.Intn(2) == 0}
			if r.Intn(2) == 0 {
				l.On = map[string]string{"sat": "01:30-02:30,22:00-03:15", "sun": "00:00-00:00", "mon": "02:15-24:00"}
			}
			c.Layers = append(c.Layers, l)
		}
		minute := func() time.Time { return from.Add(time.Duration(r.Intn(72*60)) * time.Minute) }
		for range r.Intn(4) {
			o := Override{Person: []string{"", "x", "a"}[r.Intn(3)], Instead: []string{"", "a", "b"}[r.Intn(3)], Beside: r.Intn(2) == 0, From: minute()}
			o.To = o.From.Add(time.Duration(1+r.Intn(600)) * time.Minute)
			if o.Person != "" || o.Instead != "" {
				c.Overrides = append(c.Overrides, o)
			}
		}
		s := compiled(t, c)
		shifts, gaps := s.Shifts(from, to), s.Gaps(from, to)
		for m := from; m.Before(to); m = m.Add(5 * time.Minute) {
			var on []string
			for _, list := range [][]Shift{shifts, gaps} {
				for _, shift := range list {
					if !m.Before(shift.From) && m.Before(shift.To) {
						on = append(on, shift.Person)
					}
				}
			}
			want := s.On(m)
			if len(want) == 0 {
				want = []string{""}
			}
			slices.Sort(on)
			if slices.Sort(want); !slices.Equal(on, want) {
				t.Fatalf("seed %d at %s: the shifts say %q, On says %q", seed, m, on, want)
			}
		}
	}
}

func TestLoads(t *testing.T) {
	t.Parallel()
	s := compiled(t, bare("Europe/Berlin", Layer{People: []string{"a", "b"}, Rotate: Weekly, Start: "2026-01-05"}))
	loads := s.Loads(at(t, "2026-03-22T23:00:00Z"), at(t, "2026-04-05T22:00:00Z"), nil)
	if len(loads) != 2 || loads[0].Total+loads[1].Total != 14*24*time.Hour-time.Hour || loads[0].Night+loads[1].Night != (14*8-1)*time.Hour ||
		loads[0].Weekend+loads[1].Weekend != (4*24-1)*time.Hour {
		t.Errorf("loads: %+v", loads)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	bad := bare("Mars/Base", Layer{People: []string{"x"}, Rotate: "yearly", Handover: "25:00"})
	bad.Then = []string{"y"}
	bad.Overrides = []Override{{Person: "a", From: time.Unix(2, 0), To: time.Unix(1, 0)}, {From: time.Unix(1, 0), To: time.Unix(2, 0)}}
	bad.Layers = []Layer{{}, {People: []string{"a"}, Rotate: Daily}, {People: []string{"a"}, Rule: "FREQ=NEVER", Start: "2026-01-01"},
		{People: []string{"a"}, Rule: "FREQ=SECONDLY", Start: "2026-01-01"}, {People: []string{"a"}, On: map[string]string{"mon": "8-9", "day": "08:00-09:00"}},
		{People: []string{"a"}, Start: "2026-01-01", Until: "2025-01-01"}, {People: []string{"a"}, Every: -1}}
	bad.Temporary = []Temporary{{From: time.Unix(2, 0), To: time.Unix(1, 0), Shifts: []Shift{{Person: "z", From: time.Unix(2, 0), To: time.Unix(1, 0)}}}}
	var l check.List
	bad.Check(l.Root(), func(id string) bool { return id == "a" })
	if len(l.Faults) != 18 {
		t.Errorf("%d faults: %v", len(l.Faults), l.Faults)
	}
	if _, err := bad.Compile(); err == nil {
		t.Error("it was compiled")
	}
	l = check.List{}
	good := bare("", Layer{People: []string{"a"}, Rotate: Weekly, Start: "2026-01-05"})
	good.Check(l.Root(), func(string) bool { return true })
	if len(l.Faults) != 0 {
		t.Errorf("faults of a good schedule: %v", l.Faults)
	}
	l = check.List{}
	ends := bare("", Layer{People: []string{"a"}, Rule: "FREQ=WEEKLY;COUNT=3", Start: "2026-01-05"})
	ends.Check(l.Root(), func(string) bool { return true })
	if len(l.Faults) != 1 || !l.Faults[0].Warning || !strings.Contains(l.Faults[0].What, "for good") {
		t.Errorf("hand-overs that end: %v", l.Faults)
	}
}

func BenchmarkOn(b *testing.B) {
	s := compiled(b, bare("Europe/Berlin", Layer{People: []string{"a", "b", "c"}, Rotate: Weekly, Start: "2020-01-05", On: map[string]string{"mon": "18:00-08:00"}}))
	now := time.Date(2026, 3, 25, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.On(now)
	}
}

// What a calendar of half a year asks, of a rule that began years ago.
func BenchmarkShiftsOfARule(b *testing.B) {
	from := time.Date(2026, 3, 25, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		s := compiled(b, bare("Europe/Berlin", Layer{People: []string{"a", "b", "c"}, Rule: "FREQ=DAILY", Start: "2020-01-05"}))
		s.Shifts(from.AddDate(0, 0, -31), from.AddDate(0, 7, 0))
	}
}
