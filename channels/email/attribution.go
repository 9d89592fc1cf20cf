package email

import (
	"iter"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// How mail programs introduce what they quote: "On Mon, 3 Apr 2023 at 10:12, Jane <jane@example.org>
// wrote:". They do so in many languages and orders, and wrap it anywhere, so a line is not compared
// with patterns: its clues are collected, those of neighbouring lines are put together, and a small
// decision (introduction.verdict) is taken at the end.

// clue is what is seen in a line; clues of joined lines are joined by or.
type clue uint16

const (
	hasDate   clue = 1 << iota // a day with its month, or a date in figures
	hasYear                    // a year, which makes a date of a month
	hasMonth                   // a month, or a weekday
	hasDay                     // a number up to 31
	hasTime                    // 10:12
	hasAddr                    // an e-mail address
	hasVerb                    // "wrote"
	hasZone                    // GMT+01:00
	isProse                    // a word that nobody's name or date has
	startDate                  // begins with a date, at most with "On" before it
	startYear                  // … in figures
	endColon
	endVerb
	endAddr
	framed // dashes on both sides
)

const (
	maxAttribution = 400 // bytes, of all its lines
	maxClueLine    = 300 // bytes; a longer line is a paragraph
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	// verbs say that somebody wrote, in the languages that customers write in.
	verbs = set(`wrote writes schrieb schreibt geschrieben écrit ecrit écrivait escribió escribio escribe scritto scrive
		schreef schrijft geschreven skrev skreiv skriver kirjoitti napisał napisała pisze napisal napísal napísala napsal
		napsala píše írta írt написал написала пишет писал писала написав пише писав написа escreveu escreve scris viết
		yazdı yazmış έγραψε napisao napisala rašė kirjutas escriure menulis כתב כתבה كتب sent`)
	// verbsWithin are written without blanks around them.
	verbsWithin = []string{"写道", "寫道", "写到", "書きました", "書いた", "のメール", "작성", "썼습니다", "님이", "เขียน"}
	// openers stand before the date.
	openers = set(`on at in th thứ cn ngày dniu giorno dia día jour dag am an le la il el op em den dne dnia w på på: vào lúc vào, a az dana giorno the de u ve ב ב- bei
		på pe la data в у`)
	monthNames = set(`jan feb fév fev mar mär mrt maa mars mei mai maj may apr avr abr jun jui jul aug aoû ago avg sep set okt
		oct out nov dec dez déc dic des ene gen gin mag giu lug ott sty lut kwi cze lip sie wrz paź lis gru led úno bře dub
		kvě čer srp zář říj lis pro már ápr máj jún júl sze янв фев мар апр мая май июн июл авг сен окт ноя дек січ лют бер
		кві тра чер лип сер вер жов лис гру oca şub nis haz tem ağu eyl eki kas ara tam hel huh tou kes hei elo syy lok
		joulu thá thg`)
	weekdayNames = set(`po mon tue wed thu fri sat sun mo di mi do fr sa so lun mar mer jeu ven sam dim mié mie jue vie sáb sab dom
		gio ma wo vr za zo tir ons tor fre lør søn lör sön man ti ke to pe la su pon wt śr czw pt sob nie út st čt pá ne
		hét kedd sze csü pén szo vas пн вт ср чт пт сб вс нд пон втр сре чет пят суб вос seg ter qua qui sex paz sal çar
		per cum cmt`)
	// prose are words of sentences: "On 3 May at 10:00 your colleague wrote:" is a customer's.
	prose = set(`i my your our they she he his her we that this which who when because but was were have had has mein meine
		ihr ihre euer unser unsere wir ich dass nous notre votre vous il elle nuestro nuestra yo mijn uw onze ons ik
		wij hij zij nosso nossa minha meu jag vi`)
)

// cluesOf looks at one line, a word at a time. Its cost is linear in the line.
func cluesOf(text string) clue {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxClueLine || !hasFigures(text) && !mayEndInVerb(text) {
		return 0
	}
	var c clue
	ascii := isASCII(text)
	if strings.HasPrefix(text, "--") && strings.HasSuffix(text, "--") {
		c |= framed
	}
	text = strings.Trim(text, "-*_ \u200e\u200f")
	n, opened := 0, true
	for w := range wordsOf(text) {
		k := cluesOfWord(w)
		if opened && n < 5 && k&(hasDate|hasDay|hasTime|hasYear) != 0 && k&hasAddr == 0 {
			c |= startDate
			if n == 0 && k&hasDate != 0 {
				c |= startYear
			}
		}
		if k&(hasMonth|hasDate) == 0 && w[0] < utf8.RuneSelf && !openers[strings.ToLower(strings.Trim(w, ".,:"))] {
			opened = false
		}
		if c&endAddr != 0 { // only of the last word
			c &^= endAddr
		}
		c = c&^endVerb | k
		if k&hasVerb != 0 {
			c |= endVerb
		}
		if k&hasAddr != 0 {
			c |= endAddr
		}
		n++
	}
	for _, v := range verbsWithin {
		if !ascii && strings.Contains(text, v) {
			c |= hasVerb
			if strings.HasSuffix(text, v) {
				c |= endVerb
			}
		}
	}
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：") {
		c |= endColon
	}
	return c
}

