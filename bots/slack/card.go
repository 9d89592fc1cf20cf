package slackdesk

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Parts of a card have room for this much, so that the whole stays readable on a phone.
const (
	roomSaid    = 900
	roomLast    = 600 // of what the customer said last: all of it stands in the thread
	roomLine    = 200
	roomList    = 1200
	maxListed   = 5
	maxSuggests = 3
)

func esc(s string, room int) string { return slackapp.LineCut(s, room) }

// cardOf is the card with links to where other cards stand.
func (k *Desk) cardOf(c bots.Card) []slack.Block { return cardBlocks(c, k.caseLinks(c, c.CasePlaces)) }

// cardBlocks is the card: first what one must know in five seconds, and what one can do, as Slack folds long messages; then all
// that helps to do it well. Every part is a function that gives no block when it has nothing to say.
func cardBlocks(c bots.Card, to caseLinks) []slack.Block {
	cases := func(c bots.Card) []slack.Block { return casesOn(c, to) }
	blocks := []slack.Block{header(c.Ticket.ID.String() + " · " + c.Ticket.Subject)}
	for _, part := range []func(bots.Card) []slack.Block{
		partOf, who, facts, mood, lastSaid, handedOver, outside, waiting, promises, proposals, pageLog, actions,
		standing, units, environment, tried, script, suggestions, cases, why, foot,
	} {
		blocks = append(blocks, part(c)...)
	}
	return blocks[:min(len(blocks), maxBlocks)]
}

// cardText is the card where there is room for one line only.
func cardText(c bots.Card) string {
	return fmt.Sprintf("%s · %s · %s", c.Ticket.ID, esc(c.Ticket.Subject, roomLine), esc(nameOf(c), 80))
}

// nameOf is what the customer is called: by their name, else by the address they wrote from.
func nameOf(c bots.Card) string {
	name := nonEmpty(c.Customer.Name, c.LastSaid.From.Name)
	if name != "" {
		return name
	}
	ids := c.Known()
	for _, i := range ids {
		if i.Kind != customer.Chat { // a visitor's random id tells nobody anything
			return i.Value
		}
	}
	if len(ids) > 0 {
		return "Visitor"
	}
	return "Somebody unknown"
}

func who(c bots.Card) []slack.Block {
	name := nameOf(c)
	text := ":bust_in_silhouette: *" + esc(name, 100) + "*"
	if c.Organization.Name != "" {
		text += " · " + esc(c.Organization.Name, 100)
		if c.Organization.Plan != "" {
			text += " (" + esc(c.Organization.Plan, 40) + ")"
		}
	}
	if c.Brand != "" {
		text += " · to *" + esc(c.Brand, 60) + "*"
	}
	text += " · " + channelName(c.Ticket.Channel)
	if c.Ticket.Language != "" {
		text += " · " + language(c.Ticket.Language)
	}
	if ids := identities(c, name); ids != "" {
		text += "\n" + ids
	}
	if how := verified(c); how != "" {
		text += "\n" + how
	}
	if also := inCopy(c); also != "" {
		text += "\n:busts_in_silhouette: also: " + also
	}
	return append([]slack.Block{section(text)}, undeliverable(c)...)
}

// identities lists addresses, but for the one that stands as the name already.
func identities(c bots.Card, name string) string {
	var list []string
	for _, i := range c.Known() {
		if i.Kind != customer.Chat && i.Value != name && len(list) < 3 {
			list = append(list, esc(i.Value, 100))
		}
	}
	return strings.Join(list, " · ")
}

func facts(c bots.Card) []slack.Block {
	t := c.Ticket
	owner := "nobody yet"
	if c.Owner.Name != "" {
		owner = esc(c.Owner.Name, 80)
	} else if t.Owner != "" {
		owner = esc(t.Owner, 80)
	}
	if n := len(t.Helpers); n > 0 {
		owner += fmt.Sprintf(", with %d more", n)
	}
	if t.OwnerWhy != "" && !t.State.Done() {
		owner += "\n_" + strings.ReplaceAll(esc(t.OwnerWhy, roomLine), "_", "-") + "_"
	}
	state := stateName(t.State)
	if t.MergedInto != 0 {
		state = "merged into *" + t.MergedInto.String() + "*: it goes on there"
	}
	if t.HoldReason != "" {
		state += ": " + esc(t.HoldReason, roomLine)
	}
	head := []string{state}
	if p := priority(t.Priority); t.Priority != ticket.Normal && t.Priority != "" {
		head = append(head, p)
	}
	head = append(head, esc(nonEmpty(c.Tier.Title, c.Tier.Name, t.Tier, "–"), 80))
	text := strings.Join(head, " · ")
	if due := dueText(t); due != "" {
		text += "\n" + due
	}
	list := []string{"*Owner*\n" + owner}
	if t.Diagnosis != "" {
		list = append(list, "*Diagnosis*\n"+esc(t.Diagnosis, 500))
	}
	b := fields(list...).(*slack.SectionBlock)
	b.Text = mrkdwn(text, maxSection)
	return []slack.Block{b}
}

