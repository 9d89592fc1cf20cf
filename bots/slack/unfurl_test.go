package slackdesk_test

import (
	"fmt"
	"strings"
	"testing"

	"tierline/kb"
	"tierline/router"
	"tierline/ticket"
)

// TestLinksToTicketsAreShown where staff post them, and no more than may be read there.
func TestLinksToTicketsAreShown(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	id := g.mail("ada@corp.example", "en", "Pump leaks", "It leaks at the seal")
	g.message("C0L1", "", "Pump leaks")
	link := "https://console.example/tickets/" + id.String()
	below := func(channel, ts string) string {
		m, _ := g.sim.Message(channel, ts)
		return fmt.Sprint(m.Attachments)
	}
	ts, err := g.sim.Say("anna", "C0L2", "see "+link+"?tab=notes please", "")
	if err != nil { // whoever is no member asks to come in
		g.must(g.sim.Invite("chloe", "C0L2", "anna"))
		ts, err = g.sim.Say("anna", "C0L2", "see "+link+"?tab=notes please", "")
	}
	g.must(err)
	g.eventually("what it is about", func() bool { return strings.Contains(below("C0L2", ts), "It leaks at the seal") })

	// Where customers read along only how it stands; of a stranger's link nothing.
	g.must(g.sim.Invite("carl", "customer-ltd", "anna"))
	ts, err = g.sim.Say("anna", "customer-ltd", link, "")
	g.must(err)
	g.eventually("how it stands", func() bool { return strings.Contains(below("C0CUST", ts), id.String()) })
	if text := below("C0CUST", ts); strings.Contains(text, "leaks") || strings.Contains(text, "ada@") {
		t.Errorf("others read %s", text)
	}
	ts, err = g.sim.Say("carl", "customer-ltd", link, "")
	g.must(err)
	other, err := g.sim.Say("chloe", "C0L2", "https://console.example/tickets/T-999999 and https://console.example/other", "")
	g.must(err)
	g.eventually("the acks", func() bool { return g.sim.Unacknowledged() == 0 })
	if a, b := below("C0CUST", ts), below("C0L2", other); strings.Contains(a, "T-") || strings.Contains(b, "T-") {
		t.Errorf("shown were %s and %s", a, b)
	}
}

// TestAnArticleFromACase: what was learned becomes a draft, and the ticket says so.
func TestAnArticleFromACase(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	id := g.mail("ada@corp.example", "de", "Pumpe leckt", "Sie leckt an der Dichtung")
	g.message("C0L1", "", "Pumpe leckt")
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna Schmidt"}
	_, err := g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActNote, Ticket: id, By: anna, Note: &ticket.NoteFields{Tried: "Dichtung getauscht"}})
	g.must(err)
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "solve "+id.String()+" eine alte Dichtung"))
	card := g.message("C0L1", "", ":white_check_mark: solved")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "article_draft"))
	g.fill("anna", "article_draft", map[string]any{"title": "Pumpe leckt an der Dichtung", "problem": "Wasser unter der Pumpe"})
	g.message("C0L1", card.TS, "An article was drafted from this case")
	list, err := g.store.Articles(t.Context(), "", 10)
	g.must(err)
	if len(list) != 1 || list[0].Confidence != kb.WorkInProgress || list[0].Audience != kb.Internal || list[0].Language != "de" ||
		!strings.Contains(list[0].Body, "- Dichtung getauscht") || !strings.Contains(list[0].Body, "## Cause\n\neine alte Dichtung") {
		t.Errorf("%+v", list)
	}
}
