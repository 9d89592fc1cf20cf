package store

import (
	"errors"
	"slices"

	"tierline/customer"
)

// findPeople finds the customers who wrote, and makes those who are new.
func (k *intake) findPeople() error {
	k.people, k.customers = map[string]customer.ID{}, map[customer.ID]customer.Customer{}
	var values []string
	for _, in := range k.batch {
		if _, ok := k.seen[contactOf(in)]; !ok {
			values = append(values, in.From.Value)
		}
	}
	if len(values) == 0 {
		return nil
	}
	err := k.each("SELECT i.kind, i.value, c.id, c.doc FROM identities i JOIN customers c ON c.id = i.customer"+
		" WHERE i.value IN TEXTS($1)", []any{k.s.db.list(values)}, func(scan func(...any) error) error {
		var i customer.Identity
		var c customer.Customer
		var d string
		var id customer.ID
		if err := errors.Join(scan(&i.Kind, &i.Value, &id, &d), undoc(d, &c)); err != nil {
			return err
		}
		k.people[i.Key()], k.customers[id] = id, c
		return nil
	})
	if err != nil {
		return err
	}
	return k.addPeople()
}

// addPeople makes a customer of every sender who is not known, and puts them into the organization of
// their mail domain.
func (k *intake) addPeople() error {
	var who []customer.Customer
	place := map[string]int{} // of an identity in who
	for _, in := range k.batch {
		if _, ok := k.seen[contactOf(in)]; ok || k.people[in.From.Key()] != 0 {
			continue
		}
		if _, ok := place[in.From.Key()]; ok {
			continue
		}
		place[in.From.Key()] = len(who)
		who = append(who, customer.Customer{Name: in.From.Name, Language: in.Language,
			Identities: []customer.Identity{in.From}, Created: k.now})
	}
	if len(who) == 0 {
		return nil
	}
	domains, err := k.organizations(who)
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
		c.ID, c.Organization = customer.ID(ids[n]), domains[i.Domain()]
		d, err := doc(c)
		if err != nil {
			return err
		}
		rows = append(rows, []any{int64(c.ID), int64(c.Organization), d})
		identities = append(identities, []any{i.Value, string(i.Kind), int64(c.ID)})
		k.people[i.Key()], k.customers[c.ID] = c.ID, c
	}
	if err := k.insert("INSERT INTO customers (id, organization, doc)", "", rows); err != nil {
		return err
	}
	inOrder(identities, 2)
	return k.insert("INSERT INTO identities (value, kind, customer)", "", identities)
}

// organizations finds or makes the organization of each mail domain that belongs to one.
func (k *intake) organizations(who []customer.Customer) (map[string]customer.OrganizationID, error) {
	found := map[string]customer.OrganizationID{}
	var names, missing []string
	for _, c := range who {
		if d := c.Identities[0].Domain(); d != "" && !customer.SharedDomain(d) {
			names = append(names, d)
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
		o := customer.Organization{ID: customer.OrganizationID(ids[n]), Name: d, Domains: []string{d}}
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
