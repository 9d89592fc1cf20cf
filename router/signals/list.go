package signals

import (
	"errors"
	"fmt"
	"iter"
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
// and before it ~ makes it a hint, of which it takes two, ! lets it count even where it is denied ("not
// urgent" is no urgency), and - makes it words that are no such signal, whatever else is found among them
// ("emergency button"). A line [kind] begins the phrases of a kind or of several, [not] the words that
// deny, # a comment. Words between quotation marks are somebody else's, or a name, and begin no phrase.
type list struct {
	first    map[string][]*phrase // by their first word
	prefix   map[string][]*phrase // those whose first word is abc*, by its first stemKey bytes
	negation map[string]bool
}

type phrase struct {
	kind   Kind
	hint   bool
	always bool
	except bool // what stands in it is no signal
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
	maxGaps  = 3 // in a phrase: each is tried at four lengths
	stemKey  = 3 // bytes; a stem has so many letters at least
)

func newList() *list {
	return &list{first: map[string][]*phrase{}, prefix: map[string][]*phrase{}, negation: map[string]bool{}}
}

func (l *list) read(name, text string) error {
	var kinds []string
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			kinds = strings.Fields(strings.Trim(line, "[]"))
		case slices.Equal(kinds, []string{"not"}):
			for _, w := range spelled(strings.Fields(line), false) {
				l.negation[w] = true
			}
		default:
			for _, kind := range kinds {
				if err := l.add(Kind(kind), line); err != nil {
					return fmt.Errorf("signals: %s, line %d: %w", name, n, err)
				}
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
	for line != "" && strings.IndexByte("~!-", line[0]) >= 0 {
		p.hint, p.always, p.except = p.hint || line[0] == '~', p.always || line[0] == '!', p.except || line[0] == '-'
		line = strings.TrimSpace(line[1:])
	}
	fields := strings.Fields(line)
	for _, field := range fields {
		part := parsePart(field)
		part.words, part.stems = spelled(part.words, len(fields) > 1), spelled(part.stems, true)
		p.parts = append(p.parts, part)
	}
	if len(p.parts) == 0 || len(p.parts) > maxParts {
		return fmt.Errorf("a phrase has 1 to %d words", maxParts)
	}
	if p.parts[0].gap || p.parts[0].maybe || p.parts[len(p.parts)-1].gap {
		return errors.New("a phrase begins with a word that must be there, and ends with a word")
	}
	gaps := 0
	for _, part := range p.parts {
		if part.gap {
			gaps++
		}
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
	if gaps > maxGaps {
		return fmt.Errorf("a phrase has at most %d gaps", maxGaps)
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

// umlauts and bare are the ways in which words are typed where the keyboard has no such letters.
var (
	umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")
	bare    = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "à", "a", "â", "a", "ç", "c", "é", "e", "è", "e", "ê", "e", "ë", "e",
		"î", "i", "ï", "i", "ô", "o", "œ", "oe", "ù", "u", "û", "u")
)

// spelled adds to words how else they are typed: unverschämt, unverschaemt, unverschamt. A short word that stands for
// itself is not known without its accents: "ou" is not "où".
func spelled(words []string, short bool) []string {
	out := slices.Clone(words)
	for _, w := range words {
		others := []string{umlauts.Replace(w)}
		if short || utf8.RuneCountInString(w) > 3 {
			others = append(others, bare.Replace(w))
		}
		for _, other := range others {
			if !slices.Contains(out, other) {
				out = append(out, other)
			}
		}
	}
	return out
}

func (p part) fits(w string) bool {
	return slices.Contains(p.words, w) || slices.ContainsFunc(p.stems, func(s string) bool { return strings.HasPrefix(w, s) })
}

// hit is a phrase that stands in a text, at the words from begin to before end.
type hit struct {
	*phrase
	begin, end int
}

// find counts the phrases that stand in a text.
func (l *list) find(words []word, found map[Kind]*tally) {
	var hits []hit
	except := map[Kind][]bool{} // by word
	for i := range words {
		for p := range l.beginning(words[i].plain) {
			end := match(p.parts[1:], words, i+1)
			switch {
			case end < 0:
			case p.except:
				if except[p.kind] == nil {
					except[p.kind] = make([]bool, len(words))
				}
				for at := i; at < end; at++ {
					except[p.kind][at] = true
				}
			case !words[i].quoted && (p.always || !l.denied(p, words, i, end)):
				hits = append(hits, hit{p, i, end})
			}
		}
	}
	for _, h := range hits {
		if not := except[h.kind]; not != nil && slices.Contains(not[h.begin:h.end], true) {
			continue
		}
		weight := 2
		if h.hint {
			weight = 1
		}
		var said []string
		for _, w := range words[h.begin:h.end] {
			said = append(said, w.said)
		}
		count(found, h.kind, weight, strings.Join(said, " "))
	}
}

// beginning gives the phrases that a word can begin.
func (l *list) beginning(w string) iter.Seq[*phrase] {
	return func(yield func(*phrase) bool) {
		for _, p := range l.first[w] {
			if !yield(p) {
				return
			}
		}
		if len(w) < stemKey {
			return
		}
		for _, p := range l.prefix[w[:stemKey]] {
			if p.parts[0].fits(w) && !slices.Contains(p.parts[0].words, w) && !yield(p) {
				return
			}
		}
	}
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

// denied says that a negation stands shortly before a phrase, in the same sentence, or in a gap of it.
func (l *list) denied(p *phrase, words []word, begin, end int) bool {
	for back := 1; back <= reach && begin-back >= 0; back++ {
		w := words[begin-back]
		if w.ends {
			break
		}
		if l.denies(w) {
			return true
		}
	}
	return slices.ContainsFunc(words[begin+1:end], func(w word) bool {
		return l.denies(w) && !slices.ContainsFunc(p.parts, func(p part) bool { return p.fits(w.plain) })
	})
}

func (l *list) denies(w word) bool {
	return l.negation[w.plain] || strings.HasSuffix(w.plain, "n't") && l.negation["not"]
}
