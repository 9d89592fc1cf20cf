package slackdesk

import (
	"context"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// pageSlack is by how much the clocks of Slack and of ours may differ.
const pageSlack = time.Minute

// Page tells one person by direct message that they are wanted. See [bots.Desk].
func (k *Desk) Page(ctx context.Context, p bots.PageNotice, at string, again bool) (string, error) {
	o := slackapp.Out{Text: pageText(p), Blocks: pageBlocks(p, k.tierTitle(p.Page.Tier)), Type: typePage,
		Payload: map[string]any{"ticket": p.Card.Ticket.ID.String(), "page": p.Page.Number, "step": p.Step}}
	if at != "" {
		channel, ts, err := parsePlace(at)
		if err != nil {
			return "", err
		}
		o.Channel = channel
		if err = k.app.Update(ctx, ts, o); gone(err) {
			return at, nil
		}
		return at, err
	}
	user, err := k.userOf(ctx, p.To)
	if err != nil {
		return "", err
	}
	if o.Channel, err = k.app.OpenDM(ctx, user); err != nil {
		return "", err
	}
	if p.Card.Thread == "" {
		p.Card.Thread = k.findThread(ctx, p.Card)
		o.Blocks = pageBlocks(p, k.tierTitle(p.Page.Tier))
	}
	if again {
		r := slackapp.Range{Channel: o.Channel, Oldest: slackapp.TS(p.Page.Opened.Add(-pageSlack)), Limit: 400}
		ts, err := k.app.Find(ctx, r, typePage, o.Payload)
		if err != nil {
			return "", err
		}
		if ts != "" {
			return place(o.Channel, ts), k.app.Update(ctx, ts, o)
		}
	}
	ts, err := k.app.Post(ctx, o)
	if err != nil {
		return "", err
	}
	return place(o.Channel, ts), nil
}

func pageText(p bots.PageNotice) string {
	t := p.Card.Ticket
	if !p.Live {
		return t.ID.String() + ": " + outcome(p)
	}
	return "You are wanted: " + t.ID.String() + " " + esc(t.Subject, roomLine) + ": " + esc(p.Page.Reason, 500)
}

func pageBlocks(p bots.PageNotice, tier string) []slack.Block {
	c := p.Card
	blocks := []slack.Block{header("You are wanted: " + c.Ticket.ID.String() + " · " + c.Ticket.Subject)}
	if !p.Live {
		blocks[0] = header(c.Ticket.ID.String() + " · " + c.Ticket.Subject)
		blocks = append(blocks, section(outcome(p)))
	}
	blocks = append(blocks, section(":rotating_light: *"+esc(nonEmpty(p.Page.By.Name, "Somebody"), 80)+"* pages *"+
		esc(tier, 80)+"*\n"+quote(slackapp.EscapeCut(p.Page.Reason, 1500))))
	for _, part := range []func(bots.Card) []slack.Block{who, lastSaid, units, tried} {
		blocks = append(blocks, part(c)...)
	}
	var buttons []slack.BlockElement
	if p.Live {
		r := ref{Ticket: c.Ticket.ID, Page: p.Page.Number}
		buttons = append(buttons, primary(button(doAccept, r.String(), "Accept")), button(doDecline, r.String(), "Decline"))
	}
	switch {
	case isWeb(c.Thread):
		buttons = append(buttons, link(doOpen, c.Thread, "Go to the thread"))
	case isWeb(c.URL):
		buttons = append(buttons, link(doOpen, c.URL, "Look at it"))
	}
	return append(blocks, rows("page", buttons...)...)
}

// outcome is how the page ended for this person, newest first in the log.
func outcome(p bots.PageNotice) string {
	for i := len(p.Page.Log) - 1; i >= 0; i-- {
		l := p.Page.Log[i]
		if l.Agent != p.To.ID {
			continue
		}
		switch l.What {
		case "accepted":
			return ":white_check_mark: You have accepted this."
		case "declined":
			text := ":leftwards_arrow_with_hook: You have declined this"
			if r := strings.TrimSpace(l.Reason); r != "" {
				text += ": " + esc(r, 300)
			}
			return text + "."
		case "no_answer":
			return ":hourglass: There was no answer in time; it has gone on."
		}
	}
	if p.Page.State == ticket.PageCancelled {
		return ":white_check_mark: You are no longer needed here."
	}
	return "This page is over."
}

// tierTitle is a tier as people call it.
func (k *Desk) tierTitle(name string) string {
	for _, t := range k.back.Tiers() {
		if t.Name == name {
			return nonEmpty(t.Title, t.Name)
		}
	}
	return name
}

// findThread is a link to the card, when it stands already: a page does not wait for it.
func (k *Desk) findThread(ctx context.Context, c bots.Card) string {
	channel, err := k.app.Channel(ctx, c.Tier.Place)
	if err != nil {
		return ""
	}
	ts, err := k.app.Find(ctx, slackapp.Range{Channel: channel, Oldest: slackapp.TS(c.Ticket.Opened.Add(-pageSlack))},
		typeCard, map[string]any{"ticket": c.Ticket.ID.String()})
	if err != nil {
		k.log.Warn("slack: a page goes without a link to its thread", "ticket", c.Ticket.ID, "error", err)
		return ""
	}
	return k.app.Link(channel, ts)
}
