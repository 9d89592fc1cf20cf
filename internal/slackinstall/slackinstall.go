// Package slackinstall installs the Slack app in workspaces (OAuth v2), keeps their tokens, sealed, in the store, and
// renews those that end.
//
// What happens when things fail: a code that was exchanged but whose tokens could not be saved is told to whoever
// installs, who begins again; Slack gives new tokens. A token is renewed hours before it ends, by one gateway at a time,
// and saved before it is used. When that gateway dies in between, the next one asks again with the old refresh token,
// which Slack takes for a short while still; if it does not, the old token works until its end, and [Service.Ready] says that
// the app has to be installed again, and until when. Tokens that cannot be read, because the gateway's secret is another
// one, are left as they are, and said likewise. A workspace in which somebody removes the app is ended: what is to be
// said there waits until it is installed again.
package slackinstall

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Store is what is needed of the store.
type Store interface {
	ticket.Installations
	Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error)
}

// App is where installations are taken up; [slackapp.App] is one.
type App interface {
	Install(slackapp.Installation) error
	Uninstall(key string)
	Installed() []slackapp.Status
}

// Deps are what a Service works with. Store is needed; without an App nothing is taken up, as by a command.
type Deps struct {
	Store  Store
	App    App
	Holder string // names this process among those of one database
	HTTP   *http.Client
	Now    func() time.Time
	Log    *slog.Logger
}

// How often it is looked what other gateways did, and how long before a token ends another is asked for.
const (
	lookEvery  = 5 * time.Second
	renewEarly = 2 * time.Hour // at most a sixth of its life
	renewTime  = 45 * time.Second
	minWait    = 5 * time.Second // after a renewal that failed; doubled with each
	maxWait    = 15 * time.Minute
)

// Service installs, keeps and renews.
type Service struct {
	cfg   slackapp.Config
	d     Deps
	vault vault
	slack client
	kick  chan struct{}

	work    chan struct{}    // holds one while nobody looks; guards what follows
	seen    map[string]int64 // revs that the app has taken up
	unsaved map[string]unsaved
	tries   map[string]try
	taken   bool // the configuration's refresh token

	mu     sync.Mutex
	faults map[string]string // by key: what people have to mend
}

// unsaved are new tokens that the store could not be given yet.
type unsaved struct {
	of string // the sealed tokens that they came of
	g  grant
	at time.Time
}

// try is how often something failed in a row, and when it is worth another.
type try struct {
	fails int
	next  time.Time
}

// New makes a service of a configuration. It does nothing before [Service.Load].
func New(cfg slackapp.Config, d Deps) (*Service, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	v, err := newVault(cfg.Tokens)
	if err != nil {
		return nil, err
	}
	s := &Service{cfg: cfg, d: d, vault: v, slack: newClient(cfg, d.HTTP), kick: make(chan struct{}, 1), work: make(chan struct{}, 1),
		seen: map[string]int64{}, unsaved: map[string]unsaved{}, tries: map[string]try{}, faults: map[string]string{}}
	s.work <- struct{}{}
	return s, nil
}

// Load takes up what is stored; it asks nothing of Slack.
func (s *Service) Load(ctx context.Context) error {
	<-s.work
	defer func() { s.work <- struct{}{} }()
	list, err := s.d.Store.Installations(ctx)
	if err == nil {
		s.takeUp(list)
	}
	return err
}

// Kick has a service that runs look at once: something has happened to an installation.
func (s *Service) Kick() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Run follows what this and other gateways install, and renews tokens, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		next := s.look(ctx)
		wait := time.NewTimer(min(lookEvery, max(next.Sub(s.d.Now()), 50*time.Millisecond)))
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-wait.C:
		}
		wait.Stop()
	}
	return nil
}

