package alike

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"tierline/customer"
)

//go:embed words/stop.txt
var stopFile string

//go:embed words/concepts.txt
var conceptFile string

// Text is what is known of a ticket's matter.
type Text struct {
	Subject, Text string // what the customer wrote
	Models        []string
	Article       string   // that fits; "" is none
	Known         []string // serial numbers, orders, telephone numbers: each is of one customer, and tells nothing of a fault
	Organization  customer.OrganizationID
	Place         string // where the customer's things stand, when it is known
}

const (
	maxText  = 8_000 // bytes that are looked at
	maxWord  = 24    // runes; what is longer is no word
	stemSize = 6     // runes by which words are told apart: anmelden, Anmeldung
)

// Terms are what a ticket is about: "w:" words, "c:" concepts that are the same in English, German and
// French, "e:" error codes, "m:" models, "a:" an article, "o:" an organization, "p:" a place. They are
// sorted, each once, and none has a blank.
func Terms(t Text) []string {
	set := map[string]bool{}
	add := func(kind, v string) {
		v = strings.Join(strings.Fields(strings.ToLower(v)), "_")
		if v != "" && len(v) < 100 && len(set) < MaxTerms {
			set[kind+v] = true
		}
	}
	for _, m := range t.Models[:min(len(t.Models), 5)] {
		add("m:", m)
	}
	add("a:", t.Article)
	add("p:", t.Place)
	if t.Organization != 0 {
		add("o:", strconv.FormatInt(int64(t.Organization), 10))
	}
	text := t.Subject + "\n" + body(t.Text)
	text = strings.ToValidUTF8(text[:min(len(text), maxText)], " ")
	for _, k := range t.Known {
		if k != "" {
			text = strings.ReplaceAll(text, k, " ")
		}
	}
	for _, c := range codes(text) {
		add("e:", c)
	}
	for w := range strings.FieldsFuncSeq(fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if c := tables.concept(w); c != "" {
			add("c:", c)
		} else if s := stem(w); s != "" {
			add("w:", s)
		}
	}
	list := make([]string, 0, len(set))
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// stem is the beginning of a word that tells something; "" for one that tells nothing.
func stem(w string) string {
	if tables.stop[w] || strings.ContainsFunc(w, unicode.IsDigit) {
		return ""
	}
	r := []rune(w)
	for len(r) > 4 && (r[len(r)-1] == 's' || r[len(r)-1] == 'e' || r[len(r)-1] == 'n') {
		r = r[:len(r)-1]
	}
	if len(r) < 3 || len(r) > maxWord || tables.stop[string(r)] {
		return ""
	}
	return string(r[:min(len(r), stemSize)])
}

var folding = strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss", "à", "a", "â", "a", "á", "a", "é", "e", "è", "e", "ê", "e", "ë", "e",
	"î", "i", "ï", "i", "í", "i", "ô", "o", "ó", "o", "ù", "u", "û", "u", "ú", "u", "ç", "c", "ñ", "n", "œ", "oe", "’", " ", "'", " ")

func fold(s string) string { return folding.Replace(strings.ToLower(s)) }

// code is what looks like an error code: E42, ERR-1007, 0x80070005, or a number behind the word.
var (
	code   = regexp.MustCompile(`\b(?:[A-Z]{1,5}[-_ ]?\d{1,6}|0[xX][0-9A-Fa-f]{3,8})\b`)
	number = regexp.MustCompile(`(?i)\b(?:error|err|code|http|status|fehler(?:code|meldung|nummer)?|erreur)\s*(?:code|nr\.?|no\.?|n°|#|:)?\s*(\d{2,6})\b`)
	ours   = regexp.MustCompile(`^[TI]-?\d+$`) // numbers of tickets and incidents
)

func codes(text string) (list []string) {
	for _, c := range code.FindAllString(text, 10) {
		if c = strings.NewReplacer("-", "", "_", "", " ", "").Replace(c); !ours.MatchString(c) {
			list = append(list, c)
		}
	}
	for _, m := range number.FindAllStringSubmatch(text, 10) {
		list = append(list, m[1])
	}
	return list
}

