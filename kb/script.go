package kb

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// TagScript is the tag of an article that is gone through step by step.
const TagScript = "script"

// Guided says whether the article is a guided script.
func (a Article) Guided() bool { return slices.Contains(a.Tags, TagScript) }

// A guided script is an article with [TagScript] whose steps are headings of the second level with answers below them:
//
//	## Is the red light on?
//	> Why: it shows that the pump has power.
//
//	Look at the front, below the display.
//
//	- Yes → Does it hum?
//	- No → next
//	- It works again → done
//
// An answer names the heading at which it goes on, or one of [ScriptNext], [ScriptDone] and [ScriptEscalate];
// "->" is an arrow, too. A heading without answers is no step, but text for people.

// Where an answer may lead, beside another step.
const (
	ScriptNext     = "next"     // the step below
	ScriptDone     = "done"     // the problem is gone
	ScriptEscalate = "escalate" // nothing has helped: the script is exhausted
)

// Limits of a script.
const (
	MaxSteps    = 100
	MaxBranches = 8   // answers of one step
	maxQuestion = 150 // runes of a step's heading
	maxAnswer   = 60  // runes of an answer, as of a button in Slack
)

// Script is what is gone through, step by step. The first step begins it.
type Script struct{ Steps []Step }

// Step is one question.
type Step struct {
	Question string // the heading: by it answers lead here, whatever the case of its letters
	Why      string // what it is good for, for those who ask
	Text     string // Markdown: how to go about it
	Branches []Branch
}

// Branch is one answer, and where it leads: a step's Question, ScriptDone or ScriptEscalate.
type Branch struct{ Answer, To string }

// Step finds a step by its question.
func (s Script) Step(question string) (Step, bool) {
	i := slices.IndexFunc(s.Steps, func(t Step) bool { return sameStep(t.Question, question) })
	if i < 0 {
		return Step{}, false
	}
	return s.Steps[i], true
}

func sameStep(a, b string) bool { return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b)) }

// ParseScript reads the steps of an article's body; a Script without any when it is none. faults are sentences
// that say what keeps it from being gone through.
func ParseScript(body string) (s Script, faults []string) {
	bad := func(format string, args ...any) {
		if len(faults) < 20 {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	var all []Step
	var now *Step
	code := false
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, " \t\r\n")
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			code = !code
		}
		title, isStep := strings.CutPrefix(line, "## ")
		switch {
		case isStep && !code:
			all = append(all, Step{Question: strings.TrimSpace(strings.TrimRight(title, "# "))})
			now = &all[len(all)-1]
		case now == nil:
		case !code && strings.HasPrefix(line, "# "):
			now = nil
		default:
			now.line(line, code)
		}
	}
	for _, t := range all {
		if len(t.Branches) > 0 {
			t.Text = strings.TrimSpace(t.Text)
			s.Steps = append(s.Steps, t)
		}
	}
	if len(s.Steps) == 0 {
		return s, nil
	}
	s.check(bad)
	return s, faults
}

// line takes one line of a step.
func (t *Step) line(line string, code bool) {
	if code {
		t.Text += line + "\n"
		return
	}
	if quote, ok := strings.CutPrefix(strings.TrimSpace(line), ">"); ok && strings.TrimSpace(t.Text) == "" {
		quote = strings.TrimSpace(quote)
		for _, word := range []string{"Why:", "Warum:", "Pourquoi :", "Pourquoi:"} {
			quote = strings.TrimPrefix(quote, word)
		}
		t.Why = strings.TrimSpace(t.Why + " " + strings.TrimSpace(quote))
		return
	}
	if b, ok := branch(line); ok {
		t.Branches = append(t.Branches, b)
		return
	}
	t.Text += line + "\n"
}

// branch reads "- Yes → Does it hum?".
func branch(line string) (Branch, bool) {
	item, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "- ")
	if !ok {
		if item, ok = strings.CutPrefix(strings.TrimLeft(line, " "), "* "); !ok {
			return Branch{}, false
		}
	}
	for _, arrow := range []string{"→", "->", "=>"} {
		if i := strings.LastIndex(item, arrow); i > 0 {
			b := Branch{Answer: strings.TrimSpace(item[:i]), To: strings.TrimSpace(item[i+len(arrow):])}
			return b, b.Answer != "" && b.To != ""
		}
	}
	return Branch{}, false
}

// check resolves where answers lead, and reports what leads nowhere.
func (s *Script) check(bad func(string, ...any)) {
	if n := len(s.Steps); n > MaxSteps {
		bad("%d steps are more than %d", n, MaxSteps)
		s.Steps = s.Steps[:MaxSteps]
	}
	reached := map[string]bool{strings.ToLower(s.Steps[0].Question): true}
	for i := range s.Steps {
		t := &s.Steps[i]
		if n := utf8.RuneCountInString(t.Question); n == 0 || n > maxQuestion {
			bad("the step %.40q has no question of at most %d letters", t.Question, maxQuestion)
		}
		if first, _ := s.Step(t.Question); len(t.Branches) > 0 && slices.IndexFunc(s.Steps, func(o Step) bool { return sameStep(o.Question, t.Question) }) != i {
			bad("two steps ask %.80q", first.Question)
		}
		if len(t.Branches) > MaxBranches {
			bad("%.80q has %d answers of at most %d", t.Question, len(t.Branches), MaxBranches)
			t.Branches = t.Branches[:MaxBranches]
		}
		for n := range t.Branches {
			s.lead(i, &t.Branches[n], bad)
			reached[strings.ToLower(t.Branches[n].To)] = true
		}
	}
	for _, t := range s.Steps {
		if !reached[strings.ToLower(t.Question)] {
			bad("nothing leads to %.80q", t.Question)
		}
	}
}

// lead resolves where an answer of step i leads.
func (s *Script) lead(i int, b *Branch, bad func(string, ...any)) {
	q := s.Steps[i].Question
	if n := utf8.RuneCountInString(b.Answer); n > maxAnswer {
		bad("the answer %.40q of %.80q is longer than %d letters", b.Answer, q, maxAnswer)
	}
	switch to := strings.ToLower(b.To); to {
	case ScriptDone, ScriptEscalate:
		b.To = to
	case ScriptNext:
		if i+1 == len(s.Steps) {
			bad("no step follows %.80q, to which %.40q leads", q, b.Answer)
			b.To = ScriptEscalate
			return
		}
		b.To = s.Steps[i+1].Question
	default:
		t, ok := s.Step(b.To)
		if !ok {
			bad("%.40q of %.80q leads to %.80q, and no step asks that", b.Answer, q, b.To)
			b.To = ScriptEscalate
			return
		}
		b.To = t.Question
	}
}
