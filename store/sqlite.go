package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	msqlite "modernc.org/sqlite"

	"tierline/ticket"
)

// sqlite is one file: one connection that writes and a few that read.
type sqlite struct {
	write  *sql.DB
	read   *sql.DB
	reads  *statements
	turn   chan struct{} // holds one token: whose turn it is to write
	writer *writer       // made with the first transaction; guarded by turn
	closed chan struct{}
	once   sync.Once
}

const maxReaders = 8

func openSQLite(ctx context.Context, cfg Config) (*sqlite, error) {
	if cfg.Data == "" {
		return nil, ticket.Errorf("store.Open", ticket.Invalid, "Neither a database nor a data directory is configured.")
	}
	dir, err := filepath.Abs(cfg.Data)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, ticket.E("store.Open", ticket.Invalid, err)
	}
	file := (&url.URL{Scheme: "file", Path: filepath.Join(dir, "tierline.db")}).String()
	d := &sqlite{turn: make(chan struct{}, 1), closed: make(chan struct{})}
	flush := "FULL"
	if cfg.ThrowAway {
		flush = "OFF"
	}
	// busy_timeout (ms) lets another process finish its transaction; cache_size is in KiB when negative. A
	// log of 8000 pages (32 MB) instead of 1000: what is written often goes to the file once, not each time.
	d.write = sql.OpenDB(writable{driver: keyed(), name: file + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(" + flush + ")&_pragma=wal_autocheckpoint(8000)&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)"})
	d.write.SetMaxOpenConns(1)
	d.read, err = sql.Open("sqlite", file+"?_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=cache_size(-4000)")
	if err != nil {
		return nil, errors.Join(err, d.write.Close())
	}
	d.read.SetMaxOpenConns(maxReaders)
	d.read.SetMaxIdleConns(maxReaders)
	d.reads = &statements{db: d.read}
	if err := d.write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// writable makes connections that know key_hash, which a migration needs.
type writable struct {
	driver *msqlite.Driver
	name   string
}

func (w writable) Connect(context.Context) (driver.Conn, error) { return w.driver.Open(w.name) }
func (w writable) Driver() driver.Driver                        { return w.driver }

func keyed() *msqlite.Driver {
	d := &msqlite.Driver{}
	d.MustRegisterDeterministicScalarFunction("key_hash", 1, func(_ *msqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		key, _ := args[0].(string)
		return keyHash(key), nil
	})
	return d
}

func (d *sqlite) pool() *sql.DB  { return d.write }
func (d *sqlite) reader() runner { return d.reads }

func (d *sqlite) close() error {
	var err error
	d.once.Do(func() {
		close(d.closed)
		d.turn <- struct{}{} // for good, when the one who writes is done
		if d.writer != nil {
			err = d.writer.close()
		}
		err = errors.Join(err, d.reads.close(), d.read.Close(), d.write.Close())
	})
	return err
}

// begin waits for its turn, so that only other processes are waited for inside SQLite.
func (d *sqlite) begin(ctx context.Context) (transaction, error) {
	select {
	case d.turn <- struct{}{}:
	case <-d.closed:
		return nil, sql.ErrConnDone
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if d.writer == nil {
		c, err := d.write.Conn(ctx)
		if err != nil {
			<-d.turn
			return nil, err
		}
		d.writer = &writer{conn: c, stmts: map[string]*sql.Stmt{}}
	}
	if _, err := d.writer.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		d.giveUp()
		return nil, err
	}
	return writing{d.writer, d}, nil
}

// giveUp ends a transaction that failed; a connection that cannot even do that is replaced.
func (d *sqlite) giveUp() {
	if _, err := d.writer.conn.ExecContext(context.Background(), "ROLLBACK"); err != nil &&
		!strings.Contains(err.Error(), "no transaction is active") {
		_ = d.writer.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = d.writer.close()
		d.writer = nil
	}
	<-d.turn
}

// writing is a transaction on the writer.
type writing struct {
	*writer
	d *sqlite
}

func (w writing) Commit() error {
	if _, err := w.ExecContext(context.Background(), "COMMIT"); err != nil {
		w.d.giveUp()
		return err
	}
	<-w.d.turn
	return nil
}

func (w writing) Rollback() error {
	w.d.giveUp()
	return nil
}

// writer is one connection that keeps its statements prepared.
type writer struct {
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func (w *writer) prepare(ctx context.Context, q string) (*sql.Stmt, error) {
	if st := w.stmts[q]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, q)
	if err == nil {
		w.stmts[q] = st
	}
	return st, err
}

func (w *writer) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	st, err := w.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (w *writer) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	st, err := w.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (w *writer) close() error {
	var err error
	for _, st := range w.stmts {
		err = errors.Join(err, st.Close())
	}
	return errors.Join(err, w.conn.Close())
}

var sqliteWords = strings.NewReplacer(" FOR UPDATE SKIP LOCKED", "", " FOR UPDATE", "",
	"IN TEXTS($1)", "IN (SELECT value FROM json_each($1))", "IN TEXTS($2)", "IN (SELECT value FROM json_each($2))",
	"IN INTS($1)", "IN (SELECT value FROM json_each($1))")

func (d *sqlite) sql(q string) string { return sqliteWords.Replace(q) }

// mark has no number: a named parameter costs the driver a search through all names.
func (d *sqlite) mark(int) string { return "?" }

func (d *sqlite) list(v any) any {
	b, _ := json.Marshal(v) // strings or integers
	return string(b)
}

func (d *sqlite) ids(ctx context.Context, r runner, table string, n int, after int64) ([]int64, error) {
	var last int64
	err := one(ctx, r, "SELECT COALESCE(MAX(id), 0) FROM "+table, nil, &last)
	if table == "tickets" {
		last = max(last, int64(ticket.FirstID)-1)
	}
	last = max(last, after)
	out := make([]int64, n)
	for i := range out {
		out[i] = last + int64(i) + 1
	}
	return out, err
}

func (d *sqlite) serialise(context.Context, runner, int) error { return nil } // there is one writer

func (d *sqlite) alone() bool { return true }

func (d *sqlite) notify(context.Context, runner, []string) error { return nil }
func (d *sqlite) follow() func(context.Context, func(string), func()) {
	return nil
}

// statements keeps prepared what is asked again and again: the first that come, up to a number.
type statements struct {
	db *sql.DB
	m  sync.Map // query: *sql.Stmt
	n  atomic.Int64
}

const maxStatements = 200

func (p *statements) prepare(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := p.m.Load(q); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := p.db.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if old, loaded := p.m.LoadOrStore(q, st); loaded {
		return old.(*sql.Stmt), st.Close()
	}
	p.n.Add(1)
	return st, nil
}

func (p *statements) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, q, args...) // readers write nothing: it is refused
}

func (p *statements) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	if p.n.Load() >= maxStatements {
		if _, ok := p.m.Load(q); !ok {
			return p.db.QueryContext(ctx, q, args...)
		}
	}
	st, err := p.prepare(ctx, q)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (p *statements) close() error {
	var err error
	p.m.Range(func(_, st any) bool {
		err = errors.Join(err, st.(*sql.Stmt).Close())
		return true
	})
	return err
}
