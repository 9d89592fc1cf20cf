package router

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"

	"tierline/ticket"
)

// Step is what became of one rule.
type Step struct {
	Rule    string `json:"rule"`
	Group   string `json:"group"`
	Matched bool   `json:"matched"`
	Tried   bool   `json:"tried"` // false when a rule before it in its group matches
	Why     string `json:"why"`
	Then    string `json:"then"` // what it does when it matches
}

// Outcome is what rules decide, without what was found on the way.
type Outcome struct {
	On       ticket.RouteEvent   `json:"on"`
	Tier     string              `json:"tier,omitempty"`
	Queue    string              `json:"queue,omitempty"`
	Owner    string              `json:"owner,omitempty"`
	Priority ticket.Priority     `json:"priority,omitempty"`
	Tags     []string            `json:"tags,omitempty"`
	Skills   []string            `json:"skills,omitempty"`
	Clocks   string              `json:"clocks,omitempty"`
	Answers  string              `json:"answers,omitempty"` // the rule that answers the customer
	Does     []string            `json:"does,omitempty"`    // pages l2, escalates to l3 …
	Incident string              `json:"incident,omitempty"`
	Propose  []ticket.ActionKind `json:"propose,omitempty"`
	Signals  []string            `json:"signals,omitempty"`
}

func outcome(d ticket.Decision, f Facts) Outcome {
	o := Outcome{On: d.On, Tier: d.Tier, Queue: d.Queue, Owner: d.Owner, Priority: d.Priority, Tags: set(d.Tags), Signals: f.Signals,
		Skills: set(d.Skills), Incident: d.Incident}
	if a := d.Allow; a != nil {
		o.Clocks = Clocks{First: a.First, Next: a.Next, Resolution: a.Resolution, Tier: a.Tier}.String()
	}
	for _, a := range d.Answers {
		o.Answers = a.Rule
	}
	for _, s := range d.Steps {
		o.Does = append(o.Does, said(s))
	}
	for _, p := range d.Propose {
		o.Propose = append(o.Propose, p.Do)
	}
	return o
}

