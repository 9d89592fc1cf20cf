package email

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/config/check"
	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/ticket"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: channeltest.At} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func oauthOf(s *peers.TokenServer) *OAuth2 {
	return &OAuth2{TokenURL: s.URL, ClientID: s.ClientID, ClientSecret: secret.New(s.ClientSecret), RefreshToken: secret.New(s.Refresh()),
		Scopes: []string{"mail"}}
}

// withTokens is a world with an account, before it has asked for anything.
type withTokens struct {
	*peers.TokenServer
	channeltest.World
	*clock
	conf OAuth2
	deps Deps
}

func newTokens(t testing.TB) *withTokens {
	t.Helper()
	w := &withTokens{TokenServer: peers.Tokens(t, "jane@acme.example"), World: channeltest.NewWorld(), clock: newClock()}
	w.conf, w.deps = *oauthOf(w.TokenServer), deps(w.World).withDefaults()
	w.deps.Now = w.now
	return w
}

// restart is the account as a new process has it.
func (w *withTokens) restart() *account {
	return (&Accounts{}).of(w.conf, Config{Tokens: secret.New("0123456789abcdef-tokens")}, w.deps)
}

func (w *withTokens) mustToken(t testing.TB, a *account, refused string) accessToken {
	t.Helper()
	tok, err := a.token(t.Context(), w.conf.Scopes, refused)
	if err != nil || !w.Valid(tok.value) {
		t.Fatalf("no good token (%v)", err)
	}
	return tok
}

func TestTokenIsReplacedBeforeItsEnd(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	a := w.restart()
	first := w.mustToken(t, a, "")
	w.pass(time.Hour - tokenEarly - time.Second)
	if w.mustToken(t, a, "") != first {
		t.Error("a token that is good for more than a minute is replaced")
	}
	w.pass(2 * time.Second)
	second := w.mustToken(t, a, "")
	if second.value == first.value {
		t.Error("a token that ends within a minute is not replaced")
	}
	if n, scopes := w.Requests(); n != 2 || fmt.Sprint(scopes) != "[mail]" {
		t.Errorf("%d requests, the last for %v", n, scopes)
	}
	w.Answer(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusInternalServerError) })
	w.pass(time.Hour - 30*time.Second)
	if w.mustToken(t, a, "") != second {
		t.Error("a token is not used to its end while the endpoint is away")
	}
	if a.problem() == nil {
		t.Error("nobody is told that the endpoint is away")
	}
}

func TestRefreshTokenIsKept(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	w.mustToken(t, w.restart(), "")
	w.mustToken(t, w.restart(), "") // with the one that replaced the configured one, which is dead
	for name, v := range w.Cursors.All() {
		if strings.Contains(name+v, w.Refresh()) || v == "" {
			t.Errorf("the cursor %s is %q", name, v)
		}
	}
	if len(w.Cursors.All()) != 1 {
		t.Errorf("%d cursors", len(w.Cursors.All()))
	}
	old := w.conf
	w.Withdraw()
	if _, err := w.restart().token(t.Context(), nil, ""); err == nil {
		t.Error("a withdrawn token gives one")
	}
	w.conf.RefreshToken = secret.New(w.Refresh()) // authorised anew: counts before what is kept
	w.mustToken(t, w.restart(), "")
	stranger := (&Accounts{}).of(old, Config{Tokens: secret.New("another secret of a gateway")}, w.deps)
	if got, err := stranger.newest(t.Context()); err != nil || got != old.RefreshToken.Reveal() {
		t.Errorf("without the key the refresh token is not the configured one (%v)", err)
	}
}

// A store that is away loses no refresh token while the program runs.
func TestRefreshTokenWaitsForTheStore(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	away := &awayCursors{Cursors: w.deps.Cursors}
	w.deps.Cursors = away
	a := w.restart()
	away.set(true)
	w.mustToken(t, a, "")
	if len(w.Cursors.All()) != 0 {
		t.Fatal("something was kept")
	}
	away.set(false)
	w.pass(2 * time.Hour)
	w.mustToken(t, a, "")
	w.mustToken(t, w.restart(), "")
}

type awayCursors struct {
	ticket.Cursors
	mu   sync.Mutex
	away bool
}

func (c *awayCursors) set(away bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = away
}

func (c *awayCursors) SetCursor(ctx context.Context, name, v string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return errors.New("the store is away")
	}
	return c.Cursors.SetCursor(ctx, name, v)
}

