package router

import (
	"context"
	"strings"
	"testing"
	"time"

	"tierline/kb"
	"tierline/ticket"
)

const pumpScript = `## Is the red light on?
> Why: it shows that the pump has power.

- Yes → Does it hum?
- No → next

## Is the plug in?
- It was in → next
- It works now → done

## Does it hum?
- Yes → escalate
- No → escalate
`

// finds is a search that finds one article.
type finds string

func (f finds) Suggest(context.Context, kb.Question) (kb.Answer, error) {
	return kb.Answer{Fits: true, Hits: []kb.Hit{{ID: string(f), Title: "The pump is dead", Score: 0.9}}}, nil
}

func (w *world) script(id, body string) {
	w.t.Helper()
	_, err := w.store.PutArticle(w.t.Context(), kb.Article{ID: id, Title: "The pump is dead", Body: body, Audience: kb.Internal,
		Confidence: kb.Validated, Tags: []string{kb.TagScript}})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) step(id ticket.ID, ask, answer string) *ticket.ScriptRun {
	w.t.Helper()
	k := w.act("anna", ticket.Action{Kind: ticket.ActScript, Ticket: id, Script: &ticket.ScriptMove{Article: "pump", Ask: ask, Answer: answer}})
	return k.Script()
}

func TestAScriptGoesOnWhereTheCustomerStopped(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, finds("pump"))
	w.script("pump", pumpScript)
	first := w.accept("<1@x>")
	w.work(jobs)
	anna := w.desk.agent("anna")
	c, err := w.desk.Card(t.Context(), anna, first)
	if err != nil || len(c.Guides) != 1 || c.Guides[0].Article != "pump" || c.Guide != nil {
		t.Fatalf("offered: %+v %v", c.Guides, err)
	}
	w.step(first, "", "")
	if run := w.step(first, "Is the red light on?", "No"); run.Step != "Is the plug in?" {
		t.Fatalf("it is at %+v", run)
	}
	c, _ = w.desk.Card(t.Context(), anna, first)
	if c.Guide == nil || len(c.Guide.Branches) != 2 || len(c.Guides) != 0 || strings.Join(c.Tried, "") != "The pump is dead: Is the red light on? No" {
		t.Errorf("the card: %+v, tried %q", c.Guide, c.Tried)
	}
	if _, err := w.desk.Act(t.Context(), anna, ticket.Action{Kind: ticket.ActScript, Ticket: first,
		Script: &ticket.ScriptMove{Article: "pump", Ask: "Is the plug in?", Answer: "Perhaps"}}); ticket.KindOf(err) != ticket.Conflict {
		t.Errorf("an answer that the script does not know: %v", err)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: first, Diagnosis: "hung up"})

	// Two days later they come again: the light is not asked about once more.
	w.pass(48 * time.Hour)
	again := w.accept("<2@x>")
	w.work(jobs)
	run := w.step(again, "", "")
	if run.From != first || run.Step != "Is the plug in?" || len(run.Answers) != 1 || !run.Answers[0].Known {
		t.Fatalf("it goes on at %+v", run)
	}
	w.step(again, "Is the plug in?", "It was in")
	if run = w.step(again, "Does it hum?", "No"); run != nil {
		t.Errorf("it goes on: %+v", run)
	}
	k, err := w.store.Ticket(t.Context(), again)
	if err != nil || k.Scripts[0].End != ticket.ScriptSpent || len(k.Proposals) != 1 {
		t.Errorf("%+v %v", k.Scripts, err)
	}

	// Another script that asks the same is answered by what is known.
	w.script("other", "## Does it hum?\n- No → next\n- Yes → done\n\n## Is it wet?\n- Yes → escalate\n- No → done\n")
	k = w.act("anna", ticket.Action{Kind: ticket.ActScript, Ticket: again, Script: &ticket.ScriptMove{Article: "other"}})
	if run = k.Script(); run == nil || run.Step != "Is it wet?" {
		t.Errorf("what is known is asked again: %+v", run)
	}

	// Weeks later it begins anew.
	w.pass(30 * 24 * time.Hour)
	late := w.accept("<3@x>")
	if run = w.step(late, "", ""); run.From != 0 || run.Step != "Is the red light on?" {
		t.Errorf("after weeks it goes on at %+v", run)
	}
}

func TestWhatIsNoScriptIsNotGoneThrough(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, finds("text"))
	if _, err := w.store.PutArticle(t.Context(), kb.Article{ID: "text", Title: "T", Body: pumpScript, Audience: kb.Internal, Confidence: kb.Validated}); err != nil {
		t.Fatal(err)
	}
	id := w.accept("<1@x>")
	for article, want := range map[string]ticket.Kind{"text": ticket.Invalid, "none": ticket.NotFound} {
		_, err := w.desk.Act(t.Context(), w.desk.agent("anna"), ticket.Action{Kind: ticket.ActScript, Ticket: id, Script: &ticket.ScriptMove{Article: article}})
		if ticket.KindOf(err) != want {
			t.Errorf("%s: %v", article, err)
		}
	}
}
