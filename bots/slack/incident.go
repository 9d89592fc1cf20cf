package slackdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The action ids of buttons and the callback ids of modals about incidents: the prefix, and what is done.
const (
	incidentPrefix = "incident_"
	typeIncident   = "tierline_incident" // metadata: incident

	doIncident         = incidentPrefix + "part" // on a ticket: make it part of one
	doIncidentOpen     = incidentPrefix + string(ticket.DoOpen)
	doIncidentDismiss  = incidentPrefix + string(ticket.DoDismiss)
	doIncidentTickets  = incidentPrefix + "tickets" // add or remove
	doIncidentInstruct = incidentPrefix + string(ticket.DoInstruct)
	doIncidentUpdate   = incidentPrefix + string(ticket.DoUpdate)
	doIncidentResolve  = incidentPrefix + string(ticket.DoResolve)
	doIncidentReopen   = incidentPrefix + string(ticket.DoReopen)
	doIncidentWithdraw = incidentPrefix + string(ticket.DoWithdraw)
	doIncidentLink     = incidentPrefix + string(ticket.DoLink)   // one ticket that may belong to it
	doIncidentUnlink   = incidentPrefix + string(ticket.DoUnlink) // one ticket that does not
)

// maxLanguages is for how many languages the form of an update has an input.
const maxLanguages = 8

// incidentRef is what a button of an incident is about.
type incidentRef struct {
	Incident ticket.IncidentID
	Rev      int64
	Ticket   ticket.ID
	Number   int // of an update
}

func (r incidentRef) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", r.Incident, r.Rev, r.Ticket, r.Number)
}

func parseIncidentRef(s string) (r incidentRef, ok bool) {
	n, _ := fmt.Sscanf(s, "%d.%d.%d.%d", &r.Incident, &r.Rev, &r.Ticket, &r.Number)
	return r, n == 4 && (r.Incident > 0 || r.Ticket > 0)
}

// ShowIncident makes the card of an incident tell what it should. See [bots.Desk].
func (k *Desk) ShowIncident(ctx context.Context, c bots.IncidentCard, places []string, again bool) (string, error) {
	channel, err := k.app.Channel(ctx, c.Place)
	nowhere := ticket.KindOf(err) == ticket.Invalid
	at := ""
	if err == nil {
		at, err = k.showIncident(ctx, c, channel, places, again)
	}
	return at, k.mendable("incidents", err, nowhere)
}

func (k *Desk) showIncident(ctx context.Context, c bots.IncidentCard, channel string, places []string, again bool) (string, error) {
	o := slackapp.Out{Channel: channel, Text: incidentText(c.Incident), Blocks: k.incidentBlocks(c), Type: typeIncident,
		Payload: map[string]any{"incident": c.Incident.ID.String()}}
	if n := len(places); n > 0 {
		if ch, ts, err := parsePlace(places[n-1]); err == nil && ch == channel {
			err = k.app.Update(ctx, ts, o)
			if !gone(err) {
				return places[n-1], err
			}
		}
	}
	ts := ""
	if again {
		var err error
		from := slackapp.TS(c.Incident.Proposed.Add(-time.Minute))
		if ts, err = k.app.Find(ctx, slackapp.Range{Channel: channel, Oldest: from}, o); err != nil {
			return "", err
		}
	}
	if ts != "" {
		return place(channel, ts), k.app.Update(ctx, ts, o)
	}
	ts, err := k.app.Post(ctx, o)
	if err != nil {
		return "", err
	}
	return place(channel, ts), nil
}

func incidentText(i ticket.Incident) string {
	return fmt.Sprintf("%s · %s · %s", i.ID, esc(i.Title, roomLine), incidentState(i.State))
}

func incidentState(s ticket.IncidentState) string {
	switch s {
	case ticket.IncidentProposed:
		return ":grey_question: is this an incident?"
	case ticket.IncidentOpen:
		return ":rotating_light: open"
	case ticket.IncidentResolved:
		return ":white_check_mark: resolved"
	}
	return ":no_entry_sign: none"
}

