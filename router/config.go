// Package router decides where a ticket goes and works the outbox.
//
// What happens when things fail: a decision is pure and its reasons are kept with it; a search engine
// that is dead leaves a ticket without suggestions and says so among the reasons. A job whose handler
// fails is tried again with growing delay as long as the fault may pass; one that can never succeed
// is dead and shown to people. A dead peer (Slack, the mail server) holds up the jobs of its own lane
// only. A worker that crashes loses its lease and another does the job.
package router

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"tierline/bots"
	"tierline/config/check"
	"tierline/router/lint"
	"tierline/router/oncall"
	"tierline/router/pager"
	"tierline/ticket"
)

// Config is who works here, the tiers they work in, and the rules that bring tickets there.
type Config struct {
	Agents []ticket.Agent `yaml:"agents"`
	// Roles are given to Slack user groups, by handle ("@support-leads") or id: their members have them, as long as they
	// are members. Whom agents gives a role has that one.
	Roles   map[ticket.Role]OneOrMore `yaml:"roles"`
	Tiers   []Tier                    `yaml:"tiers"`
	Rules   []Rule                    `yaml:"rules"`
	Tests   []RuleTest                `yaml:"tests"` // what rules are to decide
	Signals Signals                   `yaml:"signals"`
	Lint    lint.Config               `yaml:"lint"`   // how notes and answers must be
	Brands  []ticket.Brand            `yaml:"brands"` // the first is the one of inboxes that name none
	Answers Answers                   `yaml:"answers"`

	Complaints Complaints   `yaml:"complaints"`
	Abuse      Abuse        `yaml:"abuse"`
	Questions  Questions    `yaml:"questions"`
	Paging     pager.Config `yaml:"paging"` // by what people are paged
	// Suppliers are those outside the house to whom cases are given.
	Suppliers []Supplier `yaml:"suppliers"`
	// Presence is how it is known who is there, and what becomes of the tickets of who is not.
	Presence  Presence  `yaml:"presence"`
	Incidents Incidents `yaml:"incidents"` // what hits many
	Units     Units     `yaml:"units"`     // units and places that are conspicuous
	Digests   Digests   `yaml:"digests"`   // overviews that people are sent

	groups map[string]ticket.UserGroup // what is known of user groups, by name
	former map[string]string           // the names of those who had their role by one, by agent id
}

// Tier is a level of support (ITIL: functional escalation goes from tier to tier).
type Tier struct {
	Name     string        `yaml:"name"`      // short, as rules name it: l1
	Title    string        `yaml:"title"`     // as people read it: Level 1
	Level    int           `yaml:"level"`     // 1, 2, 3 …: escalation goes up. 0: a side team, such as returns, reached by its name; but the first such tier is level 1 where no other is
	Queue    string        `yaml:"queue"`     // default: the tier's name
	Channel  string        `yaml:"channel"`   // the desk's channel, a name or an id
	OnCall   oncall.Config `yaml:"oncall"`    // who is rung when the tier is paged
	PageWait time.Duration `yaml:"page_wait"` // how long each of them has to answer; default 5m
	Paging   Paging        `yaml:"paging"`    // how; default: one after the other, by Slack
	// Clocks are how much open time things may take, by priority; those of "default" hold for all that a
	// priority does not name. Warn is the share of it after which people are warned, default 0.8.
	Clocks map[string]Clocks `yaml:"clocks"`
	Warn   float64           `yaml:"warn"`
	Leads  []string          `yaml:"leads"` // agent ids who hear of what is overdue or broken; default: all with the role of lead
	// Handoff are the fields that must be filled in by who escalates to this tier: problem, unit, impact,
	// tried, articles, asked, callback, read_back.
	Handoff []string     `yaml:"handoff"`
	Hours   ticket.Hours `yaml:"hours"` // when it works; default: the brand's hours
	Updates Updates      `yaml:"updates"`
	// Members are its people: ids of agents, mail addresses, Slack ids, Slack user groups (@handle or id). Without any: of the
	// lowest tier all with the role of agent, of others those with the role of level2.
	Members   []string `yaml:"members"`
	Entry     Entry    `yaml:"entry"`     // what must be true before people may bring a case here
	May       May      `yaml:"may"`       // who may bring cases here, and who may page it
	Diagnosis string   `yaml:"diagnosis"` // whether a case has one before it leaves for another tier: asked (default) or required
	Assign    string   `yaml:"assign"`    // who gets a ticket without an owner: none (default, people take), round_robin, least_loaded
	Send      Send     `yaml:"send"`      // how else than with Reply what is typed under a card goes to the customer
	Capacity  int      `yaml:"capacity"`  // open tickets at the most that each is handed; 0: no limit
}

// Send is how what is typed in a card's thread is sent to the customer on purpose. Without it, it is a note.
type Send struct {
	Prefix   string `yaml:"prefix"`   // what begins with it is sent without it: "!" or ">>"
	Reaction string `yaml:"reaction"` // the name of an emoji, without colons, that its writer puts on it: outbox_tray
}

