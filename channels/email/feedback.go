package email

import (
	"strings"
)

// feedbackKind finds complaints (ARF, RFC 5965) and reports on our domain: DMARC (RFC 7489 §7.2) and
// TLS (RFC 8460).
func feedbackKind(m *Mail) (Verdict, bool) {
	switch reportType(m) {
	case "feedback-report":
		return found(KindFeedback, true, "a complaint (RFC 5965)", "feedback")
	case "tlsrpt":
		return found(KindFeedback, true, "a TLS report (RFC 8460)", "feedback")
	}
	h := m.head
	if h.has("Tls-Report-Domain") || h.has("X-Hmxmroriginalrecipient") {
		return found(KindFeedback, true, "a provider's report", "feedback")
	}
	for _, a := range m.Attachments {
		name := strings.ToLower(a.Name)
		switch {
		case a.Type == "message/rfc822" && hotmailSubject.MatchString(m.Subject):
			return found(KindFeedback, true, "a provider's complaint", "feedback")
		case a.Type == "message/feedback-report" && !answers(m):
			return found(KindFeedback, true, "a complaint (RFC 5965)", "feedback")
		case dmarcFile.MatchString(name) && !answers(m), dmarcSubject.MatchString(m.Subject) && archive.MatchString(name):
			return found(KindFeedback, true, "a DMARC report (RFC 7489)", "feedback")
		}
	}
	if j := readJSON(m.Text); j != nil && j.complaint && !j.bounce && !answers(m) {
		return found(KindFeedback, true, "a provider's complaint in JSON", "feedback")
	}
	if dmarcText.MatchString(m.Subject) && !answers(m) && generated(m.head) != "" {
		return found(KindFeedback, true, "a DMARC report", "feedback")
	}
	if dmarcSubject.MatchString(m.Subject) && archive.MatchString(h.get("Content-Type")+h.get("Content-Disposition")) {
		return found(KindFeedback, true, "a DMARC report (RFC 7489)", "feedback")
	}
	return Verdict{}, false
}

var (
	hotmailSubject = lazily(`(?i)^complaint about message from [0-9a-f.:]+$`)
	dmarcSubject   = lazily(`(?i)^\s*(?:\[[^\]]*\]\s*)?report[- ]domain:\s*\S+|^dmarc (?:aggregate |forensic |failure )?report|^aggregate report.*dmarc`)
	dmarcText      = lazily(`(?i)^dmarc (?:forensic|failure) report`)
	// receiver!domain!begin!end[!id].xml[.gz] or .zip, RFC 7489 §7.2.1.1
	dmarcFile = lazily(`^[^!]+![^!]+!\d{9,11}!\d{9,11}(?:![^!]*)?\.(?:xml|xml\.gz|zip|gz|gzip)$`)
	archive   = lazily(`(?i)\.(?:zip|gz|gzip|xml)\b|application/(?:x-)?(?:zip|gzip|zip-compressed)`)
)

// complainer is whose mail a complaint is about (RFC 5965 §3.2); "" when it does not say, as most don't.
func complainer(m *Mail) string {
	for _, a := range m.Attachments {
		if a.Type == "message/feedback-report" {
			h, _ := readHeader(a.Data[:min(len(a.Data), maxReport)])
			return oneIn(orElse(h.get("Original-Rcpt-To"), h.get("Removal-Recipient")))
		}
	}
	if j := readJSON(m.Text); j != nil {
		return j.report.Recipients[0]
	}
	return ""
}

// reportType is the type of a multipart/report (RFC 6522), "" for another mail.
func reportType(m *Mail) string {
	return reportKind(m.head)
}

func reportKind(h header) string {
	kind, p := params(h.get("Content-Type"))
	if kind != "multipart/report" {
		return ""
	}
	return orElse(strings.ToLower(strings.TrimSpace(p["report-type"])), "unknown")
}

// receiptKind finds read receipts (RFC 8098) and those of other programs.
func receiptKind(m *Mail) (Verdict, bool) {
	if sieveRefusal(m) {
		return Verdict{}, false // a bounce
	}
	if reportType(m) == "disposition-notification" {
		return found(KindReceipt, true, "a read receipt (RFC 8098)", "receipt")
	}
	for _, a := range m.Attachments {
		if a.Type == "message/disposition-notification" && !answers(m) {
			return found(KindReceipt, true, "a read receipt (RFC 8098)", "receipt")
		}
	}
	if readSubject.MatchString(m.Subject) && (nullPath(m) || generated(m.head) != "" || readWords.MatchString(m.Text[:min(len(m.Text), 2048)])) {
		return found(KindReceipt, true, "its subject and its words", "receipt")
	}
	return Verdict{}, false
}

var (
	readSubject = lazily(`(?i)^(?:read|not read|gelesen|ungelesen|lu|non lu|leído|letto|gelezen|lida|przeczytano|přečteno|læst|läst|lest|luettu|прочтено|прочитано|okundu|开封|開封済み?|已读|已讀|읽음|` +
		`return receipt(?: \(displayed\))?|read[- ]receipt|lesebest[äa]tigung|empfangsbest[äa]tigung|accusé de (?:lecture|réception)|confirmación de lectura|conferma di lettura|leesbevestiging|отчет о прочтении)\s*[:：(]`)
	readWords = lazily(`(?i)(?:was|were) (?:read|displayed|opened)|has been (?:read|displayed|opened)|wurde .{0,60}(?:gelesen|geöffnet|angezeigt)|a été (?:lu|ouvert|affiché)|` +
		`(?:se ha|ha sido) leído|è stato (?:letto|visualizzato)|is (?:gelezen|geopend)|return receipt|lesebestätigung|was deleted without being read|прочитано|прочтено|开封|開封|已读`)
)

// answers says whether a mail is an answer, or passes something on: a person's, whatever it holds.
func answers(m *Mail) bool { return replyPrefix.MatchString(m.Subject) }
