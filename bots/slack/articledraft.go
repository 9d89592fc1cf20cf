package slackdesk

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

// doArticle is the form of an article that begins with what a case has taught.
const doArticle = "article_draft"

// articleForm is filled in with what the case tells: what the customer said, what was tried, what it was. It becomes a
// work in progress, which editors finish (KCS v6: capture in the workflow).
func articleForm(card bots.Card, m meta, about slack.Block) slack.ModalViewRequest {
	t := card.Ticket
	var langs []*slack.OptionBlockObject
	for _, code := range []string{"en", "de", "fr", "es", "it", "nl"} {
		langs = append(langs, option(code, language(code)))
	}
	in := choose("v", "English", langs...)
	for _, o := range langs {
		if o.Value == t.Language {
			in = in.WithInitialOption(o)
		}
	}
	return modal(doArticle, t.ID.String()+": article", "Keep the draft", m.String(), about,
		small("Nobody is told of it by itself: editors look it over before customers can read it. Leave out who it was."),
		input("title", "What is wrong, in the words of somebody who has it?", "They search with these words", line(t.Subject, 200, false), false),
		input("problem", "How does it show?", "What they see and hear, on what, since when", line("", 2000, true), true),
		input("cause", "What is it?", "The cause", line(t.Diagnosis, 1500, true), true),
		input("steps", "What helps?", "Step by step, in the order in which it is done", line(bullets(card.Tried), maxInput, true), false),
		input("language", "In which language is this?", "", in, true))
}

func bullets(list []string) string {
	var lines []string
	for _, s := range list {
		lines = append(lines, "- "+strings.TrimSpace(s))
	}
	return strings.Join(lines, "\n")
}

// submitArticle keeps the draft, and notes on the ticket which it is.
func (k *Desk) submitArticle(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback, m meta) error {
	v := ic.View
	var body []string
	for _, p := range [][2]string{{"", "problem"}, {"Cause", "cause"}, {"What helps", "steps"}} {
		if text := strings.TrimSpace(submitted(v, p[1])); text != "" {
			if p[0] != "" {
				text = "## " + p[0] + "\n\n" + text
			}
			body = append(body, text)
		}
	}
	title := strings.TrimSpace(submitted(v, "title"))
	id, err := k.back.Draft(ctx, by, bots.ArticleDraft{Ticket: m.Ticket, Title: title, Body: strings.Join(body, "\n\n"), Language: nonEmpty(submitted(v, "language"), "en")})
	if err != nil {
		return err
	}
	_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActNote, Ticket: m.Ticket, Text: "An article was drafted from this case: " + title + " (" + id + ").", Key: "slack:article:" + v.ID})
	return err
}
