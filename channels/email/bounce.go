package email

import (
	"slices"
	"strings"
	"sync"
)

// BounceReport is what a delivery report says.
type BounceReport struct {
	Recipients        []string `json:"recipients,omitempty"` // those that were not reached
	Status            string   `json:"status,omitempty"`     // RFC 3463, of the first of them
	Hard              bool     `json:"hard"`                 // it is no use to try this address again
	Diagnostic        string   `json:"diagnostic,omitempty"` // what the other server said
	OriginalMessageID string   `json:"original_message_id,omitempty"`
	Action            string   `json:"action,omitempty"` // failed or delayed; delivered, relayed or expanded in a receipt
}

// Limits of what is read of a report.
const (
	maxReport     = 64 << 10 // bytes of its text
	maxBounced    = 50
	maxDiagnostic = 500 // runes
)

// bounceKind finds reports on deliveries, by the structure, the sender and the words. A person who
// quotes or attaches one has a sender that is no daemon.
func bounceKind(m *Mail) (Verdict, bool) {
	why := bounceSign(m)
	if why == "" {
		return Verdict{}, false
	}
	if b := Bounce(m); b != nil && (b.Action == "delivered" || b.Action == "relayed" || b.Action == "expanded") {
		return found(KindReceipt, true, "a delivery receipt (RFC 3464)", "receipt")
	}
	return found(KindBounce, true, why, "bounce-unknown")
}

