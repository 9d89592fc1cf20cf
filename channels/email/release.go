package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// Desk is what people do with mails of the ledger.
type Desk struct {
	mail   *mapper
	in     channels.Intake
	ledger ticket.MailLedger
}

// NewDesk makes a desk whose releases are taken in by in.
func NewDesk(c Config, d Deps, in channels.Intake, ledger ticket.MailLedger) *Desk {
	return &Desk{newMapper(c, d.withDefaults()), in, ledger}
}

// maxReleased is the largest mail that is read when it is released, in bytes; a larger one is attached
// unread.
const maxReleased = 2 * DefaultMaxSize

// Source is a mail as it came. NotFound: it is kept no longer.
func (d *Desk) Source(ctx context.Context, id int64) (io.ReadCloser, error) {
	_, src, err := d.ledger.Mail(ctx, id)
	if err != nil {
		return nil, err
	}
	return Unpack(ctx, d.mail.blobs, src)
}

// Read is a mail of the ledger, as far as it can be understood. NotFound: it is kept no longer; Invalid:
// it is too large, or nothing can be made of it.
func (d *Desk) Read(ctx context.Context, id int64) (*Mail, error) {
	r, err := d.Source(ctx, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, maxReleased+1))
	if err != nil {
		return nil, ticket.E("email.Read", ticket.Transient, err)
	}
	if len(raw) > maxReleased {
		return nil, ticket.Errorf("email.Read", ticket.Invalid, "This mail is too large to be shown: %d MB.", len(raw)>>20)
	}
	m, err := d.mail.parse(raw)
	if f := (*Fault)(nil); errors.As(err, &f) {
		return nil, ticket.Errorf("email.Read", ticket.Invalid, "%s", f.Detail)
	}
	return m, err
}

// Discard ends a mail's quarantine without a message.
func (d *Desk) Discard(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error) {
	return d.ledger.Settle(ctx, id, ticket.Accepted{}, by)
}

// Release makes a message of a quarantined mail: what can be read of it, or what there is as an
// attachment. Done again after a failure it gives the same message. Conflict: it is not in quarantine.
func (d *Desk) Release(ctx context.Context, id int64, by ticket.Actor) (ticket.MailEntry, error) {
	e, src, err := d.ledger.Mail(ctx, id)
	if err != nil {
		return e, err
	}
	if e.Outcome != ticket.MailQuarantined {
		return e, ticket.Errorf("email.Release", ticket.Conflict, "Mail %d is not in quarantine: it is %s.", id, e.Outcome)
	}
	in, err := d.released(ctx, e, src)
	if err != nil {
		return e, err
	}
	in.Channel, in.Inbox, in.External = channels.Email, e.Inbox, fmt.Sprintf("released:%d", id)
	in.Alone, in.NoAuto = "", "It was in quarantine."
	in.Warnings = append(in.Warnings, fmt.Sprintf("This mail was in quarantine and was released by %s: %s", by.Name, e.Detail))
	done, err := d.in.Accept(ctx, []ticket.Inbound{in})
	if _, ok := refused(err, 1); err != nil && ok { // what is in it is refused: then it goes along unread
		plain := unreadContact(e, src)
		plain.Channel, plain.Inbox, plain.External, plain.Warnings = in.Channel, in.Inbox, in.External, in.Warnings
		done, err = d.in.Accept(ctx, []ticket.Inbound{plain})
	}
	if err != nil {
		return e, err
	}
	return d.ledger.Settle(ctx, id, done[0], by)
}

// released is the contact that a quarantined mail makes.
func (d *Desk) released(ctx context.Context, e ticket.MailEntry, src ticket.MailSource) (ticket.Inbound, error) {
	if e.Size > maxReleased {
		return unreadContact(e, src), nil
	}
	r, err := Unpack(ctx, d.mail.blobs, src)
	if err != nil {
		return ticket.Inbound{}, err
	}
	defer r.Close()
	raw, err := io.ReadAll(io.LimitReader(r, maxReleased))
	if err != nil {
		return ticket.Inbound{}, ticket.E("email.Release", ticket.Transient, err)
	}
	m, err := d.mail.read(raw, origin{})
	if m == nil {
		return unreadContact(e, src), nil
	}
	if err != nil {
		m.From = []Address{{Name: "Unknown sender", Address: noSender}}
	}
	in, _, err := d.mail.contact(ctx, m, raw, origin{inbox: e.Inbox})
	if f := (*Fault)(nil); errors.As(err, &f) {
		return unreadContact(e, src), nil
	}
	return in, err
}

// noSender stands in for the sender of a mail without one (RFC 2606: no such domain).
const noSender = "unknown@unknown.invalid"

// unreadContact has the mail as an attachment.
func unreadContact(e ticket.MailEntry, src ticket.MailSource) ticket.Inbound {
	in := ticket.Inbound{Subject: e.Subject, Text: "This mail could not be read. " + e.Detail,
		From: customer.Identity{Kind: customer.Email, Value: cmp.Or(e.From, noSender)}}
	if src.Blob != "" && !src.Gzip {
		in.Text += " It is attached as it came."
		in.Attachments = []ticket.Attachment{{Name: "mail.eml", Type: "message/rfc822", Size: e.Size, SHA256: src.Blob}}
	}
	return in
}
