package router

import (
	"cmp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"tierline/config/check"
	"tierline/ticket"
)

// checkReach warns of rules that can never count, as far as that can be proven: one before it in its group always
// matches, or has the same condition; or one that always matches stops everything behind it.
func (c Config) checkReach(at check.At) {
	type seen struct{ name, when string }
	before, stopped := map[ticket.RouteEvent]map[string][]seen{}, map[ticket.RouteEvent]seen{}
	groups := map[ticket.RouteEvent][]string{} // in order
	whole := make([]string, len(c.Rules))
	for i, r := range c.Rules {
		whole[i] = canonical(r.When)
		for _, on := range r.events() {
			if g := cmp.Or(r.Group, defaultGroup); !slices.Contains(groups[on], g) {
				groups[on] = append(groups[on], g)
			}
		}
	}
	for on, names := range groups { // the first group that always stops
		for _, g := range names {
			if _, done := stopped[on]; done {
				break
			}
			for i, r := range c.Rules {
				if cmp.Or(r.Group, defaultGroup) != g || !slices.Contains(r.events(), on) {
					continue
				}
				if r.Then.Stop && whole[i] == always {
					stopped[on] = seen{r.Name, g}
				}
				if !r.Then.Stop || whole[i] == always {
					break
				}
			}
		}
	}
	for i, r := range c.Rules {
		if whole[i] == "" {
			continue // it has a fault, which is told of
		}
		g, dead, why := cmp.Or(r.Group, defaultGroup), 0, ""
		for _, on := range r.events() {
			if s, ok := stopped[on]; ok && slices.Index(groups[on], g) > slices.Index(groups[on], s.when) {
				dead, why = dead+1, "rule “"+s.name+"” always matches and stops"
				continue
			}
			if before[on] == nil {
				before[on] = map[string][]seen{}
			}
			for _, s := range before[on][g] {
				if s.when == always || s.when == whole[i] {
					dead, why = dead+1, "rule “"+s.name+"” before it in its group always matches"
					if s.when != always {
						why = "rule “" + s.name + "” before it in its group has the same condition"
					}
					break
				}
			}
			before[on][g] = append(before[on][g], seen{r.Name, whole[i]})
		}
		if dead == len(r.events()) {
			at.Index(i).Warn("leave it out, or put it before the other", "rule %.60q never counts: %s", r.Name, why)
		}
	}
}

const always = "true"

// canonical is a condition in one way of writing it; "true" for one that always holds, "" for one with a fault.
func canonical(when string) string {
	if strings.TrimSpace(when) == "" {
		return always
	}
	if _, err := compile(when); err != nil {
		return ""
	}
	tree, err := parser.Parse(when)
	if err != nil {
		return ""
	}
	return alternatives(tree.Node)
}

// alternatives writes and-parts in one order: they have no effects.
func alternatives(n ast.Node) string {
	parts := operands(n)
	if len(parts) == 1 {
		return n.String()
	}
	var list []string
	for _, p := range parts {
		if s := p.String(); s != always {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return always
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " && ")
}

// events are those at which a rule is looked at.
func (r Rule) events() []ticket.RouteEvent {
	if len(r.On) == 0 {
		return []ticket.RouteEvent{ticket.OnOpened}
	}
	return r.On
}
