package slackdesk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/internal/slackapp"
	"tierline/ticket"
)

// The form of an answer.

// The action ids within it, beside doPreview and doInsert.
const (
	doMacro  = "macro"  // a menu: put it into the answer
	doTongue = "tongue" // a menu: the language of what is put in
	doResume = "resume" // go on with one's draft
)

// What becomes of the case with an answer, and when it goes out, by the values of their menus.
const (
	thenWait  = "wait"
	thenStay  = "stay"
	thenSolve = "solve"
	whenNow   = "now"
	whenTime  = "time" // another value is "at:" and the seconds of a time
)

// draft is an answer being written, with what goes along.
type draft struct {
	text      string
	then      string // "" leaves it to the case
	diagnosis string // of one that solves
	tags      string
	promise   string // its kind
	due       int64
	when      string
	at        int64
	remember  bool // the language
	doubt     *doubt
	warnings  []string
	preview   *bots.Preview
	macro     bots.Macro // that was put in just now
}

// textBlock is the id of the answer's input. It changes when the text is to be replaced: under the
// same id Slack keeps what was typed.
func textBlock(m meta) string { return fmt.Sprintf("text%d", m.Block) }

// setBlock is likewise that of an input for what goes along with the answer.
func setBlock(name string, m meta) string {
	if m.Set == 0 {
		return name
	}
	return fmt.Sprintf("%s%d", name, m.Set)
}

// answer is all that its form is made of.
type answer struct {
	card bots.Card
	by   ticket.Agent
	m    meta
	d    draft
	in   bots.Answering
	few  bool // as short as it can be: it goes with an acknowledgement
}

func replyForm(a answer) slack.ModalViewRequest {
	card, d := a.card, a.d
	blocks := []slack.Block{small(cardText(card) + " · by " + channelName(card.Ticket.Channel))}
	if len(d.warnings) > 0 {
		lines := make([]string, 0, len(d.warnings))
		for _, w := range d.warnings[:min(len(d.warnings), 8)] {
			lines = append(lines, ":warning: "+slackapp.EscapeCut(w, 300))
		}
		blocks = append(blocks, section(strings.Join(lines, "\n")))
	}
	blocks = append(blocks, a.hints()...)
	blocks = append(blocks, lastSaid(card)...)
	text := line(d.text, maxInput, true).WithDispatchActionConfig(&slack.DispatchActionConfig{TriggerActionsOn: []string{"on_character_entered"}})
	said := input(textBlock(a.m), "Answer to the customer", "Markdown; the customer sees exactly this", text, false)
	said.(*slack.InputBlock).DispatchAction = true // what is typed is kept as a draft
	blocks = append(append(blocks, said), a.tools()...)
	blocks = append(blocks, a.goesAlong()...)
	files := slack.NewFileInputBlockElement("v").WithMaxFiles(maxUploads)
	blocks = append(blocks, input("files", "Files", "They go along; 10 MB each", files, true))
	if d.preview != nil {
		blocks = append(blocks, previewBlocks(*d.preview)...)
	}
	v := modal(doReply, card.Ticket.ID.String()+": reply", "Send", a.m.String(), blocks...)
	v.NotifyOnClose = true
	return v
}

