package slacksim

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// The kinds of envelope.
const (
	kindEvent    = "events_api"
	kindInteract = "interactive"
	kindSlash    = "slash_commands"
)

// envelope is one thing on its way to the app.
type envelope struct {
	id      string
	kind    string
	payload Object
	accepts bool // the acknowledgement may carry a payload
	attempt int  // 0 for the first try
	reason  string
	conn    *conn       // where it was sent; nil while it waits for a connection
	waiting bool        // for its next try
	stop    func() bool // the timer of the acknowledgement or of the next try
	done    chan answer // what an interaction waits for; nil for events
}

// answer is what the app said to an interaction.
type answer struct {
	acked   bool
	status  int // of HTTP, when it was not 2xx
	payload json.RawMessage
}

// retryDelays are the waits before the second, third and fourth try of an event
// (https://docs.slack.dev/apis/events-api/#retries).
var retryDelays = [...]time.Duration{0, time.Minute, 5 * time.Minute}

// emit sends an event to the app if it is subscribed, has the scope and may see the channel.
func (s *Server) emit(scope string, ch *channel, ev Object) {
	switch {
	case s.uninstalled || s.revoked != "":
		return
	case scope != "" && !slices.Contains(s.cfg.App.Scopes, scope):
		return
	case ch != nil && !ch.has(s.bot()) && len(ch.shared) == 0:
		return
	case !s.subscribed(ev):
		return
	case ch != nil && len(ch.shared) > 0:
		for _, via := range ch.sees() {
			s.sendEventTo(via, true, ev)
		}
	default:
		s.sendEvent(ev)
	}
}

// sendEvent sends an event whatever the app subscribed to.
func (s *Server) sendEvent(ev Object) { s.sendEventTo(s, false, ev) }

// sendEventTo sends an event that happened here to the app as it is installed in via.
func (s *Server) sendEventTo(via *Server, shared bool, ev Object) {
	a, t := via.cfg.App, via.cfg.Team
	now := s.clock.Now()
	payload := Object{"token": a.VerificationToken, "team_id": s.cfg.Team.ID, "context_team_id": t.ID,
		"context_enterprise_id": orNull(t.Enterprise), "api_app_id": a.ID, "event": ev, "type": "event_callback",
		"event_id": s.id("Ev"), "event_time": now.Unix(), "is_ext_shared_channel": shared, "event_context": "4-" + randomHex(16),
		"authorizations": []any{Object{"enterprise_id": orNull(t.Enterprise), "team_id": t.ID, "user_id": a.BotUserID,
			"is_bot": true, "is_enterprise_install": t.OrgWide}}}
	if s.cfg.Team.Enterprise != "" {
		payload["enterprise_id"] = s.cfg.Team.Enterprise
	}
	e := &envelope{kind: kindEvent, payload: payload}
	hub := s.hub
	for _, e := range hub.disturb(e) {
		hub.deliver(e)
	}
}

func (s *Server) subscribed(ev Object) bool {
	if s.cfg.App.Events == nil {
		return true
	}
	name, _ := ev["type"].(string)
	if name == "message" {
		kind, _ := ev["channel_type"].(string)
		name += "." + map[string]string{"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}[kind]
	}
	return slices.Contains(s.cfg.App.Events, name)
}

// interact sends an interaction or a command, which is tried once. The answer comes on the channel.
func (s *Server) interact(kind string, payload Object, accepts bool) <-chan answer {
	e := &envelope{kind: kind, payload: payload, accepts: accepts, done: make(chan answer, 1)}
	if s.cfg.App.RequestURL == "" && len(s.hub.conns)+s.hub.opening == 0 || s.uninstalled {
		e.done <- answer{}
		return e.done
	}
	s.hub.deliver(e)
	return e.done
}

func (s *Server) deliver(e *envelope) {
	e.id = randomID()
	s.witness(e.kind, e.payload)
	if s.cfg.Frugal.On {
		e.payload = s.cfg.Frugal.payload(e.kind, objectOf(e.payload))
	}
	s.pending = append(s.pending, e)
	s.send(e)
}

func (s *Server) witness(kind string, o Object) {
	if s.cfg.Witness != nil {
		s.cfg.Witness(kind, o)
	}
}

// send makes one try.
func (s *Server) send(e *envelope) {
	e.waiting = false
	attempt := e.attempt
	if e.stop != nil {
		e.stop()
	}
	e.stop = s.clock.AfterFunc(s.cfg.AckTimeout, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.attempt == attempt && slices.Contains(s.pending, e) {
			s.failed(e, "timeout", 0)
		}
	})
	if s.cfg.App.RequestURL != "" {
		s.sendHTTP(e)
		return
	}
	e.conn = s.pick()
	if e.conn != nil {
		e.conn.write(s.frame(e))
	}
}

func (s *Server) frame(e *envelope) Object {
	o := Object{"envelope_id": e.id, "type": e.kind, "payload": e.payload, "accepts_response_payload": e.accepts}
	if e.kind == kindEvent && !s.cfg.Frugal.On {
		o["retry_attempt"], o["retry_reason"] = e.attempt, e.reason
	}
	return o
}

// failed is a try that was not acknowledged. Events are tried again, interactions are given up.
func (s *Server) failed(e *envelope, reason string, status int) {
	if e.done != nil {
		s.finish(e, answer{status: status})
		return
	}
	if s.cfg.App.RequestURL != "" && reason == "timeout" {
		reason = "http_timeout"
	}
	if e.attempt >= len(retryDelays) {
		s.lost++
		s.finish(e, answer{})
		return
	}
	delay := retryDelays[e.attempt]
	e.attempt++
	e.reason, e.conn, e.waiting = reason, nil, true
	s.touch()
	if delay == 0 {
		s.send(e)
		return
	}
	attempt := e.attempt
	if e.stop != nil {
		e.stop()
	}
	e.stop = s.clock.AfterFunc(delay, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if e.waiting && e.attempt == attempt && slices.Contains(s.pending, e) {
			s.send(e)
		}
	})
}

// finish ends an envelope.
func (s *Server) finish(e *envelope, a answer) {
	s.pending = slices.DeleteFunc(s.pending, func(x *envelope) bool { return x == e })
	if e.stop != nil {
		e.stop()
	}
	if e.done != nil {
		e.done <- a
	}
	s.touch()
}

// flush sends what waits for a connection, oldest first.
func (s *Server) flush() {
	for _, e := range slices.Clone(s.pending) {
		if e.conn == nil {
			if e.attempt == 0 && e.kind == kindEvent {
				e.attempt, e.reason = 1, "no_connection"
			}
			s.send(e)
		}
	}
}

// Unacknowledged is how many events and interactions the app has not acknowledged yet.
func (s *Server) Unacknowledged() int {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending)
}

// Lost is how many events were given up after their retries.
func (s *Server) Lost() int {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

func randomHex(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

func randomID() string {
	h := randomHex(16)
	return h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:]
}
