package slackdesk

import (
	"testing"
	"time"
)

func TestUntilWhen(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 27, 13, 30, 0, 0, berlin) // the Friday before the clocks change
	for _, c := range []struct{ text, at, rest string }{
		{"", "", ""},
		{"dentist", "", "dentist"},
		{"30m", "2026-03-27 14:00", ""},
		{"until 1h30m lunch with Bob", "2026-03-27 15:00", "lunch with Bob"},
		{"2d", "2026-03-29 13:30", ""},
		{"14:00 dentist", "2026-03-27 14:00", "dentist"},
		{"13:30", "2026-03-28 13:30", ""},
		{"9:00", "2026-03-28 09:00", ""},
		{"25:00", "", "25:00"},
		{"tomorrow", "2026-03-28 00:00", ""},
		{"tomorrow 09:30 off", "2026-03-28 09:30", "off"},
		{"Monday", "2026-03-30 00:00", ""},
		{"fri vacation", "2026-04-03 00:00", "vacation"},
		{"2026-12-24 12:00", "2026-12-24 12:00", ""},
		{"2026-13-24", "", "2026-13-24"},
		{"until", "", "until"},
		{"may be back late", "", "may be back late"},
	} {
		at, rest := until(c.text, now, berlin)
		got := ""
		if !at.IsZero() {
			got = at.In(berlin).Format("2006-01-02 15:04")
		}
		if got != c.at || rest != c.rest {
			t.Errorf("%q: %q %q", c.text, got, rest)
		}
	}
}
