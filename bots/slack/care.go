package slackdesk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/customer"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// What the customer is told, is owed, and has against us: the parts of the card, the menu and the forms.

// The action ids of what an agent does about that, and the callback ids of the forms.
const (
	doCare      = "care" // a menu; its options name the action
	doUpdate    = "update"
	doPostpone  = "postpone"
	doRepromise = "repromise"
	doUnpromise = "unpromise"
	doAsk       = "ask"
	doAnswer    = "answer"
	doComplain  = "complain"
	doAmends    = "amends"
	doAbuse     = "abuse"
)

// offered are the steps that go with a notice, by their names in ticket.Told.
var offered = map[string]struct{ action, label string }{
	"update": {doUpdate, "Write it now"}, "postpone": {doPostpone, "Put it off"}, "answer": {doAnswer, "Answer"},
	"answer_complaint": {doAmends, "Answer the customer"}, "abuse": {doAbuse, "Decide"},
}

// standing tells what the customer was told and is owed, what they have against us, and what is unclear.
func standing(c bots.Card) (blocks []slack.Block) {
	var lines []string
	if text := etaText(c.ETA); text != "" {
		lines = append(lines, text)
	}
	t := c.Ticket
	if u := t.Update; u != nil && !u.Due.IsZero() {
		line := ":mega: The customer hears how it stands: " + when(u.Due)
		if u.Postponed {
			line += " (put off)"
		}
		if u.Skipped != "" {
			line += " · the last did not go out: " + esc(u.Skipped, roomLine)
		}
		lines = append(lines, line)
	}
	if c.Ladder.Rung != customer.RungNone {
		s := c.Ladder.Last
		line := ":no_entry_sign: *" + rungName(c.Ladder.Rung) + "* " + when(s.At) + " by " + esc(nonEmpty(s.Name, s.By), 80) + ": " + esc(s.Reason, roomLine)
		if !s.Until.IsZero() {
			line += " · until " + when(s.Until)
		}
		lines = append(lines, line)
	}
	for _, q := range t.OpenQuestions() {
		if len(lines) < 8 {
			lines = append(lines, fmt.Sprintf(":grey_question: Note #%d is unclear: %s · answer due %s", q.Seq, esc(q.Text, roomLine), when(q.Due)))
		}
	}
	if len(lines) > 0 {
		blocks = append(blocks, small(strings.Join(lines, "\n")))
	}
	for i, k := range t.OpenComplaints() {
		if i == 3 {
			break
		}
		text := ":scroll: *Complaint*"
		if k.Policy != "" {
			text += " about *" + esc(k.Policy, 100) + "*"
		}
		text += ": " + esc(k.Words, roomLine) + "\n_the lead owes an answer; the case goes on_"
		b := slack.NewSectionBlock(mrkdwn(text, maxSection), nil, slack.NewAccessory(button(doAmends, ref{Ticket: t.ID, Seq: k.Number}.String(), "Answer")))
		b.BlockID = fmt.Sprintf("complaint%d", i)
		blocks = append(blocks, b)
	}
	return blocks
}

// etaText is what like cases took; that of a promise stands among the promises.
func etaText(e ticket.ETA) string {
	b := e.Basis
	if b == nil {
		return ""
	}
	text := fmt.Sprintf(":straight_ruler: Like cases: %s, %s–%s, of %d", lasts(b.Median), lasts(b.Low), lasts(b.High), b.Count)
	if b.Topic != "" {
		_, topic, _ := strings.Cut(b.Topic, ":")
		text += " (" + esc(topic, 60) + ")"
	}
	if e.Kind == ticket.ETAMeasured {
		text += " · this one " + when(e.From) + " to " + when(e.To)
	} else if e.Kind == ticket.ETANone {
		text += " · no time to tell: " + esc(e.Why, roomLine)
	}
	return text
}

