package ticket

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// ward plays a page by itself: the jobs of its clock come when they are due, and calls go out.
type ward struct {
	t    *testing.T
	tk   Ticket
	now  time.Time
	jobs []Job
	sent []string // delivery ids, in order
}

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	marc = Agent{ID: "marc", Name: "Marc"}.Actor()
)

func newWard(t *testing.T) *ward { return &ward{t: t, tk: opened(t), now: noon} }

func (w *ward) try(a Action) error {
	before := w.now
	fx, err := w.tk.Apply(a, before)
	if err == nil {
		w.jobs = append(w.jobs, fx.Jobs...)
	}
	return err
}

func (w *ward) do(a Action) {
	w.t.Helper()
	if err := w.try(a); err != nil {
		w.t.Fatalf("%s: %v", a.Kind, err)
	}
}

func (w *ward) page(plan *PagePlan) {
	w.t.Helper()
	w.do(Action{Kind: ActPage, By: anna, Tier: "l2", Reason: "down", Severity: High, Plan: plan})
}

// call does the jobs that reach people; result says what comes of each.
func (w *ward) call(result func(PageCall) (CallState, string)) {
	w.t.Helper()
	for i := 0; i < len(w.jobs); i++ {
		j := w.jobs[i]
		if j.Kind != JobPage || j.RunAt.After(w.now) {
			continue
		}
		w.jobs = slices.Delete(w.jobs, i, i+1)
		i--
		p := w.tk.PageOf(j.Seq)
		c, ok := p.Call(j.CallID())
		if !ok || !p.Wants(j.Seq, c.ID) {
			continue
		}
		w.sent = append(w.sent, c.ID)
		c.State, c.Why = result(c)
		if c.State == CallTrying {
			j.RunAt = w.now.Add(time.Second)
			w.jobs = append(w.jobs, j)
		}
		w.do(Action{Kind: ActPaged, By: Gateway, Page: j.Seq, Call: &c, At: w.now})
	}
}

func reached(PageCall) (CallState, string) { return CallDelivered, "" }

