package main

import (
	"context"
	"strings"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/customer"
	"tierline/router"
	"tierline/router/pager"
	"tierline/ticket"
)

// links are those by which people answer pages.
func (a *app) links() pager.Links {
	return pager.Links{Key: []byte(a.cfg.Web.PageLinks.Reveal()), URL: strings.TrimSuffix(a.consoleURL(), "/console")}
}

// pageLimits tells what one person gets by each provider at the most.
func (a *app) pageLimits() []string { return a.live.Config().Paging.Told() }

// pageByMail pages people by the server that answers go out by.
func pageByMail(s channels.Sender) router.PageSender {
	n, ok := s.(interface {
		Notify(context.Context, email.Notice, func(context.Context) error) error
	})
	if !ok {
		return nil
	}
	return func(ctx context.Context, m pager.Message, still func(context.Context) error) error {
		return n.Notify(ctx, email.Notice{ID: m.ID, To: customer.Identity{Kind: customer.Email, Value: m.Person.Email, Name: m.Person.Name},
			Subject: pageSubject(m), Text: pageMail(m), Urgent: m.Kind != ticket.CallNotice && m.Kind != ticket.CallNews, At: m.Opened}, still)
	}
}

func pageSubject(m pager.Message) string {
	s := "[" + m.Ticket + "] "
	switch m.Kind {
	case ticket.CallLead:
		s += "Nobody of " + m.Tier + " was reached: "
	case ticket.CallRemind:
		s += "You have accepted this: "
	case ticket.CallNews:
	case ticket.CallNotice:
		s += "You will be wanted: "
	default:
		s += "You are wanted (" + string(m.Severity) + "): "
	}
	return s + m.Subject
}

// pageMail is the mail as people read it on a telephone.
func pageMail(m pager.Message) string {
	var b strings.Builder
	say := func(label, text string) {
		if text = strings.TrimSpace(text); text != "" {
			b.WriteString(label + text + "\n")
		}
	}
	say("", m.Text)
	for _, more := range m.More {
		say("Also: ", more)
	}
	b.WriteString("\n")
	say("Customer: ", strings.TrimSuffix(m.Customer+", "+m.Organization, ", "))
	say("Last said: ", m.Said)
	b.WriteString("\n")
	say("Accept, decline, or ask for time: ", m.Answer)
	say("The case: ", m.URL)
	return b.String()
}
