package slackapp

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// Missing says that a server has no such method, as some that only speak like Slack have not: what it would tell is
// not to be had.
func Missing(err error) bool { return missing(err) }

// Active says whether a person's dot is green: a client is connected, and they have done something in the last
// 10 minutes or so. https://docs.slack.dev/reference/methods/users.getPresence
func (a *App) Active(ctx context.Context, user string) (active bool, err error) {
	w, user, err := a.at(user)
	if err != nil {
		return false, err
	}
	err = w.do(ctx, "users.getPresence", "", func(ctx context.Context, api *slack.Client) error {
		p, err := api.GetUserPresenceContext(ctx, user)
		if err == nil && p.Presence != "active" && p.Presence != "away" {
			err = errors.New("the answer names no presence")
		}
		active = err == nil && p.Presence == "active"
		return err
	})
	return active, err
}

// maxUndisturbed is how many people are asked about at once: https://docs.slack.dev/reference/methods/dnd.teamInfo
const maxUndisturbed = 50

// Undisturbed are those of some people who do not want to be disturbed now, and until when. Where a workspace cannot
// be asked, those of the others come with the error.
func (a *App) Undisturbed(ctx context.Context, users []string) (map[string]time.Time, error) {
	until, in := map[string]time.Time{}, map[string][]string{}
	for _, user := range users {
		key, bare := SplitID(user)
		in[key] = append(in[key], bare)
	}
	var faults []error
	for key, users := range in {
		w, _, err := a.at(JoinID(key, "U"))
		if err == nil {
			err = w.undisturbed(ctx, users, until)
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return until, worst(faults)
}

func (w *workspace) undisturbed(ctx context.Context, users []string, until map[string]time.Time) error {
	now := w.app.now()
	teams, err := w.teams(ctx)
	if err != nil {
		return err
	}
	for len(users) > 0 {
		part := users[:min(len(users), maxUndisturbed)]
		users = users[len(part):]
		err := w.do(ctx, "dnd.teamInfo", "", func(ctx context.Context, api *slack.Client) error {
			list, err := api.GetDNDTeamInfoContext(ctx, part, inTeam(teams))
			for id, s := range list {
				from, to := time.Unix(int64(s.NextStartTimestamp), 0), time.Unix(int64(s.NextEndTimestamp), 0)
				if s.Enabled && !now.Before(from) && now.Before(to) {
					until[w.id(id)] = to.UTC()
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// worst is the error of several that is to be tried again, when there is one.
func worst(faults []error) error {
	for _, err := range faults {
		if ticket.KindOf(err) == ticket.Transient {
			return err
		}
	}
	return errors.Join(faults...)
}

// Group is a user group.
type Group struct {
	ID, Handle string
	Disabled   bool
	Members    []string // user ids; none of one that is disabled
}

// Groups finds user groups by handle or id, in the order of names, or (for one whose handle is another now) by the id that
// stands beside its name; those outside the home are named as workspace/handle. One that is not there has no ID. One
// that cannot be read makes it fail. https://docs.slack.dev/reference/methods/usergroups.list
func (a *App) Groups(ctx context.Context, names, ids []string) ([]Group, error) {
	found := make([]Group, len(names))
	lists := map[*workspace][]slack.UserGroup{}
	for i, name := range names {
		w, handle, err := a.named(ctx, name)
		if ticket.KindOf(err) == ticket.Invalid {
			continue // the app is in no such workspace
		}
		if err != nil {
			return nil, err
		}
		if _, asked := lists[w]; !asked {
			if lists[w], err = w.groups(ctx); err != nil {
				return nil, err
			}
		}
		if found[i], err = w.group(ctx, lists[w], strings.TrimPrefix(handle, "@"), Bare(ids[i])); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (w *workspace) groups(ctx context.Context) (list []slack.UserGroup, err error) {
	teams, err := w.teams(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range teams {
		var part []slack.UserGroup
		err = w.do(ctx, "usergroups.list", "", func(ctx context.Context, api *slack.Client) (err error) {
			part, err = api.GetUserGroupsContext(ctx, slack.GetUserGroupsOptionIncludeDisabled(true), slack.GetUserGroupsOptionIncludeUsers(true),
				slack.GetUserGroupsOptionTeamID(t.ID))
			return err
		})
		if err != nil {
			return nil, err
		}
		for i := range part {
			part[i].TeamID = t.ID // "" but for an organization's token
		}
		list = append(list, part...)
	}
	return list, nil
}

// group is one of a workspace's groups, by its handle or id, or else by the id that it had before.
func (w *workspace) group(ctx context.Context, list []slack.UserGroup, name, known string) (g Group, err error) {
	team, handle, ok := strings.Cut(name, "/") // of one workspace of an organization
	if !ok {
		team, handle = "", name
	}
	handle = strings.TrimPrefix(handle, "@")
	at := slices.IndexFunc(list, func(g slack.UserGroup) bool {
		return (team == "" || g.TeamID == team) && (g.ID == handle || strings.EqualFold(g.Handle, handle))
	})
	if at < 0 && known != "" {
		at = slices.IndexFunc(list, func(g slack.UserGroup) bool { return g.ID == known })
	}
	if at < 0 {
		return Group{}, nil
	}
	is := list[at]
	g = Group{ID: w.id(is.ID), Handle: is.Handle, Disabled: is.DateDelete != 0}
	members := is.Users
	if g.Disabled {
		return g, nil
	}
	if len(members) == 0 || len(members) != is.UserCount { // the list has left them out
		err = w.do(ctx, "usergroups.users.list", "", func(ctx context.Context, api *slack.Client) (err error) {
			members, err = api.GetUserGroupMembersContext(ctx, is.ID, slack.GetUserGroupMembersOptionTeamID(is.TeamID))
			return err
		})
		if ticket.KindOf(err) == ticket.NotFound {
			return Group{}, nil
		}
	}
	for _, id := range members {
		g.Members = append(g.Members, w.id(id))
	}
	return g, err
}

// inTeam names the workspace that an organization's token asks about: any will do where people are asked for by id.
func inTeam(teams []slack.Team) slack.ParamOption {
	return func(v *url.Values) {
		if len(teams) > 0 && teams[0].ID != "" {
			v.Set("team_id", teams[0].ID)
		}
	}
}
