package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"tierline/channels/email"
	"tierline/config"
	"tierline/internal/slackapp"
	"tierline/store"
	"tierline/store/blobs"
	"tierline/ticket"
)

type doctorCmd struct {
	configFlag
	jsonFlag
}

// tryWithin is how long one connection has to answer.
const tryWithin = 10 * time.Second

// Run tries everything, whatever fails, and fails when anything does.
func (c doctorCmd) Run(e *env) error {
	cfg, findings, err := config.Load(c.Config, e.environ)
	if err != nil {
		return err
	}
	bad := config.Bad(findings)
	if !bad {
		list, done := trials(e.ctx, cfg)
		defer done()
		for _, t := range list {
			ctx, cancel := context.WithTimeout(e.ctx, tryWithin)
			f := config.Finding{Level: "ok", Where: t.name, What: t.good}
			if err := t.try(ctx); err != nil {
				bad = true
				f = config.Finding{Level: "error", Where: t.name, What: ticketError(err), Mend: t.mend}
			}
			cancel()
			findings = append(findings, f)
		}
	}
	if !config.Bad(findings) {
		findings = append(findings, pagingFindings(cfg)...)
	}
	if err := report(e, findings, c.JSON); err != nil {
		return err
	}
	if bad {
		return errReported
	}
	return nil
}

// trial is one thing to try.
type trial struct {
	name, good, mend string
	try              func(context.Context) error
}

func trials(ctx context.Context, cfg config.Config) (all []trial, done func()) {
	quiet := slog.New(slog.DiscardHandler)
	mail, done := mailDeps(ctx, &cfg, quiet)
	list := []trial{
		{"data", cfg.Data + " can be written to", "make the folder, and let the gateway's user write to it", func(context.Context) error {
			return tryFolder(cfg.Data)
		}},
		{"database", "it answers, and its tables are up to date", "check the address, the user's rights, and that the server runs",
			func(ctx context.Context) error { return tryStore(ctx, cfg, quiet) }},
		{"attachments", "they can be kept", "check the folder or the bucket and its rights", func(ctx context.Context) error {
			return tryBlobs(ctx, cfg)
		}},
		{"rules", "the articles that they answer with can be sent", "write the articles, or change the rules' answer.articles",
			func(ctx context.Context) error { return tryArticles(ctx, cfg, quiet) }},
		{"search", "the engine answers", "with bleve: one process at a time can use the index; with meilisearch: check url and key",
			func(ctx context.Context) error { return trySearch(ctx, cfg, quiet) }},
		{"web", "the address can be listened on, or a gateway answers there", "choose another web.listen, or end what uses it",
			func(context.Context) error { return tryListen(cmp.Or(cfg.Web.Listen, "127.0.0.1:8080")) }},
	}
	for _, l := range cfg.Email.Listeners {
		list = append(list, trial{"email listener " + l.Listen, "the address can be listened on, or a gateway answers there",
			"choose another address, or end what uses it", func(context.Context) error { return tryListen(l.Listen) }})
	}
	for _, t := range email.Trials(cfg.Email, mail) {
		list = append(list, trial{t.Name, t.Good, t.Mend, t.Try})
	}
	if cfg.Slack.App.Enabled() {
		list = append(list, slackTrials(cfg, quiet)...)
	}
	return list, done
}

// mailDeps opens the store when an account signs in with OAuth2: the newest of its tokens is kept there,
// and trying it may replace it. What keeps the store from being opened is told by its own trial.
func mailDeps(ctx context.Context, cfg *config.Config, log *slog.Logger) (d email.Deps, done func()) {
	d.Holder, done = holder(), func() {}
	if !cfg.Email.SignsInWithOAuth2() || os.MkdirAll(cfg.Data, 0o700) != nil || ownSecrets(cfg) != nil {
		return d, done
	}
	sc := cfg.StoreConfig()
	sc.Log = log
	s, err := store.Open(ctx, sc)
	if err != nil {
		return d, done
	}
	d.Cursors = s
	return d, func() { _ = s.Close() }
}

func tryFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func tryStore(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	sc := cfg.StoreConfig()
	sc.Log = log
	s, err := store.Open(ctx, sc)
	if err != nil {
		return err
	}
	return errors.Join(s.Ping(ctx), s.Close())
}

func tryBlobs(ctx context.Context, cfg config.Config) error {
	bc := cfg.Attachments
	bc.Data = cfg.Data
	b, err := blobs.Open(ctx, bc)
	if err != nil {
		return err
	}
	_, _, err = b.Put(ctx, strings.NewReader("tierline doctor\n"), 1<<10)
	return errors.Join(err, b.Close())
}

func trySearch(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	if cfg.KB.Engine != config.Meilisearch {
		path := cmp.Or(cfg.KB.Bleve.Path, filepath.Join(cfg.Data, "kb.bleve"))
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return tryFolder(filepath.Dir(path)) // it is made at the first start
		}
	}
	engine, err := openEngine(cfg, log)
	if err != nil {
		return err
	}
	return errors.Join(engine.Ping(ctx), engine.Close())
}

// tryListen is nil when the address is free, or when somebody answers there: a gateway that runs.
func tryListen(addr string) error {
	ln, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		c, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return fmt.Errorf("%s is taken, and nobody answers there", addr)
		}
		return c.Close()
	}
	if err != nil {
		return err
	}
	return ln.Close()
}

func slackTrials(cfg config.Config, log *slog.Logger) []trial {
	app, err := slackapp.New(cfg.Slack.App, slackapp.Deps{Log: log, Now: time.Now})
	if err != nil {
		return []trial{{"slack", "", "check the tokens", func(context.Context) error { return err }}}
	}
	list := []trial{{"slack", "the bot token is good", "install the app again and copy its tokens (docs/slack-manifest.yaml)",
		func(ctx context.Context) error { _, err := app.Self(ctx, ""); return err }}}
	channel := func(what, name string) {
		list = append(list, trial{"slack channel " + name, what, "make the channel and invite the app to it: /invite @tierline",
			func(ctx context.Context) error { _, err := app.Channel(ctx, name); return err }})
	}
	for _, t := range cfg.Router.Tiers {
		channel("cards of "+t.Name+" can be shown there", t.Channel)
	}
	for _, c := range cfg.Slack.Channels.Channels {
		channel("customers write there", c.Channel)
	}
	names := cfg.Router.Groups()
	var all []slackapp.Group
	for i, name := range names {
		list = append(list, trial{"user group " + name, "it is there, and has members", "check the handle, or name the group's id; enable it in Slack; give the app usergroups:read",
			func(ctx context.Context) (err error) {
				if all == nil { // Slack is asked once for all
					if all, err = app.Groups(ctx, names, make([]string, len(names))); err != nil {
						return err
					}
				}
				return lackOf(all[i])
			}})
	}
	for _, a := range cfg.Router.Agents {
		if a.Slack == "" {
			list = append(list, trial{"agent " + a.ID, "found in Slack", "check the e-mail address, or give the Slack user id",
				func(ctx context.Context) error { _, err := app.UserByEmail(ctx, a.Email); return err }})
		}
	}
	return list
}

// lackOf is why a user group gives nobody anything, or nil.
func lackOf(g slackapp.Group) error {
	switch {
	case g.ID == "":
		return errors.New("there is no such user group in Slack")
	case g.Disabled:
		return errors.New("it is disabled in Slack")
	case len(g.Members) == 0:
		return errors.New("it has no members")
	}
	return nil
}

// ticketError is a fault in full: the operator who asks may see it.
func ticketError(err error) string {
	var te *ticket.Error
	if errors.As(err, &te) && te.Public != "" && te.Err == nil {
		return te.Public
	}
	return err.Error()
}

// tryArticles looks for the articles that rules answer with.
func tryArticles(ctx context.Context, cfg config.Config, log *slog.Logger) error {
	sc := cfg.StoreConfig()
	sc.Log = log
	s, err := store.Open(ctx, sc)
	if err != nil {
		return err
	}
	return errors.Join(cfg.Router.CheckArticles(ctx, s), s.Close())
}
