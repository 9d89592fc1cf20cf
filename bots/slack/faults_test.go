package slackdesk_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// said counts the messages of a ticket that say something.
func (g *gateway) said(id ticket.ID, text string) (n int) {
	g.Helper()
	list, err := g.store.Messages(context.WithoutCancel(g.Context()), id, 0, 100)
	g.must(err)
	for _, m := range list {
		if m.Gone.IsZero() && strings.Contains(m.Text, text) {
			n++
		}
	}
	return n
}

// calm waits until Slack has nothing more to bring.
func (g *gateway) calm() {
	g.Helper()
	g.eventually("Slack to be rid of its events", func() bool { return g.sim.Unacknowledged() == 0 })
}

// TestEventsInAnyOrder: an event that Slack brings again comes after those that happened later.
func TestEventsInAnyOrder(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	late := func() { g.sim.Inject(slacksim.Fault{Kind: slacksim.OutOfOrder, Times: 1}) }
	must := func(ts string, err error) string { g.must(err); return ts }

	late()
	top := must(g.sim.Say("carl", "customer-ltd", "The pomp leaks", ""))
	g.must(g.sim.Edit("carl", "customer-ltd", top, "The pump leaks")) // comes before what it changes
	card := g.message("C0L1", "", "The pump leaks")

	late()
	wrong := must(g.sim.Say("carl", "customer-ltd", "Wrong channel, sorry", ""))
	g.must(g.sim.Delete("carl", "customer-ltd", wrong))

	late()
	second := must(g.sim.Say("dora", "customer-ltd", "The grinder is stuck", ""))
	must(g.sim.Say("dora", "customer-ltd", "since Monday", second)) // an answer before what it answers
	g.message("C0L1", "", "grinder is stuck")
	g.eventually("both in one ticket", func() bool { return g.said(1002, "since Monday") == 1 && g.said(1002, "grinder is stuck") == 1 })

	late()
	note := must(g.sim.Say("anna", "C0L1", "the seel", card.TS))
	g.must(g.sim.Edit("anna", "C0L1", note, "the seal"))
	g.eventually("the note as it is now", func() bool { return g.said(1001, "the seal") == 1 })

	late()
	slip := must(g.sim.Say("anna", "C0L1", "meant for somebody else", card.TS))
	g.must(g.sim.Delete("anna", "C0L1", slip))
	must(g.sim.Say("anna", "C0L1", "all is said", card.TS))
	g.eventually("the last note", func() bool { return g.said(1001, "all is said") == 1 })
	g.calm()
	if n := g.said(1001, "the seel") + g.said(1001, "meant for somebody"); n != 0 {
		t.Errorf("%d notes as they were, or that were deleted", n)
	}
	if n := g.said(1001, "the seal"); n != 1 {
		t.Errorf("the note stands %d times", n)
	}
	if list, err := g.store.Messages(t.Context(), 1003, 0, 10); ticket.KindOf(err) != ticket.NotFound && len(list) > 0 {
		t.Errorf("a deleted message is a ticket: %v %v", list, err)
	}
}

// TestAcknowledgementsThatAreLate: Slack takes every one for too late, brings all again, by another connection, and nothing is doubled.
func TestAcknowledgementsThatAreLate(t *testing.T) {
	t.Parallel()
	g := gatewayIn(t, noKB{}, func(c *slacksim.Config) { c.AckTimeout = time.Millisecond }, func(*router.Config) {})
	top, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	for i := range 5 {
		_, err := g.sim.Say("anna", "C0L1", fmt.Sprintf("note %d", i), card.TS)
		g.must(err)
		_, err = g.sim.Say("carl", "customer-ltd", fmt.Sprintf("more %d", i), top)
		g.must(err)
		g.sim.Disconnect("") // what was not acknowledged comes by the next connection
	}
	g.eventually("all of it", func() bool { return g.said(1001, "note ") == 5 && g.said(1001, "more ") == 5 })
	g.eventually("all of it in the thread", func() bool { return len(saying(g, card.TS, "more ")) == 5 })
	if n, m := g.said(1001, "note "), g.said(1001, "more "); n != 5 || m != 5 || g.cards("C0L1") != 1 {
		t.Errorf("%d notes, %d messages, %d cards", n, m, g.cards("C0L1"))
	}
}

// saying are the messages below a card that say something.
func saying(g *gateway, thread, text string) (list []slacksim.Message) {
	for _, m := range g.sim.Replies("C0L1", thread) {
		if m.TS != thread && strings.Contains(m.PlainText(), text) {
			list = append(list, m)
		}
	}
	return list
}

