package slackdesk

import (
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Answers that wait for their time, and answers that could not be delivered.

// The action ids of what can be done about them.
const (
	doLaterNow  = "later_now"
	doUnlater   = "unlater"
	doRetry     = "retry"
	doCopy      = "copy"      // the text of an answer that was not delivered
	doElsewhere = "elsewhere" // to another address
)

// waiting are the answers that go out at their time.
func waiting(c bots.Card) (blocks []slack.Block) {
	if c.Ticket.State.Done() {
		return nil
	}
	for i, s := range c.Ticket.Later[:min(len(c.Ticket.Later), 3)] {
		text := ":calendar: *Goes out* " + when(s.At) + " · by " + esc(nonEmpty(s.By.Name, s.By.ID, "somebody"), 80)
		if n := len(s.Attachments); n > 0 {
			text += fmt.Sprintf(" · :paperclip: %d", n)
		}
		if s.Solve {
			text += " · and solves the case"
		}
		v := ref{Ticket: c.Ticket.ID, Rev: c.Ticket.Rev, Seq: s.Number}.String()
		row := slack.NewActionBlock(fmt.Sprintf("later%d", i), button(doLaterNow, v, "Send now"), button(doUnlater, v, "Take back"))
		blocks = append(blocks, section(text+"\n"+quote(squeeze(slackapp.EscapeCut(nonEmpty(s.Text, "(files)"), 300)))), row)
	}
	return blocks
}

// unlater takes a scheduled answer back, and gives its text to its writer again.
func (k *Desk) unlater(ctx context.Context, c click, r ref) error {
	card, err := k.back.Card(ctx, c.by, r.Ticket)
	if err != nil {
		return err
	}
	s := card.Ticket.LaterOf(r.Seq)
	if _, err := k.back.Act(ctx, c.by, ticket.Action{Kind: ticket.ActUnlater, Ticket: r.Ticket, Number: r.Seq, Key: c.key}); err != nil {
		return err
	}
	if s == nil || s.By.ID != c.by.ID { // its writer has it as their draft
		return nil
	}
	text := s.Text
	k.after("cannot open a form", func(ctx context.Context) error {
		card, err := k.back.Card(ctx, c.by, r.Ticket)
		if err != nil {
			return err
		}
		m := meta{Ticket: r.Ticket, Rev: card.Ticket.Rev, Seen: card.LastSaid.Seq, Channel: c.channel, Thread: c.thread, Resumed: true}
		v, err := k.answerView(ctx, c.by, card, m, draft{text: text, warnings: []string{"It was taken back. Nothing has gone out."}})
		if err != nil {
			return err
		}
		return k.openView(ctx, c, v)
	})
	return nil
}

// failedTools are what can be done about an answer that was not delivered.
func failedTools(c bots.Card, m ticket.Message, v string) []slack.BlockElement {
	tools := []slack.BlockElement{primary(button(doRetry, v, "Try again")), button(doCopy, v, "Copy the text")}
	if m.Channel == "email" && c.Ticket.Channel == "email" {
		tools = append(tools, button(doElsewhere, v, "To another address"))
	}
	return tools
}

// openFailed shows the text of an answer that was not delivered, or asks for another address.
func (k *Desk) openFailed(c click, what string, r ref) error {
	k.after("cannot open a form", func(ctx context.Context) error {
		list, err := k.back.Messages(ctx, c.by, r.Ticket, r.Seq-1, 1)
		var card bots.Card
		if err == nil {
			card, err = k.back.Card(ctx, c.by, r.Ticket)
		}
		if err == nil && (len(list) == 0 || list[0].Seq != r.Seq) {
			err = ticket.Errorf("slackdesk.failed", ticket.NotFound, "That message is not there any more.")
		}
		if err == nil {
			err = k.openView(ctx, c, failedForm(card, list[0], what, meta{Ticket: r.Ticket, Number: r.Seq, Channel: c.channel, Thread: c.thread}))
		}
		if err != nil {
			k.regret(c, err)
		}
		return nil
	})
	return nil
}

func failedForm(card bots.Card, said ticket.Message, what string, m meta) slack.ModalViewRequest {
	if what == doCopy {
		v := modal(doCopy, said.String(), "OK", presenceMeta+":copy", small("Not delivered: "+esc(said.Problem, 500)),
			input("text", "What you wrote", "To be copied: nothing is sent from here", line(slackapp.Cut(said.Text, maxInput), maxInput, true), true))
		v.Close = plain("Close", maxTitle)
		return v
	}
	hint := "The customer's answer from there comes to this ticket"
	known := ""
	for _, i := range card.Known() {
		if i.Kind == "email" && (len(said.To) == 0 || i.Value != said.To[0].Value) && card.Customer.Undeliverable[i.Value].Since.IsZero() && known == "" && i.Value != card.LastSaid.From.Value {
			known = i.Value
		}
	}
	return modal(doElsewhere, said.String()+": again", "Send", m.String(), small("Not delivered: "+esc(said.Problem, 500)),
		input("address", "Mail address", hint, line(known, 320, false), false))
}
