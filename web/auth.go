package web

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// access says who may call a route. The zero value lets nobody in.
type access struct {
	anybody bool
	scope   Scope
	staff   bool
	roles   []ticket.Role // of staff; none: any role
}

func open() access                      { return access{anybody: true} }
func key(s Scope) access                { return access{scope: s} }
func staff(roles ...ticket.Role) access { return access{staff: true, roles: roles} }

// caller is who makes a request.
type caller struct {
	key     *Key
	agent   *ticket.Agent
	session session
}

func (w caller) name() string {
	switch {
	case w.key != nil:
		return "key:" + w.key.Name
	case w.agent != nil:
		return "agent:" + w.agent.ID
	}
	return ""
}

func (w caller) actor() ticket.Actor {
	switch {
	case w.key != nil:
		return ticket.Actor{Kind: ticket.ByAPI, ID: w.key.Name, Name: w.key.Name}
	case w.agent != nil:
		return w.agent.Actor()
	}
	return ticket.Actor{}
}

func callerOf(c *fiber.Ctx) caller {
	w, _ := c.Locals(localCaller).(caller)
	return w
}

// guard stands before the handler of every route.
func (s *Server) guard(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(localRoute, r.path)
		switch {
		case r.who.anybody:
			if r.mounted || strings.HasPrefix(r.path, "/assets/") {
				return c.Next()
			}
			if wait := s.perClient.take(s.clientName(c), 1); wait > 0 && s.counted(r) {
				return tooMany(wait)
			}
		case r.who.scope != "":
			if err := s.admitKey(c, r.who.scope); err != nil {
				return err
			}
		case r.who.staff:
			done, err := s.admitStaff(c, r)
			if done || err != nil {
				return err
			}
		default:
			return ticket.E("web", ticket.Denied, nil)
		}
		if r.doc != nil {
			if err := r.doc.admit(c); err != nil {
				return err
			}
		}
		return c.Next()
	}
}

// counted says whether a public route is limited by client; what watches the gateway is not.
func (s *Server) counted(r route) bool {
	return r.path != "/healthz" && r.path != "/readyz" && r.path != "/metrics"
}

func (s *Server) admitKey(c *fiber.Ctx, scope Scope) error {
	from := s.clientName(c)
	if wait := s.failures.take("key "+from, 0); wait > 0 {
		return tooMany(wait)
	}
	kind, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	if !strings.EqualFold(kind, "Bearer") || token == "" {
		return unauthenticated("An API key is needed: Authorization: Bearer KEY.")
	}
	// The key is looked up by its hash: how long that takes tells nothing about the keys there are.
	k, ok := s.keys[hashOf(strings.TrimSpace(token))]
	if !ok {
		s.failures.take("key "+from, 1)
		return unauthenticated("This API key is not known.")
	}
	c.Locals(localCaller, caller{key: &k})
	if wait := s.perKey.take(k.Name, 1); wait > 0 {
		return tooMany(wait)
	}
	for _, have := range k.Scopes {
		if have == scope {
			return nil
		}
	}
	return ticket.Errorf("web", ticket.Denied, "This API key lacks the scope %s.", scope)
}

// admitStaff lets a signed-in member of staff through. done: the answer is a redirect to the sign-in.
func (s *Server) admitStaff(c *fiber.Ctx, r route) (done bool, err error) {
	sess, agent, ok, err := s.sessionOf(c)
	if err != nil {
		return false, err
	}
	if !ok {
		if c.Method() == fiber.MethodGet && !strings.HasSuffix(r.path, "/live") {
			return true, c.Redirect("/console/login?next="+url.QueryEscape(c.OriginalURL()), http.StatusSeeOther)
		}
		return false, unauthenticated("Sign in first.")
	}
	c.Locals(localCaller, caller{agent: &agent, session: sess})
	c.Set(fiber.HeaderCacheControl, "no-store")
	if err := agent.Has(ticket.RightSee); err != nil {
		return false, err
	}
	if len(r.who.roles) > 0 && !agent.Is(r.who.roles...) {
		return false, ticket.Errorf("web", ticket.Denied, "Your role does not allow this.")
	}
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead {
		return false, s.checkCSRF(c, sess)
	}
	return false, nil
}

// secrets are keys for one purpose each, derived from one.
type secrets struct{ session, link, csrf, image, feed, slackLink, slackState []byte }

