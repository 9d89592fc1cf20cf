package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// SlackApp is what the pages do with the Slack app and its installations.
type SlackApp interface {
	// Offered says whether it can be installed here at all: by OAuth.
	Offered() bool
	// Page is Slack's page on which people agree to it; they come back to redirect with state and a code.
	Page(state, redirect string) string
	// Finish installs it by that code. What people can do something about is a [SlackRefusal].
	Finish(ctx context.Context, code, redirect string, by ticket.Actor) (SlackInstalled, error)
	// List tells of all workspaces, Remove takes the app out of one.
	List(ctx context.Context) ([]SlackWorkspace, error)
	Remove(ctx context.Context, key string, by ticket.Actor) error
	// Channels says what stands in the way of the channels that the configuration names, and what is well.
	Channels(ctx context.Context) []SlackFinding
}

// SlackWorkspace is where the app is or was installed.
type SlackWorkspace struct {
	ticket.Installation
	Problem string   // what is to be mended
	Missing []string // scopes that were not granted
	Config  bool     // by a token in the configuration: it cannot be removed here
}

// SlackInstalled is what came of an installation.
type SlackInstalled struct {
	ticket.Installation
	Again, Config bool
	Missing       []string
}

// SlackFinding is one thing that was looked at.
type SlackFinding struct {
	Good              bool
	Where, What, Mend string
}

// SlackRefusal is why nothing was installed: a key of the words of the page, and Slack's own word.
type SlackRefusal struct {
	Why, Detail string
	Err         error
}

func (r *SlackRefusal) Error() string { return "slack: not installed: " + r.Why + " " + r.Detail }
func (r *SlackRefusal) Unwrap() error { return r.Err }

// mayInstall are those who decide where the gateway may read and write.
func mayInstall() []ticket.Role { return []ticket.Role{ticket.RoleAdmin} }

// stateFor is how long people have on Slack's page.
const stateFor = 10 * time.Minute

// slackLink lets whoever holds it install the app, once.
type slackLink struct {
	ID   string `json:"i"`
	By   string `json:"b"` // who made it, for the history
	Ends int64  `json:"e"` // Unix seconds
}

// slackState goes to Slack and comes back (RFC 6749 §10.12). It belongs to one browser, by a cookie.
type slackState struct {
	ID    string    `json:"i"`           // hash of the cookie
	Agent string    `json:"a,omitempty"` // who of staff began
	Link  slackLink `json:"l,omitzero"`  // or with which link
	Ends  int64     `json:"e"`
}

// maxSlackLink is how long a link may work.
const maxSlackLink = 14 * 24 * time.Hour

// SlackLink makes a link with which somebody installs the app in their workspace, once, and within ttl.
func (c Config) SlackLink(by string, ttl time.Duration, now time.Time) (string, error) {
	switch {
	case c.CookieSecret.IsZero() || c.PublicURL == "":
		return "", invalid("A link needs the gateway's web.public_url.")
	case ttl < time.Minute || ttl > maxSlackLink:
		return "", invalid("A link lasts for a minute to 14 days.")
	}
	v := slackLink{ID: newID() + newID(), By: by, Ends: now.Add(ttl).Unix()}
	return strings.TrimRight(c.PublicURL, "/") + "/slack/install?link=" + sign(newSecrets([]byte(c.CookieSecret.Reveal())).slackLink, v), nil
}

func (s *Server) slackRedirect() string { return s.URL() + "/slack/oauth" }

func (s *Server) slackCookie() string {
	if s.https() {
		return "__Host-tierline-slack"
	}
	return "tierline-slack"
}

// slackBegin sends whoever may install the app to Slack. It installs nothing and spends no link: programs look at
// links before people do.
func (s *Server) slackBegin(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Robots-Tag", "noindex")
	if s.d.Slack == nil || !s.d.Slack.Offered() {
		return s.slackSays(c, http.StatusNotFound, "off", "")
	}
	st := slackState{Ends: s.now().Add(stateFor).Unix()}
	if link := c.Query("link"); link != "" {
		if wait := s.failures.take("slack "+s.clientName(c), 0); wait > 0 {
			return tooMany(wait)
		}
		if !signed(s.secrets.slackLink, link, &st.Link) || s.now().Unix() >= st.Link.Ends {
			s.failures.take("slack "+s.clientName(c), 1)
			return s.slackSays(c, http.StatusForbidden, "badlink", "")
		}
		if used, err := s.d.Store.Cursor(c.UserContext(), usedLink(st.Link)); err != nil || used != "" {
			if err != nil {
				return err
			}
			return s.slackSays(c, http.StatusForbidden, "usedlink", "")
		}
	} else {
		_, a, ok, err := s.sessionOf(c)
		switch {
		case err != nil:
			return err
		case !ok:
			return c.Redirect("/console/login?next=/console/slack", http.StatusSeeOther)
		case !a.Is(mayInstall()...):
			return s.slackSays(c, http.StatusForbidden, "notadmin", "")
		}
		st.Agent = a.ID
	}
	nonce := newID() + newID() + newID() + newID()
	st.ID = hashOf(nonce)
	s.setSlackCookie(c, nonce, time.Unix(st.Ends, 0))
	return c.Redirect(s.d.Slack.Page(sign(s.secrets.slackState, st), s.slackRedirect()), http.StatusSeeOther)
}

func usedLink(l slackLink) string { return "slack-link-used:" + l.ID }

