package ticket

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

func move(m ScriptMove) Action {
	m.Article = "pump"
	return Action{Kind: ActScript, By: anna, Script: &m}
}

func TestAScriptIsGoneThrough(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	rev := tk.Rev
	apply(t, &tk, move(ScriptMove{Title: "Pump", Step: "Light?"}))
	apply(t, &tk, move(ScriptMove{Ask: "Light?", Answer: "No", Step: "Plug?", Known: nil}))
	refused(t, tk, move(ScriptMove{Ask: "Light?", Answer: "Yes", Step: "Hum?"}), Conflict)
	known := ScriptAnswer{Question: "Plug?", Answer: "In", By: Gateway, At: t0, Known: true}
	apply(t, &tk, move(ScriptMove{Back: true}))
	apply(t, &tk, move(ScriptMove{Ask: "Light?", Answer: "No", Known: []ScriptAnswer{known}, Step: "Hum?"}))
	run := tk.Script()
	if run == nil || run.Step != "Hum?" || len(run.Answers) != 2 || tk.Rev != rev {
		t.Fatalf("it is at %+v, rev %d", run, tk.Rev)
	}
	apply(t, &tk, move(ScriptMove{Back: true})) // what was known was not asked: back to what was
	if run = tk.Script(); run.Step != "Light?" || len(run.Answers) != 0 {
		t.Errorf("back at %+v", run)
	}
	apply(t, &tk, move(ScriptMove{Ask: "Light?", Answer: "No", Known: []ScriptAnswer{known}, Step: "Hum?"}))
	fx := apply(t, &tk, move(ScriptMove{Ask: "Hum?", Answer: "No", End: ScriptSpent}))
	if tk.Script() != nil || tk.Scripts[0].End != ScriptSpent || !strings.Contains(fx.Messages[0].Text, "Light? No; Plug? In; Hum? No. Nothing of it helped.") {
		t.Errorf("it ended as %+v and told %+v", tk.Scripts, fx.Messages)
	}
	if len(tk.Proposals) != 1 || tk.Proposals[0].Do != ActEscalate {
		t.Errorf("proposed: %+v", tk.Proposals)
	}
	refused(t, tk, move(ScriptMove{Ask: "Hum?", Answer: "No"}), Conflict)
}

// TestScriptsKeepTheirShape: after any moves at most the newest script goes on, and one that goes on asks something.
func TestScriptsKeepTheirShape(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		tk := opened(t)
		for i := range 60 {
			m := ScriptMove{Article: fmt.Sprint(r.IntN(3)), Title: "T"}
			switch run := tk.Script(); r.IntN(5) {
			case 0:
				m.Step = "q0"
			case 1:
				m.Back = true
			case 2:
				m.Stop = r.IntN(3) == 0
				m.Step = "q1"
			default:
				if run != nil {
					m.Article, m.Ask, m.Answer = run.Article, run.Step, "yes"
				}
				if m.Step = fmt.Sprint("q", i); r.IntN(4) == 0 {
					m.Step, m.End = "", ScriptDone
				}
			}
			_, _ = tk.Apply(Action{Kind: ActScript, By: anna, Script: &m}, t0)
			for n, run := range tk.Scripts {
				open := run.Ended.IsZero()
				if open && n != len(tk.Scripts)-1 || open != (run.Step != "") || open != (run.End == "") || len(tk.Scripts) > MaxScripts {
					t.Fatalf("after %+v: %+v", m, tk.Scripts)
				}
			}
		}
	}
}
