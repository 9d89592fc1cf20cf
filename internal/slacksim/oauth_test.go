package slacksim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tierline/internal/slacksim"
)

// oauthWorld is a workspace in which the app is, and one in which it is not yet.
func oauthWorld(t *testing.T, life time.Duration) *slacksim.Server {
	t.Helper()
	cfg := slacksim.Sample()
	cfg.App.OAuth = slacksim.OAuth{ClientID: "1.2", ClientSecret: "hush", Redirects: []string{"https://gw.example/slack"}, TokenLife: life, Grace: time.Minute}
	cfg.Workspaces = []slacksim.Workspace{{Team: slacksim.Team{ID: "T0BETA", Name: "Beta"}, Users: []slacksim.User{{ID: "U0BO", Name: "bo"}}, Absent: true}}
	return slacksim.Start(t, cfg)
}

// clicked is where the answer of the page leads.
func clicked(t *testing.T, s *slacksim.Server, do string, change ...string) (int, url.Values) {
	t.Helper()
	form := url.Values{"client_id": {"1.2"}, "redirect_uri": {"https://gw.example/slack/oauth"}, "state": {"st/1"}, "scope": {"chat:write,commands"}, "team": {"T0BETA"}, "do": {do}}
	for i := 0; i < len(change); i += 2 {
		form.Set(change[i], change[i+1])
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := c.PostForm(s.URL()+"/oauth/v2/authorize", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, to.Query()
}

// oauthCall calls a method with the app's credentials, or with a token.
func oauthCall(t *testing.T, s *slacksim.Server, method, secret, token string, form url.Values) map[string]any {
	t.Helper()
	r, err := http.NewRequest("POST", s.APIURL()+method, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r.SetBasicAuth("1.2", secret); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var out map[string]any
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatalf("%s: %s", err, b)
	}
	return out
}

func oauthFault(t *testing.T, what string, out map[string]any, want string) {
	t.Helper()
	if got, _ := out["error"].(string); got != want {
		t.Errorf("%s: %v, not %q", what, out, want)
	}
}

func TestTheAppIsInstalledByItsUsers(t *testing.T) {
	t.Parallel()
	s := oauthWorld(t, 0)
	resp, err := http.Get(s.URL() + "/oauth/v2/authorize?client_id=1.2&scope=chat:write&redirect_uri=https://gw.example/slack/oauth&state=x")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(b), "chat:write") || !strings.Contains(string(b), "Beta") {
		t.Errorf("the page: %d %s", resp.StatusCode, b)
	}
	for _, bad := range [][]string{{"client_id", "9"}, {"redirect_uri", "https://evil.example/slack/oauth"}, {"redirect_uri", "https://gw.example/slackish"}, {"scope", ""}, {"team", "T9"}} {
		if status, _ := clicked(t, s, "allow", bad...); status != 400 {
			t.Errorf("%v: %d", bad, status)
		}
	}
	if _, q := clicked(t, s, "deny"); q.Get("error") != "access_denied" || q.Get("state") != "st/1" || q.Has("code") {
		t.Errorf("declined: %v", q)
	}
	_, q := clicked(t, s, "allow")
	form := func(code string) url.Values {
		return url.Values{"code": {code}, "redirect_uri": {"https://gw.example/slack/oauth"}}
	}
	oauthFault(t, "another secret", oauthCall(t, s, "oauth.v2.access", "wrong", "", form(q.Get("code"))), "bad_client_secret")
	oauthFault(t, "another address", oauthCall(t, s, "oauth.v2.access", "hush", "", url.Values{"code": {q.Get("code")}, "redirect_uri": {"https://gw.example/slack"}}), "bad_redirect_uri")
	oauthFault(t, "no code", oauthCall(t, s, "oauth.v2.access", "hush", "", form("x")), "invalid_code")
	got := oauthCall(t, s, "oauth.v2.access", "hush", "", form(q.Get("code")))
	token, _ := got["access_token"].(string)
	if got["ok"] != true || got["token_type"] != "bot" || got["team"].(map[string]any)["id"] != "T0BETA" || !strings.HasPrefix(token, "xoxb-") || got["refresh_token"] != nil {
		t.Fatalf("%v", got)
	}
	oauthFault(t, "the code again", oauthCall(t, s, "oauth.v2.access", "hush", "", form(q.Get("code"))), "code_already_used")
	if who := oauthCall(t, s, "auth.test", "", token, nil); who["team_id"] != "T0BETA" {
		t.Errorf("%v", who)
	}
	oauthFault(t, "revoked", oauthCall(t, s, "auth.revoke", "", token, nil), "")
	oauthFault(t, "after that", oauthCall(t, s, "auth.test", "", token, nil), "account_inactive")
	_, q = clicked(t, s, "allow")
	again := oauthCall(t, s, "oauth.v2.access", "hush", "", form(q.Get("code")))
	if again["access_token"] == token || s.Workspace("T0BETA").Granted() != again["access_token"] {
		t.Errorf("installed again: %v", again)
	}
}

func TestTokensThatEnd(t *testing.T) {
	t.Parallel()
	s := oauthWorld(t, time.Hour)
	_, q := clicked(t, s, "allow")
	got := oauthCall(t, s, "oauth.v2.access", "hush", "", url.Values{"code": {q.Get("code")}, "redirect_uri": {"https://gw.example/slack/oauth"}})
	if got["expires_in"] != 3600.0 || !strings.HasPrefix(got["access_token"].(string), "xoxe.xoxb-") {
		t.Fatalf("%v", got)
	}
	refresh := func(token any) map[string]any {
		return oauthCall(t, s, "oauth.v2.access", "hush", "", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}})
	}
	second := refresh(got["refresh_token"])
	third := refresh(got["refresh_token"]) // within the grace
	if second["ok"] != true || third["ok"] != true {
		t.Fatalf("%v %v", second, third)
	}
	oauthFault(t, "the oldest of three", oauthCall(t, s, "auth.test", "", got["access_token"].(string), nil), "token_revoked")
	for _, g := range []map[string]any{second, third} {
		oauthFault(t, "the two newest", oauthCall(t, s, "auth.test", "", g["access_token"].(string), nil), "")
	}
	oauthFault(t, "made up", refresh("xoxe-1-x"), "invalid_refresh_token")
	oauthFault(t, "one token is taken back", oauthCall(t, s, "auth.revoke", "", second["access_token"].(string), nil), "")
	oauthFault(t, "the app is there all the same", oauthCall(t, s, "auth.test", "", third["access_token"].(string), nil), "")
	out := oauthCall(t, s, "apps.uninstall", "", third["access_token"].(string), url.Values{"client_id": {"1.2"}, "client_secret": {"hush"}})
	oauthFault(t, "uninstalled", out, "")
	oauthFault(t, "nothing is renewed then", refresh(third["refresh_token"]), "invalid_refresh_token")
}
