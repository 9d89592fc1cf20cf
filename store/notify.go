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

// news are what a transaction has to tell when it is committed.
type news struct {
	wake     bool // there may be work
	articles bool // articles have changed
	changes  []ticket.Change
}

// hub tells those who listen in this process.
type hub struct {
	woken    chan struct{}
	articles chan struct{}
	mu       sync.Mutex
	closed   bool
	watchers map[chan ticket.Change]bool
}

func newHub() *hub {
	return &hub{woken: make(chan struct{}, 1), articles: make(chan struct{}, 1), watchers: map[chan ticket.Change]bool{}}
}

// hint leaves a hint, unless one is there that was not seen yet.
func hint(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (h *hub) tell(n news) {
	if n.wake {
		hint(h.woken)
	}
	if n.articles {
		hint(h.articles)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.watchers {
		for _, ch := range n.changes {
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

// ArticlesChanged receives when articles may have changed, here or (on PostgreSQL) by another process.
// One value may stand for many changes, and goes to one of those who receive.
func (s *Store) ArticlesChanged() <-chan struct{} {
	s.startListening()
	return s.hub.articles
}

// startListening hears other processes from the first time that somebody wants to; until Close.
func (s *Store) startListening() {
	s.listen.Do(func() {
		if follow := s.db.follow(); follow != nil {
			anything := news{wake: true, articles: true}
			s.work.Go(func() { follow(s.ended, s.heard, func() { s.hub.tell(anything) }) })
		}
	})
}

// announce has the database tell other processes of this transaction when it commits. A payload is
// the sender, "w" when there is work, "a" when articles have changed, and changes as ticket.seq.
func (t *tx) announce() error {
	if !t.wake && !t.articles && len(t.changes) == 0 {
		return nil
	}
	head := t.s.self
	if t.wake {
		head += " w"
	}
	if t.articles {
		head += " a"
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
	var n news
	for _, w := range words[1:] {
		switch w {
		case "w":
			n.wake = true
			continue
		case "a":
			n.articles = true
			continue
		}
		id, seq, ok := strings.Cut(w, ".")
		t, err := strconv.ParseInt(id, 10, 64)
		q, err2 := strconv.Atoi(seq)
		if ok && err == nil && err2 == nil {
			n.changes = append(n.changes, ticket.Change{Ticket: ticket.ID(t), Seq: q})
		}
	}
	s.hub.tell(n)
}
