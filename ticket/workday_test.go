package ticket

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

func TestWorkdaysBegin(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, berlin) }
	for _, c := range []struct {
		what string
		week map[string]string
		want string
	}{
		{"a lunch break ends no day; the clocks change on the 29th; what begins at from has begun",
			map[string]string{"mon": "09:00-12:00, 13:00-17:00", "tue": "10:00-17:00", "sun": "07:00-08:00"}, "24 10:00, 29 07:00, 30 09:00"},
		{"a day that is open round the clock begins at eight", map[string]string{"wed": "00:00-24:00"}, "25 08:00"},
		{"nights begin in the evening", map[string]string{"mon": "22:00-24:00", "tue": "00:00-06:00, 22:00-24:00", "wed": "00:00-06:00"}, "23 22:00, 24 22:00"},
		{"two shifts of a day are one day", map[string]string{"tue": "06:00-09:00, 16:00-20:00"}, "24 06:00"},
		{"five days on end", map[string]string{"mon": "06:00-24:00", "tue": "00:00-24:00", "wed": "00:00-12:00"}, "24 08:00, 25 08:00, 30 08:00"},
	} {
		cal, err := Hours{Zone: "Europe/Berlin", Week: c.week}.Calendar()
		if err != nil {
			t.Fatal(c.what, err)
		}
		var got []string
		for _, b := range cal.Workdays(at(23, 9), at(30, 9)) {
			got = append(got, b.In(berlin).Format("2 15:04"))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s: %s, want %s", c.what, s, c.want)
		}
	}
	if n := len(Calendar{}.Workdays(at(23, 0), at(30, 0))); n != 5 {
		t.Errorf("%d working days where it is never closed", n)
	}
	cal, _ := Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-12:00, 13:00-17:00", "fri": "09:00-15:00"}}.Calendar()
	if got := cal.Left(at(30, 9)); !got.Equal(at(27, 15)) {
		t.Errorf("on Monday they left on %v", got.In(berlin))
	}
	if from, to := cal.Workday(at(30, 9)); !from.Equal(at(30, 9)) || !to.Equal(at(30, 17)) {
		t.Errorf("Monday is from %v to %v", from.In(berlin), to.In(berlin))
	}
	if got := (Calendar{}).Left(at(30, 9)); !got.Equal(at(30, 9).Add(-16 * time.Hour)) {
		t.Errorf("of no hours: %v", got)
	}
}

// TestWorkdaysOfAnyHours: whatever the hours, the zone and the time of year, there is at most one beginning on a date;
// it is open then; and how a time is cut into pieces changes nothing.
func TestWorkdaysOfAnyHours(t *testing.T) {
	t.Parallel()
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns", "UTC", "Pacific/Apia", "Africa/Casablanca"}
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 7))
		h := Hours{Zone: zones[r.IntN(len(zones))], Week: map[string]string{}}
		for _, d := range days {
			if r.IntN(4) == 0 {
				continue
			}
			a := r.IntN(20)
			b := a + 1 + r.IntN(24-a)
			h.Week[d] = fmt.Sprintf("%02d:%02d-%02d:00", a, 15*r.IntN(4), max(b, a+1))
		}
		if len(h.Week) == 0 {
			continue
		}
		cal, err := h.Calendar()
		if err != nil {
			t.Fatal(h, err)
		}
		from := time.Date(2025+r.IntN(3), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC)
		to := from.Add(12 * 24 * time.Hour)
		whole := cal.Workdays(from, to)
		dates := map[string]bool{}
		for _, b := range whole {
			date := b.In(cal.Zone()).Format(time.DateOnly)
			if dates[date] {
				t.Fatalf("seed %d: twice on %s in %v", seed, date, h)
			}
			dates[date] = true
			if !cal.Open(b) || !b.After(from) || b.After(to) {
				t.Fatalf("seed %d: %v is no beginning of %v", seed, b.In(cal.Zone()), h)
			}
			if f, e := cal.Workday(b); b.Before(f) || !b.Before(e) {
				t.Fatalf("seed %d: %v is not within its day, %v to %v, of %v", seed, b, f, e, h)
			}
			if l := cal.Left(b); l.After(b) {
				t.Fatalf("seed %d: left at %v, after %v", seed, l, b)
			}
		}
		var pieces []time.Time
		for a := from; a.Before(to); {
			b := a.Add(time.Duration(1+r.IntN(40*3600)) * time.Second)
			if b.After(to) {
				b = to
			}
			pieces = append(pieces, cal.Workdays(a, b)...)
			a = b
		}
		if fmt.Sprint(pieces) != fmt.Sprint(whole) {
			t.Fatalf("seed %d: in pieces %v, whole %v, of %v", seed, pieces, whole, h)
		}
	}
}
