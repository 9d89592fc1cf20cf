package bleve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"tierline/kb"
	"tierline/ticket"
)

// BM25's usual constants.
const (
	k1 = 2.0
	b  = 0.75
)

// Limits of one question.
const (
	maxText    = 20_000 // bytes of a question that are looked at
	maxWords   = 32     // words that are asked for: the rarest
	maxGuess   = 6      // unknown words for which similar ones are looked up
	maxSimilar = 5      // terms that stand for a mistyped word
	minRanked  = 30     // candidates whose titles are compared
	maxLook    = 2_000  // candidates that filters may turn away before the search ends
)

// variant is an index term that stands for a word of the question.
type variant struct {
	term  string
	field string
	boost float64
}

// word is a word of the question.
type word struct {
	kb.Token
	sentence int // the first that has it
	idf      float64
	variants []variant
}

// Search finds candidates. An empty question finds nothing.
func (e *Engine) Search(ctx context.Context, q kb.Question) (hits []kb.Hit, err error) {
	if err := ctx.Err(); err != nil {
		return nil, ticket.E("bleve.Search", ticket.Transient, err)
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.ix == nil {
		return nil, closed("bleve.Search")
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged index: %v", p)
		}
		if err != nil {
			hits, err = nil, e.failed(ctx, err)
		}
	}()
	r, err := e.ix.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := search{ctx: ctx, r: r, q: q, avg: math.Float64frombits(e.average.Load())}
	n, err := r.DocCount()
	if err != nil || n == 0 {
		return nil, err
	}
	s.docs = float64(n)
	if err := s.analyse(); err != nil {
		return nil, err
	}
	if err := s.score(); err != nil {
		return nil, err
	}
	return s.top()
}

// failed tells a question that ran out of time from an index that cannot be read, which the next
// Cursor empties.
func (e *Engine) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ticket.E("bleve.Search", ticket.Transient, err)
	}
	e.broken.Store(true)
	return &ticket.Error{Op: "bleve.Search", Kind: ticket.Transient, Public: "The search index is damaged and is built again.", Err: err}
}

// search is one question being answered.
type search struct {
	ctx   context.Context
	r     index.IndexReader
	q     kb.Question
	docs  float64 // articles in the index
	avg   float64 // words of an average one
	words []word

	// By document number:
	now     []float32 // what the sentence at hand says for it
	best    []float32 // what its best sentence does
	total   []float32 // all sentences
	matched []uint32  // bits of the words it holds
	active  []uint32  // documents with something in now
	touched []uint32  // documents with a score
	highest float64   // what a document could reach

	sentences [kb.MaxSentences]float64 // the weight of each
	terms     map[string]int           // index terms to the words that they stand for
	others    map[string]float64       // weights of other terms that were looked up
}

// analyse takes the question apart into the words that tell most, with what stands for them.
func (s *search) analyse() error {
	text := s.q.Text
	if len(text) > maxText {
		text = text[:maxText]
	}
	stems := s.stemmers(text)
	seen := map[string]bool{}
	guesses := 0
	for i, sentence := range kb.Sentences(text) {
		for _, t := range kb.Tokens(sentence) {
			if seen[t.Text] || kb.IsStop(t.Text) {
				continue
			}
			seen[t.Text] = true
			words, err := s.look(t, stems, &guesses)
			if err != nil {
				return err
			}
			for _, w := range words {
				if w.Text == t.Text || !seen[w.Text] {
					seen[w.Text] = true
					w.sentence = i
					s.words = append(s.words, w)
				}
			}
		}
	}
	if len(s.words) > maxWords {
		slices.SortStableFunc(s.words, func(a, b word) int { return cmp.Compare(b.rank(), a.rank()) })
		s.words = s.words[:maxWords]
		slices.SortStableFunc(s.words, func(a, b word) int { return cmp.Compare(a.sentence, b.sentence) })
	}
	return nil
}

// rank orders words for the choice of those that are asked for: rare before common, but those that
// nothing holds last.
func (w word) rank() float64 {
	if len(w.variants) == 0 {
		return 0
	}
	return w.idf
}

// stemmers are those of the question's language first, then the others.
func (s *search) stemmers(text string) []stemmer {
	language := s.q.Language
	if language == "" {
		language = kb.GuessLanguage(text)
	}
	order := []stemmer{stemmerOf("")}
	for _, l := range []string{"en", "de", "fr"} {
		if l == language {
			order = slices.Insert(order, 0, stemmerOf(l))
		} else {
			order = append(order, stemmerOf(l))
		}
	}
	return order
}

