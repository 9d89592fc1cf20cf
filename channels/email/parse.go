package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"strings"
	"time"

	"tierline/ticket"
)

// Mail is a mail as it was understood.
type Mail struct {
	MessageID   string // with its angle brackets; "" when there is none that is fit for use
	From        []Address
	ReplyTo     []Address
	To, Cc      []Address
	Delivered   []string // addresses that servers on the way have noted
	Subject     string
	Date        time.Time // zero when there is none that can be read
	Text        string    // all of it, readable
	New, Folded string    // what the sender wrote now, and the rest; all of the text is in the two
	HTML        string    // as it came
	Attachments []Part
	References  []string // Message-IDs it answers, oldest first
	Verdict     Verdict  // what sort of mail it is
	Warnings    []string
	Auth        Auth // filled at intake

	head    header
	content []byte // hash of its parts, decoded
	wraps   int    // in how many reports it was wrapped
}

// Limits of what is read of a mail.
const (
	maxReferences = 100
	maxPeople     = 100 // of Cc and To
)

// Fault is why a mail cannot be understood.
type Fault struct {
	Code   string // short, stable
	Detail string // a sentence
}

func (f *Fault) Error() string { return f.Code + ": " + f.Detail }

// Parse reads a mail. It takes nearly everything; what it refuses is a [Fault]. Time and memory are
// linear in the size of raw.
func Parse(raw []byte) (*Mail, error) { return parseWithin(raw, 0) }

// parseWithin reads a mail that was wrapped so many times.
func parseWithin(raw []byte, wraps int) (*Mail, error) {
	raw = normalise(raw)
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, &Fault{"empty", "There is nothing in it."}
	}
	h, body := readHeader(raw)
	m := &Mail{head: h, wraps: wraps}
	_, p := params(h.get("Content-Type"))
	charset := p["charset"]
	r := &reader{charset: charset, content: sha256.New()}
	if err := r.read(body, h, 0, nil); err != nil {
		return nil, &Fault{"too-many-parts", fmt.Sprintf("It has more than %d parts.", maxParts)}
	}
	m.Attachments, m.content = r.attachments, r.content.Sum(nil)
	m.envelope(charset)
	m.marks(r)
	m.body(r.views)
	m.classify()
	return m, nil
}

// classify says what sort of mail it is. A report needs no sender: mail systems name none, so that
// nobody answers.
func (m *Mail) classify() {
	m.Verdict = Classify(m)
	if k := m.Verdict.Kind; len(m.From) == 0 && (k == KindBounce || k == KindReceipt || k == KindFeedback) {
		m.From = []Address{{Address: mailSystem}}
	}
}

// normalise takes off what mail spools and old systems leave in front, and gives CR-only text line
// feeds.
func normalise(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(b, '\n') < 0 && bytes.IndexByte(b, '\r') >= 0 {
		b = bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))
	}
	b = bytes.TrimLeft(b, "\r\n")
	for bytes.HasPrefix(b, []byte("From ")) || bytes.HasPrefix(b, []byte(">From ")) {
		line, rest := cutLine(b)
		if key, _, ok := splitField(line); ok && key == "from" {
			break // From : is a field
		}
		b = rest
	}
	return b
}

func (m *Mail) envelope(charset string) {
	h := m.head
	list := func(key string) (all []Address) {
		for _, v := range h.all(key) {
			if all = append(all, addresses(v, charset)...); len(all) >= maxPeople {
				return all[:maxPeople]
			}
		}
		return all
	}
	m.From, m.ReplyTo, m.To, m.Cc = list("From"), list("Reply-To"), list("To"), list("Cc")
	if len(m.From) == 0 {
		m.nameSender(list)
	}
	for _, key := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"} {
		for _, a := range list(key) {
			m.Delivered = append(m.Delivered, a.Address)
		}
	}
	m.Subject = strings.Join(strings.Fields(decodeWords(h.get("Subject"), charset)), " ")
	m.Date = parseDate(h.get("Date"))
	if ids := messageIDs(h.get("Message-Id")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	ids := append(messageIDs(h.get("References")), messageIDs(h.get("In-Reply-To"))...)
	seen := map[string]bool{m.MessageID: true}
	for i := len(ids) - 1; i >= 0 && len(m.References) < maxReferences; i-- {
		if !seen[ids[i]] {
			seen[ids[i]] = true
			m.References = append([]string{ids[i]}, m.References...)
		}
	}
}

// nameSender finds out whom a mail without a readable From is from.
func (m *Mail) nameSender(list func(key string) []Address) {
	for _, key := range []string{"Reply-To", "Sender", "From", "Return-Path", "X-Envelope-From"} {
		if m.From = list(key); len(m.From) == 0 && key == "From" {
			m.From = localUser(m.head.get(key))
		}
		if len(m.From) > 0 {
			m.Warnings = append(m.Warnings, "The mail has no readable From; its "+key+" was taken.")
			return
		}
	}
}

// mailSystem is whom a report is from that names no sender.
const mailSystem = "mailer-daemon@localhost"

