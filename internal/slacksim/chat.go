package slacksim

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxText        = 40000 // characters of chat.postMessage
	maxUpdateText  = 4000  // characters of chat.update
	maxAttachments = 100
)

// target finds the channel that an app posts to. A user's id stands for the direct message with them.
func (c *call) target(id string) (*channel, error) {
	if id == "" {
		return nil, apiErr("channel_not_found")
	}
	if u := c.s.users[id]; u != nil && !u.app {
		if u.Bot {
			return nil, apiErr("cannot_dm_bot")
		}
		if err := c.need("im:write"); err != nil {
			return nil, err
		}
		ch, _ := c.s.openIM(c.s.bot(), id)
		return ch, nil
	}
	ch := c.s.channels[id]
	if ch == nil {
		ch = c.s.channelNamed(strings.TrimPrefix(id, "#"))
	}
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return nil, apiErr("channel_not_found")
	}
	if ch.archived {
		return nil, apiErr("is_archived")
	}
	if !ch.has(c.s.bot()) && !slices.Contains(c.s.cfg.App.Scopes, "chat:write.public") {
		return nil, apiErr("not_in_channel")
	}
	return ch, nil
}

// content reads text, blocks, attachments and metadata, and holds them against Slack's limits.
func (c *call) content(limit int) (*Message, error) {
	m := &Message{Text: c.str("text")}
	if _, err := c.decode("attachments", &m.Attachments); err != nil {
		return nil, apiErr("invalid_attachments")
	}
	if len(m.Attachments) > maxAttachments {
		return nil, apiErr("too_many_attachments")
	}
	given, err := c.decode("blocks", &m.Blocks)
	if err != nil {
		return nil, invalid("invalid_blocks_format")
	}
	if given {
		if err := c.s.checkBlocks(m.Blocks, surfaceMessage); err != nil {
			return nil, err
		}
	}
	if err := c.s.checkAttachments(m.Attachments); err != nil {
		return nil, err
	}
	switch {
	case utf8.RuneCountInString(m.Text) > limit:
		return nil, apiErr("msg_too_long")
	case m.Text == "" && len(m.Blocks) == 0 && len(m.Attachments) == 0:
		return nil, apiErr("no_text")
	}
	if given, err := c.decode("metadata", &m.Metadata); err != nil {
		return nil, apiErr("invalid_metadata_format")
	} else if given && !validMetadata(m.Metadata) {
		return nil, apiErr("invalid_metadata_format")
	}
	return m, nil
}

func validMetadata(m Object) bool {
	if len(m) == 0 {
		return true
	}
	kind, _ := m["event_type"].(string)
	_, ok := m["event_payload"].(map[string]any)
	return kind != "" && ok
}

// asApp fills in who wrote it. A name or icon of its own makes it a bot_message without a user.
func (c *call) asApp(m *Message) error {
	a := c.s.cfg.App
	m.BotID, m.AppID = a.BotID, a.ID
	name, emoji, icon := c.str("username"), c.str("icon_emoji"), c.str("icon_url")
	if name == "" && emoji == "" && icon == "" {
		m.User, m.BotProfile = a.BotUserID, c.s.botProfile()
		return nil
	}
	if err := c.need("chat:write.customize"); err != nil {
		return err
	}
	m.Subtype, m.Username = "bot_message", name
	if name == "" {
		m.Username = a.Name
	}
	switch {
	case emoji != "":
		m.Icons = Object{"emoji": emoji}
	case icon != "":
		m.Icons = Object{"image_48": icon}
	}
	return nil
}

// written is the message that a call brings, for its place in ch.
func (c *call) written(ch *channel) (*Message, error) {
	m, err := c.content(maxText)
	if err != nil {
		return nil, err
	}
	if err := c.asApp(m); err != nil {
		return nil, err
	}
	return m, c.thread(ch, m)
}

func (c *call) chatPostMessage() (Object, error) {
	ch, err := c.target(c.str("channel"))
	if err != nil {
		return nil, err
	}
	m, err := c.written(ch)
	if err != nil {
		return nil, err
	}
	c.s.post(ch, m, c.flag("reply_broadcast"))
	out := m.object()
	if m.Metadata == nil {
		delete(out, "metadata")
	}
	return Object{"channel": ch.id, "ts": m.TS, "message": out}, nil
}

// thread checks thread_ts and points a reply to a reply at the root, as Slack does.
func (c *call) thread(ch *channel, m *Message) error {
	ts := c.str("thread_ts")
	if ts == "" {
		return nil
	}
	root := ch.root(ts)
	if root == nil {
		if r := ch.find(ts); r != nil {
			root = ch.root(r.ThreadTS)
		}
	}
	if root == nil || root.Ephemeral {
		return apiErr("thread_not_found")
	}
	m.ThreadTS = root.TS
	return nil
}

