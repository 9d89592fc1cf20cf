package e2e

import (
	"strings"
	"testing"
)

// Answers as they come out of the box: the customer is told once that the mail has come in; an agent
// takes an answer back, and writes another.
func TestAnAnswerIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{answers: "{undo: {email: 10s}}"})
	first := g.send(clara, "Die Maschine tropft", "Guten Tag,\n\ndie Maschine BW2-204711 tropft seit gestern, es steht eine Pfütze darunter.\n\nClara Weber", "")
	told := w.answer(clara, "T-1001")
	if told.autoSubmitted != "auto-replied" || told.inReplyTo != first || !strings.Contains(told.text, "Vielen Dank") {
		t.Errorf("told by a mail that says %q of itself, in reply to %q:\n%s", told.autoSubmitted, told.inReplyTo, told.text)
	}
	card := w.card(l1, "Die Maschine tropft")
	w.click("anna", l1, card.TS, "take")
	w.click("anna", l1, card.TS, "reply")
	w.submit("anna", map[string]any{"v": "Das kann nicht sein."})
	w.click("anna", l1, w.reply(l1, card.TS, "Das kann nicht sein.").TS, "withdraw")
	w.reply(l1, card.TS, "taken back")

	// The form is there again, with the text.
	w.submit("anna", map[string]any{"v": "Ist der Tank ganz eingeschoben?"})
	got := w.answer(clara, "ganz eingeschoben")
	if got.autoSubmitted != "" || got.inReplyTo != first {
		t.Errorf("the answer says %q of itself, in reply to %q", got.autoSubmitted, got.inReplyTo)
	}
	// An answer to what the gateway said by itself is one to the ticket.
	g.send(clara, "Re: "+told.subject, "Es ist die BW2-204711.", told.messageID)
	w.reply(l1, card.TS, "Es ist die BW2-204711.")
	for _, m := range w.mail.mails(clara) {
		if strings.Contains(m.text, "Das kann nicht sein") {
			t.Errorf("what was taken back has reached the customer:\n%s", m.text)
		}
	}
	if n := len(w.mail.mails(clara)); n != 2 {
		t.Errorf("%d mails for the customer", n)
	}
	g.stop()
}

// An agent forwards what a customer has sent to them alone: it is the customer's ticket, and the answer
// is the customer's.
func TestStaffForwardsAMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	g.send("anna@support.example", "WG: Die Maschine tropft", "Bitte übernehmen.\n\nVon: Clara Weber <"+clara+">\nGesendet: Montag, 2. März 2026 09:30\n"+
		"An: Anna Schmidt <anna@support.example>\nBetreff: Die Maschine tropft\n\nGuten Tag,\n\ndie Maschine BW2-204711 tropft.\n\nClara Weber", "")
	card := w.card(l1, "Die Maschine tropft")
	if text := card.PlainText(); !strings.Contains(text, clara) {
		t.Errorf("the card names another customer:\n%s", text)
	}
	w.reply(l1, card.TS, "Bitte übernehmen.")
	w.reply(l1, card.TS, "die Maschine BW2-204711 tropft.")
	tk := g.ticket(t, "T-1001")
	if !tk.has("note", "Bitte übernehmen.") || tk.has("public", "Bitte übernehmen.") {
		t.Errorf("what the agent wrote above it is no note: %+v", tk.messages)
	}
	w.click("ben", l1, card.TS, "reply")
	w.submit("ben", map[string]any{"v": "Ist der Tank ganz eingeschoben?"})
	got := w.answer(clara, "ganz eingeschoben")
	g.send(clara, "AW: "+got.subject, "Ja, ist er.", got.messageID)
	w.reply(l1, card.TS, "Ja, ist er.")
	if n := len(w.mail.mails("anna@support.example")); n != 0 {
		t.Errorf("%d mails for the agent", n)
	}
	g.stop()
}
