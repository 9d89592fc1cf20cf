package ticket

import (
	"slices"
	"testing"
	"time"
)

// deskPolicy is a policy in which one tier hands out and another does not.
type deskPolicy struct{}

func (deskPolicy) Targets(t *Ticket) Targets {
	return Targets{Queue: time.Hour, HandsOut: t.Tier == "l1", Staffed: true}
}

func kindsOf(jobs []Job) (kinds []string) {
	for _, j := range jobs {
		s := string(j.Kind)
		if j.Kind == JobStaff {
			who, _ := j.Staff()
			s += " " + who
		}
		kinds = append(kinds, s)
	}
	return kinds
}

func TestWhoeverHandsOutIsAskedWhenATicketHasComeSomewhere(t *testing.T) {
	t.Parallel()
	k := Ticket{ID: 1001, State: New}
	expect := func(what string, want ...string) {
		t.Helper()
		got := kindsOf(k.place(deskPolicy{}.Targets(&k)))
		if !slices.Equal(got, want) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
		if again := k.place(deskPolicy{}.Targets(&k)); len(again) > 0 {
			t.Fatalf("%s: asked twice: %v", what, kindsOf(again))
		}
	}
	expect("not routed")
	k.Tier = "l1"
	expect("routed", "assign")
	k.Owner = "anna"
	expect("given to Anna")
	k.State = Pending
	expect("answered: Anna can take another", "staff anna")
	k.State = Open
	expect("the customer writes: is Anna there?", "assign")
	k.Owner = "bob"
	expect("Bob has taken it", "staff anna")
	k.Tier, k.Owner = "l2", ""
	expect("escalated to a tier that hands nothing out", "staff bob")
	k.Tier, k.Owner = "l1", "anna"
	expect("returned to Anna", "assign")
	k.State = Solved
	expect("solved", "staff anna")
}

func TestHandingOut(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	k := Ticket{ID: 1001, State: Open, Tier: "l1", Rev: 3}
	apply := func(a Action) Effects {
		t.Helper()
		fx, err := k.Apply(a, now)
		if err != nil {
			t.Fatal(err)
		}
		return fx
	}
	give := func(from, to, why, text string) Effects {
		t.Helper()
		return apply(Action{Kind: ActHandOut, Ticket: k.ID, By: Gateway, Owner: to, Reason: why, Text: text, Offer: &Offer{From: from}})
	}
	give("", "", "waits: nobody is here", "")
	if fx := give("", "", "waits: nobody is here", ""); len(fx.Events) > 0 || k.Rev != 3 || k.OwnerWhy != "waits: nobody is here" {
		t.Fatalf("the same reason again: %+v %+v", fx, k)
	}
	if fx := give("", "anna", "1 of 8 tickets", ""); k.Owner != "anna" || k.OwnerWhy != "1 of 8 tickets" || !slices.Contains(kindsOf(fx.Jobs), "tell") || k.Rev != 4 {
		t.Fatalf("given: %+v %v", k, kindsOf(fx.Jobs))
	}
	if fx := give("", "bob", "late", ""); len(fx.Events) > 0 || k.Owner != "anna" {
		t.Fatal("a ticket that somebody has was given away")
	}
	fx := give("anna", "bob", "2 of 8 tickets", "Anna is away.")
	told, err := fx.Jobs[slices.IndexFunc(fx.Jobs, func(j Job) bool { return j.Kind == JobTell })].Told()
	if err != nil || told.To != "bob" || !told.Handover || len(fx.Messages) != 1 || fx.Messages[0].Kind != System {
		t.Fatalf("%+v %+v %v", told, fx.Messages, err)
	}
	apply(Action{Kind: ActTake, By: Actor{Kind: ByAgent, ID: "cem", Name: "Cem"}})
	if k.OwnerWhy != "" || !slices.Equal(k.Former, []string{"bob", "anna"}) {
		t.Fatalf("after somebody has taken it: %q %v", k.OwnerWhy, k.Former)
	}
	apply(Action{Kind: ActAssign, Owner: "anna"})
	if !slices.Equal(k.Former, []string{"cem", "bob"}) {
		t.Fatalf("former owners: %v", k.Former)
	}
	apply(Action{Kind: ActSolve, Diagnosis: "A leak"})
	if fx := give("anna", "bob", "x", ""); len(fx.Events) > 0 || k.Owner != "anna" {
		t.Fatal("a solved ticket was handed out")
	}
	if _, err := k.Apply(Action{Kind: ActHandOut}, now); KindOf(err) != Invalid {
		t.Fatal(err)
	}
}

func TestAQueueHasAClockAsLongAsNobodyOwnsTheTicket(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	k := Ticket{ID: 1001, State: Open, Tier: "l1"}
	queue := func() (c Clock, ok bool) {
		k.Keep(deskPolicy{}, now)
		i := slices.IndexFunc(k.Clocks, func(c Clock) bool { return c.Kind == ClockQueue })
		if i < 0 {
			return c, false
		}
		return k.Clocks[i], true
	}
	if c, ok := queue(); !ok || !c.Due.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v", k.Clocks)
	}
	k.State = Pending // what waits for the customer is still nobody's
	if c, ok := queue(); !ok || !c.Running() {
		t.Fatalf("%+v", k.Clocks)
	}
	k.Owner = "anna"
	if _, ok := queue(); ok {
		t.Fatalf("%+v", k.Clocks)
	}
	now, k.Owner = now.Add(30*time.Minute), ""
	if c, ok := queue(); !ok || !c.Due.Equal(now.Add(time.Hour)) {
		t.Fatalf("back in the queue the clock begins anew: %+v", k.Clocks)
	}
	k.State = Solved
	if _, ok := queue(); ok {
		t.Fatalf("%+v", k.Clocks)
	}
}
