package router

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"tierline/router/signals"
	"tierline/ticket"
)

// Facts are what rules see of a ticket. The names in the tags are those that expressions and tests use;
// the two are the same but for on, which a test names beside them.
type Facts struct {
	Channel      string   `expr:"channel" yaml:"channel"`
	Inbox        string   `expr:"inbox" yaml:"inbox"`
	Brand        string   `expr:"brand" yaml:"brand"`
	Subject      string   `expr:"subject" yaml:"subject"`
	Text         string   `expr:"text" yaml:"text"` // what the customer wrote now, at most 20 kB
	Language     string   `expr:"language" yaml:"language"`
	Customer     string   `expr:"customer" yaml:"customer"` // name
	Organization string   `expr:"organization" yaml:"organization"`
	Plan         string   `expr:"plan" yaml:"plan"`
	Units        []string `expr:"units" yaml:"units"`
	KnownUnits   []string `expr:"known_units" yaml:"known_units"` // those of them that there are; units holds what looks like one, too
	Phones       []string `expr:"phones" yaml:"phones"`           // that the customer named, as +4930123456
	Orders       []string `expr:"orders" yaml:"orders"`           // that the customer named
	Models       []string `expr:"models" yaml:"models"`
	Tags         []string `expr:"tags" yaml:"tags"`
	UnitCases    int      `expr:"unit_cases" yaml:"unit_cases"` // most tickets of one of the units in 90 days, this one included
	Cases        int      `expr:"cases" yaml:"cases"`           // previous tickets of customer, organization or unit that were found
	Lemon        bool     `expr:"lemon" yaml:"lemon"`
	BestScore    float64  `expr:"best_score" yaml:"best_score"` // of the best suggestion, 0 to 1
	Fits         bool     `expr:"fits" yaml:"fits"`
	Contacts     int      `expr:"contacts" yaml:"contacts"`         // messages of the customer in this ticket
	On           string   `expr:"on" yaml:"-"`                      // opened, reply, warn or breach: why rules look at it
	Clock        string   `expr:"clock" yaml:"clock"`               // first_response, next_response, resolution or at_tier: which has run out, or nearly
	Signals      []string `expr:"signals" yaml:"signals"`           // anger, urgency, level2, manager, complaint, abuse, callback, safety, privacy, many
	Tier         string   `expr:"tier" yaml:"tier"`                 // where it is; "" while it is new
	Top          bool     `expr:"top" yaml:"top"`                   // there is no tier above
	Priority     string   `expr:"priority" yaml:"priority"`         //
	Open         bool     `expr:"open" yaml:"open"`                 // it is within the brand's hours
	Auto         bool     `expr:"auto" yaml:"auto"`                 // a machine opened it
	ForwardedBy  string   `expr:"forwarded_by" yaml:"forwarded_by"` // id of the agent who has passed it on
}

const maxFactText = 20_000 // bytes of text that rules look at

// Rules are compiled rules. They are pure: the same facts give the same decision.
type Rules struct {
	groups      map[ticket.RouteEvent][][]compiled
	finder      *signals.Finder
	acknowledge compiled // matches where the customer is told that it has come in
	lowest      Tier
	queueOf     map[string]string
}

type compiled struct {
	Rule
	program *vm.Program // nil matches always
}

func compile(when string) (*vm.Program, error) {
	if strings.TrimSpace(when) == "" {
		return nil, nil
	}
	if len(when) > maxWhen {
		return nil, fmt.Errorf("the expression has %d bytes; at most %d", len(when), maxWhen)
	}
	return expr.Compile(when, expr.Env(Facts{}), expr.AsBool())
}

// NewRules compiles the rules of a checked configuration.
func NewRules(c Config) (*Rules, error) {
	if len(c.Tiers) == 0 {
		return nil, errors.New("router: there is no tier")
	}
	r := &Rules{lowest: c.tiers()[0], queueOf: map[string]string{}, groups: map[ticket.RouteEvent][][]compiled{}}
	for _, t := range c.Tiers {
		r.queueOf[t.Name] = cmp.Or(t.Queue, t.Name)
	}
	if err := r.add(c.Rules); err != nil {
		return nil, err
	}
	if !c.Signals.Off {
		if err := r.add(ownRules()); err != nil {
			return nil, err
		}
	}
	finder, err := signals.New(c.Signals.Words)
	if err != nil {
		return nil, err
	}
	r.finder = finder
	p, err := compile(c.Answers.Acknowledge.When)
	if err != nil {
		return nil, fmt.Errorf("router: answers.acknowledge: %w", err)
	}
	r.acknowledge.program = p
	return r, nil
}

