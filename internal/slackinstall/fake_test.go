package slackinstall

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/store"
	"tierline/ticket"
)

// fakeSlack gives tokens as Slack does: a code and a refresh token are good once, the latter for a short while longer.
type fakeSlack struct {
	*httptest.Server
	mu      sync.Mutex
	now     func() time.Time
	n       int
	codes   map[string]map[string]any // what a code is exchanged for
	refresh map[string]time.Time      // until when a refresh token is taken; zero: for good
	bots    map[string]bool           // tokens, and whether they are good
	asked   int                       // refreshes that were answered or lost
	lose    bool                      // the next answer
	team    string
	removed []string
	rotates bool
	life    int
}

func newFake(t *testing.T, now func() time.Time) *fakeSlack {
	f := &fakeSlack{now: now, codes: map[string]map[string]any{}, refresh: map[string]time.Time{}, bots: map[string]bool{}, team: "T1ACME", rotates: true, life: 43200}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeSlack) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_ = r.ParseForm()
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	out := map[string]any{"ok": true}
	fail := func(code string) { out = map[string]any{"ok": false, "error": code} }
	switch method := strings.TrimPrefix(r.URL.Path, "/api/"); {
	case method == "oauth.v2.access":
		id, key, _ := r.BasicAuth()
		switch g, known := f.codes[r.Form.Get("code")]; {
		case id != "1.2" || key != "client-secret-of-the-app":
			fail("bad_client_secret")
		case r.Form.Get("grant_type") == "refresh_token":
			f.asked++
			until, ok := f.refresh[r.Form.Get("refresh_token")]
			if !ok || !until.IsZero() && f.now().After(until) {
				fail("invalid_refresh_token")
				break
			}
			if until.IsZero() {
				f.refresh[r.Form.Get("refresh_token")] = f.now().Add(time.Minute)
			}
			out = f.grant(nil)
			if f.lose {
				f.lose = false
				panic(http.ErrAbortHandler)
			}
		case !known:
			fail("invalid_code")
		case g == nil:
			fail("code_already_used")
		default:
			f.codes[r.Form.Get("code")] = nil
			out = f.grant(g)
		}
	case !f.bots[token]:
		fail("token_revoked")
	case method == "auth.test":
		w.Header().Set("X-OAuth-Scopes", strings.Join(slackapp.Scopes(), ","))
		out["url"], out["team"] = "https://acme.example/", "Acme"
	case method == "apps.uninstall" && r.Form.Get("client_secret") == "client-secret-of-the-app", method == "auth.revoke":
		f.bots[token] = false
		f.removed = append(f.removed, method)
	default:
		fail("unknown_method")
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (f *fakeSlack) grant(more map[string]any) map[string]any {
	f.n++
	g := map[string]any{"ok": true, "access_token": fmt.Sprintf("xoxb-very-secret-%d", f.n), "token_type": "bot", "scope": strings.Join(slackapp.Scopes(), ","), "bot_user_id": "U0BOT",
		"app_id": "A0APP", "team": map[string]any{"id": f.team, "name": "Acme"}, "enterprise": nil, "is_enterprise_install": false}
	if f.rotates {
		g["access_token"], g["refresh_token"], g["expires_in"] = "xoxe."+g["access_token"].(string), fmt.Sprintf("xoxe-1-very-secret-%d", f.n), f.life
		f.refresh[g["refresh_token"].(string)] = time.Time{}
	}
	for k, v := range more {
		g[k] = v
	}
	if s, ok := g["access_token"].(string); ok {
		f.bots[s] = true
	}
	return g
}

// code is one that somebody came back with; more is what its answer says otherwise.
func (f *fakeSlack) code(more map[string]any) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	c := fmt.Sprintf("code-very-secret-%d", f.n)
	if more == nil {
		more = map[string]any{}
	}
	f.codes[c] = more
	return c
}

func (f *fakeSlack) refreshes() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// takeBack makes all tokens bad, as when somebody removes the app.
func (f *fakeSlack) takeBack() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.bots)
	clear(f.refresh)
}

// fakeApp is the app as far as installations go.
type fakeApp struct {
	mu   sync.Mutex
	has  map[string]slackapp.Installation
	errs map[string]error
}

func (a *fakeApp) Install(i slackapp.Installation) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.has[i.Key()] = i
	return nil
}

func (a *fakeApp) Uninstall(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.has, key)
}

func (a *fakeApp) Installed() (list []slackapp.Status) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for k, i := range a.has {
		list = append(list, slackapp.Status{Installation: i, Err: a.errs[k]})
	}
	return list
}

func (a *fakeApp) token(key string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.has[key].BotToken.Reveal()
}

// bench is two gateways on one store, before one Slack.
type bench struct {
	t     *testing.T
	mu    sync.Mutex
	at    time.Time
	slack *fakeSlack
	store *store.Store
	log   *lockedBuffer
	cfg   slackapp.Config
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, at: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), log: &lockedBuffer{}}
	b.slack = newFake(t, b.now)
	var err error
	if b.store, err = store.Open(t.Context(), store.Config{Data: t.TempDir(), ThrowAway: true, Now: b.now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.store.Close() })
	b.cfg = slackapp.Config{APIURL: b.slack.URL + "/api/", OAuth: slackapp.OAuth{ClientID: "1.2", ClientSecret: secret.New("client-secret-of-the-app"), Tokens: secret.New(strings.Repeat("k", 64))}}
	t.Cleanup(b.nothingSeen)
	return b
}

func (b *bench) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = b.at.Add(d)
}

// gateway is one more on the store.
func (b *bench) gateway(name string) (*Service, *fakeApp) {
	b.t.Helper()
	return b.on(b.store, name, b.cfg)
}

func (b *bench) on(st Store, name string, cfg slackapp.Config) (*Service, *fakeApp) {
	b.t.Helper()
	app := &fakeApp{has: map[string]slackapp.Installation{}, errs: map[string]error{}}
	s, err := New(cfg, Deps{Store: st, App: app, Holder: name, Now: b.now, Log: slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err == nil {
		err = s.Load(b.t.Context())
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return s, app
}

// only is the one installation that is stored.
func (b *bench) only() ticket.Installation {
	b.t.Helper()
	list, err := b.store.Installations(b.t.Context())
	if err != nil || len(list) != 1 {
		b.t.Fatalf("%d installations, %v", len(list), err)
	}
	return list[0]
}

// nothingSeen: no secret is in the log, nor in what the store holds and lists.
func (b *bench) nothingSeen() {
	list, err := b.store.Installations(b.t.Context())
	if b.t.Context().Err() == nil && err != nil {
		b.t.Error(err)
	}
	shown, _ := json.Marshal(list)
	b.log.mu.Lock()
	defer b.log.mu.Unlock()
	for _, text := range []string{b.log.b.String(), fmt.Sprintf("%+v", list), string(shown)} {
		for _, bad := range []string{"very-secret", "client-secret-of"} {
			if strings.Contains(text, bad) {
				b.t.Errorf("a secret is seen in %s", text)
			}
		}
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
