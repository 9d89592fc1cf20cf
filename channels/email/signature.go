package email

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Signatures longer than this are text, in lines that are not blank.
const (
	maxSignature = 40 // after "-- ", RFC 3676 §4.3
	maxDashes    = 12 // after "--" or "—", which may also begin an item or be a rule
	maxRuled     = 5  // after a long rule, which mostly parts text from text
	maxFooter    = 12 // of a mailing list
)

// markSignature folds what is not the sender's message at its end: a signature below its delimiter,
// the line by which a telephone names itself, the footers of mailing lists and law offices.
func markSignature(lines []line) {
	first, end := firstPlain(lines), tail(lines, len(lines))
	markDelimited(lines, end)
	for range maxEndings {
		if end = tail(lines, end); end <= first {
			return
		}
		i := end - 1
		switch {
		case deviceLine(lines[i].text):
		case isOrnament(lines[i].text):
			if i = ornaments(lines, i, first); i < 0 {
				return
			}
		default:
			if i = footer(lines, first, end); i < 0 {
				return
			}
		}
		if i <= first {
			return
		}
		mark(lines[i:end], signed)
	}
}

// maxEndings is how many telephones, footers and ornaments are looked for at the end of a mail.
const maxEndings = 50

// tail is behind the last line before end that is the sender's and not blank.
func tail(lines []line, end int) int {
	for i := end; i > 0; i-- {
		if l := lines[i-1]; l.kind == plain && !isBlank(l.text) {
			return i
		}
	}
	return 0
}

func firstPlain(lines []line) int {
	for i, l := range lines {
		if l.kind == plain && !isBlank(l.text) {
			return i
		}
	}
	return len(lines)
}

// markDelimited finds delimiters of signatures. Nothing of the sender's stands at last or below.
func markDelimited(lines []line, last int) {
	above := false
	for i := range lines[:last] {
		l := lines[i]
		if l.kind != plain || isBlank(l.text) {
			continue
		}
		d := delimiter(l.text)
		if above && (d > 0 || i > last-8 && deviceLine(l.text)) {
			end, n := block(lines, i+1)
			closed := end >= last
			switch {
			case d == maxSignature && n <= d,
				d == maxDashes && n <= d && closed && !hasItems(lines[i+1:end]),
				d == maxRuled && closed && ruledSignature(lines[i+1:end], n),
				d == 0 && n <= 3 && closed && shortLines(lines[i+1:end]):
				mark(lines[i:end], signed)
				continue
			}
		}
		above = true
	}
}

// delimiter is how long a signature may be below a line, 0 for a line that is no delimiter.
func delimiter(text string) int {
	if text == "-- " {
		return maxSignature
	}
	text = strings.TrimSpace(text)
	switch text {
	case "--", "—", "–", "——", "⸻", "__", "- --", "—-", "--=20", "\u2063":
		return maxDashes
	}
	if len(text) >= 3 && (strings.Trim(text, "_") == "" || strings.Trim(text, "-") == "" && len(text) <= 4 || strings.Trim(text, "—–") == "") {
		return maxRuled
	}
	return 0
}

// block is where the sender's lines from i end, and how many of them are not blank. It looks no
// farther than a signature may reach.
func block(lines []line, i int) (end, n int) {
	for most := i + 10*maxSignature; i < len(lines) && (lines[i].kind == plain || lines[i].kind == signed) && n <= maxSignature; i++ {
		if i == most {
			return i, maxSignature + 1
		}
		if !isBlank(lines[i].text) {
			n++
		}
	}
	return i, n
}

// hasItems says whether lines are items, which "--" may part from what stands above.
func hasItems(lines []line) bool {
	items := 0
	for _, l := range lines {
		if t := strings.TrimSpace(l.text); strings.HasPrefix(t, "- ") || strings.HasPrefix(t, "-- ") || strings.HasPrefix(t, "* ") {
			items++
		}
	}
	return items > 1
}

func shortLines(lines []line) bool {
	for _, l := range lines {
		if n := utf8.RuneCountInString(l.text); n > 70 || strings.HasSuffix(l.text, "?") {
			return false
		}
	}
	return true
}

