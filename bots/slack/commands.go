package slackdesk

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// doRead is the button that shows an article; its value is the article's id.
const doRead = "read_article"

// formCommand opens a form about the ticket that a command names.
func (k *Desk) formCommand(s said, what string) (slackapp.Reply, error) {
	return slackapp.Reply{Text: s.id.String() + ": a form opens."}, k.open(s.click(), what, ref{Ticket: s.id})
}

// click is a command as a click: where its forms open, and faults are told.
func (s said) click() click {
	return click{ic: &slack.InteractionCallback{TriggerID: s.cmd.TriggerID}, action: &slack.BlockAction{}, by: s.by, user: s.cmd.UserID, channel: s.cmd.ChannelID, key: s.key, text: s.rest}
}

// myCommand lists what somebody has before them.
func (k *Desk) myCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	a, err := k.back.Agenda(ctx, s.by, bots.AgendaFilter{})
	if err != nil {
		return slackapp.Reply{}, err
	}
	text := homeCounts(a)
	blocks := []slack.Block{small(text)}
	if a.Mine.Count == 0 {
		blocks = append(blocks, section("You have none. `"+k.cfg.Command+" next` gives you the next that waits."))
	}
	for _, t := range a.Mine.Tickets {
		blocks = append(blocks, k.ticketRow(a, t, s.by))
		text += "\n" + t.ID.String() + " " + esc(t.Subject, 90)
	}
	if more := a.Mine.Count - len(a.Mine.Tickets); more > 0 {
		blocks = append(blocks, small(fmt.Sprintf("… and %d more of yours", more)))
	}
	for _, t := range a.Promised.Tickets {
		blocks = append(blocks, k.promisedRow(a, t))
	}
	return slackapp.Reply{Text: slackapp.Split(text, maxSection)[0], Blocks: blocks[:min(len(blocks), maxBlocks)]}, nil
}

// findCommand looks for tickets.
func (k *Desk) findCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return slackapp.Reply{}, k.lacks(s)
	}
	list, places, err := k.back.Find(ctx, s.by, s.rest, maxRows)
	if err != nil {
		return slackapp.Reply{}, err
	}
	if len(list) == 0 {
		return slackapp.Reply{Text: "No ticket is found by " + esc(s.rest, 80) + ". Try one word of the subject, the customer's address, or a serial number."}, nil
	}
	text := fmt.Sprintf("*Found by %s*", esc(s.rest, 80))
	blocks := []slack.Block{small(text)}
	a := bots.Agenda{Places: places}
	for _, t := range list {
		blocks = append(blocks, k.ticketRow(a, t, s.by))
		text += "\n• " + t.ID.String() + " " + esc(t.Subject, 90)
	}
	if len(list) == maxRows {
		blocks = append(blocks, small("These are the newest. Say more to find fewer."))
	}
	return slackapp.Reply{Text: slackapp.Split(text, maxSection)[0], Blocks: blocks[:min(len(blocks), maxBlocks)]}, nil
}

// lacks says what a command takes.
func (k *Desk) lacks(s said) error {
	v, _ := verbOf(s.word)
	return ticket.Errorf("slackdesk.command", ticket.Invalid, "Say more: %s %s %s.", k.cfg.Command, v.name, v.args)
}

func (k *Desk) noteCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return k.formCommand(s, doNote)
	}
	_, err := k.back.Act(ctx, s.by, ticket.Action{Kind: ticket.ActNote, Ticket: s.id, Text: k.plainText(ctx, s.rest), Key: s.key})
	return slackapp.Reply{Text: "Noted on " + s.id.String() + ", for colleagues only."}, err
}

func (k *Desk) solveCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return k.formCommand(s, doSolve)
	}
	_, err := k.back.Act(ctx, s.by, ticket.Action{Kind: ticket.ActSolve, Ticket: s.id, Diagnosis: k.plainText(ctx, s.rest), Key: s.key})
	return slackapp.Reply{Text: s.id.String() + " is solved: " + esc(s.rest, roomLine)}, err
}

// tagCommand puts tags on, and takes those with a minus off.
func (k *Desk) tagCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	a := ticket.Action{Kind: ticket.ActSet, Ticket: s.id, Key: s.key}
	for _, w := range strings.Fields(strings.ToLower(strings.ReplaceAll(s.rest, ",", " "))) {
		if off, ok := strings.CutPrefix(w, "-"); ok && off != "" {
			a.Untag = append(a.Untag, off)
		} else if on := strings.TrimLeft(w, "+#"); on != "" {
			a.Tags = append(a.Tags, on)
		}
	}
	if len(a.Tags)+len(a.Untag) == 0 {
		return slackapp.Reply{}, k.lacks(s)
	}
	t, err := k.back.Act(ctx, s.by, a)
	return slackapp.Reply{Text: "Tags of " + s.id.String() + ": " + nonEmpty(esc(strings.Join(t.Tags, ", "), roomSaid), "none")}, err
}

