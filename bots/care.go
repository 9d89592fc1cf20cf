package bots

import (
	"context"
	"time"

	"tierline/ticket"
)

// Care is what a desk asks for where customers are told something.
type Care interface {
	// Unbacked are the times that an answer names for which no promise stands (practice: no-false-eta).
	Unbacked(ctx context.Context, by ticket.Agent, id ticket.ID, text string) ([]Named, error)
	// ETA is when a case may be solved, and how one knows.
	ETA(ctx context.Context, t ticket.Ticket) (ticket.ETA, error)
	// Guides is the guided script that is being gone through in a ticket, or nil: then also those that may be.
	Guides(ctx context.Context, t ticket.Ticket) (now *Guide, offered []Guide, err error)
	// Wording is a text for the customer of a ticket, in their language, to be looked over and sent: "update"
	// tells how their case stands, "warning" asks them to stop abuse.
	Wording(ctx context.Context, by ticket.Agent, id ticket.ID, what string) (string, error)
	// Policies are the names from which agents choose what a complaint is about.
	Policies() []string
}

// Named is a time that an answer names.
type Named struct {
	Words string    // as they stand there
	At    time.Time // what a promise of it would say
}
