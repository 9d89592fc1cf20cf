package slacksim

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

func TestAnswersThatNeverComeAreDoneAllTheSame(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	api := client(s)
	s.Inject(Fault{Kind: DropAnswer, Method: "chat.postMessage", Times: 1})
	if _, _, err := api.PostMessage("C0L1", slack.MsgOptionText("once", false)); err == nil {
		t.Fatal("the answer came")
	}
	if m := s.Messages("support-l1"); len(m) != 1 || m[0].Text != "once" {
		t.Fatalf("%+v", m)
	}
	s.Inject(Fault{Kind: Outage, Method: "chat.postMessage", Times: 1})
	if _, _, err := api.PostMessage("C0L1", slack.MsgOptionText("lost", false)); err == nil {
		t.Fatal("there was no outage")
	}
	if n := len(s.Messages("support-l1")); n != 1 {
		t.Fatal("an outage posted", n)
	}
	s.Inject(Fault{Kind: ServerError, Times: 1})
	var code slack.StatusCodeError
	if _, err := api.AuthTest(); !errors.As(err, &code) || code.Code != http.StatusServiceUnavailable {
		t.Fatal(err)
	}
	s.Inject(Fault{Kind: RateLimited, Times: 1, Delay: 7 * time.Second})
	var limited *slack.RateLimitedError
	if _, err := api.AuthTest(); !errors.As(err, &limited) || limited.RetryAfter != 7*time.Second {
		t.Fatal(err)
	}
	if _, err := api.AuthTest(); err != nil {
		t.Fatal(err)
	}
	if s.Calls("auth.test") != 1 {
		t.Fatal("calls that did not get through were counted", s.Calls("auth.test"))
	}
}

func TestSlowCallsWaitForTheClock(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(start)
	cfg := Sample()
	cfg.Clock = clock
	s := Start(t, cfg)
	s.Inject(Fault{Kind: Slow, Method: "auth.test", Delay: time.Minute, Times: 1})
	done := make(chan Object, 1)
	go func() { done <- post(t, s, "auth.test", nil) }()
	for waiting := false; !waiting; { // until the call hangs on the clock
		select {
		case o := <-done:
			t.Fatal("it did not wait", o)
		case <-time.After(5 * time.Millisecond):
		}
		clock.mu.Lock()
		waiting = len(clock.timers) > 0
		clock.mu.Unlock()
	}
	clock.Advance(time.Minute)
	if o := <-done; o["ok"] != true {
		t.Fatal(o)
	}
}

func TestEventsComeTwiceLateAndNever(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	got := record(t, s)
	say := func(text string) { must[string](t)(s.Say("carl", "customer-ltd", text, "")) }
	s.Inject(Fault{Kind: Duplicate, Times: 1})
	say("twice")
	s.Inject(Fault{Kind: OutOfOrder, Times: 1})
	say("late")
	say("early")
	s.Inject(Fault{Kind: LoseEvent, Times: 1})
	say("never")
	say("last")
	wait(t, s, func() bool { return s.Unacknowledged() == 0 && got.count("message") == 5 })
	var texts, ids []string
	got.mu.Lock()
	for _, p := range got.all {
		texts = append(texts, text(object(p, "event"), "text"))
		ids = append(ids, text(p, "event_id"))
	}
	got.mu.Unlock()
	want := []string{"twice", "twice", "early", "late", "last"}
	for i := range want {
		if texts[i] != want[i] {
			t.Fatalf("got %q, want %q", texts, want)
		}
	}
	if ids[0] != ids[1] || ids[1] == ids[2] {
		t.Fatal("the double does not have the same event_id", ids)
	}
}

func TestRateLimits(t *testing.T) {
	t.Parallel()
	clock := NewManualClock(start)
	cfg := Sample()
	cfg.Clock, cfg.Rates = clock, Rates{Burst: 3}
	s := Start(t, cfg)
	say := func(channel string) Object {
		return post(t, s, "chat.postMessage", form("channel", channel, "text", "x"))
	}
	for range 3 {
		if o := say("C0L1"); o["ok"] != true {
			t.Fatal(o)
		}
	}
	if o := say("C0L1"); o["_status"] != float64(429) || o["_retry"] != "1" || o["error"] != "ratelimited" {
		t.Fatal(o)
	}
	if o := say("C0L2"); o["ok"] != true {
		t.Fatal("one channel's limit is another's", o)
	}
	clock.Advance(time.Second)
	if o := say("C0L1"); o["ok"] != true {
		t.Fatal(o)
	}
	for range 20 { // tier 2
		ok(t, s, "users.list")
	}
	if o := post(t, s, "users.list", nil); o["_retry"] != "3" {
		t.Fatal(o)
	}
	if n := len(s.Messages("support-l1")); n != 4 {
		t.Fatal(n)
	}
}

func TestARevokedTokenIsTold(t *testing.T) {
	t.Parallel()
	s := Start(t, Sample())
	got := record(t, s)
	s.RevokeToken("account_inactive")
	wait(t, s, func() bool { return got.count("tokens_revoked") == 1 })
	if o := post(t, s, "auth.test", nil); o["error"] != "account_inactive" {
		t.Fatal(o)
	}
	s.RevokeToken("")
	ok(t, s, "auth.test")
}
