package signals

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// A list holds the phrases of one language. A line of it is a phrase: words in lower case that stand
// side by side. In a phrase
//
//	ab*    is any word that begins with ab
//	a/b    is either of two words, or more
//	…      is up to three words of any kind
//	(a)    is a word that may be missing
//
// and before it ~ makes it a hint, of which it takes two, and ! lets it count even where it is denied
// ("not urgent" is no urgency). A line [kind] begins the phrases of a kind, [not] the words that deny,
// # a comment.
type list struct {
	first    map[string][]*phrase // by their first word
	prefix   map[string][]*phrase // those whose first word is abc*, by its first stemKey bytes
	negation map[string]bool
}

type phrase struct {
	kind   Kind
	hint   bool
	always bool
	parts  []part
}

// part is one place in a phrase.
type part struct {
	words []string // or
	stems []string // ab* without its star
	gap   bool
	maybe bool
}

const (
	maxParts = 12
	stemKey  = 3 // bytes; a stem has so many letters at least
)

func newList() *list {
	return &list{first: map[string][]*phrase{}, prefix: map[string][]*phrase{}, negation: map[string]bool{}}
}

func (l *list) read(name, text string) error {
	kind := ""
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			kind = strings.Trim(line, "[]")
			if kind != "not" && !slices.Contains(Kinds, Kind(kind)) {
				return fmt.Errorf("signals: %s, line %d: %.40q is no kind", name, n, kind)
			}
		case kind == "not":
			for _, w := range strings.Fields(line) {
				l.negation[w] = true
			}
		default:
			if err := l.add(Kind(kind), line); err != nil {
				return fmt.Errorf("signals: %s, line %d: %w", name, n, err)
			}
		}
	}
	return nil
}

func (l *list) add(kind Kind, line string) error {
	if !slices.Contains(Kinds, kind) {
		return fmt.Errorf("%.40q is no kind of signal: %v", string(kind), Kinds)
	}
	p := &phrase{kind: kind}
	line = strings.ToLower(strings.TrimSpace(line))
	for strings.HasPrefix(line, "~") || strings.HasPrefix(line, "!") {
		p.hint, p.always = p.hint || line[0] == '~', p.always || line[0] == '!'
		line = strings.TrimSpace(line[1:])
	}
	for _, field := range strings.Fields(line) {
		p.parts = append(p.parts, parsePart(field))
	}
	if len(p.parts) == 0 || len(p.parts) > maxParts {
		return fmt.Errorf("a phrase has 1 to %d words", maxParts)
	}
	if p.parts[0].gap || p.parts[0].maybe || p.parts[len(p.parts)-1].gap {
		return errors.New("a phrase begins with a word that must be there, and ends with a word")
	}
	for _, part := range p.parts {
		for _, s := range append(slices.Clone(part.stems), part.words...) {
			if words := split(s); len(words) != 1 || words[0].plain != s {
				return fmt.Errorf("%.40q is no word", s)
			}
		}
		for _, s := range part.stems {
			if utf8.RuneCountInString(s) < stemKey {
				return fmt.Errorf("%.40q* is too short", s)
			}
		}
	}
	for _, w := range p.parts[0].words {
		l.first[w] = append(l.first[w], p)
	}
	for _, s := range p.parts[0].stems {
		l.prefix[s[:stemKey]] = append(l.prefix[s[:stemKey]], p)
	}
	return nil
}

func parsePart(field string) (p part) {
	if field == "…" || field == "..." {
		return part{gap: true}
	}
	if inner, ok := strings.CutPrefix(field, "("); ok {
		p.maybe, field = true, strings.TrimSuffix(inner, ")")
	}
	for w := range strings.SplitSeq(field, "/") {
		if stem, ok := strings.CutSuffix(w, "*"); ok {
			p.stems = append(p.stems, stem)
		} else {
			p.words = append(p.words, w)
		}
	}
	return p
}

func (p part) fits(w string) bool {
	return slices.Contains(p.words, w) || slices.ContainsFunc(p.stems, func(s string) bool { return strings.HasPrefix(w, s) })
}

// find counts the phrases that stand in a text.
func (l *list) find(words []word, found map[Kind]*tally) {
	for i, w := range words {
		for _, p := range l.first[w.plain] {
			l.try(p, words, i, found)
		}
		if len(w.plain) < stemKey {
			continue
		}
		for _, p := range l.prefix[w.plain[:stemKey]] {
			if p.parts[0].fits(w.plain) && !slices.Contains(p.parts[0].words, w.plain) {
				l.try(p, words, i, found)
			}
		}
	}
}

func (l *list) try(p *phrase, words []word, i int, found map[Kind]*tally) {
	end := match(p.parts[1:], words, i+1)
	if end < 0 || !p.always && l.denied(words, i) {
		return
	}
	weight := 2
	if p.hint {
		weight = 1
	}
	var said []string
	for _, w := range words[i:end] {
		said = append(said, w.said)
	}
	count(found, p.kind, weight, strings.Join(said, " "))
}

// match gives where the words end that fit the parts, or -1. A phrase stays within a sentence.
func match(parts []part, words []word, i int) int {
	if len(parts) == 0 {
		return i
	}
	if i > 0 && words[i-1].ends && !parts[0].maybe {
		return -1
	}
	p := parts[0]
	if p.gap {
		for skip := 0; skip <= maxGap && i+skip < len(words); skip++ {
			if end := match(parts[1:], words, i+skip); end >= 0 {
				return end
			}
			if words[i+skip].ends {
				break
			}
		}
		return -1
	}
	if i < len(words) && !(i > 0 && words[i-1].ends) && p.fits(words[i].plain) {
		if end := match(parts[1:], words, i+1); end >= 0 {
			return end
		}
	}
	if p.maybe {
		return match(parts[1:], words, i)
	}
	return -1
}

// denied says that a negation stands shortly before, in the same sentence.
func (l *list) denied(words []word, i int) bool {
	for back := 1; back <= reach && i-back >= 0; back++ {
		w := words[i-back]
		if w.ends {
			return false
		}
		if l.negation[w.plain] || strings.HasSuffix(w.plain, "n't") && l.negation["not"] {
			return true
		}
	}
	return false
}
