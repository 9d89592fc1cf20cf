package slacksim

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// post puts a message into a channel, tells the app and the people. m's ts is set here. A reply's
// ThreadTS must name a root of the channel.
func (s *Server) post(ch *channel, m *Message, broadcast bool) {
	m.Type, m.TS, m.Team = "message", s.stamp(), s.teamOf(m.User)
	if len(ch.shared) > 0 {
		m.UserTeam, m.SourceTeam = m.Team, m.Team
	}
	if m.reply() && broadcast {
		m.Subtype = "thread_broadcast"
	}
	ch.messages = append(ch.messages, m)
	if m.reply() {
		if root := ch.root(m.ThreadTS); root != nil {
			m.ParentUserID = root.User
			s.recount(ch, root)
		}
	}
	if m.User != "" {
		ch.read[m.User] = m.TS
	}
	s.messageEvent(ch, m)
	s.changedMessage(ch, m)
}

// recount brings a root's figures about its thread up to date.
func (s *Server) recount(ch *channel, root *Message) {
	root.ReplyCount, root.ReplyUsers, root.LatestReply = 0, nil, ""
	for _, m := range ch.messages {
		if !m.reply() || m.ThreadTS != root.TS {
			continue
		}
		root.ReplyCount++
		root.LatestReply = m.TS
		who := m.User
		if who == "" {
			who = m.BotID
		}
		if !slices.Contains(root.ReplyUsers, who) {
			root.ReplyUsers = append(root.ReplyUsers, who)
		}
	}
	root.ReplyUsersN = len(root.ReplyUsers)
	root.ThreadTS = ""
	if root.ReplyCount > 0 {
		root.ThreadTS = root.TS
	}
}

// changedMessage tells the people's screens.
func (s *Server) changedMessage(ch *channel, m *Message) {
	o := Object{"type": "message", "channel": ch.id, "ts": m.TS}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	s.tell(o, ch.members...)
	s.touch()
}

// edit replaces a message by next, which has the same ts.
func (s *Server) edit(ch *channel, m *Message, by string, change func(m *Message)) {
	before := m.object()
	delete(before, "metadata")
	change(m)
	if by != "" {
		m.Edited = &Edited{User: by, TS: s.stamp()}
	}
	after := m.object()
	delete(after, "metadata")
	at := s.stamp()
	s.emit(messageScope(ch), ch, Object{"type": "message", "subtype": "message_changed", "message": after, "previous_message": before,
		"channel": ch.id, "channel_type": ch.kind(), "hidden": true, "ts": at, "event_ts": at})
	s.changedMessage(ch, m)
}

// remove deletes a message. A root with replies stays as a tombstone, as in Slack.
func (s *Server) remove(ch *channel, m *Message) {
	before := m.object()
	delete(before, "metadata")
	i := slices.Index(ch.messages, m)
	switch {
	case !m.reply() && m.ReplyCount > 0:
		tomb := &Message{Type: "message", Subtype: "tombstone", User: "USLACKBOT", Text: "This message was deleted.", TS: m.TS,
			ThreadTS: m.TS, deleted: true, ReplyCount: m.ReplyCount, ReplyUsers: m.ReplyUsers, ReplyUsersN: m.ReplyUsersN, LatestReply: m.LatestReply}
		ch.messages[i] = tomb
	default:
		ch.messages = slices.Delete(ch.messages, i, i+1)
		if m.reply() {
			if root := ch.root(m.ThreadTS); root != nil {
				s.recount(ch, root)
				if root.deleted && root.ReplyCount == 0 {
					ch.messages = slices.DeleteFunc(ch.messages, func(x *Message) bool { return x == root })
				}
			}
		}
	}
	ch.pins = slices.DeleteFunc(ch.pins, func(p pin) bool { return p.ts == m.TS })
	at := s.stamp()
	s.emit(messageScope(ch), ch, Object{"type": "message", "subtype": "message_deleted", "previous_message": before, "channel": ch.id,
		"channel_type": ch.kind(), "hidden": true, "deleted_ts": m.TS, "ts": at, "event_ts": at})
	s.changedMessage(ch, m)
}

// whisper puts a message into a channel that only one person sees. No event tells of it.
func (s *Server) whisper(ch *channel, uid string, m *Message) {
	m.Type, m.TS, m.Team, m.Ephemeral, m.seenBy = "message", s.stamp(), s.cfg.Team.ID, true, uid
	ch.messages = append(ch.messages, m)
	o := Object{"type": "message", "channel": ch.id, "ts": m.TS}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	s.tell(o, uid)
	s.touch()
}

