package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tierline/channels"
	"tierline/channels/chat"
	"tierline/channels/email"
	"tierline/channels/phone"
	slackchannel "tierline/channels/slack"
	"tierline/config"
	"tierline/config/secret"
	"tierline/internal/demoworld"
	"tierline/internal/slacksim"
	"tierline/kb"
	"tierline/kb/samples"
	"tierline/router"
	"tierline/router/oncall"
	"tierline/store"
	"tierline/ticket"
	"tierline/web"
)

type demoCmd struct {
	jsonFlag
	Data string `type:"path" help:"Keep the data in this directory; without it, it is gone at the end."`
	Log  string `enum:"debug,info,warn,error" default:"error" help:"How much the gateway says (${default}): debug, info, warn, error."`
}

const (
	demoSupport = "support@bruehwerk.example"
	demoDomain  = "bruehwerk.example"
	demoLead    = "lena"          // signs in to the console
	demoUndo    = 5 * time.Second // long enough to be seen, short enough not to be waited for
)

// demoPlaces are the links that the demo prints.
type demoPlaces struct {
	Start   string `json:"start"`
	Mailbox string `json:"mailbox"`
	Shop    string `json:"shop"`
	Phone   string `json:"phone"`
	Slack   string `json:"slack"`
	Console string `json:"console"`
	Help    string `json:"help"`
	SMTP    string `json:"smtp"`
	Data    string `json:"data"`
}

