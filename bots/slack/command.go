package slackdesk

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// maxRows is how many tickets a listing shows.
const maxRows = 15

// open states are those in which somebody is to act.
var openStates = [...]ticket.State{ticket.New, ticket.Open, ticket.Pending, ticket.OnHold}

// command answers /tier, to the one who typed it.
func (k *Desk) command(ctx context.Context, cmd slack.SlashCommand) slackapp.Reply {
	r, err := k.run(ctx, cmd)
	if err != nil {
		return slackapp.Reply{Text: slackapp.Escape(k.inWords(cmd.UserID, err))}
	}
	return r
}

func (k *Desk) run(ctx context.Context, cmd slack.SlashCommand) (slackapp.Reply, error) {
	by, err := k.agent(ctx, cmd.UserID)
	if err != nil {
		return slackapp.Reply{}, err
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(cmd.Text), " ")
	switch strings.ToLower(word) {
	case "show":
		return k.showCommand(ctx, by, rest)
	case "take":
		id, err := ticket.ParseID(rest)
		if err != nil {
			return slackapp.Reply{}, err
		}
		_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActTake, Ticket: id, Key: "slack:command:" + cmd.UserID + ":" + cmd.TriggerID})
		return slackapp.Reply{Text: id.String() + " is yours."}, err
	case "join", "release":
		id, err := ticket.ParseID(rest)
		if err != nil {
			return slackapp.Reply{}, err
		}
		kind, done := ticket.ActJoin, "You work on "+id.String()+" with its owner."
		if strings.EqualFold(word, "release") {
			kind, done = ticket.ActRelease, "You no longer work on "+id.String()+"."
		}
		_, err = k.back.Act(ctx, by, ticket.Action{Kind: kind, Ticket: id, Key: "slack:command:" + cmd.UserID + ":" + cmd.TriggerID})
		return slackapp.Reply{Text: done}, err
	case "merge", "undo":
		return k.transferCommand(ctx, by, strings.ToLower(word), rest, "slack:command:"+cmd.UserID+":"+cmd.TriggerID)
	case "page":
		said, err := k.pageCommand(ctx, by, rest, "slack:command:"+cmd.UserID+":"+cmd.TriggerID)
		return slackapp.Reply{Text: slackapp.Escape(said)}, err
	case "next", "away", "back", "team":
		return k.teamCommand(ctx, by, cmd, strings.ToLower(word), rest)
	case "mine":
		list, err := k.back.Tickets(ctx, by, ticket.Filter{Owner: by.ID, States: openStates[:], Limit: maxRows})
		return slackapp.Reply{Text: "*Your tickets*\n" + listTickets(list, "You have none.")}, err
	case "incident", "incidents":
		return k.incidentCommand(ctx, by, rest, "slack:command:"+cmd.UserID+":"+cmd.TriggerID)
	case "oncall":
		if what := strings.ToLower(strings.TrimSpace(rest)); rosterForms(what) {
			return k.rosterCommand(by, cmd, rosterPrefix+what), nil
		}
		return k.rosterReply(ctx, by)
	case "swap", "cover", "off", "override", "temporary":
		return k.rosterCommand(by, cmd, rosterPrefix+strings.ToLower(word)), nil
	}
	return slackapp.Reply{Text: help(k.cfg.Command)}, nil
}

