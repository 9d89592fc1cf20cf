package email

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// introduction is what was found at a line: how many lines it takes, and how sure it is.
type introduction struct {
	lines  int
	strong bool // enough to fold what follows even if that bears no marks of a quotation
}

// maxIntroduction is over how many lines, blank ones too, an attribution is wrapped.
const maxIntroduction = 6

// introduces looks for an attribution that begins at line i.
func introduces(lines []line, i int) introduction {
	first, near := lines[i].clue, clue(0)
	for _, l := range lines[i:min(len(lines), i+maxIntroduction)] {
		near |= l.clue
	}
	dated := first&startDate != 0 || near&startDate != 0 && i+1 < len(lines) && opensDate(lines[i].text, lines[i+1].text)
	if near&(hasVerb|hasAddr|hasZone) == 0 || !dated && (near&(endColon|framed) == 0 || !begins(lines, i, near)) {
		return introduction{}
	}
	var all clue
	size := 0
	for n := 0; n < maxIntroduction && i+n < len(lines); n++ {
		l := lines[i+n]
		text := strings.TrimSpace(l.text)
		if text == "" && n > 0 && opensAddress(lines, i+n+1) {
			continue
		}
		if l.kind != plain && (n == 0 || !closesAddress(text)) || text == "" || len(text) > maxClueLine {
			return introduction{}
		}
		if size += len(text); size > maxAttribution {
			return introduction{}
		}
		c := l.clue
		if n > 0 && c&startDate != 0 && (c&(hasDate|hasYear) != 0 || c&hasMonth != 0 && c&hasDay != 0) && all&(hasDate|hasYear) != 0 && first&hasAddr == 0 {
			return introduction{} // another begins here: what stands above is the sender's
		}
		if n > 0 && !dated && first == 0 && !goesOnWithName(text, c) {
			return introduction{} // "Kind regards", and the attribution is the line below
		}
		all = all&^(endColon|endVerb|endAddr) | c
		after := next(lines, i+n+1)
		marked := after < len(lines) && lines[after].kind != plain
		if ok, strong := verdict(all, dated, marked, n == 0); ok {
			if n > 0 && !dated && beginsLater(lines, i, n, first&(hasAddr|hasVerb|hasDate) != 0) {
				return introduction{}
			}
			return introduction{n + 1, strong}
		}
		if l.kind == plain && all&(endColon) != 0 {
			return introduction{}
		}
	}
	return introduction{}
}

// begins says whether an attribution can begin at a line that no date begins: with a name, or anyhow when it has
// time and address, as in languages that are not known here.
func begins(lines []line, i int, near clue) bool {
	first := lines[i].clue
	if namelike(lines[i].text) || first&hasTime != 0 && near&inBrackets != 0 {
		return true
	}
	const whole = hasVerb | hasTime | endColon // "jane schrieb am 03.04.2023 um 10:12:"
	below := next(lines, i+1)
	return first&whole == whole && below < len(lines) && (lines[below].kind != plain || nickname(lines[i].text))
}

// opensDate says whether a line is but the first words of a date: "On Mon,". The line below goes on with the date,
// and does not begin another.
func opensDate(text, below string) bool {
	if len(text) < 3 || len(text) > 30 {
		return false
	}
	for w := range wordsOf(below) {
		if low := strings.Trim(lower(w), ".,"); openers[low] && !dateWords()[low] {
			return false
		}
		break
	}
	n := 0
	for w := range wordsOf(text) {
		low := strings.Trim(lower(w), ".,")
		if n++; !openers[low] && !dateWords()[low] {
			return false
		}
	}
	return n > 0 && n <= 3
}

// nickname says whether a line begins with one or two words that are no article, and a verb.
func nickname(text string) bool {
	n := 0
	for w := range wordsOf(text) {
		c := cluesOfWord(w)
		if c&hasVerb != 0 {
			return n > 0
		}
		if n++; n > 2 || c&isProse != 0 || articles[strings.ToLower(w)] {
			return false
		}
	}
	return false
}

var articles = set("the a an der die das den dem ein eine einer le la les un une el los las il lo gli una uno de het een den en ett et dit that diese dieser this")

