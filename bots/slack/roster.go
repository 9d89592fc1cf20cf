package slackdesk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The action ids of buttons and the callback ids of modals about who is on call. Those that answer a
// change end with what is done: roster_take.
const (
	rosterPrefix = "roster_"
	doSwap       = rosterPrefix + "swap"
	doCover      = rosterPrefix + "cover"
	doOff        = rosterPrefix + "off"
	doOverride   = rosterPrefix + "override"
	doTemporary  = rosterPrefix + "temporary"
	doMoreShifts = rosterPrefix + "more" // of a temporary schedule's form
)

const (
	rosterAhead = 60 * 24 * time.Hour // shifts that can be swapped or covered in Slack
	gapsAhead   = 14 * 24 * time.Hour
	maxMine     = 5 // shifts of one's own that are listed
	maxGaps     = 5
	maxAsked    = 5
	maxStanding = 8
)

// rosterReply is what /tier oncall says: who is on call, what comes, and what somebody can do about it.
func (k *Desk) rosterReply(ctx context.Context, by ticket.Agent) (slackapp.Reply, error) {
	now := k.now()
	v, err := k.back.Rosters(ctx, by, now, now.Add(rosterAhead))
	if err != nil {
		return slackapp.Reply{}, err
	}
	if len(v.Tiers) == 0 {
		return slackapp.Reply{Text: k.onCall(ctx)}, nil
	}
	return slackapp.Reply{Text: k.onCall(ctx), Blocks: k.rosterBlocks(ctx, v, by)}, nil
}

// rosterBlocks are who is on call, what is asked, what has been changed, and the buttons that change it.
func (k *Desk) rosterBlocks(ctx context.Context, v bots.RosterView, by ticket.Agent) (blocks []slack.Block) {
	for _, t := range v.Tiers[:min(len(v.Tiers), 10)] {
		blocks = append(blocks, section(k.rosterTier(ctx, t)))
	}
	blocks = append(blocks, section("*Your next shifts*\n"+myShifts(v, by.ID)))
	blocks = append(blocks, k.rosterAsked(v, by)...)
	blocks = append(blocks, k.rosterStanding(v, by)...)
	list := []slack.BlockElement{button(doSwap, "0", "Swap a shift …"), button(doCover, "0", "Ask for cover …"), button(doOff, "0", "Not on call on …")}
	if slices.ContainsFunc(v.Tiers, func(t bots.TierRoster) bool { return t.Lead }) {
		list = append(list, button(doOverride, "0", "Override …"), button(doTemporary, "0", "Temporary schedule …"))
	} else {
		list = append(list, button(doOverride, "0", "Be on call, too …"))
	}
	list = append(list, button(doAdd, "0", "Add for the next shift …"))
	return append(blocks, rows("roster", list...)...)
}

func (k *Desk) rosterTier(ctx context.Context, t bots.TierRoster) string {
	text := "*" + esc(nonEmpty(t.Tier.Title, t.Tier.Name), 60) + "*: " + people(t.On)
	if !t.Until.IsZero() {
		text += " until " + when(t.Until) + ", then " + people(t.Next)
	}
	if chain, err := k.back.OnCall(ctx, t.Tier.Name, k.now()); err == nil && len(chain) > len(t.On) {
		text += "\nA page rings " + rung(chain) + "."
	}
	var gaps []string
	for _, g := range t.Gaps {
		if g.From.Before(k.now().Add(gapsAhead)) {
			gaps = append(gaps, span(g.From, g.To))
		}
	}
	if n := len(gaps); n > 0 {
		text += "\n:warning: Nobody is on call " + strings.Join(gaps[:min(n, maxGaps)], "; ")
		if n > maxGaps {
			text += fmt.Sprintf("; and %d more", n-maxGaps)
		}
	}
	return text
}

func people(list []ticket.Agent) string {
	var names []string
	for _, a := range list[:min(len(list), 10)] {
		names = append(names, esc(a.Name, 60))
	}
	return nonEmpty(strings.Join(names, " and "), "nobody")
}

func rung(list []ticket.Agent) string {
	var names []string
	for _, a := range list[:min(len(list), 10)] {
		names = append(names, esc(a.Name, 60))
	}
	return strings.Join(names, ", then ")
}

// span is a stretch of time, in the reader's zone.
func span(from, to time.Time) string { return when(from) + " – " + when(to) }

func myShifts(v bots.RosterView, id string) string {
	var lines []string
	for _, t := range v.Tiers {
		for _, s := range t.Shifts {
			if s.Person == id {
				lines = append(lines, "• "+span(s.From, s.To)+" "+esc(nonEmpty(t.Tier.Title, t.Tier.Name), 60))
			}
		}
	}
	if len(lines) == 0 {
		return "You have none in the next 60 days."
	}
	return strings.Join(lines[:min(len(lines), maxMine)], "\n")
}

