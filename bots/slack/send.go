package slackdesk

import (
	"context"
	"strings"

	"tierline/bots"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// What is typed in a card's thread reaches the customer only when it is sent on purpose: with the form of an answer, and
// where the ticket's tier says so by a prefix, or by an emoji that its writer puts on it.

// outgoing is what a typed message would tell the customer, when it begins with the prefix of the ticket's tier.
func (k *Desk) outgoing(ctx context.Context, by ticket.Agent, id ticket.ID, text string) (string, bool, error) {
	text = strings.TrimSpace(text)
	_, ok := k.sendTier(func(t bots.Tier) bool { return t.SendPrefix != "" && strings.HasPrefix(text, t.SendPrefix) })
	if !ok {
		return "", false, nil
	}
	card, err := k.back.Card(ctx, by, id)
	if err != nil || card.Tier.SendPrefix == "" || !strings.HasPrefix(text, card.Tier.SendPrefix) {
		return "", false, err
	}
	return strings.TrimSpace(strings.TrimPrefix(text, card.Tier.SendPrefix)), true, nil
}

func (k *Desk) sendTier(is func(bots.Tier) bool) (bots.Tier, bool) {
	for _, t := range k.back.Tiers() {
		if is(t) {
			return t, true
		}
	}
	return bots.Tier{}, false
}

// send sends what somebody has typed. A time that it names and nothing stands for is asked about in the form only.
func (k *Desk) send(ctx context.Context, by ticket.Agent, a ticket.Action) error {
	named, err := k.back.Unbacked(ctx, by, a.Ticket, a.Text)
	if err != nil {
		return err
	}
	if len(named) > 0 {
		return ticket.Errorf("slackdesk.send", ticket.Invalid, "Nothing was sent: it names a time (“%.60s”) for which no promise stands. Use Reply, which asks about it.", named[0].Words)
	}
	a.Kind = ticket.ActReply
	_, err = k.back.Act(ctx, by, a)
	return err
}

// reacted takes the emoji that staff put on messages: the one that sends what its writer has typed under a card, and
// the one that makes a ticket of a message.
func (k *Desk) reacted(ctx context.Context, ev slackapp.Event) error {
	mark, ok := ev.Mark()
	if !ok || mark.Off {
		return nil
	}
	_, sends := k.sendTier(func(t bots.Tier) bool { return t.SendReaction == mark.Emoji })
	makes := k.cfg.Emoji != emojiOff && k.cfg.Emoji == mark.Emoji && (k.theirs == nil || !k.theirs(mark.Channel))
	if !sends && !makes {
		return nil
	}
	self, err := k.app.Self(ctx, mark.Channel)
	if err != nil || mark.User == self.User {
		return err
	}
	by, err := k.agent(ctx, mark.User)
	if ticket.KindOf(err) == ticket.Denied {
		return nil // an emoji among others
	}
	var m slackapp.Message
	if err == nil {
		m, err = k.app.One(ctx, mark.Channel, mark.TS)
	}
	switch {
	case ticket.KindOf(err) == ticket.NotFound || away(err):
		return nil
	case err == nil && !m.Human():
		return nil
	case err == nil && sends && m.User == mark.User && m.ThreadTS != "" && m.ThreadTS != m.TS:
		err = k.sendTyped(ctx, by, m, mark.Emoji)
	case err == nil && makes:
		err = k.ticketOf(ctx, by, mark.User, m)
	}
	if kind := ticket.KindOf(err); err == nil || kind == ticket.Transient || kind == ticket.Internal {
		return err // comes again
	}
	k.sorry(mark.Channel, mark.User, m.ThreadTS, err)
	return nil
}

// sendTyped sends a note that its writer has marked to be sent. It stays a note, too: so it was.
func (k *Desk) sendTyped(ctx context.Context, by ticket.Agent, m slackapp.Message, emoji string) error {
	id, err := k.back.TicketAt(ctx, place(m.Channel, m.ThreadTS))
	if err != nil {
		if ticket.KindOf(err) == ticket.NotFound {
			return nil // some other thread
		}
		return err
	}
	card, err := k.back.Card(ctx, by, id)
	if err != nil || card.Tier.SendReaction != emoji {
		return err
	}
	a := ticket.Action{Ticket: id, Text: k.plainText(ctx, m.Text), Key: "slack:send:" + place(m.Channel, m.TS)}
	if len(m.Files) > 0 && k.blob != nil {
		var warnings []string
		if a.Attachments, warnings, err = k.app.Fetch(ctx, k.blob, m.Files); err != nil {
			return err
		}
		if len(warnings) > 0 {
			return ticket.Errorf("slackdesk.send", ticket.Invalid, "Nothing was sent: %s.", strings.Join(warnings, "; "))
		}
	}
	return k.send(ctx, by, a)
}

// Names of the emoji that makes a ticket of a message.
const (
	emojiDefault = "ticket"
	emojiOff     = "none"
)

// ticketOf makes a ticket of what somebody has written in a channel; they are answered in its thread. Whose words a
// colleague passes on nobody can know from an emoji.
func (k *Desk) ticketOf(ctx context.Context, by ticket.Agent, user string, m slackapp.Message) error {
	root := place(m.Channel, m.Thread())
	if _, err := k.back.TicketAt(ctx, root); ticket.KindOf(err) != ticket.NotFound {
		return err // it is in a card's thread
	}
	u, err := k.app.User(ctx, m.User)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return err
	}
	if _, err := k.back.AgentBy(nonEmpty(u.ID, m.User), address(u)); err == nil {
		return ticket.Errorf("slackdesk.emoji", ticket.Invalid, "A colleague has written this. Use “Make a ticket of this” in its menu, which asks whom it is from.")
	}
	in := ticket.Inbound{Text: k.plainText(ctx, m.Text), From: customer.Identity{Name: u.Name}}
	if err := k.fromSlack(ctx, newMeta{Source: place(m.Channel, m.TS), Author: m.User}, &in); err != nil {
		return err
	}
	if len(m.Files) > 0 && k.blob != nil {
		if in.Attachments, in.Warnings, err = k.app.Fetch(ctx, k.blob, m.Files); err != nil {
			return err
		}
	}
	if strings.TrimSpace(in.Text) == "" {
		in.Subject = "(a message without a text)"
	}
	id, err := k.back.Enter(ctx, by, in, "")
	if err != nil {
		return err
	}
	k.tell(m.Channel, user, m.ThreadTS, id.String()+" is open for this. What you answer there is told in this thread, and what is said in this thread is heard there.")
	return nil
}
