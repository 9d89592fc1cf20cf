package slackdesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// presenceMeta is the metadata of the form in which somebody says that they go away.
const presenceMeta = "presence"

// zoneOf is the time zone of somebody's Slack profile; UTC when it is not known.
func (k *Desk) zoneOf(ctx context.Context, user string) *time.Location {
	if u, err := k.app.User(ctx, user); err == nil && u.TZ != "" {
		if zone, err := time.LoadLocation(u.TZ); err == nil {
			return zone
		}
	}
	return time.UTC
}

// teamCommand takes what somebody says of being there, and what they want to do next.
func (k *Desk) teamCommand(ctx context.Context, by ticket.Agent, cmd slack.SlashCommand, word, rest string) (slackapp.Reply, error) {
	switch word {
	case "next":
		t, err := k.back.Next(ctx, by, "slack:command:"+cmd.UserID+":"+cmd.TriggerID)
		if err != nil {
			return slackapp.Reply{}, err
		}
		r, err := k.showCommand(ctx, by, t.ID.String())
		if err != nil { // it is theirs all the same
			r = slackapp.Reply{}
		}
		r.Text = t.ID.String() + " is yours: " + esc(t.Subject, roomLine)
		return r, nil
	case "team":
		list, err := k.back.Team(ctx, by)
		return slackapp.Reply{Text: teamText(list)}, err
	}
	p := ticket.Presence{Agent: by.ID, State: ticket.Away}
	if word == "back" {
		p.State = ticket.Here
	}
	p.Until, p.Reason = until(rest, k.now(), k.zoneOf(ctx, cmd.UserID))
	if err := k.back.SetPresence(ctx, by, p); err != nil {
		return slackapp.Reply{}, err
	}
	return slackapp.Reply{Text: presenceText(p)}, nil
}

func presenceText(p ticket.Presence) string {
	text := ":wave: You are here"
	if p.State == ticket.Away {
		text = ":palm_tree: You are away"
	}
	if !p.Until.IsZero() {
		text += " until " + when(p.Until)
	}
	if p.State == ticket.Away {
		return text + ". What is due before you are back is given to others, and nothing is handed to you."
	}
	return text + ". What waits may be handed to you."
}

// teamText lists who is there, by tier.
func teamText(list []bots.Member) string {
	var lines []string
	tier := "-"
	for _, m := range list {
		in := "Of no tier"
		if len(m.Tiers) > 0 {
			in = m.Tiers[0]
		}
		if in != tier {
			tier = in
			lines = append(lines, "*"+esc(in, 60)+"*")
		}
		lines = append(lines, memberLine(m))
		if len(lines) > 60 {
			lines = append(lines, "… the rest is in the console.")
			break
		}
	}
	if len(lines) == 0 {
		return "Nobody works here."
	}
	return slackapp.Split(strings.Join(lines, "\n"), maxSection-10)[0]
}

func memberLine(m bots.Member) string {
	icon := ":large_green_circle: "
	if !m.Here {
		icon = ":white_circle: "
	}
	line := icon + esc(nonEmpty(m.Agent.Name, m.Agent.ID), 60)
	if !m.Here {
		line += " " + esc(m.Why, roomLine)
	}
	return line + " · " + loadText(m)
}

func loadText(m bots.Member) string {
	text := fmt.Sprintf("%d open", m.Open)
	if m.Room > 0 {
		text = fmt.Sprintf("%d of %d open", m.Open, m.Room)
	}
	if m.Waiting > 0 {
		text += fmt.Sprintf(", %d wait for others", m.Waiting)
	}
	return text
}

// presenceBlocks are whether somebody is here, at the top of their Home tab.
func (k *Desk) presenceBlocks(ctx context.Context, by ticket.Agent) []slack.Block {
	list, err := k.back.Team(ctx, by)
	if err != nil {
		k.log.Warn("slack: cannot tell who is here", "error", err)
		return nil
	}
	here := 0
	var me bots.Member
	for _, m := range list {
		if m.Here && len(m.Tiers) > 0 {
			here++
		}
		if m.Agent.ID == by.ID {
			me = m
		}
	}
	toggle := button(doAway, presenceMeta, "Go away …")
	if !me.Here {
		toggle = primary(button(doHere, presenceMeta, "I am back"))
	}
	blocks := []slack.Block{section(memberLine(me))}
	blocks = append(blocks, rows("presence", toggle, button(doNext, presenceMeta, "Next case"))...)
	return append(blocks, small(fmt.Sprintf("%d of the team are here · `%s team` lists them", here, k.cfg.Command)))
}

