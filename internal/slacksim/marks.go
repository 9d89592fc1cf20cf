package slacksim

import (
	"net/url"
	"slices"
	"strings"
)

// marked finds the message that a reaction or a pin is about.
func (c *call) marked(tsArg string) (*channel, *Message, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, nil, err
	}
	if !ch.has(c.s.bot()) {
		return nil, nil, apiErr("not_in_channel")
	}
	if c.str(tsArg) == "" {
		return nil, nil, apiErr("no_item_specified")
	}
	m := ch.find(c.str(tsArg))
	if m == nil || m.Ephemeral {
		return nil, nil, apiErr("message_not_found")
	}
	return ch, m, nil
}

func (c *call) emoji() (string, error) {
	name := strings.Trim(c.str("name"), ":")
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("_-+':", r)
	}) {
		return "", apiErr("invalid_name")
	}
	return name, nil
}

func (c *call) reactionsAdd() (Object, error)    { return c.reaction(true, "already_reacted") }
func (c *call) reactionsRemove() (Object, error) { return c.reaction(false, "no_reaction") }

func (c *call) reaction(add bool, otherwise string) (Object, error) {
	name, err := c.emoji()
	if err != nil {
		return nil, err
	}
	ch, m, err := c.marked("timestamp")
	if err != nil {
		return nil, err
	}
	if ch.archived {
		return nil, apiErr("is_archived")
	}
	if !c.s.react(ch, m, c.s.bot(), name, add) {
		return nil, apiErr(otherwise)
	}
	return nil, nil
}

func (c *call) reactionsGet() (Object, error) {
	ch, m, err := c.marked("timestamp")
	if err != nil {
		return nil, err
	}
	o := m.object()
	o["permalink"] = c.s.permalink(ch, m)
	delete(o, "metadata")
	return Object{"type": "message", "channel": ch.id, "message": o}, nil
}

func (c *call) pinsAdd() (Object, error) {
	ch, m, err := c.marked("timestamp")
	switch {
	case err != nil:
		return nil, err
	case ch.archived:
		return nil, apiErr("is_archived")
	case slices.Contains(m.PinnedTo, ch.id):
		return nil, apiErr("already_pinned")
	case len(ch.pins) >= 100:
		return nil, apiErr("too_many_pins")
	}
	m.PinnedTo = append(m.PinnedTo, ch.id)
	ch.pins = append(ch.pins, pin{ts: m.TS, by: c.s.bot(), at: c.s.clock.Now()})
	c.s.changedMessage(ch, m)
	return nil, nil
}

func (c *call) pinsRemove() (Object, error) {
	ch, m, err := c.marked("timestamp")
	if err != nil {
		return nil, err
	}
	if !slices.Contains(m.PinnedTo, ch.id) {
		return nil, apiErr("no_pin")
	}
	m.PinnedTo = nil
	ch.pins = slices.DeleteFunc(ch.pins, func(p pin) bool { return p.ts == m.TS })
	c.s.changedMessage(ch, m)
	return nil, nil
}

func (c *call) pinsList() (Object, error) {
	ch, err := c.seen()
	if err != nil {
		return nil, err
	}
	if !ch.has(c.s.bot()) {
		return nil, apiErr("not_in_channel")
	}
	items := make([]any, 0, len(ch.pins))
	for _, p := range slices.Backward(ch.pins) {
		o := ch.find(p.ts).object()
		delete(o, "metadata")
		o["permalink"] = c.s.permalink(ch, ch.find(p.ts))
		items = append(items, Object{"type": "message", "channel": ch.id, "message": o, "created": p.at.Unix(), "created_by": p.by})
	}
	return Object{"items": items}, nil
}

func (c *call) bookmarkChannel() (*channel, error) {
	ch := c.s.channels[c.str("channel_id")]
	if ch == nil || ch.private && !ch.has(c.s.bot()) {
		return nil, apiErr("channel_not_found")
	}
	if !ch.has(c.s.bot()) {
		return nil, apiErr("not_in_channel")
	}
	return ch, nil
}

func (c *call) bookmarksAdd() (Object, error) {
	ch, err := c.bookmarkChannel()
	if err != nil {
		return nil, err
	}
	link := c.str("link")
	u, perr := url.Parse(link)
	switch {
	case c.str("type") != "link":
		return nil, apiErr("invalid_bookmark_type")
	case c.str("title") == "":
		return nil, invalid("invalid_arguments", "missing required field: title")
	case perr != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, apiErr("invalid_link")
	case len(ch.bookmarks) >= 100:
		return nil, apiErr("too_many_bookmarks")
	}
	at := c.s.clock.Now().Unix()
	b := Object{"id": c.s.id("Bk"), "channel_id": ch.id, "title": c.str("title"), "link": link, "emoji": c.str("emoji"), "icon_url": nil,
		"type": "link", "entity_id": nil, "date_created": at, "date_updated": 0, "rank": "i", "last_updated_by_user_id": c.s.bot(),
		"last_updated_by_team_id": c.s.cfg.Team.ID, "shortcut_id": nil, "app_id": c.s.cfg.App.ID}
	ch.bookmarks = append(ch.bookmarks, b)
	c.s.touch()
	return Object{"bookmark": b}, nil
}

func (c *call) bookmarksList() (Object, error) {
	ch, err := c.bookmarkChannel()
	if err != nil {
		return nil, err
	}
	list := make([]any, 0, len(ch.bookmarks))
	for _, b := range ch.bookmarks {
		list = append(list, b)
	}
	return Object{"bookmarks": list}, nil
}
