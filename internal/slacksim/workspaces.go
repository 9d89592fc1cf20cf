package slacksim

import (
	"fmt"
	"slices"
	"strings"
)

// Workspace is the workspace of this id: the first one, or one of [Config.Workspaces]; nil when there is none.
func (s *Server) Workspace(id string) *Server {
	for _, o := range s.all() {
		if o.cfg.Team.ID == id {
			return o
		}
	}
	return nil
}

// all are the workspaces, the hub first.
func (s *Server) all() []*Server { return append([]*Server{s.hub}, s.hub.others...) }

// path is below which what is not the Web API stands: pages, files and response URLs.
func (s *Server) path() string { return "/w/" + s.cfg.Team.ID }

// installed is the workspace of a bot token; any other token is the hub's to judge.
func (s *Server) installed(token string) *Server {
	for _, o := range s.hub.others {
		if _, granted := o.granted(token); granted || token == o.cfg.App.BotToken {
			return o
		}
	}
	return s.hub
}

// seedOthers builds the other workspaces, and the channels that they share.
func (s *Server) seedOthers() error {
	for _, w := range s.cfg.Workspaces {
		cfg := s.cfg
		cfg.Team, cfg.Users, cfg.Channels, cfg.UserGroups, cfg.Workspaces, cfg.Partners = w.Team, w.Users, w.Channels, w.UserGroups, nil, nil
		if cfg.Team.ID == "" || s.Workspace(cfg.Team.ID) != nil {
			return fmt.Errorf("slacksim: the workspace %q has no id, or one that is there", cfg.Team.ID)
		}
		mine := strings.TrimPrefix(cfg.Team.ID, "T0")
		cfg.App.BotToken, cfg.App.BotID, cfg.App.BotUserID = or(w.BotToken, "xoxb-simulated-"+mine), or(w.BotID, "B0"+mine), or(w.BotUserID, "U0BOT"+mine)
		o := newServer(cfg)
		o.hub, o.mu, o.base, o.ctx, o.stop = s, s.mu, s.base+"/w/"+cfg.Team.ID, s.ctx, s.stop
		if err := o.seed(); err != nil {
			return err
		}
		o.uninstalled, o.retired = w.Absent, w.Absent
		s.others = append(s.others, o)
	}
	for _, o := range s.all() {
		for _, c := range o.cfg.Channels {
			if err := o.share(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// share makes a channel the other workspaces', too, and its people known to each.
func (s *Server) share(c Channel) error {
	if len(c.Shared) == 0 {
		return nil
	}
	ch := s.channels[c.ID]
	ch.shared, ch.twice = []*Server{s}, c.Twice
	for _, id := range c.Shared {
		o := s.Workspace(id)
		if o == nil || o == s {
			return fmt.Errorf("slacksim: channel %s: there is no other workspace %q", c.Name, id)
		}
		ch.shared = append(ch.shared, o)
		o.channels[ch.id] = ch
		o.channelOrder = append(o.channelOrder, ch.id)
		ch.join(o.bot())
	}
	ch.join(s.bot())
	for _, m := range c.Members {
		team, name, ok := strings.Cut(m, ":")
		if !ok {
			continue
		}
		o := s.Workspace(team)
		if o == nil || o.member(name) == nil {
			return fmt.Errorf("slacksim: channel %s: there is no user %q", c.Name, m)
		}
		ch.join(o.member(name).ID)
	}
	for _, from := range ch.shared {
		for _, id := range ch.members {
			if u := from.users[id]; u != nil && u.Team == "" {
				from.introduce(u, ch.shared)
			}
		}
	}
	return nil
}

// introduce makes somebody a stranger in the workspaces with whom a channel is shared.
func (s *Server) introduce(u *user, others []*Server) {
	for _, o := range others {
		if o == s || o.users[u.ID] != nil {
			continue
		}
		stranger := u.User
		stranger.Team = s.cfg.Team.ID
		o.addUser(stranger)
	}
}

// teams are the ids of the workspaces that share a channel.
func (c *channel) teams() (ids []any) {
	for _, o := range c.shared {
		ids = append(ids, o.cfg.Team.ID)
	}
	return ids
}

// sees are the workspaces for whose installation the next event of a shared channel is: one of those whose app is a
// member, each in turn (https://docs.slack.dev/apis/events-api/#authorizations), or each.
func (c *channel) sees() []*Server {
	list := slices.DeleteFunc(slices.Clone(c.shared), func(o *Server) bool { return !c.has(o.bot()) || o.uninstalled || o.revoked != "" })
	if len(list) == 0 || c.twice {
		return list
	}
	c.turn++
	return list[c.turn%len(list) : c.turn%len(list)+1]
}

// needsTeam are the methods that ask of an organization-wide token of which workspace they are to tell.
// https://docs.slack.dev/enterprise/changes-apis
var needsTeam = []string{"conversations.list", "conversations.create", "users.list", "users.conversations", "usergroups.list", "usergroups.users.list", "dnd.teamInfo"}

func (s *Server) teamMissing(method string, args map[string]any) error {
	if !s.cfg.Team.OrgWide || !slices.Contains(needsTeam, method) {
		return nil
	}
	switch args["team_id"] {
	case s.cfg.Team.ID:
		return nil
	case nil, "":
		return apiErr("missing_argument")
	}
	return apiErr("team_access_not_granted")
}

// authTeamsList tells of the workspaces in which an organization's app may be used.
// https://docs.slack.dev/reference/methods/auth.teams.list
func (c *call) authTeamsList() (Object, error) {
	t := c.s.cfg.Team
	return Object{"teams": []any{Object{"id": t.ID, "name": t.Name}}, "response_metadata": Object{"next_cursor": ""}}, nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
