package slackdesk

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The Home tab is an agent's inbox. It is drawn when it is opened, after what is done in it, and when something of
// its reader's changes (watch.go).

// The action ids of the Home tab beside those of tickets.
const (
	homePrefix  = "home_"
	homeTier    = homePrefix + "tier"
	homeChannel = homePrefix + "channel"
	homeUrgent  = homePrefix + "urgent"
	homeAgain   = homePrefix + "again"
)

// allOption is the choice of everything.
const allOption = "*"

// home shows somebody's Home tab. It is drawn after the acknowledgement: nothing is lost with it.
func (k *Desk) home(_ context.Context, ev slackapp.Event) error {
	var opened struct {
		Tab  string `json:"tab"`
		View struct {
			Meta string `json:"private_metadata"`
		} `json:"view"`
	}
	if err := json.Unmarshal(ev.Raw, &opened); err == nil && opened.Tab == "messages" {
		return nil
	}
	k.homes.restore(ev.User, opened.View.Meta)
	k.homes.looked(ev.User, k.now())
	k.redrawHome(ev.User)
	return nil
}

// redrawHome draws somebody's Home tab.
func (k *Desk) redrawHome(user string) {
	k.after("cannot show the Home tab", func(ctx context.Context) error { return k.drawHome(ctx, user, true) })
}

// drawHome publishes somebody's Home tab; unless it must be, not when it says what it said before. One tab is drawn by
// one at a time: who comes meanwhile has it drawn once more, so that the newest is what stays.
func (k *Desk) drawHome(ctx context.Context, user string, must bool) (err error) {
	for more := k.homes.begin(user, must); more; more, must = k.homes.end(user) {
		err = k.publishHome(ctx, user, must)
	}
	return err
}

func (k *Desk) publishHome(ctx context.Context, user string, must bool) error {
	f := k.homes.drawing(user, k.now())
	by, err := k.agent(ctx, user)
	var blocks []slack.Block
	if err == nil {
		k.homes.is(user, by.ID)
		blocks, err = k.homeBlocks(ctx, by, f)
	}
	if err != nil {
		blocks = []slack.Block{section(slackapp.Escape(k.inWords(user, err)))}
	}
	if !k.homes.news(user, blocks) && !must {
		return nil
	}
	meta, _ := json.Marshal(f) // has no error
	if err := k.app.PublishHome(ctx, user, string(meta), blocks); err != nil {
		k.homes.failed(user)
		return err
	}
	return nil
}

// homeClick takes what is chosen at the top of the Home tab.
func (k *Desk) homeClick(c click) error {
	k.homes.restore(c.user, c.ic.View.PrivateMetadata)
	f := k.homes.chosen(c.user)
	chosen := c.action.SelectedOption.Value
	if chosen == allOption {
		chosen = ""
	}
	switch c.action.ActionID {
	case homeTier:
		f.Tier = chosen
	case homeChannel:
		f.Channel = chosen
	case homeUrgent:
		f.Urgent = !f.Urgent
	}
	k.homes.filter(c.user, f)
	k.redrawHome(c.user)
	return nil
}

func (k *Desk) homeBlocks(ctx context.Context, by ticket.Agent, f bots.AgendaFilter) ([]slack.Block, error) {
	a, err := k.back.Agenda(ctx, by, f)
	if err != nil {
		return nil, err
	}
	k.homes.works(by.ID, a.Tiers)
	blocks := append(k.presenceBlocks(ctx, by), small(homeCounts(a)))
	blocks = append(blocks, homeFilters(a, f)...)
	for _, l := range []struct {
		head, none string
		of         ticket.Listing
		row        func(ticket.Ticket) slack.Block
	}{
		{":pager: Being paged", "", a.Paged, func(t ticket.Ticket) slack.Block { return k.pagedRow(a, t, by) }},
		{":rotating_light: Late, or nearly", "", a.Late, func(t ticket.Ticket) slack.Block { return k.ticketRow(a, t, by) }},
		{"Yours", "You have none.", a.Mine, func(t ticket.Ticket) slack.Block { return k.ticketRow(a, t, by) }},
		{":handshake: You have promised", "", a.Promised, func(t ticket.Ticket) slack.Block { return k.promisedRow(a, t) }},
		{"Nobody's yet", "Every ticket has an owner.", a.Free, func(t ticket.Ticket) slack.Block { return k.ticketRow(a, t, by) }},
	} {
		if l.of.Count == 0 && l.none == "" {
			continue
		}
		blocks = append(blocks, header(fmt.Sprintf("%s (%d)", l.head, l.of.Count)))
		if l.of.Count == 0 {
			blocks = append(blocks, small("_"+l.none+"_"))
		}
		for _, t := range l.of.Tickets {
			blocks = append(blocks, l.row(t))
		}
		if more := l.of.Count - len(l.of.Tickets); more > 0 {
			blocks = append(blocks, small(fmt.Sprintf("… and %d more: `%s my` and `%s find` list them, *Next case* takes the one that comes first.", more, k.cfg.Command, k.cfg.Command)))
		}
	}
	blocks = append(append(blocks, header("On call")), k.homeRoster(ctx, by)...)
	return append(blocks[:min(len(blocks), maxViewBlocks-1)], small("`"+k.cfg.Command+" help` lists what can be done from anywhere.")), nil
}

// homeCounts says in one line how much there is.
func homeCounts(a bots.Agenda) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{a.Mine.Count, "yours"}, {a.Late.Count, "late or nearly"}, {a.Promised.Count, "promised"}, {a.Free.Count, "wait for an owner"}, {a.Paged.Count, "being paged"}} {
		if c.n > 0 || c.what == "yours" {
			parts = append(parts, fmt.Sprintf("*%d* %s", c.n, c.what))
		}
	}
	return strings.Join(parts, "  ·  ")
}

