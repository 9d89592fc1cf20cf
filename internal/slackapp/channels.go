package slackapp

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// channelID tells ids from names, which have no capitals: https://docs.slack.dev/reference/methods/conversations.rename
var channelID = regexp.MustCompile(`^[CGD][A-Z0-9_]+$`)

// Channel is the id of a channel, which is given by its name or by its id. One outside the home is given by its id
// (T0BETA/C042), or as workspace/#name, where the workspace is an id, a domain (acme of acme.slack.com) or a name.
func (a *App) Channel(ctx context.Context, nameOrID string) (string, error) {
	w, name, err := a.named(ctx, nameOrID)
	if err != nil {
		return "", err
	}
	if channelID.MatchString(name) {
		return a.meant(w, name), nil
	}
	if name = strings.ToLower(strings.TrimPrefix(name, "#")); name == "" {
		return "", ticket.Errorf("slack.channel", ticket.Invalid, "No Slack channel is named.")
	}
	id, err := w.channel(ctx, name)
	return a.meant(w, id), err
}

// Is says whether a channel is the one of a name. A name in another workspace, or in one that cannot be found, is not
// asked for.
func (a *App) Is(ctx context.Context, channel, nameOrID string) (bool, error) {
	in, _, err := a.at(channel)
	if err != nil {
		return false, err
	}
	if w, _, err := a.named(ctx, nameOrID); err != nil || w != in && !a.shares(channel) {
		return false, nil
	}
	id, err := a.Channel(ctx, nameOrID)
	return err == nil && id == channel, err
}

// named takes apart what is named in the configuration: a bare name is the home's.
func (a *App) named(ctx context.Context, s string) (w *workspace, name string, err error) {
	where, name, ok := strings.Cut(s, "/")
	if !ok {
		where, name = "", s
	}
	if where == "" || isKey(where) {
		if w, _, err = a.at(JoinID(where, "C")); err == nil || where == "" {
			return w, name, err
		}
	}
	list := a.workspaces()
	if w := whichIs(list, where); w != nil {
		return w, name, nil
	}
	var unknown error
	if len(a.met()) < len(list) { // it may be called so, and nobody has asked yet
		_, unknown = a.meet(ctx, list)
		if w := whichIs(list, where); w != nil {
			return w, name, nil
		}
	}
	for _, w := range list {
		teams, e := w.teams(ctx)
		if e != nil && unknown == nil {
			unknown = e
		}
		for _, t := range teams {
			if t.ID == where || t.Name != "" && strings.EqualFold(t.Name, where) {
				if channelID.MatchString(name) {
					return w, name, nil
				}
				return w, t.ID + "/" + strings.TrimPrefix(name, "#"), nil
			}
		}
	}
	switch {
	case unknown != nil:
		return nil, "", unknown
	case isKey(where):
		return nil, "", err
	}
	return nil, "", &ticket.Error{Op: "slack.workspace", Kind: ticket.Invalid, Err: ErrNotInstalled,
		Public: "The Slack app is not installed in a workspace called " + Cut(Line(where), 80) + "."}
}

// whichIs is the workspace that people call so, or nil.
func whichIs(list []*workspace, s string) *workspace {
	for _, w := range list {
		w.mu.Lock()
		name, url := w.inst.Name, w.inst.URL
		w.mu.Unlock()
		_, host, _ := strings.Cut(url, "://")
		domain, _, _ := strings.Cut(host, ".")
		if name != "" && strings.EqualFold(s, name) || domain != "" && strings.EqualFold(s, domain) {
			return w
		}
	}
	return nil
}

// answersTo says whether a workspace, or one of the organization's, is called so, as far as is known by now.
func (w *workspace) answersTo(s string) bool {
	if s == w.key() || whichIs([]*workspace{w}, s) != nil {
		return true
	}
	w.dir.mu.Lock()
	defer w.dir.mu.Unlock()
	return slices.ContainsFunc(w.dir.org, func(t slack.Team) bool { return t.ID == s || t.Name != "" && strings.EqualFold(t.Name, s) })
}

// channel is the id of a channel by its name in lower case, or its id in lower case.
func (w *workspace) channel(ctx context.Context, name string) (string, error) {
	d, now := w.dir, w.app.now()
	d.mu.Lock()
	id, listed, was := d.channels[name], d.listed, d.given[name]
	d.mu.Unlock()
	age := now.Sub(listed)
	if id != "" && was == id && age < channelAge || id == "" && age < missAge/2 && !listed.IsZero() {
		return found(name, id)
	}
	if was == "" {
		was = w.recall(ctx, name)
	}
	all, err := w.listChannels(ctx)
	if missing(err) {
		err = ticket.Errorf("slack.channel", ticket.Invalid, "This Slack does not list its channels: name #%s by its id.", Cut(Line(name), 80))
	}
	if err != nil {
		if id != "" {
			return id, nil
		}
		return "", err
	}
	id = d.keep(w.log, name, was, all, now)
	if id != "" && id != was {
		w.remember(ctx, name, id)
	}
	return found(name, id)
}

