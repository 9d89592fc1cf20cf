package email

import (
	"strings"
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
		if reaches(l.text) {
			ways++
		}
		named = named || properName(l.text)
		footed = footed || footerLine(l.text)
	}
	return footed || n <= maxRuled+3 && ways >= 2 && shortLines(lines) || n <= 3 && named && ways+1 >= n && shortLines(lines) ||
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
	return contactBlock(lines, first, end)
}

// notice finds a confidentiality note: the last paragraphs, which begin and speak like one.
func notice(lines []line, first, end int) int {
	size, from := 0, -1
	for i := end - 1; i > first && size < 4000 && lines[i].kind == plain; i-- {
		text := strings.TrimSpace(lines[i].text)
		size += len(text)
		if text == "" || !isBlank(lines[i-1].text) && !isRule(lines[i-1].text) || !beginsNotice(text) {
			continue
		}
		if soundsLikeNotice(lines[i:end]) {
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
