package bots

import (
	"context"

	"tierline/customer"
	"tierline/ticket"
)

// People is what a desk asks for where it is about who somebody is, and whether they are heard.
type People interface {
	// Block keeps a sender out; Denied to all but leads.
	Block(ctx context.Context, by ticket.Agent, b ticket.Block) error
	// Unblock lets them in again; likewise, and NotFound when they are not kept out.
	Unblock(ctx context.Context, by ticket.Agent, key string) error
	// Known are those who count as a customer, and those who may be the same person, by their name.
	Known(ctx context.Context, by ticket.Agent, id customer.ID) (aliases, alike []customer.Customer, err error)
	// Same makes two records one person: the customer, and another one or whoever text names, an address, a
	// number or a name that only one has. It gives the one that counts as the other from now on.
	Same(ctx context.Context, by ticket.Agent, id, other customer.ID, text string) (alias customer.Customer, err error)
	// Apart takes that back.
	Apart(ctx context.Context, by ticket.Agent, alias customer.ID) error
}
