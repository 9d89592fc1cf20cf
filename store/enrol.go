package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

// PatchCustomer changes what is stored of a customer; see [ticket.Enrolling].
func (s *Store) PatchCustomer(ctx context.Context, id customer.ID, p customer.Patch) (out customer.Customer, err error) {
	err = s.write(ctx, "store.PatchCustomer", func(t *tx) error {
		c, err := t.lockCustomer(id)
		if err == nil && c.AliasOf != 0 {
			c, err = t.lockCustomer(c.AliasOf)
		}
		if err != nil {
			return err
		}
		if out, err = p.Apply(c); err != nil {
			return told("store.PatchCustomer", err)
		}
		return t.saveCustomer(out)
	})
	return out, err
}

// PatchOrganization changes what is stored of an organization.
func (s *Store) PatchOrganization(ctx context.Context, id customer.OrganizationID, p customer.OrganizationPatch) (out customer.Organization, err error) {
	err = s.write(ctx, "store.PatchOrganization", func(t *tx) error {
		out, err = t.patchOrganization(id, p)
		return err
	})
	return out, err
}

func (t *tx) patchOrganization(id customer.OrganizationID, p customer.OrganizationPatch) (o customer.Organization, err error) {
	var d string
	if err = t.one("SELECT doc FROM organizations WHERE id=$1 FOR UPDATE", []any{int64(id)}, &d); err == nil {
		err = undoc(d, &o)
	}
	if err != nil {
		return o, err
	}
	if o, err = p.Apply(o); err != nil {
		return o, told("store.PatchOrganization", err)
	}
	return o, t.put("store.PatchOrganization", "organizations", false, int64(o.ID), o)
}

// Enrol takes in a customer as another system knows them; see [ticket.Enrolling].
func (s *Store) Enrol(ctx context.Context, r customer.Record) (out customer.Customer, created bool, err error) {
	const op = "store.Enrol"
	list := make([]customer.Identity, 0, len(r.Identities))
	for _, i := range r.Identities {
		n, err := i.Normal()
		if err != nil {
			return out, false, told(op, errors.New(strings.TrimPrefix(err.Error(), "customer: ")))
		}
		if n = person(n); !has(list, n) {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return out, false, ticket.Errorf(op, ticket.Invalid, "A customer is found by a mail address or a telephone number: there is none.")
	}
	err = s.write(ctx, op, func(t *tx) error {
		out, created, err = t.enrol(list, r)
		return err
	})
	return out, created, err
}

func (t *tx) enrol(list []customer.Identity, r customer.Record) (c customer.Customer, created bool, err error) {
	if c, err = t.knownBy(list); err != nil {
		return c, false, err
	}
	created = c.ID == 0
	if created {
		ids, err := t.s.db.ids(t.ctx, t.runner, "customers", 1, 0)
		if err != nil {
			return c, false, err
		}
		c.ID, c.Created = customer.ID(ids[0]), t.now
	}
	if c, err = r.Patch.Apply(c); err != nil {
		return c, false, told("store.Enrol", err)
	}
	if err = t.enrolOrganization(&c, list, r); err != nil {
		return c, false, err
	}
	var rows [][]any
	for _, i := range list {
		if !has(c.Identities, i) {
			c.Identities = append(c.Identities, i)
			rows = append(rows, []any{i.Value, string(i.Kind), int64(c.ID)})
		}
	}
	if err = t.onlyTheirs(c); err != nil {
		return c, false, err
	}
	if err = t.putCustomer(c, created); err != nil {
		return c, false, err
	}
	return c, created, t.insert("INSERT INTO identities (value, kind, customer)", "", rows)
}

// knownBy is the customer of one of the identities; zero when there is none. Two of whom are a Conflict.
func (t *tx) knownBy(list []customer.Identity) (c customer.Customer, err error) {
	for _, i := range list {
		var id customer.ID
		err := t.one("SELECT customer FROM identities WHERE value=$1 AND kind=$2", []any{i.Value, string(i.Kind)}, &id)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		var found customer.Customer
		if err == nil {
			found, err = t.lockCustomer(id)
		}
		if err == nil && found.AliasOf != 0 {
			found, err = t.lockCustomer(found.AliasOf)
		}
		switch {
		case err != nil:
			return c, err
		case c.ID != 0 && c.ID != found.ID:
			return c, ticket.Errorf("store.Enrol", ticket.Conflict, "%s and %s are two customers.", list[0].Value, i.Value)
		}
		c = found
	}
	return c, nil
}

// enrolOrganization finds, makes or changes the organization. Their own stays, whatever domain is named.
func (t *tx) enrolOrganization(c *customer.Customer, list []customer.Identity, r customer.Record) error {
	var domains []string
	for _, d := range r.Domains {
		if d = shortKey(strings.ToLower(strings.TrimSpace(d))); d != "" && !customer.SharedDomain(d) {
			domains = append(domains, d)
		}
	}
	if len(r.Domains) == 0 {
		for _, i := range list {
			if d := i.Domain(); d != "" && !customer.SharedDomain(d) {
				domains = append(domains, shortKey(d))
			}
		}
	}
	for _, d := range domains {
		if c.Organization != 0 {
			break
		}
		err := t.one("SELECT organization FROM domains WHERE domain=$1", []any{d}, &c.Organization)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	if c.Organization == 0 {
		if r.Organization.Empty() {
			return nil
		}
		ids, err := t.s.db.ids(t.ctx, t.runner, "organizations", 1, 0)
		if err != nil {
			return err
		}
		c.Organization = customer.OrganizationID(ids[0])
		o := customer.Organization{ID: c.Organization, Domains: domains}
		if len(domains) > 0 {
			o.Name = domains[0]
		}
		if err := t.put("store.Enrol", "organizations", true, int64(o.ID), o); err != nil {
			return err
		}
		var rows [][]any
		for _, d := range domains {
			rows = append(rows, []any{d, int64(o.ID)})
		}
		if err := t.insert("INSERT INTO domains (domain, organization)", "", rows); err != nil {
			return err
		}
	}
	if r.Organization.Empty() {
		return nil
	}
	_, err := t.patchOrganization(c.Organization, r.Organization)
	return err
}

// told is what is wrong with a record, as people read it.
func told(op string, err error) error {
	s := err.Error()
	return ticket.Errorf(op, ticket.Invalid, "%s.", strings.ToUpper(s[:1])+s[1:])
}