// look finds out what stands for a word in the index; a compound may come back as its parts.
func (s *search) look(t kb.Token, stems []stemmer, guesses *int) ([]word, error) {
	w := word{Token: t}
	df, err := s.known(&w, stems)
	if err != nil {
		return nil, err
	}
	if df == 0 && len(t.Parts) > 0 {
		var all []word
		for _, p := range t.Parts {
			more, err := s.look(kb.Token{Text: p, Raw: p, Code: t.Code && strings.ContainsAny(p, "0123456789")}, stems, guesses)
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
		return all, nil
	}
	if df == 0 && !t.Code && *guesses < maxGuess {
		*guesses++
		if df, err = s.split(&w, stems); err == nil && df == 0 {
			df, err = s.similar(&w, stems)
		}
		if err != nil {
			return nil, err
		}
	}
	w.idf = s.idf(df)
	if df == 0 {
		w.idf *= unknownWeight
	} else if t.Code {
		w.idf *= codeWeight
	}
	return []word{w}, nil
}

func (s *search) known(w *word, stems []stemmer) (float64, error) {
	var most uint64
	for _, stem := range stems {
		term := w.Text
		if !w.Code {
			term = stem(term)
		}
		if slices.ContainsFunc(w.variants, func(v variant) bool { return v.term == term }) {
			continue
		}
		n, err := s.count(fieldWords, term)
		if err != nil {
			return 0, err
		}
		if n > 0 {
			w.variants = append(w.variants, variant{term, fieldWords, 1})
		}
		most = max(most, n)
		if w.Code {
			break
		}
	}
	if w.Code || len(w.Text) < minPart {
		return float64(most), nil
	}
	part := stemDE(w.Text) // as a piece of a German compound
	n, err := s.count(fieldParts, part)
	if n > 0 {
		w.variants = append(w.variants, variant{part, fieldParts, partBoost})
		most = max(most, n)
	}
	return float64(most), err
}

// What moves the weight of a word, and of what stands for it. Calibrated by TestQuality.
const (
	unknownWeight = 0.8 // no article has it: it cannot be found, but tells that something is missing
	codeWeight    = 2.0 // an error code or a model says more than its rarity does
	restWeight    = 0.2 // what all sentences but an article's best one count
	leastWeight   = 0.7 // of the weightiest sentence: a share of less is not taken for a whole one
	partBoost     = 0.5
	similarBoost  = 0.7
	titleShare    = 0.25 // what the likeness of title and question counts
)

func (s *search) count(field, term string) (uint64, error) {
	tfr, err := s.r.TermFieldReader(s.ctx, []byte(term), field, false, false, false)
	if err != nil {
		return 0, err
	}
	n := tfr.Count()
	return n, tfr.Close()
}

// split takes an unknown word for a compound of two known ones.
func (s *search) split(w *word, stems []stemmer) (float64, error) {
	if len(w.Text) < minCompound {
		return 0, nil
	}
	text := umlauts(w.Text)
	for i := len(text) - minPart; i >= minPart; i-- {
		head, tail := stemDE(strings.TrimSuffix(text[:i], "s")), stemDE(text[i:])
		n, err := s.count(fieldWords, tail)
		if err != nil || n == 0 {
			if err != nil {
				return 0, err
			}
			continue
		}
		m, err := s.count(fieldWords, head)
		if err != nil {
			return 0, err
		}
		if m > 0 {
			w.variants = append(w.variants, variant{head, fieldWords, partBoost}, variant{tail, fieldWords, partBoost})
			return float64(min(n, m)), nil
		}
	}
	return 0, nil
}

// similar takes an unknown word for a mistyped known one.
func (s *search) similar(w *word, stems []stemmer) (float64, error) {
	if len(w.Text) < 4 {
		return 0, nil
	}
	if df, err := s.swapped(w, stems); err != nil || df > 0 {
		return df, err
	}
	tried := map[string]bool{}
	for _, stem := range stems {
		term := stem(w.Text)
		if tried[term] {
			continue
		}
		tried[term] = true
		if df, err := s.near(w, term); err != nil || df > 0 {
			return df, err
		}
	}
	return s.begun(w, stems[0](w.Text))
}

// swapped takes two letters that changed places for what they were: the library's distance counts
// that as two mistakes.
func (s *search) swapped(w *word, stems []stemmer) (float64, error) {
	text := []byte(w.Text)
	for i := 1; i+1 < len(text); i++ {
		text[i], text[i+1] = text[i+1], text[i]
		for _, stem := range stems {
			term := stem(string(text))
			n, err := s.count(fieldWords, term)
			if err != nil {
				return 0, err
			}
			if n > 0 {
				w.variants = append(w.variants, variant{term, fieldWords, similarBoost})
				return float64(n), nil
			}
		}
		text[i], text[i+1] = text[i+1], text[i]
	}
	return 0, nil
}

// near looks up terms that differ by a letter, or by two in a long word.
func (s *search) near(w *word, term string) (float64, error) {
	fuzzy, ok := s.r.(index.IndexReaderFuzzy)
	if !ok || len(term) < 3 {
		return 0, nil
	}
	distance := 1
	if len(term) >= 8 {
		distance = 2
	}
	_, first := utf8.DecodeRuneInString(term)
	dict, err := fuzzy.FieldDictFuzzy(fieldWords, term, distance, term[:first])
	if err != nil {
		return 0, err
	}
	defer dict.Close()
	return s.take(w, dict)
}

// begun takes an unknown word for the beginning of a known one: corona of coronavirus.
func (s *search) begun(w *word, term string) (float64, error) {
	if len(term) < minPart {
		return 0, nil
	}
	dict, err := s.r.FieldDictPrefix(fieldWords, []byte(term))
	if err != nil {
		return 0, err
	}
	defer dict.Close()
	return s.take(w, dict)
}

// take makes the first terms of a dictionary stand for a word.
func (s *search) take(w *word, dict index.FieldDict) (float64, error) {
	var most uint64
	for len(w.variants) < maxSimilar {
		entry, err := dict.Next()
		if err != nil || entry == nil {
			return float64(most), err
		}
		n, err := s.count(fieldWords, entry.Term)
		if err != nil {
			return 0, err
		}
		w.variants = append(w.variants, variant{entry.Term, fieldWords, similarBoost})
		most = max(most, n)
	}
	return float64(most), nil
}

// score adds up what each word says for each article that holds it, sentence by sentence: in a long
// mail, what is asked stands together in one of them, and the rest is told around it.
func (s *search) score() error {
	var best, now float64
	s.terms, s.others = map[string]int{}, map[string]float64{}
	for i, w := range s.words {
		now += w.idf
		s.sentences[w.sentence] += w.idf
		for _, v := range w.variants {
			if v.field == fieldWords {
				s.terms[v.term] = i
			}
			if err := s.postings(i, v); err != nil {
				return err
			}
		}
		if i+1 == len(s.words) || s.words[i+1].sentence != w.sentence {
			s.endSentence()
			best, now = max(best, now), 0
		}
	}
	var top uint32
	var most, rest float32
	for _, n := range s.touched {
		r := restWeight * (s.total[n] - s.best[n])
		s.total[n] = s.best[n] + r
		if s.total[n] > most {
			top, most, rest = n, s.total[n], r
		}
	}
	if most > 0 {
		s.highest = max(s.sentences[s.closest(top)], leastWeight*best) + float64(rest)
	}
	return nil
}

// closest is the sentence of which a document holds most.
func (s *search) closest(n uint32) int {
	var held [kb.MaxSentences]float64
	most := 0
	for i, w := range s.words {
		if s.matched[n]&(1<<i) != 0 {
			held[w.sentence] += w.idf
			if held[w.sentence] > held[most] {
				most = w.sentence
			}
		}
	}
	return most
}

func (s *search) endSentence() {
	for _, n := range s.active {
		s.total[n] += s.now[n]
		s.best[n] = max(s.best[n], s.now[n])
		s.now[n] = 0
	}
	s.active = s.active[:0]
}

// postings adds one term's part. Where several variants stand for a word, the first that an article
// holds counts.
func (s *search) postings(i int, v variant) error {
	tfr, err := s.r.TermFieldReader(s.ctx, []byte(v.term), v.field, true, true, false)
	if err != nil {
		return err
	}
	defer tfr.Close()
	bit := uint32(1) << i
	weight := s.words[i].idf * v.boost
	var doc index.TermFieldDoc
	for {
		d, err := tfr.Next(doc.Reset())
		if err != nil || d == nil {
			return err
		}
		n := d.ID.Value()
		s.grow(n)
		if s.matched[n]&bit != 0 {
			continue
		}
		if s.matched[n] == 0 {
			s.touched = append(s.touched, uint32(n))
		}
		s.matched[n] |= bit
		if s.now[n] == 0 {
			s.active = append(s.active, uint32(n))
		}
		length := s.avg
		if v.field == fieldWords && d.Norm > 0 {
			length = 1 / (d.Norm * d.Norm)
		}
		f := float64(d.Freq)
		s.now[n] += float32(weight * f / (f + k1*(1-b+b*length/s.avg)))
	}
}

func (s *search) grow(n uint64) {
	if n < uint64(len(s.now)) {
		return
	}
	size := max(n+1, uint64(s.docs), uint64(2*len(s.now)))
	for _, list := range []*[]float32{&s.now, &s.best, &s.total} {
		*list = append(make([]float32, 0, size), *list...)[:size]
	}
	s.matched = append(make([]uint32, 0, size), s.matched...)[:size]
}

// top reads the candidates with the highest scores until there are enough that may be shown.
func (s *search) top() ([]kb.Hit, error) {
	limit := s.q.Limit
	if limit <= 0 {
		limit = 10
	}
	heap := scored{s.total, s.touched}
	heap.init()
	var hits []kb.Hit
	for range maxLook {
		n, ok := heap.pop()
		if !ok || len(hits) == max(limit, minRanked) {
			break
		}
		m, ok, err := s.read(n)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		hit := kb.Hit{ID: m.id, Title: m.Title, Language: m.Language, Internal: m.Internal, Models: m.Models, Words: s.asked(n)}
		title, err := s.title(m.Words)
		if err != nil {
			return nil, err
		}
		hit.Score = min(1, (1-titleShare)*float64(s.total[n])/s.highest+titleShare*title)
		hits = append(hits, hit)
	}
	slices.SortStableFunc(hits, func(a, b kb.Hit) int { return cmp.Compare(b.Score, a.Score) })
	return hits[:min(len(hits), limit)], nil
}

// title is how much a title and the sentence that is most like it have in common, by weight of the
// words, of all that the two have.
func (s *search) title(terms []string) (float64, error) {
	var all float64
	var common [kb.MaxSentences]float64
	for _, term := range terms {
		i, ok := s.terms[term]
		if ok {
			all += s.words[i].idf
			common[s.words[i].sentence] += s.words[i].idf
			continue
		}
		idf, ok := s.others[term]
		if !ok {
			n, err := s.count(fieldWords, term)
			if err != nil {
				return 0, err
			}
			idf = s.idf(float64(n))
			s.others[term] = idf
		}
		all += idf
	}
	var best float64
	for i, c := range common {
		if c > 0 {
			best = max(best, c/(all+s.sentences[i]-c))
		}
	}
	return best, nil
}

func (s *search) idf(df float64) float64 { return math.Log(1 + (s.docs-df+0.5)/(df+0.5)) }

// asked are the words of the question that a document holds.
func (s *search) asked(n uint32) []string {
	var words []string
	for i, w := range s.words {
		if s.matched[n]&(1<<i) != 0 {
			words = append(words, w.Raw)
		}
	}
	return words
}

// read gives one article's data, unless the question's filters turn it away.
func (s *search) read(n uint32) (m found, ok bool, err error) {
	if m.id, err = s.r.ExternalID(index.NewIndexInternalID(nil, uint64(n))); err != nil {
		return m, false, err
	}
	doc, err := s.r.Document(m.id)
	if err != nil || doc == nil {
		return m, false, err
	}
	doc.VisitFields(func(f index.Field) {
		if f.Name() == fieldMeta {
			err = json.Unmarshal(f.Value(), &m.meta)
		}
	})
	hidden := s.q.Public && m.Internal || s.q.Brand != "" && m.Brand != "" && m.Brand != s.q.Brand
	return m, err == nil && !hidden, err
}

type found struct {
	id string
	meta
}

// scored is a heap of documents, the highest score on top, ties in order of number.
type scored struct {
	scores []float32
	docs   []uint32
}

func (h *scored) less(i, j int) bool {
	a, b := h.docs[i], h.docs[j]
	return h.scores[a] > h.scores[b] || h.scores[a] == h.scores[b] && a < b
}

func (h *scored) init() {
	for i := len(h.docs)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h *scored) down(i int) {
	for {
		c := 2*i + 1
		if c >= len(h.docs) {
			return
		}
		if c+1 < len(h.docs) && h.less(c+1, c) {
			c++
		}
		if !h.less(c, i) {
			return
		}
		h.docs[i], h.docs[c] = h.docs[c], h.docs[i]
		i = c
	}
}

func (h *scored) pop() (uint32, bool) {
	if len(h.docs) == 0 {
		return 0, false
	}
	top, last := h.docs[0], len(h.docs)-1
	h.docs[0] = h.docs[last]
	h.docs = h.docs[:last]
	h.down(0)
	return top, true
}
