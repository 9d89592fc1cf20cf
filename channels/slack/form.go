package slackchannel

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The form by which customers ask: a button that stands in the channel, and what is behind it. What is sent is
// posted into the channel in the name of who asks, with metadata that says so, and taken from there like any
// other message: the channel's history is its one truth, and what was posted just before a crash is found there.

const (
	prefix     = "customer_ask"
	typeAsk    = "tierline_ask"    // metadata of what was asked by the form: user, team
	typeInvite = "tierline_invite" // metadata of the message with the button
	maxAsk     = 2900              // characters of what is told: a form takes 3,000
)

// invite sees to it that the button stands in the channel.
func (c *Channel) invite(ctx context.Context, channel string, r Room) error {
	if !r.opens(OpenForm) {
		return nil
	}
	w := wordsFor("", r.Language)
	text := slackapp.Escape(w.Invite)
	o := slackapp.Out{Channel: channel, Text: text, Type: typeInvite, Payload: map[string]any{"channel": channel}}
	ts, err := c.d.App.Find(ctx, slackapp.Range{Channel: channel, Limit: maxHistory}, o)
	if err != nil || ts != "" {
		return err
	}
	button := slack.NewButtonBlockElement(prefix, channel, slack.NewTextBlockObject(slack.PlainTextType, w.Button, false, false)).WithStyle(slack.StylePrimary)
	o.Blocks = []slack.Block{slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, text, false, false), nil, nil), slack.NewActionBlock("", button)}
	_, err = c.d.App.Post(ctx, o)
	return err
}

// interact shows the form, and takes what was filled in. Anybody in the channel may: they may write there, too.
func (c *Channel) interact(ctx context.Context, ic *slack.InteractionCallback) any {
	if ic.Type != slack.InteractionTypeViewSubmission {
		channel := ic.Channel.ID
		if channel == "" {
			channel = ic.Container.ChannelID
		}
		if r, _, ok := c.room(channel); ok && r.opens(OpenForm) {
			u, _ := c.d.App.User(ctx, ic.User.ID) // for the language; without it in the channel's
			if err := c.d.App.OpenView(ctx, ic.TriggerID, askForm(channel, wordsFor(u.Locale, r.Language))); err != nil {
				c.d.Log.Warn("slack: the form cannot be shown", "channel", channel, "error", err)
			}
		}
		return nil
	}
	r, in, ok := c.room(ic.View.PrivateMetadata)
	if !ok || in == nil || !r.opens(OpenForm) {
		return refuse(wordsFor("", r.Language))
	}
	if err := c.submit(ctx, in, r, ic); err != nil {
		c.d.Log.Error("slack: a form could not be taken", "channel", ic.View.PrivateMetadata, "error", err)
		u, _ := c.d.App.User(ctx, ic.User.ID)
		return refuse(wordsFor(u.Locale, r.Language))
	}
	return nil
}

func refuse(w words) any {
	return map[string]any{"response_action": "errors", "errors": map[string]string{"text": w.Failed}}
}

func askForm(channel string, w words) slack.ModalViewRequest {
	plain := func(s string) *slack.TextBlockObject {
		return slack.NewTextBlockObject(slack.PlainTextType, s, false, false)
	}
	field := func(id, label, hint string, max int, lines, optional bool) *slack.InputBlock {
		e := slack.NewPlainTextInputBlockElement(nil, "v").WithMaxLength(max).WithMultiline(lines)
		b := slack.NewInputBlock(id, plain(label), nil, e).WithOptional(optional)
		if hint != "" {
			b.Hint = plain(hint)
		}
		return b
	}
	return slack.ModalViewRequest{Type: slack.VTModal, CallbackID: prefix, PrivateMetadata: channel, Title: plain(w.Title), Submit: plain(w.Send), Close: plain(w.Cancel),
		Blocks: slack.Blocks{BlockSet: []slack.Block{field("about", w.About, "", 150, false, false), field("text", w.Tell, w.Hint, maxAsk, true, false),
			field("unit", w.Unit, "", 100, false, true)}}}
}

// submit posts what was asked, and takes it.
func (c *Channel) submit(ctx context.Context, in ticket.Intake, r Room, ic *slack.InteractionCallback) error {
	u, err := c.d.App.User(ctx, ic.User.ID)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return err
	}
	value := func(id string) string {
		if ic.View.State == nil {
			return ""
		}
		for _, a := range ic.View.State.Values[id] {
			return strings.TrimSpace(a.Value)
		}
		return ""
	}
	w := wordsFor(u.Locale, r.Language)
	text := "*" + slackapp.Escape(strings.ReplaceAll(value("about"), "*", "∗")) + "*\n" + slackapp.Escape(value("text"))
	if unit := value("unit"); unit != "" {
		text += fmt.Sprintf("\n%s: %s", w.Unit, slackapp.Escape(unit))
	}
	name := slackapp.Line(u.Name)
	o := slackapp.Out{Channel: ic.View.PrivateMetadata, Text: text, Type: typeAsk, Name: name, Image: u.Image,
		Payload: map[string]any{"user": ic.User.ID, "team": firstOf(u.Team, ic.User.TeamID, ic.Team.ID), "view": ic.View.ID}}
	ts, err := c.d.App.Post(ctx, o)
	if err != nil {
		return err
	}
	m := slackapp.Message{Channel: o.Channel, TS: ts, Text: text, Metadata: slackapp.Metadata{Type: typeAsk, Payload: o.Payload}}
	if self, err := c.d.App.Self(ctx, o.Channel); err == nil {
		m.Bot = self.Bot
	}
	if err := c.take(ctx, in, r, m); err != nil {
		c.d.Log.Warn("slack: what was asked by a form waits in the channel's history", "channel", o.Channel, "ts", ts, "error", err)
		c.nudge()
	}
	return nil // it stands in the channel
}

// ask is who has asked by the form, when m was posted for them.
func ask(self slackapp.Self, m slackapp.Message) (user, team string, ok bool) {
	if m.Metadata.Type != typeAsk || !self.Wrote(m) {
		return "", "", false
	}
	user, _ = m.Metadata.Payload["user"].(string)
	team, _ = m.Metadata.Payload["team"].(string)
	return user, team, user != ""
}
