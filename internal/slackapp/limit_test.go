package slackapp

import (
	"context"
	"testing"
	"time"

	"tierline/ticket"
)

// clock is a time that tests move.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// TestNoMinuteHasMoreCallsThanItsTier: whatever the moment at which the counting begins.
func TestNoMinuteHasMoreCallsThanItsTier(t *testing.T) {
	t.Parallel()
	for method, most := range map[string]int{"chat.postMessage": 65, "conversations.list": 20, "chat.update": 50, "views.open": 100} {
		c := &clock{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
		l := newLimiter(c.now, false)
		var made []time.Time
		for range 3 * 60 * 20 {
			if wait, ok := l.take(method, "C1"); ok {
				made = append(made, c.t.Add(wait))
			}
			c.t = c.t.Add(50 * time.Millisecond)
		}
		for i := range made {
			n := 0
			for _, at := range made[i:] {
				if at.Sub(made[i]) < time.Minute {
					n++
				}
			}
			if n > most {
				t.Fatalf("%s: %d calls in one minute, the tier allows %d", method, n, most)
			}
		}
		if len(made) < most*2 {
			t.Errorf("%s: only %d calls in three minutes", method, len(made))
		}
	}
}

func TestChannelsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(1e9, 0)}
	l := newLimiter(c.now, false)
	for range 20 {
		l.take("chat.postMessage", "C1")
	}
	if wait, ok := l.take("chat.postMessage", "C2"); !ok || wait != 0 {
		t.Errorf("another channel waits %v, %v", wait, ok)
	}
}

func TestRetryAfterIsObeyed(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(1e9, 0)}
	l := newLimiter(c.now, false)
	l.block("chat.update", "", 30*time.Second)
	err := l.wait(context.Background(), "chat.update", "")
	if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != 30*time.Second {
		t.Errorf("got %v, retry after %v", err, ticket.RetryAfter(err))
	}
	c.t = c.t.Add(31 * time.Second)
	if err := l.wait(context.Background(), "chat.update", ""); err != nil {
		t.Error(err)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(1e9, 0)}
	l := newLimiter(c.now, false)
	for i := range 3 * maxBuckets {
		l.take("chat.postMessage", time.Duration(i).String())
		c.t = c.t.Add(time.Second)
	}
	if len(l.buckets) > maxBuckets {
		t.Errorf("%d buckets", len(l.buckets))
	}
}