func help(cmd string) string {
	return strings.ReplaceAll("*What `/tier` can do*\n"+
		"• `/tier show T-1042` the card of a ticket\n"+
		"• `/tier take T-1042` makes it yours\n"+
		"• `/tier mine` your open tickets\n"+
		"• `/tier next` takes the next case that waits in your tiers\n"+
		"• `/tier away [14:00|30m|tomorrow] [reason]`, `/tier back`, `/tier team` who is here\n"+
		"• `/tier join T-1042` you work on it beside its owner; `/tier release T-1042` ends that, or hands it over\n"+
		"• `/tier merge T-1042 T-1050` the first goes on in the second\n"+
		"• `/tier undo T-1042` takes back its last merge, split or move\n"+
		"• `/tier page T-1042 [l2] [urgent] reason` rings whoever is on call\n"+
		"• `/tier incident` lists what hits many; `/tier incident I-3` shows one; `/tier incident T-1042 T-1050 Nobody can sign in` proposes one\n"+
		"• `/tier oncall` who is on call now and next, your shifts, gaps, what you are asked, and what was changed\n"+
		"• `/tier oncall swap`, `cover`, `off` swap a shift, ask for cover, or say on which days you are not on call\n"+
		"• `/tier oncall override` be on call beside the others; leads put anybody on or off. `/tier oncall temporary` fixed shifts (leads)\n"+
		"What you type in a card's thread is an internal note; customers get what you send with *Reply*.", "/tier", cmd)
}

func (k *Desk) showCommand(ctx context.Context, by ticket.Agent, arg string) (slackapp.Reply, error) {
	id, err := ticket.ParseID(arg)
	if err != nil {
		return slackapp.Reply{}, err
	}
	c, err := k.back.Card(ctx, by, id)
	if err != nil {
		return slackapp.Reply{}, err
	}
	r := slackapp.Reply{Text: cardText(c), Blocks: cardBlocks(c)}
	if isWeb(c.Thread) {
		r.Blocks = append(r.Blocks[:min(len(r.Blocks), maxBlocks-1)], small("<"+slackapp.Escape(c.Thread)+"|Go to the thread>"))
	}
	return r, nil
}

func listTickets(list []ticket.Ticket, none string) string {
	if len(list) == 0 {
		return none
	}
	var b strings.Builder
	for _, t := range list[:min(len(list), maxRows)] {
		fmt.Fprintf(&b, "• *%s* %s · %s", t.ID, esc(t.Subject, 90), stateName(t.State))
		if t.Priority == ticket.Urgent || t.Priority == ticket.High {
			b.WriteString(" · " + priority(t.Priority))
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String())
}

func (k *Desk) onCall(ctx context.Context) string {
	var lines []string
	for _, t := range k.back.Tiers() {
		var names []string
		list, err := k.back.OnCall(ctx, t.Name, k.now())
		if err != nil {
			return slackapp.Escape(explain(err))
		}
		for _, a := range list {
			names = append(names, esc(a.Name, 60))
		}
		if len(names) == 0 {
			names = []string{"nobody"}
		}
		lines = append(lines, "*"+esc(nonEmpty(t.Title, t.Name), 60)+"*: "+strings.Join(names[:min(len(names), 10)], ", then "))
	}
	return strings.Join(lines, "\n")
}

// home shows somebody's Home tab. It is drawn after the acknowledgement: nothing is lost with it.
func (k *Desk) home(_ context.Context, ev slackapp.Event) error {
	k.after("cannot show the Home tab", func(ctx context.Context) error {
		return k.app.PublishHome(ctx, ev.User, k.homeBlocks(ctx, ev.User))
	})
	return nil
}

func (k *Desk) homeBlocks(ctx context.Context, user string) []slack.Block {
	by, err := k.agent(ctx, user)
	var mine, free []ticket.Ticket
	if err == nil {
		mine, err = k.back.Tickets(ctx, by, ticket.Filter{Owner: by.ID, States: openStates[:], Limit: maxRows})
	}
	if err == nil {
		free, err = k.back.Tickets(ctx, by, ticket.Filter{Unowned: true, States: openStates[:], Limit: maxRows})
	}
	if err != nil {
		return []slack.Block{section(slackapp.Escape(explain(err)))}
	}
	blocks := append(k.presenceBlocks(ctx, by), []slack.Block{header("Your tickets"), section(listTickets(mine, "You have none.")),
		header("Nobody's yet"), section(listTickets(free, "Every ticket has an owner.")), header("On call")}...)
	return append(append(blocks, k.homeRoster(ctx, by)...), small(help(k.cfg.Command)))
}

// homeRoster is what /tier oncall says, on the Home tab.
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