// look does what is due, and says when it is worth another look.
func (s *Service) look(ctx context.Context) (next time.Time) {
	<-s.work
	defer func() { s.work <- struct{}{} }()
	next = s.d.Now().Add(lookEvery)
	s.takeConfigured(ctx)
	list, err := s.d.Store.Installations(ctx)
	if err != nil {
		if ctx.Err() == nil {
			s.d.Log.Warn("slack: the installations cannot be read", "err", err)
		}
		return next
	}
	s.takeUp(list)
	for _, i := range list {
		if i.Live() && s.due(i) {
			s.renew(ctx, i.Key, false)
		}
		if i.Live() && i.Renew.After(s.d.Now()) && i.Renew.Before(next) {
			next = i.Renew
		}
	}
	s.verify(ctx, list)
	return next
}

// takeUp gives the app what has changed.
func (s *Service) takeUp(list []ticket.Installation) {
	for _, i := range list {
		if s.seen[i.Key] == i.Rev {
			continue
		}
		s.seen[i.Key] = i.Rev
		fault := i.Fault
		switch {
		case !i.Live():
			if s.d.App != nil {
				s.d.App.Uninstall(i.Key)
			}
			if fault = ""; i.Lost {
				fault = "The app was removed in " + i.Title() + ". Install it there again, or: tierline slack remove " + i.Key
			}
		default:
			t, err := s.vault.open(i)
			if err == nil && s.d.App != nil {
				err = s.d.App.Install(installation(i, t))
			}
			if err != nil {
				fault = ticket.Explain(err)
			}
		}
		s.fault(i.Key, fault)
	}
}

// installation is what the app makes of one.
func installation(i ticket.Installation, t tokens) slackapp.Installation {
	return slackapp.Installation{Team: i.Team, Enterprise: i.Enterprise, Name: i.Name, URL: i.URL, BotToken: t.bot, BotUser: i.BotUser, Scopes: i.Scopes, Home: i.Home}
}

// fault keeps what people have to mend; "" is nothing.
func (s *Service) fault(key, what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch was := s.faults[key]; {
	case what == was:
	case what == "":
		delete(s.faults, key)
		s.d.Log.Info("slack: an installation is well again", "workspace", key)
	default:
		s.faults[key] = what
		s.d.Log.Error("slack: an installation needs somebody", "workspace", key, "what", what)
	}
}

// Ready says what people have to mend, or nil.
func (s *Service) Ready() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := make([]string, 0, len(s.faults))
	for k := range s.faults {
		keys = append(keys, k)
	}
	if len(keys) == 0 {
		return nil
	}
	slices.Sort(keys)
	return ticket.Errorf("slackinstall", ticket.Transient, "%s", s.faults[keys[0]])
}

// Workspace is an installation as people look at it.
type Workspace struct {
	ticket.Installation
	Problem string   // what is to be mended; "" when it is well
	Missing []string // scopes that the program needs and that were not granted
	Config  bool     // it is of the configuration's token, and not in the store
}

// List tells of all workspaces, the home first.
func (s *Service) List(ctx context.Context) ([]Workspace, error) {
	stored, err := s.d.Store.Installations(ctx)
	if err != nil {
		return nil, err
	}
	var list []Workspace
	for _, i := range stored {
		w := Workspace{Installation: i, Problem: i.Fault}
		if i.Live() {
			w.Missing = slackapp.Lacking(i.Scopes)
			if _, err := s.vault.open(i); err != nil {
				w.Problem = ticket.Explain(err)
			}
		}
		list = append(list, w)
	}
	if s.d.App != nil {
		list = s.withStatus(list)
	}
	slices.SortStableFunc(list, func(a, b Workspace) int {
		rank := func(w Workspace) int {
			switch {
			case w.Home:
				return 0
			case w.Live():
				return 1
			}
			return 2
		}
		return rank(a) - rank(b)
	})
	return list, nil
}

// withStatus adds what the app knows: how each does, and the one of the configuration.
func (s *Service) withStatus(list []Workspace) []Workspace {
	for _, st := range s.d.App.Installed() {
		i := slices.IndexFunc(list, func(w Workspace) bool { return w.Key == st.Key() })
		if i < 0 {
			if s.cfg.BotToken.IsZero() || !st.Home {
				continue
			}
			list = append(list, Workspace{Config: true, Missing: slackapp.Lacking(st.Scopes), Installation: ticket.Installation{Key: st.Key(), Team: st.Team, Enterprise: st.Enterprise,
				Name: st.Name, URL: st.URL, BotUser: st.BotUser, Scopes: st.Scopes, Home: true}})
			i = len(list) - 1
		}
		if st.Err != nil && list[i].Problem == "" && list[i].Live() {
			list[i].Problem = ticket.Explain(st.Err)
		}
	}
	return list
}

