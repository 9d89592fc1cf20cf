package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// joinWrapped marks what a mail program has cut off the ends of quoted lines: a line without a mark
// between two with one, that goes on where a long line breaks off.
func joinWrapped(lines []line) {
	wrapped := false
	for i := 1; i+1 < len(lines); i++ {
		above, l, below := lines[i-1], lines[i], lines[i+1]
		if l.kind != plain || isBlank(l.text) || above.kind != quoted || below.kind != quoted || len(l.text) > len(above.text) && len(above.text) > 2 {
			continue
		}
		r, _ := utf8.DecodeRuneInString(l.text)
		broken := len(above.text) >= 60 && !strings.ContainsAny(above.text[len(above.text)-1:], ".?!:")
		goesOn := unicode.IsLower(r) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && broken
		link := len(strings.TrimSpace(above.text)) <= 2 && strings.HasSuffix(l.text, ">") && strings.Contains(l.text, "http")
		if open := strings.LastIndexByte(above.text, '('); !unicode.IsLetter(r) && open > strings.LastIndexByte(above.text, ')') && strings.Contains(above.text[max(open, 0):], "http") {
			link = true
		}
		if link || goesOn && (broken || wrapped && len(above.text) >= 50 && !strings.ContainsAny(above.text[len(above.text)-1:], "?:")) {
			lines[i].kind, wrapped = quoted, true
		}
	}
}

// markPrefixed marks a quotation whose lines begin with something else than ">": "|", or initials.
func markPrefixed(lines []line, i int) {
	if i >= len(lines) || lines[i].kind != plain {
		return
	}
	mark := quoteMark(lines[i].text)
	if mark == "" {
		return
	}
	for ; i < len(lines) && lines[i].kind == plain && (isBlank(lines[i].text) || quoteMark(lines[i].text) == mark); i++ {
		if lines[i].kind == plain && !isBlank(lines[i].text) {
			lines[i].kind = quoted
		}
	}
}

// quoteMark is what a quoted line begins with: "|" or "JD>". A table's row also ends with "|".
func quoteMark(text string) string {
	if text == "|" || strings.HasPrefix(text, "|") && !strings.HasSuffix(text, "|") {
		return "|"
	}
	at := strings.IndexByte(text, '>')
	if at > 0 && at <= 20 && !strings.ContainsFunc(text[:at], func(r rune) bool { return !unicode.IsLetter(r) }) {
		return text[:at]
	}
	return ""
}

// differs says whether lines that begin with ">" are those of a diff.
func differs(lines []line, above, i int) bool {
	return above == i-1 && (isRule(lines[above].text) || strings.HasPrefix(lines[above].text, "<"))
}

// quotation is a run of lines that somebody else wrote, in lines that are not blank.
type quotation struct {
	intro, from, to  int // intro is where what introduces it begins
	size             int
	attributed, last bool
	above, below     int // words of the sender's, up to enoughWords
}

const (
	enoughWords = 5  // a text, and not only "Hi Jane,"
	shortQuote  = 12 // lines; a longer one between two texts is the whole of the earlier mail
)

// decideQuotes folds quotations, but keeps those between which the sender wrote: answers make no
// sense without them.
func decideQuotes(lines []line) {
	runs := quotations(lines)
	inner := 0
	for _, q := range runs {
		if !q.last {
			inner++
		}
	}
	for _, q := range runs {
		between := !q.last && inner > 1
		about := !q.last && q.size <= shortQuote && q.above >= enoughWords && q.below >= enoughWords
		for i := q.intro; between && i < q.from; i++ { // with whose words they are
			lines[i].kind = plain
		}
		q.decide(lines, between || about || !q.attributed)
	}
}

func (q quotation) decide(lines []line, keep bool) {
	for i := q.from; i < q.to; i++ {
		switch l := &lines[i]; {
		case !keep:
			l.kind = gone
		case l.kind == boxed, l.kind == indented, l.kind == cited && isBlank(l.text):
			l.kind = plain
		case l.kind == cited:
			if l.kind = quoted; !strings.HasPrefix(l.text, ">") {
				l.text = "> " + l.text
			}
		}
	}
}

func quotations(lines []line) []quotation {
	lastPlain, lastGone := -1, -1
	for i, l := range lines {
		if l.kind == gone {
			lastGone = i
		}
		if l.kind == plain && !isBlank(l.text) {
			lastPlain = i
		}
	}
	var runs []quotation
	words, prev := 0, -1 // the last line that is not blank
	for i := 0; i < len(lines); i++ {
		k := lines[i].kind
		if !k.quotation() {
			if !isBlank(lines[i].text) {
				prev = i
			}
			if k == plain && words < enoughWords {
				words += countWords(lines[i].text, enoughWords)
			}
			continue
		}
		q := quotation{from: i, to: i + 1, size: 1, above: words, last: i > lastPlain}
		q.attributed = k == cited || prev >= 0 && lines[prev].kind == gone
		if q.last && !q.attributed && k != indented { // "Here is the log:" and the log, its lines beginning with ">"
			q.attributed = prev >= 0 && !strings.HasSuffix(lines[prev].text, ":") && !differs(lines, prev, i) && (k != boxed || i > lastGone)
		}
		q.extend(lines)
		runs = append(runs, q)
		i, prev = q.to-1, q.to-1
	}
	words = 0
	for n, at := len(runs)-1, len(lines); n >= 0; at, n = runs[n].from, n-1 {
		for i := at - 1; i >= runs[n].to && words < enoughWords; i-- {
			if lines[i].kind == plain {
				words += countWords(lines[i].text, enoughWords)
			}
		}
		runs[n].below = words
	}
	return runs
}

// extend finds where a quotation and what introduces it begin and end.
func (q *quotation) extend(lines []line) {
	k := lines[q.from].kind
	for q.intro = q.from; q.intro > 0 && (lines[q.intro-1].kind == gone || lines[q.intro-1].kind == plain && isBlank(lines[q.intro-1].text)); q.intro-- {
	}
	for j := q.from + 1; j < len(lines) && (isBlank(lines[j].text) || lines[j].kind.quotation() && (lines[j].kind >= boxed) == (k >= boxed)); j++ {
		if !isBlank(lines[j].text) {
			q.to = j + 1
			q.size++
		}
	}
}

// markInitials marks the lines at the end that begin with the initials of whom they quote: "JD> Did it help?"
func markInitials(lines []line) {
	mark, n, from := "", 0, len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		if isBlank(lines[i].text) || lines[i].kind == signed {
			continue
		}
		if lines[i].kind != plain {
			break
		}
		m := quoteMark(lines[i].text)
		if m == "" || m == "|" || len(m) > 3 || m != strings.ToUpper(m) || mark != "" && m != mark {
			break
		}
		mark, from, n = m, i, n+1
	}
	for i := from; n > 1 && i < len(lines); i++ {
		if lines[i].kind == plain && !isBlank(lines[i].text) {
			lines[i].kind = quoted
		}
	}
}
