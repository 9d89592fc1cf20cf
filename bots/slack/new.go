package slackdesk

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// doNew is the form of a ticket for somebody who has called or come by, or whose message somebody has seen.
const doNew = "new_ticket"

// newMeta is what that form remembers.
type newMeta struct {
	Channel string `json:"c,omitempty"` // where it was asked for
	Source  string `json:"s,omitempty"` // the place of the message that it is made of
	Author  string `json:"a,omitempty"` // the Slack user who wrote that, when they are none of staff
}

// newCommand opens the form.
func (k *Desk) newCommand(_ context.Context, s said) (slackapp.Reply, error) {
	v := k.newForm(newMeta{Channel: s.cmd.ChannelID}, entry{subject: s.rest})
	k.show1(s.click(), func(context.Context) (slack.ModalViewRequest, error) { return v, nil })
	return slackapp.Reply{Text: "A form opens."}, nil
}

// show1 opens a form that takes some finding out.
func (k *Desk) show1(c click, form func(context.Context) (slack.ModalViewRequest, error)) {
	k.after("cannot open a form", func(ctx context.Context) error {
		v, err := form(ctx)
		if err == nil {
			err = k.openView(ctx, c, v)
		}
		if err != nil {
			k.regret(c, err)
		}
		return nil
	})
}

// entry is with what the form begins.
type entry struct{ name, contact, subject, text string }

func (k *Desk) newForm(m newMeta, e entry) slack.ModalViewRequest {
	meta, _ := json.Marshal(m) // has no error
	reach := "A mail address, or a telephone number with its country: +49 30 1234567"
	if m.Author != "" {
		reach += ". Left empty: they are answered in the thread of their message"
	}
	var langs []*slack.OptionBlockObject
	for _, code := range []string{"en", "de", "fr", "es", "it", "nl"} {
		langs = append(langs, option(code, language(code)))
	}
	var ranks []*slack.OptionBlockObject
	for _, p := range []ticket.Priority{ticket.Urgent, ticket.High, ticket.Normal, ticket.Low} {
		ranks = append(ranks, option(string(p), strings.ToUpper(string(p[:1]))+string(p[1:])))
	}
	whose := []*slack.OptionBlockObject{option("mine", "It is mine"), option("queue", "To the queue: rules say where")}
	return modal(doNew, "New ticket", "Open it", string(meta),
		input("name", "Who is it?", "As they call themselves", line(e.name, 120, false), true),
		input("contact", "How are they reached?", reach, line(e.contact, 200, false), m.Author != ""),
		input("subject", "What is it about?", "In one line", line(e.subject, 200, false), false),
		input("text", "What do they say?", "In their words: it counts as their message, and they may see it one day", line(e.text, maxInput, true), true),
		input("tried", "Tried already", "A note for colleagues", line("", 1500, true), true),
		input("next", "Next step, and what was promised", "A note for colleagues", line("", 1000, true), true),
		input("unit", "Serial numbers", "With blanks between them", line("", 200, false), true),
		input("language", "Which language do they speak?", "", choose("v", "As their words tell", langs...), true),
		input("priority", "How pressing is it?", "", choose("v", "As rules say", ranks...), true),
		input("whose", "Whose is it?", "", choose("v", "It is mine", whose...), true))
}

// submitNew opens the ticket of that form, and says its number.
func (k *Desk) submitNew(ctx context.Context, ic *slack.InteractionCallback) any {
	by, err := k.agent(ctx, ic.User.ID)
	if err != nil {
		return refuse(ic.View, k.inWords(ic.User.ID, err))
	}
	id, err := k.enter(ctx, by, ic)
	if err != nil {
		at := "subject"
		if ticket.KindOf(err) == ticket.Invalid {
			at = "contact"
		}
		return slack.NewErrorsViewSubmissionResponse(map[string]string{at: k.inWords(ic.User.ID, err)})
	}
	done := modal(doOpen, "New ticket", "OK", presenceMeta+":new", section("*"+id.String()+"* is open. Its card comes into the channel of its tier."))
	done.Submit = nil
	done.Close = plain("Close", maxTitle)
	return slack.NewUpdateViewSubmissionResponse(&done)
}

