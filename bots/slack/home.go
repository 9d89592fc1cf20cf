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
	homeBefore  = homePrefix + "before" // the page of a list before this one; its value is the list
	homeNext    = homePrefix + "next"
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
	k.homes.begins(ev.User)
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
	by, err := k.agent(ctx, user)
	if err == nil {
		k.recall(ctx, user, by)
	}
	f := k.homes.drawing(user, k.now())
	var blocks []slack.Block
	if err == nil {
		k.homes.is(user, by.ID)
		blocks, err = k.homeBlocks(ctx, by, f)
		blocks = fitting(by, blocks)
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

// homeOf names where is kept what somebody wants to see on their Home tab.
func homeOf(agent string) string { return "home:" + agent }

// recall takes up what somebody wanted to see before the gateway was started, or at another gateway.
func (k *Desk) recall(ctx context.Context, user string, by ticket.Agent) {
	if k.cursors == nil || k.homes.isKept(user) {
		return
	}
	text, err := k.cursors.Cursor(ctx, homeOf(by.ID))
	if err != nil {
		k.log.Warn("slack: what somebody wants to see cannot be read", "agent", by.ID, "error", err)
		return
	}
	k.homes.keep(user, text)
}

// remember keeps what somebody wants to see; not the pages of lists, which are others tomorrow.
func (k *Desk) remember(ctx context.Context, by ticket.Agent, f bots.AgendaFilter) error {
	if k.cursors == nil {
		return nil
	}
	f.Pages = nil
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return k.cursors.SetCursor(ctx, homeOf(by.ID), string(text))
}

// homeClick takes what is chosen in the Home tab: what to see of it, and which pages of its lists.
func (k *Desk) homeClick(ctx context.Context, c click) error {
	k.recall(ctx, c.user, c.by)
	k.homes.restore(c.user, c.ic.View.PrivateMetadata)
	f := k.homes.chosen(c.user)
	was := f.Pages
	f.Pages = nil // another choice begins at the first page
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
	case homeAgain:
		f.Pages = was
	case homeBefore, homeNext:
		f.Pages = turned(was, ticket.AgendaList(c.action.Value), c.action.ActionID == homeNext)
	}
	if err := k.remember(ctx, c.by, f); err != nil {
		return err
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
	paged := 0
	for _, l := range []struct {
		list       ticket.AgendaList
		head, none string
		row        func(ticket.Ticket) []slack.Block
	}{
		{ticket.ListPaged, ":pager: Being paged", "", func(t ticket.Ticket) []slack.Block { paged++; return k.pagedRow(a, t, by, paged) }},
		{ticket.ListLate, ":rotating_light: Late, or nearly", "", func(t ticket.Ticket) []slack.Block { return one(k.ticketRow(a, t, by)) }},
		{ticket.ListMine, "Yours", "You have none.", func(t ticket.Ticket) []slack.Block { return one(k.ticketRow(a, t, by)) }},
		{ticket.ListPromised, ":handshake: You have promised", "", func(t ticket.Ticket) []slack.Block { return one(k.promisedRow(a, t)) }},
		{ticket.ListFree, "Nobody's yet", "Every ticket has an owner.", func(t ticket.Ticket) []slack.Block { return one(k.ticketRow(a, t, by)) }},
	} {
		of := a.List(l.list)
		if of.Count == 0 && l.none == "" {
			continue
		}
		blocks = append(blocks, header(homeHead(l.head, of, a.Skip[l.list])))
		if of.Count == 0 {
			blocks = append(blocks, small("_"+l.none+"_"))
		}
		for _, t := range of.Tickets {
			blocks = append(blocks, l.row(t)...)
		}
		blocks = append(blocks, pager(l.list, of, a.Skip[l.list], a.Page)...)
	}
	blocks = append(append(blocks, header("On call")), k.homeRoster(ctx, by)...)
	return append(blocks[:min(len(blocks), maxViewBlocks-1)], small("`"+k.cfg.Command+" help` lists what can be done from anywhere.")), nil
}

func one(b slack.Block) []slack.Block { return []slack.Block{b} }

// homeHead is a list's heading, with how many there are and, where not all are seen, which.
func homeHead(head string, l *ticket.Listing, skip int) string {
	head = fmt.Sprintf("%s (%d)", head, l.Count)
	if n := len(l.Tickets); n > 0 && n < l.Count {
		head += fmt.Sprintf(": %d to %d", skip+1, skip+n)
	}
	return head
}

// pager are the buttons to the pages of a list before and after the one that is seen.
func pager(list ticket.AgendaList, l *ticket.Listing, skip, page int) []slack.Block {
	var buttons []slack.BlockElement
	if skip > 0 {
		buttons = append(buttons, button(homeBefore, string(list), fmt.Sprintf("◀ The %d before", min(skip, max(1, page)))))
	}
	if more := l.Count - skip - len(l.Tickets); more > 0 && len(l.Tickets) > 0 {
		buttons = append(buttons, button(homeNext, string(list), fmt.Sprintf("The next %d of %d ▶", min(more, max(1, page)), more)))
	}
	return rows("pager_"+string(list)+"_", buttons...)
}

// turned are the pages of lists after one was turned.
func turned(was map[ticket.AgendaList]int, list ticket.AgendaList, next bool) map[ticket.AgendaList]int {
	pages := map[ticket.AgendaList]int{}
	for _, l := range ticket.AgendaLists() { // and no others, whatever a button says
		n := was[l]
		if l == list && next {
			n++
		} else if l == list {
			n--
		}
		if n > 0 {
			pages[l] = n
		}
	}
	return pages
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
	may := func(what, label string) *slack.OptionBlockObject { return option(what+" "+v, label) }
	show, reply, note := may(doShow, "Show the card"), may(doReply, "Reply"), may(doNote, "Note")
	var list []*slack.OptionBlockObject
	switch {
	case t.Owner == by.ID && len(t.Helpers) > 0:
		list = append(list, reply, note, may(doSolve, "Solve"), may(doRelease, "Leave it to who helps"), show)
	case t.Owner == by.ID:
		list = append(list, reply, note, may(doSolve, "Solve"), may(doQueue, "Back to the queue"), show)
	case slices.Contains(t.Helpers, by.ID):
		list = append(list, may(doTake, "Take"), reply, note, may(doRelease, "Leave it"), show)
	case t.Owner != "":
		list = append(list, may(doTake, "Take"), may(doJoin, "Join"), reply, note, show)
	default:
		list = append(list, may(doTake, "Take"), reply, note, may(doEscalate, "Escalate"), show)
	}
	return slack.NewSectionBlock(mrkdwn(k.rowText(a, t), maxSection), nil, slack.NewAccessory(overflow(doMore, list...)))
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

// pagedRow is a page, the n-th of the list, with its answers for who is rung.
func (k *Desk) pagedRow(a bots.Agenda, t ticket.Ticket, by ticket.Agent, n int) []slack.Block {
	p := t.Page
	text := "*" + k.ticketLink(a.Places, t.ID) + "* " + esc(t.Subject, 120) + "\n" + priority(p.Severity) + " · " + esc(k.tierTitle(p.Tier), 40) + " by " +
		esc(cmp.Or(p.By.Name, p.By.ID), 40) + ": " + esc(p.Reason, 150)
	row := one(section(text))
	if !slices.Contains(p.Who, by.ID) {
		return row
	}
	r := ref{Ticket: t.ID, Page: p.Number}.String()
	return append(row, rows(fmt.Sprintf("page%d_", n), primary(button(doAccept, r, "Accept")), button(doCall, r, "Accept and call back …"),
		button(doNeed, r, "Need 15 min"), button(doHand, r, "Hand to …"), button(doDecline, r, "Decline"))...)
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
