package demoworld

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

var (
	errBusy    = errors.New("demoworld: too many pages are open")
	errSubject = errors.New("a subject may have one line of at most 250 characters")
	errText    = errors.New("a mail needs a text of at most 100 kB")
)

const (
	maxSubject  = 250       // characters
	maxSendText = 100 << 10 // bytes
	maxRefs     = 20
)

// SendMail sends a mail to the gateway's SMTP listener and keeps a copy in the sender's box. from may
// have a name before its address; to "" is the support address. inReplyTo is the Message-ID (without
// brackets) of a mail in the sender's box, or "". It returns the new Message-ID, without brackets.
func (w *World) SendMail(ctx context.Context, from, to, subject, text, inReplyTo string) (messageID string, err error) {
	m, err := w.compose(from, to, subject, text, inReplyTo)
	if err != nil {
		return "", fmt.Errorf("demoworld: %w", err)
	}
	if err := w.submit(ctx, m); err != nil {
		return "", fmt.Errorf("demoworld: the gateway did not take the mail: %w", err)
	}
	return w.boxes.put(m).MessageID, nil
}

// compose writes the mail: RFC 5322 with References as §3.6.4 says, plain text in UTF-8.
func (w *World) compose(from, to, subject, text, inReplyTo string) (Mail, error) {
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return Mail{}, fmt.Errorf("sender: %w", err)
	}
	if to == "" {
		to = w.cfg.SupportAddress
	}
	rcpt, err := netmail.ParseAddress(to)
	switch {
	case err != nil:
		return Mail{}, fmt.Errorf("recipient: %w", err)
	case len([]rune(subject)) > maxSubject || strings.ContainsAny(subject, "\r\n"):
		return Mail{}, errSubject
	case strings.TrimSpace(text) == "" || len(text) > maxSendText:
		return Mail{}, errText
	}
	m := Mail{Box: sender.Address, Sent: true, From: sender.Address, FromName: sender.Name, To: rcpt.Address,
		Subject: subject, Text: text, InReplyTo: inReplyTo, At: w.cfg.Now()}
	_, domain, _ := strings.Cut(sender.Address, "@")
	m.MessageID = strings.ToLower(rand.Text()) + "@" + domain
	if inReplyTo != "" {
		if parent, ok := w.boxes.byMessageID(sender.Address, inReplyTo); ok {
			m.References = append(m.References, parent.References...)
		}
		m.References = append(m.References, inReplyTo)
		m.References = m.References[max(0, len(m.References)-maxRefs):]
	}
	m.Raw, err = render(m, sender, rcpt)
	return m, err
}

func render(m Mail, from, to *netmail.Address) ([]byte, error) {
	var h mail.Header
	h.SetDate(m.At)
	h.SetAddressList("From", []*mail.Address{{Name: from.Name, Address: from.Address}})
	h.SetAddressList("To", []*mail.Address{{Name: to.Name, Address: to.Address}})
	h.SetSubject(m.Subject)
	h.SetMessageID(m.MessageID)
	if m.InReplyTo != "" {
		h.SetMsgIDList("In-Reply-To", []string{m.InReplyTo})
		h.SetMsgIDList("References", m.References)
	}
	h.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	var b bytes.Buffer
	wr, err := mail.CreateSingleInlineWriter(&b, h)
	if err != nil {
		return nil, err
	}
	text := strings.ReplaceAll(strings.ReplaceAll(m.Text, "\r\n", "\n"), "\n", "\r\n")
	if _, err := wr.Write([]byte(text + "\r\n")); err != nil {
		return nil, err
	}
	if err := wr.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// submit hands the mail over within gatewayTime.
func (w *World) submit(ctx context.Context, m Mail) error {
	ctx, cancel := context.WithTimeout(ctx, gatewayTime)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", w.cfg.SMTPAddr)
	if err != nil {
		return err
	}
	c := smtp.NewClient(conn)
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // go-smtp knows no context
	if err := c.Hello("customer.example"); err != nil {
		return err
	}
	if err := c.SendMail(m.From, []string{m.To}, bytes.NewReader(m.Raw)); err != nil {
		return err
	}
	_ = c.Quit() // it was taken
	return nil
}
