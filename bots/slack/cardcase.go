package slackdesk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/customer"
	"tierline/ticket"
)

// The parts of a card that tell how the case stands: what is due, what the customer's words say, what rules
// propose, what was promised and what was handed over.

// inCopy are those who take part beside the customer, and get answers.
func inCopy(c bots.Card) string {
	own := map[string]bool{}
	for _, i := range c.Known() {
		own[i.Key()] = true
	}
	var list []string
	more := 0
	for _, p := range c.Ticket.Participants {
		switch {
		case own[p.Key()] || p.Kind == customer.Chat:
		case len(list) == 4:
			more++
		default:
			list = append(list, esc(nonEmpty(p.Name, p.Value), 60))
		}
	}
	if more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

// undeliverable warns of addresses to which mail does not get through.
func undeliverable(c bots.Card) []slack.Block {
	var lines []string
	for _, i := range c.Customer.Identities {
		if u, ok := c.Customer.Undeliverable[i.Value]; ok && len(lines) < 3 {
			lines = append(lines, ":no_entry: Mail to "+esc(i.Value, 100)+" comes back: "+esc(u.Reason, roomLine))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return []slack.Block{small(strings.Join(lines, "\n"))}
}

// dueText is what is due next, or what is overdue.
func dueText(t ticket.Ticket) string {
	var lines []string
	for _, c := range t.Clocks {
		if c.Breached && c.Ended.IsZero() {
			lines = append(lines, ":rotating_light: "+c.Kind.Title()+" is overdue")
		}
	}
	if c, ok := t.NextDue(); ok {
		icon := ":alarm_clock: "
		if c.Warned {
			icon = ":hourglass: "
		}
		lines = append(lines, icon+c.Kind.Title()+" until "+when(c.Due))
	}
	return strings.Join(lines, "\n")
}

// mood is what the customer's words say beside their question, and how an answer may begin.
func mood(c bots.Card) []slack.Block {
	var lines []string
	for _, s := range c.Ticket.Signals[:min(len(c.Ticket.Signals), 6)] {
		lines = append(lines, signalName(s.Kind)+" _“"+strings.ReplaceAll(esc(strings.Join(s.Words[:min(len(s.Words), 3)], "”, “"), roomLine), "_", "-")+"”_")
	}
	if len(lines) == 0 {
		return nil
	}
	text := strings.Join(lines, "\n")
	if c.Empathy != "" {
		text += "\n:speech_balloon: To begin with: " + esc(c.Empathy, 400)
	}
	return []slack.Block{small(text)}
}

// proposals are what rules would have somebody do.
func proposals(c bots.Card) []slack.Block {
	names := map[ticket.ActionKind]string{ticket.ActEscalate: "Escalate", ticket.ActPage: "Page level 2 now", ticket.ActInform: "Tell the lead",
		ticket.ActComplain: "Complaint, to the lead", ticket.ActPromise: "Promise a callback", ticket.ActAbuse: "Abuse: the next step"}
	var lines []string
	for _, p := range c.Ticket.Proposals[:min(len(c.Ticket.Proposals), 5)] {
		if name := names[p.Do]; name != "" {
			lines = append(lines, ":bulb: *"+name+"?* "+esc(p.Why, roomLine))
		}
	}
	return listed("", lines)
}

func proposed(t ticket.Ticket, do ticket.ActionKind) bool {
	return slices.ContainsFunc(t.Proposals, func(p ticket.Proposal) bool { return p.Do == do })
}

// stressed makes a button stand out when rules propose what it does.
func stressed(b *slack.ButtonBlockElement, t ticket.Ticket, do ticket.ActionKind) *slack.ButtonBlockElement {
	if proposed(t, do) {
		return primary(b)
	}
	return b
}

// promises are those that are still to be kept.
func promises(c bots.Card) (blocks []slack.Block) {
	open := c.Ticket.OpenPromises()
	for i, p := range open[:min(len(open), 3)] {
		icon := ":handshake: *Promised:* "
		if p.State == ticket.PromiseBroken {
			icon = ":broken_heart: *Broken promise:* "
		}
		text := icon + p.Kind.Title() + " until " + when(p.Due)
		if p.What != "" {
			text += " · " + esc(p.What, roomLine)
		}
		text += " · by " + esc(nonEmpty(p.By.Name, p.By.ID, "somebody"), 80)
		b := slack.NewSectionBlock(mrkdwn(text, maxSection), nil,
			slack.NewAccessory(button(doKeep, ref{Ticket: c.Ticket.ID, Seq: p.Number}.String(), "Kept")))
		b.BlockID = fmt.Sprintf("promise%d", i)
		blocks = append(blocks, b)
	}
	return blocks
}

// handedOver is what the tier was told when it got the case, or that it is to be written anew.
func handedOver(c bots.Card) []slack.Block {
	h := c.Ticket.Handoff
	if h == nil {
		return nil
	}
	head := ":incoming_envelope: *Handed over* by " + esc(nonEmpty(h.By.Name, h.By.ID, "somebody"), 80) + " · " + when(h.At)
	if h.Back {
		head = ":leftwards_arrow_with_hook: *Came back to be written anew*: see the thread for what is missing"
	}
	text := head
	for _, f := range ticket.HandoffFields {
		if said := *h.Field(f); said != "" {
			text += "\n*" + ticket.HandoffTitle(f) + ":* " + esc(said, roomLine)
		}
	}
	if h.ReadBack == "" {
		text += "\n_not read back to the customer_"
	}
	return []slack.Block{section(text)}
}
