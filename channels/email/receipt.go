package email

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// receipts tells senders who have asked for it (NOTIFY=SUCCESS, RFC 3461) that their mail has arrived:
// we say that we know the parameters, so that the server before us leaves it to us. All else that they
// may ask for is told by our answers. A receipt is tried once. Only clients in our own networks get any:
// whoever comes from outside may have written anybody's address as their own.
type receipts struct {
	send func(context.Context, letter) error // nil sends none
	from string                              // the domain that reports
	now  func() time.Time
	wait sync.WaitGroup
	few  chan struct{}
}

func newReceipts(c Config, d Deps, l Listener) (*receipts, error) {
	r := &receipts{from: l.withDefaults(c.Sending.Domain).Domain, now: d.Now, few: make(chan struct{}, maxReceipts)}
	if c.Sending.Host == "" {
		return r, nil
	}
	s, err := newSender(c, d)
	if err != nil {
		return nil, err
	}
	r.send = func(ctx context.Context, l letter) (err error) {
		if s.dkim != nil {
			if l.data, err = s.dkim.sign(l.data); err != nil {
				return err
			}
		}
		if _, err = s.deliver(ctx, l); err != nil {
			d.Log.Warn("a receipt for a mail is not sent", "err", err)
		}
		return err
	}
	return r, nil
}

const (
	maxReceipts = 4 // that are being sent; more are left out
	receiptTime = time.Minute
	maxReturned = 16 << 10 // bytes of a mail's header that go back with its receipt
)

// request is what a client has said of the mail it brings.
type request struct {
	sender, id string
	wants      []asker
}

type asker struct{ address, original string }

func (e *request) begin(from string, o *smtp.MailOptions) {
	*e = request{sender: from}
	if o != nil {
		e.id = o.EnvelopeID
	}
}

func (e *request) add(to string, o *smtp.RcptOptions) {
	if o == nil {
		return
	}
	for _, n := range o.Notify {
		if n == smtp.DSNNotifySuccess {
			w := asker{address: to}
			if o.OriginalRecipient != "" {
				w.original = string(o.OriginalRecipientType) + "; " + o.OriginalRecipient
			}
			e.wants = append(e.wants, w)
		}
	}
}

// arrived sends the receipt for a mail that is committed, if one is wanted.
func (r *receipts) arrived(ctx context.Context, e request, raw []byte) {
	if r.send == nil || e.sender == "" || len(e.wants) == 0 {
		return
	}
	select {
	case r.few <- struct{}{}:
	default:
		return
	}
	l := letter{to: []string{e.sender}, data: r.compose(e, raw)}
	r.wait.Go(func() {
		defer func() { <-r.few }()
		ctx, cancel := context.WithTimeout(ctx, receiptTime)
		defer cancel()
		_ = r.send(ctx, l) // it logs, and there is nobody else to tell
	})
}

// compose writes a report (RFC 3464, RFC 6522).
func (r *receipts) compose(e request, raw []byte) []byte {
	var b bytes.Buffer
	head := func(k, v string) { writeHeader(&b, k, v) }
	limit := boundary(hashOf(raw)+e.sender, "receipt")
	head("From", "Mail Delivery System <MAILER-DAEMON@"+r.from+">")
	head("To", "<"+clean(e.sender)+">")
	head("Subject", "Delivered: your mail has arrived")
	head("Date", r.now().UTC().Format(time.RFC1123Z))
	head("Message-ID", "<receipt."+limit[2:]+"@"+r.from+">")
	head("Auto-Submitted", "auto-replied")
	head("MIME-Version", "1.0")
	head("Content-Type", `multipart/report; report-type=delivery-status; boundary="`+limit+`"`)
	part := func(kind string) { fmt.Fprintf(&b, "\r\n--%s\r\nContent-Type: %s\r\n\r\n", limit, kind) }
	part("text/plain; charset=us-ascii")
	b.WriteString("Your mail has been delivered. You asked to be told so.\r\n")
	part("message/delivery-status")
	head("Reporting-MTA", "dns; "+r.from)
	if e.id != "" {
		head("Original-Envelope-Id", e.id)
	}
	for _, w := range e.wants {
		b.WriteString("\r\n")
		if w.original != "" {
			head("Original-Recipient", w.original)
		}
		head("Final-Recipient", "rfc822; "+w.address)
		head("Action", "delivered")
		head("Status", "2.1.5")
	}
	part("text/rfc822-headers")
	h, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	if len(h) > maxReturned {
		h = h[:bytes.LastIndexByte(h[:maxReturned], '\n')+1]
	}
	b.Write(bytes.TrimRight(h, "\r\n"))
	fmt.Fprintf(&b, "\r\n\r\n--%s--\r\n", limit)
	return b.Bytes()
}
