package router

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"tierline/kb"
	"tierline/ticket"
)

// around is what stands before and behind an article that a customer is sent by a rule.
var around = map[string][2]string{
	"en": {"This may help you:", "If it does not, simply answer: somebody of our team reads it under the number **{number}**."},
	"de": {"Das hilft Ihnen vielleicht weiter:", "Falls nicht, antworten Sie einfach: Jemand aus unserem Team liest es unter der Nummer **{number}**."},
	"fr": {"Ceci pourra vous aider :", "Sinon, il suffit de répondre : un membre de notre équipe le lira sous le numéro **{number}**."},
}

// autoAnswers fills in what a rule tells the customer, or says why it does not. It is bounded like the
// acknowledgement, and never answers a machine (RFC 3834 §2).
func (w *Jobs) autoAnswers(ctx context.Context, id ticket.ID, rules *Rules, d *ticket.Decision) error {
	list := d.Answers
	d.Answers = nil
	for _, a := range list {
		conf := rules.answers[a.Rule]
		if conf == nil {
			continue
		}
		t, err := w.store().Ticket(ctx, id)
		if err != nil {
			return err
		}
		why, err := w.speaksAgainst(ctx, t, a.Rule)
		if err == nil && why == "" {
			why, err = w.word(ctx, t, *conf, &a)
		}
		if err != nil {
			return err
		}
		if why != "" {
			d.Reasons = append(d.Reasons, "rule “"+a.Rule+"” does not answer: "+why)
			continue
		}
		d.Answers = append(d.Answers, a)
	}
	return nil
}

// speaksAgainst says why a rule is not to answer the newest message of a ticket.
func (w *Jobs) speaksAgainst(ctx context.Context, t ticket.Ticket, rule string) (string, error) {
	if w.Senders[t.Channel] == nil {
		return "nothing can be sent by " + t.Channel, nil
	}
	if slices.Contains(t.Done, "answer:"+rule) {
		return "it has done so", nil
	}
	msgs, err := w.store().Messages(ctx, t.ID, max(0, t.LastSeq-maxCardMessages), maxCardMessages)
	if err != nil {
		return "", err
	}
	newest := -1
	for i, m := range msgs {
		if m.Kind == ticket.Public && m.Direction == ticket.In && m.MovedTo.IsZero() {
			newest = i
		}
	}
	if newest < 0 || t.Past || t.MergedInto != 0 || t.State.Done() {
		return "the customer has written nothing just now", nil
	}
	if why := w.unfitMessage(msgs[newest]); why != "" {
		return why, nil
	}
	if ago := w.Desk.Now().Sub(t.Acknowledged); !t.Acknowledged.IsZero() && ago < ackPause {
		return "the customer was told something a moment ago", nil
	}
	return w.often(ctx, t)
}

// word finds the text in the customer's language, or else in one of the brand's.
func (w *Jobs) word(ctx context.Context, t ticket.Ticket, conf AutoAnswer, a *ticket.AutoAnswer) (string, error) {
	brand := w.Desk.Config().Brand(t.Brand)
	for _, l := range conf.languages(t.Language, brand.Languages) {
		text := conf.Texts[l]
		if id := conf.Articles[l]; text == "" && id != "" {
			art, err := w.Desk.KB.Article(ctx, id)
			switch {
			case ticket.KindOf(err) == ticket.NotFound:
				return fmt.Sprintf("there is no article %q", id), nil
			case err != nil:
				return "", err
			}
			public := publicText(art)
			if public == "" {
				return fmt.Sprintf("customers may not have article %q", id), nil
			}
			frame, ok := around[l]
			if !ok {
				frame = around["en"]
			}
			text, a.Article = frame[0]+"\n\n**"+art.Title+"**\n\n"+strings.TrimSpace(public)+"\n\n"+frame[1], id
		}
		if text == "" {
			continue
		}
		a.Text = placeholder.ReplaceAllStringFunc(text, func(name string) string {
			switch name {
			case "{number}":
				return t.ID.String()
			case "{subject}":
				return harmless(t.Subject)
			case "{brand}":
				return cmp.Or(brand.Title, brand.Name)
			}
			return name
		})
		return "", nil
	}
	return "there is no text in the customer's language", nil
}

// languages are those to be tried: the customer's, then the brand's, then English, then any.
func (a AutoAnswer) languages(customers string, brands []string) []string {
	all := append([]string{customers}, brands...)
	all = append(all, "en")
	all = append(all, slices.Sorted(maps.Keys(a.Texts))...)
	return append(all, slices.Sorted(maps.Keys(a.Articles))...)
}

// publicText is what customers may read of an article, or "".
func publicText(a kb.Article) string {
	switch {
	case a.Confidence == kb.Archived || a.Confidence == kb.WorkInProgress || a.Ready():
		return ""
	case a.Audience == kb.Internal:
		return a.Wording // practice: not-allowed
	}
	return a.Body
}

// CheckArticles says which articles that rules answer with cannot be sent to customers.
func (c Config) CheckArticles(ctx context.Context, articles kb.Store) error {
	var faults []string
	for _, r := range c.Rules {
		if r.Then.Answer == nil {
			continue
		}
		for _, l := range slices.Sorted(maps.Keys(r.Then.Answer.Articles)) {
			id := r.Then.Answer.Articles[l]
			a, err := articles.Article(ctx, id)
			switch {
			case ticket.KindOf(err) == ticket.NotFound:
				faults = append(faults, fmt.Sprintf("rule %q answers with article %q, which is not there", r.Name, id))
			case err != nil:
				return err
			case publicText(a) == "":
				faults = append(faults, fmt.Sprintf("rule %q answers with article %q, which customers may not have", r.Name, id))
			}
		}
	}
	if len(faults) > 0 {
		return ticket.Errorf("router.CheckArticles", ticket.Invalid, "%s.", strings.Join(faults, "; "))
	}
	return nil
}
