package router

import (
	"context"

	"tierline/customer"
	"tierline/ticket"
)

// Block keeps a sender out; only leads may.
func (d *Desk) Block(ctx context.Context, by ticket.Agent, b ticket.Block) error {
	if by.Has(ticket.RightLead) != nil {
		return ticket.Errorf("router.Block", ticket.Denied, "Only a lead keeps a sender out.")
	}
	if err := b.Why(); err != nil {
		return err
	}
	b.By = by.Actor()
	return d.Store.Block(ctx, b)
}

// Unblock lets a sender in again; only leads may.
func (d *Desk) Unblock(ctx context.Context, by ticket.Agent, key string) error {
	if by.Has(ticket.RightLead) != nil {
		return ticket.Errorf("router.Unblock", ticket.Denied, "Only a lead lets a sender in again.")
	}
	return d.Store.Unblock(ctx, key, by.Actor())
}

// mayMerge: whoever may merge tickets may say that two records are one person.
func mayMerge(op string, by ticket.Agent) error {
	if by.Has(ticket.RightWork) != nil {
		return ticket.Errorf(op, ticket.Denied, "You may not say who is one person.")
	}
	return nil
}

// maxAlike is how many customers of like names are offered.
const maxAlike = 20

// Known are the aliases of a customer, and who has the same name.
func (d *Desk) Known(ctx context.Context, by ticket.Agent, id customer.ID) (aliases, alike []customer.Customer, err error) {
	if err := mayMerge("router.Known", by); err != nil {
		return nil, nil, err
	}
	c, err := d.Store.Customer(ctx, id)
	if err == nil && c.AliasOf != 0 {
		c, err = d.Store.Customer(ctx, c.AliasOf)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, a := range c.Aliases {
		x, err := d.Store.Customer(ctx, a)
		if err != nil {
			return nil, nil, err
		}
		aliases = append(aliases, x)
	}
	if len(c.Name) <= 2 {
		return aliases, nil, nil
	}
	list, err := d.Store.Customers(ctx, c.Name, 0, maxAlike)
	for _, x := range list {
		if x.ID != c.ID && x.AliasOf == 0 {
			alike = append(alike, x)
		}
	}
	return aliases, alike, err
}

// Same makes two records one person. The one that others count as already, else the older one, stays.
func (d *Desk) Same(ctx context.Context, by ticket.Agent, id, other customer.ID, text string) (alias customer.Customer, err error) {
	const op = "router.Same"
	if err := mayMerge(op, by); err != nil {
		return alias, err
	}
	c, err := d.Store.Customer(ctx, id)
	if err == nil && c.AliasOf != 0 {
		c, err = d.Store.Customer(ctx, c.AliasOf)
	}
	if err != nil {
		return alias, err
	}
	o := customer.Customer{}
	if other != 0 {
		o, err = d.Store.Customer(ctx, other)
	} else {
		o, err = d.only(ctx, c.ID, text)
	}
	if err != nil {
		return alias, err
	}
	alias, main := o, c
	if len(o.Aliases) > 0 && len(c.Aliases) == 0 || len(o.Aliases) == len(c.Aliases) && o.ID < c.ID {
		alias, main = c, o
	}
	return alias, d.Store.MergeCustomers(ctx, alias.ID, main.ID, by.Actor())
}

// only is the one customer whom a text names.
func (d *Desk) only(ctx context.Context, not customer.ID, text string) (c customer.Customer, err error) {
	const op = "router.Same"
	if text == "" {
		return c, ticket.Errorf(op, ticket.Invalid, "Say who is the same person.")
	}
	list, err := d.Store.Customers(ctx, text, 0, maxAlike)
	if err != nil {
		return c, err
	}
	n := 0
	for _, x := range list {
		if x.ID != not && x.AliasOf == 0 {
			c, n = x, n+1
		}
	}
	switch {
	case n == 0:
		return c, ticket.Errorf(op, ticket.NotFound, "Nobody else is known by %.80q.", text)
	case n > 1:
		return c, ticket.Errorf(op, ticket.Invalid, "Several are known by %.80q: name the address.", text)
	}
	return c, nil
}

// Apart makes somebody count as themselves again.
func (d *Desk) Apart(ctx context.Context, by ticket.Agent, alias customer.ID) error {
	if err := mayMerge("router.Apart", by); err != nil {
		return err
	}
	return d.Store.UnmergeCustomer(ctx, alias, by.Actor())
}
