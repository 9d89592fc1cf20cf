package email

import (
	"strings"
)

// Reports in prose have no form. What most have in common: a line that is an address, or begins with
// one; what the other server said below it; a dividing line; and the mail, or its header.

// maxSaid is how far into a report what it says itself reaches, in bytes: what comes behind is a copy.
const maxSaid = 64 << 10

// divide parts what a report says from the copy of the mail that it reports on.
func divide(text string) (said, copied string) {
	head := text[:min(len(text), maxSaid)]
	if at := dividing.FindStringIndex(head); at != nil {
		return text[:at[0]], text[at[1]:]
	}
	at := 0
	fields, first := 0, 0
	words := bounceWords.FindStringIndex(head) // looked for once, however many headers there seem to be
	for line := range strings.SplitAfterSeq(head, "\n") {
		key, _, ok := strings.Cut(line, ":")
		switch key = strings.ToLower(strings.TrimLeft(key, "> \t")); {
		case ok && (knownFields[key] || strings.HasPrefix(key, "x-")):
			if fields == 0 {
				first = at
			}
			if fields++; fields == 4 && words != nil && words[1] <= first {
				return text[:first], text[first:]
			}
		case strings.TrimSpace(line) == "":
			fields = 0
		}
		at += len(line)
	}
	return head, text[len(head):]
}

var dividing = lazily(`(?im)^(?:` +
	`[ \t]*[-=_*#~+>|]{2,}[^\n]{0,40}(?:original message|original mail|below this line|copy of (?:the|your)|message (?:header|text|body|follows|content)|header of|returned message|unsent message|undelivered message|message headers?|` +
	`headers? (?:follow|of)|your message|originalnachricht|ursprüngliche|kopie (?:der|ihrer)|message d'origine|message original|copie d|mensaje original|messaggio originale|mensagem original|oorspronkelijk|` +
	`исходное|оригинал|元の|原文|原邮件|original e-?mail|begin(?:ning)? of|start of|included message|forwarded message)[^\n]*|` +
	`[ \t]*(?:original (?:message|mail)(?: headers?| follows| text)*|(?:the )?(?:headers?|body|text|first \d+ lines?|beginning|start) of (?:the|your) (?:original )?(?:message|mail)[^\n]{0,60}|(?:below|following|here) (?:is|are|this line is) (?:a |the )?(?:copy|original|headers?|message)[^\n]{0,60}|` +
	`(?:a )?copy of (?:the|your) (?:original )?(?:message|mail|e-?mail)[^\n]{0,60}|(?:your|the) (?:original )?message (?:reads|follows|is (?:included|attached|below)|headers?)[^\n]{0,40}|message headers? follows?|received headers?|unsent message (?:below|follows)|undelivered message follows|` +
	`ursprüngliche (?:nachricht|kopfzeilen)|(?:die |der )?(?:kopfzeilen?|header|nachrichtenkopf) (?:der|ihrer) [^\n]{0,60}|(?:en-têtes?|entêtes?) [^\n]{0,40}|encabezados? [^\n]{0,40}|intestazioni [^\n]{0,40}|исходное сообщение|原邮件[^\n]{0,20}|元のメッセージ[^\n]{0,20})[ \t]*[:：.]?[ \t]*` +
	`)\r?$`)

// fromProse reads a report without a machine-readable part.
func (b *BounceReport) fromProse(m *Mail, said, copied string) {
	known := addressesIn(m.head.get("X-Failed-Recipients"))
	ours := senderOf(originalHeader(m, copied))
	if at := recipientsFollow.FindStringIndex(said); at != nil && len(known) == 0 {
		b.Recipients = recipientsIn(m, firstLines(said[at[1]:], maxBounced), nil, ours)
	}
	if len(b.Recipients) == 0 {
		b.Recipients = recipientsIn(m, said, known, ours)
	}
	if len(b.Recipients) == 0 { // all that is left is whom it was written to
		h := originalHeader(m, copied)
		for _, a := range append(addressesIn(h.get("X-Failed-Recipients")), addressesIn(h.get("To"))...) {
			b.add(a)
		}
	}
	for _, x := range expandedFrom.FindAllStringSubmatch(said, maxBounced) { // we know the address that it was written to
		for i, r := range b.Recipients {
			if r == cleanAddress(x[1]) {
				b.Recipients[i] = cleanAddress(x[2])
			}
		}
	}
	b.Action = "failed"
	if (delayWords.MatchString(m.Subject) || delayWords.MatchString(said)) && !finalWords.MatchString(said) {
		b.Action = "delayed"
	}
	b.Diagnostic = diagnosticIn(said)
	if x := replyCode.FindStringSubmatch(b.Diagnostic); strings.HasPrefix(statusIn(b.Diagnostic), "5") || x != nil && x[1] == "5" {
		b.Action = "failed" // whatever the words around it
	}
	b.Status = statusOf(b.Diagnostic+"\n"+said, b.Action == "delayed")
}

