package slacksim

import (
	"slices"
	"strings"
	"time"
)

// userObject is a user as users.info gives it. The address is there only with users:read.email.
func (s *Server) userObject(u *user) Object {
	first, last, _ := strings.Cut(u.RealName, " ")
	p := Object{"title": u.Title, "phone": "", "skype": "", "real_name": u.RealName, "real_name_normalized": u.RealName,
		"display_name": u.Name, "display_name_normalized": u.Name, "status_text": "", "status_emoji": "",
		"status_expiration": 0, "avatar_hash": "g" + strings.ToLower(u.ID), "first_name": first, "last_name": last, "team": s.cfg.Team.ID}
	for _, size := range []string{"24", "32", "48", "72", "192", "512"} {
		p["image_"+size] = s.base + "/sim/icon.png"
	}
	if u.Email != "" && slices.Contains(s.cfg.App.Scopes, "users:read.email") {
		p["email"] = u.Email
	}
	if u.app {
		p["bot_id"], p["api_app_id"], p["always_active"] = s.cfg.App.BotID, s.cfg.App.ID, true
	}
	p["team"] = s.teamOf(u.ID)
	o := Object{"id": u.ID, "team_id": s.teamOf(u.ID), "name": u.Name, "deleted": u.Deleted, "color": u.Color, "real_name": u.RealName,
		"tz": u.TZ, "tz_label": u.TZ, "tz_offset": offset(u.TZ, s.clock.Now()), "profile": p, "is_admin": u.Admin, "is_owner": false,
		"is_primary_owner": false, "is_restricted": u.Guest, "is_ultra_restricted": false, "is_bot": u.Bot, "is_app_user": false,
		"updated": u.updated.Unix(), "is_email_confirmed": !u.Bot, "who_can_share_contact_card": "EVERYONE"}
	if e := s.cfg.Team.Enterprise; e != "" && u.Team == "" {
		o["enterprise_user"] = Object{"id": u.ID, "enterprise_id": e, "enterprise_name": s.cfg.Team.Name, "is_admin": false, "is_owner": false,
			"teams": []any{s.cfg.Team.ID}}
	}
	if u.Team != "" { // https://docs.slack.dev/apis/slack-connect/ (users.info)
		o["is_stranger"] = true
		delete(o, "is_admin")
	}
	return o
}

// teamOf is the workspace of a person.
func (s *Server) teamOf(uid string) string {
	if u := s.users[uid]; u != nil && u.Team != "" {
		return u.Team
	}
	return s.cfg.Team.ID
}

func offset(tz string, at time.Time) int {
	loc, err := time.LoadLocation(tz)
	if err != nil {
		return 0
	}
	_, sec := at.In(loc).Zone()
	return sec
}

func (c *call) usersList() (Object, error) {
	part, meta, err := page(c, c.s.userOrder, 1000, 1000)
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, len(part))
	for _, id := range part {
		o := c.s.userObject(c.s.users[id])
		if c.flag("include_locale") {
			o["locale"] = c.s.users[id].Locale
		}
		list = append(list, o)
	}
	return Object{"members": list, "cache_ts": c.s.clock.Now().Unix(), "response_metadata": meta}, nil
}

func (c *call) usersInfo() (Object, error) {
	u := c.s.users[c.str("user")]
	if u == nil {
		return nil, apiErr("user_not_found")
	}
	o := c.s.userObject(u)
	if c.flag("include_locale") {
		o["locale"] = u.Locale
	}
	return Object{"user": o}, nil
}

func (c *call) usersLookupByEmail() (Object, error) {
	email := c.str("email")
	for _, id := range c.s.userOrder {
		if u := c.s.users[id]; email != "" && strings.EqualFold(u.Email, email) && !u.Deleted {
			return Object{"user": c.s.userObject(u)}, nil
		}
	}
	return nil, apiErr("users_not_found")
}

func (c *call) usersGetPresence() (Object, error) {
	uid := c.str("user")
	if uid == "" {
		uid = c.s.bot()
	}
	u := c.s.users[uid]
	if u == nil {
		return nil, apiErr("user_not_found")
	}
	return Object{"presence": u.presence, "online": u.presence == "active"}, nil
}

func (c *call) usersSetPresence() (Object, error) {
	switch p := c.str("presence"); p {
	case "auto":
		c.s.users[c.s.bot()].presence = "active"
	case "away":
		c.s.users[c.s.bot()].presence = "away"
	default:
		return nil, apiErr("invalid_presence")
	}
	return nil, nil
}

// dnd is whether somebody does not want to be disturbed now, as dnd.teamInfo and the event give it.
func (s *Server) dnd(u *user) Object {
	if now := s.clock.Now(); u.dnd.After(now) {
		return Object{"dnd_enabled": true, "next_dnd_start_ts": now.Add(-time.Minute).Unix(), "next_dnd_end_ts": u.dnd.Unix()}
	}
	return Object{"dnd_enabled": false, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
}

// dndTeamInfo tells of at most 50 people: https://docs.slack.dev/reference/methods/dnd.teamInfo
func (c *call) dndTeamInfo() (Object, error) {
	ids := strings.Split(c.str("users"), ",")
	if c.str("users") == "" {
		return nil, apiErr("no_users_provided")
	}
	users := Object{}
	for _, id := range ids[:min(len(ids), 50)] {
		u := c.s.users[strings.TrimSpace(id)]
		if u == nil {
			return nil, apiErr("user_not_found")
		}
		users[u.ID] = c.s.dnd(u)
	}
	return Object{"users": users}, nil
}

func (c *call) usergroupsList() (Object, error) {
	list := make([]any, 0, len(c.s.groups))
	for _, g := range c.s.groups {
		if !g.disabled.IsZero() && !c.flag("include_disabled") {
			continue
		}
		o := c.s.subteam(g)
		if !c.flag("include_users") {
			delete(o, "users")
		}
		list = append(list, o)
	}
	return Object{"usergroups": list}, nil
}

// subteam is a user group as usergroups.list and the events about it give it.
func (s *Server) subteam(g UserGroup) Object {
	at := s.started.Unix()
	o := Object{"id": g.ID, "team_id": s.cfg.Team.ID, "is_usergroup": true, "is_subteam": true, "name": g.Name, "description": "",
		"handle": g.Handle, "is_external": false, "date_create": at, "date_update": at, "date_delete": 0,
		"auto_provision": false, "enterprise_subteam_id": "", "created_by": "", "updated_by": "", "deleted_by": nil,
		"prefs": Object{"channels": []any{}, "groups": []any{}}, "user_count": len(g.Users), "channel_count": 0, "users": slices.Clone(g.Users)}
	if !g.updated.IsZero() {
		o["date_update"] = g.updated.Unix()
	}
	if !g.disabled.IsZero() {
		o["date_delete"] = g.disabled.Unix()
	}
	return o
}

func (c *call) usergroupsUsersList() (Object, error) {
	for _, g := range c.s.groups {
		if g.ID == c.str("usergroup") && (g.disabled.IsZero() || c.flag("include_disabled")) {
			return Object{"users": g.Users}, nil
		}
	}
	return nil, apiErr("no_such_subteam")
}
