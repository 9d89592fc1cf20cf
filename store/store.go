// Package store keeps everything: tickets, people, the outbox and the knowledge base, in one SQLite
// file or in PostgreSQL, by one set of SQL.
//
// What happens when things fail: every change is one transaction, on the disk when the call returns
// (SQLite runs with synchronous=FULL), so a killed process or a cut power line loses nothing that was
// acknowledged and leaves nothing half done. Serialisation failures, deadlocks, a busy file and
// races for a unique key are tried again here a few times; what still does not go, and a database
// that cannot be reached, is a Transient error. A worker that dies holds its jobs until their lease
// ends; whoever claims next gets them. Notifications are hints: when PostgreSQL's connection for them
// breaks it is made again and everybody is woken once, since something may have been missed.
//
// The outbox keeps the order of each key by what is stored, not by how it is asked: one job of a key is
// "in front" (due, later or leased), which a unique index holds, and the others are "behind". Whatever
// takes the front one away puts the oldest in its place, in the same transaction. So a claim reads
// only jobs that it may have, however many others there are.
//
// Ticket numbers have gaps on PostgreSQL where a transaction was rolled back, none on SQLite.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tierline/config/check"
	"tierline/kb"
	"tierline/ticket"
)

// Config says where everything is kept.
type Config struct {
	// DSN is a PostgreSQL URL ("postgres://user@host/name"); "" is the file tierline.db in Data.
	DSN string `yaml:"dsn"`
	// Data is the data directory, made when it is missing. Needed without a DSN.
	Data string `yaml:"-"`
	// ThrowAway: nothing needs to outlive this process, so that a file is never flushed to the disk.
	ThrowAway bool `yaml:"-"`
	// Policy says what is due to tickets; nil: nothing is.
	Policy ticket.Policy `yaml:"-"`
	// Now is the clock; nil is time.Now.
	Now func() time.Time `yaml:"-"`
	// Log takes what nobody is told otherwise; nil is slog.Default.
	Log *slog.Logger `yaml:"-"`
}

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	if c.DSN == "" {
		return
	}
	if _, err := postgresConfig(c.DSN); err != nil {
		at.Key("dsn").Error("like postgres://user@host:5432/tierline, or empty for a file in the data directory",
			"this is no PostgreSQL address")
	}
}

func (c Config) defaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Store is the one implementation of ticket.Store and kb.Store. It is safe for concurrent use.
type Store struct {
	cfg    Config
	db     database
	hub    *hub
	self   string // tells our own notifications from others'
	ended  context.Context
	end    context.CancelFunc
	listen sync.Once
	work   sync.WaitGroup
}

var (
	_ ticket.Store = (*Store)(nil)
	_ kb.Store     = (*Store)(nil)
)

// database is what differs between the two.
type database interface {
	// begin starts a transaction that may write.
	begin(ctx context.Context) (transaction, error)
	// reader answers queries outside of a transaction.
	reader() runner
	// sql turns the statement as it is written here into the database's own words.
	sql(query string) string
	// mark is the n-th parameter of a statement that names each once and in order.
	mark(n int) string
	// list is a parameter for IN TEXTS($1), IN TEXTS($2) or IN INTS($1).
	list(v any) any
	// ids reserves n numbers of a table, above those up to after that this transaction has reserved and
	// not yet written.
	ids(ctx context.Context, r runner, table string, n int, after int64) ([]int64, error)
	// serialise lets only one transaction go on at a time, of those that name the same lock.
	serialise(ctx context.Context, r runner, lock int) error
	// alone says that nobody else writes while a transaction does.
	alone() bool
	// notify tells other processes when the transaction commits.
	notify(ctx context.Context, r runner, payload []string) error
	// follow receives other processes' notifications until ctx ends; nil when there are none.
	follow() func(ctx context.Context, heard func(payload string), again func())
	pool() *sql.DB
	close() error
}

// runner is a *sql.DB, *sql.Tx or *sql.Conn.
type runner interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

type transaction interface {
	runner
	Commit() error
	Rollback() error
}

// Open opens the store and brings its tables up to date. It fails with Invalid when the database was
// written by a newer Tierline, and with Transient when it cannot be reached.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	cfg = cfg.defaults()
	db, err := open(ctx, cfg)
	if err != nil {
		return nil, failure("store.Open", err)
	}
	if err := migrate(ctx, cfg, db.pool()); err != nil {
		return nil, errors.Join(failure("store.Open", err), db.close())
	}
	s := &Store{cfg: cfg, db: db, hub: newHub(), self: rand.Text()[:8]}
	s.ended, s.end = context.WithCancel(context.Background())
	return s, nil
}

func open(ctx context.Context, cfg Config) (database, error) {
	if cfg.DSN != "" {
		return openPostgres(ctx, cfg)
	}
	return openSQLite(ctx, cfg)
}

// Close ends what the store is doing. Channels of Watch are closed.
func (s *Store) Close() error {
	s.end()
	s.work.Wait()
	s.hub.close()
	return s.db.close()
}

// Ping fails when the database cannot be used right now.
func (s *Store) Ping(ctx context.Context) error {
	rows, err := s.db.reader().QueryContext(ctx, "SELECT 1")
	if err == nil {
		err = rows.Close()
	}
	return failure("store.Ping", err)
}

// now is the time as the store keeps it: UTC, in microseconds.
func (s *Store) now() time.Time { return micro(s.cfg.Now()) }

func micro(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// at and since turn times into columns and back; zero is 0.
func at(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func since(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
