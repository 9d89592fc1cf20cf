package router

import (
	"strings"
	"testing"

	"tierline/config/check"
	"tierline/ticket"
)

// groupsOf are user groups by their name, with the ids of their members, or the mail addresses.
type groupsOf map[string][]string

func (g groupsOf) known() (list []ticket.UserGroup) {
	for name, members := range g {
		u := ticket.UserGroup{Name: name}
		for _, m := range members {
			u.Members = append(u.Members, ticket.GroupMember{ID: m, Email: m})
		}
		list = append(list, u)
	}
	return list
}

func ids(list []ticket.Agent) string {
	var s []string
	for _, a := range list {
		s = append(s, a.ID)
	}
	return strings.Join(s, " ")
}

func TestWhoIsInATier(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Agents = append(conf.Agents, ticket.Agent{ID: "SUPPORTER", Slack: "U9", Roles: []ticket.Role{ticket.RoleAgent}},
		ticket.Agent{ID: "gone", Slack: "U8"})
	for _, c := range []struct {
		name, tier string
		members    []string
		groups     groupsOf
		want       string
	}{
		{"by role, at the lowest", "l1", nil, nil, "anna SUPPORTER"},
		{"by role, above", "l2", nil, nil, "lena marc"},
		{"none of a tier that is not there", "l9", nil, nil, ""},
		{"by id and address", "l1", []string{"marc", "ANNA@desk.example"}, nil, "anna marc"},
		{"by Slack id", "l1", []string{"U9"}, nil, "SUPPORTER"},
		{"an id that looks like a group's", "l1", []string{"SUPPORTER"}, groupsOf{"SUPPORTER": {"U8"}}, "SUPPORTER"},
		{"by group", "l1", []string{"@Support-L1", "S0614TZR7", "anna"}, groupsOf{"support-l1": {"U9", "U8"}, "S0614TZR7": {"lena@desk.example"}}, "anna lena SUPPORTER"},
		{"a group of which nothing is known", "l1", []string{"@support-l1"}, nil, ""},
	} {
		for i := range conf.Tiers {
			if conf.Tiers[i].Members = nil; conf.Tiers[i].Name == c.tier {
				conf.Tiers[i].Members = c.members
			}
		}
		live, err := NewLive(conf)
		if err != nil {
			t.Fatal(err)
		}
		live.Know(c.groups.known())
		d := &Desk{Live: live}
		if got := ids(d.Members(c.tier)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		if c.name == "by group" {
			if got := strings.Join(d.Config().Groups(), " "); got != "support-l1 S0614TZR7" {
				t.Errorf("groups: %s", got)
			}
		}
	}
}

func TestFaultsOfATeam(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Agents[0].Hours.Week = map[string]string{"mon": "9-5"}
	conf.Agents[1].Capacity = -1
	conf.Agents[2].Roles = []ticket.Role{ticket.RoleAgent}
	conf.Tiers[0].Members, conf.Tiers[0].Assign, conf.Tiers[0].Capacity = []string{"nobody", "@", "@l2", "S0614TZR7"}, "dice", 2_000
	conf.Tiers[0].Clocks = map[string]Clocks{"default": {First: 1}}
	conf.Tiers[1].Clocks = nil
	conf.Tiers[1].Members, conf.Tiers[1].Assign = []string{"anna"}, AssignRobin
	conf.Agents[0].Roles = nil
	var l check.List
	conf.Check(l.Root())
	var got []string
	for _, f := range l.Faults {
		got = append(got, f.String())
	}
	all := strings.Join(got, "\n")
	for _, want := range []string{"agents.0.hours", "agents.1.capacity", "tiers.0.members.0", "tiers.0.members.1", "tiers.0.assign", "tiers.0.capacity",
		"tiers.1.members: tier \"l1\" hands out", "tiers.1.clocks: nobody hears"} {
		if !strings.Contains(all, want) {
			t.Errorf("not reported: %s\n%s", want, all)
		}
	}
	if strings.Contains(all, "members.2") || strings.Contains(all, "members.3") || strings.Contains(all, "tiers.0.clocks") {
		t.Error(all)
	}
}
