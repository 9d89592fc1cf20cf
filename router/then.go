package router

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Then is what a rule decides. What is empty is left to others.
type Then struct {
	Tier     string          `yaml:"tier"` // a level or a side team
	Queue    string          `yaml:"queue"`
	Owner    string          `yaml:"owner"`
	Priority ticket.Priority `yaml:"priority"`
	Tags     []string        `yaml:"tags"`
	Skills   []string        `yaml:"skills"` // wanted of whoever gets it
	Clocks   Clocks          `yaml:"clocks"` // the ticket's own targets, instead of its tier's
	// Answer tells the customer something, once for each rule and ticket, and never a machine.
	Answer *AutoAnswer `yaml:"answer"`
	// Page, Escalate, Inform and Supplier are done in the rule's name, once at each tier.
	Page     *RulePage `yaml:"page"`
	Escalate string    `yaml:"escalate"` // a tier, or up: the next one
	Inform   string    `yaml:"inform"`   // lead: the leads of the tier; or an agent, or a tier whose leads hear of it
	Supplier string    `yaml:"supplier"`
	// Propose is what people are to be asked to do: escalate, page, inform or incident.
	Propose []ticket.ActionKind `yaml:"propose"`
	// Incident says that it is part of one: a short name, the same for all tickets of one. It is proposed to people.
	Incident string `yaml:"incident"`
	Stop     bool   `yaml:"stop"` // groups behind this one are not worked
}

// RulePage is whom a rule rings.
type RulePage struct {
	Tier     string          `yaml:"tier"`     // "": the next one up, or the top itself
	Severity ticket.Priority `yaml:"severity"` // default: the ticket's priority
}

// AutoAnswer is what a rule tells customers: texts, or articles of which they are given the public wording.
type AutoAnswer struct {
	Texts    map[string]string `yaml:"texts"`    // Markdown by language
	Articles map[string]string `yaml:"articles"` // ids by language
}

const (
	stepUp     = "up"   // of Then.Escalate
	informLead = "lead" // of Then.Inform

	maxIncidentName = 60 // bytes
)

// steps are what is to be done in the rule's name.
func (t Then) steps(rule string) (list []ticket.Step) {
	if t.Page != nil {
		list = append(list, ticket.Step{Do: ticket.ActPage, Rule: rule, Tier: t.Page.Tier, Severity: t.Page.Severity})
	}
	if t.Escalate != "" {
		s := ticket.Step{Do: ticket.ActEscalate, Rule: rule, Tier: t.Escalate}
		if s.Tier == stepUp {
			s.Tier = ""
		}
		list = append(list, s)
	}
	if t.Inform != "" {
		s := ticket.Step{Do: ticket.ActInform, Rule: rule, Lead: t.Inform}
		if s.Lead == informLead {
			s.Lead = ""
		}
		list = append(list, s)
	}
	if t.Supplier != "" {
		list = append(list, ticket.Step{Do: ticket.ActSupplier, Rule: rule, Supplier: t.Supplier})
	}
	return list
}

// effect is what a rule does, in words.
func (t Then) effect() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("tier", t.Tier)
	add("queue", t.Queue)
	add("owner", t.Owner)
	add("priority", string(t.Priority))
	add("tags", strings.Join(t.Tags, " "))
	add("skills", strings.Join(t.Skills, " "))
	add("clocks", t.Clocks.String())
	if t.Answer != nil {
		parts = append(parts, "answers")
	}
	for _, s := range t.steps("") {
		parts = append(parts, said(s))
	}
	add("proposes", joined(t.Propose))
	add("incident", t.Incident)
	if t.Stop {
		parts = append(parts, "stops")
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

// said is a step in words.
func said(s ticket.Step) string {
	switch s.Do {
	case ticket.ActPage:
		return strings.TrimSpace("pages " + cmp.Or(s.Tier, "the next tier") + " " + string(s.Severity))
	case ticket.ActEscalate:
		return "escalates to " + cmp.Or(s.Tier, "the next tier")
	case ticket.ActInform:
		return "tells " + cmp.Or(s.Lead, "the lead")
	}
	return "gives it to " + s.Supplier
}

// String names the targets that are set.
func (c Clocks) String() string {
	var parts []string
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"first", c.First}, {"next", c.Next}, {"resolution", c.Resolution}, {"tier", c.Tier}} {
		if p.d > 0 {
			parts = append(parts, p.name+" "+brief(p.d))
		}
	}
	return strings.Join(parts, " ")
}

