package main

import (
	"context"

	"tierline/channels/email"
	"tierline/ticket"
	"tierline/web"
)

// consoleMails shows mails to the console, which knows nothing of how they are read.
type consoleMails struct {
	*email.Desk
	conf    email.Config
	cursors ticket.Cursors
}

var _ web.Mails = consoleMails{}

func (d consoleMails) Read(ctx context.Context, id int64) (web.Mail, error) {
	m, err := d.Desk.Read(ctx, id)
	if err != nil {
		return web.Mail{}, err
	}
	out := web.Mail{From: spelled(m.From), To: spelled(m.To), Cc: spelled(m.Cc), Subject: m.Subject, Date: m.Date,
		Text: m.Text, HTML: m.HTML, Warnings: m.Warnings}
	for _, p := range m.Attachments {
		out.Files = append(out.Files, web.MailFile{Name: p.Name, Type: p.Type, ContentID: p.ContentID, Data: p.Data})
	}
	return out, nil
}

// spelled are addresses as people read them.
func spelled(list []email.Address) (all []string) {
	for _, a := range list {
		if a.Name == "" {
			all = append(all, a.Address)
			continue
		}
		all = append(all, a.Name+" <"+a.Address+">")
	}
	return all
}

func (d consoleMails) Compared(ctx context.Context) (all []web.Comparison, err error) {
	list, err := email.Reconciliations(ctx, d.conf, d.cursors)
	for _, r := range list {
		all = append(all, web.Comparison{Mailbox: r.Mailbox, At: r.At, Mails: r.Mails, Missing: r.Missing, Fetched: r.Fetched, Error: r.Error})
	}
	return all, err
}
