package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"tierline/config"
	"tierline/router"
	"tierline/store"
)

// load reads a configuration that is to be used: what is wrong with it is printed and fails.
func load(e *env, path string) (config.Config, error) {
	cfg, findings, err := config.Load(path, e.environ)
	if err != nil {
		return cfg, err
	}
	if !config.Bad(findings) {
		return cfg, nil
	}
	for _, f := range findings {
		if f.Level == "error" {
			fmt.Fprintln(e.err, f)
		}
	}
	return cfg, errReported
}

// openStore opens the store of a configuration for a command.
func openStore(e *env, path string) (*store.Store, error) {
	cfg, err := load(e, path)
	if err != nil {
		return nil, err
	}
	sc := cfg.StoreConfig()
	sc.Log = logger(e.err, cfg.Log.Format, "warn")
	return store.Open(e.ctx, sc)
}

// withDesk opens the configured database and has something done at the desk of the configuration. It holds until do returns.
func withDesk(e *env, path string, do func(cfg config.Config, d *router.Desk) error) error {
	cfg, err := load(e, path)
	if err != nil {
		return err
	}
	live, err := router.NewLive(cfg.Router)
	if err != nil {
		return err
	}
	s, err := openStore(e, path)
	if err != nil {
		return err
	}
	defer s.Close()
	return do(cfg, &router.Desk{Store: s, KB: s, Live: live, Now: time.Now, MailPages: cfg.Email.Sending.Host != ""})
}

type serveCmd struct{ configFlag }

func (c serveCmd) Run(e *env) error {
	start := time.Now()
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	log := logger(e.err, cfg.Log.Format, cfg.Log.Level)
	a, err := build(e.ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	a.reload = newReloader(c.Config, e.environ, cfg, a)
	debug.FreeOSMemory()                       // migrations and the start need more than the idle program, and only once
	time.AfterFunc(2*time.Second, dropProgram) // when it has settled
	log.Info("tierline is up", "version", version, "web", a.web.URL(), "start", time.Since(start).Round(time.Millisecond))
	err = a.run(e.ctx)
	log.Info("tierline stops")
	return errors.Join(err, a.close())
}

type migrateCmd struct {
	configFlag
	jsonFlag
}

func (c migrateCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	sc := cfg.StoreConfig()
	sc.Log = logger(e.err, cfg.Log.Format, "warn")
	if err := store.Migrate(e.ctx, sc); err != nil {
		return err
	}
	states, err := store.MigrationStatus(e.ctx, sc)
	if err != nil {
		return err
	}
	for _, s := range states {
		if c.JSON {
			err = line(e.out, s)
		} else {
			_, err = fmt.Fprintf(e.out, "%05d %-30s %s\n", s.Version, s.Name, s.Applied.Local().Format(time.DateTime))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

type healthCmd struct {
	URL string `arg:"" help:"The address of /healthz."`
}

func (c healthCmd) Run(e *env) error {
	ctx, cancel := context.WithTimeout(e.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.URL, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", c.URL, resp.Status)
	}
	return nil
}

type consoleCmd struct {
	configFlag
	Agent string        `arg:"" help:"The agent's id."`
	For   time.Duration `default:"10m" help:"How long the link works (${default})."`
}

func (c consoleCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	if err := ownSecrets(&cfg); err != nil {
		return err
	}
	link, err := cfg.Web.ConsoleLink(c.Agent, c.For, time.Now())
	if err != nil {
		return err
	}
	fmt.Fprintln(e.out, link)
	return nil
}
