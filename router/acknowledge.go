package router

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"tierline/customer"
	"tierline/ticket"
)

// How often one customer is answered by a machine of ours. Two machines that answer each other, and one
// that answers everything, come to rest by it, whatever their headers say. It is counted from the
// tickets in the store: a restart forgets nothing.
const (
	ackPause     = time.Hour     // between two acknowledgements to one customer
	ackPair      = 3 * time.Hour // … by one inbox
	ackDaily     = 5             // to one customer in 24 hours
	ackTickets   = 50            // a customer who opens so many in 24 hours is told nothing any more
	ackDomain    = 20            // nor anybody of an organization, by whose addresses so many were opened in an hour
	ackTooOld    = 24 * time.Hour
	ackLookAhead = 10 // messages of a ticket among which its first contact is
)

// acknowledge is the text that tells a customer that their ticket has come in. Without one, why says
// what speaks against it, where the configuration wants one.
//
// RFC 3834 §2 and §3: nothing answers what a machine wrote, what came by a list or to many, what names
// no sender or one that nobody reads, or what may be from somebody else; nor the same sender again and
// again.
func (w *Jobs) acknowledge(ctx context.Context, id ticket.ID, f Facts, d ticket.Decision) (text, why string, err error) {
	t, err := w.store().Ticket(ctx, id)
	if err != nil || t.Tier != "" || w.Senders[t.Channel] == nil {
		return "", "", err
	}
	if ok, err := w.Desk.Live.Rules().acknowledges(f); err != nil || !ok {
		if err != nil {
			why = fmt.Sprintf("answers.acknowledge could not be evaluated: %v", err)
		}
		return "", why, nil
	}
	msgs, err := w.store().Messages(ctx, id, 0, ackLookAhead)
	if err != nil {
		return "", "", err
	}
	if why = w.unfit(t, msgs); why == "" {
		why, err = w.often(ctx, t)
	}
	if why != "" || err != nil {
		return "", why, err
	}
	text = w.Desk.Config().Answers.Acknowledge.text(t, w.Desk.Config().Brand(t.Brand), w.Desk.Now())
	if !strings.Contains(text, "{eta}") {
		return text, "", nil
	}
	t.Tier, t.Priority = d.Tier, d.Priority
	eta, err := w.Desk.ETA(ctx, t)
	return strings.ReplaceAll(text, "{eta}", w.Desk.speaker(t).eta(eta)), "", err
}

// unfit says why the contact that opened a ticket is not to be answered by a machine.
func (w *Jobs) unfit(t ticket.Ticket, msgs []ticket.Message) string {
	i := slices.IndexFunc(msgs, func(m ticket.Message) bool { return m.Kind == ticket.Public && m.Direction == ticket.In })
	if i < 0 || t.Past || t.SplitFrom != 0 || t.MergedInto != 0 || !msgs[i].MovedFrom.IsZero() || !t.LastAgent.IsZero() || t.State.Done() {
		return "the customer has not opened it just now"
	}
	return w.unfitMessage(msgs[i])
}

// unfitMessage says why a message is not to be answered by a machine.
func (w *Jobs) unfitMessage(m ticket.Message) string {
	_, notStaff := w.Desk.AgentBy("", m.From.Value)
	switch {
	case m.ForwardedBy != (ticket.Actor{}):
		return m.ForwardedBy.Name + " has passed it on"
	case m.Auto:
		return "a machine wrote it"
	case m.NoAuto != "":
		return strings.TrimSuffix(m.NoAuto, ".")
	case m.From.Kind == customer.Email && notStaff == nil:
		return "it is from staff"
	case w.Desk.Now().Sub(m.At) > ackTooOld:
		return "it was written more than a day ago"
	}
	return ""
}

