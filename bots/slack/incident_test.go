package slackdesk_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

func (g *gateway) mail(from, language, subject, text string) ticket.ID {
	g.Helper()
	acc, err := g.store.Accept(g.Context(), []ticket.Inbound{{Channel: "email", Inbox: "support", External: "<" + from + subject + "@x>", Language: language,
		From: customer.Identity{Kind: customer.Email, Value: from}, Subject: subject, Text: text}})
	g.must(err)
	return acc[0].Ticket
}

// incidentCard is the card of an incident, when it says something.
func (g *gateway) incidentCard(part string) slacksim.Message {
	g.Helper()
	return g.message("C0L2", "", part)
}

// TestAnIncidentByItsButtons presses every button of an incident's card, and those of its tickets' cards.
func TestAnIncidentByItsButtons(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents = router.Incidents{Tickets: 3, Undo: time.Nanosecond} })
	var ids []ticket.ID
	for i, m := range []struct{ language, text string }{
		{"en", "Since this morning the portal throws me out with session expired, error E503"},
		{"de", "Das Portal wirft mich raus: Sitzung abgelaufen, Fehler E503"}, {"en", "E503 and session expired on the portal, nobody gets in"}} {
		ids = append(ids, g.mail(fmt.Sprintf("c%d@gmail.com", i), m.language, "Portal E503", m.text))
	}
	card := g.incidentCard("I-1 · Portal E503")
	for _, s := range []string{"is this an incident?", "error code: E503", "3 customers", ids[0].String(), "session expired"} {
		if !strings.Contains(card.PlainText(), s) {
			t.Errorf("the proposal does not say %q:\n%s", s, card.PlainText())
		}
	}
	other := g.mail("late@gmail.com", "en", "Drip tray", "Where can I buy a drip tray?")

	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_open"))
	g.fill("chloe", "incident_open", map[string]any{"title": "Portal down", "text": "Do not reset passwords"})
	g.incidentCard("rotating_light: open")
	g.message("C0L1", "", "*What to do:* Do not reset passwords")
	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_instruct"))
	g.fill("chloe", "incident_instruct", map[string]any{"title": "Portal down", "text": "Point them to the status page"})
	g.message("C0L1", "", "*What to do:* Point them to the status page")

	// A case that is not alike is made part of it by hand, and taken out again.
	drip := g.message("C0L1", "", "Drip tray")
	g.must(g.sim.Choose("anna", "C0L1", drip.TS, "more", offered(t, drip, "incident_part ")))
	g.fill("anna", "incident_part", map[string]any{"incident": "1"})
	g.message("C0L1", drip.TS, "Part of incident I-1 from now on")
	g.eventually("the button to be there", func() bool { return g.sim.Click("anna", "C0L1", drip.TS, "incident_unlink") == nil })
	g.message("C0L1", drip.TS, "No longer part of incident I-1. by Anna Schmidt")
	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_tickets"))
	g.fill("chloe", "incident_tickets", map[string]any{"add": other.String(), "remove": ids[2].String(), "reason": "another fault"})
	g.incidentCard("3 linked")
	g.eventually("both", func() bool {
		in, _ := g.store.Ticket(t.Context(), other)
		out, _ := g.store.Ticket(t.Context(), ids[2])
		return in.Incident == 1 && out.Incident == 0
	})

	// An agent may not tell all customers something.
	g.must(g.sim.Invite("chloe", "C0L2", "anna"))
	g.must(g.sim.Click("anna", "C0L2", card.TS, "incident_update"))
	g.told("U1ANNA", "C0L2", card.TS, "That is for level 2, leads and supervisors.")
	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_update"))
	g.fill("chloe", "incident_update", map[string]any{"text_en": "We know of it. {number}", "text_de": "Wir wissen davon."})
	g.incidentCard("*Update 1 to customers*")
	g.incidentCard("0 told, 3 passed over") // no mail goes out here
	g.incidentCard("nothing can be sent by email")

	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_resolve"))
	g.fill("chloe", "incident_resolve", map[string]any{"diagnosis": "A certificate had run out", "text_en": "It works again."})
	g.incidentCard("3 linked, 3 of them done")
	g.message("C0L1", "", "which is resolved: Portal down")
	k, err := g.store.Ticket(t.Context(), ids[0])
	g.must(err)
	left, err := g.store.Ticket(t.Context(), ids[2])
	g.must(err)
	if k.State != ticket.Solved || k.Diagnosis != "A certificate had run out" || left.State.Done() {
		t.Errorf("%s %q, and the one that was taken out: %s", k.State, k.Diagnosis, left.State)
	}
	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_reopen"))
	g.incidentCard("rotating_light: open")
	g.must(g.sim.Click("chloe", "C0L2", card.TS, "incident_dismiss"))
	g.fill("chloe", "incident_dismiss", map[string]any{"reason": "only a drill"})
	g.incidentCard("none: only a drill")
	n := 0
	for _, m := range g.sim.Messages("C0L2") {
		if strings.Contains(m.PlainText(), "I-1 · ") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d cards of one incident", n)
	}
}

func TestAnIncidentByCommand(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	a := g.mail("a@gmail.com", "en", "No water", "The tap is dry")
	b := g.mail("b@gmail.com", "en", "Dry", "Nothing comes out")
	for _, c := range []struct{ text, want string }{
		{"incidents", "There are none"},
		{fmt.Sprintf("incident %s %s No water in hall 3", a, b), "I-1 is proposed"},
		{"incident", "No water in hall 3"},
		{"incident I-1", "2 linked"},
		{"incident nobody can do this", "Name its tickets"},
		{fmt.Sprintf("incident %s again", a), "is part of I-1"},
	} {
		g.must(g.sim.Slash("anna", "C0L1", "/tier", c.text))
		g.message("C0L1", "", c.want)
	}
	g.incidentCard("I-1 · No water in hall 3")
}

// offered is what an option of a message's menus stands for, by what it begins with.
func offered(t *testing.T, m slacksim.Message, what string) string {
	t.Helper()
	return offeredIn(t, m.Blocks, what)
}

func offeredIn(t *testing.T, blocks []slacksim.Object, what string) string {
	t.Helper()
	text, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`"value":"(` + what + `[^"]*)"`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no menu offers %q: %s", what, text)
	}
	return string(found[1])
}
