package slackdesk

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// dossier is what is known of a customer.
func (k *Desk) dossier(ctx context.Context, by ticket.Agent, id customer.ID) (slackapp.Reply, error) {
	x, err := k.back.Dossier(ctx, by, id)
	if err != nil {
		return slackapp.Reply{}, err
	}
	return slackapp.Reply{Text: ":bust_in_silhouette: " + esc(personLine(x.Customer), roomLine), Blocks: dossierBlocks(x)}, nil
}

func dossierBlocks(x bots.Dossier) []slack.Block {
	c := x.Customer
	text := ":bust_in_silhouette: *" + esc(nonEmpty(c.Name, personLine(c)), 100) + "*"
	if x.Organization.Name != "" {
		text += " · " + esc(x.Organization.Name, 100)
		if x.Organization.Plan != "" {
			text += " (" + esc(x.Organization.Plan, 40) + ")"
		}
	}
	if c.Language != "" {
		text += " · " + language(c.Language)
	}
	var known []string
	for _, i := range c.Identities[:min(len(c.Identities), 10)] {
		if i.Kind == customer.Email || i.Kind == customer.Phone {
			known = append(known, esc(i.Value, 100))
		}
	}
	if len(known) > 0 {
		text += "\n" + strings.Join(known, " · ")
	}
	if n := len(x.Units); n > 0 {
		text += "\n:package: " + esc(strings.Join(x.Units[:min(n, maxListed)], ", "), roomLine)
	}
	blocks := append([]slack.Block{section(text)}, undeliverable(bots.Card{Customer: c})...)
	for _, s := range c.Abuse[max(0, len(c.Abuse)-3):] {
		blocks = append(blocks, small(":no_entry_sign: *"+rungName(s.Rung)+"* "+when(s.At)+" by "+esc(nonEmpty(s.Name, s.By), 80)+": "+esc(s.Reason, roomLine)))
	}
	return append(blocks, casesList("*Their cases*", x.Cases)...)
}

// casesList lists cases with what came of them.
func casesList(head string, list []ticket.Case) []slack.Block {
	if len(list) == 0 {
		return []slack.Block{small("_No case is known._")}
	}
	lines := []string{head}
	for _, c := range list {
		l := fmt.Sprintf("• *%s* %s · %s · %s", c.ID, esc(c.Subject, 100), stateName(c.State), c.Opened.UTC().Format("2 Jan 2006"))
		if c.Diagnosis != "" {
			l += " · it was: " + esc(c.Diagnosis, 120)
		}
		lines = append(lines, l)
	}
	return []slack.Block{section(strings.Join(lines, "\n"))}
}
