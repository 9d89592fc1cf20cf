package slackchannel

import (
	"context"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Staff make tickets of messages in any channel in which the app is, not only in those that are configured. What is said in the
// thread of such a ticket belongs to it like anywhere else. What is said while no event comes is not looked for there: only the
// configured channels' history is read.

// outside is how a channel is dealt with that is not among the configured ones, when the message at a place, or the thread that
// begins there, belongs to a ticket. ok is false when it does not.
func (c *Channel) outside(ctx context.Context, channel, ts string) (r Room, in ticket.Intake, ok bool, err error) {
	if _, err := c.known(ctx, channel, ts); ticket.KindOf(err) == ticket.NotFound {
		return r, nil, false, nil
	} else if err != nil {
		return r, nil, false, err
	}
	for _, r := range c.cfg.Channels { // one of ours that was not found yet: its history will tell
		if id, err := c.d.App.Channel(ctx, r.Channel); err == nil && id == channel {
			return r, nil, false, nil
		}
	}
	c.mu.Lock()
	in = c.in
	c.mu.Unlock()
	if in == nil {
		return r, nil, false, errStopped
	}
	return Room{Channel: channel, Inbox: channel, Silent: true}, in, true, nil
}

// spoken is where a message, or one that was changed, stands; "" when nobody has written it.
func spoken(m *slackapp.Message) (ts, thread string) {
	if now, _, _, ok := m.Amendment(); ok {
		return now.TS, now.Thread()
	}
	if !m.Human() {
		return "", ""
	}
	return m.TS, m.Thread()
}
