package slackapp

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// origin is the installation that Slack names with what it brings.
type origin struct {
	Team, Enterprise string
	OrgWide          bool // the organization has installed the app, not the workspace
	Sure             bool // it is said that this installation may see it; else it is only known where it happened
}

// outerOrigin is how an event names it: https://docs.slack.dev/apis/events-api/#authorizations
type outerOrigin struct {
	Enterprise     string `json:"enterprise_id"`
	Authorizations []struct {
		Team       string `json:"team_id"`
		Enterprise string `json:"enterprise_id"`
		OrgWide    bool   `json:"is_enterprise_install"`
	} `json:"authorizations"`
}

// origin is the first authorization; of an event without any, where it happened. In a channel that is shared, the
// event's own team may be another one than the authorization's.
func (o outerOrigin) origin(team string) origin {
	for _, auth := range o.Authorizations {
		return origin{Team: auth.Team, Enterprise: auth.Enterprise, OrgWide: auth.OrgWide, Sure: true}
	}
	return origin{Team: team, Enterprise: o.Enterprise}
}

// originOf is how an interaction names it: a modal that was opened in a shared channel says where the app is
// installed; where the organization has the app there may be no team at all.
// https://docs.slack.dev/reference/interaction-payloads
func originOf(ic *slack.InteractionCallback) origin {
	team := first(ic.View.AppInstalledTeamID, ic.Team.ID, ic.View.TeamID, ic.User.TeamID)
	return origin{Team: team, Enterprise: ic.Enterprise.ID, OrgWide: ic.IsEnterpriseInstall}
}

// of is the installation of an origin, or nil. While there is one only, what does not say for which it is, is for that.
func (a *App) of(o origin) *workspace {
	a.mu.Lock()
	defer a.mu.Unlock()
	keys := []string{o.Team, o.Enterprise}
	if o.OrgWide {
		keys = []string{o.Enterprise, o.Team}
	}
	for _, key := range keys {
		switch {
		case key == "":
		case a.home != nil && a.home.key() == key:
			return a.home
		case a.others[key] != nil:
			return a.others[key]
		}
	}
	if a.home != nil && (a.home.key() == "" || len(a.others) == 0 && !o.Sure) {
		return a.home
	}
	return nil
}

// belong writes the ids of an event as those of its installation.
func (a *App) belong(w *workspace, ev *Event) {
	ev.In = w.prefix()
	ev.name = func(bare string) string { return a.room(w, bare, ev.shared) }
	ev.Channel = ev.room(ev.Channel)
	if ev.Message == nil {
		ev.User = a.person(w, "", ev.User)
		return
	}
	a.own(w, ev.Message, ev.name)
	ev.User = ev.Message.User
}

// own writes the ids within a message, of which an installation tells, as the program does.
func (a *App) own(w *workspace, m *Message, name func(channel string) string) {
	for _, other := range []*Message{m.Changed, m.Previous} {
		if other != nil {
			a.own(w, other, name)
		}
	}
	if a.alone() {
		return
	}
	m.User, m.ParentUser = a.person(w, first(m.UserTeam, m.Team), m.User), a.person(w, "", m.ParentUser)
	m.Channel = name(m.Channel)
	m.Text = a.ownMentions(w, m.Channel, m.Text)
	for i := range m.Files {
		m.Files[i].ID = w.id(m.Files[i].ID)
	}
	for _, r := range m.Reactions {
		for i, user := range r.Users {
			r.Users[i] = a.person(w, "", user)
		}
	}
}

// ownMentions makes the ids of mentions those of an installation. In a shared channel the app is mentioned as the user
// that it is in the writer's workspace: it becomes the one that it is in the channel's.
func (a *App) ownMentions(w *workspace, channel, text string) string {
	text = joinMentions(w.prefix(), text)
	if !a.shares(channel) || !strings.Contains(text, "<@") {
		return text
	}
	in, _, err := a.at(channel)
	if err != nil {
		return text
	}
	for _, other := range a.workspaces() {
		if bot := other.bot(); bot != "" && other != in && in.bot() != "" {
			text = strings.ReplaceAll(text, "<@"+w.id(bot), "<@"+in.id(in.bot()))
		}
	}
	return text
}

