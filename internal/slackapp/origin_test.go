package slackapp

import (
	"context"
	"sync"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/internal/slacksim"
)

// kept is a store of cursors.
type kept struct {
	mu   sync.Mutex
	list map[string]string
}

func (k *kept) Cursor(_ context.Context, source string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.list[source], nil
}

func (k *kept) SetCursor(_ context.Context, source, value string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list[source] = value
	return nil
}

func (k *kept) Lease(context.Context, string, string, time.Duration) (bool, error) { return true, nil }

// in are the home T0HOME, a workspace T0BETA, two of the organization E0SAME, and E0WIDE, which has the app as a whole.
func in(t *testing.T, k *kept) *App {
	t.Helper()
	a, err := New(Config{AppToken: secret.New("xapp-1"), BotToken: secret.New("xoxb-1"), APIURL: "http://127.0.0.1:1/api/", NoLimits: true}, Deps{Cursors: k})
	if err != nil {
		t.Fatal(err)
	}
	a.home.meet(whoIs{Team: "T0HOME", User: "U0HOME"})
	for _, i := range []Installation{{Team: "T0BETA", BotUser: "U0BETA"}, {Team: "T0ONE", Enterprise: "E0SAME"}, {Team: "T0TWO", Enterprise: "E0SAME"}, {Enterprise: "E0WIDE"}} {
		i.BotToken = secret.New("xoxb-" + i.Key())
		if err := a.Install(i); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestForWhichInstallationAnEventIs(t *testing.T) {
	t.Parallel()
	a := in(t, &kept{list: map[string]string{}})
	const message = `"event":{"type":"message","channel":"C9","user":"U9","ts":"1700000000.000100","text":"<@U8>"}`
	for _, c := range []struct{ outer, in, channel string }{
		{`"team_id":"T0HOME"`, "", "C9"},
		{`"team_id":"T0HOME","authorizations":[{"team_id":"T0BETA"}]`, "T0BETA", "T0BETA/C9"},
		{`"team_id":"T0BETA"`, "T0BETA", "T0BETA/C9"},
		{`"team_id":"T0ANY","enterprise_id":"E0WIDE","authorizations":[{"team_id":"T0ANY","enterprise_id":"E0WIDE","is_enterprise_install":true}]`, "E0WIDE", "E0WIDE/C9"},
		{`"team_id":"T0ANY","authorizations":[{"team_id":null,"enterprise_id":"E0WIDE","is_enterprise_install":true}]`, "E0WIDE", "E0WIDE/C9"},
		{`"team_id":"T0ONE","enterprise_id":"E0SAME","authorizations":[{"team_id":"T0ONE","enterprise_id":"E0SAME","is_enterprise_install":false}]`, "T0ONE", "T0ONE/C9"},
		{`"team_id":"T0HOME","authorizations":[{"team_id":"T0GONE"}]`, "?", ""},
		{`"team_id":"T0GONE"`, "?", ""},
	} {
		ev, err := decodeEvent([]byte(`{` + c.outer + `,` + message + `}`))
		if err != nil {
			t.Fatal(err)
		}
		w := a.of(ev.from)
		if w == nil {
			if c.in != "?" {
				t.Errorf("%s is for nobody", c.outer)
			}
			continue
		}
		a.belong(w, &ev)
		if ev.In != c.in || ev.Channel != c.channel || ev.Message.Channel != c.channel || ev.User != JoinID(c.in, "U9") || ev.Message.Text != "<@"+JoinID(c.in, "U8")+">" {
			t.Errorf("%s: in %q, %+v", c.outer, ev.In, ev.Message)
		}
	}
}

func TestForWhichInstallationAClickIs(t *testing.T) {
	t.Parallel()
	a := in(t, &kept{list: map[string]string{}})
	for _, c := range []struct{ payload, user, channel, trigger string }{
		{`"team":{"id":"T0HOME"},"user":{"id":"U1","team_id":"T0HOME"}`, "U1", "C9", "1.2.a"},
		{`"team":{"id":"T0BETA"},"user":{"id":"U1","team_id":"T0BETA"}`, "T0BETA/U1", "T0BETA/C9", "T0BETA/1.2.a"},
		{`"team":{"id":"T0BETA"},"user":{"id":"U1","team_id":"T0HOME"}`, "U1", "T0BETA/C9", "T0BETA/1.2.a"},
		{`"team":null,"enterprise":{"id":"E0WIDE"},"is_enterprise_install":true,"user":{"id":"W1","team_id":"T0ANY"}`, "E0WIDE/W1", "E0WIDE/C9", "E0WIDE/1.2.a"},
		{`"team":{"id":"T0OUT"},"user":{"id":"U1","team_id":"T0OUT"},"view":{"id":"V1","app_installed_team_id":"T0BETA"}`, "T0BETA/U1", "T0BETA/C9", "T0BETA/1.2.a"},
	} {
		ic, err := decodeInteraction([]byte(`{"type":"block_actions","channel":{"id":"C9"},"trigger_id":"1.2.a",` + c.payload + `}`))
		if err != nil {
			t.Fatal(err)
		}
		w := a.of(originOf(ic))
		if w == nil {
			t.Errorf("%s is for nobody", c.payload)
			continue
		}
		a.belongInteraction(w, ic)
		if ic.User.ID != c.user || ic.Channel.ID != c.channel || ic.TriggerID != c.trigger {
			t.Errorf("%s: %s in %s by %s", c.payload, ic.User.ID, ic.Channel.ID, ic.TriggerID)
		}
	}
}

// A shared channel counts to one installation, also after a restart; the configuration has the last word; and the same
// id elsewhere is another channel unless it is known to be shared.
func TestASharedChannelCountsToOne(t *testing.T) {
	t.Parallel()
	k := &kept{list: map[string]string{}}
	a := in(t, k)
	beta, one := a.others["T0BETA"], a.others["T0ONE"]
	if got := []string{a.room(beta, "C9", true), a.room(a.home, "C9", true), a.room(beta, "C9", false)}; got[0] != "T0BETA/C9" || got[1] != got[0] || got[2] != got[0] {
		t.Errorf("%v", got)
	}
	if got := a.room(a.home, "C8", false); got != "C8" {
		t.Error(got)
	}
	if got := a.room(beta, "C8", false); got != "T0BETA/C8" {
		t.Error(got)
	}
	if got := []string{a.room(one, "C7", false), a.room(a.others["T0TWO"], "C7", false)}; got[0] != "T0ONE/C7" || got[1] != got[0] {
		t.Errorf("of one organization: %v", got)
	}
	again := in(t, k)
	if got := again.room(again.home, "C9", true); got != "T0BETA/C9" {
		t.Errorf("after a restart it is %s", got)
	}
	named := in(t, k)
	if got, err := named.Channel(t.Context(), "C9"); err != nil || got != "C9" {
		t.Errorf("%s, %v", got, err)
	}
	if got := named.room(named.others["T0BETA"], "C9", true); got != "C9" {
		t.Errorf("the configuration names it at home, and it is %s", got)
	}
}

// A channel that was renamed while the gateway was down is still the one that is meant.
func TestAChannelThatWasRenamedMeanwhile(t *testing.T) {
	t.Parallel()
	sim := slacksim.Start(t, slacksim.Sample())
	k := &kept{list: map[string]string{}}
	start := func() *App {
		a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL()}, Deps{Cursors: k})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	if id, err := start().Channel(t.Context(), "#support-l1"); err != nil || id != "C0L1" {
		t.Fatal(id, err)
	}
	if err := sim.Rename("anna", "support-l1", "first-line"); err != nil {
		t.Fatal(err)
	}
	if id, err := start().Channel(t.Context(), "support-l1"); err != nil || id != "C0L1" {
		t.Errorf("%s, %v", id, err)
	}
	if err := sim.Rename("lena", "support-l2", "support-l1"); err != nil { // now it is said of another
		t.Fatal(err)
	}
	if id, err := start().Channel(t.Context(), "support-l1"); err != nil || id != "C0L2" {
		t.Errorf("%s, %v", id, err)
	}
}

// An organization's channels are asked for workspace by workspace, and named by it.
func TestChannelsOfAnOrganization(t *testing.T) {
	t.Parallel()
	cfg := slacksim.Sample()
	cfg.Workspaces = []slacksim.Workspace{{Team: slacksim.Team{ID: "T0GRID", Name: "Grid East", Enterprise: "E0ORG", OrgWide: true},
		Users: []slacksim.User{{ID: "W1EVA", Name: "eva", Email: "eva@grid.example"}}, Channels: []slacksim.Channel{{ID: "C0GRID", Name: "repairs", Members: []string{"eva", "@app"}}},
		UserGroups: []slacksim.UserGroup{{ID: "S0GRID", Handle: "fitters", Name: "Fitters", Users: []string{"eva"}}}}}
	sim := slacksim.Start(t, cfg)
	a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL()}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Install(Installation{Enterprise: "E0ORG", BotToken: secret.New(sim.Workspace("T0GRID").App().BotToken)}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"E0ORG/#repairs", "T0GRID/#repairs", "Grid East/repairs", "T0GRID/C0GRID", "E0ORG/C0GRID"} {
		if id, err := a.Channel(t.Context(), name); err != nil || id != "E0ORG/C0GRID" {
			t.Errorf("%s is %q, %v", name, id, err)
		}
	}
	if _, err := a.Undisturbed(t.Context(), []string{"E0ORG/W1EVA", "U1ANNA"}); err != nil {
		t.Error(err)
	}
	groups, err := a.Groups(t.Context(), []string{"level2", "T0GRID/@fitters", "E0ORG/fitters"}, []string{"", "", ""})
	if err != nil || len(groups) != 3 || groups[0].ID != "S0L2" || groups[1].ID != "E0ORG/S0GRID" || len(groups[2].Members) != 1 || groups[2].Members[0] != "E0ORG/W1EVA" {
		t.Errorf("%+v, %v", groups, err)
	}
	if u, err := a.User(t.Context(), "E0ORG/W1EVA"); err != nil || u.Guest || u.Vouched {
		t.Errorf("%+v, %v", u, err)
	}
	a.StaffIn(func() []string { return []string{"T0GRID/#repairs"} })
	if u, err := a.UserByEmail(t.Context(), "eva@grid.example"); err != nil || u.ID != "E0ORG/W1EVA" || !u.Vouched {
		t.Errorf("%+v, %v", u, err)
	}
}
