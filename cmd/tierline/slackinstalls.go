package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"time"

	"tierline/config"
	"tierline/internal/slackapp"
	"tierline/internal/slackinstall"
	"tierline/store"
	"tierline/ticket"
	"tierline/web"
)

// openSlack makes the app, and takes up where it is installed.
func openSlack(ctx context.Context, cfg config.Config, s slackinstall.Store, holder string, now func() time.Time, log *slog.Logger) (*slackapp.App, *slackinstall.Service, error) {
	cursors, _ := s.(ticket.Cursors) // without a store, which channel bore a name is not known
	app, err := slackapp.New(cfg.Slack.App, slackapp.Deps{Log: log, Now: now, Cursors: cursors})
	if err != nil {
		return nil, nil, err
	}
	app.StaffIn(func() (channels []string) {
		for _, t := range cfg.Router.Tiers {
			channels = append(channels, t.Channel)
		}
		return channels
	})
	installs, err := slackinstall.New(cfg.Slack.App, slackinstall.Deps{Store: s, App: app, Holder: holder, Now: now, Log: log})
	if err != nil {
		return nil, nil, err
	}
	kick := func(context.Context, slackapp.Event) error { installs.Kick(); return nil }
	app.OnEvent("app_uninstalled", kick)
	app.OnEvent("tokens_revoked", kick)
	return app, installs, installs.Load(ctx)
}

// openInstalled opens the database of a command for what is installed.
func openInstalled(e *env, path string) (config.Config, *store.Store, *slackinstall.Service, error) {
	cfg, err := load(e, path)
	if err != nil {
		return cfg, nil, nil, err
	}
	if !cfg.Slack.App.Enabled() {
		return cfg, nil, nil, errors.New("there is no Slack in the configuration")
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return cfg, nil, nil, err
	}
	if err := ownSecrets(&cfg); err != nil {
		return cfg, nil, nil, err
	}
	s, err := openStore(e, path)
	if err != nil {
		return cfg, nil, nil, err
	}
	installs, err := slackinstall.New(cfg.Slack.App, slackinstall.Deps{Store: s, Holder: holder(), Log: logger(e.err, cfg.Log.Format, "warn")})
	if err != nil {
		return cfg, nil, nil, errors.Join(err, s.Close())
	}
	return cfg, s, installs, nil
}

// consoleSlack shows the app to the console, which knows nothing of how it is installed.
type consoleSlack struct {
	*slackinstall.Service
	app *slackapp.App
	cfg func() config.Config
	now func() time.Time

	mu    sync.Mutex
	asked time.Time
	known []web.SlackFinding
}

var _ web.SlackApp = (*consoleSlack)(nil)

func (s *consoleSlack) Finish(ctx context.Context, code, redirect string, by ticket.Actor) (web.SlackInstalled, error) {
	d, err := s.Service.Finish(ctx, code, redirect, by)
	if r, ok := errors.AsType[*slackinstall.Refusal](err); ok {
		return web.SlackInstalled{}, &web.SlackRefusal{Why: r.Why, Detail: r.Detail, Err: r.Err}
	}
	return web.SlackInstalled{Installation: d.Installation, Again: d.Again, Config: d.Config, Missing: d.Missing}, err
}

func (s *consoleSlack) List(ctx context.Context) (out []web.SlackWorkspace, err error) {
	list, err := s.Service.List(ctx)
	for _, w := range list {
		out = append(out, web.SlackWorkspace{Installation: w.Installation, Problem: w.Problem, Missing: w.Missing, Config: w.Config})
	}
	return out, err
}

// How long what was found out is shown again, and how long Slack has to answer.
const (
	findingsAge    = 30 * time.Second
	findingsWithin = 10 * time.Second
)

// Channels are the doctor's findings. Slack is asked seldom: it lets a program list channels 20 times a minute.
func (s *consoleSlack) Channels(ctx context.Context) []web.SlackFinding {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known != nil && s.now().Sub(s.asked) < findingsAge {
		return s.known
	}
	ctx, cancel := context.WithTimeout(ctx, findingsWithin)
	defer cancel()
	s.known, s.asked = []web.SlackFinding{}, s.now()
	for _, f := range slackFindings(ctx, s.app, s.cfg()) {
		s.known = append(s.known, web.SlackFinding{Good: f.Level == "ok", Where: f.Where, What: f.What, Mend: f.Mend})
	}
	return s.known
}
