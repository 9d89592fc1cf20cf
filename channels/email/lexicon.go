package email

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// lexicon finds words and phrases in lower-case text (see lower), at the starts of words. It costs a few
// comparisons a word, where an expression of as many alternatives costs microseconds a line, and memory
// from the start of the program.
type lexicon struct {
	by [256][]phrase // by key
}

// phrase is an entry of a lexicon.
type phrase struct {
	text  string
	whole bool // a letter behind it makes it another word
	list  uint
}

// newLexicon takes lists of phrases between "|". One that ends with "*" may go on.
func newLexicon(lists ...string) *lexicon {
	l := &lexicon{}
	for n, list := range lists {
		for _, p := range strings.Split(list, "|") {
			p = strings.Join(strings.Fields(p), " ")
			text, more := strings.CutSuffix(p, "*")
			l.by[key(text)] = append(l.by[key(text)], phrase{text, !more, uint(n)})
		}
	}
	return l
}

// key spreads phrases by their first letter, whose first byte is the same for most of Cyrillic or Chinese.
func key(s string) byte {
	switch {
	case s == "":
		return 0
	case s[0] >= 0xe0 && len(s) > 2:
		return s[0] + 7*s[1] + 31*s[2]
	case s[0] >= utf8.RuneSelf && len(s) > 1:
		return s[0] + 7*s[1]
	}
	return s[0]
}

// lower is text as lexicons want it: lower case, straight apostrophes, plain blanks, nothing invisible.
func lower(text string) string {
	if text = strings.ToLower(text); isASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '’':
			return '\''
		case r == '\u00a0' || r == '\u202f':
			return ' '
		case r == '\u2011':
			return '-'
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Mn, r) && r >= 0x0600 && r < 0x0700: // invisible; vowels of Arabic
			return -1
		}
		return r
	}, text)
}

// at gives the longest phrase that stands at the start of low.
func (l *lexicon) at(low string) (best phrase, ok bool) {
	for _, p := range l.by[key(low)] {
		if len(p.text) >= len(best.text) && strings.HasPrefix(low, p.text) && (!p.whole || endsWord(low, len(p.text))) {
			best, ok = p, true
		}
	}
	return best, ok
}

// begins says whether a phrase stands at the start of low.
func (l *lexicon) begins(low string) bool {
	_, ok := l.at(low)
	return ok
}

// in calls found for each phrase in low, until it returns false.
func (l *lexicon) in(low string, found func(phrase) bool) {
	within, letters := false, 0 // a word, of so many letters
	for i := 0; i < len(low); {
		r, size := rune(low[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(low[i:])
		}
		letter := isWordRune(r)
		if !within || unspaced(r) {
			if p, ok := l.at(low[i:]); ok && !found(p) {
				return
			}
		}
		if letter {
			letters++
		}
		if within = letter || r == '\'' && letters > 2; !within { // iPhone'ist, but l'iPhone
			letters = 0
		}
		i += size
	}
}

// lists is which of the lists have a phrase in low, a bit each.
func (l *lexicon) lists(low string) (seen uint) {
	l.in(low, func(p phrase) bool {
		seen |= 1 << p.list
		return true
	})
	return seen
}

func endsWord(s string, i int) bool {
	if i == len(s) {
		return true
	}
	if s[i] < utf8.RuneSelf {
		return !isWordRune(rune(s[i]))
	}
	last, _ := utf8.DecodeLastRuneInString(s[:i])
	r, _ := utf8.DecodeRuneInString(s[i:])
	return !isWordRune(r) || unspaced(last)
}

func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r|0x20 >= 'a' && r|0x20 <= 'z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r)
}

// unspaced says whether words of the script have no blanks between them: Thai, Chinese, Japanese, and
// Korean, whose endings are written to the word.
func unspaced(r rune) bool { return r >= 0x0e00 && r < 0x0e80 || r >= 0x2e80 && r < 0xd800 }
