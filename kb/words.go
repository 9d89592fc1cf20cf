package kb

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Token is one word of a text in the form in which words are compared: lower case, without accents
// (ß is ss), and without the hyphens, dots and underscores inside it ("E-4711" is "e4711").
type Token struct {
	Text  string
	Raw   string   // as it was written
	Parts []string // of a word with connectors inside: "kaffee-maschine" has kaffee and maschine
	Code  bool     // holds a digit: an error code, a model, a number. Not to be stemmed or guessed at
}

// MaxToken is the longest word that is looked at, in bytes; longer ones are skipped.
const MaxToken = 64

// Tokens takes a text apart. Mail addresses, links and single letters are left out.
func Tokens(text string) []Token {
	tokens := make([]Token, 0, len(text)/6)
	for len(text) > 0 {
		raw, rest := nextWord(text)
		text = rest
		if raw == "" || len(raw) > MaxToken || strings.ContainsRune(raw, '@') {
			continue
		}
		if t, ok := token(raw); ok {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// nextWord is the next run of word characters. What holds "://" or an at sign is skipped whole.
func nextWord(s string) (word, rest string) {
	start := strings.IndexFunc(s, wordRune)
	if start < 0 {
		return "", ""
	}
	s = s[start:]
	end := strings.IndexFunc(s, func(r rune) bool { return !wordRune(r) && !connector(r) })
	if end < 0 {
		end = len(s)
	}
	if strings.HasPrefix(s[end:], "://") || strings.HasPrefix(s[end:], "@") {
		if blank := strings.IndexFunc(s, unicode.IsSpace); blank >= 0 {
			return "", s[blank:]
		}
		return "", ""
	}
	// A dot joins only what is joined by digits: 2.3.1, but not "works.But".
	for i := 1; i < end-1; i++ {
		if s[i] == '.' && !(digit(s[i-1]) && digit(s[i+1])) {
			end = i
		}
	}
	return strings.TrimRightFunc(s[:end], connector), s[end:]
}

func digit(b byte) bool { return '0' <= b && b <= '9' }

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

func connector(r rune) bool { return r == '-' || r == '_' || r == '.' || r == '‑' || r == '\u00ad' }

func token(raw string) (Token, bool) {
	t := Token{Raw: raw, Text: Fold(raw)}
	if strings.IndexFunc(t.Text, connector) >= 0 {
		parts := strings.FieldsFunc(t.Text, connector)
		t.Text = strings.Join(parts, "")
		for _, p := range parts {
			if len(p) > 1 {
				t.Parts = append(t.Parts, p)
			}
		}
	}
	t.Code = strings.IndexFunc(t.Text, unicode.IsNumber) >= 0
	return t, utf8.RuneCountInString(t.Text) > 1
}

// Fold brings a word into lower case without accents: "Kühlschrank" is "kuhlschrank", "Straße" is
// "strasse", "Œuvre" is "oeuvre".
func Fold(s string) string {
	ascii := true
	for i := 0; i < len(s) && ascii; i++ {
		ascii = s[i] < utf8.RuneSelf
	}
	if ascii {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		switch r {
		case 'ß':
			b.WriteString("ss")
		case 'œ':
			b.WriteString("oe")
		case 'æ':
			b.WriteString("ae")
		case 'ø':
			b.WriteByte('o')
		case 'ł':
			b.WriteByte('l')
		case '\u00ad':
		default:
			if !unicode.IsMark(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// MaxSentences is into how many pieces a text is taken apart at most; the last takes the rest.
const MaxSentences = 16

// Sentences takes a text apart at empty lines and at the ends of its sentences. A line end alone is
// none: mails are wrapped anywhere.
func Sentences(text string) []string {
	var all []string
	start := 0
	cut := func(end int) {
		if len(all) < MaxSentences-1 && len(strings.TrimSpace(text[start:end])) > 0 {
			all = append(all, text[start:end])
			start = end
		}
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n':
			blank := i + 1
			for blank < len(text) && (text[blank] == ' ' || text[blank] == '\t' || text[blank] == '\r') {
				blank++
			}
			if blank < len(text) && text[blank] == '\n' {
				cut(blank)
			}
		case (c == '.' || c == '!' || c == '?') && i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '\n'):
			cut(i + 1)
		}
	}
	return append(all, text[start:])
}
