package slackdesk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The articles on a card, and what agents say of them. Each that nothing was said of has its buttons in sight; what was said
// stands behind it, with who has said it, and can be changed.

// readArticle, as what is chosen, shows it.
const readArticle = "read"

func suggestions(c bots.Card) []slack.Block {
	list := c.Ticket.Suggestions
	if len(list) == 0 {
		return []slack.Block{small(":books: No article was found.")}
	}
	list = list[:min(len(list), maxSuggests)]
	used := slices.ContainsFunc(list, func(s ticket.Suggestion) bool { return s.Verdict == ticket.ArticleUsed })
	blocks := []slack.Block{articlesHead(c, used)}
	for i, s := range list {
		b := slack.NewSectionBlock(mrkdwn(articleText(s), maxSection), nil, nil)
		id := articleBlock(c.Ticket.ID, s.Article)
		if s.Verdict == "" && !used && c.Ticket.NoArticle == "" {
			list := []slack.BlockElement{verdictButton(ticket.ArticleUsed, "Used"), verdictButton(readArticle, "Read"), verdictButton(ticket.ArticleNot, "Not relevant")}
			if i == 0 { // of the others it stands where they are read: three fit into a row on a phone
				list = append(list, verdictButton(ticket.ArticleFlagged, "Flag"))
			}
			blocks = append(blocks, b, slack.NewActionBlock(id, list...))
			continue
		}
		b.BlockID, b.Accessory = id, slack.NewAccessory(overflow(doVerdict, verdictOptions(s)...))
		blocks = append(blocks, b)
	}
	return blocks
}

func verdictButton(what, label string) *slack.ButtonBlockElement {
	return button(doVerdict+"_"+what, what, label)
}

// verdictOptions are what may be said of an article beside what was said of it.
func verdictOptions(s ticket.Suggestion) (list []*slack.OptionBlockObject) {
	list = []*slack.OptionBlockObject{option(readArticle, "Read")}
	for _, o := range [][2]string{{ticket.ArticleUsed, "Used: it helped"}, {ticket.ArticleNot, "Not relevant"}, {ticket.ArticleFlagged, "Flag: needs mending"}} {
		if o[0] != s.Verdict {
			list = append(list, option(o[0], o[1]))
		}
	}
	if s.Verdict != "" {
		list = append(list, option(ticket.ArticleUnsaid, "Take back what was said"))
	}
	return list
}

// articlesHead says how good they are, or that somebody has found none that fits.
func articlesHead(c bots.Card, used bool) slack.Block {
	id, text := articleBlock(c.Ticket.ID, ""), ":books: *Articles*"
	var b *slack.ButtonBlockElement
	switch {
	case c.Ticket.NoArticle != "":
		text = ":books: *Nothing fits*, says " + esc(c.Ticket.NoArticle, 80) + ": counted as a gap. _Write an article_ in the case's menu fills it."
		b = verdictButton(ticket.ArticleUnsaid, "One does fit")
	case used:
		return small(text)
	case !c.Ticket.Fits:
		text = ":books: *Nothing fits well.* The nearest:"
		fallthrough
	default:
		b = verdictButton(ticket.ArticleNone, "Nothing fits")
	}
	s := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, slack.NewAccessory(b))
	s.BlockID = id
	return s
}

func articleText(s ticket.Suggestion) string {
	text := esc(s.Title, roomLine)
	if s.Internal {
		text += " · :lock: internal"
	}
	by := ""
	if s.By != "" {
		by = " by " + esc(s.By, 80)
	}
	switch s.Verdict {
	case ticket.ArticleUsed:
		return ":white_check_mark: " + text + "\n*used*" + by + ": linked to this case"
	case ticket.ArticleNot:
		return "~" + strings.ReplaceAll(text, "~", "-") + "~\n*not relevant*" + by
	case ticket.ArticleFlagged:
		return ":triangular_flag_on_post: " + text + "\n*flagged*" + by + ": the editors are told"
	}
	return text + fmt.Sprintf(" · %d %%", int(s.Score*100+0.5))
}

// verdict is what an agent thinks of a suggestion, or that they want to read it.
func (k *Desk) verdict(ctx context.Context, c click) error {
	id, article, ok := parseArticleBlock(c.action.BlockID)
	what := nonEmpty(c.action.Value, c.action.SelectedOption.Value)
	if !ok || article == "" && what != ticket.ArticleNone && what != ticket.ArticleUnsaid {
		return ticket.Errorf("slackdesk.click", ticket.Invalid, "This menu is of an older version. Use the newest card.")
	}
	switch what {
	case readArticle:
		k.after("cannot show an article", func(ctx context.Context) error { return k.read(ctx, c, id, article) })
		return nil
	case ticket.ArticleFlagged:
		k.after("cannot open a form", func(ctx context.Context) error { return k.openFlag(ctx, c, id, article) })
		return nil
	}
	_, err := k.back.Act(ctx, c.by, ticket.Action{Kind: ticket.ActVerdict, Ticket: id, Article: article, Verdict: what, Key: c.key})
	if err == nil && c.ic.View.Type == slack.VTModal {
		k.after("cannot redraw a window", func(ctx context.Context) error { return k.reread(ctx, c, id, article) })
	}
	return err
}

