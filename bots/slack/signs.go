package slackdesk

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// Light signs between a customer who chats and who works on the case. Slack has no way for an app to show that somebody types
// in a channel, nor to hear that one of the staff does: so the card bears an emoji while the customer writes, which rings nobody
// and edits nothing; and who has the form of an answer open counts as writing.

// typingEmoji stands on the card while the customer writes.
const typingEmoji = "keyboard"

const (
	typingLife = 9 * time.Second  // without another sign they have stopped
	typingRest = 20 * time.Second // between two of one card: Slack takes about 50 emoji a minute in all
	maxTypists = 20               // cards that bear it at once
)

type typist struct {
	at    string // the card that bears it; "" when none does
	until time.Time
	since time.Time
}

// CustomerTypes has the card of a ticket show for some seconds that its customer writes. It never waits.
func (k *Desk) CustomerTypes(id ticket.ID) {
	select {
	case k.typists <- id:
	default: // there is more to do than that
	}
}

// showTypists puts the emoji on cards and takes it off again, until ctx ends.
func (k *Desk) showTypists(ctx context.Context) {
	list := map[ticket.ID]*typist{}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case id := <-k.typists:
			k.begins(ctx, list, id)
			continue
		case <-tick.C:
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second) // also when it is the end
		for id, t := range list {
			now := k.now()
			if t.at != "" && (ctx.Err() != nil || now.After(t.until)) {
				k.mark(last, t.at, true)
				t.at = ""
			}
			if t.at == "" && now.Sub(t.since) > typingRest {
				delete(list, id)
			}
		}
		cancel()
		if ctx.Err() != nil {
			return
		}
	}
}

func (k *Desk) begins(ctx context.Context, list map[ticket.ID]*typist, id ticket.ID) {
	until := k.now().Add(typingLife)
	if t := list[id]; t != nil {
		t.until = until
		return // it bears it, or has borne it just now
	}
	if len(list) >= maxTypists || k.app.Ready() != nil {
		return
	}
	at, err := k.back.Place(ctx, id)
	if err != nil || at == "" || !k.mark(ctx, at, false) {
		return
	}
	list[id] = &typist{at: at, until: until, since: k.now()}
}

// mark puts the emoji on a card, or takes it off.
func (k *Desk) mark(ctx context.Context, at string, off bool) bool {
	channel, ts, err := parsePlace(at)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		err = k.app.React(ctx, channel, ts, typingEmoji, off)
	}
	if err != nil {
		k.log.Debug("slack: a card does not show that the customer writes", "place", at, "error", err)
	}
	return err == nil
}

// opened tells the customer's side that an agent has opened a form of their case, and that an answer is being written.
func (k *Desk) opened(v *slack.ModalViewRequest, id ticket.ID) {
	if id == 0 {
		return
	}
	k.sign(id, ticket.SignSeen)
	if v.CallbackID == doReply {
		v.NotifyOnClose = true
		k.sign(id, ticket.SignTyping)
	}
}

// closed tells it that no answer is being written any more.
func (k *Desk) closed(v slack.View) {
	if m, ok := parseMeta(v.PrivateMetadata); ok && v.CallbackID == doReply {
		k.sign(m.Ticket, ticket.SignIdle)
	}
}
