package enginetest

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/kb"
)

// table reads a CSV of the corpus "faq" as rows by column name.
func table(t testing.TB, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(peers.Corpus(t, "faq/"+name))
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

// measured is how a set of questions went.
type measured struct {
	first, top3, fits float64 // shares
	best              []float64
	each              time.Duration
}

func measure(t testing.TB, s kb.Suggester, questions []asked) measured {
	t.Helper()
	var m measured
	start := time.Now()
	n := float64(len(questions))
	for _, q := range questions {
		a, err := s.Suggest(context.Background(), kb.Question{Text: q.text})
		if err != nil {
			t.Fatal(err)
		}
		top := slices.IndexFunc(a.Hits, func(h kb.Hit) bool { return h.ID == q.want })
		score := 0.0
		if len(a.Hits) > 0 {
			score = a.Hits[0].Score
		}
		m.best = append(m.best, score)
		if top == 0 {
			m.first += 1 / n
		}
		if top >= 0 && top < 3 {
			m.top3 += 1 / n
		}
		if a.Fits {
			m.fits += 1 / n
		}
	}
	m.each = time.Since(start) / time.Duration(len(questions))
	return m
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

// Floors are what an engine must reach in [Quality]: the share of questions whose article is among
// the first three, and how well questions that have an article are told from those that have none
// (the area under the ROC curve).
type Floors struct {
	CovidTop3, BankingTop3, CovidMailTop3, BankingMailTop3 float64
	CovidFits, BankingFits, CovidMailFits, BankingMailFits float64
}

// Quality measures suggestions on public questions whose answers are known, logs a scoreboard, and
// fails below the floors. It asks at most limit questions of each set (0 is all). Questions of the
// other set are those that nothing fits.
func Quality(t *testing.T, open func(t *testing.T) kb.Engine, limit int, floor Floors) {
	ca, cq := covid(t)
	ba, bq := banking(t)
	if limit > 0 {
		cq, bq = sample(cq, limit), sample(bq, limit)
	}
	cs, bs := filled(t, open(t), ca), filled(t, open(t), ba)
	for _, set := range []struct {
		name       string
		s          kb.Suggester
		with, none []asked
		top3, fits float64
	}{
		{"covid-en", cs, cq, bq, floor.CovidTop3, floor.CovidFits},
		{"banking77", bs, bq, cq, floor.BankingTop3, floor.BankingFits},
		{"covid-en as mails", cs, mails(cq), mails(bq), floor.CovidMailTop3, floor.CovidMailFits},
		{"banking77 as mails", bs, mails(bq), mails(cq), floor.BankingMailTop3, floor.BankingMailFits},
	} {
		m, none := measure(t, set.s, set.with), measure(t, set.s, set.none)
		fits := auroc(m.best, none.best)
		t.Logf("%-19s first %.3f  top-3 %.3f  fits AUROC %.3f (said of %.2f, wrongly of %.2f)  %v a question",
			set.name, m.first, m.top3, fits, m.fits, none.fits, m.each.Round(time.Microsecond))
		if m.top3 < set.top3 {
			t.Errorf("%s: top-3 is %.3f, below %.3f", set.name, m.top3, set.top3)
		}
		if fits < set.fits {
			t.Errorf("%s: AUROC is %.3f, below %.3f", set.name, fits, set.fits)
		}
	}
}

func sample(q []asked, n int) []asked {
	if len(q) <= n {
		return q
	}
	out := make([]asked, n)
	for i := range out {
		out[i] = q[i*len(q)/n]
	}
	return out
}

func filled(t *testing.T, e kb.Engine, articles []kb.Article) kb.Suggester {
	t.Helper()
	if err := e.Index(context.Background(), articles, 1); err != nil {
		t.Fatal(err)
	}
	return kb.NewSuggester(e)
}
