package slackinstall

import (
	"context"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

func lea() ticket.Actor { return ticket.Actor{Kind: ticket.ByAgent, ID: "lea", Name: "Lea"} }

func TestInstalledAndTakenUpByEveryGateway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, appA := b.gateway("a")
	other, appB := b.gateway("b")
	done := must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	if done.Key != "T1ACME" || done.Name != "Acme" || !done.Home || done.Again || len(done.Missing) > 0 || done.URL != "https://acme.example/" {
		t.Errorf("%+v", done)
	}
	other.look(t.Context())
	if appA.token("T1ACME") == "" || appA.token("T1ACME") != appB.token("T1ACME") {
		t.Errorf("taken up: %q and %q", appA.token("T1ACME"), appB.token("T1ACME"))
	}
	b.slack.team = "T2BETA"
	if beta := must(other.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t); beta.Home {
		t.Error("a second home")
	}
	if again := must(other.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t); !again.Again || again.Rev != 2 {
		t.Errorf("installed again: %+v", again)
	}
	restarted, app := b.gateway("a")
	if app.token("T1ACME") == "" || app.token("T2BETA") == "" || restarted.Ready() != nil {
		t.Errorf("after a restart: %v, %v", app.has, restarted.Ready())
	}
}

func TestWhatIsNotInstalled(t *testing.T) {
	t.Parallel()
	for why, c := range map[string]struct {
		answer map[string]any
		change func(*slackapp.Config)
		revoke bool
	}{
		NotApp:     {answer: map[string]any{"app_id": "A9OTHER"}, change: func(c *slackapp.Config) { c.AppToken = secret.New("xapp-1-A0APP-123-abc") }, revoke: true},
		NotBot:     {answer: map[string]any{"token_type": "user"}, revoke: true},
		NotAllowed: {change: func(c *slackapp.Config) { c.Teams = []string{"T9", "E9"} }, revoke: true},
		NotClient:  {change: func(c *slackapp.Config) { c.ClientSecret = secret.New("another") }},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			cfg := b.cfg
			if c.change != nil {
				c.change(&cfg)
			}
			s, app := b.on(b.store, "a", cfg)
			_, err := s.Finish(t.Context(), b.slack.code(c.answer), "https://x/slack/oauth", lea())
			r, ok := errors.AsType[*Refusal](err)
			if !ok || r.Why != why {
				t.Fatalf("%v", err)
			}
			list := must(b.store.Installations(t.Context()))(t)
			if len(list) > 0 || len(app.has) > 0 || (len(b.slack.removed) > 0) != c.revoke {
				t.Errorf("left behind: %+v %v, revoked %v", list, app.has, b.slack.removed)
			}
		})
	}
	b := newBench(t)
	s, _ := b.gateway("a")
	code := b.slack.code(nil)
	must(s.Finish(t.Context(), code, "https://x/slack/oauth", lea()))(t)
	for _, c := range []string{code, "made-up"} {
		_, err := s.Finish(t.Context(), c, "https://x/slack/oauth", lea())
		if r, ok := errors.AsType[*Refusal](err); !ok || r.Why != NotCode {
			t.Errorf("a code that is not good: %v", err)
		}
	}
	b.slack.Close()
	_, err := s.Finish(t.Context(), "any", "https://x/slack/oauth", lea())
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Why != NotNow {
		t.Errorf("Slack is away: %v", err)
	}
}

func TestAnOrganizationInstalls(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cfg := b.cfg
	cfg.Teams = []string{"E1ORG"}
	s, app := b.on(b.store, "a", cfg)
	done := must(s.Finish(t.Context(), b.slack.code(map[string]any{"team": nil, "is_enterprise_install": true, "enterprise": map[string]any{"id": "E1ORG", "name": "Big Org"}}),
		"https://x/slack/oauth", lea()))(t)
	if done.Key != "E1ORG" || done.Team != "" || done.Name != "Big Org" || app.has["E1ORG"].Enterprise != "E1ORG" {
		t.Errorf("%+v", done)
	}
}

func TestOneGatewayRenewsATokenAndTheOthersFindIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, appA := b.gateway("a")
	c, appC := b.gateway("c")
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	first := appA.token("T1ACME")
	b.pass(9*time.Hour + 59*time.Minute)
	a.look(t.Context())
	if b.slack.refreshes() != 0 {
		t.Error("renewed too early")
	}
	b.pass(2 * time.Minute)
	var wg sync.WaitGroup
	for _, s := range []*Service{a, c, a, c} {
		wg.Go(func() { s.look(t.Context()) })
	}
	wg.Wait()
	a.look(t.Context())
	c.look(t.Context())
	if n := b.slack.refreshes(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if appA.token("T1ACME") == first || appA.token("T1ACME") != appC.token("T1ACME") {
		t.Error("the new token is not used everywhere")
	}
	if i := b.only(); !i.Expires.Equal(b.now().Add(12*time.Hour)) || !i.Began.IsZero() || !i.Renew.Equal(b.now().Add(10*time.Hour)) {
		t.Errorf("%+v", i)
	}
}