// verify ends installations that were taken back in Slack.
func (s *Service) verify(ctx context.Context, list []ticket.Installation) {
	if s.d.App == nil {
		return
	}
	for _, st := range s.d.App.Installed() {
		i := slices.IndexFunc(list, func(i ticket.Installation) bool { return i.Key == st.Key() })
		if st.Err != nil && deadCode(slackapp.Code(st.Err)) && i >= 0 && list[i].Live() && s.worth("verify "+list[i].Key) {
			s.lost(ctx, list[i].Key)
		}
	}
}

// lost ends an installation, when it is so: its newest token is refused, and no other is to be had.
func (s *Service) lost(ctx context.Context, key string) {
	i, t, err := s.newest(ctx, key)
	if err != nil || !i.Live() {
		return
	}
	_, err = s.slack.test(ctx, t.bot)
	if !dead(err) {
		s.failed("verify " + key)
		return
	}
	if !t.refresh.IsZero() && s.renew(ctx, key, true) {
		return
	}
	i, _, err = s.newest(ctx, key)
	switch {
	case err != nil || !i.Live():
		return
	case !t.refresh.IsZero() && i.Fault == "": // Slack has not said that there will be no other token
		s.failed("verify " + key)
		return
	}
	i.Ended, i.Why, i.Lost, i.Fault, i.Sealed, i.Began, i.By = s.d.Now(), "removed in Slack", true, "", "", time.Time{}, ticket.Gateway
	saved, err := s.d.Store.PutInstallation(ctx, i)
	if err != nil {
		s.failed("verify " + key)
		return
	}
	s.takeUp([]ticket.Installation{saved})
}

// newest reads an installation and its tokens.
func (s *Service) newest(ctx context.Context, key string) (i ticket.Installation, t tokens, err error) {
	list, err := s.d.Store.Installations(ctx)
	if err != nil {
		return i, t, err
	}
	n := slices.IndexFunc(list, func(i ticket.Installation) bool { return i.Key == key })
	if n < 0 {
		return i, t, ticket.Errorf("slackinstall", ticket.NotFound, "The app is not installed in %.40s by itself.", key)
	}
	if i = list[n]; i.Live() {
		t, err = s.vault.open(i)
	}
	return i, t, err
}

// worth says whether it is time for another try.
func (s *Service) worth(what string) bool { return !s.d.Now().Before(s.tries[what].next) }

func (s *Service) failed(what string) {
	t := s.tries[what]
	s.tries[what] = try{t.fails + 1, s.d.Now().Add(min(minWait<<min(t.fails, 10), maxWait))}
}

// Remove takes the app out of a workspace, and forgets its tokens. It is done with also when Slack refuses, as it does
// when somebody was quicker there.
func (s *Service) Remove(ctx context.Context, key string, by ticket.Actor) error {
	i, t, err := s.newest(ctx, key)
	if err != nil && i.Key == "" {
		return err
	}
	if i.Live() && !t.bot.IsZero() {
		err := s.slack.remove(ctx, t.bot)
		if _, ok := errors.AsType[refused](err); err != nil && !ok {
			return ticket.E("slackinstall.Remove", ticket.Transient, err)
		}
	}
	why := "removed by " + by.Name
	for range 5 { // it may be renewed at this moment
		if i.Live() {
			i.Ended = s.d.Now()
		}
		i.Why, i.Lost, i.Fault, i.Sealed, i.Began, i.By = why, false, "", "", time.Time{}, by
		if _, err = s.d.Store.PutInstallation(ctx, i); ticket.KindOf(err) != ticket.Conflict {
			break
		}
		if i, _, _ = s.newest(ctx, key); i.Key == "" {
			break
		}
	}
	s.Kick()
	return err
}
