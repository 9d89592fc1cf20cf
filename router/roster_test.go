package router

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/router/oncall"
	"tierline/ticket"
)

// rota is a level 2 of three who take weekly turns from Monday 2 March 2026, 09:00 UTC on; boss leads.
func rota() Config {
	c := desk5()
	c.Agents = append(c.Agents, ticket.Agent{ID: "nora", Name: "Nora", Email: "nora@desk.example", Roles: []ticket.Role{ticket.RoleLevel2}},
		ticket.Agent{ID: "boss", Name: "Boss", Email: "boss@desk.example", Roles: []ticket.Role{ticket.RoleLead}})
	c.Tiers[0].OnCall = oncall.Config{Layer: oncall.Layer{People: []string{"lena", "marc", "nora"}, Rotate: oncall.Weekly, Start: "2026-03-02"}, Then: []string{"boss"}}
	return c
}

func newRota(t *testing.T, change ...func(*Config)) (*world, *Jobs) {
	t.Helper()
	c := rota()
	for _, f := range change {
		f(&c)
	}
	w, jobs := worldOf(t, &noKB{}, c)
	w.enqueueTick()
	w.work(jobs)
	return w, jobs
}

func (w *world) enqueueTick() {
	w.t.Helper()
	if err := w.store.Enqueue(w.t.Context(), ticket.RosterTick(time.Time{})); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) roster(by string, a ticket.RosterAction) (ticket.RosterChange, error) {
	return w.desk.ActRoster(w.t.Context(), w.desk.agent(by), a)
}

func (w *world) mustRoster(by string, a ticket.RosterAction) ticket.RosterChange {
	w.t.Helper()
	c, err := w.roster(by, a)
	if err != nil {
		w.t.Fatalf("%s %s by %s: %v", a.Do, a.Change.Kind, by, err)
	}
	return c
}

// on is who is on call so many days after the beginning, at 12:00.
func (w *world) on(days int) string {
	w.t.Helper()
	s, err := w.desk.rosterSince(w.t.Context(), "l2", start)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(s.On(day(days).Add(3*time.Hour)), " ")
}

// heard does what is due, and gives what people were told by it.
func (w *world) heard(jobs *Jobs) string {
	w.t.Helper()
	w.work(jobs)
	w.rec.mu.Lock()
	defer w.rec.mu.Unlock()
	var list []string
	for _, l := range w.rec.log {
		if strings.HasPrefix(l, "tell ") {
			list = append(list, strings.TrimPrefix(l, "tell "))
		}
	}
	w.rec.log = nil
	return strings.Join(list, "; ")
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func day(n int) time.Time { return start.AddDate(0, 0, n) }

func swap(person, with string, from, back int) ticket.RosterAction {
	return ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterSwap, Tier: "l2", Person: person, With: with,
		From: day(from), To: day(from + 7), BackFrom: day(back), BackTo: day(back + 7)}}
}

func cover(person string, from, to int) ticket.RosterAction {
	return ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterCover, Tier: "l2", Person: person, From: day(from), To: day(to)}}
}

func off(person string, from, to int) ticket.RosterAction {
	return ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOff, Person: person, From: day(from), To: day(to)}}
}

