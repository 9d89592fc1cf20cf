package slacksim

import (
	"encoding/json"
	"strings"
)

// Messages are the top-level messages of a channel (id or name), oldest first, with what only one
// person sees among them.
func (s *Server) Messages(channel string) []Message {
	return s.filter(channel, func(m *Message) bool { return !m.reply() })
}

// Replies are the messages below a top-level message, oldest first.
func (s *Server) Replies(channel, ts string) []Message {
	return s.filter(channel, func(m *Message) bool { return m.reply() && m.ThreadTS == ts })
}

// Message is one message, replies and ephemeral ones included.
func (s *Server) Message(channel, ts string) (Message, bool) {
	all := s.filter(channel, func(m *Message) bool { return m.TS == ts })
	if len(all) == 0 {
		return Message{}, false
	}
	return all[0], true
}

func (s *Server) filter(channel string, ok func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[channel]
	if ch == nil {
		ch = s.channelNamed(strings.TrimPrefix(channel, "#"))
	}
	if ch == nil {
		return nil
	}
	var out []Message
	for _, m := range ch.messages {
		if ok(m) && !m.deleted {
			out = append(out, m.copy())
		}
	}
	return out
}

func (m *Message) copy() Message {
	var c Message
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // what came from JSON goes back to JSON
	}
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	c.seenBy = m.seenBy
	return c
}

// SeenBy is the only person who sees an ephemeral message; "" is everybody in the channel.
func (m Message) SeenBy() string { return m.seenBy }

// Action is the interactive element of the message with this action id (or "block/action"), or nil.
func (m Message) Action(ref string) Object {
	e, err := findElement(m.Blocks, ref)
	if err != nil {
		return nil
	}
	return e.el
}

// Actions are the action ids of the message's interactive elements, in order.
func (m Message) Actions() []string { return actionIDs(m.Blocks) }

// Actions are the action ids of the view's interactive elements, in order.
func (v View) Actions() []string { return actionIDs(v.Blocks) }

func actionIDs(blocks []Object) []string {
	var out []string
	for _, e := range elements(blocks) {
		out = append(out, e.actionID())
	}
	return out
}

// PlainText is all that can be read on the message: its blocks' texts, a line each, or its text when
// it has no blocks.
func (m Message) PlainText() string {
	if len(m.Blocks) == 0 {
		return m.Text
	}
	return strings.Join(texts(m.Blocks), "\n")
}

// PlainText is all that can be read on the view.
func (v View) PlainText() string { return strings.Join(texts(v.Blocks), "\n") }

func texts(v any) []string {
	var out []string
	switch x := v.(type) {
	case []Object:
		for _, o := range x {
			out = append(out, texts(o)...)
		}
	case []any:
		for _, o := range x {
			out = append(out, texts(o)...)
		}
	case map[string]any:
		if t, ok := x["text"].(string); ok {
			out = append(out, t)
		}
		for _, k := range []string{"label", "title", "text", "hint", "fields", "accessory", "element", "elements", "placeholder", "options", "description", "alt_text"} {
			if t, ok := x[k].(string); ok && k == "alt_text" {
				out = append(out, t)
			} else if !ok {
				out = append(out, texts(x[k])...)
			}
		}
	}
	return out
}

// View is the modal in front of a person, or nil.
func (s *Server) View(uid string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil || s.top(u.ID) == nil {
		return nil
	}
	return s.top(u.ID).copy()
}

// Home is what the app published on a person's Home tab, or nil.
func (s *Server) Home(uid string) *View {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.member(uid)
	if u == nil || s.homes[u.ID] == nil {
		return nil
	}
	return s.homes[u.ID].copy()
}

// Permalink is the link to a message, or "".
func (s *Server) Permalink(channel, ts string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ch := s.channels[channel]
	if ch == nil {
		ch = s.channelNamed(channel)
	}
	if ch == nil || ch.find(ts) == nil {
		return ""
	}
	return s.permalink(ch, ch.find(ts))
}

// Calls is how often a method was called, refused calls included.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Refused is how often a method was called too fast, and answered 429.
func (s *Server) Refused(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused[method]
}

// FileData is what a file holds, by its id.
func (s *Server) FileData(id string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil || !f.sent {
		return nil, false
	}
	return f.data, true
}
