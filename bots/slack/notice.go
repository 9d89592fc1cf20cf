package slackdesk

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
)

// noticeBack is how far back an earlier try is looked for.
const noticeBack = 24 * time.Hour

// Tell tells one person something by direct message. See [bots.Desk].
func (k *Desk) Tell(ctx context.Context, n bots.Notice, again bool) error {
	user, err := k.userOf(ctx, n.To)
	if err != nil {
		return err
	}
	o := slackapp.Out{Text: slackapp.EscapeCut(n.Text, maxFallback/2), Type: typeNotice, Payload: map[string]any{"key": n.Key}}
	of := n.Card.Ticket.ID
	if of != 0 {
		o.Text = of.String() + ": " + o.Text
	}
	if o.Channel, err = k.app.OpenDM(ctx, user); err != nil {
		return err
	}
	if of != 0 && n.Card.Thread == "" {
		n.Card.Thread = k.findThread(ctx, n.Card)
	}
	o.Blocks = noticeBlocks(n)
	if n.Digest != nil {
		o.Blocks = k.digestBlocks(n.Text, *n.Digest)
	}
	if again {
		ts, err := k.app.Find(ctx, slackapp.Range{Channel: o.Channel, Oldest: slackapp.TS(k.now().Add(-noticeBack)), Limit: 400}, o)
		if err != nil || ts != "" {
			return err
		}
	}
	_, err = k.app.Post(ctx, o)
	return err
}

// promised are the promises that go with a case to its new owner.
func promised(c bots.Card) []slack.Block {
	var lines []string
	for _, p := range c.Ticket.OpenPromises() {
		lines = append(lines, ":handshake: "+p.Kind.Title()+" until "+when(p.Due)+" · "+esc(nonEmpty(p.What, "nothing more was said"), roomLine)+
			" · by "+esc(nonEmpty(p.By.Name, p.By.ID, "somebody"), 80))
	}
	return listed("*Promised to the customer*", lines)
}

func noticeBlocks(n bots.Notice) []slack.Block {
	text := "*" + slackapp.EscapeCut(n.Text, roomSaid) + "*"
	if !n.At.IsZero() {
		text += " · " + when(n.At)
	}
	if n.Card.Ticket.ID == 0 {
		return rosterNotice(n, text)
	}
	blocks := []slack.Block{section(text), small(cardText(n.Card))}
	if n.Handover {
		blocks = append(append(blocks, lastSaid(n.Card)...), promised(n.Card)...)
	}
	var list []slack.BlockElement
	for _, do := range n.Do {
		if o, ok := offered[do]; ok {
			list = append(list, button(o.action, ref{Ticket: n.Card.Ticket.ID, Seq: n.Number}.String(), o.label))
		}
	}
	if isWeb(n.Card.Thread) {
		list = append(list, link(doOpen, n.Card.Thread, "Go to the thread"))
	}
	blocks = append(blocks, rows("go", list...)...)
	return blocks
}

// rosterNotice is a notice about who is on call, with the buttons that answer it.
func rosterNotice(n bots.Notice, text string) []slack.Block {
	for _, l := range n.Lines {
		text += "\n• " + slackapp.EscapeCut(l.Text, 300)
		if !l.From.IsZero() {
			if l.Text != "" {
				text += ": "
			}
			text += span(l.From, l.To)
		}
	}
	var blocks []slack.Block
	for _, part := range slackapp.Split(text, maxSection-10)[:1] {
		blocks = append(blocks, section(part))
	}
	if n.Change != 0 {
		blocks = append(blocks, rosterButtons(n.Change, n.Buttons)...)
	}
	return blocks
}
