package web

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// BenchmarkIdleSocket reports what a connection costs that a mount has taken over, as the chat does
// with WebSockets, beyond what the mount itself keeps.
func BenchmarkIdleSocket(b *testing.B) {
	const n = 1000
	s := start(b, func(_ *Config, d *Deps) {
		d.Mounts = append(d.Mounts, Mount{Prefix: "/take", Register: func(r fiber.Router) {
			r.Get("/", func(c *fiber.Ctx) error {
				c.Context().HijackSetNoResponse(true)
				c.Context().Hijack(func(conn net.Conn) {
					_, _ = io.WriteString(conn, "!")
					_, _ = io.Copy(io.Discard, struct{ io.Reader }{conn})
				})
				return nil
			})
		}})
	})
	take := func() net.Conn {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close() })
		if _, err := io.WriteString(c, "GET /take/ HTTP/1.1\r\nHost: "+s.Addr()+"\r\n\r\n"); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			b.Fatal(err)
		}
		return c
	}
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // pools are emptied by the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc + m.StackInuse
	}
	take()
	for b.Loop() {
		before := heap()
		for range n {
			take()
		}
		b.ReportMetric(float64(heap()-before)/n, "B/socket")
	}
}

// BenchmarkRequest reports what a small answer takes over a connection that is kept.
func BenchmarkRequest(b *testing.B) {
	s := start(b)
	for b.Loop() {
		r, err := http.Get(s.URL() + "/healthz")
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
}
