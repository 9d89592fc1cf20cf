package chat

import (
	"slices"
	"time"

	"tierline/ticket"
)

// What is told of the other side while it happens: that an agent writes or has opened the case, never who; and that the visitor
// writes, never what. Config.Quiet names what is not.

// What Config.Quiet may name.
const (
	quietTyping  = "typing"
	quietSeen    = "seen"
	quietVisitor = "visitor"
)

const (
	signLife  = 90 * time.Second // how long an agent is taken to be writing, unless more is heard
	typedRest = 3 * time.Second  // between two signs of one visitor that are passed on
	maxSigns  = 4                // that wait for one socket
)

func (c Config) quiet(what string) bool { return slices.Contains(c.Quiet, what) }

// Sign tells the visitors of a ticket who are connected to this gateway. It never waits.
func (c *Chat) Sign(id ticket.ID, sign ticket.Sign) {
	r := c.current()
	seen := sign == ticket.SignSeen
	if r == nil || seen && c.cfg.quiet(quietSeen) || !seen && c.cfg.quiet(quietTyping) {
		return
	}
	f := toVisitor{T: string(sign), Ticket: id.String()}
	if sign == ticket.SignTyping {
		f.ForMS = signLife.Milliseconds()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.watch[id] {
		s.sign(f)
	}
}

// sign has the writer write it. What a slow socket does not take is dropped: it is soon no longer true.
func (s *socket) sign(f toVisitor) {
	s.mu.Lock()
	if len(s.signs) < maxSigns {
		s.signs = append(s.signs, f)
	}
	s.mu.Unlock()
	s.nudge()
}

// putSigns writes those that wait. It is the writer's.
func (s *socket) putSigns() error {
	s.mu.Lock()
	list := s.signs
	s.signs = nil
	s.mu.Unlock()
	for _, f := range list {
		if err := s.put(f.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// typing passes on that the visitor writes, to the newest of their tickets. It is the reader's.
func (s *socket) typing() {
	c := s.chat
	now := c.deps.Now()
	if c.deps.Typing == nil || c.cfg.quiet(quietVisitor) || now.Sub(s.typed) < typedRest {
		return
	}
	s.typed = now
	if ids := s.run.followed(s); len(ids) > 0 {
		c.deps.Typing(slices.Max(ids))
	}
}