// incidentBlocks is the card of an incident.
func (k *Desk) incidentBlocks(c bots.IncidentCard) []slack.Block {
	i, n := c.Incident, c.Tally
	state := incidentState(i.State)
	if i.Reason != "" {
		state += ": " + esc(i.Reason, roomLine)
	}
	facts := []string{"*State*\n" + state, "*Tickets*\n" + incidentCount(n), "*Noticed*\n" + when(i.Proposed) + " by " + esc(nonEmpty(i.By.Name, i.By.ID, "Tierline"), 60),
		"*First ticket*\n" + when(i.Begun)}
	if i.Diagnosis != "" {
		facts = append(facts, "*It was*\n"+esc(i.Diagnosis, 500))
	}
	blocks := []slack.Block{header(i.ID.String() + " · " + i.Title), fields(facts...)}
	if len(i.Why) > 0 {
		var lines []string
		for _, w := range i.Why {
			lines = append(lines, esc(w, roomLine))
		}
		blocks = append(blocks, small("*Why alike:* "+strings.Join(lines, " · ")))
	}
	if i.Instruction != "" {
		blocks = append(blocks, section(":pushpin: *To agents*\n"+quote(slackapp.EscapeCut(i.Instruction, 1500))))
	}
	blocks = append(blocks, incidentUpdate(c)...)
	blocks = append(blocks, k.incidentTickets(c)...)
	blocks = append(blocks, incidentNotes(c)...)
	blocks = append(blocks, incidentActions(c)...)
	return append(blocks[:min(len(blocks), maxBlocks-1)], incidentFoot(c))
}

func incidentCount(n ticket.Tally) string {
	text := fmt.Sprintf("%d linked", n.Linked)
	if n.Done > 0 {
		text += fmt.Sprintf(", %d of them done", n.Done)
	}
	if n.Maybe > 0 {
		text += fmt.Sprintf(", %d perhaps", n.Maybe)
	}
	return text
}

// incidentUpdate is what customers were told last, and how far that is.
func incidentUpdate(c bots.IncidentCard) []slack.Block {
	u := c.Incident.Newest()
	if u == nil {
		return nil
	}
	what := fmt.Sprintf(":loudspeaker: *Update %d to customers*", u.Number)
	if u.Final {
		what = ":loudspeaker: *Resolution*"
	}
	text := what + " · " + esc(nonEmpty(u.By.Name, u.By.ID), 80) + " · " + when(u.At)
	if len(u.Texts) > 0 {
		said, _ := u.Text(u.Fallback)
		text += " · in " + strings.Join(slices.Sorted(maps.Keys(u.Texts)), ", ") + "\n" + quote(squeeze(slackapp.EscapeCut(said, 600)))
	}
	if u.Due.After(c.Now) {
		text += "\n:hourglass: goes out " + when(u.Due)
	} else {
		text += fmt.Sprintf("\n%d told, %d passed over", c.Tally.Told, c.Tally.Skipped)
		if u.Final {
			text += fmt.Sprintf(", %d solved", c.Tally.Solved)
		}
		if c.Tally.Waiting > 0 {
			text += fmt.Sprintf(", *%d to go*", c.Tally.Waiting)
		}
	}
	blocks := []slack.Block{section(text)}
	if u.Due.After(c.Now) {
		v := incidentRef{Incident: c.Incident.ID, Number: u.Number}.String()
		blocks = append(blocks, rows("undo", button(doIncidentWithdraw, v, "Undo"))...)
	}
	return blocks
}

func (k *Desk) incidentTickets(c bots.IncidentCard) (blocks []slack.Block) {
	var lines []string
	for _, t := range c.Tickets {
		lines = append(lines, k.incidentLine(t))
	}
	if n := len(lines); n > maxListed {
		lines = lines[:maxListed]
	}
	if len(lines) > 0 {
		text := "*Tickets*\n" + strings.Join(lines, "\n")
		if more := c.Tally.Linked - len(lines); more > 0 {
			text += fmt.Sprintf("\n… and %d more", more)
		}
		blocks = append(blocks, section(text))
	}
	if !c.Incident.State.Live() {
		return blocks
	}
	for n, t := range c.Maybe[:min(len(c.Maybe), 3)] {
		b := slack.NewSectionBlock(mrkdwn(":grey_question: Perhaps, too: "+k.incidentLine(t), maxSection), nil, slack.NewAccessory(
			button(doIncidentLink, incidentRef{Incident: c.Incident.ID, Ticket: t.Ticket}.String(), "It belongs here")))
		b.BlockID = fmt.Sprintf("maybe%d", n)
		blocks = append(blocks, b)
	}
	return blocks
}

