package chat

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/gofiber/contrib/websocket"
	"github.com/gofiber/fiber/v2"

	"tierline/channels"
	"tierline/ticket"
)

// running is the chat between the start of Run and its end: the sockets that are open, and who
// wants to know of which ticket.
type running struct {
	ctx    context.Context
	intake ticket.Intake
	done   sync.WaitGroup // one each socket

	mu      sync.Mutex
	closed  bool
	sockets map[*socket]bool
	perIP   map[string]int
	tabs    map[string]map[*socket]bool // by session
	watch   map[ticket.ID]map[*socket]bool
}

func (c *Chat) current() *running {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.running
}

// Run implements [channels.Source]: sockets are taken until ctx ends, then closed with 1012 after
// what they hold is committed and acknowledged.
func (c *Chat) Run(ctx context.Context, in channels.Intake) error {
	r := &running{ctx: ctx, intake: in, sockets: map[*socket]bool{}, perIP: map[string]int{},
		tabs: map[string]map[*socket]bool{}, watch: map[ticket.ID]map[*socket]bool{}}
	c.mu.Lock()
	if c.running != nil {
		c.mu.Unlock()
		return errors.New("chat: is running already")
	}
	c.running = r
	c.mu.Unlock()
	for change := range c.deps.Changes.Watch(ctx) {
		r.changed(change.Ticket)
	}
	<-ctx.Done()
	c.mu.Lock()
	c.running = nil
	c.mu.Unlock()
	r.close()
	r.done.Wait() // each socket ends within its write deadline and acceptTime
	return nil
}

var (
	errFull  = errors.New("too many visitors")
	errPerIP = errors.New("too many connections from this address")
	errOver  = errors.New("the chat is stopping")
)

// add takes a socket in, or says why not.
func (r *running) add(s *socket, cfg Config) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return errOver
	case len(r.sockets) >= cfg.Sockets:
		return errFull
	case r.perIP[s.ip] >= cfg.SocketsPerIP:
		return errPerIP
	}
	r.sockets[s] = true
	r.perIP[s.ip]++
	r.done.Add(1)
	return nil
}

// remove forgets a socket: after it nobody but its handler knows the connection.
func (r *running) remove(s *socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.sockets, s)
	if r.perIP[s.ip]--; r.perIP[s.ip] <= 0 {
		delete(r.perIP, s.ip)
	}
	for id := range s.watching {
		forget(r.watch, id, s)
	}
	forget(r.tabs, s.session, s)
	r.done.Done()
}

func forget[K comparable](index map[K]map[*socket]bool, key K, s *socket) {
	delete(index[key], s)
	if len(index[key]) == 0 {
		delete(index, key)
	}
}

// follow makes a socket hear of a ticket's changes.
func (r *running) follow(s *socket, id ticket.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.followLocked(s, id)
}

func (r *running) followLocked(s *socket, id ticket.ID) {
	s.watching[id] = true
	if r.watch[id] == nil {
		r.watch[id] = map[*socket]bool{}
	}
	r.watch[id][s] = true
}

// followed lists what a socket follows.
func (r *running) followed(s *socket) []ticket.ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]ticket.ID, 0, len(s.watching))
	for id := range s.watching {
		ids = append(ids, id)
	}
	return ids
}

func (r *running) changed(id ticket.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.watch[id] {
		s.nudge()
	}
}

// join names the session that a socket belongs to.
func (r *running) join(s *socket, session string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.session = session
	if r.tabs[session] == nil {
		r.tabs[session] = map[*socket]bool{}
	}
	r.tabs[session][s] = true
}

// spread makes every open tab of a session follow a ticket.
func (r *running) spread(session string, id ticket.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.tabs[session] {
		r.followLocked(s, id)
		s.nudge()
	}
}

func (r *running) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for s := range r.sockets {
		s.end(websocket.CloseServiceRestart, "restart")
	}
}

// Mount serves the widget and its socket: GET /widget.js and GET /chat/ws.
func (c *Chat) Mount(router fiber.Router) {
	router.Get("/widget.js", serveWidget)
	upgrade := websocket.New(c.serve, websocket.Config{
		Origins:         []string{"*"}, // admit has checked it, against the inbox
		ReadBufferSize:  1024,
		WriteBufferSize: 1024,
		WriteBufferPool: new(sync.Pool),
		RecoverHandler:  c.recovered,
	})
	router.Get("/chat/ws", c.admit, upgrade)
}

const (
	inboxLocal = "chat-inbox"
	ipLocal    = "chat-network"
)

// admit answers before the upgrade what must not be upgraded.
func (c *Chat) admit(ctx *fiber.Ctx) error {
	if !websocket.IsWebSocketUpgrade(ctx) {
		return refuse(ctx, fiber.StatusUpgradeRequired, "this is a WebSocket")
	}
	in, ok := c.inboxes[ctx.Query("inbox")]
	if !ok {
		return refuse(ctx, fiber.StatusNotFound, "there is no such inbox")
	}
	if !in.allows(ctx.Get(fiber.HeaderOrigin), ctx.Hostname()) {
		return refuse(ctx, fiber.StatusForbidden, "this site may not embed the chat: add it to the inbox's origins")
	}
	if c.current() == nil {
		ctx.Set(fiber.HeaderRetryAfter, "2")
		return refuse(ctx, fiber.StatusServiceUnavailable, "the chat is not running: try again")
	}
	from := network(ctx.IP())
	if wait := c.rates.take("connect "+from, 4*c.cfg.PerMinute); wait > 0 {
		ctx.Set(fiber.HeaderRetryAfter, "10")
		return refuse(ctx, fiber.StatusTooManyRequests, "too many connections from this address: try again")
	}
	ctx.Locals(inboxLocal, in)
	ctx.Locals(ipLocal, from)
	return ctx.Next()
}

func refuse(ctx *fiber.Ctx, status int, why string) error {
	return ctx.Status(status).JSON(fiber.Map{"error": why})
}

// allows says whether pages of that origin (RFC 6454) may embed the widget.
func (in Inbox) allows(origin, host string) bool {
	if origin == "" {
		return true
	}
	if _, own, ok := strings.Cut(origin, "://"); ok && strings.EqualFold(own, host) {
		return true
	}
	for _, o := range in.Origins {
		if o == "*" || strings.EqualFold(o, origin) {
			return true
		}
	}
	return false
}
