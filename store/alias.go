package store

import (
	"context"
	"fmt"
	"slices"

	"tierline/customer"
	"tierline/ticket"
)

// Customers searches for people; see [ticket.Aliases]. It reads the names of all of them.
func (s *Store) Customers(ctx context.Context, text string, after customer.ID, limit int) (out []customer.Customer, err error) {
	w := &where{}
	w.and("id > " + w.arg(int64(after)))
	if like := likeText(text); like != "" {
		w.and(`words LIKE ` + w.arg(like) + ` ESCAPE '\'`)
	}
	err = s.each(ctx, "SELECT doc FROM customers"+w.String()+" ORDER BY id LIMIT "+w.arg(pageOf(limit)), w.args,
		func(scan func(...any) error) error {
			var c customer.Customer
			var d string
			if err := scan(&d); err != nil {
				return err
			}
			err := undoc(d, &c)
			out = append(out, c)
			return err
		})
	return out, failure("store.Customers", err)
}

// MergeCustomers makes one customer an alias of another. Nothing else is rewritten: who reads resolves
// it, so that taking it back leaves nothing behind.
func (s *Store) MergeCustomers(ctx context.Context, alias, of customer.ID, by ticket.Actor) error {
	const op = "store.MergeCustomers"
	if alias == of {
		return ticket.Errorf(op, ticket.Invalid, "That is the same customer.")
	}
	return s.write(ctx, op, func(t *tx) error {
		a, o, err := t.lockCustomers(alias, of)
		switch {
		case err != nil:
			return err
		case a.AliasOf != 0:
			return ticket.Errorf(op, ticket.Conflict, "%s stands for another customer already.", nameOf(a))
		case o.AliasOf != 0:
			return ticket.Errorf(op, ticket.Conflict, "%s stands for another customer already: name that one.", nameOf(o))
		case len(a.Aliases) > 0:
			return ticket.Errorf(op, ticket.Conflict, "Others stand for %s already. Merge the other way, or take those back first.", nameOf(a))
		}
		a.AliasOf = o.ID
		o.Aliases = append(slices.Clone(o.Aliases), a.ID)
		pass(&a, &o, func(string) bool { return true })
		return t.saveAlias(a, o, "customers_merged", by)
	})
}

// UnmergeCustomer takes it back.
func (s *Store) UnmergeCustomer(ctx context.Context, alias customer.ID, by ticket.Actor) error {
	const op = "store.UnmergeCustomer"
	return s.write(ctx, op, func(t *tx) error {
		var d string
		var a customer.Customer
		if err := t.one("SELECT doc FROM customers WHERE id=$1", []any{int64(alias)}, &d); err != nil {
			return err
		}
		if err := undoc(d, &a); err != nil {
			return err
		}
		if a.AliasOf == 0 {
			return ticket.Errorf(op, ticket.Conflict, "%s stands for nobody else.", nameOf(a))
		}
		of := a.AliasOf
		a, o, err := t.lockCustomers(alias, of)
		if err != nil {
			return err
		}
		if a.AliasOf != of {
			return ticket.Errorf(op, ticket.Conflict, "%s has changed meanwhile.", nameOf(a))
		}
		a.AliasOf = 0
		o.Aliases = slices.DeleteFunc(slices.Clone(o.Aliases), func(id customer.ID) bool { return id == a.ID })
		pass(&o, &a, func(address string) bool {
			return has(a.Identities, customer.Identity{Kind: customer.Email, Value: address})
		})
		return t.saveAlias(a, o, "customers_unmerged", by)
	})
}

// lockCustomers reads two customers who are to be changed, always in the same order.
func (t *tx) lockCustomers(a, b customer.ID) (customer.Customer, customer.Customer, error) {
	first, err := t.lockCustomer(min(a, b))
	if err != nil {
		return first, first, err
	}
	second, err := t.lockCustomer(max(a, b))
	if a > b {
		first, second = second, first
	}
	return first, second, err
}

func (t *tx) saveAlias(a, o customer.Customer, what string, by ticket.Actor) error {
	if err := t.saveCustomer(a); err != nil {
		return err
	}
	if err := t.saveCustomer(o); err != nil {
		return err
	}
	if err := t.redraw(a.ID, o.ID); err != nil {
		return err
	}
	return t.log(what, by, "", map[string]string{"alias": fmt.Sprint(a.ID), "of": fmt.Sprint(o.ID)})
}

// maxRedraw is how many cards are drawn anew when it is known better whose they are: the newest.
const maxRedraw = 50

// redraw has the cards of customers' open tickets tell what they should.
func (t *tx) redraw(who ...customer.ID) error {
	var ids []int64
	for _, id := range who {
		ids = append(ids, int64(id))
	}
	var jobs []ticket.Job
	err := t.each("SELECT id FROM tickets WHERE customer IN INTS($1) AND state NOT IN ('solved', 'closed') AND tier <> '' ORDER BY id DESC LIMIT $2",
		[]any{t.s.db.list(ids), maxRedraw}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			jobs = append(jobs, ticket.ShowCard(ticket.ID(id)))
			return err
		})
	if err != nil || len(jobs) == 0 {
		return err
	}
	return t.enqueue(jobs, nil)
}

// pass gives marks of addresses to whom they are looked for at.
func pass(from, to *customer.Customer, which func(address string) bool) {
	for address, mark := range from.Undeliverable {
		if which(address) {
			if to.Undeliverable == nil {
				to.Undeliverable = map[string]customer.Undeliverable{}
			}
			to.Undeliverable[address] = mark
			delete(from.Undeliverable, address)
		}
	}
}

func nameOf(c customer.Customer) string {
	if c.Name != "" {
		return c.Name
	}
	return fmt.Sprintf("Customer %d", c.ID)
}

// same lists the records that count as one customer: that itself, when there are no others.
func (s *Store) same(ctx context.Context, id customer.ID) ([]int64, error) {
	c, err := s.Customer(ctx, id)
	if err == nil && c.AliasOf != 0 {
		c, err = s.Customer(ctx, c.AliasOf)
	}
	if ticket.KindOf(err) == ticket.NotFound && err != nil {
		return []int64{int64(id)}, nil
	}
	ids := []int64{int64(c.ID)}
	for _, a := range c.Aliases {
		ids = append(ids, int64(a))
	}
	return ids, err
}

// known lists the records of those who are known by an identity of that value.
func (s *Store) known(ctx context.Context, values ...string) (ids []int64, err error) {
	var found []customer.ID
	err = s.each(ctx, "SELECT customer FROM identities WHERE value IN TEXTS($1)", []any{s.db.list(values)},
		func(scan func(...any) error) error {
			var id customer.ID
			err := scan(&id)
			found = append(found, id)
			return err
		})
	for _, id := range found {
		if err == nil {
			var more []int64
			more, err = s.same(ctx, id)
			ids = append(ids, more...)
		}
	}
	return ids, err
}
