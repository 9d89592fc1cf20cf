package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// act does something by the API, in somebody's name.
func (g *gateway) act(t *testing.T, id, body string) {
	t.Helper()
	if status, answer := g.post("/api/v1/tickets/"+id+"/actions", body); status != http.StatusOK {
		t.Fatalf("%s: %d %s", body, status, answer)
	}
}

const german = "Guten Tag,\n\ndie Maschine verliert seit gestern Wasser. Bitte helfen Sie uns.\n\nClara Weber"

// A promise is reminded of, and told to the lead when it is broken; a customer hears in their language that their case
// is not forgotten, and what has become of it.
func TestAPromiseAndASteadyUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{l1: "updates: {every: {default: 1h}, notice: -1s}"})
	g.send(clara, "Maschine undicht", german, "")
	card := w.card(l1, "Maschine undicht")
	w.click("anna", l1, card.TS, "take")
	w.until("the next word to be due", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "The customer hears how it stands") && strings.Contains(m.PlainText(), "Anna Schmidt")
	})
	g.act(t, "T-1001", fmt.Sprintf(`{"kind":"postpone","at":%q}`, time.Now().Add(3*time.Second).UTC().Format(time.RFC3339Nano)))
	got := w.answer(clara, "ist noch offen")
	for _, want := range []string{"T-1001", "Seit unserer letzten Nachricht", "hat Ihren Fall übernommen", "Brühwerk"} {
		if !strings.Contains(got.text, want) {
			t.Errorf("the update does not say %q:\n%s", want, got.text)
		}
	}
	w.reply(l1, card.TS, "ist noch offen") // colleagues see what was said

	// On a machine that is busy a short promise may be broken before anybody is reminded: then a longer one is made.
	reminded := false
	for i, after := range []time.Duration{2 * time.Second, 10 * time.Second, 30 * time.Second} {
		what := fmt.Sprintf("about pump %d", i+1)
		body := fmt.Sprintf(`{"kind":"callback","what":%q,"due":%q,"agent":"anna@support.example"}`, what, time.Now().Add(after).UTC().Format(time.RFC3339Nano))
		if status, answer := g.post("/api/v1/tickets/T-1001/promises", body); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
		w.told("anna", "A promise was broken: Callback: "+what)
		w.told("lena", "A promise was broken: Callback: "+what)
		channel, err := w.sim.DM("anna", w.sim.App().BotUserID)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range w.sim.Messages(channel) {
			reminded = reminded || strings.Contains(m.PlainText(), "Promised, and due soon: Callback: "+what)
		}
		if reminded {
			break
		}
	}
	if !reminded {
		t.Error("nobody was reminded of any promise")
	}
	w.reply(l1, card.TS, "A promise was broken")
}

// What is owed by colleagues: the lead answers a complaint, and is asked about a note when its writer says nothing; a
// supplier's clock is heard by the owner and the lead.
func TestComplaintQuestionAndSupplier(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{more: `complaints: {policies: [returns]}
questions: {answer: 1s}
suppliers:
  - {name: pumps, title: Pumpen Braun, for: pumps, phone: "+49301234567", email: service@pumpen.example, reference: 'PB-\d{5}', example: PB-10442, lead: 2s}
`})
	g.send(clara, "Maschine undicht", german, "")
	card := w.card(l1, "Maschine undicht")
	w.click("anna", l1, card.TS, "take")

	w.menu("anna", l1, card.TS, "care", "complain")
	w.submit("anna", map[string]any{"other": "returns", "words": "14 days are too few"})
	w.answer(clara, "Beschwerde") // they know that the lead has it
	dm, told := w.told("lena", "A complaint about returns")
	w.click("lena", dm, told.TS, "amends")
	w.submit("lena", map[string]any{"text": "Sie haben jetzt 30 Tage."})
	w.answer(clara, "Sie haben jetzt 30 Tage.")
	w.until("the complaint to be off the card", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return !strings.Contains(m.PlainText(), "owes an answer")
	})

	if _, err := w.sim.Say("anna", l1, "it is the usual thing as always", card.TS); err != nil {
		t.Fatal(err)
	}
	seq := 0
	wait(t, "the note to be kept", func() bool {
		for _, m := range g.ticket(t, "T-1001").messages {
			if m.Kind == "note" {
				seq = m.Seq
			}
		}
		return seq != 0
	})
	g.act(t, "T-1001", fmt.Sprintf(`{"kind":"ask","agent":"ben@support.example","seq":%d,"text":"Which usual thing?"}`, seq))
	w.told("anna", "Ben Okafor asks about your note")
	dm, told = w.told("lena", "No answer to a question about note")
	w.click("lena", dm, told.TS, "answer")
	w.submit("lena", map[string]any{"text": "The outer seal of the pump."})
	w.told("ben", "Lena Vogel answers about note")
	w.reply(l1, card.TS, "The outer seal of the pump.")

	w.menu("anna", l1, card.TS, "care", "supplier")
	w.submit("anna", map[string]any{"supplier": "pumps", "reference": "PB-10442", "asked": "a new seal"})
	w.until("the supplier to be on the card", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return strings.Contains(m.PlainText(), "With Pumpen Braun") && strings.Contains(m.PlainText(), "PB-10442")
	})
	w.told("anna", "The supplier is overdue")
	w.told("lena", "The supplier is overdue")
	w.click("anna", l1, card.TS, "supplied")
	w.submit("anna", map[string]any{"reason": "a new seal"})
	w.until("it to be ours again", func() bool {
		m, _ := w.sim.Message(l1, card.TS)
		return !strings.Contains(m.PlainText(), "With Pumpen Braun")
	})
	w.reply(l1, card.TS, "Back from pumps: a new seal")
}