func TestASwapNeedsTheOthersYes(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	c := w.mustRoster("marc", swap("marc", "nora", 7, 14))
	if got := w.heard(jobs); got != "nora Marc asks to swap shifts for Level 2 with you" {
		t.Errorf("told: %s", got)
	}
	if w.on(8) != "marc" || w.on(15) != "nora" {
		t.Error("it counts before it was agreed")
	}
	if _, err := w.roster("lena", ticket.RosterAction{Do: ticket.RosterAgree, ID: c.ID}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("somebody else's yes: %v", err)
	}
	if _, err := w.roster("boss", ticket.RosterAction{Do: ticket.RosterAgree, ID: c.ID}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("a lead's yes: %v", err)
	}
	w.mustRoster("nora", ticket.RosterAction{Do: ticket.RosterAgree, ID: c.ID})
	if w.on(8) != "nora" || w.on(15) != "marc" || w.on(1) != "lena" {
		t.Errorf("after the swap: %s, %s", w.on(8), w.on(15))
	}
	if got := w.heard(jobs); got != "marc Nora agrees to the swap for Level 2" {
		t.Errorf("told: %s", got)
	}
	if _, err := w.roster("nora", ticket.RosterAction{Do: ticket.RosterAgree, ID: c.ID}); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("a second yes: %v", err)
	}
	if _, err := w.roster("marc", ticket.RosterAction{Do: ticket.RosterWithdraw, ID: c.ID}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("taken back by one of two: %v", err)
	}
	w.mustRoster("boss", ticket.RosterAction{Do: ticket.RosterWithdraw, ID: c.ID, Reason: "ill"})
	if w.on(8) != "marc" || w.on(15) != "nora" {
		t.Error("it still counts")
	}
	got := w.heard(jobs)
	for _, want := range []string{"nora Boss has changed your shifts", "marc Boss has changed your shifts"} {
		if !strings.Contains(got, want) {
			t.Errorf("told: %s", got)
		}
	}
	events, err := w.store.Events(t.Context(), 0, 0, 10)
	if err != nil || len(events) != 3 || events[2].By.ID != "boss" || events[2].Why[0] != "ill" || events[0].By.ID != "marc" {
		t.Errorf("the history: %+v, %v", events, err)
	}
}

func TestWhoMayChangeWhat(t *testing.T) {
	t.Parallel()
	w, _ := newRota(t)
	for _, c := range []struct {
		name string
		by   string
		a    ticket.RosterAction
		want ticket.Kind
	}{
		{"another's shift is not offered", "anna", swap("marc", "nora", 7, 14), ticket.Denied},
		{"a shift that is not theirs", "marc", swap("marc", "nora", 0, 14), ticket.Invalid},
		{"the other has none then", "marc", swap("marc", "nora", 7, 21), ticket.Invalid},
		{"overlapping", "marc", swap("marc", "nora", 7, 8), ticket.Invalid},
		{"with oneself", "marc", swap("marc", "marc", 7, 28), ticket.Invalid},
		{"one that has begun", "lena", swap("lena", "marc", 0, 7), ticket.Invalid},
		{"nobody of that name", "marc", swap("marc", "eve", 7, 14), ticket.Invalid},
		{"no such tier", "marc", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterCover, Tier: "l9", Person: "marc", From: day(7), To: day(8)}}, ticket.Invalid},
		{"cover for another", "marc", cover("nora", 14, 15), ticket.Denied},
		{"cover where one is not on", "marc", cover("marc", 15, 16), ticket.Invalid},
		{"another is off", "marc", off("nora", 14, 15), ticket.Denied},
		{"in the past", "marc", off("marc", -3, -2), ticket.Invalid},
		{"over a year", "marc", off("marc", 1, 500), ticket.Invalid},
		{"an override by oneself", "marc", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", With: "nora", From: day(1), To: day(2)}}, ticket.Denied},
		{"a temporary schedule", "marc", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterTemporary, Tier: "l2", From: day(1), To: day(2)}}, ticket.Denied},
		{"nothing", "boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: "dance", From: day(1), To: day(2)}}, ticket.Invalid},
	} {
		if _, err := w.roster(c.by, c.a); ticket.KindOf(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	more := ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", With: "marc", Beside: true, From: day(1), To: day(2)}}
	w.mustRoster("marc", more)
	if w.on(1) != "lena marc" {
		t.Errorf("more help: %s", w.on(1))
	}
	past := ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", Person: "lena", With: "nora", From: day(0), To: day(1)}}
	w.pass(5 * 24 * time.Hour)
	w.mustRoster("boss", past)
	if w.on(0) != "nora" {
		t.Errorf("the record put right: %s", w.on(0))
	}
}

func TestTheFirstWhoTakesCoverHasIt(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	c := w.mustRoster("lena", cover("lena", 2, 4))
	got := w.heard(jobs)
	for _, want := range []string{"marc Lena looks for", "nora Lena looks for", "boss Lena looks for"} {
		if !strings.Contains(got, want) {
			t.Errorf("told: %s", got)
		}
	}
	if _, err := w.roster("lena", cover("lena", 3, 4)); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("asked twice: %v", err)
	}
	take := ticket.RosterAction{Do: ticket.RosterTake, ID: c.ID}
	if _, err := w.roster("anna", take); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("taken by somebody who cannot be on call: %v", err)
	}
	if _, err := w.roster("lena", take); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("taken by oneself: %v", err)
	}
	w.mustRoster("marc", take)
	if _, err := w.roster("nora", take); ticket.KindOf(err) != ticket.Conflict || !strings.Contains(ticket.Explain(err), "Marc") {
		t.Errorf("taken twice: %v", err)
	}
	if w.on(1) != "lena" || w.on(2) != "marc" || w.on(3) != "marc" || w.on(4) != "lena" {
		t.Errorf("on: %s %s %s %s", w.on(1), w.on(2), w.on(3), w.on(4))
	}
	heard := w.heard(jobs)
	for _, want := range []string{"lena Marc has taken your shift for Level 2", "nora Marc has taken the shift of Lena for Level 2"} {
		if !strings.Contains(heard, want) {
			t.Errorf("told: %s", heard)
		}
	}
}

