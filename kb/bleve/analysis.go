package bleve

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"

	"tierline/kb"
)

// One field holds the words of an article, stemmed in its language. How often a word of the title
// and of the keywords counts is BM25F done when indexing: they are simply counted more than once.
const (
	titleWeight   = 4
	keywordWeight = 2
	modelWeight   = 2
)

// stemmer brings a folded word to its stem.
type stemmer func(string) string

func stemmerOf(language string) stemmer {
	switch language {
	case "en":
		return stemEN
	case "de":
		return stemDE
	case "fr":
		return stemFR
	}
	return func(w string) string { return w }
}

func stemEN(w string) string {
	env := snowballstem.NewEnv(w)
	english.Stem(env)
	return env.Current()
}

// stemDE takes ae, oe and ue for what is left of ä, ö and ü when the accents are gone, and brings
// tropft, tropfend and tropfen together, which Snowball does not.
func stemDE(w string) string {
	env := snowballstem.NewEnv(umlauts(w))
	german.Stem(env)
	s := env.Current()
	if len(s) > 5 {
		s = strings.TrimSuffix(s, "end")
	}
	if len(s) > 5 && strings.HasSuffix(s, "t") {
		s = strings.TrimSuffix(s[:len(s)-1], "er")
	}
	return s
}

// stemFR works on words without accents, so that it takes é off by itself, and brings nettoyage and
// nettoyer together.
func stemFR(w string) string {
	w = strings.TrimSuffix(w, "s")
	if strings.HasSuffix(w, "ee") {
		w = w[:len(w)-1]
	}
	env := snowballstem.NewEnv(w)
	french.Stem(env)
	s := env.Current()
	if len(s) > 6 {
		s = strings.TrimSuffix(s, "ag")
	}
	if strings.HasSuffix(s, "y") {
		s = s[:len(s)-1] + "i"
	}
	return s
}

// umlauts writes ae, oe and ue as a, o and u, save where they are no umlaut: behind a vowel or a q
// (neue, quer).
func umlauts(w string) string {
	if !strings.Contains(w, "e") {
		return w
	}
	out := make([]byte, 0, len(w))
	for i := 0; i < len(w); i++ {
		if w[i] == 'e' && i > 0 && strings.IndexByte("aou", w[i-1]) >= 0 &&
			(i < 2 || strings.IndexByte("aeiouyq", w[i-2]) < 0) {
			continue
		}
		out = append(out, w[i])
	}
	return string(out)
}

// terms counts the index terms of an article.
type terms struct {
	stem   stemmer
	german bool
	freq   map[string]int
	parts  map[string]bool // pieces of German compounds
	length int
}

func (t *terms) add(text string, weight int) {
	for _, tok := range kb.Tokens(text) {
		if kb.IsStop(tok.Text) {
			continue
		}
		t.word(tok.Text, tok.Code, weight)
		for _, p := range tok.Parts {
			t.word(p, tok.Code, weight)
		}
		t.length += weight
	}
}

func (t *terms) word(w string, code bool, weight int) {
	if code {
		t.freq[w] += weight
		return
	}
	s := t.stem(w)
	t.freq[s] += weight
	if t.german {
		t.compound(s)
	}
}

// Pieces of a compound are at least minPart letters, and so is what is left of it.
const (
	minCompound = 9
	minPart     = 4
	minRest     = 3
)

// compound keeps every beginning and end of a long German word, so that its parts are found by
// themselves: Stecker finds Kühlschrankstecker.
func (t *terms) compound(s string) {
	if len(s) < minCompound {
		return
	}
	for i := minPart; i <= len(s)-minRest; i++ {
		t.parts[s[:i]] = true
	}
	for i := minRest; i <= len(s)-minPart; i++ {
		t.parts[s[i:]] = true
	}
}

// words are the term frequencies in the shape in which bleve indexes them.
func (t *terms) words() index.TokenFrequencies {
	f := make(index.TokenFrequencies, len(t.freq))
	for w, n := range t.freq {
		tf := &index.TokenFreq{Term: []byte(w)}
		tf.SetFrequency(n)
		f[w] = tf
	}
	return f
}

func (t *terms) pieces() index.TokenFrequencies {
	f := make(index.TokenFrequencies, len(t.parts))
	for w := range t.parts {
		tf := &index.TokenFreq{Term: []byte(w)}
		tf.SetFrequency(1)
		f[w] = tf
	}
	return f
}

// field is a field whose words are known already.
type field struct {
	name    string
	value   []byte // stored, not indexed, when it is not nil
	words   index.TokenFrequencies
	length  int
	options index.FieldIndexingOptions
}

func (f *field) Name() string                                     { return f.name }
func (f *field) Value() []byte                                    { return f.value }
func (f *field) ArrayPositions() []uint64                         { return nil }
func (f *field) EncodedFieldType() byte                           { return 't' }
func (f *field) Analyze()                                         {}
func (f *field) Options() index.FieldIndexingOptions              { return f.options }
func (f *field) AnalyzedLength() int                              { return f.length }
func (f *field) AnalyzedTokenFrequencies() index.TokenFrequencies { return f.words }
func (f *field) NumPlainTextBytes() uint64                        { return uint64(len(f.value)) }

// Size is roughly what the field takes in memory, in bytes.
func (f *field) Size() int {
	n := 200 + len(f.value)
	for w := range f.words {
		n += 120 + 2*len(w)
	}
	return n
}

// The fields of an indexed article.
const (
	fieldWords = "w" // all its words
	fieldParts = "p" // pieces of German compounds
	fieldMeta  = "m" // what a hit tells, as JSON
)

// meta is what is kept of an article beside its words.
type meta struct {
	Title    string   `json:"t"`
	Language string   `json:"l,omitempty"`
	Internal bool     `json:"i,omitempty"`
	Brand    string   `json:"b,omitempty"`
	Models   []string `json:"m,omitempty"`
	Words    []string `json:"w,omitempty"` // the stems of the title
}

// document is an article as it is indexed, and how many words it has.
func newDocument(a kb.Article) (*document.Document, int, error) {
	m := &meta{Title: a.Title, Language: a.Language, Internal: a.Audience != kb.External, Brand: a.Brand, Models: a.Models}
	if m.Language == "" {
		m.Language = kb.GuessLanguage(a.Title + "\n" + a.Body)
	}
	t := terms{stem: stemmerOf(m.Language), german: m.Language == "de", freq: map[string]int{}, parts: map[string]bool{}}
	t.add(a.Title, titleWeight)
	m.Words = slices.Sorted(maps.Keys(t.freq))
	stored, err := json.Marshal(m)
	if err != nil {
		return nil, 0, err
	}
	t.add(a.Body, 1)
	t.add(a.Wording, 1)
	for _, w := range a.Keywords {
		t.add(w, keywordWeight)
	}
	for _, w := range a.Models {
		t.add(w, modelWeight)
	}
	for _, w := range a.Tags {
		t.add(w, 1)
	}
	d := document.NewDocument(a.ID)
	d.AddField(&field{name: fieldWords, words: t.words(), length: t.length, options: index.IndexField})
	if len(t.parts) > 0 {
		d.AddField(&field{name: fieldParts, words: t.pieces(), length: 1, options: index.IndexField})
	}
	d.AddField(&field{name: fieldMeta, value: stored, options: index.StoreField})
	return d, t.length, nil
}