// ruledSignature wants evidence below a rule: ways to reach somebody, or a mailing list; or no more
// than a name.
func ruledSignature(lines []line, n int) bool {
	if n == 0 || n > maxFooter {
		return false
	}
	ways, named, footed := 0, false, false
	for _, l := range lines {
		if isBlank(l.text) {
			continue
		}
		if reachable.MatchString(l.text) {
			ways++
		}
		named = named || properName.MatchString(strings.TrimSpace(l.text))
		footed = footed || footerLine.MatchString(l.text)
	}
	return footed || n <= maxRuled+3 && ways >= 2 && shortLines(lines) || n <= 3 && named && ways+1 >= n && shortLines(lines) ||
		n == 1 && strings.Contains(strings.ToLower(lines[0].text), "signature")
}

var (
	reachable  = regexp.MustCompile(`(?i)\S@\S+\.\w|https?://|www\.\w|^\W*(?:tel|fon|phone|mob|fax|mobile?|handy|t|m|f|e|mail|e-mail|skype|direct)\.?:? ?\+?[\d(]|\+\d[\d ()/.-]{6,}`)
	properName = regexp.MustCompile(`^\p{Lu}[\p{L}'’.-]*(?: (?:von|van|de|der|da|di|la|le)?\s?\p{Lu}[\p{L}'’.-]*){0,3},?$`)
	// footerLine begins what mailing lists and virus scanners add.
	footerLine = regexp.MustCompile(`(?i)mailing list$|mailing list\b.*(?:http|@)|mailman/listinfo|^you(?:'re| are)? received? this (?:message|e?mail) because|` +
		`^to unsubscribe from this|^reply to this email directly(?:,| or) view it on|^to post to this group|yahoo! groups links|` +
		`^this e?-?mail (?:has been|was) (?:checked|scanned) (?:for|by)|^diese e-?mail wurde (?:von|auf).{0,30}(?:viren|avast|geprüft)|` +
		`^virus-free\.|^cet? (?:e-?mail|courrier).{0,60}virus|avast\.com/|^unsubscribe\b.{0,60}$`)
	// notices are how confidentiality notes speak. One of them in a mail's last paragraph is a word, two
	// are a notice.
	notices = regexp.MustCompile(`(?i)confidential|privileged|intended (?:solely |only )?(?:for|recipient)|intended addressee|unauthori[sz]ed|` +
		`received (?:this|it) (?:e-?mail |message |communication |transmission )?(?:in error|by mistake)|disclos|notify the sender|advise the sender|delete (?:it|this|the)|` +
		`vertraulich|empfänger|irrtümlich|unbefugt|vernichten sie|informieren sie|confidentiel|destinataire|par erreur|` +
		`confidencial|destinatari[oa]|por error|por engano|riservat[aeo]|per errore|vertrouwelijk|geadresseerde|bestemd voor|abusievelijk|` +
		`fortrolig|konfidentiell|poufn[eay]|adresata|адресат|конфиденциальн`)
	noticeStart = regexp.MustCompile(`(?i)^\W*(?:(?:confidentiality|privacy|legal)(?: and \w+)? (?:notice|note|statement)|disclaimer|avis de confidentialité|aviso (?:de confidencialidad|legal)|vertraulichkeitshinweis|` +
		`(?:this|the) (?:e-?mail|message|communication|transmission|information|content|document)|th(?:e|is) information (?:contained|in)|diese (?:e-?mail|nachricht|mitteilung)|der inhalt dieser|` +
		`ce (?:message|courriel|mail)|cet? e-?mail|este (?:mensaje|correo|e-?mail)|esta mensagem|questo messaggio|questa (?:e-?mail|comunicazione)|le informazioni contenute|` +
		`dit bericht|deze e-?mail|de informatie|denne e-?(?:mail|post)|detta meddelande|ta wiadomość|это (?:сообщение|письмо)|important(?: notice)?:|caution:|please consider the environment|bitte (?:denken sie|prüfen sie).{0,40}(?:umwelt|drucken))`)
	farewell = regexp.MustCompile(`(?i)^(?:(?:kind|best|warm|many|with (?:kind|best))? ?regards|best(?: wishes)?|cheers|sincerely|yours (?:sincerely|faithfully|truly)|thanks(?: and regards|,? best)?|thank you|` +
		`(?:mit )?(?:freundliche[nr]?|beste[nr]?|viele[nr]?|herzliche[nr]?|liebe[nr]?) grü(?:ß|ss)en?|mfg|lg|vg|gru(?:ß|ss)|(?:bien )?cordialement|(?:meilleures |sincères )?salutations|bien à vous|` +
		`(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|cordiali saluti|distinti saluti|saluti|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvh|(?:med )?(?:vänlig|vennlig|venlig) hil?sen|` +
		`(?:med )?vänliga? hälsning(?:ar)?|hilsen|pozdrawiam|z poważaniem|s pozdravem|üdvözlettel|с уважением|з повагою|atenciosamente|terveisin|saygılarımla)\s*[,.!]?$`)
)

