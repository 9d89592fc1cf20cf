package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	slackdesk "tierline/bots/slack"
	"tierline/channels"
	"tierline/channels/chat"
	"tierline/channels/email"
	"tierline/channels/phone"
	slackchannel "tierline/channels/slack"
	"tierline/config"
	"tierline/internal/slackapp"
	"tierline/internal/slackinstall"
	"tierline/kb"
	"tierline/kb/bleve"
	"tierline/kb/meili"
	"tierline/router"
	"tierline/store"
	"tierline/store/blobs"
	"tierline/ticket"
	"tierline/web"
)

// app is the gateway, put together and not yet running.
type app struct {
	cfg      config.Config
	log      *slog.Logger
	now      func() time.Time
	registry *prometheus.Registry

	store      *store.Store
	blobs      *blobs.Blobs
	engine     kb.Engine
	follower   *kb.Follower
	live       *router.Live
	desk       *router.Desk
	jobs       *router.Jobs
	attendance *router.Attendance
	slack      *slackapp.App
	installs   *slackinstall.Service // of it
	bot        *slackdesk.Desk
	chat       *chat.Chat
	phone      *phone.Phone
	sources    []channels.Source
	mail       email.Forgetter
	web        *web.Server
	reload     *reloader // nil: the configuration is no file
}

