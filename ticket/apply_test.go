package ticket

import (
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

var (
	t0   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	anna = Agent{ID: "anna", Name: "Anna", Roles: []Role{RoleAgent}}.Actor()
	lena = Agent{ID: "lena", Name: "Lena", Roles: []Role{RoleLevel2}}.Actor()
	joe  = customer.Customer{ID: 7, Name: "Joe", Language: "en"}
	mail = Inbound{Channel: "email", Inbox: "support", External: "<1@x>", Subject: "It leaks", Text: "Help",
		From: customer.Identity{Kind: customer.Email, Value: "joe@example.org"}}
)

func opened(t *testing.T) Ticket {
	t.Helper()
	tk, _ := OpenTicket(1042, mail, joe, nil, t0)
	apply(t, &tk, Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Queue: "l1", Priority: High, Reasons: []string{"because"}}})
	return tk
}

func apply(t *testing.T, tk *Ticket, a Action) Effects {
	t.Helper()
	fx, err := tk.Apply(a, t0.Add(time.Minute))
	if err != nil {
		t.Fatalf("%s: %v", a.Kind, err)
	}
	return fx
}

func refused(t *testing.T, tk Ticket, a Action, kind Kind) {
	t.Helper()
	before := tk.clone()
	fx, err := tk.Apply(a, t0)
	if KindOf(err) != kind {
		t.Errorf("%s: error %v, want kind %q", a.Kind, err, kind)
	}
	if tk.Rev != before.Rev || tk.State != before.State || tk.LastSeq != before.LastSeq || len(fx.Jobs)+len(fx.Events) > 0 {
		t.Errorf("%s: refused, and yet something has changed", a.Kind)
	}
}

func kinds(jobs []Job) string {
	var s []string
	for _, j := range jobs {
		s = append(s, string(j.Kind))
	}
	return strings.Join(s, " ")
}

func TestOpenThenFollowUp(t *testing.T) {
	t.Parallel()
	tk, fx := OpenTicket(1042, mail, joe, nil, t0)
	if tk.State != New || tk.LastSeq != 1 || tk.Customer != 7 || tk.Language != "en" || kinds(fx.Jobs) != "route" {
		t.Errorf("opened: %+v, jobs %s", tk, kinds(fx.Jobs))
	}
	fx = apply(t, &tk, Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1"}})
	if got := kinds(fx.Jobs); got != "show post" {
		t.Errorf("route: jobs %q", got)
	}
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "Try this"})
	if tk.State != Pending || tk.Owner != "anna" {
		t.Errorf("after an answer: %s, owner %q", tk.State, tk.Owner)
	}
	auto := mail
	auto.Auto = true
	tk.Receive(auto, joe, nil, t0.Add(time.Hour))
	if tk.State != Pending {
		t.Error("an out-of-office mail reopened the ticket")
	}
	rev := tk.Rev
	tk.Receive(mail, joe, &Match{By: "references"}, t0.Add(time.Hour))
	if tk.State != Open || tk.Rev != rev+1 || tk.Owner != "anna" {
		t.Errorf("after a follow-up: %s rev %d owner %q", tk.State, tk.Rev, tk.Owner)
	}
}