// mayEndInVerb keeps lines without figures and signs from being looked at word by word.
func mayEndInVerb(text string) bool {
	return verbs[strings.ToLower(text[strings.LastIndexAny(text, " \t>")+1:])]
}

// hasFigures says whether a line has a figure or a sign of an attribution's: it may hold a date, an address,
// an end. Most lines have none.
func hasFigures(text string) bool {
	for i := range len(text) {
		if b := text[i]; b >= '0' && b <= ':' || b == '@' || b == '-' || b == 0xef && strings.HasPrefix(text[i:], "：") {
			return true
		}
	}
	return false
}

// wordsOf are the words of a line, without blanks, brackets and quotation marks.
func wordsOf(text string) iter.Seq[string] { return strings.FieldsFuncSeq(text, betweenWords) }

func betweenWords(r rune) bool {
	if r < utf8.RuneSelf {
		return separates[r]
	}
	return unicode.IsSpace(r) || strings.ContainsRune("“”„‹›«»", r)
}

var separates = [utf8.RuneSelf]bool{' ': true, '\t': true, '\n': true, '\v': true, '\f': true, '\r': true,
	'<': true, '>': true, '(': true, ')': true, '[': true, ']': true, '"': true, ';': true, '*': true}

func cluesOfWord(w string) clue {
	if strings.Contains(w, "@") && len(w) > 2 {
		return hasAddr
	}
	if d := figures(w); d != 0 {
		return d
	}
	if len(w) > 60 {
		return 0
	}
	if w = strings.ToLower(strings.Trim(w, ".,:：-'’")); len(w) > 40 {
		return 0
	}
	var c clue
	if verbs[w] {
		c |= hasVerb
	}
	if prose[w] {
		c |= isProse
	}
	if w == "gmt" || w == "utc" {
		c |= hasZone
	}
	if weekdayNames[w] || monthNames[prefix(w, 3)] && onlyLetters(w) || weekdayNames[prefix(w, 3)] || w == "joulukuuta" {
		c |= hasMonth
	}
	return c
}

// figures says what a word that begins with a figure is.
func figures(w string) clue {
	if w == "" || w[0] < '0' || w[0] > '9' {
		if strings.HasPrefix(w, "GMT") || strings.HasPrefix(w, "UTC") {
			return hasZone
		}
		return 0
	}
	if strings.ContainsAny(w, "年월") || strings.Contains(w, "月") {
		return hasDate
	}
	w = strings.TrimRight(w, ".,:")
	num, parts, word := 0, 0, false
	seps := map[byte]int{}
	for i := 0; i < len(w); {
		switch b := w[i]; {
		case b >= '0' && b <= '9':
			if i == 0 || w[i-1] < '0' || w[i-1] > '9' {
				parts++
				num = 0
			}
			if num < 100_000 {
				num = num*10 + int(b-'0')
			}
			i++
		case b == '.' || b == '/' || b == '-' || b == ':':
			seps[b]++
			i++
		default:
			_, n := utf8.DecodeRuneInString(w[i:])
			word, i = true, i+n
		}
	}
	switch dateSeps := max(seps['.'], seps['/'], seps['-']); {
	case parts == 3 && seps[':'] == 0 && dateSeps == 2, word && parts == 2 && seps['-'] == 2, strings.HasPrefix(w[min(4, len(w)):], "-") && strings.Contains(w, "T"):
		return hasDate
	case parts >= 2 && parts <= 4 && seps[':'] >= 1 && seps['/'] == 0, parts == 2 && !word && seps['.'] == 1 && len(w) <= 5, parts == 2 && word && len(w) <= 5 && strings.Contains(w, "h"):
		return hasTime
	case parts == 1 && num >= 1970 && num <= 2100 && len(w) >= 4:
		return hasYear
	case parts == 1 && num >= 1 && num <= 31:
		return hasDay
	}
	return 0
}