// rosterAsked are the requests that somebody can answer, with their buttons.
func (k *Desk) rosterAsked(v bots.RosterView, by ticket.Agent) (blocks []slack.Block) {
	n := 0
	for _, c := range v.Changes {
		if c.State != ticket.RosterAsked || n == maxAsked {
			continue
		}
		name := k.rosterName(v, c.Person)
		var can []ticket.RosterDo
		text := ""
		switch {
		case c.Person == by.ID || c.By.ID == by.ID:
			text, can = "You have asked for ", []ticket.RosterDo{ticket.RosterWithdraw}
			if c.Person != by.ID {
				text = "You have asked, for " + name + ", for "
			}
			text += map[bool]string{true: "a swap", false: "cover"}[c.Kind == ticket.RosterSwap] + ": " + span(c.From, c.To)
		case c.Kind == ticket.RosterSwap && c.With == by.ID:
			text, can = name+" asks to swap: you take "+span(c.From, c.To)+", and they take your "+span(c.BackFrom, c.BackTo), []ticket.RosterDo{ticket.RosterAgree, ticket.RosterDecline}
		case c.Kind == ticket.RosterCover && c.With == by.ID:
			text, can = name+" asks you to take "+span(c.From, c.To), []ticket.RosterDo{ticket.RosterTake, ticket.RosterDecline}
		case c.Kind == ticket.RosterCover && c.With == "" && k.inTeam(v, c.Tier, by.ID):
			text, can = name+" looks for somebody to take "+span(c.From, c.To), []ticket.RosterDo{ticket.RosterTake}
		default:
			continue
		}
		n++
		if c.Reason != "" {
			text += "\n" + quote(esc(c.Reason, 300))
		}
		blocks = append(blocks, section(text))
		blocks = append(blocks, rosterButtons(c.ID, can)...)
	}
	return blocks
}

// rosterStanding are the changes that count and are not over, with a button for whoever may take them back.
func (k *Desk) rosterStanding(v bots.RosterView, by ticket.Agent) (blocks []slack.Block) {
	n := 0
	for _, c := range v.Changes {
		if c.State != ticket.RosterStands || !c.Until().After(k.now()) {
			continue
		}
		if n++; n > maxStanding {
			continue
		}
		if n == 1 {
			blocks = append(blocks, section("*Changes that count*"))
		}
		text := "• " + k.changeText(v, c)
		if c.Reason != "" {
			text += " · “" + esc(c.Reason, 100) + "”"
		}
		s := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, nil)
		if c.CanWithdraw(by, leads(v, c.Tier), k.now()) {
			s.Accessory = slack.NewAccessory(takeBack(c.ID))
		}
		blocks = append(blocks, s)
	}
	if n > maxStanding {
		blocks = append(blocks, small(fmt.Sprintf("and %d more: the console has them", n-maxStanding)))
	}
	return blocks
}

// takeBack is the button that undoes what others may count on: it asks first.
func takeBack(id int64) *slack.ButtonBlockElement {
	b := button(rosterPrefix+string(ticket.RosterWithdraw), strconv.FormatInt(id, 10), "Take it back")
	b.Confirm = slack.NewConfirmationBlockObject(plain("Take it back?", 100), plain("The schedule is as it was before, and whose shifts change by that is told.", 300),
		plain("Take it back", 30), plain("Leave it", 30))
	return b
}

// leads says whether the reader decides on others' shifts of a tier; "" is of any.
func leads(v bots.RosterView, tier string) bool {
	return slices.ContainsFunc(v.Tiers, func(t bots.TierRoster) bool { return t.Lead && (tier == "" || t.Tier.Name == tier) })
}

// changeText says a change in a line.
func (k *Desk) changeText(v bots.RosterView, c ticket.RosterChange) string {
	name := func(id string) string { return k.rosterName(v, id) }
	text := ""
	switch c.Kind {
	case ticket.RosterSwap:
		return name(c.Person) + " and " + name(c.With) + " swap " + span(c.From, c.To) + " for " + span(c.BackFrom, c.BackTo)
	case ticket.RosterCover:
		text = name(c.With) + " covers " + name(c.Person)
	case ticket.RosterOff:
		text = name(c.Person) + " is not on call"
	case ticket.RosterTemporary:
		text = fmt.Sprintf("Temporary schedule of %d shifts", len(c.Shifts))
		if len(c.Shifts) == 1 {
			text = "Temporary schedule: " + name(c.Shifts[0].Person)
		}
	default:
		text = overrideText(c, name)
	}
	return text + " " + span(c.From, c.To)
}

func overrideText(c ticket.RosterChange, name func(string) string) string {
	who, place := "Nobody", "everybody"
	if c.With != "" {
		who = name(c.With)
	}
	if c.Person != "" {
		place = name(c.Person)
	}
	if c.Beside {
		return who + " is on call beside the others"
	}
	return who + " is on call in place of " + place
}

func (k *Desk) rosterName(v bots.RosterView, id string) string {
	for _, t := range v.Tiers {
		for _, a := range t.People {
			if a.ID == id {
				return esc(a.Name, 60)
			}
		}
	}
	return esc(id, 60)
}

