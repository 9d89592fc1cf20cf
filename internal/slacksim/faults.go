package slacksim

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// FaultKind is a way in which Slack can fail.
type FaultKind string

// The faults.
const (
	Outage      FaultKind = "outage"       // connections break off before anything is done
	Slow        FaultKind = "slow"         // Delay before the call is done
	DropAnswer  FaultKind = "drop_answer"  // the call is done, its answer never comes
	ServerError FaultKind = "server_error" // 5xx with a page that is no JSON; Status, or 503
	RateLimited FaultKind = "rate_limited" // 429 with Retry-After: Delay, or 1 s
	Duplicate   FaultKind = "duplicate"    // an event comes twice
	OutOfOrder  FaultKind = "out_of_order" // an event comes after the next one
	LoseEvent   FaultKind = "lose_event"   // an event never comes
)

// Fault is something that goes wrong from now on.
type Fault struct {
	Kind    FaultKind     `json:"kind"`
	Method  string        `json:"method"`  // of the API, or "response_url", "files", "socket"; "" is all
	Channel string        `json:"channel"` // only calls about it; "" is all
	Times   int           `json:"times"`   // how often; 0 is until Clear
	Delay   time.Duration `json:"delay"`   // of slow and rate_limited
	Status  int           `json:"status"`  // of server_error
}

type fault struct {
	Fault
	left int // -1 has no end
}

// Inject makes something go wrong.
func (s *Server) Inject(f Fault) {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &fault{Fault: f, left: f.Times}
	if f.Times == 0 {
		n.left = -1
	}
	s.faults = append(s.faults, n)
	if f.Kind == Outage && (f.Method == "" || f.Method == "socket") {
		s.disconnect("")
	}
}

// Clear ends all faults. A held event is sent.
func (s *Server) Clear() {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
	s.release()
}

// RevokeToken has every later call with the bot token answered by this code: token_revoked,
// account_inactive, invalid_auth; "" gives the token back.
func (s *Server) RevokeToken(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code != "" {
		s.emit("", nil, Object{"type": "tokens_revoked", "tokens": Object{"oauth": []any{}, "bot": []any{s.bot()}}, "event_ts": s.stamp()})
	}
	s.revoked = code
	s.touch()
}

// faultFor takes the first fault of these kinds that fits. The lock is held.
func (s *Server) faultFor(method, channel string, kinds ...FaultKind) *fault {
	s = s.hub
	for _, f := range s.faults {
		if f.left == 0 || !slices.Contains(kinds, f.Kind) || f.Method != "" && f.Method != method || f.Channel != "" && f.Channel != channel {
			continue
		}
		if f.left > 0 {
			f.left--
		}
		return f
	}
	return nil
}

func (s *Server) wireFault(method, channel string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faultFor(method, channel, Outage, Slow, ServerError, RateLimited)
}

// suffer plays a fault at the wire; it says whether the call goes on after it.
func (s *Server) suffer(w http.ResponseWriter, r *http.Request, f *fault) bool {
	switch f.Kind {
	case Outage:
		panic(http.ErrAbortHandler)
	case Slow:
		done := make(chan struct{})
		stop := s.clock.AfterFunc(f.Delay, func() { close(done) })
		defer stop()
		select {
		case <-done:
			return true
		case <-r.Context().Done():
			return false
		}
	case RateLimited:
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(f.Delay.Seconds()))))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"ok":false,"error":"ratelimited"}`)
	case ServerError:
		status := f.Status
		if status == 0 {
			status = http.StatusServiceUnavailable
		}
		http.Error(w, "upstream connect error or disconnect/reset before headers", status)
	}
	return false
}

// disturb is where events are lost, doubled and held back. It gives what is sent now.
func (s *Server) disturb(e *envelope) []*envelope {
	if s.faultFor("events", "", LoseEvent) != nil {
		return nil
	}
	out := []*envelope{e}
	if s.faultFor("events", "", Duplicate) != nil {
		twin := *e
		out = append(out, &twin)
	}
	if s.held != nil {
		out = append(out, s.held)
		s.held = nil
		return out
	}
	if s.faultFor("events", "", OutOfOrder) != nil {
		s.held = e
		s.clock.AfterFunc(time.Second, func() { // when no other event comes
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.held == e {
				s.release()
			}
		})
		return out[1:]
	}
	return out
}

func (s *Server) release() {
	if e := s.held; e != nil {
		s.held = nil
		s.deliver(e)
	}
}
