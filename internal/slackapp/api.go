package slackapp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/ticket"
)

// Out is a message of ours.
type Out struct {
	Channel string
	Thread  string // ts of the thread's first message; "" posts into the channel
	Text    string // mrkdwn; shown where there are no blocks, and in notifications
	Blocks  []slack.Block
	Type    string         // metadata: by it the message is found again
	Payload map[string]any // of the metadata; scalars
	Name    string         // as whom it is posted, and with whose picture (a URL); "" is the app itself
	Image   string
	// Still is asked just before it is posted, after every wait for a limit: its error is returned, and
	// nothing is posted. nil is not asked.
	Still func(context.Context) error
}

func (w *workspace) options(ctx context.Context, o Out) ([]slack.MsgOption, error) {
	blocks, err := w.fitBlocks(ctx, o.Blocks)
	if err != nil {
		return nil, err
	}
	o.Text, o.Blocks = w.fit(ctx, o.Text), blocks
	return o.options(), nil
}

func (o Out) options() []slack.MsgOption {
	opts := []slack.MsgOption{slack.MsgOptionText(o.Text, false)}
	if len(o.Blocks) > 0 {
		opts = append(opts, slack.MsgOptionBlocks(o.Blocks...))
	}
	if o.Thread != "" {
		opts = append(opts, slack.MsgOptionTS(o.Thread))
	}
	if o.Name != "" {
		opts = append(opts, slack.MsgOptionUsername(Cut(o.Name, 80)))
		if o.Image != "" {
			opts = append(opts, slack.MsgOptionIconURL(o.Image))
		}
	}
	if o.Type != "" {
		opts = append(opts, slack.MsgOptionMetadata(slack.SlackMetadata{EventType: o.Type, EventPayload: o.Payload}))
	}
	return opts
}

// Post posts a message and returns its ts. A post whose answer is lost may be there: [App.Find] it
// by its metadata before it is posted again.
func (a *App) Post(ctx context.Context, o Out) (ts string, err error) {
	_, ts, err = a.post(ctx, o)
	return ts, err
}

// PostTo posts a direct message to a person, and returns where it stands. Nothing has to be opened before:
// a user's id stands for the direct message with them (https://docs.slack.dev/reference/methods/chat.postMessage).
func (a *App) PostTo(ctx context.Context, user string, o Out) (channel, ts string, err error) {
	o.Channel = user
	return a.post(ctx, o)
}

