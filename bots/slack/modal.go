package slackdesk

import (
	"context"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// open shows a modal. It is not waited for: the click changes nothing yet, and a trigger lives for
// 3 s only.
func (k *Desk) open(c click, what string, r ref) error {
	k.after("cannot open a form", func(ctx context.Context) error {
		v, err := k.form(ctx, c, what, r)
		if err == nil {
			k.opened(&v, r.Ticket)
			err = k.openView(ctx, c, v)
		}
		if err != nil {
			k.regret(c, err)
		}
		return nil
	})
	return nil
}

// peek shows a card in a window, to be read.
func (k *Desk) peek(ctx context.Context, c click, id ticket.ID) error {
	card, err := k.back.Card(ctx, c.by, id)
	if err != nil {
		k.regret(c, err)
		return nil
	}
	k.sign(id, ticket.SignSeen)
	var blocks []slack.Block
	for _, b := range k.cardOf(card) {
		switch b := b.(type) {
		case *slack.ActionBlock:
			continue
		case *slack.SectionBlock:
			b.Accessory, b.BlockID = nil, ""
		}
		blocks = append(blocks, b)
	}
	if thread := nonEmpty(card.Thread, k.cardLink(card.Place)); isWeb(thread) {
		blocks = append(blocks, rows("go", link(doOpen, thread, "Go to the thread"))...)
	}
	v := modal(doOpen, id.String(), "OK", presenceMeta+":card", blocks...)
	v.Submit = nil
	v.Close = plain("Close", maxTitle)
	return k.openView(ctx, c, v)
}

// cardLink leads to where a card stands; "" when that is not known.
func (k *Desk) cardLink(at string) string {
	channel, ts, err := parsePlace(at)
	if err != nil {
		return ""
	}
	return k.app.Link(channel, ts)
}

func (k *Desk) form(ctx context.Context, c click, what string, r ref) (slack.ModalViewRequest, error) {
	card, err := k.back.Card(ctx, c.by, r.Ticket)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	m := meta{Ticket: r.Ticket, Rev: card.Ticket.Rev, Page: r.Page, Channel: c.channel, Thread: c.thread}
	if what != doReply && what != doSolve && r.Rev != 0 { // these answer what the modal shows, all else what the card showed
		m.Rev = r.Rev
	}
	about := small(cardText(card))
	id := r.Ticket.String()
	switch what {
	case doReply:
		return k.openAnswer(ctx, c.by, card, m, c.text)
	case doNote:
		return noteForm(m, id, noteDraft{}, about), nil
	case doCallNote:
		return k.callNote(ctx, c.by, card, m, r.Seq, about)
	case doEscalate:
		known := bots.Handoff(card)
		known.Problem = nonEmpty(c.text, known.Problem)
		return k.escalateForm(card, m, about, "", known)
	case doPage:
		return k.pageForm(ctx, card, m, about), nil
	case doSolve:
		blocks := append([]slack.Block{about}, lastSaid(card)...)
		return modal(doSolve, id+": solve", "Solve", m.String(), append(blocks,
			input("diagnosis", "What was it?", "The cause, so that the next one finds it", line(card.Ticket.Diagnosis, 1500, true), false))...), nil
	case doDecline, doCall, doHand, doSnooze:
		return k.answerForm(card, what, m, about), nil
	case doReturn:
		said := ""
		if h := card.Ticket.Handoff; h != nil {
			said = h.String()
		}
		shown, _ := texts(slackapp.Escape(said), maxMessage/2)
		blocks := append([]slack.Block{about}, shown...)
		return modal(doReturn, id+": return", "Return", m.String(), append(blocks,
			input("reason", "What is missing?", "Its writer reads this, and mends it. The clocks run on", line("", 1000, true), false))...), nil
	case doPromise:
		return k.promiseForm(card, m, about), nil
	case doArticle:
		return articleForm(card, m, about), nil
	case doAssign:
		return k.assignForm(ctx, c.by, card, m, about)
	case doMerge:
		return k.mergeForm(ctx, c.by, card, m, about)
	case doSplit:
		return k.splitForm(ctx, c.by, card, m, r.Seq, about)
	case doSupplier, doSupplied, doInform, doHeard, doVerify:
		return k.outsideForm(card, m, what)
	}
	return k.careForm(ctx, c, card, m, what, r)
}

func (k *Desk) escalateForm(card bots.Card, m meta, about slack.Block, chosen string, known *ticket.Handoff) (slack.ModalViewRequest, error) {
	var tiers []*slack.OptionBlockObject
	var first *slack.OptionBlockObject
	for _, t := range k.back.Tiers() {
		if t.Name == card.Ticket.Tier {
			continue
		}
		o := option(t.Name, nonEmpty(t.Title, t.Name))
		tiers = append(tiers, o)
		if t.Name == chosen || chosen == "" && first == nil && t.Level > card.Tier.Level {
			first = o
		}
	}
	if len(tiers) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no other tier.")
	}
	to := choose("v", "Choose a tier", tiers...)
	if first != nil {
		to = to.WithInitialOption(first)
	}
	blocks := []slack.Block{about, input("tier", "Where to?", entered(k.back.Tiers()), to, false),
		input("diagnosis", "What is it, as far as is known?", "The cause, or where it must be", line(card.Ticket.Diagnosis, 1500, false), !card.Tier.Diagnosis)}
	for _, f := range ticket.HandoffFields {
		blocks = append(blocks, handoffInput(f, *known.Field(f), needing(k.back.Tiers(), f)))
	}
	return modal(doEscalate, card.Ticket.ID.String()+": escalate", "Escalate", m.String(), blocks...), nil
}

func handoffInput(field, known, needed string) slack.Block {
	hint := map[string]string{"problem": "What is wrong, so that somebody who knows nothing of the case understands it",
		"impact": "Who cannot do what, since when", "tried": "Step by step, with what came of it", "asked": "What you want them to do or to decide",
		"callback": "By what, when, in which language"}[field]
	if needed != "" {
		hint = strings.TrimSpace(hint + ". Needed by " + needed)
	}
	if field == "read_back" {
		var ways []*slack.OptionBlockObject
		for _, w := range []string{"by phone", "by chat", "by mail", "in person"} {
			ways = append(ways, option(w, "Confirmed "+w))
		}
		return input(field, "Read back to the customer?", hint, choose("v", "Not read back", ways...), true)
	}
	return input(field, ticket.HandoffTitle(field), hint, line(known, 1500, field == "tried" || field == "impact"), field != "problem")
}

// entered says what tiers ask before a case may enter them.
func entered(tiers []bots.Tier) string {
	var list []string
	for _, t := range tiers {
		if len(t.Entry) > 0 {
			list = append(list, nonEmpty(t.Title, t.Name)+": "+strings.Join(t.Entry, "; "))
		}
	}
	return strings.Join(list, ". ")
}

// needing names the tiers that need a field.
func needing(tiers []bots.Tier, field string) string {
	var names []string
	for _, t := range tiers {
		if slices.Contains(t.Needs, field) {
			names = append(names, nonEmpty(t.Title, t.Name))
		}
	}
	return strings.Join(names, ", ")
}