// pass lets time go by until the next job of the page's clock, at most d.
func (w *ward) pass(d time.Duration, plan *PagePlan) {
	w.t.Helper()
	end := w.now.Add(d)
	for {
		next := -1
		for i, j := range w.jobs {
			if (j.Kind == JobPageDue || j.Kind == JobPage) && !j.RunAt.After(end) && (next < 0 || j.RunAt.Before(w.jobs[next].RunAt)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		j := w.jobs[next]
		if j.RunAt.After(w.now) {
			w.now = j.RunAt
		}
		if j.Kind == JobPage {
			w.call(reached)
			continue
		}
		w.jobs = slices.Delete(w.jobs, next, next+1)
		a := j.PageDue()
		a.Plan = plan
		w.do(a)
		w.call(reached)
	}
	w.now = end
}

func (w *ward) who() string { return strings.Join(w.tk.Page.Who, " ") }

func TestPageGoesDownTheChain(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.page(ChainPlan(time.Minute, "slack", "lena", "marc", "zoe"))
	refused(t, w.tk, Action{Kind: ActAccept, By: anna, Page: 1}, Denied)
	refused(t, w.tk, Action{Kind: ActAccept, By: lena, Page: 2}, Conflict)
	w.call(reached)
	w.do(Action{Kind: ActDecline, By: lena, Page: 1, Reason: "on a train"})
	if w.who() != "marc" {
		t.Fatalf("after a decline it is the turn of %q", w.who())
	}
	w.call(reached)
	w.pass(time.Minute, nil)
	if w.who() != "zoe" {
		t.Fatalf("after a minute it is the turn of %q", w.who())
	}
	w.pass(time.Minute, nil)
	if w.tk.Page.State != PageExhausted {
		t.Errorf("at the end of the chain: %s", w.tk.Page.State)
	}
	if got := strings.Join(w.sent, " "); got != "T-1042.1.1.lena.slack T-1042.1.2.marc.slack T-1042.1.3.zoe.slack" {
		t.Errorf("sent: %s", got)
	}
	w.page(ChainPlan(0, "slack", "lena"))
	w.call(reached)
	w.do(Action{Kind: ActAccept, By: lena, Page: 2})
	if w.tk.Page.State != PageAccepted || w.tk.Page.Number != 2 || !slices.Contains(w.tk.Helpers, "lena") {
		t.Errorf("accepted: %+v %v", w.tk.Page, w.tk.Helpers)
	}
	refused(t, w.tk, Action{Kind: ActAccept, By: marc, Page: 2}, Conflict)
}

// The clock of a step starts when its page went out or provably failed, not before.
func TestTheClockOfAStepStartsWithItsFirstAnswer(t *testing.T) {
	t.Parallel()
	for _, state := range []CallState{CallDelivered, CallTrying} {
		w := newWard(t)
		w.page(ChainPlan(time.Minute, "slack", "lena", "marc"))
		w.now = w.now.Add(20 * time.Second)
		w.call(func(PageCall) (CallState, string) { return state, "it answers 503" })
		if want := noon.Add(80 * time.Second); !w.tk.Page.Due.Equal(want) {
			t.Errorf("%s: due at %s, not %s", state, w.tk.Page.Due, want)
		}
	}
	w := newWard(t)
	w.page(ChainPlan(time.Minute, "slack", "lena", "marc"))
	w.call(func(c PageCall) (CallState, string) {
		if c.Who == "lena" {
			return CallFailed, "it answers 404"
		}
		return CallDelivered, ""
	})
	if w.tk.Page.Ring != 2 || w.who() != "marc" {
		t.Errorf("one who can never be reached is waited for: ring %d", w.tk.Page.Ring)
	}
	w = newWard(t) // nobody sends: the stall ends the step
	w.page(ChainPlan(time.Minute, "slack", "lena", "marc"))
	for i, j := range w.jobs {
		if j.Kind == JobPageDue {
			w.now = j.RunAt
			w.do(w.jobs[i].PageDue())
			break
		}
	}
	if w.tk.Page.Ring != 2 || w.now.Sub(noon) != time.Minute+PageStall {
		t.Errorf("a page that never goes out: ring %d after %s", w.tk.Page.Ring, w.now.Sub(noon))
	}
}

// Once a page is answered nothing of it is wanted any more, whatever waits.
func TestNothingIsSentAfterAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.page(&PagePlan{Steps: []PageStage{{Who: []string{"lena", "marc"}, By: []string{"slack", "phone"}, Wait: time.Minute}}})
	w.do(Action{Kind: ActAccept, By: lena, Page: 1})
	w.call(func(c PageCall) (CallState, string) { t.Errorf("%s was sent", c.ID); return CallDelivered, "" })
	for _, c := range w.tk.Page.Calls {
		if c.State != CallDropped {
			t.Errorf("%s is %s", c.ID, c.State)
		}
	}
}

func TestNeedHandSnooze(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.page(ChainPlan(time.Minute, "slack", "lena", "marc", "zoe"))
	w.call(reached)
	w.do(Action{Kind: ActNeed, By: lena, Page: 1})
	w.pass(14*time.Minute, nil)
	if w.who() != "lena" || w.tk.Page.Ring != 1 {
		t.Fatalf("it does not wait for who needs time: %q, ring %d", w.who(), w.tk.Page.Ring)
	}
	w.pass(time.Minute, nil)
	if w.who() != "lena" || w.tk.Page.Ring != 2 {
		t.Fatalf("it does not come again to who needed time: %q, ring %d", w.who(), w.tk.Page.Ring)
	}
	w.do(Action{Kind: ActNeed, By: lena, Page: 1})
	refused(t, w.tk, Action{Kind: ActNeed, By: lena, Page: 1}, Invalid)
	w.do(Action{Kind: ActHand, By: lena, Page: 1, Owner: "joe", Text: "Joe"})
	w.call(reached)
	if w.who() != "joe" {
		t.Fatalf("handed on, it is the turn of %q", w.who())
	}
	w.do(Action{Kind: ActSnooze, By: Actor{Kind: ByAgent, ID: "joe", Name: "Joe"}, Page: 1, Wait: 90 * time.Second})
	w.pass(time.Minute, nil)
	if w.who() != "marc" {
		t.Fatalf("a snooze holds the page up: %q", w.who())
	}
	w.pass(30*time.Second, nil)
	if last := w.sent[len(w.sent)-1]; last != "T-1042.1.3.joe.slack.s1" {
		t.Errorf("who snoozed is not rung again: %q", w.sent)
	}
}

func TestDuplicatesJoin(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	plan := ChainPlan(time.Minute, "slack", "lena", "marc")
	w.page(plan)
	w.call(reached)
	w.do(Action{Kind: ActPage, By: marc, Tier: "l2", Reason: "and it smokes", Severity: Urgent, Plan: plan})
	if p := w.tk.Page; p.Number != 1 || p.Severity != Urgent || len(p.More) != 1 || len(w.sent) != 1 {
		t.Errorf("joined: %+v", p)
	}
	w.do(Action{Kind: ActAccept, By: lena, Page: 1})
	w.do(Action{Kind: ActPage, By: Actor{Kind: ByRule, Name: "smoke"}, Tier: "l2", Reason: "smoke", Plan: plan})
	if w.tk.LastPage != 1 {
		t.Error("a rule pages anew what was just accepted")
	}
	w.page(plan)
	if w.tk.LastPage != 2 {
		t.Error("a person who pages again is not heard")
	}
}

func TestQuietHoursWait(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	plan := ChainPlan(time.Minute, "slack", "lena")
	plan.Start = noon.Add(8 * time.Hour)
	w.page(plan)
	w.call(reached)
	if w.tk.Page.State != PageWaiting || strings.Join(w.sent, " ") != "T-1042.1.0.lena.slack.notice" {
		t.Fatalf("in quiet hours: %s %q", w.tk.Page.State, w.sent)
	}
	w.pass(8*time.Hour, ChainPlan(time.Minute, "slack", "zoe"))
	if w.tk.Page.State != PageRinging || w.who() != "zoe" {
		t.Errorf("in the morning: %s %q", w.tk.Page.State, w.who())
	}
	w = newWard(t)
	w.page(plan)
	w.do(Action{Kind: ActPage, By: anna, Tier: "l2", Reason: "it burns", Severity: Urgent, Plan: ChainPlan(time.Minute, "slack", "lena")})
	if w.tk.Page.State != PageRinging || w.tk.Page.Number != 1 {
		t.Errorf("when it has become urgent: %+v", w.tk.Page)
	}
}

// Whoever accepts and falls silent is reminded, then paged anew; in the end the lead hears of it.
func TestAcceptedAndSilent(t *testing.T) {
	t.Parallel()
	plan := ChainPlan(time.Minute, "slack", "lena", "marc")
	plan.Remind, plan.Leads, plan.LeadBy = 10*time.Minute, []string{"zoe"}, []string{"email"}
	w := newWard(t)
	w.page(plan)
	w.call(reached)
	w.do(Action{Kind: ActAccept, By: lena, Page: 1})
	w.pass(10*time.Minute, plan)
	if !w.tk.Page.Reminded || w.tk.LastPage != 1 {
		t.Fatalf("not reminded: %+v", w.tk.Page)
	}
	w.pass(10*time.Minute, plan)
	if w.tk.LastPage != 2 || w.who() != "lena" {
		t.Fatalf("not paged anew: %+v", w.tk.Page)
	}
	w.do(Action{Kind: ActAccept, By: lena, Page: 2})
	w.do(Action{Kind: ActNote, By: lena, Text: "I am on it"})
	w.pass(24*time.Hour, plan)
	if w.tk.LastPage != 2 || w.tk.Page.Reminded {
		t.Errorf("who does something is reminded: %+v", w.tk.Page)
	}
	w.page(plan)
	for w.tk.Page.Again < maxAgain {
		w.call(reached)
		w.do(Action{Kind: ActAccept, By: lena, Page: w.tk.LastPage})
		w.pass(20*time.Minute, plan)
	}
	w.do(Action{Kind: ActAccept, By: lena, Page: w.tk.LastPage})
	w.pass(24*time.Hour, plan)
	if last := w.sent[len(w.sent)-1]; !strings.HasSuffix(last, ".zoe.email.lead") {
		t.Errorf("the lead does not hear of it: %q", last)
	}
}

func TestAPlanIsOfWhoIsOnCallThen(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	w.page(&PagePlan{Rounds: 2, Steps: []PageStage{{Who: []string{"lena"}, By: []string{"slack"}, Wait: time.Minute},
		{Who: []string{"marc"}, By: []string{"slack"}, Wait: time.Minute}}})
	w.call(reached)
	later := &PagePlan{Rounds: 2, Steps: []PageStage{{Who: []string{"joe"}, By: []string{"phone"}, Wait: time.Minute},
		{Who: []string{"zoe"}, By: []string{"phone"}, Wait: time.Minute}}}
	w.pass(4*time.Minute, later)
	if got := strings.Join(w.sent, " "); got != "T-1042.1.1.lena.slack T-1042.1.2.zoe.phone T-1042.1.3.joe.phone T-1042.1.4.zoe.phone" {
		t.Errorf("rung: %s", got)
	}
	if w.tk.Page.State != PageExhausted {
		t.Errorf("after two rounds: %s", w.tk.Page.State)
	}
}

// Whatever people do and whatever becomes of the calls, a page ends: accepted, cancelled, or exhausted and
// the lead told; nobody is rung after an answer, nobody who has declined is rung again, no id is used twice.
func TestEveryPageEnds(t *testing.T) {
	t.Parallel()
	people := []string{"a", "b", "c", "d"}
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 7))
		w := newWard(t)
		plan := func() *PagePlan {
			p := &PagePlan{Rounds: 1 + r.IntN(3), Chain: r.IntN(2) == 0, Leads: []string{"lead"}, LeadBy: []string{"email"}}
			for range r.IntN(4) {
				s := PageStage{By: []string{"slack", "phone"}[:1+r.IntN(2)], Wait: time.Duration(1+r.IntN(5)) * time.Minute}
				for range r.IntN(3) {
					s.Who = addUnique(s.Who, people[r.IntN(len(people))])
				}
				p.Steps = append(p.Steps, s)
			}
			return p
		}
		w.page(plan())
		fate := func(c PageCall) (CallState, string) {
			p := w.pageWith(c.ID)
			if c.Kind == CallRing && (p.State != PageRinging || slices.Contains(p.Declined, c.Who)) {
				t.Fatalf("seed %d: %s is rung while the page is %s", seed, c.ID, p.State)
			}
			switch r.IntN(5) {
			case 0:
				return CallFailed, "it answers 404"
			case 1:
				return CallTrying, fmt.Sprint("it answers 50", r.IntN(3))
			}
			return CallDelivered, ""
		}
		deadline := w.now.Add(48 * time.Hour)
		var rings []int
		for w.tk.Paged() && w.now.Before(deadline) {
			if r.IntN(4) > 0 {
				w.call(fate)
			}
			rings = rings[:0]
			for _, p := range w.tk.Pages() {
				if p.Open() {
					rings = append(rings, p.Number)
				}
			}
			by := Actor{Kind: ByAgent, ID: people[r.IntN(len(people))], Name: "X"}
			a := Action{By: by, Page: 1 + r.IntN(w.tk.LastPage), Plan: plan()}
			switch r.IntN(40) {
			case 0:
				a.Kind = ActAccept
			case 1, 2, 3:
				a.Kind, a.Reason = ActDecline, "no"
			case 4, 5:
				a.Kind = ActNeed
			case 6, 7:
				a.Kind, a.Owner = ActHand, people[r.IntN(len(people))]
			case 8, 9:
				a.Kind = ActSnooze
			case 10:
				a = Action{Kind: ActSolve, By: anna, Diagnosis: "x"}
				if r.IntN(5) > 0 {
					continue
				}
			case 11:
				a = Action{Kind: ActPage, By: anna, Tier: []string{"l2", "l3"}[r.IntN(2)], Reason: "more", Plan: plan()}
			default:
				w.tick(plan())
				continue
			}
			_ = w.try(a) // what may not be done changes nothing
			for _, number := range rings {
				if w.tk.PageOf(number) == nil {
					t.Fatalf("seed %d: page %d is forgotten while it rings", seed, number)
				}
			}
			if list := w.tk.Pages(); len(list) > 1 && list[0].Tier == list[1].Tier {
				t.Fatalf("seed %d: one tier is rung twice", seed)
			}
		}
		if w.tk.Paged() {
			t.Fatalf("seed %d: a page rings for ever: %+v", seed, w.tk.Page)
		}
		ids := map[string]bool{}
		for _, p := range w.tk.Pages() {
			lead := false
			for _, c := range p.Calls {
				if ids[c.ID] {
					t.Fatalf("seed %d: %s twice", seed, c.ID)
				}
				ids[c.ID] = true
				lead = lead || c.Kind == CallLead
			}
			if p.State == PageExhausted && !lead {
				t.Fatalf("seed %d: nobody was reached, and no lead is told", seed)
			}
		}
	}
}