func (a *App) post(ctx context.Context, o Out) (channel, ts string, err error) {
	w, to, err := a.at(o.Channel)
	if err != nil {
		return "", "", err
	}
	opts, err := w.options(ctx, o)
	if err != nil {
		return "", "", err
	}
	opts = append(opts, slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	err = w.do(ctx, "chat.postMessage", to, func(ctx context.Context, api *slack.Client) (err error) {
		if o.Still != nil {
			if err := o.Still(ctx); err != nil {
				return err
			}
		}
		channel, ts, err = api.PostMessageContext(ctx, to, opts...)
		return err
	})
	channel = w.id(channel)
	if err == nil && ts == "" {
		err = ticket.E("slack.chat.postMessage", ticket.Transient, errors.New("the answer names no ts"))
	}
	return channel, ts, err
}

// Update changes a message of ours. What is not given (text, blocks) is gone.
func (a *App) Update(ctx context.Context, ts string, o Out) error {
	w, channel, err := a.at(o.Channel)
	if err != nil {
		return err
	}
	o.Thread, o.Name = "", "" // of these nothing changes
	opts, err := w.options(ctx, o)
	if err != nil {
		return err
	}
	return w.do(ctx, "chat.update", "", func(ctx context.Context, api *slack.Client) error {
		_, _, _, err := api.UpdateMessageContext(ctx, channel, ts, opts...)
		return err
	})
}

// Ephemeral shows a text to one person only. It is lost when they are not there.
func (a *App) Ephemeral(ctx context.Context, channel, user, thread, text string) error {
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	opts := []slack.MsgOption{slack.MsgOptionText(w.fit(ctx, text), false)}
	if thread != "" {
		opts = append(opts, slack.MsgOptionTS(thread))
	}
	return w.do(ctx, "chat.postEphemeral", "", func(ctx context.Context, api *slack.Client) error {
		_, err := api.PostEphemeralContext(ctx, channel, Bare(user), opts...)
		return err
	})
}

// OpenView shows a modal; a trigger lives for 3 s.
func (a *App) OpenView(ctx context.Context, trigger string, v slack.ModalViewRequest) error {
	w, trigger, err := a.at(trigger)
	if err != nil {
		return err
	}
	if err := w.fitView(ctx, &v); err != nil {
		return err
	}
	return w.view(ctx, "views.open", v, "trigger_id", trigger)
}

// PushView lays a modal over the one in which something was clicked; three lie over each other at the most.
func (a *App) PushView(ctx context.Context, trigger string, v slack.ModalViewRequest) error {
	w, trigger, err := a.at(trigger)
	if err != nil {
		return err
	}
	if err := w.fitView(ctx, &v); err != nil {
		return err
	}
	return w.view(ctx, "views.push", v, "trigger_id", trigger)
}

// UpdateView changes an open modal, unless it has changed since hash.
func (a *App) UpdateView(ctx context.Context, id, hash string, v slack.ModalViewRequest) error {
	w, id, err := a.at(id)
	if err != nil {
		return err
	}
	if err := w.fitView(ctx, &v); err != nil {
		return err
	}
	return w.view(ctx, "views.update", v, "view_id", id, "hash", hash)
}

// PublishHome shows a person's Home tab, which remembers the metadata.
func (a *App) PublishHome(ctx context.Context, user, metadata string, blocks []slack.Block) error {
	w, user, err := a.at(user)
	if err != nil {
		return err
	}
	if blocks, err = w.fitBlocks(ctx, blocks); err != nil {
		return err
	}
	return w.view(ctx, "views.publish", slack.HomeTabViewRequest{Type: slack.VTHomeTab, PrivateMetadata: metadata, Blocks: slack.Blocks{BlockSet: blocks}},
		"user_id", user)
}

// view makes a call with a view, and pairs of arguments; those that are empty are left out.
func (w *workspace) view(ctx context.Context, method string, v any, args ...string) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return ticket.E("slack."+method, ticket.Invalid, err)
	}
	form := url.Values{"view": {string(raw)}}
	for i := 0; i < len(args); i += 2 {
		if args[i+1] != "" {
			form.Set(args[i], args[i+1])
		}
	}
	return w.submit(ctx, method, form)
}

// submit makes a call of whose answer nothing is needed but that it was taken: it may show views, channels and messages
// with blocks that slack-go cannot read, Slack's own samples do, and what was done would count as failed.
func (w *workspace) submit(ctx context.Context, method string, form url.Values) error {
	return w.do(ctx, method, "", func(ctx context.Context, _ *slack.Client) error {
		var taken struct{}
		return w.call(ctx, method, form, &taken)
	})
}

// Unfurl shows blocks below a message, for links in it.
// https://docs.slack.dev/reference/methods/chat.unfurl
func (a *App) Unfurl(ctx context.Context, channel, ts string, show map[string][]slack.Block) error {
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	links := map[string]any{}
	for link, blocks := range show {
		if blocks, err = w.fitBlocks(ctx, blocks); err != nil {
			return err
		}
		links[link] = map[string]any{"blocks": blocks}
	}
	text, err := json.Marshal(links)
	if err != nil {
		return err
	}
	return w.submit(ctx, "chat.unfurl", url.Values{"channel": {channel}, "ts": {ts}, "unfurls": {string(text)}})
}

// Invite brings somebody into a channel; whoever is there already stays.
func (a *App) Invite(ctx context.Context, channel, user string) error {
	w, channel, err := a.at(channel)
	if err != nil {
		return err
	}
	if there, _, err := a.at(user); err != nil || there != w {
		return ticket.Errorf("slack.invite", ticket.Invalid, "They are in another workspace than the channel.")
	}
	err = w.submit(ctx, "conversations.invite", url.Values{"channel": {channel}, "users": {Bare(user)}})
	if Code(err) == "already_in_channel" {
		return nil
	}
	return err
}

