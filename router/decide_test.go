package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/config/check"
	"tierline/customer"
	"tierline/router/oncall"
	"tierline/ticket"
)

// someday is a clock that runs out in no test.
var someday = map[string]Clocks{"default": {Resolution: 50_000 * time.Hour}}

func desk5() Config {
	return Config{
		Agents: []ticket.Agent{
			{ID: "anna", Name: "Anna", Email: "anna@desk.example", Roles: []ticket.Role{ticket.RoleAgent}},
			{ID: "lena", Name: "Lena", Email: "lena@desk.example", Roles: []ticket.Role{ticket.RoleLevel2}},
			{ID: "marc", Name: "Marc", Email: "marc@desk.example", Roles: []ticket.Role{ticket.RoleLevel2}},
		},
		Tiers: []Tier{
			{Name: "l2", Title: "Level 2", Level: 2, Channel: "support-l2", Clocks: someday, OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"lena", "marc"}}}},
			{Name: "l1", Title: "Level 1", Level: 1, Queue: "first", Channel: "support-l1", Clocks: someday},
		},
		Rules: []Rule{
			{Name: "lemon", When: "lemon", Then: Then{Tier: "l2", Priority: ticket.High, Tags: []string{"lemon"}}},
			{Name: "shop chat", When: `channel == "chat" and inbox == "shop"`, Then: Then{Tier: "l1", Tags: []string{"shop"}}},
			{Name: "everything", Then: Then{Tier: "l1"}},
			{Name: "gold", Group: "priority", When: `plan == "gold"`, Then: Then{Priority: ticket.Urgent}},
			{Name: "smoke", Group: "priority", When: `text matches "(?i)smoke|rauch|fumée"`, Then: Then{Priority: ticket.Urgent, Tags: []string{"safety"}}},
		},
	}
}

func TestDecide(t *testing.T) {
	t.Parallel()
	rules, err := NewRules(desk5())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		f        Facts
		tier     string
		queue    string
		priority ticket.Priority
		tags     string
		reason   string
	}{
		{"plain", Facts{Channel: "email"}, "l1", "first", ticket.Normal, "", "“everything”"},
		{"chat", Facts{Channel: "chat", Inbox: "shop"}, "l1", "first", ticket.Normal, "shop", "“shop chat”"},
		{"first group wins, groups add up", Facts{Lemon: true, Plan: "gold"}, "l2", "l2", ticket.High, "lemon", "“lemon”"},
		{"first of a group", Facts{Plan: "gold", Text: "smoke!"}, "l1", "first", ticket.Urgent, "", "“gold”"},
		{"by text", Facts{Text: "Es kommt Rauch"}, "l1", "first", ticket.Urgent, "safety", "“smoke”"},
	} {
		d := rules.Decide(c.f)
		if d.Tier != c.tier || d.Queue != c.queue || d.Priority != c.priority || strings.Join(d.Tags, " ") != c.tags {
			t.Errorf("%s: %+v", c.name, d)
		}
		if !slices.ContainsFunc(d.Reasons, func(r string) bool { return strings.Contains(r, c.reason) }) {
			t.Errorf("%s: reasons %q lack %s", c.name, d.Reasons, c.reason)
		}
	}
}

func TestWithoutRulesTheLowestTier(t *testing.T) {
	t.Parallel()
	c := desk5()
	c.Rules = nil
	rules, err := NewRules(c)
	if err != nil {
		t.Fatal(err)
	}
	if d := rules.Decide(Facts{}); d.Tier != "l1" || len(d.Reasons) != 1 {
		t.Errorf("%+v", d)
	}
}

func TestConfigCheckReportsEveryFault(t *testing.T) {
	t.Parallel()
	var l check.List
	desk5().Check(l.Root())
	if len(l.Faults) != 0 {
		t.Errorf("a good configuration: %v", l.Faults)
	}
	bad := desk5()
	bad.Brands = []ticket.Brand{{Name: "a", Hours: ticket.Hours{Zone: "Mars/Base"}}, {Name: "a"}}
	bad.Agents = append(bad.Agents, ticket.Agent{ID: "anna", Roles: []ticket.Role{"king"}})
	bad.Tiers = append(bad.Tiers, Tier{Name: "l1", OnCall: oncall.Config{Layer: oncall.Layer{People: []string{"nobody"}}}})
	bad.Rules = append(bad.Rules,
		Rule{Name: "everything", When: "subjcet == 1", Then: Then{Tier: "l9", Owner: "nobody", Priority: "huge"}},
		Rule{When: `channel + "x"`})
	l = check.List{}
	bad.Check(l.Root())
	var got []string
	for _, f := range l.Faults {
		got = append(got, strings.Join(f.Path, "."))
	}
	want := []string{"agents.3.id", "agents.3", "agents.3.roles.0", "brands.0.hours", "brands.1.name", "tiers.2.name", "tiers.2.channel", "tiers.2.oncall.people.0", "tiers.2.clocks",
		"rules.5.name", "rules.5.when", "rules.5.then.tier", "rules.5.then.owner", "rules.5.then.priority", "rules.6.name", "rules.6.when"}
	if !slices.Equal(got, want) {
		t.Errorf("faults at %v\nwant      %v", got, want)
	}
}

