package slackdesk

import (
	"context"
	"sync"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxSeen is how many people are asked about at a time; the others come next. Slack allows 50 a minute
// (https://docs.slack.dev/apis/web-api/rate-limits, tier 3), other calls of that kind included.
const maxSeen = 25

// Whereabouts is what Slack tells of the team: the green dot, do not disturb, and user groups. Events about
// presence come to no app by Socket Mode or HTTP, so Slack is asked.
type Whereabouts struct {
	desk *Desk
	mu   sync.Mutex
	next int // who is asked about next
}

var _ bots.Whereabouts = (*Whereabouts)(nil)

// Whereabouts of the people of this desk.
func (k *Desk) Whereabouts() *Whereabouts { return &Whereabouts{desk: k} }

// Changed has something when Slack has told that user groups, or who is in them, are others now. It says no more:
// Slack leaves out members of large groups, and events come in any order, so that the groups are to be asked for.
// https://docs.slack.dev/reference/events/subteam_members_changed
func (w *Whereabouts) Changed() <-chan struct{} { return w.desk.groups }

// groupChanged takes such an event. What is lost with it is found when the groups are looked at the next time.
func (k *Desk) groupChanged(context.Context, slackapp.Event) error {
	select {
	case k.groups <- struct{}{}:
	default: // several events tell of one change
	}
	return nil
}

// Seen asks about some of the agents, in turn. See [bots.Whereabouts].
func (w *Whereabouts) Seen(ctx context.Context, agents []ticket.Agent) (map[string]bots.Seen, error) {
	seen := map[string]bots.Seen{}
	if len(agents) == 0 {
		return seen, nil
	}
	ids := map[string]string{} // of agents, by their Slack id
	var users []string
	for _, a := range w.turn(agents) {
		user, err := w.desk.userOf(ctx, a)
		if kind := ticket.KindOf(err); kind == ticket.Invalid || kind == ticket.NotFound {
			continue // nothing is known of them
		} else if err != nil {
			return seen, err
		}
		if ids[user] == "" {
			ids[user], users = a.ID, append(users, user)
		}
	}
	if len(users) == 0 {
		return seen, nil
	}
	quiet, err := w.desk.app.Undisturbed(ctx, users)
	if err != nil {
		return seen, err
	}
	for _, user := range users {
		if until, ok := quiet[user]; ok {
			seen[ids[user]] = bots.Seen{Reason: "do not disturb", Until: until}
			continue
		}
		active, err := w.desk.app.Active(ctx, user)
		if err != nil {
			return seen, err
		}
		seen[ids[user]] = bots.Seen{Here: active}
	}
	return seen, nil
}

// turn is whom to ask about now: as many as may be, those who were not asked about for longest.
func (w *Whereabouts) turn(agents []ticket.Agent) (list []ticket.Agent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for range min(len(agents), maxSeen) {
		list = append(list, agents[w.next%len(agents)])
		w.next = (w.next + 1) % len(agents)
	}
	return list
}

// Groups asks who is in user groups. A member who is a guest or a bot, or has left, does not count.
func (w *Whereabouts) Groups(ctx context.Context, names []string) (map[string][]bots.Person, error) {
	members, err := w.desk.app.GroupMembers(ctx, names)
	if err != nil {
		return nil, err
	}
	groups := map[string][]bots.Person{}
	for name, ids := range members {
		people := []bots.Person{}
		for _, id := range ids {
			u, err := w.desk.app.User(ctx, id)
			if ticket.KindOf(err) == ticket.NotFound {
				u, err = slackapp.User{ID: id}, nil
			}
			if err != nil {
				return nil, err
			}
			if !u.Guest && !u.Bot && !u.Deleted {
				people = append(people, bots.Person{ID: id, Email: u.Email})
			}
		}
		groups[name] = people
	}
	return groups, nil
}
