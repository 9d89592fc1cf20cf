package slacksim

import (
	"math"
	"time"
)

// bucket is a token bucket.
type bucket struct {
	tokens float64
	at     time.Time
}

// take takes one token; wait is how many seconds are missing until there is one.
func (s *Server) take(key string, perSecond, burst float64) (wait int) {
	now := s.clock.Now()
	b := s.buckets[key]
	if b == nil {
		b = &bucket{tokens: burst, at: now}
		s.buckets[key] = b
	}
	b.tokens = min(burst, b.tokens+now.Sub(b.at).Seconds()*perSecond)
	b.at = now
	if b.tokens < 1 {
		return max(1, int(math.Ceil((1-b.tokens)/perSecond)))
	}
	b.tokens--
	return 0
}

// throttle holds a call against its method's tier (https://docs.slack.dev/apis/web-api/rate-limits):
// so many a minute and workspace, all of which may come at once; messages one a second and channel,
// with a short burst, and "several hundred" a minute in the workspace.
func (s *Server) throttle(m method, c *call) (wait int) {
	if s.cfg.Rates.Off {
		return 0
	}
	if c.name == "chat.postMessage" {
		burst, all := s.cfg.Rates.Burst, s.cfg.Rates.Messages
		if burst == 0 {
			burst = 10
		}
		if all == 0 {
			all = 300
		}
		if wait := s.take(c.name+" "+c.str("channel"), 1, float64(burst)); wait > 0 {
			return wait
		}
		return s.take(c.name, float64(all)/60, float64(all)/5)
	}
	if m.tier == 0 {
		return 0
	}
	perMinute := s.cfg.Rates.Tiers[m.tier]
	if perMinute == 0 {
		perMinute = [...]int{0, 1, 20, 50, 100}[m.tier]
	}
	burst := perMinute
	if m.tier == 1 {
		burst = max(burst, 5) // "sporadic bursts are permitted"
	}
	return s.take(c.name, float64(perMinute)/60, float64(burst))
}
