package email

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/ticket"
)

// kinds are mails by what tells their kind: header lines, then after a bar the text.
var kinds = []struct {
	name, mail string
	kind       Kind
	answer     bool
}{
	// People, also those who look like machines.
	{"plain", "From: jane@x.example\nSubject: Pump|It leaks.", KindMessage, true},
	{"auto-submitted no", "From: jane@x.example\nAuto-Submitted: no|Hi", KindMessage, true},
	{"rules loop", "From: jane@x.example\nX-MS-Exchange-Inbox-Rules-Loop: me@x.example|Hi", KindMessage, true},
	{"auto-forwarded", "From: jane@x.example\nX-Forwarded-For: me@x.example us@acme.example\nAuto-Submitted: auto-forwarded|Hi", KindMessage, true},
	{"partial suppression", "From: jane@x.example\nX-Auto-Response-Suppress: DR, RN, NRN, OOF|Hi", KindMessage, true},
	{"wants no auto reply", "From: jane@x.example\nX-Auto-Response-Suppress: OOF, AutoReply|Hi", KindMessage, false},
	{"re: automatic reply", "From: jane@x.example\nSubject: Re: Automatic reply: Pump\nIn-Reply-To: <a@acme.example>|Thanks, I will call then.", KindMessage, true},
	{"subject alone", "From: jane@x.example\nSubject: Out of office printer is broken|It prints no more.", KindMessage, true},
	{"quotes a bounce", "From: jane@x.example\nSubject: Undelivered mail?|My mail came back:\n> 550 5.1.1 <you@acme.example>: User unknown\nWhat is wrong?", KindMessage, true},
	{"answers a bounce", "From: jane@x.example\nSubject: Re: Undelivered Mail Returned to Sender|Please look:\n\n<you@acme.example>: host mx said: 550 5.1.1 User unknown", KindMessage, true},
	{"web form", "From: Form <noreply@x.example>\nReply-To: jane@y.example\nSubject: Contact|Name: Jane", KindMessage, true},
	{"noreply", "From: noreply@x.example\nSubject: Your order|It is on its way.", KindMessage, false},
	{"human postmaster", "From: postmaster@x.example\nSubject: Your SPF record|Could you add our relay to it?", KindMessage, false},
	{"spam filter says no", "From: jane@x.example\nX-Spam-Status: No, score=1.0\nX-Spam-Flag: NO|Hi", KindMessage, true},
	{"forwarding guard", "From: jane@x.example\nTo: us@acme.example\nX-Loop: us@acme.example|Hi", KindMessage, false},
	{"another helpdesk's people", "From: help@x.example\nX-RT-Loop-Prevention: x.example\nSubject: [x #12] Pump|Which pump do you mean?", KindMessage, false},
	{"a guard of somebody else", "From: jane@x.example\nX-Loop: list@y.example|Hi", KindMessage, false},
	{"an answer with Precedence: bulk", "From: help@x.example\nPrecedence: bulk\nSubject: Re: Pump\nIn-Reply-To: <a@acme.example>|Which pump do you mean?", KindList, false},
	// Automatic replies.
	{"rfc 3834", "From: jane@x.example\nAuto-Submitted: auto-replied (vacation)\nSubject: Away|x", KindAutoReply, false},
	{"second precedence", "From: jane@x.example\nPrecedence: normal\nPrecedence: auto_reply|x", KindAutoReply, false},
	{"x-autoreply", "From: jane@x.example\nX-Autoreply: yes|x", KindAutoReply, false},
	{"x-autoreply no", "From: jane@x.example\nX-Autoreply: no|x", KindMessage, true},
	{"exchange", "From: jane@x.example\nSubject: Automatic reply: Pump\nX-Auto-Response-Suppress: All|Away.", KindAutoReply, false},
	{"null path", "Return-Path: <>\nFrom: jane@x.example\nSubject: Pump|Away.", KindAutoReply, false},
	{"auto-generated", "From: alarm@x.example\nAuto-Submitted: auto-generated|Disk full.", KindAutoReply, false},
	{"helpdesk", "From: help@x.example\nX-RT-Loop-Prevention: x.example\nSubject: [x #12] Pump|Thank you for contacting us. A ticket has been created.", KindAutoReply, false},
	{"helpdesk in German", "From: help@x.example\nX-Loop: help@x.example\nSubject: [x #12] Pumpe|Wir haben Ihre Nachricht erhalten.", KindAutoReply, false},
	// Lists and newsletters.
	{"discussion list", "From: jane@x.example\nList-Id: <pumps.x.example>\nList-Post: <mailto:pumps@x.example>\nPrecedence: list|Hi", KindList, false},
	{"newsletter", "From: news@x.example\nList-Unsubscribe: <https://x.example/u>\nPrecedence: bulk\nFeedback-ID: 1:x|Buy", KindNewsletter, false},
	{"bulk", "From: news@x.example\nPrecedence: bulk|Buy", KindNewsletter, false},
	// Reports.
	{"read receipt", "From: jane@x.example\nSubject: Read: Pump\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b|--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--", KindReceipt, false},
	{"delivered", "From: MAILER-DAEMON@x.example\nSubject: Successful Mail Delivery Report\nContent-Type: multipart/report; report-type=delivery-status; boundary=b|--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; jane@x.example\nAction: delivered\nStatus: 2.0.0\n--b--", KindReceipt, false},
	{"complaint", "From: fbl@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b|--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--", KindFeedback, false},
	{"dmarc", "From: dmarc@x.example\nSubject: Report Domain: acme.example Submitter: x.example Report-ID: <1>\nContent-Type: application/gzip; name=\"x.example!acme.example!1700000000!1700086400.xml.gz\"\nContent-Transfer-Encoding: base64|AAAA", KindFeedback, false},
	{"complaint in JSON", "From: no-reply@x.example\nList-Unsubscribe: <https://x.example/u>|{\"notificationType\":\"Complaint\",\"complaint\":{\"complainedRecipients\":[{\"emailAddress\":\"jane@y.example\"}]}}", KindFeedback, false},
	{"dmarc in prose", "From: dmarc@x.example\nAuto-Submitted: auto-generated\nSubject: DMARC Forensic Report for acme.example|Feedback-Type: auth-failure", KindFeedback, false},
	{"attached bounce", "From: jane@x.example\nSubject: What is this?\nContent-Type: multipart/mixed; boundary=b|--b\n\nI got this.\n--b\nContent-Type: message/rfc822\n\nReturn-Path: <>\nFrom: MAILER-DAEMON@x\nContent-Type: multipart/report; report-type=delivery-status; boundary=c\n\n--c\n\nx\n--c--\n--b--", KindMessage, true},
	{"calendar answer", "From: jane@x.example\nSubject: Accepted: Visit\nContent-Type: text/calendar; method=REPLY|BEGIN:VCALENDAR\nMETHOD:REPLY\nEND:VCALENDAR", KindCalendar, false},
	// Spam.
	{"spamassassin", "From: jane@x.example\nX-Spam-Flag: YES|Win", KindSpam, false},
	{"rspamd", "From: jane@x.example\nX-Rspamd-Action: add header|Win", KindSpam, false},
	{"a spammer says no in front", "X-Spam-Flag: NO\nFrom: jane@x.example\nX-Spam-Status: No\nX-Spam-Status: Yes, score=9|Win", KindSpam, false},
	{"barracuda", "From: jane@x.example\nX-Barracuda-Spam-Status: Yes, SCORE=9|Win", KindSpam, false},
	{"exchange knows", "From: jane@x.example\nX-MS-Exchange-Organization-SCL: 6|Win", KindSpam, false},
	{"rspamd greylists", "From: jane@x.example\nX-Rspamd-Action: greylist|Hi", KindMessage, true},
}

