package slackdesk

import (
	"fmt"
	"strings"
	"testing"

	"tierline/ticket"
)

// TestEveryArticleIsJudgedInSight clicks every button that an article has, on the card and in its window.
func TestEveryArticleIsJudgedInSight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.Suggestions[1].Verdict = ""
	at, channel, ts := o.show(c)
	for i, s := range []struct{ article, button, verdict string }{
		{"reset-router", "used", "used"}, {"swap", "used", "used"}, {"swap", "not_relevant", "not_relevant"}, {"", "none", "none"},
	} {
		o.must(o.sim.Click("anna", channel, ts, "kb:1042:"+s.article+"/"+doVerdict+"_"+s.button))
		if a := o.acted(i + 1); a.Kind != ticket.ActVerdict || a.Article != s.article || a.Verdict != s.verdict {
			t.Errorf("%+v: %+v", s, a)
		}
	}
	o.must(o.sim.Click("anna", channel, ts, "kb:1042:swap/verdict_read"))
	o.must(o.sim.CloseView("anna", o.modal("anna", "read").ID, true))
	o.must(o.sim.Click("anna", channel, ts, "kb:1042:reset-router/verdict_flagged"))
	_, err := o.sim.Submit("anna", o.modal("anna", doFlag).ID, map[string]any{"reason": "step 3 is wrong"})
	o.must(err)
	if a := o.acted(5); a.Verdict != "flagged" || a.Article != "reset-router" || a.Reason != "step 3 is wrong" {
		t.Errorf("flag: %+v", a)
	}

	// Once one has helped, the others stand behind a menu; each says what was said, and takes it back.
	c.Ticket.Suggestions[0].Verdict, c.Ticket.Suggestions[0].By = "used", "Anna"
	c.Ticket.Suggestions[1].Verdict, c.Ticket.Suggestions[1].By = "flagged", "Ben"
	_, err = o.desk.Show(t.Context(), c, []string{at}, false)
	o.must(err)
	o.back.setCard(c)
	m, _ := o.sim.Message(channel, ts)
	if text := m.PlainText(); !strings.Contains(text, "*used* by Anna: linked to this case") || !strings.Contains(text, "*flagged* by Ben: the editors are told") || m.Action("verdict_used") != nil {
		t.Errorf("afterwards: %s", text)
	}
	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:reset-router/"+doVerdict, "clear"))
	if a := o.acted(6); a.Verdict != "clear" || a.Article != "reset-router" {
		t.Errorf("taken back: %+v", a)
	}

	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:swap/"+doVerdict, "used"))
	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:reset-router/"+doVerdict, "flagged"))
	if a := o.acted(7); a.Verdict != "used" || a.Article != "swap" {
		t.Errorf("by the menu: %+v", a)
	}
	o.must(o.sim.CloseView("anna", o.modal("anna", doFlag).ID, true))

	// In its window it is judged, too, and the window says so.
	o.must(o.sim.Choose("anna", channel, ts, "kb:1042:swap/"+doVerdict, "read"))
	v := o.modal("anna", "read")
	if !strings.Contains(v.PlainText(), "Hold the button") || !strings.Contains(v.PlainText(), "flagged* by Ben") {
		t.Errorf("the window: %s", v.PlainText())
	}
	c.Ticket.Suggestions[1].Verdict, c.Ticket.Suggestions[1].By = "used", "Anna"
	o.back.setCard(c)
	o.must(o.sim.ClickIn("anna", v.ID, "kb:1042:swap/verdict_used"))
	if a := o.acted(8); a.Verdict != "used" || a.Article != "swap" {
		t.Errorf("in the window: %+v", a)
	}
	o.eventually("the window to say so", func() bool { return strings.Contains(o.sim.View("anna").PlainText(), "used* by Anna") })
	o.must(o.sim.ClickIn("anna", v.ID, "kb:1042:swap/verdict_flagged"))
	_, err = o.sim.Submit("anna", o.modal("anna", doFlag).ID, nil)
	o.must(err)
	if a := o.acted(9); a.Verdict != "flagged" || a.Reason != "" {
		t.Errorf("flagged in the window: %+v", a)
	}

	c.Ticket.Suggestions[0].Verdict, c.Ticket.Suggestions[1].Verdict, c.Ticket.NoArticle = "", "", "Anna"
	_, err = o.desk.Show(t.Context(), c, []string{at}, false)
	o.must(err)
	if m, _ = o.sim.Message(channel, ts); !strings.Contains(m.PlainText(), "*Nothing fits*, says Anna") {
		t.Errorf("nothing fits: %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, ts, "kb:1042:/verdict_clear"))
	if a := o.acted(10); a.Verdict != "clear" || a.Article != "" {
		t.Errorf("one fits after all: %+v", a)
	}
}

func TestPreviousCasesLeadToWhereTheyStand(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	for n := range 25 {
		o.back.past = append(o.back.past, ticket.Case{ID: ticket.ID(900 + n), Subject: fmt.Sprint("old ", n), State: ticket.Closed, Opened: noon, Relation: "unit"})
	}
	c.Cases = append(c.Cases, ticket.Case{ID: 1002, Subject: "No *card* <!here>", Diagnosis: "a *loose* plug", State: ticket.Closed, Relation: "customer"})
	c.MoreCases, c.CasePlaces = true, map[ticket.ID]string{1001: "C0L1/1700000000.000100"}
	_, channel, ts := o.show(c)
	m, _ := o.sim.Message(channel, ts)
	for _, want := range []string{"archives/C0L1/p1700000000000100|T-1001>", "<https://console.example/tickets/T-1002|T-1002>", "same unit, <!date^", "it was: *power supply*"} {
		if !strings.Contains(m.PlainText(), want) {
			t.Errorf("%q is missing in %s", want, m.PlainText())
		}
	}
	o.must(o.sim.Click("anna", channel, ts, doCases))
	v := o.modal("anna", doCases)
	says := func(want, not string) {
		t.Helper()
		o.eventually(want, func() bool {
			text := o.sim.View("anna").PlainText()
			return strings.Contains(text, want) && !strings.Contains(text, not)
		})
	}
	says("1 to 10 of 25", "old 10")
	o.must(o.sim.ClickIn("anna", v.ID, doPast))
	says("old 19", "old 20")
	o.must(o.sim.ClickIn("anna", v.ID, doPast))
	says("21 to 25 of 25", "old 19")
	o.must(o.sim.ClickIn("anna", v.ID, doPastBack))
	says("11 to 20 of 25", "old 20")
}

func TestWhoWorksBesideTheOwner(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Ticket.State, c.Ticket.Owner, c.Ticket.Helpers = ticket.Open, "ben", []string{"chloe"}
	_, channel, ts := o.show(c)
	v := refTo(c.Ticket).String()
	o.must(o.sim.Choose("anna", channel, ts, doMore, doJoin+" "+v))
	o.must(o.sim.Choose("anna", channel, ts, doMore, doRelease+" "+v))
	if a, b := o.acted(1), o.acted(2); a.Kind != ticket.ActJoin || b.Kind != ticket.ActRelease || a.By.ID != "anna" {
		t.Errorf("%+v %+v", a, b)
	}
}
