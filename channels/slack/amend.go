package slackchannel

import (
	"context"
	"slices"
	"strings"
	"time"

	"tierline/channels"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Tickets are what is known of messages that came in before, and how they change.
type Tickets interface {
	Lookup(ctx context.Context, scope, key string) (ticket.Reference, error)
	Act(ctx context.Context, a ticket.Action) (ticket.Ticket, error)
}

// known is the message of a ticket that stands at a place; NotFound when it is none.
func (c *Channel) known(ctx context.Context, channel, ts string) (ticket.Reference, error) {
	return c.d.Tickets.Lookup(ctx, channels.Slack, place(channel, ts))
}

// act does something to the message at a place, wherever it has been moved to. What is not in a ticket, or
// may not be, is left alone.
func (c *Channel) act(ctx context.Context, channel, ts string, a ticket.Action) error {
	for try := 1; ; try++ {
		ref, err := c.known(ctx, channel, ts)
		if ticket.KindOf(err) == ticket.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		a.Ticket, a.Seq = ref.Ticket, ref.Seq
		_, err = c.d.Tickets.Act(ctx, a)
		switch ticket.KindOf(err) {
		case ticket.Conflict: // it is moved just now
			if try == 3 {
				return ticket.E("slack.amend", ticket.Transient, err)
			}
			continue
		case ticket.Invalid, ticket.Denied, ticket.NotFound:
			c.d.Log.Info("slack: a change of a message is left alone", "ticket", a.Ticket, "seq", a.Seq, "error", err)
			return nil
		}
		return err
	}
}

// amended takes over what somebody has changed of what they wrote. An edit may make a ticket of it, too: when it
// mentions the app now.
func (c *Channel) amended(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message, gone bool, at time.Time) error {
	who, err := c.who(ctx, m)
	if err != nil {
		return err
	}
	if _, err := c.known(ctx, m.Channel, m.TS); ticket.KindOf(err) == ticket.NotFound && !gone {
		return c.take(ctx, in, r, m)
	}
	return c.act(ctx, m.Channel, m.TS, ticket.Action{Kind: ticket.ActAmend, By: who.actor(), Text: c.plain(ctx, m.Text), Gone: gone, At: at})
}

// marked takes over an emoji: one that opens a ticket, or a customer's on what was said.
func (c *Channel) marked(ctx context.Context, ev slackapp.Event) error {
	mark, ok := ev.Mark()
	if !ok {
		return nil
	}
	r, in, ok := c.room(mark.Channel)
	if !ok {
		var err error
		if r, in, ok, err = c.outside(ctx, mark.Channel, mark.TS); err != nil || !ok {
			return err
		}
	}
	if in == nil {
		return errStopped
	}
	who, err := c.who(ctx, slackapp.Message{Channel: mark.Channel, User: mark.User})
	if err != nil || who.none() {
		return err
	}
	if r.opens(OpenEmoji) && mark.Emoji == r.Emoji && !mark.Off {
		return c.asked(ctx, in, r, mark.Channel, mark.TS)
	}
	if who.staff.ID != "" {
		return nil // the customer sees it there
	}
	return c.act(ctx, mark.Channel, mark.TS, ticket.Action{Kind: ticket.ActReact, By: who.actor(), Emoji: mark.Emoji, Gone: mark.Off})
}

// asked makes a ticket of a message, with all that was said before it in its thread.
func (c *Channel) asked(ctx context.Context, in ticket.Intake, r Room, channel, ts string) error {
	m, err := c.d.App.One(ctx, channel, ts)
	if ticket.KindOf(err) == ticket.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return c.open(ctx, in, r, m)
}

// Carries says whether customers see an emoji of an agent's. See [channels.Amender].
func (c *Channel) Carries(emoji string) bool {
	name, _, _ := strings.Cut(emoji, "::") // without its skin tone
	return slices.Contains(c.cfg.Reactions, name)
}

// React puts an agent's emoji on what the customer wrote, in the app's name. See [channels.Amender].
func (c *Channel) React(ctx context.Context, out ticket.Outbound, emoji string) error {
	channel, ts, ok := slackapp.SplitPlace(out.Message.External)
	if !ok || !c.Carries(emoji) {
		return nil
	}
	return c.d.App.React(ctx, channel, ts, emoji, !out.Message.Reacted(emoji, ticket.ByAgent))
}

// Amend makes an answer say what it says now, or takes it away, part by part. What an agent has written in the
// channel itself they have changed there. See [channels.Amender].
func (c *Channel) Amend(ctx context.Context, out ticket.Outbound) error {
	m := out.Message
	channel, first, ok := slackapp.SplitPlace(m.External)
	if !ok {
		return nil
	}
	_, thread, err := threadOf(out)
	if err != nil {
		return err
	}
	there, err := c.sent(ctx, channel, thread, m, func(got slackapp.Message, i int) bool { return i == 0 && got.TS == first })
	if err != nil || there[0] != first {
		return err // not posted by us
	}
	var parts []string
	if m.Gone.IsZero() {
		parts = slackapp.Split(slackapp.Mrkdwn(strings.TrimSpace(m.Text)), maxPart)
	}
	for i, part := range parts {
		o := slackapp.Out{Channel: channel, Thread: thread, Text: part, Type: typeReply, Payload: payload(m, i)}
		if there[i] == "" { // it is longer than it was
			o.Name, o.Image = c.face(ctx, channel, m)
			_, err = c.d.App.Post(ctx, o)
		} else {
			err = c.d.App.Update(ctx, there[i], o)
		}
		if err != nil {
			return err
		}
	}
	for i, ts := range there {
		if i >= len(parts) {
			if err := c.d.App.Delete(ctx, channel, ts); err != nil {
				return err
			}
		}
	}
	return nil
}
