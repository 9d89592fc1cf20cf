package slackchannel

import (
	"context"
	"strings"

	"tierline/channels"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// typeReply is the metadata by which an answer of ours is found again: ticket, seq, part.
const typeReply = "tierline_reply"

// maxPart is the most text of one message, in UTF-16 units: Slack advises 4,000.
// https://docs.slack.dev/reference/methods/chat.postMessage
const maxPart = 3800

// Send posts an answer into the customer's thread, in as many messages as it needs. Its id is the
// place of the first.
func (c *Channel) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	channel, thread, err := threadOf(out)
	if err != nil {
		return "", err
	}
	text := slackapp.Mrkdwn(strings.TrimSpace(out.Message.Text))
	if text == "" {
		text = ":paperclip:"
	}
	parts, there := slackapp.Split(text, maxPart), map[int]string{}
	if out.Again {
		if there, err = c.sent(ctx, channel, thread, out.Message, func(m slackapp.Message, i int) bool { return i < len(parts) && m.Says(parts[i]) }); err != nil {
			return "", err
		}
	}
	name, image := c.face(ctx, channel, out.Message)
	for i, part := range parts {
		if there[i] != "" {
			continue
		}
		ts, err := c.d.App.Post(ctx, slackapp.Out{Channel: channel, Thread: thread, Text: part, Type: typeReply,
			Payload: payload(out.Message, i), Name: name, Image: image})
		if err != nil {
			return "", err
		}
		there[i] = ts
	}
	if len(out.Message.Attachments) > 0 {
		err := c.d.App.Share(ctx, c.d.Blobs, channel, thread, out.Message.String(), out.Message.Attachments, out.Again)
		if err != nil {
			return "", err
		}
	}
	return place(channel, there[0]), nil
}

// face is in whose name, and with whose picture, an answer is posted; "" is the app's own.
func (c *Channel) face(ctx context.Context, channel string, m ticket.Message) (name, image string) {
	if r, _, ok := c.room(channel); ok && r.Faceless || m.Author.Kind != ticket.ByAgent {
		return "", ""
	}
	a := c.d.Colleague(m.Author.ID)
	var u slackapp.User
	var err error
	switch {
	case a.Slack != "":
		u, err = c.d.App.User(ctx, a.Slack)
	case a.Email != "":
		u, err = c.d.App.UserByEmail(ctx, a.Email)
	}
	if err != nil {
		u.Image = "" // the name will do
	}
	return firstOf(m.Author.Name, a.Name), u.Image
}

func payload(m ticket.Message, part int) map[string]any {
	return map[string]any{"ticket": m.Ticket.String(), "seq": m.Seq, "part": part}
}

// sent finds the parts of an answer that an earlier try has posted. like tells them in a history that is not
// Slack's own and tells no metadata.
func (c *Channel) sent(ctx context.Context, channel, thread string, m ticket.Message, like func(slackapp.Message, int) bool) (map[int]string, error) {
	self, err := c.d.App.Self(ctx, channel)
	if err != nil {
		return nil, err
	}
	there, alike, told := map[int]string{}, map[int]string{}, false
	_, err = c.d.App.Read(ctx, slackapp.Range{Channel: channel, Thread: thread, Limit: maxHistory}, func(got slackapp.Message) bool {
		if !self.Wrote(got) {
			return true
		}
		told = told || got.Metadata.Type != ""
		for i := range ticket.MaxText/maxPart + 2 {
			switch {
			case got.Metadata.Is(typeReply, payload(m, i)):
				there[i] = got.TS
			case alike[i] == "" && like(got, i):
				alike[i] = got.TS
			default:
				continue
			}
			break
		}
		return true
	})
	if err == nil && !told {
		there = alike
	}
	return there, err
}

// threadOf is the thread in which the customer asked: that of the newest message that came from
// Slack.
func threadOf(out ticket.Outbound) (channel, thread string, err error) {
	for i := len(out.Previous) - 1; i >= 0; i-- {
		m := out.Previous[i]
		if m.Direction != ticket.In || m.Channel != channels.Slack {
			continue
		}
		at := m.External
		if len(m.References) > 0 {
			at = m.References[0]
		}
		if channel, thread, ok := slackapp.SplitPlace(at); ok {
			return channel, thread, nil
		}
	}
	return "", "", ticket.Errorf("slack.Send", ticket.Invalid, "There is no thread of the customer's in Slack to answer in.")
}