// bot is the app's user, as Slack knows it; "" while it is not known.
func (w *workspace) bot() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.inst.BotUser
}

// person is the id of somebody of a team whom an installation tells of: that of their own workspace, where the app is
// installed there, too. In a shared channel people of several meet.
func (a *App) person(w *workspace, team, bare string) string {
	if bare == "" {
		return ""
	}
	if a.alone() {
		return w.id(bare)
	}
	if team == "" {
		team = w.teamOf(bare)
	}
	if own := a.of(origin{Team: team, Sure: true}); own != nil && team != "" {
		w = own
	}
	return w.id(bare)
}

// teamOf is the team of somebody of whom a workspace has told before; "" when it has not.
func (w *workspace) teamOf(bare string) string {
	w.dir.mu.Lock()
	defer w.dir.mu.Unlock()
	return w.dir.users[bare].user.Team
}

// belongInteraction writes the ids of a click or a form as those of its installation: also those by which it is
// answered, the trigger's and the view's.
func (a *App) belongInteraction(w *workspace, ic *slack.InteractionCallback) {
	ic.User.ID = a.person(w, ic.User.TeamID, ic.User.ID)
	if a.alone() {
		return
	}
	for _, id := range []*string{&ic.Channel.ID, &ic.Container.ChannelID, &ic.Message.Channel} {
		*id = a.room(w, *id, false)
	}
	for _, id := range []*string{&ic.Container.ViewID, &ic.TriggerID, &ic.View.ID, &ic.View.RootViewID, &ic.View.PreviousViewID} {
		*id = w.id(*id)
	}
	ic.Message.User = a.person(w, ic.Message.Team, ic.Message.User)
	ic.Message.Text = a.ownMentions(w, ic.Channel.ID, ic.Message.Text)
	for _, act := range ic.ActionCallback.BlockActions {
		belongAction(w, act)
	}
	for _, state := range []map[string]map[string]slack.BlockAction{stateOf(ic.View.State), stateOf((*slack.ViewState)(ic.BlockActionState))} {
		for _, block := range state {
			for id, act := range block {
				belongAction(w, &act)
				block[id] = act
			}
		}
	}
}

func stateOf(s *slack.ViewState) map[string]map[string]slack.BlockAction {
	if s == nil {
		return nil
	}
	return s.Values
}

// belongAction writes the ids of what somebody has chosen.
func belongAction(w *workspace, act *slack.BlockAction) {
	for _, id := range []*string{&act.SelectedUser, &act.SelectedChannel, &act.SelectedConversation} {
		*id = w.id(*id)
	}
	for _, list := range [][]string{act.SelectedUsers, act.SelectedChannels, act.SelectedConversations} {
		for i, id := range list {
			list[i] = w.id(id)
		}
	}
	for i := range act.Files {
		act.Files[i].ID = w.id(act.Files[i].ID)
	}
}

// strangers are workspaces that use the app without an installation that we know of: when each was last heard of.
type strangers map[string]time.Time

// maxStrangers is how many of them are remembered.
const maxStrangers = 100

// stranger notes that something came from a workspace in which the app is not installed, as far as we know.
func (a *App) stranger(o origin, what string) {
	key := first(o.Team, o.Enterprise)
	if o.OrgWide {
		key = first(o.Enterprise, o.Team)
	}
	if !isKey(key) || strings.TrimSpace(key) == "" {
		key = "T0"
	}
	a.mu.Lock()
	_, known := a.strange[key]
	if known || len(a.strange) < maxStrangers {
		a.strange[key] = a.now()
	}
	a.mu.Unlock()
	if !known {
		a.log.Warn("slack: it comes from a workspace in which the app is not installed, as far as is known here; it is acknowledged and left", "workspace", key, "what", what)
	}
}

// Strangers are the ids of workspaces from which something came though the app is not installed there, as far as is
// known here.
func (a *App) Strangers() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Sorted(maps.Keys(a.strange))
}
