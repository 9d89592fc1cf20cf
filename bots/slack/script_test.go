package slackdesk_test

import (
	"context"
	"testing"

	"tierline/kb"
	"tierline/ticket"
)

type scripted struct{}

func (scripted) Suggest(context.Context, kb.Question) (kb.Answer, error) {
	return kb.Answer{Hits: []kb.Hit{{ID: "pump", Title: "The pump is dead", Score: 0.8}}}, nil
}

func TestAScriptIsGoneThroughByButtons(t *testing.T) {
	t.Parallel()
	g := gatewayWith(t, scripted{})
	_, err := g.store.PutArticle(t.Context(), kb.Article{ID: "pump", Title: "The pump is dead", Audience: kb.Internal, Confidence: kb.Validated, Tags: []string{kb.TagScript},
		Body: "## Is the *red* light on?\n> Why: it shows that it has power\n\n- Yes → next\n- No & never → done\n\n## Does it hum?\n- Yes → escalate\n- No → escalate\n"})
	g.must(err)
	_, err = g.sim.Say("carl", "customer-ltd", "The pump is dead", "")
	g.must(err)
	card := g.message("C0L1", "", "Go through: The pump is dead")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "script_begin0"))
	g.message("C0L1", "", "Why: it shows that it has power")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "script_0"))
	g.message("C0L1", "", "*Does it hum?*")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "script_back"))
	g.message("C0L1", "", "step 1")
	g.must(g.sim.Click("anna", "C0L1", card.TS, "script_0"))
	g.message("C0L1", "", "*Does it hum?*")
	g.must(g.sim.Click("ben", "C0L1", card.TS, "script_1"))
	g.message("C0L1", card.TS, "Gone through: The pump is dead: Is the *red* light on? Yes; Does it hum? No. Nothing of it helped.")
	g.message("C0L1", "", "was gone through, and nothing helped")
	_, err = g.sim.Say("carl", "customer-ltd", "Another one is dead", "")
	g.must(err)
	other := g.message("C0L1", "", "Another one is dead").TS
	g.eventually("its script to be offered", func() bool { return g.sim.Click("anna", "C0L1", other, "script_begin0") == nil })
	g.eventually("its script to be stopped", func() bool { return g.sim.Click("anna", "C0L1", other, "script_stop") == nil })
	k, err := g.store.Ticket(t.Context(), ticket.FirstID)
	g.must(err)
	if a := k.Scripts[0].Answers; len(a) != 2 || a[0].By.ID != "anna" || a[1].By.ID != "ben" {
		t.Errorf("answers: %+v", a)
	}
}