func (k *Desk) enter(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback) (ticket.ID, error) {
	v, m := ic.View, newMeta{}
	if err := json.Unmarshal([]byte(v.PrivateMetadata), &m); err != nil {
		return 0, ticket.Errorf("slackdesk.enter", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	in := ticket.Inbound{External: "desk:" + v.ID, Subject: submitted(v, "subject"), Text: submitted(v, "text"), Language: submitted(v, "language"),
		Units: strings.Fields(submitted(v, "unit")), At: k.now()}
	contact := strings.TrimSpace(submitted(v, "contact"))
	in.From.Name = strings.TrimSpace(submitted(v, "name"))
	switch {
	case contact == "" && m.Author != "":
		if err := k.fromSlack(ctx, m, &in); err != nil {
			return 0, err
		}
	case strings.Contains(contact, "@"):
		in.Channel, in.From.Kind, in.From.Value = "email", customer.Email, contact
	default:
		in.Channel, in.From.Kind, in.From.Value = "phone", customer.Phone, contact
	}
	if strings.TrimSpace(in.Text) == "" {
		in.Text = in.Subject
	}
	if m.Source != "" {
		if err := k.takeFiles(ctx, m.Source, &in); err != nil {
			return 0, err
		}
	}
	id, err := k.back.Enter(ctx, by, in, "")
	if err != nil {
		return 0, err
	}
	key := "slack:new:" + v.ID
	list := []ticket.Action{}
	if n := (&ticket.NoteFields{Tried: submitted(v, "tried"), NextStep: submitted(v, "next")}); n.String() != "" {
		list = append(list, ticket.Action{Kind: ticket.ActNote, Note: n, Key: key + ":note"})
	}
	if p := ticket.Priority(submitted(v, "priority")); p != "" {
		list = append(list, ticket.Action{Kind: ticket.ActSet, Priority: p, Key: key + ":set"})
	}
	if submitted(v, "whose") != "queue" {
		list = append(list, ticket.Action{Kind: ticket.ActTake, Key: key + ":take"})
	}
	for _, a := range list {
		a.Ticket = id
		if _, err := k.back.Act(ctx, by, a); err != nil {
			return 0, ticket.E("slackdesk.enter", ticket.KindOf(err), err)
		}
	}
	return id, nil
}

// fromSlack makes the writer of a Slack message the customer, who is answered in its thread.
func (k *Desk) fromSlack(ctx context.Context, m newMeta, in *ticket.Inbound) error {
	channel, ts, err := parsePlace(m.Source)
	if err != nil {
		return err
	}
	self, err := k.app.Self(ctx, channel)
	if err != nil {
		return err
	}
	u, err := k.app.User(ctx, m.Author)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return err
	}
	msg, err := k.app.One(ctx, channel, ts)
	if code := slackapp.Code(err); code == "not_in_channel" || code == "channel_not_found" {
		return ticket.Errorf("slackdesk.enter", ticket.Invalid, "The app is not in that channel: it can neither answer in the thread of the message nor hear what is said there. "+
			"Invite it there first (/invite), or say how else they are reached.")
	}
	if err != nil {
		return err
	}
	thread := place(channel, msg.Thread())
	in.Channel, in.Inbox, in.External = "slack", channel, m.Source
	in.Threads = []ticket.ThreadKey{{By: "session", Key: thread, Proof: true}}
	in.From = customer.Identity{Kind: customer.Slack, Value: nonEmpty(u.Team, msg.UserTeam, msg.Team, self.Team) + "/" + slackapp.Bare(m.Author), Name: nonEmpty(in.From.Name, u.Name)}
	if msg.Thread() != msg.TS {
		in.References = []string{thread}
	}
	if mail, err := (customer.Identity{Kind: customer.Email, Value: u.Email, Name: u.Name}).Normal(); err == nil {
		in.With = append(in.With, mail)
	}
	in.Proven, in.At = "slack", slackapp.At(msg.TS)
	return nil
}

// takeFiles brings the files of a Slack message along. One that cannot be had is named.
func (k *Desk) takeFiles(ctx context.Context, source string, in *ticket.Inbound) error {
	channel, ts, err := parsePlace(source)
	if err != nil || k.blob == nil {
		return nil
	}
	msg, err := k.app.One(ctx, channel, ts)
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Transient || kind == ticket.Internal) {
		return err
	}
	if err != nil || len(msg.Files) == 0 {
		return nil // we are no member there: its text is in the form
	}
	in.Attachments, in.Warnings, err = k.app.Fetch(ctx, k.blob, msg.Files)
	return err
}