func lastSaid(c bots.Card) []slack.Block {
	m := c.LastSaid
	if m.Seq == 0 {
		return nil
	}
	head := "*Last said* · " + when(m.At)
	if n := len(m.Attachments); n > 0 {
		head += fmt.Sprintf(" · :paperclip: %d", n)
	}
	said := slackapp.EscapeCut(strings.TrimSpace(spoken(m)), roomLast)
	if said == "" {
		said = "_no text_"
	}
	return []slack.Block{section(head + "\n" + quote(squeeze(said)))}
}

func units(c bots.Card) []slack.Block {
	var lines []string
	for _, u := range c.Units {
		l := ":package: *" + esc(u.Serial, 60) + "*"
		if u.Model != "" {
			l += " " + esc(u.Model, 80)
		}
		if u.Unknown {
			l += " (not among the known units)"
		}
		if !u.WarrantyUntil.IsZero() {
			l += " · warranty until " + u.WarrantyUntil.Format("2 Jan 2006")
		}
		if u.Cases > 1 {
			l += fmt.Sprintf(" · %d cases in 90 days", u.Cases)
		}
		if u.Lemon {
			l += "\n:lemon: *Lemon*: so many cases that it should not be sent out again"
		}
		lines = append(lines, l)
	}
	return listed("", lines)
}

func tried(c bots.Card) []slack.Block {
	var lines []string
	for _, s := range c.Tried[max(0, len(c.Tried)-maxListed):] {
		lines = append(lines, "• "+esc(s, roomLine))
	}
	return listed("*Tried*", lines)
}

func why(c bots.Card) []slack.Block {
	if len(c.Ticket.Reasons) == 0 {
		return nil
	}
	var list []string
	for _, r := range c.Ticket.Reasons[:min(len(c.Ticket.Reasons), 8)] {
		list = append(list, esc(r, roomLine))
	}
	return []slack.Block{small("*Why here:* " + strings.Join(list, " · "))}
}

func pageLog(c bots.Card) []slack.Block {
	var lines []string
	for _, s := range c.PageLog[max(0, len(c.PageLog)-8):] {
		lines = append(lines, esc(s, roomLine))
	}
	if len(lines) == 0 {
		return nil
	}
	return []slack.Block{small(":pager: " + strings.Join(lines, "\n"))}
}

func actions(c bots.Card) []slack.Block {
	t, v := c.Ticket, refTo(c.Ticket).String()
	if t.MergedInto != 0 {
		return rows("do", button(doUndo, v, "Undo the merge"))
	}
	if t.State == ticket.Closed {
		return rows("do", button(doReopen, v, "Reopen"), button(doNote, v, "Note"), button(doArticle, v, "Write an article"))
	}
	if t.State == ticket.Solved {
		return rows("do", button(doReply, v, "Reply"), button(doNote, v, "Note"), button(doReopen, v, "Reopen"), button(doArticle, v, "Write an article"))
	}
	var list []slack.BlockElement
	if t.Owner == "" || t.State == ticket.New {
		list = append(list, primary(button(doTake, v, "Take")))
	}
	list = append(list, button(doReply, v, "Reply"), button(doNote, v, "Note"), stressed(button(doEscalate, v, "Escalate"), t, ticket.ActEscalate))
	list = append(list, stressed(button(doPage, v, pageLabel(t)), t, ticket.ActPage))
	list = append(list, button(doSolve, v, "Solve"))
	list = append(list, button(doPromise, v, "Promise"))
	if h := t.Handoff; h != nil && h.From != "" && !h.Back {
		list = append(list, button(doReturn, v, "Return"))
	}
	more := append([]*slack.OptionBlockObject{option(doAssign+" "+v, "Hand to …")}, besideOptions(c, v)...)
	if t.Owner != "" && t.State != ticket.New {
		more = append(more, option(doTake+" "+v, "Take it over"))
	}
	if t.Owner != "" {
		more = append(more, option(doQueue+" "+v, "Back to the queue"))
	}
	if t.Priority != ticket.Urgent {
		more = append(more, option(doUrgent+" "+v, "Make it urgent"))
	} else {
		more = append(more, option(doNormal+" "+v, "Not urgent after all"))
	}
	if c.Incident == nil || c.Incident.State != ticket.IncidentOpen {
		more = append(more, option(doIncident+" "+incidentRef{Ticket: t.ID}.String(), "Part of an incident …"))
	}
	more = append(more, option(doMerge+" "+v, "Merge into another ticket"), option(doSplit+" "+v, "Split or move messages"), option(doArticle+" "+v, "Write an article"))
	return rows("do", append(list, careMenu(c), choose(doMore, "For the case …", more...))...)
}

