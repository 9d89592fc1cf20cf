package slackapp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"tierline/config/secret"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// eventually waits for something that must happen.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s", what)
		}
	}
}

// connected is an app in a workspace; prepare registers its handlers.
func connected(t *testing.T, cfg slacksim.Config, prepare func(*App)) (*slacksim.Server, *App, *syncBuffer) {
	t.Helper()
	sim := slacksim.Start(t, cfg)
	log := &syncBuffer{}
	a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL()},
		Deps{Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	prepare(a)
	if a.Ready() == nil {
		t.Error("ready before it runs")
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if a.Ready() == nil {
			t.Error("ready after it ended")
		}
		for _, s := range []string{sim.App().AppToken, sim.App().BotToken} {
			if strings.Contains(log.String(), s) {
				t.Error("the log shows a token")
			}
		}
	})
	eventually(t, "the connection", func() bool { return a.Ready() == nil })
	return sim, a, log
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestEventsAreAcknowledgedWhenTheyAreHandled(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	release := make(chan struct{})
	sim, _, _ := connected(t, slacksim.Sample(), func(a *App) {
		a.OnEvent("message", func(ctx context.Context, ev Event) error {
			switch tries.Add(1) {
			case 1:
				return errors.New("not this time")
			case 2:
				<-release
			}
			return nil
		})
	})
	if _, err := sim.Say("carl", "customer-ltd", "hello", ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second try", func() bool { return tries.Load() == 2 })
	if sim.Unacknowledged() != 1 {
		t.Error("acknowledged before it was handled")
	}
	close(release)
	eventually(t, "the ack", func() bool { return sim.Unacknowledged() == 0 })
}

func TestEventsOfOneThreadKeepTheirOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	sim, _, _ := connected(t, slacksim.Sample(), func(a *App) {
		a.OnEvent("message", func(_ context.Context, ev Event) error {
			if ev.Message.Text == "0" {
				time.Sleep(50 * time.Millisecond) // the slow one must not be overtaken
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, ev.Message.Text)
			return nil
		})
	})
	top, err := sim.Say("carl", "customer-ltd", "0", "")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < 8; i++ {
		if _, err := sim.Say("carl", "customer-ltd", string(rune('0'+i)), top); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all events", func() bool { mu.Lock(); defer mu.Unlock(); return len(got) == 8 })
	if s := strings.Join(got, ""); s != "01234567" {
		t.Errorf("handled in the order %s", s)
	}
}

func TestUnknownEventsAreAcknowledged(t *testing.T) {
	t.Parallel()
	sim, _, _ := connected(t, slacksim.Sample(), func(*App) {})
	ts, err := sim.Say("carl", "customer-ltd", "nobody listens", "")
	if err == nil {
		err = sim.React("anna", "customer-ltd", ts, "eyes")
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the acks", func() bool { return sim.Unacknowledged() == 0 })
}

func TestAPanicStopsNothing(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	sim, _, log := connected(t, slacksim.Sample(), func(a *App) {
		a.OnEvent("message", func(context.Context, Event) error {
			if n.Add(1) == 1 {
				panic("odd input")
			}
			return nil
		})
		a.OnCommand("/tier", func(context.Context, slack.SlashCommand) Reply { panic("odd command") })
	})
	if _, err := sim.Say("carl", "customer-ltd", "x", ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the ack of the second try", func() bool { return n.Load() >= 2 && sim.Unacknowledged() == 0 }) // it comes a third time when the machine is late with the ack
	if err := sim.Slash("anna", "support-l1", "/tier", "x"); err != nil {
		t.Errorf("a panic in a command: %v", err)
	}
	if !strings.Contains(log.String(), "odd input") {
		t.Error("the panic is not in the log")
	}
}

func TestTheConnectionComesBack(t *testing.T) {
	t.Parallel()
	var back atomic.Int32
	sim, a, _ := connected(t, slacksim.Sample(), func(a *App) { a.OnConnect(func() { back.Add(1) }) })
	sim.Disconnect("refresh_requested")
	eventually(t, "the new connection", func() bool { return back.Load() == 2 && a.Ready() == nil })
	sim.Inject(slacksim.Fault{Kind: slacksim.Outage})
	eventually(t, "Ready to tell of the outage", func() bool { return a.Ready() != nil })
	sim.Clear()
	eventually(t, "the end of the outage", func() bool { return back.Load() == 3 && a.Ready() == nil })
}

// TestSeveralConnections: each is opened again by itself, and what comes is taken once, by whichever.
func TestSeveralConnections(t *testing.T) {
	t.Parallel()
	sim := slacksim.Start(t, slacksim.Sample())
	a, err := New(Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: sim.APIURL(), Connections: 3}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	var got, clicks atomic.Int32
	a.OnEvent("message", func(context.Context, Event) error { got.Add(1); return nil })
	a.OnCommand("/tier", func(context.Context, slack.SlashCommand) Reply { clicks.Add(1); return Reply{Text: "yes"} })
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	for range 3 {
		eventually(t, "three connections", func() bool { return sim.Connections() == 3 && a.Ready() == nil })
		before := got.Load()
		for range 6 {
			if _, err := sim.Say("carl", "customer-ltd", "hello", ""); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all events", func() bool { return got.Load() >= before+6 && sim.Unacknowledged() == 0 })
		if err := sim.Slash("anna", "support-l1", "/tier", "x"); err != nil {
			t.Error(err)
		}
		sim.Disconnect("refresh_requested")
	}
	if n := clicks.Load(); n != 3 {
		t.Errorf("%d commands", n)
	}
}

func TestAClickThatIsPlayedAgainDoesNothing(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(1e9, 0)}
	a, err := New(Config{AppToken: secret.New("xapp-1"), BotToken: secret.New("xoxb-1"), APIURL: "http://127.0.0.1:1/api"}, Deps{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 * maxOnce {
		if a.again(fmt.Sprint(i)) || !a.again(fmt.Sprint(i)) {
			t.Fatalf("%d is not taken once", i)
		}
		c.t = c.t.Add(time.Second / 2)
		if i > 500 && !a.again(fmt.Sprint(i-500)) {
			t.Fatalf("%d is forgotten within the window of replays", i-500)
		}
	}
	if n := len(a.used.new) + len(a.used.old); n > maxOnce {
		t.Errorf("%d are remembered", n)
	}
}

func TestARefusedTokenIsSaidAndSurvived(t *testing.T) {
	t.Parallel()
	sim, a, log := connected(t, slacksim.Sample(), func(*App) {})
	sim.RevokeToken("token_revoked")
	_, err := a.Post(t.Context(), Out{Channel: "C0L1", Text: "x"})
	if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != tokenWait {
		t.Errorf("a revoked token gives %v", err)
	}
	if err := a.Ready(); err == nil || !strings.Contains(err.Error(), "token_revoked") {
		t.Errorf("Ready says %v", err)
	}
	before := sim.Calls(postMessage)
	for range 100 {
		if _, err := a.Post(t.Context(), Out{Channel: "C0L1", Text: "x"}); !ticket.Unbegun(err) {
			t.Fatalf("a call in vain gives %v", err)
		}
	}
	if n := sim.Calls(postMessage) - before; n != 0 {
		t.Errorf("%d calls were made in vain", n)
	}
	sim.RevokeToken("")
	eventually(t, "Ready again", func() bool { return a.Ready() == nil })
	if _, err := a.Post(t.Context(), Out{Channel: "C0L1", Text: "x"}); err != nil {
		t.Error(err)
	}
	if !strings.Contains(log.String(), "token is refused") {
		t.Error("it is not in the log")
	}
}

func TestWhatSlackSaysBecomesKinds(t *testing.T) {
	t.Parallel()
	cfg := slacksim.Sample()
	cfg.App.Scopes = Scopes()
	sim, a, _ := connected(t, cfg, func(*App) {})
	ctx := t.Context()
	post := func(ch string) error { _, err := a.Post(ctx, Out{Channel: ch, Text: "x"}); return err }
	for name, c := range map[string]struct {
		err  error
		kind ticket.Kind
	}{
		"no channel": {post("C0NOPE"), ticket.Invalid},
		"no member":  {post("C0GENERAL"), ticket.Invalid},
		"no message": {a.Update(ctx, "1700000000.000001", Out{Channel: "C0L1", Text: "x"}), ticket.NotFound},
		"no trigger": {a.OpenView(ctx, "1.2.3", slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", "x", false, false)}), ticket.Invalid},
		"bad blocks": {func() error {
			_, err := a.Post(ctx, Out{Channel: "C0L1", Text: "x", Blocks: []slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject("plain_text", strings.Repeat("x", 151), false, false))}})
			return err
		}(), ticket.Invalid},
		"no user": {func() error { _, err := a.User(ctx, "U0NOPE"); return err }(), ticket.NotFound},
		"no mail": {func() error { _, err := a.UserByEmail(ctx, "x@nope.example"); return err }(), ticket.NotFound},
		"no name": {func() error { _, err := a.Channel(ctx, "no-such-channel"); return err }(), ticket.Invalid},
		"ended": {func() error {
			c, stop := context.WithCancel(ctx)
			stop()
			return a.Update(c, "1.2", Out{Channel: "C0L1"})
		}(), ticket.Transient},
	} {
		if ticket.KindOf(c.err) != c.kind {
			t.Errorf("%s: %v is of kind %q, not %q", name, c.err, ticket.KindOf(c.err), c.kind)
		}
	}
	for _, f := range []slacksim.Fault{{Kind: slacksim.ServerError, Status: 503}, {Kind: slacksim.DropAnswer}, {Kind: slacksim.RateLimited, Delay: time.Second}} {
		f.Method, f.Times = "chat.postEphemeral", 1
		sim.Inject(f)
		err := a.Ephemeral(ctx, "C0L1", "U1ANNA", "", "x")
		if ticket.KindOf(err) != ticket.Transient {
			t.Errorf("%s gives %v", f.Kind, err)
		}
		if f.Kind == slacksim.RateLimited && ticket.RetryAfter(err) != time.Second {
			t.Errorf("Retry-After is %v", ticket.RetryAfter(err))
		}
	}
}

func TestSlacksOwnLimitsAreNeverReached(t *testing.T) {
	t.Parallel()
	cfg := slacksim.Sample()
	cfg.Rates = slacksim.Rates{} // Slack's
	_, a, _ := connected(t, cfg, func(*App) {})
	var sent, later int
	for end := time.Now().Add(time.Minute); sent < 6 && time.Now().Before(end); {
		_, err := a.Post(t.Context(), Out{Channel: "C0L1", Text: "x"})
		var limited *slack.RateLimitedError
		switch {
		case err == nil:
			sent++
		case errors.As(err, &limited):
			t.Fatalf("Slack had to refuse message %d", sent+1)
		default:
			later++
		}
	}
	if sent < 5 || later != 0 {
		t.Errorf("%d sent, %d put off", sent, later)
	}
}

func TestUsersAreRememberedForAWhile(t *testing.T) {
	t.Parallel()
	sim, a, _ := connected(t, slacksim.Sample(), func(*App) {})
	for range 5 {
		u, err := a.User(t.Context(), "U9CARL")
		if err != nil || u.Name != "Carl Customer" || u.Email != "carl@customer.example" || !u.Guest || u.Team != "T0SIM" {
			t.Fatalf("%+v, %v", u, err)
		}
		if _, err := a.User(t.Context(), "U0NOPE"); ticket.KindOf(err) != ticket.NotFound {
			t.Fatal(err)
		}
		if id, err := a.Channel(t.Context(), "#Support-L2"); err != nil || id != "C0L2" {
			t.Fatal(id, err)
		}
	}
	if n := sim.Calls("users.info"); n != 2 {
		t.Errorf("users.info was called %d times", n)
	}
	if n := sim.Calls("conversations.list"); n != 1 {
		t.Errorf("conversations.list was called %d times", n)
	}
	for i := range 3 * maxUsers {
		_, _ = a.home.remembered(string(rune(i)), func() (User, error) { return User{}, nil })
	}
	if n := len(a.home.dir.users); n > maxUsers {
		t.Errorf("%d users are remembered", n)
	}
}
