package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

// rota is a gateway whose level 2 is rung by telephone only, whoever is on call first.
func rota(t *testing.T, onCall string) (*world, *telephone, *gateway) {
	t.Helper()
	w, p := newWorld(t), newTelephone(t)
	return w, p, w.start(options{onCall: onCall, paging: p.paging(), l2: `{steps: [{who: oncall, by: phone, wait: 5m}]}`})
}

// rings pages level 2, and says who was rung.
func (w *world) rings(g *gateway, p *telephone, subject string) string {
	w.t.Helper()
	before := len(p.to(""))
	g.pageFrom(w.t, subject)
	wait(w.t, "somebody to be rung for "+subject, func() bool { return len(p.to("")) > before })
	var who []string
	for _, c := range p.to("")[before:] {
		who = append(who, c.Person)
	}
	return strings.Join(who, " ")
}

// command types a command, and waits for the form that it opens; nil: the command was refused.
func (w *world) command(who, text, form string) *slacksim.View {
	w.t.Helper()
	was := ""
	if v := w.sim.View(who); v != nil {
		was = v.ID
	}
	refusals := func() (n int) {
		for _, m := range w.sim.Messages(l2) {
			if strings.Contains(m.PlainText(), "in the next 60 days") {
				n++
			}
		}
		return n
	}
	before := refusals()
	if err := w.sim.Slash(who, l2, "/tier", text); err != nil {
		w.t.Fatalf("%s types %s: %v", who, text, err)
	}
	var v *slacksim.View
	w.until("the form "+form+" for "+who, func() bool {
		v = w.sim.View(who)
		return v != nil && v.CallbackID == form && v.ID != was || refusals() > before
	})
	if refusals() > before {
		return nil
	}
	return v
}

// told waits for a direct message that says something.
func (w *world) told(who, part string) (channel string, found slacksim.Message) {
	w.t.Helper()
	channel, err := w.sim.DM(who, "@app")
	if err != nil {
		w.t.Fatal(err)
	}
	w.until(who+" to be told: "+part, func() bool {
		for _, m := range w.sim.Messages(channel) {
			if strings.Contains(m.PlainText(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return channel, found
}

// Cover that was taken, and an override by a lead, are rung from that moment on, and no longer when taken back.
func TestCoverAndOverridesFromSlackAreWhoAPageRings(t *testing.T) {
	t.Parallel()
	w, p, g := rota(t, "")
	if who := w.rings(g, p, "As it is configured"); who != "chloe" {
		t.Fatalf("rung: %s", who)
	}
	now := time.Now()
	w.command("chloe", "oncall cover", "roster_cover")
	w.submit("chloe", map[string]any{"to": now.Add(3 * time.Hour).Unix(), "reason": "Dentist"})
	channel, ask := w.told("dev", "Chloé Martin looks for somebody")
	w.click("dev", channel, ask.TS, "roster_take")
	w.told("chloe", "Dev Patel has taken your shift")
	if who := w.rings(g, p, "While it is covered"); who != "dev" {
		t.Errorf("rung: %s", who)
	}
	v := w.command("lena", "oncall override", "roster_override")
	w.submit("lena", map[string]any{"with": "p:lena", "place": "all", "from": now.Add(-time.Minute).Unix(), "to": now.Add(time.Hour).Unix()})
	w.told("dev", "Lena Vogel has changed your shifts")
	if who := w.rings(g, p, "While the lead is on"); who != "lena" {
		t.Errorf("rung: %s", who)
	}
	if err := w.sim.ClickIn("lena", v.ID, "roster_withdraw"); err != nil {
		t.Fatal(err)
	}
	w.until("the override to be taken back", func() bool {
		v := w.sim.View("lena")
		return v != nil && strings.Contains(v.PlainText(), "It is taken back")
	})
	if who := w.rings(g, p, "When it is taken back"); who != "dev" {
		t.Errorf("rung: %s", who)
	}
}

// A lead makes a temporary schedule in Slack, with a gap, of which the leads hear; two of it swap, and a page rings
// whoever has the shift after that. Who has one an hour later is told of it.
func TestASwapInSlackIsWhoAPageRings(t *testing.T) {
	t.Parallel()
	w, p, g := rota(t, "{people: [lena], notice: [1h]}")
	var begin time.Time
	for ahead := 3 * time.Second; ; ahead *= 2 { // on a busy machine it may not be agreed before the shift begins
		begin = time.Now().Add(ahead).Truncate(time.Second)
		form, ok := w.swapped(begin)
		if ok {
			break
		}
		if err := w.sim.ClickIn("lena", form, "roster_withdraw"); err != nil {
			t.Fatal(err)
		}
		w.until("the schedule to be taken back", func() bool {
			v := w.sim.View("lena")
			return v != nil && strings.Contains(v.PlainText(), "It is taken back")
		})
		if ahead > time.Minute {
			t.Fatal("no swap is agreed within a minute")
		}
	}
	w.told("lena", "Nobody is on call for Level 2")
	w.told("chloe", "Dev Patel agrees to the swap")
	w.told("lena", fmt.Sprintf("<!date^%d^", begin.Add(time.Hour).Unix())) // of her own, an hour before it
	if time.Now().Before(begin) {
		t.Error("Lena is told of her shift too early")
	}
	if who := w.rings(g, p, "After the swap"); who != "dev" {
		t.Errorf("rung: %s", who)
	}
}

// swapped has a lead put shifts of Chloé, of Dev and of her own in force, of half an hour, half an hour and an hour,
// and Chloé and Dev swap theirs. Not ok: the first has begun meanwhile. The form is the lead's.
func (w *world) swapped(begin time.Time) (form string, ok bool) {
	w.t.Helper()
	at := func(d time.Duration) int64 { return begin.Add(d).Unix() }
	v := w.command("lena", "oncall temporary", "roster_temporary")
	if err := w.sim.ClickIn("lena", v.ID, "roster_more"); err != nil {
		w.t.Fatal(err)
	}
	w.until("a third row", func() bool {
		v = w.sim.View("lena")
		return v != nil && strings.Contains(v.PlainText(), "Shift 3: who?")
	})
	w.submit("lena", map[string]any{"who0": "chloe", "from0": at(0), "to0": at(30 * time.Minute), "who1": "dev", "from1": at(30 * time.Minute), "to1": at(time.Hour),
		"who2": "lena", "from2": at(time.Hour), "to2": at(2 * time.Hour), "to": at(4 * time.Hour)})
	form = v.ID
	if v = w.command("chloe", "oncall swap", "roster_swap"); v == nil {
		return form, false
	}
	answer, err := w.sim.Submit("chloe", v.ID, map[string]any{"mine": fmt.Sprintf("%d %d l2 chloe", at(0), at(30*time.Minute)),
		"theirs": fmt.Sprintf("%d %d l2 dev", at(30*time.Minute), at(time.Hour))})
	if err != nil || len(answer.Errors) > 0 {
		return form, false
	}
	said := fmt.Sprintf("<!date^%d^", at(0))
	channel, ask := w.told("dev", "You take: "+said)
	w.click("dev", channel, ask.TS, "roster_agree")
	var text string
	w.until("the answer", func() bool {
		m, _ := w.sim.Message(channel, ask.TS)
		text = m.PlainText()
		return len(m.Actions()) == 0
	})
	return form, strings.Contains(text, "You have agreed")
}
