package web

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/router"
)

// EnrolRequest is a customer as another system knows them. What is left out stays as it is.
type EnrolRequest struct {
	Email        string                     `json:"email,omitempty"` // this or phone is needed
	Phone        string                     `json:"phone,omitempty"` // E.164, with its plus sign
	Name         *string                    `json:"name,omitempty"`
	Language     *string                    `json:"language,omitempty"`
	Attributes   map[string]*string         `json:"attributes,omitempty"` // an attribute of null goes
	Organization customer.OrganizationPatch `json:"organization,omitzero"`
	Domains      []string                   `json:"domains,omitempty"` // by which the organization is known; left out: the mail address's own
}

type supplierList struct {
	Items []router.SupplierFigures `json:"items"`
}

func (s *Server) enrolOperations() []route {
	id := param{name: "id", in: inPath, kind: kindInt}
	return []route{
		{method: http.MethodPost, path: "/customers", who: key(CustomersWrite), do: s.apiEnrol, doc: &operation{
			id: "enrolCustomer", summary: "Find a customer by mail address or telephone number, or make them, and change what is stored of them",
			body: EnrolRequest{}, ok: http.StatusOK, result: customer.Customer{}}},
		{method: http.MethodPatch, path: "/customers/:id", who: key(CustomersWrite), do: s.apiPatchCustomer, doc: &operation{
			id: "patchCustomer", summary: "Change what is stored of a customer; an attribute of null goes", params: []param{id},
			body: customer.Patch{}, ok: http.StatusOK, result: customer.Customer{}}},
		{method: http.MethodGet, path: "/organizations/:id", who: key(CustomersRead), do: s.apiOrganization, doc: &operation{
			id: "getOrganization", summary: "Get an organization", params: []param{id}, ok: http.StatusOK, result: customer.Organization{}}},
		{method: http.MethodPatch, path: "/organizations/:id", who: key(CustomersWrite), do: s.apiPatchOrganization, doc: &operation{
			id: "patchOrganization", summary: "Change what is stored of an organization; an attribute of null goes", params: []param{id},
			body: customer.OrganizationPatch{}, ok: http.StatusOK, result: customer.Organization{}}},
		{method: http.MethodGet, path: "/suppliers", who: key(TicketsRead), do: s.apiSuppliers, doc: &operation{
			id: "listSuppliers", summary: "How long suppliers take, and what they have", ok: http.StatusOK, result: supplierList{},
			params: []param{{name: "days", kind: kindInt, about: "Cases given to them in so many days (90), and those they still have.", min: 1, max: 3660}}}},
	}
}

func (s *Server) apiPatchCustomer(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var p customer.Patch
	if err := readJSON(c, &p); err != nil {
		return err
	}
	out, err := s.d.Store.PatchCustomer(c.UserContext(), customer.ID(id), p)
	if err != nil {
		return err
	}
	s.log.Info("customer changed", "customer", out.ID, "by", callerOf(c).name())
	return c.JSON(out)
}

func (s *Server) apiEnrol(c *fiber.Ctx) error {
	var r EnrolRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	rec := customer.Record{Patch: customer.Patch{Name: r.Name, Language: r.Language, Attributes: r.Attributes}, Organization: r.Organization, Domains: r.Domains}
	if r.Email != "" {
		rec.Identities = append(rec.Identities, customer.Identity{Kind: customer.Email, Value: r.Email})
	}
	if r.Phone != "" {
		rec.Identities = append(rec.Identities, customer.Identity{Kind: customer.Phone, Value: r.Phone})
	}
	if len(r.Domains) > 100 {
		return invalid("More than 100 domains.")
	}
	out, created, err := s.d.Store.Enrol(c.UserContext(), rec)
	if err != nil {
		return err
	}
	s.log.Info("customer enrolled", "customer", out.ID, "created", created, "by", callerOf(c).name())
	return c.JSON(out)
}

func (s *Server) apiOrganization(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	o, err := s.d.Store.Organization(c.UserContext(), customer.OrganizationID(id))
	if err != nil {
		return err
	}
	return c.JSON(o)
}

func (s *Server) apiPatchOrganization(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var p customer.OrganizationPatch
	if err := readJSON(c, &p); err != nil {
		return err
	}
	o, err := s.d.Store.PatchOrganization(c.UserContext(), customer.OrganizationID(id), p)
	if err != nil {
		return err
	}
	s.log.Info("organization changed", "organization", o.ID, "by", callerOf(c).name())
	return c.JSON(o)
}

func (s *Server) apiSuppliers(c *fiber.Ctx) error {
	q := query{c: c}
	days := q.number("days")
	if q.err != nil {
		return q.err
	}
	if days == 0 {
		days = 90
	}
	if days < 1 || days > 3660 {
		return invalid("days is 1 to 3660.")
	}
	out := supplierList{Items: []router.SupplierFigures{}}
	if s.d.Suppliers != nil {
		list, err := s.d.Suppliers(c.UserContext(), s.now().Add(-time.Duration(days)*24*time.Hour))
		if err != nil {
			return err
		}
		out.Items = append(out.Items, list...)
	}
	return c.JSON(out)
}
