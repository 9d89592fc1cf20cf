package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// Mark is an emoji that somebody has put on a message, or taken off it.
// https://docs.slack.dev/reference/events/reaction_added
type Mark struct {
	User, Channel, TS string
	Emoji             string // its name without colons
	Off               bool
}

// Mark reads what a reaction_added or reaction_removed event tells; ok is false when it is about no message.
func (e Event) Mark() (m Mark, ok bool) {
	var raw struct {
		User string `json:"user"`
		Name string `json:"reaction"`
		Item struct {
			Type    string `json:"type"`
			Channel string `json:"channel"`
			TS      string `json:"ts"`
		} `json:"item"`
	}
	if json.Unmarshal(e.Raw, &raw) != nil || raw.Item.Type != "message" || raw.Item.TS == "" || raw.Name == "" {
		return m, false
	}
	return Mark{User: e.User, Channel: e.room(raw.Item.Channel), TS: raw.Item.TS, Emoji: raw.Name, Off: e.Type == "reaction_removed"}, true
}

// One is the message that stands at ts, be it in a thread or not; NotFound when there is none.
func (a *App) One(ctx context.Context, channel, ts string) (Message, error) {
	w, bare, err := a.at(channel)
	if err != nil {
		return Message{}, err
	}
	form := url.Values{"channel": {bare}, "ts": {ts}, "oldest": {ts}, "latest": {ts}, "inclusive": {"true"}, "limit": {"10"},
		"include_all_metadata": {"true"}}
	var page struct {
		Messages []Message `json:"messages"`
	}
	err = w.do(ctx, "conversations.replies", "", func(ctx context.Context, _ *slack.Client) error {
		return w.call(ctx, "conversations.replies", form, &page)
	})
	if err != nil {
		return Message{}, err
	}
	for _, m := range page.Messages { // a thread's first message comes along, whatever is asked for
		if m.TS == ts {
			a.own(w, &m, func(string) string { return channel })
			m.Channel = channel
			return m, nil
		}
	}
	return Message{}, ticket.E("slack.message", ticket.NotFound, errors.New("there is no such message"))
}

// React puts an emoji on a message, or takes it off. To do it twice does no harm.
func (a *App) React(ctx context.Context, channel, ts, emoji string, off bool) error {
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	method, did, call := "reactions.add", "already_reacted", (*slack.Client).AddReactionContext
	if off {
		method, did, call = "reactions.remove", "no_reaction", (*slack.Client).RemoveReactionContext
	}
	err = w.do(ctx, method, "", func(ctx context.Context, api *slack.Client) error {
		return call(api, ctx, emoji, slack.NewRefToMessage(channel, ts))
	})
	if code := Code(err); code == did || code == "message_not_found" {
		return nil
	}
	return err
}

// Delete takes a message of ours away. One that is not there any more is no error.
func (a *App) Delete(ctx context.Context, channel, ts string) error {
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	err = w.do(ctx, "chat.delete", "", func(ctx context.Context, api *slack.Client) error {
		_, _, err := api.DeleteMessageContext(ctx, channel, ts)
		return err
	})
	if Code(err) == "message_not_found" {
		return nil
	}
	return err
}