// openFlag asks what is wrong with an article.
func (k *Desk) openFlag(ctx context.Context, c click, id ticket.ID, article string) error {
	card, err := k.back.Card(ctx, c.by, id)
	if err != nil {
		k.regret(c, err)
		return nil
	}
	v := flagForm(card, article, meta{Ticket: id, Channel: c.channel, Thread: c.thread, Article: article})
	if err := k.showOver(ctx, c, v); err != nil {
		k.regret(c, err)
	}
	return nil
}

func flagForm(card bots.Card, article string, m meta) slack.ModalViewRequest {
	title := article
	for _, s := range card.Ticket.Suggestions {
		if s.Article == article {
			title = s.Title
		}
	}
	return modal(doFlag, m.Ticket.String()+": flag", "Flag it", m.String(), small(":triangular_flag_on_post: "+esc(title, roomLine)),
		input("reason", "What is wrong with it?", "Those who edit articles read this. Better still, mend it in the console", line("", 1000, true), true))
}

// showOver opens a window, over the one in which it was asked for.
func (k *Desk) showOver(ctx context.Context, c click, v slack.ModalViewRequest) error {
	if c.ic.View.Type == slack.VTModal {
		v.Blocks.BlockSet = fitting(c.by, v.Blocks.BlockSet)
		return k.app.PushView(ctx, c.ic.TriggerID, v)
	}
	return k.openView(ctx, c, v)
}

func (k *Desk) submitFlag(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback, m meta) error {
	_, err := k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActVerdict, Ticket: m.Ticket, Article: m.Article, Verdict: ticket.ArticleFlagged,
		Reason: strings.TrimSpace(submitted(ic.View, "reason")), Key: "slack:view:" + ic.User.ID + ":" + ic.View.ID})
	return err
}

// read shows an article to one agent; of a case (id is not 0), with the buttons that say what they think of it.
func (k *Desk) read(ctx context.Context, c click, id ticket.ID, article string) error {
	v, err := k.articleView(ctx, c, id, article)
	if err == nil {
		err = k.showOver(ctx, c, v)
	}
	if err != nil {
		k.regret(c, err)
	}
	return nil
}

// reread brings that window up to date.
func (k *Desk) reread(ctx context.Context, c click, id ticket.ID, article string) error {
	v, err := k.articleView(ctx, c, id, article)
	if err != nil {
		return err
	}
	return k.updateView(ctx, c, v)
}

func (k *Desk) articleView(ctx context.Context, c click, id ticket.ID, article string) (v slack.ModalViewRequest, err error) {
	title, md, public, err := k.back.ArticleText(ctx, c.by, article)
	if err != nil {
		return v, err
	}
	note := ":lock: internal: not for the customer"
	if public {
		note = "may be sent to customers"
	}
	blocks := []slack.Block{header(nonEmpty(title, article)), small(note)}
	if id != 0 {
		said, err := k.saidOf(ctx, c, id, article)
		if err != nil {
			return v, err
		}
		blocks = append(blocks, said...)
	}
	body, whole := texts(slackapp.Mrkdwn(md), maxMessage)
	blocks = append(blocks, body...)
	if !whole {
		blocks = append(blocks, small("… the rest is in the knowledge base."))
	}
	v = modal("read", "Article", "", "", blocks...)
	v.Submit = nil
	v.Close = plain("Close", maxTitle)
	return v, nil
}

// saidOf is what was said of an article in a case, and the buttons that say something else.
func (k *Desk) saidOf(ctx context.Context, c click, id ticket.ID, article string) (blocks []slack.Block, err error) {
	card, err := k.back.Card(ctx, c.by, id)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(card.Ticket.Suggestions, func(s ticket.Suggestion) bool { return s.Article == article })
	if i < 0 {
		return nil, nil // it was found anew, and this one was not
	}
	s := card.Ticket.Suggestions[i]
	var list []slack.BlockElement
	for _, o := range [][2]string{{ticket.ArticleUsed, "Used"}, {ticket.ArticleNot, "Not relevant"}, {ticket.ArticleFlagged, "Flag"}} {
		if o[0] != s.Verdict {
			list = append(list, verdictButton(o[0], o[1]))
		}
	}
	if s.Verdict != "" {
		blocks = append(blocks, section(articleText(s)))
	}
	return append(blocks, slack.NewActionBlock(articleBlock(id, article), list...)), nil
}

// readClick shows an article that was found. In a window it is laid over it.
func (k *Desk) readClick(c click) {
	k.after("cannot show an article", func(ctx context.Context) error { return k.read(ctx, c, 0, c.action.Value) })
}