// TestLaterGroupsSeeWhatEarlierOnesDecided holds that tags, skills and priority are seen by the groups behind, and by nobody else.
func TestLaterGroupsSeeWhatEarlierOnesDecided(t *testing.T) {
	t.Parallel()
	c := desk5()
	c.Brands = []ticket.Brand{{Name: "brew"}}
	c.Rules = []Rule{
		{Name: "german", Group: "tags", When: `language == "de" && brand == "brew"`, Then: Then{Tags: []string{"german"}, Skills: []string{"german"}, Priority: ticket.High}},
		{Name: "again", Group: "tags", When: `"german" in tags`, Then: Then{Tags: []string{"twice"}}},
		{Name: "both", Group: "place", When: `"german" in tags && "german" in skills && "old" in tags && priority == "high"`, Then: Then{Tier: "l2"}},
		{Name: "late", Group: "late", When: `tier == "l2" || age > duration("90m")`, Then: Then{Tier: "l1"}},
	}
	rules, err := NewRules(c)
	if err != nil {
		t.Fatal(err)
	}
	f := Facts{Language: "de", Tags: append(make([]string, 0, 4), "old"), Age: 61*time.Minute + 30*time.Second}
	steps, out := rules.ExplainFacts(c, f)
	if out.Tier != "l2" || strings.Join(out.Tags, " ") != "german" || len(f.Tags) != 1 || f.Tags[:2][1] != "" {
		t.Errorf("%+v of %+v", out, f.Tags[:2])
	}
	if why := steps[3].Why; !strings.Contains(why, "age is 1h1m30s") {
		t.Errorf("a duration as people read it: %s", why)
	}
	if _, out = rules.ExplainFacts(c, Facts{Language: "en"}); out.Tier != "l1" {
		t.Errorf("of another: %+v", out)
	}
}

// BenchmarkDecide is one decision among 1,000 rules of which the last matches.
func BenchmarkDecide(b *testing.B) {
	c := desk5()
	c.Rules = nil
	for i := range 1000 {
		c.Rules = append(c.Rules, Rule{Name: fmt.Sprint(i), When: fmt.Sprintf(`channel == "email" and subject contains "case %04d"`, i), Then: Then{Tier: "l2"}})
	}
	rules, err := NewRules(c)
	if err != nil {
		b.Fatal(err)
	}
	f := Facts{Channel: "email", Subject: "this is case 0999"}
	b.ReportAllocs()
	for b.Loop() {
		if rules.Decide(f).Tier != "l2" {
			b.Fatal("wrong tier")
		}
	}
}

// TestFactsOfWhatIsNamed: rules see what the customer named, and whether there is such a unit.
func TestFactsOfWhatIsNamed(t *testing.T) {
	t.Parallel()
	w, _ := newWorld(t, &noKB{})
	if err := w.store.PutUnit(t.Context(), customer.Unit{Serial: "BW1-000001", Model: "BW1"}); err != nil {
		t.Fatal(err)
	}
	acc, err := w.store.Accept(t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: "1",
		From: customer.Identity{Kind: customer.Email, Value: "joe@example.org"}, Text: "Help", Units: []string{"BW1-000001", "BW1-999999"},
		Found: []ticket.Finding{{Kind: ticket.FoundPhone, Value: "+4930901820"}, {Kind: ticket.FoundOrder, Value: "A-1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	f, _, _, err := w.desk.facts(t.Context(), acc[0].Ticket)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Units, f.KnownUnits, f.Models, f.Phones, f.Orders); got != "[BW1-000001 BW1-999999] [BW1-000001] [BW1] [+4930901820] [A-1]" {
		t.Error(got)
	}
}
