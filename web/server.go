package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"tierline/bots"
	"tierline/internal/images"
	"tierline/kb"
	"tierline/router"
	"tierline/router/pager"
	"tierline/ticket"
)

// Deps is what the pages show and what they act through.
type Deps struct {
	Store   ticket.Store
	KB      kb.Store
	Suggest kb.Suggester
	Backend bots.Backend
	Blobs   ticket.Blobs
	Mails   Mails                 // nil: mails are listed, but neither shown nor released
	Slack   SlackApp              // nil: there is no Slack
	Images  *images.Fetcher       // gets images that mails name; a new one when nil
	Agents  func() []ticket.Agent // all staff; their roles decide what the console lets them do
	Ready   []Probe
	Doubts  []Probe // what is told beside Ready: the gateway is ready all the same
	Mounts  []Mount
	Metrics *prometheus.Registry // served at /metrics; a new one when nil
	Links   pager.Links          // by which people answer pages without signing in
	// PageLimits tells what one person is sent at the most, a line for each provider.
	PageLimits func() []string
	Version    string
	Now        func() time.Time
	Log        *slog.Logger
	// Suppliers reports how long suppliers take; nil: there are none.
	Suppliers func(ctx context.Context, since time.Time) ([]router.SupplierFigures, error)
}

// Probe tells whether a dependency works. Check is called often: it should take milliseconds and
// obey ctx.
type Probe struct {
	Name  string
	Check func(ctx context.Context) error
}

// Mount is a part of the site that another package serves.
type Mount struct {
	Prefix   string // "/chat"; its routes stand below it
	Scope    Scope  // an API key with it is needed; "" lets everybody in
	Register func(fiber.Router)
}

// Limits of one request.
const (
	maxBody     = 16 << 20 // bytes of any request; JSON of the API is held to maxJSON
	maxJSON     = 4 << 20
	readWithin  = 30 * time.Second
	writeWithin = 60 * time.Second
	idleWithin  = 90 * time.Second
	workWithin  = 20 * time.Second // what a handler may ask of the store
	stopWithin  = 8 * time.Second
)

// Server is the HTTP side of a gateway.
type Server struct {
	cfg     Config
	d       Deps
	log     *slog.Logger
	now     func() time.Time
	app     *fiber.App
	ln      net.Listener
	pages   map[string]func() (*template.Template, error) // see loadPages
	assets  map[string]asset
	keys    map[string]Key    // by hash
	users   map[string]string // agent id by hash of the token
	proxies []netip.Prefix
	secrets secrets
	openapi []byte
	ready   readiness
	metrics *metrics
	streams *streams

	perKey, perClient, failures, perViewer *limiter
}

// New makes a server and opens its listener, so that Addr is known at once; nothing is answered
// before Run.
func New(cfg Config, d Deps) (*Server, error) {
	switch {
	case d.Store == nil, d.KB == nil, d.Suggest == nil, d.Backend == nil, d.Blobs == nil:
		return nil, errors.New("web: Store, KB, Suggest, Backend and Blobs are needed")
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Images == nil {
		d.Images = images.New(images.Options{Now: d.Now})
	}
	if d.Metrics == nil {
		d.Metrics = prometheus.NewRegistry()
	}
	s := &Server{cfg: cfg, d: d, log: d.Log, now: d.Now,
		keys: map[string]Key{}, users: map[string]string{}}
	s.perKey = newLimiter(cmp.Or(cfg.RatePerMinute, 600), time.Minute, d.Now)
	s.perClient = newLimiter(240, time.Minute, d.Now)
	s.failures = newLimiter(10, 10*time.Minute, d.Now)
	s.perViewer = newLimiter(imagesPerMinute, time.Minute, d.Now)
	s.streams = newStreams()
	if err := s.listen(); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("web: %w", err), s.ln.Close())
	}
	return s, nil
}

// agent is who of staff has an id, as of now: somebody who has left is nobody.
func (s *Server) agent(id string) (ticket.Agent, bool) {
	agents := s.d.Agents()
	if i := slices.IndexFunc(agents, func(a ticket.Agent) bool { return a.ID == id }); i >= 0 {
		return agents[i], true
	}
	return ticket.Agent{}, false
}

