// Package slackapp is the one connection to Slack, shared by the agents' desk and the customers'
// channel: the Web API with its limits, Socket Mode or signed HTTP requests, users and channels.
//
// What happens when things fail: a lost socket is opened again with back-off, [App.Ready] says so
// meanwhile, and every [App.OnConnect] handler is told when it is back, so that it can fetch what it
// missed. An event is acknowledged only when its handler has persisted it within the ack deadline;
// otherwise Slack delivers it again, and handlers recognise it by the keys that they pass to the
// store. Interactions and commands are not delivered again by Slack: they are always acknowledged,
// and their handlers tell the person what went wrong. Calls of the Web API are never repeated here:
// they fail with a [ticket.Error] whose kind tells the outbox whether to try again, and when. A
// refused token is Transient for callers (an administrator can mend it; nothing is to be lost
// meanwhile) and is shown by Ready.
package slackapp

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"tierline/config/check"
	"tierline/config/secret"
	"tierline/ticket"
)

// The ways in which Slack brings events.
const (
	ModeSocket = "socket" // Socket Mode: the app connects out, no public address is needed
	ModeHTTP   = "http"   // Slack calls [App.Mount]'s routes
)

// Config says how to reach Slack.
type Config struct {
	Mode          string        `yaml:"mode"`           // socket (default) or http
	AppToken      secret.String `yaml:"app_token"`      // xapp-…, for socket
	BotToken      secret.String `yaml:"bot_token"`      // xoxb-…
	SigningSecret secret.String `yaml:"signing_secret"` // for http
	APIURL        string        `yaml:"api_url"`        // other than https://slack.com/api/
	// Connections is how many sockets are held open in Socket Mode, 1 (default) to 10. With more, a click finds one
	// while another is being renewed; but Slack brings events by each in turn, so each waits 100 ms for earlier ones of
	// its thread.
	Connections int `yaml:"connections"`
	// NoLimits sends as fast as it goes, for a workspace that is simulated. A Retry-After is obeyed
	// all the same.
	NoLimits bool `yaml:"no_limits"`
	// OAuth installs the app in further workspaces, or keeps a token that expires.
	OAuth `yaml:",inline"`
}

// Enabled says whether Slack is configured at all.
func (c Config) Enabled() bool { return !c.BotToken.IsZero() || c.Installs() }

// Check reports what is wrong.
func (c Config) Check(at check.At) {
	const where = "see docs/slack-manifest.yaml for the app and where its tokens are found"
	switch c.Mode {
	case "", ModeSocket:
		if c.AppToken.IsZero() {
			at.Key("app_token").Error(where, "Socket Mode needs an app-level token with the scope connections:write")
		} else if !strings.HasPrefix(c.AppToken.Reveal(), "xapp-") {
			at.Key("app_token").Warn(where, "an app-level token begins with xapp-")
		}
	case ModeHTTP:
		if c.SigningSecret.IsZero() {
			at.Key("signing_secret").Error(where, "signed requests need the app's signing secret")
		}
	default:
		at.Key("mode").Error("socket or http", "%.20q is no mode", c.Mode)
	}
	if c.Connections < 0 || c.Connections > maxConnections {
		at.Key("connections").Error("1 to 10", "Slack does not allow %d sockets", c.Connections)
	}
	c.check(at, c.BotToken)
	if c.BotToken.IsZero() {
		if !c.Installs() {
			at.Key("bot_token").Error(where, "a bot token is needed, or client_id and client_secret")
		}
	} else if !strings.HasPrefix(strings.TrimPrefix(c.BotToken.Reveal(), "xoxe."), "xoxb-") {
		at.Key("bot_token").Warn(where, "a bot token begins with xoxb-")
	}
	if c.APIURL != "" {
		if u, err := url.Parse(c.APIURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			at.Key("api_url").Error("such as https://slack.com/api/", "no address of a Web API")
		}
	} else if c.NoLimits {
		at.Key("no_limits").Error("leave it out", "Slack has limits: this is for a simulated workspace, with its api_url")
	}
}

// Deps are what an App works with; all have defaults.
type Deps struct {
	Log  *slog.Logger
	Now  func() time.Time
	HTTP *http.Client
	// Sleep waits for a turn within Slack's limits, at most some seconds; it returns when ctx ends.
	Sleep func(context.Context, time.Duration)
	// Cursors keeps which channel bore a name, and to which installation a shared channel counts: nil forgets it at the end.
	Cursors ticket.Cursors
}

// Self is the app as Slack knows it.
type Self struct {
	Team, Enterprise, User, Bot string // ids; but for User as Slack knows them
	URL                         string // of the workspace, with a trailing slash
}

// Wrote says whether a message is ours: by user id or by bot id, as not every answer has both.
func (s Self) Wrote(m Message) bool {
	return m.User != "" && m.User == s.User || m.Bot != "" && (m.Bot == s.Bot || m.User == "" && s.Bot == "")
}

