package demoworld

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // old charsets of mails
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
	"golang.org/x/net/html"
)

// delivery is one SMTP session of somebody who brings mail. Every recipient has a box.
type delivery struct {
	w  *World
	to []string
}

// Reset forgets the mail in hand.
func (d *delivery) Reset() { d.to = nil }

// Logout ends the session.
func (d *delivery) Logout() error { return nil }

// Mail begins a mail, whoever sends it.
func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes every address that is one.
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	if len(to) > 320 || !strings.Contains(to, "@") {
		return &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 1, 3}, Message: "This is no address"}
	}
	d.to = append(d.to, to)
	return nil
}

// Data keeps the mail in the box of each recipient.
func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r) // go-smtp holds it to maxMail
	if err != nil {
		return err
	}
	m := parse(raw)
	m.At = d.w.cfg.Now()
	for _, to := range d.to {
		m.Box = to
		d.w.boxes.put(m)
	}
	return nil
}

// Limits of a mail's structure.
const (
	maxParts = 50
	maxDepth = 8
)

// parse reads what a mail program shows. What cannot be understood is shown as it came.
func parse(raw []byte) Mail {
	var m Mail
	if len(raw) <= maxRaw {
		m.Raw = raw
	}
	e, err := message.Read(bytes.NewReader(raw))
	if e == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
		m.Subject, m.Text = "(unreadable mail)", cut(string(raw))
		return m
	}
	h := mail.Header{Header: e.Header}
	m.Subject, _ = h.Subject()
	m.MessageID, _ = h.MessageID()
	m.References, _ = h.MsgIDList("References")
	if ids, _ := h.MsgIDList("In-Reply-To"); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	if l, _ := h.AddressList("From"); len(l) > 0 {
		m.From, m.FromName = l[0].Address, l[0].Name
	}
	if l, _ := h.AddressList("To"); len(l) > 0 {
		m.To = l[0].Address
	}
	var b body
	b.read(e, 0)
	m.Text = strings.TrimSpace(b.plain)
	if m.Text == "" {
		m.Text = strings.TrimSpace(textOf(b.html))
	}
	m.Attachments = b.files
	return m
}

// body gathers the parts of a mail.
type body struct {
	plain, html string
	files       []Attachment
	parts       int
}

func (b *body) read(e *message.Entity, depth int) {
	b.parts++
	if b.parts > maxParts || depth > maxDepth {
		return
	}
	if mr := e.MultipartReader(); mr != nil {
		for b.parts < maxParts {
			p, err := mr.NextPart()
			if p == nil || (err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err)) {
				return
			}
			b.read(p, depth+1)
		}
		return
	}
	kind, params, _ := e.Header.ContentType()
	disp, dparams, _ := e.Header.ContentDisposition()
	name := dparams["filename"]
	if name == "" {
		name = params["name"]
	}
	switch {
	case disp != "attachment" && (kind == "text/plain" || kind == "" || kind == "text/html") && name == "":
		data, _ := io.ReadAll(io.LimitReader(e.Body, maxText))
		if kind == "text/html" {
			b.html += string(data)
		} else {
			b.plain += string(data)
		}
	default:
		n, _ := io.Copy(io.Discard, e.Body)
		b.files = append(b.files, Attachment{Name: name, Type: kind, Size: n})
	}
}

// textOf is the readable text of HTML: it is never shown as HTML.
func textOf(src string) string {
	var b strings.Builder
	skip := 0
	for z := html.NewTokenizer(strings.NewReader(src)); ; {
		switch z.Next() {
		case html.ErrorToken:
			if errors.Is(z.Err(), io.EOF) {
				return cut(b.String())
			}
			return cut(b.String() + "\n(the rest cannot be read)")
		case html.TextToken:
			if skip == 0 {
				b.WriteString(strings.Join(strings.Fields(" "+string(z.Text())+" "), " ") + " ")
			}
		case html.StartTagToken:
			name, _ := z.TagName()
			if hidden(string(name)) {
				skip++
			}
			if breaks(string(name)) {
				b.WriteByte('\n')
			}
		case html.SelfClosingTagToken:
			if name, _ := z.TagName(); breaks(string(name)) {
				b.WriteByte('\n')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if hidden(string(name)) && skip > 0 {
				skip--
			}
			if breaks(string(name)) {
				b.WriteByte('\n')
			}
		}
	}
}

func hidden(tag string) bool {
	return tag == "script" || tag == "style" || tag == "head" || tag == "template"
}

func breaks(tag string) bool {
	switch tag {
	case "br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote", "pre":
		return true
	}
	return false
}

func cut(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
