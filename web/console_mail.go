package web

import (
	"context"
	"io"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// Mails is what staff do with mails of the ledger.
type Mails interface {
	// Source is a mail as it came; NotFound when it is kept no longer.
	Source(ctx context.Context, id int64) (io.ReadCloser, error)
	// Release makes a message of a quarantined mail, Discard ends its quarantine without one.
	Release(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error)
	Discard(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error)
}

type mailsPage struct {
	page
	Items    []ticket.MailEntry
	Outcomes []ticket.MailOutcome
	Outcome  ticket.MailOutcome
	Text     string
	Next     string
	MayTouch bool
}

func (s *Server) mailList(c *fiber.Ctx) error {
	q := query{c: c}
	f := ticket.MailFilter{Outcome: ticket.MailOutcome(c.Query("outcome")), Text: c.Query("q"), After: q.number("before")}
	if q.err != nil {
		return q.err
	}
	const rows = 50
	f.Limit = rows + 1
	list, err := s.d.Store.Mails(c.UserContext(), f)
	if err != nil {
		return err
	}
	p := mailsPage{page: s.page(c, "Mail", "mail"), Outcomes: ticket.MailOutcomes, Outcome: f.Outcome, Text: f.Text,
		MayTouch: s.d.Mails != nil && callerOf(c).agent.Is(mayOperate()...)}
	var next int64
	p.Items, next = firstPage(list, rows, func(x ticket.MailEntry) int64 { return x.ID })
	if next != 0 {
		p.Next = nextQuery(c, "before", ticketless(next))
	}
	return s.render(c, "mails", p)
}

// mailSource gives a mail out as it came: as plain text that is saved, never shown.
func (s *Server) mailSource(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if s.d.Mails == nil {
		return notFound("This gateway keeps no mails.")
	}
	s.log.Info("source of a mail downloaded", "mail", id, "by", callerOf(c).name())
	return s.sendFile(c, "mail-"+ticketless(id)+".txt", fiber.MIMETextPlainCharsetUTF8,
		func(ctx context.Context) (io.ReadCloser, error) { return s.d.Mails.Source(ctx, id) })
}

func (s *Server) mailRelease(c *fiber.Ctx) error { return s.mailSettle(c, "released") }

func (s *Server) mailDiscard(c *fiber.Ctx) error { return s.mailSettle(c, "discarded") }

func (s *Server) mailSettle(c *fiber.Ctx, what string) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if s.d.Mails == nil {
		return notFound("This gateway keeps no mails.")
	}
	do := s.d.Mails.Release
	if what == "discarded" {
		do = s.d.Mails.Discard
	}
	if _, err := do(c.UserContext(), id, callerOf(c).agent.Actor()); err != nil {
		return err
	}
	s.log.Info("mail "+what, "mail", id, "by", callerOf(c).name())
	return c.Redirect("/console/mail?done="+what, http.StatusSeeOther)
}
