package slacksim

import (
	"crypto/rand"
	"encoding/hex"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// OAuth is how the app is installed by its users. https://docs.slack.dev/authentication/installing-with-oauth
type OAuth struct {
	ClientID, ClientSecret string
	Redirects              []string // a redirect_uri is one of them, or stands below one; nil: any
	// TokenLife is how long tokens live, with token rotation (12 h in Slack); 0: they do not end.
	TokenLife time.Duration
	// Grace is how long a refresh token is taken after it was used. Slack says "a short grace period".
	Grace time.Duration
}

// oauth is what was granted in all workspaces. It is the hub's, and under its lock.
type oauth struct {
	codes     map[string]*oauthCode
	tokens    map[string]*oauthToken // bot tokens that were granted
	refreshes map[string]*oauthRefresh
	reused    int // refresh tokens that came again within their grace
}

type oauthCode struct {
	in       *Server
	redirect string
	until    time.Time
	used     bool
}

type oauthToken struct {
	in    *Server
	until time.Time // zero: does not end
	fault string    // why it is refused; "" when it is taken
}

type oauthRefresh struct {
	in    *Server
	until time.Time // zero: not used yet
}

func newOAuth() *oauth {
	return &oauth{codes: map[string]*oauthCode{}, tokens: map[string]*oauthToken{}, refreshes: map[string]*oauthRefresh{}}
}

const codeLife = 10 * time.Minute

// granted says what became of a token that was granted by OAuth; ok is false for every other token.
func (s *Server) granted(token string) (fault string, ok bool) {
	t := s.hub.oauth.tokens[token]
	switch {
	case t == nil || t.in != s:
		return "", false
	case t.fault != "":
		return t.fault, true
	case !t.until.IsZero() && !s.clock.Now().Before(t.until):
		return "token_expired", true
	}
	return "", true
}

func (s *Server) oauthRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /oauth/v2/authorize", s.authorizePage)
	mux.HandleFunc("POST /oauth/v2/authorize", s.authorizeAnswer)
}

