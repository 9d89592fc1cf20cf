package chat

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// BenchmarkSay measures say → ack with N visitors at once, over loopback and a real store.
func BenchmarkSay(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		b.Run(fmt.Sprintf("visitors=%d", n), func(b *testing.B) {
			s, _ := withStore(b, benchConfig())
			visitors := dialAll(b, s, n)
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			b.ResetTimer()
			for k, v := range visitors {
				all.Go(func() {
					for i := left.Add(-1); i >= 0; i = left.Add(-1) {
						if err := v.WriteJSON(fromVisitor{T: "say", ID: fmt.Sprintf("message-%d-%d", k, i), Text: "Is anybody there?"}); err != nil {
							b.Error(err)
							return
						}
						if _, err := v.next("ack"); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "says/s")
		})
	}
}

// BenchmarkIdleSocket reports what an idle visitor costs. Both ends are in this process: the
// visitor's end is measured by connections that the gateway knows nothing of, and taken off.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 1000
	for b.Loop() {
		s, _ := withStore(b, benchConfig())
		before := heap()
		visitors := dialAll(b, s, n)
		b.ReportMetric(float64(heap()-before)/n, "B/socket+client")
		for _, v := range visitors {
			v.Close()
		}
	}
}

func benchConfig() Config {
	cfg := testConfig()
	cfg.PerMinute, cfg.SocketsPerIP = 1<<40, 100_000
	return cfg
}

func dialAll(b *testing.B, s *server, n int) []*visitor {
	b.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 10*time.Minute)
	b.Cleanup(stop)
	visitors := make([]*visitor, n)
	for i := range visitors {
		v, err := s.connect(ctx, fromVisitor{})
		if err != nil {
			b.Fatal(err)
		}
		visitors[i] = v
	}
	return visitors
}

// heap is what lives on the heap and on goroutines' stacks.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

