package slacksim

import (
	"slices"
	"strings"
)

// seen finds a channel that the app may know of.
func (c *call) seen() (*channel, error) {
	ch := c.s.channels[c.str("channel")]
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return nil, apiErr("channel_not_found")
	}
	return ch, nil
}

// scope checks the scope of this kind of channel: "channels:" + verb and so on.
func (c *call) scope(ch *channel, verb string) error {
	return c.need(strings.Replace(messageScope(ch), "history", verb, 1))
}

func (s *Server) channelObject(ch *channel, viewer string) Object {
	t := s.cfg.Team.ID
	o := Object{"id": ch.id, "created": ch.created.Unix(), "is_archived": ch.archived, "is_im": ch.direct(), "is_org_shared": false,
		"context_team_id": t, "updated": ch.created.UnixMilli()}
	if ch.direct() {
		o["user"], o["is_user_deleted"], o["priority"] = ch.other(viewer), s.users[ch.other(viewer)].Deleted, 0
		return o
	}
	for k, v := range (Object{"name": ch.name, "name_normalized": ch.name, "is_channel": !ch.mpim, "is_group": false, "is_mpim": ch.mpim,
		"is_private": ch.private, "is_general": ch.name == "general", "unlinked": 0, "is_shared": false,
		"is_pending_ext_shared": false, "pending_shared": []any{}, "creator": ch.creator,
		"is_ext_shared": false, "shared_team_ids": []any{t}, "pending_connected_team_ids": []any{}, "is_member": ch.has(viewer),
		"topic":   Object{"value": ch.topic, "creator": "", "last_set": 0},
		"purpose": Object{"value": ch.purpose, "creator": "", "last_set": 0}, "previous_names": []any{}}) {
		o[k] = v
	}
	if len(ch.shared) > 0 {
		o["is_shared"], o["is_ext_shared"], o["shared_team_ids"] = true, true, ch.teams()
	}
	return o
}

// types reads the types argument and checks a scope for each.
func (c *call) types() ([]string, error) {
	types := c.list("types")
	if len(types) == 0 {
		types = []string{"public_channel"}
	}
	for _, t := range types {
		scope := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}[t]
		if scope == "" {
			return nil, apiErr("invalid_types")
		}
		if err := c.need(scope); err != nil {
			return nil, err
		}
	}
	return types, nil
}

func (ch *channel) typeName() string {
	switch ch.kind() {
	case "im", "mpim":
		return ch.kind()
	case "group":
		return "private_channel"
	}
	return "public_channel"
}

func (c *call) conversationsList() (Object, error) {
	types, err := c.types()
	if err != nil {
		return nil, err
	}
	return c.listChannels(types, func(ch *channel) bool { return !ch.private || ch.has(c.s.bot()) })
}

func (c *call) usersConversations() (Object, error) {
	types, err := c.types()
	if err != nil {
		return nil, err
	}
	uid := c.str("user")
	if uid == "" {
		uid = c.s.bot()
	}
	if c.s.users[uid] == nil {
		return nil, apiErr("user_not_found")
	}
	return c.listChannels(types, func(ch *channel) bool { return ch.has(uid) && (!ch.private || ch.has(c.s.bot())) })
}

func (c *call) listChannels(types []string, ok func(*channel) bool) (Object, error) {
	var all []*channel
	for _, id := range c.s.channelOrder {
		ch := c.s.channels[id]
		if slices.Contains(types, ch.typeName()) && ok(ch) && (!c.flag("exclude_archived") || !ch.archived) {
			all = append(all, ch)
		}
	}
	part, meta, err := page(c, all, 100, 1000)
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, len(part))
	for _, ch := range part {
		o := c.s.channelObject(ch, c.s.bot())
		switch {
		case c.name == "users.conversations":
			delete(o, "is_member")
		case !ch.direct():
			o["num_members"] = len(ch.members)
		}
		list = append(list, o)
	}
	return Object{"channels": list, "response_metadata": meta}, nil
}

