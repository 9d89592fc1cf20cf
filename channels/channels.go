// Package channels is the contract between Tierline and the ways in which customers reach it.
//
// What happens when things fail: a [Source] acknowledges nothing (no 250, no cursor, no ack) before
// Intake has committed it, so what is not committed comes again; a redelivery gives the same ticket.
// Input that cannot be understood is kept whole in quarantine and shown to people. A [Sender] tells
// by the kind of its error whether to try again (Transient, with RetryAfter) or to tell the writer
// (Invalid, Denied); sends are at least once, and whatever the receiver sees as the id of a message
// is the same at every try.
package channels

import (
	"context"

	"tierline/ticket"
)

// Names of the channels, as they stand in Inbound.Channel and in the configuration.
const (
	Email = "email"
	Chat  = "chat"
	Phone = "phone"
	Slack = "slack"
)

// Intake is what a Source needs: a part of ticket.Store, wrapped by [Understand].
type Intake = ticket.Intake

// Source turns a channel's input into accepted contacts.
type Source interface {
	// Name is stable and unique: "email:smtp", "email:imap:support@example.org".
	Name() string
	// Run works until ctx ends, then stops taking input, finishes what it holds and returns nil.
	// It reconnects by itself; an error means that it can never work as configured.
	Run(ctx context.Context, in Intake) error
	// Ready is nil while the source can take input, else says what is wrong. It does no I/O.
	Ready() error
}

// Sender brings answers to customers.
type Sender interface {
	// Send delivers a message and returns the channel's id of it, which is the same for every try.
	// Transient errors are tried again; Invalid and Denied are shown to the writer. With an Error that
	// is Partly it has gone out, and the writer is told who has not got it.
	Send(ctx context.Context, out ticket.Outbound) (external string, err error)
}

// Previewer is a Sender that tells what it would send.
type Previewer interface {
	// Preview is what Send would make of a message. It sends and reads nothing.
	Preview(out ticket.Outbound) (Letter, error)
}

// Letter is what a customer gets, beside the text itself.
type Letter struct {
	Subject, From string
	To, Cc        []string
	Below         string // signature, and how to answer
	Quoted        string // what was said before
}

// Amender is a Sender whose customers see what is changed after it was said.
type Amender interface {
	// Amend makes what was sent say what out.Message says now, or takes it away when it is Gone. To do it
	// twice does no harm; what is not there any more needs nothing.
	Amend(ctx context.Context, out ticket.Outbound) error
	// React puts the agents' emoji on out.Message, which the customer wrote, or takes it off when no agent
	// has it there any more. To do it twice does no harm.
	React(ctx context.Context, out ticket.Outbound, emoji string) error
	// Carries says whether customers may see an emoji of an agent's.
	Carries(emoji string) bool
}
