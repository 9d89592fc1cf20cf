package web

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// Problem is how the API tells what went wrong (RFC 9457). Code is stable; Detail is for people.
type Problem struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Detail  string `json:"detail"`
	Request string `json:"request"` // the request's id, as it stands in the log
}

// refusal is an answer of HTTP's own that is no ticket.Error.
type refusal struct {
	status int
	code   string
	text   string
	retry  int // seconds; 0 says nothing
}

func (r *refusal) Error() string { return "web: " + r.code + ": " + r.text }

func unauthenticated(text string) error {
	return &refusal{status: http.StatusUnauthorized, code: "unauthenticated", text: text}
}

func tooMany(retry int) error {
	return &refusal{status: http.StatusTooManyRequests, code: "rate_limited",
		text: "Too many requests. Try again later.", retry: retry}
}

func invalid(format string, args ...any) error {
	return ticket.Errorf("web", ticket.Invalid, format, args...)
}

func notFound(format string, args ...any) error {
	return ticket.Errorf("web", ticket.NotFound, format, args...)
}

// explain is the one place where errors become HTTP.
func explain(err error) refusal {
	var own *refusal
	if errors.As(err, &own) {
		return *own
	}
	var fe *fiber.Error
	if errors.As(err, &fe) {
		return fromFiber(fe)
	}
	k := ticket.KindOf(err)
	r := refusal{code: string(k), text: ticket.Explain(err)}
	switch k {
	case ticket.Invalid:
		r.status = http.StatusBadRequest
	case ticket.NotFound:
		r.status = http.StatusNotFound
	case ticket.Conflict:
		r.status = http.StatusConflict
	case ticket.Denied:
		r.status = http.StatusForbidden
	case ticket.Transient:
		r.status = http.StatusServiceUnavailable
		r.retry = max(1, int(math.Ceil(ticket.RetryAfter(err).Seconds())))
	default:
		// Also a text that the error calls public is kept back: a fault of ours has no details.
		r.status, r.code, r.text = http.StatusInternalServerError, "internal", ticket.Explain(errors.New(""))
	}
	return r
}

func fromFiber(e *fiber.Error) refusal {
	r := refusal{status: e.Code, code: "http_" + strconv.Itoa(e.Code), text: http.StatusText(e.Code) + "."}
	switch e.Code {
	case http.StatusNotFound:
		r.code, r.text = "not_found", "There is no such page."
	case http.StatusMethodNotAllowed:
		r.code = "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		r.code, r.text = "too_large", "The request is too large."
	case http.StatusUnsupportedMediaType:
		r.code = "unsupported_media_type"
	case http.StatusBadRequest:
		r.code, r.text = "invalid", "The request cannot be understood."
	}
	if e.Code >= 500 {
		r.code, r.text = "internal", ticket.Explain(errors.New(""))
	}
	return r
}

// fail answers an error: a problem for programs, a page for people.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	r := explain(err)
	id := requestID(c)
	if r.status >= 500 {
		s.log.Error("request failed", "request", id, "method", c.Method(), "path", logPath(c), "status", r.status, "err", err)
	}
	if r.retry > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(r.retry))
	}
	if r.status == http.StatusUnauthorized && !wantsPage(c) {
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="tierline"`)
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Status(r.status)
	if wantsPage(c) {
		return s.errorPage(c, r, id)
	}
	c.Set(fiber.HeaderContentDisposition, "")
	c.Response().Header.Del(fiber.HeaderContentDisposition)
	return c.JSON(Problem{Type: "about:blank", Title: http.StatusText(r.status), Status: r.status, Code: r.code,
		Detail: r.text, Request: id}, "application/problem+json")
}

// wantsPage says whether a person looks at the answer.
func wantsPage(c *fiber.Ctx) bool {
	p := c.Path()
	return strings.HasPrefix(p, "/console") || strings.HasPrefix(p, "/help") ||
		!strings.HasPrefix(p, "/api/") && strings.Contains(c.Get(fiber.HeaderAccept), "text/html")
}

// recovered turns a panic into an error that tells the client nothing.
func recovered(v any) error {
	return ticket.E("web", ticket.Internal, fmt.Errorf("panic: %v", v))
}
