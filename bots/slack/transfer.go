package slackdesk

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxChoices is how many messages or tickets a form offers; Slack allows 100 options.
const maxChoices = 100

// mergeForm asks for the ticket in which this one goes on: another of the customer's, or any by its number.
func (k *Desk) mergeForm(ctx context.Context, by ticket.Agent, card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	list, err := k.back.Tickets(ctx, by, ticket.Filter{Customer: card.Ticket.Customer, Limit: maxChoices})
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var others []*slack.OptionBlockObject
	for _, t := range list {
		if t.ID != card.Ticket.ID && t.MergedInto == 0 && t.State != ticket.Closed {
			others = append(others, option(t.ID.String(), t.ID.String()+" · "+t.Subject))
		}
	}
	blocks := []slack.Block{about}
	if len(others) > 0 {
		blocks = append(blocks, input("other", "Another ticket of this customer", "", choose("v", "Choose one", others...), true))
	}
	blocks = append(blocks, input("number", "Or its number", "Such as T-1042. It must be of the same customer or organization", line("", 20, false), len(others) > 0),
		small("All messages go on there and this ticket is closed. It can be undone."))
	return modal(doMerge, card.Ticket.ID.String()+": merge", "Merge", m.String(), blocks...), nil
}

func mergeIntent(v slack.View, a ticket.Action) (_ ticket.Action, err error) {
	a.Other, err = ticket.ParseID(nonEmpty(submitted(v, "number"), submitted(v, "other")))
	return a, err
}

// splitForm asks which messages are another matter, and where they go on: in a ticket of their own, or
// in another one. seq is the message for which it was opened; 0 is none.
func (k *Desk) splitForm(ctx context.Context, by ticket.Agent, card bots.Card, m meta, seq int, about slack.Block) (slack.ModalViewRequest, error) {
	after := max(0, card.Ticket.LastSeq-2*maxChoices)
	if seq > 0 {
		after = min(after, seq-1)
	}
	list, err := k.back.Messages(ctx, by, card.Ticket.ID, after, 2*maxChoices)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var all, chosen []*slack.OptionBlockObject
	subject := ""
	for i := len(list) - 1; i >= 0 && len(all) < maxChoices; i-- {
		msg := list[i]
		if msg.Kind == ticket.System || !msg.MovedTo.IsZero() {
			continue
		}
		o := option(strconv.Itoa(msg.Seq), messageLine(msg))
		all = append(all, o)
		if msg.Seq == seq {
			chosen, subject = append(chosen, o), msg.Subject
		}
	}
	if len(all) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no message that could be split off.")
	}
	pick := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, plain("Choose messages", maxHint), "v", all...)
	if len(chosen) > 0 {
		pick = pick.WithInitialOptions(chosen...)
	}
	return modal(doSplit, card.Ticket.ID.String()+": split", "Split or move", m.String(), about,
		input("messages", "Which messages?", "Newest first", pick, false),
		input("subject", "Subject of the new ticket", "", line(subject, 300, false), true),
		input("number", "Or move them into this ticket", "A number such as T-1042; empty makes a new ticket", line("", 20, false), true)), nil
}

func messageLine(m ticket.Message) string {
	icon := "from"
	switch {
	case m.Kind == ticket.Note:
		icon = "note by"
	case m.Direction == ticket.Out:
		icon = "answer by"
	}
	return fmt.Sprintf("#%d %s %s: %s", m.Seq, icon, slackapp.Cut(nonEmpty(m.Author.Name, m.From.Value, "somebody"), 20), strings.Join(strings.Fields(looked(spoken(m))), " "))
}

func splitIntent(v slack.View, a ticket.Action) (_ ticket.Action, err error) {
	for _, s := range chosen(v, "messages") {
		seq, err := strconv.Atoi(s)
		if err != nil {
			return a, ticket.Errorf("slackdesk.submit", ticket.Invalid, "This form is of an older version. Open it again.")
		}
		a.Seqs = append(a.Seqs, seq)
	}
	if number := strings.TrimSpace(submitted(v, "number")); number != "" {
		a.Kind = ticket.ActMove
		a.Other, err = ticket.ParseID(number)
		return a, err
	}
	a.Subject = submitted(v, "subject")
	return a, nil
}

