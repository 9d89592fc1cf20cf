package slacksim

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	maxConns     = 10        // of one app (https://docs.slack.dev/apis/events-api/using-socket-mode)
	maxAck       = 20 * 1024 // a larger acknowledgement is dropped without a word
	pingInterval = 5 * time.Second
	connSeconds  = 3600 // how long a connection is said to last
)

// conn is one Socket Mode connection.
type conn struct {
	ws   *websocket.Conn
	out  chan []byte
	once sync.Once
	gone chan struct{}
}

// write queues a frame. A connection that does not read is closed.
func (c *conn) write(o Object) {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err) // payloads are made here, of JSON types
	}
	select {
	case c.out <- b:
	default:
		c.close()
	}
}

func (c *conn) close() {
	c.once.Do(func() {
		close(c.gone)
		_ = c.ws.Close()
	})
}

// apiConnectionsOpen hands out a URL that works once.
func (s *Server) apiConnectionsOpen(*call) (Object, error) {
	if s.cfg.App.RequestURL != "" {
		return nil, apiErr("forbidden_app_type")
	}
	if len(s.conns) >= maxConns {
		return nil, apiErr("too_many_websockets")
	}
	t := randomHex(16)
	s.tickets[t] = true
	return Object{"url": "ws" + strings.TrimPrefix(s.base, "http") + "/link/?ticket=" + t + "&app_id=" + s.cfg.App.ID}, nil
}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	ticket := r.URL.Query().Get("ticket")
	s.mu.Lock()
	ok := s.tickets[ticket] && s.faultFor("socket", "", Outage) == nil
	delete(s.tickets, ticket)
	if ok {
		s.opening++ // the app may take itself to be connected before we do
	}
	s.mu.Unlock()
	if !ok {
		http.Error(w, "this ticket is not valid", http.StatusUnauthorized)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		s.mu.Lock()
		s.opening--
		s.mu.Unlock()
		return // Upgrade has answered
	}
	ws.SetReadLimit(1 << 20)
	c := &conn{ws: ws, out: make(chan []byte, 4096), gone: make(chan struct{})}
	if s.connected(c) {
		s.read(c)
	}
	s.disconnected(c)
}

// pump writes frames and pings.
func (c *conn) pump() {
	defer c.close()
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		var err error
		select {
		case b := <-c.out:
			_ = c.ws.SetWriteDeadline(time.Now().Add(10 * time.Second))
			err = c.ws.WriteMessage(websocket.TextMessage, b)
		case <-ping.C:
			err = c.ws.WriteControl(websocket.PingMessage, []byte("Ping from slacksim"), time.Now().Add(5*time.Second))
		case <-c.gone:
			return
		}
		if err != nil {
			return
		}
	}
}

func (s *Server) connected(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening--
	if s.closed {
		return false
	}
	s.work.Go(c.pump)
	s.conns = append(s.conns, c)
	hello := Object{"type": "hello", "num_connections": len(s.conns), "connection_info": Object{"app_id": s.cfg.App.ID},
		"debug_info": Object{"host": "applink-simulated", "build_number": 1, "approximate_connection_time": connSeconds}}
	if s.cfg.Frugal.On {
		hello = only(hello, "type")
	}
	c.write(hello)
	s.flush()
	s.touch()
	return true
}

// read takes acknowledgements until the connection ends.
func (s *Server) read(c *conn) {
	for {
		_, b, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		var ack struct {
			EnvelopeID string          `json:"envelope_id"`
			Payload    json.RawMessage `json:"payload"`
		}
		if len(b) >= maxAck || json.Unmarshal(b, &ack) != nil {
			continue
		}
		s.acked(ack.EnvelopeID, ack.Payload)
	}
}

func (s *Server) acked(id string, payload json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.pending {
		if e.id == id {
			if !e.accepts {
				payload = nil
			}
			s.finish(e, answer{acked: true, payload: payload})
			return
		}
	}
}

// disconnected hands what was not acknowledged to the connections that are left.
func (s *Server) disconnected(c *conn) {
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = slices.DeleteFunc(s.conns, func(x *conn) bool { return x == c })
	for _, e := range slices.Clone(s.pending) {
		if e.conn != c {
			continue
		}
		e.conn = nil
		if e.kind == kindEvent {
			e.attempt, e.reason = min(e.attempt+1, len(retryDelays)), "connection_closed"
		}
		if len(s.conns) > 0 {
			s.send(e)
		}
	}
	s.touch()
}

// pick chooses the connection for the next envelope: each in turn.
func (s *Server) pick() *conn {
	if len(s.conns) == 0 {
		return nil
	}
	s.nextConn++
	return s.conns[s.nextConn%len(s.conns)]
}

// Connections is how many Socket Mode connections the app holds. One that was cut is none, also while its end is still
// being seen to.
func (s *Server) Connections() (n int) {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		select {
		case <-c.gone:
		default:
			n++
		}
	}
	return n
}

// Disconnect sends a disconnect message of this reason (warning, refresh_requested) on every
// connection, as Slack does before it closes it ten seconds later. Reason "" closes at once and says
// nothing, as a cut line does.
func (s *Server) Disconnect(reason string) {
	s = s.hub
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnect(reason)
}

func (s *Server) disconnect(reason string) {
	for _, c := range s.conns {
		if reason == "" {
			c.close()
			continue
		}
		c.write(Object{"type": "disconnect", "reason": reason, "debug_info": Object{"host": "applink-simulated"}})
		s.clock.AfterFunc(10*time.Second, c.close)
	}
}

func (s *Server) closeConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.conns {
		c.close()
	}
}
