package e2e

import (
	"net/http"
	"testing"
)

// Clara brings up another matter in her answer. It is split off, merged again and taken apart again, and
// each time what she sends next goes where the message is that she answers.
func TestMailsFollowTheirMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{})
	act := func(id, body string) {
		t.Helper()
		if status, text := g.post("/api/v1/tickets/"+id+"/actions", body); status != http.StatusOK {
			t.Fatalf("%s: %d %s", body, status, text)
		}
	}
	arrives := func(id, text string) {
		t.Helper()
		wait(t, text+" to be in "+id, func() bool { return g.ticket(t, id).has("public", text) })
	}
	g.send(clara, "Machine leaks", "The machine BW2-204711 leaks.", "")
	card := w.card(l1, "Machine leaks")
	act("T-1001", `{"kind":"reply","text":"Is the tank pushed in?"}`)
	tank := w.answer(clara, "pushed in")
	other := g.send(clara, "Re: "+tank.subject, "And the invoice is wrong.", tank.messageID)
	arrives("T-1001", "And the invoice is wrong.")

	act("T-1001", `{"kind":"split","seqs":[3],"subject":"Invoice","agent":"anna@support.example"}`)
	split := w.card(l1, "T-1002 · Invoice")
	w.reply(l1, split.TS, "And the invoice is wrong.")
	w.reply(l1, card.TS, "T-1002")
	act("T-1002", `{"kind":"reply","text":"Which invoice is it?"}`)
	invoice := w.answer(clara, "Which invoice")
	if invoice.inReplyTo != other {
		t.Errorf("the answer is in reply to %q; the mail was %q", invoice.inReplyTo, other)
	}
	g.send(clara, "Re: "+invoice.subject, "The one of March.", invoice.messageID)
	arrives("T-1002", "The one of March.")
	g.send(clara, "Re: "+tank.subject, "It is in.", tank.messageID)
	arrives("T-1001", "It is in.")

	act("T-1002", `{"kind":"merge","other":1001,"agent":"anna@support.example"}`)
	g.send(clara, "Re: "+invoice.subject, "Not the one of May.", invoice.messageID)
	arrives("T-1001", "Not the one of May.")
	w.reply(l1, card.TS, "Not the one of May.")

	act("T-1002", `{"kind":"undo","agent":"anna@support.example"}`)
	g.send(clara, "Re: "+invoice.subject, "Have you found it?", invoice.messageID)
	arrives("T-1002", "Have you found it?")
	w.reply(l1, split.TS, "Have you found it?")
	if n := cards(w, l1); n != 2 {
		t.Errorf("%d cards for two cases", n)
	}
	if n := len(w.mail.mails(clara)); n != 2 {
		t.Errorf("%d mails for the customer, who was answered twice", n)
	}
	g.stop()
}
