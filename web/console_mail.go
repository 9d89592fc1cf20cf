package web

import (
	"context"
	"html/template"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/internal/sanitise"
	"tierline/ticket"
)

// Mails is what staff do with mails of the ledger.
type Mails interface {
	// Source is a mail as it came; NotFound when it is kept no longer.
	Source(ctx context.Context, id int64) (io.ReadCloser, error)
	// Read is a mail as far as it can be understood; Invalid when nothing can be made of it.
	Read(ctx context.Context, id int64) (Mail, error)
	// Release makes a message of a quarantined mail, Discard ends its quarantine without one.
	Release(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error)
	Discard(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error)
	// Compared says how mailboxes and ledger agreed when they were compared last.
	Compared(ctx context.Context) ([]Comparison, error)
}

// Mail is what can be read of a mail.
type Mail struct {
	From, To, Cc []string // for people: names and addresses
	Subject      string
	Date         time.Time // zero when there is none
	Text, HTML   string
	Warnings     []string
	Files        []MailFile
}

// MailFile is a part of a mail that is no text of it.
type MailFile struct {
	Name, Type, ContentID string
	Data                  []byte
}

// Comparison is a mailbox, compared with the ledger.
type Comparison struct {
	Mailbox        string
	At             time.Time
	Mails, Missing int    // in the mailbox, as far as it was read; those that the ledger did not know
	Fetched        int    // of the missing
	Error          string // why it could not be found out, or mended
}

// Wrong says that somebody should look.
func (x Comparison) Wrong() bool { return x.Error != "" || x.Missing > x.Fetched }

type mailsPage struct {
	page
	Items    []ticket.MailEntry
	Outcomes []ticket.MailOutcome
	Outcome  ticket.MailOutcome
	Text     string
	Next     string
	MayTouch bool
	Compared []Comparison
	Fault    string // they cannot be told
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
	if s.d.Mails != nil {
		if p.Compared, err = s.d.Mails.Compared(c.UserContext()); err != nil {
			s.log.Error("comparisons of mailboxes", "request", requestID(c), "err", err)
			p.Fault = ticket.Explain(err)
		}
	}
	return s.render(c, "mails", p)
}

type mailPage struct {
	page
	E        ticket.MailEntry
	M        *Mail
	Unread   string // why it is not shown
	Source   string // the beginning, as it came
	More     bool   // there is more than Source
	MayTouch bool
}

// mailPage shows a mail of the ledger: what became of it, what can be read of it, and as it came.
func (s *Server) mailPage(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	p := mailPage{page: s.page(c, "Mail "+ticketless(id), "mail"), MayTouch: s.d.Mails != nil && callerOf(c).agent.Is(mayOperate()...)}
	if p.E, _, err = s.d.Store.Mail(c.UserContext(), id); err != nil {
		return err
	}
	if s.d.Mails == nil || !p.E.Kept {
		p.Unread = "The mail is kept no longer."
		return s.render(c, "mail", p)
	}
	r, err := s.d.Mails.Source(c.UserContext(), id)
	if err != nil {
		return err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, headBytes+1))
	if err != nil {
		return ticket.E("web.mailPage", ticket.Transient, err)
	}
	p.More = len(b) > headBytes
	p.Source = plainText(b[:min(len(b), headBytes)])
	m, err := s.d.Mails.Read(c.UserContext(), id)
	switch {
	case ticket.KindOf(err) == ticket.Invalid:
		p.Unread = ticket.Explain(err)
	case err != nil:
		return err
	default:
		m.Text = strings.ToValidUTF8(m.Text[:min(len(m.Text), shownText)], "")
		p.M = &m
	}
	return s.render(c, "mail", p)
}

// mailHTML is a mail of the ledger as its writer laid it out. It may be anything: nothing is ever
// loaded for it, and only pictures that came with it are shown.
func (s *Server) mailHTML(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	if s.d.Mails == nil {
		return notFound("This gateway keeps no mails.")
	}
	m, err := s.d.Mails.Read(c.UserContext(), id)
	if err != nil {
		return err
	}
	if m.HTML == "" {
		return notFound("This mail has no HTML.")
	}
	room := maxInlineImages
	out, n := sanitise.HTML(m.HTML, sanitise.Options{CID: func(id string) string {
		for _, f := range m.Files {
			if f.ContentID == "" || !strings.EqualFold(f.ContentID, id) || len(f.Data) > min(maxInlineImage, room) {
				continue
			}
			if address := imageData(f.Data); address != "" {
				room -= len(f.Data)
				return address
			}
		}
		return ""
	}})
	c.Set(fiber.HeaderContentSecurityPolicy, framePolicy(false))
	return s.render(c, "message", htmlView{HTML: template.HTML(out), Remote: n})
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
