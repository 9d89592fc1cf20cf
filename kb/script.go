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

// Script is what is gone through, step by step. The first step begins it. Hints are sentences that say what its writer
// has perhaps forgotten; it can be gone through all the same.
type Script struct {
	Steps []Step
	Hints []string
}

// Step is one question.
type Step struct {
	Question string // the heading: by it answers lead here, whatever the case of its letters
	Why      string // what it is good for, for those who ask
	Text     string // Markdown: how to go about it
	Branches []Branch
	loose    []string // items of a list beside its answers that lead nowhere
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
	} else if item, ok := listItem(line); ok && len(t.loose) < MaxBranches {
		t.loose = append(t.loose, item)
	}
	t.Text += line + "\n"
}

// branch reads "- Yes → Does it hum?".
func branch(line string) (Branch, bool) {
	item, ok := listItem(line)
	if !ok {
		return Branch{}, false
	}
	for _, arrow := range []string{"→", "->", "=>"} {
		if i := strings.LastIndex(item, arrow); i > 0 {
			b := Branch{Answer: strings.TrimSpace(item[:i]), To: strings.TrimSpace(item[i+len(arrow):])}
			return b, b.Answer != "" && b.To != ""
		}
	}
	return Branch{}, false
}

func listItem(line string) (string, bool) {
	line = strings.TrimLeft(line, " ")
	if item, ok := strings.CutPrefix(line, "- "); ok {
		return item, true
	}
	return strings.CutPrefix(line, "* ")
}

// check resolves where answers lead, and reports what leads nowhere.
func (s *Script) check(bad func(string, ...any)) {
	if n := len(s.Steps); n > MaxSteps {
		bad("%d steps are more than %d", n, MaxSteps)
		s.Steps = s.Steps[:MaxSteps]
	}
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
		}
	}
	s.walk(bad)
	s.hint()
}

// walk reports steps to which no answers lead from the first one, and those from which none leads to an end.
func (s *Script) walk(bad func(string, ...any)) {
	place := map[string]int{}
	for i := len(s.Steps) - 1; i >= 0; i-- {
		place[strings.ToLower(s.Steps[i].Question)] = i
	}
	reached, ends := make([]bool, len(s.Steps)), make([]bool, len(s.Steps))
	reached[0] = true
	for more := true; more; {
		more = false
		for i, t := range s.Steps {
			for _, b := range t.Branches {
				to, isStep := place[strings.ToLower(b.To)]
				if isStep && reached[i] && !reached[to] {
					reached[to], more = true, true
				}
				if !ends[i] && (!isStep || ends[to]) {
					ends[i], more = true, true
				}
			}
		}
	}
	for i, t := range s.Steps {
		switch {
		case !reached[i]:
			bad("nothing leads to %.80q", t.Question)
		case !ends[i]:
			bad("from %.80q the answers lead round and round: none of them comes to done or escalate", t.Question)
		}
	}
}

// hint tells what may have been forgotten.
func (s *Script) hint() {
	for _, t := range s.Steps {
		if len(s.Hints) >= 20 {
			return
		}
		if len(t.Branches) == 1 {
			s.Hints = append(s.Hints, fmt.Sprintf("%.80q has one answer: what if it is otherwise?", t.Question))
		}
		for _, item := range t.loose {
			s.Hints = append(s.Hints, fmt.Sprintf("%.80q stands below %.80q without an arrow: is it an answer?", item, t.Question))
		}
		for i, b := range t.Branches {
			if slices.ContainsFunc(t.Branches[:i], func(o Branch) bool { return strings.EqualFold(o.Answer, b.Answer) }) {
				s.Hints = append(s.Hints, fmt.Sprintf("%.80q has the answer %.40q twice", t.Question, b.Answer))
			}
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
