package email

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"tierline/ticket"
)

// Limits of asking a token endpoint.
const (
	tokenTime    = 20 * time.Second // for one answer
	maxToken     = 64 << 10         // bytes of an answer
	tokenEarly   = time.Minute      // how long before its end a token is replaced; at most a quarter of its life
	tokenFresh   = time.Minute      // a token that is refused within this time is not replaced: the next would be, too
	turnTime     = 30 * time.Second // one gateway at a time replaces a refresh token, within this time
	minTokenWait = 5 * time.Second  // after a failure; doubled with each
	maxTokenWait = 15 * time.Minute
)

// Accounts are the accounts that sign in with OAuth2. Sources and a sender that are given the same
// share their tokens. The zero value is ready for use.
type Accounts struct {
	mu  sync.Mutex
	all map[string]*account
}

// of is the account of a configuration: one for each refresh token, or each client without one.
func (l *Accounts) of(o OAuth2, c Config, d Deps) *account {
	o = o.withDefaults()
	sum := sha256.Sum256([]byte(strings.Join([]string{o.TokenURL, o.ClientID, o.RefreshToken.Reveal()}, "\x00")))
	name := "email:oauth2:" + hex.EncodeToString(sum[:])
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.all[name]; a != nil {
		return a
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	a := &account{conf: o, name: name, deps: d, work: make(chan struct{}, 1), held: map[string]accessToken{}, style: oauth2.AuthStyleInParams,
		client: &http.Client{Timeout: tokenTime, Transport: bounded{transport},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if !c.Tokens.IsZero() {
		a.key = sha256.Sum256([]byte(c.Tokens.Reveal()))
	}
	if l.all == nil {
		l.all = map[string]*account{}
	}
	l.all[name] = a
	return a
}

// account gets tokens. While its endpoint gives none, it is asked with growing delay, and whoever
// needs a token waits: nothing is dropped.
type account struct {
	conf   OAuth2
	name   string // of its cursor, which holds the newest refresh token, and of its lease
	key    [32]byte
	deps   Deps
	client *http.Client

	work    chan struct{} // holds one while the endpoint may be asked; guards what follows
	held    map[string]accessToken
	style   oauth2.AuthStyle
	unsaved string // a refresh token that the store could not be given
	fails   int
	until   time.Time // not asked before

	mu  sync.Mutex
	err error // why there is no token
}

type accessToken struct {
	value            string
	made, early, end time.Time // early and end are zero when it does not say
}

func (t accessToken) usable(now, end time.Time, refused string) bool {
	return t.value != "" && t.value != refused && (end.IsZero() || now.Before(end))
}

// problem is why there is no token, or nil.
func (a *account) problem() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// signIn signs in with a token; when it is refused, at once and once more with a fresh one.
func (a *account) signIn(ctx context.Context, scopes []string, try func(token string) error) error {
	t, err := a.token(ctx, scopes, "")
	if err != nil {
		return err
	}
	err = try(t.value)
	if errors.Is(err, errToken) && a.deps.Now().Sub(t.made) >= tokenFresh {
		if t, err = a.token(ctx, scopes, t.value); err == nil {
			err = try(t.value)
		}
	}
	if errors.Is(err, errToken) {
		return fmt.Errorf("%w (the token is fresh: check the user, the scopes, and that this mailbox may be used so)", err)
	}
	return err
}

// token gives a token that is not about to end, and not the one that was refused.
func (a *account) token(ctx context.Context, scopes []string, refused string) (accessToken, error) {
	select {
	case a.work <- struct{}{}:
		defer func() { <-a.work }()
	case <-ctx.Done():
		return accessToken{}, ctx.Err()
	}
	now, key := a.deps.Now(), strings.Join(scopes, " ")
	old := a.held[key]
	if old.usable(now, old.early, refused) {
		return old, nil
	}
	if now.Before(a.until) {
		if old.usable(now, old.end, refused) {
			return old, nil
		}
		return accessToken{}, a.problem()
	}
	t, err := a.fetch(ctx, scopes)
	a.note(ctx, err)
	if err == nil {
		a.held[key] = t
		return t, nil
	}
	if old.usable(now, old.end, refused) {
		return old, nil
	}
	if ctx.Err() != nil {
		return accessToken{}, ctx.Err()
	}
	return accessToken{}, a.problem()
}

// note remembers how asking went.
func (a *account) note(ctx context.Context, err error) {
	if err != nil && ctx.Err() != nil {
		return // we were called off
	}
	if err == nil {
		a.fails, a.until = 0, time.Time{}
	} else {
		wait := min(minTokenWait<<min(a.fails, 10), maxTokenWait)
		if ticket.RetryAfter(err) > 0 {
			wait = min(max(wait, ticket.RetryAfter(err)), maxTokenWait)
		}
		a.fails++
		a.until = a.deps.Now().Add(wait)
		public := publicOf(err)
		if e, ok := errors.AsType[*ticket.Error](err); ok {
			err = e.Err
		}
		err = &ticket.Error{Op: "email.OAuth2", Kind: ticket.Transient, RetryAfter: wait, Public: public, Err: err}
		a.deps.Log.Warn("no token for a mail account, asking again", "endpoint", a.conf.TokenURL, "err", err, "in", wait)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

func publicOf(err error) string {
	if e, ok := errors.AsType[*ticket.Error](err); ok {
		return e.Public
	}
	return "A mail account cannot sign in: its token endpoint gives no token. It is tried again; an administrator finds the reason in the log."
}

// fetch asks for an access token. A refresh token is used by one gateway at a time, because using it
// may replace it.
func (a *account) fetch(ctx context.Context, scopes []string) (accessToken, error) {
	if a.conf.RefreshToken.IsZero() {
		t, _, err := a.ask(ctx, scopes, "")
		return t, err
	}
	done, err := a.turn(ctx)
	if err != nil {
		return accessToken{}, err
	}
	defer done()
	refresh, err := a.newest(ctx)
	if err != nil {
		return accessToken{}, err
	}
	t, next, err := a.ask(ctx, scopes, refresh)
	if err == nil && next != refresh && next != "" {
		a.unsaved = next
		_, _ = a.newest(ctx) // keeps it, or it is tried again before the next use
	}
	return t, err
}

// turn waits for the lease.
func (a *account) turn(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, turnTime)
	defer cancel()
	for {
		held, err := a.deps.Cursors.Lease(ctx, a.name, a.deps.Holder, 2*tokenTime)
		if err != nil {
			return nil, err
		}
		if held {
			return func() {
				ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
				defer cancel()
				_, _ = a.deps.Cursors.Lease(ctx, a.name, a.deps.Holder, time.Millisecond)
			}, nil
		}
		pause(ctx, 200*time.Millisecond)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

// newest is the refresh token that counts: the last one that replaced another, else the configured
// one. The cursor's name is made of the configured one, so that what is kept belongs to it: a new one
// in the configuration finds nothing older.
func (a *account) newest(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	if a.unsaved != "" {
		sealed, err := a.seal(a.unsaved)
		if err == nil {
			err = a.deps.Cursors.SetCursor(ctx, a.name, sealed)
		}
		if err != nil {
			a.deps.Log.Error("a new refresh token of a mail account cannot be kept yet; a restart would go on with an older one",
				"endpoint", a.conf.TokenURL, "err", err)
			return a.unsaved, nil
		}
		defer func() { a.unsaved = "" }()
		return a.unsaved, nil
	}
	sealed, err := a.deps.Cursors.Cursor(ctx, a.name)
	if err != nil {
		return "", err
	}
	kept, err := a.unseal(sealed)
	if err != nil {
		a.deps.Log.Warn("the refresh token that was kept cannot be read; going on with the configured one", "err", err)
	}
	return orElse(kept, a.conf.RefreshToken.Reveal()), nil
}

var errNoKey = errors.New("the gateway has no secret to encrypt it with")

func (a *account) aead() (cipher.AEAD, error) {
	if a.key == [32]byte{} {
		return nil, errNoKey
	}
	block, err := aes.NewCipher(a.key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

func (a *account) seal(token string) (string, error) {
	c, err := a.aead()
	if err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(c.Seal(nil, nil, []byte(token), []byte(a.name))), nil
}

func (a *account) unseal(sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	c, err := a.aead()
	if err != nil {
		return "", err
	}
	b, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return "", err
	}
	token, err := c.Open(nil, nil, b, []byte(a.name))
	return string(token), err
}

// ask makes one request (RFC 6749 §4.4.2, §6), or two where the endpoint wants the client to sign in
// by header.
func (a *account) ask(ctx context.Context, scopes []string, refresh string) (t accessToken, next string, err error) {
	c := clientcredentials.Config{ClientID: a.conf.ClientID, ClientSecret: a.conf.ClientSecret.Reveal(), TokenURL: a.conf.TokenURL,
		Scopes: scopes, AuthStyle: a.style}
	if refresh != "" {
		c.EndpointParams = url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}
	}
	ctx = context.WithValue(ctx, oauth2.HTTPClient, a.client)
	tok, err := c.Token(ctx)
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok && e.ErrorCode == "invalid_client" && c.ClientSecret != "" {
		c.AuthStyle = oauth2.AuthStyleInParams + oauth2.AuthStyleInHeader - a.style
		if tok, err = c.Token(ctx); err == nil {
			a.style = c.AuthStyle
		}
	}
	if err != nil {
		return t, "", a.refusal(err, refresh)
	}
	t = accessToken{value: tok.AccessToken, made: a.deps.Now()}
	if !tok.Expiry.IsZero() {
		life := time.Until(tok.Expiry)
		t.end = t.made.Add(life)
		t.early = t.end.Add(-min(tokenEarly, max(life, 0)/4))
	}
	return t, tok.RefreshToken, nil
}

// refusal says what went wrong and what to do, and nothing that is secret.
func (a *account) refusal(err error, refresh string) error {
	e, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return a.hide(err.Error(), refresh)
	}
	out := &ticket.Error{Op: "email.OAuth2", Kind: ticket.Transient, Public: publicOf(nil)}
	if e.Response != nil {
		if s, err := strconv.Atoi(e.Response.Header.Get("Retry-After")); err == nil && s > 0 {
			out.RetryAfter = time.Duration(min(s, 3600)) * time.Second
		}
		out.Err = fmt.Errorf("the token endpoint answers %d", e.Response.StatusCode)
	}
	switch e.ErrorCode {
	case "":
		return out
	case "invalid_grant", "interaction_required", "consent_required", "login_required":
		out.RetryAfter = max(out.RetryAfter, tokenEarly)
		out.Public = "A mail account must be authorised again. An administrator runs: tierline mail authorize"
		if refresh == "" {
			out.Public = "A mail account may not be used with these client credentials. An administrator must check them at the provider."
		}
	case "invalid_client", "unauthorized_client":
		out.Public = "A mail account cannot sign in: its client_id or client_secret is refused, or the secret has run out. An administrator must check them at the provider."
	case "invalid_scope":
		out.Public = "A mail account cannot sign in: the provider does not give its scopes. An administrator must check them."
	}
	out.Err = a.hide(strings.TrimSpace(e.ErrorCode+" "+e.ErrorDescription), refresh)
	return out
}

// hide takes secrets out of what an endpoint said.
func (a *account) hide(said, refresh string) error {
	for _, s := range []string{refresh, a.conf.RefreshToken.Reveal(), a.conf.ClientSecret.Reveal(), a.unsaved} {
		if s != "" {
			said = strings.ReplaceAll(strings.ReplaceAll(said, s, "•••"), url.QueryEscape(s), "•••")
		}
	}
	return errors.New(cutRunes(clean(said), 300))
}

// bounded cuts answers that are too long.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxToken), resp.Body}
	}
	return resp, err
}

var _ slog.LogValuer = accessToken{}

// LogValue hides the token.
func (accessToken) LogValue() slog.Value { return slog.StringValue("•••") }