// hints tell of the customer's language, of colleagues at work on the same, and of one's own draft.
func (a answer) hints() (blocks []slack.Block) {
	var lines []string
	if l := a.card.Ticket.Language; l != "" {
		hint := "The customer writes *" + language(l) + "*."
		if len(a.by.Languages) > 0 && !slices.Contains(a.by.Languages, l) {
			hint = ":warning: " + hint + " You are not listed for it."
		}
		if a.m.Lang != "" && a.m.Lang != l {
			hint += " What is put in is in *" + language(a.m.Lang) + "*."
		}
		lines = append(lines, hint)
	}
	for _, w := range a.in.Writing[:min(len(a.in.Writing), 3)] {
		lines = append(lines, ":pencil: *"+esc(w.Agent.Name, 80)+"* is writing an answer, too: "+when(w.At))
	}
	for _, s := range a.card.Ticket.Later[:min(len(a.card.Ticket.Later), 3)] {
		lines = append(lines, ":calendar: An answer by "+esc(s.By.Name, 80)+" waits to go out "+when(s.At))
	}
	if len(lines) > 0 {
		blocks = append(blocks, small(strings.Join(lines, "\n")))
	}
	if d := a.in.Draft; strings.TrimSpace(d.Text) != "" && !a.m.Resumed && strings.TrimSpace(d.Text) != strings.TrimSpace(a.d.text) {
		b := slack.NewSectionBlock(mrkdwn(":pencil2: *Your draft of* "+when(d.At)+"\n"+quote(squeeze(slackapp.EscapeCut(d.Text, 300))), maxSection), nil,
			slack.NewAccessory(button(doResume, refTo(a.card.Ticket).String(), "Go on with it")))
		b.BlockID = "draft"
		blocks = append(blocks, b)
	}
	return blocks
}

// tools put things into the answer.
func (a answer) tools() []slack.Block {
	tools := []slack.BlockElement{button(doPreview, refTo(a.card.Ticket).String(), "Preview")}
	var macros, articles, tongues []*slack.OptionBlockObject
	most := 100
	if a.few {
		most = 10
	}
	for _, m := range a.in.Macros[:min(len(a.in.Macros), most)] {
		title := m.Title
		if m.Fits {
			title = "★ " + title
		}
		macros = append(macros, option(macroValue(m.Article), title))
	}
	for i, s := range a.card.Ticket.Suggestions[:min(len(a.card.Ticket.Suggestions), maxListed)] {
		if s.Title != "" {
			articles = append(articles, option(fmt.Sprint(i), s.Title))
		}
	}
	for _, l := range a.in.Languages[:min(len(a.in.Languages), 20)] {
		if isTongue(l) {
			tongues = append(tongues, option(l, language(l)))
		}
	}
	if len(macros) > 0 {
		tools = append(tools, choose(doMacro, "Insert a macro", macros...))
	}
	if len(articles) > 0 {
		tools = append(tools, choose(doInsert, "Insert an article", articles...))
	}
	if len(tongues) > 1 {
		tools = append(tools, choose(doTongue, "Language", tongues...))
	}
	return rows("tools", tools...)
}

// isTongue says whether a text is the code of a language, and nothing else.
func isTongue(s string) bool {
	return len(s) >= 2 && len(s) <= 35 && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-'
	}) < 0
}

// macroValue stands for a macro in a menu, where there is less room than its id may take.
func macroValue(article string) string {
	if len(article) <= 70 {
		return article
	}
	sum := sha256.Sum256([]byte(article))
	return article[:40] + "~" + hex.EncodeToString(sum[:8])
}

// goesAlong is what happens with the answer: all of it is shown before it happens, and can be changed.
func (a answer) goesAlong() (blocks []slack.Block) {
	d, id := a.d, func(name string) string { return setBlock(name, a.m) }
	if m := a.d.macro; m.Article != "" {
		if with := alongText(m); with != "" {
			blocks = append(blocks, small("*"+esc(m.Title, 100)+"* brings along: "+with+". Change it below as you like."))
		}
	}
	if d.doubt != nil {
		blocks = append(blocks, section(":warning: You name a time (“"+esc(d.doubt.Words, 100)+"”) for which no promise stands. Make it one, take it out, or send it as it is."))
	}
	if d.doubt != nil || d.promise != "" {
		blocks = append(blocks, promiseInputs(id, d)...)
	}
	options := []*slack.OptionBlockObject{option(thenWait, "We wait for the customer"), option(thenStay, "It stays with us: an update"), option(thenSolve, "It is solved by this")}
	then := input(id("then"), "And then?", "", preset(choose("v", "We wait for the customer", options...), d.then), true)
	then.(*slack.InputBlock).DispatchAction = true
	blocks = append(blocks, then)
	if d.then == thenSolve {
		blocks = append(blocks, input(id("diagnosis"), "What was it?", "The cause, so that the next one finds it", line(nonEmpty(d.diagnosis, a.card.Ticket.Diagnosis), 1500, false), true))
	}
	if d.tags != "" {
		blocks = append(blocks, input(id("tags"), "Tags", "Put on with the answer; those with a minus are taken off", line(d.tags, 500, false), true))
	}
	blocks = append(blocks, a.sendAt(id)...)
	if a.m.Lang != "" && a.m.Lang != a.card.Ticket.Language {
		yes := option("yes", "Answer this customer in "+language(a.m.Lang)+" from now on")
		box := slack.NewCheckboxGroupsBlockElement("v", yes)
		if d.remember {
			box.InitialOptions = []*slack.OptionBlockObject{yes}
		}
		blocks = append(blocks, input(id("remember"), "Language", "", box, true))
	}
	return blocks
}