func newSecrets(base []byte) secrets {
	return secrets{session: mac(base, "session"), link: mac(base, "link"), csrf: mac(base, "csrf"), image: mac(base, "image"),
		feed: mac(base, "feed"), slackLink: mac(base, "slack link"), slackState: mac(base, "slack state")}
}

func mac(key []byte, text string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}

// session is a signed-in console. It lives in the cookie; the store keeps only what was signed out.
type session struct {
	Agent string `json:"a"`
	ID    string `json:"i"` // random; of a link: what makes it single-use
	Ends  int64  `json:"e"` // Unix seconds
}

// sessionFor is how long a sign-in lasts.
const sessionFor = 12 * time.Hour

// seal signs a session or link; unseal returns it when the signature is right and it has not ended.
func seal(key []byte, v session) string { return sign(key, v) }

// sign makes a text of a value of strings and numbers, which only this gateway can make; signed reads it.
func sign(key []byte, v any) string {
	b, _ := json.Marshal(v) // cannot fail
	body := base64.RawURLEncoding.EncodeToString(b)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(key, body))
}

func unseal(key []byte, text string, now time.Time) (v session, ok bool) {
	ok = signed(key, text, &v)
	return v, ok && now.Unix() < v.Ends
}

func signed(key []byte, text string, into any) bool {
	body, sig, found := strings.Cut(text, ".")
	if !found || len(text) > 1000 {
		return false
	}
	got, err := base64.RawURLEncoding.DecodeString(sig)
	if err != nil || !hmac.Equal(got, mac(key, body)) {
		return false
	}
	b, err := base64.RawURLEncoding.DecodeString(body)
	return err == nil && json.Unmarshal(b, into) == nil
}

func (s *Server) cookieName() string {
	if s.https() {
		return "__Host-tierline" // bound to this host, https and path / by the browser
	}
	return "tierline"
}

func (s *Server) sessionOf(c *fiber.Ctx) (v session, a ticket.Agent, ok bool, err error) {
	if v, ok = unseal(s.secrets.session, c.Cookies(s.cookieName()), s.now()); !ok {
		return v, a, false, nil
	}
	if a, ok = s.agent(v.Agent); !ok { // somebody who left is out at once
		return v, a, false, nil
	}
	gone, err := s.d.Store.Cursor(c.UserContext(), signedOut(v))
	return v, a, gone == "", err
}

// signedOut names the mark of a session that was signed out, which every gateway sees.
func signedOut(v session) string { return "console-signed-out:" + v.ID }

// revoke ends a session, in every gateway.
func (s *Server) revoke(ctx context.Context, v session) error {
	return s.d.Store.SetCursor(ctx, signedOut(v), time.Unix(v.Ends, 0).UTC().Format(time.RFC3339))
}

func (s *Server) startSession(c *fiber.Ctx, agent string) {
	ends := s.now().Add(sessionFor)
	s.setCookie(c, seal(s.secrets.session, session{Agent: agent, ID: newID() + newID(), Ends: ends.Unix()}), ends)
}

func (s *Server) setCookie(c *fiber.Ctx, value string, ends time.Time) {
	c.Cookie(&fiber.Cookie{Name: s.cookieName(), Value: value, Path: "/", Expires: ends, HTTPOnly: true,
		Secure: s.https(), SameSite: fiber.CookieSameSiteLaxMode})
}

// csrfToken stands in every form of a session.
func (s *Server) csrfToken(v session) string {
	return base64.RawURLEncoding.EncodeToString(mac(s.secrets.csrf, v.ID))
}

func (s *Server) checkCSRF(c *fiber.Ctx, v session) error {
	if err := s.checkOrigin(c); err != nil {
		return err
	}
	if !hmac.Equal([]byte(c.FormValue("csrf")), []byte(s.csrfToken(v))) {
		return ticket.Errorf("web", ticket.Denied, "This form is out of date. Go back, reload the page and try again.")
	}
	return nil
}

// checkOrigin refuses a post that a browser says comes from another site. Browsers that do not tell
// the relation (Fetch Metadata) tell the origin.
func (s *Server) checkOrigin(c *fiber.Ctx) error {
	ok := true
	if site := c.Get("Sec-Fetch-Site"); site != "" {
		ok = site == "same-origin" || site == "none"
	} else if origin := c.Get(fiber.HeaderOrigin); origin != "" {
		_, host, _ := strings.Cut(origin, "://")
		ok = origin == s.URL() || host == c.Hostname()
	}
	if !ok {
		return ticket.Errorf("web", ticket.Denied, "This request came from another site.")
	}
	return nil
}