// own finds a message of the app's own, for which failing has the code other.
func (c *call) own(other string) (*channel, *Message, error) {
	ch := c.s.channels[c.str("channel")]
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return nil, nil, apiErr("channel_not_found")
	}
	m := ch.find(c.str("ts"))
	if m == nil || m.Ephemeral {
		return nil, nil, apiErr("message_not_found")
	}
	if m.BotID != c.s.cfg.App.BotID {
		return nil, nil, apiErr(other)
	}
	if ch.archived {
		return nil, nil, apiErr("is_archived")
	}
	return ch, m, nil
}

// chatUpdate changes text, blocks, attachments and metadata. What is not given stays, but for blocks
// when a text is given without them: then they go. A change with blocks is not marked as edited
// (https://docs.slack.dev/reference/methods/chat.update).
func (c *call) chatUpdate() (Object, error) {
	ch, m, err := c.own("cant_update_message")
	if err != nil {
		return nil, err
	}
	next, err := c.content(maxUpdateText)
	if err != nil {
		return nil, err
	}
	by := c.s.bot()
	if len(next.Blocks) > 0 {
		by = ""
	}
	c.s.edit(ch, m, by, func(m *Message) {
		if c.has("text") {
			m.Text = next.Text
		}
		if c.has("text") || c.has("blocks") {
			m.Blocks = next.Blocks
		}
		if c.has("attachments") {
			m.Attachments = next.Attachments
		}
		if c.has("metadata") {
			m.Metadata = next.Metadata
		}
	})
	return Object{"channel": ch.id, "ts": m.TS, "text": m.Text, "message": m.object()}, nil
}

func (c *call) chatDelete() (Object, error) {
	ch, m, err := c.own("cant_delete_message")
	if err != nil {
		return nil, err
	}
	c.s.remove(ch, m)
	return Object{"channel": ch.id, "ts": m.TS}, nil
}

func (c *call) chatPostEphemeral() (Object, error) {
	ch, err := c.target(c.str("channel"))
	if err != nil {
		return nil, err
	}
	if !ch.has(c.s.bot()) {
		return nil, apiErr("not_in_channel")
	}
	uid := c.str("user")
	if c.s.users[uid] == nil || !ch.has(uid) {
		return nil, apiErr("user_not_in_channel")
	}
	m, err := c.written(ch)
	if err != nil {
		return nil, err
	}
	c.s.whisper(ch, uid, m)
	return Object{"message_ts": m.TS}, nil
}

func (c *call) chatGetPermalink() (Object, error) {
	ch := c.s.channels[c.str("channel")]
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return nil, apiErr("channel_not_found")
	}
	m := ch.find(c.str("message_ts"))
	if m == nil || m.Ephemeral {
		return nil, apiErr("message_not_found")
	}
	return Object{"channel": ch.id, "permalink": c.s.permalink(ch, m)}, nil
}

func (s *Server) permalink(ch *channel, m *Message) string {
	link := s.base + "/archives/" + ch.id + "/p" + strings.ReplaceAll(m.TS, ".", "")
	if m.reply() {
		link += "?" + url.Values{"thread_ts": {m.ThreadTS}, "cid": {ch.id}}.Encode()
	}
	return link
}

func (c *call) chatUnfurl() (Object, error) {
	ch := c.s.channels[c.str("channel")]
	if ch == nil || !ch.has(c.s.bot()) {
		return nil, apiErr("cannot_find_channel")
	}
	m := ch.find(c.str("ts"))
	if m == nil {
		return nil, apiErr("cannot_find_message")
	}
	var unfurls map[string]Object
	if ok, err := c.decode("unfurls", &unfurls); err != nil || !ok {
		return nil, apiErr("cannot_parse_attachment")
	}
	for link, a := range unfurls {
		if a == nil {
			return nil, apiErr("cannot_parse_attachment")
		}
		if !strings.Contains(m.Text, link) {
			return nil, apiErr("cannot_unfurl_url")
		}
		a["from_url"], a["app_id"], a["is_app_unfurl"] = link, c.s.cfg.App.ID, true
		if err := c.s.checkAttachments([]Object{a}); err != nil {
			return nil, err
		}
	}
	c.s.edit(ch, m, "", func(m *Message) {
		for _, a := range unfurls {
			m.Attachments = append(m.Attachments, a)
		}
	})
	return nil, nil
}
