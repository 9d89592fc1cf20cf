// Package signals finds in what a customer writes the things that change how they should be treated:
// anger, urgency, the wish for level 2 or for a manager, a complaint about policy, abuse, the wish to be
// called back, words of safety and of data protection, and many people having the same trouble.
//
// What happens when things fail: nothing can fail at run time. A list with a fault is refused by [New],
// which names the line; a text in a language without lists is looked at with all of them.
//
// Signals propose. None of them does anything by itself: rules and people do.
package signals

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Kind is what is found.
type Kind string

// The kinds of signals.
const (
	Anger     Kind = "anger"     // practice: venting
	Urgency   Kind = "urgency"   //
	Level2    Kind = "level2"    // practice: ask-for-L2
	Manager   Kind = "manager"   // practice: manager
	Complaint Kind = "complaint" // about a policy, practice: complaint-outlet
	Abuse     Kind = "abuse"     // practice: abuse
	Callback  Kind = "callback"  // practice: promise
	Safety    Kind = "safety"    // somebody may be hurt
	Privacy   Kind = "privacy"   // data protection, practice: records
	Many      Kind = "many"      // practice: many-affected
)

// Kinds are all kinds there are.
var Kinds = []Kind{Anger, Urgency, Level2, Manager, Complaint, Abuse, Callback, Safety, Privacy, Many}

// Languages are those with lists of their own.
var Languages = []string{"en", "de", "fr"}

// Signal is one thing that was found.
type Signal struct {
	Kind  Kind     `json:"kind"`
	Words []string `json:"words"` // as they stand in the text, at most 5
}

// Limits.
const (
	MaxText  = 20_000 // bytes of a text that are looked at
	maxWords = 5      // shown of a signal
	maxGap   = 3      // words that … stands for, at most
	reach    = 3      // words within which a negation counts
	maxQuote = 100    // bytes of a quotation
)

//go:embed words
var own embed.FS

// Finder finds signals. It is made once, and safe for use by many at once.
type Finder struct {
	lists map[string]*list // by language
}

// New makes a finder of the lists that come with the program and of a team's own: lines in the form of
// the lists, by language and kind.
func New(extra map[string]map[Kind][]string) (*Finder, error) {
	f := &Finder{lists: map[string]*list{}}
	for _, lang := range Languages {
		l := newList()
		data, err := own.ReadFile("words/" + lang + ".txt")
		if err != nil {
			return nil, fmt.Errorf("signals: %w", err)
		}
		if err := l.read(lang, string(data)); err != nil {
			return nil, err
		}
		f.lists[lang] = l
	}
	for lang, kinds := range extra {
		l := f.lists[lang]
		if l == nil {
			return nil, fmt.Errorf("signals: there are no lists in %.10q: %s", lang, strings.Join(Languages, ", "))
		}
		for kind, lines := range kinds {
			for _, line := range lines {
				if err := l.add(kind, line); err != nil {
					return nil, fmt.Errorf("signals: %s, %s: %w", lang, kind, err)
				}
			}
		}
	}
	return f, nil
}

// Find gives the signals of a text, in the order of [Kinds]. language is a BCP 47 primary subtag; with
// one that has no lists all lists are asked.
func (f *Finder) Find(text, language string) []Signal {
	words := split(text)
	found := map[Kind]*tally{}
	if l := f.lists[language]; l != nil {
		l.find(words, found)
	} else {
		for _, lang := range Languages {
			f.lists[lang].find(words, found)
		}
	}
	loud(text, words, found)
	var out []Signal
	for _, k := range Kinds {
		if t := found[k]; t != nil && t.weight >= 2 {
			out = append(out, Signal{Kind: k, Words: t.words})
		}
	}
	return out
}

// tally counts halves: what is said plainly weighs 2, a hint 1.
type tally struct {
	weight int
	words  []string
}

func count(found map[Kind]*tally, k Kind, weight int, said string) {
	t := found[k]
	if t == nil {
		t = &tally{}
		found[k] = t
	}
	if slices.Contains(t.words, said) {
		return // said again is no second hint
	}
	t.weight += weight
	if len(t.words) < maxWords {
		t.words = append(t.words, said)
	}
}

// word is one word of a text.
type word struct {
	said  string // as it stands
	plain string // in lower case
	ends  bool   // the sentence ends behind it

	quoted bool // it stands between quotation marks
}

// split makes words of a text: letters, digits and what joins them.
func split(text string) []word {
	if len(text) > MaxText {
		text = strings.ToValidUTF8(text[:MaxText], "")
	}
	var list []word
	start, quoted := -1, 0 // quoted is where a quotation ends
	before := ' '
	flush := func(end int) {
		if start >= 0 {
			said := strings.Trim(text[start:end], "'’-")
			if said != "" {
				list = append(list, word{said: said, plain: strings.ReplaceAll(strings.ToLower(said), "’", "'"), quoted: end <= quoted})
			}
			start = -1
		}
	}
	for i, r := range text {
		if i >= quoted {
			if n := quotation(text[i:], before); n > 0 {
				flush(i)
				quoted = i + n
			}
		}
		before = r
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			if start < 0 {
				start = i
			}
		case (r == '\'' || r == '’') && start >= 0 && elided(text[start:i]): // l'appareil are two words
			flush(i)
		case (r == '\'' || r == '’' || r == '-') && start >= 0:
		default:
			flush(i)
			if len(list) > 0 && strings.ContainsRune(".!?;:\n…", r) {
				list[len(list)-1].ends = true
			}
		}
	}
	flush(len(text))
	return list
}

// quotation gives how many bytes a quotation has that begins a text, with its marks: it is on one line and
// short. before is the rune before it.
func quotation(text string, before rune) int {
	closing := ""
	first, size := utf8.DecodeRuneInString(text)
	switch first {
	case '"':
		closing = "\""
	case '“':
		closing = "”"
	case '„':
		closing = "“”\""
	case '«':
		closing = "»"
	}
	if closing == "" || unicode.IsLetter(before) || unicode.IsDigit(before) { // a tablet of 10" begins none
		return 0
	}
	end := strings.IndexAny(text[size:min(len(text), maxQuote)], closing+"\n")
	if end < 0 || text[size+end] == '\n' {
		return 0
	}
	_, last := utf8.DecodeRuneInString(text[size+end:])
	return size + end + last
}

// elided are the French words that lose their vowel before another.
func elided(w string) bool {
	switch strings.ToLower(w) {
	case "l", "d", "n", "s", "j", "m", "c", "qu", "jusqu", "lorsqu", "puisqu":
		return true
	}
	return false
}

// loud are ways of writing that hint at anger in any language: shouting, and a row of exclamation marks.
func loud(text string, words []word, found map[Kind]*tally) {
	upper, letters := 0, 0
	for _, w := range words {
		if n := utf8.RuneCountInString(w.said); n >= 4 {
			letters++
			if w.said == strings.ToUpper(w.said) && strings.ContainsFunc(w.said, unicode.IsLetter) && !strings.ContainsFunc(w.said, unicode.IsDigit) {
				upper++
			}
		}
	}
	if upper >= 5 && upper*2 > letters {
		count(found, Anger, 1, "written in capitals")
	}
	if strings.Contains(text, "!!!") || strings.Contains(text, "?!?") || strings.Contains(text, "???!") {
		count(found, Anger, 1, "!!!")
	}
}
