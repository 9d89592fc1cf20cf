package slacksim

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// recorder is an app that acknowledges everything and keeps it.
type recorder struct {
	mu  sync.Mutex
	all []Object
}

// kind names a payload: "message", "message/message_changed", "block_actions", "command".
func kind(p Object) string {
	if ev := object(p, "event"); ev != nil {
		if sub := text(ev, "subtype"); sub != "" {
			return text(ev, "type") + "/" + sub
		}
		return text(ev, "type")
	}
	if p["command"] != nil {
		return "command"
	}
	return text(p, "type")
}

func (r *recorder) last(k string) Object {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out Object
	for _, p := range r.all {
		if kind(p) == k {
			out = p
		}
	}
	return out
}

func (r *recorder) count(k string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, p := range r.all {
		if kind(p) == k {
			n++
		}
	}
	return n
}

// record connects a recorder by Socket Mode.
func record(t *testing.T, s *Server) *recorder {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.Dial(ok(t, s, "apps.connections.open")["url"].(string), nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			var e struct {
				EnvelopeID string `json:"envelope_id"`
				Payload    Object `json:"payload"`
			}
			if ws.ReadJSON(&e) != nil {
				return
			}
			if e.EnvelopeID == "" {
				continue
			}
			r.mu.Lock()
			r.all = append(r.all, e.Payload)
			r.mu.Unlock()
			b, _ := json.Marshal(Object{"envelope_id": e.EnvelopeID})
			if ws.WriteMessage(websocket.TextMessage, b) != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { ws.Close(); <-done })
	wait(t, s, func() bool { return s.Connections() > 0 })
	return r
}

func check(t *testing.T, s *Server, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	wait(t, s, func() bool { return s.Unacknowledged() == 0 })
}
