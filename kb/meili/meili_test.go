package meili

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/internal/peers"
	"tierline/kb"
	"tierline/kb/enginetest"
	"tierline/ticket"
)

// A real server is used when these are set.
const (
	urlVariable = "MEILI_URL"
	keyVariable = "MEILI_KEY"
)

func real(t testing.TB) Config {
	t.Helper()
	url := os.Getenv(urlVariable)
	if url == "" {
		peers.Skip(t, "a Meilisearch server ("+urlVariable+" is not set)")
	}
	return Config{URL: url, Key: secret.New(os.Getenv(keyVariable))}
}

func open(t testing.TB, c Config) *Engine {
	t.Helper()
	c.Prefix = cmp.Or(c.Prefix, "test-"+rand.Text())
	e, err := Open(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, name := range []string{e.index, e.meta()} {
			if err := e.drop(context.Background(), name); err != nil {
				t.Logf("cleaning up: %v", err)
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestEngineOnServer(t *testing.T) {
	c := real(t)
	enginetest.Run(t, func(t *testing.T) kb.Engine { return open(t, c) })
}

func TestEngineOnFake(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T) kb.Engine {
		_, c := newFake(t)
		return open(t, c)
	})
}

func TestDeadServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	e, err := Open(Config{URL: "http://" + addr, Key: secret.New("hush-hush")}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for name, err := range calls(e) {
		if ticket.KindOf(err) != ticket.Transient || strings.Contains(err.Error(), "hush-hush") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("a closed port took %v", took)
	}
}

// calls makes each call once.
func calls(e *Engine) map[string]error {
	ctx := context.Background()
	_, cursor := e.Cursor(ctx)
	_, search := e.Search(ctx, kb.Question{Text: "grinder"})
	return map[string]error{"Ping": e.Ping(ctx), "Cursor": cursor, "Search": search, "Reset": e.Reset(ctx),
		"Index":   e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}}, 1),
		"Rebuild": e.Rebuild(ctx, func(kb.Engine) error { return nil })}
}

func TestFailuresByKind(t *testing.T) {
	t.Parallel()
	page := func(status int, text string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
			return true
		}
	}
	for name, c := range map[string]struct {
		kind    ticket.Kind
		instead func(http.ResponseWriter, *http.Request) bool
	}{
		"a proxy without its server": {ticket.Transient, page(502, "<h1>Bad Gateway</h1>")},
		"overload":                   {ticket.Transient, page(503, "")},
		"too many":                   {ticket.Transient, page(429, "slow down")},
		"a web page":                 {ticket.Transient, page(200, "<html>welcome</html>")},
		"elsewhere": {ticket.Invalid, func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusFound)
			return true
		}},
		"hang up": {ticket.Transient, func(w http.ResponseWriter, r *http.Request) bool { panic(http.ErrAbortHandler) }},
		"refused": {ticket.Invalid, func(w http.ResponseWriter, r *http.Request) bool { refuse(w, 400, "bad_request"); return true }},
		"no key": {ticket.Denied, func(w http.ResponseWriter, r *http.Request) bool {
			refuse(w, 401, "missing_authorization_header")
			return true
		}},
		"weak key": {ticket.Denied, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path == "/health" {
				return false
			}
			refuse(w, 403, "invalid_api_key")
			return true
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, conf := newFake(t)
			e := open(t, conf)
			f.set(c.instead)
			for call, err := range calls(e) {
				if got := ticket.KindOf(err); err == nil || got != c.kind {
					t.Errorf("%s: kind %q, %v", call, got, err)
				}
				if len(err.Error()) > 1000 || strings.Contains(err.Error(), fakeKey) {
					t.Errorf("%s says too much: %v", call, err)
				}
			}
			f.set(nil)
			if err := e.Index(context.Background(), []kb.Article{{ID: "a", Title: "grinder"}}, 1); err != nil {
				t.Errorf("when it works again: %v", err)
			}
		})
	}
}

func (f *fake) set(instead func(http.ResponseWriter, *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.instead = instead
}

// A write that is accepted and fails later must not move the cursor.
func TestFailedTask(t *testing.T) {
	t.Parallel()
	_, conf := newFake(t)
	e := open(t, conf)
	ctx := context.Background()
	if err := e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}}, 3); err != nil {
		t.Fatal(err)
	}
	if err := e.Index(ctx, []kb.Article{{ID: "a b", Title: "bad id"}}, 4); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("a failed task gives %v", err)
	}
	if c, err := e.Cursor(ctx); err != nil || c != 3 {
		t.Errorf("cursor %d, %v", c, err)
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	f, conf := newFake(t)
	conf.Timeout, conf.TaskTimeout = 50*time.Millisecond, 100*time.Millisecond
	e := open(t, conf)
	f.set(func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/tasks/") {
			reply(w, 200, map[string]any{"uid": 0, "status": "processing", "enqueuedAt": "2026-11-22T04:11:53Z"})
			return true
		}
		if r.URL.Path == "/multi-search" {
			_, _ = io.Copy(io.Discard, r.Body) // else nobody notices that the client left
			<-r.Context().Done()
			return true
		}
		return false
	})
	if err := e.Index(context.Background(), []kb.Article{{ID: "a"}}, 1); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("Index: %v", err)
	}
	if _, err := e.Search(context.Background(), kb.Question{Text: "grinder"}); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("Search: %v", err)
	}
	f.set(nil)
}