// Gateways that share a store replace one refresh token without losing each other's.
func TestGatewaysShareARefreshToken(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	var wg sync.WaitGroup
	for i := range 6 {
		d := w.deps
		d.Holder = fmt.Sprint("gateway", i)
		a := (&Accounts{}).of(w.conf, Config{Tokens: secret.New("0123456789abcdef-tokens")}, d)
		wg.Go(func() {
			if tok, err := a.token(t.Context(), []string{"mail"}, ""); err != nil || !w.Valid(tok.value) {
				t.Errorf("gateway %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func TestDeadTokenEndpoint(t *testing.T) {
	t.Parallel()
	far := "http://127.0.0.1:1/elsewhere"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		public string
	}{
		"500": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oops", 500) }, "finds the reason in the log"},
		"not JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("<html>"))
		}, "finds the reason in the log"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, far, http.StatusTemporaryRedirect) }, "finds the reason in the log"},
		"huge": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"access_token":"` + strings.Repeat("x", 2*maxToken) + `"}`))
		}, "finds the reason in the log"},
		"withdrawn": {nil, "tierline mail authorize"},
		"client": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(401)
			_, _ = w.Write([]byte(`{"error":"invalid_client","error_description":"AADSTS7000222: The secret has expired"}`))
		}, "client_secret is refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTokens(t)
			a := w.restart()
			if c.answer == nil {
				w.Withdraw() // its description repeats the refresh token
			}
			w.Answer(c.answer)
			_, err := a.token(t.Context(), nil, "")
			if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) < minTokenWait || !strings.Contains(ticket.Explain(err), c.public) {
				t.Errorf("%v, to be tried after %v", err, ticket.RetryAfter(err))
			}
			for _, s := range []string{w.conf.RefreshToken.Reveal(), w.ClientSecret, w.Refresh()} {
				if strings.Contains(err.Error(), s) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
			asked, _ := w.Requests()
			if _, again := a.token(t.Context(), nil, ""); again == nil || a.problem() == nil {
				t.Error("it is forgotten at the second try")
			}
			if n, _ := w.Requests(); n != asked {
				t.Error("it is asked again at once")
			}
			w.Answer(nil)
			if c.answer == nil {
				return
			}
			w.pass(ticket.RetryAfter(err))
			w.mustToken(t, a, "")
			if a.problem() != nil {
				t.Errorf("it works, and says %v", a.problem())
			}
		})
	}
}

func TestSlowTokenEndpointCanBeLeft(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	asked, free := make(chan struct{}), make(chan struct{})
	w.Answer(func(http.ResponseWriter, *http.Request) { close(asked); <-free })
	defer close(free)
	a := w.restart()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 2)
	go func() { _, err := a.token(ctx, nil, ""); done <- err }()
	<-asked
	go func() { _, err := a.token(ctx, nil, ""); done <- err }() // waits for the first
	cancel()
	for range 2 {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
	if a.problem() != nil {
		t.Errorf("being called off counts as a failure: %v", a.problem())
	}
}

// A token that is refused is replaced once, and not when it is fresh.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	a := w.restart()
	var shown []string
	try := func(good func(string) bool) error {
		shown = nil
		return a.signIn(t.Context(), w.conf.Scopes, func(token string) error {
			if shown = append(shown, token); good(token) {
				return nil
			}
			return errToken
		})
	}
	never := func(string) bool { return false }
	if err := try(w.Valid); err != nil || len(shown) != 1 {
		t.Fatalf("%v after %d", err, len(shown))
	}
	w.pass(10 * time.Minute)
	w.Revoke()
	if err := try(w.Valid); err != nil || len(shown) != 2 || shown[0] == shown[1] {
		t.Errorf("%v after %d", err, len(shown))
	}
	if err := try(never); !errors.Is(err, errToken) || len(shown) != 1 {
		t.Errorf("a fresh token that is refused: %v after %d", err, len(shown))
	}
	w.pass(10 * time.Minute)
	if err := try(never); !errors.Is(err, errToken) || len(shown) != 2 {
		t.Errorf("tokens that are refused: %v after %d", err, len(shown))
	}
	if n, _ := w.Requests(); n != 3 {
		t.Errorf("%d requests", n)
	}
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	w := newTokens(t)
	w.conf.RefreshToken = secret.String{}
	w.mustToken(t, w.restart(), "")
	if len(w.Cursors.All()) != 0 {
		t.Error("something is kept")
	}
	var byHeader int
	w.Answer(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		if _, _, ok := r.BasicAuth(); !ok {
			rw.WriteHeader(401)
			_, _ = rw.Write([]byte(`{"error":"invalid_client"}`))
			return
		}
		byHeader++
		_, _ = rw.Write([]byte(`{"access_token":"a","token_type":"Bearer","expires_in":3600}`))
	})
	a := w.restart()
	for range 2 {
		if _, err := a.token(t.Context(), nil, ""); err != nil {
			t.Fatal(err)
		}
		w.pass(2 * time.Hour)
	}
	if n, _ := w.Requests(); byHeader != 2 || n != 4 {
		t.Errorf("%d requests, %d by header", n, byHeader)
	}
}

func TestMailboxSignsInToDovecotWithTokens(t *testing.T) {
	t.Parallel()
	s := peers.Tokens(t, "jane@acme.example")
	d := peers.DovecotOAuth2(t, s)
	for i, mechanism := range []string{"", "xoauth2", "oauthbearer"} {
		w := channeltest.NewWorld()
		c := Config{Mailboxes: []Mailbox{mailboxOf(d, nil, s.User)}, Sending: sending("127.0.0.1", 25), Tokens: secret.New("0123456789abcdef-tokens")}
		c.Mailboxes[0].Password, c.Mailboxes[0].OAuth2 = secret.String{}, oauthOf(s)
		c.Mailboxes[0].OAuth2.Mechanism = mechanism
		fill(t, d, s.User, i, i+1)
		clock, dd := newClock(), deps(w)
		dd.Now = clock.now
		b := oneSource(t, c, dd).(*mailbox)
		stop := running(t, b, w.Intake)
		w.Intake.WaitAccepted(t, i+1)
		stop()

		s.Revoke() // the server refuses the one that is held: a fresh one is shown at once
		clock.pass(10 * time.Minute)
		l, err := b.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := b.login(t.Context(), l); err != nil {
			t.Errorf("%s: after the token was revoked: %v", mechanism, err)
		}
		l.close()

		if mechanism != "oauthbearer" {
			continue
		}
		s.Withdraw()
		s.Revoke()
		clock.pass(10 * time.Minute)
		go func() { _ = b.Run(t.Context(), w.Intake) }()
		channeltest.Eventually(t, "Ready to say what to do", func() bool {
			err := b.Ready()
			return err != nil && strings.Contains(ticket.Explain(err), "tierline mail authorize")
		})
	}
	if strings.Contains(d.Log(), "Invalid base64") {
		t.Error("Dovecot does not understand us:", d.Log())
	}
}

func TestSenderSignsInToPostfixWithTokens(t *testing.T) {
	t.Parallel()
	s := peers.Tokens(t, "jane@acme.example")
	d := peers.DovecotOAuth2(t, s)
	them := newMX(t)
	p := peers.PostfixBehind(t, map[string]string{"customer.example": fmt.Sprintf("smtp:[127.0.0.1]:%d", them.port())}, d)
	w := channeltest.NewWorld()
	clock, dd := newClock(), deps(w)
	dd.Now = clock.now
	o := oauthOf(s)
	c := Config{Sending: sending(p.Host, p.Port), Tokens: secret.New("0123456789abcdef-tokens")}
	n := 0
	for i, mechanism := range []string{"", "xoauth2", "oauthbearer"} {
		o.Mechanism = mechanism
		c.Sending.User, c.Sending.OAuth2 = s.User, o
		snd, err := NewSender(c, dd)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			out := outbound()
			out.Message.Seq = n + 2
			if _, err := snd.Send(t.Context(), out); err != nil {
				t.Fatal(mechanism, err, p.Log())
			}
			n++
			snd.(*sender).kept[0].end() // the next signs in anew
			s.Revoke()
			clock.pass(10 * time.Minute)
		}
		if i == 2 {
			s.Withdraw()
			_, err := snd.Send(t.Context(), outbound())
			if ticket.KindOf(err) != ticket.Transient || !strings.Contains(ticket.Explain(err), "tierline mail authorize") {
				t.Errorf("a withdrawn token gives %v", err)
			}
			if err := snd.(*sender).Ready(); err == nil || !strings.Contains(ticket.Explain(err), "tierline mail authorize") {
				t.Errorf("Ready says %v", err)
			}
		}
	}
	soon(t, "the mails to arrive", func() bool { return len(them.all()) >= n })
}

// The two mechanisms as the documents show them, and what our fake server makes of a refusal.
func TestBearer(t *testing.T) {
	t.Parallel()
	b := bearer{mechanism: xoauth2, user: "someuser@example.com", token: "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"}
	if _, first, _ := b.Start(); string(first) != "user=someuser@example.com\x01auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\x01\x01" {
		t.Errorf("%q", first)
	}
	b = bearer{mechanism: oauthBearer, user: "a,b=c@example.com", token: "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", host: "server.example.com", port: 143}
	if _, first, _ := b.Start(); string(first) != "n,a=a=2Cb=3Dc@example.com,\x01host=server.example.com\x01port=143\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01" {
		t.Errorf("%q", first)
	}
	answer, err := b.Next([]byte(`{"status":"invalid_token","scope":"example_scope"}`))
	if err != nil || string(answer) != "\x01" {
		t.Errorf("%q, %v", answer, err)
	}
	if err := b.verdict(errors.New("whatever")); !errors.Is(err, errToken) || !strings.Contains(err.Error(), "invalid_token") {
		t.Errorf("%v", err)
	}
	b.refused, b.token = false, strings.Repeat("t", 80)
	err = b.verdict(codeOf(535, 5, 7, 139, "SmtpClientAuthentication is disabled "+b.token+" "+base64.StdEncoding.EncodeToString([]byte(b.token))))
	if !errors.Is(err, errToken) || !strings.HasSuffix(err.Error(), "(invalid_token 535 SmtpClientAuthentication is disabled ••• •••)") {
		t.Errorf("%v", err)
	}
	_, err = newBearer(OAuth2{}, "u", "t", "h", 1, func(string) bool { return false })
	if !errors.Is(err, errLogin) {
		t.Errorf("a server that takes no token: %v", err)
	}
}

func TestOAuth2Configuration(t *testing.T) {
	t.Parallel()
	s := secret.New("x")
	for name, c := range map[string]struct {
		o    OAuth2
		want string // a part of what is wrong
	}{
		"google":           {OAuth2{Provider: google, ClientID: "x", ClientSecret: s, RefreshToken: s}, ""},
		"google alone":     {OAuth2{Provider: google, ClientID: "x", ClientSecret: s}, "refresh token"},
		"microsoft":        {OAuth2{Provider: microsoft, ClientID: "x", RefreshToken: s}, ""},
		"microsoft itself": {OAuth2{Provider: microsoft, Tenant: "acme.example", ClientID: "x", ClientSecret: s}, ""},
		"no tenant":        {OAuth2{Provider: microsoft, ClientID: "x", ClientSecret: s}, "tenant"},
		"http":             {OAuth2{TokenURL: "http://login.example/token", ClientID: "x", RefreshToken: s}, "token_url"},
		"userinfo":         {OAuth2{TokenURL: "https://a:b@login.example/token", ClientID: "x", RefreshToken: s}, "token_url"},
		"nothing":          {OAuth2{}, "token endpoint"},
		"neither":          {OAuth2{TokenURL: "https://login.example/token", ClientID: "x"}, "neither"},
		"mechanism":        {OAuth2{Provider: google, ClientID: "x", RefreshToken: s, Mechanism: "plain"}, "mechanism"},
		"scopes":           {OAuth2{Provider: google, ClientID: "x", RefreshToken: s, Scopes: []string{"a b"}}, "scope"},
	} {
		var l check.List
		c.o.check(l.Root())
		if got := fmt.Sprint(l.Faults); (len(l.Faults) > 0) != (c.want != "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %q", name, got, c.want)
		}
	}
	var l check.List
	checkLogin(l.Root(), "jane", s, &OAuth2{Provider: google, ClientID: "x", RefreshToken: s})
	if len(l.Faults) != 1 || !strings.Contains(l.Faults[0].What, "both") {
		t.Errorf("%v", l.Faults)
	}
	o := OAuth2{Provider: microsoft, Tenant: "acme.example", RefreshToken: s}.withDefaults()
	if o.TokenURL != "https://login.microsoftonline.com/acme.example/oauth2/v2.0/token" || len(o.Scopes) != 3 {
		t.Errorf("%+v", o)
	}
}
