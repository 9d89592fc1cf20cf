package slacksim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Object is a JSON object.
type Object = map[string]any

// Message is a message as conversations.history gives it.
type Message struct {
	Type         string      `json:"type"`
	Subtype      string      `json:"subtype,omitempty"`
	User         string      `json:"user,omitempty"`
	Text         string      `json:"text"`
	TS           string      `json:"ts"`
	ClientMsgID  string      `json:"client_msg_id,omitempty"`
	BotID        string      `json:"bot_id,omitempty"`
	AppID        string      `json:"app_id,omitempty"`
	BotProfile   Object      `json:"bot_profile,omitempty"`
	Username     string      `json:"username,omitempty"`
	Icons        Object      `json:"icons,omitempty"`
	Team         string      `json:"team,omitempty"`
	UserTeam     string      `json:"user_team,omitempty"`   // in a channel that workspaces share
	SourceTeam   string      `json:"source_team,omitempty"` // likewise
	Blocks       []Object    `json:"blocks,omitempty"`
	Attachments  []Object    `json:"attachments,omitempty"`
	Files        []Object    `json:"files,omitempty"`
	Upload       bool        `json:"upload,omitempty"`
	Edited       *Edited     `json:"edited,omitempty"`
	ThreadTS     string      `json:"thread_ts,omitempty"`
	ParentUserID string      `json:"parent_user_id,omitempty"`
	ReplyCount   int         `json:"reply_count,omitempty"`
	ReplyUsersN  int         `json:"reply_users_count,omitempty"`
	LatestReply  string      `json:"latest_reply,omitempty"`
	ReplyUsers   []string    `json:"reply_users,omitempty"`
	Reactions    []*Reaction `json:"reactions,omitempty"`
	PinnedTo     []string    `json:"pinned_to,omitempty"`
	Metadata     Object      `json:"metadata,omitempty"`
	Ephemeral    bool        `json:"ephemeral,omitempty"` // seen by one person only

	seenBy  string // of an ephemeral one
	deleted bool   // a root whose thread lives on
}

// Edited says who changed a message last, and when.
type Edited struct {
	User string `json:"user"`
	TS   string `json:"ts"`
}

// Reaction is an emoji under a message.
type Reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// reply says whether m stands in a thread below another message.
func (m *Message) reply() bool { return m.ThreadTS != "" && m.ThreadTS != m.TS }

func (m *Message) object() Object { return objectOf(m) }

// objectOf is v as it goes over the wire.
func objectOf(v any) Object {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // what came from JSON goes back to JSON
	}
	var o Object
	if err := json.Unmarshal(b, &o); err != nil {
		panic(err)
	}
	return o
}

type user struct {
	User
	app      bool // the app's own bot
	updated  time.Time
	presence string
	dnd      time.Time // until then they do not want to be disturbed
}

type channel struct {
	id, name       string
	private        bool
	archived       bool
	im             string // one side of a direct message
	im2            string // the other side
	mpim           bool
	topic, purpose string
	creator        string
	created        time.Time
	members        []string
	shared         []*Server  // the workspaces that share it; nil: it is of one only
	turn           int        // of the workspace whose the next event is
	twice          bool       // events of it are brought for each workspace
	messages       []*Message // by ts, replies among them
	pins           []pin
	bookmarks      []Object
	read           map[string]string // user → ts
}

type pin struct {
	ts, by string
	at     time.Time
}

func (c *channel) direct() bool        { return c.im != "" }
func (c *channel) has(uid string) bool { return slices.Contains(c.members, uid) }

func (c *channel) join(uid string) bool {
	if c.has(uid) {
		return false
	}
	c.members = append(c.members, uid)
	return true
}

// other is the other side of a direct message.
func (c *channel) other(uid string) string {
	if c.im == uid {
		return c.im2
	}
	return c.im
}

// kind is the channel_type of events.
func (c *channel) kind() string {
	switch {
	case c.direct():
		return "im"
	case c.mpim:
		return "mpim"
	case c.private:
		return "group"
	}
	return "channel"
}

