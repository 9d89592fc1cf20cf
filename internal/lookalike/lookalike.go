// Package lookalike finds names that are made to be taken for others. It is for warnings: when it is
// wrong, people read a sentence too many, and nothing else follows from it.
package lookalike

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

const (
	maxDomain  = 253 // bytes, RFC 1035 §2.3.4
	leastLabel = 4   // letters of a name that can be told from chance
	leastTypo  = 6   // letters of a name in which one may be wrong
)

// Domain says that a domain looks like another, known one, and is not under the same owner: letters of
// other scripts, digits for letters, rn for m, a letter more, less, wrong or swapped, a word added with
// a hyphen, or the same name under another top-level domain.
func Domain(domain, known string) bool {
	domain, known = owned(domain), owned(known)
	if domain == "" || known == "" || domain == known {
		return false
	}
	a, aEnd, _ := strings.Cut(shown(domain), ".")
	b, bEnd, _ := strings.Cut(shown(known), ".")
	sa, sb := skeleton(a), skeleton(b)
	n := utf8.RuneCountInString(sb)
	switch {
	case n < leastLabel:
		return sa == sb && aEnd == bEnd
	case sa == sb:
		return aEnd == bEnd || !everybodys[b] // gmx.de and gmx.net are one, and nobody's
	case everybodys[a] || everybodys[b]:
		return false
	case n >= leastTypo && nearly(sa, sb):
		return true
	}
	return hasPart(sa, sb) || hasPart(strings.ReplaceAll(a, "_", "-"), b)
}

// everybodys are the names of mail providers, which have several top-level domains, and of which each
// looks a bit like the next.
var everybodys = map[string]bool{"gmail": true, "googlemail": true, "gmx": true, "web": true, "yahoo": true, "ymail": true, "hotmail": true,
	"outlook": true, "live": true, "msn": true, "icloud": true, "mail": true, "aol": true, "proton": true, "protonmail": true, "orange": true,
	"free": true, "laposte": true, "libero": true, "freenet": true, "t-online": true, "email": true, "posteo": true, "mailbox": true, "yandex": true}

// owned is the part of a domain that somebody owns, in lower case; "" when there is none.
func owned(domain string) string {
	domain = strings.ToLower(strings.Trim(domain, ". "))
	if len(domain) > maxDomain {
		return ""
	}
	if org, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return org
	}
	return domain
}

// shown is a domain as programs show it: Punycode as letters.
func shown(domain string) string {
	if s, err := idna.ToUnicode(domain); err == nil {
		return s
	}
	return domain
}

// Mixed says that a label of a domain has letters of Latin and of a script that looks like it, also
// when it is written in Punycode.
func Mixed(domain string) bool {
	for label := range strings.SplitSeq(shown(domain), ".") {
		latin, other := false, false
		for _, r := range label {
			latin = latin || unicode.Is(unicode.Latin, r)
			other = other || unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian, unicode.Cherokee)
		}
		if latin && other {
			return true
		}
	}
	return false
}

// Name says that two people's names look the same.
func Name(a, b string) bool {
	a, b = skeleton(strings.Join(strings.Fields(a), " ")), skeleton(strings.Join(strings.Fields(b), " "))
	return a == b && utf8.RuneCountInString(a) >= leastLabel
}

// alike are letters and what they are taken for (a choice of Unicode TR39's confusables).
var alike = func() map[rune]rune {
	m := map[rune]rune{}
	for to, from := range map[rune]string{'a': "аαạáàâãåāăąɑ4@", 'b': "ьвЬ8", 'c': "сϲçćč", 'd': "ԁđď", 'e': "еёεéèêëēėęě3", 'f': "ƒ", 'g': "ɡğġ9", 'h': "һн",
		'i': "іιíìîïīıl1|!ӏł", 'j': "ј", 'k': "кκ", 'm': "мϻ", 'n': "пηñńňո", 'o': "оοόóòôõøōőо0օ", 'p': "рρ", 'q': "ԛ", 'r': "гŕř", 's': "ѕśšş5$",
		't': "тτţť7", 'u': "υսúùûūůцц", 'v': "νѵ", 'w': "ԝωшщ", 'x': "хχ", 'y': "уγýÿ", 'z': "źżž2"} {
		for _, r := range from {
			m[r] = to
		}
	}
	return m
}()

var pairs = strings.NewReplacer("rn", "m", "vv", "w", "nn", "m", "ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// skeleton is a text with each letter as what it is taken for.
func skeleton(s string) string {
	s = strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if to, ok := alike[r]; ok {
			return to
		}
		return r
	}, s)
	return pairs.Replace(s)
}

// hasPart says that one of the words of a, between hyphens, is b; or the other way round.
func hasPart(a, b string) bool {
	if a == b || strings.Count(b, "-") > 0 && strings.Count(a, "-") == 0 {
		return false
	}
	return strings.HasPrefix(a, b+"-") || strings.HasSuffix(a, "-"+b)
}

// nearly says that one letter is more, less, wrong, or swapped with its neighbour.
func nearly(a, b string) bool {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) <= 1 && len(y) <= 1 || len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}
