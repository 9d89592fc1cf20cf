package slacksim

import (
	"regexp"
	"slices"
	"strings"
)

// nameRule has no {1,80}, which as a program of 80 such classes takes megabytes.
var nameRule = regexp.MustCompile(`^[\p{Ll}\p{Lo}\p{N}_-]+$`)

func (c *call) conversationsOpen() (Object, error) {
	users := c.list("users")
	var ch *channel
	fresh := false
	switch {
	case c.str("channel") != "":
		var err error
		if ch, err = c.seen(); err != nil {
			return nil, err
		}
	case len(users) == 0:
		return nil, apiErr("users_list_not_supplied")
	case len(users) > 8:
		return nil, apiErr("too_many_users")
	default:
		for _, u := range users {
			switch x := c.s.users[u]; {
			case x == nil:
				return nil, apiErr("user_not_found")
			case x.Deleted:
				return nil, apiErr("user_disabled")
			case x.Bot:
				return nil, apiErr("cannot_dm_bot")
			}
		}
		if len(users) > 1 {
			if err := c.need("mpim:write"); err != nil {
				return nil, err
			}
			ch, fresh = c.s.openGroup(append(slices.Clone(users), c.s.bot()))
			break
		}
		if err := c.need("im:write"); err != nil {
			return nil, err
		}
		ch, fresh = c.s.openIM(c.s.bot(), users[0])
	}
	out := Object{"channel": Object{"id": ch.id}}
	if c.flag("return_im") {
		out["channel"] = c.s.channelObject(ch, c.s.bot())
	}
	if !fresh {
		out["no_op"], out["already_open"] = true, true
	}
	return out, nil
}

// openGroup is the direct message of several people.
func (s *Server) openGroup(users []string) (*channel, bool) {
	slices.Sort(users)
	for _, ch := range s.channels {
		if m := slices.Sorted(slices.Values(ch.members)); ch.mpim && slices.Equal(m, users) {
			return ch, false
		}
	}
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = s.users[u].Name
	}
	ch := s.addChannel(&channel{id: s.id("G"), name: "mpdm-" + strings.Join(names, "--") + "-1", private: true, mpim: true, members: users})
	s.tell(Object{"type": "channels"}, users...)
	return ch, true
}

func (c *call) conversationsJoin() (Object, error) {
	ch, err := c.seen()
	switch {
	case err != nil:
		return nil, err
	case ch.private:
		return nil, apiErr("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, apiErr("is_archived")
	}
	fresh := c.s.joinChannel(ch, c.s.bot(), "")
	out := Object{"channel": c.s.channelObject(ch, c.s.bot())}
	if !fresh {
		out["warning"] = "already_in_channel"
		out["response_metadata"] = Object{"warnings": []any{"already_in_channel"}}
	}
	return out, nil
}

func (c *call) conversationsCreate() (Object, error) {
	name := c.str("name")
	switch {
	case name == "":
		return nil, apiErr("invalid_name_required")
	case len([]rune(name)) > 80:
		return nil, apiErr("invalid_name_maxlength")
	case !nameRule.MatchString(name):
		return nil, apiErr("invalid_name_specials")
	case c.s.channelNamed(name) != nil:
		return nil, apiErr("name_taken")
	}
	private := c.flag("is_private")
	scope := "channels:manage"
	if private {
		scope = "groups:write"
	}
	if err := c.need(scope); err != nil {
		return nil, err
	}
	ch := c.s.addChannel(&channel{id: c.s.id("C"), name: name, private: private, creator: c.s.bot(), members: []string{c.s.bot()}})
	c.s.touch()
	return Object{"channel": c.s.channelObject(ch, c.s.bot())}, nil
}

// manageable is a channel that the app may manage. A scope for no more than this call will do, too.
func (c *call) manageable(also ...string) (*channel, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, err
	}
	for _, suffix := range also {
		prefix := map[string]string{"channel": "channels:", "group": "groups:"}[ch.kind()]
		if prefix != "" && slices.Contains(c.s.cfg.App.Scopes, prefix+suffix) {
			return ch, nil
		}
	}
	scope := map[string]string{"channel": "channels:manage", "group": "groups:write", "im": "im:write", "mpim": "mpim:write"}[ch.kind()]
	return ch, c.need(scope)
}

func (c *call) conversationsArchive() (Object, error) {
	ch, err := c.manageable()
	switch {
	case err != nil:
		return nil, err
	case ch.direct() || ch.mpim:
		return nil, apiErr("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, apiErr("already_archived")
	case ch.name == "general":
		return nil, apiErr("cant_archive_general")
	case !ch.has(c.s.bot()):
		return nil, apiErr("not_in_channel")
	}
	c.s.archive(ch, c.s.bot())
	return nil, nil
}

func (s *Server) archive(ch *channel, by string) {
	ch.archived = true
	kind := "channel_archive"
	if ch.private {
		kind = "group_archive"
	}
	s.emit(strings.Replace(messageScope(ch), "history", "read", 1), ch, Object{"type": kind, "channel": ch.id, "user": by, "is_moved": 0, "event_ts": s.stamp()})
	s.tell(Object{"type": "channels"}, ch.members...)
	s.touch()
}

func (c *call) conversationsInvite() (Object, error) {
	ch, err := c.manageable("write.invites")
	users := c.list("users")
	switch {
	case err != nil:
		return nil, err
	case ch.direct():
		return nil, apiErr("method_not_supported_for_channel_type")
	case ch.archived:
		return nil, apiErr("is_archived")
	case !ch.has(c.s.bot()):
		return nil, apiErr("not_in_channel")
	case len(users) == 0:
		return nil, apiErr("no_user")
	}
	for _, u := range users {
		switch {
		case c.s.users[u] == nil:
			return nil, apiErr("user_not_found")
		case u == c.s.bot():
			return nil, apiErr("cant_invite_self")
		case ch.has(u) && len(users) == 1:
			return nil, apiErr("already_in_channel")
		}
	}
	for _, u := range users {
		c.s.joinChannel(ch, u, c.s.bot())
	}
	return Object{"channel": c.s.channelObject(ch, c.s.bot())}, nil
}

func (c *call) conversationsMark() (Object, error) {
	ch, err := c.manageable()
	switch {
	case err != nil:
		return nil, err
	case !ch.has(c.s.bot()):
		return nil, apiErr("not_in_channel")
	case c.str("ts") == "":
		return nil, apiErr("invalid_timestamp")
	}
	ch.read[c.s.bot()] = c.str("ts")
	return nil, nil
}
