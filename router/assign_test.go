package router

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) // a Monday

func TestWhoGetsATicket(t *testing.T) {
	t.Parallel()
	anna := Candidate{Agent: ticket.Agent{ID: "anna", Languages: []string{"de", "en"}, Skills: []string{"routers"}}, Here: true, Open: 2, Room: 8, Last: nine}
	bob := Candidate{Agent: ticket.Agent{ID: "bob", Languages: []string{"en"}}, Here: true, Open: 1, Room: 2, Last: nine.Add(time.Minute)}
	cem := Candidate{Agent: ticket.Agent{ID: "cem"}, Here: true, Open: 5, Last: nine.Add(2 * time.Minute)}
	with := func(c Candidate, change func(*Candidate)) Candidate { change(&c); return c }
	away := func(c *Candidate) { c.Here, c.Absent = false, "is away" }
	full := func(c *Candidate) { c.Room, c.Open = 4, 4 }
	had := func(c *Candidate) { c.Former = 1 }
	for _, c := range []struct {
		name string
		want Want
		list []Candidate
		who  string
		why  string
	}{
		{"in turn", Want{How: AssignRobin}, []Candidate{anna, bob, cem}, "anna", "2 of 8 cases, is next in turn"},
		{"by load", Want{How: AssignLoaded}, []Candidate{anna, bob, with(cem, func(c *Candidate) { c.Open = 4 })}, "cem", "4 cases, has the least to do"},
		{"by load and capacity", Want{How: AssignLoaded}, []Candidate{bob, anna}, "anna", "2 of 8 cases, has the least to do"},
		{"by language", Want{How: AssignRobin, Language: "de"}, []Candidate{bob, anna}, "anna", "speaks German, 2 of 8 cases, is next in turn"},
		{"who names no language speaks all", Want{How: AssignRobin, Language: "fr"}, []Candidate{bob, anna, cem}, "cem", "5 cases, is next in turn"},
		{"nobody speaks it", Want{How: AssignRobin, Language: "fr"}, []Candidate{bob, anna}, "anna", "nobody who can take it speaks French, 2 of 8 cases, is next in turn"},
		{"by skill", Want{How: AssignRobin, Skills: []string{"Routers"}}, []Candidate{bob, anna, cem}, "anna", "knows Routers, 2 of 8 cases"},
		{"nobody has the skill", Want{How: AssignRobin, Tier: "Level 1", Skills: []string{"solar"}}, []Candidate{anna, bob}, "", "waits: there is nobody of Level 1 who knows solar"},
		{"who has it is away", Want{How: AssignRobin, Tier: "Level 1", Skills: []string{"routers"}}, []Candidate{with(anna, away), bob}, "",
			"waits: nobody of Level 1 who knows routers is here"},
		{"nobody is here", Want{How: AssignRobin, Tier: "Level 1"}, []Candidate{with(anna, away), with(bob, away)}, "", "waits: nobody of Level 1 is here"},
		{"all are full", Want{How: AssignRobin, Tier: "Level 1"}, []Candidate{with(anna, full), with(bob, away)}, "",
			"waits: everybody of Level 1 who is here has as many cases as they can take"},
		{"nobody works there", Want{How: AssignRobin, Tier: "Level 1"}, nil, "", "waits: Level 1 has no members"},
		{"back to who had it, even one too many", Want{How: AssignRobin, Language: "de"}, []Candidate{anna, with(with(bob, full), had)}, "bob",
			"had it before, does not speak German, full: 4 of 4 cases"},
		{"but not two too many", Want{How: AssignRobin}, []Candidate{anna, with(bob, func(c *Candidate) { c.Open, c.Room, c.Former = 5, 4, 1 })}, "anna", "2 of 8 cases"},
		{"nor when they are away", Want{How: AssignRobin}, []Candidate{anna, with(with(bob, away), had)}, "anna", "2 of 8 cases"},
		{"who knows the customer", Want{How: AssignRobin}, []Candidate{anna, with(bob, func(c *Candidate) { c.Knows = true })}, "bob",
			"had the last case of this customer, 1 of 2 cases"},
	} {
		best, none := c.want.Find(c.list)
		if why := best.Why + none; best.Agent.ID != c.who || why != c.why {
			t.Errorf("%s: %s, %q; want %s, %q", c.name, best.Agent.ID, why, c.who, c.why)
		}
	}
}

// TestNobodyGetsWhatTheyCannotTake: whatever the candidates, who is chosen is here, has room and knows what
// is wanted; and somebody is chosen whenever there is such a one.
func TestNobodyGetsWhatTheyCannotTake(t *testing.T) {
	t.Parallel()
	skills := []string{"routers", "solar"}
	for seed := range uint64(4_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		w := Want{How: []string{AssignRobin, AssignLoaded}[r.IntN(2)], Language: []string{"", "de", "fr"}[r.IntN(3)]}
		if r.IntN(2) == 0 {
			w.Skills = skills[:1+r.IntN(2)]
		}
		var list []Candidate
		possible := false
		for i := range r.IntN(6) {
			c := Candidate{Agent: ticket.Agent{ID: fmt.Sprint(i)}, Here: r.IntN(3) > 0, Open: r.IntN(5), Room: r.IntN(5), Knows: r.IntN(4) == 0,
				Former: max(0, r.IntN(5)-2), Last: nine.Add(time.Duration(r.IntN(10)) * time.Minute)}
			if r.IntN(2) == 0 {
				c.Agent.Languages = []string{[]string{"de", "fr", "en"}[r.IntN(3)]}
			}
			c.Agent.Skills = skills[:r.IntN(3)]
			list = append(list, c)
			possible = possible || c.Here && (c.Room == 0 || c.Open < c.Room) && len(w.lacks(c.Agent)) == 0
		}
		best, none := w.Find(list)
		if (best.Agent.ID == "") != (none != "") || possible && none != "" {
			t.Fatalf("seed %d: %+v %q, possible %v", seed, best, none, possible)
		}
		if none != "" {
			continue
		}
		over := best.Room > 0 && best.Open >= best.Room && (best.Former != 1 || best.Open > best.Room)
		if !best.Here || over || len(w.lacks(best.Agent)) > 0 {
			t.Fatalf("seed %d: %s got it: %+v", seed, best.Agent.ID, best)
		}
		if best.Former == 0 && !w.speaks(best.Agent) && slices.ContainsFunc(w.Rank(list), func(f Fit) bool { return f.OK && w.speaks(f.Agent) }) {
			t.Fatalf("seed %d: somebody who speaks the language was passed over", seed)
		}
	}
}

