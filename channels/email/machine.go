package email

import (
	"strings"
)

// Kind is what sort of mail a mail is.
type Kind string

// The kinds of mail.
const (
	KindMessage    Kind = "message"    // a person's, as far as can be told
	KindAutoReply  Kind = "auto-reply" // an out-of-office, or what a program wrote by itself
	KindBounce     Kind = "bounce"     // it could not be delivered, or not yet
	KindReceipt    Kind = "receipt"    // it was read, or delivered
	KindFeedback   Kind = "feedback"   // a complaint or a report about our mail
	KindList       Kind = "list"       // by a discussion list
	KindNewsletter Kind = "newsletter" // to many at once
	KindCalendar   Kind = "calendar"   // an invitation, or the answer to one
	KindOwn        Kind = "own"        // ours that came back
	KindSpam       Kind = "spam"       // as a spam filter on the way has marked it
)

// Verdict is what sort of mail a mail is, and what may follow from it.
type Verdict struct {
	Kind       Kind
	Auto       bool   // no person wrote it: it reopens nothing
	Reason     string // what shows it; "" for a message
	Alone      string // a short code when it opens no ticket by itself; "" when it does
	AutoAnswer AutoAnswer
}

// Classify says what sort of mail it is, by what it says of itself: RFC 3834, RFC 3464, RFC 8098,
// RFC 5965 and the habits of mail systems. When in doubt a mail is a person's, but is not answered
// automatically: a machine's mail in the queue costs an agent a glance, a customer's mail outside of
// it costs the customer.
func Classify(m *Mail) Verdict {
	for _, is := range []func(*Mail) (Verdict, bool){
		feedbackKind, receiptKind, bounceKind, spamKind, calendarKind, replyKind, listKind, generatedKind,
	} {
		if v, ok := is(m); ok {
			v.AutoAnswer = AutoAnswer{Why: refusals[v.Kind]}
			return v
		}
	}
	return Verdict{Kind: KindMessage, AutoAnswer: mayAnswer(m)}
}

var refusals = map[Kind]string{
	KindAutoReply: "A program wrote it, and programs are not answered.", KindBounce: "It reports on a delivery.",
	KindReceipt: "It is a receipt.", KindFeedback: "It is a report about our mail.", KindSpam: "It is marked as spam.",
	KindList: "It came by a mailing list; the answer would go to all of it.", KindNewsletter: "It was sent to many at once.",
	KindCalendar: "It is an invitation or the answer to one.", KindOwn: "It is our own mail.",
}

// mayAnswer says whether a person's mail may be answered automatically.
func mayAnswer(m *Mail) AutoAnswer {
	no := func(why string) AutoAnswer { return AutoAnswer{Why: why} }
	from, to := fromAddress(m), m.ReplyTo
	switch suppress := suppressed(m); {
	case nullPath(m):
		return no("Its envelope names no sender to answer.")
	case suppress["autoreply"] || suppress["all"]:
		return no("It asks for no automatic answer (X-Auto-Response-Suppress).")
	case len(to) > 0 && nobody.MatchString(local(to[0].Address)):
		return no("Nobody reads the address that it would go to.")
	case len(to) == 0 && (nobody.MatchString(local(from)) || daemon.MatchString(local(from))):
		return no("Nobody reads the address that it came from.")
	}
	if guard := loopGuard(m); guard != "" {
		return no("It has been through a program that guards against loops (" + guard + ").")
	}
	return AutoAnswer{Allowed: true}
}

func found(k Kind, auto bool, reason, alone string) (Verdict, bool) {
	return Verdict{Kind: k, Auto: auto, Reason: reason, Alone: alone}, true
}

var (
	nobody = lazily(`^(?:no|do[-_.]?not|dont|ne|nicht|never)[-_.]?(?:reply|repondre|respond|antworten|answer|response|return)|` +
		`^(?:noreply|nobody|nepasrepondre|keineantwort|no[-_.]?responder|nao[-_.]?responda|noresponda|nonrispondere|bounces?|null|devnull|autoreply|autoresponder)(?:$|[-_.+=0-9])|[-_.](?:no-?reply|noreply)$`)
	daemon = lazily(`^(?:mailer[-_.]?daemon|mail[-_.]?daemon|post[-_.]?master|mdaemon|mmdf|uucp|mail(?:er)?[-_.](?:delivery|system|subsystem|router)|` +
		`maildelivery|microsoftexchange[0-9a-f]{16,}|mail-?administrator|double-?bounce|bouncehandler|delivery[-_.]?(?:daemon|status|reports?|notification))$`)
)

