package slackdesk_test

import (
	"strings"
	"testing"

	"tierline/internal/slacksim"
	"tierline/ticket"
)

// answers are what stands in a thread of the customers' channel for everybody.
func (g *gateway) answers(top string) (list []slacksim.Message) {
	for _, m := range g.sim.Replies("C0CUST", top) {
		if !m.Ephemeral && m.BotID != "" {
			list = append(list, m)
		}
	}
	return list
}

// What is edited, deleted, marked and answered on either side of Slack is seen on the other.
func TestBothWaysBetweenTheCustomersChannelAndTheDesk(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	top, err := g.sim.Say("carl", "customer-ltd", "The pomp leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pomp leaks")
	said := g.message("C0L1", card.TS, "The pomp leaks")
	if g.message("C0CUST", top, "We have it: *T-1001*").Ephemeral != true {
		t.Error("everybody is told that it has come in")
	}
	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")

	// The customer changes their words, and both see an emoji of the other's.
	g.must(g.sim.Edit("carl", "customer-ltd", top, "The pump leaks"))
	g.message("C0L1", card.TS, "> The pump leaks")
	g.message("C0L1", card.TS, "Carl Customer has changed message 1.")
	g.must(g.sim.React("anna", "C0L1", said.TS, "eyes"))
	g.must(g.sim.React("anna", "C0L1", said.TS, "clown_face")) // among colleagues
	g.eventually("the emoji at the customer's", func() bool { return marked(g.sim.Messages("C0CUST")[0], "eyes") })
	g.must(g.sim.React("anna", "C0L1", said.TS, "eyes"))
	g.eventually("it to be taken off", func() bool { return !marked(g.sim.Messages("C0CUST")[0], "eyes") })

	// The answer bears the agent's name; they change it, the customer marks it, they delete it.
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	g.fill("anna", "reply", map[string]any{"text0": "Switch it **of**."})
	g.message("C0CUST", top, "Switch it *of*.")
	sent := g.message("C0L1", card.TS, ":white_check_mark: sent")
	if a := g.answers(top)[0]; a.Username != "Anna Schmidt" || a.Icons["image_48"] == nil {
		t.Errorf("the answer is by %q %v", a.Username, a.Icons)
	}
	g.must(g.sim.React("carl", "customer-ltd", g.answers(top)[0].TS, "+1"))
	g.message("C0L1", card.TS, ":+1: Carl Customer")
	g.must(g.sim.Click("anna", "C0L1", sent.TS, "amend"))
	g.fill("anna", "amend", map[string]any{"text": "Switch it **off**."})
	g.message("C0CUST", top, "Switch it *off*.")
	g.must(g.sim.Click("ben", "C0L1", sent.TS, "amend"))
	g.eventually("the form", func() bool { return g.sim.View("ben") != nil })
	ans, err := g.sim.Submit("ben", g.sim.View("ben").ID, map[string]any{"text": "mine"})
	if err != nil || !strings.Contains(ans.Errors["text"], "theirs to change") {
		t.Errorf("somebody else may change it: %+v %v", ans, err)
	}
	g.must(g.sim.Click("anna", "C0L1", sent.TS, "amend"))
	g.fill("anna", "amend", map[string]any{"what": "gone"})
	g.eventually("the answer to be gone", func() bool { return len(g.answers(top)) == 0 })

	// Staff answer in the channel itself; a note of theirs is changed and deleted.
	_, err = g.sim.Say("anna", "customer-ltd", "better: pull the plug", top)
	g.must(err)
	g.message("C0L1", card.TS, "better: pull the plug")
	if !g.has(func(m ticket.Message) bool {
		return m.Direction == ticket.Out && m.Delivery == ticket.Sent && m.Author.ID == "anna" && m.Text == "better: pull the plug"
	}) {
		t.Error("it is no answer of Anna's")
	}
	note, err := g.sim.Say("anna", "C0L1", "the seel", card.TS)
	g.must(err)
	g.eventually("the note", func() bool { return g.has(func(m ticket.Message) bool { return m.Text == "the seel" }) })
	g.must(g.sim.Edit("anna", "C0L1", note, "the seal"))
	g.eventually("its change", func() bool {
		return g.has(func(m ticket.Message) bool { return m.Text == "the seal" && len(m.Earlier) == 1 })
	})
	g.must(g.sim.Delete("anna", "C0L1", note))
	g.eventually("its end", func() bool {
		return g.has(func(m ticket.Message) bool { return m.Text == "the seal" && !m.Gone.IsZero() })
	})
	if n := len(g.answers(top)); n != 0 {
		t.Errorf("%d of it went to the customer", n)
	}
}

func marked(m slacksim.Message, emoji string) bool {
	for _, r := range m.Reactions {
		if r.Name == emoji && r.Count > 0 {
			return true
		}
	}
	return false
}