// TestTheLineBreaksInTheMidst of everything: while a card is posted, a file goes up, an answer goes out, a page rings. What was done
// whose receipt was lost is found again.
func TestTheLineBreaksInTheMidst(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	lose := func(methods ...string) {
		for _, m := range methods {
			g.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: m, Times: 1})
		}
		g.sim.Disconnect("")
	}
	lose("chat.postMessage", "files.getUploadURLExternal", "files.completeUploadExternal", "chat.update")
	top, err := g.sim.SayWith("carl", "customer-ltd", "The pump leaks", "", slacksim.Upload{Name: "leak.png", Data: []byte("png")})
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	files := func() (n int) {
		for _, m := range g.sim.Replies("C0L1", card.TS) {
			n += len(m.Files)
		}
		return n
	}
	g.eventually("the file", func() bool { return files() == 1 })
	g.eventually("a connection", func() bool { return g.bot.Ready() == nil && g.sim.Connections() > 0 })
	g.must(g.sim.Click("anna", "C0L1", card.TS, "reply"))
	lose("chat.postMessage", "chat.update")
	g.eventually("a connection", func() bool { return g.bot.Ready() == nil && g.sim.Connections() > 0 })
	g.fill("anna", "reply", map[string]any{"text0": "Switch it off."})
	g.message("C0CUST", top, "Switch it off.")
	g.message("C0L1", card.TS, ":white_check_mark: sent")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "page"))
	lose("chat.postMessage")
	g.eventually("a connection", func() bool { return g.bot.Ready() == nil && g.sim.Connections() > 0 })
	g.fill("anna", "page", map[string]any{"reason": "it smokes"})
	dm, err := g.sim.DM("chloe", "@app")
	g.must(err)
	g.message(dm, "", "it smokes")
	g.message("C0L1", card.TS, "it smokes")
	g.calm()
	pages := slices.DeleteFunc(g.sim.Messages(dm), func(m slacksim.Message) bool { return !strings.Contains(m.PlainText(), "it smokes") })
	if n := files(); n != 1 || len(g.answers(top)) != 1 || len(pages) != 1 || g.cards("C0L1") != 1 || len(saying(g, card.TS, "The pump leaks")) != 1 {
		t.Errorf("%d files, %d answers, %d pages, %d cards, the message %d times", n, len(g.answers(top)), len(pages), g.cards("C0L1"),
			len(saying(g, card.TS, "The pump leaks")))
	}
}

// TestAStormOfRefusals: Slack refuses four in five of all posts, of whatever kind, for two minutes. The page is first, and all the
// rest is there in the end, once.
func TestAStormOfRefusals(t *testing.T) {
	t.Parallel()
	l := newLimited(t, 1)
	l.mail(1)
	l.until(time.Minute, func() bool { return len(l.sim.Messages("C0L1")) == 1 })
	l.sim.Inject(slacksim.Fault{Kind: slacksim.RateLimited, Times: 12, Delay: 10 * time.Second})
	l.mail(15)
	anna, err := l.desk.AgentBy("", "anna@support.example")
	l.must(err)
	_, err = l.desk.Act(t.Context(), anna, ticket.Action{Kind: ticket.ActPage, Ticket: ticket.FirstID, Key: "p", Reason: "it smokes"})
	l.must(err)
	dm, err := l.sim.DM("chloe", "@app")
	l.must(err)
	l.until(10*time.Minute, func() bool { return len(l.sim.Messages(dm)) == 1 })
	if len(l.sim.Messages(dm)) != 1 {
		t.Fatal("the page is not out after ten minutes")
	}
	paged := l.sim.Messages(dm)[0].TS
	l.until(30*time.Minute, func() bool { ids, _ := l.cards("C0L1"); return len(ids) == 16 })
	ids, threads := l.cards("C0L1")
	before := 0
	for _, ts := range threads {
		if ts < paged {
			before++
		}
	}
	dead, err := l.store.Jobs(t.Context(), ticket.JobDead, 0, 0)
	if len(ids) != 16 || len(dead) > 0 || err != nil || len(l.sim.Messages(dm)) != 1 {
		t.Errorf("%d cards, %d pages, given up: %v %v", len(ids), len(l.sim.Messages(dm)), dead, err)
	}
	if before > 3 {
		t.Errorf("%d cards were before the page", before)
	}
}

// TestWhoIsDeactivated can do nothing; the leads are told, once, which cases wait for somebody.
func TestWhoIsDeactivated(t *testing.T) {
	t.Parallel()
	g := newGateway(t)
	_, err := g.sim.Say("carl", "customer-ltd", "The pump leaks", "")
	g.must(err)
	card := g.message("C0L1", "", "The pump leaks")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
	for range 2 {
		g.must(g.sim.Deactivate("anna"))
	}
	dm, err := g.sim.DM("lena", "@app")
	g.must(err)
	g.message(dm, "", "Anna Schmidt* was deactivated in Slack and can do nothing here any more. Open cases that are theirs: 1.\n• *T-1001* The pump leaks")
	g.must(g.sim.Slash("lena", "support-l1", "/tier", "assign T-1001"))
	g.fill("lena", "assign", map[string]any{"owner": "ben"})
	g.message("C0L1", "", "*Owner*\nBen Okafor")
	g.calm()
	if n := len(g.sim.Messages(dm)); n != 1 {
		t.Errorf("the lead is told %d times", n)
	}
}