const maxLines = 1_000 // of a report

var expandedFrom = lazily(`(?i)(` + addressPattern + `)>?\s{1,20}\(expanded from:?\s{1,4}<?(` + addressPattern + `)`)

// Ways in which a line names the recipient, surest first.
var recipientLines = []pattern{
	// alone on its line, or before a colon: Exim, qmail, Postfix, Gmail, Outlook, providers
	lazily(`(?i)^(?:\d{1,2}[.)]\s*|[*•·]\s*|-\s+)?["'(\[]*<?(?:mailto:|smtp:|rfc822;\s*)?(` + addressPattern + `)[>"')\]]*(?:\s*(?:<mailto:[^>]*>|\[mailto:[^\]]*\]|<[^<>]*@[^<>]*>|\((?:mailto:)?[^()]*@[^()]*\)))?\s*(?::(?:\s.*)?|\(expanded from.*|\.\.\..*)?$`),
	lazily(`(?i)^[^<>@]{0,100}<mailto:(` + addressPattern + `)>\s*$`),
	lazily(`(?i)^[^<>@]{1,100}<(` + addressPattern + `)>\s*:?$`),
	lazily(`(?i)^'?(` + addressPattern + `)'? on \d`),
	lazily(`(?i)(?:expanded from|generated (?:from|by)|original address|ultimately generated from)\s*:?\s*<?(` + addressPattern + `)`),
	lazily(`(?i)(?:rcpt to:?\s*<?|^\W{0,4}5\d\d <)(` + addressPattern + `)`),
	lazily(`(?i)^\W*(?:(?:failed|final|original|intended|bad|invalid|undelivered)?[- ]?(?:recipients?|addressees?|rcpt|e-?mail address|address)|to|user|mailbox|envoyé à|an|empf[äa]nger(?:adresse)?|destinataires?|destinatari[oi]s?|ontvanger|adresat|mottagare|modtager|vastaanottaja|получатель|кому|收件人|受信者|宛先|받는 ?사람)(?: (?:address|name|is))?\s*[:=：]\s*(?:rfc822;|smtp:)?\s*["'<]*(` + addressPattern + `)`),
	lazily(`(?i)^(?:\W{0,4})[45]\d\d[ -](?:#?[45]\.\d+\.\d+ )?<?(` + addressPattern + `)`),
	lazily(`(?i)(?:user|recipient|mailbox|address|account|to|for|an|von|à|para|per|voor|adresse|адрес\w*|получател\w*|收件人|邮箱|アドレス)[ :"'<(\[“„«]{1,4}(` + addressPattern + `)`),
	lazily(`(` + addressPattern + `)`),
}

const addressPattern = `[A-Za-z0-9!#$%&'*+/=?^_{|}~.\x60-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}`

// recipientsFollow is said right before the addresses that were not reached.
var recipientsFollow = lazily(`(?i)(?:following|did not reach|not (?:be )?(?:delivered|reached?)[^\n]{0,40}) (?:recipient|address|destination|user|mailbox)(?:s|es|\(s\)|\(es\))?[^\n]{0,60}:[ \t]*\n`)

func firstLines(s string, n int) string {
	at := 0
	for range n {
		i := strings.IndexByte(s[at:], '\n')
		if i < 0 {
			return s
		}
		at += i + 1
	}
	return s[:at]
}

// recipientsIn finds the addresses that a report in prose is about. known are those of its header, which
// is believed when no line of the text is about an address; from are those who wrote the mail.
func recipientsIn(m *Mail, said string, known, from []string) []string {
	ours := map[string]bool{}
	for _, a := range append(append(recipientsOf(m), fromAddress(m)), from...) {
		ours[strings.ToLower(a)] = true
	}
	lines := strings.Split(said, "\n")
	lines = lines[:min(len(lines), maxLines)]
	var second []string
	for i, re := range recipientLines {
		if i == 1 && len(known) > 0 {
			return known
		}
		b := &BounceReport{}
		for _, line := range lines {
			line = strings.Trim(line, " \t\r>")
			if len(line) > 2_000 || !strings.Contains(line, "@") || mailFrom.MatchString(line) {
				continue
			}
			x := re.FindStringSubmatch(line)
			if x == nil {
				continue
			}
			a := cleanAddress(x[1])
			if a == "" || daemon.MatchString(local(a)) || helpful.MatchString(local(a)) {
				continue
			}
			if ours[a] {
				if second == nil {
					second = []string{a}
				}
				continue
			}
			b.add(a)
		}
		if len(b.Recipients) > 0 {
			return b.Recipients
		}
	}
	return second
}

