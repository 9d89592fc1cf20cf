package slacksim

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

// two is the sample with a second workspace, in an organization, that shares a channel with it.
func two(change func(*Config)) Config {
	cfg := Sample()
	cfg.Workspaces = []Workspace{{Team: Team{ID: "T0BETA", Name: "Beta Field", Domain: "beta-field"},
		Users:    []User{{ID: "U7BO", Name: "bo", RealName: "Bo Berg", Email: "bo@beta.example"}, {ID: "U7ANNA", Name: "anna", RealName: "Another Anna"}},
		Channels: []Channel{{ID: "C7REPAIRS", Name: "repairs", Members: []string{"bo", "@app"}}}}}
	cfg.Channels = append(cfg.Channels, Channel{ID: "C0BOTH", Name: "both", Members: []string{"anna", "T0BETA:bo"}, Shared: []string{"T0BETA"}})
	if change != nil {
		change(&cfg)
	}
	return cfg
}

// outer takes the next event and gives all of it.
func (a *app) outer(t *testing.T) (o Object) {
	t.Helper()
	e := a.next(t, socketmode.EventTypeEventsAPI)
	a.ack(e)
	if err := json.Unmarshal(e.Request.Payload, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func origin(e Object) string {
	list := e["authorizations"].([]any)
	return list[0].(map[string]any)["team_id"].(string)
}

func TestEachWorkspaceHasItsOwn(t *testing.T) {
	t.Parallel()
	s := Start(t, two(nil))
	beta := s.Workspace("T0BETA")
	here, there := client(s), slack.New(beta.App().BotToken, slack.OptionAPIURL(s.APIURL()))
	for _, c := range []struct {
		api  *slack.Client
		team string
		list int
	}{{here, "T0SIM", 5}, {there, "T0BETA", 2}} {
		me, err := c.api.AuthTest()
		if err != nil || me.TeamID != c.team {
			t.Fatalf("%+v, %v", me, err)
		}
		if all, _, err := c.api.GetConversations(&slack.GetConversationsParameters{}); err != nil || len(all) != c.list {
			t.Errorf("%s has %d channels, %v", c.team, len(all), err)
		}
	}
	if _, _, err := here.PostMessage("C7REPAIRS", slack.MsgOptionText("x", false)); err == nil {
		t.Error("a channel of another workspace is written to")
	}
	if _, _, err := there.PostMessage("C7REPAIRS", slack.MsgOptionText("x", false)); err != nil {
		t.Error(err)
	}
	if u, err := here.GetUserInfo("U7BO"); err != nil || !u.IsStranger || u.TeamID != "T0BETA" {
		t.Errorf("%+v, %v", u, err)
	}
	if u, err := there.GetUserInfo("U7BO"); err != nil || u.IsStranger {
		t.Errorf("%+v, %v", u, err)
	}
	beta.RevokeToken("token_revoked")
	if _, err := there.AuthTest(); err == nil || err.Error() != "token_revoked" {
		t.Error(err)
	}
	if _, err := here.AuthTest(); err != nil {
		t.Error(err)
	}
}

func TestEventsOfASharedChannelComeOnceForEachInTurn(t *testing.T) {
	t.Parallel()
	for _, twice := range []bool{false, true} {
		s := Start(t, two(func(c *Config) { c.Channels[len(c.Channels)-1].Twice = twice }))
		a := connect(t, s)
		seen := map[string]int{}
		say := func(from *Server, who string, events int) {
			t.Helper()
			if _, err := from.Say(who, "both", "hello", ""); err != nil {
				t.Fatal(err)
			}
			for range events {
				e := a.outer(t)
				seen[origin(e)]++
				if e["is_ext_shared_channel"] != true {
					t.Errorf("not said to be shared: %v", e)
				}
				if m := e["event"].(map[string]any); m["user_team"] != from.Team().ID {
					t.Errorf("of %v: %v", from.Team().ID, m)
				}
			}
		}
		n := map[bool]int{false: 1, true: 2}[twice]
		say(s, "anna", n)
		say(s.Workspace("T0BETA"), "bo", n)
		if seen["T0SIM"] != n || seen["T0BETA"] != n {
			t.Errorf("twice %v: %v", twice, seen)
		}
		if len(s.Messages("both")) != 2 || len(s.Workspace("T0BETA").Messages("both")) != 2 {
			t.Error("not the same in both")
		}
	}
}

func TestAnOrganizationWideToken(t *testing.T) {
	t.Parallel()
	cfg := two(func(c *Config) {
		c.Workspaces[0].Team.Enterprise, c.Workspaces[0].Team.OrgWide = "E0ORG", true
		c.Workspaces[0].Users[0].ID = "W7BO"
	})
	s := Start(t, cfg)
	beta := s.Workspace("T0BETA")
	api := slack.New(beta.App().BotToken, slack.OptionAPIURL(s.APIURL()))
	if _, _, err := api.GetConversations(&slack.GetConversationsParameters{}); err == nil || err.Error() != "missing_argument" {
		t.Errorf("without a team: %v", err)
	}
	teams, _, err := api.ListTeamsContext(t.Context(), slack.ListTeamsParameters{})
	if err != nil || len(teams) != 1 || teams[0].ID != "T0BETA" {
		t.Fatalf("%+v, %v", teams, err)
	}
	if all, _, err := api.GetConversations(&slack.GetConversationsParameters{TeamID: "T0BETA"}); err != nil || len(all) != 2 {
		t.Errorf("%d channels, %v", len(all), err)
	}
	if u, err := api.GetUserInfo("W7BO"); err != nil || u.Enterprise.EnterpriseID != "E0ORG" {
		t.Errorf("%+v, %v", u, err)
	}
	a := connect(t, s)
	if _, err := beta.Say("bo", "repairs", "hello", ""); err != nil {
		t.Fatal(err)
	}
	e := a.outer(t)
	auth := e["authorizations"].([]any)[0].(map[string]any)
	if auth["is_enterprise_install"] != true || auth["enterprise_id"] != "E0ORG" || e["enterprise_id"] != "E0ORG" {
		t.Errorf("%v", e)
	}
}
