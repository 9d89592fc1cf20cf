package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// said waits for the nth thing that was said of a presence.
func (o *office) said(n int) ticket.Presence {
	o.Helper()
	var list []ticket.Presence
	o.eventually("a presence", func() bool {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		list = append([]ticket.Presence(nil), o.back.presences...)
		return len(list) >= n
	})
	return list[n-1]
}

func TestGoingAwayAndComingBack(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.team = []bots.Member{{Agent: o.back.agents[0], Tiers: []string{"Level 1"}, Here: true, Open: 3, Room: 8, Waiting: 2},
		{Agent: o.back.agents[1], Tiers: []string{"Level 2"}, Why: "is away until 14:00 CET (<!channel>)"}}
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "away 2026-12-24 14:00 dentist"))
	berlin, err := time.LoadLocation("Europe/Berlin")
	o.must(err)
	if p := o.said(1); p.Agent != "anna" || p.State != ticket.Away || !p.Until.Equal(time.Date(2026, 12, 24, 14, 0, 0, 0, berlin)) || p.Reason != "dentist" {
		t.Errorf("away: %+v", p)
	}
	o.told("C0L1", "U1ANNA", "You are away until")
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "back"))
	if p := o.said(2); p.State != ticket.Here || !p.Until.IsZero() {
		t.Errorf("back: %+v", p)
	}
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "team"))
	o.told("C0L1", "U1ANNA", "Anna Schmidt · 3 of 8 open, 2 wait for others")
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "next"))
	if a := o.acted(1); a.Kind != ticket.ActTake || a.By.ID != "anna" || a.Key == "" {
		t.Errorf("next: %+v", a)
	}
	o.told("C0L1", "U1ANNA", "T-1042 is yours")
	// The same from the Home tab.
	_, err = o.sim.OpenHome("anna")
	o.must(err)
	var home string
	o.eventually("the Home tab", func() bool {
		if v := o.sim.Home("anna"); v != nil && strings.Contains(v.PlainText(), "1 of the team are here") {
			home = v.ID
		}
		return home != ""
	})
	o.must(o.sim.ClickIn("anna", home, doAway))
	back := time.Now().Add(2 * time.Hour).Truncate(time.Minute)
	_, err = o.sim.Submit("anna", o.modal("anna", doAway).ID, map[string]any{"until": back.Unix(), "reason": "training"})
	o.must(err)
	if p := o.said(3); p.State != ticket.Away || !p.Until.Equal(back) || p.Reason != "training" {
		t.Errorf("away, by the form: %+v", p)
	}
	o.back.failNext(ticket.Errorf("fake", ticket.NotFound, "Nothing waits in your tiers."))
	o.must(o.sim.ClickIn("anna", home, doNext))
	o.eventually("what there is to say", func() bool {
		v := o.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), "Nothing waits")
	})
}

func TestSomebodyElseIsToOwnIt(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.fits = []bots.Fit{{Agent: o.back.agents[0], OK: true, Why: "speaks German, 3 of 8 cases"}, {Agent: o.back.agents[1], Why: "is away <!here>"}}
	c := sample()
	c.Ticket.Owner, c.Ticket.OwnerWhy, c.Owner = "bob", "speaks German, 3 of 8 cases", ticket.Agent{ID: "bob", Name: "Bob"}
	_, channel, ts := o.show(c)
	if m, _ := o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "Bob\n_speaks German, 3 of 8 cases_") {
		t.Errorf("the card: %s", m.PlainText())
	}
	o.must(o.sim.Choose("anna", channel, ts, doMore, doAssign+" "+refTo(c.Ticket).String()))
	v := o.modal("anna", doAssign)
	if text := v.PlainText(); !strings.Contains(text, "Anna Schmidt") || !strings.Contains(text, "speaks German, 3 of 8 cases") {
		t.Errorf("the form: %s", text)
	}
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"owner": "chloe"})
	o.must(err)
	if a := o.acted(1); a.Kind != ticket.ActAssign || a.Owner != "chloe" || a.Rev != 7 {
		t.Errorf("assign: %+v", a)
	}
	o.must(o.sim.Choose("anna", channel, ts, doMore, doAssign+" "+refTo(c.Ticket).String()))
	_, err = o.sim.Submit("anna", o.modal("anna", doAssign).ID, map[string]any{"owner": queueOption})
	o.must(err)
	if a := o.acted(2); a.Kind != ticket.ActAssign || a.Owner != "" {
		t.Errorf("back to the queue: %+v", a)
	}
}

func TestWhoGetsACaseReadsWhatWasSaidAndPromised(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.Promises = []ticket.Promise{{Number: 1, Kind: ticket.PromiseCallback, What: "call about the seal", Due: noon, State: ticket.PromiseOpen, By: ticket.Actor{Name: "Anna"}}}
	o.must(o.desk.Tell(t.Context(), bots.Notice{Card: c, To: o.back.agents[1], Text: "Yours now: 1 of 8 cases", Key: "tell:1042:8", Handover: true}, false))
	dm, err := o.sim.DM("chloe", "@app")
	o.must(err)
	text := o.sim.Messages(dm)[0].PlainText()
	for _, want := range []string{"Yours now: 1 of 8 cases", "It reboots.", "Promised to the customer", "Callback until", "call about the seal", "by Anna"} {
		if !strings.Contains(text, want) {
			t.Errorf("not told: %s\n%s", want, text)
		}
	}
}
