package chat

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/gofiber/contrib/websocket"

	"tierline/ticket"
)

// times of one socket. Deadlines of a connection are of the real clock: the network knows no other.
type times struct {
	hello time.Duration // until hello has come
	ping  time.Duration // between two pings
	pong  time.Duration // until the visitor's side is taken for dead
	write time.Duration // of one frame
}

const (
	acceptTime = 20 * time.Second
	readTime   = 10 * time.Second // of the store, by the writer
	resync     = 10               // pings between two looks at what was missed
	retryTime  = 2 * time.Second  // what the visitor is told when the store is away
	queue      = 16               // frames that wait for a slow reader
	maxBad     = 5                // unreadable frames until the socket is closed
)

const closeIdle = 4000 // RFC 6455 §7.4.2: 4000-4999 are ours

// socket is one open tab. Its handler's goroutine reads; one other writes, and reads the store for
// what to write. Neither outlives the handler, as the connection is pooled.
type socket struct {
	chat  *Chat
	run   *running
	conn  *websocket.Conn
	inbox Inbox
	ip    string
	out   chan []byte   // from the reader to the writer; closed when the reader ends
	wake  chan struct{} // there may be news

	watching map[ticket.ID]bool // guarded by run.mu
	session  string             // written once under run.mu, by hello
	lang     string             // the reader's
	bad      int                // the reader's
	typed    time.Time          // when it was last passed on that they write; the reader's

	mu      sync.Mutex
	greeted bool           // hello has come
	have    map[string]int // newest seq seen of each ticket; the writer's once greeted
	looked  bool           // the writer's: have and watching know the session's tickets
	said    time.Time
	signs   []toVisitor // that wait
	ending  bool
	code    int
	why     string
}

func (c *Chat) recovered(conn *websocket.Conn) {
	if p := recover(); p != nil {
		c.deps.Log.Error("chat: a socket's handler panicked", "panic", p)
	}
}

// serve is the handler of one socket.
func (c *Chat) serve(conn *websocket.Conn) {
	in, _ := conn.Locals(inboxLocal).(Inbox)
	ip, _ := conn.Locals(ipLocal).(string)
	s := &socket{chat: c, run: c.current(), conn: conn, inbox: in, ip: ip, out: make(chan []byte, queue),
		wake: make(chan struct{}, 1), watching: map[ticket.ID]bool{}, said: c.deps.Now()}
	err := errOver
	if s.run != nil {
		err = s.run.add(s, c.cfg)
	}
	if err != nil {
		s.closeFrame(websocket.CloseTryAgainLater, err.Error())
		return
	}
	defer s.run.remove(s)
	conn.SetReadLimit(maxFrame)
	_ = conn.SetReadDeadline(time.Now().Add(s.chat.times.hello))
	conn.SetPongHandler(func(string) error { s.extend(); return nil })
	written := make(chan struct{})
	go func() {
		defer close(written)
		s.write()
	}()
	s.read()
	close(s.out)
	<-written
}

// extend gives the visitor's side more time, unless the socket is ending.
func (s *socket) extend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.greeted && !s.ending {
		_ = s.conn.SetReadDeadline(time.Now().Add(s.chat.times.pong))
	}
}

// end stops the reader after what it is doing; the writer then writes what is left and says why.
// It may be called by anybody while the socket is registered.
func (s *socket) end(code int, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ending {
		return
	}
	s.ending, s.code, s.why = true, code, why
	_ = s.conn.SetReadDeadline(time.Unix(1, 0))
}

func (s *socket) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// say puts a frame into the queue; a reader that is too slow for it is let go.
func (s *socket) say(f toVisitor) {
	select {
	case s.out <- f.bytes():
	default:
		s.end(websocket.CloseTryAgainLater, "too slow")
	}
}

func (s *socket) read() {
	for {
		kind, data, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		s.extend()
		if kind != websocket.TextMessage {
			s.end(websocket.CloseUnsupportedData, "text frames only")
			return
		}
		f, err := readFrame(data)
		if err == nil {
			err = s.take(f)
		}
		if err == nil {
			continue
		}
		s.say(toVisitor{T: "error", ID: f.ID, Code: codeBad, Text: ticket.Explain(err)})
		if s.bad++; s.bad >= maxBad {
			s.end(websocket.ClosePolicyViolation, "not the chat's protocol")
			return
		}
	}
}

// take does what a frame asks; an error is a fault of the protocol.
func (s *socket) take(f fromVisitor) error {
	switch {
	case f.T == "hello" && s.session == "":
		s.hello(f)
	case f.T == "say" && s.session != "":
		s.hear(f)
	case f.T == "typing" && s.session != "":
		s.typing()
	default:
		return ticket.Errorf("chat.take", ticket.Invalid, "hello comes first and once, then say")
	}
	return nil
}

