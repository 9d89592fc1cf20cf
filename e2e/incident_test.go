package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// One fault hits nine customers. Their tickets are proposed as an incident, told of it and solved together;
// the program is killed in the middle of the update, and again in the middle of the resolution. Nobody is
// told twice, and nobody is left out.
func TestOneFaultNineCustomers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.start(options{incidents: "{undo: 1ms, tickets: 5}"})
	said := []struct{ subject, text string }{
		{"Portal down", "Since this morning the portal throws everybody out: session expired, error E503. Who can help?"},
		{"Anmeldung am Portal geht nicht", "Seit heute morgen wirft uns das Portal sofort hinaus: Sitzung abgelaufen, Fehler E503. Bitte um Hilfe."},
		{"Portail en panne", "Depuis ce matin le portail nous déconnecte aussitôt, session expirée, erreur E503. Merci de nous aider."},
	}
	var people []string
	write := func(n int) {
		who := fmt.Sprintf("hit%d@gmail.com", n)
		g.send(who, said[n%3].subject, said[n%3].text, "")
		people = append(people, who)
	}
	for n := range 8 {
		write(n)
	}
	card := w.card(l2, "is this an incident?")
	w.until("all eight to be linked", func() bool {
		m, _ := w.sim.Message(l2, card.TS)
		return strings.Contains(m.PlainText(), "8 linked")
	})
	g.send("other@gmail.com", "Drip tray", "Where can I buy a drip tray for the espresso machine?", "")
	w.click("chloe", l2, card.TS, "incident_open")
	w.submit("chloe", map[string]any{"title": "The portal signs everybody out", "text": "Do not reset passwords."})
	w.card(l1, "Do not reset passwords.")

	told := func(who, with string) (ids []string) { // the same letter counts once, however often it is handed over
		for _, m := range w.mail.mails(who) {
			if strings.Contains(m.text, with) && !slices.Contains(ids, m.messageID) {
				ids = append(ids, m.messageID)
			}
		}
		return ids
	}
	some := func(with string) (n int) {
		for _, who := range people {
			n += min(1, len(told(who, with)))
		}
		return n
	}
	everybody := func(with string) func() bool {
		return func() bool { return some(with) == len(people) }
	}
	w.click("chloe", l2, card.TS, "incident_update")
	w.submit("chloe", map[string]any{"text_en": "Our portal signs everybody out.", "text_de": "Unser Portal meldet alle ab.", "text_fr": "Notre portail déconnecte tout le monde."})
	w.until("somebody to be told", func() bool { return some("ortal") > 0 && some("ortail")+some("ortal") > 0 })
	g.kill()
	g.run()
	g.ready()
	inTheirs := func(n int) string {
		return []string{"Our portal signs everybody out.", "Unser Portal meldet alle ab.", "Notre portail déconnecte tout le monde."}[n%3]
	}
	w.until("each to be told in their language", func() bool {
		for n, who := range people {
			if len(told(who, inTheirs(n))) == 0 {
				return false
			}
		}
		return true
	})
	write(8) // comes late, is linked and told by itself
	w.until("who comes late to be told", func() bool { return len(told(people[8], inTheirs(8))) > 0 })

	w.click("chloe", l2, card.TS, "incident_resolve")
	w.submit("chloe", map[string]any{"diagnosis": "A certificate had run out.", "text_en": "It works again."})
	w.until("somebody to hear of the end", func() bool { return some("It works again.") > 0 })
	g.kill()
	g.run()
	g.ready()
	w.until("everybody to hear of the end", everybody("It works again."))
	w.until("the card to say so", func() bool {
		m, _ := w.sim.Message(l2, card.TS)
		return strings.Contains(m.PlainText(), "9 linked, 9 of them done") && strings.Contains(m.PlainText(), "9 told, 0 passed over, 9 solved")
	})
	waitFor(t, 3*time.Minute, "nothing more to be on its way", func() bool {
		return !slices.ContainsFunc(g.jobs(t, ""), func(j job) bool { return j.Kind == "send" || j.Kind == "incident" || j.Kind == "alike" })
	})
	for n, who := range people {
		if a, b := len(told(who, inTheirs(n))), len(told(who, "It works again.")); a != 1 || b != 1 {
			t.Errorf("%s was told %d and %d times", who, a, b)
		}
	}
	if n := len(w.mail.mails("other@gmail.com")); n != 0 {
		t.Errorf("somebody else was told %d times", n)
	}
	var list struct {
		Items []struct {
			State, Diagnosis, Subject string
			Incident                  int
		}
	}
	g.get(t, "/api/v1/tickets?limit=50", &list)
	for _, tk := range list.Items {
		if (tk.State == "solved" && tk.Diagnosis == "A certificate had run out.") != (tk.Subject != "Drip tray") {
			t.Errorf("%s is %s: %s", tk.Subject, tk.State, tk.Diagnosis)
		}
	}
}
