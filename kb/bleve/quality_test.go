package bleve

import (
	"context"
	"encoding/csv"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/kb"
)

const corpora = "../../../shared/corpora/faq"

// table reads a CSV of the corpora as rows by column name.
func table(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(corpora, name))
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: the corpus faq/%s is not beside the repository", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

type asked struct{ text, want string }

func covid(t testing.TB) (articles []kb.Article, questions []asked) {
	ids := map[string]string{}
	for i, r := range table(t, "covid-en/faq_covidbert.csv") {
		id := fmt.Sprintf("covid-%03d", i)
		q := strings.TrimSpace(r["question"])
		if _, twice := ids[q]; !twice {
			ids[q] = id
		}
		articles = append(articles, kb.Article{ID: ids[q], Title: q, Body: r["answer"], Language: "en", Audience: kb.External})
	}
	for _, r := range table(t, "covid-en/eval_question_similarity_en.csv") {
		if r["similar"] == "1" {
			questions = append(questions, asked{r["question_2"], ids[strings.TrimSpace(r["question_1"])]})
		}
	}
	return articles, questions
}

func banking(t testing.TB) (articles []kb.Article, questions []asked) {
	bodies := map[string][]string{}
	var names []string
	for _, r := range table(t, "banking77/train.csv") {
		c := r["category"]
		if bodies[c] == nil {
			names = append(names, c)
		}
		bodies[c] = append(bodies[c], r["text"])
	}
	slices.Sort(names)
	for _, c := range names {
		articles = append(articles, kb.Article{ID: id(c), Title: strings.ReplaceAll(c, "_", " "),
			Body: strings.Join(bodies[c], "\n"), Language: "en", Audience: kb.External})
	}
	for _, r := range table(t, "banking77/test.csv") {
		questions = append(questions, asked{r["text"], id(r["category"])})
	}
	return articles, questions
}

func id(c string) string { return strings.NewReplacer("?", "", " ", "-").Replace(c) }

func filled(t testing.TB, articles []kb.Article) *Engine {
	t.Helper()
	e, err := Open(Config{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := e.Index(context.Background(), articles, 1); err != nil {
		t.Fatal(err)
	}
	return e
}

// measure asks all questions and returns the share answered among the first three, and the best
// score of each question.
func measure(t testing.TB, s kb.Suggester, questions []asked) (top1, top3 float64, best []float64, each time.Duration) {
	t.Helper()
	start := time.Now()
	for _, q := range questions {
		a, err := s.Suggest(context.Background(), kb.Question{Text: q.text})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range a.Hits[:min(3, len(a.Hits))] {
			if h.ID == q.want {
				top3++
				if i == 0 {
					top1++
				}
			}
		}
		score := 0.0
		if len(a.Hits) > 0 {
			score = a.Hits[0].Score
		}
		best = append(best, score)
	}
	n := float64(len(questions))
	return top1 / n, top3 / n, best, time.Since(start) / time.Duration(len(questions))
}

// auroc is the chance that a question with an answer scores higher than one without.
func auroc(with, without []float64) float64 {
	without = slices.Sorted(slices.Values(without))
	var sum float64
	for _, w := range with {
		lo, _ := slices.BinarySearch(without, w)
		hi := lo
		for hi < len(without) && without[hi] == w {
			hi++
		}
		sum += float64(lo) + float64(hi-lo)/2
	}
	return sum / float64(len(with)) / float64(len(without))
}

// mails wraps questions the way people write to a company.
func mails(questions []asked) []asked {
	var out []asked
	for _, q := range questions {
		out = append(out, asked{"Dear team,\n\nI hope this mail finds you well. I have been your customer for three years and was " +
			"always satisfied. Yesterday evening my husband and I were wondering about this again.\n\n" + q.text +
			"\n\nI tried to call on Monday, but nobody answered the phone for twenty minutes. My reference is 2026-118822.\n" +
			"Please answer by mail.\n\nKind regards,\nJane Doe\nMain Street 5, Springfield\nSent from my phone", q.want})
	}
	return out
}

func TestQuality(t *testing.T) {
	ca, cq := covid(t)
	ba, bq := banking(t)
	cs, bs := kb.NewSuggester(filled(t, ca)), kb.NewSuggester(filled(t, ba))
	c1, c3, cbest, ceach := measure(t, cs, cq)
	b1, b3, bbest, beach := measure(t, bs, bq)
	_, _, cnone, _ := measure(t, cs, bq)
	_, _, bnone, _ := measure(t, bs, cq)
	_, cm, cmbest, cmeach := measure(t, cs, mails(cq))
	_, bm, bmbest, bmeach := measure(t, bs, mails(bq))
	_, _, cmnone, _ := measure(t, cs, mails(bq))
	_, _, bmnone, _ := measure(t, bs, mails(cq))
	t.Logf("covid mails top1 top3 %.3f auroc %.3f %v", cm, auroc(cmbest, cmnone), cmeach)
	t.Logf("bank  mails top1 top3 %.3f auroc %.3f %v", bm, auroc(bmbest, bmnone), bmeach)
	t.Logf("covid   top1 %.3f top3 %.3f auroc %.3f %v", c1, c3, auroc(cbest, cnone), ceach)
	t.Logf("banking top1 %.3f top3 %.3f auroc %.3f %v", b1, b3, auroc(bbest, bnone), beach)
}
