package slackdesk

import (
	"context"
	"strings"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// typed takes what staff type in a card's thread: an internal note. It never goes to the customer.
func (k *Desk) typed(ctx context.Context, ev slackapp.Event) error {
	m := ev.Message
	sent := "" // what their client sends twice has one id, and may stand twice; the history does not always tell it
	if m.ClientMsgID != "" {
		sent = place(m.Channel, m.ClientMsgID)
	}
	if sent != "" && k.seen.has(sent) {
		return nil
	}
	err := k.take(ctx, m)
	if err == nil {
		k.seen.add(place(m.Channel, m.TS))
		if sent != "" {
			k.seen.add(sent)
		}
	}
	return err
}

// take notes one message, unless it is none of staff's in the thread of a card.
func (k *Desk) take(ctx context.Context, m *slackapp.Message) error {
	if !m.Human() || m.ThreadTS == "" || m.ThreadTS == m.TS {
		return nil
	}
	self, err := k.app.Self(ctx, m.Channel)
	if err != nil {
		return err
	}
	if m.User == self.User || m.Bot != "" {
		return nil
	}
	id, err := k.ticketAt(ctx, m, self)
	if ticket.KindOf(err) == ticket.NotFound {
		return nil // some other thread
	}
	if err != nil {
		return err
	}
	err = k.note(ctx, id, m)
	if kind := ticket.KindOf(err); err == nil || kind == ticket.Transient || kind == ticket.Internal {
		return err // comes again
	}
	k.sorry(m.Channel, m.User, m.ThreadTS, err)
	return nil
}

// ticketAt is the ticket in whose thread m stands. A card may be seen, and written under, before its
// place is remembered: the gateway died just then, or Slack's answer was lost. Such a card says itself
// whose it is.
func (k *Desk) ticketAt(ctx context.Context, m *slackapp.Message, self slackapp.Self) (ticket.ID, error) {
	id, notFound := k.back.TicketAt(ctx, place(m.Channel, m.ThreadTS))
	if ticket.KindOf(notFound) != ticket.NotFound || m.ParentUser != "" && m.ParentUser != self.User {
		return id, notFound
	}
	var card string
	_, err := k.app.Read(ctx, slackapp.Range{Channel: m.Channel, Thread: m.ThreadTS, Limit: 1}, func(root slackapp.Message) bool {
		if root.TS == m.ThreadTS && root.User == self.User && root.Metadata.Type == typeCard {
			card, _ = root.Metadata.Payload["ticket"].(string)
		}
		return false
	})
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Transient || kind == ticket.Internal) {
		return 0, err // comes again
	}
	if id, err = ticket.ParseID(card); err != nil {
		return 0, notFound
	}
	return id, nil
}

func (k *Desk) note(ctx context.Context, id ticket.ID, m *slackapp.Message) error {
	by, err := k.agent(ctx, m.User)
	if err != nil {
		return err
	}
	a := ticket.Action{Kind: ticket.ActNote, Ticket: id, DeskRef: place(m.Channel, m.TS),
		Key: "slack:note:" + place(m.Channel, m.TS), Text: k.plainText(ctx, m.Text)}
	if len(m.Files) > 0 && k.blob != nil {
		var warnings []string
		if a.Attachments, warnings, err = k.app.Fetch(ctx, k.blob, m.Files); err != nil {
			return err
		}
		a.Text = strings.TrimSpace(a.Text + "\n" + strings.Join(warnings, "\n"))
	}
	if text, ok, err := k.outgoing(ctx, by, id, a.Text); err != nil {
		return err
	} else if ok {
		a.Text, a.DeskRef = text, "" // it is shown as what it is: on its way, sent, or not delivered
		return k.send(ctx, by, a)
	}
	_, err = k.back.Act(ctx, by, a)
	return err
}

// plainText writes out the names of those who are mentioned, as far as Slack tells them.
func (k *Desk) plainText(ctx context.Context, text string) string {
	return slackapp.Plain(text, func(id string) string {
		u, err := k.app.User(ctx, id)
		if err != nil {
			return ""
		}
		return u.Name
	})
}
