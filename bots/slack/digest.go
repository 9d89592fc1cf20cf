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

// How much a row of an overview shows, in units.
const (
	digestSubject = 90
	digestText    = 200
	digestMore    = 5 // lines
)

// rowDoes are the actions that rows of an overview may offer.
var rowDoes = []string{doTake, doReply, doNote, doShow, doKeep, doAccept}

// digestBlocks are an overview: with as many rows of each section as a message has room for.
func (k *Desk) digestBlocks(text string, d bots.Digest) (blocks []slack.Block) {
	for most := 5; most > 0; most-- {
		if blocks = k.digestOf(text, d, most); len(blocks) <= maxBlocks {
			return blocks
		}
	}
	return blocks[:maxBlocks]
}

func (k *Desk) digestOf(text string, d bots.Digest, most int) []slack.Block {
	blocks := []slack.Block{section("*" + slackapp.EscapeCut(text, roomSaid) + "*")}
	for _, s := range d.Sections {
		head := "*" + esc(s.Head, digestText) + "*"
		var plain []string // rows with nothing to click are one block
		flush := func() {
			if len(plain) > 0 {
				blocks = append(blocks, section(strings.Join(plain, "\n")))
			}
			plain = nil
		}
		if s.Head != "" {
			plain = append(plain, head)
		}
		for _, r := range s.Rows[:min(len(s.Rows), rowsOf(d.Kind, most))] {
			row := k.digestRow(r)
			if len(r.Do) == 0 && r.Change == 0 {
				plain = append(plain, row)
				continue
			}
			flush()
			b := slack.NewSectionBlock(mrkdwn(row, maxSection), nil, rowAccessory(r))
			if blocks = append(blocks, b); r.Change != 0 {
				blocks = append(blocks, rosterButtons(r.Change, r.Answers)...)
			}
		}
		flush()
	}
	var list []slack.BlockElement
	for _, do := range d.Do {
		switch do.Do {
		case "add":
			list = append(list, button(doAdd, do.Value, do.Label))
		case "fewer":
			list = append(list, button(doFewer, do.Value, do.Label))
		}
	}
	blocks = append(blocks, rows("digest", list...)...)
	if d.Foot != "" {
		blocks = append(blocks, small(esc(d.Foot, maxFallback/2)))
	}
	return blocks
}

// rowsOf is how many rows a section shows: figures of a week stand together.
func rowsOf(kind ticket.DigestKind, most int) int {
	if kind == ticket.DigestWeek {
		return 3 * most
	}
	return most
}

// digestRow is a row in two short lines, and what stands below it.
func (k *Desk) digestRow(r bots.DigestRow) string {
	how := esc(r.Text, digestText)
	if !r.At.IsZero() {
		if how != "" {
			how += " "
		}
		if how += when(r.At); !r.To.IsZero() {
			how += " – " + when(r.To)
		}
	}
	text := "• " + how
	switch {
	case r.Ticket != 0:
		text = "*" + k.ticketLink(map[ticket.ID]string{r.Ticket: r.Place}, r.Ticket) + "* " + esc(r.Subject, digestSubject) + "\n" + how
	case isWeb(r.URL):
		text = "• <" + slackapp.Escape(r.URL) + "|" + strings.ReplaceAll(esc(r.Text, digestText), "|", "/") + ">"
		if !r.At.IsZero() {
			text += " " + when(r.At)
		}
	}
	for _, l := range r.More[:min(len(r.More), digestMore)] {
		text += "\n> " + esc(l, digestText)
	}
	return text
}

// rowAccessory is what can be done about a row: one button, or a menu.
func rowAccessory(r bots.DigestRow) *slack.Accessory {
	var list []*slack.OptionBlockObject
	var one *slack.ButtonBlockElement
	for _, do := range r.Do {
		if !slices.Contains(rowDoes, do.Do) || r.Ticket == 0 {
			continue
		}
		to := ref{Ticket: r.Ticket}
		switch do.Do {
		case doTake: // not from somebody who has taken it since
			to.Rev = r.Rev
		case doKeep:
			to.Seq = do.Number
		case doAccept:
			to.Page = do.Number
		}
		list = append(list, option(do.Do+" "+to.String(), do.Label))
		one = button(do.Do, to.String(), do.Label)
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return slack.NewAccessory(one)
	}
	return slack.NewAccessory(overflow(doMore, list...))
}

