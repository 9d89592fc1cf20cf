package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tierline/config/check"
	"tierline/ticket"
)

func roleGroups() (Config, []ticket.UserGroup) {
	conf := desk5()
	conf.Roles = map[ticket.Role]OneOrMore{ticket.RoleLead: {"@Leads"}, ticket.RoleAgent: {"S0614TZR7", "@leads"}, ticket.RoleEditor: {"@writers"}}
	conf.Agents = append(conf.Agents, ticket.Agent{ID: "rosa", Email: "rosa@desk.example"})
	return conf, []ticket.UserGroup{
		{Name: "leads", ID: "S1", Members: []ticket.GroupMember{{ID: "U7", Name: "Léa", Email: "lea@desk.example", Language: "fr", Zone: "Europe/Paris"},
			{ID: "U8", Email: "Rosa@desk.example"}, {ID: "U9", Email: "anna@desk.example"}}},
		{Name: "S0614TZR7", ID: "S0614TZR7", Members: []ticket.GroupMember{{ID: "U6", Language: "ja"}}},
		{Name: "not-named", Members: []ticket.GroupMember{{ID: "U5"}}},
	}
}

// What user groups give, and what they do not.
func TestUserGroupsGiveRoles(t *testing.T) {
	t.Parallel()
	conf, groups := roleGroups()
	live, err := NewLive(conf)
	if err != nil {
		t.Fatal(err)
	}
	d := &Desk{Live: live}
	is := func(id string) string {
		a := d.agent(id)
		return fmt.Sprint(a.Name, " ", a.Roles, " ", a.Via)
	}
	if got := is("rosa"); got != " [] []" {
		t.Errorf("before anything is known: %s", got)
	}
	if !live.Know(groups) || live.Know(groups) {
		t.Error("news once")
	}
	for id, want := range map[string]string{
		"U7":   "Léa [agent lead] [leads]", // of what two groups give, all
		"rosa": " [agent lead] [leads]",    // whom the configuration knows by the mail address, and gives no role
		"anna": d.Config().agent("anna").Name + " [agent] []",
		"U6":   "U6 [agent] [S0614TZR7]",
		"U5":   "U5 [] []", // a group that nobody has named
		"U8":   "U8 [] []", // is Rosa
		"U9":   "U9 [] []", // is Anna
	} {
		if is(id) != want {
			t.Errorf("%s: %s, want %s", id, is(id), want)
		}
	}
	lea := d.agent("U7")
	if lea.Slack != "U7" || lea.Language != "fr" || lea.Email != "lea@desk.example" || d.agent("U6").Language != "" {
		t.Errorf("what Slack knows of them: %+v, %+v", lea, d.agent("U6"))
	}
	if a, err := d.AgentBy("U7", "nobody@desk.example"); err != nil || a.ID != "U7" {
		t.Errorf("found by id: %v %v", a.ID, err)
	}
	if a, err := d.AgentBy("U7", "anna@desk.example"); err != nil || a.ID != "U7" {
		t.Errorf("an id says more than an address: %v %v", a.ID, err)
	}
	if _, err := d.AgentBy("U5", ""); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("somebody of no group of ours: %v", err)
	}
	if got := ids(d.leads("l9")); !strings.Contains(got, "U7") {
		t.Errorf("who leads: %s", got)
	}
	// A configuration that is read anew keeps what is known.
	if err := live.Replace(conf); err != nil || !slices.Contains(d.agent("U7").Roles, ticket.RoleLead) {
		t.Errorf("after a reload: %v %v", d.agent("U7").Roles, err)
	}
	// Who leaves the group has nothing left, at once.
	groups[0].Members, groups[0].Fault = nil, "it is disabled in Slack"
	if !live.Know(groups) || is("U7") != "Léa [] []" || is("rosa") != " [] []" {
		t.Errorf("after they have left: %s, %s", is("U7"), is("rosa"))
	}
	if err := live.Replace(conf); err != nil || is("U7") != "Léa [] []" {
		t.Errorf("who has left is known by name: %s %v", is("U7"), err)
	}
	if len(live.written.Agents) != len(conf.Agents) {
		t.Error("what is written has changed")
	}
}

func TestHowGroupsAreNamed(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]string{"@Leads": "leads", "S0614TZR7": "S0614TZR7", "Acme/@Leads": "Acme/leads", "@Acme/Leads": "Acme/leads", "T0123ABCD/S0614TZR7": "T0123ABCD/S0614TZR7"} {
		if got, ok := groupOf(word); got != want || !ok {
			t.Errorf("%s: %q %v, want %q", word, got, ok, want)
		}
	}
	for _, word := range []string{"", "@", "anna", "acme/@", "/@leads", "acme/leads", "s0614tzr7"} {
		if got, ok := groupOf(word); ok {
			t.Errorf("%q is taken for the group %q", word, got)
		}
	}
}

func TestFaultsOfRoles(t *testing.T) {
	t.Parallel()
	conf, _ := roleGroups()
	conf.Roles["boss"] = OneOrMore{"@bosses"}
	conf.Roles[ticket.RoleEditor] = OneOrMore{"anna", "@"}
	var l check.List
	conf.Check(l.Root())
	var got []string
	for _, f := range l.Faults {
		if f.Path[0] == "roles" {
			got = append(got, strings.Join(f.Path, ".")+" "+f.What)
		}
		if strings.Contains(f.What, "may do nothing") {
			t.Errorf("who may have a role by a group is warned of: %s", f)
		}
	}
	want := []string{`roles.boss "boss" is no role`, `roles.editor.0 "anna" is no user group`, `roles.editor.1 "@" is no user group`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
