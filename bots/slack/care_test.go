package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// troubled is a case with all that a customer can have against us.
func troubled() bots.Card {
	c := sample()
	c.ETA = ticket.ETA{Kind: ticket.ETAMeasured, From: noon.Add(time.Hour), Likely: noon.Add(2 * time.Hour), To: noon.Add(4 * time.Hour),
		Basis: &ticket.Basis{Topic: "model:brew 3", Count: 37, Median: 4 * time.Hour, Low: time.Hour, High: 9 * time.Hour}}
	c.Ticket.Update = &ticket.Update{Due: noon.Add(5 * time.Hour), Said: time.Now().Add(time.Hour), Skipped: "mail <!here> comes back"}
	c.Ticket.Questions = []ticket.Question{{Number: 1, Seq: 3, Text: "Which <@U1> seal?", By: ticket.Actor{Name: "Chloé"}, Due: noon.Add(time.Hour)},
		{Number: 2, Seq: 3, Text: "When?", By: ticket.Actor{Name: "Dev"}, Answer: "At noon", AnsweredBy: ticket.Actor{Name: "Anna"}, Answered: noon}}
	c.Ticket.Complaints = []ticket.Complaint{{Number: 1, Policy: "returns", Words: "14 days are <!channel> too few"}}
	c.Ticket.Promises = []ticket.Promise{{Number: 1, Kind: ticket.PromiseCallback, Due: noon.Add(6 * time.Hour), State: ticket.PromiseOpen, By: ticket.Actor{Name: "Anna"}}}
	c.Customer.Abuse = []customer.AbuseStep{{Rung: customer.RungWarn, Name: "Anna", Reason: "“idiots”", At: noon}}
	c.Ladder = bots.Ladder{Rung: customer.RungWarn, Next: customer.RungLead, Last: c.Customer.Abuse[0]}
	return c
}

func TestTheCardTellsWhatIsOwed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(troubled())
	m, _ := o.sim.Message(channel, ts)
	text := m.PlainText()
	for _, want := range []string{"Like cases: 4 h, 1 h–9 h, of 37 (brew 3)", "The customer hears how it stands:", "the last did not go out", "Warned for abuse", "Note #3 is unclear", "*Complaint* about *returns*"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "<!channel>") || strings.Contains(text, "<!here>") || strings.Contains(text, "<@U1>") {
		t.Errorf("mentions in %s", text)
	}
}

func TestEveryStepForTheCustomer(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := troubled()
	_, channel, ts := o.show(c)
	due := time.Now().Add(30 * time.Hour).Truncate(time.Minute)
	v := refTo(c.Ticket).String()
	one := ref{Ticket: 1042, Rev: c.Ticket.Rev, Seq: 1}.String()
	for i, s := range []struct {
		option string
		form   string
		fill   map[string]any
		want   func(a ticket.Action) bool
	}{
		{doComplain + " " + v, doComplain, map[string]any{"policy": "returns", "words": "too few days"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActComplain && a.Policy == "returns" && a.About == ticket.AboutPolicy && a.Reason == "too few days" && a.Rev == 0
		}},
		{doComplain + " " + v, doComplain, map[string]any{"words": "laughed at me"}, func(a ticket.Action) bool { return a.About == ticket.AboutConduct }},
		{doPostpone + " " + v, doPostpone, map[string]any{"due": due.Unix()}, func(a ticket.Action) bool { return a.Kind == ticket.ActPostpone && a.At.Equal(due) }},
		{doRepromise + " " + one, doRepromise, map[string]any{"due": due.Unix()}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActRepromise && a.Promise.Number == 1 && a.Promise.Due.Equal(due) && a.Text == ""
		}},
		{doUnpromise + " " + one, doUnpromise, map[string]any{"reason": "no parts", "text": "Sorry"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActUnpromise && a.Promise.Number == 1 && a.Reason == "no parts" && a.Text == "Sorry"
		}},
		{doAbuse + " " + v, doAbuse, map[string]any{"reason": "again"}, func(a ticket.Action) bool { return a.Kind == ticket.ActAbuse && a.Rung == customer.RungLead }},
		{doUpdate + " " + v, doReply, map[string]any{}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActReply && a.Stay && a.Text == "wording of update"
		}},
	} {
		o.must(o.sim.Choose("anna", channel, ts, doCare, s.option))
		ans, err := o.sim.Submit("anna", o.modal("anna", s.form).ID, s.fill)
		if err != nil || len(ans.Errors) > 0 {
			t.Fatalf("%s: %v %v", s.option, err, ans.Errors)
		}
		if a := o.acted(i + 1); !s.want(a) || a.Ticket != 1042 || a.Key == "" {
			t.Errorf("%s: %+v", s.option, a)
		}
	}
	n := len(o.back.done())
	annaIs := func(r ticket.Role) {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		o.back.agents[0].Roles = []ticket.Role{r}
	}
	annaIs(ticket.RoleLead)
	o.must(o.sim.Click("anna", channel, ts, doAmends))
	form := o.modal("anna", doAmends).ID
	annaIs(ticket.RoleAgent) // meanwhile
	ans, err := o.sim.Submit("anna", form, map[string]any{"text": "We make it 30."})
	if err != nil || ans.Errors["text"] != "Your role does not allow this. That is for leads and supervisors." {
		t.Fatalf("an agent answers for the lead: %v %v", err, ans.Errors)
	}
	annaIs(ticket.RoleLead)
	_, err = o.sim.Submit("anna", o.modal("anna", doAmends).ID, map[string]any{"text": "We make it 30."})
	o.must(err)
	if a := o.acted(n + 1); a.Kind != ticket.ActAmends || a.Number != 1 || a.Text != "We make it 30." {
		t.Errorf("amends: %+v", a)
	}
}

