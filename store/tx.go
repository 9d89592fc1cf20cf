package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	msqlite "modernc.org/sqlite"

	"tierline/ticket"
)

// tx is one transaction: what it does and whom to tell when it is committed.
type tx struct {
	runner
	ctx context.Context
	s   *Store
	now time.Time
	news
}

const maxTries = 8

// write runs f in a transaction, again when another one was in the way.
func (s *Store) write(ctx context.Context, op string, f func(*tx) error) error {
	for try := 1; ; try++ {
		t, err := s.once(ctx, f)
		if err == nil {
			s.hub.tell(t.news)
			return nil
		}
		if !again(err) {
			return failure(op, err)
		}
		if try == maxTries {
			return ticket.E(op, ticket.Transient, err)
		}
		select {
		case <-ctx.Done():
			return failure(op, ctx.Err())
		case <-time.After(time.Duration(rand.IntN(5<<try)+1) * time.Millisecond):
		}
	}
}

func (s *Store) once(ctx context.Context, f func(*tx) error) (*tx, error) {
	q, err := s.db.begin(ctx)
	if err != nil {
		return nil, err
	}
	t := &tx{runner: q, ctx: ctx, s: s, now: s.now()}
	if err := f(t); err != nil {
		_ = q.Rollback() // the first error is the one that tells
		return nil, err
	}
	if err := t.announce(); err != nil {
		_ = q.Rollback()
		return nil, err
	}
	return t, q.Commit()
}

func (t *tx) changed(id ticket.ID, seq int) {
	t.changes = append(t.changes, ticket.Change{Ticket: id, Seq: seq})
}

// exec runs a statement and says how many rows it touched.
func (t *tx) exec(query string, args ...any) (int64, error) {
	res, err := t.ExecContext(t.ctx, t.s.db.sql(query), args...)
	if err != nil {
		return 0, fmt.Errorf("%w in %.60q", err, query)
	}
	return res.RowsAffected()
}

// each runs a query and scans every row with f.
func (t *tx) each(query string, args []any, f func(scan func(...any) error) error) error {
	return each(t.ctx, t.runner, t.s.db.sql(query), args, f)
}

// one scans the only row of a query; sql.ErrNoRows when there is none.
func (t *tx) one(query string, args []any, dest ...any) error {
	return one(t.ctx, t.runner, t.s.db.sql(query), args, dest...)
}

func (s *Store) each(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) error {
	return each(ctx, s.db.reader(), s.db.sql(query), args, f)
}

func (s *Store) one(ctx context.Context, query string, args []any, dest ...any) error {
	return one(ctx, s.db.reader(), s.db.sql(query), args, dest...)
}

func each(ctx context.Context, r runner, query string, args []any, f func(scan func(...any) error) error) (err error) {
	rows, err := r.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%w in %.60q", err, query)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%w in %.60q", err, query)
	}
	return nil
}

func one(ctx context.Context, r runner, query string, args []any, dest ...any) error {
	found := false
	err := each(ctx, r, query, args, func(scan func(...any) error) error {
		found = true
		return scan(dest...)
	})
	if err == nil && !found {
		return sql.ErrNoRows
	}
	return err
}

// inOrder sorts rows by their first columns, which are strings: two transactions that add the same
// rows then wait for each other one way only.
func inOrder(rows [][]any, columns int) {
	slices.SortFunc(rows, func(a, b []any) int {
		for i := range columns {
			if d := strings.Compare(a[i].(string), b[i].(string)); d != 0 {
				return d
			}
		}
		return 0
	})
}

// chunks are the numbers of rows for which an INSERT is prepared.
var chunks = []int{64, 16, 4, 1}

// insert adds many rows with few statements. head is "INSERT INTO t (a, b)", tail what follows the
// values.
func (t *tx) insert(head, tail string, rows [][]any) error {
	for _, size := range chunks {
		for len(rows) >= size {
			args := make([]any, 0, size*len(rows[0]))
			for _, r := range rows[:size] {
				args = append(args, r...)
			}
			if _, err := t.exec(t.s.values(head, tail, size, len(rows[0])), args...); err != nil {
				return err
			}
			rows = rows[size:]
		}
	}
	return nil
}

func (s *Store) values(head, tail string, rows, cols int) string {
	var b strings.Builder
	b.WriteString(head + " VALUES ")
	for r := range rows {
		for c := range cols {
			switch {
			case c > 0:
				b.WriteByte(',')
			case r > 0:
				b.WriteString("),(")
			default:
				b.WriteByte('(')
			}
			b.WriteString(s.db.mark(r*cols + c + 1))
		}
	}
	b.WriteString(") " + tail)
	return b.String()
}

// again says that a transaction failed only because another one was in the way.
func again(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code { // serialization_failure, deadlock_detected, unique_violation, lock_not_available
		case "40001", "40P01", "23505", "55P03":
			return true
		}
		return false
	}
	var lite *msqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff { // SQLITE_BUSY, SQLITE_LOCKED
		case 5, 6:
			return true
		}
	}
	return false
}

// failure gives an error its kind.
func failure(op string, err error) error {
	var known *ticket.Error
	var batch *ticket.BatchError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &batch), errors.As(err, &known):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return ticket.E(op, ticket.NotFound, nil)
	case again(err), unreachable(err):
		return ticket.E(op, ticket.Transient, err)
	}
	return ticket.E(op, ticket.Internal, err)
}

// unreachable says that the database is away, full or shutting down: it may be back later.
func unreachable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] { // connection, resources, operator intervention, system error
		case "08", "53", "57", "58":
			return true
		}
		return pg.Code == "25006" // read-only: a standby that was not promoted yet
	}
	var lite *msqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff { // IOERR, FULL, CANTOPEN
		case 10, 13, 14:
			return true
		}
		return false
	}
	// database/sql exports no error for a pool that was closed.
	if s := err.Error(); strings.Contains(s, "sql: database is closed") || strings.Contains(s, "sql: statement is closed") {
		return true
	}
	var dial *pgconn.ConnectError
	var netErr net.Error
	return errors.As(err, &dial) || errors.As(err, &netErr) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// doc is JSON as it is stored.
func doc(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

func undoc(text string, v any) error { return json.Unmarshal([]byte(text), v) }
