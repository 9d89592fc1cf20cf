package router

import (
	"strings"
	"testing"

	"tierline/config/check"
	"tierline/router/lint"
	"tierline/ticket"
)

func TestATierSaysWhatItMustBeTold(t *testing.T) {
	t.Parallel()
	conf := desk5()
	for i := range conf.Tiers {
		if conf.Tiers[i].Name == "l2" {
			conf.Tiers[i].Handoff = []string{"problem", "tried", "read_back"}
		}
	}
	w, jobs := worldOf(t, &noKB{}, conf)
	id := w.accept("<1@x>")
	w.work(jobs)
	try := func(a ticket.Action) (ticket.Ticket, error) {
		a.Ticket = id
		return w.desk.Act(t.Context(), w.desk.agent("anna"), a)
	}
	_, err := try(ticket.Action{Kind: ticket.ActEscalate, Reason: "It leaks", Handoff: &ticket.Handoff{Problem: "It leaks"}})
	if ticket.KindOf(err) != ticket.Invalid || !strings.Contains(ticket.Explain(err), "Steps tried, with results; Read back") {
		t.Errorf("what is missing is not told: %v", err)
	}
	_, err = try(ticket.Action{Kind: ticket.ActEscalate, Reason: "PEBKAC", Handoff: &ticket.Handoff{Problem: "x", Tried: "y", ReadBack: "by phone"}})
	if ticket.KindOf(err) != ticket.Invalid || !strings.Contains(ticket.Explain(err), "what the customer did") {
		t.Errorf("a code word goes up: %v", err)
	}
	tk, err := try(ticket.Action{Kind: ticket.ActEscalate, Reason: "It leaks", Handoff: &ticket.Handoff{Problem: "x", Tried: "y", ReadBack: "by phone"}})
	if err != nil || tk.Tier != "l2" {
		t.Fatalf("%s, %v", tk.Tier, err)
	}
	tk, err = w.desk.Act(t.Context(), w.desk.agent("lena"), ticket.Action{Kind: ticket.ActReturn, Ticket: id, Reason: "which unit?"})
	if err != nil || tk.Tier != "l1" || tk.Queue == "" || tk.Returned != 1 {
		t.Errorf("returned: %+v, %v", tk, err)
	}
	// Down again with instructions nothing is needed.
	if _, err := try(ticket.Action{Kind: ticket.ActEscalate, Reason: "x", Handoff: &ticket.Handoff{Problem: "x", Tried: "y", ReadBack: "by phone"}}); err != nil {
		t.Fatal(err)
	}
	if tk, err = try(ticket.Action{Kind: ticket.ActEscalate, Tier: "l1", Reason: "Send them a new seal, then ask again"}); err != nil || tk.Tier != "l1" {
		t.Errorf("handed down: %s, %v", tk.Tier, err)
	}
	said, err := w.store.Messages(t.Context(), id, tk.LastSeq-1, 1)
	if err != nil || len(said) != 1 || !strings.HasPrefix(said[0].Text, "Given down with instructions to l1 by Anna: Send them a new seal") {
		t.Errorf("what stands in the thread: %+v, %v", said, err)
	}
	conf.Tiers[0].Handoff = []string{"colour"}
	conf.Lint = lint.Config{Required: []string{"smell"}}
	var l check.List
	conf.Check(l.Root())
	if len(l.Faults) != 2 {
		t.Errorf("faults: %v", l.Faults)
	}
}

func TestNotesAndAnswersAreRead(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	id := w.accept("<1@x>")
	w.work(jobs)
	for _, a := range []ticket.Action{{Kind: ticket.ActNote, Text: "a layer 8 problem, I would say"}, {Kind: ticket.ActReply, Text: "This was a user error."},
		{Kind: ticket.ActSolve, Diagnosis: "ID-10T"}} {
		a.Ticket = id
		if _, err := w.desk.Act(t.Context(), w.desk.agent("anna"), a); ticket.KindOf(err) != ticket.Invalid {
			t.Errorf("%s: %v", a.Kind, err)
		}
	}
	w.act("anna", ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: "ok"}) // short, but it may be kept
}
