package email

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"regexp"
	"slices"
	"strings"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Limits of a mail of ours.
const (
	maxOutgoing   = 25 << 20 // bytes of its attachments: most servers take no more
	maxOutRefs    = 20       // Message-IDs in References
	maxOutSubject = 200      // runes
)

// letter is a mail ready to be sent. It is the same, byte by byte, for every try.
type letter struct {
	id      string
	message string // for the log
	from    string
	to, cc  []string // envelope recipients
	begun   bool     // some have it already
	data    []byte
}

// domains are those of its recipients, each once.
func (l letter) domains() []string {
	var list []string
	for _, a := range slices.Concat(l.to, l.cc) {
		if d := domainOf(a); !slices.Contains(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// compose writes the mail for a message. All that it holds comes from out, and its Date is when the
// message was written: a repetition can be recognised by the receiver.
func (s *sender) compose(ctx context.Context, out ticket.Outbound) (letter, error) {
	t, m := out.Ticket, out.Message
	from, ok := s.conf.From[t.Inbox]
	if !ok {
		return letter{}, noAddress(t.Inbox)
	}
	to, cc := recipients(out)
	if len(to) == 0 {
		return letter{}, ticket.Errorf("email.Send", ticket.Invalid, "The customer has no mail address.")
	}
	l := letter{id: s.sign.messageID(t.ID, m.Seq), message: m.String(), from: from.Address, to: values(to), cc: values(cc)}
	var b bytes.Buffer
	head := func(key, value string) { writeHeader(&b, key, value) }
	head("From", addressList([]customer.Identity{{Value: from.Address, Name: from.Name}}))
	head("To", addressList(to))
	if len(cc) > 0 {
		head("Cc", addressList(cc))
	}
	if from.SignedReplies || from.ReplyDomain != "" {
		head("Reply-To", addressList([]customer.Identity{{Value: s.sign.replyAddress(from, t.ID), Name: from.Name}}))
	}
	head("Subject", encodeText(subject(t)))
	head("Date", m.At.UTC().Format(time.RFC1123Z))
	head("Message-ID", l.id)
	if refs := s.references(out); len(refs) > 0 {
		head("In-Reply-To", refs[len(refs)-1])
		head("References", strings.Join(refs, " "))
	}
	if automatic(m) { // no Precedence: RFC 3834 §3.1.8 advises against it, and some servers delay "bulk"
		head("Auto-Submitted", "auto-replied")  // RFC 3834 §5
		head("X-Auto-Response-Suppress", "All") // Exchange; MS-OXCMAIL §2.2.3.2.14
	}
	head("MIME-Version", "1.0")
	if err := s.content(ctx, &b, out, strings.Trim(l.id, "<>")); err != nil {
		return letter{}, err
	}
	l.data = b.Bytes()
	return l, nil
}

// recipients are the customer and the others who take part.
func recipients(out ticket.Outbound) (to, cc []customer.Identity) {
	seen := map[string]bool{}
	pick := func(list []customer.Identity) (some []customer.Identity) {
		for _, i := range list {
			if i.Kind == customer.Email && !seen[i.Value] {
				seen[i.Value] = true
				some = append(some, i)
			}
		}
		return some
	}
	if to = pick(out.To); len(to) == 0 {
		for _, m := range slices.Backward(out.Previous) {
			if m.Direction == ticket.In {
				if to = pick(m.ReplyTo); len(to) == 0 {
					to = pick([]customer.Identity{m.From})
				}
				break
			}
		}
	}
	return to, pick(out.Cc)
}

func values(list []customer.Identity) []string {
	var v []string
	for _, i := range list {
		v = append(v, onWire(i.Value))
	}
	return v
}

var tags = regexp.MustCompile(`\s*\[T-\d{1,12}\]`)
var replyPrefix = regexp.MustCompile(`(?i)^(?:(?:re|aw|antw|sv|rif|odp|fwd?|wg|tr)(?:\[\d+\])?\s*:\s*)+`)

func subject(t ticket.Ticket) string {
	s := replyPrefix.ReplaceAllString(strings.TrimSpace(tags.ReplaceAllString(t.Subject, "")), "")
	return "Re: " + strings.TrimSpace(cutRunes(s, maxOutSubject)) + " [" + t.ID.String() + "]"
}

// references are the ids of the conversation, the one that is answered last. The first one is kept
// when there are too many: clients join by it.
func (s *sender) references(out ticket.Outbound) []string {
	var refs []string
	add := func(id string) {
		if usableID(id) {
			refs = append(slices.DeleteFunc(refs, func(r string) bool { return r == id }), id)
		}
	}
	answered := ""
	for _, p := range out.Previous {
		if p.Seq >= out.Message.Seq {
			continue
		}
		if p.Direction == ticket.In {
			for _, r := range p.References {
				if !slices.Contains(refs, r) {
					add(r)
				}
			}
			add(bareID(p.External))
			answered = orElse(bareID(p.External), answered)
		} else if p.Direction == ticket.Out {
			add(s.sign.messageID(out.Ticket.ID, p.Seq))
		}
	}
	if answered != "" {
		add(answered)
	}
	if n := len(refs); n > maxOutRefs {
		refs = append(refs[:1:1], refs[n-maxOutRefs+1:]...)
	}
	return refs
}

// content writes the body: text and HTML, and the attachments around them.
func (s *sender) content(ctx context.Context, b *bytes.Buffer, out ticket.Outbound, id string) error {
	says := s.body(out)
	text, htm := says.plain(), says.html()
	mixed, alt := boundary(id, "mixed"), boundary(id, "alternative")
	if len(out.Message.Attachments) == 0 {
		writeHeader(b, "Content-Type", `multipart/alternative; boundary="`+alt+`"`)
		b.WriteString("\r\n")
		writeAlternative(b, alt, text, htm)
		return nil
	}
	writeHeader(b, "Content-Type", `multipart/mixed; boundary="`+mixed+`"`)
	fmt.Fprintf(b, "\r\n--%s\r\nContent-Type: multipart/alternative; boundary=\"%s\"\r\n\r\n", mixed, alt)
	writeAlternative(b, alt, text, htm)
	var total int64
	for _, a := range out.Message.Attachments {
		if total += a.Size; total > maxOutgoing {
			return ticket.Errorf("email.Send", ticket.Invalid,
				"The attachments are too large for a mail: at most %d MiB together. Send a link instead.", maxOutgoing>>20)
		}
		b.WriteString("--" + mixed + "\r\n")
		if err := s.attach(ctx, b, a); err != nil {
			return err
		}
	}
	b.WriteString("--" + mixed + "--\r\n")
	return nil
}

func writeAlternative(b *bytes.Buffer, boundary, text, htm string) {
	for _, p := range []struct{ kind, body string }{{"text/plain; charset=utf-8; format=flowed", text}, {"text/html; charset=utf-8", htm}} {
		fmt.Fprintf(b, "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", boundary, p.kind)
		writeQuoted(b, p.body)
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
}

func (s *sender) attach(ctx context.Context, b *bytes.Buffer, a ticket.Attachment) error {
	kind := a.Type
	if t, _, err := mime.ParseMediaType(a.Type); err != nil || strings.HasPrefix(t, "multipart/") || strings.HasPrefix(t, "message/") {
		kind = "application/octet-stream" // may not be base64, RFC 2046 §5.2.1
	}
	b.WriteString("Content-Type: " + clean(kind) + "\r\n")
	b.WriteString("Content-Disposition: " + orElse(mime.FormatMediaType("attachment", map[string]string{"filename": fileName(a.Name)}), "attachment") + "\r\n")
	b.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	r, err := s.deps.Blobs.Open(ctx, a.SHA256)
	if err != nil {
		return err
	}
	defer r.Close()
	enc := base64.NewEncoder(base64.StdEncoding, &lineWriter{w: b})
	if _, err := io.Copy(enc, io.LimitReader(r, maxOutgoing)); err != nil {
		return ticket.E("email.Send", ticket.Transient, err)
	}
	_ = enc.Close() // writes to memory
	b.WriteString("\r\n")
	return nil
}
