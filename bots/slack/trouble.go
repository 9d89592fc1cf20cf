package slackdesk

import (
	"context"
	"fmt"
	"time"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// away says that a channel cannot be written to, by us.
func away(err error) bool {
	switch slackapp.Code(err) {
	case "channel_not_found", "not_in_channel", "is_archived", "channel_is_archived":
		return true
	}
	return false
}

// mendWait is when a channel that could not be written to is tried again.
const mendWait = time.Minute

// hindrance is why a channel cannot be written to, and when that was last tried.
type hindrance struct {
	err   error
	tried time.Time
}

// held says that a tier's channel could not be written to just now: of a thousand cards that wait, one tries
// each minute.
func (k *Desk) held(tier string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	h, ok := k.trouble[tier]
	if !ok {
		return nil
	}
	left := mendWait - k.now().Sub(h.tried)
	if left <= 0 {
		h.tried = k.now()
		k.trouble[tier] = h
		return nil
	}
	return waits(h.err, left)
}

func waits(err error, wait time.Duration) error {
	return &ticket.Error{Op: "slackdesk", Kind: ticket.Transient, Unbegun: true, Public: ticket.Explain(err), RetryAfter: wait, Err: err}
}

// mendable makes of a channel that is not there, is archived or lacks the app something that passes:
// somebody will invite the app, and no card is to be lost until then. Ready tells meanwhile, and the leads
// are told once.
func (k *Desk) mendable(tier string, err error, nowhere bool) error {
	nowhere = nowhere || away(err)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		delete(k.trouble, tier)
	}
	if err == nil || !nowhere {
		return err
	}
	_, known := k.trouble[tier]
	err = waits(err, mendWait)
	k.trouble[tier] = hindrance{err, k.now()}
	if !known {
		if slackapp.Code(err) == "channel_not_found" {
			k.app.ForgetChannels() // another one may have its name now
		}
		k.log.Error("slack: a tier's channel cannot be written to", "tier", tier, "error", err)
		k.warnLeads(tier, ticket.Explain(err))
	}
	return err
}

// warnLeads tells the leads of a tier by direct message that its cards wait, and why.
func (k *Desk) warnLeads(tier, why string) {
	k.after("cannot tell the leads that a channel cannot be written to", func(ctx context.Context) error {
		text := ":warning: What is to be shown in the channel of " + slackapp.EscapeCut(k.tierTitle(tier), 80) + " waits, nothing is lost. " +
			slackapp.EscapeCut(why, 300) + " Mend the channel, or invite the app to it, and it goes on within a minute."
		var first error
		for _, lead := range k.back.Leads(tier) {
			user, err := k.userOf(ctx, lead)
			if err == nil {
				_, _, err = k.app.PostTo(ctx, user, slackapp.Out{Text: text})
			}
			if err != nil && first == nil {
				first = err
			}
		}
		return first
	})
}

// deactivated tells the leads of somebody of staff who was deactivated: in Slack they can do nothing any more, and
// their cases wait for somebody.
func (k *Desk) deactivated(ctx context.Context, user, email string) {
	by, err := k.back.AgentBy(user, email)
	if err != nil || k.seen.has("left "+user) {
		return // none of staff; or the leads know
	}
	k.seen.add("left " + user)
	k.log.Warn("slack: somebody of staff was deactivated", "agent", by.ID)
	text := ":warning: *" + slackapp.EscapeCut(by.Name, 80) + "* was deactivated in Slack and can do nothing here any more."
	if a, err := k.back.Agenda(ctx, by, bots.AgendaFilter{}); err == nil && a.Mine.Count > 0 {
		text += fmt.Sprintf(" Open cases that are theirs: %d.", a.Mine.Count)
		for i, t := range a.Mine.Tickets {
			if i == maxRows {
				text += "\n…"
				break
			}
			text += "\n• *" + t.ID.String() + "* " + slackapp.EscapeCut(t.Subject, 150)
		}
		text += "\nHand them to others: *Hand to …* in the menu of the card, or `/tier assign`."
	}
	told := map[string]bool{by.ID: true}
	for _, tier := range k.back.Tiers() {
		for _, lead := range k.back.Leads(tier.Name) {
			if told[lead.ID] {
				continue
			}
			told[lead.ID] = true
			k.after("cannot tell a lead who was deactivated", func(ctx context.Context) error {
				user, err := k.userOf(ctx, lead)
				if err == nil {
					_, _, err = k.app.PostTo(ctx, user, slackapp.Out{Text: text})
				}
				return err
			})
		}
	}
}

// Events that tell of a channel that it is another than before.
// https://docs.slack.dev/reference/events
var channelEvents = []string{"channel_archive", "channel_deleted", "channel_left", "channel_rename", "channel_unarchive",
	"group_archive", "group_deleted", "group_left", "group_rename", "group_unarchive"}

// channelChanged notices at once when a tier's channel was archived or deleted, or the app removed from it:
// not only when the next card is to be shown there.
func (k *Desk) channelChanged(ctx context.Context, ev slackapp.Event) error {
	tiers, err := k.tiersIn(ctx, ev.Channel)
	if err == nil && len(tiers) == 0 && what(ev.Type) == "unarchive" { // it was not listed meanwhile
		tiers, err = k.lookAgain(ctx, ev.Channel)
	}
	if err != nil {
		return err // comes again
	}
	for _, tier := range tiers {
		switch what := what(ev.Type); what {
		case "archive", "deleted", "left":
			said := map[string]string{"archive": "Its channel in Slack was archived.", "deleted": "Its channel in Slack was deleted.",
				"left": "The app was removed from its channel in Slack."}[what]
			_ = k.mendable(tier, ticket.Errorf("slackdesk", ticket.Invalid, "%s", said), true)
		case "unarchive":
			_ = k.mendable(tier, nil, false)
		}
	}
	if w := what(ev.Type); w == "rename" || w == "deleted" {
		k.app.ForgetChannels()
	}
	return nil
}

// joined notices that somebody has invited the app to a tier's channel.
func (k *Desk) joined(ctx context.Context, ev slackapp.Event) error {
	self, err := k.app.Self(ctx, ev.Channel)
	if err != nil || ev.User != self.User {
		return err
	}
	tiers, err := k.tiersIn(ctx, ev.Channel)
	if err == nil && len(tiers) == 0 { // a private channel is not known by its name before
		tiers, err = k.lookAgain(ctx, ev.Channel)
	}
	for _, tier := range tiers {
		_ = k.mendable(tier, nil, false)
	}
	return err
}

// lookAgain is tiersIn with what Slack lists now.
func (k *Desk) lookAgain(ctx context.Context, channel string) ([]string, error) {
	k.app.ForgetChannels()
	return k.tiersIn(ctx, channel)
}

// tiersIn are the tiers whose cards stand in a channel.
func (k *Desk) tiersIn(ctx context.Context, channel string) (tiers []string, err error) {
	for _, t := range k.back.Tiers() {
		is, err := k.app.Is(ctx, channel, t.Place)
		if ticket.KindOf(err) == ticket.Transient {
			return nil, err
		}
		if is {
			tiers = append(tiers, t.Name)
		}
	}
	return tiers, nil
}

// what is what has happened to a channel, be it private or not.
func what(event string) string {
	for i := range event {
		if event[i] == '_' {
			return event[i+1:]
		}
	}
	return ""
}
