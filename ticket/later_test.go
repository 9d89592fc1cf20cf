package ticket

import (
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

func scheduled(t *testing.T, change func(*Action)) Ticket {
	t.Helper()
	tk := Ticket{ID: 1001, State: Open, Channel: "email", LastSeq: 1, Customer: 1}
	a := Action{Kind: ActLater, By: anna, Text: "Good morning", At: t0.Add(10 * time.Hour)}
	if change != nil {
		change(&a)
	}
	if _, err := tk.Apply(a, t0); err != nil {
		t.Fatal(err)
	}
	return tk
}

func TestAScheduledAnswerChangesNothingUntilItGoesOut(t *testing.T) {
	t.Parallel()
	tk := scheduled(t, func(a *Action) {
		a.Solve, a.Diagnosis, a.CloseIn, a.Tags = true, "scale", time.Hour, []string{"descaled"}
		a.Promise = &Promise{Kind: PromiseUpdate, Due: t0.Add(20 * time.Hour)}
	})
	if tk.State != Open || len(tk.Tags)+len(tk.Promises) > 0 || !tk.LastAgent.IsZero() || tk.Owner != anna.ID || tk.LastSeq != 1 {
		t.Errorf("before its time: %+v", tk)
	}
	fx, err := tk.Apply(Action{Kind: ActLaterDue, By: Gateway, Number: 1}, t0.Add(11*time.Hour))
	if err != nil || len(tk.Later) != 0 {
		t.Fatal(tk.Later, err)
	}
	if m := fx.Messages[0]; m.Text != "Good morning" || m.Author != anna || m.Delivery != Queued {
		t.Errorf("it says %+v", m)
	}
	if tk.State != Solved || tk.Diagnosis != "scale" || len(tk.Tags) != 1 || len(tk.Promises) != 1 || fx.Events[0].Kind != string(ActReply) {
		t.Errorf("what goes along: %s %q %v %v %v", tk.State, tk.Diagnosis, tk.Tags, tk.Promises, fx.Events[0])
	}
	again, err := tk.Apply(Action{Kind: ActLaterDue, By: Gateway, Number: 1}, t0.Add(12*time.Hour))
	if err != nil || len(again.Messages)+len(again.Jobs) > 0 {
		t.Errorf("twice: %+v %v", again, err)
	}
}

func TestAScheduledAnswerIsTakenBackWhenThingsChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Ticket) Effects{
		"the customer has written again": func(tk *Ticket) Effects {
			return tk.Receive(Inbound{Channel: "email", External: "x", Text: "It works!", From: customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}}, customer.Customer{ID: 1}, nil, t0.Add(time.Hour))
		},
		"the case is solved": func(tk *Ticket) Effects {
			fx, err := tk.Apply(Action{Kind: ActSolve, By: anna, Diagnosis: "x"}, t0.Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			return fx
		},
		"may not answer": func(tk *Ticket) Effects {
			fx, err := tk.Apply(Action{Kind: ActUnlater, By: Gateway, Number: 1, Reason: "they may not answer any more"}, t0.Add(time.Hour))
			if err != nil {
				t.Error(err)
			}
			return fx
		},
	} {
		tk := scheduled(t, nil)
		fx := change(&tk)
		said, told := "", false
		for _, m := range fx.Messages {
			if m.Kind == System {
				said = m.Text
			}
		}
		for _, j := range fx.Jobs {
			told = told || j.Kind == JobTell && strings.Contains(string(j.Payload), anna.ID)
		}
		if len(tk.Later) > 0 || !strings.Contains(said, name) || !told || len(fx.Drafts) != 1 || fx.Drafts[0].Agent != anna.ID || fx.Drafts[0].Text != "Good morning" {
			t.Errorf("%s: waits %v, says %q, told %v, drafts %v", name, tk.Later, said, told, fx.Drafts)
		}
	}
	tk := scheduled(t, nil)
	tk.Receive(Inbound{Channel: "email", External: "x", Text: "I am out of office", Auto: true, From: customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}}, customer.Customer{ID: 1}, nil, t0)
	if len(tk.Later) != 1 {
		t.Error("a machine's answer takes it back")
	}
}

func TestWhatCannotBeScheduled(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Action, *Ticket){
		"needs a text":   func(a *Action, _ *Ticket) { a.Text = " " },
		"still to come":  func(a *Action, _ *Ticket) { a.At = t0 },
		"at most 31":     func(a *Action, _ *Ticket) { a.At = t0.Add(32 * 24 * time.Hour) },
		"too long":       func(a *Action, _ *Ticket) { a.Text = strings.Repeat("x", MaxLaterText+1) },
		"a person's":     func(a *Action, _ *Ticket) { a.By = Gateway },
		"is solved":      func(_ *Action, tk *Ticket) { tk.State = Solved },
		"before it goes": func(a *Action, _ *Ticket) { a.Promise = &Promise{Kind: PromiseFix, Due: t0.Add(time.Minute)} },
		"which is the":   func(_ *Action, tk *Ticket) { tk.Later = make([]Scheduled, MaxLater) },
		"what it was":    func(a *Action, _ *Ticket) { a.Solve = true },
	} {
		tk := Ticket{ID: 1001, State: Open, Channel: "email"}
		a := Action{Kind: ActLater, By: anna, Text: "Good morning", At: t0.Add(time.Hour)}
		change(&a, &tk)
		if _, err := tk.Apply(a, t0); KindOf(err) != Invalid || !strings.Contains(Explain(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestAnAnswerThatSolvesCanBeTakenBack(t *testing.T) {
	t.Parallel()
	tk := Ticket{ID: 1001, State: Open, Channel: "email", LastSeq: 1}
	reply := Action{Kind: ActReply, By: anna, Text: "It was scale.", Solve: true, Diagnosis: "scale", Wait: 10 * time.Second, CloseIn: time.Hour, Tags: []string{"a"}}
	if _, err := tk.Apply(reply, t0); err != nil || tk.State != Solved || !tk.CloseAt.Equal(t0.Add(time.Hour)) {
		t.Fatal(tk.State, tk.CloseAt, err)
	}
	failed := tk
	if _, err := tk.Apply(Action{Kind: ActWithdraw, By: anna, Seq: 2}, t0.Add(time.Second)); err != nil || tk.State != Open || !tk.SolvedAt.IsZero() || !tk.CloseAt.IsZero() {
		t.Errorf("taken back: %s, solved %s, %v", tk.State, tk.SolvedAt, err)
	}
	if _, err := failed.Apply(Action{Kind: ActFailed, By: Gateway, Seq: 2, Reason: "mailbox full"}, t0.Add(time.Second)); err != nil || failed.State != Open {
		t.Errorf("not delivered: %s %v", failed.State, err)
	}
}