// goesOnWithName says whether a line may be the rest of an attribution of which only the name stands above: the
// address, the verb, or the date.
func goesOnWithName(text string, c clue) bool {
	if c&startDate != 0 || text != "" && strings.IndexByte("<([", text[0]) >= 0 {
		return true
	}
	for w := range wordsOf(text) {
		return cluesOfWord(w)&(hasVerb|hasAddr) != 0 || auxiliaries[strings.ToLower(w)]
	}
	return false
}

var auxiliaries = set("a hat heeft ha has je via")

// beginsLater says whether an attribution that ends at the same line begins later; only a strong one when the
// first line may be its beginning.
func beginsLater(lines []line, i, n int, clear bool) bool {
	for k := i + 1; k <= i+n; k++ {
		if in := introduces(lines, k); lines[k].kind == plain && in.lines == n-(k-i)+1 && (!clear || in.strong && lines[k].clue&startDate != 0) {
			return lines[k].clue&startDate != 0 || !strings.HasPrefix(strings.TrimSpace(lines[k].text), "<")
		}
	}
	return false
}

// verdict decides by the clues. marked says that a quotation follows.
func verdict(c clue, dated, marked, single bool) (ok, strong bool) {
	date := c&hasDate != 0 || c&hasMonth != 0 && c&(hasDay|hasYear) != 0 ||
		c&hasDay != 0 && c&hasYear != 0 && c&hasTime != 0
	verb, addr, when := c&hasVerb != 0, c&hasAddr != 0, c&hasTime != 0
	ended := c&(endColon|endVerb) != 0
	switch {
	case c&isProse != 0 && (!addr || !dated):
		return verb && date && when && c&endColon != 0 && marked && single, false
	case date && when && c&inBrackets != 0 && c&endColon != 0: // in whatever language
		return true, true
	case c&framed != 0 && verb && (date || marked || single):
		return true, true
	case dated && verb && ended && date && (c&endColon != 0 || addr):
		return true, when || addr || c&hasYear != 0
	case dated && verb && c&endColon != 0 && when:
		return true, false
	case dated && date && addr && c&endColon != 0:
		return true, when || marked
	case c&startYear != 0 && date && c&endAddr != 0 && single:
		return true, when || marked
	case c&startYear != 0 && when && c&hasZone != 0 && single:
		return true, true
	case !dated && verb && c&endColon != 0 && addr:
		return true, true
	case !dated && verb && c&endColon != 0 && date && when:
		return true, true
	case !dated && verb && c&endColon != 0 && date:
		return marked, false
	case !dated && (verb || addr) && c&endColon != 0 && marked && single:
		return true, false
	}
	return false, false
}

// namelike says whether a line can begin with somebody's name: few words, not of a sentence's kind.
func namelike(text string) bool {
	text = strings.Trim(text, "-*_ \u200e\u200f\"“„'")
	r, _ := utf8.DecodeRuneInString(text)
	if text == "" || len(text) > 200 || unicode.IsLower(r) && !strings.Contains(prefix(text, 64), "@") && !userWord().begins(text) {
		return false
	}
	words := 0
	for w := range wordsOf(text) {
		c := cluesOfWord(w)
		if c&(hasVerb|hasAddr|hasDate) != 0 {
			return words <= 8
		}
		if words++; words > 8 || strings.HasSuffix(w, ".") && len(w) > 5 || strings.HasSuffix(w, "!") || strings.HasSuffix(w, "?") {
			return false
		}
	}
	return words > 0 && words <= 5
}

var userWord = sync.OnceValue(func() *lexicon {
	return newLexicon(`user|użytkownik|пользователь|користувач|from|von|od|от|від`)
})

// opensAddress: "On Tue at 10:07 PM Jane Doe", a blank line, "<", "mailto:Jane <jane@example.org>".
func opensAddress(lines []line, i int) bool {
	return i < len(lines) && strings.HasPrefix(strings.TrimSpace(lines[i].text), "<")
}

// closesAddress: the line below "… <jane@example.org" that looks quoted: "> wrote:".
func closesAddress(text string) bool {
	rest := strings.TrimSpace(strings.TrimPrefix(text, ">"))
	return strings.HasPrefix(text, ">") && len(rest) < 40 && strings.HasSuffix(rest, ":") &&
		(rest == ":" || cluesOf(rest)&hasVerb != 0)
}
