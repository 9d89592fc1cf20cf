//go:build !race

package simulation

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/store"
	"tierline/ticket"
)

func week(span string) ticket.Hours {
	h := ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{}}
	for _, d := range []string{"mon", "tue", "wed", "thu", "fri"} {
		h.Week[d] = span
	}
	return h
}

func desk() router.Config {
	clocks := map[string]router.Clocks{"default": {First: 4 * time.Hour, Resolution: 16 * time.Hour, Tier: 8 * time.Hour}}
	return router.Config{
		Brands: []ticket.Brand{{Name: "acme", Hours: week("09:00-17:00")}},
		Agents: []ticket.Agent{{ID: "anna", Name: "Anna", Slack: "U1", Roles: []ticket.Role{ticket.RoleAgent}},
			{ID: "lea", Name: "Lea", Slack: "U2", Roles: []ticket.Role{ticket.RoleLevel2}}},
		Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "a", Clocks: clocks},
			{Name: "l2", Level: 2, Channel: "b", Clocks: clocks, Handoff: []string{"problem"}, OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"lea"}}}}},
		Rules: []router.Rule{{Name: "all", Then: router.Then{Tier: "l1"}},
			{Name: "fire", Group: "page", When: `text contains "fire"`, Then: router.Then{Priority: ticket.Urgent, Propose: []ticket.ActionKind{ticket.ActPage}}}},
	}
}

func twoDays() *Scenario {
	return &Scenario{Name: "two days", Start: time.Date(2026, 1, 4, 23, 0, 0, 0, time.UTC), Zone: "Europe/Berlin", Days: 2, Seed: 7,
		Arrivals: []Arrival{{PerDay: 12, Cases: []string{"question", "fault"}}},
		Bursts:   []Burst{{After: 11 * time.Hour, Count: 2, Case: "fire"}},
		Cases: []Case{
			{Name: "question", Texts: map[string][]string{"en": {"How?"}, "de": {"Wie denn?"}}, Solves: map[string]float64{"l1": 1}, AsksBack: .4, Returns: 20 * time.Minute},
			{Name: "fault", Texts: map[string][]string{"en": {"{unit} is broken"}}, Unit: true, Solves: map[string]float64{"l1": 0, "l2": 1}},
			{Name: "fire", Texts: map[string][]string{"en": {"There is a fire"}}, Solves: map[string]float64{"l1": 0, "l2": 1}},
		},
		People: map[string]Person{"lea": {Answers: 1, Decline: 1e-9, Within: 10 * time.Second}}}
}