// Announce shows an overview in a channel. See [bots.Desk].
func (k *Desk) Announce(ctx context.Context, a bots.Announcement, at string, again bool) (string, error) {
	channel, err := k.app.Channel(ctx, a.Place)
	if err != nil {
		return "", err
	}
	o := slackapp.Out{Channel: channel, Text: slackapp.EscapeCut(a.Text, maxFallback/2), Type: typeNotice, Payload: map[string]any{"key": a.Key},
		Blocks: k.digestBlocks(a.Text, a.Digest)}
	if was, ts, err := parsePlace(at); err == nil && was == channel {
		err := k.app.Update(ctx, ts, o)
		if ticket.KindOf(err) == ticket.NotFound {
			return at, nil
		}
		return at, err
	}
	if again {
		ts, err := k.app.Find(ctx, slackapp.Range{Channel: channel, Oldest: slackapp.TS(k.now().Add(-noticeBack)), Limit: 400}, o)
		if err != nil {
			return "", err
		}
		if ts != "" {
			return place(channel, ts), k.app.Update(ctx, ts, o)
		}
	}
	ts, err := k.app.Post(ctx, o)
	return place(channel, ts), err
}

// digestName is what a digest is called.
func digestName(k ticket.DigestKind) string {
	switch k {
	case ticket.DigestMorning:
		return "the morning's overview"
	case ticket.DigestHandover:
		return "handovers of shifts"
	}
	return "the week's figures"
}

// fewer takes the button by which somebody does without a digest.
func (k *Desk) fewer(ctx context.Context, c click) error {
	kind := ticket.DigestKind(c.action.Value)
	if err := k.back.SetDigest(ctx, c.by, kind, true); err != nil {
		return err
	}
	k.tell(c.channel, c.user, c.thread, fmt.Sprintf("You are not sent %s any more. %s digest on %s brings it back.", digestName(kind), k.cfg.Command, kind))
	return nil
}

// digestCommand says which digests somebody gets, and switches them off or on.
func (k *Desk) digestCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	what, which, _ := strings.Cut(strings.ToLower(s.rest), " ")
	kinds := ticket.DigestKinds()
	if which = strings.TrimSpace(which); which != "" {
		kinds = []ticket.DigestKind{ticket.DigestKind(which)}
	}
	switch what {
	case "off", "on":
		for _, kind := range kinds {
			if err := k.back.SetDigest(ctx, s.by, kind, what == "off"); err != nil {
				return slackapp.Reply{}, err
			}
		}
	case "":
	default:
		return slackapp.Reply{}, k.lacks(s)
	}
	off, err := k.back.DigestsOff(ctx, s.by)
	if err != nil {
		return slackapp.Reply{}, err
	}
	lines := []string{"*What you are sent*, where there is anything to say:"}
	for _, kind := range ticket.DigestKinds() {
		state := "on"
		if slices.Contains(off, kind) {
			state = "off"
		}
		lines = append(lines, "• "+digestName(kind)+": "+state+" (`"+k.cfg.Command+" digest "+map[string]string{"on": "off", "off": "on"}[state]+" "+string(kind)+"`)")
	}
	return slackapp.Reply{Text: strings.Join(lines, "\n")}, nil
}

// turnValue names a tier and a shift of it in a choice.
func turnValue(tier string, at time.Time) string { return fmt.Sprintf("%s %d", tier, at.Unix()) }

func parseTurn(v string) (tier string, at time.Time) {
	tier, unix, _ := strings.Cut(v, " ")
	if n, err := strconv.ParseInt(unix, 10, 64); err == nil && n > 0 {
		at = time.Unix(n, 0).UTC()
	}
	return tier, at
}