func (c demoCmd) Run(e *env) error {
	dir := c.Data
	if dir == "" {
		tmp, err := os.MkdirTemp("", "tierline-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	log := logger(e.err, "text", c.Log)
	sim, err := slacksim.New(demoSlack(log))
	if err != nil {
		return err
	}
	defer sim.Close()
	world, err := demoworld.New(demoworld.Config{Listen: pickPort(7070), MailListen: pickPort(2526), SupportAddress: demoSupport,
		Log: log.With("part", "demo")})
	if err != nil {
		return err
	}
	d := &demo{e: e, dir: dir, log: log, sim: sim, world: world}
	return d.run(c.JSON)
}

// demo is everything on one machine.
type demo struct {
	e     *env
	dir   string
	log   *slog.Logger
	sim   *slacksim.Server
	world *demoworld.World
	app   *app
}

func (d *demo) run(asJSON bool) error {
	cfg, key := d.config()
	if err := d.seed(cfg); err != nil {
		return err
	}
	a, err := build(d.e.ctx, cfg, d.log, time.Now)
	if err != nil {
		return err
	}
	d.app = a
	door, err := d.openDoor()
	if err != nil {
		return errors.Join(err, a.close())
	}
	consoleURL := "http://" + door.Addr().String() + "/console"
	d.world.Connect(demoworld.Links{GatewayURL: a.web.URL(), APIKey: key, SMTPAddr: cfg.Email.Listeners[0].Listen,
		SlackURL: d.sim.URL() + "/#/as/U1ANNA/C0L1", ConsoleURL: consoleURL})
	d.print(asJSON, demoPlaces{Start: d.world.URL(), Mailbox: d.world.URL() + "/mail", Shop: d.world.URL() + "/shop",
		Phone: d.world.URL() + "/phone", Slack: d.sim.URL() + "/#/as/U1ANNA/C0L1", Console: consoleURL,
		Help: a.web.URL() + "/help", SMTP: cfg.Email.Listeners[0].Listen, Data: d.dir})

	around, stopAround := context.WithCancel(context.WithoutCancel(d.e.ctx)) // ends after the gateway
	g, around := errgroup.WithContext(around)
	g.Go(func() error { return d.sim.Run(around) })
	g.Go(func() error { return d.world.Run(around) })
	g.Go(func() error { return d.keepDoor(around, door) })
	g.Go(func() error { sendSamples(around, cfg.Email.Listeners[0].Listen); return nil })
	ctx, cancel := context.WithCancel(d.e.ctx)
	go func() { <-around.Done(); cancel() }() // one of them has failed
	err = a.run(ctx)
	cancel()
	stopAround()
	return errors.Join(err, g.Wait(), a.close())
}

// print says where everything is.
func (d *demo) print(asJSON bool, p demoPlaces) {
	if asJSON {
		_ = line(d.e.out, p)
		return
	}
	fmt.Fprintf(d.e.out, `
Tierline runs, with sample data and everything around it, on this machine only.

  Start here    %s     a guided first minute

  Mailbox       %s     be a customer: write a mail, read the answer
  Shop          %s     be a customer: chat
  Telephone     %s     be the telephone system: a call arrives
  Slack         %s     be an agent
  Console       %s     be the team lead: history, articles, jobs
  Help centre   %s     what customers may read

  Mail in       %s     swaks --server %s --to %s
  Data          %s

Ctrl-C ends it.
`, p.Start, p.Mailbox, p.Shop, p.Phone, p.Slack, p.Console, p.Help, p.SMTP, p.SMTP, demoSupport, p.Data)
}

// pickPort is the usual port when it is free, else one that is.
func pickPort(usual int) string {
	for _, addr := range []string{net.JoinHostPort("127.0.0.1", strconv.Itoa(usual)), "127.0.0.1:0"} {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		picked := ln.Addr().String()
		if err := ln.Close(); err == nil {
			return picked
		}
	}
	return "127.0.0.1:0"
}

// demoSlack is the workspace of the demo: rate limits as Slack's own would only slow a newcomer down.
func demoSlack(log *slog.Logger) slacksim.Config {
	c := slacksim.Sample()
	c.Team.Name = "Brühwerk"
	c.Addr = pickPort(7071)
	c.Log = log.With("part", "slacksim")
	return c
}

// config is the gateway's configuration, and the key of the telephone.
func (d *demo) config() (config.Config, string) {
	c := config.Default()
	c.Data = filepath.Join(d.dir, "data")
	key := secret.New(strings.Repeat("demo-telephone-", 2))
	c.Web = web.Config{Listen: pickPort(8080), Keys: []web.Key{{Name: "telephone", Key: key, Scopes: []web.Scope{web.CallsWrite}}}}
	c.Web.PublicURL = "http://" + c.Web.Listen
	c.Understand.Serials = []string{`BW[0-9A-Z]{1,3}-\d{6}`}
	host, port, _ := net.SplitHostPort(d.world.MailAddr())
	sink, _ := strconv.Atoi(port)
	c.Email = email.Config{
		Listeners: []email.Listener{{Listen: pickPort(2525), Domain: demoDomain,
			Recipients: []email.Recipient{{Address: demoSupport, Inbox: "support"}}}},
		Sending: email.Sending{Host: host, Port: sink, TLS: email.NoTLS, Domain: demoDomain,
			From: map[string]email.From{"support": {Address: demoSupport, Name: "Brühwerk Support"}}},
	}
	c.Chat = chat.Config{Inboxes: []chat.Inbox{{Name: "shop", Origins: []string{d.world.URL()}}}}
	c.Phone = phone.Config{Region: "DE"}
	app := d.sim.App()
	c.Slack.App.AppToken, c.Slack.App.BotToken = secret.New(app.AppToken), secret.New(app.BotToken)
	c.Slack.App.APIURL = d.sim.APIURL()
	c.Slack.App.NoLimits = true
	c.Slack.Channels.Channels = []slackchannel.Room{{Channel: "customer-ltd", Inbox: "customer-ltd"}}
	c.Router = demoTeam()
	return c, key.Reveal()
}

// demoTeam are the people of the simulated workspace, their tiers and rules.
func demoTeam() router.Config {
	agent := func(id, name, language string, roles ...ticket.Role) ticket.Agent {
		return ticket.Agent{ID: id, Name: name, Email: id + "@support.example", Roles: roles, Languages: slices.Compact([]string{language, "en"})}
	}
	return router.Config{
		Brands: []ticket.Brand{{Name: "bruehwerk", Title: "Brühwerk", Languages: []string{"de", "en", "fr"}, Signature: map[string]string{
			"de": "Ihr Brühwerk-Service", "en": "Your Brühwerk service team", "fr": "Votre service Brühwerk"}}},
		Agents: []ticket.Agent{
			agent("anna", "Anna Schmidt", "de", ticket.RoleAgent),
			agent("ben", "Ben Okafor", "en", ticket.RoleAgent),
			agent("chloe", "Chloé Martin", "fr", ticket.RoleLevel2),
			agent("dev", "Dev Patel", "en", ticket.RoleLevel2),
			agent(demoLead, "Lena Vogel", "de", ticket.RoleLead, ticket.RoleEditor, ticket.RoleSupervisor, ticket.RoleAdmin),
		},
		Tiers: []router.Tier{
			{Name: "l1", Title: "Level 1", Level: 1, Channel: "support-l1",
				Clocks: map[string]router.Clocks{"default": {First: 2 * time.Hour, Next: 4 * time.Hour, Resolution: 24 * time.Hour},
					string(ticket.Urgent): {First: 15 * time.Minute}},
				Updates: router.Updates{Every: map[string]time.Duration{"default": 4 * time.Hour, string(ticket.Urgent): time.Hour}, Notice: 10 * time.Minute}},
			{Name: "l2", Title: "Level 2", Level: 2, Channel: "support-l2", PageWait: 2 * time.Minute,
				Clocks:  map[string]router.Clocks{"default": {First: 4 * time.Hour, Next: 8 * time.Hour, Resolution: 48 * time.Hour}},
				Updates: router.Updates{Every: map[string]time.Duration{"default": 8 * time.Hour}},
				OnCall:  demoRota(time.Now())},
		},
		Answers: router.Answers{Undo: map[string]time.Duration{channels.Email: demoUndo, channels.Slack: demoUndo},
			Acknowledge: router.DefaultAnswers().Acknowledge},
		Units: router.Units{Lemon: router.Lemon{Tell: router.OneOrMore{"l2"}}},
		Suppliers: []router.Supplier{{Name: "pumps", Title: "Pumpen Braun", For: "pumps and mills", Contract: "R-2291", Phone: "+49301234567",
			Email: "service@pumpen.example", Reference: `PB-\d{5}`, Example: "PB-10442", Lead: 5 * oneDay}},
		Complaints: router.Complaints{Policies: []string{"returns", "delivery", "warranty", "spare part prices"}},
		Rules: []router.Rule{
			{Name: "a case for level 1", Then: router.Then{Tier: "l1"}},
			{Name: "a unit that keeps coming back", Group: "priority", When: "lemon", Then: router.Then{Priority: ticket.High, Tags: []string{"lemon"}}},
			{Name: "danger", Group: "priority", When: `text matches "(?i)smoke|fire|shock|rauch|stromschlag|fumée|incendie"`,
				Then: router.Then{Priority: ticket.Urgent, Tags: []string{"safety"}}},
			{Name: "gold customers", Group: "priority", When: `plan == "gold"`, Then: router.Then{Priority: ticket.High}},
		},
	}
}

// seed fills an empty store with the sample data.
func (d *demo) seed(cfg config.Config) error {
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	var past atomic.Pointer[time.Time]
	sc := cfg.StoreConfig()
	sc.Log = d.log.With("part", "store")
	sc.Now = func() time.Time {
		if t := past.Load(); t != nil {
			return *t
		}
		return time.Now()
	}
	s, err := store.Open(d.e.ctx, sc)
	if err != nil {
		return err
	}
	defer s.Close()
	if list, err := s.Tickets(d.e.ctx, ticket.Filter{Limit: 1}); err != nil || len(list) > 0 {
		return err // it is kept from an earlier time
	}
	articles, faults, err := kb.ReadFolder(samples.Files)
	if err != nil || len(faults) > 0 {
		return errors.Join(err, fmt.Errorf("sample articles: %v", faults))
	}
	if err := seed(d.e.ctx, s, articles, func(t time.Time) { past.Store(&t) }, time.Now()); err != nil {
		return err
	}
	if err := seedOpen(d.e.ctx, s, func(t time.Time) { past.Store(&t) }, time.Now()); err != nil {
		return err
	}
	past.Store(nil)
	for i, c := range liveCases {
		in := inboundOf(c, fmt.Sprintf("live-%d@demo", i), time.Now())
		if _, err := s.Accept(d.e.ctx, []ticket.Inbound{in}); err != nil {
			return err
		}
	}
	return nil
}

// openDoor listens for whoever wants into the console: the demo has no accounts, so each who asks is
// given a link that signs the lead in.
func (d *demo) openDoor() (net.Listener, error) { return net.Listen("tcp", pickPort(7072)) }

func (d *demo) keepDoor(ctx context.Context, ln net.Listener) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /console", func(w http.ResponseWriter, r *http.Request) {
		link, err := d.app.web.ConsoleLink(demoLead, 10*time.Minute)
		if err != nil {
			http.Error(w, ticket.Explain(err), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, link, http.StatusSeeOther)
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ErrorLog: slog.NewLogLogger(slog.NewTextHandler(io.Discard, nil), slog.LevelError)}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// demoRota is level 2 in weekly turns, handed over on Mondays at nine; this week is Chloé's. Next Saturday morning
// nobody is, for leads to see.
func demoRota(now time.Time) oncall.Config {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		zone = time.UTC
	}
	start := now.In(zone).Add(-9 * time.Hour) // before nine on Monday it is still last week's turn
	start = start.AddDate(0, 0, -int(start.Weekday()+6)%7-28)
	saturday := func(hour int) time.Time {
		return time.Date(start.Year(), start.Month(), start.Day()+28+12, hour, 0, 0, 0, zone)
	}
	return oncall.Config{Zone: zone.String(), Layer: oncall.Layer{People: []string{"chloe", "dev"}, Rotate: oncall.Weekly, Start: start.Format(time.DateOnly), Handover: "09:00"},
		Temporary: []oncall.Temporary{{From: saturday(8), To: saturday(20), Shifts: []oncall.Shift{{Person: "dev", From: saturday(14), To: saturday(20)}}}},
		Then:      []string{demoLead}}
}
