package store_test

import (
	"log/slog"
	"testing"
	"time"

	"tierline/internal/peers"
	"tierline/store"
	"tierline/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t testing.TB) func(func() time.Time) storetest.Store {
		dir := t.TempDir()
		return func(now func() time.Time) storetest.Store {
			return open(t, store.Config{Data: dir, Now: now})
		}
	})
}

func TestPostgres(t *testing.T) {
	storetest.Run(t, func(t testing.TB) func(func() time.Time) storetest.Store {
		dsn := peers.Postgres(t)
		return func(now func() time.Time) storetest.Store {
			return open(t, store.Config{DSN: dsn, Now: now})
		}
	})
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
