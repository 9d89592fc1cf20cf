package slackdesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The metadata by which our messages are found again.
const (
	typeCard    = "tierline_card"    // ticket
	typeMoved   = "tierline_moved"   // ticket: a card that is a pointer now
	typeMessage = "tierline_message" // ticket, seq
	typeNotice  = "tierline_notice"  // key; of an announcement, too
	typePage    = "tierline_page"    // ticket, page, step
)

// Show makes the card tell what it should. See [bots.Desk].
func (k *Desk) Show(ctx context.Context, c bots.Card, places []string, again bool) (string, error) {
	if err := k.held(c.Tier.Name); err != nil {
		return "", err
	}
	channel, err := k.app.Channel(ctx, c.Tier.Place)
	nowhere := ticket.KindOf(err) == ticket.Invalid
	at := ""
	if err == nil {
		at, err = k.show(ctx, c, channel, places, again)
	}
	return at, k.mendable(c.Tier.Name, err, nowhere)
}

func (k *Desk) show(ctx context.Context, c bots.Card, channel string, places []string, again bool) (at string, err error) {
	o := slackapp.Out{Channel: channel, Text: cardText(c), Blocks: k.cardOf(c), Type: typeCard,
		Payload: map[string]any{"ticket": c.Ticket.ID.String()}}
	old := ""
	if url := k.earlier(places, channel); url != "" {
		o.Blocks = append(o.Blocks[:min(len(o.Blocks), maxBlocks-1)], small("<"+slackapp.Escape(url)+"|What was said before it came here>"))
	}
	if len(places) > 0 {
		old = places[len(places)-1]
		if ch, ts, err := parsePlace(old); err == nil && ch == channel {
			err = k.app.Update(ctx, ts, o)
			if !gone(err) {
				return old, err
			}
			old = "" // somebody deleted it: there is nothing left to point from
		}
	}
	ts := ""
	if again {
		from := slackapp.TS(c.Ticket.Opened.Add(-time.Minute))
		if ts, err = k.app.Find(ctx, slackapp.Range{Channel: channel, Oldest: from}, o); err != nil {
			return "", err
		}
	}
	if ts != "" {
		err = k.app.Update(ctx, ts, o)
	} else {
		ts, err = k.app.Post(ctx, o)
	}
	if err != nil {
		return "", err
	}
	now := place(channel, ts)
	if old != "" && old != now {
		err = k.point(ctx, c, old, now)
	}
	return now, err
}

// earlier is a link to the thread that the ticket had before it came to this channel.
func (k *Desk) earlier(places []string, channel string) string {
	for i := len(places) - 1; i >= 0; i-- {
		ch, ts, err := parsePlace(places[i])
		if err != nil || ch == channel && i == len(places)-1 {
			continue
		}
		if url := k.app.Link(ch, ts); isWeb(url) {
			return url
		}
	}
	return ""
}

// gone says that a message of ours is not there, or is not ours any more.
func gone(err error) bool {
	switch slackapp.Code(err) {
	case "message_not_found", "cant_update_message", "edit_window_closed":
		return true
	}
	return false
}

// point turns an old card into a pointer to the new one.
func (k *Desk) point(ctx context.Context, c bots.Card, from, to string) error {
	channel, ts, err := parsePlace(from)
	if err != nil {
		return nil
	}
	text := fmt.Sprintf(":arrow_right: *%s* %s\nis at *%s* now", c.Ticket.ID, esc(c.Ticket.Subject, roomLine),
		esc(nonEmpty(c.Tier.Title, c.Tier.Name), 80))
	newChannel, newTS, _ := parsePlace(to)
	if url := k.app.Link(newChannel, newTS); isWeb(url) {
		text += ": <" + slackapp.Escape(url) + "|go there>"
	}
	err = k.app.Update(ctx, ts, slackapp.Out{Channel: channel, Text: text,
		Blocks: []slack.Block{section(text), small("The thread below is kept as it was.")},
		Type:   typeMoved, Payload: map[string]any{"ticket": c.Ticket.ID.String()}})
	if ticket.KindOf(err) == ticket.Transient {
		return err
	}
	if err != nil { // the old place can no longer be changed; the new card matters more
		k.log.Warn("slack: the old card was not made a pointer", "ticket", c.Ticket.ID, "error", err)
	}
	return nil
}

