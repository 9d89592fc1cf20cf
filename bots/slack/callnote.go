package slackdesk

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// Notes: what was reported, tried and promised (practice: note-template), and of a call how that went.

// doCallNote is the button below a call: its note, as far as the call tells it.
const doCallNote = "call_note"

// noteDraft is a note being written.
type noteDraft struct {
	fields   ticket.NoteFields
	promise  string // its kind
	due      int64
	warnings []string
}

func noteForm(m meta, id string, d noteDraft, about slack.Block) slack.ModalViewRequest {
	blocks := []slack.Block{about}
	if len(d.warnings) > 0 {
		blocks = append(blocks, section(":warning: "+strings.Join(d.warnings, "\n:warning: ")))
	}
	call := d.fields.Call
	if call == nil {
		call = &ticket.CallNote{}
	}
	minutes := ""
	if call.Minutes > 0 {
		minutes = strconv.Itoa(call.Minutes)
	}
	due := slack.NewDateTimePickerBlockElement("v")
	due.InitialDateTime = d.due
	n := d.fields
	return modal(doNote, id+": note", "Keep", m.String(), append(blocks,
		input("call", "Of a call?", "", preset(choose("v", "No", option("none", "No"), option("in", "They called"), option("out", "We called")), call.Direction), true),
		input("outcome", "Was somebody reached?", "", preset(choose("v", "Of a call", option(ticket.CallReached, "Reached"), option(ticket.CallVoicemail, "Voicemail"),
			option(ticket.CallNoAnswer, "No answer")), call.Outcome), true),
		input("with", "Who was on the line?", "", line(call.With, 100, false), true),
		input("minutes", "Minutes", "", line(minutes, 4, false), true),
		input("reported", "Reported", "What the customer says, in their words", line(n.Reported, 3000, true), true),
		input("tried", "Tried", "What was done, step by step", line(n.Tried, 3000, true), true),
		input("result", "Result", "What came of it", line(n.Result, 3000, true), true),
		input("next", "Next step", "Who does what", line(n.NextStep, 1000, false), true),
		input("promised", "Promised", "What was promised to the customer, and until when", line(n.Promised, 1000, false), true),
		input("promise", "Keep an eye on that promise?", "You are reminded before it is due, and the lead hears if it is broken", preset(choose("v", "No",
			option("none", "No"), option("callback", "Yes: to call them back"), option("update", "Yes: to write to them"), option("fix", "Yes: to have it solved")), d.promise), true),
		input("due", "Until when?", "In your own time zone", due, true))...)
}

// typedNote is what stands in the form.
func typedNote(v slack.View) (d noteDraft, err error) {
	d.fields = ticket.NoteFields{Reported: submitted(v, "reported"), Tried: submitted(v, "tried"), Result: submitted(v, "result"),
		NextStep: submitted(v, "next"), Promised: submitted(v, "promised")}
	if dir := submitted(v, "call"); dir == "in" || dir == "out" {
		c := &ticket.CallNote{Direction: dir, With: strings.TrimSpace(submitted(v, "with")), Outcome: submitted(v, "outcome")}
		if text := strings.TrimSpace(submitted(v, "minutes")); text != "" {
			if c.Minutes, err = strconv.Atoi(text); err != nil {
				err = ticket.Errorf("slackdesk.note", ticket.Invalid, "%.20q is no number of minutes.", text)
			}
		}
		d.fields.Call = c
	}
	if p := submitted(v, "promise"); p != "none" {
		d.promise = p
	}
	if t := submittedTime(v, "due"); !t.IsZero() {
		d.due = t.Unix()
	}
	return d, err
}

// noteIntent is what the form of a note asks for.
func noteIntent(v slack.View, a ticket.Action) (ticket.Action, error) {
	d, err := typedNote(v)
	if err != nil {
		return a, err
	}
	a.Note = &d.fields
	if d.promise == "" {
		return a, nil
	}
	a.Promise = &ticket.Promise{Kind: ticket.PromiseKind(d.promise), What: d.fields.Promised}
	if d.due != 0 {
		a.Promise.Due = time.Unix(d.due, 0).UTC()
	}
	return a, nil
}

// askNote asks once for what a note of a call does not tell. What was typed stays in its inputs.
func askNote(v slack.View, m meta) (form slack.ModalViewRequest, ask bool, err error) {
	d, err := typedNote(v)
	if err != nil || m.Asked || d.fields.Call == nil {
		return form, false, err
	}
	names := map[string]string{"outcome": "whether somebody was reached", "with": "who was on the line", "reported": "what they reported",
		"tried": "what was tried", "result": "what came of it", "next_step": "what comes next"}
	var missing []string
	for _, f := range d.fields.Missing() {
		missing = append(missing, names[f])
	}
	if len(missing) > 0 {
		d.warnings = append(d.warnings, "It does not say "+strings.Join(missing, ", ")+".")
	}
	if d.fields.Promised != "" && d.promise == "" {
		d.warnings = append(d.warnings, "Something was promised, and nothing keeps an eye on it.")
	}
	if len(d.warnings) == 0 {
		return form, false, nil
	}
	d.warnings = append(d.warnings, "Nothing is kept yet. Fill it in, or keep it as it is.")
	m.Asked = true
	about := small("*" + m.Ticket.String() + "*")
	form = noteForm(m, m.Ticket.String(), d, about)
	if b, err := json.Marshal(form); err != nil || len(b) > maxAck { // Slack keeps the texts under the ids of the inputs
		d.fields = ticket.NoteFields{Call: d.fields.Call}
		form = noteForm(m, m.Ticket.String(), d, about)
	}
	return form, true, nil
}

// callNote is the form of a note of call Seq, filled in with what the call tells.
func (k *Desk) callNote(ctx context.Context, by ticket.Agent, card bots.Card, m meta, seq int, about slack.Block) (slack.ModalViewRequest, error) {
	list, err := k.back.Messages(ctx, by, card.Ticket.ID, seq-1, 1)
	if err == nil && (len(list) == 0 || len(list[0].Turns) == 0) {
		err = ticket.Errorf("slackdesk.callNote", ticket.NotFound, "That call is not there any more.")
	}
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	return noteForm(m, card.Ticket.ID.String(), noteDraft{fields: noteOf(card, list[0])}, about), nil
}

// noteOf is what a call tells of its note: who called, how long, and what the customer said first.
func noteOf(card bots.Card, call ticket.Message) ticket.NoteFields {
	c := &ticket.CallNote{Direction: "in", With: nonEmpty(call.From.Name, card.Customer.Name, call.From.Value)}
	if call.Direction == ticket.Out {
		c.Direction = "out"
	}
	var said []string
	length := 0
	for _, t := range call.Turns {
		c.Minutes = max(c.Minutes, int((t.EndMS+59_999)/60_000))
		if t.Role != "customer" {
			continue
		}
		c.Outcome = ticket.CallReached
		if text := strings.TrimSpace(t.Text); len(strings.Fields(text)) > 2 && length < 600 { // not "yes, hello"
			said = append(said, text)
			length += len(text)
		}
	}
	c.Minutes = max(0, min(c.Minutes, 24*60))
	c.With = slackapp.Cut(c.With, 100)
	return ticket.NoteFields{Reported: slackapp.Cut(strings.Join(said, " "), 1000), Call: c}
}
