package router

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/router/signals"
	"tierline/ticket"
)

// kindsOf are the signals of a ticket, and what is proposed for it.
func kindsOf(t ticket.Ticket) string {
	var s []string
	for _, x := range t.Signals {
		s = append(s, x.Kind)
	}
	for _, p := range t.Proposals {
		s = append(s, "→"+string(p.Do))
	}
	return strings.Join(s, " ")
}

func TestWhatCustomersSayIsProposedToAgents(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	say := func(id ticket.ID, text string) ticket.Ticket {
		t.Helper()
		acc := w.take(jobs, func(in *ticket.Inbound) {
			in.Text = text
			if id != 0 {
				in.Threads = []ticket.ThreadKey{{By: "subject-tag", Ticket: id}}
			}
		})
		tk, err := w.store.Ticket(t.Context(), acc.Ticket)
		if err != nil || id != 0 && acc.Ticket != id {
			t.Fatalf("%v, %s", err, acc.Ticket)
		}
		return tk
	}
	tk := say(0, "How do I change the filter?")
	if got := kindsOf(tk); got != "" {
		t.Errorf("a plain question: %s", got)
	}
	rev := tk.Rev
	tk = say(tk.ID, "It is the one with the blue lid.")
	if tk.Rev != rev+1 { // the mail alone: that the rules have looked makes no card stale
		t.Errorf("Rev went from %d to %d", rev, tk.Rev)
	}
	tk = say(tk.ID, "This is unacceptable, I want to speak to a technician!")
	if got := kindsOf(tk); got != "anger level2 →escalate" {
		t.Errorf("an angry one: %s", got)
	}
	card, _, err := w.desk.view(t.Context(), tk.ID)
	if err != nil || !strings.Contains(card.Empathy, "frustrating") {
		t.Errorf("empathy: %q, %v", card.Empathy, err)
	}
	tk = w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: tk.ID, Reason: "asks for it"})
	if len(tk.Proposals) != 0 || tk.Tier != "l2" {
		t.Errorf("escalated: %s at %s", kindsOf(tk), tk.Tier)
	}
	tk = say(tk.ID, "And now there is smoke coming out of it.")
	if got := kindsOf(tk); got != "safety →page" || tk.Priority != ticket.Urgent || !slices.Contains(tk.Tags, "safety") || tk.Tier != "l2" {
		t.Errorf("danger: %s, %s %v at %s", got, tk.Priority, tk.Tags, tk.Tier)
	}
	tk = w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: tk.ID, Diagnosis: "a short"})
	if len(tk.Proposals) != 0 {
		t.Errorf("solved: %s", kindsOf(tk))
	}
}

func TestAClockThatRunsOutIsLookedAtByRules(t *testing.T) {
	t.Parallel()
	conf := desk5()
	for i := range conf.Tiers {
		conf.Tiers[i].Clocks = map[string]Clocks{"default": {Tier: time.Hour, First: 2 * time.Hour}}
	}
	conf.Rules = append(conf.Rules, Rule{Name: "late", Group: "late", On: []ticket.RouteEvent{ticket.OnBreach},
		When: `clock == "first_response" && tier == "l1"`, Then: Then{Priority: ticket.High, Tags: []string{"late"}}})
	w, jobs := worldOf(t, &noKB{}, conf)
	id := w.accept("<1@x>")
	w.work(jobs)
	for _, c := range []struct {
		after time.Duration
		want  string
		prio  ticket.Priority
	}{{40 * time.Minute, "", ticket.Normal}, {10 * time.Minute, "→escalate", ticket.Normal}, {2 * time.Hour, "→escalate", ticket.High}} {
		w.pass(c.after)
		w.work(jobs)
		tk, err := w.store.Ticket(t.Context(), id)
		if err != nil || kindsOf(tk) != c.want || tk.Priority != c.prio || slices.Contains(tk.Tags, "late") != (c.prio == ticket.High) {
			t.Errorf("after %v: %s, %s, %v, %v", c.after, kindsOf(tk), tk.Priority, tk.Tags, err)
		}
	}
}

func TestSignalsCanBeLeftToOwnRules(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Signals = Signals{Off: true, Words: map[string]map[signals.Kind][]string{"en": {signals.Urgency: {"the belt stands"}}}}
	conf.Rules = append(conf.Rules, Rule{Name: "belt", Group: "x", When: `"urgency" in signals`, Then: Then{Tags: []string{"belt"}}})
	w, jobs := worldOf(t, &noKB{}, conf)
	acc := w.take(jobs, func(in *ticket.Inbound) { in.Text = "The belt stands. I want to speak to a technician." })
	tk, err := w.store.Ticket(t.Context(), acc.Ticket)
	if err != nil || kindsOf(tk) != "urgency level2" || !slices.Contains(tk.Tags, "belt") {
		t.Errorf("%s %v %v", kindsOf(tk), tk.Tags, err)
	}
	conf.Signals.Words["en"]["joy"] = []string{"hooray"}
	conf.Rules = append(conf.Rules, Rule{Name: "bad", On: []ticket.RouteEvent{"never"}, Then: Then{Propose: []ticket.ActionKind{ticket.ActSolve}}})
	var l check.List
	conf.Check(l.Root())
	if len(l.Faults) != 3 {
		t.Errorf("faults: %v", l.Faults)
	}
}