func run(t *testing.T, s *Scenario, conf router.Config) Report {
	t.Helper()
	live, err := router.NewLive(conf)
	if err != nil {
		t.Fatal(err)
	}
	clock := NewClock(s.Start)
	st, err := store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Policy: live, Now: clock.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	r, err := Play(t.Context(), s, Setup{Store: st, Intake: st, KB: st, Live: live, Clock: clock, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTwoDays(t *testing.T) {
	t.Parallel()
	r := run(t, twoDays(), desk())
	n := r.Contacts["email"]
	if n < 12 || r.Solved+r.Open != n {
		t.Errorf("%d contacts; %d solved and %d open", n, r.Solved, r.Open)
	}
	if r.Escalated < 2 || r.Pages.Opened < 2 || r.Pages.Accepted != r.Pages.Opened || r.Pages.P50 <= 0 {
		t.Errorf("%d escalated, pages %+v", r.Escalated, r.Pages)
	}
	if len(r.Refused) > 0 {
		t.Errorf("refused: %v", r.Refused)
	}
	anna := r.People[slices.IndexFunc(r.People, func(p PersonReport) bool { return p.Agent == "anna" })]
	if anna.Hours != 16*time.Hour || anna.Goes == 0 || anna.Solved == 0 || anna.Worked <= 0 {
		t.Errorf("anna: %+v", anna)
	}
	for _, c := range r.Clocks {
		if c.Clock == ticket.ClockFirst && c.Breached > 0 {
			t.Errorf("two people for a dozen cases a day are late: %+v", c)
		}
	}
	if again := run(t, twoDays(), desk()); text(again) != text(r) {
		t.Errorf("the same play came out otherwise:\n%s\n%s", text(again), text(r))
	}
}

func text(r Report) string {
	b, _ := json.Marshal(r)
	return string(b)
}

// Fewer people are late, and what comes in is the same.
func TestStaffingShows(t *testing.T) {
	t.Parallel()
	s := twoDays()
	s.Bursts = append(s.Bursts, Burst{After: 9 * time.Hour, Count: 40, Case: "question"})
	well := run(t, s, desk())
	s.People = map[string]Person{"anna": {Off: []string{"2026-01-05", "2026-01-06"}}, "lea": {Answers: 1e-9}}
	ill := run(t, s, desk())
	if well.Contacts["email"] != ill.Contacts["email"] {
		t.Errorf("other contacts: %v and %v", well.Contacts, ill.Contacts)
	}
	if late(ill) <= late(well) || ill.Pages.Accepted > 0 {
		t.Errorf("without anna %d are late, with her %d; pages %+v", late(ill), late(well), ill.Pages)
	}
}

func late(r Report) (n int) {
	for _, c := range r.Clocks {
		n += c.Breached
	}
	return n
}

func TestFaultsOfAScenario(t *testing.T) {
	t.Parallel()
	s := twoDays()
	s.Start, s.Zone, s.Days = time.Time{}, "Mars", 900
	s.Arrivals[0] = Arrival{Channel: "fax", Hours: map[int]float64{25: 1}, Week: map[string]float64{"someday": 1}, Cases: []string{"nothing"}}
	s.Bursts[0] = Burst{Case: "nothing"}
	s.Cases[0].Solves["l1"], s.Cases[1].Texts, s.Cases[2].Name, s.Cases[2].Spread = 2, nil, "fault", 4
	s.People["lea"] = Person{Answers: 2, Pace: -1, Off: []string{"tomorrow"}}
	var l check.List
	s.Check(l.Root())
	var all []string
	for _, f := range l.Faults {
		all = append(all, strings.Join(f.Path, "."))
	}
	want := []string{"start", "zone", "days", "cases.0.solves.l1", "cases.1.texts", "cases.2.name", "cases.2", "arrivals.0.per_day", "arrivals.0.channel",
		"arrivals.0.hours", "arrivals.0.week", "arrivals.0.cases.0", "bursts.0.case", "bursts.0", "people.lea.answers", "people.lea", "people.lea.off.0"}
	if !slices.Equal(all, want) {
		t.Errorf("faults at %v\nwant      %v", all, want)
	}
	s = twoDays()
	s.People["nobody"] = Person{}
	if _, err := Play(context.Background(), s, Setup{Live: live(t), Clock: NewClock(s.Start)}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("a stranger works here: %v", err)
	}
	s = twoDays()
	s.Arrivals[0].PerDay = 1_000_000
	l = check.List{}
	if s.Check(l.Root()); len(l.Faults) != 1 {
		t.Errorf("a million a day: %v", l.Faults)
	}
}

func live(t *testing.T) *router.Live {
	t.Helper()
	l, err := router.NewLive(desk())
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestChanceIsWhatItShouldBe(t *testing.T) {
	t.Parallel()
	chance := rand.New(rand.NewPCG(1, 1))
	for _, mean := range []float64{0.3, 4, 300} {
		sum := 0
		for range 2_000 {
			sum += poisson(chance, mean)
		}
		if got := float64(sum) / 2_000; got < mean*.9 || got > mean*1.1 {
			t.Errorf("%v expected, %v came", mean, got)
		}
	}
	n := 0
	for range 2_000 {
		if about(chance, time.Minute, 0.6) > time.Minute {
			n++
		}
	}
	if n < 900 || n > 1_100 {
		t.Errorf("%d of 2000 are above the median", n)
	}
}