// App is the connection: one app, in one workspace or in several.
type App struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	sleep   func(context.Context, time.Duration)
	http    *http.Client
	base    string
	cursors ticket.Cursors
	news    chan struct{} // something was installed, or is no more

	onEvent       map[string][]func(context.Context, Event) error
	onInteraction []func(context.Context, *slack.InteractionCallback) any
	onCommand     map[string]func(context.Context, slack.SlashCommand) Reply
	onForm        map[string]func(context.Context, *slack.InteractionCallback) any
	onConnect     []func()
	flight        flight
	settle        func() <-chan time.Time // how long an event waits for earlier ones; nil: not at all
	life          context.Context         // of handlers: outlives Run's by stopTime
	kill          context.CancelFunc

	mu        sync.Mutex            // may be held when a workspace's is taken, not the other way round
	home      *workspace            // ids in it are bare; nil while there is none
	others    map[string]*workspace // by key
	strange   strangers
	staffIn   func() []string
	shared    map[string]pin // by bare id: to which installation channels count
	pinning   sync.Mutex     // held while it is decided for one, before mu
	connected bool
	sockets   int // that are open
	used      once
	deleted   once          // messages, by channel and ts
	skew      time.Duration // how much this machine's clock is ahead of Slack's, when it is too much
	fault     string        // why the connection does not work
}

// New makes an App. It does not connect: [App.Run] does.
func New(cfg Config, d Deps) (*App, error) {
	var faults check.List
	cfg.Check(faults.Root())
	for _, f := range faults.Faults {
		if !f.Warning {
			return nil, errors.New("slackapp: " + f.String())
		}
	}
	if cfg.Mode == "" {
		cfg.Mode = ModeSocket
	}
	if cfg.Connections == 0 {
		cfg.Connections = 1
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.HTTP == nil {
		d.HTTP = newClient()
	}
	if d.Sleep == nil {
		d.Sleep = pause
	}
	base := slack.APIURL
	if cfg.APIURL != "" {
		base = strings.TrimRight(cfg.APIURL, "/") + "/"
	}
	a := &App{cfg: cfg, log: d.Log, now: d.Now, sleep: d.Sleep, http: d.HTTP, base: base, cursors: d.Cursors, shared: map[string]pin{}, news: make(chan struct{}, 1), others: map[string]*workspace{}, strange: strangers{},
		onEvent:   map[string][]func(context.Context, Event) error{},
		onCommand: map[string]func(context.Context, slack.SlashCommand) Reply{}, onForm: map[string]func(context.Context, *slack.InteractionCallback) any{}}
	a.http = through(d.HTTP, base, a.heardTime)
	if !cfg.BotToken.IsZero() {
		a.home = a.newWorkspace(Installation{BotToken: cfg.BotToken, Home: true})
	}
	a.life, a.kill = context.WithCancel(context.Background())
	a.OnEvent("app_uninstalled", a.removed)
	a.OnEvent("tokens_revoked", a.removed)
	a.OnEvent("user_change", a.forgetUser)
	if cfg.severalWays() {
		a.settle = func() <-chan time.Time { return time.After(settle) }
	}
	a.flight = flight{running: map[string]*flying{}, lanes: map[string][]*flying{}}
	return a, nil
}

// newClient keeps connections open for as many calls as are made at once.
func newClient() *http.Client {
	t, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return &http.Client{Timeout: 2 * time.Minute}
	}
	t = t.Clone()
	t.MaxIdleConnsPerHost = 16
	return &http.Client{Transport: t, Timeout: 2 * time.Minute} // of uploads; calls have their own deadline
}

// slogPrinter takes slack-go's own lines, which are noise but for debugging.
type slogPrinter struct{ log *slog.Logger }

func (p slogPrinter) Output(_ int, s string) error {
	p.log.Debug("slack-go", "line", strings.TrimSpace(s))
	return nil
}

// Self is who the app is where something stands: in the installation of an id, or for "" in the home. It is asked
// once and remembered.
func (a *App) Self(ctx context.Context, id string) (Self, error) {
	w, _, err := a.at(id)
	if err != nil {
		return Self{}, err
	}
	return w.whoami(ctx)
}

// Link is where people see a message; "" while the workspace's address is not known.
func (a *App) Link(channel, ts string) string {
	w, bare, err := a.at(channel)
	if err != nil || bare == "" || ts == "" {
		return ""
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.inst.URL) < 2 {
		return ""
	}
	return w.inst.URL + "archives/" + bare + "/p" + strings.ReplaceAll(ts, ".", "")
}

