package slackapp

import (
	"encoding/json"
	"errors"
	"html"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// Event is one event of the Events API.
// https://docs.slack.dev/apis/events-api/#event-type-structure
type Event struct {
	ID      string // event_id; the same when it is delivered again
	Team    string
	Type    string // of the inner event: message, app_home_opened, …
	User    string
	Channel string
	Raw     json.RawMessage // the inner event
	Message *Message        // of a message event
	In      string          // the key of the installation that it is for; "" is the home. Ids in Raw are as Slack gives them

	from     origin
	happened string // its ts
	shared   bool   // it happened in a channel that is shared with another organization
	name     func(channel string) string
}

// room is a channel's id as the program writes it.
func (e Event) room(bare string) string {
	if e.name == nil {
		return bare
	}
	return e.name(bare)
}

// Message is a message as events and histories tell it. What is not needed is not decoded, so that
// an odd block or file elsewhere in it breaks nothing.
type Message struct {
	ClientMsgID string   `json:"client_msg_id"`
	Subtype     string   `json:"subtype"`
	Channel     string   `json:"channel"`
	User        string   `json:"user"`
	Bot         string   `json:"bot_id"`
	App         string   `json:"app_id"`
	Team        string   `json:"team"`
	UserTeam    string   `json:"user_team"`
	Text        string   `json:"text"`
	TS          string   `json:"ts"`
	ThreadTS    string   `json:"thread_ts"`
	ParentUser  string   `json:"parent_user_id"` // whose the thread's first message is
	Hidden      bool     `json:"hidden"`
	Files       []File   `json:"files"`
	LatestReply string   `json:"latest_reply"` // of a thread's first message
	Metadata    Metadata `json:"metadata"`
	Edited      struct {
		TS string `json:"ts"`
	} `json:"edited"` // when its writer has last changed it
	Reactions []struct {
		Name  string   `json:"name"`
		Users []string `json:"users"`
	} `json:"reactions"`
	DeletedTS string   `json:"deleted_ts"`       // of message_deleted
	Changed   *Message `json:"message"`          // of message_changed: as it is now
	Previous  *Message `json:"previous_message"` // of message_changed and message_deleted: as it was
}

// Metadata is what an app has attached to its message.
type Metadata struct {
	Type    string         `json:"event_type"`
	Payload map[string]any `json:"event_payload"`
}

// Is says whether the metadata is of a type and has these values, compared as text: numbers come
// back as floats.
func (m Metadata) Is(eventType string, want map[string]any) bool {
	if m.Type != eventType {
		return false
	}
	for k, v := range want {
		if text(m.Payload[k]) != text(v) {
			return false
		}
	}
	return true
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// File is a file of a message.
type File struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Title    string `json:"title"`
	Mimetype string `json:"mimetype"`
	Mode     string `json:"mode"` // tombstone: deleted; hidden_by_limit; external
	Size     int64  `json:"size"`
	URL      string `json:"url_private_download"`
	URLView  string `json:"url_private"`
	Access   string `json:"file_access"`
}

// Amendment is what a person has done to what they wrote: it says something else since at, or it is gone.
// ok is false for everything else, such as the preview of a link that Slack has added.
// https://docs.slack.dev/reference/events/message/message_changed and …/message_deleted
func (m *Message) Amendment() (now Message, gone bool, at time.Time, ok bool) {
	was := m.Previous
	switch {
	case m.Subtype == "message_deleted" && was != nil:
		now, gone = *was, true
	case m.Subtype == "message_changed" && m.Changed != nil && m.Changed.Subtype == "tombstone" && was != nil: // it has answers
		now, gone = *was, true
	case m.Subtype == "message_changed" && m.Changed != nil && m.Changed.Edited.TS != "":
		now, at = *m.Changed, At(m.Changed.Edited.TS)
	default:
		return now, false, at, false
	}
	if now.Channel = m.Channel; gone {
		at = At(m.TS)
	}
	return now, gone, at, now.Human()
}

// Gone is the ts of a message that was deleted, when that is what the message tells; else "".
func (m *Message) Gone() string {
	switch {
	case m.Subtype == "message_deleted":
		if m.Previous != nil && m.Previous.TS != "" {
			return m.Previous.TS
		}
		return m.DeletedTS
	case m.Subtype == "message_changed" && m.Changed != nil && m.Changed.Subtype == "tombstone": // it has answers
		return m.Changed.TS
	}
	return ""
}

// conversation is the thread in which the message stands, or that of the one which it tells about.
func (m *Message) conversation() string {
	for _, other := range []*Message{m.Changed, m.Previous} {
		if other != nil {
			return other.Thread()
		}
	}
	return m.Thread()
}

// Says says whether the message's text is this one, whatever of it is escaped; no text is like none.
func (m *Message) Says(text string) bool {
	plain := func(s string) string { return strings.TrimSpace(html.UnescapeString(s)) }
	return text != "" && plain(m.Text) == plain(text)
}

// Thread is the ts of the thread's first message: its own when it began one.
func (m *Message) Thread() string {
	if m.ThreadTS != "" {
		return m.ThreadTS
	}
	return m.TS
}

// Human says whether the message is something that a person wrote just now: not a bot's, not a
// notice about the channel, not a change of an older one.
func (m *Message) Human() bool {
	if m.User == "" || m.Bot != "" || m.Hidden || m.TS == "" {
		return false
	}
	switch m.Subtype {
	case "", "file_share", "thread_broadcast", "me_message":
		return true
	}
	return false
}

// At is when a ts was made; zero when it is none.
func At(ts string) time.Time {
	sec, frac, _ := strings.Cut(ts, ".")
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil || s <= 0 || s > 1<<40 {
		return time.Time{}
	}
	us, err := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(s, us*1000).UTC()
}

// TS is the ts of a moment; "0", the beginning of all, for one that is not set.
func TS(t time.Time) string {
	if t.Unix() <= 0 {
		return "0"
	}
	us := t.UnixMicro()
	f := strconv.FormatInt(us%1_000_000, 10)
	return strconv.FormatInt(us/1_000_000, 10) + "." + strings.Repeat("0", 6-len(f)) + f
}

// decodeEvent reads the outer and the inner event.
func decodeEvent(payload []byte) (Event, error) {
	var outer struct {
		ID     string          `json:"event_id"`
		Shared bool            `json:"is_ext_shared_channel"`
		Team   string          `json:"team_id"`
		Inner  json.RawMessage `json:"event"`
		outerOrigin
	}
	if err := json.Unmarshal(payload, &outer); err != nil {
		return Event{}, err
	}
	var inner struct {
		Type    string          `json:"type"`
		User    json.RawMessage `json:"user"`    // an id, or in some events an object
		Channel json.RawMessage `json:"channel"` // likewise
		At      string          `json:"event_ts"`
	}
	if err := json.Unmarshal(outer.Inner, &inner); err != nil {
		return Event{}, err
	}
	if inner.Type == "" {
		return Event{}, errors.New("the event has no type")
	}
	ev := Event{ID: outer.ID, Team: outer.Team, Type: inner.Type, Raw: outer.Inner, from: outer.origin(outer.Team), shared: outer.Shared, happened: inner.At,
		User: idOf(inner.User), Channel: idOf(inner.Channel)}
	if ev.Type == "message" {
		ev.Message = &Message{}
		if err := json.Unmarshal(outer.Inner, ev.Message); err != nil {
			return Event{}, err
		}
	}
	if ev.happened == "" && ev.Message != nil {
		ev.happened = ev.Message.TS
	}
	return ev, nil
}

func idOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var o struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(raw, &o)
	return o.ID
}

// decodeInteraction reads a click or a submitted modal. Of the message that was clicked only what
// says where it stands is decoded: a button must work whatever else the message holds.
func decodeInteraction(payload []byte) (*slack.InteractionCallback, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(payload, &all); err != nil {
		return nil, err
	}
	delete(all, "original_message")
	if raw, ok := all["message"]; ok {
		var m struct {
			TS       string `json:"ts"`
			ThreadTS string `json:"thread_ts"`
			User     string `json:"user"`
			Bot      string `json:"bot_id"`
			Text     any    `json:"text,omitempty"`
		}
		if err := json.Unmarshal(raw, &m); err != nil {
			return nil, err
		}
		if _, ok := m.Text.(string); !ok {
			m.Text = nil
		}
		all["message"], _ = json.Marshal(m)
	}
	small, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	ic := &slack.InteractionCallback{}
	if err := json.Unmarshal(small, ic); err != nil {
		return nil, err
	}
	return ic, nil
}