func (o Outcome) String() string {
	var parts []string
	for _, f := range o.fields() {
		if f[1] != "" {
			parts = append(parts, strings.TrimSpace(f[0]+" "+f[1]))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "nothing")
}

// fields are its parts by name, in the order in which they are told.
func (o Outcome) fields() [][2]string {
	return [][2]string{{"tier", o.Tier}, {"queue", o.Queue}, {"priority", string(o.Priority)}, {"owner", o.Owner},
		{"tags", strings.Join(o.Tags, " ")}, {"skills", strings.Join(o.Skills, " ")}, {"clocks", o.Clocks}, {"answers by", o.Answers},
		{"does:", strings.Join(o.Does, "; ")}, {"proposes", joined(set(o.Propose))}, {"incident", o.Incident}}
}

// ExplainFacts tells of every rule what it makes of made-up facts, completed as those of a [RuleTest] are.
func (r *Rules) ExplainFacts(c Config, f Facts) ([]Step, Outcome) {
	return r.explain(r.complete(c, f))
}

// ExplainTicket tells of every rule what it makes of a ticket: on opened as it came in, as well as can be told
// (see [FactsAsOfNow]); else as it is now. It only reads.
func (d *Desk) ExplainTicket(ctx context.Context, r *Rules, id ticket.ID, on ticket.RouteEvent, clock string) ([]Step, Outcome, error) {
	var f Facts
	t, err := d.Store.Ticket(ctx, id)
	if err != nil {
		return nil, Outcome{}, err
	}
	if on == ticket.OnOpened {
		f, err = d.opening(ctx, t)
	} else {
		f, _, err = d.gather(ctx, id)
		f.remember(t)
	}
	if err != nil {
		return nil, Outcome{}, err
	}
	f.On, f.Clock = string(on), clock
	f.signals(r)
	steps, o := r.explain(f)
	return steps, o, nil
}

// remember takes the search's answer from the ticket, where the last look at it has left it.
func (f *Facts) remember(t ticket.Ticket) {
	f.Fits, f.Searched = t.Fits, true
	if len(t.Suggestions) > 0 {
		f.BestScore = t.Suggestions[0].Score
	}
}

func (r *Rules) explain(f Facts) ([]Step, Outcome) {
	type result struct {
		saw Facts
		ok  bool
		err error
	}
	var results []result
	d := r.decide(f, func(_ compiled, saw Facts, ok bool, err error) { results = append(results, result{saw, ok, err}) })
	var steps []Step
	stop := "" // the rule that stops the groups behind it
	for i, group := range r.groups[d.On] {
		stops, before := false, "" // the rule of the group that matches
		for _, rule := range group {
			s := Step{Rule: rule.Name, Group: cmp.Or(rule.Group, defaultGroup), Then: strings.TrimPrefix(rule.Then.effect(), ": ")}
			if stop != "" && i < r.own[d.On] && before == "" {
				s.Why = "“" + stop + "” stops the groups behind its own"
				steps = append(steps, s)
				continue
			}
			if before != "" {
				s.Why = "“" + before + "” comes before it in its group and matches"
				steps = append(steps, s)
				continue
			}
			got := results[0]
			results = results[1:]
			s.Tried, s.Matched = true, got.ok
			switch {
			case got.err != nil:
				s.Why = "it could not be evaluated: " + oneLine(got.err.Error())
			case rule.program == nil:
				s.Why = "it has no condition"
			case got.ok:
				s.Why = oneLine(rule.When)
			default:
				s.Why = whyNot(rule.When, got.saw)
			}
			if got.ok {
				before = cmp.Or(rule.Name, "a rule without a name")
				stops = stops || rule.Then.Stop
			}
			steps = append(steps, s)
		}
		if stops && stop == "" {
			stop = before
		}
	}
	return steps, outcome(d, f)
}

// whyNot names the parts of a false condition that are false by themselves, with the facts in them. Parts are
// what stands between the outermost ands.
func whyNot(when string, f Facts) string {
	tree, err := parser.Parse(when)
	if err != nil {
		return "false: " + oneLine(when)
	}
	var parts []string
	for _, n := range operands(tree.Node) {
		out, err := value(n.String(), f)
		if err != nil && len(parts) == 0 { // after a part that is false it need not make sense
			return "false: " + oneLine(when)
		}
		if ok, is := out.(bool); err == nil && is && !ok {
			parts = append(parts, oneLine(n.String())+known(n, f))
		}
	}
	if len(parts) == 0 {
		return "false: " + oneLine(when)
	}
	return "false: " + strings.Join(parts, "; ")
}

func operands(n ast.Node) []ast.Node {
	if b, ok := n.(*ast.BinaryNode); ok && (b.Operator == "&&" || b.Operator == "and") {
		return append(operands(b.Left), operands(b.Right)...)
	}
	return []ast.Node{n}
}

func value(code string, f Facts) (any, error) {
	p, err := expr.Compile(code, expr.Env(Facts{}))
	if err != nil {
		return nil, err
	}
	return vm.Run(p, f)
}

type names []string

func (l *names) Visit(n *ast.Node) {
	if id, ok := (*n).(*ast.IdentifierNode); ok && !slices.Contains(*l, id.Value) {
		*l = append(*l, id.Value)
	}
}

// known are the facts that a part of a condition names: " (channel is "chat")".
func known(n ast.Node, f Facts) string {
	var l names
	ast.Walk(&n, &l)
	var parts []string
	for _, name := range l {
		v, err := value(name, f)
		if err != nil { // a name of the expression's own
			continue
		}
		if d, ok := v.(time.Duration); ok {
			parts = append(parts, name+" is "+brief(d.Round(time.Second)))
		} else if text, err := json.Marshal(v); err == nil {
			parts = append(parts, name+" is "+short(strings.Replace(string(text), "null", "[]", 1)))
		}
	}
	if len(parts) == 0 || n.String() == l[0] {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

const maxShown = 80 // characters of a fact in an explanation

func short(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown-1]) + "…"
	}
	return s
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