func (a answer) sendAt(id func(string) string) []slack.Block {
	times := []*slack.OptionBlockObject{option(whenNow, "Now")}
	if t := a.in.Tomorrow; !t.IsZero() {
		times = append(times, option(fmt.Sprintf("at:%d", t.Unix()), t.Format("Mon 2 Jan, 15:04")+" of the customer's time ("+a.in.Zone+")"))
	}
	times = append(times, option(whenTime, "At a time …"))
	send := input(id("when"), "Send", "One that waits is taken back by itself when the customer writes again", preset(choose("v", "Now", times...), a.d.when), true)
	send.(*slack.InputBlock).DispatchAction = true
	blocks := []slack.Block{send}
	if a.d.when == whenTime {
		at := slack.NewDateTimePickerBlockElement("v")
		at.InitialDateTime = a.d.at
		blocks = append(blocks, input(id("at"), "When?", "In your own time zone", at, true))
	}
	return blocks
}

// preset is a menu with one of its options chosen, if it has it.
func preset(menu *slack.SelectBlockElement, value string) *slack.SelectBlockElement {
	for _, o := range menu.Options {
		if o.Value == value {
			return menu.WithInitialOption(o)
		}
	}
	return menu
}

// alongText says what a macro brings along.
func alongText(m bots.Macro) string {
	var list []string
	for _, t := range m.Tags {
		list = append(list, "the tag "+esc(t, 60))
	}
	for _, t := range m.Untag {
		list = append(list, "the tag "+esc(t, 60)+" goes")
	}
	if m.Promise != "" {
		list = append(list, "a promise ("+strings.ToLower(m.Promise.Title())+") until "+when(m.Due))
	}
	switch m.Then {
	case thenWait:
		list = append(list, "we wait for the customer")
	case thenStay:
		list = append(list, "it stays with us")
	case thenSolve:
		list = append(list, "the case is solved")
	}
	return strings.Join(list[:min(len(list), 12)], ", ")
}

// promiseInputs offer to make a promise with the answer.
func promiseInputs(id func(string) string, d draft) []slack.Block {
	due := slack.NewDateTimePickerBlockElement("v")
	if due.InitialDateTime = d.due; d.due == 0 && d.doubt != nil {
		due.InitialDateTime = d.doubt.At
	}
	kinds := choose("v", "No: send it as it is", option("none", "No"), option("update", "To write to them"), option("callback", "To call them back"), option("fix", "To have it solved"))
	return []slack.Block{
		input(id("promise"), "Is it a promise?", "Promises are kept an eye on: you are reminded before, and the lead hears if it is broken", preset(kinds, d.promise), true),
		input(id("due"), "Until when?", "In your own time zone", due, true)}
}