func (s *Server) prepare() (err error) {
	for _, k := range s.cfg.Keys {
		s.keys[credentialHash(k.Key, k.Hash)] = k
	}
	for _, u := range s.cfg.Users {
		if _, ok := s.agent(u.Agent); !ok {
			return fmt.Errorf("users: there is no agent %q", u.Agent)
		}
		s.users[credentialHash(u.Token, u.Hash)] = u.Agent
	}
	for _, p := range s.cfg.TrustedProxies {
		n, err := parsePrefix(p)
		if err != nil {
			return err
		}
		s.proxies = append(s.proxies, n)
	}
	base := []byte(s.cfg.CookieSecret.Reveal())
	if len(base) == 0 {
		base = make([]byte, 32)
		_, _ = rand.Read(base) // never fails (crypto/rand)
	}
	s.secrets = newSecrets(base)
	if s.assets, err = loadAssets(); err != nil {
		return err
	}
	if s.pages, err = s.loadPages(); err != nil {
		return err
	}
	if s.metrics, err = s.newMetrics(); err != nil {
		return err
	}
	return s.build()
}

func (s *Server) listen() error {
	ln, err := net.Listen("tcp", cmp.Or(s.cfg.Listen, "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	s.ln = ln
	if s.cfg.TLS.Cert == "" {
		return nil
	}
	cert, err := tls.LoadX509KeyPair(s.cfg.TLS.Cert, s.cfg.TLS.Key)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	s.ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
	return nil
}

// Addr is where the server listens: "127.0.0.1:8080".
func (s *Server) Addr() string { return s.ln.Addr().String() }

// URL is how browsers reach the site, without a slash at its end.
func (s *Server) URL() string {
	if s.cfg.PublicURL != "" {
		return strings.TrimRight(s.cfg.PublicURL, "/")
	}
	if s.cfg.TLS.Cert != "" {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Close gives the listener back when Run is never called.
func (s *Server) Close() error { return s.ln.Close() }

// Run serves until ctx ends, then stops within ten seconds: live streams end at once, requests under
// way are finished.
func (s *Server) Run(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- s.app.Listener(s.ln) }()
	s.log.Info("web is listening", "addr", s.Addr(), "url", s.URL())
	select {
	case err := <-failed:
		return fmt.Errorf("web: %w", err)
	case <-ctx.Done():
	}
	s.streams.stop()
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	err := s.app.ShutdownWithContext(stopCtx)
	_ = s.ln.Close() // a stop that comes before the server has begun to serve closes nothing itself
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("web: %w", err)
	}
	select {
	case <-failed:
	case <-stopCtx.Done():
		s.log.Warn("web stopped with requests still under way")
	}
	return nil
}

// build makes the app out of the table of routes.
func (s *Server) build() error {
	s.app = fiber.New(fiber.Config{
		AppName: "tierline", DisableStartupMessage: true, Immutable: true, CaseSensitive: true,
		BodyLimit: maxBody, ReadTimeout: readWithin, WriteTimeout: writeWithin, IdleTimeout: idleWithin,
		ReadBufferSize: 16 << 10, DisableDefaultContentType: true, ErrorHandler: s.unrouted,
		// A connection that waits, or that a chat has taken over, holds no buffer: 15 KB instead of 31 each.
		ReduceMemoryUsage: true,
		// Fiber itself believes no proxy: outermost says whom a request is from, and the host is the
		// one in the Host header, which a proxy must pass on.
		EnableTrustedProxyCheck: true,
	})
	s.app.Server().CloseOnShutdown = true
	s.app.Server().NoDefaultServerHeader = true
	s.app.Use(s.outermost)
	for _, r := range s.routes() {
		if r.method == fiber.MethodGet {
			s.app.Get(r.path, s.guard(r), r.do)
			continue
		}
		s.app.Add(r.method, r.path, s.guard(r), r.do)
	}
	for _, m := range s.d.Mounts {
		s.mount(m)
	}
	var err error
	s.openapi, err = s.describe()
	return err
}

// mount registers a mount and puts its guard before each of its handlers.
func (s *Server) mount(m Mount) {
	who := open()
	if m.Scope != "" {
		who = key(m.Scope)
	}
	known := map[*fiber.Route]bool{}
	for _, r := range slices.Concat(s.app.Stack()...) {
		known[r] = true
	}
	m.Register(s.app.Group(m.Prefix))
	for _, r := range slices.Concat(s.app.Stack()...) {
		if !known[r] {
			r.Handlers = slices.Insert(slices.Clone(r.Handlers), 0, s.guard(route{path: r.Path, who: who, mounted: true}))
		}
	}
}
