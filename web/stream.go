package web

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// Limits of live streams.
const (
	maxStreams     = 500 // of this server
	maxStreamsEach = 12  // of one session: browsers open at most six over HTTP/1.1
	streamFor      = 30 * time.Minute
	beatEvery      = 15 * time.Second
	flushWithin    = 10 * time.Second
)

// streams counts the live streams and ends them all when the server stops: the HTTP server itself
// would wait for them.
type streams struct {
	done chan struct{}

	mu      sync.Mutex
	stopped bool
	open    map[string]int // by session
	total   int
}

func newStreams() *streams { return &streams{done: make(chan struct{}), open: map[string]int{}} }

func (st *streams) stop() {
	st.mu.Lock()
	defer st.mu.Unlock()
	if !st.stopped {
		st.stopped = true
		close(st.done)
	}
}

func (st *streams) enter(session string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.stopped || st.total >= maxStreams || st.open[session] >= maxStreamsEach {
		return false
	}
	st.total++
	st.open[session]++
	return true
}

func (st *streams) leave(session string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.total--
	if st.open[session]--; st.open[session] <= 0 {
		delete(st.open, session)
	}
}

// stamp changes whenever the page of a ticket does, but for deliveries, which come as hints.
func stamp(t ticket.Ticket) string { return fmt.Sprintf("%d.%d", t.Rev, t.LastSeq) }

// ticketLive tells the page of a ticket when to look again (server-sent events). It ends after half
// an hour, and the browser comes again: so a sign-out reaches it.
func (s *Server) ticketLive(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	if _, err := s.d.Store.Ticket(c.UserContext(), id); err != nil {
		return err
	}
	session := callerOf(c).session.ID
	if !s.streams.enter(session) {
		return tooMany(int(beatEvery.Seconds()))
	}
	seen := c.Get("Last-Event-ID")
	if seen == "" {
		seen = c.Query("seen")
	}
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")
	conn := c.Context().Conn()
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer s.streams.leave(session)
		ctx, cancel := context.WithTimeout(context.Background(), streamFor)
		defer cancel()
		(&live{s: s, id: id, w: w, conn: conn, seen: seen}).run(ctx, cancel)
	})
	return nil
}

// live is one stream. The writer belongs to it until run returns.
type live struct {
	s    *Server
	id   ticket.ID
	w    *bufio.Writer
	conn net.Conn
	seen string
}

func (l *live) run(ctx context.Context, cancel func()) {
	hints := l.s.d.Store.Watch(ctx) // before the first look, so that nothing falls between
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	if !l.send("retry: 2000\n\n") || !l.look(ctx, false) {
		return
	}
	for {
		ok := true
		select {
		case <-l.s.streams.done:
			cancel()
			return
		case <-ctx.Done():
			return
		case ch, open := <-hints:
			if !open {
				return
			}
			if ch.Ticket == l.id {
				ok = l.look(ctx, true)
			}
		case <-beat.C: // hints may be missed
			ok = l.send(": still here\n\n") && l.look(ctx, false)
		}
		if !ok {
			return
		}
	}
}

// look tells the browser when the ticket is not what it saw; anyway when a hint says so, because a
// delivery changes no stamp.
func (l *live) look(ctx context.Context, hinted bool) bool {
	t, err := l.s.d.Store.Ticket(ctx, l.id)
	if err != nil {
		return ticket.KindOf(err) == ticket.Transient && ctx.Err() == nil
	}
	now := stamp(t)
	if now == l.seen && !hinted {
		return true
	}
	l.seen = now
	return l.send("id: " + now + "\nevent: change\ndata: " + now + "\n\n")
}

// send writes with a deadline of its own: the server's is for whole answers and would cut the
// stream, and a browser that does not read must not hold us.
func (l *live) send(text string) bool {
	if err := l.conn.SetWriteDeadline(time.Now().Add(flushWithin)); err != nil {
		return false
	}
	if _, err := l.w.WriteString(text); err != nil {
		return false
	}
	return l.w.Flush() == nil
}
