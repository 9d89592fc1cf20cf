package slackdesk

import (
	"cmp"
	"context"
	"maps"
	"sync"
	"time"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// When and how far back it is looked for notes that were typed while no event came.
const (
	lookEvery  = 15 * time.Minute   // beside each new connection
	lookAgain  = 30 * time.Second   // after it failed
	lookBack   = 7 * 24 * time.Hour // how old a card may be in whose thread they are looked for
	lookLate   = time.Minute        // how much later than others a message may appear in the history
	maxBrought = 20_000             // messages of which it is remembered that an event has brought them
)

// seen remembers messages that events have brought.
type seen struct {
	mu       sync.Mutex
	new, old map[string]bool
}

func (s *seen) add(place string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.new) >= maxBrought/2 {
		s.old, s.new = s.new, nil
	}
	if s.new == nil {
		s.new = map[string]bool{}
	}
	s.new[place] = true
}

func (s *seen) has(place string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.new[place] || s.old[place]
}

// connected has it looked for what was missed.
func (k *Desk) connected() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// lookOut takes the notes that were typed while no event came: after each new connection, and now and then.
func (k *Desk) lookOut(ctx context.Context) {
	left := map[string]bool{} // the channels that could not be looked at; the others need not be again
	for whole := true; ctx.Err() == nil; {
		next := lookEvery
		if !k.app.Connected() {
			next = lookAgain
		} else if err := k.catchUp(ctx, whole, left); err != nil && ctx.Err() == nil {
			k.log.Warn("slack: cannot look for notes that were missed", "error", err)
			next = max(lookAgain, ticket.RetryAfter(err))
		} else {
			whole = false
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-k.wake:
			whole = true
			clear(left)
		case <-t.C:
		}
		t.Stop()
	}
}

// catchUp reads the channels of all tiers from their cursors on. A channel without one is new: what was
// written there before is nobody's note. The whole of it is read after a new connection; else threads whose
// newest answer an event has brought are taken to be known. left are those that alone are looked at, when there are any;
// then those that could not be.
func (k *Desk) catchUp(ctx context.Context, whole bool, left map[string]bool) error {
	done, only := map[string]bool{}, maps.Clone(left)
	clear(left)
	var first error
	for _, t := range k.back.Tiers() {
		if t.Place == "" || done[t.Place] || len(only) > 0 && !only[t.Place] {
			continue
		}
		done[t.Place] = true
		if err := k.missed(ctx, t.Place, whole); err != nil {
			left[t.Place] = true
			first = cmp.Or(first, err) // of one channel: the others go on
		}
	}
	return first
}

func (k *Desk) missed(ctx context.Context, name string, whole bool) error {
	began := k.now()
	channel, err := k.app.Channel(ctx, name)
	if err != nil {
		return err
	}
	source := "slackdesk:" + channel
	cursor, err := k.cursors.Cursor(ctx, source)
	if err != nil {
		return err
	}
	if cursor == "" {
		return k.cursors.SetCursor(ctx, source, slackapp.TS(began))
	}
	known := func(ts string) bool { return !whole && k.seen.has(place(channel, ts)) }
	list, more, err := k.app.Missed(ctx, channel, cursor, lookBack, known)
	if err != nil {
		return err
	}
	if more {
		k.log.Warn("slack: a channel has more messages than are looked at at once", "channel", channel)
	}
	for _, m := range list {
		at := place(channel, m.TS)
		if k.seen.has(at) {
			continue
		}
		if err := k.take(ctx, &m); err != nil {
			return err
		}
		k.seen.add(at)
	}
	if next := slackapp.TS(began.Add(-lookLate)); next > cursor {
		return k.cursors.SetCursor(ctx, source, next)
	}
	return nil
}

// cardGone has a card shown again that somebody has deleted: nobody would see the ticket otherwise, until
// something happens to it. https://docs.slack.dev/reference/events/message/message_deleted
func (k *Desk) cardGone(ctx context.Context, ev slackapp.Event) error {
	ts := ev.Message.Gone()
	if ts == "" {
		return nil
	}
	id, err := k.back.TicketAt(ctx, place(ev.Message.Channel, ts))
	if ticket.KindOf(err) == ticket.NotFound {
		return nil
	}
	if err == nil {
		k.log.Warn("slack: somebody has deleted a card; it is shown again", "ticket", id, "channel", ev.Message.Channel)
		err = k.back.Redraw(ctx, id)
	}
	return err
}