// find gives the message of that ts, or nil.
func (c *channel) find(ts string) *Message {
	for i := len(c.messages) - 1; i >= 0; i-- {
		if m := c.messages[i]; m.TS == ts && !m.deleted {
			return m
		}
	}
	return nil
}

// root is the message that starts a thread, even a deleted one whose replies live on.
func (c *channel) root(ts string) *Message {
	for _, m := range c.messages {
		if m.TS == ts && !m.reply() {
			return m
		}
	}
	return nil
}

func handle(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, name))
}

func (s *Server) addUser(u User) {
	if u.RealName == "" {
		u.RealName = u.Name
	}
	if u.TZ == "" {
		u.TZ = "Etc/UTC"
	}
	if u.Locale == "" {
		u.Locale = "en-US"
	}
	if u.Color == "" {
		colors := []string{"9f69e7", "4bbe2e", "e7392d", "3c989f", "674b1b", "e96699", "e0a729", "684b6c", "5b89d5", "2b6836"}
		u.Color = colors[len(s.users)%len(colors)]
	}
	n := &user{User: u, updated: s.clock.Now(), presence: "active"}
	if u.Away {
		n.presence = "away"
	}
	s.users[u.ID] = n
	s.userOrder = append(s.userOrder, u.ID)
}

func (s *Server) addChannel(c *channel) *channel {
	c.created = s.clock.Now()
	c.read = map[string]string{}
	if c.creator == "" && len(s.userOrder) > 0 {
		c.creator = s.userOrder[0]
	}
	s.channels[c.id] = c
	s.channelOrder = append(s.channelOrder, c.id)
	return c
}

func (s *Server) userBy(name string) *user {
	var stranger *user // of whom there may be one of the same name
	for _, id := range s.userOrder {
		switch u := s.users[id]; {
		case u.Name != name:
		case u.Team == "":
			return u
		case stranger == nil:
			stranger = u
		}
	}
	return stranger
}

// member finds a user by id, by handle, or the app's bot by "@app".
func (s *Server) member(ref string) *user {
	if ref == "@app" {
		return s.users[s.cfg.App.BotUserID]
	}
	if u := s.users[ref]; u != nil {
		return u
	}
	return s.userBy(strings.TrimPrefix(ref, "@"))
}

func (s *Server) channelNamed(name string) *channel {
	for _, c := range s.channels {
		if c.name == name && name != "" {
			return c
		}
	}
	return nil
}

// openIM is the direct message between two users, made when it is not there.
func (s *Server) openIM(a, b string) (*channel, bool) {
	for _, id := range s.channelOrder {
		c := s.channels[id]
		if c.direct() && (c.im == a && c.im2 == b || c.im == b && c.im2 == a) {
			return c, false
		}
	}
	c := s.addChannel(&channel{id: s.id("D"), im: a, im2: b, private: true, members: []string{a, b}})
	if a == b {
		c.members = []string{a}
	}
	s.tell(Object{"type": "channels"}, c.members...)
	return c, true
}

// id makes an id that begins with a letter, unique in this workspace.
func (s *Server) id(prefix string) string {
	s = s.hub
	s.serial++
	return fmt.Sprintf("%s0%08X", prefix, s.serial)
}

// stamp makes the next ts. It is unique in the workspace and grows.
func (s *Server) stamp() string {
	s = s.hub
	us := s.clock.Now().UnixMicro()
	if us <= s.lastTS {
		us = s.lastTS + 1
	}
	s.lastTS = us
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}

// bot is the app's user id.
func (s *Server) bot() string { return s.cfg.App.BotUserID }

func (s *Server) botProfile() Object {
	a := s.cfg.App
	return Object{"id": a.BotID, "app_id": a.ID, "user_id": a.BotUserID, "name": a.Name, "deleted": false,
		"updated": s.started.Unix(), "team_id": s.cfg.Team.ID, "icons": s.icons()}
}

func (s *Server) icons() Object {
	return Object{"image_36": s.base + "/sim/icon.png", "image_48": s.base + "/sim/icon.png", "image_72": s.base + "/sim/icon.png"}
}
