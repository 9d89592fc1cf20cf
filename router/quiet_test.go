package router

import (
	"testing"
	"time"

	"tierline/ticket"
)

func TestQuietHoursEndOnTheClockOnTheWall(t *testing.T) {
	t.Parallel()
	night := Quiet{From: "22:00", To: "07:00", Zone: "Europe/Berlin"}
	for _, c := range []struct {
		what     string
		quiet    Quiet
		severity ticket.Priority
		at, want string // RFC 3339; "" rings at once
	}{
		{"before midnight", night, ticket.Normal, "2026-01-12T21:30:00Z", "2026-01-13T06:00:00Z"},
		{"after midnight", night, ticket.Low, "2026-01-13T02:00:00Z", "2026-01-13T06:00:00Z"},
		{"at their beginning", night, ticket.Normal, "2026-01-12T21:00:00Z", "2026-01-13T06:00:00Z"},
		{"at their end", night, ticket.Normal, "2026-01-13T06:00:00Z", ""},
		{"by day", night, ticket.Normal, "2026-01-13T12:00:00Z", ""},
		{"urgent enough", night, ticket.High, "2026-01-13T02:00:00Z", ""},
		{"nothing goes before", Quiet{From: "22:00", To: "07:00", Zone: "Europe/Berlin", Bypass: []ticket.Priority{ticket.Urgent}}, ticket.High,
			"2026-01-13T02:00:00Z", "2026-01-13T06:00:00Z"},
		{"the night that is an hour short", night, ticket.Normal, "2026-03-28T21:30:00Z", "2026-03-29T05:00:00Z"},
		{"the night that is an hour long", night, ticket.Normal, "2026-10-24T20:30:00Z", "2026-10-25T06:00:00Z"},
		{"a siesta", Quiet{From: "13:00", To: "15:00", Zone: "Europe/Madrid"}, ticket.Normal, "2026-07-01T11:30:00Z", "2026-07-01T13:00:00Z"},
		{"west of the date line", Quiet{From: "22:00", To: "07:00", Zone: "Pacific/Auckland"}, ticket.Normal, "2026-07-01T11:00:00Z", "2026-07-01T19:00:00Z"},
		{"none", Quiet{}, ticket.Normal, "2026-01-13T02:00:00Z", ""},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if end := c.quiet.ends(c.severity, at); !end.IsZero() {
			got = end.Format(time.RFC3339)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
