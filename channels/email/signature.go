package email

import (
	"strings"
	"sync"
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
	markTop(lines)
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
	above, words := false, 0
	for i := range lines[:last] {
		l := lines[i]
		if l.kind != plain || isBlank(l.text) {
			continue
		}
		d := delimiter(l.text)
		if above && (d > 0 || standsAlone(lines, i, last) && deviceLine(l.text)) {
			end, n := block(lines, i+1)
			closed := end >= last
			switch {
			case d == maxSignature && n <= d,
				d == maxDashes && n <= d && closed && !hasItems(lines[i+1:end]),
				d == maxRuled && closed && ruledSignature(lines[i+1:end], n, l.text),
				d == 0 && n <= 3 && closed && shortLines(lines[i+1:end]),
				d == 0 && n > 2 && n <= maxSignature && closed && words >= enoughWords && !postscript(lines[i+1:end]):
				mark(lines[i:end], signed)
				continue
			}
		}
		above = true
		if words < enoughWords {
			words += countWords(l.text, enoughWords)
		}
	}
}

// standsAlone says whether a line is a paragraph, or among the last.
func standsAlone(lines []line, i, last int) bool {
	return i > last-8 || len(lines[i].text) < 110 && i+1 < len(lines) && isBlank(lines[i+1].text) && isBlank(lines[i-1].text)
}

// postscript says whether lines below a signature go on with the sender's text.
func postscript(lines []line) bool {
	i := next(lines, 0)
	return i < len(lines) && postscripts().begins(lower(strings.TrimSpace(lines[i].text)))
}

var postscripts = sync.OnceValue(func() *lexicon {
	return newLexicon(`ps|p.s*|pps|nb|n.b*|edit|update|nachtrag|p. s*|añado|postdata|pd`)
})

// markTop folds what stands above the sender's words, by the mail system's hand: a warning that the mail is from
// outside, the telephone's name.
func markTop(lines []line) {
	for i := firstPlain(lines); i < len(lines); i = firstPlain(lines) {
		end := i + 1
		for end < len(lines) && lines[end].kind == plain && !isBlank(lines[end].text) {
			end++
		}
		below := next(lines, end)
		if below == len(lines) || lines[below].kind != plain || end-i > maxFooter ||
			!outsider(lines[i:end]) && (end-i > 1 || !deviceLine(lines[i].text)) {
			return
		}
		mark(lines[i:end], signed)
	}
}

// outsider says whether a paragraph is such a warning.
func outsider(lines []line) bool {
	size := 0
	for _, l := range lines {
		size += len(l.text)
	}
	if size > 1000 || !outsiderOpenings().begins(strings.TrimLeft(lower(lines[0].text), " \t*[(!⚠️-_=#>")) {
		return false
	}
	said := uint(0)
	for _, l := range lines {
		said |= outsiderWords().lists(lower(l.text))
	}
	return said == 3
}

var outsiderOpenings = sync.OnceValue(func() *lexicon {
	return newLexicon(`caution*|warning*|external|extern|externe|external email|external sender|attention*|alert*|notice:|be careful|be cautious|
		this email|this e-mail|this message|you don't often get email|some people who received this|
		achtung*|vorsicht*|warnung*|hinweis:|diese e-mail|diese email|diese nachricht|sie erhalten nicht oft|sie erhalten nicht häufig|
		ce message|ce courriel|cet e-mail|cet email|vous n'obtenez pas souvent|vous ne recevez pas souvent|
		atención*|precaución*|este correo|este mensaje|no suele recibir|no suele obtener|
		attenzione*|questa email|questa e-mail|questo messaggio|non si ricevono spesso|non ricevi spesso|
		let op*|deze e-mail|deze email|dit bericht|u ontvangt niet vaak|u ontvangt dit bericht niet vaak`)
})

