package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/config"
	"tierline/store"
	"tierline/ticket"
)

type mailCmd struct {
	Explain mailExplainCmd `cmd:"" help:"Take mails through the intake into a throw-away store and say what becomes of each, and why. Nothing is sent or kept."`
	Ledger  mailLedgerCmd  `cmd:"" help:"List what became of every mail that was seen, newest first."`
	Source  mailSourceCmd  `cmd:"" help:"Print a mail of the ledger as it came."`
	Release mailReleaseCmd `cmd:"" help:"Make messages of mails that are in quarantine."`
	Discard mailDiscardCmd `cmd:"" help:"Take mails out of quarantine for good."`

	Reconcile mailReconcileCmd `cmd:"" help:"Compare each mailbox with the ledger, and fetch what was passed over. Ends with 1 when there was any."`
	Authorize mailAuthorizeCmd `cmd:"" help:"Let a person allow the use of a mailbox by OAuth2, and print the refresh token for the configuration."`
	DKIM      mailDKIMCmd      `cmd:"" name:"dkim" help:"Print the DNS record that lets others believe our signatures."`
}

type mailExplainCmd struct {
	jsonFlag
	Config string   `short:"c" env:"TIERLINE_CONFIG" type:"path" help:"The configuration file; without it, tierline.yaml when it is there, else none."`
	Files  []string `arg:"" name:"file" help:"Mails, folders of them, mboxes, or - for standard input."`
}

func (c mailExplainCmd) Run(e *env) error {
	dir, err := os.MkdirTemp("", "tierline-explain-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg, err := c.configuration(e)
	if err != nil {
		return err
	}
	log := logger(e.err, cfg.Log.Format, "error")
	s, err := store.Open(e.ctx, store.Config{Data: dir, ThrowAway: true, Log: log})
	if err != nil {
		return err
	}
	defer s.Close()
	x, err := email.NewExplainer(cfg.Email, cfg.Understand, s, email.Deps{Blobs: noBlobs{}, Cursors: s, Staff: cfg.Router.Staff, StaffNames: cfg.Router.StaffNames, Log: log})
	if err != nil {
		return err
	}
	bad := false
	for _, name := range c.Files {
		err := eachMail(e, name, func(file string, i int, raw []byte) error { return c.explain(e, x, file, i, raw) })
		if e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		if err != nil {
			fmt.Fprintln(e.err, "tierline:", err)
			bad = true
		}
	}
	if bad {
		return errReported
	}
	return nil
}

// configuration is the one that is named, the one of this folder, or none: then every language that
// can be recognised is.
func (c mailExplainCmd) configuration(e *env) (config.Config, error) {
	const here = "tierline.yaml"
	path := c.Config
	if _, err := os.Stat(here); path == "" && err == nil {
		path = here
	}
	if path == "" {
		return config.Config{Understand: channels.UnderstandConfig{Languages: channels.Languages()}}, nil
	}
	cfg, err := load(e, path)
	if err != nil {
		return cfg, err
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, "secret")); err != nil && cfg.Secret.IsZero() {
		return cfg, nil // a gateway that never ran has signed nothing
	}
	return cfg, ownSecrets(&cfg)
}

func (c mailExplainCmd) explain(e *env, x *email.Explainer, file string, i int, raw []byte) error {
	out, err := x.Explain(e.ctx, raw)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	out.File, out.Index = file, i
	if c.JSON {
		return line(e.out, out)
	}
	_, err = fmt.Fprintln(e.out, out)
	return err
}

// eachMail gives out every mail of a file, of the files below a folder, or of standard input. What
// cannot be read is told at the end; the others are given out all the same.
func eachMail(e *env, name string, do func(file string, i int, raw []byte) error) error {
	if name == "-" {
		return eachSpooled(name, e.in, do)
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	var errs []error
	one := func(path string) {
		f, err := os.Open(path)
		if err == nil {
			err = errors.Join(eachSpooled(path, f, do), f.Close())
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	if !info.IsDir() {
		one(name)
		return errors.Join(errs...)
	}
	err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			errs = append(errs, err)
		case d.Type().IsRegular() && !notMail(d.Name()):
			one(path)
		}
		return e.ctx.Err()
	})
	return errors.Join(append(errs, err)...)
}

// notMail says whether a file of a folder is one of those that mail servers keep beside the mails.
func notMail(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "dovecot") || name == "maildirfolder"
}

func eachSpooled(file string, r io.Reader, do func(file string, i int, raw []byte) error) error {
	i := 0
	for raw, err := range email.Spool(r) {
		if err == nil {
			err = do(file, i, raw)
		}
		if err != nil {
			return err
		}
		i++
	}
	return nil
}

// noBlobs names bytes and keeps none.
type noBlobs struct{}

var _ ticket.Blobs = noBlobs{}

func (noBlobs) Put(_ context.Context, r io.Reader, max int64) (string, int64, error) {
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(r, max+1))
	if err == nil && n > max {
		err = ticket.Errorf("blobs.Put", ticket.Invalid, "Too large: more than %d bytes.", max)
	}
	return hex.EncodeToString(h.Sum(nil)), n, err
}

func (noBlobs) Open(context.Context, string) (io.ReadCloser, error) {
	return nil, ticket.Errorf("blobs.Open", ticket.NotFound, "Nothing is kept.")
}
