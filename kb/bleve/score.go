package bleve

import (
	index "github.com/blevesearch/bleve_index_api"

	"tierline/kb"
)

// score adds up what each word says for each article that holds it, sentence by sentence: in a long
// mail, what is asked stands together in one of them, and the rest is told around it.
func (s *search) score() error {
	var best, now float64
	s.terms = map[string]int{}
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
