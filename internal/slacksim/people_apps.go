package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Slash has a person use a slash command. It waits for the answer; an app that does not answer leaves
// Slack's own words as a message that only the person sees.
func (s *Server) Slash(uid, channel, command, text string) error {
	s.mu.Lock()
	u, ch, err := s.place(uid, channel)
	if err == nil && !slices.ContainsFunc(s.cfg.App.Commands, func(c Command) bool { return c.Command == command }) {
		err = fmt.Errorf("slacksim: %s is not a valid command", command)
	}
	if err != nil {
		s.mu.Unlock()
		return err
	}
	a := s.cfg.App
	h := hook{user: u.ID, channel: ch.id}
	p := Object{"token": a.VerificationToken, "team_id": s.cfg.Team.ID, "team_domain": s.cfg.Team.Domain, "channel_id": ch.id,
		"channel_name": s.nameFor(ch), "user_id": u.ID, "user_name": u.Name, "command": command, "text": text, "api_app_id": a.ID,
		"is_enterprise_install": strconv.FormatBool(s.cfg.Team.OrgWide), "response_url": s.newHook(h), "trigger_id": s.newTrigger(u.ID)}
	if s.cfg.Team.Enterprise != "" {
		p["enterprise_id"], p["enterprise_name"] = s.cfg.Team.Enterprise, s.cfg.Team.Name
	}
	done := s.interact(kindSlash, p, true)
	s.mu.Unlock()

	ans, err := s.await(done)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.whisper(ch, u.ID, &Message{User: "USLACKBOT", Text: command + " failed with the error \"" + failureName(ans) + "\""})
		return err
	}
	return s.slashAnswer(&h, ans.payload)
}

func failureName(a answer) string {
	if a.status != 0 {
		return "http_service_error"
	}
	return "operation_timeout"
}

// slashAnswer shows what an app answered to a command: a text, or a message.
func (s *Server) slashAnswer(h *hook, payload json.RawMessage) error {
	trimmed := strings.TrimSpace(string(payload))
	if trimmed == "" || trimmed == "{}" || trimmed == "null" || trimmed == `""` {
		return nil
	}
	var body Object
	if err := json.Unmarshal(payload, &body); err != nil {
		body = Object{"text": trimmed}
		var t string
		if json.Unmarshal(payload, &t) == nil {
			body["text"] = t
		}
	}
	if code := s.respondTo(h, body); code != "" {
		return fmt.Errorf("slacksim: the answer to a command was refused: %s", code)
	}
	return nil
}

// Shortcut has a person use a shortcut: a global one, or one on a message (channel and ts).
func (s *Server) Shortcut(uid, callbackID, channel, ts string) error {
	s.mu.Lock()
	u := s.member(uid)
	i := slices.IndexFunc(s.cfg.App.Shortcuts, func(x Shortcut) bool { return x.CallbackID == callbackID })
	if u == nil || i < 0 {
		s.mu.Unlock()
		return fmt.Errorf("slacksim: there is no shortcut %q, or no user %q", callbackID, uid)
	}
	kind := "shortcut"
	if s.cfg.App.Shortcuts[i].Type == "message" {
		kind = "message_action"
	}
	p := s.interaction(kind, u.ID)
	p["callback_id"], p["trigger_id"], p["action_ts"] = callbackID, s.newTrigger(u.ID), s.stamp()
	if kind == "message_action" {
		_, ch, m, err := s.placeOf(u.ID, channel, ts)
		if err != nil {
			s.mu.Unlock()
			return err
		}
		o := m.object()
		delete(o, "metadata")
		p["message"], p["message_ts"], p["channel"] = o, m.TS, Object{"id": ch.id, "name": s.nameFor(ch)}
		p["response_url"] = s.newHook(hook{user: u.ID, channel: ch.id, ts: m.TS, thread: replyThread(m)})
	}
	done := s.interact(kindInteract, p, false)
	s.mu.Unlock()
	_, err := s.await(done)
	return err
}