// footer is where a footer begins that ends at end, -1 when there is none.
func footer(lines []line, first, end int) int {
	seen := 0
	for i := end - 1; i > first && seen < maxFooter && lines[i].kind == plain; i-- {
		if isBlank(lines[i].text) {
			continue
		}
		seen++
		if len(lines[i].text) < 300 && footerLine.MatchString(strings.TrimSpace(lines[i].text)) {
			for i-1 > first && (lines[i-1].kind == plain && (isRule(lines[i-1].text) || strings.TrimSpace(lines[i-1].text) == "__")) {
				i--
			}
			return i
		}
	}
	if i := notice(lines, first, end); i > 0 {
		return i
	}
	return contactBlock(lines, first, end)
}

// notice finds a confidentiality note: the last paragraphs, which begin and speak like one.
func notice(lines []line, first, end int) int {
	size, from := 0, -1
	for i := end - 1; i > first && size < 4000 && lines[i].kind == plain; i-- {
		text := strings.TrimSpace(lines[i].text)
		size += len(text)
		if text == "" || !isBlank(lines[i-1].text) && !isRule(lines[i-1].text) || !noticeStart.MatchString(text[:min(len(text), 200)]) {
			continue
		}
		var b strings.Builder
		for _, l := range lines[i:end] {
			b.WriteString(l.text + " ")
		}
		said := map[string]bool{}
		for _, m := range notices.FindAllString(b.String(), 20) {
			said[strings.ToLower(m)] = true
		}
		if len(said) >= 2 && b.Len() > 80 {
			from = i
		}
	}
	return from
}

// contactBlock finds the lines below the name that stands below "Kind regards": where to reach the
// sender. The greeting and the name are the sender's words.
func contactBlock(lines []line, first, end int) int {
	seen := 0
	for i := end - 1; i > first && seen < 9 && lines[i].kind == plain; i-- {
		text := strings.TrimSpace(lines[i].text)
		if text == "" {
			continue
		}
		if seen++; len(text) > 60 || !farewell.MatchString(text) {
			continue
		}
		from := next(lines, i+1)
		if from >= end || !properName.MatchString(strings.TrimSpace(lines[from].text)) {
			return -1
		}
		from = next(lines, from+1)
		ways := 0
		for _, l := range lines[min(from, end):end] {
			if reachable.MatchString(l.text) {
				ways++
			}
		}
		if ways >= 2 && shortLines(lines[from:end]) {
			return from
		}
		return -1
	}
	return -1
}

// isOrnament says whether a line holds nothing to be read: rules, stars, Gmail's tracking mark.
func isOrnament(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.Trim(text, "-–—_=*~+#ᐧ \u200b\u2063") == ""
}

