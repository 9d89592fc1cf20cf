package slackdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

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

// quietAge is how long is remembered whether somebody wants to be disturbed: an event tells when that changes.
const quietAge = 2 * time.Minute

// hush remembers who does not want to be disturbed, by Slack id.
type hush struct {
	mu   sync.Mutex
	list map[string]hushed
}

type hushed struct{ until, asked time.Time } // until is zero when they may be disturbed

// known sorts people into those of whom it is known, and those who are to be asked about.
func (h *hush) known(users []string, now time.Time) (quiet map[string]time.Time, ask []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	quiet = map[string]time.Time{}
	for _, u := range users {
		switch k, ok := h.list[u]; {
		case !ok || now.Sub(k.asked) >= quietAge:
			ask = append(ask, u)
		case k.until.After(now):
			quiet[u] = k.until
		}
	}
	if len(ask) == 0 {
		return quiet, nil
	}
	for u, k := range h.list { // others who will be asked about soon go along: one question is for many
		if len(ask) < maxQuietAsked && now.Sub(k.asked) >= quietAge && !slices.Contains(ask, u) {
			ask = append(ask, u)
		}
	}
	return quiet, ask
}

// maxQuietAsked is how many are asked about at once; https://docs.slack.dev/reference/methods/dnd.teamInfo
const maxQuietAsked = 50

func (h *hush) learn(users []string, until map[string]time.Time, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.list == nil || len(h.list) > maxHushed {
		h.list = map[string]hushed{}
	}
	for _, u := range users {
		h.list[u] = hushed{until[u], now}
	}
}

const maxHushed = 5_000

// dndChanged takes the event that somebody wants to be disturbed, or not: they are asked about again.
// https://docs.slack.dev/reference/events/dnd_updated_user
func (k *Desk) dndChanged(_ context.Context, ev slackapp.Event) error {
	k.hush.mu.Lock()
	defer k.hush.mu.Unlock()
	delete(k.hush.list, ev.User)
	return nil
}

// Quiet asks about those of whom nothing is known; see [bots.Whereabouts]. Who has no account there may be disturbed.
func (w *Whereabouts) Quiet(ctx context.Context, agents []ticket.Agent) (map[string]time.Time, error) {
	ids := map[string]string{} // of agents, by their Slack id
	var users []string
	for _, a := range agents {
		user, err := w.desk.userOf(ctx, a)
		if kind := ticket.KindOf(err); kind == ticket.Invalid || kind == ticket.NotFound {
			continue
		} else if err != nil {
			return nil, err
		}
		ids[user], users = a.ID, append(users, user)
	}
	quiet, ask := w.desk.hush.known(users, w.desk.now())
	if len(ask) > 0 {
		told, err := w.desk.app.Undisturbed(ctx, ask)
		if err != nil {
			return nil, err
		}
		w.desk.hush.learn(ask, told, w.desk.now())
		for user, until := range told {
			quiet[user] = until
		}
	}
	list := map[string]time.Time{}
	for user, until := range quiet {
		if id, ok := ids[user]; ok {
			list[id] = until
		}
	}
	return list, nil
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
	if err != nil && !slackapp.Missing(err) {
		return seen, err
	}
	for _, user := range users {
		if until, ok := quiet[user]; ok {
			seen[ids[user]] = bots.Seen{Reason: "do not disturb", Until: until}
			continue
		}
		active, err := w.desk.app.Active(ctx, user)
		if slackapp.Missing(err) {
			continue // nothing is known of them
		}
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

// maxGroup is how many people one user group may have: more are not asked about one by one.
const maxGroup = 500

// Groups asks who is in user groups; see [bots.Whereabouts]. A member who is a guest or a bot, or has left, is none.
func (w *Whereabouts) Groups(ctx context.Context, known []ticket.UserGroup) ([]ticket.UserGroup, error) {
	var names, ids []string
	for _, g := range known {
		names, ids = append(names, g.Name), append(ids, g.ID)
	}
	found, err := w.desk.app.Groups(ctx, names, ids)
	if err != nil {
		return nil, err
	}
	told := make([]ticket.UserGroup, len(known))
	for i, g := range found {
		if g.ID != "" && slackapp.Bare(g.ID) != handleOf(known[i].Name) && !strings.EqualFold(g.Handle, handleOf(known[i].Name)) {
			w.desk.log.Warn("slack: a user group was given another handle; change it in the configuration, or name its id", "group", known[i].Name, "handle", g.Handle, "id", g.ID)
		}
		is := ticket.UserGroup{Name: known[i].Name, ID: nonEmpty(g.ID, known[i].ID)}
		switch {
		case g.ID == "":
			is.Fault = "there is no such user group in Slack"
		case g.Disabled:
			is.Fault = "it is disabled in Slack"
		case len(g.Members) > maxGroup:
			is.Fault = fmt.Sprintf("it has %d members; at most %d", len(g.Members), maxGroup)
		default:
			if is.Members, err = w.members(ctx, g.Members); err != nil {
				return nil, err
			}
		}
		told[i] = is
	}
	return told, nil
}

// handleOf is a group's handle, or id, without the workspace that may stand before it.
func handleOf(name string) string {
	return strings.TrimPrefix(name[strings.LastIndexByte(name, '/')+1:], "@")
}

func (w *Whereabouts) members(ctx context.Context, ids []string) (list []ticket.GroupMember, err error) {
	for _, id := range ids {
		u, err := w.desk.app.User(ctx, id)
		if ticket.KindOf(err) == ticket.NotFound {
			continue // nobody knows who that is
		}
		if err != nil {
			return nil, err
		}
		if !u.Guest && !u.Bot && !u.Deleted {
			language, _, _ := strings.Cut(strings.ToLower(u.Locale), "-")
			list = append(list, ticket.GroupMember{ID: id, Email: u.Email, Name: u.Name, Language: language, Zone: u.TZ})
		}
	}
	slices.SortFunc(list, func(a, b ticket.GroupMember) int { return strings.Compare(a.ID, b.ID) })
	return list, nil
}

// userChanged has the groups looked at when somebody was deactivated, or made a guest: they are members no more.
// https://docs.slack.dev/reference/events/user_change
func (k *Desk) userChanged(ctx context.Context, ev slackapp.Event) error {
	var is struct {
		User struct {
			Deleted bool `json:"deleted"`
			Profile struct {
				Email string `json:"email"`
			} `json:"profile"`
			Guest      bool `json:"is_restricted"`
			UltraGuest bool `json:"is_ultra_restricted"`
		} `json:"user"`
	}
	if json.Unmarshal(ev.Raw, &is) != nil || !is.User.Deleted && !is.User.Guest && !is.User.UltraGuest {
		return nil // somebody has another status
	}
	if is.User.Deleted {
		k.deactivated(ctx, ev.User, is.User.Profile.Email)
	}
	return k.groupChanged(ctx, ev)
}