// Post shows one message in the thread at place. See [bots.Desk].
func (k *Desk) Post(ctx context.Context, c bots.Card, at string, m ticket.Message, again bool) (string, error) {
	if err := k.held(c.Tier.Name); err != nil {
		return "", err
	}
	ref, err := k.post(ctx, c, at, m, again)
	if err == nil { // that the thread can be written to says nothing of where the next card goes
		return ref, nil
	}
	return "", k.mendable(c.Tier.Name, err, false)
}

func (k *Desk) post(ctx context.Context, c bots.Card, at string, m ticket.Message, again bool) (string, error) {
	channel, thread, err := parsePlace(at)
	if err != nil {
		return "", err
	}
	blocks, text, whole := messageBlocks(c, m)
	if m.DeskRef == "" {
		if all := k.bring(ctx, channel, c.Mentioned); all != "" {
			blocks, text = append(blocks, small(all)), text+" "+all
		}
	}
	o := slackapp.Out{Channel: channel, Thread: thread, Text: text, Blocks: blocks, Type: typeMessage,
		Payload: map[string]any{"ticket": c.Ticket.ID.String(), "seq": m.Seq}}
	if m.DeskRef != "" {
		return m.DeskRef, k.refresh(ctx, o, m)
	}
	ts := ""
	if again {
		r := slackapp.Range{Channel: channel, Thread: thread, Limit: 5000}
		if ts, err = k.app.Find(ctx, r, o); err != nil {
			return "", err
		}
	}
	if ts == "" {
		ts, err = k.app.Post(ctx, o)
	} else {
		err = k.app.Update(ctx, ts, o)
	}
	if err != nil {
		return "", err
	}
	return place(channel, ts), k.attach(ctx, channel, thread, m, whole, again)
}

// bring makes people part of a thread: they are invited to its channel and mentioned. Whoever cannot be found
// is left out, and whoever cannot be invited is mentioned all the same.
func (k *Desk) bring(ctx context.Context, channel string, people []ticket.Agent) string {
	var all []string
	for _, a := range people {
		user, err := k.userOf(ctx, a)
		if err == nil {
			all = append(all, "<@"+user+">")
			err = k.app.Invite(ctx, channel, user)
		}
		if err != nil {
			k.log.Warn("slack: somebody was not invited to a channel", "agent", a.ID, "channel", channel, "error", err)
		}
	}
	return strings.Join(all, " ")
}

// refresh brings a message that is shown up to date, where it stands. One that its writer typed into
// the thread is theirs, and stays as they wrote it.
func (k *Desk) refresh(ctx context.Context, o slackapp.Out, m ticket.Message) error {
	channel, ts, err := parsePlace(m.DeskRef)
	if err != nil {
		return err
	}
	o.Channel = channel
	if err = k.app.Update(ctx, ts, o); gone(err) || away(err) { // perhaps the channel that the ticket has left
		return nil
	}
	return err
}

// attach puts a message's files beside it, and its text as a file when that was too long to show.
func (k *Desk) attach(ctx context.Context, channel, thread string, m ticket.Message, whole, again bool) error {
	list := m.Attachments
	if k.blob == nil {
		return nil
	}
	if !whole {
		a, err := k.textFile(ctx, m)
		if err != nil {
			return err
		}
		list = append(list[:len(list):len(list)], a)
	}
	err := k.app.Share(ctx, k.blob, channel, thread, m.String(), list, again)
	if kind := ticket.KindOf(err); err == nil || kind == ticket.Transient || kind == ticket.Internal {
		return err
	}
	k.log.Warn("slack: files were not put into the thread", "message", m.String(), "error", err)
	k.after("cannot say that files are missing", func(ctx context.Context) error {
		_, err := k.app.Post(ctx, slackapp.Out{Channel: channel, Thread: thread,
			Text: ":warning: Files of " + m.String() + " could not be put here: " + slackapp.Escape(ticket.Explain(err))})
		return err
	})
	return nil
}
