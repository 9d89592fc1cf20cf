package router

import (
	"math/rand/v2"
	"testing"
	"time"

	"tierline/ticket"
)

// TestWhatStandsBehindATime: a promise stands behind an answer that names its time, in whatever words, and behind no
// other.
func TestWhatStandsBehindATime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC) // a Wednesday
	at := func(day, hour, minute int) time.Time { return time.Date(2026, 3, day, hour, minute, 0, 0, time.UTC) }
	for _, c := range []struct {
		text string
		due  time.Time
		ask  bool
	}{
		{"We will have it fixed by tomorrow.", at(5, 17, 0), false},
		{"We will have it fixed by tomorrow.", at(5, 9, 0), false},
		{"We will have it fixed by tomorrow.", at(4, 12, 0), true}, // a callback today is no solution tomorrow
		{"We will have it fixed by tomorrow.", at(6, 17, 0), true},
		{"We'll call you by 3 pm.", at(4, 15, 0), false},
		{"We'll call you by 3 pm.", at(4, 14, 30), false},
		{"We'll call you by 3 pm.", at(4, 11, 0), true},
		{"We'll call you by 3 pm.", at(4, 17, 0), true},
		{"We'll call you within two hours.", at(4, 11, 45), false},
		{"We'll call you within two hours.", at(4, 10, 30), true},
		{"We'll call you within two hours.", at(4, 15, 0), true},
		{"It will be ready by the end of the week.", at(6, 17, 0), false},
		{"It will be ready by the end of the week.", at(13, 17, 0), true},
		{"It will be ready next week.", at(11, 12, 0), false},
		{"It will be ready next week.", at(5, 12, 0), true},
		{"We expect it in 2-3 days.", at(6, 12, 0), false},
		{"We expect it in 2-3 days.", at(4, 12, 0), true},
		{"We call you today and have it fixed by Friday.", at(4, 16, 0), true}, // Friday is another
		{"Wir melden uns bis morgen.", at(5, 17, 0), false},
		{"Wir melden uns bis morgen.", at(4, 17, 0), true},
		{"Wir rufen Sie heute um 16 Uhr an.", at(4, 16, 0), false},
		{"Wir rufen Sie heute um 16 Uhr an.", at(4, 12, 0), true},
		{"Sie hören in einer Stunde von uns.", at(4, 11, 0), false},
		{"Sie hören in einer Stunde von uns.", at(4, 16, 0), true},
		{"Das Ersatzteil wird binnen 5 Werktagen geliefert.", at(11, 12, 0), false},
		{"Das Ersatzteil wird binnen 5 Werktagen geliefert.", at(5, 12, 0), true},
		{"Nächste Woche wird es repariert.", at(13, 17, 0), false},
		{"Nächste Woche wird es repariert.", at(6, 17, 0), true},
		{"Nous vous rappellerons d’ici demain.", at(5, 17, 0), false},
		{"Nous vous rappellerons d’ici demain.", at(4, 17, 0), true},
		{"Le technicien passera vendredi à 14 heures.", at(6, 14, 0), false},
		{"Le technicien passera vendredi à 14 heures.", at(6, 9, 0), true},
		{"Ce sera réparé dans deux jours.", at(6, 10, 0), false},
		{"Ce sera réparé dans deux jours.", at(4, 18, 0), true},
	} {
		tk := ticket.Ticket{Promises: []ticket.Promise{{Number: 1, Kind: ticket.PromiseCallback, Due: c.due, State: ticket.PromiseOpen}}}
		if got := unbacked(tk, c.text, now); len(got) > 0 != c.ask {
			t.Errorf("%q with a promise for %s is asked about: %v", c.text, c.due.Format("Mon 15:04"), got)
		}
		tk = ticket.Ticket{Update: &ticket.Update{Said: c.due}} // by when they were told that they hear
		if got := unbacked(tk, c.text, now); len(got) > 0 != c.ask {
			t.Errorf("%q when they hear by %s is asked about: %v", c.text, c.due.Format("Mon 15:04"), got)
		}
	}
}

// TestOurOwnPhrasesAreBacked: what the gateway says of a promise is backed by that promise, whenever it is due and in
// every language; and by none of other days.
func TestOurOwnPhrasesAreBacked(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 1))
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for range 3_000 {
		now := time.Date(2026, 1, 1+rnd.IntN(365), rnd.IntN(24), rnd.IntN(60), 0, 0, zone)
		due := now.Add(time.Duration(10+rnd.IntN(60*24*60)) * time.Minute).Truncate(5 * time.Minute)
		for _, language := range []string{"en", "de", "fr"} {
			s := speaker{language: language, now: now, zone: zone, ticket: ticket.Ticket{ID: 1001}}
			text := s.due("promise_callback", due)
			p := ticket.Promise{Number: 1, Kind: ticket.PromiseCallback, Due: due, State: ticket.PromiseOpen}
			if got := unbacked(ticket.Ticket{Promises: []ticket.Promise{p}}, text, now); len(got) != 0 {
				t.Fatalf("at %s, for %s, it asks about %q: %+v", now, due, text, got)
			}
			p.Due = due.AddDate(0, 0, 3)
			if got := unbacked(ticket.Ticket{Promises: []ticket.Promise{p}}, text, now); len(got) != 1 {
				t.Fatalf("at %s a promise for %s stands behind %q", now, p.Due, text)
			}
		}
	}
}
