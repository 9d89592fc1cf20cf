package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/ticket"
)

// slackDouble stands for the app, and for Slack's page.
type slackDouble struct {
	mu      sync.Mutex
	codes   []string // that were exchanged
	by      []string
	refuse  *SlackRefusal
	removed []string
	off     bool
}

func (d *slackDouble) Offered() bool { return !d.off }

func (d *slackDouble) Page(state, redirect string) string {
	return "https://slack.example/oauth/v2/authorize?" + url.Values{"state": {state}, "redirect_uri": {redirect}}.Encode()
}

func (d *slackDouble) Finish(_ context.Context, code, _ string, by ticket.Actor) (SlackInstalled, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return SlackInstalled{}, d.refuse
	}
	d.codes, d.by = append(d.codes, code), append(d.by, by.Name)
	return SlackInstalled{Installation: ticket.Installation{Key: "T1ACME", Team: "T1ACME", Name: "Acme <b>"}, Missing: []string{"team:read"}}, nil
}

func (d *slackDouble) List(context.Context) ([]SlackWorkspace, error) {
	at := time.Now().Add(-50 * time.Hour)
	return []SlackWorkspace{
		{Installation: ticket.Installation{Key: "T0HOME", Team: "T0HOME", Name: "Our desk", URL: "https://desk.example/", Home: true, Scopes: []string{"chat:write"}}, Config: true},
		{Installation: ticket.Installation{Key: "T1ACME", Team: "T1ACME", Name: "Acme", At: at, By: ticket.Actor{Name: "Lea"}, Expires: time.Now().Add(9 * time.Hour), Renew: time.Now().Add(7 * time.Hour)}, Missing: []string{"team:read", "dnd:read"}},
		{Installation: ticket.Installation{Key: "E2ORG", Enterprise: "E2ORG", Name: "Big organization", At: at}, Problem: "The token of Big organization cannot be renewed (invalid_refresh_token). Install the app there again."},
		{Installation: ticket.Installation{Key: "T3GONE", Team: "T3GONE", Name: "Gone Ltd", At: at, Ended: at.Add(time.Hour), Lost: true, Why: "removed in Slack"}},
		{Installation: ticket.Installation{Key: "T4OUT", Team: "T4OUT", Name: "Out Ltd", At: at, Ended: at.Add(time.Hour), Why: "removed by Ada"}},
	}, nil
}

func (d *slackDouble) Remove(_ context.Context, key string, _ ticket.Actor) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.removed = append(d.removed, key)
	return nil
}

func (d *slackDouble) Channels(context.Context) []SlackFinding {
	return []SlackFinding{{Good: true, Where: "slack channel support-l1", What: "cards of Level 1 can be shown there"},
		{Where: "slack channel support-l2", What: "it is archived", Mend: "unarchive it in Slack, or name another one (tiers: channel)"}}
}

// withSlack is a site with the app, and an admin.
func withSlack(t *testing.T) (*site, *slackDouble) {
	t.Helper()
	d := &slackDouble{}
	return start(t, d.deps), d
}

// deps give a site the app, and an admin.
func (d *slackDouble) deps(_ *Config, deps *Deps) {
	deps.Slack = d
	deps.Agents = func() []ticket.Agent {
		return append(staffList(), ticket.Agent{ID: "ada", Name: "Ada Admin", Roles: []ticket.Role{ticket.RoleAdmin}})
	}
}

// begun follows the button to Slack's page, and gives the way back.
func begun(t *testing.T, v *visitor, path string) (back func(extra url.Values) string) {
	t.Helper()
	got := v.get(path)
	to, err := url.Parse(got.Header.Get("Location"))
	if err != nil || got.StatusCode != 303 || to.Host != "slack.example" {
		t.Fatalf("%d to %q: %s", got.StatusCode, got.Header.Get("Location"), got.body)
	}
	if c := got.Header.Get("Set-Cookie"); !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "HttpOnly") {
		t.Errorf("the cookie %q", c)
	}
	return func(extra url.Values) string {
		q := url.Values{"state": {to.Query().Get("state")}, "code": {"1.2.3"}}
		for k, x := range extra {
			if q[k] = x; x == nil {
				q.Del(k)
			}
		}
		return "/slack/oauth?" + q.Encode()
	}
}

