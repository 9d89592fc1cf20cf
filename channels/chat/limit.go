package chat

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

const maxRates = 100_000 // buckets kept; beyond that the full ones are dropped

// rates are token buckets by name: a bucket of size n fills in one minute.
type rates struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*bucket
}

type bucket struct {
	left float64
	size float64
	at   time.Time
}

func newRates(now func() time.Time) *rates { return &rates{now: now, all: map[string]*bucket{}} }

// take takes one token from a bucket; when it is empty it says how long that stays so.
func (r *rates) take(name string, perMinute int) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, size := r.now(), float64(perMinute)
	b := r.all[name]
	if b == nil {
		if len(r.all) >= maxRates {
			r.sweep(now)
		}
		b = &bucket{left: size, size: size, at: now}
		r.all[name] = b
	}
	b.fill(now)
	if b.left < 1 {
		return time.Duration((1 - b.left) / size * float64(time.Minute))
	}
	b.left--
	return 0
}

func (b *bucket) fill(now time.Time) {
	b.left = min(b.size, b.left+now.Sub(b.at).Minutes()*b.size)
	b.at = now
}

// sweep forgets buckets that are full again; when none is, all: better generous than out of memory.
func (r *rates) sweep(now time.Time) {
	for name, b := range r.all {
		if b.fill(now); b.left >= b.size {
			delete(r.all, name)
		}
	}
	if len(r.all) >= maxRates {
		clear(r.all)
	}
}

// network is what an address is counted as: itself, or its /64 when it is IPv6 (what one customer
// of a provider has, RFC 6177).
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return strings.Clone(ip) // fiber takes its strings back
	}
	if a = a.Unmap(); a.Is4() {
		return a.String()
	}
	p, _ := a.WithZone("").Prefix(64)
	return p.String()
}
