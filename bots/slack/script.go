package slackdesk

import (
	"context"
	"fmt"
	"hash/crc32"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Guided scripts on the card: the step that is to be asked, what it is good for, and its answers as buttons
// (practice: scripts).

const scriptPrefix = "script" // of the buttons' action ids

// scriptRef is what a button of a script is about: the marks of the article and of the step's question as they were
// shown, so that a button of before does nothing to a script that has gone on, and the number of the answer.
type scriptRef struct {
	Ticket        ticket.ID
	Article, Step uint32
	Answer        int // or one of the following
}

const (
	scriptBack = -1
	scriptStop = -2
)

func (r scriptRef) String() string {
	return fmt.Sprintf("%d.%x.%x.%d", r.Ticket, r.Article, r.Step, r.Answer)
}

func mark(s string) uint32 { return crc32.ChecksumIEEE([]byte(s)) }

// script shows the step at which a script is, or offers those that fit.
func script(c bots.Card) []slack.Block {
	g := c.Guide
	if g == nil {
		var list []slack.BlockElement
		for i, s := range c.Guides[:min(len(c.Guides), maxSuggests)] {
			list = append(list, button(fmt.Sprintf("%s_begin%d", scriptPrefix, i), scriptRef{Ticket: c.Ticket.ID, Article: mark(s.Article)}.String(),
				slackapp.Cut("Go through: "+s.Title, 70)))
		}
		if len(list) == 0 {
			return nil
		}
		return rows("scripts", list...)
	}
	head := fmt.Sprintf(":footprints: *%s* · step %d", esc(g.Title, 120), g.Answered+1)
	if g.From != 0 {
		head += " · goes on from " + g.From.String()
	}
	text := head + "\n*" + esc(g.Question, 160) + "*"
	if g.Why != "" {
		text += "\n_Why: " + esc(g.Why, 400) + "_"
	}
	if len(g.Branches) == 0 {
		text += "\n:warning: The script was changed meanwhile and asks this no more. Stop it, and begin anew."
	}
	blocks := []slack.Block{section(text)}
	if g.Text != "" {
		shown, _ := texts(slackapp.Mrkdwn(looked(g.Text)), maxSection)
		blocks = append(blocks, shown...)
	}
	v := scriptRef{Ticket: c.Ticket.ID, Article: mark(g.Article), Step: mark(g.Question)}
	var list []slack.BlockElement
	for i, b := range g.Branches {
		v.Answer = i
		list = append(list, button(fmt.Sprintf("%s_%d", scriptPrefix, i), v.String(), b))
	}
	if v.Answer = scriptBack; g.Answered > 0 {
		list = append(list, button(scriptPrefix+"_back", v.String(), "↩ Back"))
	}
	v.Answer = scriptStop
	return append(blocks, rows("script", append(list, button(scriptPrefix+"_stop", v.String(), "Stop"))...)...)
}

// scriptClick makes one move.
func (k *Desk) scriptClick(ctx context.Context, c click) error {
	var r scriptRef
	if n, _ := fmt.Sscanf(c.action.Value, "%d.%x.%x.%d", &r.Ticket, &r.Article, &r.Step, &r.Answer); n != 4 {
		return ticket.Errorf("slackdesk.script", ticket.Invalid, "This button is of an older version. Use the newest card.")
	}
	card, err := k.back.Card(ctx, c.by, r.Ticket)
	if err != nil {
		return err
	}
	m := &ticket.ScriptMove{}
	if g := card.Guide; r.Step == 0 {
		for _, s := range card.Guides {
			if mark(s.Article) == r.Article {
				m.Article = s.Article
			}
		}
	} else if g != nil && mark(g.Article) == r.Article && mark(g.Question) == r.Step && r.Answer < len(g.Branches) {
		m.Article, m.Back, m.Stop = g.Article, r.Answer == scriptBack, r.Answer == scriptStop
		if r.Answer >= 0 {
			m.Ask, m.Answer = g.Question, g.Branches[r.Answer]
		}
	}
	if m.Article == "" {
		return ticket.Errorf("slackdesk.script", ticket.Conflict, "The script has gone on: look again.")
	}
	_, err = k.back.Act(ctx, c.by, ticket.Action{Kind: ticket.ActScript, Ticket: r.Ticket, Key: c.key, Script: m})
	return err
}
