package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tierline/config/check"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/kb"
	"tierline/store"
	"tierline/ticket"
)

// onBoth runs a test with an empty database of either kind.
func onBoth(t *testing.T, test func(*testing.T, store.Config)) {
	for name, cfg := range map[string]func(*testing.T) store.Config{
		"sqlite":   func(t *testing.T) store.Config { return store.Config{Data: t.TempDir()} },
		"postgres": func(t *testing.T) store.Config { return store.Config{DSN: peers.Postgres(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, cfg(t))
		})
	}
}

// TestGatewaysStartAtOnce opens one empty database from many sides: each step is applied once.
func TestGatewaysStartAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, cfg store.Config) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				s, err := store.Open(t.Context(), cfg)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := s.Accept(t.Context(), []ticket.Inbound{contact(0)}); err != nil {
					t.Error(err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		steps, err := store.MigrationStatus(t.Context(), cfg)
		if err != nil || len(steps) == 0 || steps[0].Applied.IsZero() {
			t.Fatalf("%+v %v", steps, err)
		}
		if err := store.Migrate(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	})
}

func TestPostgresTellsOtherGateways(t *testing.T) {
	t.Parallel()
	dsn := peers.Postgres(t)
	a, b := open(t, store.Config{DSN: dsn}), open(t, store.Config{DSN: dsn})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	woken, changes, articles := b.Woken(), b.Watch(ctx), b.ArticlesChanged()
	listens(ctx, t, dsn, 1)
	next(ctx, t, woken, "when it begins to listen")
	next(ctx, t, articles, "when it begins to listen")
	out, err := a.Accept(ctx, []ticket.Inbound{contact(0), contact(1), contact(3)})
	if err != nil {
		t.Fatal(err)
	}
	next(ctx, t, woken, "after the other's Accept")
	for _, o := range out {
		if c := next(ctx, t, changes, "after the other's Accept"); c.Ticket != o.Ticket || c.Seq != 1 {
			t.Errorf("told of %+v, want %v", c, o.Ticket)
		}
	}
	if _, err := a.PutArticle(ctx, kb.Article{ID: "x"}); err != nil {
		t.Fatal(err)
	}
	next(ctx, t, articles, "after the other's article")
	// The connection breaks: whoever waits is woken, and hears again.
	kill(ctx, t, dsn)
	next(ctx, t, woken, "after the connection broke")
	next(ctx, t, articles, "after the connection broke")
	if err := a.Enqueue(ctx, ticket.Job{Kind: "x"}); err != nil {
		t.Fatal(err)
	}
	next(ctx, t, woken, "after that")
	// So many changes that they don't fit into one notification.
	var many []ticket.Inbound
	for i := range 900 {
		in := contact(i)
		in.External, in.Threads = fmt.Sprint("many", i), nil
		many = append(many, in)
	}
	if _, err := a.Accept(ctx, many); err != nil {
		t.Fatal(err)
	}
	next(ctx, t, changes, "after many")
}

func next[T any](ctx context.Context, t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-ctx.Done():
		t.Fatal("nothing was heard", what)
	}
	panic("not reached")
}

const listeners = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"

// listens waits until n connections listen.
func listens(ctx context.Context, t *testing.T, dsn string, n int) {
	t.Helper()
	c := admin(ctx, t, dsn)
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for {
		var got int
		if err := c.QueryRow(ctx, "SELECT count(*) "+listeners).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got == n {
			return
		}
		<-look.C
	}
}

func kill(ctx context.Context, t *testing.T, dsn string) {
	t.Helper()
	if _, err := admin(ctx, t, dsn).Exec(ctx, "SELECT pg_terminate_backend(pid) "+listeners); err != nil {
		t.Fatal(err)
	}
}

func admin(ctx context.Context, t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(context.Background()) })
	return c
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	_, err := store.Open(t.Context(), store.Config{DSN: "postgres://me:hush@127.0.0.1:1/x"})
	if ticket.KindOf(err) != ticket.Transient || strings.Contains(err.Error(), "hush") {
		t.Error(err)
	}
	for _, c := range []store.Config{{}, {DSN: "mysql://me:hush@x/y"}, {DSN: "postgres://me:hush@x:port/y"}} {
		_, err := store.Open(t.Context(), c)
		if ticket.KindOf(err) != ticket.Invalid || strings.Contains(err.Error(), "hush") {
			t.Error(err)
		}
		var l check.List
		c.Check(l.Root())
		if (len(l.Faults) == 0) != (c.DSN == "") || strings.Contains(fmt.Sprint(l.Faults), "hush") {
			t.Error(l.Faults)
		}
	}
}

