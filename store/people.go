package store

import (
	"context"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// Customer reads one customer.
func (s *Store) Customer(ctx context.Context, id customer.ID) (customer.Customer, error) {
	return read[customer.Customer](ctx, s, "store.Customer", "SELECT doc FROM customers WHERE id=$1", int64(id))
}

// CustomerBy finds the customer who is known by an identity; of an alias, whom it stands for.
func (s *Store) CustomerBy(ctx context.Context, i customer.Identity) (customer.Customer, error) {
	n, err := i.Normal()
	if err != nil {
		return customer.Customer{}, ticket.E("store.CustomerBy", ticket.Invalid, err)
	}
	n = person(n)
	c, err := read[customer.Customer](ctx, s, "store.CustomerBy", "SELECT c.doc FROM identities i"+
		" JOIN customers c ON c.id = i.customer WHERE i.value=$1 AND i.kind=$2", n.Value, string(n.Kind))
	if err == nil && c.AliasOf != 0 {
		return s.Customer(ctx, c.AliasOf)
	}
	return c, err
}

// Organization reads one organization.
func (s *Store) Organization(ctx context.Context, id customer.OrganizationID) (customer.Organization, error) {
	return read[customer.Organization](ctx, s, "store.Organization", "SELECT doc FROM organizations WHERE id=$1", int64(id))
}

// Unit reads one unit by its serial number.
func (s *Store) Unit(ctx context.Context, serial string) (customer.Unit, error) {
	return read[customer.Unit](ctx, s, "store.Unit", "SELECT doc FROM units WHERE serial=$1",
		unitKey(serial))
}

func read[T any](ctx context.Context, s *Store, op, query string, args ...any) (T, error) {
	var v T
	var d string
	err := s.one(ctx, query, args, &d)
	if err == nil {
		err = undoc(d, &v)
	}
	return v, failure(op, err)
}

// PutCustomer creates or changes a customer. An identity that belongs to somebody else is a Conflict.
func (s *Store) PutCustomer(ctx context.Context, c customer.Customer) (customer.ID, error) {
	const op = "store.PutCustomer"
	list := make([]customer.Identity, 0, len(c.Identities))
	for _, i := range c.Identities {
		n, err := i.Normal()
		if err != nil {
			return 0, ticket.E(op, ticket.Invalid, err)
		}
		list = append(list, person(n))
	}
	c.Identities = list
	given := c.ID
	err := s.write(ctx, op, func(t *tx) error {
		c.ID = given // a second try starts as the first did
		created := c.ID == 0
		if created {
			ids, err := s.db.ids(t.ctx, t.runner, "customers", 1, 0)
			if err != nil {
				return err
			}
			c.ID = customer.ID(ids[0])
		}
		if c.Created.IsZero() {
			c.Created = t.now
		}
		if err := t.onlyTheirs(c); err != nil {
			return err
		}
		if err := t.putCustomer(c, created); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM identities WHERE customer=$1", int64(c.ID)); err != nil {
			return err
		}
		var rows [][]any
		for n, i := range list {
			if !has(list[:n], i) {
				rows = append(rows, []any{i.Value, string(i.Kind), int64(c.ID)})
			}
		}
		return t.insert("INSERT INTO identities (value, kind, customer)", "", rows)
	})
	if err != nil {
		return 0, err
	}
	return c.ID, nil
}

// onlyTheirs fails when somebody else is known by an identity of c.
func (t *tx) onlyTheirs(c customer.Customer) error {
	values := []string{}
	for _, i := range c.Identities {
		values = append(values, i.Value)
	}
	return t.each("SELECT kind, value, customer FROM identities WHERE value IN TEXTS($1)", []any{t.s.db.list(values)},
		func(scan func(...any) error) error {
			var i customer.Identity
			var id customer.ID
			if err := scan(&i.Kind, &i.Value, &id); err != nil || id == c.ID || !has(c.Identities, i) {
				return err
			}
			return ticket.Errorf("store.PutCustomer", ticket.Conflict, "Another customer is known by %s already.", i.Value)
		})
}

func has(list []customer.Identity, i customer.Identity) bool {
	for _, o := range list {
		if o.Key() == i.Key() {
			return true
		}
	}
	return false
}

