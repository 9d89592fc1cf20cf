package slackdesk_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/ticket"
)

// looked says up to when it was looked which digests are due, and has it looked again.
func (g *gateway) looked(upTo time.Time) {
	g.Helper()
	mark, err := json.Marshal(upTo)
	g.must(err)
	g.must(g.store.SetCursor(g.Context(), "digests", string(mark)))
	g.must(g.store.Enqueue(g.Context(), ticket.DigestTick(time.Time{})))
}

// dmOf is the direct message to somebody that says something.
func (g *gateway) dmOf(who, part string) (channel string, m slacksim.Message) {
	g.Helper()
	channel, err := g.sim.DM(who, "@app")
	g.must(err)
	return channel, g.message(channel, "", part)
}

// TestAMorningInSlack: the overview comes once, its buttons work, and who wants none of it gets none.
func TestAMorningInSlack(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) {
		c.Incidents.Off = true
		all := map[string]string{}
		for _, d := range []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} {
			all[d] = "00:00-24:00"
		}
		c.Agents[0].Hours, c.Agents[0].Language = ticket.Hours{Week: all}, "de"
		c.Digests.At = time.Now().UTC().Add(-30 * time.Minute).Format("15:04")
	})
	pump := g.mail("a@corp.example", "en", "Pump leaks", "It leaks")
	bill := g.mail("b@other.example", "de", "Bill <wrong>", "Please look")
	g.message("C0L1", "", "Bill <wrong>")
	card := g.message("C0L1", "", pump.String()+" · Pump leaks") // the other's card names it, too
	g.must(g.sim.Click("anna", "C0L1", card.TS, "take"))
	g.message("C0L1", "", "*Owner*\nAnna Schmidt")
	g.looked(time.Now().Add(-2 * time.Hour))
	dm, m := g.dmOf("anna", "Guten Morgen, Anna Schmidt")
	contains(t, m.PlainText(), "Bei Ihnen (1)", "Pump leaks", "Noch ohne Bearbeiter in Ihren Stufen (1)", "Bill &lt;wrong&gt;")
	if !strings.Contains(jsonText(t, m.Blocks), "archives/C0L1") {
		t.Error("its cases do not lead to their cards")
	}

	// What is nobody's is taken from it, notes are written from it, and the card is read.
	g.must(g.sim.Choose("anna", dm, m.TS, "more", offeredIn(t, m.Blocks, "take "+strings.TrimPrefix(bill.String(), "T-")+`\.`)))
	g.eventually("the case to be hers", func() bool { k, err := g.store.Ticket(t.Context(), bill); return err == nil && k.Owner == "anna" })
	g.must(g.sim.Choose("anna", dm, m.TS, "more", offeredIn(t, m.Blocks, "note "+strings.TrimPrefix(pump.String(), "T-")+`\.`)))
	g.fill("anna", "note", map[string]any{"reported": "it drips"})
	g.looked(time.Now().Add(-2 * time.Hour)) // another gateway, or a restart
	one := func(text string) { t.Helper(); g.must(g.sim.Slash("anna", "support-l1", "/tier", text)) }
	g.must(g.sim.Click("anna", dm, m.TS, "digest_fewer"))
	g.eventually("that she is sent no more", func() bool {
		text, err := g.store.Cursor(t.Context(), "digests-off:anna")
		return err == nil && text == `["morning"]`
	})
	one("digest")
	g.message("C0L1", "", "the morning's overview: off")
	one("digests on")
	g.message("C0L1", "", "the morning's overview: on")
	one("digest off week")
	g.message("C0L1", "", "the week's figures: off")
	one("digest off evening")
	g.message("C0L1", "", "There is no digest")
	n := 0
	for _, m := range g.sim.Messages(dm) {
		if strings.Contains(m.PlainText(), "Guten Morgen") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it came %d times", n)
	}
}

func jsonText(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestAHandoverInSlack: who comes is told, the channel has one message, and words that are added stand in it.
func TestAHandoverInSlack(t *testing.T) {
	t.Parallel()
	begin := time.Now().UTC().Add(-time.Hour).Truncate(time.Minute)
	g := newGateway(t, func(c *router.Config) {
		c.Tiers[1].OnCall = oncall.Config{Layer: oncall.Layer{People: []string{"chloe", "dev"}, Rotate: oncall.Daily, Start: begin.Add(-24 * time.Hour).Format("2006-01-02 15:04")}}
	})
	id := g.mail("a@corp.example", "en", "Pump leaks", "It leaks")
	g.message("C0L1", "", "Pump leaks")
	_, err := g.store.Act(t.Context(), ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Tier: "l2", Reason: "hard", By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}})
	g.must(err)
	g.message("C0L2", "", "Pump leaks")
	g.looked(time.Now().Add(-2 * time.Hour))
	g.dmOf("dev", "Your shift for Level 2 has begun")
	m := g.message("C0L2", "", "Level 2: Dev Patel took over")
	contains(t, m.PlainText(), "Nobody's yet (1)", "Pump leaks")

	g.must(g.sim.Click("chloe", "C0L2", m.TS, "digest_add"))
	g.fill("chloe", "digest_add", map[string]any{"text": "The gate is shut until eight."})
	g.eventually("the words in the channel", func() bool {
		m, ok := g.sim.Message("C0L2", m.TS)
		return ok && strings.Contains(m.PlainText(), "Chloé Martin: The gate is shut until eight.")
	})
	g.dmOf("dev", "Chloé Martin adds for your shift at Level 2")
	n := 0
	for _, m := range g.sim.Messages("C0L2") {
		if strings.Contains(m.PlainText(), "took over") {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d messages of one handover", n)
	}

	// Words for the next one, by command and by its form.
	g.command("dev", "handover The spare part comes at noon.")
	g.message("C0L2", "", "Left for Chloé Martin")
	g.command("dev", "handover")
	g.fill("dev", "digest_add", map[string]any{"text": "And the key is at the desk."})
	g.eventually("both", func() bool {
		list, err := g.store.ShiftNotes(t.Context(), "l2", time.Now(), time.Now().Add(48*time.Hour))
		return err == nil && len(list) == 2 && list[0].Shift.Equal(begin.Add(24*time.Hour)) && strings.Contains(list[1].Text, "key")
	})
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "handover my pump"))
	g.message("C0L1", "", "nobody to hand over to")
}
