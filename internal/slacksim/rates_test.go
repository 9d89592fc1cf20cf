package slacksim

import (
	"testing"
	"time"
)

// TestMessagesAreLimitedByChannelAndByWorkspace: one a second in a channel, several hundred a minute in all
// (https://docs.slack.dev/apis/web-api/rate-limits). What is refused is counted.
func TestMessagesAreLimitedByChannelAndByWorkspace(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(time.Unix(1_700_000_000, 0))
	cfg := Sample()
	cfg.Clock, cfg.Rates = clock, Rates{Burst: 3, Messages: 60}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	post := func(channel string) int {
		s.mu.Lock()
		defer s.mu.Unlock()
		_, wait := s.invoke("chat.postMessage", map[string]any{"channel": channel, "text": "x"}, s.cfg.App.BotToken, true)
		return wait
	}
	for i := range 4 {
		if wait := post("C0L1"); (wait > 0) != (i == 3) {
			t.Errorf("message %d in a channel waits %d s", i+1, wait)
		}
	}
	clock.Advance(time.Second)
	if wait := post("C0L1"); wait != 0 {
		t.Errorf("a second later it waits %d s", wait)
	}
	took := 4
	for _, ch := range []string{"C0L2", "C0CUST", "C0GENERAL", "U1ANNA", "U1BEN"} {
		for range 3 {
			if post(ch) == 0 {
				took++
			}
		}
	}
	if took != 13 || s.Refused("chat.postMessage") != 7 { // 12 at once, and one for the second that has passed
		t.Errorf("%d messages were taken, %d refused", took, s.Refused("chat.postMessage"))
	}
}