func (c *call) conversationsInfo() (Object, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, err
	}
	if err := c.scope(ch, "read"); err != nil {
		return nil, err
	}
	o := c.s.channelObject(ch, c.s.bot())
	if ch.has(c.s.bot()) {
		o["last_read"] = ch.read[c.s.bot()]
	}
	if c.flag("include_num_members") {
		o["num_members"] = len(ch.members)
	}
	return Object{"channel": o}, nil
}

// readable finds a channel whose messages the app may read.
func (c *call) readable() (*channel, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, err
	}
	if !ch.has(c.s.bot()) {
		return nil, apiErr("not_in_channel")
	}
	return ch, c.need(messageScope(ch))
}

// window reads oldest, latest and inclusive.
func (c *call) window() func(ts string) bool {
	oldest, latest, incl := c.str("oldest"), c.str("latest"), c.flag("inclusive")
	return func(ts string) bool {
		lo, hi := oldest == "" || oldest == "0" || compareTS(ts, oldest) > 0, latest == "" || compareTS(ts, latest) < 0
		if incl {
			lo, hi = lo || compareTS(ts, oldest) == 0, hi || compareTS(ts, latest) == 0
		}
		return lo && hi
	}
}

// compareTS compares two ts, which may have fractions of different lengths.
func compareTS(a, b string) int {
	as, af, _ := strings.Cut(a, ".")
	bs, bf, _ := strings.Cut(b, ".")
	if len(as) != len(bs) {
		return len(as) - len(bs)
	}
	if as != bs {
		return strings.Compare(as, bs)
	}
	n := max(len(af), len(bf))
	return strings.Compare(af+strings.Repeat("0", n-len(af)), bf+strings.Repeat("0", n-len(bf)))
}

func (c *call) messageList(all []*Message) []any {
	list := make([]any, 0, len(all))
	for _, m := range all {
		o := m.object()
		if !c.flag("include_all_metadata") {
			delete(o, "metadata")
		}
		list = append(list, o)
	}
	return list
}

func (c *call) conversationsHistory() (Object, error) {
	ch, err := c.readable()
	if err != nil {
		return nil, err
	}
	in := c.window()
	var all []*Message
	for _, m := range slices.Backward(ch.messages) { // newest first
		if !m.Ephemeral && (!m.reply() || m.Subtype == "thread_broadcast") && in(m.TS) {
			all = append(all, m)
		}
	}
	part, meta, err := page(c, all, 100, 999)
	if err != nil {
		return nil, err
	}
	out := Object{"messages": c.messageList(part), "has_more": meta["next_cursor"] != "", "pin_count": len(ch.pins),
		"channel_actions_ts": nil, "channel_actions_count": 0}
	if meta["next_cursor"] != "" {
		out["response_metadata"] = meta
	}
	return out, nil
}

func (c *call) conversationsReplies() (Object, error) {
	ch, err := c.readable()
	if err != nil {
		return nil, err
	}
	root := ch.root(c.str("ts"))
	if root == nil {
		if r := ch.find(c.str("ts")); r != nil {
			root = ch.root(r.ThreadTS)
		}
	}
	if root == nil || root.Ephemeral {
		return nil, apiErr("thread_not_found")
	}
	in := c.window()
	all := []*Message{root} // always, whatever the window
	for _, m := range ch.messages {
		if m.reply() && m.ThreadTS == root.TS && !m.Ephemeral && in(m.TS) {
			all = append(all, m)
		}
	}
	part, meta, err := page(c, all, 1000, 1000)
	if err != nil {
		return nil, err
	}
	out := Object{"messages": c.messageList(part), "has_more": meta["next_cursor"] != ""}
	if meta["next_cursor"] != "" {
		out["response_metadata"] = meta
	}
	return out, nil
}

func (c *call) conversationsMembers() (Object, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, err
	}
	if err := c.scope(ch, "read"); err != nil {
		return nil, err
	}
	part, meta, err := page(c, ch.members, 100, 1000)
	if err != nil {
		return nil, err
	}
	return Object{"members": part, "response_metadata": meta}, nil
}