func fromAddress(m *Mail) string {
	if len(m.From) == 0 {
		return ""
	}
	return strings.ToLower(m.From[0].Address)
}

func local(address string) string {
	l, _, _ := strings.Cut(strings.ToLower(address), "@")
	return l
}

// nullPath says whether servers on the way have noted the null sender (RFC 5321 §4.5.5).
func nullPath(m *Mail) bool {
	for _, key := range []string{"Return-Path", "X-Envelope-From", "X-Original-Return-Path", "From"} {
		if v := strings.Join(strings.Fields(m.head.get(key)), ""); v == "<>" {
			return true
		}
	}
	return false
}

// word is the first word of a field, without parameters and comments, in lower case.
func word(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), ";")
	s, _, _ = strings.Cut(s, "(")
	return strings.Trim(strings.TrimSpace(s), `"'`)
}

// suppressed is what X-Auto-Response-Suppress asks for (MS-OXCMAIL §2.2.3.2.14).
func suppressed(m *Mail) map[string]bool {
	asked := map[string]bool{}
	for _, v := range m.head.all("X-Auto-Response-Suppress") {
		for w := range strings.FieldsFuncSeq(strings.ToLower(v), func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
			if len(asked) < 20 {
				asked[w] = true
			}
		}
	}
	return asked
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

// calendarKind finds invitations and answers to them (RFC 5546). A calendar file that somebody has
// attached to a message is an attachment.
func calendarKind(m *Mail) (Verdict, bool) {
	kind, p := params(m.head.get("Content-Type"))
	method := ""
	if kind == "text/calendar" {
		method = orElse(strings.ToUpper(p["method"]), "REQUEST")
	}
	for _, a := range m.Attachments {
		if a.Type == "text/calendar" || a.Type == "application/ics" {
			if x := calendarMethod.FindSubmatch(a.Data[:min(len(a.Data), 4096)]); x != nil {
				method = strings.ToUpper(string(x[1]))
			}
		}
	}
	switch method {
	case "REQUEST", "COUNTER", "ADD":
		return found(KindCalendar, false, "an invitation ("+method+")", "")
	case "REPLY", "CANCEL", "REFRESH", "DECLINECOUNTER":
		return found(KindCalendar, true, "an answer to an invitation ("+method+")", "calendar")
	}
	return Verdict{}, false
}

var calendarMethod = lazily(`(?im)^METHOD:\s*([A-Z]+)\s*$`)

// replyKind finds automatic replies.
func replyKind(m *Mail) (Verdict, bool) {
	if why := replyHeader(m.head); why != "" {
		return found(KindAutoReply, true, why, "auto-reply")
	}
	if strings.EqualFold(strings.TrimSpace(m.head.get("Delivered-To")), "autoresponder") {
		return found(KindAutoReply, true, "Delivered-To: Autoresponder", "auto-reply")
	}
	if responder.MatchString(local(fromAddress(m))) {
		return found(KindAutoReply, true, "from an autoresponder", "auto-reply")
	}
	if autoSubject.MatchString(m.Subject) {
		if why := supports(m); why != "" {
			return found(KindAutoReply, true, "its subject, and "+why, "auto-reply")
		}
	}
	if nullPath(m) && !rulesLoop(m.head) {
		return found(KindAutoReply, true, "null return path", "auto-reply")
	}
	return Verdict{}, false
}

var responder = lazily(`^(?:auto[-_.]?(?:reply|responder?|response|answer)|vacation)(?:$|[-_.+])`)

// supports is what besides its subject shows that a mail is an automatic reply.
func supports(m *Mail) string {
	switch asked := suppressed(m); {
	case nullPath(m):
		return "a null return path"
	case len(m.References) > 0:
		return "that it answers a mail"
	case m.head.get("Auto-Submitted") != "" || m.head.has("Precedence") || len(asked) > 0 || rulesLoop(m.head):
		return "its header"
	case awayWords.MatchString(m.Text[:min(len(m.Text), 4096)]):
		return "its words"
	}
	return ""
}

// replyHeader names the field by which a program says that it has answered by itself. Forwarding
// programs set some of them too.
func replyHeader(h header) string {
	for _, key := range []string{"Auto-Submitted", "X-Auto-Submitted"} {
		switch v := word(h.get(key)); v {
		case "auto-replied", "auto_replied", "vacation", "yes", "auto-responded":
			return key + ": " + v
		}
	}
	for _, key := range []string{"Precedence", "X-Precedence"} {
		for _, v := range h.all(key) {
			switch v = word(v); v {
			case "auto_reply", "auto-reply", "autoreply":
				return key + ": " + v
			}
		}
	}
	for _, key := range replyFields {
		if v := word(h.get(key)); v != "" && v != "no" && v != "false" && v != "0" && v != "none" {
			return key
		}
	}
	if word(h.get("X-Autogenerated")) == "reply" || strings.Contains(strings.ToLower(h.get("X-Post-Messageclass")), "autoresponder") ||
		strings.Contains(strings.ToLower(h.get("X-MS-Exchange-Generated-Message-Source")), "autoreply") {
		return "an autoresponder's header"
	}
	return ""
}

var replyFields = []string{"X-Autoreply", "X-Auto-Reply", "X-Autoreply-From", "X-Auto-Reply-From", "X-Autorespond", "X-Auto-Respond",
	"X-Autoresponder", "X-Auto-Responder", "X-Autoresponse", "X-Auto-Response", "X-Mail-Autoreply", "X-Amazon-Auto-Reply", "X-Vacation",
	"X-MS-Exchange-Inbox-Rules-Autoreply", "X-MS-Exchange-Organization-Autoreply", "X-Ms-Exchange-Autoreply", "X-Autoreply-Domain",
	"X-Away-Message", "X-Zimbra-Autoreply", "X-Sieve-Vacation", "X-Autorespond-Ids", "X-Boxtrapper", "X-Tmda-Confirm"}

// rulesLoop: a person's rule has passed it on. By itself it says nothing of who wrote it.
func rulesLoop(h header) bool {
	return h.has("X-MS-Exchange-Inbox-Rules-Loop") || h.has("X-MS-Exchange-ForwardingLoop") || forwarded(h)
}

func forwarded(h header) bool {
	for _, key := range []string{"X-Forwarded-For", "X-Forwarded-To", "X-Forwarded-Encrypted", "Resent-From", "Resent-To",
		"X-Sieve-Redirected-From", "X-Zimbra-Forwarded", "X-Ms-Exchange-Parent-Message-Id"} {
		if h.has(key) {
			return true
		}
	}
	switch word(h.get("X-Autogenerated")) {
	case "forward", "redirect", "mirror", "group":
		return true
	}
	return word(h.get("Auto-Submitted")) == "auto-forwarded"
}

// listKind tells discussion lists, where people write, from what is sent to many at once.
func listKind(m *Mail) (Verdict, bool) {
	h := m.head
	bulk, discussion := "", ""
	for _, v := range append(h.all("Precedence"), h.all("X-Precedence")...) {
		switch v = word(v); v {
		case "bulk", "junk":
			bulk = "Precedence: " + v
		case "list":
			discussion = "Precedence: list"
		}
	}
	for _, key := range []string{"List-Post", "X-Mailman-Version", "X-Beenthere", "Mailing-List", "X-Mailing-List", "X-Google-Group-Id",
		"X-Ezmlm-Version", "X-Ml-Name", "X-Listserver", "X-Listprocessor-Version", "X-Sympa-To", "X-Majordomo", "X-List", "X-Mlserver"} {
		if v := word(h.get(key)); v != "" && v != "no" {
			discussion = key
			break
		}
	}
	campaign := ""
	for _, key := range []string{"Feedback-Id", "X-Campaign", "X-Campaignid", "X-Campaign-Id", "X-Mc-User", "X-Mailchimp-Campaign-Id",
		"X-Csa-Complaints", "X-Mailer-Recptid", "X-Cmail-Messageid", "X-Newsletter", "X-Bulkmail", "X-Mailing-Id", "X-Job"} {
		if h.get(key) != "" {
			campaign = key
			break
		}
	}
	unsubscribe := h.has("List-Unsubscribe")
	personal := len(m.References) > 0
	machine := generated(h)
	switch {
	case discussion != "" && bulk == "" && machine == "":
		return found(KindList, false, discussion, "")
	case unsubscribe && !personal && (bulk != "" || campaign != "" || discussion == ""):
		return found(KindNewsletter, true, "List-Unsubscribe"+with(bulk)+with(campaign), "newsletter")
	case campaign != "" && bulk != "" && !personal:
		return found(KindNewsletter, true, campaign+with(bulk), "newsletter")
	case discussion != "" || h.get("List-Id") != "" || h.get("List-Help") != "" || unsubscribe:
		return found(KindList, machine != "" || bulk != "", orElse(discussion, "List-Id"), "")
	case bulk != "" && personal && answers(m) && machine == "" && acknowledges(m) == "":
		return found(KindList, false, bulk+", and it answers a mail", "") // old lists and helpdesks mark all so
	case bulk != "":
		return found(KindNewsletter, true, bulk, "")
	case campaign != "" && campaign != "Feedback-Id":
		return found(KindNewsletter, true, campaign, "")
	case campaign != "" && !personal:
		return found(KindNewsletter, true, campaign, "")
	}
	return Verdict{}, false
}

func with(s string) string {
	if s == "" {
		return ""
	}
	return ", " + s
}

// generatedKind finds what programs write of their own accord: alarms, invoices, forms. They may be
// work for people, so they open tickets; they are never answered.
func generatedKind(m *Mail) (Verdict, bool) {
	if why := generated(m.head); why != "" {
		return found(KindAutoReply, true, why, "")
	}
	from := local(fromAddress(m))
	if strings.Contains(from, "mailer-daemon") || from == "maildaemon" {
		return found(KindAutoReply, true, "from "+from, "auto-reply")
	}
	if asked := suppressed(m); asked["all"] {
		return found(KindAutoReply, true, "X-Auto-Response-Suppress: All", "")
	}
	if guard := loopGuard(m); guard != "" {
		if why := acknowledges(m); why != "" {
			return found(KindAutoReply, true, guard+", and "+why, "")
		}
	}
	return Verdict{}, false
}

// loopGuard names the field by which programs find what has been through them. Helpdesks and
// forwarding programs write it on what people have written, too.
func loopGuard(m *Mail) string {
	for _, key := range []string{"X-Loop", "X-RT-Loop-Prevention"} {
		if m.head.get(key) != "" {
			return key
		}
	}
	return ""
}

// acknowledges is what shows that a mail only says that another one has come in.
func acknowledges(m *Mail) string {
	from := local(fromAddress(m))
	switch {
	case nobody.MatchString(from):
		return "from " + from
	case autoSubject.MatchString(m.Subject):
		return "its subject"
	case ackWords.MatchString(m.Text[:min(len(m.Text), 2048)]) || awayWords.MatchString(m.Text[:min(len(m.Text), 2048)]):
		return "its words"
	}
	return ""
}

// generated names the field by which a program says that it has written by itself.
func generated(h header) string {
	for _, key := range []string{"Auto-Submitted", "X-Auto-Submitted"} {
		if v := word(h.get(key)); v != "" && v != "no" && v != "auto-forwarded" {
			return key + ": " + cutRunes(v, 40)
		}
	}
	for _, key := range []string{"X-Fc-Machinegenerated", "X-Otrs-Loop", "X-Znuny-Loop", "X-Zammad-Loop",
		"X-Freshdesk-Autoreply", "X-Zendesk-Auto", "X-Helpscout-Autoreply", "X-Osticket-Autoresponse", "X-Auto-Generated", "X-Cron-Env",
		"X-Jira-Fingerprint", "X-Github-Reason", "X-Gitlab-Notificationreason", "X-Bugzilla-Reason", "X-Bugzilla-Type", "X-Mantisbt-Reason", "X-Redmine-Host"} {
		if v := word(h.get(key)); v != "" && v != "no" && v != "false" {
			return key
		}
	}
	return ""
}
