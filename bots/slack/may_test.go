package slackdesk

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// Every button, form, shortcut and command says what it takes: a new one without a rule fails here, by its name.
func TestEverythingHasARule(t *testing.T) {
	t.Parallel()
	for name, id := range identifiers() {
		if rightOf(id) == "" {
			t.Errorf("nothing says who may use %s (%q): see rightOf", name, id)
		}
	}
	for _, do := range []ticket.IncidentDo{ticket.DoOpen, ticket.DoDismiss, ticket.DoInstruct, ticket.DoUpdate, ticket.DoResolve, ticket.DoReopen, ticket.DoWithdraw} {
		if got := rightOf(incidentPrefix + string(do)); got != ticket.RightIncident {
			t.Errorf("%s takes %q", do, got)
		}
	}
	for _, v := range verbs() {
		if rightOfVerb(v.name) == "" {
			t.Errorf("nothing says who may use the command %s: see rightOfVerb", v.name)
		}
	}
	if rightOf("nothing_of_ours") != "" || rightOfVerb("dance") != "" {
		t.Error("what is not there has a rule")
	}
}

// closedBackend knows who somebody is, and must not be asked anything else.
type closedBackend struct {
	bots.Backend
	agents []ticket.Agent
}

func (b closedBackend) AgentBy(id, email string) (ticket.Agent, error) {
	return (&fakeBackend{agents: b.agents}).AgentBy(id, email)
}

// TestWhoMayNotIsStopped has everybody use everything that is not theirs: nothing is asked of the backend, and they are told.
func TestWhoMayNotIsStopped(t *testing.T) {
	t.Parallel()
	cfg := slacksim.Sample()
	cfg.App.Scopes, cfg.App.Events = slackapp.Scopes(), slackapp.Events()
	cfg.Users = append(cfg.Users, slacksim.User{ID: "U7GONE", Name: "gone", RealName: "Gone", Email: "gone@support.example", Deleted: true},
		slacksim.User{ID: "U7BOT", Name: "robot", RealName: "Robot", Bot: true})
	sim := slacksim.Start(t, cfg)
	a := sim.App()
	app, err := slackapp.New(slackapp.Config{AppToken: secret.New(a.AppToken), BotToken: secret.New(a.BotToken), APIURL: sim.APIURL()}, slackapp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	staff := func(id string, roles ...ticket.Role) ticket.Agent {
		return ticket.Agent{ID: id, Slack: id, Roles: roles}
	}
	k := New(Config{}, Deps{App: app, Backend: closedBackend{agents: []ticket.Agent{staff("U1ANNA", ticket.RoleAgent), staff("U2CHLOE", ticket.RoleEditor),
		staff("U9CARL", ticket.RoleAdmin), staff("U7GONE", ticket.RoleAdmin), staff("U7BOT", ticket.RoleAdmin), staff("U1BEN")}}})
	defer k.wg.Wait()
	people := map[string]struct {
		what string
		has  []ticket.Right
	}{
		"U9CARL": {"a guest whom somebody has made an admin", nil}, "U7GONE": {"somebody who was deactivated", nil}, "U7BOT": {"an app", nil},
		"U3LEAD": {"a stranger", nil}, "U0NOBODY": {"somebody whom Slack does not know", nil}, "U1BEN": {"an agent without a role", nil},
		"U1ANNA": {"an agent", []ticket.Right{ticket.RightSee, ticket.RightWork}}, "U2CHLOE": {"an editor", []ticket.Right{ticket.RightSee, ticket.RightEdit}},
	}
	ids := []string{"nothing_of_ours"}
	for _, id := range identifiers() {
		if id != doOpen && id != doMore && id != doCare { // a link, and menus, whose entries are asked about
			ids = append(ids, id)
		}
	}
	for user, p := range people {
		may := func(r ticket.Right) bool {
			if r == "" {
				r = ticket.RightSee
			}
			for _, h := range p.has {
				if h == r {
					return true
				}
			}
			return false
		}
		for _, id := range ids {
			by, err := k.allowed(t.Context(), user, rightOf(id))
			if may(rightOf(id)) {
				if err != nil || by.ID != user {
					t.Errorf("%s may not use %s: %v", p.what, id, err)
				}
				continue
			}
			if ticket.KindOf(err) != ticket.Denied {
				t.Errorf("%s is not stopped from using %s: %v", p.what, id, err)
			}
			for _, a := range []*slack.BlockAction{{ActionID: id, Value: "1001.1.1.1"}, {ActionID: doMore, SelectedOption: slack.OptionBlockObject{Value: id + " 1001.1.1.1"}}} {
				ic := &slack.InteractionCallback{Type: slack.InteractionTypeBlockActions, User: slack.User{ID: user}}
				ic.ActionCallback.BlockActions = []*slack.BlockAction{a}
				if answer := k.interact(t.Context(), ic); answer != nil {
					t.Errorf("%s has clicked %s and is answered %v", p.what, id, answer)
				}
			}
			view := slack.View{CallbackID: id, PrivateMetadata: "1001.1.0.C0L1.1.1"}
			answer, err := json.Marshal(k.interact(t.Context(), &slack.InteractionCallback{Type: slack.InteractionTypeViewSubmission, User: slack.User{ID: user}, View: view}))
			if err != nil || !strings.Contains(string(answer), `"errors"`) {
				t.Errorf("%s has submitted %s: %s %v", p.what, id, answer, err)
			}
			for _, kind := range []slack.InteractionType{slack.InteractionTypeMessageAction, slack.InteractionTypeShortcut} {
				k.interact(t.Context(), &slack.InteractionCallback{Type: kind, User: slack.User{ID: user}, CallbackID: id})
			}
		}
		for _, v := range verbs() {
			if may(rightOfVerb(v.name)) {
				continue
			}
			r, err := k.run(t.Context(), slack.SlashCommand{UserID: user, Command: "/tier", Text: v.name + " T-1001 x"})
			if ticket.KindOf(err) != ticket.Denied || ticket.Explain(err) == "" {
				t.Errorf("%s has typed %s: %+v %v", p.what, v.name, r, err)
			}
		}
	}
}
