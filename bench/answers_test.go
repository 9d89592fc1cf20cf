//go:build !race

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/kb/enginetest"
	"tierline/kb/meili"
	"tierline/router"
)

// decide measures one decision of which the last rule is the one that matches.
func decide(t *testing.T, tb *table, n amounts) {
	c := router.Config{Tiers: []router.Tier{{Name: "l1", Level: 1, Channel: "l1"}, {Name: "l2", Level: 2, Channel: "l2"}}}
	for i := range n.rules {
		c.Rules = append(c.Rules, router.Rule{Name: fmt.Sprint(i), Then: router.Then{Tier: "l2"},
			When: fmt.Sprintf(`channel == "email" and subject contains "case %04d"`, i)})
	}
	rules, err := router.NewRules(c)
	if err != nil {
		t.Fatal(err)
	}
	f := router.Facts{Channel: "email", Subject: fmt.Sprintf("this is case %04d", n.rules-1), Text: text}
	var runs []float64
	for range n.runs {
		start := time.Now()
		for range n.decide {
			if rules.Decide(f).Tier != "l2" {
				t.Fatal("the last rule does not match")
			}
		}
		runs = append(runs, float64(time.Since(start).Microseconds())/float64(n.decide))
	}
	tb.add(fmt.Sprintf("a decision by %d rules", n.rules), "µs", "", runs)
}

func suggestBleve(t *testing.T, tb *table, n amounts) {
	e, err := bleve.Open(bleve.Config{Path: filepath.Join(t.TempDir(), "index")}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	suggest(t, tb, n, "bleve", e)
}

func suggestMeili(t *testing.T, tb *table, n amounts) {
	url := os.Getenv("MEILI_URL")
	if url == "" {
		peers.Skip(t, "a Meilisearch server (MEILI_URL is not set)")
	}
	e, err := meili.Open(meili.Config{URL: url, Key: secret.New(os.Getenv("MEILI_KEY")), Prefix: "tierline-bench"}, quiet())
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Reset(t.Context()); err != nil {
		t.Fatal(err)
	}
	suggest(t, tb, n, "Meilisearch", e)
}

// suggest fills an engine and asks it questions of 40 words, as a short mail has.
func suggest(t *testing.T, tb *table, n amounts, name string, e kb.Engine) {
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	articles := enginetest.Synthetic(n.articles)
	start := time.Now()
	cursor := int64(0)
	for batch := range slices.Chunk(articles, 200) { // as the follower does
		cursor += int64(len(batch))
		if err := e.Index(t.Context(), batch, cursor); err != nil {
			t.Fatal(err)
		}
	}
	tb.add(name+", indexing", "articles/s", "", []float64{float64(n.articles) / time.Since(start).Seconds()})
	questions := enginetest.SyntheticQuestions(articles, n.asked, 40)
	s := kb.NewSuggester(e)
	var p50, p99 []float64
	for range n.runs {
		var took []time.Duration
		for _, q := range questions {
			start := time.Now()
			a, err := s.Suggest(t.Context(), kb.Question{Text: q, Limit: 3})
			if err != nil || len(a.Hits) == 0 {
				t.Fatalf("%d suggestions: %v", len(a.Hits), err)
			}
			took = append(took, time.Since(start))
		}
		p50, p99 = append(p50, ms(quantile(took, 0.5))), append(p99, ms(quantile(took, 0.99)))
	}
	tb.add(fmt.Sprintf("a suggestion at %d articles, %s, p50", n.articles, name), "ms", "", p50)
	tb.add(fmt.Sprintf("a suggestion at %d articles, %s, p99", n.articles, name), "ms", "", p99)
}
