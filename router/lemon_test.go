package router

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/customer"
	"tierline/router/pager"
	"tierline/ticket"
)

// TestALemonIsToldOnce: the returns team and an address outside hear of a unit once, with its cases, and of no other.
func TestALemonIsToldOnce(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) {
		c.Tiers = append(c.Tiers, Tier{Name: "returns", Title: "Returns", Channel: "returns", Members: []string{"anna"}})
		c.Units.Lemon.Tell = OneOrMore{"returns", "rma@acme.example"}
	})
	var mails []pager.Message
	jobs.Mail = func(_ context.Context, m pager.Message, _ func(context.Context) error) error {
		mails = append(mails, m)
		return nil
	}
	n := 0
	comes := func(who string, units ...string) ticket.ID {
		n++
		w.pass(time.Hour)
		return w.take(jobs, func(in *ticket.Inbound) {
			in.From = customer.Identity{Kind: customer.Email, Value: who + "@example.org", Name: who}
			in.Subject, in.Units = fmt.Sprint("fault ", n), units
		}).Ticket
	}
	told := func() (n int) {
		for _, l := range w.rec.log {
			if strings.HasPrefix(l, "tell anna") && strings.Contains(l, "is a lemon") {
				n++
			}
		}
		return n
	}
	first := comes("joe", "SN-1")
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: first, Diagnosis: "a seal"})
	comes("joe", "SN-1")
	if told() != 0 || len(mails) != 0 {
		t.Fatalf("too early: %q", w.rec.log)
	}
	// The third names it on the telephone only: an agent writes it down.
	third := comes("eve")
	w.act("anna", ticket.Action{Kind: ticket.ActSet, Ticket: third, Units: []string{"SN-1"}})
	w.work(jobs)
	if told() != 1 || len(mails) != 1 {
		t.Fatalf("%d and %d were told: %q", told(), len(mails), w.rec.log)
	}
	for _, want := range []string{"SN-1", "3 cases of 2 customers in 90 days", "fault 1", "(it was: a seal)", "fault 2", "fault 3"} {
		if !strings.Contains(mails[0].Text, want) || !strings.Contains(strings.Join(w.rec.log, "\n"), want) {
			t.Errorf("the evidence does not say %q: %s", want, mails[0].Text)
		}
	}
	if mails[0].Person.Email != "rma@acme.example" || mails[0].Kind != ticket.CallNews {
		t.Errorf("told by mail: %+v", mails[0])
	}
	if tk := w.ticket(third); len(tk.Informed) != 1 || tk.Informed[0].Tier != "returns" {
		t.Errorf("nobody can say that they have heard it: %+v", tk.Informed)
	}
	// It fails on; also when keys of actions are long forgotten.
	comes("eve", "SN-1")
	w.pass(40 * 24 * time.Hour)
	if _, err := w.store.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	comes("eve", "SN-1", "SN-2")
	if told() != 1 || len(mails) != 1 {
		t.Errorf("told again: %d and %d, %q", told(), len(mails), w.rec.log)
	}
}

func TestWhoIsToldOfLemonsIsChecked(t *testing.T) {
	t.Parallel()
	var l check.List
	Units{Lemon: Lemon{Tell: OneOrMore{"returns", "rma@acme.example", "nobody"}}}.check(l.Root(), []Tier{{Name: "returns"}})
	if len(l.Faults) != 1 || !strings.Contains(l.Faults[0].String(), "nobody") {
		t.Errorf("%+v", l.Faults)
	}
}
