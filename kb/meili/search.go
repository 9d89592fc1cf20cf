package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"

	ms "github.com/meilisearch/meilisearch-go"

	"tierline/kb"
	"tierline/ticket"
)

// Limits of one question.
const (
	maxText   = 20_000 // bytes of a question that are looked at
	maxWords  = 32     // words that are asked for
	hitsAWord = 20     // more make answers slow, not better
	maxDocs   = 100    // candidates whose data are fetched
)

// What moves scores; kb/bleve has the same, and says how they were found.
const (
	fullWeight    = 0.65 // ranking scores are higher than shares of BM25: this makes them comparable
	unknownWeight = 0.8
	codeWeight    = 2.0
	restWeight    = 0.2
	leastWeight   = 0.7
)

// Search asks a word a query and adds up: inverse document frequency × ranking score. The document
// frequency is that of the word's own answer.
func (e *Engine) Search(ctx context.Context, q kb.Question) ([]kb.Hit, error) {
	words := choose(q.Text)
	if len(words) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, e.conf.Timeout)
	defer cancel()
	req := &ms.MultiSearchRequest{Queries: []*ms.SearchRequest{e.query("", q)}} // counts what may be shown
	req.Queries[0].Limit = 1
	for _, w := range words {
		text := w.Raw
		if w.Code || len(w.Parts) > 0 {
			text = `"` + text + `"` // all of it, in order
		}
		req.Queries = append(req.Queries, e.query(text, q))
	}
	res, err := e.client.MultiSearchWithContext(ctx, req)
	if isCode(err, "index_not_found") {
		return nil, nil // nothing has been indexed yet
	}
	if err != nil {
		return nil, failure("meili.Search", err)
	}
	if len(res.Results) != len(req.Queries) {
		return nil, ticket.Errorf("meili.Search", ticket.Transient, "The search server's answer is incomplete.")
	}
	found, err := add(words, res.Results)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	limit := q.Limit
	if limit <= 0 {
		limit = 10
	}
	return e.fetch(ctx, q, found[:min(len(found), limit, maxDocs)])
}

func (e *Engine) query(text string, q kb.Question) *ms.SearchRequest {
	var filter []string
	if q.Public {
		filter = append(filter, "internal = false")
	}
	if q.Brand != "" {
		filter = append(filter, `brand IN [`+quote(anyBrand)+`, `+quote(q.Brand)+`]`)
	}
	r := &ms.SearchRequest{IndexUID: e.index, Query: text, Limit: hitsAWord,
		AttributesToRetrieve: []string{"id"}, ShowRankingScore: true}
	if len(filter) > 0 {
		r.Filter = strings.Join(filter, " AND ")
	}
	return r
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// word is a word of the question, and the first sentence that has it.
type word struct {
	kb.Token
	sentence int
}

// choose takes the words that are likely to tell most. How rare a word is only the answer tells, so
// the choice is by what can be seen: codes, then words that come again, then long ones.
func choose(text string) []word {
	if len(text) > maxText {
		text = text[:maxText]
	}
	var words []word
	times := map[string]int{}
	for i, sentence := range kb.Sentences(text) {
		for _, t := range kb.Tokens(sentence) {
			if kb.IsStop(t.Text) {
				continue
			}
			if times[t.Text]++; times[t.Text] == 1 {
				words = append(words, word{t, i})
			}
		}
	}
	if len(words) <= maxWords {
		return words
	}
	weight := func(w word) int {
		n := min(len(w.Text), 12) + 4*min(times[w.Text], 4)
		if w.Code {
			n += 8
		}
		return n
	}
	slices.SortStableFunc(words, func(a, b word) int { return cmp.Compare(weight(b), weight(a)) })
	return words[:maxWords]
}

// sum is what the sentences say for one article.
type sum struct {
	kb.Hit
	said [kb.MaxSentences]float64
}

// add sums up what each word says for each article, best first. In a long mail, what is asked stands
// together in one sentence: an article's best one counts whole, the others a little.
func add(words []word, results []ms.SearchResponse) ([]kb.Hit, error) {
	docs := float64(results[0].EstimatedTotalHits)
	sums := map[string]*sum{}
	var could [kb.MaxSentences]float64
	for i, w := range words {
		r := results[i+1]
		df := min(float64(r.EstimatedTotalHits), docs)
		idf := math.Log(1 + (docs-df+0.5)/(df+0.5))
		switch {
		case df == 0:
			idf *= unknownWeight
		case w.Code:
			idf *= codeWeight
		}
		could[w.sentence] += idf
		for _, raw := range r.Hits {
			var m struct {
				ID    string
				Score float64
			}
			if err := errors.Join(decode(raw, &m.ID, "id"), decode(raw, &m.Score, "_rankingScore")); err != nil {
				return nil, err
			}
			h := sums[m.ID]
			if h == nil {
				h = &sum{Hit: kb.Hit{ID: m.ID}}
				sums[m.ID] = h
			}
			h.said[w.sentence] += idf * m.Score * fullWeight
			h.Words = append(h.Words, w.Raw)
		}
	}
	return rank(sums, could), nil
}

func rank(sums map[string]*sum, could [kb.MaxSentences]float64) []kb.Hit {
	all := make([]*sum, 0, len(sums))
	for _, h := range sums {
		best, total := 0.0, 0.0
		for _, s := range h.said {
			best, total = max(best, s), total+s
		}
		h.Score = best + restWeight*(total-best)
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID))
	})
	hits := make([]kb.Hit, len(all))
	if len(all) == 0 {
		return hits
	}
	// The highest possible: all of the sentence that the best article answers, and what that has of the rest.
	first, most := all[0], slices.Max(could[:])
	closest := slices.Index(first.said[:], slices.Max(first.said[:]))
	highest := max(could[closest], leastWeight*most) + first.Score - first.said[closest]
	for i, h := range all {
		hits[i] = h.Hit
		hits[i].Score = min(1, h.Score/highest)
	}
	return hits
}

func decode(h ms.Hit, to any, key string) error {
	if err := json.Unmarshal(h[key], to); err != nil {
		return ticket.E("meili.Search", ticket.Transient, err)
	}
	return nil
}

// fetch reads the data of the hits. One that is gone meanwhile is left out.
func (e *Engine) fetch(ctx context.Context, q kb.Question, found []kb.Hit) ([]kb.Hit, error) {
	ids := make([]string, len(found))
	for i, h := range found {
		ids[i] = h.ID
	}
	var res ms.DocumentsResult
	err := e.client.Index(e.index).GetDocumentsWithContext(ctx, &ms.DocumentsQuery{Ids: ids, Limit: int64(len(ids)),
		Fields: []string{"id", "title", "language", "internal", "models"}}, &res)
	if err != nil {
		return nil, failure("meili.Search", err)
	}
	docs := map[string]doc{}
	for _, r := range res.Results {
		var d doc
		for key, to := range map[string]any{"id": &d.ID, "title": &d.Title, "language": &d.Language,
			"internal": &d.Internal, "models": &d.Models} {
			if err := decode(r, to, key); err != nil {
				return nil, err
			}
		}
		docs[d.ID] = d
	}
	hits := found[:0]
	for _, h := range found {
		if d, ok := docs[h.ID]; ok && !(q.Public && d.Internal) { // it may have changed since
			h.Title, h.Language, h.Internal, h.Models = d.Title, d.Language, d.Internal, d.Models
			hits = append(hits, h)
		}
	}
	return hits, nil
}
