package router

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"tierline/config/check"
	"tierline/router/pager"
	"tierline/ticket"
)

// Paging is how a tier is paged. Its zero value rings everybody of the tier's oncall, one after the other, by
// Slack.
type Paging struct {
	Steps  []PagingStep  `yaml:"steps"`
	Rounds int           `yaml:"rounds"` // how often all steps are gone through; default 1
	Quiet  Quiet         `yaml:"quiet"`
	Remind time.Duration `yaml:"remind"`  // whoever accepted and does nothing for so long is reminded, then paged anew; default 10m, negative never
	LeadBy OneOrMore     `yaml:"lead_by"` // by what the leads are told that nobody was reached; default slack, and email if there is any
}

// PagingStep is people who are rung at once.
type PagingStep struct {
	// Who: oncall (whoever is on call then), next (who comes after them), team (the tier's members), all (its
	// whole chain), lead, agent:ID, oncall:TIER.
	Who  OneOrMore     `yaml:"who"`
	By   OneOrMore     `yaml:"by"`   // slack (default), email, or names of paging.providers
	Wait time.Duration `yaml:"wait"` // until the next step; default page_wait
}

// Quiet are hours in which a page waits for the morning, unless it is urgent enough.
type Quiet struct {
	From   string            `yaml:"from"`   // 22:00; "" has no quiet hours
	To     string            `yaml:"to"`     // 07:00
	Zone   string            `yaml:"zone"`   // IANA zone; default UTC
	Bypass []ticket.Priority `yaml:"bypass"` // severities that ring all the same; default high, urgent
}

// OneOrMore is a list that may be written as a single word.
type OneOrMore []string

// UnmarshalYAML takes a word or a list of words.
func (o *OneOrMore) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*o = OneOrMore{n.Value}
		return nil
	}
	return n.Decode((*[]string)(o))
}

// Limits of a tier's paging, and its defaults.
const (
	maxSteps      = 20
	maxRounds     = 10
	defaultRemind = 10 * time.Minute
)

func (c Config) checkPaging(t Tier, at check.At, known func(string) bool) {
	p := t.Paging
	names := c.Paging.Names()
	ways := func(at check.At, list []string) {
		for i, by := range list {
			if !slices.Contains(names, by) {
				at.Index(i).Error("one of "+strings.Join(names, ", "), "there is no provider %.60q", by)
			}
		}
	}
	if len(p.Steps) > maxSteps {
		at.Key("steps").Error("", "%d steps; at most %d", len(p.Steps), maxSteps)
	}
	for i, s := range p.Steps {
		here := at.Key("steps").Index(i)
		if len(s.Who) == 0 {
			here.Key("who").Error("oncall, next, team, all, lead, agent:ID or oncall:TIER", "a step rings nobody")
		}
		for j, who := range s.Who {
			if err := c.whoFault(who, known); err != "" {
				here.Key("who").Index(j).Error("oncall, next, team, all, lead, agent:ID or oncall:TIER", "%s", err)
			}
		}
		ways(here.Key("by"), s.By)
		if s.Wait < 0 || s.Wait > 24*time.Hour {
			here.Key("wait").Error("a duration such as 90s", "not between 0 and 24h")
		}
	}
	if p.Rounds < 0 || p.Rounds > maxRounds {
		at.Key("rounds").Error("", "not between 1 and %d", maxRounds)
	}
	if p.Remind > 24*time.Hour {
		at.Key("remind").Error("a duration such as 10m", "more than 24h")
	}
	ways(at.Key("lead_by"), p.LeadBy)
	p.Quiet.check(at.Key("quiet"))
}

func (c Config) whoFault(who string, known func(string) bool) string {
	kind, name, _ := strings.Cut(who, ":")
	switch {
	case slices.Contains([]string{"oncall", "next", "team", "all", "lead"}, who):
	case kind == "agent" && !known(name):
		return fmt.Sprintf("there is no agent %.60q", name)
	case kind == "oncall" && !slices.ContainsFunc(c.Tiers, func(t Tier) bool { return t.Name == name }):
		return fmt.Sprintf("there is no tier %.60q", name)
	case kind != "agent" && kind != "oncall":
		return fmt.Sprintf("%.60q is nobody", who)
	}
	return ""
}

func (q Quiet) check(at check.At) {
	if q.From == "" && q.To == "" {
		return
	}
	for key, v := range map[string]string{"from": q.From, "to": q.To} {
		if _, err := time.Parse("15:04", v); err != nil {
			at.Key(key).Error("a time such as 22:00", "%.20q is no time of day", v)
		}
	}
	if _, err := time.LoadLocation(q.Zone); err != nil {
		at.Key("zone").Error("an IANA zone such as Europe/Berlin", "%.60q is no time zone", q.Zone)
	}
	for i, p := range q.Bypass {
		if !p.Valid() {
			at.Key("bypass").Index(i).Error("low, normal, high or urgent", "%.20q is no severity", string(p))
		}
	}
}

