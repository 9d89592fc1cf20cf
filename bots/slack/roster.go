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
)

const (
	rosterAhead = 60 * 24 * time.Hour // shifts that can be swapped or covered in Slack
	gapsAhead   = 14 * 24 * time.Hour
	maxMine     = 5 // shifts of one's own that are listed
	maxGaps     = 5
	maxAsked    = 5
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
	var blocks []slack.Block
	for _, t := range v.Tiers[:min(len(v.Tiers), 10)] {
		blocks = append(blocks, section(k.rosterTier(ctx, t)))
	}
	blocks = append(blocks, section("*Your next shifts*\n"+myShifts(v, by.ID)))
	blocks = append(blocks, k.rosterAsked(v, by)...)
	blocks = append(blocks, rows("roster", button(doSwap, "0", "Swap a shift …"), button(doCover, "0", "Ask for cover …"), button(doOff, "0", "Not on call on …"))...)
	return slackapp.Reply{Text: k.onCall(ctx), Blocks: blocks}, nil
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
	what := c.action.ActionID
	switch what {
	case doSwap, doCover, doOff:
		k.openRoster(c.by, c.ic.TriggerID, what, func(err error) { k.sorry(c.channel, c.user, c.thread, err) })
		return nil
	}
	id, err := strconv.ParseInt(c.action.Value, 10, 64)
	if err != nil || id <= 0 {
		return ticket.Errorf("slackdesk.roster", ticket.Invalid, "This button is of an older version. Type %s oncall.", k.cfg.Command)
	}
	do := ticket.RosterDo(strings.TrimPrefix(what, rosterPrefix))
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
	k.settle(c, result, about)
	return nil
}

