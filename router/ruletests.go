package router

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tierline/config/check"
	"tierline/ticket"
)

// RuleTest says what rules are to decide of a case. A configuration of which one fails cannot be used.
type RuleTest struct {
	Name string `yaml:"name"`
	// Given are facts, by the names that expressions use. What is not given is empty, but for signals, which
	// are found in subject and text, contacts (1), priority (normal), top, and once a ticket is open its tier
	// (the lowest).
	Given  Facts             `yaml:"given"`
	On     ticket.RouteEvent `yaml:"on"` // opened (default), reply, warn, breach or returned
	Expect Expected          `yaml:"expect"`
}

// Expected is what a test looks at; what is empty it does not.
type Expected struct {
	Tier     string          `yaml:"tier"`
	Queue    string          `yaml:"queue"`
	Owner    string          `yaml:"owner"`
	Priority ticket.Priority `yaml:"priority"`
	// Tags, Skills, Do (page, escalate, inform, supplier) and Propose are all that there must be, in any order; [] is
	// none.
	Tags     []string            `yaml:"tags"`
	Skills   []string            `yaml:"skills"`
	Do       []ticket.ActionKind `yaml:"do"`
	Propose  []ticket.ActionKind `yaml:"propose"`
	Answer   *bool               `yaml:"answer"`   // whether a rule answers the customer
	Incident string              `yaml:"incident"` // of which it is taken to be a part
	Rule     string              `yaml:"rule"`     // one that matches
}

const maxRuleTests = 1_000

// checkTests tries the tests beside the rules. Rules that do not compile have been told of and are not tried.
func (c Config) checkTests(at check.At) {
	if len(c.Tests) > maxRuleTests {
		at.Error("", "%d tests; at most %d", len(c.Tests), maxRuleTests)
		return
	}
	if len(c.Tests) == 0 || len(c.Rules) > maxRules {
		return
	}
	rules, err := NewRules(c)
	if err != nil {
		return
	}
	for i, t := range c.Tests {
		at := at.Index(i)
		if t.On != "" && !slices.Contains(routeEvents, t.On) {
			at.Key("on").Error(fmt.Sprintf("one of %v", routeEvents), "%.20q is nothing that rules look at", string(t.On))
			continue
		}
		if t.Expect.nothing() {
			at.Key("expect").Error("tier, queue, owner, priority, tags, skills, do, answer, incident, propose or rule", "test %.60q expects nothing", t.Name)
			continue
		}
		if fault := t.try(c, rules); fault != "" {
			at.Key("expect").Error("", "test %.60q: %s", t.Name, fault)
		}
	}
}

func (e Expected) nothing() bool {
	return e.Tier == "" && e.Queue == "" && e.Owner == "" && e.Priority == "" && e.Tags == nil && e.Skills == nil &&
		e.Do == nil && e.Answer == nil && e.Incident == "" && e.Propose == nil && e.Rule == ""
}

// try says what is wrong; "" when all is as expected.
func (t RuleTest) try(c Config, rules *Rules) string {
	f := t.Given
	f.On = string(t.On)
	var matched []string
	d := rules.decide(rules.complete(c, f), func(rule compiled, _ Facts, ok bool, _ error) {
		if ok {
			matched = append(matched, "“"+rule.Name+"”")
		}
	})
	want, got := t.Expect.compare(d)
	if t.Expect.Rule != "" && !slices.Contains(matched, "“"+t.Expect.Rule+"”") {
		want = append(want, "rule “"+t.Expect.Rule+"”")
	}
	if len(want) == 0 {
		return ""
	}
	return fmt.Sprintf("expected %s; came out %s; matched: %s", strings.Join(want, ", "),
		cmp.Or(strings.Join(got, ", "), "without it"), cmp.Or(strings.Join(matched, ", "), "no rule"))
}

// compare names what is not as expected, and what it is.
func (e Expected) compare(d ticket.Decision) (want, got []string) {
	differ := func(name, w, g string) {
		want, got = append(want, name+" "+cmp.Or(w, "none")), append(got, name+" "+cmp.Or(g, "none"))
	}
	for _, p := range []struct{ name, want, got string }{
		{"tier", e.Tier, d.Tier}, {"queue", e.Queue, d.Queue}, {"owner", e.Owner, d.Owner},
		{"priority", string(e.Priority), string(d.Priority)}, {"incident", e.Incident, d.Incident},
	} {
		if p.want != "" && p.want != p.got {
			differ(p.name, p.want, p.got)
		}
	}
	if g := set(d.Tags); e.Tags != nil && !slices.Equal(set(e.Tags), g) {
		differ("tags", strings.Join(set(e.Tags), " "), strings.Join(g, " "))
	}
	if g := set(d.Skills); e.Skills != nil && !slices.Equal(set(e.Skills), g) {
		differ("skills", strings.Join(set(e.Skills), " "), strings.Join(g, " "))
	}
	if answers := len(d.Answers) > 0; e.Answer != nil && *e.Answer != answers {
		differ("answer", fmt.Sprint(*e.Answer), fmt.Sprint(answers))
	}
	var done []ticket.ActionKind
	for _, s := range d.Steps {
		done = append(done, s.Do)
	}
	if g := set(done); e.Do != nil && !slices.Equal(set(e.Do), g) {
		differ("do", joined(set(e.Do)), joined(g))
	}
	var proposed []ticket.ActionKind
	for _, p := range d.Propose {
		proposed = append(proposed, p.Do)
	}
	if g := set(proposed); e.Propose != nil && !slices.Equal(set(e.Propose), g) {
		differ("propose", joined(set(e.Propose)), joined(g))
	}
	return want, got
}

func set[T cmp.Ordered](list []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// complete fills in what follows from made-up facts.
func (r *Rules) complete(c Config, f Facts) Facts {
	f.Text, f.Brand = factText(f.Text), c.Brand(f.Brand).Name
	if f.On = cmp.Or(f.On, string(ticket.OnOpened)); f.On != string(ticket.OnOpened) {
		f.Tier = cmp.Or(f.Tier, r.lowest.Name)
	}
	if f.State == "" {
		f.State = string(ticket.New)
		if f.Tier != "" {
			f.State = string(ticket.Open)
		}
	}
	f.Lately, f.Verified = max(f.Lately, 1), f.Verified || f.VerifiedBy != ""
	f.Searched = f.Searched || f.Fits || f.BestScore > 0
	f.Contacts, f.Turns, f.Priority = cmp.Or(f.Contacts, 1), cmp.Or(f.Turns, 1), cmp.Or(f.Priority, string(ticket.Normal))
	_, above := c.above(f.Tier)
	f.Top = f.Top || !above
	if f.Signals == nil {
		f.signals(r)
	}
	return f
}

// factText is as much of a text as rules look at.
func factText(s string) string {
	if len(s) > maxFactText {
		return strings.ToValidUTF8(s[:maxFactText], "")
	}
	return s
}
