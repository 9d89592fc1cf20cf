package store

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// fresh are the contacts of the batch that have not come before.
func (k *intake) fresh(f func(in ticket.Inbound)) {
	for _, in := range k.batch {
		if _, ok := k.before(in); !ok {
			f(in)
		}
	}
}

// findPeople finds the customers who wrote, makes those who are new, and learns who is kept out.
func (k *intake) findPeople() error {
	k.people, k.customers, k.blocked = map[string]customer.ID{}, map[customer.ID]customer.Customer{}, map[string]bool{}
	values, keys := []string{}, []string{}
	k.fresh(func(in ticket.Inbound) {
		values = append(values, in.Theirs().Value)
		if in.Bounce != nil {
			values = append(values, in.Bounce.To)
		}
		keys = append(keys, blockKeys(in.From)...)
	})
	if len(values) == 0 {
		return nil
	}
	aliases := map[string]customer.ID{} // of whom an identity's customer is one
	err := k.each("SELECT i.kind, i.value, c.id, c.doc FROM identities i JOIN customers c ON c.id = i.customer WHERE i.value IN TEXTS($1)"+
		" UNION ALL SELECT '"+blockKind+"', key, until, '' FROM blocks WHERE key IN TEXTS($2)",
		[]any{k.s.db.list(values), k.s.db.list(keys)}, func(scan func(...any) error) error {
			var kind, value, d string
			var n int64
			if err := scan(&kind, &value, &n, &d); err != nil {
				return err
			}
			if kind == blockKind {
				k.blocked[value] = n == 0 || n > at(k.now)
				return nil
			}
			var c customer.Customer
			err := undoc(d, &c)
			i := customer.Identity{Kind: customer.IdentityKind(kind), Value: value}
			k.people[i.Key()], k.customers[customer.ID(n)] = customer.ID(n), c
			if c.AliasOf != 0 {
				aliases[i.Key()] = c.AliasOf
			}
			return err
		})
	if err == nil && len(aliases) > 0 {
		err = k.resolve(aliases)
	}
	if err != nil {
		return err
	}
	return k.addPeople()
}

// resolve makes identities of aliases those of whom they stand for.
func (k *intake) resolve(aliases map[string]customer.ID) error {
	var ids []int64
	for key, id := range aliases {
		k.people[key], ids = id, append(ids, int64(id))
	}
	return k.each("SELECT doc FROM customers WHERE id IN INTS($1)", []any{k.s.db.list(ids)}, func(scan func(...any) error) error {
		var c customer.Customer
		var d string
		err := errors.Join(scan(&d), undoc(d, &c))
		k.customers[c.ID] = c
		return err
	})
}

// who is the customer of a contact.
func (k *intake) who(in ticket.Inbound) customer.Customer {
	return k.customers[k.people[in.Theirs().Key()]]
}

// addPeople makes a customer of every sender who is not known, and puts them into the organization of
// their mail domain.
func (k *intake) addPeople() error {
	var who []customer.Customer
	var where []ticket.Belongs
	place := map[string]bool{}
	k.fresh(func(in ticket.Inbound) {
		i := in.Theirs()
		if k.people[i.Key()] != 0 || place[i.Key()] || k.shut(in) {
			return
		}
		place[i.Key()] = true
		who = append(who, customer.Customer{Name: i.Name, Language: in.Language,
			Identities: []customer.Identity{i}, Created: k.now})
		b := in.Belongs
		if b.Domain == "" {
			b = ticket.Belongs{Domain: i.Domain()}
		}
		where = append(where, ticket.Belongs{Domain: strings.ToLower(shortKey(b.Domain)), Name: clean(b.Name)})
	})
	if len(who) == 0 {
		return nil
	}
	domains, err := k.organizations(where)
	if err != nil {
		return err
	}
	ids, err := k.s.db.ids(k.ctx, k.runner, "customers", len(who), 0)
	if err != nil {
		return err
	}
	var rows, identities [][]any
	for n, c := range who {
		i := c.Identities[0]
		c.ID, c.Organization = customer.ID(ids[n]), domains[where[n].Domain]
		d, err := doc(c)
		if err != nil {
			return err
		}
		rows = append(rows, []any{int64(c.ID), int64(c.Organization), customerWords(c), d})
		identities = append(identities, []any{i.Value, string(i.Kind), int64(c.ID)})
		k.people[i.Key()], k.customers[c.ID] = c.ID, c
	}
	if err := k.insert("INSERT INTO customers (id, organization, words, doc)", "", rows); err != nil {
		return err
	}
	inOrder(identities, 2)
	return k.insert("INSERT INTO identities (value, kind, customer)", "", identities)
}

