package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/gofiber/fiber/v2"

	"tierline/channels/channeltest"
	"tierline/config/secret"
	"tierline/store"
	"tierline/ticket"
)

const testSecret = "a secret of the tests, long enough"

func testConfig() Config {
	return Config{Inboxes: []Inbox{{Name: "web", Brand: "acme", Origins: []string{"https://shop.example"}}, {Name: "other"}},
		Secret: secret.New(testSecret), PerMinute: 100_000}
}

// server is a chat behind a real listener.
type server struct {
	*Chat
	host string // of the listener
	t    testing.TB
	stop func()
}

func serve(t testing.TB, cfg Config, d Deps) *server {
	t.Helper()
	c, err := New(cfg, d)
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	c.Mount(app)
	return &server{Chat: c, host: channeltest.Listen(t, app), t: t}
}

// run runs the chat until stop, or the end of the test.
func (s *server) run(in ticket.Intake) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, in) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
	})
	s.t.Cleanup(s.stop)
	channeltest.Eventually(s.t, "ready", func() bool { return s.Ready() == nil })
}

func openStore(t testing.TB) *store.Store {
	t.Helper()
	st, err := store.Open(context.Background(), store.Config{Data: t.TempDir(), ThrowAway: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// withStore is a running chat over a real store.
func withStore(t testing.TB, cfg Config) (*server, *store.Store) {
	t.Helper()
	st := openStore(t)
	s := serve(t, cfg, Deps{Reader: st, Changes: st, References: st, Log: slog.New(slog.DiscardHandler)})
	s.run(st)
	return s, st
}

// visitor is one socket, as the widget has it.
type visitor struct {
	*websocket.Conn
	session, secret string
}

func (s *server) dial(ctx context.Context, inbox string, header http.Header) (*websocket.Conn, error) {
	c, res, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+s.host+"/chat/ws?inbox="+inbox, header)
	if err != nil && res != nil {
		return nil, fmt.Errorf("%w: %s", err, res.Status)
	}
	if err == nil {
		context.AfterFunc(ctx, func() { c.Close() })
	}
	return c, err
}

// connect says hello and waits for the welcome.
func (s *server) connect(ctx context.Context, hello fromVisitor) (*visitor, error) {
	c, err := s.dial(ctx, "web", nil)
	if err != nil {
		return nil, err
	}
	v := &visitor{Conn: c}
	hello.T = "hello"
	if err := c.WriteJSON(hello); err != nil {
		return nil, err
	}
	f, err := v.next("welcome")
	v.session, v.secret = f.Session, f.Secret
	return v, err
}

func (s *server) visit(t testing.TB, hello fromVisitor) *visitor {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(stop)
	v, err := s.connect(ctx, hello)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close() })
	return v
}

// next reads frames until one is of a kind; an error frame is an error unless it is asked for.
func (v *visitor) next(kind string) (toVisitor, error) {
	for {
		if err := v.SetReadDeadline(time.Now().Add(channeltest.Patience)); err != nil {
			return toVisitor{}, err
		}
		_, data, err := v.ReadMessage()
		if err != nil {
			return toVisitor{}, err
		}
		var f toVisitor
		if err := json.Unmarshal(data, &f); err != nil {
			return f, err
		}
		switch f.T {
		case kind:
			return f, nil
		case "error":
			return f, errors.New(f.Code + ": " + f.Text)
		}
	}
}

func (v *visitor) must(t testing.TB, kind string) toVisitor {
	t.Helper()
	f, err := v.next(kind)
	if err != nil {
		t.Fatalf("waiting for %s: %v", kind, err)
	}
	return f
}

func (v *visitor) say(t testing.TB, id, text string) {
	t.Helper()
	if err := v.WriteJSON(fromVisitor{T: "say", ID: id, Text: text}); err != nil {
		t.Fatal(err)
	}
	if f := v.must(t, "ack"); f.ID != id {
		t.Fatalf("%s was acknowledged, not %s", f.ID, id)
	}
}

// nothing is a store without anything, for adapters that are tested without one.
type nothing struct{ ticket.Reader }

func (nothing) Lookup(context.Context, string, string) (ticket.Reference, error) {
	return ticket.Reference{}, ticket.E("nothing", ticket.NotFound, nil)
}
func (nothing) Bind(context.Context, ...ticket.Reference) error { return nil }
func (nothing) ReferencesOf(context.Context, ticket.ID, string) ([]ticket.Reference, error) {
	return nil, nil
}
func (nothing) SetDeskRef(context.Context, ticket.ID, int, string) error { return nil }
func (nothing) Messages(context.Context, ticket.ID, int, int) ([]ticket.Message, error) {
	return nil, nil
}
func (nothing) Watch(ctx context.Context) <-chan ticket.Change {
	c := make(chan ticket.Change)
	context.AfterFunc(ctx, func() { close(c) })
	return c
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
