package slackapp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"tierline/config/secret"
	"tierline/ticket"
)

// twoTeams is as much of Slack as answers by token: of two workspaces.
type twoTeams struct {
	mu      sync.Mutex
	calls   []string
	revoked map[string]bool
}

func (s *twoTeams) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	token, method := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), strings.TrimPrefix(r.URL.Path, "/api/")
	token = first(token, r.Form.Get("token"))
	s.mu.Lock()
	s.calls = append(s.calls, token+" "+method+" "+r.Form.Get("channel"))
	revoked := s.revoked[token]
	s.mu.Unlock()
	team := map[string]string{"xoxb-home": "T0HOME", "xoxb-beta": "T0BETA", "xoxb-beta2": "T0BETA"}[token]
	w.Header().Set("Content-Type", "application/json")
	switch {
	case team == "" || revoked:
		fmt.Fprint(w, `{"ok":false,"error":"token_revoked"}`)
	case method == "auth.test":
		fmt.Fprintf(w, `{"ok":true,"url":"https://%s.slack.com/","team":"Team %s","team_id":%q,"user_id":"U0BOT","bot_id":"B0"}`, strings.ToLower(team[2:]), team, team)
	case method == "chat.postMessage":
		fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":"1700000000.000100"}`, r.Form.Get("channel"))
	case method == "conversations.list":
		fmt.Fprintf(w, `{"ok":true,"channels":[{"id":"C0%s","name":"repairs"}]}`, team[2:])
	default:
		fmt.Fprint(w, `{"ok":false,"error":"unknown_method"}`)
	}
}

func newTwo(t *testing.T) (*App, *twoTeams) {
	t.Helper()
	s := &twoTeams{revoked: map[string]bool{}}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	a, err := New(Config{AppToken: secret.New("xapp-1"), BotToken: secret.New("xoxb-home"), APIURL: srv.URL + "/api/", NoLimits: true}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

func TestACallGoesToTheWorkspaceOfItsIDs(t *testing.T) {
	t.Parallel()
	a, s := newTwo(t)
	if err := a.Install(Installation{Team: "T0BETA", Name: "Beta", BotToken: secret.New("xoxb-beta")}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"#repairs": "C0HOME", "T0BETA/#repairs": "T0BETA/C0BETA", "beta/repairs": "T0BETA/C0BETA", "Team T0HOME/#repairs": "C0HOME", "T0BETA/C1": "T0BETA/C1"} {
		if got, err := a.Channel(t.Context(), name); err != nil || got != want {
			t.Errorf("%s is %q, %v; want %s", name, got, err, want)
		}
	}
	channel, _, err := a.PostTo(t.Context(), "T0BETA/U17", Out{Text: "hi"})
	if err != nil || channel != "T0BETA/U17" {
		t.Errorf("%q, %v", channel, err)
	}
	if self, err := a.Self(t.Context(), "T0BETA/C1"); err != nil || self.User != "T0BETA/U0BOT" || self.Team != "T0BETA" {
		t.Errorf("%+v, %v", self, err)
	}
	if l := a.Link("T0BETA/C1", "17.1"); l != "https://beta.slack.com/archives/C1/p171" {
		t.Error(l)
	}
	if err := a.Install(Installation{Team: "T0BETA", Name: "Beta", BotToken: secret.New("xoxb-beta2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Post(t.Context(), Out{Channel: "T0BETA/C7", Text: "by the new token"}); err != nil {
		t.Error(err)
	}
	if last := s.calls[len(s.calls)-1]; last != "xoxb-beta2 chat.postMessage C7" {
		t.Error(last)
	}
	a.Uninstall("T0BETA")
	if _, err := a.Post(t.Context(), Out{Channel: "T0BETA/C7", Text: "nowhere"}); ticket.KindOf(err) != ticket.Transient || !ticket.Unbegun(err) {
		t.Errorf("a post into a workspace that is no more: %v", err)
	}
	if _, err := a.Post(t.Context(), Out{Channel: "C7", Text: "at home"}); err != nil {
		t.Error(err)
	}
}

func TestARevokedTokenHarmsItsWorkspaceOnly(t *testing.T) {
	t.Parallel()
	a, s := newTwo(t)
	if err := a.Install(Installation{Team: "T0BETA", Name: "Beta", BotToken: secret.New("xoxb-beta")}); err != nil {
		t.Fatal(err)
	}
	a.setState(true, "")
	if err := a.Ready(); err != nil {
		t.Error(err)
	}
	s.mu.Lock()
	s.revoked["xoxb-beta"] = true
	s.mu.Unlock()
	if _, err := a.Post(t.Context(), Out{Channel: "T0BETA/C7", Text: "x"}); ticket.KindOf(err) != ticket.Transient {
		t.Error(err)
	}
	if _, err := a.Post(t.Context(), Out{Channel: "C7", Text: "x"}); err != nil {
		t.Error(err)
	}
	if err := a.Doubts(); err == nil || !strings.Contains(err.Error(), "Beta") {
		t.Errorf("it is not named: %v", err)
	}
	if err := a.Ready(); err != nil {
		t.Errorf("the home is not ready: %v", err)
	}
	if err := a.Away(t.Context()); err != nil {
		t.Errorf("all would wait: %v", err)
	}
	if err := a.Install(Installation{Team: "T0BETA", Name: "Beta", BotToken: secret.New("xoxb-beta2")}); err != nil {
		t.Fatal(err)
	}
	if err := a.Doubts(); err != nil {
		t.Error(err)
	}
	s.mu.Lock()
	s.revoked["xoxb-home"] = true
	s.mu.Unlock()
	if _, err := a.Post(t.Context(), Out{Channel: "C7", Text: "x"}); ticket.KindOf(err) != ticket.Transient {
		t.Error(err)
	}
	if err := a.Ready(); err == nil || !strings.Contains(err.Error(), "workspace") {
		t.Errorf("Ready does not name the home: %v", err)
	}
	if _, err := a.Post(t.Context(), Out{Channel: "T0BETA/C7", Text: "x"}); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeInstalled(t *testing.T) {
	t.Parallel()
	a, _ := newTwo(t)
	if _, err := a.Self(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		i    Installation
		want ticket.Kind
	}{
		{Installation{BotToken: secret.New("x")}, ticket.Invalid},
		{Installation{Team: "beta", BotToken: secret.New("x")}, ticket.Invalid},
		{Installation{Team: "E0ORG", BotToken: secret.New("x")}, ticket.Invalid},
		{Installation{Team: "T0BETA"}, ticket.Invalid},
		{Installation{Team: "T0BETA", Home: true, BotToken: secret.New("x")}, ticket.Conflict},
		{Installation{Team: "T0HOME", BotToken: secret.New("x")}, ticket.Conflict},
	} {
		if err := a.Install(c.i); ticket.KindOf(err) != c.want {
			t.Errorf("%+v: %v", c.i, err)
		}
	}
	if n := len(a.Installed()); n != 1 {
		t.Errorf("%d are installed", n)
	}
}