// add compiles rules and puts them behind those that are there.
func (r *Rules) add(rules []Rule) error {
	names := map[ticket.RouteEvent][]string{} // of groups, in order
	for on, groups := range r.groups {
		names[on] = make([]string, len(groups)) // no name of these counts any more
	}
	for _, rule := range rules {
		p, err := compile(rule.When)
		if err != nil {
			return fmt.Errorf("router: rule %q: %w", rule.Name, err)
		}
		group := cmp.Or(rule.Group, defaultGroup)
		events := rule.On
		if len(events) == 0 {
			events = []ticket.RouteEvent{ticket.OnOpened}
		}
		for _, on := range events {
			i := slices.Index(names[on], group)
			if i < 0 {
				names[on], r.groups[on], i = append(names[on], group), append(r.groups[on], nil), len(names[on])
			}
			r.groups[on][i] = append(r.groups[on][i], compiled{rule, p})
		}
	}
	return nil
}

// Decide says where a ticket goes, and why. A rule whose expression fails does not match, and the
// reasons say so.
func (r *Rules) Decide(f Facts) ticket.Decision {
	return r.decide(f, func(compiled, bool, error) {})
}

// decide tells of every rule that was tried whether it matched.
func (r *Rules) decide(f Facts, tried func(rule compiled, matched bool, err error)) ticket.Decision {
	on := ticket.RouteEvent(cmp.Or(f.On, string(ticket.OnOpened)))
	d := ticket.Decision{On: on}
	var machine vm.VM // one for all rules: it keeps its stack
	var env any = f
	for _, group := range r.groups[on] {
		for _, rule := range group {
			ok, err := rule.matches(&machine, env)
			tried(rule, ok, err)
			if err != nil {
				d.Reasons = append(d.Reasons, fmt.Sprintf("rule %q could not be evaluated: %v", rule.Name, err))
			}
			if !ok {
				continue
			}
			d.Tier = cmp.Or(d.Tier, rule.Then.Tier)
			d.Queue = cmp.Or(d.Queue, rule.Then.Queue)
			d.Owner = cmp.Or(d.Owner, rule.Then.Owner)
			d.Priority = cmp.Or(d.Priority, rule.Then.Priority)
			d.Tags = append(d.Tags, rule.Then.Tags...)
			d.Reasons = append(d.Reasons, "rule “"+rule.Name+"”"+rule.Then.effect())
			for _, do := range rule.Then.Propose {
				d.Propose = append(d.Propose, ticket.Proposal{Do: do, Why: rule.Name})
			}
			break
		}
	}
	if on != ticket.OnOpened {
		return d // where it is, people have put it
	}
	if d.Tier == "" {
		d.Tier = r.lowest.Name
		d.Reasons = append(d.Reasons, "no rule names a tier: "+cmp.Or(r.lowest.Title, r.lowest.Name))
	}
	d.Queue = cmp.Or(d.Queue, r.queueOf[d.Tier])
	d.Priority = cmp.Or(d.Priority, ticket.Normal)
	return d
}

func (c compiled) matches(machine *vm.VM, env any) (bool, error) {
	if c.program == nil {
		return true, nil
	}
	out, err := machine.Run(c.program, env)
	if err != nil {
		return false, err
	}
	ok, _ := out.(bool)
	return ok, nil
}

func joined(list []ticket.ActionKind) string {
	var s []string
	for _, k := range list {
		s = append(s, string(k))
	}
	return strings.Join(s, " ")
}

// effect is what a rule does, in words.
func (t Then) effect() string {
	var parts []string
	for _, p := range []struct{ name, value string }{
		{"tier", t.Tier}, {"queue", t.Queue}, {"owner", t.Owner}, {"priority", string(t.Priority)},
		{"tags", strings.Join(t.Tags, " ")}, {"proposes", joined(t.Propose)},
	} {
		if p.value != "" {
			parts = append(parts, p.name+" "+p.value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}