// ends is when quiet hours end that a page of this severity has to wait for; zero: it need not.
func (q Quiet) ends(severity ticket.Priority, at time.Time) time.Time {
	from, err := time.Parse("15:04", q.From)
	to, bad := time.Parse("15:04", q.To)
	zone, odd := time.LoadLocation(q.Zone)
	bypass := q.Bypass
	if len(bypass) == 0 {
		bypass = []ticket.Priority{ticket.High, ticket.Urgent}
	}
	if err != nil || bad != nil || odd != nil || q.From == q.To || slices.Contains(bypass, severity) {
		return time.Time{}
	}
	local := at.In(zone)
	for _, back := range []int{1, 0} { // those that began yesterday first
		y, m, d := local.AddDate(0, 0, -back).Date()
		begin := time.Date(y, m, d, from.Hour(), from.Minute(), 0, 0, zone)
		end := time.Date(y, m, d, to.Hour(), to.Minute(), 0, 0, zone)
		if to.Before(from) {
			end = time.Date(y, m, d+1, to.Hour(), to.Minute(), 0, 0, zone)
		}
		if !at.Before(begin) && at.Before(end) {
			return end.UTC()
		}
	}
	return time.Time{}
}

// planPage fills in whom a page rings, as things are now.
func (d *Desk) planPage(ctx context.Context, a *ticket.Action) error {
	t, err := d.Store.Ticket(ctx, a.Ticket)
	if err != nil {
		return err
	}
	tier, severity := a.Tier, a.Severity
	switch {
	case a.Kind != ticket.ActPage && t.PageOf(a.Page) != nil:
		p := t.PageOf(a.Page)
		tier, severity = p.Tier, p.Severity
	case tier == "":
		next, ok := d.Config().above(t.Tier)
		if !ok {
			next = d.tier(t.Tier) // the top rings its own people
		}
		tier = next.Name
	case !slices.ContainsFunc(d.Config().Tiers, func(t Tier) bool { return t.Name == tier }):
		return ticket.Errorf("router.Act", ticket.Invalid, "There is no tier %.60q.", tier)
	}
	if a.Kind == ticket.ActPage {
		a.Tier = tier
	}
	if a.Kind == ticket.ActHand {
		a.Text = d.agent(a.Owner).Name
	}
	a.Plan, err = d.pagePlan(ctx, d.tier(tier), cmp.Or(severity, t.Priority), d.Now())
	return err
}

// pagePlan is who is rung for a tier at a time.
func (d *Desk) pagePlan(ctx context.Context, t Tier, severity ticket.Priority, at time.Time) (*ticket.PagePlan, error) {
	p := t.Paging
	plan := &ticket.PagePlan{}
	if len(p.Steps) == 0 {
		roster, err := d.Roster(ctx, t.Name)
		if err != nil {
			return nil, err
		}
		plan = ticket.ChainPlan(t.PageWait, pager.Slack, roster.Chain(at)...)
	}
	for _, s := range p.Steps {
		stage := ticket.PageStage{By: s.By, Wait: cmp.Or(s.Wait, t.PageWait)}
		if len(stage.By) == 0 {
			stage.By = []string{pager.Slack}
		}
		for _, who := range s.Who {
			ids, err := d.people(ctx, t, who, at)
			if err != nil {
				return nil, err
			}
			for _, id := range ids {
				if !slices.Contains(stage.Who, id) && len(d.agent(id).Roles) > 0 {
					stage.Who = append(stage.Who, id)
				}
			}
		}
		plan.Steps = append(plan.Steps, stage)
	}
	plan.Quiet, plan.Silent = d.undisturbed(ctx, plan.Steps), []string{pager.Slack}
	plan.Title = t.view().Title
	plan.Rounds, plan.Start, plan.Remind = p.Rounds, p.Quiet.ends(severity, at), max(cmp.Or(p.Remind, defaultRemind), 0)
	for _, a := range d.leads(t.Name) {
		plan.Leads = append(plan.Leads, a.ID)
	}
	if plan.LeadBy = p.LeadBy; len(plan.LeadBy) == 0 {
		plan.LeadBy = []string{pager.Slack}
		if d.MailPages {
			plan.LeadBy = append(plan.LeadBy, pager.Email)
		}
	}
	return plan, nil
}

// quietWithin is how long a page waits to hear who does not want to be disturbed: it goes out all the same.
const quietWithin = time.Second

// undisturbed are those of a plan who do not want to be disturbed, and until when, as far as that is known.
func (d *Desk) undisturbed(ctx context.Context, steps []ticket.PageStage) map[string]time.Time {
	if d.Tool == nil {
		return nil
	}
	var people []ticket.Agent
	for _, s := range steps {
		for _, id := range s.Who {
			if !slices.ContainsFunc(people, func(a ticket.Agent) bool { return a.ID == id }) {
				people = append(people, d.agent(id))
			}
		}
	}
	ask, cancel := context.WithTimeout(ctx, quietWithin)
	defer cancel()
	quiet, err := d.Tool.Quiet(ask, people)
	if err != nil || len(quiet) == 0 {
		return nil
	}
	return quiet
}

// people are those whom a word of a step stands for.
func (d *Desk) people(ctx context.Context, t Tier, who string, at time.Time) (ids []string, err error) {
	kind, name, _ := strings.Cut(who, ":")
	var agents []ticket.Agent
	switch {
	case kind == "agent":
		return []string{name}, nil
	case who == "team":
		agents = d.Members(t.Name)
	case who == "lead":
		agents = d.leads(t.Name)
	default: // oncall, oncall:TIER, next, all
		roster, err := d.Roster(ctx, cmp.Or(name, t.Name))
		if err != nil {
			return nil, err
		}
		on, chain := roster.On(at), roster.Chain(at)
		switch who {
		case "all":
			return chain, nil
		case "next":
			i := slices.IndexFunc(chain, func(id string) bool { return !slices.Contains(on, id) })
			if i < 0 {
				return nil, nil
			}
			return chain[i : i+1], nil
		}
		return on, nil
	}
	for _, a := range agents {
		ids = append(ids, a.ID)
	}
	return ids, nil
}
