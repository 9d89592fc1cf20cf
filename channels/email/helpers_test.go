package email

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/smtp"
	"strings"
	"sync"
	"testing"

	"tierline/channels"
	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/internal/peers"
)

const (
	inbox     = "support"
	ourAddr   = "support@acme.example"
	customer1 = "jane@customer.example"
)

func deps(w channeltest.World) Deps {
	return Deps{Blobs: w.Blobs, Cursors: w.Cursors, Holder: "test", Log: w.Log}
}

func sending(host string, port int) Sending {
	return Sending{Host: host, Port: port, TLS: NoTLS, Domain: "acme.example", Secret: secret.New("0123456789abcdef-secret"),
		From: map[string]From{inbox: {Address: ourAddr, Name: "Acme Support", SignedReplies: true}}}
}

// mailOf is a plain mail as a peer sends it.
func mailOf(id, text string) []byte {
	return []byte("From: Jane Doe <" + customer1 + ">\r\nTo: " + ourAddr + "\r\nSubject: About " + id +
		"\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: <" + id + "@customer.example>\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
		strings.ReplaceAll(text, "\n", "\r\n") + "\r\n")
}

// running starts a source and stops it with the test.
func running(t testing.TB, s channels.Source, in channels.Intake) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, in) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(stop)
	channeltest.Eventually(t, "the source to be ready", func() bool { return s.Ready() == nil })
	return stop
}

func oneSource(t testing.TB, c Config, d Deps) channels.Source {
	t.Helper()
	all, err := NewSources(c, d)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d sources, want one", len(all))
	}
	return all[0]
}

// send is one try of a peer over SMTP.
func send(ctx context.Context, addr, from string, to []string, raw []byte) error {
	raw2, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer raw2.Close()
	defer context.AfterFunc(ctx, func() { _ = raw2.Close() })()
	c, err := smtp.NewClient(raw2, "127.0.0.1")
	if err != nil {
		return err
	}
	if err := c.Hello("peer.example"); err != nil {
		return err
	}
	if err := c.Mail(from); err != nil {
		return err
	}
	for _, r := range to {
		if err := c.Rcpt(r); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(raw); err != nil {
		return err
	}
	return w.Close()
}

// proxy stands between two TCP peers and can be cut.
type proxy struct {
	addr, to string

	mu    sync.Mutex
	ln    net.Listener
	conns []net.Conn
	count int
	// limit cuts each connection after so many bytes from the server; 0 does not.
	limit int64
	// poison ends a connection over which the server says it; "" does not.
	poison string
	frozen chan struct{} // not nil: nothing passes until it is closed
	hide   []string      // words that nobody hears, such as names of capabilities
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	p := &proxy{to: to, addr: peers.FreeAddr(t)}
	p.revive(t)
	t.Cleanup(p.kill)
	return p
}

func (p *proxy) revive(t testing.TB) {
	t.Helper()
	ln, err := net.Listen("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	p.ln, p.addr = ln, ln.Addr().String()
	p.mu.Unlock()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			up, err := net.Dial("tcp", p.to)
			if err != nil {
				_ = c.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, c, up)
			p.count++
			limit, poison := p.limit, p.poison
			p.mu.Unlock()
			go func() { _, _ = io.Copy(slow{p, up}, c); _ = up.Close() }()
			go func() {
				if poison != "" {
					copyUntil(poison, c, up)
				} else if limit > 0 {
					_, _ = io.CopyN(slow{p, c}, up, limit)
				} else {
					_, _ = io.Copy(slow{p, c}, up)
				}
				_ = c.Close()
				_ = up.Close()
			}()
		}
	}()
}

// slow writes when the proxy lets it.
type slow struct {
	p *proxy
	net.Conn
}

func (s slow) Write(b []byte) (int, error) {
	s.p.mu.Lock()
	frozen, hide := s.p.frozen, s.p.hide
	s.p.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
	for _, word := range hide {
		b = bytes.ReplaceAll(b, []byte(" "+word), []byte(" X"+word[1:]))
	}
	return s.Conn.Write(b)
}

// conceal hides words, such as names of capabilities, in what the server says.
func (p *proxy) conceal(words ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hide = words
}

// freeze lets nothing pass, as a line does that is dead and does not say so, until thaw is called.
func (p *proxy) freeze() (thaw func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	frozen := make(chan struct{})
	p.frozen = frozen
	return sync.OnceFunc(func() {
		p.mu.Lock()
		p.frozen = nil
		p.mu.Unlock()
		close(frozen)
	})
}

func copyUntil(poison string, c, up net.Conn) {
	buf, tail := make([]byte, 32<<10), ""
	for {
		n, err := up.Read(buf)
		if tail += string(buf[:n]); strings.Contains(tail, poison) || err != nil {
			return
		}
		tail = tail[max(0, len(tail)-len(poison)):]
		if _, err := c.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (p *proxy) endAt(poison string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.poison = poison
}

func (p *proxy) cut(limit int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limit = limit
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.conns = nil
}

// made is how many connections there were.
func (p *proxy) made() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

func (p *proxy) kill() {
	p.mu.Lock()
	_ = p.ln.Close()
	p.mu.Unlock()
	p.cut(0)
}

func (p *proxy) port() int {
	_, port, _ := net.SplitHostPort(p.addr)
	n := 0
	_, _ = fmt.Sscan(port, &n)
	return n
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