// An answer that is lost, with the gateway or by the network, costs nothing while Slack takes the former refresh token.
func TestAnAnswerThatIsLostIsAskedForAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, _ := b.gateway("a")
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	b.pass(11 * time.Hour)
	b.slack.lose = true
	a.look(t.Context())
	if b.only().Began.IsZero() || a.Ready() != nil {
		t.Fatalf("what is under way is not noted: %+v %v", b.only(), a.Ready())
	}
	b.pass(10 * time.Second)
	c, app := b.gateway("c") // a is dead
	old := app.token("T1ACME")
	c.look(t.Context())
	if app.token("T1ACME") == old || b.slack.refreshes() != 2 || !b.only().Began.IsZero() {
		t.Errorf("asked %d times; %+v", b.slack.refreshes(), b.only())
	}
}

// After that short while people are told, and the token is used to its end; installing again mends it.
func TestARefreshTokenThatIsLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, app := b.gateway("a")
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	b.pass(11 * time.Hour)
	b.slack.lose = true
	a.look(t.Context())
	b.pass(10 * time.Minute)
	a.look(t.Context())
	err := a.Ready()
	if err == nil || !strings.Contains(err.Error(), "Install the app there again") || !strings.Contains(err.Error(), "good until 2026-03-01 21:00") {
		t.Fatalf("%v", err)
	}
	list := must(a.List(t.Context()))(t)
	if list[0].Problem == "" || app.token("T1ACME") == "" {
		t.Errorf("%+v", list)
	}
	c, _ := b.gateway("c")
	if c.Ready() == nil {
		t.Error("the other gateway does not know")
	}
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	a.look(t.Context())
	c.look(t.Context())
	if a.Ready() != nil || c.Ready() != nil {
		t.Errorf("%v %v", a.Ready(), c.Ready())
	}
}

// full is a store that takes nothing for a while.
type full struct {
	Store
	mu sync.Mutex
	on bool
}

func (f *full) PutInstallation(ctx context.Context, i ticket.Installation) (ticket.Installation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.on && i.Began.IsZero() { // that it has begun can be written
		return i, ticket.E("store", ticket.Transient, errors.New("the disk is full"))
	}
	return f.Store.PutInstallation(ctx, i)
}

func TestANewTokenIsUsedOnlyOnceItIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	f := &full{Store: b.store}
	a, app := b.on(f, "a", b.cfg)
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	old := app.token("T1ACME")
	b.pass(11 * time.Hour)
	f.on = true
	a.look(t.Context())
	if app.token("T1ACME") != old {
		t.Error("used before it is kept")
	}
	b.pass(time.Minute)
	f.on = false
	a.look(t.Context())
	if app.token("T1ACME") == old || b.slack.refreshes() != 1 {
		t.Errorf("asked %d times, and the token is not used", b.slack.refreshes())
	}
}

func TestRemovedInSlackAndInstalledAgain(t *testing.T) {
	t.Parallel()
	for name, rotates := range map[string]bool{"rotating": true, "for good": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.slack.rotates = rotates
			a, app := b.gateway("a")
			must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
			refusal := &ticket.Error{Kind: ticket.Transient, Err: slack.SlackErrorResponse{Err: "token_revoked"}}
			app.errs["T1ACME"] = refusal
			a.look(t.Context())
			if !b.only().Live() {
				t.Fatal("ended by what was said of a token, though Slack takes it")
			}
			b.slack.takeBack()
			b.pass(time.Minute)
			a.look(t.Context())
			if i := b.only(); i.Live() || !i.Lost || i.Sealed != "" || app.token("T1ACME") != "" {
				t.Fatalf("%+v", i)
			}
			if err := a.Ready(); err == nil || !strings.Contains(err.Error(), "removed in Acme") {
				t.Errorf("%v", err)
			}
			app.errs = map[string]error{}
			again := must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
			a.look(t.Context())
			if !again.Home || !b.only().Live() || app.token("T1ACME") == "" || a.Ready() != nil {
				t.Errorf("%+v %v", again, a.Ready())
			}
		})
	}
}