// Questions are answered from the old index until the new one is complete.
func TestRebuild(t *testing.T) {
	t.Parallel()
	f, conf := newFake(t)
	rebuild(t, conf)
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.indexes) != 2 {
		t.Errorf("left behind: %v", f)
	}
}

func TestRebuildOnServer(t *testing.T) { rebuild(t, real(t)) }

func rebuild(t *testing.T, conf Config) {
	t.Helper()
	e := open(t, conf)
	ctx := context.Background()
	ids := func() string {
		hits, err := e.Search(ctx, kb.Question{Text: "grinder"})
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, h := range hits {
			ids = append(ids, h.ID)
		}
		slices.Sort(ids)
		return strings.Join(ids, " ")
	}
	if err := e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}, {ID: "stale", Title: "grinder"}}, 9); err != nil {
		t.Fatal(err)
	}
	gone := errors.New("the store is gone")
	if err := e.Rebuild(ctx, func(kb.Engine) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("a failed rebuild: %v", err)
	}
	err := e.Rebuild(ctx, func(fresh kb.Engine) error {
		if c, err := fresh.Cursor(ctx); err != nil || c != 0 {
			t.Errorf("fresh cursor %d, %v", c, err)
		}
		err := fresh.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}, {ID: "b", Title: "grinder"}}, 12)
		if got := ids(); got != "a stale" {
			t.Errorf("while it is built again: %s", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(); got != "a b" {
		t.Errorf("afterwards: %s", got)
	}
	if c, err := e.Cursor(ctx); err != nil || c != 12 {
		t.Errorf("cursor %d, %v", c, err)
	}
}

// An index that somebody deleted is filled anew.
func TestIndexDeletedByHand(t *testing.T) {
	t.Parallel()
	f, conf := newFake(t)
	e := open(t, conf)
	ctx := context.Background()
	if err := e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}}, 9); err != nil {
		t.Fatal(err)
	}
	f.mu.Lock()
	delete(f.indexes, e.index)
	f.mu.Unlock()
	if c, err := e.Cursor(ctx); err != nil || c != 0 {
		t.Errorf("cursor %d, %v", c, err)
	}
	if hits, err := e.Search(ctx, kb.Question{Text: "grinder"}); err != nil || len(hits) > 0 {
		t.Errorf("%v, %v", hits, err)
	}
	_ = e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}}, 9) // finds out
	if err := e.Index(ctx, []kb.Article{{ID: "a", Title: "grinder"}}, 9); err != nil {
		t.Fatal(err)
	}
	if c, err := e.Cursor(ctx); err != nil || c != 9 {
		t.Errorf("cursor %d, %v", c, err)
	}
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	key := secret.New("hush-hush")
	for _, c := range []struct {
		conf             Config
		errors, warnings int
	}{
		{Config{URL: "http://127.0.0.1:7700", Key: key}, 0, 0},
		{Config{URL: "https://search.example.org/meili", Key: key, Prefix: "a-b_1"}, 0, 0},
		{Config{URL: "http://search.example.org", Key: key}, 0, 1},
		{Config{}, 1, 0},
		{Config{URL: "ftp://x"}, 1, 0},
		{Config{URL: "http://user:hush-hush@x"}, 1, 0},
		{Config{URL: "::", Prefix: "a b", Timeout: -1, TaskTimeout: -1}, 4, 0},
	} {
		var l check.List
		c.conf.Check(l.Root())
		errs, warns := 0, 0
		for _, f := range l.Faults {
			if f.Warning {
				warns++
			} else {
				errs++
			}
			if strings.Contains(f.String(), "hush-hush") {
				t.Errorf("a fault shows the secret: %s", f)
			}
		}
		if errs != c.errors || warns != c.warnings {
			t.Errorf("%+v: %v", c.conf, l.Faults)
		}
		if _, err := Open(c.conf, slog.New(slog.DiscardHandler)); (err != nil) != (c.errors > 0) {
			t.Errorf("%+v: Open: %v", c.conf, err)
		}
	}
}