// reachable notes what a contact tells of an address: a report that nothing can be delivered there
// marks it, and a mail that a person wrote from there takes the mark away. A report may mark only who
// takes part in the ticket that it is about.
func (k *intake) reachable(in ticket.Inbound, t *ticket.Ticket) {
	i, reason := in.From, ""
	switch b := in.Bounce; {
	case in.Past != nil:
		return
	case b != nil:
		i, reason = customer.Identity{Kind: customer.Email, Value: b.To}, b.Reason
		if b.Kind != ticket.BounceFailed || !b.Hard || b.To == "" || !t.Has(i) {
			return
		}
	case in.Auto || in.Doubt != "":
		return
	}
	c, known := k.customers[k.people[i.Key()]]
	if _, marked := c.Undeliverable[i.Value]; !known || marked == (reason != "") {
		return
	}
	what := "deliverable"
	c.Undeliverable = maps.Clone(c.Undeliverable)
	if delete(c.Undeliverable, i.Value); reason != "" {
		if what = "undeliverable"; c.Undeliverable == nil {
			c.Undeliverable = map[string]customer.Undeliverable{}
		}
		c.Undeliverable[i.Value] = customer.Undeliverable{Since: k.now, Reason: reason}
	}
	k.customers[c.ID] = c
	k.marked = append(k.marked, mark{c.ID, i.Value, c.Undeliverable[i.Value]})
	k.fx.Events = append(k.fx.Events, ticket.Event{Ticket: t.ID, Kind: what, By: ticket.Gateway, At: k.now,
		Data: map[string]string{"address": i.Value, "reason": reason}})
}

// mark is what is known of an address from now on.
type mark struct {
	who     customer.ID
	address string
	is      customer.Undeliverable // zero: it can be reached
}

// saveMarks changes the customers themselves, who may have changed since they were looked up.
func (k *intake) saveMarks() error {
	slices.SortStableFunc(k.marked, func(a, b mark) int { return int(a.who - b.who) })
	for _, m := range k.marked {
		c, err := k.lockCustomer(m.who)
		if err != nil {
			return err
		}
		if delete(c.Undeliverable, m.address); !m.is.Since.IsZero() {
			if c.Undeliverable == nil {
				c.Undeliverable = map[string]customer.Undeliverable{}
			}
			c.Undeliverable[m.address] = m.is
		}
		if err := k.saveCustomer(c); err != nil {
			return err
		}
	}
	return nil
}

// organizations finds or makes the organization of each domain that belongs to one.
func (k *intake) organizations(where []ticket.Belongs) (map[string]customer.OrganizationID, error) {
	found, titles := map[string]customer.OrganizationID{}, map[string]string{}
	var names, missing []string
	for _, b := range where {
		if b.Domain != "" && !customer.SharedDomain(b.Domain) {
			names, titles[b.Domain] = append(names, b.Domain), cmp.Or(b.Name, titles[b.Domain])
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 0 {
		return found, nil
	}
	err := k.each("SELECT domain, organization FROM domains WHERE domain IN TEXTS($1)", []any{k.s.db.list(names)},
		func(scan func(...any) error) error {
			var d string
			var id customer.OrganizationID
			err := scan(&d, &id)
			found[d] = id
			return err
		})
	if err != nil {
		return nil, err
	}
	for _, d := range names {
		if found[d] == 0 {
			missing = append(missing, d)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	ids, err := k.s.db.ids(k.ctx, k.runner, "organizations", len(missing), 0)
	if err != nil {
		return nil, err
	}
	var rows, domains [][]any
	for n, d := range missing {
		o := customer.Organization{ID: customer.OrganizationID(ids[n]), Name: cmp.Or(titles[d], d), Domains: []string{d}}
		text, err := doc(o)
		if err != nil {
			return nil, err
		}
		found[d] = o.ID
		rows = append(rows, []any{int64(o.ID), text})
		domains = append(domains, []any{d, int64(o.ID)})
	}
	if err := k.insert("INSERT INTO organizations (id, doc)", "", rows); err != nil {
		return nil, err
	}
	return found, k.insert("INSERT INTO domains (domain, organization)", "", domains)
}