// settle takes the buttons off a notice and says what came of it, about which time. An answer that only its reader sees
// cannot be changed: they are told.
func (k *Desk) settle(c click, result, about string) {
	ts := nonEmpty(c.ic.Message.Timestamp, c.ic.Container.MessageTs)
	if ts == "" || c.ic.Container.IsEphemeral {
		k.after("cannot tell somebody", func(ctx context.Context) error {
			return k.app.Ephemeral(ctx, c.channel, c.user, c.thread, result)
		})
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

// rosterCommand opens a form from a command.
func (k *Desk) rosterCommand(by ticket.Agent, cmd slack.SlashCommand, what string) {
	k.openRoster(by, cmd.TriggerID, what, func(err error) { k.sorry(cmd.ChannelID, cmd.UserID, "", err) })
}

func (k *Desk) openRoster(by ticket.Agent, trigger, what string, sorry func(error)) {
	k.after("cannot open a form", func(ctx context.Context) error {
		v, err := k.rosterForm(ctx, by, what)
		if err == nil {
			err = k.app.OpenView(ctx, trigger, v)
		}
		if err != nil {
			sorry(err)
		}
		return nil
	})
}

func (k *Desk) rosterForm(ctx context.Context, by ticket.Agent, what string) (slack.ModalViewRequest, error) {
	now := k.now()
	v, err := k.back.Rosters(ctx, by, now, now.Add(rosterAhead))
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	reason := input("reason", "Why?", "Those who are asked read it", line("", 300, false), true)
	if what == doOff {
		return offForm(v, by, now, reason), nil
	}
	mine := shiftOptions(v, func(t bots.TierRoster, s bots.Shift) bool {
		return s.Person == by.ID && s.To.After(now) && (what == doCover || s.From.After(now))
	}, false)
	if len(mine) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.roster", ticket.Invalid, "You have no shift in the next 60 days.")
	}
	give := input("mine", "Your shift", "", choose("v", "Choose", mine...).WithInitialOption(mine[0]), false)
	if what == doSwap {
		theirs := shiftOptions(v, func(t bots.TierRoster, s bots.Shift) bool {
			return s.Person != by.ID && s.From.After(now) && k.inTeam(v, t.Tier.Name, by.ID)
		}, true)
		if len(theirs) == 0 {
			return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.roster", ticket.Invalid, "Nobody else has a shift in the next 60 days.")
		}
		return modal(doSwap, "Swap a shift", "Ask them", "", give,
			input("theirs", "For this shift", "It is asked of them; nothing changes until they agree", choose("v", "Choose", theirs...), false), reason), nil
	}
	var ask []*slack.OptionBlockObject
	for _, t := range v.Tiers {
		for _, a := range t.People {
			if a.ID != by.ID && !slices.ContainsFunc(ask, func(o *slack.OptionBlockObject) bool { return o.Value == a.ID }) {
				ask = append(ask, option(a.ID, a.Name))
			}
		}
	}
	blocks := []slack.Block{give, input("from", "Only from", "Leave it empty for the whole shift", slack.NewDateTimePickerBlockElement("v"), true),
		input("to", "Only until", "", slack.NewDateTimePickerBlockElement("v"), true)}
	if len(ask) > 0 {
		blocks = append(blocks, input("with", "Ask only", "Else the whole team is asked, and the first who takes it has it", choose("v", "Everybody", ask...), true))
	}
	return modal(doCover, "Ask for cover", "Ask", "", append(blocks, reason)...), nil
}

// offForm asks for days. They are whole days of the schedule's zone.
func offForm(v bots.RosterView, by ticket.Agent, now time.Time, reason slack.Block) slack.ModalViewRequest {
	day := func() *slack.DatePickerBlockElement {
		p := slack.NewDatePickerBlockElement("v")
		p.InitialDate = now.In(rosterZone(v, by.ID)).AddDate(0, 0, 1).Format(time.DateOnly)
		return p
	}
	return modal(doOff, "Not on call", "Keep me off", "", small("Your turns go to the next of the rotation; nobody's later turn moves. Where nobody else can, you stay on and the team is asked for cover. It says nothing of your cases."),
		input("first", "First day", "", day(), false), input("last", "Last day", "It is included", day(), false), reason)
}

// rosterZone is that of the first schedule in which somebody is.
func rosterZone(v bots.RosterView, id string) *time.Location {
	for _, t := range v.Tiers {
		if slices.ContainsFunc(t.People, func(a ticket.Agent) bool { return a.ID == id }) {
			return t.Zone
		}
	}
	return time.UTC
}

// shiftOptions are shifts to choose from; their value says all that is needed.
func shiftOptions(v bots.RosterView, want func(bots.TierRoster, bots.Shift) bool, named bool) (list []*slack.OptionBlockObject) {
	for _, t := range v.Tiers {
		for _, s := range t.Shifts {
			if !want(t, s) || len(list) == 100 {
				continue
			}
			label := s.From.In(t.Zone).Format("Mon 2 Jan 15:04") + " – " + s.To.In(t.Zone).Format("Mon 2 Jan 15:04 MST")
			if named {
				for _, a := range t.People {
					if a.ID == s.Person {
						label = slackapp.Cut(a.Name, 18) + " " + label
					}
				}
			}
			if len(v.Tiers) > 1 {
				label = t.Tier.Name + ": " + label
			}
			list = append(list, option(fmt.Sprintf("%d %d %s %s", s.From.Unix(), s.To.Unix(), t.Tier.Name, s.Person), label))
		}
	}
	return list
}

func parseShift(s string) (tier string, shift ticket.RosterShift, ok bool) {
	parts := strings.SplitN(s, " ", 4)
	if len(parts) != 4 {
		return "", shift, false
	}
	from, err := strconv.ParseInt(parts[0], 10, 64)
	to, err2 := strconv.ParseInt(parts[1], 10, 64)
	return parts[2], ticket.RosterShift{Person: parts[3], From: time.Unix(from, 0).UTC(), To: time.Unix(to, 0).UTC()}, err == nil && err2 == nil
}

// submitRoster takes a submitted form about who is on call.
func (k *Desk) submitRoster(ctx context.Context, ic *slack.InteractionCallback) any {
	by, err := k.agent(ctx, ic.User.ID)
	var a ticket.RosterAction
	if err == nil {
		a, err = k.rosterIntent(ctx, by, ic.View)
	}
	if err == nil {
		a.Key = "slack:view:" + ic.User.ID + ":" + ic.View.ID + ":" + nonEmpty(ic.View.Hash, ic.Hash)
		_, err = k.back.ActRoster(ctx, by, a)
	}
	if err == nil {
		return nil
	}
	return refuse(ic.View, k.inWords(ic.User.ID, err))
}

func (k *Desk) rosterIntent(ctx context.Context, by ticket.Agent, v slack.View) (ticket.RosterAction, error) {
	c := ticket.RosterChange{Person: by.ID, Reason: submitted(v, "reason")}
	bad := ticket.Errorf("slackdesk.roster", ticket.Invalid, "This form is of an older version. Open it again.")
	if v.CallbackID == doOff {
		view, err := k.back.Rosters(ctx, by, k.now(), k.now().Add(time.Hour))
		if err != nil {
			return ticket.RosterAction{}, err
		}
		zone := rosterZone(view, by.ID)
		first, err := time.ParseInLocation(time.DateOnly, submittedDate(v, "first"), zone)
		last, err2 := time.ParseInLocation(time.DateOnly, submittedDate(v, "last"), zone)
		if err != nil || err2 != nil {
			return ticket.RosterAction{}, bad
		}
		c.Kind, c.From, c.To = ticket.RosterOff, first, last.AddDate(0, 0, 1)
		return ticket.RosterAction{Change: c}, nil
	}
	tier, mine, ok := parseShift(submitted(v, "mine"))
	if !ok {
		return ticket.RosterAction{}, bad
	}
	c.Tier, c.From, c.To = tier, mine.From, mine.To
	switch v.CallbackID {
	case doSwap:
		other, theirs, ok := parseShift(submitted(v, "theirs"))
		if !ok {
			return ticket.RosterAction{}, bad
		}
		if other != tier {
			return ticket.RosterAction{}, ticket.Errorf("slackdesk.roster", ticket.Invalid, "Both shifts have to be of one tier.")
		}
		c.Kind, c.With, c.BackFrom, c.BackTo = ticket.RosterSwap, theirs.Person, theirs.From, theirs.To
	case doCover:
		c.Kind, c.With = ticket.RosterCover, submitted(v, "with")
		if t := submittedTime(v, "from"); !t.IsZero() {
			c.From = t
		}
		if t := submittedTime(v, "to"); !t.IsZero() {
			c.To = t
		}
	default:
		return ticket.RosterAction{}, bad
	}
	return ticket.RosterAction{Change: c}, nil
}

// submittedDate is the day that was chosen in a modal.
func submittedDate(v slack.View, id string) string {
	if v.State != nil {
		for _, a := range v.State.Values[id] {
			return a.SelectedDate
		}
	}
	return ""
}
