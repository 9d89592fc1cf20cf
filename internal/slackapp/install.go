package slackapp

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"tierline/config/secret"
	"tierline/ticket"
)

// Installation is the app in one workspace, or in all workspaces of an Enterprise organization.
// https://docs.slack.dev/enterprise/organization-ready-apps
type Installation struct {
	Team       string // the workspace's id, T…; "" when the whole organization has it (is_enterprise_install)
	Enterprise string // the organization's id, E…; "" when there is none
	Name       string // of the workspace or the organization
	URL        string // such as https://acme.slack.com/; "" is asked for
	BotToken   secret.String
	BotUser    string // the app's user there; "" is asked for
	Scopes     []string
	// Home says that ids in it are written bare. One installation is, for good: its ids are in the store.
	Home bool
}

// Key names an installation: by its workspace, or by its organization.
func (i Installation) Key() string { return first(i.Team, i.Enterprise) }

// OrgWide says that it is of a whole organization.
func (i Installation) OrgWide() bool { return i.Team == "" && i.Enterprise != "" }

// Label is what people call it.
func (i Installation) Label() string { return first(i.Name, i.Key(), "the home workspace") }

// Status is an installation and how it does.
type Status struct {
	Installation       // as Slack has told of it, as far as it has
	Err          error // why it cannot be used; nil when it can, or is not known yet
}

// workspace is one installation at work: what Slack counts, knows and says of it is its own.
type workspace struct {
	app   *App
	home  bool
	log   *slog.Logger // names the workspace, unless it is the home
	limit *limiter
	dir   *directory

	mu      sync.Mutex
	inst    Installation
	api     *slack.Client
	self    Self
	trouble trouble
	lacks   map[string]bool // methods that the server does not know: said once
}

func (a *App) newWorkspace(i Installation) *workspace {
	w := &workspace{app: a, home: i.Home, log: a.log, limit: newLimiter(a.now, a.sleep, a.cfg.NoLimits), inst: i, api: a.client(i.BotToken)}
	w.dir = newDirectory()
	if !w.home {
		w.log = a.log.With("workspace", i.Label())
	}
	return w
}

func (a *App) client(token secret.String) *slack.Client {
	return slack.New(token.Reveal(), slack.OptionAppLevelToken(a.cfg.AppToken.Reveal()), slack.OptionAPIURL(a.base),
		slack.OptionHTTPClient(a.http), slack.OptionLog(slogPrinter{a.log}))
}

// Install takes an installation up, or gives one that is there a new token (calls under way go on with the old one).
// It may be called at any time. The home is the one of the configuration's token; without such a token, the one that
// says so. A second home, or an installation of the workspace for which the configuration has a token, is a Conflict.
func (a *App) Install(i Installation) error {
	const op = "slack.install"
	switch key := i.Key(); {
	case !isKey(key) || i.Team != "" && i.Team[0] != 'T' || i.Enterprise != "" && !isKey(i.Enterprise):
		return ticket.Errorf(op, ticket.Invalid, "%.40q is no id of a workspace or an organization.", key)
	case i.BotToken.IsZero():
		return ticket.Errorf(op, ticket.Invalid, "The installation of %s has no bot token.", i.Label())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch home := a.home; {
	case home != nil && home.key() == i.Key():
		if !i.Home && !a.cfg.BotToken.IsZero() {
			return ticket.Errorf(op, ticket.Conflict, "The token of %s is in the configuration (slack.bot_token).", i.Label())
		}
		i.Home = true
		home.renew(i)
	case i.Home && home != nil:
		if home.key() != "" || a.cfg.BotToken.IsZero() {
			return ticket.Errorf(op, ticket.Conflict, "%s is the home already.", home.label())
		}
		home.renew(i) // of the configuration's, which has not answered yet
	case i.Home:
		a.home = a.newWorkspace(i)
		delete(a.others, i.Key())
	case a.others[i.Key()] != nil:
		a.others[i.Key()].renew(i)
	default:
		a.others[i.Key()] = a.newWorkspace(i)
	}
	a.hurry()
	return nil
}

// Uninstall forgets an installation. What is still to be said there waits until it is installed again.
func (a *App) Uninstall(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.others, key)
	if a.home != nil && key != "" && a.home.key() == key {
		a.home = nil
	}
	a.hurry()
}

// StaffIn tells in which workspaces staff work beside the home and its organization: those of the channels that it names,
// as the configuration does. It is called before Run.
func (a *App) StaffIn(channels func() []string) { a.staffIn = channels }

// staffed says whether staff work in a workspace.
func (a *App) staffed(w *workspace) bool {
	a.mu.Lock()
	home := a.home
	a.mu.Unlock()
	if w == home {
		return true
	}
	if home != nil && w.org() != "" && w.org() == home.org() {
		return true
	}
	if a.staffIn == nil {
		return false
	}
	return slices.ContainsFunc(a.staffIn(), func(channel string) bool {
		where, _, ok := strings.Cut(channel, "/")
		return ok && w.answersTo(where)
	})
}