var outsiderWords = sync.OnceValue(func() *lexicon {
	return newLexicon(`external sender|external source|external email|from an external|from external|originated outside|originated from outside|
		came from outside|is from outside|sent from outside|coming from outside|outside of the organi*|outside your organi*|outside the organi*|outside of your organi*|is external|
		often get email|learn why this is important|
		externen absender*|extern absender|von extern*|von außerhalb|außerhalb der|außerhalb ihrer|außerhalb unser*|externe e-mail|
		externe mail|nicht oft e-mails|nicht häufig e-mails|
		de l'extérieur|expéditeur externe|externe à l'*|souvent d'e-mails|souvent de courriers|
		remitente externo|fuera de la organi*|desde fuera|exterior de la|correo externo|recibir correo*|
		mittente esterno|dall'esterno|esterno all'*|esterna all'*|messaggi di posta elettronica da|
		externe afzender|van buiten|buiten de organisatie|buiten uw organisatie|vaak e-mail*`,
		`mail*|email*|e-mail*|message*|sender|nachricht*|absender*|courriel*|courrier*|expéditeur*|correo*|mensaje*|remitente*|messaggi*|mittente|
		posta|bericht*|afzender*|organi*|learn why this is important`)
})

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
	if len(text) >= 3 && (strings.Trim(text, "_") == "" || strings.Trim(text, "-") == "" || strings.Trim(text, "—–") == "") {
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
func ruledSignature(lines []line, n int, rule string) bool {
	if n == 0 || n > maxFooter {
		return false
	}
	ways, named, footed := 0, false, false
	for _, l := range lines {
		if isBlank(l.text) {
			continue
		}
		if reaches(l.text) {
			ways++
		}
		named = named || properName(l.text)
		footed = footed || footerLine(l.text)
	}
	if footed || n <= maxRuled+3 && ways >= 2 && shortLines(lines) {
		return true
	}
	if strings.HasPrefix(rule, "---") && len(rule) > 4 {
		return false // which is how tables end, and texts are parted
	}
	return n <= 3 && named && ways+1 >= n && shortLines(lines) ||
		n == 1 && strings.Contains(strings.ToLower(lines[0].text), "signature")
}

// footer is where a footer begins that ends at end, -1 when there is none.
func footer(lines []line, first, end int) int {
	seen := 0
	for i := end - 1; i > first && seen < maxFooter && lines[i].kind == plain; i-- {
		if isBlank(lines[i].text) {
			continue
		}
		seen++
		if footerLine(lines[i].text) {
			for i-1 > first && (lines[i-1].kind == plain && (isRule(lines[i-1].text) || strings.TrimSpace(lines[i-1].text) == "__")) {
				i--
			}
			return i
		}
	}
	if i := notice(lines, first, end); i > 0 {
		return i
	}
	if i := contactBlock(lines, first, end); i > 0 {
		return i
	}
	return card(lines, first, end)
}

// notice finds a confidentiality note: the last paragraphs, the first of which begins and speaks like one, and the
// others a little.
func notice(lines []line, first, end int) int {
	size, from := 0, -1
	for end > first && size < maxNotice {
		start := end
		for ; start > first && lines[start-1].kind == plain && !isBlank(lines[start-1].text) && !isRule(lines[start-1].text); start-- {
			size += len(lines[start-1].text)
		}
		if start == end {
			if lines[end-1].kind != plain {
				break
			}
			end--
			continue
		}
		said, begins := noticeSays(lines[start:end]), beginsNotice(lines[start].text)
		heads := begins && end-start == 1 && len(lines[start].text) < 50 && from >= 0 && next(lines, end) == from // "Disclaimer"
		if start > first && (said >= 2 && begins || heads) {
			from = start
		} else if said == 0 && !scanned(lines[start].text) {
			break
		}
		end = start
	}
	return from
}

// scanned says whether a paragraph tells of a virus scanner, at whatever length.
func scanned(text string) bool {
	return footerOpenings().begins(lower(strings.TrimSpace(text[:min(len(text), 100)])))
}

// maxNotice is how far up notes are looked for, in bytes. Some are in four languages.
const maxNotice = 6000

// contactBlock finds the lines below the name that stands below "Kind regards": where to reach the
// sender. The greeting and the name are the sender's words.
func contactBlock(lines []line, first, end int) int {
	seen := 0
	for i := end - 1; i > first && seen < 9 && lines[i].kind == plain; i-- {
		text := strings.TrimSpace(lines[i].text)
		if text == "" {
			continue
		}
		if seen++; !isFarewell(text) {
			continue
		}
		from := next(lines, i+1)
		if from >= end || !properName(lines[from].text) {
			return -1
		}
		from = next(lines, from+1)
		ways := 0
		for _, l := range lines[min(from, end):end] {
			if reaches(l.text) {
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

// card finds what looks like a business card below nothing but a name: at least three ways to reach the sender or
// the company. "Please send it to:" above says that it is the message.
func card(lines []line, first, end int) int {
	start, seen := end, 0
	for i := end - 1; i > first && seen < maxFooter && lines[i].kind == plain; i-- {
		text := strings.TrimSpace(lines[i].text)
		if text == "" {
			if start == i+1 && properName(lines[start].text) && isCard(lines[start+1:end]) {
				if above := strings.TrimSpace(lines[i-1].text); above != "" && !strings.HasSuffix(above, ":") {
					return next(lines, start+1)
				}
			}
			continue
		}
		if seen, start = seen+1, i; len(text) > 120 || strings.HasSuffix(text, "?") || strings.HasSuffix(text, "!") {
			return -1
		}
	}
	return -1
}

func isCard(lines []line) bool {
	ways := 0
	for _, l := range lines {
		if reaches(l.text) || ways > 0 && company(l.text) {
			ways++
		}
	}
	return ways >= 3
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
