package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"tierline/ticket"
)

const (
	watchBuffer = 256  // changes that a slow watcher may be behind
	maxPayload  = 7500 // bytes; PostgreSQL takes 7999
)

// hub tells those who listen in this process.
type hub struct {
	woken    chan struct{}
	mu       sync.Mutex
	closed   bool
	watchers map[chan ticket.Change]bool
}

func newHub() *hub {
	return &hub{woken: make(chan struct{}, 1), watchers: map[chan ticket.Change]bool{}}
}

func (h *hub) wake() {
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

func (h *hub) tell(changes []ticket.Change, wake bool) {
	if wake {
		h.wake()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers {
		for _, ch := range changes {
			select {
			case c <- ch:
			default: // it reads from where it knows
			}
		}
	}
}

func (h *hub) drop(c chan ticket.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watchers[c] {
		delete(h.watchers, c)
		close(c)
	}
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for c := range h.watchers {
		delete(h.watchers, c)
		close(c)
	}
}

// Watch delivers changes until ctx ends or the store is closed.
func (s *Store) Watch(ctx context.Context) <-chan ticket.Change {
	s.startListening()
	c := make(chan ticket.Change, watchBuffer)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.closed {
		close(c)
		return c
	}
	s.hub.watchers[c] = true
	context.AfterFunc(ctx, func() { s.hub.drop(c) })
	return c
}

// Woken receives when there may be work.
func (s *Store) Woken() <-chan struct{} {
	s.startListening()
	return s.hub.woken
}

// startListening hears other processes from the first time that somebody wants to; until Close.
func (s *Store) startListening() {
	s.listen.Do(func() {
		if follow := s.db.follow(); follow != nil {
			s.work.Go(func() { follow(s.ended, s.heard, s.hub.wake) })
		}
	})
}

// announce has the database tell other processes of this transaction when it commits. A payload is
// the sender, "w" when there is work, and changes as ticket.seq.
func (t *tx) announce() error {
	if !t.wake && len(t.changes) == 0 {
		return nil
	}
	head := t.s.self
	if t.wake {
		head += " w"
	}
	payload, b := []string(nil), strings.Builder{}
	b.WriteString(head)
	for _, c := range t.changes {
		if b.Len() > maxPayload {
			payload = append(payload, b.String())
			b.Reset()
			b.WriteString(t.s.self)
		}
		fmt.Fprintf(&b, " %d.%d", c.Ticket, c.Seq)
	}
	return t.s.db.notify(t.ctx, t.runner, append(payload, b.String()))
}

func (s *Store) heard(payload string) {
	words := strings.Fields(payload)
	if len(words) < 2 || words[0] == s.self {
		return
	}
	var changes []ticket.Change
	for _, w := range words[1:] {
		id, seq, ok := strings.Cut(w, ".")
		n, err := strconv.ParseInt(id, 10, 64)
		q, err2 := strconv.Atoi(seq)
		if ok && err == nil && err2 == nil {
			changes = append(changes, ticket.Change{Ticket: ticket.ID(n), Seq: q})
		}
	}
	s.hub.tell(changes, words[1] == "w")
}
