package slackdesk

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// What people do in the form of an answer before they send it.

// answerView is the form as it is to be shown.
func (k *Desk) answerView(ctx context.Context, by ticket.Agent, card bots.Card, m meta, d draft) (slack.ModalViewRequest, error) {
	in, err := k.back.Answering(ctx, by, card.Ticket.ID, m.Lang)
	return replyForm(answer{card: card, by: by, m: m, d: d, in: in}), err
}

// openAnswer is the form as it is opened: with text in it, or else with how an answer may begin and end.
func (k *Desk) openAnswer(ctx context.Context, by ticket.Agent, card bots.Card, m meta, text string) (slack.ModalViewRequest, error) {
	m.Rev, m.Seen = card.Ticket.Rev, card.LastSaid.Seq
	d := draft{text: nonEmpty(text, card.Draft)}
	if m.Stay {
		d.then = thenStay
	}
	return k.answerView(ctx, by, card, m, d)
}

// inAnswer takes what happens in the form of an answer.
func (k *Desk) inAnswer(ctx context.Context, c click) error {
	m, ok := parseMeta(c.ic.View.PrivateMetadata)
	if !ok {
		return ticket.Errorf("slackdesk.redraw", ticket.Invalid, "This form is of an older version. Open it again.")
	}
	block := c.action.BlockID
	switch id := c.action.ActionID; {
	case id == "v" && strings.HasPrefix(block, "text"):
		k.keepDraft(c.by, ticket.Draft{Ticket: m.Ticket, Text: nonEmpty(c.action.Value, submitted(c.ic.View, textBlock(m))), Language: m.Lang, Macro: m.Macro, Form: c.ic.View.ID})
		return nil
	case id == "v" && strings.HasPrefix(block, "then") && c.action.SelectedOption.Value != thenSolve,
		id == "v" && strings.HasPrefix(block, "when") && c.action.SelectedOption.Value != whenTime:
		return nil // nothing more is to be asked
	}
	c.channel, c.thread = m.Channel, m.Thread
	k.after("cannot redraw a form", func(ctx context.Context) error {
		err := k.redraw(ctx, c, m)
		if err != nil && ticket.KindOf(err) != ticket.Conflict { // a newer redraw has won
			k.sorry(c.channel, c.user, c.thread, err)
		}
		return nil
	})
	return nil
}

// redraw shows the form anew: with the preview, or with something put into the answer.
func (k *Desk) redraw(ctx context.Context, c click, m meta) error {
	view := c.ic.View
	d := typedAnswer(view, m)
	was := d.text
	card, err := k.back.Card(ctx, c.by, m.Ticket)
	if err != nil {
		return err
	}
	switch c.action.ActionID {
	case doPreview:
		err = k.preview(ctx, c, m, &d)
	case doInsert:
		err = k.insert(ctx, c, card, &d, &m)
	case doMacro:
		err = k.insertMacro(ctx, c, &d, &m)
	case doTongue:
		err = k.changeTongue(ctx, c, card, &d, &m)
	case doResume:
		err = k.resume(ctx, c, &d, &m)
	}
	if err != nil {
		return err
	}
	if d.text != was && d.preview == nil {
		err = k.preview(ctx, c, m, &d)
	}
	var v slack.ModalViewRequest
	if err == nil {
		v, err = k.answerView(ctx, c.by, card, m, d)
	}
	if err != nil {
		return err
	}
	if d.text != was {
		k.keepDraft(c.by, ticket.Draft{Ticket: m.Ticket, Text: d.text, Language: m.Lang, Macro: m.Macro, Form: view.ID})
	}
	return k.app.UpdateView(ctx, view.ID, view.Hash, v)
}

func (k *Desk) preview(ctx context.Context, c click, m meta, d *draft) error {
	a := ticket.Action{Text: d.text, Language: m.Lang}
	files, err := uploaded(c.ic.View, "files")
	for _, f := range files {
		a.Attachments = append(a.Attachments, ticket.Attachment{Name: f.Name, Size: f.Size})
	}
	if err != nil {
		return err
	}
	p, err := k.back.Preview(ctx, c.by, m.Ticket, a)
	d.preview = &p
	return err
}

// gapText is where an answer that begins and ends as usual is to be written.
const gapText = "\n\n\n\n"

// put puts a text into the answer: where it is to be written, or else behind what is written.
func (d *draft) put(text string, m *meta) {
	m.Block++
	text = strings.TrimSpace(text)
	if before, behind, ok := strings.Cut(d.text, gapText); ok {
		text = strings.TrimSpace(before) + "\n\n" + text + "\n\n" + strings.TrimSpace(behind)
	} else {
		text = strings.TrimSpace(d.text) + "\n\n" + text
	}
	text = strings.TrimSpace(text)
	if slackapp.Units(text) > maxInput {
		d.warnings = append(d.warnings, "The answer is longer than one here can be. It was cut: check its end.")
	}
	d.text = slackapp.Cut(text, maxInput)
}

