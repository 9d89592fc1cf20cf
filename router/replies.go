package router

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"tierline/bots"
	"tierline/customer"
	"tierline/kb"
	"tierline/router/lint"
	"tierline/router/signals"
	"tierline/ticket"
)

// Answering is what the form of an answer shows beside the case.
func (d *Desk) Answering(ctx context.Context, by ticket.Agent, id ticket.ID, language string) (bots.Answering, error) {
	if err := staff(by); err != nil {
		return bots.Answering{}, err
	}
	c, _, err := d.view(ctx, id)
	if err != nil {
		return bots.Answering{}, err
	}
	a := bots.Answering{Customers: c.Ticket.Language, Languages: d.tongues(c.Ticket)}
	if language != "" {
		c.Ticket.Language = language
		var kinds []signals.Kind
		for _, s := range c.Ticket.Signals {
			kinds = append(kinds, signals.Kind(s.Kind))
		}
		c.Empathy = signals.Empathy(kinds, language)
	}
	a.Language = cmp.Or(language, d.speaker(c.Ticket).language)
	a.Opening = d.draft(c.Ticket, c.Customer.Name, c.Empathy, by.Name)
	if d.KB != nil {
		list, err := d.macros.all(ctx, d.KB)
		if err != nil {
			return a, err
		}
		c.Ticket.Language = a.Customers
		a.Macros = fitting(list, c)
	}
	if a.Draft, err = d.Store.DraftOf(ctx, by.ID, id); err != nil && ticket.KindOf(err) != ticket.NotFound {
		return a, err
	}
	if a.Writing, err = d.writing(ctx, by, id); err != nil {
		return a, err
	}
	a.Tomorrow, a.Zone = d.morning(c)
	return a, nil
}