var authorizeTemplate = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Install {{.App}}</title><link rel="icon" href="/icon.svg"></head>
<body><main>
{{if .Fault}}<h1>This cannot be asked for</h1><p>{{.Fault}}</p>{{else}}
<h1>{{.App}} asks for access to a workspace</h1>
<p>It will be able to:</p><ul>{{range .Scopes}}<li>{{.}}</li>{{end}}</ul>
<form method="post" action="/oauth/v2/authorize">
<input type="hidden" name="client_id" value="{{.Client}}"><input type="hidden" name="redirect_uri" value="{{.Redirect}}"><input type="hidden" name="state" value="{{.State}}"><input type="hidden" name="scope" value="{{.Scope}}">
<p><label for="team">Workspace</label> <select id="team" name="team">{{range .Teams}}<option value="{{.ID}}">{{.Name}}</option>{{end}}</select></p>
<p><button name="do" value="allow">Allow</button> <button name="do" value="deny">Cancel</button></p>
</form>{{end}}
</main></body></html>`))

// asked is what the app asks for, and what is wrong with that.
func (s *Server) asked(q url.Values) (redirect *url.URL, fault string) {
	o := s.cfg.App.OAuth
	redirect, err := url.Parse(q.Get("redirect_uri"))
	known := func(r string) bool {
		return q.Get("redirect_uri") == r || strings.HasPrefix(q.Get("redirect_uri"), strings.TrimRight(r, "/")+"/")
	}
	switch {
	case o.ClientID == "" || q.Get("client_id") != o.ClientID:
		return nil, "invalid_client_id"
	case err != nil || redirect.Host == "" || o.Redirects != nil && !slices.ContainsFunc(o.Redirects, known):
		return nil, "redirect_uri did not match any configured URIs"
	case q.Get("scope") == "":
		return nil, "invalid_scope"
	}
	return redirect, ""
}

func (s *Server) authorizePage(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	_, fault := s.asked(q)
	s.mu.Lock()
	teams := []Team{}
	for _, o := range s.all() {
		teams = append(teams, o.cfg.Team)
	}
	s.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if fault != "" {
		w.WriteHeader(http.StatusBadRequest)
	}
	_ = authorizeTemplate.Execute(w, map[string]any{"App": s.cfg.App.Name, "Fault": fault, "Client": q.Get("client_id"), "Redirect": q.Get("redirect_uri"), "State": q.Get("state"),
		"Scope": q.Get("scope"), "Scopes": strings.Split(q.Get("scope"), ","), "Teams": teams})
}

// authorizeAnswer is a click on that page.
func (s *Server) authorizeAnswer(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, "this is no form", http.StatusBadRequest)
		return
	}
	redirect, fault := s.asked(r.PostForm)
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.Workspace(r.PostForm.Get("team"))
	if fault != "" || in == nil {
		http.Error(w, or(fault, "team_not_found"), http.StatusBadRequest)
		return
	}
	q := redirect.Query()
	q.Set("state", r.PostForm.Get("state"))
	if r.PostForm.Get("do") != "allow" {
		q.Set("error", "access_denied")
	} else {
		code := randomText()
		s.oauth.codes[code] = &oauthCode{in: in, redirect: r.PostForm.Get("redirect_uri"), until: s.clock.Now().Add(codeLife)}
		q.Set("code", code)
	}
	redirect.RawQuery = q.Encode()
	http.Redirect(w, r, redirect.String(), http.StatusFound)
}

// basicClient takes the app's credentials from the header, where Slack wants them.
func basicClient(r *http.Request, args map[string]any) {
	if id, key, ok := r.BasicAuth(); ok {
		args["client_id"], args["client_secret"] = id, key
	}
}

func (c *call) client() error {
	o := c.s.cfg.App.OAuth
	switch {
	case o.ClientID == "" || c.str("client_id") != o.ClientID:
		return apiErr("invalid_client_id")
	case c.str("client_secret") != o.ClientSecret:
		return apiErr("bad_client_secret")
	}
	return nil
}

// oauthAccess gives tokens for a code or a refresh token. https://docs.slack.dev/reference/methods/oauth.v2.access
func (c *call) oauthAccess() (Object, error) {
	if err := c.client(); err != nil {
		return nil, err
	}
	s := c.s.hub
	now := s.clock.Now()
	switch c.str("grant_type") {
	case "refresh_token":
		r := s.oauth.refreshes[c.str("refresh_token")]
		if r == nil || r.in.uninstalled || !r.until.IsZero() && !now.Before(r.until) {
			return nil, apiErr("invalid_refresh_token")
		}
		if r.until.IsZero() {
			r.until = now.Add(s.cfg.App.OAuth.Grace)
		} else {
			s.oauth.reused++
		}
		return r.in.give(), nil
	case "", "authorization_code":
	default:
		return nil, apiErr("invalid_grant_type")
	}
	code := s.oauth.codes[c.str("code")]
	switch {
	case code == nil || !now.Before(code.until):
		return nil, apiErr("invalid_code")
	case code.used:
		return nil, apiErr("code_already_used")
	case c.str("redirect_uri") != code.redirect:
		return nil, apiErr("bad_redirect_uri")
	}
	code.used = true
	code.in.reinstalled()
	return code.in.give(), nil
}

// reinstalled: the app is there, whatever was before.
func (s *Server) reinstalled() {
	s.uninstalled, s.revoked = false, ""
	if s.users[s.bot()] != nil {
		s.users[s.bot()].Deleted = false
	}
	s.touch()
}

// give grants a bot token. An app that is installed and whose tokens do not end gets the one that it has.
func (s *Server) give() Object {
	a, o := s.cfg.App, s.hub.oauth
	out := Object{"access_token": "", "token_type": "bot", "scope": strings.Join(a.Scopes, ","), "bot_user_id": a.BotUserID, "app_id": a.ID,
		"team": Object{"id": s.cfg.Team.ID, "name": s.cfg.Team.Name}, "enterprise": nil, "is_enterprise_install": s.cfg.Team.OrgWide,
		"authed_user": Object{"id": or(append(slices.Clone(s.userOrder), "")[0], "U0")}}
	if s.cfg.Team.Enterprise != "" {
		out["enterprise"] = Object{"id": s.cfg.Team.Enterprise, "name": s.cfg.Team.Name}
	}
	if s.cfg.Team.OrgWide {
		out["team"] = nil
	}
	if a.OAuth.TokenLife == 0 {
		if !s.retired {
			out["access_token"] = a.BotToken
			return out
		}
		for token, t := range o.tokens {
			if t.in == s && t.fault == "" {
				out["access_token"] = token
				return out
			}
		}
		out["access_token"] = "xoxb-granted-" + randomText()
		o.tokens[out["access_token"].(string)] = &oauthToken{in: s}
		return out
	}
	defer s.hub.touch()
	token, refresh := "xoxe.xoxb-1-granted-"+randomText(), "xoxe-1-granted-"+randomText()
	s.onlyTwo()
	o.tokens[token] = &oauthToken{in: s, until: s.clock.Now().Add(a.OAuth.TokenLife)}
	o.refreshes[refresh] = &oauthRefresh{in: s}
	out["access_token"], out["refresh_token"], out["expires_in"] = token, refresh, int(a.OAuth.TokenLife/time.Second)
	return out
}

// onlyTwo leaves one of the tokens that are good, beside the one that comes: "we will enforce a limit of 2 active tokens".
// https://docs.slack.dev/authentication/using-token-rotation
func (s *Server) onlyTwo() {
	var newest *oauthToken
	for _, t := range s.hub.oauth.tokens {
		if t.in == s && t.fault == "" && (newest == nil || t.until.After(newest.until)) {
			newest = t
		}
	}
	for _, t := range s.hub.oauth.tokens {
		if t.in == s && t.fault == "" && t != newest {
			t.fault = "token_revoked"
		}
	}
}

// forget makes all that was granted in a workspace dead.
func (o *oauth) forget(s *Server) {
	for _, t := range o.tokens {
		if t.in == s {
			t.fault = "account_inactive"
		}
	}
	for k, r := range o.refreshes {
		if r.in == s {
			delete(o.refreshes, k)
		}
	}
}

// appsUninstall takes the app out of a workspace. https://docs.slack.dev/reference/methods/apps.uninstall
func (c *call) appsUninstall() (Object, error) {
	if err := c.client(); err != nil {
		return nil, err
	}
	c.s.uninstall()
	return nil, nil
}

// authRevoke takes one token back; of an app whose tokens do not end, the installation with it.
// https://docs.slack.dev/reference/methods/auth.revoke
func (c *call) authRevoke() (Object, error) {
	if t := c.s.hub.oauth.tokens[c.token]; t != nil && !t.until.IsZero() {
		t.fault = "token_revoked"
		return Object{"revoked": true}, nil
	}
	c.s.uninstall()
	return Object{"revoked": true}, nil
}

// Granted is the newest token that was granted in this workspace by OAuth and is taken; "" when there is none.
func (s *Server) Granted() (token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var newest *oauthToken
	for text, t := range s.hub.oauth.tokens {
		if t.in == s && t.fault == "" && (newest == nil || t.until.After(newest.until)) {
			token, newest = text, t
		}
	}
	return token
}

// Reused is how often a refresh token came a second time, and was taken.
func (s *Server) Reused() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hub.oauth.reused
}

func randomText() string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