func TestDaysOff(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	c := w.mustRoster("marc", off("marc", 8, 10))
	if w.on(7) != "marc" || w.on(8) != "nora" || w.on(9) != "nora" || w.on(10) != "marc" || w.on(14) != "nora" {
		t.Errorf("on: %s %s %s %s %s", w.on(7), w.on(8), w.on(9), w.on(10), w.on(14))
	}
	if got := w.heard(jobs); got != "nora Marc has changed your shifts" {
		t.Errorf("told: %s", got)
	}
	s, err := w.desk.Roster(t.Context(), "l2")
	if chain := strings.Join(s.Chain(day(8)), " "); err != nil || chain != "nora lena boss" {
		t.Errorf("a page rings %s, %v", chain, err)
	}
	w.mustRoster("nora", off("nora", 8, 9))
	if w.on(8) != "lena" {
		t.Errorf("on: %s", w.on(8))
	}
	w.mustRoster("lena", off("lena", 8, 9)) // nobody is left: it is whose turn it is, and cover is asked for
	if w.on(8) != "marc" {
		t.Errorf("on: %s", w.on(8))
	}
	r, err := w.store.Roster(t.Context(), w.clock())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range r.Changes {
		if x.Kind == ticket.RosterCover {
			t.Errorf("cover is asked of Lena, who is not on: %+v", x)
		}
	}
	// Who was put on by name stays on, and cover is asked for.
	w.mustRoster("boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", With: "nora", From: day(30), To: day(31)}})
	o := w.mustRoster("nora", off("nora", 29, 32))
	r, err = w.store.Roster(t.Context(), w.clock())
	last := r.Changes[len(r.Changes)-1]
	if err != nil || last.Kind != ticket.RosterCover || last.Because != o.ID || !last.From.Equal(day(30)) || !last.To.Equal(day(31)) || w.on(30) != "nora" {
		t.Errorf("cover: %+v, on %s, %v", last, w.on(30), err)
	}
	w.mustRoster("nora", ticket.RosterAction{Do: ticket.RosterWithdraw, ID: o.ID})
	if x, _ := w.store.RosterChange(t.Context(), last.ID); x.State != ticket.RosterWithdrawn {
		t.Errorf("the cover is still wanted: %+v", x)
	}
	w.mustRoster("marc", ticket.RosterAction{Do: ticket.RosterWithdraw, ID: c.ID})
	if w.on(9) != "marc" {
		t.Errorf("taken back: %s", w.on(9))
	}
}

// What has been stays as it was, whatever is agreed or taken back later.
func TestThePastStays(t *testing.T) {
	t.Parallel()
	w, _ := newRota(t)
	c := w.mustRoster("lena", cover("lena", 1, 6))
	w.pass(3 * 24 * time.Hour)
	w.mustRoster("marc", ticket.RosterAction{Do: ticket.RosterTake, ID: c.ID})
	w.pass(24 * time.Hour)
	w.mustRoster("boss", ticket.RosterAction{Do: ticket.RosterWithdraw, ID: c.ID})
	var got []string
	for d := range 6 {
		got = append(got, w.on(d))
	}
	if s := strings.Join(got, " "); s != "lena lena lena marc lena lena" {
		t.Errorf("who was on: %s", s)
	}
}

