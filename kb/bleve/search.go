package bleve

import (
	"context"
	"fmt"
	"math"

	index "github.com/blevesearch/bleve_index_api"

	"tierline/kb"
	"tierline/ticket"
)

// BM25's constants. A higher k1 than the usual 1.2 suits articles, which repeat what they are about.
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
	kept := e.cache.Load() // before the reader: what an older one looks up goes where nobody looks
	r, err := e.ix.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s := search{ctx: ctx, r: r, q: q, avg: math.Float64frombits(e.average.Load()), cache: kept}
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

	cache *cache

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
}