func foot(c bots.Card) []slack.Block {
	text := "Opened " + when(c.Ticket.Opened)
	if c.Ticket.FollowsUp != 0 {
		text += " · follows " + c.Ticket.FollowsUp.String()
	}
	if c.Ticket.SplitFrom != 0 {
		text += " · split from " + c.Ticket.SplitFrom.String()
	}
	if len(c.Ticket.Tags) > 0 {
		text += " · " + esc(strings.Join(c.Ticket.Tags, ", "), roomLine)
	}
	if isWeb(c.URL) {
		text += " · <" + slackapp.Escape(c.URL) + "|console>"
	}
	return []slack.Block{small(text + " · what is typed in the thread stays internal" + sendsBy(c.Tier))}
}

// sendsBy says how what is typed in the thread is sent all the same, where the tier allows it.
func sendsBy(t bots.Tier) string {
	var ways []string
	if t.SendPrefix != "" {
		ways = append(ways, "*"+esc(t.SendPrefix, 20)+"* before it")
	}
	if t.SendReaction != "" {
		ways = append(ways, ":"+esc(t.SendReaction, 100)+": on it")
	}
	if len(ways) == 0 {
		return ""
	}
	return "; " + strings.Join(ways, " or ") + " sends it to the customer"
}

// listed shows lines under a head, as many as there is room for.
func listed(head string, lines []string) []slack.Block {
	if len(lines) == 0 {
		return nil
	}
	text := head
	for i, l := range lines {
		if i == maxListed || slackapp.Units(text)+slackapp.Units(l) > roomList {
			text += fmt.Sprintf("\n… and %d more", len(lines)-i)
			break
		}
		text += "\n" + l
	}
	return []slack.Block{section(text)}
}

// when is a moment in the reader's own time zone.
// https://docs.slack.dev/messaging/formatting-message-text#date-formatting
func when(t time.Time) string {
	if t.Unix() <= 0 {
		return "–"
	}
	return fmt.Sprintf("<!date^%d^{date_short_pretty} {time}|%s>", t.Unix(), t.UTC().Format("2 Jan 2006 15:04 UTC"))
}

// spoken is what a message says: its text, or the turns of a call.
func spoken(m ticket.Message) string {
	if len(m.Turns) == 0 {
		return m.Text
	}
	var b strings.Builder
	for _, t := range m.Turns {
		fmt.Fprintf(&b, "[%d:%02d] %s: %s\n", t.StartMS/60_000, t.StartMS/1000%60, nonEmpty(t.Speaker, t.Role, "?"), t.Text)
	}
	return b.String()
}

// squeeze drops empty lines.
func squeeze(s string) string {
	var keep []string
	for _, l := range strings.Split(s, "\n") {
		if strings.TrimSpace(l) != "" {
			keep = append(keep, l)
		}
	}
	return strings.Join(keep, "\n")
}

func nonEmpty(list ...string) string {
	for _, s := range list {
		if strings.TrimSpace(s) != "" {
			return s
		}
	}
	return ""
}

// isWeb says that a link is fit to be put into a message.
func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) < maxSection/2 &&
		!strings.ContainsAny(s, "<>|\" \n")
}
