package slackdesk_test

import (
	"strings"
	"testing"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// sentOut are the texts that go to the customer of a ticket.
func (g *gateway) sentOut(id ticket.ID) (list []ticket.Message) {
	g.Helper()
	all, err := g.store.Messages(g.Context(), id, 0, 100)
	g.must(err)
	for _, m := range all {
		if m.Direction == ticket.Out {
			list = append(list, m)
		}
	}
	return list
}

// TestWhatIsTypedIsSentOnPurposeOnly: by a prefix, or by its writer's emoji, where the tier says so.
func TestWhatIsTypedIsSentOnPurposeOnly(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Incidents.Off = true
		c.Tiers[0].Send = router.Send{Prefix: "!", Reaction: "outbox_tray"}
	})
	asked, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	if !strings.Contains(card.PlainText(), "*!* before it or :outbox_tray: on it sends it") {
		t.Errorf("the card does not say how: %s", card.PlainText())
	}
	note, err := g.sim.Say("anna", "C0L1", "looks like the seal", card.TS)
	g.must(err)
	_, err = g.sim.Say("anna", "C0L1", "! Please switch it off.", card.TS)
	g.must(err)
	g.message("C0CUST", asked, "Please switch it off.")
	g.message("C0L1", card.TS, ":white_check_mark: sent")

	g.must(g.sim.React("ben", "C0L1", note, "outbox_tray")) // not his words
	g.must(g.sim.React("anna", "C0L1", note, "+1"))
	_, err = g.sim.Say("anna", "C0L1", "! We call you by tomorrow 15:00.", card.TS)
	g.must(err)
	g.message("C0L1", card.TS, "Nothing was sent: it names a time")
	g.must(g.sim.React("anna", "C0L1", note, "outbox_tray"))
	g.message("C0CUST", asked, "looks like the seal")
	if n := len(g.sentOut(ticket.FirstID)); n != 2 {
		t.Errorf("%d answers", n)
	}
	for _, m := range g.sim.Replies("C0CUST", asked) {
		if strings.Contains(m.Text, "!") {
			t.Errorf("the customer sees the prefix: %s", m.Text)
		}
	}
	// At a tier that says nothing of it, the same is a note.
	_, err = g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActEscalate, Ticket: ticket.FirstID, Tier: "l2", Reason: "x", By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna"}})
	g.must(err)
	moved := g.message("C0L2", "", "The pump leaks")
	ts, err := g.sim.Say("chloe", "C0L2", "! what a mess", moved.TS)
	g.must(err)
	g.must(g.sim.React("chloe", "C0L2", ts, "outbox_tray"))
	g.eventually("the note", func() bool {
		return g.has(func(m ticket.Message) bool { return m.Kind == ticket.Note && m.Text == "! what a mess" })
	})
	g.eventually("the acks", func() bool { return g.sim.Unacknowledged() == 0 })
	if n := len(g.sentOut(ticket.FirstID)); n != 2 {
		t.Errorf("%d answers: a note went out", n)
	}
}

// TestAnAnswerTakesFilesAlong: what is put into the form reaches the customer.
func TestAnAnswerTakesFilesAlong(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	asked, err := g.sim.Say("carl", "customer-ltd", "How do I change the seal?", "")
	g.must(err)
	card := g.message("C0L1", "", "How do I change the seal?")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	files, err := g.sim.Pick("anna", slacksim.Upload{Name: "seal.pdf", Type: "application/pdf", Data: []byte("%PDF seal")})
	g.must(err)
	g.fill("anna", "reply", map[string]any{"text0": "As it is drawn here.", "files": files})
	g.message("C0CUST", asked, "As it is drawn here.")
	g.eventually("the file", func() bool {
		for _, m := range g.sim.Replies("C0CUST", asked) {
			for _, f := range m.Files {
				data, ok := g.sim.FileData(f["id"].(string))
				if ok && string(data) == "%PDF seal" && f["name"] == "seal.pdf" {
					return true
				}
			}
		}
		return false
	})
}

// TestAnEmojiMakesATicket of what somebody has written where tickets do not open by themselves.
func TestAnEmojiMakesATicket(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	g.must(g.sim.Invite("ben", "support-l1", "dora"))
	asked, err := g.sim.SayWith("dora", "C0L1", "Where is my order?", "", slacksim.Upload{Name: "order.txt", Type: "text/plain", Data: []byte("4711")})
	g.must(err)
	ours, err := g.sim.Say("ben", "C0L1", "I had a call about an order", "")
	g.must(err)
	g.must(g.sim.React("dora", "C0L1", asked, "ticket")) // a guest's emoji is an emoji
	g.must(g.sim.React("anna", "C0L1", asked, "ticket"))
	g.must(g.sim.React("ben", "C0L1", asked, "ticket")) // once more is the same ticket
	card := g.message("C0L1", "", "Dora Client")
	g.message("C0L1", card.TS, "order.txt")
	g.message("C0L1", "", "T-1001 is open for this")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "It left us this morning."})
	g.message("C0L1", asked, "It left us this morning.")

	// What is said in that thread belongs to it, whoever says it; so do changes, and emoji.
	said, err := g.sim.Say("dora", "C0L1", "It is not here yet", asked)
	g.must(err)
	g.message("C0L1", card.TS, "It is not here yet")
	g.must(g.sim.Edit("dora", "C0L1", said, "It is not here yet, says the porter"))
	g.message("C0L1", card.TS, "says the porter")
	_, err = g.sim.Say("ben", "C0L1", "I ask the carrier", asked)
	g.must(err)
	g.message("C0L1", card.TS, "*Ben Okafor* to the customer by Slack")
	g.must(g.sim.React("dora", "C0L1", said, "pray"))
	g.message("C0L1", card.TS, ":pray: Dora Client")
	g.must(g.sim.React("anna", "C0L1", ours, "ticket"))
	g.message("C0L1", "", "A colleague has written this")
	g.eventually("the acks", func() bool { return g.sim.Unacknowledged() == 0 })
	if _, err := g.store.Ticket(t.Context(), ticket.FirstID+1); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("another ticket: %v", err)
	}
}
