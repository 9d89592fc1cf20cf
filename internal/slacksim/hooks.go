package slacksim

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

const (
	hookUses = 5
	hookLife = 30 * time.Minute
)

// hook is a response_url.
type hook struct {
	user, channel string
	ts, thread    string // the message that was clicked, and its thread
	uses          int
	at            time.Time
}

func (s *Server) newHook(h hook) string {
	now := s.clock.Now()
	for id, x := range s.hooks {
		if now.Sub(x.at) > hookLife {
			delete(s.hooks, id)
		}
	}
	id := randomHex(16)
	h.at = now
	s.hooks[id] = &h
	return s.base + "/hooks/" + id
}

// serveHook takes what an app posts to a response_url
// (https://docs.slack.dev/interactivity/handling-user-interaction#message_responses).
func (s *Server) serveHook(w http.ResponseWriter, r *http.Request) {
	if f := s.wireFault("response_url", ""); f != nil && !s.suffer(w, r, f) {
		return
	}
	var body Object
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || json.Unmarshal(b, &body) != nil || body == nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	switch code := s.hooked(r.PathValue("id"), body); code {
	case "":
		respond(w, Object{"ok": true})
	case "used_url", "expired_url":
		w.WriteHeader(http.StatusNotFound)
		respond(w, Object{"ok": false, "error": code})
	default:
		w.WriteHeader(http.StatusBadRequest)
		respond(w, Object{"ok": false, "error": code})
	}
}

// hooked does what a response asks for and gives the code of what is wrong with it.
func (s *Server) hooked(id string, body Object) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hooks[id]
	switch {
	case h == nil:
		return "used_url"
	case s.clock.Now().Sub(h.at) > hookLife:
		return "expired_url"
	case h.uses >= hookUses:
		return "used_url"
	}
	h.uses++
	return s.respondTo(h, body)
}

func (s *Server) respondTo(h *hook, body Object) string {
	ch := s.channels[h.channel]
	old := ch.find(h.ts)
	if del, _ := body["delete_original"].(bool); del {
		if old == nil {
			return "message_not_found"
		}
		s.drop(ch, old)
		return ""
	}
	delete(body, "metadata")
	c := &call{s: s, args: body}
	m, err := c.content(maxText)
	if err != nil {
		return err.Error()
	}
	a := s.cfg.App
	m.User, m.BotID, m.AppID, m.BotProfile = a.BotUserID, a.BotID, a.ID, s.botProfile()
	if replace, _ := body["replace_original"].(bool); replace && old != nil {
		if old.Ephemeral {
			old.Text, old.Blocks, old.Attachments = m.Text, m.Blocks, m.Attachments
			s.tell(Object{"type": "message", "channel": ch.id, "ts": old.TS, "thread_ts": old.ThreadTS}, h.user)
			s.touch()
			return ""
		}
		s.edit(ch, old, s.bot(), func(x *Message) { x.Text, x.Blocks, x.Attachments = m.Text, m.Blocks, m.Attachments })
		return ""
	}
	m.ThreadTS = text(body, "thread_ts")
	if m.ThreadTS != "" && ch.root(m.ThreadTS) == nil {
		return "thread_not_found"
	}
	if text(body, "response_type") == "in_channel" {
		s.post(ch, m, false)
		return ""
	}
	if m.ThreadTS == "" && h.thread != "" {
		m.ThreadTS = h.thread
	}
	s.whisper(ch, h.user, m)
	return ""
}

// drop removes a message, or takes an ephemeral one off its reader's screen.
func (s *Server) drop(ch *channel, m *Message) {
	if !m.Ephemeral {
		s.remove(ch, m)
		return
	}
	for i, x := range ch.messages {
		if x == m {
			ch.messages = append(ch.messages[:i], ch.messages[i+1:]...)
			break
		}
	}
	s.tell(Object{"type": "message", "channel": ch.id, "ts": m.TS, "thread_ts": m.ThreadTS}, m.seenBy)
	s.touch()
}