// keep remembers what there is, and gives the id of a name. A channel that bore it when it was last looked for, and
// is there under another name, stays the one that is meant unless another bears it now.
func (d *directory) keep(log *slog.Logger, name, was string, all map[string]string, now time.Time) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.channels, d.listed = all, now
	for given, id := range d.given { // of others that were given another name
		if all[given] == "" && all[strings.ToLower(id)] != "" {
			all[given] = id
		}
	}
	id := all[name]
	if id == "" && was != "" && all[strings.ToLower(was)] != "" {
		log.Warn("slack: a channel was given another name; change it in the configuration, or name its id", "channel", name, "id", was)
		id, all[name] = was, was
	}
	if id != "" && len(d.given) < maxUsers {
		d.given[name] = id
	}
	return id
}

// recall is the channel that bore a name when it was last looked for, perhaps before the program was started.
func (w *workspace) recall(ctx context.Context, name string) string {
	if w.app.cursors == nil {
		return ""
	}
	id, err := w.app.cursors.Cursor(ctx, w.nameKey(name))
	if err != nil {
		w.log.Warn("slack: it cannot be looked up which channel bore a name", "channel", name, "error", err)
	}
	return id
}

func (w *workspace) remember(ctx context.Context, name, id string) {
	if w.app.cursors == nil {
		return
	}
	if err := w.app.cursors.SetCursor(ctx, w.nameKey(name), id); err != nil {
		w.log.Warn("slack: it cannot be kept which channel bears a name", "channel", name, "error", err)
	}
}

func (w *workspace) nameKey(name string) string { return "slackapp:channel:" + w.id(name) }

// ForgetChannels has the channels looked up again when one is asked for.
func (a *App) ForgetChannels() {
	for _, w := range a.workspaces() {
		w.dir.mu.Lock()
		w.dir.channels, w.dir.listed = nil, time.Time{}
		w.dir.mu.Unlock()
	}
}

func found(name, id string) (string, error) {
	if id == "" {
		return "", ticket.Errorf("slack.channel", ticket.Invalid,
			"There is no Slack channel #%s, or the app is not a member of it.", Cut(Line(name), 80))
	}
	return id, nil
}

// listChannels are the channels of a workspace by their names and ids in lower case; of an organization's also by
// team/name.
func (w *workspace) listChannels(ctx context.Context) (map[string]string, error) {
	teams, err := w.teams(ctx)
	if err != nil {
		return nil, err
	}
	all, shared := map[string]string{}, map[string]bool{}
	for _, t := range teams {
		cursor := ""
		for range maxPages {
			var page []slack.Channel
			err := w.do(ctx, "conversations.list", "", func(ctx context.Context, api *slack.Client) (err error) {
				page, cursor, err = api.GetConversationsContext(ctx, &slack.GetConversationsParameters{Cursor: cursor, TeamID: t.ID,
					Limit: 1000, ExcludeArchived: true, Types: []string{"public_channel", "private_channel"}})
				return err
			})
			if err != nil {
				return nil, err
			}
			for _, c := range page {
				if c.IsExtShared {
					shared[c.ID] = true
				}
				all[strings.ToLower(c.ID)] = c.ID
				if name := strings.ToLower(c.Name); name != "" {
					if t.ID != "" {
						all[strings.ToLower(t.ID)+"/"+name] = c.ID
					}
					if t.ID == "" || all[name] == "" { // of several workspaces of an organization, the first
						all[name] = c.ID
					}
				}
			}
			if cursor == "" {
				break
			}
		}
	}
	w.dir.mu.Lock()
	defer w.dir.mu.Unlock()
	w.dir.shared = shared
	return all, nil
}

// teams are the workspaces that methods of an organization's token must name. Of a workspace's token it is one without
// an id: nothing is to be named. https://docs.slack.dev/reference/methods/auth.teams.list
func (w *workspace) teams(ctx context.Context) ([]slack.Team, error) {
	w.mu.Lock()
	known := w.inst.Key() != ""
	w.mu.Unlock()
	if !known { // whether it is an organization's
		if _, err := w.whoami(ctx); err != nil {
			return nil, err
		}
	}
	w.mu.Lock()
	wide := w.inst.OrgWide()
	w.mu.Unlock()
	if !wide {
		return []slack.Team{{}}, nil
	}
	d, now := w.dir, w.app.now()
	d.mu.Lock()
	list, asked := d.org, d.orgAt
	d.mu.Unlock()
	if len(list) > 0 && now.Sub(asked) < channelAge {
		return list, nil
	}
	var all []slack.Team
	cursor := ""
	for range maxPages {
		var page []slack.Team
		err := w.do(ctx, "auth.teams.list", "", func(ctx context.Context, api *slack.Client) (err error) {
			page, cursor, err = api.ListTeamsContext(ctx, slack.ListTeamsParameters{Cursor: cursor, Limit: 1000})
			return err
		})
		if err != nil && len(list) > 0 {
			return list, nil // what was true a while ago
		}
		if err != nil {
			return nil, err
		}
		if all = append(all, page...); cursor == "" {
			break
		}
	}
	slices.SortFunc(all, func(a, b slack.Team) int { return strings.Compare(a.ID, b.ID) })
	d.mu.Lock()
	defer d.mu.Unlock()
	d.org, d.orgAt = all, now
	return all, nil
}