// insert puts the chosen article into the answer.
func (k *Desk) insert(ctx context.Context, c click, card bots.Card, d *draft, m *meta) error {
	i, ok := index(c.action.SelectedOption.Value, len(card.Ticket.Suggestions))
	if !ok {
		return ticket.Errorf("slackdesk.insert", ticket.Invalid, "That article is no longer suggested.")
	}
	_, md, public, err := k.back.ArticleText(ctx, c.by, card.Ticket.Suggestions[i].Article)
	switch {
	case err != nil:
		return err
	case !public:
		d.warnings = append(d.warnings, "That article is internal: read it, but its text may not go to the customer.")
		return nil
	}
	if l := card.Ticket.Suggestions[i].Language; l != "" && l != nonEmpty(m.Lang, card.Ticket.Language, l) {
		d.warnings = append(d.warnings, "That article is in "+language(l)+".")
	}
	d.put(md, m)
	return nil
}

// insertMacro puts the chosen macro into the answer, and what it brings along into the form.
func (k *Desk) insertMacro(ctx context.Context, c click, d *draft, m *meta) error {
	article := c.action.SelectedOption.Value
	if strings.Contains(article, "~") { // which no id has
		all, err := k.back.Macros(ctx, c.by, m.Ticket)
		if err != nil {
			return err
		}
		for _, one := range all {
			if macroValue(one.Article) == article {
				article = one.Article
			}
		}
	}
	macro, err := k.back.Macro(ctx, c.by, m.Ticket, article, m.Lang)
	if err != nil {
		return err
	}
	d.put(macro.Text, m)
	m.Macro, d.macro = macro.Article, macro
	m.Set++
	for _, name := range macro.Open {
		d.warnings = append(d.warnings, "Nothing is known to put where {"+slackapp.Cut(name, 40)+"} stands. Write what belongs there.")
	}
	if want := m.Lang; want != "" && macro.Language != want {
		d.warnings = append(d.warnings, "That macro has no text in "+language(want)+": this is "+language(macro.Language)+".")
	}
	if macro.Then != "" {
		d.then = macro.Then
	}
	tags := macro.Tags
	for _, t := range macro.Untag {
		tags = append(tags[:len(tags):len(tags)], "-"+t)
	}
	if len(tags) > 0 {
		d.tags = strings.TrimSpace(d.tags + " " + strings.Join(tags, " "))
	}
	if macro.Promise != "" {
		d.promise, d.due = string(macro.Promise), macro.Due.Unix()
	}
	return nil
}

// changeTongue has what is put in be in another language. An answer in which nothing was written yet begins and ends in
// it, too.
func (k *Desk) changeTongue(ctx context.Context, c click, card bots.Card, d *draft, m *meta) error {
	before, err := k.back.Answering(ctx, c.by, m.Ticket, m.Lang)
	if err != nil {
		return err
	}
	m.Lang = c.action.SelectedOption.Value
	after, err := k.back.Answering(ctx, c.by, m.Ticket, m.Lang)
	if err != nil {
		return err
	}
	typed := strings.TrimSpace(d.text)
	switch {
	case typed == "" || typed == strings.TrimSpace(before.Opening) || typed == strings.TrimSpace(card.Draft):
		d.text = after.Opening
		m.Block++
	default:
		d.warnings = append(d.warnings, "What you have written stays as it is. What you put in from now on is in "+language(m.Lang)+".")
	}
	return nil
}

// resume goes on with one's draft. What is typed already stays, behind it.
func (k *Desk) resume(ctx context.Context, c click, d *draft, m *meta) error {
	in, err := k.back.Answering(ctx, c.by, m.Ticket, m.Lang)
	if err != nil {
		return err
	}
	m.Resumed = true
	typed := strings.TrimSpace(d.text)
	if d.text = in.Draft.Text; d.text == "" {
		return ticket.Errorf("slackdesk.resume", ticket.Conflict, "That draft is gone.")
	}
	if typed != "" && typed != strings.TrimSpace(in.Opening) {
		d.text = slackapp.Cut(d.text+"\n\n"+typed, maxInput)
	}
	m.Block++
	m.Macro = nonEmpty(m.Macro, in.Draft.Macro)
	if m.Lang == "" {
		m.Lang = in.Draft.Language
	}
	return nil
}

