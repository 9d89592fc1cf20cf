package slackdesk_test

import (
	"strings"
	"testing"

	"tierline/internal/slacksim"
	"tierline/ticket"
)

// TestANoteThatNoEventBringsIsFound: Slack loses the event, or the gateway was down for longer than Slack
// tries. After the next connection the note is there, once.
func TestANoteThatNoEventBringsIsFound(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	_, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	notes := func(text string) (n int) {
		g.has(func(m ticket.Message) bool {
			if m.Kind == ticket.Note && strings.Contains(m.Text, text) {
				n++
			}
			return false
		})
		return n
	}
	_, err = g.sim.Say("anna", "C0L1", "told by an event", card.TS)
	g.must(err)
	g.eventually("the first note", func() bool { return notes("told by an event") == 1 })
	g.sim.Inject(slacksim.Fault{Kind: slacksim.LoseEvent, Times: 1})
	_, err = g.sim.Say("anna", "C0L1", "told by nobody", card.TS)
	g.must(err)
	g.sim.Disconnect("")
	g.eventually("the second note", func() bool { return notes("told by nobody") == 1 })
	if n := notes("told by an event"); n != 1 {
		t.Errorf("the first note is there %d times", n)
	}
}

// TestACardThatIsDeletedComesBack though nothing happens to its ticket; what is said then stands in its new
// thread.
func TestACardThatIsDeletedComesBack(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	top, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.message("C0L1", card.TS, "The pump leaks")
	g.must(g.sim.Delete("@app", "C0L1", card.TS))
	var again slacksim.Message
	g.eventually("another card", func() bool {
		for _, m := range g.sim.Messages("C0L1") {
			if m.TS != card.TS && strings.Contains(m.PlainText(), "The pump leaks") {
				again = m
			}
		}
		return again.TS != ""
	})
	_, err = g.sim.Say("carl", "customer-ltd", "and now it smokes", top)
	g.must(err)
	g.message("C0L1", again.TS, "and now it smokes")
	g.must(g.sim.Click("anna", "C0L1", again.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
}

// TestAPostFindsItsThreadGone: nobody has told of it, and the message goes under a new card.
func TestAPostFindsItsThreadGone(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	top, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	reply := g.message("C0L1", card.TS, "The pump leaks")
	g.sim.Inject(slacksim.Fault{Kind: slacksim.LoseEvent, Times: 2})
	g.must(g.sim.Delete("@app", "C0L1", reply.TS))
	g.must(g.sim.Delete("@app", "C0L1", card.TS))
	_, err = g.sim.Say("carl", "customer-ltd", "and now it smokes", top)
	g.must(err)
	g.eventually("the message under a new card", func() bool {
		for _, m := range g.sim.Messages("C0L1") {
			for _, r := range g.sim.Replies("C0L1", m.TS) {
				if m.TS != card.TS && strings.Contains(r.PlainText(), "and now it smokes") {
					return true
				}
			}
		}
		return false
	})
}
