package main

import (
	"context"
	"strings"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/customer"
	"tierline/router"
	"tierline/router/pager"
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
		subject, text := m.Mail()
		return n.Notify(ctx, email.Notice{ID: m.ID, To: customer.Identity{Kind: customer.Email, Value: m.Person.Email, Name: m.Person.Name},
			Subject: subject, Text: text, Urgent: m.Urgent(), At: m.Opened}, still)
	}
}
