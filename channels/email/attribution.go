package email

import (
	"iter"
	"strings"
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
	framed     // dashes on both sides
	inBrackets // an address between < and >
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
		yazdı yazmış έγραψε napisao napisala rašė kirjutas escriure menulis tulis sinulat skrifaði rakstīja raksta rašė rašo
		napisali написали написао написала напиша напісаў napisana napisane napisał/a kirjutas shkroi escribiu idatzi
		כתב כתבה كتب كتبت كتابة نوشت लिखा sent`)
	// verbsWithin are written without blanks around them.
	verbsWithin = []string{"写道", "寫道", "写到", "書きました", "書いた", "のメール", "작성", "썼습니다", "님이", "เขียน"}
	// openers stand before the date.
	openers = set(`on at in th thứ cn ngày dniu giorno dia día jour dag am an le la il el op em den dne dnia w på på: vào lúc vào, a az dana giorno the de u ve ב ב- bei
		på pe la data в у
		no pada tanggal þann kuupäev noong pirmd otrd trešd ceturtd piektd sestd svētd dl dt dc dj dv ds dg v z kl plkst
		sen rab kam sab min isn khamis e t k n r l p kell klo kello בתאריך ביום في بتاريخ در تاریخ ในวันที่`)
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
	if !ascii {
		text = strings.TrimSpace(strings.Map(western, text))
	}
	if strings.HasPrefix(text, "--") && strings.HasSuffix(text, "--") {
		c |= framed
	}
	if bracketed(text) {
		c |= inBrackets
	}
	text = strings.Trim(text, "-*_ ")
	n, opened := 0, true
	for w := range wordsOf(text) {
		k := cluesOfWord(w)
		if n == 0 && openers[strings.ToLower(w)] {
			k &^= isProse // "il" is Italian for "on", and French for "he"
		}
		if opened && n < 5 && k&(hasDate|hasDay|hasTime|hasYear) != 0 && k&hasAddr == 0 {
			c |= startDate
			if n == 0 && k&hasDate != 0 {
				c |= startYear
			}
		}
		if k&(hasMonth|hasDate) == 0 && w[0] < utf8.RuneSelf && !openers[strings.ToLower(strings.Trim(w, ".,:"))] {
			opened = false
		}
		c = c&^(endVerb|endAddr) | k // only of the last word
		if k&hasVerb != 0 {
			c |= endVerb
		}
		if k&hasAddr != 0 {
			c |= endAddr
		}
		n++
	}
	if !ascii {
		c |= verbWithin(text)
	}
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：") {
		c |= endColon
	}
	return c
}

// western maps the figures of other scripts to those of ASCII, and drops invisible marks of direction.
func western(r rune) rune {
	switch {
	case r >= '٠' && r <= '٩':
		return r - '٠' + '0'
	case r >= '۰' && r <= '۹':
		return r - '۰' + '0'
	case r >= '०' && r <= '९':
		return r - '०' + '0'
	case unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// mayEndInVerb keeps lines without figures and signs from being looked at word by word.
func mayEndInVerb(text string) bool {
	return verbs[strings.ToLower(text[strings.LastIndexAny(text, " \t>")+1:])]
}

func bracketed(text string) bool {
	at := strings.IndexByte(text, '@')
	return at > 0 && strings.LastIndexByte(text[:at], '<') >= 0 && strings.IndexByte(text[at:], '>') > 0
}

func verbWithin(text string) (c clue) {
	for _, v := range verbsWithin {
		if strings.Contains(text, v) {
			c |= hasVerb
			if strings.HasSuffix(text, v) {
				c |= endVerb
			}
		}
	}
	return c
}

// hasFigures says whether a line has a figure or a sign of an attribution's: it may hold a date, an address,
// an end. Most lines have none.
func hasFigures(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= ':' || b == '@' || b == '-':
			return true
		case b < 0xd9: // most letters
		case b == 0xd9 || b == 0xdb || b == 0xe0 || b == 0xef: // which begin other scripts' figures, and a wide colon
			if r, _ := utf8.DecodeRuneInString(text[i:]); r == '：' || western(r) != r {
				return true
			}
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
	if w[0] >= utf8.RuneSelf { // Hebrew writes "on" to the figure
		if _, figure, ok := strings.Cut(w, "-"); ok && figure != "" && figure[0] <= '9' {
			w = figure
		}
	}
	if d := figures(w); d != 0 {
		return d
	}
	if len(w) > 60 {
		return 0
	}
	if w = strings.ToLower(strings.Trim(w, ".,:：،-'’")); len(w) > 40 {
		return 0
	}
	var c clue
	if written, _, _ := strings.Cut(w, "/"); verbs[written] { // or she
		c |= hasVerb
	}
	if prose[w] {
		c |= isProse
	}
	if w == "gmt" || w == "utc" {
		c |= hasZone
	}
	if dateWords()[w] {
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
	w = strings.TrimRight(w, ".,:،")
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

func prefix(s string, runes int) string {
	for i := range s {
		if runes == 0 {
			return s[:i]
		}
		runes--
	}
	return s
}
