package main

import (
	"errors"
	"log/slog"
	"os"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/config"
	"tierline/store"
	"tierline/store/blobs"
)

// mailroom is what a command needs that takes mails in: the stores of a configuration, beside a gateway
// that may be running on them.
type mailroom struct {
	cfg   config.Config
	store *store.Store
	blobs *blobs.Blobs
	in    channels.Intake
	log   *slog.Logger
}

// openMail opens what a configuration names. Whoever calls it calls close.
func openMail(e *env, path string) (*mailroom, error) {
	cfg, err := load(e, path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil { // an import may come before the first start
		return nil, err
	}
	if err := ownSecrets(&cfg); err != nil {
		return nil, err
	}
	r := &mailroom{cfg: cfg, log: logger(e.err, cfg.Log.Format, "warn")}
	sc := cfg.StoreConfig()
	sc.Log = r.log
	if r.store, err = store.Open(e.ctx, sc); err != nil {
		return nil, err
	}
	bc := cfg.Attachments
	bc.Data = cfg.Data
	if r.blobs, err = blobs.Open(e.ctx, bc); err == nil {
		r.in, err = channels.Understand(r.store, cfg.Understand)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func (r *mailroom) deps() email.Deps {
	return email.Deps{Blobs: r.blobs, Cursors: r.store, Ledger: r.store, Holder: holder(), Staff: r.cfg.Router.Staff, StaffNames: r.cfg.Router.StaffNames, Log: r.log}
}

func (r *mailroom) close() error {
	var err error
	if r.blobs != nil {
		err = r.blobs.Close()
	}
	return errors.Join(err, r.store.Close())
}
