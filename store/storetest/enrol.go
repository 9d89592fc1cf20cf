package storetest

import (
	"testing"

	"tierline/customer"
	"tierline/ticket"
)

func text(s string) *string { return &s }

func enrolled(t *testing.T, w *world) {
	email := func(v string) customer.Identity { return customer.Identity{Kind: customer.Email, Value: v} }
	phone := customer.Identity{Kind: customer.Phone, Value: "+4930123456"}
	r := customer.Record{Identities: []customer.Identity{email("Joe@Acme.example"), phone},
		Patch:        customer.Patch{Name: text("Joe"), Language: text("de"), Attributes: map[string]*string{"region": text("emea"), "vip": text("yes")}},
		Organization: customer.OrganizationPatch{Name: text("Acme"), Plan: text("gold"), Attributes: map[string]*string{"tam": text("lena")}}}
	joe, created, err := w.a.Enrol(ctxOf(t), r)
	ok(t, err)
	equal(t, "created", created, true)
	org := must(w.a.Organization(ctxOf(t), joe.Organization))(t)
	equal(t, "plan", org.Plan, "gold")
	equal(t, "domain", org.Domains[0], "acme.example")
	equal(t, "attribute", org.Attributes["tam"], "lena")

	again, created, err := w.a.Enrol(ctxOf(t), customer.Record{Identities: []customer.Identity{email("joe@acme.example"), email("joe@home.example")},
		Patch: customer.Patch{Attributes: map[string]*string{"vip": nil}}})
	ok(t, err)
	equal(t, "created again", created, false)
	equal(t, "who", again.ID, joe.ID)
	equal(t, "name stays", again.Name, "Joe")
	equal(t, "region stays", again.Attributes["region"], "emea")
	equal(t, "attributes", len(again.Attributes), 1)
	equal(t, "identities", len(again.Identities), 3)
	equal(t, "found by the new one", must(w.a.CustomerBy(ctxOf(t), email("joe@home.example")))(t).ID, joe.ID)

	ann, _, err := w.a.Enrol(ctxOf(t), customer.Record{Identities: []customer.Identity{email("ann@acme.example")}})
	ok(t, err)
	equal(t, "one organization for a domain", ann.Organization, joe.Organization)
	_, _, err = w.a.Enrol(ctxOf(t), customer.Record{Identities: []customer.Identity{email("ann@acme.example"), phone}})
	kind(t, err, ticket.Conflict)
	_, _, err = w.a.Enrol(ctxOf(t), customer.Record{})
	kind(t, err, ticket.Invalid)
	bob, _, err := w.a.Enrol(ctxOf(t), customer.Record{Identities: []customer.Identity{email("bob@gmail.com")}})
	ok(t, err)
	equal(t, "people of a shared domain have none", bob.Organization, customer.OrganizationID(0))

	got := must(w.a.PatchCustomer(ctxOf(t), joe.ID, customer.Patch{Name: text("Joe B."), Attributes: map[string]*string{"region": text("apac")}}))(t)
	equal(t, "name", got.Name, "Joe B.")
	equal(t, "kept", must(w.a.Customer(ctxOf(t), joe.ID))(t).Attributes["region"], "apac")
	_, err = w.a.PatchCustomer(ctxOf(t), joe.ID, customer.Patch{Attributes: map[string]*string{"Not A Name": text("x")}})
	kind(t, err, ticket.Invalid)
	_, err = w.a.PatchCustomer(ctxOf(t), 4711, customer.Patch{})
	kind(t, err, ticket.NotFound)
	changed := must(w.a.PatchOrganization(ctxOf(t), joe.Organization, customer.OrganizationPatch{Plan: text("silver")}))(t)
	equal(t, "plan", changed.Plan, "silver")
	equal(t, "name stays", changed.Name, "Acme")
	_, err = w.a.PatchOrganization(ctxOf(t), 4711, customer.OrganizationPatch{})
	kind(t, err, ticket.NotFound)

	// Whoever writes from an address that was enrolled is that customer.
	id := accept(t, w.a, mail("joe@home.example", "<1>"))[0].Ticket
	tk := must(w.a.Ticket(ctxOf(t), id))(t)
	equal(t, "customer", tk.Customer, joe.ID)
	equal(t, "organization", tk.Organization, joe.Organization)
}