// tongues are the languages in which a case can be answered, the customer's first.
func (d *Desk) tongues(t ticket.Ticket) (list []string) {
	all := d.Config().Brand(t.Brand).Languages
	if len(all) == 0 {
		all = slices.Sorted(maps.Keys(phrases))
	}
	for _, l := range append([]string{t.Language}, all...) {
		if l != "" && !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	return list
}

func (d *Desk) writing(ctx context.Context, by ticket.Agent, id ticket.ID) (list []bots.Writing, err error) {
	writers, err := d.Store.Writers(ctx, id, d.Now().Add(-ticket.WritingFor))
	for _, w := range writers {
		if w.Agent != by.ID {
			list = append(list, bots.Writing{Agent: d.agent(w.Agent), At: w.At})
		}
	}
	return list, err
}

// KeepDraft keeps what somebody is writing, for them alone.
func (d *Desk) KeepDraft(ctx context.Context, by ticket.Agent, draft ticket.Draft) error {
	if err := by.May(ticket.ActReply); err != nil {
		return err
	}
	draft.Agent = by.ID
	return d.Store.PutDraft(ctx, draft)
}

// LeaveDraft notes that somebody has closed the form.
func (d *Desk) LeaveDraft(ctx context.Context, by ticket.Agent, id ticket.ID, form string) error {
	return d.Store.LeaveDraft(ctx, by.ID, id, form)
}

// Speak has a case, and its customer from now on, be answered in a language.
func (d *Desk) Speak(ctx context.Context, by ticket.Agent, id ticket.ID, language string) error {
	t, err := d.Act(ctx, by, ticket.Action{Kind: ticket.ActSet, Ticket: id, Language: language})
	if err != nil {
		return err
	}
	_, err = d.Store.PatchCustomer(ctx, t.Customer, customer.Patch{Language: &language})
	return err
}

// Preview is what the customer would get, and what speaks against it.
func (d *Desk) Preview(ctx context.Context, by ticket.Agent, id ticket.ID, a ticket.Action) (bots.Preview, error) {
	if err := staff(by); err != nil {
		return bots.Preview{}, err
	}
	c, _, err := d.view(ctx, id)
	if err != nil {
		return bots.Preview{}, err
	}
	t := c.Ticket
	p := bots.Preview{Channel: t.Channel, Text: strings.TrimSpace(a.Text), Attachments: a.Attachments}
	out, err := d.outbound(ctx, t, ticket.Message{Ticket: id, Seq: t.LastSeq + 1, Kind: ticket.Public, Direction: ticket.Out, Channel: t.Channel,
		Author: by.Actor(), Text: p.Text, Attachments: a.Attachments, At: d.Now()})
	if err != nil {
		return p, err
	}
	for _, i := range out.To {
		p.To = append(p.To, i.Value)
	}
	for _, i := range out.Cc {
		p.Cc = append(p.Cc, i.Value)
	}
	if s, ok := d.Previews[t.Channel]; ok {
		l, err := s.Preview(out)
		if err != nil {
			p.Faults = append(p.Faults, ticket.Explain(err))
		} else {
			p.Subject, p.From, p.To, p.Cc, p.Below, p.Quoted = l.Subject, l.From, l.To, l.Cc, l.Below, l.Quoted
		}
	}
	for _, f := range lint.New(d.Config().Lint).Reply(p.Text) {
		if f.Must {
			p.Faults = append(p.Faults, f.String())
		} else {
			p.Warnings = append(p.Warnings, bots.Warning{Text: f.String()})
		}
	}
	for _, n := range unbacked(t, p.Text, d.speaker(t).here()) {
		p.Warnings = append(p.Warnings, bots.Warning{Text: fmt.Sprintf("It names a time (“%.100s”) for which no promise stands.", n.Words)})
	}
	p.Warnings = append(p.Warnings, d.doubts(c, p, a)...)
	writing, err := d.writing(ctx, by, id)
	for _, w := range writing {
		p.Warnings = append(p.Warnings, bots.Warning{Text: w.Agent.Name + " is writing an answer now, too.", Ask: true})
	}
	return p, err
}

// doubts are what speaks against an answer, of what can be seen in it and in its case.
func (d *Desk) doubts(c bots.Card, p bots.Preview, a ticket.Action) (list []bots.Warning) {
	warn := func(ask bool, format string, args ...any) {
		list = append(list, bots.Warning{Text: fmt.Sprintf(format, args...), Ask: ask})
	}
	for _, name := range unfilled(p.Text) {
		warn(true, "{%s} stands in it still: nothing is known to put there. Write what belongs there.", name)
	}
	if is := tongueOf(p.Text); is != "" && c.Ticket.Language != "" && is != c.Ticket.Language {
		warn(is != a.Language, "It seems to be in %s, and the customer writes %s.", tongueName(is), tongueName(c.Ticket.Language))
	}
	if c.Ticket.Verified == nil && c.LastSaid.Proven == "" {
		if what := discloses(c, p.Text); what != "" {
			warn(true, "It tells %s, which the customer has not said, and nobody has made sure who they are.", what)
		} else {
			warn(false, "Nobody has made sure who the customer is: nothing about their account.")
		}
	}
	for _, to := range p.To {
		if u, ok := c.Customer.Undeliverable[to]; ok {
			warn(true, "Nothing could be delivered to %s: %.200s", to, u.Reason)
		}
	}
	for _, s := range c.Ticket.Later {
		warn(false, "An answer by %s waits to go out %s.", s.By.Name, s.At.UTC().Format("2 Jan 15:04 UTC"))
	}
	if len(p.Attachments) == 0 && attached.MatchString(p.Text) {
		warn(false, "It speaks of a file, and none goes along.")
	}
	return list
}

var attached = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(?:attached|attachment|enclosed|anbei|im anhang|beigefügt|angehängt|ci-joint\p{L}*|pièce jointe|en annexe)(?:$|[^\p{L}])`)

// minTongue is the length of a text, in runes, from which its language is told.
const minTongue = 40

// tongueOf is the language of an answer, "" when that is not clear.
func tongueOf(text string) string {
	if utf8.RuneCountInString(text) < minTongue {
		return ""
	}
	return kb.GuessLanguage(text)
}

func tongueName(code string) string {
	if name, ok := map[string]string{"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch", "pl": "Polish",
		"pt": "Portuguese", "sv": "Swedish", "da": "Danish"}[code]; ok {
		return name
	}
	return code
}

// discloses names what an answer tells of the customer that they have not said themselves; "" when there is nothing.
func discloses(c bots.Card, text string) string {
	said := strings.ToLower(c.Ticket.Subject + "\n" + c.LastSaid.Text + "\n" + c.LastSaid.Folded)
	text = strings.ToLower(text)
	tells := func(v string) bool {
		v = strings.ToLower(v)
		return len(v) > 3 && strings.Contains(text, v) && !strings.Contains(said, v)
	}
	for _, u := range c.Units {
		if tells(u.Serial) {
			return "the serial number " + u.Serial
		}
	}
	for _, i := range c.Customer.Identities {
		if i.Kind != customer.Chat && tells(i.Value) && i.Key() != c.LastSaid.From.Key() {
			return "an address or number of theirs"
		}
	}
	for _, v := range c.Customer.Attributes {
		if tells(v) {
			return "what is stored of them"
		}
	}
	return ""
}
