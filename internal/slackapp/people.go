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
	err = a.do(ctx, "users.getPresence", "", func(ctx context.Context) error {
		p, err := a.api.GetUserPresenceContext(ctx, user)
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

// Undisturbed are those of some people who do not want to be disturbed now, and until when.
func (a *App) Undisturbed(ctx context.Context, users []string) (map[string]time.Time, error) {
	until, now := map[string]time.Time{}, a.now()
	for len(users) > 0 {
		part := users[:min(len(users), maxUndisturbed)]
		users = users[len(part):]
		err := a.do(ctx, "dnd.teamInfo", "", func(ctx context.Context) error {
			list, err := a.api.GetDNDTeamInfoContext(ctx, part)
			for id, s := range list {
				from, to := time.Unix(int64(s.NextStartTimestamp), 0), time.Unix(int64(s.NextEndTimestamp), 0)
				if s.Enabled && !now.Before(from) && now.Before(to) {
					until[id] = to.UTC()
				}
			}
			return err
		})
		if err != nil {
			return until, err
		}
	}
	return until, nil
}

// GroupMembers are the ids of the members of user groups, which are named by handle or id. A group that is not
// there, or is disabled, is not in the answer; one that cannot be read makes it fail.
func (a *App) GroupMembers(ctx context.Context, names []string) (map[string][]string, error) {
	var list []slack.UserGroup
	err := a.do(ctx, "usergroups.list", "", func(ctx context.Context) (err error) {
		list, err = a.api.GetUserGroupsContext(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	members := map[string][]string{}
	for _, name := range names {
		for _, g := range list {
			if g.ID != name && !strings.EqualFold(g.Handle, name) || g.DateDelete != 0 {
				continue
			}
			var ids []string
			err := a.do(ctx, "usergroups.users.list", "", func(ctx context.Context) (err error) {
				ids, err = a.api.GetUserGroupMembersContext(ctx, g.ID)
				return err
			})
			if err != nil && ticket.KindOf(err) != ticket.NotFound {
				return nil, err
			}
			if err == nil {
				members[name] = ids
			}
		}
	}
	return members, nil
}
