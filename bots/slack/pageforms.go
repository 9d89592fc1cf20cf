package slackdesk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// pageLabel is what the button says by which people are paged, or the page that rings gets one more reason.
func pageLabel(t ticket.Ticket) string {
	if t.Paged() {
		return "Page, or add a reason"
	}
	return "Page L2"
}

// pageForm asks why people are wanted, how badly, and of which tier.
func (k *Desk) pageForm(ctx context.Context, card bots.Card, m meta, about slack.Block) slack.ModalViewRequest {
	blocks := []slack.Block{about}
	rings := ""
	var titles []string
	for _, p := range card.Ticket.Pages() {
		if p.Open() {
			rings = p.Tier
			titles = append(titles, esc(k.tierTitle(p.Tier), 80))
		}
	}
	if rings != "" {
		blocks = append(blocks, small(":rotating_light: "+strings.Join(titles, " and ")+" is being paged already: for it, this adds your reason. Another tier is rung beside it."))
	} else {
		blocks = append(blocks, small(k.whoIsRung(ctx, card)))
	}
	blocks = append(blocks, input("reason", "Why are they needed now?", "They read this on their phone", line("", 1000, true), false))
	var list []*slack.OptionBlockObject
	var first *slack.OptionBlockObject
	for _, p := range []ticket.Priority{ticket.Urgent, ticket.High, ticket.Normal, ticket.Low} {
		o := option(string(p), strings.ToUpper(string(p[:1]))+string(p[1:]))
		if list = append(list, o); p == card.Ticket.Priority {
			first = o
		}
	}
	severity := choose("severity", "As the ticket", list...)
	if first != nil {
		severity = severity.WithInitialOption(first)
	}
	blocks = append(blocks, input("severity", "How bad is it?", "What is urgent rings in quiet hours, too", severity, true))
	var tiers []*slack.OptionBlockObject
	var next *slack.OptionBlockObject
	for _, t := range k.back.Tiers() {
		o := option(t.Name, nonEmpty(t.Title, t.Name))
		tiers = append(tiers, o)
		if t.Name == rings || rings == "" && next == nil && t.Level > card.Tier.Level {
			next = o
		}
	}
	if len(tiers) > 1 {
		to := choose("tier", "The next level up", tiers...)
		if next != nil {
			to = to.WithInitialOption(next)
		}
		blocks = append(blocks, input("tier", "Whom?", "", to, true))
	}
	return modal(doPage, card.Ticket.ID.String()+": page", "Page", m.String(), blocks...)
}

// whoIsRung names those whom a page will reach, in order.
func (k *Desk) whoIsRung(ctx context.Context, card bots.Card) string {
	for _, t := range k.back.Tiers() {
		if t.Level <= card.Tier.Level {
			continue
		}
		var names []string
		list, err := k.back.OnCall(ctx, t.Name, k.now())
		if err != nil {
			return slackapp.Escape(explain(err))
		}
		for _, a := range list {
			names = append(names, esc(a.Name, 60))
		}
		if len(names) == 0 {
			return "Nobody is on call for " + esc(nonEmpty(t.Title, t.Name), 60) + " right now: its lead will be told."
		}
		return "On call for " + esc(nonEmpty(t.Title, t.Name), 60) + ": " + strings.Join(names[:min(len(names), 10)], ", then ")
	}
	return "There is no tier above this one."
}

// answerIntent is what a modal that answers a page asks for.
func (k *Desk) answerIntent(ctx context.Context, v slack.View, a *ticket.Action) error {
	a.Rev, a.Reason = 0, submitted(v, "reason")
	switch v.CallbackID {
	case doCall:
		a.Kind = ticket.ActAccept
		a.Promise = &ticket.Promise{Kind: ticket.PromiseCallback, What: submitted(v, "what"), Due: submittedTime(v, "due")}
	case doSnooze:
		n, err := strconv.Atoi(submitted(v, "minutes"))
		if err != nil || n <= 0 {
			return ticket.Errorf("slackdesk.submit", ticket.Invalid, "Say for how long.")
		}
		a.Wait = time.Duration(n) * time.Minute
	case doHand:
		to, err := k.agent(ctx, submittedUser(v, "to"))
		if err != nil {
			return ticket.Errorf("slackdesk.submit", ticket.Invalid, "They are not on the support team of this gateway.")
		}
		a.Owner = to.ID
	}
	return nil
}

// submittedUser is the person who was chosen in a modal.
func submittedUser(v slack.View, id string) string {
	if v.State != nil {
		for _, a := range v.State.Values[id] {
			return a.SelectedUser
		}
	}
	return ""
}

// pageCommand pages from anywhere: T-1042 [tier] [severity] reason.
func (k *Desk) pageCommand(ctx context.Context, by ticket.Agent, rest, key string) (string, error) {
	words := strings.Fields(rest)
	if len(words) == 0 {
		return "", ticket.Errorf("slackdesk.command", ticket.Invalid, "Say which and why: page T-1042 the boiler leaks onto the mains.")
	}
	id, err := ticket.ParseID(words[0])
	if err != nil {
		return "", err
	}
	a := ticket.Action{Kind: ticket.ActPage, Ticket: id, Key: key}
	words = words[1:]
	for len(words) > 1 {
		w := strings.ToLower(words[0])
		tier := ""
		for _, t := range k.back.Tiers() {
			if strings.EqualFold(t.Name, w) {
				tier = t.Name
			}
		}
		switch {
		case tier != "" && a.Tier == "":
			a.Tier = tier
		case ticket.Priority(w).Valid() && a.Severity == "":
			a.Severity = ticket.Priority(w)
		default:
			w = ""
		}
		if w == "" {
			break
		}
		words = words[1:]
	}
	a.Reason = strings.Join(words, " ")
	t, err := k.back.Act(ctx, by, a)
	if err != nil {
		return "", err
	}
	if t.Page == nil {
		return id.String() + " is paged.", nil
	}
	return id.String() + ": " + k.tierTitle(t.Page.Tier) + " is paged. The card shows what comes of it.", nil
}
