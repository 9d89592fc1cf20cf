package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tierline/store/migrations"
	"tierline/ticket"
)

// MigrationState is one step of the tables' history.
type MigrationState struct {
	Version int64     `json:"version"`
	Name    string    `json:"name"`
	Applied time.Time `json:"applied,omitzero"` // zero: still to be done
}

// Migrate brings the tables up to date. Several processes may do so at once.
func Migrate(ctx context.Context, cfg Config) error {
	return withPool(ctx, cfg, func(cfg Config, db *sql.DB) error { return migrate(ctx, cfg, db) })
}

// MigrationStatus lists the steps, oldest first, and which of them were applied.
func MigrationStatus(ctx context.Context, cfg Config) ([]MigrationState, error) {
	var out []MigrationState
	err := withPool(ctx, cfg, func(cfg Config, db *sql.DB) error {
		p, err := provider(cfg, db)
		if err != nil {
			return err
		}
		list, err := p.Status(ctx)
		for _, m := range list {
			out = append(out, MigrationState{Version: m.Source.Version, Name: m.Source.Path, Applied: m.AppliedAt})
		}
		return err
	})
	return out, err
}

func withPool(ctx context.Context, cfg Config, f func(Config, *sql.DB) error) error {
	cfg = cfg.defaults()
	d, err := open(ctx, cfg)
	if err != nil {
		return failure("store.Migrate", err)
	}
	return errors.Join(failure("store.Migrate", f(cfg, d.pool())), d.close())
}

func provider(cfg Config, db *sql.DB) (*goose.Provider, error) {
	folder, dialect := "sqlite", goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true)}
	if cfg.DSN != "" {
		folder, dialect = "postgres", goose.DialectPostgres
		// Tried every second, for a minute: another process may be at it.
		l, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(l))
	}
	dir, err := fs.Sub(migrations.FS, folder)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(dialect, db, dir, opts...)
}

func migrate(ctx context.Context, cfg Config, db *sql.DB) error {
	p, err := provider(cfg, db)
	if err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if err == nil && current > target {
		return ticket.Errorf("store.Migrate", ticket.Invalid,
			"The database is at version %d, which is newer than this program knows (%d).", current, target)
	}
	if err == nil && current == target {
		return nil
	}
	for try := 1; ; try++ {
		if _, err = p.Up(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		// On SQLite several processes may start the same step; who comes later finds it done, and may be late
		// for the next one, too. So only tries by which nothing came on are counted.
		got, _, seen := p.GetVersions(ctx)
		if seen == nil && got > current {
			current, try = got, 0
		} else if try == 3 {
			return err
		}
		if p, err = provider(cfg, db); err != nil {
			return err
		}
	}
}