func TestTurnsAreFair(t *testing.T) {
	t.Parallel()
	for n := 1; n < 7; n++ {
		list := make([]Candidate, n)
		for i := range list {
			list[i] = Candidate{Agent: ticket.Agent{ID: fmt.Sprint(i)}, Here: true}
		}
		got := map[string]int{}
		for k := range 100 {
			best, _ := Want{How: AssignRobin}.Find(list)
			got[best.Agent.ID]++
			i := slices.IndexFunc(list, func(c Candidate) bool { return c.Agent.ID == best.Agent.ID })
			list[i].Last = nine.Add(time.Duration(k) * time.Second)
			list[i].Open += k % 3 // who works fast and who slowly does not matter
		}
		for id, tickets := range got {
			if tickets < 100/n || tickets > 100/n+1 {
				t.Errorf("%s of %d got %d of 100", id, n, tickets)
			}
		}
	}
}

func TestWhoIsThere(t *testing.T) {
	t.Parallel()
	week := ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00"}}
	hours, err := week.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	p := Presence{Slack: true, Grace: 10 * time.Minute}
	said := func(s ticket.PresenceState, until time.Time) ticket.Presence {
		return ticket.Presence{Agent: "anna", State: s, Since: nine, Until: until, Reason: "dentist"}
	}
	var nothing ticket.Presence
	evening := nine.Add(7*time.Hour + 5*time.Minute) // 17:05 in Berlin
	for _, c := range []struct {
		name        string
		said, slack ticket.Presence
		at          time.Time
		here, gone  bool
		why         string
		back        time.Time
	}{
		{"in hours", nothing, nothing, nine, true, false, "is here", time.Time{}},
		{"said to be away", said(ticket.Away, nine.Add(time.Hour)), nothing, nine, false, true, "is away until 11:00 CET (dentist)", nine.Add(time.Hour)},
		{"said for another day", said(ticket.Away, nine.Add(26*time.Hour)), nothing, nine, false, true, "is away until 3 Mar 12:00 CET (dentist)", nine.Add(26 * time.Hour)},
		{"said for nobody knows how long", said(ticket.Away, time.Time{}), nothing, nine, false, true, "is away (dentist)", time.Time{}},
		{"that is over", said(ticket.Away, nine), nothing, nine, true, false, "is here", time.Time{}},
		{"hours are just over", nothing, nothing, evening, false, false, "is not at work until 3 Mar 09:00 CET", time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)},
		{"hours are over", nothing, nothing, evening.Add(10 * time.Minute), false, true, "is not at work until 3 Mar 09:00 CET", time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)},
		{"said to be here all the same", said(ticket.Here, evening.Add(time.Hour)), said(ticket.Away, time.Time{}), evening, true, false, "is here", time.Time{}},
		{"away in Slack, just now", nothing, said(ticket.Away, time.Time{}), nine.Add(time.Minute), false, false, "is away in Slack (dentist)", time.Time{}},
		{"away in Slack", nothing, said(ticket.Away, time.Time{}), nine.Add(10 * time.Minute), false, true, "is away in Slack (dentist)", time.Time{}},
		{"here in Slack", nothing, said(ticket.Here, time.Time{}), nine, true, false, "is here", time.Time{}},
	} {
		s := p.statusOf(hours, c.said, c.slack, c.at)
		if s.Here != c.here || s.Gone != c.gone || s.Why != c.why || !s.Back.Equal(c.back) {
			t.Errorf("%s: %+v", c.name, s)
		}
	}
	if s := (Presence{}).statusOf(hours, nothing, said(ticket.Away, time.Time{}), nine); !s.Here {
		t.Errorf("Slack counts, and was not asked for: %+v", s)
	}
	if end := hours.Closes(nine); !end.Equal(nine.Add(7 * time.Hour)) {
		t.Errorf("closes at %v", end)
	}
	round, err := ticket.Hours{Week: map[string]string{"mon": "09:00-24:00", "tue": "00:00-02:00,03:00-04:00"}}.Calendar()
	if err != nil {
		t.Fatal(err)
	}
	if end := round.Closes(nine); !end.Equal(nine.Add(17 * time.Hour)) {
		t.Errorf("through the night it closes at %v", end)
	}
	if end := round.Closes(nine.Add(-time.Hour)); !end.IsZero() {
		t.Errorf("it is closed, and closes at %v", end)
	}
	if !strings.HasPrefix(untilWhen(nine, nine, time.UTC), " until 09:00") {
		t.Error(untilWhen(nine, nine, time.UTC))
	}
}
