package bleve

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"tierline/kb"
)

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
		if i, ok := s.terms[term]; ok {
			all += s.words[i].idf
			common[s.words[i].sentence] += s.words[i].idf
			continue
		}
		n, err := s.count(fieldWords, term)
		if err != nil {
			return 0, err
		}
		all += s.idf(float64(n))
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
	if m.meta, ok = s.cache.meta(m.id); !ok {
		doc, err := s.r.Document(m.id)
		if err != nil || doc == nil {
			return m, false, err
		}
		doc.VisitFields(func(f index.Field) {
			if f.Name() == fieldMeta {
				err = json.Unmarshal(f.Value(), &m.meta)
			}
		})
		if err != nil {
			return m, false, err
		}
		s.cache.setMeta(m.id, m.meta)
	}
	hidden := s.q.Public && m.Internal || s.q.Brand != "" && m.Brand != "" && m.Brand != s.q.Brand
	return m, !hidden, nil
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
