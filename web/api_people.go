package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/ticket"
)

type (
	customerList struct {
		Items []customer.Customer `json:"items"`
		Next  int64               `json:"next,omitempty"`
	}
	mergeList struct {
		AliasOf int64               `json:"alias_of,omitempty"` // as whom the customer counts; absent: as themselves
		Aliases []customer.Customer `json:"aliases"`            // who count as the customer
	}
	blockList struct {
		Items []ticket.Block `json:"items"`
		Next  string         `json:"next,omitempty"`
	}
)

// MergeRequest says as whom a customer counts. Without Agent it is done in the name of the key; with it, in
// the name of that member of staff (a mail address), who must be allowed to.
type MergeRequest struct {
	Of    int64  `json:"of"`
	Agent string `json:"agent,omitempty"`
}

// UnmergeRequest takes a merge back.
type UnmergeRequest struct {
	Agent string `json:"agent,omitempty"`
}

// BlockRequest keeps a sender out.
type BlockRequest struct {
	Sender string    `json:"sender"` // a mail address, a telephone number with +, a domain, or a key such as slack:T1/U2
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"` // absent: for good
	Agent  string    `json:"agent,omitempty"`
}

func (s *Server) peopleOperations() []route {
	id := param{name: "id", in: inPath, kind: kindInt}
	return []route{
		{method: http.MethodGet, path: "/customers", who: key(CustomersRead), do: s.apiCustomers, doc: &operation{
			id: "listCustomers", summary: "List customers, oldest first", ok: http.StatusOK, result: customerList{},
			params: []param{{name: "text", kind: kindString, about: "Part of a name or of an identity."},
				{name: "after", kind: kindInt, about: "Goes on after this customer."}, limitParam()}}},
		{method: http.MethodGet, path: "/customers/:id/merges", who: key(CustomersRead), do: s.apiMerges, doc: &operation{
			id: "listMerges", summary: "As whom a customer counts, and who counts as them", params: []param{id}, ok: http.StatusOK, result: mergeList{}}},
		{method: http.MethodPost, path: "/customers/:id/merges", who: key(CustomersWrite), do: s.apiMerge, doc: &operation{
			id: "mergeCustomer", summary: "Make a customer count as another: they are one person", params: []param{id}, body: MergeRequest{},
			ok: http.StatusOK, result: customer.Customer{}}},
		{method: http.MethodPost, path: "/customers/:id/unmerge", who: key(CustomersWrite), do: s.apiUnmerge, doc: &operation{
			id: "unmergeCustomer", summary: "Take a merge back: identities and tickets are their own again", params: []param{id}, body: UnmergeRequest{},
			ok: http.StatusOK, result: customer.Customer{}}},
		{method: http.MethodGet, path: "/blocks", who: key(CustomersRead), do: s.apiBlocks, doc: &operation{
			id: "listBlocks", summary: "List senders who are kept out now, by key", ok: http.StatusOK, result: blockList{},
			params: []param{{name: "after", kind: kindString, about: "Goes on after this key."}, limitParam()}}},
		{method: http.MethodPost, path: "/blocks", who: key(CustomersWrite), do: s.apiBlock, doc: &operation{
			id: "block", summary: "Keep a sender out: what they send is recorded and opens no ticket", body: BlockRequest{}, ok: http.StatusNoContent}},
		{method: http.MethodDelete, path: "/blocks", who: key(CustomersWrite), do: s.apiUnblock, doc: &operation{
			id: "unblock", summary: "Let a sender in again", ok: http.StatusNoContent,
			params: []param{{name: "sender", kind: kindString, about: "As it was blocked, or its key."},
				{name: "agent", kind: kindString, about: "In whose name: the mail address of a member of staff."}}}},
		{method: http.MethodGet, path: "/audit", who: key(CustomersRead), do: s.apiAudit, doc: &operation{
			id: "listAudit", summary: "What was done to no ticket: merges of customers, blocks, changes of the roster; oldest first", ok: http.StatusOK, result: eventList{},
			params: []param{{name: "after", kind: kindInt, about: "Goes on after this event."}, limitParam()}}},
	}
}