// bounceSign says what shows that a mail is a report on a delivery; "" when it is none.
func bounceSign(m *Mail) string {
	from, head := strings.Trim(local(fromAddress(m)), `"\`), m.Text[:min(len(m.Text), 8192)]
	isDaemon := daemon.MatchString(from) || strings.Contains(from, "mailer-daemon") || daemonName.MatchString(from) ||
		len(m.From) > 0 && daemonName.MatchString(m.From[0].Name)
	report := reportType(m)
	subject := sync.OnceValue(func() bool { return bounceSubject.MatchString(m.Subject) }) // dear, as the words below
	switch {
	case sieveRefusal(m):
		return "a refusal (RFC 5429)"
	case report == "delivery-status":
		return "a delivery report (RFC 3464)"
	case m.head.get("X-Failed-Recipients") != "":
		return "X-Failed-Recipients"
	case answers(m) && !isDaemon:
		return ""
	case jsonBounce(m.Text) != nil:
		return "a provider's report in JSON"
	case autoSubject.MatchString(m.Subject) && !subject():
		return ""
	case replyHeader(m.head) != "" && !isDaemon:
		return ""
	case hasReport(m) && (isDaemon || nullPath(m) || report != "" || robot.MatchString(from)):
		return "a delivery report (RFC 3464)"
	}
	words := sync.OnceValue(func() bool { return bounceWords.MatchString(head) }) // dear: asked last
	switch {
	case isDaemon && (report != "" || subject() || words()):
		return "from " + from
	case strings.Contains(from, "mailer-daemon") || from == "mdaemon":
		return "from " + from
	case (nullPath(m) || daemonPath(m)) && (subject() || words()):
		return "null return path"
	case report != "" && report != "unknown" && subject():
		return "multipart/report"
	case namesRecipient(head) && subject():
		return "a delivery report in its text"
	case robot.MatchString(from) && subject() && words():
		return "its subject and its words"
	}
	return ""
}

// namesRecipient says whether a text has a line of a report in it.
func namesRecipient(text string) bool {
	return (strings.Contains(text, "ecipient:") || strings.Contains(text, "RECIPIENT:")) && finalRecipient.MatchString(text)
}

// sieveRefusal says whether a receipt is a mailbox's refusal to take a mail: "deleted" by itself is
// said of mail that was never read, too.
func sieveRefusal(m *Mail) bool {
	if reportType(m) != "disposition-notification" || !strings.Contains(strings.ToLower(m.head.get("Auto-Submitted")), "reject") &&
		!bounceSubject.MatchString(m.Subject) {
		return false
	}
	for _, a := range m.Attachments {
		if a.Type == "message/disposition-notification" {
			h, _ := readHeader(a.Data[:min(len(a.Data), maxReport)])
			return strings.HasSuffix(strings.ToLower(h.get("Disposition")), "deleted")
		}
	}
	return false
}

// daemonPath says whether the envelope was from a mail system by its name.
func daemonPath(m *Mail) bool {
	return daemon.MatchString(local(strings.Trim(m.head.get("Return-Path"), "<> ")))
}

func hasReport(m *Mail) bool { return len(reports(m)) > 0 }

// reports are the machine-readable parts of a delivery report.
func reports(m *Mail) (list []string) {
	for _, a := range m.Attachments {
		switch a.Type {
		case "message/delivery-status", "message/global-delivery-status", "message/disposition-notification":
			list = append(list, string(a.Data[:min(len(a.Data), maxReport)]))
		}
	}
	return list
}

var (
	robot = lazily(`^(?:no-?reply|do-?not-?reply|bounces?|bounced|mail|mailer|e-?mail|system|admin(?:istrator)?|server|delivery|return(?:ed)?|undeliverable|failure|ndr|notifications?|notify|root|daemon|smtp|mta|mailbox|post|info-?bounce|support-bounce|imss)(?:$|[-_.+=0-9])|smtp|anti-?virus|mail[-_.]?(?:service|gateway|system|filter|sweeper)`)

	daemonName = lazily(`(?i)^(?:mail(?:er)?[- ]?(?:delivery|daemon|system|router|administrator|server)|internet mail delivery|system administrator|systemadministrator|postmaster|microsoft outlook|mail delivery (?:sub)?system|message delivery|delivery (?:subsystem|notification))`)
)

// Bounce reads a delivery report; nil when there is none in it. It costs time linear in the mail.
func Bounce(m *Mail) *BounceReport {
	text := m.Text[:min(len(m.Text), maxReport)]
	if b := jsonBounce(text); b != nil {
		return b
	}
	said, copied := divide(text)
	entries := deliveryEntries(m, said)
	if len(entries) == 0 && m.wraps < maxWraps {
		if b := wrapped(m, copied); b != nil {
			return b
		}
	}
	b := &BounceReport{}
	if len(entries) > 0 {
		b.fromEntries(m, entries, said)
	} else {
		b.fromProse(m, said, copied)
	}
	if b.OriginalMessageID = originalID(m, said, copied); len(b.Recipients) == 0 && b.Status == "" && b.Diagnostic == "" {
		return nil
	}
	b.clean()
	b.Hard = isHard(b, said)
	return b
}

// maxWraps is how many reports may be within each other: filters on the way wrap what they pass on.
const maxWraps = 2

// wrapped reads the report that the returned mail itself is.
func wrapped(m *Mail, copied string) *BounceReport {
	inner := []byte(strings.TrimLeft(copied, "\r\n \t"))
	for _, a := range m.Attachments {
		if a.Type == "message/rfc822" {
			inner = a.Data[:min(len(a.Data), maxReport)]
			break
		}
	}
	if h, _ := readHeader(normalise(inner)); !daemon.MatchString(local(senderAddress(h))) && reportKind(h) == "" {
		return nil
	}
	w, err := parseWithin(inner, m.wraps+1)
	if err != nil || w.Verdict.Kind != KindBounce {
		return nil
	}
	return Bounce(w)
}

func senderAddress(h header) string {
	for _, a := range addresses(h.get("From"), "") {
		return a.Address
	}
	return h.get("From")
}

// clean leaves only what every store and page takes: reports hold bytes of any charset.
func (b *BounceReport) clean() {
	printable := func(s string) string {
		return strings.Map(func(c rune) rune {
			if c < ' ' || c == 0x7f {
				return ' '
			}
			return c
		}, strings.ToValidUTF8(s, "?"))
	}
	b.Diagnostic = cutRunes(strings.Join(strings.Fields(printable(b.Diagnostic)), " "), maxDiagnostic)
	b.OriginalMessageID = strings.ReplaceAll(printable(b.OriginalMessageID), " ", "")
	b.Action = cutRunes(printable(b.Action), 20)
	for i, r := range b.Recipients {
		b.Recipients[i] = strings.ReplaceAll(printable(r), " ", "")
	}
}

// entry is one recipient's block of a delivery report.
type entry struct{ final, original, action, status, diagnostic string }

// deliveryEntries reads the blocks of RFC 3464 §2.3, from their part or, where a server on the way has
// flattened the report, from its text.
func deliveryEntries(m *Mail, said string) []entry {
	var list []entry
	all := reports(m)
	if len(all) == 0 && finalRecipient.MatchString(said) {
		all = append(all, said[finalRecipient.FindStringIndex(said)[0]:])
	}
	for _, r := range all {
		rest := []byte(r)
		for len(rest) > 0 && len(list) < maxBounced {
			for len(rest) > 0 { // blank lines between blocks
				line, after := cutLine(rest)
				if len(strings.TrimSpace(string(line))) > 0 {
					break
				}
				rest = after
			}
			before := len(rest)
			var h header
			if h, rest = readHeader(rest); len(rest) == before { // no header: leave out one line
				_, rest = cutLine(rest)
			}
			e := entry{typed(h.get("Final-Recipient")), typed(orElse(h.get("Original-Recipient"), h.get("X-Actual-Recipient"))),
				word(h.get("Action")), statusCode.FindString(h.get("Status")), diagnosticOf(h.all("Diagnostic-Code"))}
			if e.final != "" || e.original != "" || e.action != "" && h.has("Status") {
				list = append(list, e)
			}
		}
	}
	return list
}

var finalRecipient = lazily(`(?im)^[ \t]*(?:Final|Original)-Recipient:`)

// typed takes the type off: "rfc822; jane@x".
func typed(s string) string {
	if kind, v, ok := strings.Cut(s, ";"); ok && !strings.ContainsAny(kind, "@|/\"") {
		s = v
	}
	return strings.TrimSpace(s)
}

func diagnosticOf(all []string) (longest string) {
	for _, v := range all {
		if kind, rest, ok := strings.Cut(v, ";"); ok && len(kind) < 20 && !strings.Contains(strings.TrimSpace(kind), " ") {
			v = rest
		}
		if v = strings.TrimSpace(v); len(v) > len(longest) {
			longest = v
		}
	}
	return longest
}

// fromEntries takes what failed; where nothing failed, what was delayed, then what went well.
func (b *BounceReport) fromEntries(m *Mail, entries []entry, said string) {
	rank := func(e entry) int {
		switch e.action {
		case "delivered", "relayed", "expanded":
			return 1
		case "delayed":
			return 2
		}
		return 3
	}
	best := 0
	for _, e := range entries {
		best = max(best, rank(e))
	}
	failedTo := addressesIn(m.head.get("X-Failed-Recipients"))
	for _, e := range entries {
		if rank(e) != best {
			continue
		}
		to := oneIn(e.final)
		if original := oneIn(e.original); to == "" || original != "" && !strings.Contains(to[strings.LastIndexByte(to, '@')+1:], ".") {
			to = original
		}
		if to == "" && len(failedTo) > 0 {
			to = failedTo[min(len(b.Recipients), len(failedTo)-1)]
		}
		b.add(to)
		if b.Action == "" {
			b.Action = orElse(e.action, "failed")
		}
		if b.Diagnostic == "" {
			b.Diagnostic = e.diagnostic
		}
		status := better(e.status, e.diagnostic)
		if b.Status == "" || general(b.Status) && !general(status) {
			b.Status = status
		}
	}
	if len(b.Recipients) == 0 {
		p := &BounceReport{}
		p.fromProse(m, said, "")
		b.Recipients = p.Recipients
	}
	if b.Diagnostic == "" {
		b.Diagnostic = diagnosticIn(said)
	}
	if b.Status = better(b.Status, b.Diagnostic); b.Status == "" {
		b.Status = statusOf(b.Diagnostic+"\n"+said, b.Action == "delayed")
	}
	if strings.HasSuffix(b.Status, ".0.0") {
		b.Status = better(b.Status, said)
	}
}

func (b *BounceReport) add(address string) {
	if address != "" && !slices.Contains(b.Recipients, address) && len(b.Recipients) < maxBounced {
		b.Recipients = append(b.Recipients, address)
	}
}

var (
	statusCode = lazily(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	// replyStatus is the other server's answer, with its enhanced status (RFC 2034).
	replyStatus = lazily(`^(?:<?[^ ]{0,200}[ :]{1,3})?[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b`)
	replyCode   = lazily(`(?:^|[\s:;'"(<#-])([45])([0-5]\d)(?:[\s\-:;.,'")]|$)`)
	anAddress   = lazily(`[A-Za-z0-9!#$%&'*+/=?^_{|}~.\x60-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}`)
)

// statusIn is the first enhanced status code in s (RFC 3463) that is no part of an IP address or of a
// version.
func statusIn(s string) string {
	s = s[:min(len(s), maxReport)]
	for _, at := range statusCode.FindAllStringIndex(s, 50) {
		before, after := byte(' '), byte(' ')
		if at[0] > 0 {
			before = s[at[0]-1]
		}
		if at[1] < len(s) {
			after = s[at[1]]
		}
		next := byte(' ')
		if at[1]+1 < len(s) {
			next = s[at[1]+1]
		}
		if strings.IndexByte(".-/_=[", before) >= 0 || after == '-' || after == '/' || after == ']' || after == '.' && next >= '0' && next <= '9' {
			continue
		}
		return s[at[0]:at[1]]
	}
	return ""
}

func general(status string) bool { return status == "" || strings.HasSuffix(status, ".0") }

// better is the status, or the more exact one in the other server's words.
func better(status, said string) string {
	in := statusIn(said)
	if in != "" && general(in) { // "5.1.0 - Unknown address error '5.2.2 … Mailbox full'"
		_, rest, _ := strings.Cut(said, in)
		if next := statusIn(rest); !general(next) && next[0] == in[0] {
			in = next
		}
	}
	switch {
	case in == "" || in[0] == '2':
		return status
	case status == "", strings.HasSuffix(status, ".0.0") && !strings.HasSuffix(in, ".0.0"), general(status) && !general(in) && status[0] == in[0]:
		return in
	case status[0] == in[0] && !general(in) && (status == "4.4.7" || replyStatus.MatchString(said)):
		return in // what the other server said itself
	}
	return status
}

// isHard tells hard from soft by the class of the status, but for what time may mend.
func isHard(b *BounceReport, said string) bool {
	switch {
	case b.Action == "delayed" || strings.HasPrefix(b.Status, "4") || strings.HasPrefix(b.Status, "2"):
		return false
	case b.Status == "5.2.2" || b.Status == "5.3.1" || b.Status == "5.4.5" || b.Status == "5.4.7":
		return false
	case b.Status == "5.1.1" || b.Status == "5.1.2" || b.Status == "5.1.3" || b.Status == "5.1.6" || b.Status == "5.1.10":
		return true
	}
	return !softWords.MatchString(orElse(b.Diagnostic, said[:min(len(said), 2048)]))
}

// oneIn is the address in s, "" when s is a pipe, a file or a local name.
func oneIn(s string) string {
	s = strings.TrimSpace(s)
	if strings.HasPrefix(s, "|") || strings.HasPrefix(s, `"|`) || strings.HasPrefix(s, "/") || strings.HasPrefix(s, `"/`) {
		return ""
	}
	if all := addressesIn(s); len(all) > 0 {
		return all[0]
	}
	if a := addresses(s, ""); len(a) == 1 { // internationalised, quoted
		return a[0].Address
	}
	return ""
}

func addressesIn(s string) (all []string) {
	for _, a := range anAddress.FindAllString(s, maxBounced) {
		if a = cleanAddress(a); a != "" && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

func cleanAddress(a string) string {
	a = strings.Trim(a, `.,;:'"<>()[]{}|=-`)
	l, domain, ok := strings.Cut(a, "@")
	for _, prefix := range []string{"mailto:", "rfc822;", "3D", "SMTP=", "smtp="} {
		l = strings.TrimPrefix(l, prefix)
	}
	if !ok || l == "" || domain == "" {
		return ""
	}
	return strings.ToLower(l + "@" + domain)
}
