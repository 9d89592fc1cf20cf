package slackapp

import (
	"context"
	"sync"
	"time"

	"tierline/ticket"
)

// pace is what a method allows: burst calls at once, and perMinute in the long run. Together they
// stay below the method's published tier in every minute.
// https://docs.slack.dev/apis/web-api/rate-limits
type pace struct{ burst, perMinute float64 }

func paceOf(method string) pace {
	switch method {
	case "chat.postMessage": // one a second a channel, short bursts are tolerated
		return pace{5, 60}
	case "conversations.list", "usergroups.list", "usergroups.users.list", "dnd.teamInfo": // tier 2: 20 a minute
		return pace{4, 16}
	case "chat.update", "chat.delete", "conversations.history", "conversations.replies", "conversations.open",
		"users.lookupByEmail", "users.getPresence", "reactions.add": // tier 3: 50 a minute
		return pace{10, 40}
	case "auth.test": // hundreds a minute
		return pace{20, 200}
	}
	return pace{20, 80} // tier 4: 100 a minute: views.*, users.info, chat.postEphemeral, files.*
}

// maxWait is how long a call waits for its turn here; beyond it the caller is told when to come back.
const maxWait = 2 * time.Second

// maxBuckets bounds what is remembered: methods, and channels that were posted to.
const maxBuckets = 4096

type bucket struct {
	pace
	tokens  float64
	at      time.Time
	blocked time.Time // Slack said: not before
}

// fill brings the tokens up to now.
func (b *bucket) fill(now time.Time) {
	b.tokens = min(b.burst, b.tokens+now.Sub(b.at).Minutes()*b.perMinute)
	b.at = now
}

type limiter struct {
	now     func() time.Time
	off     bool // but for what Slack itself says
	mu      sync.Mutex
	buckets map[string]*bucket
}

func newLimiter(now func() time.Time, off bool) *limiter {
	return &limiter{now: now, off: off, buckets: map[string]*bucket{}}
}

func (l *limiter) bucket(method, key string, now time.Time) *bucket {
	id := method + " " + key
	b := l.buckets[id]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			for k, old := range l.buckets {
				if old.fill(now); old.tokens >= old.burst && !old.blocked.After(now) {
					delete(l.buckets, k)
				}
			}
		}
		p := paceOf(method)
		b = &bucket{pace: p, tokens: p.burst, at: now}
		l.buckets[id] = b
	}
	return b
}

// take reserves a call and says how long to wait before it; ok is false when that is too long, and
// nothing is reserved then.
func (l *limiter) take(method, key string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.bucket(method, key, now)
	b.fill(now)
	if l.off {
		b.tokens = b.burst
	}
	if b.tokens < 1 {
		wait = time.Duration((1 - b.tokens) / b.perMinute * float64(time.Minute))
	}
	wait = max(wait, b.blocked.Sub(now))
	if wait > maxWait {
		return wait, false
	}
	b.tokens--
	return max(wait, 0), true
}

// block obeys a Retry-After.
func (l *limiter) block(method, key string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.bucket(method, key, now)
	if until := now.Add(d); until.After(b.blocked) {
		b.blocked = until
	}
}

func (l *limiter) wait(ctx context.Context, method, key string) error {
	d, ok := l.take(method, key)
	if !ok {
		return &ticket.Error{Op: "slack." + method, Kind: ticket.Transient, RetryAfter: d,
			Public: "Slack's limit for this is used up for the moment."}
	}
	if d > 0 {
		pause(ctx, d)
	}
	if err := ctx.Err(); err != nil {
		return ticket.E("slack."+method, ticket.Transient, err)
	}
	return nil
}
