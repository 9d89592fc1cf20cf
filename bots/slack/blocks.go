package slackdesk

import (
	"strings"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
)

// Slack's published limits, in UTF-16 units where they count text.
// https://docs.slack.dev/reference/block-kit/blocks
const (
	maxBlocks      = 50    // of a message
	maxViewBlocks  = 100   // of a modal or a Home tab
	maxHeader      = 150   //
	maxSection     = 3000  // and of a context's text
	maxField       = 2000  // of a section's fields
	maxButton      = 75    // and of an option's text
	maxInput       = 3000  // of what is typed into an input
	maxTitle       = 24    // of a modal, its buttons likewise
	maxLabel       = 2000  // and of a hint
	maxHint        = 150   // of a placeholder
	maxMessage     = 12000 // of all text of one message of ours; Slack refuses what is far longer
	maxFallback    = 3000  // of a message's text beside its blocks; Slack cuts at 40,000
	maxRow         = 5     // buttons a row that are shown well; Slack allows 25
	maxOptions     = 5     // of an overflow menu
	maxOptionValue = 150   // what a choice stands for
)

// The functions below are all that makes blocks here. Texts named md are mrkdwn, escaped by whoever
// composed them (say, slackapp.Escape); plain ones are shown as they are.

func mrkdwn(md string, limit int) *slack.TextBlockObject {
	md = strings.TrimSpace(md)
	if md == "" {
		md = "–" // Slack refuses an empty text
	}
	if slackapp.Units(md) > limit { // composed of parts that were cut; only many of them are too long
		md = slackapp.Split(md, limit-2)[0] + " …"
	}
	return slack.NewTextBlockObject(slack.MarkdownType, md, false, true)
}

// defuse breaks what would be a mention if somebody took plain text for mrkdwn. Slack does not.
var defuse = strings.NewReplacer("<!", "<\u200B!", "<@", "<\u200B@", "<#", "<\u200B#")

func plain(text string, limit int) *slack.TextBlockObject {
	text = slackapp.Cut(defuse.Replace(slackapp.Line(text[:min(len(text), 16*limit)])), limit)
	if text == "" {
		text = "–"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}

func header(text string) slack.Block { return slack.NewHeaderBlock(plain(text, maxHeader)) }

func section(md string) slack.Block {
	return slack.NewSectionBlock(mrkdwn(md, maxSection), nil, nil)
}

// fields shows short texts in two columns; at most ten.
func fields(mds ...string) slack.Block {
	var list []*slack.TextBlockObject
	for _, md := range mds[:min(len(mds), 10)] {
		list = append(list, mrkdwn(md, maxField))
	}
	return slack.NewSectionBlock(nil, list, nil)
}

func small(md string) slack.Block {
	return slack.NewContextBlock("", mrkdwn(md, maxSection))
}

func divider() slack.Block { return slack.NewDividerBlock() }

func button(action, value, label string) *slack.ButtonBlockElement {
	return slack.NewButtonBlockElement(action, value, plain(label, maxButton))
}

func primary(b *slack.ButtonBlockElement) *slack.ButtonBlockElement {
	return b.WithStyle(slack.StylePrimary)
}

func link(action, url, label string) *slack.ButtonBlockElement {
	return button(action, "", label).WithURL(url)
}

// rows lays elements out, five a row.
func rows(id string, elements ...slack.BlockElement) []slack.Block {
	var list []slack.Block
	for i := 0; i < len(elements); i += maxRow {
		list = append(list, slack.NewActionBlock(id+string(rune('a'+i/maxRow)), elements[i:min(i+maxRow, len(elements))]...))
	}
	return list
}

func option(value, label string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, plain(label, maxButton), nil)
}

func overflow(action string, options ...*slack.OptionBlockObject) *slack.OverflowBlockElement {
	return slack.NewOverflowBlockElement(action, options[:min(len(options), maxOptions)]...)
}

func choose(action, placeholder string, options ...*slack.OptionBlockObject) *slack.SelectBlockElement {
	return slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plain(placeholder, maxHint), action, options[:min(len(options), 100)]...)
}

// input is a labelled field of a modal.
func input(id, label, hint string, element slack.BlockElement, optional bool) slack.Block {
	var h *slack.TextBlockObject
	if hint != "" {
		h = plain(hint, maxLabel)
	}
	b := slack.NewInputBlock(id, plain(label, maxLabel), h, element)
	b.Optional = optional
	return b
}

// line is a text input; its action id is "v".
func line(initial string, limit int, many bool) *slack.PlainTextInputBlockElement {
	e := slack.NewPlainTextInputBlockElement(nil, "v").WithMultiline(many).WithMaxLength(min(limit, maxInput))
	if initial != "" {
		e = e.WithInitialValue(slackapp.Cut(slackapp.Clean(initial), min(limit, maxInput)))
	}
	return e
}

// modal puts a view together.
func modal(callback, title, submit, metadata string, blocks ...slack.Block) slack.ModalViewRequest {
	return slack.ModalViewRequest{Type: slack.VTModal, CallbackID: callback, PrivateMetadata: metadata,
		Title: plain(title, maxTitle), Submit: plain(submit, maxTitle), Close: plain("Cancel", maxTitle),
		Blocks: slack.Blocks{BlockSet: blocks[:min(len(blocks), maxViewBlocks)]}}
}

// texts shows a long mrkdwn text in as many sections as it needs, up to most units; whole says
// whether that was all.
func texts(md string, most int) (list []slack.Block, whole bool) {
	used := 0
	for _, part := range slackapp.Split(md, maxSection-10) {
		if used += slackapp.Units(part); used > most || len(list) > maxBlocks-10 {
			return list, false
		}
		list = append(list, section(part))
	}
	return list, true
}

// quote marks every line as quoted.
func quote(md string) string { return "> " + strings.ReplaceAll(strings.TrimSpace(md), "\n", "\n> ") }
