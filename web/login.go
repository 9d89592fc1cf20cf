package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// ConsoleLink makes a link that signs an agent in to the console: once, and within ttl (at most a
// day). It is NotFound when there is no such agent.
func (s *Server) ConsoleLink(agentID string, ttl time.Duration) (string, error) {
	if _, ok := s.agent(agentID); !ok {
		return "", notFound("There is no agent %.60q.", agentID)
	}
	return consoleLink(s.secrets, s.URL(), agentID, ttl, s.now())
}

// ConsoleLink is what [Server.ConsoleLink] makes, by a process that serves nothing: the cookie secret
// and the public URL are the gateway's. Whether there is such an agent is seen when the link is used.
func (c Config) ConsoleLink(agentID string, ttl time.Duration, now time.Time) (string, error) {
	if c.CookieSecret.IsZero() || c.PublicURL == "" {
		return "", invalid("A link needs the gateway's cookie_secret and public_url.")
	}
	return consoleLink(newSecrets([]byte(c.CookieSecret.Reveal())), strings.TrimRight(c.PublicURL, "/"), agentID, ttl, now)
}

func consoleLink(keys secrets, url, agentID string, ttl time.Duration, now time.Time) (string, error) {
	if ttl <= 0 || ttl > 24*time.Hour {
		return "", invalid("A link lasts for at most a day.")
	}
	v := session{Agent: agentID, ID: newID() + newID(), Ends: now.Add(ttl).Unix()}
	return url + "/console/login?link=" + seal(keys.link, v), nil
}

type loginPage struct {
	page
	Link  string // a one-time link that is still good
	Name  string // whom it signs in
	Next  string
	Fault string
}

// loginForm shows the sign-in. A link is used up by the button only: programs that look at links in
// mails and chats before people do must not spend it.
func (s *Server) loginForm(c *fiber.Ctx) error {
	p := loginPage{Next: localNext(c.Query("next"))}
	if link := c.Query("link"); link != "" {
		v, ok := unseal(s.secrets.link, link, s.now())
		a, known := s.agent(v.Agent)
		if !ok || !known {
			p.Fault = "This link has run out. Ask for a new one."
		} else {
			p.Link, p.Name = link, a.Name
		}
	}
	return s.showLogin(c, http.StatusOK, p)
}

func (s *Server) showLogin(c *fiber.Ctx, status int, p loginPage) error {
	p.page = s.page(c, "Sign in", "")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(status)
	return s.render(c, "login", p)
}

func (s *Server) login(c *fiber.Ctx) error {
	if err := s.checkOrigin(c); err != nil {
		return err
	}
	from := "login " + s.clientName(c)
	if wait := s.failures.take(from, 0); wait > 0 {
		return tooMany(wait)
	}
	next := localNext(c.FormValue("next"))
	agent, fault, err := s.credentials(c)
	if err != nil {
		return err
	}
	if fault != "" {
		s.failures.take(from, 1)
		s.log.Warn("sign-in refused", "request", requestID(c), "from", s.clientIP(c))
		return s.showLogin(c, http.StatusUnauthorized, loginPage{Next: next, Fault: fault})
	}
	s.startSession(c, agent)
	s.log.Info("signed in", "request", requestID(c), "agent", agent, "from", s.clientIP(c))
	return c.Redirect(next, http.StatusSeeOther)
}

// credentials finds whom a token or a link signs in, or says what is wrong with it.
func (s *Server) credentials(c *fiber.Ctx) (agent, fault string, err error) {
	if link := c.FormValue("link"); link != "" {
		v, ok := unseal(s.secrets.link, link, s.now())
		if _, known := s.agent(v.Agent); !ok || !known {
			return "", "This link has run out. Ask for a new one.", nil
		}
		// Whoever takes the lease first has used the link, in whichever gateway.
		left := time.Unix(v.Ends, 0).Sub(s.now()) + time.Minute
		first, err := s.d.Store.Lease(c.UserContext(), "console-link:"+v.ID, newID(), left)
		if err != nil {
			return "", "", err
		}
		if !first {
			return "", "This link was used already. Ask for a new one.", nil
		}
		return v.Agent, "", nil
	}
	agent, ok := s.users[hashOf(strings.TrimSpace(c.FormValue("token")))]
	if !ok {
		return "", "This token is not known.", nil
	}
	return agent, "", nil
}

func (s *Server) logout(c *fiber.Ctx) error {
	if err := s.revoke(c.UserContext(), callerOf(c).session); err != nil {
		return err // the cookie stays, so that the button can be used again
	}
	s.setCookie(c, "", time.Unix(1, 0))
	return c.Redirect("/console/login", http.StatusSeeOther)
}

// localNext is where to go after the sign-in: a page of the console, never another site.
func localNext(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.ContainsAny(next, "\\\r\n") ||
		(u.Path != "/console" && !strings.HasPrefix(u.Path, "/console/")) || strings.HasPrefix(u.Path, "/console/login") {
		return "/console"
	}
	return u.RequestURI()
}

// mayEdit are the roles that write articles; mayOperate those that look after the gateway.
func mayEdit() []ticket.Role { return ticket.RightEdit.Roles() }

func mayOperate() []ticket.Role { return ticket.RightLead.Roles() }