// Ready is nil while events can come in and the home can be used; without a home, one of the workspaces. What is wrong
// with others is said by Doubts: it keeps nobody else from work.
func (a *App) Ready() error {
	list := a.workspaces()
	var first error
	for _, w := range list {
		why := w.why()
		if why == nil && !w.home {
			first = nil // there is one that works
			break
		}
		if why != nil && first == nil {
			first = a.ofWorkspace(w, why, len(list))
		}
		if w.home {
			break
		}
	}
	if first != nil {
		return first
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.fault != "":
		return ticket.Errorf("slack", ticket.Transient, "Slack: %s", a.fault)
	case !a.connected:
		return ticket.Errorf("slack", ticket.Transient, "Slack: not connected yet")
	case a.skew != 0:
		return ticket.Errorf("slack", ticket.Transient, "The clock of this machine is %v ahead of Slack's: what Slack sends is refused. Set it right.", a.skew)
	case len(list) == 0:
		return ticket.Errorf("slack", ticket.Transient, "The Slack app is not installed in any workspace yet.")
	}
	return nil
}

// Doubts says what is wrong with workspaces beside the home, and from which something comes though the app is not
// installed there; nil when there is nothing.
func (a *App) Doubts() error {
	var said []string
	list := a.workspaces()
	for _, w := range list {
		if why := w.why(); why != nil && !w.home {
			said = append(said, ticket.Explain(a.ofWorkspace(w, why, len(list))))
		}
	}
	if strange := a.Strangers(); len(strange) > 0 {
		said = append(said, "Events come from workspaces in which the app is not installed, as far as is known here: "+strings.Join(strange, ", ")+".")
	}
	if len(said) == 0 {
		return nil
	}
	return ticket.Errorf("slack", ticket.Transient, "%s", strings.Join(said, " "))
}

// ofWorkspace says of which of n workspaces something is said.
func (a *App) ofWorkspace(w *workspace, why error, n int) error {
	text := ticket.Explain(why)
	if n > 1 {
		text = "Slack workspace " + w.label() + ": " + text
	}
	return ticket.Errorf("slack", ticket.Transient, "%s", text)
}

// Connected says whether events can come in, whatever is wrong with this workspace or that.
func (a *App) Connected() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.connected && a.fault == ""
}

// Out says whether a channel that the configuration names is in a workspace beside the home that cannot be used now.
func (a *App) Out(ctx context.Context, nameOrID string) bool {
	where, _, ok := strings.Cut(nameOrID, "/")
	if !ok {
		return false
	}
	w, _, err := a.named(ctx, nameOrID)
	if err != nil {
		return ticket.KindOf(err) == ticket.Transient || isKey(where)
	}
	return !w.home && w.why() != nil
}

func (a *App) setState(connected bool, fault string) (changed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	changed = a.connected != connected || a.fault != fault
	a.connected, a.fault = connected, fault
	return changed
}

// stopTime is how long handlers at work have when the connection is to end.
const stopTime = 8 * time.Second

// Run connects and takes events to their handlers until ctx ends, then waits for those at work. It
// is run once.
func (a *App) Run(ctx context.Context) error {
	defer func() {
		t := time.AfterFunc(stopTime, a.kill)
		defer t.Stop()
		a.flight.wait()
		a.kill()
	}()
	if !a.introduce(ctx) {
		return nil
	}
	a.flight.wg.Go(func() { a.watch(ctx) })
	if a.cfg.Mode == ModeHTTP {
		a.setState(true, "")
		a.reconnected()
		<-ctx.Done()
		a.setState(false, "")
		return nil
	}
	a.supervise(ctx)
	return nil
}

// introduce asks who we are until one of the workspaces has answered, or there is none to ask; false when ctx ends.
func (a *App) introduce(ctx context.Context) bool {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		list := a.workspaces()
		met, err := a.meet(ctx, list)
		if met || len(list) == 0 {
			return true
		}
		if a.setState(false, ticket.Explain(err)) {
			a.log.Error("slack: cannot introduce ourselves", "error", err)
		}
		a.rest(ctx, max(wait, ticket.RetryAfter(err)))
	}
	return false
}

// maxMeet is how many workspaces are asked at once who we are in them.
const maxMeet = 4

// meet asks who we are in workspaces in which that is not known yet; met says that one is known now.
func (a *App) meet(ctx context.Context, list []*workspace) (met bool, err error) {
	var g errgroup.Group
	var mu sync.Mutex
	g.SetLimit(maxMeet)
	for _, w := range list {
		g.Go(func() error {
			_, e := w.whoami(ctx)
			mu.Lock()
			defer mu.Unlock()
			if met = met || e == nil; e != nil && err == nil {
				err = e
			}
			return nil
		})
	}
	_ = g.Wait()
	a.tidy()
	return met, err
}

// tidy lets go of an installation of the workspace that the configuration has a token for, now that it is known.
func (a *App) tidy() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.home == nil {
		return
	}
	if key := a.home.key(); a.others[key] != nil {
		a.log.Warn("slack: the workspace is installed, and the configuration has a token for it: that one counts", "workspace", a.home.label())
		delete(a.others, key)
	}
}

// rest waits, unless something was installed meanwhile.
func (a *App) rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-a.news:
	case <-t.C:
	}
}

func (a *App) reconnected() {
	for _, h := range a.onConnect {
		h()
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