// openWords opens the form of words for a shift: of a tier the next one, or one that is named with its beginning.
func (k *Desk) openWords(ctx context.Context, c click, value string) error {
	v, err := k.wordsForm(ctx, c.by, value, c.text)
	if err != nil {
		k.regret(c, err)
		return nil
	}
	return k.openView(ctx, c, v)
}

func (k *Desk) wordsForm(ctx context.Context, by ticket.Agent, value, text string) (slack.ModalViewRequest, error) {
	words := input("text", "What are they to know?", "It goes to who takes over and into the tier's channel, not to customers", line(text, ticket.MaxShiftNote, true), false)
	if tier, at := parseTurn(value); !at.IsZero() {
		return modal(doAdd, "For this shift", "Add", value, section("*"+esc(k.tierTitle(tier), 60)+"*, the shift that began "+when(at)), words), nil
	}
	list, err := k.back.NextShifts(ctx, by)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var options []*slack.OptionBlockObject
	var notes []string
	first := 0
	for i, n := range list {
		label := nonEmpty(n.Tier.Title, n.Tier.Name) + ": " + n.At.In(k.zoneName(ctx, by)).Format("Mon 15:04") + ", " + people(n.Who)
		if v := turnValue(n.Tier.Name, n.At); len(v) <= maxOptionValue {
			options = append(options, option(v, label))
		}
		if n.Tier.Name == value {
			first = i
		}
		for _, w := range n.Notes {
			notes = append(notes, "• "+esc(nonEmpty(w.By.Name, w.By.ID), 60)+": "+esc(w.Text, digestText))
		}
	}
	if len(options) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no next shift.")
	}
	blocks := []slack.Block{input("shift", "For whom?", "", choose("v", "Choose", options...).WithInitialOption(options[min(first, len(options)-1)]), false), words}
	if len(notes) > 0 {
		blocks = append(blocks, small("*Left already*\n"+strings.Join(notes[:min(len(notes), maxListed)], "\n")))
	}
	return modal(doAdd, "For the next shift", "Add", presenceMeta, blocks...), nil
}

// zoneName is the time zone of somebody's Slack profile.
func (k *Desk) zoneName(ctx context.Context, by ticket.Agent) *time.Location {
	if user, err := k.userOf(ctx, by); err == nil {
		return k.zoneOf(ctx, user)
	}
	return time.UTC
}

// submitWords takes that form.
func (k *Desk) submitWords(ctx context.Context, ic *slack.InteractionCallback) any {
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil {
		value := ic.View.PrivateMetadata
		if value == presenceMeta {
			value = submitted(ic.View, "shift")
		}
		tier, at := parseTurn(value)
		err = k.back.AddForShift(ctx, by, ticket.ShiftNote{Tier: tier, Shift: at, Text: k.plainText(ctx, submitted(ic.View, "text")),
			Key: "slack:view:" + ic.User.ID + ":" + ic.View.ID + ":" + nonEmpty(ic.View.Hash, ic.Hash)})
	}
	if err != nil {
		return refuseAt("text", k.inWords(ic.User.ID, err))
	}
	return nil
}

// handoverCommand leaves words for the next shift, or opens their form.
func (k *Desk) handoverCommand(ctx context.Context, s said) (slackapp.Reply, error) {
	c := s.click()
	if s.rest == "" {
		k.after("cannot open a form", func(ctx context.Context) error { return k.openWords(ctx, c, "") })
		return slackapp.Reply{Text: "A form opens."}, nil
	}
	list, err := k.back.NextShifts(ctx, s.by)
	if err != nil {
		return slackapp.Reply{}, err
	}
	if len(list) > 1 { // whose it is must be said
		k.after("cannot open a form", func(ctx context.Context) error { return k.openWords(ctx, c, "") })
		return slackapp.Reply{Text: "For whom? A form opens."}, nil
	}
	n := list[0]
	err = k.back.AddForShift(ctx, s.by, ticket.ShiftNote{Tier: n.Tier.Name, Shift: n.At, Text: k.plainText(ctx, s.rest), Key: s.key})
	return slackapp.Reply{Text: "Left for " + people(n.Who) + ", who take over " + when(n.At) + "."}, err
}