// brief is a duration without the units that are zero: 1h, not 1h0m0s.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// into adds what a rule does to a decision in which earlier groups have had their say.
func (t Then) into(d *ticket.Decision, rule string) {
	d.Tier, d.Queue, d.Owner = cmp.Or(d.Tier, t.Tier), cmp.Or(d.Queue, t.Queue), cmp.Or(d.Owner, t.Owner)
	d.Priority = cmp.Or(d.Priority, t.Priority)
	d.Tags, d.Skills = with(d.Tags, t.Tags), with(d.Skills, t.Skills)
	if t.Clocks != (Clocks{}) {
		if d.Allow == nil {
			d.Allow = &ticket.Allowance{}
		}
		a := d.Allow
		a.First, a.Next = cmp.Or(a.First, t.Clocks.First), cmp.Or(a.Next, t.Clocks.Next)
		a.Resolution, a.Tier = cmp.Or(a.Resolution, t.Clocks.Resolution), cmp.Or(a.Tier, t.Clocks.Tier)
	}
	if t.Answer != nil && len(d.Answers) == 0 { // a customer is told one thing at a time
		d.Answers = append(d.Answers, ticket.AutoAnswer{Rule: rule})
	}
	d.Steps = append(d.Steps, t.steps(rule)...)
	d.Incident = cmp.Or(d.Incident, t.Incident)
	for _, do := range t.Propose {
		d.Propose = append(d.Propose, ticket.Proposal{Do: do, Why: rule})
	}
}

// with adds what is new.
func with(list, more []string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

// check reports what is wrong with what a rule does.
func (t Then) check(c Config, known func(string) bool, at check.At) {
	tier := func(at check.At, name string, also ...string) {
		if name != "" && !slices.Contains(also, name) && !c.hasTier(name) {
			at.Error(mean(name, append(c.tierNames(), also...)), "there is no tier %.60q", name)
		}
	}
	tier(at.Key("tier"), t.Tier)
	tier(at.Key("escalate"), t.Escalate, stepUp)
	if t.Page != nil {
		at := at.Key("page")
		tier(at.Key("tier"), t.Page.Tier)
		if s := t.Page.Severity; s != "" && !s.Valid() {
			at.Key("severity").Error("low, normal, high or urgent", "%.40q is no severity", string(s))
		}
	}
	if t.Owner != "" && !known(t.Owner) {
		at.Key("owner").Error(mean(t.Owner, c.agentIDs()), "there is no agent %.60q", t.Owner)
	}
	if n := t.Inform; n != "" && n != informLead && !known(n) && !c.hasTier(n) {
		at.Key("inform").Error("lead, an agent, or a tier", "there is no agent and no tier %.60q", n)
	}
	if t.Supplier != "" && c.supplier(t.Supplier) == nil {
		at.Key("supplier").Error(mean(t.Supplier, c.supplierNames()), "there is no supplier %.60q", t.Supplier)
	}
	if t.Priority != "" && !t.Priority.Valid() {
		at.Key("priority").Error("low, normal, high or urgent", "%.20q is no priority", string(t.Priority))
	}
	if k := t.Clocks; min(k.First, k.Next, k.Resolution, k.Tier) < 0 {
		at.Key("clocks").Error("a duration such as 4h", "time does not run backwards")
	}
	for i, do := range t.Propose {
		if !slices.Contains(ticket.Proposable, do) {
			at.Key("propose").Index(i).Error(joined(ticket.Proposable), "%.20q cannot be proposed", string(do))
		}
	}
	if len(t.Incident) > maxIncidentName {
		at.Key("incident").Error("a short name such as mail-outage", "%d bytes; at most %d", len(t.Incident), maxIncidentName)
	}
	if t.Answer != nil {
		t.Answer.check(at.Key("answer"))
	}
}

func (a AutoAnswer) check(at check.At) {
	if len(a.Texts)+len(a.Articles) == 0 {
		at.Error("texts: {en: …}, or articles: {en: the id of one}", "there is nothing to answer")
	}
	for _, l := range slices.Sorted(maps.Keys(a.Texts)) {
		if strings.TrimSpace(a.Texts[l]) == "" {
			at.Key("texts").Key(l).Error("write what customers are told", "there is no text")
		}
		checkText(at.Key("texts").Key(l), a.Texts[l], "number", "subject", "brand")
	}
	for _, l := range slices.Sorted(maps.Keys(a.Articles)) {
		if strings.TrimSpace(a.Articles[l]) == "" {
			at.Key("articles").Key(l).Error("the id of an article", "there is no article")
		}
	}
}

// mean says which of the known names may have been meant, or lists them.
func mean(name string, known []string) string {
	if n := nearest(name, known); n != "" {
		return fmt.Sprintf("did you mean %s?", n)
	}
	if len(known) > 10 {
		known = append(slices.Clone(known[:10]), "…")
	}
	return strings.Join(known, ", ")
}

func (c Config) hasTier(name string) bool {
	return slices.ContainsFunc(c.Tiers, func(t Tier) bool { return t.Name == name })
}

func (c Config) tierNames() (names []string) {
	for _, t := range c.Tiers {
		names = append(names, t.Name)
	}
	return names
}

func (c Config) agentIDs() (ids []string) {
	for _, a := range c.Agents {
		ids = append(ids, a.ID)
	}
	return ids
}
