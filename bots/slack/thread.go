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

// messageBlocks shows a message so that one sees at a glance whose it is. whole is false when the
// text was too long to show all of it.
func messageBlocks(c bots.Card, m ticket.Message) (blocks []slack.Block, fallback string, whole bool) {
	head, body, whole := messageHead(c, m)+since(m), []slack.Block(nil), true
	if m.Kind == ticket.System {
		text := ":gear: " + slackapp.EscapeCut(m.Text, maxSection-20)
		return []slack.Block{small(text)}, text, true
	}
	if !m.MovedTo.IsZero() {
		said := esc(spoken(m), roomLine)
		text := head + "\n:arrow_right: moved to *" + m.MovedTo.Ticket.String() + "*: _" + strings.ReplaceAll(said, "_", "-") + "_"
		return []slack.Block{small(text)}, text, true
	}
	if !m.Gone.IsZero() {
		return []slack.Block{small(head)}, head, true
	}
	if md := messageText(m); strings.TrimSpace(md) != "" {
		body, whole = texts(md, maxMessage-2*maxSection)
		fallback = slackapp.Split(md[:min(len(md), maxMessage)], maxFallback-200)[0]
	}
	blocks = append([]slack.Block{small(head)}, body...)
	var notes []string
	if !whole {
		notes = append(notes, ":scissors: The whole text is in the file below.")
	}
	for _, a := range m.Attachments[:min(len(m.Attachments), 10)] {
		notes = append(notes, ":paperclip: "+esc(a.Name, 100)+" ("+size(a.Size)+")")
	}
	if n := len(m.Attachments); n > 10 {
		notes = append(notes, fmt.Sprintf(":paperclip: … and %d more", n-10))
	}
	for _, w := range m.Warnings[:min(len(m.Warnings), 5)] {
		notes = append(notes, ":warning: "+esc(w, roomLine))
	}
	if m.Problem != "" {
		notes = append(notes, ":x: "+esc(m.Problem, 500))
	}
	if m.NewTopic != "" {
		notes = append(notes, ":twisted_rightwards_arrows: This seems to be another matter: "+esc(m.NewTopic, roomLine))
	}
	notes = append(notes, unclear(c, m)...)
	if s := marks(m); s != "" {
		notes = append(notes, s)
	}
	if len(notes) > 0 {
		blocks = append(blocks, small(strings.Join(notes, "\n")))
	}
	blocks = append(blocks, messageTools(c, m)...)
	return blocks, head + "\n" + fallback, whole
}

func messageHead(c bots.Card, m ticket.Message) string {
	by := "*" + esc(nonEmpty(m.Author.Name, m.From.Name, m.From.Value, "Somebody"), 100) + "*"
	switch {
	case m.Kind == ticket.Note:
		return ":memo: *Internal note* · " + by + " · " + when(m.At)
	case m.Direction == ticket.Out:
		return ":outbox_tray: " + by + " to the customer by " + channelName(m.Channel) + " · " + delivery(m) + " · " + when(m.At)
	}
	icon := ":speech_balloon:"
	if len(m.Turns) > 0 {
		icon = ":telephone_receiver:"
	}
	head := icon + " " + by + " by " + channelName(nonEmpty(m.Channel, c.Ticket.Channel)) + " · " + when(m.At)
	if m.Auto {
		head += " · :robot_face: automatic"
	}
	if !m.MovedFrom.IsZero() {
		head += " · from " + m.MovedFrom.Ticket.String()
	}
	return head
}

func delivery(m ticket.Message) string {
	switch m.Delivery {
	case ticket.Queued:
		if !m.SendAt.IsZero() {
			return ":hourglass_flowing_sand: goes out in a moment"
		}
		return ":hourglass_flowing_sand: on its way"
	case ticket.Withdrawn:
		return ":leftwards_arrow_with_hook: taken back, not sent"
	case ticket.Sent:
		return ":white_check_mark: sent"
	case ticket.Failed:
		return ":x: *not delivered*"
	}
	return "kept"
}

// messageText is a message's text as mrkdwn: what agents write is Markdown, what customers write is
// taken as it stands.
func messageText(m ticket.Message) string {
	if m.Direction == ticket.Out || m.Kind == ticket.Note {
		return slackapp.Mrkdwn(looked(m.Text))
	}
	text := slackapp.Escape(looked(strings.TrimSpace(spoken(m))))
	if text != "" {
		text = quote(text)
	}
	return text
}

// textFile keeps a message's text as a file.
func (k *Desk) textFile(ctx context.Context, m ticket.Message) (ticket.Attachment, error) {
	sum, n, err := k.blob.Put(ctx, strings.NewReader(spoken(m)), slackapp.MaxFile)
	return ticket.Attachment{Name: fmt.Sprintf("%s-%d.txt", m.Ticket, m.Seq), Type: "text/plain", Size: n, SHA256: sum}, err
}

// maxLook is how much of a text is prepared to be shown, in bytes: far more than is shown.
const maxLook = 128 << 10

func looked(s string) string { return s[:min(len(s), maxLook)] } // a rune cut in two is repaired by Clean
