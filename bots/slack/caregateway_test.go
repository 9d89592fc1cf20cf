package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/ticket"
)

// A customer complains, asks to be called, and is told the truth about both; a colleague asks about a note that
// says nothing.
func TestWhatACustomerIsOwedFromEndToEnd(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	top, err := g.sim.Say("carl", "customer-ltd", "Your return policy is unfair. Please call me back at +49 30 901820!", "")
	g.must(err)
	card := g.message("C0L1", "", "Complaint, to the lead?")
	g.message("C0L1", "", "Promise a callback?")
	g.message("C0L1", card.TS, "Carl Customer")

	g.must(g.sim.Choose("anna", "C0L1", card.TS, "care", option(t, g, card.TS, "complain ")))
	g.fill("anna", "complain", map[string]any{"other": "returns", "words": "14 days are too few"})
	g.message("C0L1", "", "*Complaint* about *returns*")
	g.message("C0CUST", top, "Your complaint is with the lead of our team, who will answer you by")
	dm, err := g.sim.DM("lena", "@app")
	g.must(err)
	notice := g.message(dm, "", "A complaint about returns")
	g.must(g.sim.Click("lena", dm, notice.TS, "amends"))
	g.fill("lena", "amends", map[string]any{"text": "You have **30** days now."})
	g.message("C0CUST", top, "You have *30* days now.")

	g.must(g.sim.Click("anna", "C0L1", card.TS, "promise"))
	g.fill("anna", "promise", map[string]any{"due": time.Now().Add(3 * time.Hour).Unix()})
	g.message("C0CUST", top, "We will call you by")
	g.message("C0L1", "", "*Promised:* Callback until")

	_, err = g.sim.Say("anna", "C0L1", "it is the usual thing as always", card.TS)
	g.must(err)
	g.eventually("the note", func() bool { return g.has(func(m ticket.Message) bool { return m.Kind == ticket.Note }) })
	typed := g.message("C0L1", card.TS, "it is the usual thing")
	g.must(g.sim.Shortcut("ben", "ask_writer", "C0L1", typed.TS))
	g.fill("ben", "ask", map[string]any{"text": "Which usual thing?"})
	dm, err = g.sim.DM("anna", "@app")
	g.must(err)
	asked := g.message(dm, "", "Ben Okafor asks about your note")
	g.must(g.sim.Click("anna", dm, asked.TS, "answer"))
	g.fill("anna", "answer", map[string]any{"text": "The outer seal of the pump."})
	g.message("C0L1", card.TS, "The outer seal of the pump.")
	dm, err = g.sim.DM("ben", "@app")
	g.must(err)
	g.message(dm, "", "Anna Schmidt answers about note")

	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "We will send the seal within one hour."})
	g.eventually("the question about the time", func() bool {
		v := g.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), "for which no promise stands")
	})
	g.fill("anna", "reply", map[string]any{"promise": "fix"})
	g.message("C0CUST", top, "We will send the seal within one hour.")
	g.message("C0L1", "", "*Promised:* Solution until")
}

// option finds the value of an option of the card's menu by how it begins.
func option(t *testing.T, g *gateway, ts, prefix string) (value string) {
	t.Helper()
	g.eventually("the option "+prefix, func() bool {
		m, ok := g.sim.Message("C0L1", ts)
		menu := m.Action("care")
		list, _ := menu["options"].([]any)
		for _, o := range list {
			if v, _ := o.(slacksim.Object)["value"].(string); ok && strings.HasPrefix(v, prefix) {
				value = v
				return true
			}
		}
		return false
	})
	return value
}