// localUser is a user of the machine that the mail was written on: "MAILER-DAEMON".
func localUser(s string) []Address {
	s = strings.TrimSpace(s)
	if name, ok := strings.CutSuffix(strings.ReplaceAll(s, " ", ""), "<>"); ok && daemonName.MatchString(name) {
		return []Address{{Name: cleanName(strings.TrimSuffix(s, "<>")), Address: mailSystem}} // Mail Delivery System <>
	}
	s = strings.Trim(s, "<>")
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		s = s[open+1:]
	}
	if s == "" || len(s) > 64 || strings.ContainsAny(s, " \t<>@\"") || !isASCII(s) {
		return nil
	}
	return []Address{{Address: strings.ToLower(s) + "@localhost"}}
}

// messageIDs reads Message-IDs, with and without brackets, and leaves out what joins nothing. Where words
// stand beside them ("Message from jane@example.org of Monday", RFC 5322 §4.5.4), only what is in brackets is one:
// the addresses are those of people, who write more than one mail.
func messageIDs(s string) []string {
	var ids []string
	if strings.Count(s, "<") == 1 && strings.Count(s, "@") == 1 { // blanks and comments within: obsolete, RFC 5322 §4
		s = strings.Join(strings.Fields(withoutComments(s)), "")
	}
	var bracketed []string
	words := false
	for before, rest := byte(0), s; rest != ""; {
		end := strings.IndexFunc(rest, betweenIDs)
		if end < 0 {
			end = len(rest)
		}
		f := rest[:end]
		if id := "<" + f + ">"; usableID(id) && isASCII(id) && len(ids) < 2*maxReferences {
			if ids = append(ids, id); before == '<' {
				bracketed = append(bracketed, id)
			}
		}
		words = words || f != "" && before != '<' && !strings.Contains(f, "@")
		if end < len(rest) {
			before = rest[end]
			end++
		}
		rest = rest[end:]
	}
	if words {
		return bracketed
	}
	return ids
}

func betweenIDs(c rune) bool { return c <= ' ' || c == '<' || c == '>' || c == ',' || c == '"' }

// marks adds what is not in the text and should be: invitations, subjects of mails within when there
// is nothing else, and that a mail is signed or encrypted.
func (m *Mail) marks(r *reader) {
	for _, text := range r.invitations {
		shown := false
		_, summary, _ := strings.Cut(text, ": ")
		summary, _, _ = strings.Cut(summary, "\n")
		for _, v := range r.views {
			shown = shown || strings.Contains(v.text+v.html, summary)
		}
		if text != "" && !shown {
			r.views = append(r.views, view{text: text})
		}
	}
	for _, subject := range r.nested {
		if len(r.views) > len(r.nested) || subject == "" || m.Subject == subject {
			break
		}
		if len(r.views) == 0 || strings.HasPrefix(r.views[0].text, attachedMail) {
			r.views = append(r.views, view{text: attachedMail + subject})
		}
	}
	if r.signed != "" {
		m.Warnings = append(m.Warnings, fmt.Sprintf(warnSigned, r.signed))
	}
	if r.encrypted != "" {
		m.Warnings = append(m.Warnings, fmt.Sprintf(warnEncrypted, r.encrypted))
	}
}

const attachedMail = "Attached mail: "

// body makes the readable text and parts what is new from the rest.
func (m *Mail) body(views []view) {
	var text, fresh, folded, htm []string
	anyHTML := false
	for _, v := range views {
		anyHTML = anyHTML || v.html != ""
	}
	for i, v := range views {
		whole, a, b := v.read()
		if i > 0 && a == "" {
			a, b = b, ""
		}
		if len(views) > 1 {
			whole = strings.TrimRight(whole, "\n")
		}
		text, fresh, folded = append(text, whole, ""), append(fresh, a, ""), append(folded, b, "")
		if anyHTML {
			htm = append(htm, orElse(v.html, "<pre>"+html.EscapeString(v.text)+"</pre>"))
		}
	}
	m.Text, m.New, m.Folded = joinLines(text), joinLines(fresh), joinLines(folded)
	m.HTML = strings.Join(htm, "\n")
	if len(m.Text) > ticket.MaxText {
		m.Attachments = append(m.Attachments, Part{Name: "message.txt", Type: "text/plain", Data: []byte(m.Text)})
		m.Warnings = append(m.Warnings, "The text is too long to be shown whole. All of it is attached as message.txt.")
		m.New, m.Folded = cutBytes(m.New, ticket.MaxText), cutBytes(m.Folded, ticket.MaxText)
	}
	if len(m.HTML) > ticket.MaxHTML {
		m.Attachments = append(m.Attachments, Part{Name: "message.html", Type: "text/html", Data: []byte(m.HTML)})
		m.HTML = ""
	}
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// threadIndex is the root of an Outlook conversation: the first 22 bytes of its Thread-Index
// (MS-OXOMSG §2.2.1.3), to which each answer adds five; or "".
func (m *Mail) threadIndex() string {
	v := m.head.get("Thread-Index")
	if b := decodeBase64([]byte(v[:min(len(v), 1000)])); len(b) >= 22 {
		return hex.EncodeToString(b[:22])
	}
	return ""
}