func TestClassify(t *testing.T) {
	t.Parallel()
	right := 0
	for _, test := range kinds {
		head, body, _ := strings.Cut(test.mail, "|")
		m, err := Parse([]byte(head + "\n\n" + body + "\n"))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		v := m.Verdict
		if v.Kind != test.kind || v.AutoAnswer.Allowed != test.answer {
			t.Errorf("%s: %s, answer %t; want %s, %t (%+v)", test.name, v.Kind, v.AutoAnswer.Allowed, test.kind, test.answer, v)
		} else {
			right++
		}
		if v.AutoAnswer.Allowed == (v.AutoAnswer.Why != "") || v.Kind == KindMessage && (v.Auto || v.Alone != "") {
			t.Errorf("%s: %+v does not fit together", test.name, v)
		}
	}
	peers.Score(t, "machines told from people", right, len(kinds), "right")
}

// TestAutoReplySubjects: in each language such a subject with a null sender is an automatic reply, and
// alone or as an answer to one it is a person's.
func TestAutoReplySubjects(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"Automatic reply: x", "Automatische Antwort: x", "Abwesenheitsnotiz: x", "Réponse automatique : x", "Respuesta automática: x",
		"Risposta automatica: x", "Automatisch antwoord: x", "Resposta automática: x", "Automatyczna odpowiedź: x", "Automatická odpověď: x", "Automatikus válasz: x",
		"Autosvar: x", "Automatiskt svar: x", "Automaattinen vastaus: x", "Автоматический ответ: x", "Автоматична відповідь: x", "Otomatik yanıt: x", "自動返信: x", "自动回复: x", "자동 회신: x"} {
		for _, test := range []struct {
			head string
			kind Kind
		}{{"In-Reply-To: <a.12345@acme.example>\n", KindAutoReply}, {"", KindMessage}} {
			m, err := Parse([]byte("From: jane@x.example\n" + test.head + "Subject: " + s + "\n\nHello\n"))
			if err != nil || m.Verdict.Kind != test.kind {
				t.Errorf("%q with %q: %v, %v", s, test.head, m.Verdict.Kind, err)
			}
		}
		if m, err := Parse([]byte("From: jane@x.example\nIn-Reply-To: <a.12345@acme.example>\nSubject: Re: " + s + "\n\nHello\n")); err != nil || m.Verdict.Kind != KindMessage {
			t.Errorf("Re: %q: %v, %v", s, m.Verdict.Kind, err)
		}
	}
}