func (s *Server) setSlackCookie(c *fiber.Ctx, value string, ends time.Time) {
	c.Cookie(&fiber.Cookie{Name: s.slackCookie(), Value: value, Path: "/", Expires: ends, HTTPOnly: true, Secure: s.https(), SameSite: fiber.CookieSameSiteLaxMode})
}

// slackBack takes whoever comes back from Slack: with a code, or with why there is none. Nothing counts before it is
// known that this browser began it, here, and just now.
func (s *Server) slackBack(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Robots-Tag", "noindex")
	if s.d.Slack == nil || !s.d.Slack.Offered() {
		return s.slackSays(c, http.StatusNotFound, "off", "")
	}
	from := "slack " + s.clientName(c)
	if wait := s.failures.take(from, 0); wait > 0 {
		return tooMany(wait)
	}
	var st slackState
	switch nonce := c.Cookies(s.slackCookie()); {
	case !signed(s.secrets.slackState, c.Query("state"), &st):
		s.failures.take(from, 1)
		return s.slackSays(c, http.StatusForbidden, "forged", "")
	case s.now().Unix() >= st.Ends:
		return s.slackSays(c, http.StatusForbidden, "expired", "")
	case nonce == "" || hashOf(nonce) != st.ID:
		s.failures.take(from, 1)
		return s.slackSays(c, http.StatusForbidden, "browser", "")
	}
	// Whoever takes the lease first has used the state, in whichever gateway.
	first, err := s.d.Store.Lease(c.UserContext(), "slack-state:"+st.ID, newID(), stateFor+time.Minute)
	if err != nil {
		return err
	}
	if !first {
		return s.slackSays(c, http.StatusForbidden, "replayed", "")
	}
	s.setSlackCookie(c, "", time.Unix(1, 0))
	code := c.Query("code")
	switch slackError := c.Query("error"); {
	case slackError == "access_denied":
		return s.slackSays(c, http.StatusOK, "denied", "")
	case slackError != "" || code == "" || len(code) > 500:
		return s.slackSays(c, http.StatusBadRequest, "code", cleanWord(slackError))
	}
	by, ok := s.installer(st)
	if !ok {
		return s.slackSays(c, http.StatusForbidden, "notadmin", "")
	}
	return s.slackFinish(c, st, code, by)
}

// installer is who installs, as the history names them; somebody who was an admin when they began may be none now.
func (s *Server) installer(st slackState) (ticket.Actor, bool) {
	if st.Agent == "" {
		return ticket.Actor{Kind: ticket.BySystem, ID: "slack-link", Name: "a link by " + cmp.Or(st.Link.By, "an operator")}, true
	}
	a, ok := s.agent(st.Agent)
	return a.Actor(), ok && a.Is(mayInstall()...)
}

func (s *Server) slackFinish(c *fiber.Ctx, st slackState, code string, by ticket.Actor) error {
	ctx := c.UserContext()
	if st.Link.ID != "" { // one browser at a time; it is spent by an installation only
		first, err := s.d.Store.Lease(ctx, "slack-link:"+st.Link.ID, st.ID, time.Minute)
		if err != nil {
			return err
		}
		used, err := s.d.Store.Cursor(ctx, usedLink(st.Link))
		if err != nil {
			return err
		}
		if !first || used != "" {
			return s.slackSays(c, http.StatusForbidden, "usedlink", "")
		}
	}
	done, err := s.d.Slack.Finish(ctx, code, s.slackRedirect(), by)
	if err != nil && st.Link.ID != "" { // it is still good
		_, _ = s.d.Store.Lease(ctx, "slack-link:"+st.Link.ID, st.ID, time.Millisecond)
	}
	if r, ok := errors.AsType[*SlackRefusal](err); ok {
		s.log.Warn("slack: not installed", "request", requestID(c), "why", r.Why, "detail", r.Detail, "err", r.Err)
		return s.slackSays(c, http.StatusBadGateway, r.Why, r.Detail)
	}
	if err != nil {
		return err
	}
	if st.Link.ID != "" {
		if err := s.d.Store.SetCursor(ctx, usedLink(st.Link), time.Unix(st.Link.Ends, 0).UTC().Format(time.RFC3339)); err != nil {
			s.log.Warn("a link that was used could not be marked so", "request", requestID(c), "err", err)
		}
	}
	p := s.slackPage(c, "done", "")
	p.Done = &done
	return s.render(c, "slack_oauth", p)
}

type slackOAuthPage struct {
	page
	W      map[string]string
	Why    string
	Detail string
	Done   *SlackInstalled
	Staff  bool // signed in to the console
}

func (s *Server) slackPage(c *fiber.Ctx, why, detail string) slackOAuthPage {
	l := helpLanguage(c)
	w := slackWords()[l]
	p := slackOAuthPage{page: s.page(c, w["title"], ""), W: w, Why: why, Detail: detail}
	p.Lang, p.Agent = l, nil
	_, _, p.Staff, _ = s.sessionOf(c) // when it cannot be known they find the console themselves
	c.Vary(fiber.HeaderAcceptLanguage)
	return p
}

// slackSays tells why nothing was installed, and what can be done.
func (s *Server) slackSays(c *fiber.Ctx, status int, why, detail string) error {
	c.Status(status)
	return s.render(c, "slack_oauth", s.slackPage(c, why, detail))
}

// cleanWord is an error of others' as far as it is a word.
func cleanWord(text string) string {
	if len(text) > 60 || strings.ContainsFunc(text, func(r rune) bool { return r != '_' && (r < 'a' || r > 'z') }) {
		return "?"
	}
	return text
}
