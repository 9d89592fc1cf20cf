package slacksim

import (
	"fmt"
	"slices"
	"strings"
)

// The things below happen to channels and people, and apps hear of them.
// https://docs.slack.dev/reference/events

func readScope(ch *channel) string {
	return strings.Replace(messageScope(ch), "history", "read", 1)
}

// kindOf is a channel's event: channel_left, group_left.
func eventFor(ch *channel, what string) string {
	if ch.private {
		return "group_" + what
	}
	return "channel_" + what
}

// Unarchive has a person bring an archived channel back.
func (s *Server) Unarchive(uid, channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	ch.archived = false
	s.emit(readScope(ch), ch, Object{"type": eventFor(ch, "unarchive"), "channel": ch.id, "user": u.ID, "event_ts": s.stamp()})
	s.touch()
	return nil
}

// DeleteChannel has a person delete a channel: apps hear of it, and it can be written to no more.
func (s *Server) DeleteChannel(uid, channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	ch.archived = true
	s.emit(readScope(ch), ch, Object{"type": eventFor(ch, "deleted"), "channel": ch.id, "actor_id": u.ID, "event_ts": s.stamp()})
	ch.members = nil
	s.touch()
	return nil
}

// Rename has a person give a channel another name.
func (s *Server) Rename(uid, channel, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	if s.channelNamed(name) != nil {
		return fmt.Errorf("slacksim: there is a channel %s already", name)
	}
	ch.name = name
	s.emit(readScope(ch), ch, Object{"type": eventFor(ch, "rename"), "event_ts": s.stamp(),
		"channel": Object{"id": ch.id, "name": name, "name_normalized": name, "created": ch.created.Unix(), "is_channel": !ch.private, "is_mpim": false}})
	s.touch()
	return nil
}

// Kick has a person remove the app from a channel.
func (s *Server) Kick(uid, channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, ch, err := s.place(uid, channel)
	if err != nil {
		return err
	}
	ch.members = slices.DeleteFunc(ch.members, func(m string) bool { return m == s.bot() })
	s.emit(readScope(ch), nil, Object{"type": eventFor(ch, "left"), "channel": ch.id, "actor_id": u.ID, "event_ts": s.stamp()})
	s.touch()
	return nil
}

// Deactivate has an admin end somebody's account.
func (s *Server) Deactivate(uid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil {
		return fmt.Errorf("slacksim: there is no user %q", uid)
	}
	u.Deleted, u.updated = true, s.clock.Now()
	s.emit("users:read", nil, Object{"type": "user_change", "user": s.userObject(u), "cache_ts": s.clock.Now().Unix(), "event_ts": s.stamp()})
	s.touch()
	return nil
}
