package slackdesk

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/slack-go/slack"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The callback ids of shortcuts; an app may have five of each kind. docs/slack-manifest.yaml lists them.
// https://docs.slack.dev/interactivity/implementing-shortcuts
const (
	shortAsk     = "ask_writer"  // on a note in a card's thread
	shortMake    = "make_ticket" // on a message, like the next three
	shortAdd     = "add_to_ticket"
	shortKB      = "ask_kb"
	shortPage    = "page_level2"
	shortNew     = "new_ticket_global" // global, like the rest
	shortNext    = "next_case"
	shortNote    = "note_ticket"
	shortAnyKB   = "ask_kb_global"
	shortAnyPage = "page_level2_global"
)

// The forms that shortcuts open.
const (
	doAddTo   = "add_to"   // a note on a ticket that is chosen in the form
	doAskKB   = "ask_kb"   // a question to the knowledge base
	doPageAny = "page_any" // a page for a ticket that is chosen in the form
)

// shortcut does what a shortcut says. Whoever is not staff is told so.
func (k *Desk) shortcut(ctx context.Context, ic *slack.InteractionCallback) {
	c := newClick(ic, &slack.BlockAction{ActionID: ic.CallbackID})
	var err error
	if c.by, err = k.allowed(ctx, c.user, rightOf(ic.CallbackID)); err == nil {
		err = k.shortcutBy(ctx, c)
	}
	if err != nil {
		k.regret(c, err)
	}
}

func (k *Desk) shortcutBy(ctx context.Context, c click) error {
	src := source{Place: place(c.channel, c.ic.Message.Timestamp), Author: c.ic.Message.User, text: c.ic.Message.Text}
	if c.channel == "" || c.ic.Message.Timestamp == "" {
		src = source{}
	}
	switch c.ic.CallbackID {
	case shortAsk:
		return k.askWriter(ctx, c)
	case shortMake, shortNew:
		k.show1(c, func(ctx context.Context) (slack.ModalViewRequest, error) { return k.makeForm(ctx, c, src) })
	case shortAdd, shortNote:
		k.show1(c, func(ctx context.Context) (slack.ModalViewRequest, error) { return k.addForm(ctx, c, src) })
	case shortKB, shortAnyKB:
		k.show1(c, func(ctx context.Context) (slack.ModalViewRequest, error) {
			return k.kbForm(ctx, c.by, k.plainText(ctx, src.text))
		})
	case shortPage, shortAnyPage:
		if id, err := k.threadOf(ctx, c); err == nil && id != 0 {
			return k.open(c, doPage, ref{Ticket: id})
		}
		k.show1(c, func(ctx context.Context) (slack.ModalViewRequest, error) { return k.pageAnyForm(ctx, c, src) })
	case shortNext:
		t, err := k.back.Next(ctx, c.by, "slack:shortcut:"+c.user+":"+c.ic.TriggerID)
		if err != nil {
			return err
		}
		k.yours(c, t)
	}
	return nil
}

// source is the message on which a shortcut was used.
type source struct {
	Place  string `json:"p,omitempty"`
	Author string `json:"a,omitempty"`
	text   string
}

// threadOf is the ticket in whose thread a message stands; 0 when it stands in none.
func (k *Desk) threadOf(ctx context.Context, c click) (ticket.ID, error) {
	root := nonEmpty(c.ic.Message.ThreadTimestamp, c.ic.Message.Timestamp)
	if c.channel == "" || root == "" {
		return 0, nil
	}
	id, err := k.back.TicketAt(ctx, place(c.channel, root))
	if ticket.KindOf(err) == ticket.NotFound {
		return 0, nil
	}
	return id, err
}

// makeForm is the form of a new ticket, filled in with what a message says.
func (k *Desk) makeForm(ctx context.Context, c click, src source) (slack.ModalViewRequest, error) {
	m, e := newMeta{Channel: c.channel, Source: src.Place}, entry{}
	if src.Place == "" {
		return k.newForm(m, e), nil
	}
	e.text = slackapp.Cut(k.plainText(ctx, src.text), maxInput)
	e.subject = slackapp.Cut(slackapp.Line(e.text), 150)
	if src.Author == "" {
		return k.newForm(m, e), nil
	}
	u, err := k.app.User(ctx, src.Author)
	if err != nil && ticket.KindOf(err) != ticket.NotFound {
		return slack.ModalViewRequest{}, err
	}
	if _, err := k.back.AgentBy(nonEmpty(u.ID, src.Author), address(u)); err != nil && !u.Bot { // a colleague passes on what somebody else has said
		m.Author, e.name = src.Author, u.Name
	}
	return k.newForm(m, e), nil
}

// chooser are the inputs by which a ticket is chosen: one of one's own, or any by its number.
func (k *Desk) chooser(ctx context.Context, by ticket.Agent, known ticket.ID) ([]slack.Block, error) {
	list, err := k.back.Tickets(ctx, by, ticket.Filter{Owner: by.ID, States: openStates[:], Limit: maxChoices})
	if err != nil {
		return nil, err
	}
	var mine []*slack.OptionBlockObject
	for _, t := range list {
		mine = append(mine, option(t.ID.String(), t.ID.String()+" · "+t.Subject))
	}
	number := ""
	if known != 0 {
		number = known.String()
	}
	var blocks []slack.Block
	if len(mine) > 0 {
		blocks = append(blocks, input("mine", "One of your tickets", "", choose("v", "Choose one", mine...), true))
	}
	return append(blocks, input("number", "Its number", "Such as T-1042", line(number, 20, false), len(mine) > 0)), nil
}

