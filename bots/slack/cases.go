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

// Previous cases: on the card the nearest, each with what came of it and leading to where it stands; all of them in a window.

// caseLine is one of them. url leads to it; "" when nothing does.
func caseLine(c ticket.Case, url string) string {
	l := "• *" + c.ID.String() + "*"
	if isWeb(url) {
		l = "• *<" + slackapp.Escape(url) + "|" + c.ID.String() + ">*"
	}
	l += " " + esc(c.Subject, 80) + " · "
	if c.Relation != "" {
		l += "same " + esc(c.Relation, 30) + ", "
	}
	l += ago(c)
	if !c.State.Done() {
		l += " · " + stateName(c.State)
	}
	if c.Diagnosis != "" {
		l += " · it was: *" + strings.ReplaceAll(esc(c.Diagnosis, 120), "*", "·") + "*"
	}
	return l
}

// ago is how long ago a case was opened, by the reader's clock.
func ago(c ticket.Case) string {
	if c.Opened.Unix() <= 0 {
		return "–"
	}
	return fmt.Sprintf("<!date^%d^{ago}|%s>", c.Opened.Unix(), c.Opened.UTC().Format("2 Jan 2006"))
}

// caseLinks are links to cases: to their cards where they have one, else to the console.
type caseLinks func(ticket.ID) string

// consoleLinks lead into the console, which is where the card says that its ticket is.
func consoleLinks(c bots.Card) caseLinks {
	base, ok := strings.CutSuffix(c.URL, c.Ticket.ID.String())
	return func(id ticket.ID) string {
		if !ok {
			return ""
		}
		return base + id.String()
	}
}

func (k *Desk) caseLinks(c bots.Card, places map[ticket.ID]string) caseLinks {
	console := consoleLinks(c)
	return func(id ticket.ID) string { return nonEmpty(k.cardLink(places[id]), console(id)) }
}

// casesOn are the nearest previous cases, on a card.
func casesOn(c bots.Card, to caseLinks) []slack.Block {
	if len(c.Cases) == 0 {
		return nil
	}
	var lines []string
	for _, one := range c.Cases {
		lines = append(lines, caseLine(one, to(one.ID)))
	}
	blocks := listed("*Previous cases*", lines)
	if c.MoreCases {
		blocks = append(blocks, rows("cases", button(doCases, ref{Ticket: c.Ticket.ID}.String(), "All previous cases"))...)
	}
	return blocks
}

// pastCases shows a page of all previous cases in a window, or another page in the same.
func (k *Desk) pastCases(ctx context.Context, c click, r ref) error {
	v, err := k.pastView(ctx, c.by, r)
	if err == nil && c.action.ActionID != doCases {
		err = k.updateView(ctx, c, v)
	} else if err == nil {
		err = k.showOver(ctx, c, v)
	}
	if err != nil {
		k.regret(c, err)
	}
	return nil
}

func (k *Desk) pastView(ctx context.Context, by ticket.Agent, r ref) (v slack.ModalViewRequest, err error) {
	card, err := k.back.Card(ctx, by, r.Ticket)
	if err != nil {
		return v, err
	}
	p, err := k.back.Past(ctx, by, r.Ticket, r.Seq)
	if err != nil {
		return v, err
	}
	more := ""
	if p.Most {
		more = " or more"
	}
	blocks := []slack.Block{small(fmt.Sprintf("%d to %d of %d%s: those of the same unit, then of the customer, then of the organization; the newest of each first",
		min(p.From+1, p.All), p.From+len(p.Cases), p.All, more))}
	to := k.caseLinks(card, p.Places)
	for _, one := range p.Cases {
		blocks = append(blocks, section(caseLine(one, to(one.ID))))
	}
	var turn []slack.BlockElement
	if p.From > 0 {
		turn = append(turn, button(doPastBack, ref{Ticket: r.Ticket, Seq: max(0, p.From-bots.PastPage)}.String(), "◀ Before"))
	}
	if next := p.From + len(p.Cases); next < p.All {
		turn = append(turn, button(doPast, ref{Ticket: r.Ticket, Seq: next}.String(), "Further ▶"))
	}
	blocks = append(blocks, rows("turn", turn...)...)
	v = modal(doCases, r.Ticket.String()+": cases", "OK", presenceMeta+":cases", blocks...)
	v.Submit = nil
	v.Close = plain("Close", maxTitle)
	return v, nil
}

// besideOptions are the entries of the card's menu for who works on it beside its owner.
func besideOptions(c bots.Card, v string) (list []*slack.OptionBlockObject) {
	if c.Ticket.Owner == "" {
		return nil
	}
	list = append(list, option(doJoin+" "+v, "Join: work on it with the owner"))
	if len(c.Ticket.Helpers) > 0 {
		list = append(list, option(doRelease+" "+v, "Leave it to the others"))
	}
	return list
}