// Suggest asks the app for the options of an external menu, in a message (channel and ts) or in the
// view viewID.
func (s *Server) Suggest(uid, channel, ts, viewID, ref, typed string) ([]Object, error) {
	s.mu.Lock()
	p, err := s.suggestion(uid, channel, ts, viewID, ref, typed)
	if err != nil {
		s.mu.Unlock()
		return nil, err
	}
	done := s.interact(kindInteract, p, true)
	s.mu.Unlock()
	a, err := s.await(done)
	if err != nil {
		return nil, err
	}
	var body Object
	if err := json.Unmarshal(a.payload, &body); err != nil {
		return nil, fmt.Errorf("slacksim: the suggestions are no JSON object: %w", err)
	}
	options := list(body, "options")
	for _, g := range list(body, "option_groups") {
		options = append(options, list(g, "options")...)
	}
	return options, nil
}

func (s *Server) suggestion(uid, channel, ts, viewID, ref, typed string) (Object, error) {
	u, err := s.member(uid), error(nil)
	if u == nil {
		return nil, fmt.Errorf("slacksim: there is no user %q", uid)
	}
	p := s.interaction("block_suggestion", u.ID)
	var blocks []Object
	if viewID != "" {
		_, v, err := s.viewOf(uid, viewID)
		if err != nil {
			return nil, err
		}
		blocks = v.Blocks
		p["container"], p["view"] = Object{"type": "view", "view_id": v.ID}, v.object()
	} else {
		_, ch, m, err := s.placeOf(uid, channel, ts)
		if err != nil {
			return nil, err
		}
		blocks = m.Blocks
		p["container"] = Object{"type": "message", "message_ts": m.TS, "channel_id": ch.id, "is_ephemeral": m.Ephemeral}
		p["channel"], p["message"] = Object{"id": ch.id, "name": s.nameFor(ch)}, m.object()
	}
	e, err := findElement(blocks, ref)
	if err != nil {
		return nil, err
	}
	p["action_id"], p["block_id"], p["value"] = e.actionID(), e.blockID(), typed
	return p, nil
}

// OpenHome has a person open the app's Home tab: the app is told, and what it published before is given.
func (s *Server) OpenHome(uid string) (*View, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil {
		return nil, fmt.Errorf("slacksim: there is no user %q", uid)
	}
	v := s.openHome(u)
	if v == nil {
		return nil, nil
	}
	return v.copy(), nil
}

func (s *Server) openHome(u *user) *View {
	ch, _ := s.openIM(s.bot(), u.ID)
	ev := Object{"type": "app_home_opened", "user": u.ID, "channel": ch.id, "tab": "home", "event_ts": s.stamp()}
	v := s.homes[u.ID]
	if v != nil {
		ev["view"] = v.object()
	}
	s.emit("", nil, ev)
	s.touch()
	return v
}

// Read marks a channel as read by a person up to ts.
func (s *Server) Read(uid, channel, ts string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	if compareTS(ts, ch.read[u.ID]) > 0 {
		ch.read[u.ID] = ts
	}
	return nil
}

// DM is the direct message between a person and another, or the app ("@app").
func (s *Server) DM(uid, other string) (channel string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, o := s.member(uid), s.member(other)
	if u == nil || o == nil {
		return "", fmt.Errorf("slacksim: there is no user %q or %q", uid, other)
	}
	ch, _ := s.openIM(o.ID, u.ID)
	s.touch()
	return ch.id, nil
}

// Invite has a person bring another, or the app ("@app"), into a channel.
func (s *Server) Invite(uid, channel, other string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	o := s.member(other)
	if o == nil {
		return fmt.Errorf("slacksim: there is no user %q", other)
	}
	s.joinChannel(ch, o.ID, u.ID)
	return nil
}

// Archive has a person archive a channel.
func (s *Server) Archive(uid, channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	s.archive(ch, u.ID)
	return nil
}

