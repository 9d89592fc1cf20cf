package slacksim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a Slack workspace on a local port.
type Server struct {
	hub     *Server   // the workspace that listens, and that brings everything to the app: itself when there is one only
	others  []*Server // of the hub: the other workspaces
	cfg     Config
	log     *slog.Logger
	clock   Clock
	ln      net.Listener
	base    string
	started time.Time
	methods map[string]method

	ctx  context.Context // of what is sent to the app; ends with Run
	stop context.CancelFunc
	work sync.WaitGroup

	mu           *sync.Mutex   // the hub's
	changed      chan struct{} // closed and replaced on every change
	serial       int
	lastTS       int64
	users        map[string]*user
	userOrder    []string
	channels     map[string]*channel
	channelOrder []string
	groups       []UserGroup
	files        map[string]*file
	uploads      map[string]*file
	triggers     map[string]*trigger
	hooks        map[string]*hook
	modals       map[string][]*View // user → stack, the top last
	views        map[string]*View
	homes        map[string]*View
	revoked      string // the error of the bot token, once it is revoked
	uninstalled  bool
	retired      bool   // App.BotToken: it is of an installation that has ended
	oauth        *oauth // the hub's

	tickets   map[string]bool // of Socket Mode URLs that were not used yet
	conns     []*conn
	opening   int // connections that are being made
	nextConn  int
	pending   []*envelope // not acknowledged, oldest first
	lost      int
	closed    bool
	held      *envelope // by the out_of_order fault
	faults    []*fault
	buckets   map[string]*bucket
	calls     map[string]int
	refused   map[string]int // of the calls, those that came too fast
	listeners map[*listener]bool
}

// New listens, so that URL is known; nothing is answered before [Server.Run]. Errors: a port that is
// taken, an address that is not the loopback, a workspace that contradicts itself.
func New(cfg Config) (*Server, error) {
	cfg.fill()
	s := newServer(cfg)
	s.hub, s.mu, s.oauth = s, &sync.Mutex{}, newOAuth()
	if err := s.seed(); err != nil {
		return nil, err
	}
	addr, err := net.ResolveTCPAddr("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("slacksim: %w", err)
	}
	if !addr.IP.IsLoopback() {
		return nil, fmt.Errorf("slacksim: %s is not the loopback: it knows no passwords", cfg.Addr)
	}
	if s.ln, err = net.ListenTCP("tcp", addr); err != nil {
		return nil, fmt.Errorf("slacksim: %w", err)
	}
	s.base = "http://" + s.ln.Addr().String()
	s.ctx, s.stop = context.WithCancel(context.Background())
	if err := s.seedOthers(); err != nil {
		_ = s.ln.Close()
		return nil, err
	}
	return s, nil
}

func newServer(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Log, clock: cfg.Clock, started: cfg.Clock.Now(),
		changed: make(chan struct{}), users: map[string]*user{}, channels: map[string]*channel{},
		files: map[string]*file{}, uploads: map[string]*file{}, triggers: map[string]*trigger{}, hooks: map[string]*hook{},
		modals: map[string][]*View{}, views: map[string]*View{}, homes: map[string]*View{},
		tickets: map[string]bool{}, buckets: map[string]*bucket{}, calls: map[string]int{}, refused: map[string]int{}, listeners: map[*listener]bool{}}
	s.methods = s.table()
	return s
}

// URL is the workspace's page, without a slash at the end.
func (s *Server) URL() string { return s.base }

// APIURL is where the Web API is, for slack.OptionAPIURL.
func (s *Server) APIURL() string { return s.base + "/api/" }

// App is the installed app with its tokens and secrets, defaults filled in.
func (s *Server) App() App { return s.cfg.App }

// Team is the workspace.
func (s *Server) Team() Team { return s.cfg.Team }

// Close frees the port of a server that is not run.
func (s *Server) Close() error {
	s.stop()
	return s.ln.Close()
}

// Run answers until ctx ends, then closes every connection. It returns nil when ctx ended.
func (s *Server) Run(ctx context.Context) error {
	srv := &http.Server{Handler: s.handler(), ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return s.ctx }}
	done := context.AfterFunc(ctx, func() {
		s.stop()
		s.closeConns()
		_ = srv.Close()
	})
	defer done()
	err := srv.Serve(s.ln)
	s.stop()
	s.closeConns()
	s.work.Wait()
	if ctx.Err() != nil || errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("slacksim: %w", err)
}

// TB is what [Start] needs of a test.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Start runs a workspace for the length of a test.
func Start(t TB, cfg Config) *Server {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatalf("%v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Fatalf("slacksim: %v", err)
		}
	})
	return s
}

// touch wakes whoever waits for a change. The lock is held.
func (s *Server) touch() {
	s = s.hub
	close(s.changed)
	s.changed = make(chan struct{})
}

// WaitFor returns once ok is true. It looks again after every change of the workspace, and calls ok
// without holding a lock, so ok may use every reader. It gives ctx's error when ctx ends first.
func (s *Server) WaitFor(ctx context.Context, ok func() bool) error {
	s = s.hub
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("slacksim: what was waited for did not come: %w", ctx.Err())
		}
	}
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", s.serveAPI)
	mux.HandleFunc("GET /link/", s.serveSocket)
	mux.HandleFunc("POST /hooks/{id}", s.serveHook)
	mux.HandleFunc("POST /upload/{id}", s.serveUpload)
	mux.HandleFunc("GET /files-pri/{id}/{name}", s.servePrivateFile)
	s.oauthRoutes(mux)
	s.simRoutes(mux)
	for _, o := range s.others {
		mux.Handle(o.path()+"/", http.StripPrefix(o.path(), o.handler()))
	}
	return mux
}
