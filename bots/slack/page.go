package slackdesk

import (
	"context"
	"fmt"
	"slices"
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
	if channel, ts, err := parsePlace(p.Card.Place); err == nil && p.Card.Thread == "" {
		p.Card.Thread = k.app.Link(channel, ts)
	}
	o := slackapp.Out{Text: pageText(p), Blocks: pageBlocks(p, k.tierTitle(p.Page.Tier)), Type: typePage, Payload: map[string]any{"delivery": p.Call.ID}, Still: p.Still}
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
	if again {
		if o.Channel, err = k.app.OpenDM(ctx, user); err != nil {
			return "", err
		}
		r := slackapp.Range{Channel: o.Channel, Oldest: slackapp.TS(p.Page.Opened.Add(-pageSlack)), Limit: 400}
		ts, err := k.app.Find(ctx, r, o)
		if err != nil {
			return "", err
		}
		if ts != "" {
			return place(o.Channel, ts), k.app.Update(ctx, ts, o)
		}
	}
	channel, ts, err := k.app.PostTo(ctx, user, o)
	if err != nil {
		return "", err
	}
	return place(channel, ts), nil
}

// ringing says that it is for this person to answer.
func ringing(p bots.PageNotice) bool {
	return p.Page.State == ticket.PageRinging && p.Call.Kind == ticket.CallRing && !slices.Contains(p.Page.Declined, p.To.ID)
}

func pageText(p bots.PageNotice) string {
	t := p.Card.Ticket
	return pageHead(p) + ": " + t.ID.String() + " " + esc(t.Subject, roomLine) + ": " + esc(p.Page.Reason, 500)
}

// pageHead says what the message is about, as things are now.
func pageHead(p bots.PageNotice) string {
	switch {
	case p.Call.Kind == ticket.CallLead:
		return "Nobody was reached"
	case p.Call.Kind == ticket.CallRemind:
		return "You have accepted this"
	case p.Page.State == ticket.PageWaiting:
		return "You will be wanted"
	case ringing(p):
		return "You are wanted"
	}
	return "You were wanted"
}

func pageBlocks(p bots.PageNotice, tier string) []slack.Block {
	c := p.Card
	blocks := []slack.Block{header(pageHead(p) + ": " + c.Ticket.ID.String() + " · " + c.Ticket.Subject)}
	if said := outcome(p); said != "" {
		blocks = append(blocks, section(said))
	}
	text := ":rotating_light: *" + esc(nonEmpty(p.Page.By.Name, "Somebody"), 80) + "* pages *" + esc(tier, 80) + "* · " +
		priority(p.Page.Severity) + "\n" + quote(slackapp.EscapeCut(p.Page.Reason, 1500))
	for _, more := range p.Page.More[max(0, len(p.Page.More)-5):] {
		text += "\n" + quote(slackapp.EscapeCut(more, 200))
	}
	blocks = append(blocks, section(text))
	for _, part := range []func(bots.Card) []slack.Block{who, lastSaid, units, tried} {
		blocks = append(blocks, part(c)...)
	}
	return append(blocks, rows("page", pageButtons(p)...)...)
}

func pageButtons(p bots.PageNotice) (buttons []slack.BlockElement) {
	r := ref{Ticket: p.Card.Ticket.ID, Page: p.Page.Number}.String()
	state := p.Page.State
	switch {
	case ringing(p):
		buttons = append(buttons, primary(button(doAccept, r, "Accept")), button(doCall, r, "Accept and call back …"),
			button(doDecline, r, "Decline"), button(doNeed, r, "Need 15 min"), button(doHand, r, "Hand to …"), button(doSnooze, r, "Snooze"))
	case state == ticket.PageExhausted || state == ticket.PageWaiting:
		buttons = append(buttons, primary(button(doAccept, r, "Accept")))
	case state == ticket.PageAccepted && p.Page.Answerer == p.To.ID && !p.Page.Acted:
		buttons = append(buttons, button(doSnooze, r, "Snooze"))
	}
	switch {
	case isWeb(p.Card.Thread):
		buttons = append(buttons, link(doOpen, p.Card.Thread, "Go to the thread"))
	case isWeb(p.Card.URL):
		buttons = append(buttons, link(doOpen, p.Card.URL, "Look at it"))
	}
	return buttons
}

