package meili

import (
	"context"
	"slices"
	"testing"
	"time"

	"tierline/kb"
	"tierline/kb/enginetest"
)

// BenchmarkSuggest answers questions of twelve words from 20,000 articles on a real server.
func BenchmarkSuggest(b *testing.B) {
	const many = 20_000
	e := open(b, real(b))
	articles := enginetest.Synthetic(many)
	ctx, start := context.Background(), time.Now()
	n := int64(0)
	for batch := range slices.Chunk(articles, 1000) {
		n++
		if err := e.Index(ctx, batch, n); err != nil {
			b.Fatal(err)
		}
	}
	rate := many / time.Since(start).Seconds()
	s, questions := kb.NewSuggester(e), enginetest.SyntheticQuestions(articles, 200, 12)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		start := time.Now()
		if _, err := s.Suggest(ctx, kb.Question{Text: questions[i%len(questions)]}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(rate, "articles/s")
}
