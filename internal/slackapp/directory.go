package slackapp

import (
	"context"
	"errors"
	"net/http"
	"regexp"
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

type directory struct {
	app      *App
	mu       sync.Mutex
	users    map[string]remembered // by id, or by mail address
	channels map[string]string     // name, or id in lower case, to id
	teams    map[string]string     // names of workspaces, by id
	listed   time.Time
	given    map[string]string // names that were found, to id: a channel that is renamed stays the one that was meant
}

func newDirectory(a *App) *directory {
	return &directory{app: a, users: map[string]remembered{}, teams: map[string]string{}, given: map[string]string{}}
}

// missing says that a server has no such method: what it would have told is not to be had.
func missing(err error) bool {
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code == http.StatusNotFound || Code(err) == "unknown_method"
}

// User is who has this id; NotFound when nobody has, or nothing is to be had of them.
func (a *App) User(ctx context.Context, id string) (User, error) {
	return a.dir.user(id, func() (User, error) {
		var u *slack.User
		err := a.do(ctx, "users.info", "", func(ctx context.Context) (err error) {
			u, err = a.api.GetUserInfoContext(ctx, id)
			return err
		})
		return a.userOf(u), err
	})
}

// UserByEmail finds a member of the workspace by mail address.
func (a *App) UserByEmail(ctx context.Context, address string) (User, error) {
	return a.dir.user(strings.ToLower(address), func() (User, error) {
		var u *slack.User
		err := a.do(ctx, "users.lookupByEmail", "", func(ctx context.Context) (err error) {
			u, err = a.api.GetUserByEmailContext(ctx, address)
			return err
		})
		return a.userOf(u), err
	})
}

// TeamName is what a workspace is called with whom a channel is shared; "" when Slack does not tell.
// https://docs.slack.dev/reference/methods/team.info
func (a *App) TeamName(ctx context.Context, id string) string {
	a.dir.mu.Lock()
	name, known := a.dir.teams[id]
	a.dir.mu.Unlock()
	if known {
		return name
	}
	err := a.do(ctx, "team.info", "", func(ctx context.Context) error {
		t, err := a.api.GetOtherTeamInfoContext(ctx, id)
		if err == nil {
			name = Line(t.Name)
		}
		return err
	})
	if err != nil && ticket.KindOf(err) == ticket.Transient {
		return "" // asked again
	}
	a.dir.mu.Lock()
	defer a.dir.mu.Unlock()
	if len(a.dir.teams) < maxUsers {
		a.dir.teams[id] = name
	}
	return name
}

func (a *App) userOf(u *slack.User) User {
	if u == nil {
		return User{}
	}
	a.mu.Lock()
	team := a.self.Team
	a.mu.Unlock()
	return User{ID: u.ID, Team: u.TeamID, Email: u.Profile.Email, TZ: u.TZ, Locale: u.Locale, Image: first(u.Profile.Image192, u.Profile.Image72), Bot: u.IsBot || u.ID == "USLACKBOT", Deleted: u.Deleted,
		Name:  Line(first(u.Profile.RealName, u.RealName, u.Profile.DisplayName, u.Name)),
		Guest: u.IsRestricted || u.IsUltraRestricted || u.IsStranger || team != "" && u.TeamID != "" && u.TeamID != team && u.Enterprise.ID == ""}
}

func (d *directory) user(key string, ask func() (User, error)) (User, error) {
	now := d.app.now()
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

var channelID = regexp.MustCompile(`^[CGD][A-Z0-9]+$`)

// Channel is the id of a channel, which is given by its name or by its id.
func (a *App) Channel(ctx context.Context, nameOrID string) (string, error) {
	if channelID.MatchString(nameOrID) {
		return nameOrID, nil
	}
	name := strings.ToLower(strings.TrimPrefix(nameOrID, "#"))
	if name == "" {
		return "", ticket.Errorf("slack.channel", ticket.Invalid, "No Slack channel is named.")
	}
	d, now := a.dir, a.now()
	d.mu.Lock()
	id, listed := d.channels[name], d.listed
	if id != "" && len(d.given) < maxUsers {
		d.given[name] = id
	}
	d.mu.Unlock()
	age := now.Sub(listed)
	if id != "" && age < channelAge || id == "" && age < missAge/2 && !listed.IsZero() {
		return found(name, id)
	}
	all, err := a.listChannels(ctx)
	if err != nil {
		if id != "" {
			return id, nil
		}
		return "", err
	}
	return found(name, d.keep(a, name, all, now))
}

// keep remembers what there is, and gives the id of a name.
func (d *directory) keep(a *App, name string, all map[string]string, now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.channels, d.listed = all, now
	was := d.given[name]
	if id := all[name]; id != "" || was == "" || all[strings.ToLower(was)] == "" {
		if id != "" && len(d.given) < maxUsers {
			d.given[name] = id
		}
		return id
	}
	a.log.Warn("slack: a channel was given another name; change it in the configuration, or name its id", "channel", name, "id", was)
	all[name] = was
	return was
}

// ForgetChannels has the channels looked up again when one is asked for.
func (a *App) ForgetChannels() {
	a.dir.mu.Lock()
	defer a.dir.mu.Unlock()
	a.dir.channels, a.dir.listed = nil, time.Time{}
}

// forgetUser has somebody looked up again who is another than before.
func (a *App) forgetUser(_ context.Context, ev Event) error {
	a.dir.mu.Lock()
	defer a.dir.mu.Unlock()
	for key, known := range a.dir.users {
		if key == ev.User || known.user.ID == ev.User {
			delete(a.dir.users, key)
		}
	}
	return nil
}

func found(name, id string) (string, error) {
	if id == "" {
		return "", ticket.Errorf("slack.channel", ticket.Invalid,
			"There is no Slack channel #%s, or the app is not a member of it.", Cut(Line(name), 80))
	}
	return id, nil
}

func (a *App) listChannels(ctx context.Context) (map[string]string, error) {
	all, cursor := map[string]string{}, ""
	for range maxPages {
		var page []slack.Channel
		err := a.do(ctx, "conversations.list", "", func(ctx context.Context) (err error) {
			page, cursor, err = a.api.GetConversationsContext(ctx, &slack.GetConversationsParameters{Cursor: cursor,
				Limit: 1000, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, c := range page {
			all[strings.ToLower(c.ID)] = c.ID
			if name := strings.ToLower(c.Name); name != "" {
				all[name] = c.ID
			}
		}
		if cursor == "" {
			break
		}
	}
	return all, nil
}