// build puts the gateway together and opens its listeners. Whoever calls it calls close.
func build(ctx context.Context, cfg config.Config, log *slog.Logger, now func() time.Time) (*app, error) {
	a := &app{cfg: cfg, log: log, now: now, registry: prometheus.NewRegistry()}
	a.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, step := range []func(context.Context) error{a.openStores, a.openKB, a.wireDesk, a.wireChannels, a.wireWeb} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

func (a *app) openStores(ctx context.Context) error {
	if err := os.MkdirAll(a.cfg.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	if err := ownSecrets(&a.cfg); err != nil {
		return err
	}
	var err error
	if a.live, err = router.NewLive(a.cfg.Router); err != nil {
		return err
	}
	sc := a.cfg.StoreConfig()
	sc.Policy, sc.Now, sc.Log = a.live, a.now, a.log.With("part", "store")
	s, err := store.Open(ctx, sc)
	if err != nil {
		return err
	}
	a.store = s
	bc := a.cfg.Attachments
	bc.Data = a.cfg.Data
	a.blobs, err = blobs.Open(ctx, bc)
	return err
}

func (a *app) openKB(context.Context) error {
	engine, err := openEngine(a.cfg, a.log)
	if err != nil {
		return err
	}
	a.engine = engine
	a.follower = &kb.Follower{Store: a.store, Engine: engine, Wake: a.store.ArticlesChanged(), Now: a.now, Log: a.log.With("part", "kb")}
	return nil
}

// openEngine opens the engine that the configuration names.
func openEngine(cfg config.Config, log *slog.Logger) (kb.Engine, error) {
	if cfg.KB.Engine == config.Meilisearch {
		return meili.Open(cfg.KB.Meilisearch, log.With("part", "meilisearch"))
	}
	c := cfg.KB.Bleve
	if c.Path == "" {
		c.Path = filepath.Join(cfg.Data, "kb.bleve")
	}
	return bleve.Open(c, log.With("part", "bleve"))
}

func (a *app) wireDesk(ctx context.Context) error {
	a.desk = &router.Desk{Store: a.store, KB: a.store, Suggest: a.follower.Suggester(), Live: a.live,
		Console: a.consoleURL(), Now: a.now}
	a.attendance = &router.Attendance{Desk: a.desk, Log: a.log.With("part", "attendance")}
	a.jobs = &router.Jobs{Desk: a.desk, Senders: map[string]channels.Sender{}, Links: a.links(), Log: a.log.With("part", "outbox")}
	if !a.cfg.Slack.App.Enabled() {
		return nil
	}
	var err error
	if a.slack, a.installs, err = openSlack(ctx, a.cfg, a.store, gatewayName(a.cfg.Web.Listen), a.now, a.log.With("part", "slack")); err != nil {
		return err
	}
	a.bot = slackdesk.New(a.cfg.Slack.Desk, slackdesk.Deps{App: a.slack, Backend: a.desk, Blobs: a.blobs,
		Changes: a.store, Cursors: a.store, Console: a.consoleLink, Log: a.log.With("part", "desk"), Now: a.now,
		Sign: func(id ticket.ID, s ticket.Sign) { a.chat.Sign(id, s) }})
	a.jobs.Bot = a.bot
	tool := a.bot.Whereabouts()
	a.attendance.Tool, a.attendance.Changed, a.desk.Tool = tool, tool.Changed(), tool
	return nil
}

func (a *app) wireChannels(context.Context) error {
	mail := email.Deps{Blobs: a.blobs, Cursors: a.store, Ledger: a.store, Holder: gatewayName(a.cfg.Web.Listen), Now: a.now, Log: a.log.With("part", "email"),
		Accounts: &email.Accounts{}, Staff: a.live.Staff, StaffNames: a.live.StaffNames}
	sources, err := email.NewSources(a.cfg.Email, mail)
	if err != nil {
		return err
	}
	a.sources = append(a.sources, sources...)
	if err := a.registry.Register(mailMetrics{a.cfg.Email, a.store}); err != nil {
		return err
	}
	if err := a.registry.Register(pageMetrics{a.store, a.now}); err != nil {
		return err
	}
	a.mail = email.Forgetter{Ledger: a.store, Remove: a.blobs.Remove, After: a.cfg.Email.KeepSource, Now: a.now, Log: mail.Log}
	if a.cfg.Email.Sending.Host != "" {
		if a.jobs.Senders[channels.Email], err = email.NewSender(a.cfg.Email, mail); err != nil {
			return err
		}
		if p, ok := a.jobs.Senders[channels.Email].(channels.Previewer); ok {
			a.desk.Previews = map[string]channels.Previewer{channels.Email: p}
		}
		a.jobs.Mail, a.desk.MailPages = pageByMail(a.jobs.Senders[channels.Email]), true
	}
	a.chat, err = chat.New(a.cfg.Chat, chat.Deps{Reader: a.store, Changes: a.store, References: a.store, Typing: a.customerTypes, Now: a.now,
		Log: a.log.With("part", "chat")})
	if err != nil {
		return err
	}
	a.phone, err = phone.New(a.cfg.Phone, phone.Deps{Blobs: a.blobs, Now: a.now, Log: a.log.With("part", "phone")})
	if err != nil {
		return err
	}
	a.sources = append(a.sources, a.chat, a.phone)
	a.jobs.Senders[channels.Chat], a.jobs.Senders[channels.Phone] = a.chat, a.phone
	if a.slack != nil {
		c := slackchannel.New(a.cfg.Slack.Channels, slackchannel.Deps{App: a.slack, Blobs: a.blobs, Cursors: a.store,
			Tickets: a.store, Agent: a.desk.AgentBy, Colleague: a.desk.Colleague, Now: a.now, Log: a.log.With("part", "slack-channel")})
		a.bot.CustomersIn(c.Has)
		a.sources = append(a.sources, c)
		a.jobs.Senders[channels.Slack], a.desk.Amenders = c, map[string]channels.Amender{channels.Slack: c}
	}
	return nil
}

// customerTypes has the desk show it, if there is one.
func (a *app) customerTypes(id ticket.ID) {
	if a.bot != nil {
		a.bot.CustomerTypes(id)
	}
}

func (a *app) wireWeb(context.Context) error {
	mounts := []web.Mount{
		{Prefix: "", Register: a.chat.Mount},
		{Prefix: "/api/v1", Scope: web.CallsWrite, Register: a.phone.Mount},
	}
	if a.slack != nil && a.cfg.Slack.App.Mode == slackapp.ModeHTTP {
		mounts = append(mounts, web.Mount{Prefix: "/slack", Register: func(r fiber.Router) { a.slack.Mount(r) }})
	}
	intake, err := channels.Understand(a.store, a.cfg.Understand)
	if err != nil {
		return err
	}
	a.desk.Intake = intake
	desk := email.NewDesk(a.cfg.Email, email.Deps{Blobs: a.blobs, Cursors: a.store, Staff: a.live.Staff, StaffNames: a.live.StaffNames, Now: a.now,
		Log: a.log.With("part", "email")}, intake, a.store)
	var slack web.SlackApp
	if a.slack != nil {
		slack = &consoleSlack{Service: a.installs, app: a.slack, cfg: a.current, now: a.now}
	}
	a.web, err = web.New(a.cfg.Web, web.Deps{Store: planned{a.store, a.desk}, KB: a.store, Suggest: a.desk.Suggest, Backend: a.desk, Suppliers: a.desk.SupplierReport,
		Slack: slack, Blobs: a.blobs, Mails: consoleMails{desk, a.cfg.Email, a.store}, Agents: a.live.Agents, Ready: a.probes(), Doubts: a.doubts(), Mounts: mounts, Metrics: a.registry, Links: a.links(), PageLimits: a.pageLimits, Version: version,
		Now: a.now, Log: a.log.With("part", "web")})
	return err
}

// planned is the store to those who act by themselves, with a key of the API: what the configuration
// says of their actions is filled in as it is for staff.
type planned struct {
	*store.Store
	desk *router.Desk
}

func (p planned) Act(ctx context.Context, a ticket.Action) (ticket.Ticket, error) {
	if err := p.desk.Plan(ctx, &a); err != nil {
		return ticket.Ticket{}, err
	}
	return p.Store.Act(ctx, a)
}

// consoleURL is the console's address, without a slash at its end.
func (a *app) consoleURL() string {
	u := a.cfg.Web.PublicURL
	if u == "" {
		u = "http://" + cmp.Or(a.cfg.Web.Listen, "127.0.0.1:8080")
	}
	return strings.TrimRight(u, "/") + "/console"
}

// consoleLinkFor is how long a link works that somebody asks for in Slack.
const consoleLinkFor = 10 * time.Minute

// consoleLink signs an agent in whom the desk knows. The console is wired after the desk.
func (a *app) consoleLink(agent string) (string, error) {
	return a.web.ConsoleLink(agent, consoleLinkFor)
}

// current is the configuration with what counts of it now.
func (a *app) current() config.Config {
	cfg := a.cfg
	cfg.Router = *a.live.Config()
	return cfg
}

// probes are what /readyz asks.
func (a *app) probes() []web.Probe {
	list := []web.Probe{
		{Name: "database", Check: a.store.Ping},
		{Name: "search", Check: func(ctx context.Context) error { return errors.Join(a.engine.Ping(ctx), a.follower.Ready()) }},
	}
	if a.bot != nil {
		list = append(list, web.Probe{Name: "desk:slack", Check: func(context.Context) error { return a.bot.Ready() }})
	}
	if s, ok := a.jobs.Senders[channels.Email].(interface{ Ready() error }); ok {
		list = append(list, web.Probe{Name: "email:sending", Check: func(context.Context) error { return s.Ready() }})
	}
	for _, s := range a.sources {
		list = append(list, web.Probe{Name: s.Name(), Check: func(context.Context) error { return s.Ready() }})
	}
	return list
}

// doubts are what /readyz tells beside that.
func (a *app) doubts() []web.Probe {
	if a.attendance.Tool == nil {
		return nil
	}
	return []web.Probe{{Name: "user groups", Check: a.attendance.Doubts},
		{Name: "slack workspaces", Check: func(context.Context) error { return a.slack.Doubts() }},
		{Name: "slack installations", Check: func(context.Context) error { return a.installs.Ready() }}}
}

// run runs the gateway until ctx ends, then stops it within 30 s: sources, workers, HTTP. The store
// is closed by close.
func (a *app) run(ctx context.Context) error {
	// The configuration may be another than before: who is to be told of what comes is reckoned anew.
	if err := a.store.Enqueue(ctx, ticket.RosterTick(time.Time{}), ticket.DigestTick(time.Time{})); err != nil && ctx.Err() == nil {
		return err
	}
	intake, err := channels.Understand(a.store, a.cfg.Understand)
	if err != nil {
		return err
	}
	sources := stage{name: "sources", stop: 5 * time.Second}
	for _, s := range a.sources {
		sources.run = append(sources.run, func(ctx context.Context) error { return s.Run(ctx, intake) })
	}
	workers := stage{name: "workers", stop: 12 * time.Second,
		run: []func(context.Context) error{a.jobs.Dispatcher(a.registry).Run, a.follower.Run, a.mail.Run, a.store.Clean, a.attendance.Run}}
	if a.reload != nil {
		workers.run = append(workers.run, a.reload.Run)
	}
	desk := stage{name: "desk", stop: 5 * time.Second}
	if a.slack != nil {
		desk.run = append(desk.run, a.slack.Run, a.installs.Run, a.bot.Run)
	}
	http := stage{name: "http", stop: 8 * time.Second, run: []func(context.Context) error{a.web.Run}}
	return runStages(ctx, a.log, []stage{http, workers, desk, sources})
}

// close closes what build opened.
func (a *app) close() error {
	var errs []error
	if a.web != nil {
		if err := a.web.Close(); !errors.Is(err, net.ErrClosed) { // Run has closed it
			errs = append(errs, err)
		}
	}
	if a.engine != nil {
		errs = append(errs, a.engine.Close())
	}
	if a.blobs != nil {
		errs = append(errs, a.blobs.Close())
	}
	if a.store != nil {
		errs = append(errs, a.store.Close())
	}
	return errors.Join(errs...)
}

// gatewayName names a gateway among those of one database, by the address that no other has: one that
// starts again after a crash is the same, and goes on at once where it stopped.
func gatewayName(listen string) string {
	host, err := os.Hostname()
	_, port, bad := net.SplitHostPort(cmp.Or(listen, "127.0.0.1:8080"))
	if err != nil || bad != nil || port == "0" {
		return holder()
	}
	return host + "/" + port
}

// holder names this process among those that use one database.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

var _ ticket.Store = (*store.Store)(nil)