func TestAnAdminInstallsTheSlackApp(t *testing.T) {
	t.Parallel()
	s, d := withSlack(t)
	v := s.signedIn("ada")
	mustHave(t, v.page("/console/slack"), "Install in a workspace", "Acme", "dnd:read", "removed in Slack", "it is archived", "1 to mend", "whole organization")
	back := begun(t, v, "/slack/install")
	got := v.get(back(nil))
	mustHave(t, got.body, "The app is installed", "Acme &lt;b&gt;", "team:read", "/invite @Tierline")
	if got.StatusCode != 200 || len(d.codes) != 1 || d.by[0] != "Ada Admin" {
		t.Errorf("%d, %v by %v", got.StatusCode, d.codes, d.by)
	}
	// The same address again, as a browser's history has it.
	if got := v.get(back(nil)); got.StatusCode != 403 || len(d.codes) != 1 {
		t.Errorf("again: %d %v", got.StatusCode, d.codes)
	}
	mustNotHave(t, s.log.String(), "1.2.3", "state=")
}

func TestAStateThatIsNotOurs(t *testing.T) {
	t.Parallel()
	s, d := withSlack(t)
	v := s.signedIn("ada")
	back := begun(t, v, "/slack/install")
	forged := back(url.Values{"state": {"eyJpIjoieCJ9.AAAA"}})
	for name, c := range map[string]struct {
		by   *visitor
		path string
		says string
	}{
		"forged":                    {v, forged, "did not begin here"},
		"none":                      {v, back(url.Values{"state": nil}), "did not begin here"},
		"another browser":           {s.visitor(), back(nil), "another browser"},
		"another browser's attempt": {func() *visitor { o := s.signedIn("ada"); begun(t, o, "/slack/install"); return o }(), back(nil), "another browser"},
	} {
		if got := c.by.get(c.path); got.StatusCode != 403 || !strings.Contains(got.body, c.says) {
			t.Errorf("%s: %d %s", name, got.StatusCode, got.body)
		}
	}
	late := slackState{ID: hashOf("x"), Agent: "ada", Ends: time.Now().Add(-time.Second).Unix()}
	if got := v.get("/slack/oauth?code=1&state=" + sign(s.secrets.slackState, late)); got.StatusCode != 403 || !strings.Contains(got.body, "10 minutes") {
		t.Errorf("late: %d", got.StatusCode)
	}
	// What is signed for something else is no state, and a state is no session.
	if got := v.get("/slack/oauth?code=1&state=" + sign(s.secrets.slackLink, slackState{ID: "x", Ends: time.Now().Add(time.Hour).Unix()})); got.StatusCode != 403 {
		t.Errorf("a link's signature: %d", got.StatusCode)
	}
	if len(d.codes) > 0 {
		t.Errorf("exchanged: %v", d.codes)
	}
	if got := v.get(back(nil)); got.StatusCode != 200 {
		t.Errorf("what was begun is not finished: %d", got.StatusCode)
	}
}

func TestDeclinedAndRefused(t *testing.T) {
	t.Parallel()
	s, d := withSlack(t)
	v := s.signedIn("ada")
	got := v.get(begun(t, v, "/slack/install")(url.Values{"code": nil, "error": {"access_denied"}}))
	mustHave(t, got.body, "Nothing was installed")
	if got.StatusCode != 200 || len(d.codes) > 0 {
		t.Errorf("%d %v", got.StatusCode, d.codes)
	}
	r, _ := http.NewRequest("GET", s.URL()+begun(t, v, "/slack/install")(url.Values{"code": nil, "error": {"<script>"}}), nil)
	r.Header.Set("Accept-Language", "de-DE,de;q=0.9")
	got = v.do(r)
	mustHave(t, got.body, "Die App wurde nicht installiert", `lang="de"`)
	mustNotHave(t, got.body, "<script>")
	d.refuse = &SlackRefusal{Why: "team", Detail: "Acme"}
	r, _ = http.NewRequest("GET", s.URL()+begun(t, v, "/slack/install")(nil), nil)
	r.Header.Set("Accept-Language", "fr")
	got = v.do(r)
	mustHave(t, got.body, "n’a pas été installée", "slack.teams", "Acme")
	if got.StatusCode != 502 {
		t.Error(got.StatusCode)
	}
}