func onlyLetters(w string) bool {
	for _, r := range w {
		if !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

func prefix(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}

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
	dated := first&startDate != 0
	if near&(hasVerb|hasAddr|hasZone) == 0 || !dated && (near&endColon == 0 && near&framed == 0 || !namelike(lines[i].text)) {
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
		if n > 0 && c&startDate != 0 && (c&(hasDate|hasYear|hasMonth) != 0) && all&(hasDate|hasYear) != 0 {
			return introduction{} // another begins here: what stands above is the sender's
		}
		all = all&^(endColon|endVerb|endAddr) | c
		after := next(lines, i+n+1)
		marked := after < len(lines) && lines[after].kind != plain
		if ok, strong := verdict(all, dated, marked, n == 0); ok {
			if n > 0 && !dated && beginsLater(lines, i, n) {
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

// beginsLater says whether an attribution that ends at the same line begins later.
func beginsLater(lines []line, i, n int) bool {
	for k := i + 1; k <= i+n; k++ {
		if lines[k].kind == plain && introduces(lines, k).lines == n-(k-i)+1 {
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

// datesOpen are the words with which an attribution begins behind the sender's last ones: "Thanks! On Mon,
// 3 Apr 2023 at 10:12, Jane <jane@example.org> wrote:".
var datesOpen = set(`On Am Le El Il Op Den Em W Dnia På Dne Vào`)

// sharedAt is where in a line an attribution may begin behind the sender's last words: the last place, or
// -1. The dashes that some programs write before it are its own.
func sharedAt(text string) int {
	for end := len(text); ; {
		i := strings.LastIndexFunc(text[:end], unicode.IsUpper)
		if i <= 0 {
			return -1
		}
		end = i
		word, _, ok := strings.Cut(text[i:min(len(text), i+8)], " ")
		if !ok || !datesOpen[word] {
			continue
		}
		before := strings.TrimRight(text[:i], " ")
		dashed := strings.TrimRight(before, "-")
		switch dashes := len(before) - len(dashed); {
		case dashed == "" || dashes < 2 && !datedSoon(text[i+len(word):]):
		case dashes >= 2:
			return len(dashed)
		case len(before) < i, strings.IndexByte(".!?)", before[i-1]) >= 0:
			return i
		}
	}
}

// datedSoon says whether a figure begins one of the first words.
func datedSoon(text string) bool {
	n := 0
	for w := range strings.FieldsSeq(text) {
		if w[0] >= '0' && w[0] <= '9' {
			return true
		}
		if n++; n > 3 {
			break
		}
	}
	return false
}

// splitShared parts lines that the sender's words share with an attribution. Only one that is
// complete, and followed by what it introduces, counts.
func splitShared(lines []line) []line {
	for i := 0; i < len(lines) && i < maxLook; i++ {
		text := lines[i].text
		if lines[i].kind != plain || lines[i].clue&startDate != 0 || len(text) < 20 || len(text) > 2000 || !hasFigures(text) {
			continue
		}
		if c := lines[i].clue; len(text) <= maxClueLine && c&(hasDate|hasMonth|hasDay|hasYear) == 0 {
			continue
		}
		at := sharedAt(text)
		if at < 0 {
			continue
		}
		above, rest := text[:at], line{text: text[at:], kind: plain}
		rest.clue = cluesOf(rest.text)
		window := append([]line{rest}, lines[i+1:min(len(lines), i+2*maxIntroduction)]...)
		if in := introduces(window, 0); in.strong && next(window, in.lines) < len(window) {
			lines = slices.Insert(lines, i+1, rest)
			lines[i].text, lines[i].clue = strings.TrimRight(above, " \t"), 0
			return lines // the rest is history
		}
	}
	return lines
}