// often says whether the customer has had enough acknowledgements lately. A ticket of theirs with a
// lower number that is still to be decided on counts as acknowledged, so that of two that are decided
// on at the same time one is at the most.
func (w *Jobs) often(ctx context.Context, t ticket.Ticket) (why string, err error) {
	now := w.Desk.Now()
	list, err := w.store().Tickets(ctx, ticket.Filter{Customer: t.Customer, Limit: ackTickets})
	if err != nil {
		return "", err
	}
	var opened, daily int
	for _, o := range list {
		if o.ID == t.ID || now.Sub(o.Opened) >= 24*time.Hour {
			continue
		}
		opened++
		at := o.Acknowledged
		if o.Tier == "" && o.ID < t.ID {
			at = now
		}
		if at.IsZero() {
			continue
		}
		daily++
		if ago := now.Sub(at); ago < ackPause || ago < ackPair && o.Inbox == t.Inbox {
			return fmt.Sprintf("the customer had one for %s %s", o.ID, agoWords(ago)), nil
		}
	}
	switch {
	case daily >= ackDaily:
		return fmt.Sprintf("the customer had %d in a day", daily), nil
	case opened >= ackTickets-1:
		return fmt.Sprintf("the customer has opened %d tickets in a day", opened+1), nil
	case t.Organization == 0:
		return "", nil
	}
	cases, err := w.store().Cases(ctx, ticket.CaseQuery{Except: t.ID, Organization: t.Organization, Limit: ackDomain})
	if len(cases) == ackDomain && now.Sub(cases[ackDomain-1].Opened) < time.Hour {
		why = fmt.Sprintf("%d tickets were opened by the customer's organization within an hour", ackDomain+1)
	}
	return why, err
}

// acknowledges says whether the configuration wants it.
func (r *Rules) acknowledges(f Facts) (bool, error) {
	if r.acknowledge.program == nil {
		return false, nil
	}
	return r.acknowledge.matches(new(vm.VM), f)
}

var placeholder = regexp.MustCompile(`\{([^{}\n]*)\}`)

// text is what the customer of a ticket is told, in their language or else in the brand's.
func (a Acknowledge) text(t ticket.Ticket, b ticket.Brand, now time.Time) string {
	language, words := a.in(t.Language, b.Languages)
	text := words.Open
	opens := time.Time{}
	if hours, err := b.Hours.Calendar(); err == nil && !hours.Open(now) {
		if opens = hours.Next(now); !opens.IsZero() {
			text = cmp.Or(words.Closed, words.Open)
		}
	}
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		switch name {
		case "{number}":
			return t.ID.String()
		case "{subject}":
			return harmless(t.Subject)
		case "{brand}":
			return cmp.Or(b.Title, b.Name)
		case "{opens}":
			return moment(language, opens, now)
		}
		return name
	})
}

// in picks the language: the customer's when the brand answers in it, else the brand's first that there
// is a text in, else English.
func (a Acknowledge) in(customers string, brands []string) (string, Text) {
	try := brands
	if len(brands) == 0 || slices.Contains(brands, customers) {
		try = append([]string{customers}, brands...)
	}
	for _, l := range try {
		if t, ok := a.Texts[l]; ok {
			return l, t
		}
		if t, ok := acknowledgements[l]; ok {
			return l, t
		}
	}
	if t, ok := a.Texts["en"]; ok {
		return "en", t
	}
	return "en", acknowledgements["en"]
}

// harmless is a subject that may stand in a mail of ours: whoever is told by us that a mail has come in
// may not be who wrote it, so nothing in it is a link or has a look of its own.
func harmless(subject string) string {
	var words []string
	for w := range strings.FieldsSeq(subject) {
		if strings.Contains(w, "//") || strings.Contains(w, "www.") || strings.Contains(w, "@") {
			w = "…"
		}
		words = append(words, strings.Map(func(r rune) rune {
			if strings.ContainsRune("*_`[]<>()#|~\\!{}", r) {
				return -1
			}
			return r
		}, w))
	}
	s := []rune(strings.Join(words, " "))
	if len(s) > 100 {
		s = append(s[:99], '…')
	}
	return string(s)
}

// agoWords says how long ago something was, to a minute.
func agoWords(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "just before"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h %d min ago", int(d.Hours()), int(d.Minutes())%60)
}