// AtHome says whether a team is the home, or in its organization as far as that has installed the app.
func (a *App) AtHome(team string) bool {
	w := a.of(origin{Team: team, Sure: true})
	a.mu.Lock()
	home := a.home
	a.mu.Unlock()
	return home != nil && w != nil && (w == home || w.org() != "" && w.org() == home.org())
}

// hurry has watch look at once.
func (a *App) hurry() {
	select {
	case a.news <- struct{}{}:
	default:
	}
}

// Installed are the installations, the home first.
func (a *App) Installed() []Status {
	var list []Status
	for _, w := range a.workspaces() {
		list = append(list, w.status())
	}
	return list
}

// workspaces are those that are installed, the home first.
func (a *App) workspaces() []*workspace {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*workspace
	if a.home != nil {
		list = append(list, a.home)
	}
	for _, key := range slices.Sorted(maps.Keys(a.others)) {
		list = append(list, a.others[key])
	}
	return list
}

// at is the installation of an id, and the id as Slack knows it.
func (a *App) at(id string) (*workspace, string, error) {
	key, bare := SplitID(id)
	a.mu.Lock()
	defer a.mu.Unlock()
	w := a.others[key]
	if key == "" || a.home != nil && a.home.key() == key {
		w = a.home
	}
	if w == nil {
		return nil, bare, notInstalled(key)
	}
	return w, bare, nil
}

// ErrNotInstalled is the cause of what fails because the app is not installed, or no longer, in the workspace concerned.
var ErrNotInstalled = errors.New("not installed")

func notInstalled(key string) error {
	where := "any workspace"
	if key != "" {
		where = "the workspace " + key
	}
	return &ticket.Error{Op: "slack", Kind: ticket.Transient, Unbegun: true, RetryAfter: tokenWait, Err: ErrNotInstalled,
		Public: "The Slack app is not installed in " + where + "."}
}

// renew gives a workspace another token. What was wrong with the former one is not held against it.
func (w *workspace) renew(i Installation) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i.Name, i.URL, i.BotUser = first(i.Name, w.inst.Name), first(i.URL, w.inst.URL), first(i.BotUser, w.inst.BotUser)
	if w.inst.BotToken.Reveal() != i.BotToken.Reveal() {
		w.api, w.self = w.app.client(i.BotToken), Self{}
		w.trouble.token, w.trouble.scopes = nil, nil
	}
	w.inst = i
}

// key is the installation's; "" while it is not known.
func (w *workspace) key() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inst.Key()
}

// prefix is the key by which ids are written; "" for the home.
func (w *workspace) prefix() string {
	if w.home {
		return ""
	}
	return w.key()
}

// id is an id of this installation, as the program writes it.
func (w *workspace) id(bare string) string { return JoinID(w.prefix(), bare) }

func (w *workspace) label() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inst.Label()
}

func (w *workspace) status() Status {
	w.mu.Lock()
	defer w.mu.Unlock()
	return Status{Installation: w.inst, Err: w.trouble.why()}
}

// client is what calls are made with, and its token.
func (w *workspace) client() (*slack.Client, secret.String) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.api, w.inst.BotToken
}

// whoami asks who the app is in this installation; it is asked once and remembered.
func (w *workspace) whoami(ctx context.Context) (Self, error) {
	w.mu.Lock()
	self := w.self
	w.mu.Unlock()
	if self.User != "" {
		return self, nil
	}
	var r whoIs
	err := w.do(ctx, "auth.test", "", func(ctx context.Context, _ *slack.Client) error { return w.call(ctx, "auth.test", nil, &r) })
	if err != nil {
		return Self{}, err
	}
	if r.User == "" {
		return Self{}, ticket.Errorf("slack.auth.test", ticket.Transient, "Slack does not say who the app is: auth.test names no user.")
	}
	return w.meet(r), nil
}

// whoIs is the answer of auth.test. https://docs.slack.dev/reference/methods/auth.test
type whoIs struct {
	URL        string `json:"url"`
	Name       string `json:"team"`
	Team       string `json:"team_id"`
	Enterprise string `json:"enterprise_id"`
	OrgWide    bool   `json:"is_enterprise_install"`
	User       string `json:"user_id"`
	Bot        string `json:"bot_id"`
}

// meet keeps what auth.test has told.
func (w *workspace) meet(r whoIs) Self {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := &w.inst
	if i.Key() == "" { // the configuration's: its token is all that was known
		if i.Team, i.Enterprise = r.Team, r.Enterprise; r.OrgWide {
			i.Team, i.Enterprise = "", first(r.Enterprise, r.Team)
		}
	}
	i.Name, i.URL, i.BotUser = first(Line(r.Name), i.Name), address(first(r.URL, i.URL)), r.User
	key := i.Key()
	if w.home {
		key = ""
	}
	w.self = Self{Team: first(i.Team, r.Team), Enterprise: first(i.Enterprise, r.Enterprise), User: JoinID(key, r.User), Bot: r.Bot, URL: i.URL}
	return w.self
}

// address is a workspace's, with a trailing slash.
func address(url string) string {
	if url == "" {
		return ""
	}
	return strings.TrimRight(url, "/") + "/"
}