func TestNoticesComeOnTime(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	if got := w.heard(jobs); got != "" {
		t.Fatalf("at the beginning: %s", got)
	}
	var when []string
	for range 7 * 24 {
		w.pass(time.Hour)
		if got := w.heard(jobs); got != "" {
			when = append(when, w.clock().Format("02T15 ")+got)
		}
	}
	if got := strings.Join(when, "; "); got != "08T09 marc You are on call for Level 2; 09T08 marc You are on call for Level 2" {
		t.Errorf("told: %s", got)
	}
}

func TestANoticeOfAShiftThatIsNoLongerTheirsIsNotSent(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	w.pass(6*24*time.Hour - time.Minute)
	w.heard(jobs)
	w.rec.fail["tell"] = ticket.Errorf("slack", ticket.Transient, "away")
	w.pass(time.Minute)
	if got := w.heard(jobs); got != "failed" {
		t.Fatalf("while Slack is dead: %s", got)
	}
	w.mustRoster("boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", Person: "marc", With: "nora", From: day(7), To: day(14)}})
	w.pass(10 * time.Minute)
	got := w.heard(jobs)
	if strings.Contains(got, "marc You are on call") || !strings.Contains(got, "marc Boss has changed your shifts") || !strings.Contains(got, "nora Boss has changed your shifts") {
		t.Errorf("told: %s", got)
	}
}

func TestLeadsHearOfGapsAWeekBefore(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	w.mustRoster("boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterTemporary, Tier: "l2", From: day(10), To: day(12),
		Shifts: []ticket.RosterShift{{Person: "lena", From: day(10), To: day(11)}}}})
	w.heard(jobs)
	w.pass(4*24*time.Hour - time.Minute)
	if got := w.heard(jobs); strings.Contains(got, "Nobody") {
		t.Fatalf("too early: %s", got)
	}
	w.pass(time.Minute)
	if got := w.heard(jobs); got != "boss Nobody is on call for Level 2 (a page would ring Boss)" {
		t.Errorf("a week before: %s", got)
	}
	for range 8 {
		w.pass(12 * time.Hour)
		if got := w.heard(jobs); strings.Contains(got, "Nobody") {
			t.Errorf("told again: %s", got)
		}
	}
	w.mustRoster("boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterOverride, Tier: "l2", Person: "marc", From: day(9), To: day(10)}})
	if got := w.heard(jobs); !strings.Contains(got, "boss Nobody") {
		t.Errorf("a gap that was made today: %s", got)
	}
	only := func(c *Config) { c.Tiers[0].OnCall.Needed = map[string]string{"mon": "09:00-17:00"} }
	w2, jobs2 := newRota(t, only)
	w2.mustRoster("boss", ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterTemporary, Tier: "l2", From: day(1), To: day(6)}})
	if got := w2.heard(jobs2); strings.Contains(got, "Nobody") {
		t.Errorf("nobody is needed then: %s", got)
	}
}

// Two gateways on one clock, each with its jobs: everything is told once.
func TestTwoGatewaysTellOnce(t *testing.T) {
	t.Parallel()
	w, jobs := newRota(t)
	other := *jobs
	for range 7 * 24 {
		w.pass(time.Hour)
		w.enqueueTick()
		w.work(&other)
		w.enqueueTick()
		w.work(jobs)
	}
	if got := w.heard(jobs); strings.Count(got, "marc You are on call") != 2 {
		t.Errorf("told: %s", got)
	}
}