// previewBlocks show what the customer would get, and what speaks against it.
func previewBlocks(p bots.Preview) []slack.Block {
	blocks := []slack.Block{divider(), small("*The customer will see, by " + channelName(p.Channel) + ":*")}
	var head []string
	row := func(name, value string) {
		if value != "" {
			head = append(head, "*"+name+":* "+esc(value, 300))
		}
	}
	row("From", p.From)
	row("To", strings.Join(p.To[:min(len(p.To), 20)], ", "))
	row("Cc", strings.Join(p.Cc[:min(len(p.Cc), 20)], ", "))
	row("Subject", p.Subject)
	if len(head) > 0 {
		blocks = append(blocks, section(strings.Join(head, "\n")))
	}
	shown, _ := texts(slackapp.Mrkdwn(p.Text), maxMessage)
	blocks = append(blocks, shown...)
	if p.Below != "" {
		blocks = append(blocks, small(slackapp.EscapeCut(p.Below, 1000)))
	}
	if p.Quoted != "" {
		blocks = append(blocks, small(quote(slackapp.EscapeCut(p.Quoted, 600))))
	}
	for _, f := range p.Attachments[:min(len(p.Attachments), 10)] {
		blocks = append(blocks, small(":paperclip: "+esc(f.Name, 100)+" ("+size(f.Size)+")"))
	}
	var lines []string
	for _, f := range p.Faults[:min(len(p.Faults), 5)] {
		lines = append(lines, ":no_entry: "+slackapp.EscapeCut(f, 300))
	}
	for _, w := range p.Warnings[:min(len(p.Warnings), 8)] {
		lines = append(lines, ":warning: "+slackapp.EscapeCut(w.Text, 300))
	}
	if len(lines) == 0 {
		lines = []string{":white_check_mark: Nothing speaks against it."}
	}
	return append(blocks, section(strings.Join(lines, "\n")))
}

// typedAnswer is what stands in the form.
func typedAnswer(v slack.View, m meta) draft {
	get := func(name string) string { return submitted(v, setBlock(name, m)) }
	unix := func(name string) int64 {
		if t := submittedTime(v, setBlock(name, m)); !t.IsZero() {
			return t.Unix()
		}
		return 0
	}
	d := draft{text: submitted(v, textBlock(m)), then: get("then"), diagnosis: get("diagnosis"), tags: get("tags"), promise: get("promise"), due: unix("due"),
		when: get("when"), at: unix("at"), remember: ticked(v, setBlock("remember", m))}
	if d.then == "" && m.Stay {
		d.then = thenStay
	}
	return d
}

// ticked says whether a box is.
func ticked(v slack.View, id string) bool {
	if v.State != nil {
		for _, a := range v.State.Values[id] {
			return len(a.SelectedOptions) > 0
		}
	}
	return false
}

// replyIntent is what the form of an answer asks for.
func replyIntent(v slack.View, m meta, a ticket.Action) (ticket.Action, error) {
	d := typedAnswer(v, m)
	a.Text, a.Stay, a.Solve, a.Diagnosis, a.Macro = d.text, d.then == thenStay, d.then == thenSolve, d.diagnosis, m.Macro
	a.Form = v.ID
	for t := range strings.FieldsFuncSeq(d.tags, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		if off, ok := strings.CutPrefix(t, "-"); ok && off != "" {
			a.Untag = append(a.Untag, off)
		} else if !ok {
			a.Tags = append(a.Tags, t)
		}
	}
	if d.promise != "" && d.promise != "none" {
		a.Promise = &ticket.Promise{Kind: ticket.PromiseKind(d.promise)}
		if d.due != 0 {
			a.Promise.Due = time.Unix(d.due, 0).UTC()
		}
	}
	var unix int64
	switch {
	case d.when == whenTime && d.at == 0:
		return a, ticket.Errorf("slackdesk.reply", ticket.Invalid, "Say when it is to go out.")
	case d.when == whenTime:
		unix = d.at
	case d.when != "" && d.when != whenNow:
		if _, err := fmt.Sscanf(d.when, "at:%d", &unix); err != nil {
			return a, ticket.Errorf("slackdesk.reply", ticket.Invalid, "This form is of an older version. Open it again.")
		}
	}
	if unix != 0 {
		a.Kind, a.At = ticket.ActLater, time.Unix(unix, 0).UTC()
	}
	return a, nil
}