// TestPostgresRestarts cuts all connections while work goes on: what fails is Transient, and what was
// acknowledged is there.
func TestPostgresRestarts(t *testing.T) {
	t.Parallel()
	dsn := peers.Postgres(t)
	s := open(t, store.Config{DSN: dsn})
	ctx := t.Context()
	c := admin(ctx, t, dsn)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			_, err := c.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"+
				" WHERE datname = current_database() AND pid <> pg_backend_pid()")
			if err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Millisecond) // between two cuts
		}
	}()
	acknowledged, failed := map[int]ticket.ID{}, 0
	for i := 0; ; i++ {
		select {
		case <-done:
			if failed == 0 {
				t.Log("no call was cut")
			}
			for i, id := range acknowledged {
				out, err := s.Accept(ctx, []ticket.Inbound{contact(i)})
				if err != nil || !out[0].Duplicate || out[0].Ticket != id {
					t.Fatal(i, id, out, err)
				}
			}
			return
		default:
		}
		out, err := s.Accept(ctx, []ticket.Inbound{contact(i)})
		switch {
		case err == nil:
			acknowledged[i] = out[0].Ticket
		case ticket.KindOf(err) != ticket.Transient:
			t.Fatal(err)
		default:
			failed++
		}
	}
}

// TestContextsThatEndAnywhere cancels calls at random moments: what they did, they did whole.
func TestContextsThatEndAnywhere(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, cfg store.Config) {
		s := open(t, cfg)
		who := customer.Identity{Kind: customer.Email, Value: "a@b.example"}
		cut := 0
		var wg sync.WaitGroup
		var mu sync.Mutex
		for w := range 3 {
			wg.Go(func() {
				rnd := rand.New(rand.NewPCG(3, uint64(w)))
				for i := range 60 {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rnd.IntN(6000))*time.Microsecond)
					batch := []ticket.Inbound{
						{Channel: "c", External: fmt.Sprint(w, i), From: who, Text: "x"},
						{Channel: "c", External: fmt.Sprint(w, i, "b"), From: who, Text: "y",
							Threads: []ticket.ThreadKey{{By: "session", Key: fmt.Sprint(w, i)}}},
					}
					_, err := s.Accept(ctx, batch)
					cancel()
					if err != nil && ticket.KindOf(err) != ticket.Transient {
						t.Error(err)
					}
					if err != nil {
						mu.Lock()
						cut++
						mu.Unlock()
					}
					out, err := s.Accept(t.Context(), batch)
					if err != nil || out[0].Duplicate != out[1].Duplicate || out[0].Ticket != out[1].Ticket || out[1].Seq != 2 {
						t.Error(out, err)
					}
				}
			})
		}
		wg.Wait()
		if cut == 0 {
			t.Error("no call was cut: the test shows nothing")
		}
	})
}

func TestAfterClose(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, cfg store.Config) {
		s := open(t, cfg) // closes it once more at the end
		changes := s.Watch(t.Context())
		var wg sync.WaitGroup
		for w := range 4 { // somebody is in the middle of something
			wg.Go(func() {
				for i := range 50 {
					in := contact(0)
					in.External = fmt.Sprint(w, "-", i)
					if _, err := s.Accept(t.Context(), []ticket.Inbound{in}); err != nil && ticket.KindOf(err) != ticket.Transient {
						t.Error(err)
					}
				}
			})
		}
		<-changes
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		for range changes { // closed
		}
		if _, err := s.Accept(t.Context(), []ticket.Inbound{contact(1)}); ticket.KindOf(err) != ticket.Transient {
			t.Error(err)
		}
		if _, err := s.Ticket(t.Context(), 1); ticket.KindOf(err) != ticket.Transient {
			t.Error(err)
		}
		<-s.Watch(t.Context()) // closed at once
	})
}