// outcome is what came of the page for this person, or "" while it is theirs to answer.
func outcome(p bots.PageNotice) string {
	switch {
	case p.Page.State == ticket.PageAccepted && p.Page.Answerer == p.To.ID:
		text := ":white_check_mark: You have accepted this."
		if p.Call.Kind == ticket.CallRemind {
			text = ":hourglass: Nothing was seen of you since. Say something in the thread, or it is paged anew."
		}
		return text
	case p.Page.State == ticket.PageAccepted:
		return ":white_check_mark: Somebody has accepted this. You are no longer needed here."
	case p.Page.State == ticket.PageCancelled:
		return ":white_check_mark: You are no longer needed here."
	case p.Page.State == ticket.PageExhausted:
		return ":warning: Nobody has accepted this. You still can."
	case p.Page.State == ticket.PageWaiting:
		return ":zzz: These are quiet hours: you will be rung at " + when(p.Page.Due) + ", unless somebody accepts before."
	}
	for i := len(p.Page.Log) - 1; i >= 0; i-- {
		if l := p.Page.Log[i]; l.Agent == p.To.ID {
			switch l.What {
			case "declined":
				text := ":leftwards_arrow_with_hook: You have declined this"
				if r := strings.TrimSpace(l.Reason); r != "" {
					text += ": " + esc(r, 300)
				}
				return text + "."
			case "handed":
				return ":handshake: You have handed this on."
			case "needs":
				return ":hourglass: It waits for you until " + when(l.Until) + "."
			case "snoozed":
				return ":zzz: You are rung again at " + when(l.Until) + ", if nobody accepts before."
			case "no_answer":
				return ":hourglass: There was no answer in time; it has gone on. You can still accept."
			case "ringing":
				return ""
			}
		}
	}
	return ""
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

// answerForm asks what an answer to a page needs.
func (k *Desk) answerForm(card bots.Card, what string, m meta, about slack.Block) slack.ModalViewRequest {
	id := card.Ticket.ID.String()
	switch what {
	case doCall:
		due := slack.NewDateTimePickerBlockElement("v")
		due.InitialDateTime = k.now().Add(30 * time.Minute).Truncate(5 * time.Minute).Unix()
		return modal(doCall, id+": accept", "Accept", m.String(), about, small("It is yours, and a callback is promised to the customer."),
			input("due", "Called back until when?", "In your own time zone. You are reminded before", due, false),
			input("what", "What about?", "", line("", 500, false), true))
	case doHand:
		return modal(doHand, id+": hand on", "Hand on", m.String(), about,
			input("to", "To whom?", "They are rung at once", slack.NewOptionsSelectBlockElement(slack.OptTypeUser, plain("Choose", maxHint), "v"), false),
			input("reason", "Why them?", "They read this", line("", 500, false), true))
	case doSnooze:
		var list []*slack.OptionBlockObject
		for _, min := range []int{5, 10, 30, 60, 240} {
			label := fmt.Sprintf("%d minutes", min)
			if min >= 60 {
				label = fmt.Sprintf("%d h", min/60)
			}
			list = append(list, option(fmt.Sprint(min), label))
		}
		return modal(doSnooze, id+": snooze", "Snooze", m.String(), about,
			small("The page goes on to others meanwhile. What you have accepted does not remind you before."),
			input("minutes", "For how long?", "", choose("v", "Choose", list...).WithInitialOption(list[0]), false))
	}
	return modal(doDecline, id+": decline", "Decline", m.String(), about,
		input("reason", "Why not?", "It goes on to the next at once; those who wait see this", line("", 500, true), false))
}

// findThread is a link to the card, when it stands already.
func (k *Desk) findThread(ctx context.Context, c bots.Card) string {
	channel, err := k.app.Channel(ctx, c.Tier.Place)
	if err != nil {
		return ""
	}
	ts, err := k.app.Find(ctx, slackapp.Range{Channel: channel, Oldest: slackapp.TS(c.Ticket.Opened.Add(-pageSlack))},
		slackapp.Out{Type: typeCard, Payload: map[string]any{"ticket": c.Ticket.ID.String()}, Text: cardText(c)})
	if err != nil {
		k.log.Warn("slack: a notice goes without a link to its thread", "ticket", c.Ticket.ID, "error", err)
		return ""
	}
	return k.app.Link(channel, ts)
}
