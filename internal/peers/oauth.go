package peers

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// TokenServer is an OAuth2 server of our own: a token endpoint that knows one client, by refresh token
// (which each use replaces) and by client credentials, and an introspection endpoint (RFC 7662), as
// Dovecot asks it.
type TokenServer struct {
	URL          string // of the token endpoint
	ClientID     string
	ClientSecret string
	User         string // to whom the tokens belong

	mu       sync.Mutex
	life     time.Duration
	refresh  string
	valid    map[string]bool
	requests int
	scopes   []string
	code     string // of a person who has just let somebody in
	proof    string // RFC 7636: what must be known to use it
	answer   http.HandlerFunc
}

// Tokens starts one.
func Tokens(t testing.TB, user string) *TokenServer {
	t.Helper()
	s := &TokenServer{ClientID: "gateway", ClientSecret: "client-secret-" + rand.Text(), User: user, life: time.Hour,
		refresh: "refresh-" + rand.Text(), valid: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /introspect", s.introspect)
	mux.HandleFunc("GET /authorize", s.authorize)
	h := httptest.NewServer(mux)
	t.Cleanup(h.Close)
	s.URL = h.URL + "/token"
	return s
}

// Refresh is the refresh token that is good now.
func (s *TokenServer) Refresh() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refresh
}

// Requests is how often a token was asked for, and the scopes of the last time.
func (s *TokenServer) Requests() (n int, scopes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests, s.scopes
}

// Life sets how long new tokens are good.
func (s *TokenServer) Life(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = d
}

// Revoke ends all access tokens there are.
func (s *TokenServer) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
}

// Withdraw ends the refresh token: the person has to authorise again.
func (s *TokenServer) Withdraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh = "refresh-" + rand.Text()
}

// Answer has the token endpoint answer so; nil is its own way again.
func (s *TokenServer) Answer(h http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = h
}

// Valid says whether an access token is good.
func (s *TokenServer) Valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.valid[token]
}

func (s *TokenServer) token(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests++
	s.scopes = strings.Fields(r.PostFormValue("scope"))
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		answer(w, r)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	refuse := func(code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "no " + r.PostFormValue("refresh_token")})
	}
	if r.PostFormValue("client_id") != s.ClientID || r.PostFormValue("client_secret") != s.ClientSecret {
		refuse("invalid_client")
		return
	}
	out := map[string]any{"token_type": "Bearer", "expires_in": int(s.life.Seconds())}
	switch r.PostFormValue("grant_type") {
	case "client_credentials":
	case "authorization_code":
		proof := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		if s.code == "" || r.PostFormValue("code") != s.code || base64.RawURLEncoding.EncodeToString(proof[:]) != s.proof {
			refuse("invalid_grant")
			return
		}
		s.code, out["refresh_token"] = "", s.refresh
	case "refresh_token":
		if r.PostFormValue("refresh_token") != s.refresh {
			refuse("invalid_grant")
			return
		}
		s.refresh = "refresh-" + rand.Text()
		out["refresh_token"] = s.refresh
	default:
		refuse("unsupported_grant_type")
		return
	}
	access := "access-" + rand.Text()
	s.valid[access], out["access_token"] = true, access
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// authorize is a person who agrees at once.
func (s *TokenServer) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	s.code, s.proof = "code-"+rand.Text(), q.Get("code_challenge")
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {s.code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (s *TokenServer) introspect(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "" {
		token = r.URL.Query().Get("token")
	}
	w.Header().Set("Content-Type", "application/json")
	if !s.Valid(token) {
		_ = json.NewEncoder(w).Encode(map[string]any{"active": false})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"active": true, "username": s.User, "scope": "mail"})
}

// DovecotOAuth2 starts a Dovecot that besides passwords takes the tokens of a server.
func DovecotOAuth2(t testing.TB, s *TokenServer) *DovecotServer {
	t.Helper()
	d := startDovecot(t, `auth_mechanisms = plain login xoauth2 oauthbearer
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = DIR/oauth2.conf
}
service auth {
  unix_listener auth-sasl {
    mode = 0666
  }
}
`)
	return d.trusting(t, s)
}

func (d *DovecotServer) trusting(t testing.TB, s *TokenServer) *DovecotServer {
	t.Helper()
	conf := "introspection_mode = auth\nintrospection_url = " + strings.TrimSuffix(s.URL, "token") + "introspect\n" +
		"force_introspection = yes\nusername_attribute = username\nactive_attribute = active\nactive_value = true\nscope = mail\n"
	if err := os.WriteFile(filepath.Join(d.dir, "oauth2.conf"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *DovecotServer) saslSocket() string { return filepath.Join(d.dir, "run", "auth-sasl") }
