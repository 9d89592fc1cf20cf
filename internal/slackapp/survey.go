package slackapp

import (
	"context"
	"net/url"
	"strings"

	"github.com/slack-go/slack"
)

// Survey asks each workspace once what there is, for people who look for what is wrong there. It is for one goroutine.
type Survey struct {
	app  *App
	seen map[*workspace]*surveyed
}

type surveyed struct {
	channels map[string]Room // by name and by id, in lower case
	err      error
}

// Room is how a channel stands. https://docs.slack.dev/reference/objects/conversation-object
type Room struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Archived bool   `json:"is_archived"`
	Member   bool   `json:"is_member"`
	Locked   bool   `json:"is_read_only"` // only some may post there
	Threads  bool   `json:"is_thread_only"`
}

// NewSurvey has asked nothing yet.
func (a *App) NewSurvey() *Survey { return &Survey{a, map[*workspace]*surveyed{}} }

// Room is the channel that the configuration names. False: there is none, or it is private and the app is not in it.
func (s *Survey) Room(ctx context.Context, nameOrID string) (Room, bool, error) {
	v, name, err := s.of(ctx, nameOrID)
	if err != nil {
		return Room{}, false, err
	}
	r, ok := v.channels[strings.ToLower(strings.TrimPrefix(name, "#"))]
	return r, ok, nil
}

// of is what is known of the workspace of something that is named, and its name there.
func (s *Survey) of(ctx context.Context, named string) (*surveyed, string, error) {
	w, name, err := s.app.named(ctx, named)
	if err != nil {
		return nil, "", err
	}
	v := s.seen[w]
	if v == nil {
		v = &surveyed{channels: map[string]Room{}}
		v.err = w.channelsOf(ctx, v)
		s.seen[w] = v
	}
	return v, name, v.err
}

func (w *workspace) channelsOf(ctx context.Context, v *surveyed) error {
	teams, err := w.teams(ctx)
	if err != nil {
		return err
	}
	for _, t := range teams {
		if err := w.channelsIn(ctx, t.ID, v); err != nil {
			return err
		}
	}
	return nil
}

// channelsIn adds the channels of a team, which is named when the token is an organization's.
func (w *workspace) channelsIn(ctx context.Context, team string, v *surveyed) error {
	q := url.Values{"limit": {"1000"}, "types": {"public_channel,private_channel"}}
	if team != "" {
		q.Set("team_id", team)
	}
	for range maxPages {
		var page struct {
			Channels []Room `json:"channels"`
			Next     struct {
				Cursor string `json:"next_cursor"`
			} `json:"response_metadata"`
		}
		if err := w.tell(ctx, "conversations.list", q, &page); err != nil {
			return err
		}
		for _, r := range page.Channels {
			v.channels[strings.ToLower(r.ID)] = r
			name := strings.ToLower(r.Name)
			if team != "" && name != "" {
				v.channels[strings.ToLower(team)+"/"+name] = r
			}
			if name != "" && (!r.Archived || v.channels[name].ID == "") {
				v.channels[name] = r
			}
		}
		if page.Next.Cursor == "" {
			break
		}
		q.Set("cursor", page.Next.Cursor)
	}
	return nil
}

// tell makes one call within the limits.
func (w *workspace) tell(ctx context.Context, method string, q url.Values, into any) error {
	return w.do(ctx, method, "", func(ctx context.Context, _ *slack.Client) error { return w.call(ctx, method, q, into) })
}

// Lacking are the scopes that the program needs and that are not among those that were granted; none when nothing is
// known of them.
func Lacking(have []string) (list []string) {
	if len(have) == 0 {
		return nil
	}
	granted := map[string]bool{}
	for _, s := range have {
		granted[s] = true
	}
	for _, s := range Scopes() {
		if !granted[s] {
			list = append(list, s)
		}
	}
	return list
}

// grantedHeader is how Slack tells with every answer what the token may do.
const grantedHeader = "X-OAuth-Scopes"

// granted notes what a token may do, as Slack has told with an answer.
func (w *workspace) granted(token, list string) {
	scopes := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(scopes) > 0 && w.inst.BotToken.Equal(token) {
		w.inst.Scopes = scopes
	}
}
