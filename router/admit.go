package router

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/expr-lang/expr/vm"

	"tierline/config/check"
	"tierline/ticket"
)

// Requirement is something that must be true before a case may enter a tier.
type Requirement struct {
	Need string `yaml:"need"` // an expression over Facts, with what is handed over: diagnosis, tried, units
	Say  string `yaml:"say"`  // what people read when it is not; default: the expression
}

// Entry are the requirements of a tier. In the configuration it may be one expression, too.
type Entry []Requirement

// UnmarshalYAML reads one expression, or a list.
func (e *Entry) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*e = nil
		if n.Value != "" {
			*e = Entry{{Need: n.Value}}
		}
		return nil
	}
	var list []Requirement
	err := n.Decode(&list)
	*e = list
	return err
}

func (e Entry) check(at check.At) {
	for i, r := range e {
		at := at.Index(i)
		if strings.TrimSpace(r.Need) == "" {
			at.Key("need").Error(`diagnosis != ""`, "nothing is required")
		} else if _, err := compile(r.Need); err != nil {
			at.Key("need").Error("", "%v", err)
		}
		if r.Say == "" {
			at.Key("say").Warn("write what people are to do about it", "people read the expression itself")
		}
	}
}

// May says who may bring a case to a tier, and who may page it: roles, agents, and tiers, whose people are meant.
// Without any it is all staff.
type May struct {
	Escalate []string `yaml:"escalate"`
	Page     []string `yaml:"page"`
}

func (m May) check(c Config, known func(string) bool, at check.At) {
	for key, list := range map[string][]string{"escalate": m.Escalate, "page": m.Page} {
		for i, who := range list {
			if !slices.Contains(ticket.Roles, ticket.Role(who)) && !known(who) && !c.hasTier(who) {
				at.Key(key).Index(i).Error("a role, an agent or a tier", "%.60q is none of them", who)
			}
		}
	}
}

// The ways in which a tier asks for the diagnosis when a case leaves it for another one. To be solved, a case needs
// one anyhow.
const (
	DiagnosisAsked    = "asked" // the form asks; default
	DiagnosisRequired = "required"
)

// entry is a compiled requirement.
type entry struct {
	Requirement
	program *vm.Program
}

func compileEntry(t Tier) (list []entry, err error) {
	for _, r := range t.Entry {
		p, err := compile(r.Need)
		if err != nil {
			return nil, fmt.Errorf("router: entry of tier %q: %w", t.Name, err)
		}
		list = append(list, entry{r, p})
	}
	return list, nil
}

// unmet are the sentences of those requirements of a tier that facts do not meet. One that fails is not met.
func (r *Rules) unmet(tier string, f Facts) (list []string) {
	for _, e := range r.entry[tier] {
		ok, err := compiled{program: e.program}.matches(new(vm.VM), f)
		if ok && err == nil {
			continue
		}
		if e.Say != "" {
			list = append(list, strings.TrimSuffix(strings.TrimSpace(e.Say), "."))
		} else {
			list = append(list, "this must hold: "+oneLine(e.Need))
		}
	}
	return list
}

// among says whether an agent is named by a list of roles, agents and tiers.
func (d *Desk) among(list []string, a ticket.Agent) bool {
	if len(list) == 0 || a.Is(ticket.RoleAdmin) {
		return true
	}
	for _, who := range list {
		if who == a.ID || a.Is(ticket.Role(who)) {
			return true
		}
		if slices.ContainsFunc(d.Members(who), func(m ticket.Agent) bool { return m.ID == a.ID }) {
			return true
		}
	}
	return false
}

// allowed says whether an agent may bring cases to a tier, or page it.
func (d *Desk) allowed(by ticket.Agent, kind ticket.ActionKind, to Tier) error {
	list, what := to.May.Escalate, "bring cases to"
	if kind == ticket.ActPage {
		list, what = to.May.Page, "page"
	}
	if d.among(list, by) {
		return nil
	}
	return ticket.Errorf("router.Act", ticket.Denied, "You may not %s %s; these may: %s.", what, to.view().Title, strings.Join(list, ", "))
}

// admit says whether a case may go to a tier as it is handed over.
func (d *Desk) admit(ctx context.Context, a *ticket.Action, t ticket.Ticket, to Tier) error {
	from := d.tier(t.Tier)
	if from.Diagnosis == DiagnosisRequired && strings.TrimSpace(t.Diagnosis+a.Diagnosis) == "" {
		return ticket.Errorf("router.Act", ticket.Invalid, "%s says what it is before it hands a case on: the diagnosis is missing.", from.view().Title)
	}
	if len(to.Entry) == 0 {
		return nil
	}
	f, _, err := d.gather(ctx, t.ID)
	if err != nil {
		return err
	}
	rules := d.Live.Rules()
	f.remember(t)
	f.signals(rules)
	if s := strings.TrimSpace(a.Diagnosis); s != "" {
		f.Diagnosis = s
	}
	if h := a.Handoff; h != nil {
		if s := strings.TrimSpace(h.Tried); s != "" {
			f.Tried = append(slices.Clone(f.Tried), s)
		}
		if s := strings.TrimSpace(h.Unit); s != "" && len(f.Units) == 0 {
			f.Units = []string{s}
		}
	}
	if list := rules.unmet(to.Name, f); len(list) > 0 {
		return ticket.Errorf("router.Act", ticket.Invalid, "%s cannot take it yet: %s.", to.view().Title, strings.Join(list, "; "))
	}
	return nil
}