func TestRemovedHere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, _ := b.gateway("a")
	c, app := b.gateway("c")
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	c.look(t.Context())
	if err := a.Remove(t.Context(), "T1ACME", lea()); err != nil {
		t.Fatal(err)
	}
	c.look(t.Context())
	if i := b.only(); i.Live() || i.Lost || i.Sealed != "" || len(app.has) > 0 || c.Ready() != nil || strings.Join(b.slack.removed, " ") != "apps.uninstall" {
		t.Errorf("%+v %v %v", i, app.has, b.slack.removed)
	}
	if err := a.Remove(t.Context(), "T9", lea()); ticket.KindOf(err) != ticket.NotFound {
		t.Errorf("%v", err)
	}
}

func TestAnotherSecretOfTheGateway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a, _ := b.gateway("a")
	must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	cfg := b.cfg
	cfg.Tokens = secret.New(strings.Repeat("z", 64))
	s, app := b.on(b.store, "a", cfg)
	b.pass(11 * time.Hour)
	s.look(t.Context())
	if err := s.Ready(); err == nil || !strings.Contains(err.Error(), "Install the app there again") || len(app.has) > 0 || b.slack.refreshes() > 0 {
		t.Errorf("%v %v", err, app.has)
	}
	// Tokens of one installation are none of another's, and what was changed is not read.
	i := b.only()
	for name, bad := range map[string]ticket.Installation{"moved": {Key: "T2", Sealed: i.Sealed}, "changed": {Key: i.Key, Sealed: i.Sealed[:len(i.Sealed)-6] + "AAAA=="},
		"cut": {Key: i.Key, Sealed: "1:AAAA"}, "none": {Key: i.Key}, "no code": {Key: i.Key, Sealed: "1:%"}} {
		if _, err := a.vault.open(bad); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// A rotating token of the configuration is taken once: a restart goes on with the newest.
func TestTheConfigurationsRotatingToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.slack.grant(nil)
	cfg := b.cfg
	cfg.BotToken, cfg.RefreshToken = secret.New(first["access_token"].(string)), secret.New(first["refresh_token"].(string))
	a, app := b.on(b.store, "a", cfg)
	a.look(t.Context())
	if i := b.only(); !i.Home || app.token("T1ACME") == cfg.BotToken.Reveal() || app.token("T1ACME") == "" || a.Ready() != nil {
		t.Fatalf("%+v %v", i, a.Ready())
	}
	b.pass(time.Hour)
	again, app := b.on(b.store, "a", cfg)
	again.look(t.Context())
	if b.slack.refreshes() != 1 || app.token("T1ACME") == "" || again.Ready() != nil {
		t.Errorf("asked %d times, %v", b.slack.refreshes(), again.Ready())
	}
	// One that was used elsewhere is said.
	cfg.RefreshToken = secret.New("xoxe-1-used")
	used, _ := b.on(b.store, "a", cfg)
	used.look(t.Context())
	if err := used.Ready(); err == nil || !strings.Contains(err.Error(), "slack.refresh_token") {
		t.Errorf("%v", err)
	}
}

func TestWhereTheConfigurationHasATokenNothingIsDoubled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.slack.rotates = false
	cfg := b.cfg
	cfg.BotToken = secret.New("xoxb-configured")
	a, app := b.on(b.store, "a", cfg)
	app.has["T1ACME"] = slackapp.Installation{Team: "T1ACME", Home: true, BotToken: cfg.BotToken, Name: "Acme"}
	done := must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t)
	list := must(b.store.Installations(t.Context()))(t)
	if !done.Config || len(list) != 0 || len(b.slack.removed) > 0 {
		t.Errorf("%+v %v %v", done, list, b.slack.removed)
	}
	if shown := must(a.List(t.Context()))(t); len(shown) != 1 || !shown[0].Config || !shown[0].Home {
		t.Errorf("%+v", shown)
	}
	b.slack.team = "T2BETA"
	if other := must(a.Finish(t.Context(), b.slack.code(nil), "https://x/slack/oauth", lea()))(t); other.Home {
		t.Error("a second home")
	}
}

func TestThePageAsksForTheManifestsScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s, _ := b.gateway("a")
	page, err := url.Parse(s.Page("st/ate", "https://x/slack/oauth"))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"client_id": {"1.2"}, "redirect_uri": {"https://x/slack/oauth"}, "state": {"st/ate"}, "scope": {strings.Join(slackapp.Scopes(), ",")}}
	if page.Path != "/oauth/v2/authorize" || !reflect.DeepEqual(page.Query(), want) {
		t.Errorf("%s", page)
	}
	if p := (slackapp.Config{}).AuthorizePage(); p != "https://slack.com/oauth/v2/authorize" {
		t.Error(p)
	}
}