// join makes a user a member, with the message and the event that Slack sends.
func (s *Server) joinChannel(ch *channel, uid, inviter string) bool {
	if !ch.join(uid) {
		return false
	}
	ev := Object{"type": "member_joined_channel", "user": uid, "channel": ch.id, "channel_type": memberKind(ch), "team": s.cfg.Team.ID, "event_ts": s.stamp()}
	if inviter != "" {
		ev["inviter"] = inviter
	}
	s.emit("channels:read", ch, ev)
	s.post(ch, &Message{Subtype: "channel_join", User: uid, Text: "<@" + uid + "> has joined the channel"}, false)
	s.tell(Object{"type": "channels"}, ch.members...)
	return true
}

func memberKind(ch *channel) string {
	if ch.private {
		return "G"
	}
	return "C"
}

// react adds (or removes) a reaction; it says whether anything changed.
func (s *Server) react(ch *channel, m *Message, uid, name string, add bool) bool {
	i := slices.IndexFunc(m.Reactions, func(r *Reaction) bool { return r.Name == name })
	has := i >= 0 && slices.Contains(m.Reactions[i].Users, uid)
	if has == add {
		return false
	}
	kind := "reaction_added"
	switch {
	case add && i < 0:
		m.Reactions = append(m.Reactions, &Reaction{Name: name, Users: []string{uid}, Count: 1})
	case add:
		r := m.Reactions[i]
		r.Users, r.Count = append(r.Users, uid), r.Count+1
	default:
		kind = "reaction_removed"
		r := m.Reactions[i]
		r.Users, r.Count = slices.DeleteFunc(r.Users, func(u string) bool { return u == uid }), r.Count-1
		if r.Count == 0 {
			m.Reactions = slices.Delete(m.Reactions, i, i+1)
		}
	}
	s.emit("reactions:read", ch, Object{"type": kind, "user": uid, "reaction": name, "item_user": m.User,
		"item": Object{"type": "message", "channel": ch.id, "ts": m.TS}, "event_ts": s.stamp()})
	s.changedMessage(ch, m)
	return true
}

// messageEvent tells the app of a new message; a mention of the app is an event more.
func (s *Server) messageEvent(ch *channel, m *Message) {
	ev := m.object()
	delete(ev, "metadata")
	ev["channel"], ev["channel_type"], ev["event_ts"] = ch.id, ch.kind(), m.TS
	if len(m.Files) > 0 && m.Subtype == "" {
		ev["subtype"] = "file_share"
	}
	s.emit(messageScope(ch), ch, ev)
	s.linkEvent(ch, m)
	if m.User == s.bot() || m.Subtype != "" || ch.direct() || !strings.Contains(m.Text, "<@"+s.bot()+">") {
		return
	}
	mention := m.object()
	delete(mention, "metadata")
	mention["type"], mention["channel"], mention["event_ts"] = "app_mention", ch.id, m.TS
	s.emit("app_mentions:read", ch, mention)
}

// links are what is written as a link in a message's text.
var links = regexp.MustCompile(`<(https?://[^|>]+)[|>]`)

// linkEvent tells the app of links to its hosts. https://docs.slack.dev/reference/events/link_shared
func (s *Server) linkEvent(ch *channel, m *Message) {
	if m.User == s.bot() || m.Subtype != "" {
		return
	}
	var list []any
	for _, found := range links.FindAllStringSubmatch(m.Text, -1) {
		u, err := url.Parse(found[1])
		if err == nil && slices.ContainsFunc(s.cfg.App.UnfurlDomains, func(d string) bool { return u.Hostname() == d || strings.HasSuffix(u.Hostname(), "."+d) }) {
			list = append(list, Object{"domain": u.Hostname(), "url": found[1]})
		}
	}
	if len(list) == 0 {
		return
	}
	o := Object{"type": "link_shared", "channel": ch.id, "is_bot_user_member": ch.has(s.bot()), "user": m.User, "message_ts": m.TS,
		"unfurl_id": s.id("Uf"), "source": "conversations_history", "links": list, "event_ts": m.TS}
	if m.ThreadTS != "" {
		o["thread_ts"] = m.ThreadTS
	}
	s.emit("links:read", ch, o)
}

// messageScope is the scope without which an app does not hear of messages in a channel.
func messageScope(ch *channel) string {
	switch ch.kind() {
	case "im":
		return "im:history"
	case "mpim":
		return "mpim:history"
	case "group":
		return "groups:history"
	}
	return "channels:history"
}
