package slackapp

import (
	"context"
	"testing"
	"time"

	"tierline/config/secret"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// timed is an app whose sleep moves the clock, and does what a test has said for that moment.
func timed(t *testing.T) (sim *slacksim.Server, a *App, clock *slacksim.ManualClock, at func(time.Duration, func())) {
	t.Helper()
	clock = slacksim.NewManualClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	began := clock.Now()
	cfg := slacksim.Sample()
	cfg.Clock = clock
	sim = slacksim.Start(t, cfg)
	then := map[time.Duration]func(){}
	a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL()},
		Deps{Now: clock.Now, Sleep: func(_ context.Context, d time.Duration) {
			clock.Advance(d)
			if f := then[clock.Now().Sub(began)]; f != nil {
				f()
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	return sim, a, clock, func(d time.Duration, f func()) { then[d] = f }
}

// paging is the work of a page.
func paging(ctx context.Context) context.Context {
	return ticket.Working(ctx, &ticket.Work{Job: ticket.Job{ID: 1, Kind: ticket.JobPage, Priority: ticket.PriorityPage}})
}

// TestAPageGoesOutWhenSlackIsThereAgain: in that second, while all else waits for the clock.
func TestAPageGoesOutWhenSlackIsThereAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail, mend func(*slacksim.Server)
		most       time.Duration
	}{
		"an outage": {func(s *slacksim.Server) { s.Inject(slacksim.Fault{Kind: slacksim.Outage}) }, func(s *slacksim.Server) { s.Clear() }, time.Second},
		"a token that was refused": {func(s *slacksim.Server) { s.RevokeToken("token_revoked") }, func(s *slacksim.Server) { s.RevokeToken("") },
			probeWait},
	} {
		sim, a, clock, at := timed(t)
		began := clock.Now()
		c.fail(sim)
		for range awayAfter {
			if _, err := a.Post(t.Context(), Out{Channel: "C0L1", Text: "x"}); err == nil {
				t.Fatal(name, "posted")
			}
		}
		if _, _, err := a.PostTo(paging(t.Context()), "U2CHLOE", Out{Text: "You are wanted"}); !ticket.Unbegun(err) || ticket.RetryAfter(err) != time.Second {
			t.Errorf("%s: %v, again in %v", name, err, ticket.RetryAfter(err))
		}
		if took := clock.Now().Sub(began); took != hoverTime {
			t.Errorf("%s: it waited for %v", name, took)
		}
		asked := sim.Calls("auth.test")
		at(hoverTime+3*time.Second, func() { c.mend(sim) })
		if _, _, err := a.PostTo(paging(t.Context()), "U2CHLOE", Out{Text: "You are wanted"}); err != nil {
			t.Fatal(name, err)
		}
		if late := clock.Now().Sub(began.Add(hoverTime + 3*time.Second)); late > c.most {
			t.Errorf("%s: it went out %v after Slack was there", name, late)
		}
		if n := sim.Calls("auth.test") - asked; n > 5 {
			t.Errorf("%s: Slack was asked %d times", name, n)
		}
		if n := sim.Calls("chat.postMessage"); n > awayAfter+1 {
			t.Errorf("%s: %d posts", name, n)
		}
	}
}
