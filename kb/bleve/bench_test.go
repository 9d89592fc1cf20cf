package bleve

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"tierline/kb"
	"tierline/kb/enginetest"
)

const many = 20_000

func fill(b *testing.B, e *Engine, articles []kb.Article) {
	b.Helper()
	for i, batch := range slices.Collect(slices.Chunk(articles, 500)) {
		if err := e.Index(ctx, batch, int64(i+1)); err != nil {
			b.Fatal(err)
		}
	}
}

func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// BenchmarkSuggest answers questions of several lengths from 20,000 articles on disk.
func BenchmarkSuggest(b *testing.B) {
	articles := enginetest.Synthetic(many)
	before := heap()
	dir := filepath.Join(b.TempDir(), "index")
	e := open(b, dir)
	start := time.Now()
	fill(b, e, articles)
	rate := many / time.Since(start).Seconds()
	s := kb.NewSuggester(e)
	for _, words := range []int{2, 12, 40, 200} {
		questions := enginetest.SyntheticQuestions(articles, 200, words)
		b.Run(fmt.Sprintf("%d-words", words), func(b *testing.B) {
			var took []time.Duration
			used := cpu()
			for i := 0; b.Loop(); i++ {
				start := time.Now()
				if _, err := s.Suggest(ctx, kb.Question{Text: questions[i%len(questions)]}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric((cpu()-used)/float64(len(took)), "cpu-ms/op") // other programs' work left out
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(rate, "articles/s")
			b.ReportMetric(heap()-before, "heap-MB")
			b.ReportMetric(size(b, dir), "disk-MB")
		})
	}
}

// cpu is what this process has used, in milliseconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e6
}

func size(b *testing.B, dir string) float64 {
	entries, err := os.ReadDir(dir)
	if err != nil {
		b.Fatal(err)
	}
	var n int64
	for _, f := range entries {
		if info, err := f.Info(); err == nil {
			n += info.Size()
		}
	}
	return float64(n) / (1 << 20)
}