func (k *Desk) pagingCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return k.formCommand(s, doPage)
	}
	text, err := k.pageCommand(ctx, s.by, s.id.String()+" "+s.rest, s.key)
	return slackapp.Reply{Text: slackapp.Escape(text)}, err
}

func (k *Desk) mergeCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return k.formCommand(s, doMerge)
	}
	return k.transferCommand(ctx, s.by, "merge", s.id.String()+" "+s.rest, s.key)
}

func (k *Desk) undoCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	return k.transferCommand(ctx, s.by, "undo", s.id.String(), s.key)
}

// kbCommand looks into the knowledge base.
func (k *Desk) kbCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return slackapp.Reply{}, k.lacks(s)
	}
	blocks, text, err := k.asked(ctx, s.by, s.rest)
	return slackapp.Reply{Text: text, Blocks: blocks}, err
}

// asked is what the knowledge base says to a question.
func (k *Desk) asked(ctx context.Context, by ticket.Agent, question string) ([]slack.Block, string, error) {
	list, fits, err := k.back.Articles(ctx, by, question)
	if err != nil {
		return nil, "", err
	}
	text := ":books: *" + esc(question, 100) + "*"
	switch {
	case len(list) == 0:
		text += ": no article was found."
	case !fits:
		text += ": nothing fits well. The nearest:"
	}
	blocks := []slack.Block{section(text)}
	for _, a := range list {
		blocks = append(blocks, articleRow(a))
		text += "\n• " + esc(a.Title, roomLine)
	}
	return blocks, text, nil
}

// maxArticleID is the longest id of an article that a button can name.
const maxArticleID = 200

func articleRow(a ticket.Suggestion) slack.Block {
	text := "*" + esc(a.Title, roomLine) + "*\n" + fmt.Sprintf("%d %%", int(a.Score*100+0.5))
	if a.Internal {
		text += " · :lock: internal"
	}
	if a.Language != "" {
		text += " · " + language(a.Language)
	}
	if len(a.Why) > 0 {
		text += " · " + esc(strings.Join(a.Why, "; "), roomLine)
	}
	b := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, nil)
	if len(a.Article) <= maxArticleID {
		b.Accessory = slack.NewAccessory(button(doRead, a.Article, "Read"))
	}
	return b
}

// unitCommand tells of a unit.
func (k *Desk) unitCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return slackapp.Reply{}, k.lacks(s)
	}
	u, list, err := k.back.History(ctx, s.by, s.rest)
	if err != nil {
		return slackapp.Reply{}, err
	}
	text := ":package: " + esc(nonEmpty(u.Serial, s.rest), 60) + " " + esc(u.Model, 80)
	return slackapp.Reply{Text: text, Blocks: append(units(bots.Card{Units: []bots.Unit{u}}), casesList("*Its cases*", list)...)}, nil
}

// customerCommand tells of a customer, or of those whom a text may mean.
func (k *Desk) customerCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	if s.rest == "" {
		return slackapp.Reply{}, k.lacks(s)
	}
	if id, err := ticket.ParseID(s.rest); err == nil {
		card, err := k.back.Card(ctx, s.by, id)
		if err != nil {
			return slackapp.Reply{}, err
		}
		return k.dossier(ctx, s.by, card.Customer.ID)
	}
	list, err := k.back.Customers(ctx, s.by, s.rest)
	switch {
	case err != nil:
		return slackapp.Reply{}, err
	case len(list) == 1:
		return k.dossier(ctx, s.by, list[0].ID)
	case len(list) == 0:
		return slackapp.Reply{Text: "Nobody is known by " + esc(s.rest, 80) + ". Try a part of the name, an address, or a number with its country."}, nil
	}
	var lines []string
	for _, c := range list[:min(len(list), maxRows)] {
		lines = append(lines, "• "+esc(personLine(c), roomLine))
	}
	return slackapp.Reply{Text: "*Several are known by " + esc(s.rest, 80) + "*: name one by their address.\n" + strings.Join(lines, "\n")}, nil
}

// consoleCommand signs somebody in to the console by who they are in Slack: nobody else sees the answer, and the link works
// once and not for long.
func (k *Desk) consoleCommand(_ context.Context, s said) (slackapp.Reply, error) {
	if k.console == nil {
		return slackapp.Reply{}, ticket.Errorf("slackdesk.console", ticket.Invalid, "There is no console here.")
	}
	url, err := k.console(s.by.ID)
	if err != nil {
		return slackapp.Reply{}, err
	}
	return slackapp.Reply{Text: "<" + slackapp.Escape(url) + "|Sign in to the console>. The link is yours alone, works once, and for ten minutes."}, nil
}