func (s *socket) hello(f fromVisitor) {
	session, proof, isNew := f.Session, f.Secret, false
	if !s.chat.proven(s.inbox.Name, session, proof) {
		session, proof = s.chat.newSession(s.inbox.Name)
		isNew = true
	}
	s.run.join(s, session)
	s.lang = primary(f.Lang)
	s.say(toVisitor{T: "welcome", Session: session, Secret: proof})
	s.mu.Lock()
	s.have, s.greeted, s.looked = map[string]int{}, true, isNew
	if !isNew && f.Have != nil {
		s.have = f.Have
	}
	s.mu.Unlock()
	s.extend()
	s.nudge()
}

// hear takes in what the visitor says, and acknowledges it once it is committed.
func (s *socket) hear(f fromVisitor) {
	in, refusal := f.inbound(s.inbox, s.session, s.lang)
	if refusal != nil {
		s.say(*refusal)
		return
	}
	if wait := s.tooFast(); wait > 0 {
		s.say(toVisitor{T: "error", ID: f.ID, Code: codeSlow, Text: "Too many messages in a short time.", RetryMS: millis(wait)})
		return
	}
	s.mu.Lock()
	s.said = s.chat.deps.Now()
	s.mu.Unlock()
	in.At = s.chat.deps.Now()
	// What is in hand is finished, also while the gateway stops.
	ctx, stop := context.WithTimeout(context.WithoutCancel(s.run.ctx), acceptTime)
	defer stop()
	got, err := s.run.intake.Accept(ctx, []ticket.Inbound{in})
	if err == nil && len(got) != 1 {
		err = errors.New("chat: the intake did not answer for the message")
	}
	if err != nil {
		s.say(s.refusal(f.ID, err))
		return
	}
	s.say(toVisitor{T: "ack", ID: f.ID})
	s.run.spread(s.session, got[0].Ticket)
}

func (s *socket) tooFast() time.Duration {
	c := s.chat
	wait := c.rates.take("say "+s.session, c.cfg.PerMinute)
	return max(wait, c.rates.take("say from "+s.ip, 4*c.cfg.PerMinute))
}

func (s *socket) refusal(id string, err error) toVisitor {
	if k := ticket.KindOf(err); k == ticket.Invalid || k == ticket.Denied {
		return toVisitor{T: "error", ID: id, Code: codeRejected, Text: ticket.Explain(err)}
	}
	s.chat.deps.Log.Warn("chat: a message could not be taken; the visitor is told to try again", "error", err)
	wait := max(ticket.RetryAfter(err), retryTime)
	return toVisitor{T: "error", ID: id, Code: codeUnavailable, Text: ticket.Explain(ticket.E("", ticket.Transient, nil)), RetryMS: millis(wait)}
}

// millis rounds up, so that nobody comes back too early.
func millis(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// write is the one goroutine that writes data frames.
func (s *socket) write() {
	ping := time.NewTicker(s.chat.times.ping)
	defer ping.Stop()
	for n := 1; ; {
		var err error
		select {
		case frame, ok := <-s.out:
			if !ok {
				s.goodbye()
				return
			}
			err = s.put(frame)
		case <-s.wake:
			if err = s.flush(); err == nil { // welcome goes before what it lets in
				err = s.catchUp(false)
			}
			if err == nil {
				err = s.putSigns()
			}
		case <-ping.C:
			s.idle()
			if err = s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(s.chat.times.write)); err == nil && n%resync == 0 {
				err = s.catchUp(true)
			}
			n++
		}
		if err != nil { // the connection is dead: the reader is to notice
			s.end(websocket.CloseAbnormalClosure, "")
			return
		}
	}
}

// flush writes what is in the queue now. That the queue is closed is for write to find out.
func (s *socket) flush() error {
	for range len(s.out) {
		frame, ok := <-s.out
		if !ok {
			return nil
		}
		if err := s.put(frame); err != nil {
			return err
		}
	}
	return nil
}

func (s *socket) put(frame []byte) error {
	if err := s.conn.SetWriteDeadline(time.Now().Add(s.chat.times.write)); err != nil {
		return err
	}
	return s.conn.WriteMessage(websocket.TextMessage, frame)
}

func (s *socket) idle() {
	s.mu.Lock()
	quiet := s.chat.deps.Now().Sub(s.said) > s.chat.cfg.Idle
	s.mu.Unlock()
	if quiet {
		s.end(closeIdle, "idle")
	}
}

// goodbye tells why a socket ends that we end.
func (s *socket) goodbye() {
	s.mu.Lock()
	code, why := s.code, s.why
	s.mu.Unlock()
	if code != 0 && code != websocket.CloseAbnormalClosure {
		s.closeFrame(code, why)
	}
}

func (s *socket) closeFrame(code int, why string) {
	_ = s.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, why), time.Now().Add(s.chat.times.write))
}