// chosenTicket is the ticket that was chosen by these.
func chosenTicket(v slack.View) (ticket.ID, error) {
	return ticket.ParseID(nonEmpty(submitted(v, "number"), submitted(v, "mine")))
}

func (k *Desk) addForm(ctx context.Context, c click, src source) (slack.ModalViewRequest, error) {
	known, err := k.threadOf(ctx, c)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	blocks, err := k.chooser(ctx, c.by, known)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	title, text := "Note on a ticket", ""
	if src.Place != "" {
		title, text = "Add to a ticket", k.quoted(ctx, src)
	}
	meta, _ := json.Marshal(src) // has no error
	blocks = append(blocks, input("text", "The note", "For colleagues only", line(text, maxInput, true), false))
	return modal(doAddTo, title, "Note it", string(meta), blocks...), nil
}

// quoted is a message as a note tells it: who wrote it, where, and what.
func (k *Desk) quoted(ctx context.Context, src source) string {
	who := "Somebody"
	if u, err := k.app.User(ctx, src.Author); err == nil && u.Name != "" {
		who = u.Name
	}
	channel, ts, _ := parsePlace(src.Place)
	head := who + " in Slack"
	if at := slackapp.At(ts); !at.IsZero() {
		head += ", " + at.Format("2 Jan 2006 15:04 UTC")
	}
	if url := k.app.Link(channel, ts); url != "" {
		head += " (" + url + ")"
	}
	return head + ":\n" + quote(slackapp.Cut(k.plainText(ctx, src.text), maxInput-600))
}

// submitAdd notes it.
func (k *Desk) submitAdd(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback) error {
	id, err := chosenTicket(ic.View)
	if err != nil {
		return err
	}
	var src source
	if err := json.Unmarshal([]byte(ic.View.PrivateMetadata), &src); err != nil {
		return ticket.Errorf("slackdesk.add", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	var in ticket.Inbound
	if src.Place != "" {
		if err := k.takeFiles(ctx, src.Place, &in); err != nil {
			return err
		}
	}
	text := strings.TrimSpace(submitted(ic.View, "text") + "\n" + strings.Join(in.Warnings, "\n"))
	_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: text, Attachments: in.Attachments, Key: "slack:add:" + ic.View.ID})
	return err
}

// kbForm asks the knowledge base; a question that is known is answered at once.
func (k *Desk) kbForm(ctx context.Context, by ticket.Agent, question string) (slack.ModalViewRequest, error) {
	question = slackapp.Cut(strings.TrimSpace(question), 1000)
	blocks := []slack.Block{input("question", "What do you want to know?", "In the customer's words, or yours", line(question, 1000, true), false)}
	if question != "" {
		found, _, err := k.asked(ctx, by, question)
		if err != nil {
			return slack.ModalViewRequest{}, err
		}
		blocks = append(blocks, found...)
	}
	return modal(doAskKB, "Knowledge base", "Ask", presenceMeta+":kb", blocks...), nil
}

func (k *Desk) pageAnyForm(ctx context.Context, c click, src source) (slack.ModalViewRequest, error) {
	blocks, err := k.chooser(ctx, c.by, 0)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	reason := ""
	if src.Place != "" {
		reason = slackapp.Cut(k.plainText(ctx, src.text), 1000)
	}
	var ranks []*slack.OptionBlockObject
	for _, p := range []ticket.Priority{ticket.Urgent, ticket.High, ticket.Normal, ticket.Low} {
		ranks = append(ranks, option(string(p), strings.ToUpper(string(p[:1]))+string(p[1:])))
	}
	return modal(doPageAny, "Page level 2", "Page", presenceMeta+":page", append(blocks,
		input("reason", "Why are they needed now?", "They read this on their phone", line(reason, 1000, true), false),
		input("severity", "How bad is it?", "What is urgent rings in quiet hours, too", choose("v", "As the ticket", ranks...), true))...), nil
}

func (k *Desk) submitPageAny(ctx context.Context, by ticket.Agent, ic *slack.InteractionCallback) error {
	id, err := chosenTicket(ic.View)
	if err != nil {
		return err
	}
	_, err = k.back.Act(ctx, by, ticket.Action{Kind: ticket.ActPage, Ticket: id, Reason: submitted(ic.View, "reason"),
		Severity: ticket.Priority(submitted(ic.View, "severity")), Key: "slack:view:" + ic.User.ID + ":" + ic.View.ID})
	return err
}

// submitShortcut takes the forms that shortcuts open; false for any other.
func (k *Desk) submitShortcut(ctx context.Context, ic *slack.InteractionCallback) (answer any, ok bool) {
	var do func(context.Context, ticket.Agent, *slack.InteractionCallback) error
	switch ic.View.CallbackID {
	case doNew:
		return k.submitNew(ctx, ic), true
	case doAddTo:
		do = k.submitAdd
	case doPageAny:
		do = k.submitPageAny
	case doAskKB:
		by, err := k.agent(ctx, ic.User.ID)
		var v slack.ModalViewRequest
		if err == nil {
			v, err = k.kbForm(ctx, by, submitted(ic.View, "question"))
		}
		if err != nil {
			return refuse(ic.View, k.inWords(ic.User.ID, err)), true
		}
		return slack.NewUpdateViewSubmissionResponse(&v), true
	default:
		return nil, false
	}
	by, err := k.agent(ctx, ic.User.ID)
	if err == nil {
		err = do(ctx, by, ic)
	}
	if err != nil {
		return refuse(ic.View, k.inWords(ic.User.ID, err)), true
	}
	return nil, true
}
