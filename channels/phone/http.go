package phone

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/channels"
	"tierline/ticket"
)

const acceptTime = 20 * time.Second

// Answer is what a posted call is answered with.
type Answer struct {
	Ticket    string `json:"ticket"`
	Seq       int    `json:"seq"`
	Duplicate bool   `json:"duplicate"`
}

// Problem is what is wrong with a posted call (RFC 9457).
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Where  string `json:"where,omitempty"`
}

// Mount serves POST /calls. Who may call it is for the router's owner to check.
func (p *Phone) Mount(router fiber.Router) { router.Post("/calls", p.post) }

func (p *Phone) post(c *fiber.Ctx) error {
	in, release := p.hold()
	if in == nil {
		return problem(c, fiber.StatusServiceUnavailable, "unavailable", "", "Calls are not taken right now. Try again.")
	}
	defer release()
	ctx, stop := context.WithTimeout(context.Background(), acceptTime) // what is in hand is finished
	defer stop()
	body := bytes.Clone(c.Body())
	if len(body) > MaxBody {
		return problem(c, fiber.StatusRequestEntityTooLarge, "too_large", "", fmt.Sprintf("The call has more than %d bytes.", MaxBody))
	}
	call, err := Parse(contentType(c), body)
	if err == nil {
		err = call.fill(func(k string) string { return c.Query(k) }, p.cfg.region())
	}
	if err != nil {
		return p.refuse(ctx, c, in, body, err)
	}
	got, err := in.Accept(ctx, []ticket.Inbound{p.inbound(&call)})
	switch {
	case ticket.KindOf(err) == ticket.Invalid:
		return p.refuse(ctx, c, in, body, &Fault{What: ticket.Explain(err)})
	case err != nil || len(got) != 1:
		return p.away(c, err)
	}
	status := fiber.StatusCreated
	if got[0].Duplicate {
		status = fiber.StatusOK
	}
	return c.Status(status).JSON(Answer{got[0].Ticket.String(), got[0].Seq, got[0].Duplicate})
}

// contentType is the request's; curl's default for a posted body says nothing about it.
func contentType(c *fiber.Ctx) string {
	t := c.Get(fiber.HeaderContentType)
	if strings.HasPrefix(t, fiber.MIMEApplicationForm) || strings.HasPrefix(t, fiber.MIMEOctetStream) {
		t = ""
	}
	if t == "" && bytes.HasPrefix(bytes.TrimPrefix(c.Body(), []byte("\ufeff")), []byte("WEBVTT")) {
		return "text/vtt"
	}
	return t
}

// refuse keeps what cannot be a ticket, and says why it cannot.
func (p *Phone) refuse(ctx context.Context, c *fiber.Ctx, in ticket.Intake, body []byte, why error) error {
	var f *Fault
	if !errors.As(why, &f) {
		f = &Fault{What: why.Error()}
	}
	blob, size, err := p.deps.Blobs.Put(ctx, bytes.NewReader(body), MaxBody)
	if err != nil {
		return p.away(c, err)
	}
	sum := sha256.Sum256(body)
	err = in.Quarantine(ctx, ticket.Quarantined{Channel: channels.Phone, Inbox: "phone", External: hex.EncodeToString(sum[:]),
		Reason: f.code(), Detail: f.Error(), Blob: blob, Size: size, At: p.deps.Now()})
	if err != nil {
		return p.away(c, err)
	}
	p.deps.Log.Warn("phone: a call cannot be read and is in quarantine", "where", f.Where, "blob", blob)
	if f.Syntax {
		return problem(c, fiber.StatusBadRequest, f.code(), f.Where, f.Error())
	}
	return problem(c, fiber.StatusUnprocessableEntity, f.code(), f.Where, f.Error())
}

func (f *Fault) code() string {
	if f.Syntax {
		return "unreadable"
	}
	return "invalid"
}

func (p *Phone) away(c *fiber.Ctx, err error) error {
	p.deps.Log.Warn("phone: a call could not be taken; its sender is told to try again", "error", err)
	if wait := ticket.RetryAfter(err); wait > 0 {
		c.Set(fiber.HeaderRetryAfter, fmt.Sprint(math.Ceil(wait.Seconds())))
	}
	return problem(c, fiber.StatusServiceUnavailable, "unavailable", "", ticket.Explain(ticket.E("", ticket.Transient, nil)))
}

func problem(c *fiber.Ctx, status int, code, where, detail string) error {
	if status == fiber.StatusServiceUnavailable && len(c.Response().Header.Peek(fiber.HeaderRetryAfter)) == 0 {
		c.Set(fiber.HeaderRetryAfter, "5")
	}
	err := c.Status(status).JSON(Problem{Type: "about:blank", Title: statusText(status), Status: status, Code: code, Detail: detail, Where: where})
	c.Set(fiber.HeaderContentType, "application/problem+json")
	return err
}

func statusText(status int) string { return fiber.NewError(status).Message }
