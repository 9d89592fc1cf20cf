package email

import (
	"fmt"
	"net/mail"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// A mail that one of staff forwards to an inbox is the mail of whoever wrote it first: a customer who
// wrote to somebody personally, or to an address of old. It is attached whole (message/rfc822), or stands
// in the text below a header that mail programs write in the language of their user. A forward by
// anybody else is that person's message.

// maxForwards is how many times a mail may have been passed on among staff.
const maxForwards = 4

// original is a mail that somebody has passed on.
type original struct {
	mail *Mail // what is known of it: From, Subject, the text as New and Folded; of an attached one all
	note string
	rest []Part // attachments of the mail that brought it
	more int    // further mails that were attached
}

// passedOn makes a contact that of the original sender. The mail whose attachments are to be kept is
// given back: m itself when it is none of that.
func (p *mapper) passedOn(m *Mail, o origin, in *ticket.Inbound) *Mail {
	if p.staff == nil || p.history || in.Auto || in.Doubt != "" || in.Alone != "" || in.Bounce != nil || !m.Auth.proves() ||
		m.Verdict.Kind != KindMessage && m.Verdict.Kind != KindList {
		return m
	}
	by, ok := p.staff(m.From[0].Address)
	if !ok {
		return m
	}
	first, ok := p.original(m, 1)
	if !ok {
		if forwardSubject.MatchString(m.Subject) || headOfForward(textLines(m.Text)).separated {
			in.Warnings = append(in.Warnings, "This seems to be forwarded, but who wrote it first cannot be read: the ticket is for "+by.Name+", who sent it on.")
		}
		return m
	}
	who := first.mail.From[0].identity()
	in.Forwarded = &ticket.Forwarded{By: by, Note: cutBytes(first.note, ticket.MaxText)}
	in.NoAuto = by.Name + " has passed it on."
	in.Warnings = append(in.Warnings, fmt.Sprintf("%s (%s) has forwarded this mail of %s.", by.Name, m.From[0].Address, who.Value))
	if first.more > 0 {
		in.Warnings = append(in.Warnings, fmt.Sprintf("%d more mails were attached to it.", first.more))
	}
	in.Warnings = append(in.Warnings, first.mail.Warnings...)
	in.From, in.Subject = who, cutRunes(orElse(first.mail.Subject, withoutPrefix(m.Subject)), ticket.MaxSubject)
	in.Text, in.Folded, in.ReplyTo, in.With = first.mail.New, first.mail.Folded, nil, nil
	if first.mail.head != nil { // all of it is known
		in.HTML, in.At, in.References = first.mail.HTML, first.mail.Date, first.mail.References
		in.ReplyTo, in.With = p.people(first.mail, o)
		in.ReplyTo, in.With = p.outside(in.ReplyTo), p.outside(in.With)
	}
	in.Threads = append(p.firstThreads(first.mail, o), in.Threads...)
	brought := *m
	brought.Attachments = append(first.mail.Attachments, first.rest...)
	return &brought
}

// proves says whether a mail is taken to be from whom it says: nothing is known of it, or something good.
func (a Auth) proves() bool {
	return a == (Auth{}) || a.Failed == "" && (a.DMARC == "pass" || a.DKIM == "pass" || a.SPF == "pass")
}

// outside leaves out staff.
func (p *mapper) outside(list []customer.Identity) (others []customer.Identity) {
	for _, i := range list {
		if _, staff := p.staff(i.Value); !staff {
			others = append(others, i)
		}
	}
	return others
}

// firstThreads are the ways in which the original continues a ticket. That it has an id that is known
// is no wonder: the customer may have sent it to us, too.
func (p *mapper) firstThreads(m *Mail, o origin) (keys []ticket.ThreadKey) {
	if m.head == nil {
		return nil
	}
	for _, k := range p.threads(m, o, "") {
		if k.By != ticket.BySameID && (k.Key != "" || k.Ticket != 0) {
			keys = append(keys, k)
		}
	}
	return keys
}

// original finds what was passed on.
func (p *mapper) original(m *Mail, depth int) (original, bool) {
	if depth > maxForwards || answerSubject.MatchString(m.Subject) {
		return original{}, false
	}
	if o, ok := p.attached(m, depth); ok {
		return o, true
	}
	o, ok := p.inline(m.Text, forwardSubject.MatchString(m.Subject), depth)
	o.rest = m.Attachments
	return o, ok
}

// attached finds a mail that is attached whole.
func (p *mapper) attached(m *Mail, depth int) (original, bool) {
	var found *original
	var rest []Part
	more := 0
	for _, a := range m.Attachments {
		if !isMail(a) || found != nil {
			if isMail(a) {
				more++
			}
			rest = append(rest, a)
			continue
		}
		inner, err := Parse(a.Data)
		if err != nil || len(inner.From) == 0 {
			rest = append(rest, a)
			continue
		}
		if p.mine(inner.From[0].Address) {
			deeper, ok := p.original(inner, depth+1)
			if !ok {
				rest = append(rest, a)
				continue
			}
			found = &deeper
			continue
		}
		found = &original{mail: inner}
	}
	if found == nil {
		return original{}, false
	}
	if !strings.HasPrefix(m.New, attachedMail) { // else we wrote it
		found.note = strings.TrimSpace(m.New + "\n\n" + found.note)
	}
	found.rest, found.more = append(found.rest, rest...), found.more+more
	return *found, true
}

func isMail(a Part) bool {
	return a.Type == "message/rfc822" || a.Type == "message/global" ||
		strings.HasSuffix(strings.ToLower(a.Name), ".eml") && (a.Type == "application/octet-stream" || a.Type == "text/plain")
}

func (p *mapper) mine(address string) bool {
	_, staff := p.staff(address)
	return staff || p.isOwn(address)
}

// inline finds a mail in the text. A header alone is one that was quoted, unless the subject says that
// it was forwarded.
func (p *mapper) inline(text string, forwarded bool, depth int) (original, bool) {
	lines := textLines(text)
	h := headOfForward(lines)
	if h.from.Address == "" || !h.separated && !forwarded {
		return original{}, false
	}
	note, _ := foldLines(lines[:h.start])
	body := lines[h.end:]
	if p.mine(h.from.Address) {
		if depth >= maxForwards {
			return original{}, false
		}
		o, ok := p.inline(joinLines(texts(body)), true, depth+1)
		o.note = strings.TrimSpace(note + "\n\n" + o.note)
		return o, ok
	}
	m := &Mail{From: []Address{h.from}, Subject: h.subject}
	m.New, m.Folded = foldLines(body)
	return original{mail: m, note: note}, true
}

// forwardHead is where a forwarded mail begins in a text, and what its header says.
type forwardHead struct {
	start, end int  // lines
	separated  bool // a line says that it is forwarded
	from       Address
	subject    string
}

// maxForwardLook is in how many lines the head of a forward is looked for: those above are a note.
const maxForwardLook = 500

// headOfForward looks for the first header of a mail in a text.
func headOfForward(lines []line) forwardHead {
	var h forwardHead
	for i := range lines[:min(len(lines), maxForwardLook)] {
		text := lines[i].text
		if isBlank(text) {
			continue
		}
		at, marked := i, false
		if _, _, forward := separator(text); forward {
			at, marked = next(lines, i+1), true
			unmark(lines[at:])
			h.separated, h.start = true, i
		} else if f, _ := headerField(text); f == noField || f == fieldOther {
			continue
		}
		n := 0
		if at < len(lines) {
			n = headerBlock(lines[at:min(len(lines), at+30)])
		}
		if n == 0 {
			continue
		}
		if !marked {
			h.start = i
			for h.start > 0 && (isBlank(lines[h.start-1].text) || isRule(lines[h.start-1].text) || isOriginal(lines[h.start-1].text)) {
				h.start--
			}
		}
		h.end = at + n
		h.read(lines[at:h.end])
		return h
	}
	return h
}

// isOriginal says whether a line is one like "-----Original Message-----".
func isOriginal(text string) bool {
	_, is, _ := separator(text)
	return is
}

// unmark takes the marks off a forward all of which is marked as a quotation, as Apple Mail does.
func unmark(lines []line) {
	for _, l := range lines {
		if !isBlank(l.text) && !strings.HasPrefix(l.text, ">") {
			return
		}
	}
	for i := range lines {
		lines[i].text = strings.TrimPrefix(strings.TrimPrefix(lines[i].text, ">"), " ")
	}
}

// read reads the fields of a header.
func (h *forwardHead) read(lines []line) {
	for i, l := range lines {
		f, value := headerField(l.text)
		switch f {
		case fieldFrom:
			if h.from = forwardSender(value); h.from.Address == "" && i+1 < len(lines) {
				if below, _ := headerField(lines[i+1].text); below == noField { // the address is wrapped
					h.from = forwardSender(value + " " + lines[i+1].text)
				}
			}
		case fieldSubject:
			h.subject = withoutPrefix(value)
		}
	}
}

var (
	forwardedAddress = lazily(`(?i)[^\s<>()\[\]"',;:|]+@[^\s<>()\[\]"',;:|]+\.[\p{L}\d-]{2,}`)
	forwardSubject   = lazily(`(?i)^\s*(?:\[[^\]]{1,40}\]\s*)*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vl|vs|pd|rif|weitergeleitet|transf)\s*(?:\[\d+\])?\s*[:：]`)
	answerSubject    = lazily(`(?i)^\s*(?:\[[^\]]{1,40}\]\s*)*(?:re|aw|antw|sv|odp|r|res|ris)\s*(?:\[\d+\])?\s*[:：]`)
	anyPrefix        = lazily(`(?i)^\s*(?:fwd?|wg|tr|rv|i|enc|doorst|vb|vl|vs|pd)\s*(?:\[\d+\])?\s*[:：]\s*`)
)

func withoutPrefix(subject string) string {
	for range maxForwards {
		subject = anyPrefix.ReplaceAllString(subject, "")
	}
	return strings.TrimSpace(subject)
}

// forwardSender reads the sender in the header of a forward: "Jane Doe <jane@x>", "Jane Doe
// [mailto:jane@x]", "jane@x<mailto:jane@x>".
func forwardSender(value string) Address {
	value = strings.ReplaceAll(strings.ReplaceAll(value, "mailto:", ""), "*", "")
	at := forwardedAddress.FindStringIndex(value)
	if at == nil || len(value) > 500 {
		return Address{}
	}
	address := strings.ToLower(strings.Trim(value[at[0]:at[1]], "."))
	if _, err := mail.ParseAddress(address); err != nil {
		return Address{}
	}
	name := strings.Trim(value[:at[0]], " \t<[(\"'„“”")
	return Address{Name: cleanName(name), Address: address}
}