// SetDND has a person not want to be disturbed until a time.
func (s *Server) SetDND(uid string, until time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil {
		return fmt.Errorf("slacksim: there is no user %q", uid)
	}
	u.dnd = until
	// https://docs.slack.dev/reference/events/dnd_updated_user
	o := s.dnd(u)
	s.emit("dnd:read", nil, Object{"type": "dnd_updated_user", "user": u.ID, "dnd_status": o, "event_ts": s.stamp()})
	return nil
}

// AddUserGroup makes a user group without members. The app is told of it.
func (s *Server) AddUserGroup(handle string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := UserGroup{ID: s.id("S"), Handle: handle, Name: handle, updated: s.clock.Now()}
	s.groups = append(s.groups, g)
	s.emit("usergroups:read", nil, Object{"type": "subteam_created", "subteam": s.subteam(g), "event_ts": s.stamp()})
	s.touch()
}

// SetUserGroup changes the members of a user group, by id or handle; of one that is not there nothing. The app is
// told what has changed, and how the group is now.
func (s *Server) SetUserGroup(handle string, members ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.groups {
		g := &s.groups[i]
		if g.Handle != handle {
			continue
		}
		ids := []string{}
		for _, m := range members {
			if u := s.member(m); u != nil {
				ids = append(ids, u.ID)
			}
		}
		was := g.Users
		before := s.subteam(*g)["date_update"]
		g.Users, g.updated = ids, s.clock.Now()
		added, removed := without(ids, was), without(was, ids)
		// https://docs.slack.dev/reference/events/subteam_members_changed: the counts are texts there
		s.emit("usergroups:read", nil, Object{"type": "subteam_members_changed", "subteam_id": g.ID, "team_id": s.cfg.Team.ID, "date_previous_update": before,
			"date_update": g.updated.Unix(), "added_users": added, "added_users_count": strconv.Itoa(len(added)), "removed_users": removed,
			"removed_users_count": strconv.Itoa(len(removed)), "event_ts": s.stamp()})
		s.emit("usergroups:read", nil, Object{"type": "subteam_updated", "subteam": s.subteam(*g), "event_ts": s.stamp()})
		s.touch()
	}
}

// RenameUserGroup gives a user group another handle, DisableUserGroup disables it; the app is told.
func (s *Server) RenameUserGroup(handle, to string) error {
	return s.changeGroup(handle, func(g *UserGroup) { g.Handle = to })
}

// DisableUserGroup disables a user group: it is listed to who asks for disabled ones, and nobody can be asked about in it.
func (s *Server) DisableUserGroup(handle string) error {
	return s.changeGroup(handle, func(g *UserGroup) { g.disabled = s.clock.Now() })
}

func (s *Server) changeGroup(handle string, change func(*UserGroup)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.groups, func(g UserGroup) bool { return g.Handle == handle })
	if i < 0 {
		return fmt.Errorf("slacksim: there is no user group %q", handle)
	}
	change(&s.groups[i])
	s.groups[i].updated = s.clock.Now()
	s.emit("usergroups:read", nil, Object{"type": "subteam_updated", "subteam": s.subteam(s.groups[i]), "event_ts": s.stamp()})
	s.touch()
	return nil
}

// without are those of a list that are not in another.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(x string) bool { return slices.Contains(other, x) })
}

// SetPresence makes a person active or away.
func (s *Server) SetPresence(uid string, away bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil {
		return fmt.Errorf("slacksim: there is no user %q", uid)
	}
	u.presence = "active"
	if away {
		u.presence = "away"
	}
	s.tell(Object{"type": "channels"})
	s.touch()
	return nil
}

// Uninstall removes the app: app_uninstalled and tokens_revoked are sent, then its tokens are dead.
func (s *Server) Uninstall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.uninstall()
}

func (s *Server) uninstall() {
	s.emit("", nil, Object{"type": "tokens_revoked", "tokens": Object{"oauth": []any{}, "bot": []any{s.bot()}}, "event_ts": s.stamp()})
	s.emit("", nil, Object{"type": "app_uninstalled", "event_ts": s.stamp()})
	s.uninstalled, s.retired = true, true
	s.hub.oauth.forget(s)
	s.touch()
}
