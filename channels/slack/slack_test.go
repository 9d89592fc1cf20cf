package slackchannel

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

const signing = "a-signing-secret-of-tests"

// run runs f until the test ends.
func run(t testing.TB, f func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

func staff(_, email string) (ticket.Agent, error) {
	name, ok := strings.CutSuffix(email, "@support.example")
	if !ok {
		return ticket.Agent{}, ticket.Errorf("test", ticket.Denied, "not of the team")
	}
	return ticket.Agent{ID: name, Name: name, Email: email, Roles: []ticket.Role{ticket.RoleAgent}}, nil
}

// httpSlack is Slack as it calls an app: signed requests, over a real connection.
type httpSlack struct{ url string }

func (h httpSlack) post(ctx context.Context, body []byte, change func(http.Header)) error {
	req, err := http.NewRequestWithContext(ctx, "POST", h.url+"/slack/events", bytes.NewReader(body))
	if err != nil {
		return err
	}
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(signing))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Slack-Request-Timestamp", stamp)
	req.Header.Set("X-Slack-Signature", "v0="+hex.EncodeToString(mac.Sum(nil)))
	if change != nil {
		change(req.Header)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 {
		return fmt.Errorf("the app answers %s", resp.Status)
	}
	return nil
}

// serve puts the app's routes on a free port.
func serve(t testing.TB, app *slackapp.App) httpSlack {
	t.Helper()
	web := fiber.New(fiber.Config{DisableStartupMessage: true, BodyLimit: 8 << 20})
	app.Mount(web.Group("/slack"))
	return httpSlack{"http://" + channeltest.Listen(t, web)}
}

// eventOf is the message event that Slack sends. The ts follows from the id.
func eventOf(m channeltest.Message, ids *sync.Map) []byte {
	n, _ := ids.LoadOrStore(m.ID, slackapp.TS(time.Now()))
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(m.Text)
	b, _ := json.Marshal(map[string]any{"type": "event_callback", "event_id": "Ev" + m.ID, "team_id": "T0SIM", "event": map[string]any{
		"type": "message", "channel": "C0CUST", "user": "U9CARL", "text": text, "ts": n, "client_msg_id": m.ID, "team": "T0SIM"}})
	return b
}

func TestSource(t *testing.T) {
	t.Parallel()
	channeltest.Source(t, channeltest.SourceHarness{Longest: 38_000, Start: func(t testing.TB, w channeltest.World) channeltest.SourceRig {
		sim := slacksim.Start(t, slacksim.Sample())
		cfg := slackapp.Config{Mode: slackapp.ModeHTTP, BotToken: secret.New(sim.App().BotToken), SigningSecret: secret.New(signing), APIURL: sim.APIURL()}
		app, err := slackapp.New(cfg, slackapp.Deps{Log: w.Log})
		if err != nil {
			t.Fatal(err)
		}
		c := New(Config{Channels: []Room{{Channel: "customer-ltd", Inbox: "ltd"}}}, Deps{App: app, Blobs: w.Blobs, Cursors: w.Cursors, Tickets: &tickets{Intake: w.Intake}, Agent: staff, Log: w.Log})
		run(t, app.Run)
		peer, ids := serve(t, app), new(sync.Map)
		deliver := func(ctx context.Context, m channeltest.Message) error { return peer.post(ctx, eventOf(m, ids), nil) }
		good := channeltest.Message{ID: "garbage", Text: "not to be taken"}
		bad := func(change func(http.Header)) func(context.Context) error {
			return func(ctx context.Context) error { return peer.post(ctx, eventOf(good, ids), change) }
		}
		return channeltest.SourceRig{Source: c, Config: cfg, Secrets: []string{signing, sim.App().BotToken},
			Channel: "slack", Inbox: "ltd", From: customer.Identity{Kind: customer.Slack, Value: "T0SIM/U9CARL"},
			Deliver: deliver, Redeliver: deliver,
			Garbage: map[string]func(context.Context) error{
				"unsigned": bad(func(h http.Header) { h.Del("X-Slack-Signature") }),
				"forged":   bad(func(h http.Header) { h.Set("X-Slack-Signature", "v0="+strings.Repeat("ab", 32)) }),
				"replayed": bad(func(h http.Header) { h.Set("X-Slack-Request-Timestamp", "1700000000") }),
				"no JSON":  func(ctx context.Context) error { return peer.post(ctx, []byte("{"), nil) },
			},
			Oversize: func(ctx context.Context) error {
				return peer.post(ctx, eventOf(channeltest.Message{ID: "big", Text: strings.Repeat("x", 2<<20)}, ids), nil)
			},
		}
	}})
}

// between stands before the simulator and can answer one call itself.
type between struct {
	mu   sync.Mutex
	next func(w http.ResponseWriter)
	sim  http.Handler
}

func (b *between) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	next := b.next
	if r.URL.Path == "/api/chat.postMessage" {
		b.next = nil
	} else {
		next = nil
	}
	b.mu.Unlock()
	if next != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		next(w)
		return
	}
	b.sim.ServeHTTP(w, r)
}

func (b *between) fail(kind ticket.Kind) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next = func(w http.ResponseWriter) {
		if kind == ticket.Transient {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(429)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":false,"error":"is_archived"}`)
	}
}

func TestSender(t *testing.T) {
	t.Parallel()
	channeltest.Sender(t, channeltest.SenderHarness{Start: func(t testing.TB, w channeltest.World) channeltest.SenderRig {
		sim := slacksim.Start(t, slacksim.Sample())
		target, err := url.Parse(sim.URL())
		if err != nil {
			t.Fatal(err)
		}
		proxy := &between{sim: httputil.NewSingleHostReverseProxy(target)}
		front := httptest.NewServer(proxy)
		t.Cleanup(front.Close)
		cfg := slackapp.Config{AppToken: secret.New(sim.App().AppToken), BotToken: secret.New(sim.App().BotToken), APIURL: front.URL + "/api"}
		app, err := slackapp.New(cfg, slackapp.Deps{Log: w.Log})
		if err != nil {
			t.Fatal(err)
		}
		c := New(Config{}, Deps{App: app, Blobs: w.Blobs, Cursors: w.Cursors, Log: w.Log})
		ts, err := sim.Say("carl", "customer-ltd", "It does not work", "")
		if err != nil {
			t.Fatal(err)
		}
		good := ticket.Outbound{Ticket: ticket.Ticket{ID: 1042, Channel: "slack"},
			Message:  ticket.Message{Ticket: 1042, Seq: 2, Kind: ticket.Public, Direction: ticket.Out, Channel: "slack", Text: "Try **this** <first>"},
			Previous: []ticket.Message{{Ticket: 1042, Seq: 1, Direction: ticket.In, Channel: "slack", External: "C0CUST/" + ts}}}
		lost := good
		lost.Previous = nil
		return channeltest.SenderRig{Sender: c, Config: cfg, Secrets: []string{sim.App().BotToken, sim.App().AppToken}, Good: good,
			Bad: map[string]ticket.Outbound{"no thread": lost}, Fail: proxy.fail, RetryAfter: time.Second,
			Sent: func() (ids []string) {
				for _, m := range sim.Replies("C0CUST", ts) {
					ids = append(ids, "C0CUST/"+m.TS)
				}
				return ids
			}}
	}})
}