func TestARuleDoesNotUndoAPersonsMove(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActEscalate, By: anna, Tier: "l2", Queue: "l2", Reason: "beyond me"})
	apply(t, &tk, Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Queue: "l1", Priority: Low}})
	if tk.Tier != "l2" || tk.Queue != "l2" || tk.Priority != High {
		t.Errorf("tier %s, queue %s, priority %s", tk.Tier, tk.Queue, tk.Priority)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	refused(t, tk, Action{Kind: ActTake, By: anna, Rev: tk.Rev - 1}, Conflict)
	refused(t, tk, Action{Kind: ActReply, By: anna, Text: "  "}, Invalid)
	refused(t, tk, Action{Kind: ActReply, By: anna, Text: strings.Repeat("x", MaxText+1)}, Invalid)
	refused(t, tk, Action{Kind: ActNote, By: anna}, Invalid)
	refused(t, tk, Action{Kind: ActSolve, By: anna}, Invalid)
	refused(t, tk, Action{Kind: ActClose, By: anna}, Invalid)
	refused(t, tk, Action{Kind: ActHold, By: anna}, Invalid)
	refused(t, tk, Action{Kind: ActEscalate, By: anna, Tier: "l2"}, Invalid)
	refused(t, tk, Action{Kind: ActEscalate, By: anna, Tier: "l1", Reason: "r"}, Invalid)
	refused(t, tk, Action{Kind: ActPage, By: anna, Tier: "l2", Reason: "r"}, Invalid)
	refused(t, tk, Action{Kind: ActTake, By: Gateway}, Invalid)
	refused(t, tk, Action{Kind: ActVerdict, By: anna, Article: "x", Verdict: "used"}, Invalid)
	refused(t, tk, Action{Kind: ActSet, By: anna, Priority: "huge"}, Invalid)
	refused(t, tk, Action{Kind: "explode", By: anna}, Invalid)
	apply(t, &tk, Action{Kind: ActSolve, By: anna, Diagnosis: "a seal"})
	apply(t, &tk, Action{Kind: ActClose, By: anna})
	refused(t, tk, Action{Kind: ActReply, By: anna, Text: "hello"}, Invalid)
}

func TestDeliveryMakesNoCardStale(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "Try this"})
	rev := tk.Rev
	fx := apply(t, &tk, Action{Kind: ActDelivered, By: Gateway, Seq: 2, External: "<2@x>"})
	if tk.Rev != rev || len(fx.Deliver) != 1 || fx.Deliver[0].Delivery != Sent {
		t.Errorf("delivered: rev %d, want %d; %+v", tk.Rev, rev, fx.Deliver)
	}
	fx = apply(t, &tk, Action{Kind: ActFailed, By: Gateway, Seq: 2, Reason: "no such mailbox"})
	if tk.Rev != rev || tk.State != Open || !strings.Contains(fx.Messages[0].Text, "no such mailbox") {
		t.Errorf("failed: rev %d state %s %+v", tk.Rev, tk.State, fx.Messages)
	}
}

func TestSolvingEndsThePage(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActPage, By: anna, Tier: "l2", Reason: "down", Plan: ChainPlan(0, "slack", "lena")})
	apply(t, &tk, Action{Kind: ActSolve, By: anna, Diagnosis: "unplugged"})
	if tk.Page.State != PageCancelled || tk.Page.Open() {
		t.Errorf("page after solve: %s", tk.Page.State)
	}
	apply(t, &tk, Action{Kind: ActReopen, By: anna})
	if tk.State != Open || !tk.SolvedAt.IsZero() {
		t.Errorf("reopened: %s", tk.State)
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	for _, k := range []ActionKind{ActRoute, ActDelivered, ActFailed, ActPageDue, ActPaged, "anything"} {
		if (Agent{Roles: []Role{RoleAdmin}}).May(k) == nil {
			t.Errorf("a person may do %s, which is the gateway's", k)
		}
	}
	if (Agent{Roles: []Role{RoleEditor}}).May(ActReply) == nil {
		t.Error("an editor may answer customers")
	}
	if err := (Agent{Roles: []Role{RoleAgent}}).May(ActReply); err != nil {
		t.Error(err)
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]ID{"T-1042": 1042, "t-7": 7, " 12 ": 12} {
		if got, err := ParseID(in); err != nil || got != want {
			t.Errorf("%q: %v %v", in, got, err)
		}
	}
	for _, in := range []string{"", "T-", "T--1", "0", "-3", "T-1x", "99999999999999999999"} {
		if _, err := ParseID(in); KindOf(err) != Invalid {
			t.Errorf("%q: %v", in, err)
		}
	}
}