// onBehalf is in whose name a request acts: the key's, or that of a member of staff with one of the roles.
func (s *Server) onBehalf(c *fiber.Ctx, agent string, roles []ticket.Role) (ticket.Actor, error) {
	if agent == "" {
		return callerOf(c).actor(), nil
	}
	a, err := s.d.Backend.AgentBy("", agent)
	if err == nil && !a.Is(roles...) {
		err = ticket.Errorf("web", ticket.Denied, "%s may not do that.", a.Name)
	}
	return a.Actor(), err
}

func (s *Server) apiCustomers(c *fiber.Ctx) error {
	q := query{c: c}
	text, after, limit := q.text("text"), q.number("after"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return q.err
	}
	list, err := s.d.Store.Customers(c.UserContext(), text, customer.ID(after), oneMore(limit))
	if err != nil {
		return err
	}
	out := customerList{}
	var next customer.ID
	out.Items, next = firstPage(list, limit, func(x customer.Customer) customer.ID { return x.ID })
	out.Next = int64(next)
	return c.JSON(out)
}

func (s *Server) apiMerges(c *fiber.Ctx) error {
	p, err := s.recordAt(c)
	if err != nil {
		return err
	}
	return c.JSON(mergeList{AliasOf: int64(p.AliasOf), Aliases: slices.Concat([]customer.Customer{}, p.Known)})
}

func (s *Server) apiMerge(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var r MergeRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	if r.Of <= 0 {
		return invalid("Say with of as whom the customer counts.")
	}
	by, err := s.onBehalf(c, r.Agent, mayMerge())
	if err == nil {
		err = s.d.Store.MergeCustomers(c.UserContext(), customer.ID(id), customer.ID(r.Of), by)
	}
	if err != nil {
		return err
	}
	s.log.Info("customers merged", "alias", id, "of", r.Of, "by", callerOf(c).name())
	return s.answerCustomer(c, customer.ID(r.Of))
}

func (s *Server) apiUnmerge(c *fiber.Ctx) error {
	id, err := pathID(c, "id")
	if err != nil {
		return err
	}
	var r UnmergeRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	by, err := s.onBehalf(c, r.Agent, mayMerge())
	if err == nil {
		err = s.d.Store.UnmergeCustomer(c.UserContext(), customer.ID(id), by)
	}
	if err != nil {
		return err
	}
	s.log.Info("customers told apart", "alias", id, "by", callerOf(c).name())
	return s.answerCustomer(c, customer.ID(id))
}

func (s *Server) apiBlocks(c *fiber.Ctx) error {
	q := query{c: c}
	after, limit := q.text("after"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return q.err
	}
	list, err := s.d.Store.Blocks(c.UserContext(), after, oneMore(limit))
	if err != nil {
		return err
	}
	out := blockList{}
	out.Items, out.Next = firstPage(list, limit, func(b ticket.Block) string { return b.Key })
	return c.JSON(out)
}

func (s *Server) apiBlock(c *fiber.Ctx) error {
	var r BlockRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	b := ticket.Block{Key: ticket.SenderKey(r.Sender), Reason: strings.TrimSpace(r.Reason), Until: r.Until}
	if err := b.Why(); err != nil {
		return err
	}
	var err error
	if b.By, err = s.onBehalf(c, r.Agent, mayBlock()); err == nil {
		err = s.d.Store.Block(c.UserContext(), b)
	}
	if err != nil {
		return err
	}
	s.log.Info("a sender is blocked", "until", b.Until, "by", callerOf(c).name())
	return c.SendStatus(http.StatusNoContent)
}

func (s *Server) apiUnblock(c *fiber.Ctx) error {
	q := query{c: c}
	sender, agent := q.text("sender"), q.text("agent")
	if q.err != nil {
		return q.err
	}
	by, err := s.onBehalf(c, agent, mayBlock())
	if err == nil {
		err = s.d.Store.Unblock(c.UserContext(), ticket.SenderKey(sender), by)
	}
	if err != nil {
		return err
	}
	s.log.Info("a sender is let in again", "by", callerOf(c).name())
	return c.SendStatus(http.StatusNoContent)
}

func (s *Server) apiAudit(c *fiber.Ctx) error {
	q := query{c: c}
	after, limit := q.number("after"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return q.err
	}
	list, err := s.d.Store.Events(c.UserContext(), 0, after, oneMore(limit))
	if err != nil {
		return err
	}
	out := eventList{}
	out.Items, out.Next = firstPage(list, limit, func(e ticket.Event) int64 { return e.ID })
	return c.JSON(out)
}
