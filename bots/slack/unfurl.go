package slackdesk

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxUnfurls is how many links of one message are shown.
const maxUnfurls = 5

// ticketPath is the end of a link to a ticket in the console.
var ticketPath = regexp.MustCompile(`/tickets/(T-\d+)/?(?:[?#].*)?$`)

// shared shows what tickets are about whose links somebody has posted. Only links to our own console count, and only
// what staff post; where others may read along, no more than how the ticket stands.
// https://docs.slack.dev/reference/events/link_shared
func (k *Desk) shared(ctx context.Context, ev slackapp.Event) error {
	var raw struct {
		TS     string `json:"message_ts"`
		Source string `json:"source"`
		Links  []struct {
			URL string `json:"url"`
		} `json:"links"`
	}
	if err := json.Unmarshal(ev.Raw, &raw); err != nil || raw.Source == "composer" { // it is not posted yet
		return nil
	}
	by, err := k.agent(ctx, ev.User)
	if ticket.KindOf(err) == ticket.Denied {
		return nil
	}
	if err != nil {
		return err
	}
	ours, err := k.ours(ctx, ev.Channel)
	if err != nil {
		return err
	}
	show := map[string][]slack.Block{}
	for _, l := range raw.Links[:min(len(raw.Links), maxUnfurls)] {
		m := ticketPath.FindStringSubmatch(l.URL)
		if m == nil {
			continue
		}
		id, err := ticket.ParseID(m[1])
		if err != nil {
			continue
		}
		card, err := k.back.Card(ctx, by, id)
		if ticket.KindOf(err) == ticket.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if card.URL == "" || !strings.HasPrefix(l.URL, card.URL) {
			continue // another console's
		}
		text := "*" + id.String() + "* · " + stateName(card.Ticket.State) + " · " + esc(nonEmpty(card.Tier.Title, card.Tier.Name), 60)
		blocks := []slack.Block{section(text)}
		if ours {
			blocks = append([]slack.Block{section("*" + esc(cardText(card), 300) + "*")}, facts(card)...)
			blocks = append(blocks, lastSaid(card)...)
			if thread := nonEmpty(card.Thread, k.cardLink(card.Place)); isWeb(thread) {
				blocks = append(blocks, rows("go", link(doOpen, thread, "Go to the thread"))...)
			}
		}
		show[l.URL] = blocks
	}
	if len(show) == 0 {
		return nil
	}
	err = k.app.Unfurl(ctx, ev.Channel, raw.TS, show)
	if kind := ticket.KindOf(err); kind == ticket.Transient || kind == ticket.Internal {
		return err
	}
	if err != nil { // the message is gone, or its writer wants no preview
		k.log.Debug("slack: a link was not shown", "channel", ev.Channel, "error", err)
	}
	return nil
}

// ours says that a channel is one of the tiers', where cards stand anyhow.
func (k *Desk) ours(ctx context.Context, channel string) (bool, error) {
	var faults []error
	is := slices.ContainsFunc(k.back.Tiers(), func(t bots.Tier) bool {
		is, err := k.app.Is(ctx, channel, t.Place)
		if ticket.KindOf(err) == ticket.Transient {
			faults = append(faults, err)
		}
		return is
	})
	if !is && len(faults) > 0 {
		return false, faults[0]
	}
	return is, nil
}