func (k *Desk) inTeam(v bots.RosterView, tier, id string) bool {
	return slices.ContainsFunc(v.Tiers, func(t bots.TierRoster) bool {
		return t.Tier.Name == tier && slices.ContainsFunc(t.People, func(a ticket.Agent) bool { return a.ID == id })
	})
}

func rosterButtons(id int64, can []ticket.RosterDo) []slack.Block {
	labels := map[ticket.RosterDo]string{ticket.RosterAgree: "Agree", ticket.RosterTake: "Take it", ticket.RosterDecline: "Decline", ticket.RosterWithdraw: "Take the request back"}
	var list []slack.BlockElement
	for _, do := range can {
		b := button(rosterPrefix+string(do), strconv.FormatInt(id, 10), labels[do])
		if do == ticket.RosterAgree || do == ticket.RosterTake {
			b = primary(b)
		}
		list = append(list, b)
	}
	return rows("roster"+strconv.FormatInt(id, 10), list...)
}

// rosterClick takes a button about who is on call.
func (k *Desk) rosterClick(ctx context.Context, c click) error {
	switch what := c.action.ActionID; what {
	case doSwap, doCover, doOff, doOverride, doTemporary:
		k.openRoster(c.by, c.ic.TriggerID, what, func(err error) { k.rosterSays(c, slackapp.Escape(k.inWords(c.user, err)), "") })
		return nil
	case doMoreShifts:
		return k.moreShifts(c)
	}
	if err := k.rosterAnswer(ctx, c); err != nil {
		k.rosterSays(c, slackapp.Escape(k.inWords(c.user, err)), "")
	}
	return nil
}

// rosterAnswer takes a button that answers a change, or takes it back.
func (k *Desk) rosterAnswer(ctx context.Context, c click) error {
	id, err := strconv.ParseInt(c.action.Value, 10, 64)
	if err != nil || id <= 0 {
		return ticket.Errorf("slackdesk.roster", ticket.Invalid, "This button is of an older version. Type %s oncall.", k.cfg.Command)
	}
	do := ticket.RosterDo(strings.TrimPrefix(c.action.ActionID, rosterPrefix))
	done, err := k.back.ActRoster(ctx, c.by, ticket.RosterAction{Do: do, ID: id, Key: c.key})
	if kind := ticket.KindOf(err); err != nil && kind != ticket.Conflict {
		return err
	}
	result := map[ticket.RosterDo]string{ticket.RosterAgree: ":white_check_mark: You have agreed: the shifts are swapped.",
		ticket.RosterTake: ":white_check_mark: The shift is yours.", ticket.RosterDecline: "You have declined.",
		ticket.RosterWithdraw: "The request is taken back."}[do]
	about := ""
	switch {
	case err != nil:
		result = slackapp.Escape(explain(err))
	case done.Kind == ticket.RosterSwap:
		about = span(done.From, done.To) + " for " + span(done.BackFrom, done.BackTo)
	default:
		about = span(done.From, done.To)
	}
	if err == nil && do == ticket.RosterWithdraw && !done.Stood.IsZero() {
		result = "It is taken back: the schedule is as it was before. Whose shifts change by that is told."
	}
	k.settle(c, result, about)
	return nil
}

// settle takes the buttons off a notice and says what came of it, about which time. An answer that only its reader sees
// cannot be changed, nor can the Home tab by itself: they are told.
func (k *Desk) settle(c click, result, about string) {
	ts := nonEmpty(c.ic.Message.Timestamp, c.ic.Container.MessageTs)
	if ts == "" || c.ic.Container.IsEphemeral {
		k.rosterSays(c, result, about)
		return
	}
	blocks := []slack.Block{section(result)}
	if about != "" {
		blocks = append(blocks, small(about))
	}
	k.after("cannot settle a notice", func(ctx context.Context) error {
		return k.app.Update(ctx, ts, slackapp.Out{Channel: c.channel, Text: result, Blocks: blocks})
	})
}

// rosterSays tells who clicked what came of it: in the window they clicked in, in one of its own over the Home tab,
// or as a word that only they see.
func (k *Desk) rosterSays(c click, result, about string) {
	if c.channel != "" {
		if about != "" {
			result += " " + about
		}
		k.after("cannot tell somebody", func(ctx context.Context) error {
			return k.app.Ephemeral(ctx, c.channel, c.user, c.thread, result)
		})
		return
	}
	v := saying(section(result))
	if about != "" {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, small(about))
	}
	if c.ic.View.Type == slack.VTModal {
		k.after("cannot tell somebody", func(ctx context.Context) error { return k.app.UpdateView(ctx, c.ic.View.ID, "", v) })
		return
	}
	k.after("cannot tell somebody", func(ctx context.Context) error { return k.app.OpenView(ctx, c.ic.TriggerID, v) })
	k.redrawHome(c.user)
}

// saying is a window that only says something.
func saying(blocks ...slack.Block) slack.ModalViewRequest {
	v := modal(doOpen, "On call", "OK", "", blocks...)
	v.Submit, v.Close = nil, plain("Close", maxTitle)
	return v
}
