package email

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"tierline/ticket"
)

// authRetry is the time until a login is tried again that was refused.
const authRetry = 5 * time.Minute

// errLogin marks a refusal to let us in: for the administrator to mend, not the writer of the mail.
var errLogin = errors.New("the mail server does not let us in")

// refusal is what the server says of one receiver.
type refusal struct {
	address string
	err     *smtp.SMTPError
}

// failure tells errors of a connection, or about a letter as a whole, apart by what can be done about them.
func failure(err error) error {
	const op = "email.Send"
	if ticket.KindOf(err) != ticket.Internal && !errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, errLogin) || errors.Is(err, errToken) {
		return &ticket.Error{Op: op, Kind: ticket.Transient, RetryAfter: authRetry, Err: err,
			Public: "The mail server does not let us in. An administrator must check the account under sending."}
	}
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok || e.Code < 500 {
		return &ticket.Error{Op: op, Kind: ticket.Transient, Err: err}
	}
	return &ticket.Error{Op: op, Kind: ticket.Invalid, Err: err, Public: advice(e)}
}

// later is the error for receivers who may get it at the next try.
func later(list []refusal, wait time.Duration) error {
	e := list[0].err
	return &ticket.Error{Op: "email.Send", Kind: ticket.Transient, RetryAfter: wait, Err: e,
		Public: fmt.Sprintf("Mail to %s is not taken right now (%d %s). It is tried again.", ticket.Receivers(noted(list)), e.Code, said(e))}
}

func refusedByAll(list []ticket.Refusal) error {
	e := answer(list[0])
	return &ticket.Error{Op: "email.Send", Kind: ticket.Invalid, Err: e, Public: advice(e)}
}

// refusedBySome says who has not got a mail that has gone to others.
func refusedBySome(list []ticket.Refusal) error {
	e := answer(list[0])
	return &ticket.Error{Op: "email.Send", Kind: ticket.Invalid, Err: e, Partly: true,
		Public: "Not everybody got it. " + ticket.Receivers(list) + ": " + advice(e)}
}

// noted are refusals in the form in which they are kept.
func noted(list []refusal) []ticket.Refusal {
	var out []ticket.Refusal
	for _, r := range list {
		out = append(out, ticket.Refusal{Address: clean(r.address), Code: r.err.Code, Status: r.err.EnhancedCode, Text: said(r.err)})
	}
	return out
}

// answer is what the server said.
func answer(r ticket.Refusal) *smtp.SMTPError {
	return &smtp.SMTPError{Code: r.Code, EnhancedCode: r.Status, Message: r.Text}
}

func said(e *smtp.SMTPError) string {
	return strings.TrimRight(strings.Join(strings.Fields(clean(cutRunes(e.Message, 300))), " "), ".")
}

// advices are what the writer of a refused mail can do, by enhanced status code (RFC 3463, RFC 7372,
// RFC 7505 and the IANA registry). A code of two numbers stands for all that begin with it.
var advices = []struct{ code, advice string }{
	{"5.1.7", senderBad}, {"5.1.8", senderBad},
	{"5.1.2", "The domain of the address takes no mail. Check how it is written, or ask the customer for another address."},
	{"5.1.10", "The domain of the address takes no mail. Check how it is written, or ask the customer for another address."},
	{"5.1.6", "The customer's mailbox has moved. Ask them for the new address."},
	{"5.1", addressBad},
	{"5.2.1", "The customer's mailbox is switched off. Reach them another way."},
	{"5.2.2", "The customer's mailbox is full. Try again later, or reach them another way."},
	{"5.2.3", tooLarge}, {"5.3.4", tooLarge},
	{"5.2", "The customer's mailbox takes no mail. Reach them another way."},
	{"5.4", "The mail server finds no way to that domain. Check the address; if it is right, an administrator must look at it."},
	{"5.5.3", "The mail has too many receivers. Send it to fewer."},
	{"5.6.7", "The address has letters that a mail server on the way cannot handle. Ask the customer for another one."},
	{"5.6", "The mail server does not take the content of the mail. Send it without attachments or unusual characters."},
	{"5.7.1", policy},
	{"5.7.20", unsigned}, {"5.7.21", unsigned}, {"5.7.22", unsigned}, {"5.7.23", unsigned}, {"5.7.24", unsigned}, {"5.7.25", unsigned},
	{"5.7.26", unsigned}, {"5.7.27", unsigned},
	{"5.7", policy},
}

const (
	addressBad = "The address does not exist or is not taken. Ask the customer for another one."
	senderBad  = "Our own address is not taken as a sender. An administrator must check sending.from."
	tooLarge   = "The mail is too large. Send it without attachments, or with a link."
	policy     = "The mail server refuses it by policy, perhaps as spam. Write it in other words and without links, or reach the customer another way; an administrator should look at it."
	unsigned   = "The other side does not believe that the mail is ours (SPF, DKIM or DMARC). An administrator must check the DNS records of our domain."
	anything   = "Check the answer and the address, or reach the customer another way."
)

// advice is what the writer of a refused mail is told.
func advice(e *smtp.SMTPError) string {
	what := ""
	code := fmt.Sprintf("%d.%d.%d", e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2])
	for _, a := range advices {
		if code == a.code || strings.HasPrefix(code, a.code+".") {
			what = a.advice
			break
		}
	}
	if what == "" { // a server without enhanced codes, or with one that says nothing
		what = anything
		switch e.Code {
		case 550, 551, 553:
			what = addressBad
		case 552:
			what = tooLarge
		case 554, 521, 556:
			what = policy
		}
	}
	return fmt.Sprintf("The mail was refused: %d %s. %s", e.Code, said(e), what)
}