// askAnswer asks once for each answer that something speaks against whether it is to go out as it is.
func (k *Desk) askAnswer(ctx context.Context, by ticket.Agent, v slack.View, m meta) (form slack.ModalViewRequest, ask bool, err error) {
	if m.Asked {
		return form, false, nil
	}
	d := typedAnswer(v, m)
	p, err := k.back.Preview(ctx, by, m.Ticket, ticket.Action{Text: d.text, Language: m.Lang})
	if err != nil || len(p.Faults) > 0 {
		return form, false, err // what must be mended is refused
	}
	named, err := k.back.Unbacked(ctx, by, m.Ticket, d.text)
	if err != nil {
		return form, false, err
	}
	if len(named) > 0 && (d.promise == "" || d.promise == "none") {
		d.doubt = &doubt{Words: slackapp.Cut(named[0].Words, 100), At: named[0].At.Unix()}
	}
	for _, w := range p.Warnings {
		if w.Ask {
			d.warnings = append(d.warnings, w.Text)
		}
	}
	if d.then == thenSolve && strings.TrimSpace(d.diagnosis) == "" {
		card, err := k.back.Card(ctx, by, m.Ticket)
		if err != nil {
			return form, false, err
		}
		if card.Ticket.Diagnosis == "" {
			d.warnings = append(d.warnings, "To solve it, say what it was.")
		}
	}
	if d.doubt == nil && len(d.warnings) == 0 {
		return form, false, nil
	}
	if len(d.warnings) > 0 {
		d.warnings = append(d.warnings, "Nothing was sent. Change it, or send it once more as it is.")
	}
	m.Asked = true
	form, err = k.answerAgain(ctx, by, m, d)
	return form, err == nil, err
}

// replyAgain shows the form once more when the ticket changed while the answer was written: with what is new, and with
// the text as it was typed.
func (k *Desk) replyAgain(ctx context.Context, by ticket.Agent, v slack.View, m meta, why error) (slack.ModalViewRequest, error) {
	card, err := k.back.Card(ctx, by, m.Ticket)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	d := typedAnswer(v, m)
	text := explain(why)
	if m.Seen > 0 && card.LastSaid.Seq > m.Seen {
		text = "The customer has written again since you opened this."
	}
	d.warnings = []string{text + " What was last said is shown below. Send again if your answer still fits."}
	m.Rev, m.Seen = card.Ticket.Rev, card.LastSaid.Seq
	return k.answerAgain(ctx, by, m, d)
}

// answerAgain is the form as the answer to one that was sent. Where it is too large to go with the acknowledgement, it is
// made smaller, and Slack keeps the text in its input, whose id stays the same then.
func (k *Desk) answerAgain(ctx context.Context, by ticket.Agent, m meta, d draft) (slack.ModalViewRequest, error) {
	card, err := k.back.Card(ctx, by, m.Ticket)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	in, err := k.back.Answering(ctx, by, m.Ticket, m.Lang)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	in.Draft = ticket.Draft{} // it is before them
	a := answer{card: card, by: by, m: m, d: d, in: in}
	a.m.Block++
	form := replyForm(a)
	for _, smaller := range []func(){func() { a.few = true }, func() { a.m.Block, a.d.text = m.Block, "" }, func() { a.in.Macros = nil }} {
		if b, err := json.Marshal(form); err == nil && len(b) < maxAck {
			break
		}
		smaller()
		form = replyForm(a)
	}
	return form, nil
}

// answered does what remains when an answer was taken.
func (k *Desk) answered(by ticket.Agent, user string, v slack.View, m meta) {
	if m.Lang == "" || !ticked(v, setBlock("remember", m)) {
		return
	}
	k.after("cannot remember a language", func(ctx context.Context) error {
		err := k.back.Speak(ctx, by, m.Ticket, m.Lang)
		if err != nil {
			k.sorry(m.Channel, user, m.Thread, err)
		}
		return err
	})
}

// leftForm takes that somebody has closed the form of an answer: they write no more, and their draft is kept.
func (k *Desk) leftForm(ctx context.Context, ic *slack.InteractionCallback) {
	m, ok := parseMeta(ic.View.PrivateMetadata)
	if !ok || ic.View.CallbackID != doReply {
		return
	}
	by, err := k.agent(ctx, ic.User.ID)
	if err != nil {
		return
	}
	k.after("cannot note that a form is closed", func(ctx context.Context) error {
		return k.back.LeaveDraft(ctx, by, m.Ticket, ic.View.ID)
	})
}

// drafts are what people are typing, until it is kept: of each form only the newest counts, so a key that is pressed
// costs no more than a place here.
type drafts struct {
	mu   sync.Mutex
	next map[string]ticket.Draft // by form
	busy map[string]bool
}

// keepDraft keeps what somebody types. A draft that cannot be kept is logged; the answer itself is not in danger.
func (k *Desk) keepDraft(by ticket.Agent, d ticket.Draft) {
	d.Open = true
	s := &k.typing
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next, s.busy = map[string]ticket.Draft{}, map[string]bool{}
	}
	form := d.Form
	s.next[form] = d
	if s.busy[form] {
		return
	}
	s.busy[form] = true
	done := func() { delete(s.busy, form) }
	if !k.after("cannot keep a draft", func(ctx context.Context) error {
		for {
			s.mu.Lock()
			d, ok := s.next[form]
			if delete(s.next, form); !ok {
				done()
			}
			s.mu.Unlock()
			if !ok {
				return nil
			}
			if err := k.back.KeepDraft(ctx, by, d); err != nil {
				s.mu.Lock()
				done()
				s.mu.Unlock()
				return err
			}
		}
	}) {
		done()
	}
}

// index reads the place of something in a list.
func index(s string, length int) (int, bool) {
	i, err := strconv.Atoi(s)
	return i, err == nil && i >= 0 && i < length
}
