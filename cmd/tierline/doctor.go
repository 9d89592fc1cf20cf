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
	"tierline/internal/slackinstall"
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
		var more func(context.Context) []config.Finding
		if cfg.Slack.App.Enabled() {
			slack, look, closed := slackTrials(e.ctx, cfg, slog.New(slog.DiscardHandler))
			defer closed()
			list, more = append(list, slack...), look
		}
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
		if more != nil {
			ctx, cancel := context.WithTimeout(e.ctx, 3*tryWithin)
			found := more(ctx)
			cancel()
			findings, bad = append(findings, found...), bad || config.Bad(found)
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

// slackTrials try the connections to Slack; more looks at what stands there, once they work.
func slackTrials(ctx context.Context, cfg config.Config, log *slog.Logger) (list []trial, more func(context.Context) []config.Finding, done func()) {
	s, done := slackStore(ctx, &cfg, log)
	app, installs, err := openSlack(ctx, cfg, s, holder(), time.Now, log)
	if err != nil {
		return []trial{{"slack", "", "check the tokens", func(context.Context) error { return err }}}, nil, done
	}
	list = []trial{{"slack", "the bot token is good", "install the app again and copy its tokens (docs/slack-manifest.yaml)",
		func(ctx context.Context) error { _, err := app.Self(ctx, ""); return err }}}
	if cfg.Slack.App.BotToken.IsZero() {
		list[0].good, list[0].mend = "the home workspace takes the token", "an admin installs the app: "+cfg.Web.PublicURL+"/console/slack"
	}
	for _, st := range app.Installed() {
		if !st.Home {
			list = append(list, trial{"slack workspace " + st.Label(), "it takes the token", "install the app there again: tierline slack install-link",
				func(ctx context.Context) error { _, err := app.Self(ctx, st.Key()+"/U"); return err }})
		}
	}
	list = append(list, trial{"slack installations", "nothing is to be mended", "see tierline slack list", func(context.Context) error { return installs.Ready() }})
	for _, a := range cfg.Router.Agents {
		if a.Slack == "" {
			list = append(list, trial{"agent " + a.ID, "found in Slack", "check the e-mail address, or give the Slack user id",
				func(ctx context.Context) error { _, err := app.UserByEmail(ctx, a.Email); return err }})
		}
	}
	return list, func(ctx context.Context) []config.Finding { return slackFindings(ctx, app, cfg) }, done
}

// slackStore opens the store when the app's tokens may be there. What keeps it from being opened is told by its own trial.
func slackStore(ctx context.Context, cfg *config.Config, log *slog.Logger) (slackinstall.Store, func()) {
	if os.MkdirAll(cfg.Data, 0o700) == nil && ownSecrets(cfg) == nil && cfg.Slack.App.Installs() {
		sc := cfg.StoreConfig()
		sc.Log = log
		if s, err := store.Open(ctx, sc); err == nil {
			return s, func() { _ = s.Close() }
		}
	}
	return noInstallations{}, func() {}
}

// noInstallations stands for a store in which there are none.
type noInstallations struct{ slackinstall.Store }

func (noInstallations) Installations(context.Context) ([]ticket.Installation, error) { return nil, nil }

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
