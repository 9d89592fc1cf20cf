package slackdesk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// amended takes over what staff change of the notes that they have typed into a card's thread. It is not kept
// as it is when it came: what it said before stays in the ticket.
func (k *Desk) amended(ctx context.Context, ev slackapp.Event) error {
	m, gone, at, ok := ev.Message.Amendment()
	if !ok || m.ThreadTS == "" || m.ThreadTS == m.TS {
		return nil
	}
	id, err := k.back.TicketAt(ctx, place(m.Channel, m.ThreadTS))
	if ticket.KindOf(err) == ticket.NotFound {
		return nil // some other thread
	}
	if err == nil {
		err = k.amend(ctx, id, m, gone, at)
	}
	if kind := ticket.KindOf(err); err == nil || kind == ticket.Transient || kind == ticket.Internal {
		return err // comes again
	}
	k.sorry(m.Channel, m.User, m.ThreadTS, err)
	return nil
}

func (k *Desk) amend(ctx context.Context, id ticket.ID, m slackapp.Message, gone bool, at time.Time) error {
	by, err := k.agent(ctx, m.User)
	if err != nil {
		return err
	}
	for after := 0; ; {
		list, err := k.back.Messages(ctx, by, id, after, ticket.MaxPage)
		if err == nil && len(list) == 0 && !gone && !k.seen.has(place(m.Channel, m.TS)) {
			return k.take(ctx, &m) // the change has come before what was changed
		}
		if err != nil || len(list) == 0 {
			return err // it was no note
		}
		for _, n := range list {
			if after = n.Seq; n.DeskRef != place(m.Channel, m.TS) || n.Kind != ticket.Note {
				continue
			}
			_, err := k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActAmend, Ticket: id, Seq: n.Seq, Text: k.plainText(ctx, m.Text), Gone: gone, At: at})
			return err
		}
	}
}

// marked takes over an emoji that staff put on what a customer wrote, so that the customer sees it, too,
// where their channel can show it. Other emoji are among colleagues.
func (k *Desk) marked(ctx context.Context, ev slackapp.Event) error {
	mark, ok := ev.Mark()
	if !ok {
		return nil
	}
	self, err := k.app.Self(ctx, mark.Channel)
	if err != nil || mark.User == self.User {
		return err
	}
	by, err := k.agent(ctx, mark.User)
	if ticket.KindOf(err) == ticket.Denied {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := k.app.One(ctx, mark.Channel, mark.TS)
	if ticket.KindOf(err) == ticket.NotFound || away(err) {
		return nil
	}
	if err != nil || !self.Wrote(m) || m.Metadata.Type != typeMessage {
		return err
	}
	number, _ := m.Metadata.Payload["ticket"].(string)
	seq, _ := m.Metadata.Payload["seq"].(float64)
	id, err := ticket.ParseID(number)
	if err != nil || seq < 1 {
		return nil
	}
	_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActReact, Ticket: id, Seq: int(seq), Emoji: mark.Emoji, Gone: mark.Off})
	if kind := ticket.KindOf(err); kind == ticket.Transient || kind == ticket.Internal {
		return err
	}
	return nil
}

// openAmend shows the form by which an agent changes what they have sent, where the customer's channel can.
func (k *Desk) openAmend(c click, r ref) error {
	k.after("cannot open a form", func(ctx context.Context) error {
		list, err := k.back.Messages(ctx, c.by, r.Ticket, r.Seq-1, 1)
		if err == nil && len(list) == 1 {
			err = k.openView(ctx, c, amendForm(meta{Ticket: r.Ticket, Number: r.Seq, Channel: c.channel, Thread: c.thread}, list[0]))
		}
		if err != nil {
			k.sorry(c.channel, c.user, c.thread, err)
		}
		return nil
	})
	return nil
}

func amendForm(m meta, said ticket.Message) slack.ModalViewRequest {
	change, away := option("change", "Change it"), option("gone", "Delete it: the customer sees it no more")
	return modal(doAmend, said.String()+": change", "Change", m.String(), small("The customer has this already. They see what you change, and may have read it as it was; the ticket keeps that."),
		input("what", "What is to be done?", "", choose("v", "Change it", change, away).WithInitialOption(change), false),
		input("text", "Answer to the customer", "Markdown; the customer sees exactly this", line(slackapp.Cut(said.Text, maxInput), maxInput, true), true))
}

func (k *Desk) submitAmend(ctx context.Context, ic *slack.InteractionCallback) any {
	m, ok := parseMeta(ic.View.PrivateMetadata)
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil && !ok {
		err = ticket.Errorf("slackdesk.amend", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	if err == nil {
		_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActAmend, Ticket: m.Ticket, Seq: m.Number, Text: submitted(ic.View, "text"),
			Gone: submitted(ic.View, "what") == "gone"})
	}
	if err != nil {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{"text": slackapp.Cut(k.inWords(ic.User.ID, err), 500)})
	}
	return nil
}

// marks tells who has put which emoji on a message: where it came from, or goes to.
func marks(m ticket.Message) string {
	var parts []string
	for i, r := range m.Reactions {
		if i == 10 {
			parts = append(parts, fmt.Sprintf("and %d more", len(m.Reactions)-i))
			break
		}
		who := esc(nonEmpty(r.By.Name, "the customer"), 60)
		if r.By.Kind == ticket.ByAgent {
			who += " (the customer sees it)"
		}
		parts = append(parts, ":"+esc(r.Emoji, 100)+": "+who)
	}
	return strings.Join(parts, " · ")
}

// since tells that a message is not as it was.
func since(m ticket.Message) string {
	switch {
	case !m.Gone.IsZero():
		return " · :wastebasket: deleted by its writer " + when(m.Gone)
	case !m.Edited.IsZero():
		return " · :pencil2: changed " + when(m.Edited)
	}
	return ""
}
