package slackchannel

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxHistory bounds what is read of one channel at once.
const maxHistory = 5000

// late is how much later than others a message may appear in the history.
const late = time.Minute

// catchUp finds the channels and reads what was missed in each. What is in a workspace where the app is not installed
// is no fault of the others; it is looked for when it is installed. left are the channels that alone are looked at, when
// there are any; then those that could not be. fault is of err what is not said by the app of its workspaces itself.
func (c *Channel) catchUp(ctx context.Context, left map[string]bool) (fault, err error) {
	only := maps.Clone(left)
	clear(left)
	var faults, all []error
	for _, r := range c.cfg.Channels {
		if len(only) > 0 && !only[r.Channel] {
			continue
		}
		id, err := c.d.App.Channel(ctx, r.Channel)
		if err == nil {
			err = c.missed(ctx, id, r)
		}
		if err == nil || errors.Is(err, slackapp.ErrNotInstalled) {
			continue
		}
		left[r.Channel] = true
		all = append(all, err)
		if !c.d.App.Out(ctx, r.Channel) {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...), errors.Join(all...)
}

// missed reads one channel from its cursor on. A channel without a cursor is new: its past stays its
// own.
func (c *Channel) missed(ctx context.Context, id string, r Room) error {
	began := c.d.Now()
	name := "slack:" + id
	cursor, err := c.d.Cursors.Cursor(ctx, name)
	if err != nil {
		return err
	}
	if cursor == "" {
		cursor = slackapp.TS(began)
		if err := c.d.Cursors.SetCursor(ctx, name, cursor); err != nil {
			return err
		}
	}
	c.mu.Lock()
	c.rooms[id] = r // from now on its events are taken
	in := c.in
	c.mu.Unlock()
	if in == nil {
		return ctx.Err()
	}
	list, changed, err := c.unseen(ctx, id, cursor)
	if err != nil {
		return err
	}
	for _, m := range list {
		if err := c.take(ctx, in, r, m); err != nil {
			return err
		}
	}
	for _, m := range changed {
		if err := c.catchUpOn(ctx, in, r, m, cursor); err != nil {
			return err
		}
	}
	if err := c.invite(ctx, id, r); err != nil {
		return err
	}
	if next := slackapp.TS(began.Add(-late)); next > cursor {
		return c.d.Cursors.SetCursor(ctx, name, next)
	}
	return nil
}

// unseen are the messages after a cursor, oldest first: of the channel itself, and of its threads
// that are not older than the look-back. changed are those among all that were looked at which were changed
// after the cursor, or bear emoji.
func (c *Channel) unseen(ctx context.Context, id, cursor string) (list, changed []slackapp.Message, err error) {
	var threads []string
	look := func(m slackapp.Message) {
		if m.TS > cursor {
			list = append(list, m)
		}
		if m.Edited.TS > cursor || len(m.Reactions) > 0 {
			changed = append(changed, m)
		}
	}
	from := slackapp.TS(slackapp.At(cursor).Add(-c.cfg.LookBack))
	more, err := c.d.App.Read(ctx, slackapp.Range{Channel: id, Oldest: from, Limit: maxHistory}, func(m slackapp.Message) bool {
		look(m)
		if m.LatestReply > cursor {
			threads = append(threads, m.TS)
		}
		return true
	})
	if err != nil {
		return nil, nil, err
	}
	for _, t := range threads {
		_, err := c.d.App.Read(ctx, slackapp.Range{Channel: id, Thread: t, Oldest: cursor, Limit: maxHistory}, func(m slackapp.Message) bool {
			if m.TS != t {
				look(m)
			}
			return true
		})
		if err != nil && ticket.KindOf(err) != ticket.NotFound {
			return nil, nil, err
		}
	}
	if more {
		c.d.Log.Warn("slack: a channel has more messages than are looked at at once", "channel", id, "looked at", maxHistory)
	}
	slices.SortStableFunc(list, func(a, b slackapp.Message) int { return slackapp.At(a.TS).Compare(slackapp.At(b.TS)) })
	return slices.CompactFunc(list, func(a, b slackapp.Message) bool { return a.TS == b.TS }), changed, nil
}

// catchUpOn takes over what became of a message that was there before: other words, and emoji.
func (c *Channel) catchUpOn(ctx context.Context, in ticket.Intake, r Room, m slackapp.Message, cursor string) error {
	if m.Human() && m.Edited.TS > cursor {
		if err := c.amended(ctx, in, r, m, false, slackapp.At(m.Edited.TS)); err != nil {
			return err
		}
	}
	for _, mark := range m.Reactions {
		for _, user := range mark.Users {
			who, err := c.who(ctx, slackapp.Message{Channel: m.Channel, User: user})
			if err != nil {
				return err
			}
			opens := r.opens(OpenEmoji) && mark.Name == r.Emoji
			switch {
			case who.none():
			case opens:
				if _, err = c.known(ctx, m.Channel, m.TS); ticket.KindOf(err) == ticket.NotFound {
					err = c.open(ctx, in, r, m)
				}
			case who.staff.ID == "":
				err = c.act(ctx, m.Channel, m.TS, ticket.Action{Kind: ticket.ActReact, By: who.actor(), Emoji: mark.Name})
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
