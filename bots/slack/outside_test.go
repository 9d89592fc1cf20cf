package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// outsideCard is a case that is with a supplier, and that the lead is to hear of.
func outsideCard() bots.Card {
	c := sample()
	c.Suppliable = true
	c.Ticket.State, c.Ticket.HoldReason = ticket.OnHold, "with acme RMA-1"
	c.Ticket.Supplies = []ticket.Supply{{Number: 1, Supplier: "acme", Reference: "RMA-1 <!here>", Since: noon, Expected: noon.Add(48 * time.Hour), Asked: "a new panel"}}
	c.Supplier = &bots.Supplier{Name: "acme", Title: "ACME Displays", For: "panels", Contract: "C-17", Phone: "+49301234", Opens: noon.Add(20 * time.Hour)}
	c.Ticket.Informed = []ticket.Informed{{Number: 1, By: ticket.Actor{Name: "Anna"}, At: noon, Reason: "wants a manager"}}
	c.Ticket.Verified = &ticket.Verified{How: "called back", By: ticket.Actor{Name: "Anna"}}
	return c
}

func TestTheCardShowsTheSupplierAndWhoIsToHear(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(outsideCard())
	m, _ := o.sim.Message(channel, ts)
	text := m.PlainText()
	for _, want := range []string{"With ACME Displays", "their reference *RMA-1", "contract C-17", "phone +49301234", "closed until", "Asked: a new panel",
		"The lead is to hear of this", "wants a manager", "verified by Anna: called back"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "<!here>") {
		t.Error("a reference calls everybody")
	}
}

func TestEveryStepToSomebodyOutside(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.suppliers = []bots.Supplier{{Name: "acme", Title: "ACME", Example: "RMA-1"}, {Name: "b", Title: "B"}}
	plain := sample()
	plain.Suppliable = true
	with := outsideCard()
	due := time.Now().Add(30 * time.Hour).Truncate(time.Minute)
	for i, s := range []struct {
		card   bots.Card
		press  string // a button, or an option of the menu
		form   string
		fill   map[string]any
		want   func(a ticket.Action) bool
		option bool
	}{
		{plain, doSupplier, doSupplier, map[string]any{"supplier": "acme", "reference": "RMA-2", "asked": "a fan", "due": due.Unix()}, func(a ticket.Action) bool {
			s := a.Supply
			return a.Kind == ticket.ActSupplier && s.Supplier == "acme" && s.Reference == "RMA-2" && s.Asked == "a fan" && s.Expected.Equal(due)
		}, true},
		{plain, doInform, doInform, map[string]any{"reason": "wants a manager"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActInform && a.Tier == "" && a.Reason == "wants a manager"
		}, true},
		{plain, doInform, doInform, map[string]any{"who": "l2", "reason": "a lemon"}, func(a ticket.Action) bool { return a.Tier == "l2" }, true},
		{plain, doVerify, doVerify, map[string]any{"reason": "called back"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActVerify && a.Reason == "called back" && a.Verdict == ""
		}, true},
		{with, doUnverify, "", nil, func(a ticket.Action) bool { return a.Kind == ticket.ActVerify && a.Verdict == ticket.NotVerified }, true},
		{with, doSupplier, doSupplier, map[string]any{}, func(a ticket.Action) bool {
			return a.Supply.Supplier == "acme" && a.Supply.Asked == "a new panel" && a.Supply.Expected.Equal(noon.Add(48*time.Hour))
		}, false},
		{with, doSupplied, doSupplied, map[string]any{"reason": "exchanged"}, func(a ticket.Action) bool {
			return a.Kind == ticket.ActSupplied && a.Reason == "exchanged"
		}, false},
	} {
		_, channel, ts := o.show(s.card)
		if s.option {
			o.must(o.sim.Choose("anna", channel, ts, doCare, s.press+" "+refTo(s.card.Ticket).String()))
		} else {
			o.must(o.sim.Click("anna", channel, ts, s.press))
		}
		if s.form != "" {
			ans, err := o.sim.Submit("anna", o.modal("anna", s.form).ID, s.fill)
			if err != nil || len(ans.Errors) > 0 {
				t.Fatalf("%s: %v %v", s.press, err, ans.Errors)
			}
		}
		if a := o.acted(i + 1); !s.want(a) || a.Ticket != 1042 || a.Key == "" {
			t.Errorf("%s: %+v", s.press, a)
		}
	}
}

func TestALeadSaysThatTheyHaveHeard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.back.agents[0].Roles = []ticket.Role{ticket.RoleLead}
	_, channel, ts := o.show(outsideCard())
	o.must(o.sim.Click("anna", channel, ts, doHeard))
	_, err := o.sim.Submit("anna", o.modal("anna", doHeard).ID, map[string]any{"reason": "I call them"})
	o.must(err)
	if a := o.acted(1); a.Kind != ticket.ActHeard || a.Reason != "I call them" {
		t.Errorf("%+v", a)
	}
}

func TestAnEscalationAsksForTheDiagnosis(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	c.Tier.Diagnosis, c.Ticket.Diagnosis = true, ""
	o.back.tiers[1].Entry = []string{"Say what was tried"}
	_, channel, ts := o.show(c)
	o.must(o.sim.Click("anna", channel, ts, doEscalate))
	v := o.modal("anna", doEscalate)
	ans, err := o.sim.Submit("anna", v.ID, map[string]any{"problem": "no sound"})
	if err == nil && len(ans.Errors) == 0 {
		t.Error("a diagnosis that is required may be left out")
	}
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"problem": "no sound", "diagnosis": "the codec"}) // it is still in front
	o.must(err)
	if a := o.acted(1); a.Diagnosis != "the codec" {
		t.Errorf("%+v", a)
	}
}
