package chat

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
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

// BenchmarkIdleSocket reports what an idle visitor costs the gateway. The visitors are bare TCP
// connections, so that their end, which is in this process too, costs next to nothing.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 1000
	for b.Loop() {
		s, _ := withStore(b, benchConfig())
		warm := rawVisitor(b, s.host)
		before := heap()
		visitors := make([]net.Conn, n)
		for i := range visitors {
			visitors[i] = rawVisitor(b, s.host)
		}
		b.ReportMetric(float64(heap()-before)/n, "B/socket")
		for _, v := range append(visitors, warm) {
			v.Close()
		}
	}
}

// rawVisitor says hello over a bare connection and waits for the welcome.
func rawVisitor(b *testing.B, host string) net.Conn {
	b.Helper()
	c, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	hello := `{"t":"hello"}`
	fmt.Fprintf(c, "GET /chat/ws?inbox=web HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", host)
	buf := make([]byte, 2048)
	got := ""
	for said := false; !strings.Contains(got, "welcome"); {
		n, err := c.Read(buf)
		if err != nil {
			b.Fatalf("%v after %q", err, got)
		}
		got += string(buf[:n])
		if !said && strings.Contains(got, "\r\n\r\n") { // a text frame, masked with zeros (RFC 6455 §5.2)
			said = true
			c.Write(append([]byte{0x81, 0x80 | byte(len(hello)), 0, 0, 0, 0}, hello...))
		}
	}
	return c
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
