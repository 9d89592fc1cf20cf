package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Names of what is kept with a request.
const (
	localID     = "tierline.request"
	localCaller = "tierline.caller"
	localRoute  = "tierline.route"
)

// policy is the Content-Security-Policy of our own pages: nothing inline, nothing from elsewhere,
// nobody's frame. Parts that need another one (the widget) set theirs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// outermost is around every request: id, headers, deadline, panics, errors, log, metrics.
func (s *Server) outermost(c *fiber.Ctx) error {
	start := time.Now() // a duration, not a time of day
	id := c.Get(fiber.HeaderXRequestID)
	if !plainName(id) {
		id = newID()
	}
	c.Locals(localID, id)
	if a, err := netip.ParseAddr(s.clientIP(c)); err == nil { // for everybody who asks for c.IP()
		c.Context().SetRemoteAddr(net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	}
	c.Set(fiber.HeaderXRequestID, id)
	s.secureHeaders(c)
	ctx, cancel := context.WithTimeout(context.Background(), workWithin)
	defer cancel()
	c.SetUserContext(ctx)
	if err := s.safely(c); err != nil {
		if err := s.fail(c, err); err != nil {
			return err
		}
	}
	s.record(c, id, time.Since(start))
	return nil
}

// safely runs the handler; a panic becomes an error.
func (s *Server) safely(c *fiber.Ctx) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.log.Error("panic in a handler", "request", requestID(c), "path", logPath(c), "panic", v, "stack", string(debug.Stack()))
			err = recovered(v)
		}
	}()
	return c.Next()
}

// unrouted answers what never reached a handler: a request that is too large or malformed.
func (s *Server) unrouted(c *fiber.Ctx, err error) error {
	if c.Locals(localID) == nil {
		c.Locals(localID, newID())
		c.Set(fiber.HeaderXRequestID, requestID(c))
		s.secureHeaders(c)
	}
	return s.fail(c, err)
}

func (s *Server) secureHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	if s.https() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

func (s *Server) https() bool {
	return strings.HasPrefix(s.cfg.PublicURL, "https:") || s.cfg.TLS.Cert != ""
}

// record writes the access log. Paths are those of the table, so that neither search words nor
// sign-in links get into it; ids are kept as attributes of errors only.
func (s *Server) record(c *fiber.Ctx, id string, took time.Duration) {
	path, status := logPath(c), c.Response().StatusCode()
	s.metrics.seen(c.Method(), path, status, took)
	if strings.HasPrefix(path, "/assets/") || path == "/healthz" || path == "/readyz" || path == "/metrics" {
		return
	}
	who := callerOf(c)
	s.log.Info("request", "request", id, "method", c.Method(), "path", path, "status", status,
		"ms", float64(took.Microseconds())/1000, "by", who.name(), "from", s.clientIP(c))
}

// logPath is the path as the table of routes names it.
func logPath(c *fiber.Ctx) string {
	if p, ok := c.Locals(localRoute).(string); ok {
		return p
	}
	return "(none)"
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(localID).(string)
	return id
}

func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// clientIP is the address of the client: of the connection, or, when that is a trusted proxy, the
// nearest address in X-Forwarded-For that is none. Whatever stands further left is anybody's claim.
func (s *Server) clientIP(c *fiber.Ctx) string {
	conn := c.Context().Conn()
	if conn == nil {
		return ""
	}
	peer, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	at := peer.Addr().Unmap()
	hops := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(at); i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = a
	}
	return at.Unmap().String()
}

func (s *Server) trusted(a netip.Addr) bool {
	for _, p := range s.proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// clientName is whom the limits of anonymous callers hold for: an address, or a network of /64,
// which is what one subscriber of IPv6 has.
func (s *Server) clientName(c *fiber.Ctx) string {
	a, err := netip.ParseAddr(s.clientIP(c))
	if err != nil || a.Is4() {
		return a.String()
	}
	p, _ := a.Prefix(64)
	return p.String()
}
