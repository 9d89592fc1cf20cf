package router

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/vm"

	"tierline/router/signals"
	"tierline/ticket"
)

// Rules are compiled rules. They are pure: the same facts give the same decision.
type Rules struct {
	groups      map[ticket.RouteEvent][][]compiled
	finder      *signals.Finder
	acknowledge compiled // matches where the customer is told that it has come in
	lowest      Tier
	queueOf     map[string]string
	entry       map[string][]entry        // by tier
	answers     map[string]*AutoAnswer    // by rule
	own         map[ticket.RouteEvent]int // groups of the configuration; those behind are of the program
}

type compiled struct {
	Rule
	program *vm.Program // nil matches always
}

// NewRules compiles the rules of a checked configuration.
func NewRules(c Config) (*Rules, error) {
	if len(c.Tiers) == 0 {
		return nil, errors.New("router: there is no tier")
	}
	r := &Rules{lowest: c.tiers()[0], queueOf: map[string]string{}, groups: map[ticket.RouteEvent][][]compiled{},
		entry: map[string][]entry{}, answers: map[string]*AutoAnswer{}, own: map[ticket.RouteEvent]int{}}
	for _, t := range c.Tiers {
		r.queueOf[t.Name] = t.queue()
		list, err := compileEntry(t)
		if err != nil {
			return nil, err
		}
		r.entry[t.Name] = list
	}
	if err := r.add(c.Rules); err != nil {
		return nil, err
	}
	for on, groups := range r.groups {
		r.own[on] = len(groups)
	}
	for _, rule := range c.Rules {
		if rule.Then.Answer != nil {
			r.answers[rule.Name] = rule.Then.Answer
		}
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
		for _, on := range rule.events() {
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
	return r.decide(f, func(compiled, Facts, bool, error) {})
}

// decide tells of every rule that was tried whether it matched, and what it saw.
func (r *Rules) decide(f Facts, tried func(rule compiled, saw Facts, matched bool, err error)) ticket.Decision {
	on := ticket.RouteEvent(cmp.Or(f.On, string(ticket.OnOpened)))
	d := ticket.Decision{On: on}
	var machine vm.VM // one for all rules: it keeps its stack
	var env any = f
	stopped := false
	for i, group := range r.groups[on] {
		if stopped && i < r.own[on] {
			continue
		}
		for _, rule := range group {
			ok, err := rule.matches(&machine, env)
			tried(rule, f, ok, err)
			if err != nil {
				d.Reasons = append(d.Reasons, fmt.Sprintf("rule %q could not be evaluated: %v", rule.Name, err))
			}
			if !ok {
				continue
			}
			rule.Then.into(&d, rule.Name)
			f.decided(d)
			env = f
			d.Reasons = append(d.Reasons, "rule “"+rule.Name+"”"+rule.Then.effect())
			stopped = stopped || rule.Then.Stop
			break
		}
	}
	return r.placed(d)
}

// placed gives a new ticket a place where no rule does.
func (r *Rules) placed(d ticket.Decision) ticket.Decision {
	if d.On != ticket.OnOpened {
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
