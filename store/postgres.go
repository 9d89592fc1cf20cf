package store

import (
	"context"
	"database/sql"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"tierline/ticket"
)

// postgres is a pool of connections, and one more that listens when somebody watches.
type postgres struct {
	db  *sql.DB
	dsn *pgx.ConnConfig
	log func(msg string, args ...any)
}

const (
	maxConns  = 12
	dialLimit = 10 * time.Second
	quiet     = 30 * time.Second // without a notification before the connection is tried
	topic     = "tierline"
)

// A gateway that vanishes in the middle of a transaction lets go of its locks soon. Long texts are packed
// with LZ4 where the server has it (14 and later, as a rule): a fifth of the time of its own way.
const session = "SELECT set_config('default_toast_compression', 'lz4', false) FROM pg_settings" +
	" WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals);" +
	" SET idle_in_transaction_session_timeout = '60s'; SET tcp_keepalives_idle = 30;" +
	" SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"

// postgresConfig reads a DSN. Its errors may hold the DSN: they are not shown.
func postgresConfig(dsn string) (*pgx.ConnConfig, error) {
	if !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://") {
		return nil, errors.New("no postgres:// URL")
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("no valid postgres:// URL")
	}
	if !strings.Contains(dsn, "default_query_exec_mode") {
		// Nothing is kept prepared on the server: a pooler in between and a migration by another process
		// do no harm, and plans fit the values. As fast as prepared statements, measured.
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = dialLimit
	}
	// A server that vanishes is noticed within a minute.
	c.DialFunc = (&net.Dialer{Timeout: dialLimit, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}).DialContext
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "tierline"
	}
	return c, nil
}

func openPostgres(ctx context.Context, cfg Config) (*postgres, error) {
	c, err := postgresConfig(cfg.DSN)
	if err != nil {
		return nil, ticket.Errorf("store.Open", ticket.Invalid, "The address of the database cannot be read.")
	}
	d := &postgres{db: stdlib.OpenDB(*c, stdlib.OptionAfterConnect(afterConnect)), dsn: c, log: cfg.Log.Warn}
	d.db.SetMaxOpenConns(maxConns)
	d.db.SetMaxIdleConns(maxConns)
	d.db.SetConnMaxIdleTime(5 * time.Minute)
	if err := d.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, d.db.Close())
	}
	return d, nil
}

func afterConnect(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, session, pgx.QueryExecModeSimpleProtocol)
	return err
}

func (d *postgres) pool() *sql.DB  { return d.db }
func (d *postgres) reader() runner { return d.db }
func (d *postgres) close() error   { return d.db.Close() }
func (d *postgres) list(v any) any { return v }

func (d *postgres) begin(ctx context.Context) (transaction, error) {
	t, err := d.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return nil, err
	}
	return t, nil
}

var postgresWords = strings.NewReplacer("IN TEXTS($1)", "= ANY($1::text[])", "IN TEXTS($2)", "= ANY($2::text[])",
	"IN INTS($1)", "= ANY($1::bigint[])")

func (d *postgres) sql(q string) string { return postgresWords.Replace(q) }

func (d *postgres) mark(n int) string { return "$" + strconv.Itoa(n) }

func (d *postgres) ids(ctx context.Context, r runner, table string, n int, _ int64) ([]int64, error) {
	out := make([]int64, 0, n)
	err := each(ctx, r, "SELECT nextval('"+table+"_id') FROM generate_series(1, $1::int)", []any{n},
		func(scan func(...any) error) error {
			var id int64
			defer func() { out = append(out, id) }()
			return scan(&id)
		})
	return out, err
}

func (d *postgres) serialise(ctx context.Context, r runner, lock int) error {
	_, err := r.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1::bigint)", lock)
	return err
}

func (d *postgres) alone() bool { return false }

func (d *postgres) notify(ctx context.Context, r runner, payload []string) error {
	_, err := r.ExecContext(ctx, "SELECT pg_notify('"+topic+"', p) FROM unnest($1::text[]) AS p", payload)
	return err
}

func (d *postgres) follow() func(context.Context, func(string), func()) { return d.hear }

// hear listens on a connection of its own and makes it again when it breaks.
func (d *postgres) hear(ctx context.Context, heard func(string), again func()) {
	wait := 100 * time.Millisecond
	for ctx.Err() == nil {
		began := time.Now()
		err := d.hearOnce(ctx, heard, again)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		d.log("the connection for notifications broke; making it again", "err", err, "wait", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, 10*time.Second)
	}
}

func (d *postgres) hearOnce(ctx context.Context, heard func(string), again func()) error {
	c, err := pgx.ConnectConfig(ctx, d.dsn.Copy())
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = c.Close(closing)
	}()
	if _, err := c.Exec(ctx, "LISTEN "+topic); err != nil {
		return err
	}
	again() // what was said before is not heard
	for {
		waiting, cancel := context.WithTimeout(ctx, quiet)
		n, err := c.WaitForNotification(waiting)
		cancel()
		if err == nil {
			heard(n.Payload)
			continue
		}
		if waiting.Err() == nil || ctx.Err() != nil {
			return err
		}
		trying, cancel := context.WithTimeout(ctx, dialLimit)
		err = c.Ping(trying)
		cancel()
		if err != nil {
			return err
		}
	}
}