// putCustomer writes a customer. Who stands for whom is not theirs to change.
func (t *tx) putCustomer(c customer.Customer, created bool) error {
	c.AliasOf, c.Aliases = 0, nil
	if !created {
		old, err := t.lockCustomer(c.ID)
		if err != nil {
			return err
		}
		c.AliasOf, c.Aliases, c.Abuse = old.AliasOf, old.Aliases, old.Abuse
		return t.saveCustomer(c)
	}
	d, err := doc(c)
	if err == nil {
		_, err = t.exec("INSERT INTO customers (id, organization, words, doc) VALUES ($1, $2, $3, $4)",
			int64(c.ID), int64(c.Organization), customerWords(c), d)
	}
	return err
}

// lockCustomer reads a customer who is to be changed.
func (t *tx) lockCustomer(id customer.ID) (c customer.Customer, err error) {
	var d string
	if err = t.one("SELECT doc FROM customers WHERE id=$1 FOR UPDATE", []any{int64(id)}, &d); err == nil {
		err = undoc(d, &c)
	}
	return c, err
}

func (t *tx) saveCustomer(c customer.Customer) error {
	d, err := doc(c)
	if err == nil {
		_, err = t.exec("UPDATE customers SET organization=$2, words=$3, doc=$4 WHERE id=$1",
			int64(c.ID), int64(c.Organization), customerWords(c), d)
	}
	return err
}

// customerWords is what a customer is searched by.
func customerWords(c customer.Customer) string {
	words := []string{clean(c.Name)}
	for _, i := range c.Identities {
		words = append(words, i.Value)
	}
	return strings.ToLower(strings.Join(words, " "))
}

// put writes a row that is an id and a doc.
func (t *tx) put(op, table string, created bool, id int64, v any) error {
	d, err := doc(v)
	if err != nil {
		return err
	}
	if created {
		_, err = t.exec("INSERT INTO "+table+" (id, doc) VALUES ($1, $2)", id, d)
		return err
	}
	n, err := t.exec("UPDATE "+table+" SET doc=$2 WHERE id=$1", id, d)
	if err == nil && n == 0 {
		return ticket.E(op, ticket.NotFound, nil)
	}
	return err
}

// PutOrganization creates or changes an organization. A domain that belongs to another one is a Conflict.
func (s *Store) PutOrganization(ctx context.Context, o customer.Organization) (customer.OrganizationID, error) {
	const op = "store.PutOrganization"
	domains := make([]string, 0, len(o.Domains))
	mine := map[string]bool{}
	for _, d := range o.Domains {
		if d = shortKey(strings.ToLower(strings.TrimSpace(d))); d != "" && !mine[d] {
			mine[d] = true
			domains = append(domains, d)
		}
	}
	o.Domains = domains
	given := o.ID
	err := s.write(ctx, op, func(t *tx) error {
		o.ID = given // a second try starts as the first did
		created := o.ID == 0
		if created {
			ids, err := s.db.ids(t.ctx, t.runner, "organizations", 1, 0)
			if err != nil {
				return err
			}
			o.ID = customer.OrganizationID(ids[0])
		}
		err := t.each("SELECT domain, organization FROM domains WHERE domain IN TEXTS($1)", []any{s.db.list(domains)},
			func(scan func(...any) error) error {
				var d string
				var id customer.OrganizationID
				if err := scan(&d, &id); err != nil || id == o.ID {
					return err
				}
				return ticket.Errorf(op, ticket.Conflict, "The domain %s belongs to another organization.", d)
			})
		if err != nil {
			return err
		}
		if err := t.put(op, "organizations", created, int64(o.ID), o); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM domains WHERE organization=$1", int64(o.ID)); err != nil {
			return err
		}
		var rows [][]any
		for _, d := range domains {
			rows = append(rows, []any{d, int64(o.ID)})
		}
		return t.insert("INSERT INTO domains (domain, organization)", "", rows)
	})
	if err != nil {
		return 0, err
	}
	return o.ID, nil
}

// PutUnit creates or changes a unit.
func (s *Store) PutUnit(ctx context.Context, u customer.Unit) error {
	u.Serial = unitKey(u.Serial)
	if u.Serial == "" {
		return ticket.Errorf("store.PutUnit", ticket.Invalid, "A unit needs a serial number.")
	}
	if !u.WarrantyUntil.IsZero() {
		u.WarrantyUntil = micro(u.WarrantyUntil)
	}
	return s.write(ctx, "store.PutUnit", func(t *tx) error {
		d, err := doc(u)
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO units (serial, doc) VALUES ($1, $2)"+
			" ON CONFLICT (serial) DO UPDATE SET doc = excluded.doc", u.Serial, d)
		return err
	})
}
