package slackchannel

import (
	"slices"
	"strings"
	"testing"

	"tierline/channels/channeltest"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// acked waits until everything that Slack has sent is acknowledged.
func (w *world) acked() {
	w.Helper()
	channeltest.Eventually(w, "everything to be acknowledged", func() bool { return w.sim.Unacknowledged() == 0 })
}

// texts are what has come in, in order.
func (w *world) texts() string {
	var all []string
	for _, in := range w.in.Intake.Accepted() {
		all = append(all, in.Text)
	}
	return strings.Join(all, " | ")
}

func (w *world) can(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func opens(how ...string) func(*Config) {
	return func(c *Config) { c.Channels[0].Open = how }
}

func TestOnlyWhoMentionsTheAppOpensATicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, opens(OpenMention))
	w.start(w.app, w.ch)
	w.say("carl", "lunch, anybody?", "")
	top := w.say("carl", "the pump is hot", "")
	w.say("dora", "mine, too", top)
	w.say("anna", "hm", top) // staff, before there is a ticket
	w.say("dora", "@tierline please look", top)
	w.in.Intake.WaitAccepted(t, 3)
	w.say("carl", "and it smells", top) // the thread is a ticket now
	w.in.Intake.WaitAccepted(t, 4)
	w.acked()
	if got, want := w.texts(), "the pump is hot | mine, too | please look | and it smells"; got != want {
		t.Errorf("contacts: %s", got)
	}
	answers := w.in.Intake.Answers()
	for _, a := range answers {
		if a.Ticket != answers[0].Ticket {
			t.Errorf("one thread became several tickets: %v", answers)
		}
	}
	other := w.say("carl", "the valve", "")
	w.can(w.sim.Edit("carl", "customer-ltd", other, "the valve, @tierline")) // an afterthought
	if got := w.in.Intake.WaitAccepted(t, 5); got[4].Text != "the valve, @Tierline" {
		t.Errorf("after the edit: %+v", got[4])
	}
}

func TestAnEmojiOpensATicket(t *testing.T) {
	t.Parallel()
	w := newWorld(t, opens(OpenEmoji, OpenMention))
	w.start(w.app, w.ch)
	top := w.say("carl", "the pump is hot", "")
	w.can(w.sim.React("anna", "customer-ltd", top, "eyes"))
	w.can(w.sim.React("anna", "customer-ltd", top, "ticket")) // staff may, too
	w.in.Intake.WaitAccepted(t, 1)
	w.can(w.sim.React("dora", "customer-ltd", top, "ticket")) // it is one already
	w.acked()
	if got := w.texts(); got != "the pump is hot" {
		t.Errorf("contacts: %s", got)
	}
}

func TestTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t, opens(OpenForm), func(c *Config) { c.Channels[0].Language, c.Channels[0].Silent = "de", false })
	w.start(w.app, w.ch)
	w.say("carl", "only talking", "")
	var invite slacksim.Message
	for _, m := range w.sim.Messages("customer-ltd") {
		if len(m.Blocks) == 2 {
			invite = m
		}
	}
	if !strings.Contains(invite.Text, "Etwas geht nicht?") {
		t.Fatalf("the invitation is %+v", invite)
	}
	w.can(w.sim.Click("pia", "customer-ltd", invite.TS, prefix))
	view := w.sim.View("pia")
	_, err := w.sim.Submit("pia", view.ID, map[string]any{"about": "Pumpe *5* & co", "text": "Sie leckt <stark>.", "unit": "BW2-1"})
	w.can(err)
	in := w.in.Intake.WaitAccepted(t, 1)[0]
	if in.Subject != "Pumpe ∗5∗ & co" || in.Text != "Sie leckt <stark>.\nSeriennummer: BW2-1" || in.From.Value != "T0PARTNER/U8PIA" {
		t.Errorf("asked: %+v", in)
	}
	if in.Belongs != (ticket.Belongs{Domain: "slack:T0PARTNER", Name: "Partner GmbH"}) {
		t.Errorf("of %+v", in.Belongs)
	}
	_, ts, _ := strings.Cut(in.External, "/")
	channeltest.Eventually(t, "the private confirmation", func() bool {
		for _, m := range w.sim.Replies("customer-ltd", ts) {
			if m.Ephemeral && strings.Contains(m.Text, "Es ist angekommen: *T-") {
				return true
			}
		}
		return false
	})
	// It is asked once, however often the channel is looked through, and there is one button.
	app, ch := w.gateway()
	w.start(app, ch)
	w.acked()
	if n := len(w.in.Intake.Accepted()); n != 1 {
		t.Errorf("%d contacts: %s", n, w.texts())
	}
	n := 0
	for _, m := range w.sim.Messages("customer-ltd") {
		if len(m.Blocks) == 2 && m.BotID != "" && m.User != "" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d buttons", n)
	}
}

func TestWhatIsChangedAndMarkedIsTakenOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := w.start(w.app, w.ch)
	top := w.say("carl", "pomp", "")
	w.in.Intake.WaitAccepted(t, 1)
	w.can(w.sim.Edit("carl", "customer-ltd", top, "pump"))
	w.can(w.sim.React("dora", "customer-ltd", top, "+1"))
	w.can(w.sim.React("dora", "customer-ltd", top, "+1")) // off again
	w.can(w.sim.React("anna", "customer-ltd", top, "eyes"))
	w.acked()
	stop()
	w.can(w.sim.Edit("carl", "customer-ltd", top, "the pump"))
	w.can(w.sim.React("carl", "customer-ltd", top, "tada"))
	app, ch := w.gateway()
	w.start(app, ch)
	var got []string
	for _, a := range w.tickets.done() {
		s := string(a.Kind) + " " + a.By.Name + " " + a.Text + a.Emoji
		if a.Gone {
			s += " off"
		}
		got = append(got, s)
	}
	s := strings.Join(got, ", ")
	for _, want := range []string{"amend Carl Customer pump, react Dora Client +1, react Dora Client +1 off", "amend Carl Customer the pump", "react Carl Customer tada"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is missing: %s", want, s)
		}
	}
	if strings.Contains(s, "eyes") || len(w.in.Intake.Accepted()) != 1 {
		t.Errorf("done: %s; contacts: %s", s, w.texts())
	}
	w.can(w.sim.Delete("carl", "customer-ltd", top))
	channeltest.Eventually(t, "the deletion", func() bool {
		return slices.ContainsFunc(w.tickets.done(), func(a ticket.Action) bool { return a.Kind == ticket.ActAmend && a.Gone })
	})
}

func TestOrganizationsOfWhoWritesHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Organizations = map[string]string{"T0PARTNER": "partner.example"} })
	w.start(w.app, w.ch)
	w.say("carl", "one", "")
	w.in.Intake.WaitAccepted(t, 1) // threads are handled side by side
	w.say("pia", "two", "")
	got := w.in.Intake.WaitAccepted(t, 2)
	if got[0].Belongs.Domain != "customer.example" || got[1].Belongs.Domain != "partner.example" {
		t.Errorf("%+v, %+v", got[0].Belongs, got[1].Belongs)
	}
}
