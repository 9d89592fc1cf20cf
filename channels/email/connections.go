package email

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"
)

// connections is the registry of a listener's connections, which go-smtp does not offer: it bounds
// their number, and when we stop it lets those finish that are taking a mail and closes the others.
type connections struct {
	max int

	mu      sync.Mutex
	open    map[*conn]bool // true while a mail is being taken
	stopped bool
	changed chan struct{} // closed and replaced when a connection becomes idle or ends
}

func newConnections(limit int) *connections {
	return &connections{max: limit, open: map[*conn]bool{}, changed: make(chan struct{})}
}

type conn struct {
	net.Conn
	reg *connections
}

// tracked finds the registered connection, also below TLS.
func tracked(c net.Conn) *conn {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	own, _ := c.(*conn)
	return own
}

func (c *conn) busy() { c.set(true) }
func (c *conn) idle() { c.set(false) }

func (c *conn) set(busy bool) {
	if c == nil {
		return
	}
	c.reg.mu.Lock()
	defer c.reg.mu.Unlock()
	if _, open := c.reg.open[c]; !open {
		return
	}
	c.reg.open[c] = busy
	if !busy && c.reg.stopped {
		_ = c.Conn.Close()
	}
	c.reg.tell()
}

func (c *conn) Close() error {
	c.reg.mu.Lock()
	defer c.reg.mu.Unlock()
	delete(c.reg.open, c)
	c.reg.tell()
	return c.Conn.Close()
}

func (r *connections) tell() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// drain closes idle connections at once, and the others as they finish or at the end of d.
func (r *connections) drain(d time.Duration) {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	for {
		r.mu.Lock()
		r.stopped = true
		left := 0
		for c, busy := range r.open {
			if busy {
				left++
			} else {
				_ = c.Conn.Close()
			}
		}
		changed := r.changed
		r.mu.Unlock()
		if left == 0 {
			return
		}
		select {
		case <-changed:
		case <-deadline.C:
			return
		}
	}
}

// limit refuses connections over the limit with 421, so that the client tries again later.
func (r *connections) limit(l net.Listener, log *slog.Logger) net.Listener {
	return &limited{l, r, log}
}

type limited struct {
	net.Listener
	reg *connections
	log *slog.Logger
}

func (l *limited) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &conn{raw, l.reg}
		l.reg.mu.Lock()
		full := len(l.reg.open) >= l.reg.max || l.reg.stopped
		if !full {
			l.reg.open[c] = false
		}
		l.reg.mu.Unlock()
		if !full {
			return c, nil
		}
		l.log.Warn("too many mail connections", "max", l.reg.max)
		_ = raw.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = raw.Write([]byte("421 4.3.2 Too many connections, try again later\r\n"))
		_ = raw.Close()
	}
}
