package kb

import (
	"strings"
	"testing"
)

const pump = `# The pump does not run

What to do before a technician comes.

## Is the red light on?
> Why: it shows that the pump
> has power.

Look at the *front*.

- Yes → does it HUM?
- No -> next

## Is the plug in?
- Put in, it works => done
- It was in → Does it hum?

## Background
The pump is of 1998.

## Does it hum?
> Warum: das Lager
- Yes → escalate
* No → escalate
`

func TestScript(t *testing.T) {
	t.Parallel()
	s, faults := ParseScript(pump)
	if len(faults) != 0 || len(s.Steps) != 3 {
		t.Fatalf("%d steps, faults %q", len(s.Steps), faults)
	}
	first := s.Steps[0]
	if first.Question != "Is the red light on?" || first.Why != "it shows that the pump has power." || first.Text != "Look at the *front*." ||
		len(first.Branches) != 2 || first.Branches[0] != (Branch{"Yes", "Does it hum?"}) || first.Branches[1] != (Branch{"No", "Is the plug in?"}) {
		t.Errorf("the first step is %+v", first)
	}
	if s.Steps[1].Branches[0].To != ScriptDone || s.Steps[2].Branches[1] != (Branch{"No", ScriptEscalate}) || s.Steps[2].Why != "das Lager" {
		t.Errorf("the others are %+v", s.Steps[1:])
	}
	if s, faults := ParseScript("# Only text\n\n## More\n- a list → not\n```\n## code\n- x → done\n```\n"); len(s.Steps) != 1 || len(faults) != 1 {
		t.Errorf("%+v %q", s, faults)
	}
	if s, faults := ParseScript("Just text.\n\n- Yes → done"); len(s.Steps) != 0 || len(faults) != 0 {
		t.Errorf("an article is taken for a script: %+v %q", s, faults)
	}
}

func TestFaultsOfScripts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"## A?\n- x → B?":                                               "no step asks that",
		"## A?\n- x → next":                                             "no step follows",
		"## A?\n- x → done\n## A?\n- y → done":                          "two steps ask",
		"## A?\n- x → done\n## B?\n- y → done":                          "nothing leads to",
		"## A?\n- x → done\n- y → A?\n## B?\n- z → C?\n## C?\n- z → B?": "nothing leads to \"C?\"",
		"## A?\n- x → done\n- y → B?\n## B?\n- z → C?\n## C?\n- z → B?": "from \"B?\" the answers lead round and round",
		"## A?\n" + strings.Repeat("- x → done\n", 9):                   "9 answers of at most 8",
		"## A?\n- " + strings.Repeat("x", 61) + " → done":               "is longer than 60",
		"## " + strings.Repeat("A", 151) + "\n- x → done":               "has no question",
		strings.Repeat("## A?\n- x → next\n", 101) + "- b → next":       "101 steps",
	} {
		_, faults := ParseScript(body)
		if !strings.Contains(strings.Join(faults, "; "), want) {
			t.Errorf("%.40q has the faults %q, and not %q", body, faults, want)
		}
		if err := Validate(Article{ID: "a", Title: "A", Tags: []string{TagScript}, Body: body, Audience: Internal, Confidence: Validated}); err == nil {
			t.Errorf("%.40q may be stored", body)
		}
		if err := Validate(Article{ID: "a", Title: "A", Body: body, Audience: Internal, Confidence: Validated}); err != nil {
			t.Errorf("%.40q may not be stored as an article for reading: %v", body, err)
		}
	}
	if err := Validate(Article{ID: "a", Title: "A", Tags: []string{TagScript}, Body: "text", Audience: Internal, Confidence: Validated}); err == nil {
		t.Error("a script without steps may be stored")
	}
}

// FuzzScript: whatever is written, each answer leads to a step that there is, or to an end.
func FuzzScript(f *testing.F) {
	f.Add(pump)
	f.Add("## A?\n- x → A?")
	f.Fuzz(func(t *testing.T, body string) {
		s, _ := ParseScript(body)
		if len(s.Steps) > MaxSteps {
			t.Fatalf("%d steps", len(s.Steps))
		}
		for _, step := range s.Steps {
			if len(step.Branches) == 0 || len(step.Branches) > MaxBranches {
				t.Errorf("%q has %d answers", step.Question, len(step.Branches))
			}
			for _, b := range step.Branches {
				if _, ok := s.Step(b.To); !ok && b.To != ScriptDone && b.To != ScriptEscalate {
					t.Errorf("%q leads to %q", b.Answer, b.To)
				}
			}
		}
	})
}

func TestHintsOfScripts(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"## A?\n- x → done":                      `"A?" has one answer`,
		"## A?\n- x → done\n- y\n- z → escalate": `"y" stands below "A?" without an arrow`,
		"## A?\n- x → done\n- X → escalate":      `"A?" has the answer "X" twice`,
		"## A?\n- x → done\n- y → A?":            "", // a loop with a way out
		pump:                                     "",
	} {
		s, faults := ParseScript(body)
		if got := strings.Join(s.Hints, "; "); !strings.Contains(got, want) || want == "" && got != "" || len(faults) != 0 {
			t.Errorf("%.40q has the hints %q, not %q, and the faults %q", body, got, want, faults)
		}
	}
}