// lasts is a length of open time as short as it can be said.
func lasts(d time.Duration) string {
	switch {
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.3g h", float64(int(d.Hours()*2+0.5))/2)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24+0.5))
}

func rungName(r customer.Rung) string {
	switch r {
	case customer.RungWarn:
		return "Warned for abuse"
	case customer.RungLead:
		return "Abuse, told to the lead"
	case customer.RungBlock:
		return "Kept out for abuse"
	}
	return string(r)
}

// careMenu is what can be done for the customer beside answering.
func careMenu(c bots.Card) slack.BlockElement {
	t, v := c.Ticket, refTo(c.Ticket).String()
	at := func(n int) string { return ref{Ticket: t.ID, Rev: t.Rev, Seq: n}.String() }
	list := []*slack.OptionBlockObject{option(doComplain+" "+v, "Complaint, to the lead")}
	if u := t.Update; u != nil && !u.Due.IsZero() {
		list = append(list, option(doUpdate+" "+v, "Tell them how it stands"), option(doPostpone+" "+v, "Put the next update off"))
	}
	for _, p := range t.OpenPromises() {
		what := p.Kind.Title() + " " + p.Due.UTC().Format("2 Jan 15:04 UTC")
		if p.State == ticket.PromiseOpen && len(list) < 20 {
			list = append(list, option(doRepromise+" "+at(p.Number), "Move: "+what))
		}
		if p.Kind != ticket.PromiseAnswer && len(list) < 20 {
			list = append(list, option(doUnpromise+" "+at(p.Number), "Take back: "+what))
		}
	}
	list = append(list, outsideOptions(c, v)...)
	list = append(list, option(doAbuse+" "+v, "Abuse: "+map[customer.Rung]string{customer.RungWarn: "warn them", customer.RungLead: "to the lead",
		customer.RungBlock: "keep them out (lead)"}[c.Ladder.Next]))
	return choose(doCare, "For the customer …", append(list, peopleOptions(c)...)...)
}

// careForm is the form of one of the steps.
func (k *Desk) careForm(ctx context.Context, c click, card bots.Card, m meta, what string, r ref) (slack.ModalViewRequest, error) {
	about, id := small(cardText(card)), card.Ticket.ID.String()
	m.Number = r.Seq
	switch what {
	case doUpdate:
		text, err := k.back.Wording(ctx, c.by, r.Ticket, "update")
		if err != nil {
			return slack.ModalViewRequest{}, err
		}
		m.Stay = true
		return k.openAnswer(ctx, c.by, card, m, text)
	case doPostpone:
		due := slack.NewDateTimePickerBlockElement("v")
		due.InitialDateTime = k.now().Add(24 * time.Hour).Truncate(15 * time.Minute).Unix()
		hint := "In your own time zone"
		if u := card.Ticket.Update; u != nil && u.Said.After(k.now()) {
			hint += ". If it is later than what the customer was told, they hear that it moves"
		}
		return modal(doPostpone, id+": put off", "Put off", m.String(), about, input("due", "Until when?", hint, due, false)), nil
	case doAsk:
		return modal(doAsk, id+": unclear note", "Ask", m.String(), about, input("text", "What is unclear?",
			"Goes to the writer of the note, and to the lead if no answer comes in time", line("", 1000, true), false)), nil
	case doAnswer:
		blocks := []slack.Block{about}
		if n := r.Seq; n > 0 && n <= len(card.Ticket.Questions) {
			q := card.Ticket.Questions[n-1]
			blocks = append(blocks, section(fmt.Sprintf("*%s asks about note #%d:*\n%s", esc(q.By.Name, 80), q.Seq, quote(slackapp.EscapeCut(q.Text, roomSaid)))))
		}
		return modal(doAnswer, id+": answer", "Answer", m.String(), append(blocks, input("text", "Your answer", "It stands under the note", line("", 2000, true), false))...), nil
	case doComplain:
		return k.complainForm(card, m, about), nil
	case doAmends:
		return amendsForm(card, m, about, r.Seq), nil
	case doAbuse:
		return k.abuseForm(ctx, c, card, m, about)
	case doRepromise, doUnpromise:
		return promiseForm(card, m, about, what, r.Seq), nil
	case doBlock, doSame, doApart:
		return k.peopleForm(ctx, c, card, m, what, about)
	}
	return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no such form.")
}

func (k *Desk) complainForm(card bots.Card, m meta, about slack.Block) slack.ModalViewRequest {
	blocks := []slack.Block{about}
	var list []*slack.OptionBlockObject
	for _, p := range k.back.Policies() {
		list = append(list, option(slackapp.Cut(p, maxButton), p))
	}
	if len(list) > 0 {
		blocks = append(blocks, input("policy", "Which policy is it about?", "", choose("v", "Choose", list...), true))
	}
	words := ""
	for _, s := range card.Ticket.Signals {
		if s.Kind == "complaint" {
			words = strings.Join(s.Words, "; ")
		}
	}
	blocks = append(blocks, input("other", "Or in your words", "Left empty, it is about how the customer was treated", line("", 200, false), true),
		input("words", "What does the customer say?", "In their words. A lead owes them an answer; the case goes on", line(words, 1000, true), false))
	return modal(doComplain, card.Ticket.ID.String()+": complaint", "To the lead", m.String(), blocks...)
}

func amendsForm(card bots.Card, m meta, about slack.Block, number int) slack.ModalViewRequest {
	blocks := []slack.Block{about}
	if number > 0 && number <= len(card.Ticket.Complaints) {
		said := card.Ticket.Complaints[number-1]
		blocks = append(blocks, section("*"+esc(nonEmpty(said.Policy, "How they were treated"), 100)+"*\n"+quote(slackapp.EscapeCut(said.Words, roomSaid))))
	}
	return modal(doAmends, card.Ticket.ID.String()+": answer", "Send", m.String(), append(blocks,
		input("text", "Your answer to the customer", "Markdown; the customer sees exactly this. The case stays in whose hands it is", line("", maxInput, true), false))...)
}

func (k *Desk) abuseForm(ctx context.Context, c click, card bots.Card, m meta, about slack.Block) (slack.ModalViewRequest, error) {
	l := card.Ladder
	blocks := []slack.Block{about}
	for _, s := range card.Customer.Abuse[max(0, len(card.Customer.Abuse)-5):] {
		blocks = append(blocks, small("*"+rungName(s.Rung)+"* "+when(s.At)+" by "+esc(nonEmpty(s.Name, s.By), 80)+": "+esc(s.Reason, roomLine)))
	}
	names := map[customer.Rung]string{customer.RungWarn: "Warn them", customer.RungLead: "Tell the lead", customer.RungBlock: "Keep out what they send, for a time"}
	steps := []*slack.OptionBlockObject{option(string(l.Next), names[l.Next])}
	if l.Rung != customer.RungNone {
		steps = append(steps, option(string(customer.RungClear), "Take it back"))
	}
	blocks = append(blocks, input("rung", "What is to be done?", "Warning, lead, block: nothing is left out, and nothing happens by itself",
		choose("v", "Choose", steps...).WithInitialOption(steps[0]), false),
		input("reason", "What was said?", "Kept with the customer", line(abuseWords(card), 1000, true), false))
	if l.Next == customer.RungWarn {
		text, err := k.back.Wording(ctx, c.by, card.Ticket.ID, "warning")
		if err != nil {
			return slack.ModalViewRequest{}, err
		}
		blocks = append(blocks, input("text", "The warning", "In the customer's language; they see exactly this", line(text, maxInput, true), false))
	}
	return modal(doAbuse, card.Ticket.ID.String()+": abuse", "Confirm", m.String(), blocks...), nil
}

func abuseWords(card bots.Card) string {
	for _, s := range card.Ticket.Signals {
		if s.Kind == "abuse" {
			return "“" + strings.Join(s.Words, "”, “") + "”"
		}
	}
	return ""
}

func promiseForm(card bots.Card, m meta, about slack.Block, what string, number int) slack.ModalViewRequest {
	id, blocks := card.Ticket.ID.String(), []slack.Block{about}
	if number > 0 && number <= len(card.Ticket.Promises) {
		p := card.Ticket.Promises[number-1]
		blocks = append(blocks, section("*"+p.Kind.Title()+"* until "+when(p.Due)+"\n"+esc(p.What, roomLine)))
	}
	if what == doUnpromise {
		return modal(doUnpromise, id+": take back", "Take back", m.String(), append(blocks,
			input("reason", "Why does it not hold?", "For colleagues", line("", 500, true), false),
			input("text", "What is the customer told?", "They wait for it", line("", 2000, true), true))...)
	}
	due := slack.NewDateTimePickerBlockElement("v")
	return modal(doRepromise, id+": move", "Move", m.String(), append(blocks, input("due", "Until when?", "In your own time zone", due, false),
		input("text", "What is the customer told?", "Left empty, they are told the old and the new time, in their language", line("", 2000, true), true))...)
}

// careIntent is what one of the forms asks for.
func careIntent(v slack.View, m meta, a ticket.Action) (ticket.Action, bool) {
	a.Rev = 0 // whatever happened meanwhile
	switch v.CallbackID {
	case doPostpone:
		a.At = submittedTime(v, "due")
	case doAsk:
		a.Seq, a.Text = m.Number, submitted(v, "text")
	case doAnswer, doAmends:
		a.Number, a.Text = m.Number, submitted(v, "text")
	case doComplain:
		a.Policy, a.Reason, a.About = nonEmpty(submitted(v, "other"), submitted(v, "policy")), submitted(v, "words"), ticket.AboutPolicy
		if a.Policy == "" {
			a.About = ticket.AboutConduct
		}
	case doAbuse:
		a.Rung, a.Reason, a.Text = customer.Rung(submitted(v, "rung")), submitted(v, "reason"), submitted(v, "text")
	case doRepromise:
		a.Promise, a.Text = &ticket.Promise{Number: m.Number, Due: submittedTime(v, "due")}, submitted(v, "text")
	case doUnpromise:
		a.Promise, a.Reason, a.Text = &ticket.Promise{Number: m.Number}, submitted(v, "reason"), submitted(v, "text")
	default:
		return a, false
	}
	return a, true
}

// unclear are the questions about a note, with their answers.
func unclear(c bots.Card, m ticket.Message) (notes []string) {
	for _, q := range c.Ticket.Asked(m.Seq) {
		text := ":grey_question: " + esc(q.By.Name, 80) + ": " + esc(q.Text, 500)
		switch {
		case !q.Answered.IsZero():
			text += "\n:point_right: " + esc(q.AnsweredBy.Name, 80) + ": " + esc(q.Answer, 1000)
		case q.Lead:
			text += "\n:hourglass: the lead is asked"
		default:
			text += "\n:hourglass: answer due " + when(q.Due)
		}
		notes = append(notes, text)
	}
	return notes
}

// askWriter asks the writer of a note that somebody typed into a thread: it has no button.
func (k *Desk) askWriter(ctx context.Context, c click) error {
	at := place(c.channel, c.ic.Message.Timestamp)
	id, err := k.threadOf(ctx, c)
	seq := 0
	if err == nil && id != 0 {
		seq, err = k.noteAt(ctx, c.by, id, at)
	}
	if id == 0 && err == nil || ticket.KindOf(err) == ticket.NotFound {
		err = ticket.Errorf("slackdesk.shortcut", ticket.Invalid, "That is no note of a ticket.")
	}
	if err != nil {
		return err
	}
	return k.open(c, doAsk, ref{Ticket: id, Seq: seq})
}

// noteAt is the note that stands at a place.
func (k *Desk) noteAt(ctx context.Context, by ticket.Agent, id ticket.ID, at string) (int, error) {
	for after := 0; ; {
		list, err := k.back.Messages(ctx, by, id, after, ticket.MaxPage)
		if err != nil {
			return 0, err
		}
		for _, m := range list {
			if m.DeskRef == at && m.Kind == ticket.Note {
				return m.Seq, nil
			}
			after = m.Seq
		}
		if len(list) < ticket.MaxPage {
			return 0, ticket.E("slackdesk.noteAt", ticket.NotFound, nil)
		}
	}
}

// doubt is a time that an answer names and nothing stands for.
type doubt struct {
	Words string `json:"w"`
	At    int64  `json:"a"`
}

// askFirst asks once more before something is done that deserves it.
func (k *Desk) askFirst(ctx context.Context, by ticket.Agent, v slack.View, m meta) (slack.ModalViewRequest, bool, error) {
	switch v.CallbackID {
	case doReply:
		return k.askAnswer(ctx, by, v, m)
	case doEscalate:
		return k.readBack(ctx, by, v, m)
	case doNote:
		return askNote(v, m)
	}
	return slack.ModalViewRequest{}, false, nil
}

// readBack shows once what is to be read back to the customer, where the tier that is to get the case asks for
// that and nobody has said that it was done (practice: read-back).
func (k *Desk) readBack(ctx context.Context, by ticket.Agent, v slack.View, m meta) (form slack.ModalViewRequest, ask bool, err error) {
	tier := submitted(v, "tier")
	if m.Asked || submitted(v, "read_back") != "" || !slices.ContainsFunc(k.back.Tiers(), func(t bots.Tier) bool {
		return t.Name == tier && slices.Contains(t.Needs, "read_back")
	}) {
		return form, false, nil
	}
	card, err := k.back.Card(ctx, by, m.Ticket)
	if err != nil {
		return form, false, err
	}
	m.Asked = true
	card.Ticket.Diagnosis = nonEmpty(submitted(v, "diagnosis"), card.Ticket.Diagnosis)
	typed := &ticket.Handoff{}
	for _, f := range ticket.HandoffFields {
		*typed.Field(f) = submitted(v, f)
	}
	if form, err = k.escalateForm(card, m, small(cardText(card)), tier, typed); err != nil {
		return form, false, err
	}
	if b, err := json.Marshal(form); err != nil || len(b) > maxAck-maxSection { // Slack keeps it under the ids of the inputs
		if form, err = k.escalateForm(card, m, small(cardText(card)), tier, &ticket.Handoff{}); err != nil {
			return form, false, err
		}
	}
	text := ":mega: *Read this back to the customer"
	if l := card.Ticket.Language; l != "" {
		text += ", in " + language(l)
	}
	text += ", and say below how they have confirmed it:*"
	for _, f := range []string{"problem", "unit", "impact", "tried", "callback"} {
		if said := strings.TrimSpace(submitted(v, f)); said != "" {
			text += "\n> *" + ticket.HandoffTitle(f) + ":* " + esc(said, 300)
		}
	}
	at := form.Blocks.BlockSet
	form.Blocks.BlockSet = append([]slack.Block{at[0], section(text)}, at[1:]...)
	return form, true, nil
}

// promiseForm is that of a new promise. A callback that the customer has asked for is told to them.
func (k *Desk) promiseForm(card bots.Card, m meta, about slack.Block) slack.ModalViewRequest {
	due := slack.NewDateTimePickerBlockElement("v")
	due.InitialDateTime = k.now().Add(2 * time.Hour).Truncate(15 * time.Minute).Unix()
	kinds := choose("v", "Choose", option("callback", "To call them back"), option("update", "To write to them"), option("fix", "To have it solved"))
	tell := choose("v", "No: they know it from me", option("yes", "Yes, in their language"), option("no", "No: they know it from me"))
	what := ""
	if proposed(card.Ticket, ticket.ActPromise) {
		kinds, tell = kinds.WithInitialOption(option("callback", "To call them back")), tell.WithInitialOption(option("yes", "Yes, in their language"))
		what = strings.Join(card.Ticket.FoundOf(ticket.FoundPhone), ", ")
	}
	return modal(doPromise, card.Ticket.ID.String()+": promise", "Promise", m.String(), about,
		input("kind", "What is promised?", "", kinds, false),
		input("due", "Until when?", "In your own time zone. You are reminded before; the lead hears if it is broken", due, false),
		input("what", "What exactly?", "For colleagues: a number to call, what it is about", line(what, 500, false), true),
		input("tell", "Shall the gateway tell the customer?", "They are told by when, and nothing else", tell, true))
}