func senderOf(h header) []string {
	return append(addressesIn(h.get("From")), addressesIn(h.get("Return-Path"))...)
}

var (
	mailFrom = lazily(`(?i)mail from:|^(?:from|sender|reply-to|return-path|absender|von|de|da|от)\s*[:=]`)
	helpful  = lazily(`^(?:abuse|support|help|helpdesk|postmaster|hostmaster|webmaster|unblock|whitelist|delist|admin|noc|contact|removeme|spam)$`)
)

// diagnosticIn is the line that tells best what was wrong, with the lines that continue it.
func diagnosticIn(said string) string {
	lines := strings.Split(said, "\n")
	lines = lines[:min(len(lines), maxLines)]
	for _, is := range []func(string) bool{
		func(l string) bool { s := statusIn(l); return s != "" && s[0] != '2' },
		func(l string) bool { return replyCode.MatchString(l) },
		func(l string) bool { return causeOf(l) != "" },
	} {
		for i, l := range lines {
			if l = strings.TrimSpace(l); len(l) > 2_000 || !is(l) {
				continue
			}
			for _, next := range lines[i+1 : min(i+4, len(lines))] {
				if next = strings.TrimSpace(next); next == "" || anAddress.MatchString(firstWord(next)) || strings.HasPrefix(next, "Giving up") {
					break
				}
				l += " " + next
			}
			return strings.TrimLeft(l, "<>#- \t")
		}
	}
	return ""
}

// statusOf is the status that a text names, or the one that its words mean.
func statusOf(text string, delayed bool) string {
	if s := statusIn(text); s != "" && s[0] != '2' {
		return s
	}
	first := text[:min(len(text), 8192)]
	class := "5"
	if x := replyCode.FindStringSubmatch(first); x != nil {
		class = x[1]
	} else if delayed {
		class = "4"
	}
	switch cause := causeOf(first); {
	case cause == "":
		return class + ".0.0"
	case cause[0] == '4':
		return cause
	default:
		return class + cause[1:]
	}
}

// causeOf is the status for words that servers use.
func causeOf(s string) string {
	for _, c := range causes {
		if c.words.MatchString(s) {
			return c.status
		}
	}
	return ""
}

// originalHeader is the header of the mail that is reported on, as far as it came along.
func originalHeader(m *Mail, copied string) header {
	for _, a := range m.Attachments {
		switch a.Type {
		case "message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header", "message/rfc822-headers", "message/global-headers", "text/rfc822", "message/partial":
			if h, _ := readHeader(normalise(a.Data)); len(h) > 0 {
				return h
			}
		}
	}
	h, _ := readHeader([]byte(strings.TrimLeft(copied, "\r\n \t")))
	return h
}

// originalID is the Message-ID of the mail that is reported on.
func originalID(m *Mail, said, copied string) string {
	if id := anID(originalHeader(m, "").get("Message-Id")); id != "" {
		return id
	}
	for _, r := range reports(m) {
		if x := originalField.FindStringSubmatch(r); x != nil && anID(x[1]) != "" {
			return anID(x[1])
		}
	}
	for _, text := range []string{copied, said} {
		if x := idLine.FindStringSubmatch(text); x != nil && anID(x[1]) != "" {
			return anID(x[1])
		}
	}
	if x := idWords.FindStringSubmatch(said); x != nil && strings.Contains(x[1], "@") {
		return anID(x[1])
	}
	for _, key := range []string{"X-Original-Message-Id", "Original-Message-Id", "In-Reply-To", "References"} {
		if f := strings.Fields(m.head.get(key)); len(f) > 0 && anID(f[len(f)-1]) != "" {
			return anID(f[len(f)-1])
		}
	}
	return ""
}

var (
	originalField = lazily(`(?im)^(?:X-)?Original-Message-ID:[ \t]*(\S+)`)
	idLine        = lazily(`(?im)^[ \t>|]*Message-ID[ \t]*:[ \t]*(?:\r?\n[ \t>|]+)?(<[^<>\n]{1,900}>|[^\s<>]{1,900})`)
	idWords       = lazily(`(?i)(?:message[- ]?id|nachrichten-?id|identifiant du message|id (?:du|del|do) mens\w+)\W{1,6}(<[^<>\s]{3,900}>|[^\s<>,;"']{3,900})`)
)

// anID is a Message-ID with its brackets, from a field that somebody else has copied.
func anID(s string) string {
	if open := strings.IndexByte(s, '<'); open >= 0 {
		s, _, _ = strings.Cut(s[open+1:], ">")
	}
	s = strings.Join(strings.Fields(s), "")
	if s == "" || len(s) > 990 || strings.ContainsAny(s, "<>") {
		return ""
	}
	return "<" + s + ">"
}
