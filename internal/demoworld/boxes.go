package demoworld

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
)

// Mail is a mail in a customer's mailbox. Ids of messages stand without their angle brackets.
type Mail struct {
	ID          int64        `json:"id"` // rises with time
	Box         string       `json:"box"`
	Sent        bool         `json:"sent"` // by the customer; else it was received
	From        string       `json:"from"`
	FromName    string       `json:"from_name"`
	To          string       `json:"to"`
	Subject     string       `json:"subject"`
	Text        string       `json:"text"`
	MessageID   string       `json:"message_id"`
	InReplyTo   string       `json:"in_reply_to,omitempty"`
	References  []string     `json:"references,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	At          time.Time    `json:"at"`
	Raw         []byte       `json:"-"` // as it came; nil when it was larger than maxRaw
}

// Attachment is a file that came with a mail. Its content is not kept apart from Raw.
type Attachment struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// Limits of what is kept.
const (
	maxMails = 1000     // in all boxes together
	maxBytes = 32 << 20 // of text and Raw in all boxes together
	maxRaw   = 1 << 20
	maxText  = 256 << 10
	watchers = 64 // pages and waiting calls at a time
)

// boxes holds all mailboxes. The oldest mail goes when there are too many.
type boxes struct {
	mu    sync.Mutex
	next  int64
	bytes int
	mails []Mail
	watch map[chan struct{}]string // woken when a mail comes to that address
}

func newBoxes() *boxes { return &boxes{watch: map[chan struct{}]string{}} }

func boxOf(address string) string { return strings.ToLower(strings.TrimSpace(address)) }

func (m *Mail) size() int { return len(m.Text) + len(m.Raw) + 1024 }

func (b *boxes) put(m Mail) Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next++
	m.ID, m.Box = b.next, boxOf(m.Box)
	b.mails = append(b.mails, m)
	b.bytes += m.size()
	old := 0
	for len(b.mails)-old > maxMails || b.bytes > maxBytes {
		b.bytes -= b.mails[old].size()
		old++
	}
	b.mails = slices.Delete(b.mails, 0, old)
	for ch, box := range b.watch {
		if box == m.Box {
			select {
			case ch <- struct{}{}:
			default: // it is awake already
			}
		}
	}
	return m
}

// list is a box, oldest first.
func (b *boxes) list(address string) []Mail {
	box := boxOf(address)
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Mail
	for _, m := range b.mails {
		if m.Box == box {
			out = append(out, m)
		}
	}
	return out
}

// byMessageID finds a mail in a box.
func (b *boxes) byMessageID(address, id string) (Mail, bool) {
	for _, m := range b.list(address) {
		if id != "" && m.MessageID == id {
			return m, true
		}
	}
	return Mail{}, false
}

// follow wakes the channel when something comes to the address. ok is false when too many watch.
func (b *boxes) follow(address string) (ch chan struct{}, stop func(), ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.watch) >= watchers {
		return nil, nil, false
	}
	ch = make(chan struct{}, 1)
	b.watch[ch] = boxOf(address)
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.watch, ch)
	}, true
}

// Mails lists what an address has received and sent, oldest first.
func (w *World) Mails(address string) []Mail { return w.boxes.list(address) }

// WaitMail waits until the address holds a received mail that is wanted (nil wants any), or until
// ctx ends.
func (w *World) WaitMail(ctx context.Context, address string, want func(Mail) bool) (Mail, error) {
	ch, stop, ok := w.boxes.follow(address)
	if !ok {
		return Mail{}, errBusy
	}
	defer stop()
	for {
		for _, m := range w.boxes.list(address) {
			if !m.Sent && (want == nil || want(m)) {
				return m, nil
			}
		}
		select {
		case <-ch:
		case <-ctx.Done():
			return Mail{}, ctx.Err()
		}
	}
}
