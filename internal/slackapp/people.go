package slackapp

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

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
	for len(users) > 0 {
		part := users[:min(len(users), maxUndisturbed)]
		users = users[len(part):]
		err := w.do(ctx, "dnd.teamInfo", "", func(ctx context.Context, api *slack.Client) error {
			list, err := api.GetDNDTeamInfoContext(ctx, part)
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

// GroupMembers are the ids of the members of user groups, which are named by handle or id; those outside the home as
// workspace/handle. A group that is not there, or is disabled, is not in the answer; one that cannot be read makes it
// fail.
func (a *App) GroupMembers(ctx context.Context, names []string) (map[string][]string, error) {
	in := map[*workspace]map[string]string{} // by workspace: names as they are asked for, to handles
	for _, name := range names {
		w, handle, err := a.named(ctx, name)
		if err != nil {
			return nil, err
		}
		if in[w] == nil {
			in[w] = map[string]string{}
		}
		in[w][name] = strings.TrimPrefix(handle, "@")
	}
	members := map[string][]string{}
	for w, names := range in {
		if err := w.groups(ctx, names, members); err != nil {
			return nil, err
		}
	}
	return members, nil
}

func (w *workspace) groups(ctx context.Context, names map[string]string, members map[string][]string) error {
	var list []slack.UserGroup
	err := w.do(ctx, "usergroups.list", "", func(ctx context.Context, api *slack.Client) (err error) {
		list, err = api.GetUserGroupsContext(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for name, handle := range names {
		for _, g := range list {
			if g.ID != handle && !strings.EqualFold(g.Handle, handle) || g.DateDelete != 0 {
				continue
			}
			var ids []string
			err := w.do(ctx, "usergroups.users.list", "", func(ctx context.Context, api *slack.Client) (err error) {
				ids, err = api.GetUserGroupMembersContext(ctx, g.ID)
				return err
			})
			if err != nil && ticket.KindOf(err) != ticket.NotFound {
				return err
			}
			if err == nil {
				for i, id := range ids {
					ids[i] = w.id(id)
				}
				members[name] = ids
			}
		}
	}
	return nil
}