// incidentLine is a ticket in a line, with a link to its card.
func (k *Desk) incidentLine(t bots.IncidentTicket) string {
	name := "*" + t.Ticket.String() + "*"
	if ch, ts, err := parsePlace(t.Place); err == nil {
		if url := k.app.Link(ch, ts); isWeb(url) {
			name = "<" + slackapp.Escape(url) + "|" + t.Ticket.String() + ">"
		}
	}
	line := "• " + name + " " + esc(t.Subject, 90)
	if t.Language != "" {
		line += " · " + t.Language
	}
	if t.State.Done() {
		line += " · " + stateName(t.State)
	}
	if t.Score > 0 {
		line += fmt.Sprintf(" · %d %%", int(100*t.Score+0.5))
	}
	if said := strings.Join(strings.Fields(t.Text), " "); said != "" {
		line += "\n   _“" + strings.ReplaceAll(esc(said, 140), "_", "-") + "”_"
	}
	return line
}

// incidentNotes are what people should look at: who was not told, and who has written again.
func incidentNotes(c bots.IncidentCard) (blocks []slack.Block) {
	var lines []string
	for _, t := range c.Skipped[:min(len(c.Skipped), maxListed)] {
		lines = append(lines, "• "+t.Ticket.String()+": "+esc(t.Skipped, roomLine))
	}
	if len(lines) > 0 {
		blocks = append(blocks, small("*Not told of the newest update*\n"+strings.Join(lines, "\n")))
	}
	lines = nil
	for _, t := range c.Returned[:min(len(c.Returned), maxListed)] {
		lines = append(lines, t.Ticket.String()+" "+esc(t.Subject, 80))
	}
	if len(lines) > 0 {
		blocks = append(blocks, section(fmt.Sprintf(":leftwards_arrow_with_hook: *%d came back* after they were solved: ", c.Tally.Returned)+strings.Join(lines, " · ")))
	}
	return blocks
}

func incidentActions(c bots.IncidentCard) []slack.Block {
	v := incidentRef{Incident: c.Incident.ID, Rev: c.Incident.Rev}.String()
	switch c.Incident.State {
	case ticket.IncidentProposed:
		return rows("do", primary(button(doIncidentOpen, v, "Open incident")), button(doIncidentDismiss, v, "Not one"), button(doIncidentTickets, v, "Add or remove tickets"))
	case ticket.IncidentOpen:
		return rows("do", primary(button(doIncidentUpdate, v, "Update customers")), button(doIncidentInstruct, v, "Instruct agents"),
			button(doIncidentTickets, v, "Add or remove tickets"), button(doIncidentResolve, v, "Resolve all"), button(doIncidentDismiss, v, "Not one"))
	}
	return rows("do", button(doIncidentReopen, v, "Reopen"))
}

func incidentFoot(c bots.IncidentCard) slack.Block {
	i := c.Incident
	text := "An incident is one fault that hits many"
	if i.State == ticket.IncidentResolved {
		text = fmt.Sprintf("%d tickets · noticed %s after the first · resolved %s after the first", c.Tally.Linked,
			i.Proposed.Sub(i.Begun).Round(time.Minute), i.Resolved.Sub(i.Begun).Round(time.Minute))
	}
	if isWeb(c.URL) {
		text += " · <" + slackapp.Escape(c.URL) + "|all of it in the console>"
	}
	return small(text)
}

// partOf is what the card of a ticket says of its incident: what agents are to do stands on top.
func partOf(c bots.Card) []slack.Block {
	i := c.Incident
	if i == nil {
		return nil
	}
	text := ":rotating_light: *Part of incident " + i.ID.String() + "*: " + esc(i.Title, roomLine)
	if i.State == ticket.IncidentResolved {
		text = ":white_check_mark: *Part of incident " + i.ID.String() + "*, which is resolved: " + esc(i.Title, roomLine)
	}
	if isWeb(i.URL) {
		text += " · <" + slackapp.Escape(i.URL) + "|look at it>"
	}
	if i.Instruction != "" && i.State == ticket.IncidentOpen {
		text += "\n:pushpin: *What to do:* " + slackapp.EscapeCut(strings.TrimSpace(i.Instruction), 1200)
	}
	b := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, nil)
	if i.State == ticket.IncidentOpen {
		b.Accessory = slack.NewAccessory(button(doIncidentUnlink, incidentRef{Incident: i.ID, Ticket: c.Ticket.ID}.String(), "Not part of it"))
	}
	return []slack.Block{b}
}

// environment says that it may be the place and not the unit.
func environment(c bots.Card) []slack.Block {
	if c.Environment == "" {
		return nil
	}
	return []slack.Block{section(":office: *Environment, not unit?* " + esc(c.Environment, 600))}
}