// pageWith is the page that a call is of.
func (w *ward) pageWith(call string) *Page {
	for _, p := range w.tk.Pages() {
		if _, ok := p.Call(call); ok {
			return p
		}
	}
	return nil
}

// Another tier is paged while one rings: each has a chain of its own, its answers, and its end.
func TestTwoTiersAreRungAtOnce(t *testing.T) {
	t.Parallel()
	w := newWard(t)
	two, three := ChainPlan(time.Minute, "slack", "lena", "marc"), ChainPlan(2*time.Minute, "slack", "zoe", "yan")
	two.Remind = 10 * time.Minute
	w.page(two)
	w.do(Action{Kind: ActPage, By: anna, Tier: "l3", Reason: "worse", Severity: Urgent, Plan: three})
	w.call(reached)
	if got := strings.Join(w.sent, " "); got != "T-1042.1.1.lena.slack T-1042.2.1.zoe.slack" {
		t.Fatalf("rung: %s", got)
	}
	w.do(Action{Kind: ActDecline, By: lena, Page: 1, Reason: "on a train", Plan: two})
	if one, other := w.tk.PageOf(1), w.tk.PageOf(2); strings.Join(one.Who, " ") != "marc" || strings.Join(other.Who, " ") != "zoe" || other.Ring != 1 {
		t.Errorf("after a decline: %v, %v", one.Who, other.Who)
	}
	if err := w.try(Action{Kind: ActAccept, By: lena, Page: 2}); KindOf(err) != Denied {
		t.Errorf("who was rung for one accepts the other: %v", err)
	}
	w.do(Action{Kind: ActPage, By: marc, Tier: "l2", Reason: "and it smokes", Plan: two})
	if w.tk.LastPage != 2 || len(w.tk.PageOf(1).More) != 1 || len(w.tk.PageOf(2).More) != 0 {
		t.Error("a reason more joins the page of its tier")
	}
	w.call(reached)
	w.do(Action{Kind: ActAccept, By: marc, Page: 1})
	if w.tk.PageOf(1).State != PageAccepted || w.tk.Page.Number != 2 || w.tk.Page.State != PageRinging {
		t.Errorf("one is accepted, the other rings: %+v", w.tk.Pages())
	}
	w.pass(2*time.Minute, three)
	if got := w.who(); got != "yan" {
		t.Errorf("no answer to the second: %s", got)
	}
	w.pass(8*time.Minute, two)
	if !w.tk.PageOf(1).Reminded {
		t.Error("who has accepted the first is not reminded")
	}
	w.do(Action{Kind: ActPage, By: anna, Tier: "l2", Reason: "again", Plan: two})
	if w.tk.PageOf(1) != nil || w.tk.Page.Number != 3 || w.tk.PageFor("l3") != nil && w.tk.PageFor("l3").Open() {
		t.Errorf("a new page follows the old one of its tier, and what is over goes: %+v", w.tk.Pages())
	}
	w.do(Action{Kind: ActPage, By: anna, Tier: "l3", Reason: "again", Plan: three})
	w.do(Action{Kind: ActSolve, By: anna, Diagnosis: "x"})
	if w.tk.Paged() {
		t.Error("solved, and it rings")
	}
}

// tick does the next job of the page's clock.
func (w *ward) tick(plan *PagePlan) {
	next := -1
	for i, j := range w.jobs {
		if j.Kind == JobPageDue && (next < 0 || j.RunAt.Before(w.jobs[next].RunAt)) {
			next = i
		}
	}
	if next < 0 {
		w.now = w.now.Add(time.Minute)
		return
	}
	j := w.jobs[next]
	w.jobs = slices.Delete(w.jobs, next, next+1)
	if j.RunAt.After(w.now) {
		w.now = j.RunAt
	}
	a := j.PageDue()
	a.Plan = plan
	w.do(a)
}
