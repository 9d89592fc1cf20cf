package slackinstall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"tierline/config/secret"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Limits of a call.
const (
	callTime  = 20 * time.Second
	maxAnswer = 256 << 10 // bytes
)

// grant is what oauth.v2.access gives. https://docs.slack.dev/reference/methods/oauth.v2.access
type grant struct {
	Token      secret.String `json:"access_token"`
	Refresh    secret.String `json:"refresh_token"`
	Type       string        `json:"token_type"` // bot
	Scope      string        `json:"scope"`
	BotUser    string        `json:"bot_user_id"`
	App        string        `json:"app_id"`
	ExpiresIn  int64         `json:"expires_in"` // seconds; 0: it does not end
	Team       *named        `json:"team"`       // null when an organization installs it
	Enterprise *named        `json:"enterprise"`
	OrgWide    bool          `json:"is_enterprise_install"`
}

type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// scopes are those that were granted.
func (g grant) scopes() []string {
	return strings.FieldsFunc(g.Scope, func(r rune) bool { return r == ',' || r == ' ' })
}

// refused is Slack's own word for why it does not do something.
type refused string

func (r refused) Error() string { return string(r) }

// client makes the few calls that are made with the app's own credentials, or with a token that is not in use yet.
type client struct {
	base string
	http *http.Client
	id   string
	key  secret.String
}

func newClient(cfg slackapp.Config, h *http.Client) client {
	base := "https://slack.com/api/"
	if cfg.APIURL != "" {
		base = strings.TrimRight(cfg.APIURL, "/") + "/"
	}
	if h == nil {
		h = &http.Client{Timeout: callTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return client{base: base, http: h, id: cfg.ClientID, key: cfg.ClientSecret}
}

// call makes one call. What Slack refuses is refused; whatever else fails is Transient. Neither names a secret.
func (c client) call(ctx context.Context, method string, form url.Values, authorize func(*http.Request), into any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+method, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	authorize(req)
	resp, err := c.http.Do(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok { // its text is of the request
			err = ue.Err
		}
		return nil, ticket.E("slack."+method, ticket.Transient, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	var head struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err != nil || json.Unmarshal(body, &head) != nil || !head.OK && head.Error == "" {
		wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return nil, &ticket.Error{Op: "slack." + method, Kind: ticket.Transient, RetryAfter: time.Duration(min(max(wait, 0), 3600)) * time.Second,
			Err: fmt.Errorf("an answer %d that cannot be read", resp.StatusCode)}
	}
	switch {
	case head.OK:
	case passing(head.Error):
		wait, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return nil, &ticket.Error{Op: "slack." + method, Kind: ticket.Transient, RetryAfter: time.Duration(min(max(wait, 0), 3600)) * time.Second, Err: refused(head.Error)}
	default:
		return nil, refused(slackapp.Cut(slackapp.Line(head.Error), 80))
	}
	if into != nil {
		if err := json.Unmarshal(body, into); err != nil {
			return nil, ticket.E("slack."+method, ticket.Transient, errors.New("an answer that cannot be read"))
		}
	}
	return resp.Header, nil
}

// passing says that what Slack refuses now it may do later.
func passing(code string) bool {
	switch code {
	case "ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org", "accesslimited":
		return true
	}
	return false
}

// access asks for tokens: by a code, or by a refresh token.
func (c client) access(ctx context.Context, form url.Values) (g grant, err error) {
	_, err = c.call(ctx, "oauth.v2.access", form, func(r *http.Request) { r.SetBasicAuth(c.id, c.key.Reveal()) }, &g)
	if err == nil && g.Token.IsZero() {
		err = ticket.E("slack.oauth.v2.access", ticket.Transient, errors.New("the answer has no token"))
	}
	return g, err
}

func (c client) exchange(ctx context.Context, code, redirect string) (grant, error) {
	return c.access(ctx, url.Values{"code": {code}, "redirect_uri": {redirect}})
}

func (c client) refresh(ctx context.Context, token secret.String) (grant, error) {
	return c.access(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.Reveal()}})
}

func bearer(token secret.String) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token.Reveal()) }
}

// whoami is where a token is from, and what it may do.
type whoami struct {
	URL    string `json:"url"`
	Team   string `json:"team"`
	scopes []string
}

// test asks with a token who it is. https://docs.slack.dev/reference/methods/auth.test
func (c client) test(ctx context.Context, token secret.String) (w whoami, err error) {
	h, err := c.call(ctx, "auth.test", nil, bearer(token), &w)
	if err == nil {
		w.scopes = grant{Scope: h.Get("X-OAuth-Scopes")}.scopes()
	}
	return w, err
}

// remove takes the app out of a workspace, with all its tokens; where that is not allowed, the token at least.
// https://docs.slack.dev/reference/methods/apps.uninstall and …/auth.revoke: the latter leaves an app whose tokens are
// rotated installed.
func (c client) remove(ctx context.Context, token secret.String) error {
	_, err := c.call(ctx, "apps.uninstall", url.Values{"client_id": {c.id}, "client_secret": {c.key.Reveal()}}, bearer(token), nil)
	if _, ok := errors.AsType[refused](err); ok && !dead(err) {
		return c.revoke(ctx, token)
	}
	return err
}

func (c client) revoke(ctx context.Context, token secret.String) error {
	_, err := c.call(ctx, "auth.revoke", nil, bearer(token), nil)
	return err
}

// dead says that a token is refused for good: whoever gave it has taken it back. One that has run out is not, and
// invalid_auth may be for the address that we call from.
func dead(err error) bool {
	r, _ := errors.AsType[refused](err)
	return deadCode(string(r))
}

func deadCode(code string) bool {
	switch code {
	case "token_revoked", "account_inactive", "app_uninstalled":
		return true
	}
	return false
}
