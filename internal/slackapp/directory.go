package slackapp

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// User is a person, or a bot, as Slack knows them.
type User struct {
	ID, Team, Name, Email string
	TZ                    string // IANA; of their profile
	Locale                string // BCP 47, of their client: "de-DE"
	Image                 string // URL of their picture
	Guest                 bool   // a guest, or of another workspace
	Bot, Deleted          bool
	// Vouched says that staff work in their workspace: whoever has a member's of staff mail address there is that member.
	// Elsewhere its administrators may give anybody any address.
	Vouched bool
}

// How long is remembered what Slack said, and how much of it.
const (
	userAge    = 10 * time.Minute
	missAge    = time.Minute // that there is no such user or channel
	maxUsers   = 5000
	channelAge = 10 * time.Minute
	maxPages   = 50 // of conversations.list, 1000 channels each
)

type remembered struct {
	user  User
	err   error
	until time.Time
}

// directory is what one workspace has told of its people and channels. Ids in it are bare.
type directory struct {
	mu       sync.Mutex
	users    map[string]remembered // by id, or by mail address
	channels map[string]string     // name, or id in lower case, to id
	teams    map[string]string     // names of workspaces, by id
	shared   map[string]bool       // ids of those that are shared with other organizations
	listed   time.Time
	org      []slack.Team      // the workspaces of an organization that has installed the app
	orgAt    time.Time         // when they were asked for
	given    map[string]string // names that were found, to id: a channel that is renamed stays the one that was meant
}

func newDirectory() *directory {
	return &directory{users: map[string]remembered{}, teams: map[string]string{}, given: map[string]string{}}
}

// missing says that a server has no such method: what it would have told is not to be had.
func missing(err error) bool {
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code == http.StatusNotFound || strings.HasPrefix(Code(err), "unknown_method")
}

// User is who has this id; NotFound when nobody has, or nothing is to be had of them.
func (a *App) User(ctx context.Context, id string) (User, error) {
	w, bare, err := a.at(id)
	if err != nil {
		return User{}, err
	}
	u, err := w.user(ctx, bare)
	if err == nil && u.Guest && u.Team != "" { // of a shared channel: their own workspace knows them
		if own := a.of(origin{Team: u.Team, Sure: true}); own != nil && own != w {
			if there, e := own.user(ctx, bare); e == nil {
				return there, nil
			}
		}
	}
	return u, err
}

func (w *workspace) user(ctx context.Context, bare string) (User, error) {
	return w.remembered(bare, func() (User, error) {
		var u *slack.User
		err := w.do(ctx, "users.info", "", func(ctx context.Context, api *slack.Client) (err error) {
			u, err = api.GetUserInfoContext(ctx, bare)
			return err
		})
		return w.userOf(u), err
	})
}

// UserByEmail finds a person by mail address: in the home, or else in another workspace in which staff work.
func (a *App) UserByEmail(ctx context.Context, address string) (User, error) {
	fault := notInstalled("")
	asked := 0
	for _, w := range a.workspaces() {
		if !a.staffed(w) {
			continue
		}
		u, err := w.userByEmail(ctx, address)
		asked++
		if err == nil {
			return u, nil
		}
		if asked == 1 || ticket.KindOf(fault) == ticket.NotFound {
			fault = err // one that could not be asked may know them
		}
	}
	return User{}, fault
}

func (w *workspace) userByEmail(ctx context.Context, address string) (User, error) {
	return w.remembered(strings.ToLower(address), func() (User, error) {
		var u *slack.User
		err := w.do(ctx, "users.lookupByEmail", "", func(ctx context.Context, api *slack.Client) (err error) {
			u, err = api.GetUserByEmailContext(ctx, address)
			return err
		})
		return w.userOf(u), err
	})
}

// TeamName is what a workspace is called with whom a channel is shared, as the workspace in which the channel stands
// knows it; "" when Slack does not tell. https://docs.slack.dev/reference/methods/team.info
func (a *App) TeamName(ctx context.Context, channel, id string) string {
	w, _, err := a.at(channel)
	if err != nil {
		return ""
	}
	w.dir.mu.Lock()
	name, known := w.dir.teams[id]
	w.dir.mu.Unlock()
	if known {
		return name
	}
	err = w.do(ctx, "team.info", "", func(ctx context.Context, api *slack.Client) error {
		t, err := api.GetOtherTeamInfoContext(ctx, id)
		if err == nil {
			name = Line(t.Name)
		}
		return err
	})
	if err != nil && ticket.KindOf(err) == ticket.Transient {
		return "" // asked again
	}
	w.dir.mu.Lock()
	defer w.dir.mu.Unlock()
	if len(w.dir.teams) < maxUsers {
		w.dir.teams[id] = name
	}
	return name
}

func (w *workspace) userOf(u *slack.User) User {
	if u == nil {
		return User{}
	}
	return User{ID: w.id(u.ID), Vouched: w.app.staffed(w), Team: u.TeamID, Email: u.Profile.Email, TZ: u.TZ, Locale: u.Locale, Image: first(u.Profile.Image192, u.Profile.Image72), Bot: u.IsBot || u.ID == "USLACKBOT", Deleted: u.Deleted,
		Name:  Line(first(u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name)),
		Guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger || !w.has(u.TeamID, u.Enterprise.EnterpriseID)}
}

// has says whether people of a team, who may be in an organization, are of this workspace, or of its organization. It
// is so as long as one of both is not known.
func (w *workspace) has(team, enterprise string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ours, org := first(w.inst.Team, w.self.Team), first(w.inst.Enterprise, w.self.Enterprise)
	return team == "" || ours == "" || team == ours || org != "" && (enterprise == org || team == org)
}

// remembered is somebody by id or mail address: as they were told of some minutes ago, or as ask tells now.
func (w *workspace) remembered(key string, ask func() (User, error)) (User, error) {
	d, now := w.dir, w.app.now()
	d.mu.Lock()
	known, ok := d.users[key]
	d.mu.Unlock()
	if ok && known.until.After(now) {
		return known.user, known.err
	}
	u, err := ask()
	if missing(err) {
		err = ticket.E("slack.users", ticket.NotFound, err)
	}
	age := userAge
	switch {
	case err == nil:
	case ticket.KindOf(err) == ticket.NotFound:
		age = missAge
	default:
		if ok && known.err == nil { // better what was true a while ago than nothing
			return known.user, nil
		}
		return u, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.users) >= maxUsers {
		d.forget(now)
	}
	d.users[key] = remembered{u, err, now.Add(age)}
	return u, err
}

// forget drops what is out of date, and a tenth of the rest when that is not enough.
func (d *directory) forget(now time.Time) {
	for k, r := range d.users {
		if !r.until.After(now) {
			delete(d.users, k)
		}
	}
	for k := range d.users {
		if len(d.users) < maxUsers*9/10 {
			return
		}
		delete(d.users, k)
	}
}

// forgetUser has somebody looked up again who is another than before.
func (a *App) forgetUser(_ context.Context, ev Event) error {
	bare := Bare(ev.User)
	for _, w := range a.workspaces() { // of a shared channel others may know them, too
		w.dir.mu.Lock()
		for key, known := range w.dir.users {
			if key == bare || Bare(known.user.ID) == bare {
				delete(w.dir.users, key)
			}
		}
		w.dir.mu.Unlock()
	}
	return nil
}