// presenceClick takes the buttons of the Home tab.
func (k *Desk) presenceClick(ctx context.Context, c click) error {
	switch c.action.ActionID {
	case doAway:
		k.after("cannot open a form", func(ctx context.Context) error { return k.app.OpenView(ctx, c.ic.TriggerID, k.awayForm()) })
		return nil
	case doHere:
		if err := k.back.SetPresence(ctx, c.by, ticket.Presence{Agent: c.by.ID, State: ticket.Here}); err != nil {
			return err
		}
	case doNext:
		t, err := k.back.Next(ctx, c.by, c.key)
		if err != nil {
			k.window(c, explain(err))
			return nil
		}
		k.yours(c, t)
	}
	k.redrawHome(c.user)
	return nil
}

// window says something to who clicked where there is no channel to say it in.
func (k *Desk) window(c click, text string) {
	k.windowWith(c, text, func(context.Context) []slack.Block { return nil })
}

// yours says whose a case is now, and leads to its card.
func (k *Desk) yours(c click, t ticket.Ticket) {
	k.windowWith(c, t.ID.String()+" is yours: "+t.Subject, func(ctx context.Context) []slack.Block {
		card, err := k.back.Card(ctx, c.by, t.ID)
		at := nonEmpty(k.cardLink(card.Place), card.Thread)
		if err != nil || !isWeb(at) {
			return nil // it is theirs all the same
		}
		return rows("go", primary(link(doOpen, at, "Go to the card")))
	})
}

func (k *Desk) windowWith(c click, text string, more func(context.Context) []slack.Block) {
	k.after("cannot tell somebody", func(ctx context.Context) error {
		v := modal(doOpen, "Tierline", "OK", presenceMeta+":note", append([]slack.Block{section(slackapp.EscapeCut(text, maxFallback/2))}, more(ctx)...)...)
		v.Submit = nil
		v.Close = plain("Close", maxTitle)
		return k.app.OpenView(ctx, c.ic.TriggerID, v)
	})
}

func (k *Desk) awayForm() slack.ModalViewRequest {
	due := slack.NewDateTimePickerBlockElement("v")
	due.InitialDateTime = k.now().Add(time.Hour).Truncate(15 * time.Minute).Unix()
	return modal(doAway, "Going away", "Go away", presenceMeta,
		small("What is due before you are back is given to others, with what was last said and promised. Nothing is handed to you meanwhile."),
		input("until", "Until when?", "In your own time zone. Empty: until you say that you are back", due, true),
		input("reason", "Why?", "Your team reads it", line("", 150, false), true))
}

// submitAway takes that form.
func (k *Desk) submitAway(ctx context.Context, ic *slack.InteractionCallback) any {
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil {
		err = k.back.SetPresence(ctx, by, ticket.Presence{Agent: by.ID, State: ticket.Away, Until: submittedTime(ic.View, "until"),
			Reason: strings.TrimSpace(submitted(ic.View, "reason"))})
	}
	if err != nil {
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	k.redrawHome(ic.User.ID)
	return nil
}

// queueOption is the choice of nobody in the form for a new owner.
const queueOption = "-"

// assignForm asks whose a ticket is to be, who fits best in front.
func (k *Desk) assignForm(ctx context.Context, by ticket.Agent, card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	fits, err := k.back.Fitting(ctx, by, card.Ticket.ID)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	var options []*slack.OptionBlockObject
	var lines []string
	var best *slack.OptionBlockObject
	for _, f := range fits[:min(len(fits), 98)] {
		o := slack.NewOptionBlockObject(f.Agent.ID, plain(nonEmpty(f.Agent.Name, f.Agent.ID), maxButton), plain(f.Why, maxButton))
		if len(f.Agent.ID) > maxOptionValue {
			continue
		}
		options = append(options, o)
		if best == nil && f.OK {
			best = o
		}
		if len(lines) < maxListed && f.OK {
			lines = append(lines, "• *"+esc(nonEmpty(f.Agent.Name, f.Agent.ID), 60)+"*: "+esc(f.Why, roomLine))
		}
	}
	if card.Ticket.Owner != "" {
		options = append(options, option(queueOption, "Nobody: back to the queue"))
	}
	if len(options) == 0 {
		return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is nobody else to whom it could be given.")
	}
	to := choose("v", "Choose somebody", options...)
	if best != nil {
		to = to.WithInitialOption(best)
	}
	if len(lines) == 0 {
		lines = []string{"_Nobody of this tier is here with room for it._"}
	}
	return modal(doAssign, card.Ticket.ID.String()+": assign", "Assign", m.String(), about, small(strings.Join(lines, "\n")),
		input("owner", "Whose is it to be?", "They are told, with what was last said and promised", to, false)), nil
}
