package slackdesk_test

import (
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// home waits until somebody's Home tab says something.
func (g *gateway) home(who, part string) *slacksim.View {
	g.Helper()
	var v *slacksim.View
	g.eventually("the Home tab of "+who+" to say "+part, func() bool {
		v = g.sim.Home(who)
		return v != nil && strings.Contains(v.PlainText(), part)
	})
	return v
}

// TestTheHomeTabIsAnInbox: an agent sees what is there, works from it, and sees what others do.
func TestTheHomeTabIsAnInbox(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Incidents.Off = true
		c.Tiers[0].Clocks = map[string]router.Clocks{"default": {First: 10 * time.Minute}}
	})
	pump := g.mail("a@corp.example", "en", "Pump leaks", "It leaks")
	g.mail("b@corp.example", "de", "Rechnung falsch", "Bitte prüfen")
	g.message("C0L1", "", "Rechnung falsch")
	g.message("C0L1", "", "Pump leaks")
	_, err := g.sim.OpenHome("anna")
	g.must(err)
	v := g.home("anna", "*0* yours")
	for _, s := range []string{"*2* late or nearly", "*2* wait for an owner", "Late, or nearly (2)", "Nobody's yet (2)", "On call", "Pump leaks", "German"} {
		if !strings.Contains(v.PlainText(), s) {
			t.Errorf("the inbox does not say %q:\n%s", s, v.PlainText())
		}
	}

	// What is done in it shows in it.
	g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, v, "take", pump)))
	v = g.home("anna", "*1* yours")
	g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, v, "note", pump)))
	g.fill("anna", "note", map[string]any{"reported": "it drips"})
	g.eventually("the note", func() bool {
		list, err := g.store.Messages(t.Context(), pump, 0, 10)
		return err == nil && strings.Contains(list[len(list)-1].Text, "it drips")
	})
	g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, v, "show", pump)))
	g.eventually("the card", func() bool { w := g.sim.View("anna"); return w != nil && strings.Contains(w.PlainText(), "It leaks") })

	// What others do to it shows, too, without that anybody opens anything.
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna Schmidt"}
	_, err = g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActPromise, Ticket: pump, By: anna, Promise: &ticket.Promise{Kind: ticket.PromiseCallback,
		What: "about the seal", Due: time.Now().Add(time.Hour)}})
	g.must(err)
	v = g.home("anna", "about the seal")
	g.must(g.sim.ClickIn("anna", v.ID, "keep"))
	g.eventually("the promise to be kept", func() bool { return !strings.Contains(g.sim.Home("anna").PlainText(), "about the seal") })

	// Filters stay as they were chosen.
	g.must(g.sim.ChooseIn("anna", v.ID, "home_channel", "chat"))
	g.home("anna", "Nobody's yet (0)")
	_, err = g.sim.OpenHome("anna")
	g.must(err)
	g.home("anna", "Nobody's yet (0)")
	g.must(g.sim.ChooseIn("anna", v.ID, "home_channel", "*"))
	g.home("anna", "Nobody's yet (1)")
	g.must(g.sim.ClickIn("anna", v.ID, "home_urgent"))
	g.home("anna", "Nobody's yet (0)")

	// A guest sees nothing.
	_, err = g.sim.OpenHome("carl")
	g.must(err)
	if v := g.home("carl", "Guests"); strings.Contains(v.PlainText(), "Pump") {
		t.Errorf("a guest sees %s", v.PlainText())
	}
}

// value is what an option of a view's menus stands for: what is done, and to which ticket.
func value(t *testing.T, v *slacksim.View, what string, id ticket.ID) string {
	t.Helper()
	return offeredIn(t, v.Blocks, what+" "+strings.TrimPrefix(id.String(), "T-")+`\.`)
}