// Whatever people agree on, a swap takes hours from nobody: there is as much time on call as before.
func TestSwapsConserveHours(t *testing.T) {
	t.Parallel()
	w, _ := newRota(t, func(c *Config) {
		c.Tiers[0].OnCall.Layers = []oncall.Layer{{People: []string{"nora", "lena", "marc", "boss"}, Rotate: oncall.Daily, Start: "2026-03-02 21:00", Beside: true}}
		c.Tiers[0].OnCall.Zone = "Europe/Berlin"
	})
	r := rand.New(rand.NewPCG(5, 5))
	total := func() (sum time.Duration, by map[string]time.Duration) {
		s, err := w.desk.rosterSince(t.Context(), "l2", start)
		if err != nil {
			t.Fatal(err)
		}
		by = map[string]time.Duration{}
		for _, shift := range s.Shifts(start, day(60)) {
			by[shift.Person] += shift.To.Sub(shift.From)
			sum += shift.To.Sub(shift.From)
		}
		return sum, by
	}
	agreed := 0
	for range 150 {
		s, err := w.desk.rosterSince(t.Context(), "l2", start)
		if err != nil {
			t.Fatal(err)
		}
		list := s.Shifts(day(1), day(60))
		a, b := list[r.IntN(len(list))], list[r.IntN(len(list))]
		act := ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterSwap, Tier: "l2", Person: a.Person, With: b.Person, From: a.From, To: a.To, BackFrom: b.From, BackTo: b.To}}
		if r.IntN(2) == 0 { // a part of a shift
			act.Change.To = a.From.Add(a.To.Sub(a.From) / 2)
		}
		was, people := total()
		c, err := w.roster("boss", act)
		if err != nil {
			continue
		}
		if _, err := w.roster(b.Person, ticket.RosterAction{Do: ticket.RosterAgree, ID: c.ID}); err != nil {
			continue
		}
		agreed++
		is, now := total()
		given, got := act.Change.To.Sub(act.Change.From), act.Change.BackTo.Sub(act.Change.BackFrom)
		if is != was || now[a.Person] != people[a.Person]-given+got || now[b.Person] != people[b.Person]+given-got {
			t.Fatalf("swap %+v: %v became %v, %v %v", act.Change, was, is, people, now)
		}
	}
	if agreed < 15 {
		t.Errorf("only %d swaps were possible", agreed)
	}
}

func TestFairness(t *testing.T) {
	t.Parallel()
	w, _ := newRota(t, func(c *Config) {
		c.Brands = []ticket.Brand{{Name: "b", Hours: ticket.Hours{Holidays: []string{"2026-03-03"}}}}
	})
	f, err := w.desk.Fairness(t.Context(), w.desk.agent("boss"), "l2", start, day(14))
	if err != nil || len(f.Rows) != 3 {
		t.Fatalf("%+v, %v", f, err)
	}
	got := ""
	for _, r := range f.Rows {
		got += fmt.Sprintf("%s %d %v %v %v %v; ", r.Agent.ID, r.Shifts, r.Total.Hours(), r.Night.Hours(), r.Weekend.Hours(), r.Holiday.Hours())
	}
	if got != "lena 1 168 56 48 24; marc 1 168 56 48 0; nora 0 0 0 0 0; " {
		t.Errorf("fairness: %s", got)
	}
	if _, err := w.desk.Fairness(context.Background(), ticket.Agent{}, "l2", start, day(14)); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("told to strangers: %v", err)
	}
}

func TestTheView(t *testing.T) {
	t.Parallel()
	w, _ := newRota(t)
	v, err := w.desk.Rosters(t.Context(), w.desk.agent("boss"), day(3), day(10))
	if err != nil || len(v.Tiers) != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	l2 := v.Tiers[0]
	if l2.On[0].ID != "lena" || !l2.Until.Equal(day(7)) || l2.Next[0].ID != "marc" || !l2.Lead || len(l2.People) != 4 || len(l2.Gaps) != 0 {
		t.Errorf("%+v", l2)
	}
	if len(l2.Shifts) != 2 || !l2.Shifts[0].From.Equal(start) || !l2.Shifts[1].To.Equal(day(14)) || !l2.Shifts[0].Whole {
		t.Errorf("shifts: %+v", l2.Shifts)
	}
	if _, err := w.desk.Rosters(t.Context(), w.desk.agent("boss"), day(0), day(500)); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("too long: %v", err)
	}
}

var _ bots.Backend = (*Desk)(nil)