func TestOnlyAdminsInstallAndRemove(t *testing.T) {
	t.Parallel()
	s, d := withSlack(t)
	if got := s.visitor().get("/slack/install"); got.StatusCode != 303 || got.Header.Get("Location") != "/console/login?next=/console/slack" {
		t.Errorf("a stranger: %d %v", got.StatusCode, got.Header)
	}
	lea := s.signedIn("lea")
	if got := lea.get("/slack/install"); got.StatusCode != 403 || !strings.Contains(got.body, "Only an admin") {
		t.Errorf("a lead: %d", got.StatusCode)
	}
	page := lea.page("/console/slack")
	mustHave(t, page, "Only an admin installs", "Acme")
	mustNotHave(t, page, "Install again", "/remove")
	if got := lea.get("/console/slack/T1ACME/remove"); got.StatusCode != 403 {
		t.Errorf("a lead asks to remove: %d", got.StatusCode)
	}
	if got := s.signedIn("anna").get("/console/slack"); got.StatusCode != 403 {
		t.Errorf("an agent: %d", got.StatusCode)
	}
	ada := s.signedIn("ada")
	mustHave(t, ada.page("/console/slack/T1ACME/remove"), "Remove the app from Acme?")
	for key, want := range map[string]int{"T0HOME": 404, "T9": 404, "..": 404} {
		if got := ada.get("/console/slack/" + key + "/remove"); got.StatusCode != want {
			t.Errorf("%s: %d", key, got.StatusCode)
		}
	}
	if got := ada.post("/console/slack/T1ACME/remove", "/console/slack/T1ACME/remove", nil); got.StatusCode != 303 || strings.Join(d.removed, "") != "T1ACME" {
		t.Errorf("%d %v", got.StatusCode, d.removed)
	}
}

func TestALinkInstallsOnce(t *testing.T) {
	t.Parallel()
	s, d := withSlack(t)
	cfg := s.cfg
	cfg.PublicURL = s.URL()
	link, err := cfg.SlackLink("op", time.Hour, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(link, s.URL())
	begun(t, s.visitor(), path) // looked at, and given up
	first, second := s.visitor(), s.visitor()
	back, other := begun(t, first, path), begun(t, second, path)
	d.refuse = &SlackRefusal{Why: "later"}
	if got := first.get(back(nil)); got.StatusCode != 502 {
		t.Errorf("refused: %d", got.StatusCode)
	}
	d.refuse = nil
	back = begun(t, first, path)
	if got := first.get(back(nil)); got.StatusCode != 200 {
		t.Errorf("after a refusal: %d %s", got.StatusCode, got.body)
	}
	if len(d.codes) != 1 || d.by[0] != "a link by op" {
		t.Fatalf("%v %v", d.codes, d.by)
	}
	if got := second.get(other(nil)); got.StatusCode != 403 || !strings.Contains(got.body, "already") {
		t.Errorf("used twice: %d", got.StatusCode)
	}
	if got := s.visitor().get(path); got.StatusCode != 403 || !strings.Contains(got.body, "already") {
		t.Errorf("begun after: %d", got.StatusCode)
	}
	late, err := cfg.SlackLink("op", time.Minute, time.Now().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.visitor().get(strings.TrimPrefix(late, s.URL())); got.StatusCode != 403 || !strings.Contains(got.body, "run out") {
		t.Errorf("late: %d", got.StatusCode)
	}
	for _, ttl := range []time.Duration{0, 15 * 24 * time.Hour} {
		if _, err := cfg.SlackLink("op", ttl, time.Now()); err == nil {
			t.Errorf("a link for %s", ttl)
		}
	}
}

func TestWhereTheAppCannotBeInstalled(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, path := range []string{"/slack/install", "/slack/oauth?state=x"} {
		if got := s.visitor().get(path); got.StatusCode != 404 || !strings.Contains(got.body, "not set up") {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	mustHave(t, s.signedIn("lea").page("/console/slack"), "Slack is not configured")
}

func TestSlackWordsInEveryLanguage(t *testing.T) {
	t.Parallel()
	words := slackWords()
	for l, list := range words {
		for key := range words["en"] {
			if list[key] == "" {
				t.Errorf("%s lacks %q", l, key)
			}
		}
		if len(list) != len(words["en"]) {
			t.Errorf("%s has words that nobody uses", l)
		}
	}
}
