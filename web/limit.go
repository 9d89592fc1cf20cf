package web

import (
	"math"
	"sync"
	"time"
)

// limiter holds a token bucket for each name (a key, an address).
type limiter struct {
	burst float64
	every time.Duration // one token
	now   func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
}

type bucket struct {
	tokens float64
	at     time.Time
}

// maxBuckets is how many names one limiter remembers.
const maxBuckets = 20_000

func newLimiter(burst int, per time.Duration, now func() time.Time) *limiter {
	return &limiter{burst: float64(burst), every: per / time.Duration(burst), now: now, buckets: map[string]bucket{}}
}

// take spends n tokens of a name. When there are not enough it spends none and says in how many
// seconds to come again. n = 0 asks whether one is left.
func (l *limiter) take(name string, n int) (wait int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b, ok := l.buckets[name]
	if !ok {
		l.makeRoom(now)
		b = bucket{tokens: l.burst, at: now}
	}
	b.tokens = l.filled(b, now)
	b.at = now
	if need := float64(max(n, 1)); b.tokens < need {
		l.buckets[name] = b
		return max(1, int(math.Ceil((need-b.tokens)*l.every.Seconds())))
	}
	b.tokens -= float64(n)
	l.buckets[name] = b
	return 0
}

func (l *limiter) filled(b bucket, now time.Time) float64 {
	return min(l.burst, b.tokens+float64(now.Sub(b.at))/float64(l.every))
}

// makeRoom forgets the names that have all their tokens, or everybody when all are busy: memory
// stays bounded, and a flood from many addresses is not what this limiter can stop.
func (l *limiter) makeRoom(now time.Time) {
	if len(l.buckets) < maxBuckets {
		return
	}
	for k, b := range l.buckets {
		if l.filled(b, now) >= l.burst {
			delete(l.buckets, k)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
