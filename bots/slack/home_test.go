package slackdesk_test

import (
	"fmt"
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

// TestTheHomeTabIsTurnedPageByPage: all that there is can be seen and worked on, and what somebody wants to see is kept.
func TestTheHomeTabIsTurnedPageByPage(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	var ids []ticket.ID
	for i := range 10 {
		ids = append(ids, g.mail(fmt.Sprintf("c%d@c%[1]d.example", i), "en", fmt.Sprintf("Pump %c leaks", 'A'+i), "It leaks"))
	}
	g.eventually("all to wait", func() bool {
		list, err := g.store.Waiting(t.Context(), "l1", 20)
		return err == nil && len(list) == len(ids)
	})
	_, err := g.sim.OpenHome("anna")
	g.must(err)
	v := g.home("anna", "Nobody's yet (10): 1 to 8")
	if strings.Contains(v.PlainText(), "Pump J leaks") || !strings.Contains(v.PlainText(), "The next 2 of 2") {
		t.Errorf("the first page:\n%s", v.PlainText())
	}
	g.must(g.sim.ClickIn("anna", v.ID, "pager_free_a/home_next"))
	v = g.home("anna", "Nobody's yet (10): 9 to 10")
	if strings.Contains(v.PlainText(), "Pump A leaks") || !strings.Contains(v.PlainText(), "Pump J leaks") {
		t.Errorf("the second page:\n%s", v.PlainText())
	}
	// What is done on a page that then is no more shows the last one there is.
	for _, id := range ids[8:] {
		g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, v, "take", id)))
		g.eventually("it to be hers", func() bool { k, err := g.store.Ticket(t.Context(), id); return err == nil && k.Owner == "anna" })
		v = g.home("anna", "")
	}
	v = g.home("anna", "Nobody's yet (8)")
	contains(t, v.PlainText(), "Pump A leaks", "Yours (2)")
	g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, v, "queue", ids[9])))
	v = g.home("anna", "Nobody's yet (9): 9 to 9") // the page that she was on
	g.must(g.sim.ClickIn("anna", v.ID, "pager_free_a/home_before"))
	g.home("anna", "Nobody's yet (9): 1 to 8")

	g.must(g.sim.ChooseIn("anna", v.ID, "more", value(t, g.sim.Home("anna"), "escalate", ids[0])))
	g.fill("anna", "escalate", map[string]any{"tier": "l2", "problem": "the seal"})
	g.eventually("it to be at level 2", func() bool { k, err := g.store.Ticket(t.Context(), ids[0]); return err == nil && k.Tier == "l2" })
	_, err = g.sim.OpenHome("anna")
	g.must(err)
	g.home("anna", "Nobody's yet (8)")

	g.must(g.store.SetCursor(t.Context(), "home:ben", `{"c":"chat"}`)) // as it was kept before a restart
	_, err = g.sim.OpenHome("ben")
	g.must(err)
	v = g.home("ben", "Nobody's yet (0)")
	g.must(g.sim.ChooseIn("ben", v.ID, "home_channel", "*"))
	g.home("ben", "Nobody's yet (8)")
	text, err := g.store.Cursor(t.Context(), "home:ben")
	if err != nil || text != "{}" {
		t.Errorf("kept: %q %v", text, err)
	}
}

// TestAPageIsAnsweredInTheHomeTab: as in its message.
func TestAPageIsAnsweredInTheHomeTab(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Tiers[0].Clocks = map[string]router.Clocks{"default": {First: 10 * time.Minute}}
	})
	id := g.mail("a@corp.example", "en", "Pump leaks", "It leaks")
	g.message("C0L1", "", "Pump leaks")
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna Schmidt"}
	_, err := g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActTake, Ticket: id, By: anna})
	g.must(err)
	_, err = g.sim.OpenHome("ben")
	g.must(err)
	v := g.home("ben", "Late, or nearly (1)")
	g.must(g.sim.ChooseIn("ben", v.ID, "more", value(t, v, "join", id)))
	helpers := func(n int) func() bool {
		return func() bool { k, err := g.store.Ticket(t.Context(), id); return err == nil && len(k.Helpers) == n }
	}
	g.eventually("ben to help", helpers(1))
	g.eventually("the entry by which he leaves", func() bool { v = g.sim.Home("ben"); return strings.Contains(jsonText(t, v.Blocks), `"release `) })
	g.must(g.sim.ChooseIn("ben", v.ID, "more", value(t, v, "release", id)))
	g.eventually("ben to have left", helpers(0))

	_, err = g.sim.OpenHome("chloe")
	g.must(err)
	g.home("chloe", "On call")
	_, err = g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActPage, Ticket: id, By: anna, Tier: "l2", Reason: "it smokes", Plan: ticket.ChainPlan(time.Hour, "slack", "chloe", "dev")})
	g.must(err)
	v = g.home("chloe", "it smokes")
	g.must(g.sim.ClickIn("chloe", v.ID, "decline"))
	g.fill("chloe", "decline", map[string]any{"reason": "on a train"})
	_, err = g.sim.OpenHome("dev")
	g.must(err)
	v = g.home("dev", "it smokes")
	g.eventually("his turn", func() bool {
		v = g.sim.Home("dev")
		return strings.Contains(jsonText(t, v.Blocks), `"action_id":"accept"`)
	})
	g.must(g.sim.ClickIn("dev", v.ID, "accept"))
	g.eventually("the page to be accepted", func() bool {
		k, err := g.store.Ticket(t.Context(), id)
		return err == nil && k.Page.State == ticket.PageAccepted && k.Page.Answerer == "dev"
	})
}