func TestAWarningIsLookedOverBeforeItGoes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ladder.Next = customer.RungWarn
	c.Ticket.Signals = []ticket.Signal{{Kind: "abuse", Words: []string{"you idiots"}}}
	_, channel, ts := o.show(c)
	o.must(o.sim.Choose("anna", channel, ts, doCare, doAbuse+" "+refTo(c.Ticket).String()))
	_, err := o.sim.Submit("anna", o.modal("anna", doAbuse).ID, map[string]any{})
	o.must(err)
	if a := o.acted(1); a.Rung != customer.RungWarn || a.Text != "wording of warning" || a.Reason != "“you idiots”" {
		t.Errorf("%+v", a)
	}
}

func TestAnUnclearNoteIsAskedAbout(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := troubled()
	at, channel, ts := o.show(c)
	note := ticket.Message{Ticket: 1042, Seq: 3, Kind: ticket.Note, Text: "seal", Author: ticket.Actor{Kind: ticket.ByAgent, ID: "ben", Name: "Ben"}, At: noon}
	place3, err := o.desk.Post(t.Context(), c, at, note, false)
	o.must(err)
	_, shown, _ := parsePlace(place3)
	m, _ := o.sim.Message(channel, shown)
	if !strings.Contains(m.PlainText(), "Chloé: Which") || !strings.Contains(m.PlainText(), "Anna: At noon") {
		t.Errorf("under the note: %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, shown, doAsk))
	_, err = o.sim.Submit("anna", o.modal("anna", doAsk).ID, map[string]any{"text": "Which one?"})
	o.must(err)
	if a := o.acted(1); a.Kind != ticket.ActAsk || a.Seq != 3 || a.Text != "Which one?" {
		t.Errorf("ask: %+v", a)
	}
	typed, err := o.sim.Say("anna", channel, "it is the seal", ts)
	o.must(err)
	o.acted(2)
	o.back.mu.Lock()
	o.back.said = []ticket.Message{{Seq: 4, Kind: ticket.Note, DeskRef: place(channel, typed)}}
	o.back.mu.Unlock()
	o.must(o.sim.Shortcut("anna", shortAsk, channel, typed))
	_, err = o.sim.Submit("anna", o.modal("anna", doAsk).ID, map[string]any{"text": "What is?"})
	o.must(err)
	if a := o.acted(3); a.Kind != ticket.ActAsk || a.Seq != 4 {
		t.Errorf("by the shortcut: %+v", a)
	}
	o.must(o.desk.Tell(t.Context(), bots.Notice{Card: c, To: o.back.agents[1], Text: "Anna asks", Key: "k", Do: []string{"answer", "nonsense"}, Number: 1}, false))
	dm, err := o.sim.DM("chloe", "@app")
	o.must(err)
	o.must(o.sim.Click("chloe", dm, o.sim.Messages(dm)[0].TS, doAnswer))
	_, err = o.sim.Submit("chloe", o.modal("chloe", doAnswer).ID, map[string]any{"text": "The outer one"})
	o.must(err)
	if a := o.acted(4); a.Kind != ticket.ActAnswer || a.Number != 1 || a.Text != "The outer one" {
		t.Errorf("answer: %+v", a)
	}
}

func TestATimeThatNothingStandsForIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at := time.Now().Add(20 * time.Hour).Truncate(time.Minute)
	o.back.named = []bots.Named{{Words: "by tomorrow", At: at}}
	c := sample()
	c.Draft = "Hello Ada,\n\n\n\nBye"
	_, channel, ts := o.show(c)
	answer := func(first, then map[string]any) ticket.Action {
		n := len(o.back.done())
		o.must(o.sim.Click("anna", channel, ts, doReply))
		v := o.modal("anna", doReply)
		_, err := o.sim.Submit("anna", v.ID, first)
		o.must(err)
		if len(o.back.done()) != n {
			t.Fatal("it went out unasked")
		}
		_, err = o.sim.Submit("anna", o.modal("anna", doReply).ID, then)
		o.must(err)
		return o.acted(n + 1)
	}
	a := answer(map[string]any{"text0": "Done by tomorrow"}, map[string]any{"promise": "fix"})
	if a.Text != "Done by tomorrow" || a.Promise == nil || a.Promise.Kind != ticket.PromiseFix || !a.Promise.Due.Equal(at) {
		t.Errorf("as a promise: %+v %+v", a, a.Promise)
	}
	if a = answer(map[string]any{"text0": "Done by tomorrow", "then": "stay"}, map[string]any{}); a.Promise != nil || !a.Stay || a.Text != "Done by tomorrow" {
		t.Errorf("as it is: %+v", a)
	}
	if a = answer(map[string]any{}, map[string]any{}); a.Text != "Hello Ada,\n\n\n\nBye" {
		t.Errorf("what it begins with: %q", a.Text)
	}
}

func TestWhatIsHandedOverIsReadBackFirst(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.tiers[1].Needs = []string{"problem", "read_back"}
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doEscalate))
	_, err := o.sim.Submit("anna", o.modal("anna", doEscalate).ID, map[string]any{"tier": "l2", "problem": "it reboots <!here> when warm", "impact": "nobody can work"})
	o.must(err)
	v := o.modal("anna", doEscalate)
	if len(o.back.done()) != 0 || !strings.Contains(v.PlainText(), "Read this back to the customer, in German") || !strings.Contains(v.PlainText(), "nobody can work") ||
		strings.Contains(v.PlainText(), "<!here>") {
		t.Fatalf("what is to be read back: %s", v.PlainText())
	}
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"read_back": "by phone"})
	o.must(err)
	if a := o.acted(1); a.Handoff.ReadBack != "by phone" || a.Handoff.Problem != "it reboots <!here> when warm" || a.Tier != "l2" {
		t.Errorf("%+v %+v", a, a.Handoff)
	}
}

func TestACallbackThatWasAskedForIsTold(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.Proposals = []ticket.Proposal{{Do: ticket.ActPromise, Why: "the customer asks to be called"}}
	_, channel, ts := o.show(c)
	o.must(o.sim.Click("anna", channel, ts, doPromise))
	_, err := o.sim.Submit("anna", o.modal("anna", doPromise).ID, map[string]any{})
	o.must(err)
	if a := o.acted(1); a.Promise.Kind != ticket.PromiseCallback || !a.Promise.Tell || a.Promise.Due.Before(time.Now()) {
		t.Errorf("%+v", a.Promise)
	}
}
