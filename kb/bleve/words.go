package bleve

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	index "github.com/blevesearch/bleve_index_api"

	"tierline/kb"
)

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
		if df, err = s.split(&w); err == nil && df == 0 {
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

// count is in how many articles a term stands.
func (s *search) count(field, term string) (uint64, error) {
	if n, ok := s.cache.count(field + term); ok {
		return n, nil
	}
	tfr, err := s.r.TermFieldReader(s.ctx, []byte(term), field, false, false, false)
	if err != nil {
		return 0, err
	}
	n := tfr.Count()
	s.cache.setCount(field+term, n)
	return n, tfr.Close()
}

// split takes an unknown word for a compound of two known ones, or of pieces of known compounds.
func (s *search) split(w *word) (float64, error) {
	if len(w.Text) < minCompound {
		return 0, nil
	}
	text := umlauts(w.Text)
	for i := len(text) - minPart; i >= minPart; i-- {
		tail, n, err := s.piece(text[i:])
		if err != nil || n == 0 {
			if err != nil {
				return 0, err
			}
			continue
		}
		head, m, err := s.piece(strings.TrimSuffix(text[:i], "s"))
		if err != nil {
			return 0, err
		}
		if m > 0 {
			w.variants = append(w.variants, head, tail)
			return float64(min(n, m)), nil
		}
	}
	return 0, nil
}

// piece looks a part of a compound up.
func (s *search) piece(text string) (variant, uint64, error) {
	term := stemDE(text)
	if len(term) < minPart-1 {
		return variant{}, 0, nil
	}
	for _, field := range []string{fieldWords, fieldParts} {
		if n, err := s.count(field, term); err != nil || n > 0 {
			return variant{term, field, partBoost}, n, err
		}
	}
	return variant{}, 0, nil
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