// OpenDM is the channel of direct messages with a person.
func (a *App) OpenDM(ctx context.Context, user string) (channel string, err error) {
	w, user, err := a.at(user)
	if err != nil {
		return "", err
	}
	var dm struct {
		Channel struct {
			ID string `json:"id"`
		} `json:"channel"`
	}
	err = w.do(ctx, "conversations.open", "", func(ctx context.Context, _ *slack.Client) error {
		return w.call(ctx, "conversations.open", url.Values{"users": {user}}, &dm)
	})
	if missing(err) || err == nil && dm.Channel.ID == "" { // a user's id stands for it, when something is posted
		return w.id(user), nil
	}
	if err != nil {
		return "", err
	}
	return w.id(dm.Channel.ID), nil
}

// Range says which messages to read: those with Oldest < ts < Latest ("" is open), at most Limit.
type Range struct {
	Channel        string
	Thread         string // of this thread only, its first message included
	Oldest, Latest string
	Limit          int
}

// maxAnswer bounds what is read of one answer, in bytes.
const maxAnswer = 32 << 20

// Read reads messages page by page until yield says false; more tells that Limit cut it short.
// A channel's history comes newest first, a thread oldest first, as Slack gives them. Where there is no such method
// there are no messages: what was missed stays so, and what is tried again may stand twice.
func (a *App) Read(ctx context.Context, r Range, yield func(Message) bool) (more bool, err error) {
	w, channel, err := a.at(r.Channel)
	if err != nil {
		return false, err
	}
	method, form := "conversations.history", url.Values{"channel": {channel}, "include_all_metadata": {"true"}}
	if r.Thread != "" {
		method = "conversations.replies"
		form.Set("ts", r.Thread)
	}
	if r.Oldest != "" {
		form.Set("oldest", r.Oldest)
	}
	if r.Latest != "" {
		form.Set("latest", r.Latest)
	}
	for left := r.Limit; left > 0; {
		form.Set("limit", strconv.Itoa(min(left, 200)))
		var page struct {
			Messages []Message `json:"messages"`
			Meta     struct {
				Next string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		err := w.do(ctx, method, "", func(ctx context.Context, _ *slack.Client) error { return w.call(ctx, method, form, &page) })
		if missing(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, m := range page.Messages {
			a.own(w, &m, func(string) string { return r.Channel })
			m.Channel = r.Channel
			if !yield(m) {
				return false, nil
			}
		}
		left -= max(len(page.Messages), 1)
		if page.Meta.Next == "" {
			return false, nil
		}
		form.Set("cursor", page.Meta.Next)
	}
	return true, nil
}

// Find looks for a message of ours, by its metadata, and returns its ts, or "". A history that tells no metadata of
// any message of ours is not Slack's own: there the one that says the same is taken for it.
func (a *App) Find(ctx context.Context, r Range, o Out) (ts string, err error) {
	self, err := a.Self(ctx, r.Channel)
	if err != nil {
		return "", err
	}
	if r.Limit == 0 {
		r.Limit = 1000
	}
	like, told := "", false
	_, err = a.Read(ctx, r, func(m Message) bool {
		switch {
		case !self.Wrote(m):
		case m.Metadata.Is(o.Type, o.Payload):
			ts = m.TS
		case m.Metadata.Type != "":
			told = true
		case like == "" && m.Says(o.Text):
			like = m.TS
		}
		return ts == ""
	})
	if err == nil && ts == "" && !told {
		ts = like
	}
	return ts, err
}

// call makes a call whose answer slack-go would decode too strictly: one odd file in a history must
// not hide the rest.
func (w *workspace) call(ctx context.Context, method string, form url.Values, answer any) error {
	_, token := w.client()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.app.base+method, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "Bearer "+token.Reveal())
	resp, err := w.app.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusTooManyRequests {
		s, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		return &slack.RateLimitedError{RetryAfter: time.Duration(s) * time.Second}
	}
	if resp.StatusCode != http.StatusOK {
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	var head slack.SlackResponse
	if err := json.Unmarshal(body, &head); err != nil {
		return err
	}
	if !head.Ok {
		if err := head.Err(); err != nil {
			return err
		}
		return errors.New("the answer is neither ok nor an error")
	}
	w.granted(token.Reveal(), resp.Header.Get(grantedHeader))
	return json.Unmarshal(body, answer)
}
