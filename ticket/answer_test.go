package ticket

import (
	"testing"
	"time"

	"tierline/customer"
)

func TestAnAnswerWaitsWhileItCanBeTakenBack(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	fx := apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "Try this", Wait: 10 * time.Second})
	at := t0.Add(time.Minute + 10*time.Second)
	if j := fx.Jobs[len(fx.Jobs)-1]; j.Kind != JobSend || !j.RunAt.Equal(at) || !fx.Messages[0].SendAt.Equal(at) {
		t.Errorf("job %+v, message until %s", j, fx.Messages[0].SendAt)
	}
	fx = apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "At once"})
	if j := fx.Jobs[len(fx.Jobs)-1]; !j.RunAt.IsZero() || !fx.Messages[0].SendAt.IsZero() {
		t.Errorf("without a window: job %+v, message until %s", j, fx.Messages[0].SendAt)
	}
	fx = apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "Too long", Wait: 24 * time.Hour})
	if !fx.Messages[0].SendAt.Equal(t0.Add(time.Minute + MaxUndo)) {
		t.Errorf("the longest window ends %s", fx.Messages[0].SendAt)
	}
}

func TestAcknowledgedOnce(t *testing.T) {
	t.Parallel()
	tk, _ := OpenTicket(1042, mail, joe, nil, t0)
	fx := apply(t, &tk, Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Acknowledge: "It is here."}})
	if len(fx.Messages) != 1 || kinds(fx.Jobs) != "show post post send" {
		t.Fatalf("%+v, jobs %s", fx.Messages, kinds(fx.Jobs))
	}
	m := fx.Messages[0]
	if m.Seq != 2 || m.Kind != Public || m.Direction != Out || !m.Auto || m.Author != Gateway || m.Delivery != Queued {
		t.Errorf("%+v", m)
	}
	if tk.State != New || !tk.LastAgent.IsZero() || tk.Owner != "" || tk.Acknowledged.IsZero() {
		t.Errorf("it counts as an answer: %+v", tk)
	}
	fx = apply(t, &tk, Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Acknowledge: "It is here."}})
	if len(fx.Messages) != 0 {
		t.Errorf("twice: %+v", fx.Messages)
	}
}

func TestNotAcknowledgedAfterAnAnswer(t *testing.T) {
	t.Parallel()
	route := Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Acknowledge: "It is here."}}
	for name, before := range map[string]Action{
		"answered": {Kind: ActReply, By: anna, Text: "Try this"},
		"solved":   {Kind: ActSolve, By: anna, Diagnosis: "a seal"},
		"moved":    {Kind: ActEscalate, By: anna, Tier: "l2", Reason: "beyond me"},
	} {
		tk, _ := OpenTicket(1042, mail, joe, nil, t0)
		apply(t, &tk, before)
		if fx := apply(t, &tk, route); len(fx.Messages) != 0 {
			t.Errorf("%s: %+v", name, fx.Messages)
		}
	}
}

func TestSolvedThenClosedByItself(t *testing.T) {
	t.Parallel()
	const week = 7 * 24 * time.Hour
	tk := opened(t)
	fx := apply(t, &tk, Action{Kind: ActSolve, By: anna, Diagnosis: "a seal", Wait: week})
	due := t0.Add(time.Minute + week)
	j := fx.Jobs[len(fx.Jobs)-1]
	if j.Kind != JobClose || !j.RunAt.Equal(due) || !tk.CloseAt.Equal(due) {
		t.Fatalf("job %+v, closes %s", j, tk.CloseAt)
	}
	if tk.Over(due.Add(-time.Second)) || !tk.Over(due) {
		t.Error("it takes messages until then, and not after")
	}
	byItself := Action{Kind: ActClose, By: Gateway}
	close := func(at time.Time) State {
		t.Helper()
		if _, err := tk.Apply(byItself, at); err != nil {
			t.Fatal(err)
		}
		return tk.State
	}
	if s := close(due.Add(-time.Second)); s != Solved {
		t.Errorf("too early: %s", s)
	}
	apply(t, &tk, Action{Kind: ActReopen, By: anna})
	if s := close(due); s != Open || !tk.CloseAt.IsZero() || tk.Over(due) {
		t.Errorf("reopened: %s, closes %s", s, tk.CloseAt)
	}
	fx, err := tk.Apply(Action{Kind: ActSolve, By: anna, Wait: week}, t0.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if next := fx.Jobs[len(fx.Jobs)-1]; next.Unique == j.Unique {
		t.Error("solved again, it waits for the first job")
	}
	if s := close(due); s != Solved {
		t.Errorf("the first job closes what was solved again: %s", s)
	}
	if s := close(t0.Add(time.Hour + week)); s != Closed {
		t.Errorf("when its time has come: %s", s)
	}
	if fx, err := tk.Apply(byItself, due.Add(week)); err != nil || len(fx.Events) > 0 {
		t.Errorf("closed again: %v, %v", fx.Events, err)
	}
}

func TestSomebodyLeaves(t *testing.T) {
	t.Parallel()
	in := mail
	ann := customer.Identity{Kind: customer.Email, Value: "ann@example.org"}
	in.With = []customer.Identity{ann}
	tk, _ := OpenTicket(1042, in, joe, nil, t0)
	refused(t, tk, Action{Kind: ActSet, By: anna, Without: []customer.Identity{mail.From}}, Invalid)
	fx := apply(t, &tk, Action{Kind: ActSet, By: anna, Without: []customer.Identity{ann, ann}})
	if tk.Has(ann) || !tk.Has(mail.From) || fx.Events[0].Data["without"] != "ann@example.org" {
		t.Errorf("%v, %v", tk.Participants, fx.Events[0].Data)
	}
}

func TestPassedOnByStaff(t *testing.T) {
	t.Parallel()
	in := mail
	in.Forwarded = &Forwarded{By: anna, Note: "Please look."}
	tk, fx := OpenTicket(1042, in, joe, nil, t0)
	if len(fx.Messages) != 2 || fx.Messages[0].Kind != Note || fx.Messages[0].Author != anna || fx.Messages[0].Text != "Please look." {
		t.Fatalf("%+v", fx.Messages)
	}
	m := fx.Messages[1]
	if m.Kind != Public || m.From != mail.From || m.ForwardedBy != anna || m.Seq != 2 || tk.LastSeq != 2 {
		t.Errorf("%+v", m)
	}
	if len(tk.Participants) != 1 || tk.Participants[0] != mail.From {
		t.Errorf("who takes part: %v", tk.Participants)
	}
	if fx.Events[0].By != anna {
		t.Errorf("opened by %v", fx.Events[0].By)
	}
	fx = tk.Receive(in, joe, &Match{By: "references", Joined: true}, t0)
	if kinds(fx.Jobs) != "show post post" {
		t.Errorf("a second one: jobs %s", kinds(fx.Jobs))
	}
}

func TestNothingAnswersWhatNamesAnothersTicket(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m    *Match
		in   Inbound
		want bool
	}{
		"new":                  {nil, mail, false},
		"follows up":           {&Match{Ticket: 7, Follows: true}, mail, false},
		"takes no part":        {&Match{Ticket: 7}, mail, true},
		"may not be from them": {nil, Inbound{Doubt: "DKIM failed"}, true},
		"its header says so":   {nil, Inbound{NoAuto: "It says so."}, true},
	} {
		_, fx := OpenTicket(1042, c.in, joe, c.m, t0)
		if got := fx.Messages[0].NoAuto; (got != "") != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
