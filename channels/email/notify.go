package email

import (
	"bytes"
	"context"
	"maps"
	"mime/quotedprintable"
	"slices"
	"strings"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Notice is a mail to staff. It belongs to no ticket: an answer to it is not wanted.
type Notice struct {
	ID      string // the same at every try: it makes the Message-ID
	To      customer.Identity
	Subject string
	Text    string
	Urgent  bool
	At      time.Time
}

// Notify sends a mail to a member of staff. still is asked when the server is ready to take it: its error is
// returned, and nothing is sent. Unlike [sender.Send] it waits for nobody else's mail.
func (s *sender) Notify(ctx context.Context, n Notice, still func(context.Context) error) error {
	if n.To.Value == "" {
		return ticket.Errorf("email.Notify", ticket.Invalid, "%s has no mail address", n.To.Name)
	}
	inboxes := slices.Sorted(maps.Keys(s.conf.From))
	if len(inboxes) == 0 {
		return ticket.Errorf("email.Notify", ticket.Invalid, "no address to write from is configured")
	}
	from := s.conf.From[inboxes[0]]
	l := letter{id: s.sign.noticeID(n.ID), message: n.ID, from: from.Address, to: []string{n.To.Value}}
	var b bytes.Buffer
	head := func(key, value string) { writeHeader(&b, key, value) }
	head("From", addressList([]customer.Identity{{Value: from.Address, Name: from.Name}}))
	head("To", addressList([]customer.Identity{n.To}))
	head("Subject", encodeText(cutRunes(n.Subject, maxOutSubject)))
	head("Date", n.At.UTC().Format(time.RFC1123Z))
	head("Message-ID", l.id)
	head("Auto-Submitted", "auto-generated") // RFC 3834 §5
	if n.Urgent {
		head("Importance", "high") // RFC 4021 §2.1.54
		head("X-Priority", "1")
	}
	head("MIME-Version", "1.0")
	head("Content-Type", "text/plain; charset=utf-8")
	head("Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(&b)
	_, err := w.Write([]byte(n.Text))
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return ticket.E("email.Notify", ticket.Internal, err)
	}
	l.data = b.Bytes()
	if s.dkim != nil {
		if l.data, err = s.dkim.sign(l.data); err != nil {
			return ticket.E("email.Notify", ticket.Internal, err)
		}
	}
	return s.notify(ctx, l, still)
}

func (s *sender) notify(ctx context.Context, l letter, still func(context.Context) error) error {
	for {
		c, fresh, err := s.link(ctx)
		if err != nil {
			return failure(err)
		}
		if err := still(ctx); err != nil {
			s.keep(c)
			return err
		}
		r, err := c.deliver(ctx, l)
		if err == nil {
			s.keep(c)
			switch {
			case len(r.got) > 0:
				return nil
			case len(r.later) > 0:
				return later(r.later, 0)
			}
			return refusedByAll(noted(r.refused))
		}
		c.end()
		if fresh || !stale(err) {
			return failure(err)
		} // a kept connection that the server has closed meanwhile
	}
}

// noticeID is the Message-ID of a notice.
func (s signer) noticeID(id string) string {
	local := strings.Map(func(r rune) rune {
		if r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '_'
	}, id)
	return "<page." + local + "." + s.mac("notice "+id) + "@" + s.domain + ">"
}
