package email

import (
	"crypto/tls"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"tierline/config/check"
)

// Rate bounds what one client address may do. Clients on this machine or in a private network are your
// own mail servers: they are bounded by what is set, and by nothing when nothing is.
type Rate struct {
	Connections int `yaml:"connections"` // a minute; default 60
	Mails       int `yaml:"mails"`       // a minute; default 120
}

const (
	defaultConnectionRate = 60
	defaultMailRate       = 120
	maxClients            = 10_000 // whose rates are remembered
	clientShare           = 4      // one client from outside may have a quarter of the connections
)

func (r Rate) check(at check.At) {
	if r.Connections < 0 || r.Mails < 0 {
		at.Error("numbers a minute, such as {connections: 60, mails: 120}", "a rate cannot be negative")
	}
}

// patience is how long a client may take. RFC 5321 §4.5.3.2 asks for five minutes a command; a client
// that sends a byte now and then would hold its connection for ever, so that there is an end as well.
type patience struct {
	idle    time.Duration // without a byte
	mail    time.Duration // for the bytes of one mail
	without time.Duration // without a mail that was taken
}

var patient = patience{idle: 5 * time.Minute, mail: 10 * time.Minute, without: 15 * time.Minute}

// connections is the registry of a listener's connections, which go-smtp does not offer: it bounds
// their number, their rate and their time, and when we stop it lets those finish that are taking a mail
// and closes the others.
type connections struct {
	max   int
	rate  Rate
	times patience
	plain bool // what is refused can be told so before TLS
	now   func() time.Time

	mu      sync.Mutex
	open    map[*conn]bool // true while a mail is being taken
	clients map[netip.Prefix]*client
	stopped bool
	changed chan struct{} // closed and replaced when a connection becomes idle or ends
}

// client is what an address does.
type client struct {
	open               int
	since              time.Time // when the minute began
	connections, mails int       // in it
}

func newConnections(c Listener, times patience, now func() time.Time) *connections {
	return &connections{max: c.MaxConnections, rate: c.Rate, times: times, plain: c.TLS != TLS, now: now,
		open: map[*conn]bool{}, clients: map[netip.Prefix]*client{}, changed: make(chan struct{})}
}

type conn struct {
	net.Conn
	reg  *connections
	from netip.Prefix // IPv6 clients have whole networks
	end  time.Time    // guarded by reg.mu: reading ends here
	cut  bool         // guarded by reg.mu: reading has failed
}

func clientOf(a net.Addr) netip.Prefix {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip, bits := ap.Addr().Unmap().WithZone(""), 32
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the numbers fit
	return p
}

// tracked finds the registered connection, also below TLS.
func tracked(c net.Conn) *conn {
	for {
		switch t := c.(type) {
		case *tls.Conn:
			c = t.NetConn()
		case *conn:
			return t
		default:
			return nil
		}
	}
}

// Read waits only as long as a client may take.
func (c *conn) Read(b []byte) (int, error) {
	c.reg.mu.Lock()
	until := time.Now().Add(c.reg.times.idle)
	if c.end.Before(until) {
		until = c.end
	}
	c.reg.mu.Unlock()
	if err := c.Conn.SetReadDeadline(until); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		c.reg.mu.Lock()
		c.cut = true
		c.reg.mu.Unlock()
	}
	return n, err
}

// SetReadDeadline does nothing: Read knows better.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetDeadline sets the one for writing.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(t) }

// whole says that nothing has failed so far. go-smtp takes a BDAT chunk that was cut off for a whole one.
func (c *conn) whole() bool {
	if c == nil {
		return true
	}
	c.reg.mu.Lock()
	defer c.reg.mu.Unlock()
	return !c.cut
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
	if busy {
		c.end = time.Now().Add(c.reg.times.mail)
	} else if c.reg.open[c] {
		c.end = time.Now().Add(c.reg.times.without)
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
	if _, open := c.reg.open[c]; open {
		delete(c.reg.open, c)
		if k := c.reg.clients[c.from]; k != nil {
			k.open--
		}
	}
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

// client finds what is known of an address, in the present minute. The caller holds mu.
func (r *connections) client(from netip.Prefix) *client {
	now := r.now()
	k := r.clients[from]
	if k == nil {
		if len(r.clients) >= maxClients {
			for p, old := range r.clients {
				if old.open == 0 && now.Sub(old.since) > time.Minute {
					delete(r.clients, p)
				}
			}
		}
		k = &client{since: now}
		r.clients[from] = k
	}
	if now.Sub(k.since) >= time.Minute {
		k.since, k.connections, k.mails = now, 0, 0
	}
	return k
}

// limits are those of an address; 0 has none.
func (r *connections) limits(from netip.Prefix) (share int, rate Rate) {
	if a := from.Addr(); a.IsLoopback() || a.IsPrivate() || a.IsLinkLocalUnicast() || !a.IsValid() {
		return 0, r.rate
	}
	return max(1, r.max/clientShare), Rate{orElse(r.rate.Connections, defaultConnectionRate), orElse(r.rate.Mails, defaultMailRate)}
}

// ours says that a client is in a network of ours.
func (c *conn) ours() bool {
	if c == nil {
		return false
	}
	share, _ := c.reg.limits(c.from)
	return share == 0
}

// admit registers a connection, or says why not.
func (r *connections) admit(c *conn) (refusal string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.client(c.from)
	k.connections++
	share, rate := r.limits(c.from)
	switch {
	case len(r.open) >= r.max || r.stopped:
		return "421 4.3.2 Too many connections, try again later"
	case share > 0 && k.open >= share:
		return "421 4.7.0 Too many connections from you, try again later"
	case rate.Connections > 0 && k.connections > rate.Connections:
		return "421 4.7.0 You connect too often, try again later"
	}
	k.open++
	c.end = time.Now().Add(r.times.without)
	r.open[c] = false
	return ""
}

// mail counts one that a client begins, and says whether it may.
func (c *conn) mail() bool {
	if c == nil {
		return true
	}
	c.reg.mu.Lock()
	defer c.reg.mu.Unlock()
	k := c.reg.client(c.from)
	k.mails++
	_, rate := c.reg.limits(c.from)
	return rate.Mails == 0 || k.mails <= rate.Mails
}

// limit refuses connections over the limits with 421, so that the client tries again later.
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
		c := &conn{Conn: raw, reg: l.reg, from: clientOf(raw.RemoteAddr())}
		refusal := l.reg.admit(c)
		if refusal == "" {
			return c, nil
		}
		l.log.Warn("mail connection refused", "client", c.from.Addr(), "max", l.reg.max, "answer", refusal)
		if l.reg.plain {
			_ = raw.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = raw.Write([]byte(refusal + "\r\n"))
		}
		_ = raw.Close()
	}
}