// TestBounceFindsItsMessage: a report names our message by its signed id; a forged one names nothing.
func TestBounceFindsItsMessage(t *testing.T) {
	t.Parallel()
	report := func(id string) []byte {
		return []byte("Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: Undelivered Mail Returned to Sender\n" +
			"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
			"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; jane@x.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n" +
			"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + id + "\n--b--\n")
	}
	in := prepared(t, report(testMapper().sign.messageID(7, 3)), origin{})
	if len(in.Threads) != 1 || in.Threads[0].Ticket != 7 || !in.Threads[0].Proof || in.Alone != "bounce-unknown" || !in.Auto {
		t.Errorf("%+v", in)
	}
	if b := in.Bounce; b == nil || b.Seq != 3 || b.Kind != ticket.BounceFailed || !strings.Contains(b.Reason, "jane@x.example: 550 5.1.1 no such user") {
		t.Errorf("%+v", b)
	}
	if in = prepared(t, report("<t7.3.aaaaaaaaaaaaaaaa@acme.example>"), origin{}); len(in.Threads) != 0 || in.Bounce == nil {
		t.Errorf("a forged report: %+v", in)
	}
}

func TestOwnMailIsSuppressed(t *testing.T) {
	t.Parallel()
	in := prepared(t, []byte("From: "+ourAddr+"\nMessage-ID: "+testMapper().sign.messageID(7, 3)+"\nSubject: Re: Pump\n\nHi\n"), origin{})
	if in.Alone != "own" || len(in.Threads) != 0 || !in.Auto {
		t.Errorf("%+v", in)
	}
}

func TestSpamWaits(t *testing.T) {
	t.Parallel()
	it, err := testMapper().prepare(t.Context(), []byte("From: jane@x.example\nX-Spam-Flag: YES\nSubject: Win\n\nNow\n"), origin{inbox: inbox})
	if err != nil || it.bad == nil || it.bad.Reason != "spam" {
		t.Errorf("%+v, %v", it.bad, err)
	}
}

// TestStorm: what one sender's machines write beyond the limit is suppressed, until the time is over; a
// mail that comes again counts once, and other senders are not concerned.
func TestStorm(t *testing.T) {
	t.Parallel()
	s, now := &storms{}, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i := range stormMails {
		if s.over("bot@x.example", "a", "m"+strconv.Itoa(i), now) || s.over("bot@x.example", "a", "m0", now) {
			t.Fatalf("mail %d is too many", i)
		}
	}
	if !s.over("bot@x.example", "a", "more", now) || s.over("other@x.example", "a", "more", now) || s.over("bot@x.example", "a", "m0", now) {
		t.Error("the limit does not hold, or holds for others")
	}
	n := stormMails
	for _, inbox := range []string{"b", "c", "d", "e"} {
		for i := range stormMails {
			if !s.over("bot@x.example", inbox, "m"+strconv.Itoa(i), now) {
				n++
			}
		}
	}
	if n != stormAll {
		t.Errorf("%d mails of one sender to several inboxes", n)
	}
	if s.over("bot@x.example", "a", "later", now.Add(stormTime+time.Second)) {
		t.Error("the limit never ends")
	}
	for i := range 3 * stormSenders {
		s.over(strconv.Itoa(i), "a", "m", now)
	}
	if len(s.senders) > stormSenders {
		t.Errorf("%d senders are remembered", len(s.senders))
	}
}

func FuzzClassify(f *testing.F) {
	for _, test := range kinds {
		head, body, _ := strings.Cut(test.mail, "|")
		f.Add([]byte(head + "\n\n" + body))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Parse(raw)
		if err != nil {
			return
		}
		if v := m.Verdict; v.Kind == "" || v.AutoAnswer.Allowed && v.Auto || v.AutoAnswer.Allowed == (v.AutoAnswer.Why != "") {
			t.Fatalf("%+v", v)
		}
	})
}