// ornaments is where those begin that end at i, -1 when they belong to what stands above: below a
// table's last row, a rule is part of the table.
func ornaments(lines []line, i, first int) int {
	for ; i > first && lines[i].kind == plain && (isOrnament(lines[i].text) || isBlank(lines[i].text) && isOrnament(lines[i-1].text)); i-- {
	}
	if lines[i].kind != plain || isBlank(lines[i].text) {
		return i + 1
	}
	return -1
}

var (
	// gadget is what mails are sent from; despatch are the words for it.
	gadget = regexp.MustCompile(`(?i)i-?phon|айфон|i-?pad|i-?pod|blackberry|galaxy|samsung|android|huawei|xiaomi|redmi|\bhtc\b|\blg\b|nokia|windows|` +
		`mobil|handy|smartphone|\bphone|\bcell\b|telefon|téléphone|teléfono|telefoon|celular|móvil|cellulare|telemóvel|tablet|` +
		`outlook|yahoo|airmail|mailbox|proton|gmail|k-9|typeapp|bluemail|blue mail|aquamail|spark|newton|superhuman|front|zoho|thunderbird|` +
		`courrier|\bmail\b|gmx|web\.de|freenet|ti-85|alcatel|puhelim|матери|телефон|айфон|手机|手機|電話|휴대|điện thoại|\bpc\b|device|terminal`)
	despatch = regexp.MustCompile(`(?i)\bsent\b|\bget\b|^from my\b|^\S+ from (?:my )?(?:mobile|phone|iphone)$|gesendet|geschickt|verschickt|abgeschickt|envoyé|enviado|enviada|inviato|inviata|` +
		`verzonden|verstuurd|sendt|skickat|skickades|lähetetty|wysłan|odeslán|odoslan|küldve|отправлено|надіслано|gönderildi|trimis|` +
		`傳送|发送|發送|寄出|发自|發自|送信|から送|보낸|보냄|gửi từ|download|télécharge|obtenez|obtener|scarica|holen sie sich|hämta|hent`)
	// sentence are words that a mail program's advertisement hasn't.
	sentenceWord  = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:is|are|was|were|it|has|have|will|would|can|could|ist|sind|war|wurde am|habe|est|sont|es más|yesterday|today|last|because|much|you|your|we|us|please (?:call|check|send|reply|let|find|confirm)|i|no|not|nicht|pas|which|that|when|to)(?:[^\p{L}]|$)`)
	deviceOpening = regexp.MustCompile(`(?i)^(?:sent (?:from|via|with|by|using|on)|get outlook|enviado desde|envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|über)|von mein|diese nachricht wurde|inviato da|verzonden (?:vanaf|met|via)|verstuurd vanaf)\b`)
	linkText      = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|[<(]?https?://[^\s<>)]*[>)]?|[<>]`)
)

// deviceLine says whether a line is the advertisement of a mail program, in whatever language: it names
// a device, and a word for sending. A sentence that begins alike ("Sent from my desk it is easier …")
// has words that those lines haven't.
func deviceLine(s string) bool {
	if s = strings.TrimSpace(s); s == "" || len(s) > 200 {
		return false
	}
	s = strings.TrimSpace(linkText.ReplaceAllString(s, " $1 "))
	s = strings.Trim(s, " \t()[]{}*_-–—!.")
	words := len(strings.Fields(s))
	if words == 0 || words > 12 || len(s) > 110 || strings.HasSuffix(s, "?") {
		return false
	}
	typos := strings.Contains(strings.ToLower(s), "excuse") || strings.Contains(strings.ToLower(s), "entschuldig")
	if sentenceWord.MatchString(s) && !typos {
		return false
	}
	if !despatch.MatchString(s) {
		return false
	}
	if gadget.MatchString(s) {
		return words <= 8 || deviceOpening.MatchString(s) || typos
	}
	low := strings.ToLower(s)
	return words <= 8 && (strings.HasPrefix(low, "sent from my ") && words <= 6 && !strings.Contains(s, ",") ||
		strings.HasPrefix(low, "sent with ") && words <= 3 || strings.HasPrefix(low, "sent via ") && words <= 3 || strings.HasPrefix(low, "verzonden met ") && words <= 4) &&
		!strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Sc, r) })
}
