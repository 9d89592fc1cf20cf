package web

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/ticket"
)

// mayMerge are those who may say that two records are one person: whoever may merge tickets.
func mayMerge() []ticket.Role { return ticket.RightWork.Roles() }

type customersPage struct {
	page
	Items []customer.Customer
	Text  string
	Next  string
	Same  *customer.Customer // the record for which the same person is looked for
}

// shownTickets is how many of a customer's tickets their page shows.
const shownTickets = 10

func (s *Server) customerList(c *fiber.Ctx) error {
	q := query{c: c}
	text, after, same := q.text("q"), q.number("after"), q.number("same")
	if q.err != nil {
		return q.err
	}
	const rows = 50
	list, err := s.d.Store.Customers(c.UserContext(), text, customer.ID(after), rows+1)
	if err != nil {
		return err
	}
	p := customersPage{page: s.page(c, "Customers", "customers"), Text: text}
	if same != 0 {
		x, err := s.d.Store.Customer(c.UserContext(), customer.ID(same))
		if err != nil {
			return err
		}
		p.Same = &x
	}
	var next customer.ID
	p.Items, next = firstPage(list, rows, func(x customer.Customer) customer.ID { return x.ID })
	if next != 0 {
		p.Next = nextQuery(c, "after", ticketless(int64(next)))
	}
	return s.render(c, "customers", p)
}

// record is a customer as the pages show them.
type record struct {
	customer.Customer
	Organization customer.Organization
	Identities   []identity
	Tickets      []ticket.Ticket
	Known        []customer.Customer // their aliases
}

type identity struct {
	customer.Identity
	Undeliverable *customer.Undeliverable
}

type customerPage struct {
	page
	P        record
	MayMerge bool
	MayBlock bool
	Same     []customer.Customer // who may be the same person, by name
}

func (s *Server) customerPage(c *fiber.Ctx) error {
	p, err := s.recordAt(c)
	if err != nil {
		return err
	}
	a := callerOf(c).agent
	v := customerPage{page: s.page(c, p.Title(), "customers"), P: p, MayMerge: a.Is(mayMerge()...), MayBlock: a.Is(mayBlock()...)}
	if v.MayMerge && p.AliasOf == 0 && len(p.Name) > 2 {
		list, err := s.d.Store.Customers(c.UserContext(), p.Name, 0, 20)
		if err != nil {
			return err
		}
		for _, x := range list {
			if x.ID != p.ID && x.AliasOf == 0 && len(v.Same) < 5 {
				v.Same = append(v.Same, x)
			}
		}
	}
	return s.render(c, "customer", v)
}

// Title is what people call them.
func (p record) Title() string { return named(p.Customer) }

// named is what people call a customer.
func named(x customer.Customer) string {
	switch {
	case x.Name != "":
		return x.Name
	case len(x.Identities) > 0:
		return x.Identities[0].Value
	}
	return "Customer " + strconv.FormatInt(int64(x.ID), 10)
}

func (s *Server) recordAt(c *fiber.Ctx) (record, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return record{}, err
	}
	return s.recordOf(c.UserContext(), customer.ID(id))
}

func (s *Server) recordOf(ctx context.Context, id customer.ID) (p record, err error) {
	if p.Customer, err = s.d.Store.Customer(ctx, id); err != nil {
		return p, err
	}
	for _, i := range p.Customer.Identities {
		shown := identity{Identity: i}
		if u, ok := p.Undeliverable[i.Value]; ok && i.Kind == customer.Email {
			shown.Undeliverable = &u
		}
		p.Identities = append(p.Identities, shown)
	}
	if p.Customer.Organization != 0 {
		if p.Organization, err = s.d.Store.Organization(ctx, p.Customer.Organization); err != nil && ticket.KindOf(err) != ticket.NotFound {
			return p, err
		}
	}
	for _, alias := range p.Aliases {
		x, err := s.d.Store.Customer(ctx, alias)
		if err != nil {
			return p, err
		}
		p.Known = append(p.Known, x)
	}
	p.Tickets, err = s.d.Store.Tickets(ctx, ticket.Filter{Customer: id, Limit: shownTickets})
	return p, err
}

type mergePage struct {
	page
	Alias, Of record
}

// mergeAsk shows both records before one counts as the other.
func (s *Server) mergeAsk(c *fiber.Ctx) error {
	alias, err := s.recordAt(c)
	if err != nil {
		return err
	}
	q := query{c: c}
	id := q.number("of")
	if q.err != nil || id == 0 || customer.ID(id) == alias.ID {
		return invalid("Choose another customer.")
	}
	of, err := s.recordOf(c.UserContext(), customer.ID(id))
	if err != nil {
		return err
	}
	for _, p := range []record{alias, of} {
		if p.AliasOf != 0 {
			return ticket.Errorf("web", ticket.Conflict, "%s counts as another customer already.", p.Title())
		}
	}
	return s.render(c, "customer_merge", mergePage{s.page(c, "One person?", "customers"), alias, of})
}

func (s *Server) customerMerge(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	of, err := strconv.ParseInt(c.FormValue("of"), 10, 64)
	if err != nil || of <= 0 || of == id {
		return invalid("Choose another customer.")
	}
	w := callerOf(c)
	if err := s.d.Store.MergeCustomers(c.UserContext(), customer.ID(id), customer.ID(of), w.actor()); err != nil {
		return err
	}
	s.log.Info("customers merged", "alias", id, "of", of, "by", w.name())
	return c.Redirect("/console/customers/"+ticketless(of)+"?done=merged", http.StatusSeeOther)
}

// unmergeAsk shows what becomes their own again.
func (s *Server) unmergeAsk(c *fiber.Ctx) error {
	alias, err := s.recordAt(c)
	if err != nil {
		return err
	}
	if alias.AliasOf == 0 {
		return ticket.Errorf("web", ticket.Conflict, "%s counts as nobody else.", alias.Title())
	}
	of, err := s.recordOf(c.UserContext(), alias.AliasOf)
	if err != nil {
		return err
	}
	return s.render(c, "customer_unmerge", mergePage{s.page(c, "Two people?", "customers"), alias, of})
}

func (s *Server) customerUnmerge(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	w := callerOf(c)
	if err := s.d.Store.UnmergeCustomer(c.UserContext(), customer.ID(id), w.actor()); err != nil {
		return err
	}
	s.log.Info("customers told apart", "alias", id, "by", w.name())
	return c.Redirect("/console/customers/"+ticketless(id)+"?done=unmerged", http.StatusSeeOther)
}