func (s Send) check(at check.At) {
	if p := s.Prefix; p != "" && (strings.TrimSpace(p) != p || len(p) > 10 || strings.ContainsAny(p[:1], "<&@#/*_~`") || isWord(p)) {
		at.Key("prefix").Error("a sign or two that nobody begins a note with, such as ! or >>", "%.20q cannot be told from what people type", p)
	}
	if strings.ContainsAny(s.Reaction, ": \t\n") || len(s.Reaction) > 100 {
		at.Key("reaction").Error("its name without colons, such as outbox_tray", "%.40q is no emoji's name", s.Reaction)
	}
}

// isWord says that a text is letters and digits only.
func isWord(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Rule brings tickets somewhere. Rules of one group are tried in order and the first that matches
// counts; the groups are worked in the order in which they first appear, and what an earlier group
// has decided stays.
type Rule struct {
	Name  string              `yaml:"name"`
	Group string              `yaml:"group"` // default: "route"
	On    []ticket.RouteEvent `yaml:"on"`    // opened, reply, warn, breach, returned; default opened
	When  string              `yaml:"when"`  // an expression over Facts; empty always matches
	Then  Then                `yaml:"then"`
}

var routeEvents = []ticket.RouteEvent{ticket.OnOpened, ticket.OnReply, ticket.OnWarn, ticket.OnBreach, ticket.OnReturned}

const (
	defaultGroup = "route"
	maxRules     = 5_000
	maxWhen      = 4_000 // bytes of one expression
)

// Check reports everything that is wrong.
func (c Config) Check(at check.At) {
	agents := map[string]bool{}
	for i, a := range c.Agents {
		at := at.Key("agents").Index(i)
		switch {
		case a.ID == "":
			at.Key("id").Error("give each agent a short id", "an agent has no id")
		case agents[a.ID]:
			at.Key("id").Error("", "two agents have the id %.60q", a.ID)
		}
		agents[a.ID] = true
		if a.Email == "" && a.Slack == "" {
			at.Error("add an email or a slack id", "agent %.60q cannot be recognised in Slack", a.ID)
		}
		for j, r := range a.Roles {
			if !slices.Contains(ticket.Roles, r) {
				at.Key("roles").Index(j).Error(fmt.Sprintf("one of %v", ticket.Roles), "%.20q is no role", string(r))
			}
		}
		if a.Language != "" && !slices.Contains(pager.Languages(), a.Language) {
			at.Key("language").Error("one of "+strings.Join(pager.Languages(), ", "), "people cannot be paged in %.20q", a.Language)
		}
		checkPerson(a, at)
		if len(a.Roles) == 0 && len(c.Roles) == 0 {
			at.Warn("add roles: [agent]", "agent %.60q has no role and may do nothing", a.ID)
		}
	}
	c.checkRoles(at.Key("roles"))
	c.checkBrands(at.Key("brands"))
	c.Signals.check(at.Key("signals"))
	c.Lint.Check(at.Key("lint"))
	c.Answers.Check(at.Key("answers"))
	c.Paging.Check(at.Key("paging"))
	c.checkSuppliers(at.Key("suppliers"))
	c.Presence.Check(at.Key("presence"))
	c.Incidents.check(at.Key("incidents"), c.Tiers)
	c.Units.check(at.Key("units"), c.Tiers)
	c.Digests.check(at.Key("digests"))
	c.checkTiers(at, func(id string) bool { return agents[id] })
	c.checkRules(at, func(id string) bool { return agents[id] })
	c.checkOwed(at)
	c.checkTests(at.Key("tests"))
}

func (c Config) checkBrands(at check.At) {
	names := map[string]bool{}
	for i, b := range c.Brands {
		at := at.Index(i)
		if b.Name == "" || names[b.Name] {
			at.Key("name").Error("a short name, each once", "%.60q cannot be the name of a brand", b.Name)
		}
		names[b.Name] = true
		if err := b.Hours.Check(); err != nil {
			at.Key("hours").Error("week: {mon: \"09:00-17:30\"}", "%v", err)
		}
	}
}

// StaffNames are the names of staff.
func (c Config) StaffNames() []string {
	var names []string
	for _, a := range c.Agents {
		names = append(names, a.Name)
	}
	return names
}

// Staff finds who of staff has a mail address.
func (c Config) Staff(address string) (ticket.Actor, bool) {
	for _, a := range c.Agents {
		if address != "" && strings.EqualFold(a.Email, address) {
			return a.Actor(), true
		}
	}
	return ticket.Actor{}, false
}

// Brand is the brand of a name; "" is the first. A gateway that names no brands has one without a
// title.
func (c Config) Brand(name string) ticket.Brand {
	for i, b := range c.Brands {
		if b.Name == name || name == "" && i == 0 {
			return b
		}
	}
	return ticket.Brand{Name: name}
}

func (c Config) checkTiers(at check.At, known func(string) bool) {
	if len(c.Tiers) == 0 {
		at.Key("tiers").Error("add at least one tier", "there is no tier")
	}
	names := map[string]bool{}
	for i, t := range c.Tiers {
		at := at.Key("tiers").Index(i)
		switch {
		case t.Name == "":
			at.Key("name").Error("give each tier a short name, such as l1", "a tier has no name")
		case names[t.Name]:
			at.Key("name").Error("", "two tiers are called %.60q", t.Name)
		}
		names[t.Name] = true
		if t.Channel == "" {
			at.Key("channel").Error("name the Slack channel of this tier", "tier %.60q has no channel for its cards", t.Name)
		}
		if where, name, ok := strings.Cut(t.Channel, "/"); ok && (where == "" || strings.Trim(name, "#/ ") == "") {
			at.Key("channel").Error("workspace/#channel, such as acme/#repairs", "%.80q names no channel in another workspace", t.Channel)
		}
		t.Send.check(at.Key("send"))
		if t.PageWait < 0 || t.PageWait > 24*time.Hour {
			at.Key("page_wait").Error("a duration such as 5m", "not between 0 and 24h")
		}
		if t.Level > 1 && len(t.OnCall.People)+len(t.OnCall.Layers)+len(t.Paging.Steps) == 0 {
			at.Key("oncall").Warn("list people under oncall", "tier %.60q cannot be paged: nobody is on call", t.Name)
		}
		t.OnCall.Check(at.Key("oncall"), known)
		c.checkPaging(t, at.Key("paging"), known)
		t.checkClocks(at)
		c.checkTeam(t, at)
		t.Entry.check(at.Key("entry"))
		t.May.check(c, known, at.Key("may"))
		if d := t.Diagnosis; d != "" && d != DiagnosisAsked && d != DiagnosisRequired {
			at.Key("diagnosis").Error("asked or required", "%.40q is neither", d)
		}
		if t.Level < 0 {
			at.Key("level").Error("1, 2, 3 …, or 0 for a side team", "%d is no level", t.Level)
		}
		for i, id := range t.Leads {
			if !known(id) {
				at.Key("leads").Index(i).Error("name one of the agents", "there is no agent %.60q", id)
			}
		}
		for i, f := range t.Handoff {
			if !slices.Contains(ticket.HandoffFields, f) {
				at.Key("handoff").Index(i).Error(strings.Join(ticket.HandoffFields, ", "), "%.40q is no field of a handoff", f)
			}
		}
	}
}

func (c Config) checkRules(at check.At, known func(string) bool) {
	if len(c.Rules) > maxRules {
		at.Key("rules").Error("", "%d rules; at most %d", len(c.Rules), maxRules)
		return
	}
	names := map[string]bool{}
	for i, r := range c.Rules {
		at := at.Key("rules").Index(i)
		switch {
		case r.Name == "":
			at.Key("name").Error("a rule's name is the reason that agents read", "a rule has no name")
		case names[r.Name]:
			at.Key("name").Error("", "two rules are called %.60q", r.Name)
		}
		names[r.Name] = true
		if _, err := compile(r.When); err != nil {
			at.Key("when").Error("", "%v", err)
		}
		for i, on := range r.On {
			if !slices.Contains(routeEvents, on) {
				at.Key("on").Index(i).Error(fmt.Sprintf("one of %v", routeEvents), "%.20q is nothing that rules look at", string(on))
			}
		}
		r.Then.check(c, known, at.Key("then"))
	}
	c.checkReach(at.Key("rules"))
}

// base is the name of the tier that is the first level without saying so: the first of those without a level, where
// none has level 1.
func (c Config) base() string {
	if slices.ContainsFunc(c.Tiers, func(t Tier) bool { return t.Level == 1 }) {
		return ""
	}
	for _, t := range c.Tiers {
		if t.Level == 0 {
			return t.Name
		}
	}
	return ""
}

// side says whether a tier stands beside the levels.
func (c Config) side(t Tier) bool { return t.Level == 0 && t.Name != c.base() }

// tiers in order of level, those of one level as configured; side teams are behind them.
func (c Config) tiers() []Tier {
	base := c.base()
	rank := func(t Tier) int {
		if t.Level == 0 && t.Name != base {
			return math.MaxInt
		}
		return t.Level
	}
	return slices.SortedStableFunc(slices.Values(c.Tiers), func(a, b Tier) int { return cmp.Compare(rank(a), rank(b)) })
}

func (t Tier) queue() string { return cmp.Or(t.Queue, t.Name) }

func (t Tier) view() bots.Tier {
	v := bots.Tier{Name: t.Name, Title: cmp.Or(t.Title, t.Name), Level: t.Level, Place: t.Channel, Needs: t.Handoff,
		Diagnosis: t.Diagnosis == DiagnosisRequired, SendPrefix: t.Send.Prefix, SendReaction: t.Send.Reaction}
	for _, r := range t.Entry {
		v.Entry = append(v.Entry, cmp.Or(r.Say, oneLine(r.Need)))
	}
	return v
}