// chosen are the values of a menu of which several may be chosen.
func chosen(v slack.View, id string) (values []string) {
	if v.State == nil {
		return nil
	}
	for _, a := range v.State.Values[id] {
		for _, o := range a.SelectedOptions {
			values = append(values, o.Value)
		}
	}
	return values
}

// moveBack takes a message back to the ticket that it came from.
func (k *Desk) moveBack(ctx context.Context, c click, r ref) error {
	list, err := k.back.Messages(ctx, c.by, r.Ticket, r.Seq-1, 1)
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0].Seq != r.Seq || list[0].MovedFrom.IsZero() {
		return ticket.Errorf("slackdesk.click", ticket.Invalid, "There is nothing to move back.")
	}
	_, err = k.back.Act(ctx, c.by, ticket.Action{Kind: ticket.ActMove, Ticket: r.Ticket, Seqs: []int{r.Seq},
		Other: list[0].MovedFrom.Ticket, Key: c.key})
	return err
}

// withdraw takes back an answer that has not gone out, and gives its text to its writer again.
func (k *Desk) withdraw(ctx context.Context, c click, r ref) error {
	_, err := k.back.Act(ctx, c.by, ticket.Action{Kind: ticket.ActWithdraw, Ticket: r.Ticket, Seq: r.Seq, Key: c.key})
	if err != nil {
		return err
	}
	k.after("cannot open a form", func(ctx context.Context) error {
		card, err := k.back.Card(ctx, c.by, r.Ticket)
		if err != nil {
			return err
		}
		list, err := k.back.Messages(ctx, c.by, r.Ticket, r.Seq-1, 1)
		if err != nil || len(list) == 0 {
			return err
		}
		m := meta{Ticket: r.Ticket, Rev: card.Ticket.Rev, Seen: card.LastSaid.Seq, Channel: c.channel, Thread: c.thread}
		v, err := k.answerView(ctx, c.by, card, m, draft{text: list[0].Text, warnings: []string{"It was taken back. Nothing has gone out."}})
		if err != nil {
			return err
		}
		return k.openView(ctx, c, v)
	})
	return nil
}

// messageTools are the buttons below a message.
func messageTools(c bots.Card, m ticket.Message) []slack.Block {
	v := ref{Ticket: m.Ticket, Seq: m.Seq}.String()
	switch {
	case !m.MovedTo.IsZero():
	case m.NewTopic != "":
		return rows("message", button(doSplit, v, "Split it off"))
	case !m.MovedFrom.IsZero():
		return rows("message", button(doBack, v, "Move it back"))
	case len(m.Turns) > 0:
		return rows("message", button(doCallNote, v, "Write the call note"))
	case m.Delivery == ticket.Queued && !m.SendAt.IsZero():
		return rows("message", button(doWithdraw, v, "Undo"))
	case m.Delivery == ticket.Failed && !m.Auto:
		return rows("message", failedTools(c, m, v)...)
	case m.Delivery == ticket.Sent && c.Amends && m.Channel == c.Ticket.Channel && m.Author.Kind == ticket.ByAgent && !m.Auto && m.Gone.IsZero():
		return rows("message", button(doAmend, v, "Change or delete"))
	case m.Kind == ticket.Note && m.Author.Kind == ticket.ByAgent:
		return rows("message", button(doAsk, v, "Unclear? Ask"))
	}
	return nil
}

// transferCommand merges one ticket into another, or takes the last merge, split or move back.
func (k *Desk) transferCommand(ctx context.Context, by ticket.Agent, word, args, key string) (slackapp.Reply, error) {
	first, second, _ := strings.Cut(strings.TrimSpace(args), " ")
	id, err := ticket.ParseID(first)
	if err != nil {
		return slackapp.Reply{}, err
	}
	a := ticket.Action{Kind: ticket.ActUndo, Ticket: id, Key: key}
	done := "It is as it was: " + id.String() + "."
	if word == "merge" {
		if a.Other, err = ticket.ParseID(second); err != nil {
			return slackapp.Reply{}, err
		}
		a.Kind, done = ticket.ActMerge, fmt.Sprintf("%s goes on in %s.", id, a.Other)
	}
	_, err = k.back.Act(ctx, by, a)
	return slackapp.Reply{Text: done}, err
}
