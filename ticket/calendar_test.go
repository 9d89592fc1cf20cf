package ticket

import (
	"math/rand"
	"testing"
	"time"
)

func calendar(t testing.TB, h Hours) Calendar {
	t.Helper()
	c, err := h.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

var office = Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "13:00-17:00, 09:00-12:00", "tue": "09:00-17:00",
	"wed": "09:00-17:00", "thu": "09:00-17:00", "fri": "09:00-15:00"}, Holidays: []string{"2026-12-24", "12-25", "easter+1", "easter-2", "01-01"}}

func TestOpenTime(t *testing.T) {
	t.Parallel()
	c := calendar(t, office)
	for _, x := range []struct {
		from string
		d    time.Duration
		due  string
	}{
		{"2026-03-02T08:30:00+01:00", time.Hour, "2026-03-02T10:00:00+01:00"},     // before it opens
		{"2026-03-02T11:30:00+01:00", time.Hour, "2026-03-02T13:30:00+01:00"},     // over noon
		{"2026-03-06T14:30:00+01:00", 2 * time.Hour, "2026-03-09T10:30:00+01:00"}, // over a weekend
		{"2026-03-02T09:00:00+01:00", 3 * time.Hour, "2026-03-02T12:00:00+01:00"}, // just at noon
		{"2026-12-23T16:00:00+01:00", 2 * time.Hour, "2026-12-28T10:00:00+01:00"}, // over Christmas and a weekend
		{"2027-12-24T14:00:00+01:00", 2 * time.Hour, "2027-12-27T10:00:00+01:00"}, // the 24th is free in 2026 only
		{"2026-04-02T16:00:00+02:00", 2 * time.Hour, "2026-04-07T10:00:00+02:00"}, // Good Friday to Easter Monday
		{"2026-03-27T14:00:00+01:00", 2 * time.Hour, "2026-03-30T10:00:00+02:00"}, // into summer time
		{"2026-10-23T14:00:00+02:00", 2 * time.Hour, "2026-10-26T10:00:00+01:00"}, // out of it
	} {
		from, due := moment(t, x.from), moment(t, x.due)
		if got := c.Add(from, x.d); !got.Equal(due) {
			t.Errorf("%v from %s is %s, not %s", x.d, x.from, got, x.due)
		}
		if got := c.Between(from, due); got != x.d {
			t.Errorf("from %s to %s are %v", x.from, x.due, got)
		}
	}
	for at, next := range map[string]string{
		"2026-03-02T08:30:00+01:00": "2026-03-02T09:00:00+01:00", "2026-03-02T10:00:00+01:00": "2026-03-02T10:00:00+01:00",
		"2026-03-02T12:00:00+01:00": "2026-03-02T13:00:00+01:00", "2026-03-06T15:00:00+01:00": "2026-03-09T09:00:00+01:00",
	} {
		if got := c.Next(moment(t, at)); !got.Equal(moment(t, next)) {
			t.Errorf("after %s it opens at %s", at, got)
		}
	}
}

func TestDaysOf23And25Hours(t *testing.T) {
	t.Parallel()
	c := calendar(t, Hours{Zone: "Europe/Berlin", Week: map[string]string{"sat": "00:00-24:00", "sun": "00:00-24:00"}})
	for day, want := range map[string]time.Duration{"2026-03-28T00:00:00+01:00": 47 * time.Hour, "2026-10-24T00:00:00+02:00": 49 * time.Hour,
		"2026-07-04T00:00:00+02:00": 48 * time.Hour} {
		from := moment(t, day)
		if got := c.Between(from, from.AddDate(0, 0, 5)); got != want {
			t.Errorf("the weekend of %s has %v", day, got)
		}
	}
}

func TestHoursWithoutAWeekAreOpenButForHolidays(t *testing.T) {
	t.Parallel()
	c := calendar(t, Hours{Holidays: []string{"05-01"}})
	if c.Open(moment(t, "2026-05-01T10:00:00Z")) || !c.Open(moment(t, "2026-05-02T00:00:00Z")) {
		t.Error("the first of May")
	}
	if got := c.Add(moment(t, "2026-04-30T23:00:00Z"), 2*time.Hour); !got.Equal(moment(t, "2026-05-02T01:00:00Z")) {
		t.Errorf("due at %s", got)
	}
}

func TestEaster(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"1961-04-02", "2000-04-23", "2008-03-23", "2024-03-31", "2025-04-20", "2026-04-05", "2038-04-25", "2285-03-22"} {
		want, _ := time.Parse(time.DateOnly, s)
		if got := easter(want.Year()); !got.Equal(want) {
			t.Errorf("Easter of %d is %s", want.Year(), got)
		}
	}
}

func TestBadHours(t *testing.T) {
	t.Parallel()
	for _, h := range []Hours{{Week: map[string]string{"mon": ""}}, {Week: map[string]string{"mon": "09:00-12:00,11:00-13:00"}},
		{Holidays: []string{"02-30"}}, {Holidays: []string{"easter1"}}, {Holidays: []string{"easter+1000"}}, {Holidays: []string{"Christmas"}},
		{Week: map[string]string{"mon": "-1:00-10:00"}}, {Week: map[string]string{"mon": "09:00"}}} {
		if h.Check() == nil {
			t.Errorf("%+v was taken", h)
		}
	}
}

// Whatever the hours: what Add gives is open time later by just that much, and never before.
func TestAddAndBetweenAgree(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia"}
	for seed := range int64(2000) {
		r := rand.New(rand.NewSource(seed))
		h := Hours{Zone: zones[r.Intn(len(zones))], Week: map[string]string{"mon": "00:00-24:00", "wed": "01:30-02:30,22:00-24:00", "sun": "00:00-04:00"},
			Holidays: []string{"easter", "03-29"}}
		c := calendar(t, h)
		from := time.Unix(1_700_000_000+r.Int63n(200_000_000), 0)
		d := time.Duration(1 + r.Int63n(int64(100*time.Hour)))
		due := c.Add(from, d)
		if got := c.Between(from, due); got != d || due.Before(from) {
			t.Fatalf("seed %d in %s: %v from %s is %s, between which are %v", seed, h.Zone, d, from, due, got)
		}
		if n := c.Next(from); n.Before(from) || !c.Open(n) || n.After(from) && c.Open(from) {
			t.Fatalf("seed %d in %s: after %s it opens at %s", seed, h.Zone, from, n)
		}
	}
}

func BenchmarkAddOpenTime(b *testing.B) {
	c := calendar(b, office)
	from := moment(b, "2026-03-06T14:30:00+01:00")
	for b.Loop() {
		c.Add(from, 20*time.Hour)
	}
}