// closing begins what is signature; greeting is a line that only greets.
var (
	closing = regexp.MustCompile(`(?i)^\s*(?:--\s*$|(?:kind|best|warm|many)? ?regards\b|best wishes|sincerely|cheers\b|yours\b|sent from my|` +
		`mit (?:freundlich|best|herzlich)\w* gr|freundliche gr|viele gr|beste gr|herzliche gr|liebe gr|vg\b|lg\b|mfg\b|gesendet von|von meinem .* gesendet|` +
		`cordialement|bien cordialement|salutations|(?:meilleures|sincères) salutations|bien à vous|envoyé de)`)
	greeting = regexp.MustCompile(`(?i)^\s*(?:hello|hi|hey|dear|good (?:morning|afternoon|evening|day)|to whom it|sehr geehrte|liebe[sr]?|hallo|guten (?:tag|morgen|abend)|` +
		`moin|servus|gr(?:ü|ue)(?:ß|ss) gott|bonjour|bonsoir|madame|monsieur|cher|chère|salut)\b[^.!?]{0,60}$`)
)

// body is a text without its greeting, its signature and what it quotes.
func body(text string) string {
	var keep []string
	for line := range strings.Lines(text[:min(len(text), maxText)]) {
		line = strings.TrimSpace(line)
		if closing.MatchString(line) && len(keep) > 0 {
			break
		}
		if line == "" || line[0] == '>' || len(keep) == 0 && greeting.MatchString(strings.TrimRight(line, ",!. ")) {
			continue
		}
		keep = append(keep, line)
	}
	return strings.Join(keep, "\n")
}

// table is what is read from the lists.
type table struct {
	stop     map[string]bool
	exact    map[string]string // a word, and its concept
	prefixes map[string]string
}

var tables = readTables(stopFile, conceptFile)

const minPrefix, maxPrefix = 3, 14 // bytes

// readTables reads the lists. A line of concepts is a name, a colon and words; with a star a word is the
// beginning of words. What stands in them is folded: without accents.
func readTables(stop, concepts string) table {
	t := table{stop: map[string]bool{}, exact: map[string]string{}, prefixes: map[string]string{}}
	for line := range strings.Lines(stop) {
		if !strings.HasPrefix(line, "#") {
			for w := range strings.FieldsSeq(fold(line)) {
				t.stop[w] = true
			}
		}
	}
	for line := range strings.Lines(concepts) {
		name, words, ok := strings.Cut(line, ":")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		for w := range strings.FieldsSeq(fold(words)) {
			if p, star := strings.CutSuffix(w, "*"); star {
				t.prefixes[p] = name
			} else {
				t.exact[w] = name
			}
		}
	}
	return t
}

// concept is the one of a word; the longest beginning counts.
func (t table) concept(w string) string {
	if c := t.exact[w]; c != "" {
		return c
	}
	for n := min(len(w), maxPrefix); n >= minPrefix; n-- {
		if c := t.prefixes[w[:n]]; c != "" {
			return c
		}
	}
	return ""
}

// Words are terms as people read them: words as they stand in one of the texts.
func Words(terms, texts []string) (words []string) {
	for _, t := range terms {
		kind, v, _ := strings.Cut(t, ":")
		switch kind {
		case "w", "c":
			v = spelt(t, texts)
		case "e":
			v = strings.ToUpper(v)
		case "m":
			v = strings.ReplaceAll(v, "_", " ")
		default:
			continue
		}
		if v != "" && !slices.Contains(words, v) {
			words = append(words, v)
		}
	}
	return words
}

// spelt finds how a term is written.
func spelt(term string, texts []string) string {
	for _, text := range texts {
		for w := range strings.FieldsFuncSeq(text[:min(len(text), maxText)], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			f := fold(w)
			if c := tables.concept(f); c != "" && "c:"+c == term || c == "" && "w:"+stem(f) == term {
				return strings.ToLower(w)
			}
		}
	}
	return strings.TrimPrefix(strings.TrimPrefix(term, "c:"), "w:")
}
