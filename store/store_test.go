package store_test

import (
	"context"
	"database/sql"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/store"
	"tierline/store/storetest"
	"tierline/ticket"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t testing.TB) (func(func() time.Time) storetest.Store, storetest.Hold) {
		dir := t.TempDir()
		return func(now func() time.Time) storetest.Store {
			return open(t, store.Config{Data: dir, ThrowAway: true, Now: now})
		}, holdSQLite(dir)
	})
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t testing.TB) (func(func() time.Time) storetest.Store, storetest.Hold) {
		dsn := peers.Postgres(t)
		return func(now func() time.Time) storetest.Store {
			return open(t, store.Config{DSN: dsn, Now: now})
		}, holdPostgres(dsn)
	})
}

// holdSQLite is the one who writes.
func holdSQLite(dir string) storetest.Hold {
	return func(t testing.TB, _ ticket.ID) (func(int), func()) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "tierline.db")+"?_txlock=immediate")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return func(int) {}, func() { _ = tx.Rollback() }
	}
}

// holdPostgres holds the ticket's lock, for which others queue.
func holdPostgres(dsn string) storetest.Hold {
	return func(t testing.TB, id ticket.ID) (func(int), func()) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		t.Cleanup(cancel)
		holder, watcher := admin(ctx, t, dsn), admin(ctx, t, dsn)
		tx, err := holder.Begin(ctx)
		if err == nil {
			_, err = tx.Exec(ctx, "SELECT 1 FROM tickets WHERE id=$1 FOR UPDATE", int64(id))
		}
		if err != nil {
			t.Fatal(err)
		}
		return func(n int) {
			look := time.NewTicker(time.Millisecond)
			defer look.Stop()
			for got := -1; got != n; <-look.C {
				if err := watcher.QueryRow(ctx, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"+
					" AND wait_event_type = 'Lock'").Scan(&got); err != nil {
					t.Fatal(err)
				}
			}
		}, func() { _ = tx.Rollback(ctx) }
	}
}

func open(t testing.TB, cfg store.Config) *store.Store {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