func homeFilters(a bots.Agenda, f bots.AgendaFilter) []slack.Block {
	var list []slack.BlockElement
	tiers := []*slack.OptionBlockObject{option(allOption, "All my tiers")}
	for _, t := range a.Tiers {
		tiers = append(tiers, option(t.Name, nonEmpty(t.Title, t.Name)))
	}
	channels := []*slack.OptionBlockObject{option(allOption, "Every channel"), option("email", "E-mail"), option("chat", "Chat"), option("phone", "Telephone"), option("slack", "Slack")}
	if len(a.Tiers) > 1 {
		list = append(list, choose(homeTier, "Tier", tiers...).WithInitialOption(picked(tiers, f.Tier)))
	}
	urgent := button(homeUrgent, homePrefix, "Urgent and high only")
	if f.Urgent {
		urgent = primary(urgent)
	}
	return rows("filters", append(list, choose(homeChannel, "Channel", channels...).WithInitialOption(picked(channels, f.Channel)), urgent, button(homeAgain, homePrefix, "Look again"))...)
}

// picked is the option of a value, or the first.
func picked(list []*slack.OptionBlockObject, value string) *slack.OptionBlockObject {
	if i := slices.IndexFunc(list, func(o *slack.OptionBlockObject) bool { return o.Value == value }); i >= 0 {
		return list[i]
	}
	return list[0]
}

// rowText is a ticket in two short lines: which and what, then how it stands.
func (k *Desk) rowText(a bots.Agenda, t ticket.Ticket) string {
	text := "*" + k.ticketLink(a.Places, t.ID) + "* " + esc(t.Subject, 120)
	var how []string
	if t.Priority == ticket.Urgent || t.Priority == ticket.High {
		how = append(how, priority(t.Priority))
	}
	if t.State != ticket.Open {
		how = append(how, stateName(t.State))
	}
	if due := t.Due(); !due.IsZero() {
		icon := ":alarm_clock: "
		if due.Before(k.now()) {
			icon = ":rotating_light: "
		}
		how = append(how, icon+when(due))
	}
	if o := a.Owners[t.Owner]; t.Owner != "" {
		how = append(how, esc(nonEmpty(o.Name, t.Owner), 40))
	}
	how = append(how, channelName(t.Channel))
	if t.Language != "" {
		how = append(how, language(t.Language))
	}
	return text + "\n" + strings.Join(how, " · ")
}

// ticketLink is a ticket's number, which leads to its card where that stands.
func (k *Desk) ticketLink(places map[ticket.ID]string, id ticket.ID) string {
	channel, ts, err := parsePlace(places[id])
	if err != nil {
		return id.String()
	}
	if url := k.app.Link(channel, ts); isWeb(url) {
		return "<" + slackapp.Escape(url) + "|" + id.String() + ">"
	}
	return id.String()
}

func (k *Desk) ticketRow(a bots.Agenda, t ticket.Ticket, by ticket.Agent) slack.Block {
	v := refTo(t).String()
	var list []*slack.OptionBlockObject
	if t.Owner != by.ID {
		list = append(list, option(doTake+" "+v, "Take"))
	}
	list = append(list, option(doReply+" "+v, "Reply"), option(doNote+" "+v, "Note"), option(doEscalate+" "+v, "Escalate"))
	if t.Owner == by.ID {
		list = append(list, option(doSolve+" "+v, "Solve"))
	}
	return slack.NewSectionBlock(mrkdwn(k.rowText(a, t), maxSection), nil, slack.NewAccessory(overflow(doMore, append(list, option(doShow+" "+v, "Show the card"))...)))
}

func (k *Desk) promisedRow(a bots.Agenda, t ticket.Ticket) slack.Block {
	p := t.OpenPromises()[0]
	text := "*" + k.ticketLink(a.Places, t.ID) + "* " + esc(t.Subject, 120) + "\n" + p.Kind.Title() + " until " + when(p.Due)
	if p.State == ticket.PromiseBroken {
		text += " · :broken_heart: broken"
	}
	if p.What != "" {
		text += " · " + esc(p.What, 120)
	}
	return slack.NewSectionBlock(mrkdwn(text, maxSection), nil, slack.NewAccessory(button(doKeep, ref{Ticket: t.ID, Seq: p.Number}.String(), "Kept")))
}

func (k *Desk) pagedRow(a bots.Agenda, t ticket.Ticket, by ticket.Agent) slack.Block {
	p := t.Page
	text := "*" + k.ticketLink(a.Places, t.ID) + "* " + esc(t.Subject, 120) + "\n" + priority(p.Severity) + " · " + esc(k.tierTitle(p.Tier), 40) + " by " +
		esc(cmp.Or(p.By.Name, p.By.ID), 40) + ": " + esc(p.Reason, 150)
	b := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, nil)
	if slices.Contains(p.Who, by.ID) {
		b.Accessory = slack.NewAccessory(primary(button(doAccept, ref{Ticket: t.ID, Page: p.Number}.String(), "Accept")))
	}
	return b
}

// homeRoster is what the command oncall says, on the Home tab.
func (k *Desk) homeRoster(ctx context.Context, by ticket.Agent) []slack.Block {
	r, err := k.rosterReply(ctx, by)
	switch {
	case err != nil:
		return []slack.Block{section(slackapp.Escape(k.inWords(by.ID, err)))}
	case len(r.Blocks) == 0:
		return []slack.Block{section(r.Text)}
	}
	return r.Blocks
}
