package web

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/ticket"
)

// Listings answer items and, when there are more, what to ask for next.
type (
	ticketList struct {
		Items []ticket.Ticket `json:"items"`
		Next  string          `json:"next,omitempty"` // pass as after
	}
	messageList struct {
		Items []ticket.Message `json:"items"`
		Next  int              `json:"next,omitempty"`
	}
	eventList struct {
		Items []ticket.Event `json:"items"`
		Next  int64          `json:"next,omitempty"`
	}
)

// ActionRequest is what the API may do to a ticket. Without Agent it is done in the name of the key;
// with it, in the name of that member of staff (a mail address), whose roles then decide. Taking,
// escalating and answering a page are done by people only.
type ActionRequest struct {
	Kind      ticket.ActionKind  `json:"kind"`
	Rev       int64              `json:"rev,omitempty"` // the rev that was seen; 0 does not care
	Agent     string             `json:"agent,omitempty"`
	Text      string             `json:"text,omitempty"`
	Note      *ticket.NoteFields `json:"note,omitempty"`
	Tier      string             `json:"tier,omitempty"`
	Owner     string             `json:"owner,omitempty"`
	Reason    string             `json:"reason,omitempty"`
	Subject   string             `json:"subject,omitempty"`
	Diagnosis string             `json:"diagnosis,omitempty"`
	Language  string             `json:"language,omitempty"`
	Priority  ticket.Priority    `json:"priority,omitempty"`
	Tags      []string           `json:"tags,omitempty"`
	Units     []string           `json:"units,omitempty"`
	Article   string             `json:"article,omitempty"`
	Verdict   string             `json:"verdict,omitempty"`
	Page      int                `json:"page,omitempty"`
	Severity  ticket.Priority    `json:"severity,omitempty"` // of a page; default: the ticket's priority
	Minutes   int                `json:"minutes,omitempty"`  // of need and snooze
	Seq       int                `json:"seq,omitempty"`      // the answer to withdraw
	Handoff   *ticket.Handoff    `json:"handoff,omitempty"`  // of an escalation
	Seqs      []int              `json:"seqs,omitempty"`     // the messages to split off or to move
	Other     ticket.ID          `json:"other,omitempty"`    // the ticket to merge or move into
	Event     int64              `json:"event,omitempty"`    // the event of a merge, split or move to undo
	About     ticket.About       `json:"about,omitempty"`    // of a complaint: policy or conduct
	Policy    string             `json:"policy,omitempty"`   // likewise: its name
	Number    int                `json:"number,omitempty"`   // of the question, or the complaint, to answer
	Stay      bool               `json:"stay,omitempty"`     // of a reply: it is ours to act still
	At        time.Time          `json:"at,omitzero"`        // to when a steady update is postponed
	Supply    *SupplyRequest     `json:"supply,omitempty"`   // of supplier: to whom, and what is known of it there
	Without   []string           `json:"without,omitempty"`  // mail addresses of participants to leave out of answers
}

// SupplyRequest says to whom a case is given. Sent again for the same supplier, it changes what is not empty.
type SupplyRequest struct {
	Supplier  string    `json:"supplier"`
	Reference string    `json:"reference,omitempty"` // theirs
	Asked     string    `json:"asked,omitempty"`     // what they are to do
	Expected  time.Time `json:"expected,omitzero"`   // when it is to be back; left out: by their lead time
}

func (r ActionRequest) action(id ticket.ID) ticket.Action {
	a := ticket.Action{Kind: r.Kind, Ticket: id, Rev: r.Rev, Text: r.Text, Note: r.Note, Tier: r.Tier, Owner: r.Owner,
		Reason: r.Reason, Subject: r.Subject, Diagnosis: r.Diagnosis, Language: r.Language, Priority: r.Priority,
		Tags: r.Tags, Units: r.Units, Article: r.Article, Verdict: r.Verdict, Page: r.Page, Severity: r.Severity,
		Wait: time.Duration(min(max(r.Minutes, 0), 1440)) * time.Minute,
		Seq:  r.Seq, Seqs: r.Seqs, Other: r.Other, Event: r.Event, Handoff: r.Handoff,
		About: r.About, Policy: r.Policy, Number: r.Number, Stay: r.Stay, At: r.At}
	if s := r.Supply; s != nil {
		a.Supply = &ticket.Supply{Supplier: s.Supplier, Reference: s.Reference, Asked: s.Asked, Expected: s.Expected}
	}
	for _, address := range r.Without {
		a.Without = append(a.Without, customer.Identity{Kind: customer.Email, Value: strings.ToLower(address)})
	}
	return a
}

// actionKinds are those that the API offers; byKey says whether a key may do it in its own name.
func actionKinds() map[ticket.ActionKind]bool {
	return map[ticket.ActionKind]bool{
		ticket.ActReply: true, ticket.ActNote: true, ticket.ActAssign: true, ticket.ActSolve: true,
		ticket.ActReopen: true, ticket.ActClose: true, ticket.ActHold: true, ticket.ActSet: true, ticket.ActVerdict: true,
		ticket.ActMerge: true, ticket.ActSplit: true, ticket.ActMove: true, ticket.ActUndo: true, ticket.ActWithdraw: true,
		ticket.ActSupplier: true, ticket.ActSupplied: true, ticket.ActVerify: true, ticket.ActInform: false, ticket.ActHeard: false,
		ticket.ActTake: false, ticket.ActEscalate: false, ticket.ActPage: true, ticket.ActAccept: false,
		ticket.ActNeed: false, ticket.ActHand: false, ticket.ActSnooze: false,
		ticket.ActPostpone: true, ticket.ActAsk: false, ticket.ActAnswer: false, ticket.ActComplain: true, ticket.ActAmends: false,
		ticket.ActDecline: false, ticket.ActReturn: false, ticket.ActJoin: false, ticket.ActRelease: false,
	}
}

func (s *Server) apiTickets(c *fiber.Ctx) error {
	q := query{c: c}
	f := filterOf(&q)
	f.Since = q.time("since")
	if q.err != nil {
		return q.err
	}
	ask := f
	ask.Limit = min(f.Limit+1, ticket.MaxPage)
	list, err := s.d.Store.Tickets(c.UserContext(), ask)
	if err != nil {
		return err
	}
	out := ticketList{}
	out.Items, out.Next = firstPage(list, f.Limit, func(t ticket.Ticket) string { return t.ID.String() })
	return c.JSON(out)
}

// filterOf reads the filter that the API and the console share.
func filterOf(q *query) ticket.Filter {
	return ticket.Filter{States: q.states("state"), Tier: q.text("tier"), Queue: q.text("queue"), Owner: q.text("owner"),
		Unowned: q.flag("unowned"), Customer: customer.ID(q.number("customer")), Unit: normalUnit(q.text("unit")),
		Channel: q.text("channel"), Text: q.text("text"), After: q.ticket("after"), Limit: q.limit(ticket.DefaultPage)}
}

func normalUnit(s string) string {
	if s == "" {
		return ""
	}
	return customer.NormalSerial(s)
}

// firstPage cuts a listing that was asked for with one row more than limit, and says where it goes
// on. At the greatest limit no row more can be asked for: a full page then always has a next.
func firstPage[T any, N comparable](list []T, limit int, after func(T) N) (items []T, next N) {
	if list == nil {
		list = []T{}
	}
	if len(list) > limit {
		list = list[:limit]
		return list, after(list[limit-1])
	}
	if limit == ticket.MaxPage && len(list) == limit {
		return list, after(list[limit-1])
	}
	return list, next
}

func oneMore(limit int) int { return min(limit+1, ticket.MaxPage) }

func (s *Server) apiTicket(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	t, err := s.d.Store.Ticket(c.UserContext(), id)
	if err != nil {
		return err
	}
	return c.JSON(t)
}

// partOf is which page is asked for of a ticket that there is.
func (s *Server) partOf(c *fiber.Ctx) (id ticket.ID, after int64, limit int, err error) {
	if id, err = pathTicket(c); err != nil {
		return id, 0, 0, err
	}
	q := query{c: c}
	after, limit = q.number("after"), q.limit(ticket.DefaultPage)
	if q.err != nil {
		return id, 0, 0, q.err
	}
	_, err = s.d.Store.Ticket(c.UserContext(), id)
	return id, after, limit, err
}

func (s *Server) apiMessages(c *fiber.Ctx) error {
	id, after, limit, err := s.partOf(c)
	if err != nil {
		return err
	}
	list, err := s.d.Store.Messages(c.UserContext(), id, int(after), oneMore(limit))
	if err != nil {
		return err
	}
	out := messageList{}
	out.Items, out.Next = firstPage(list, limit, func(m ticket.Message) int { return m.Seq })
	return c.JSON(out)
}

func (s *Server) apiEvents(c *fiber.Ctx) error {
	id, after, limit, err := s.partOf(c)
	if err != nil {
		return err
	}
	list, err := s.d.Store.Events(c.UserContext(), id, after, oneMore(limit))
	if err != nil {
		return err
	}
	out := eventList{}
	out.Items, out.Next = firstPage(list, limit, func(e ticket.Event) int64 { return e.ID })
	return c.JSON(out)
}

func (s *Server) apiAct(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	var r ActionRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	alone, known := actionKinds()[r.Kind]
	if !known {
		return invalid("The API knows no action %.40q.", string(r.Kind))
	}
	return s.actFor(c, r.Agent, alone, r.action(id))
}

// actFor does something in the name of a member of staff, or, where it may be done alone, of the key.
func (s *Server) actFor(c *fiber.Ctx, agent string, alone bool, a ticket.Action) error {
	t, err := s.actBy(c, agent, alone, a)
	if err != nil {
		return err
	}
	return c.JSON(t)
}

func (s *Server) actBy(c *fiber.Ctx, agent string, alone bool, a ticket.Action) (t ticket.Ticket, err error) {
	w := callerOf(c)
	if k := c.Get("Idempotency-Key"); k != "" {
		if len(k) > 200 {
			return t, invalid("The Idempotency-Key is longer than 200 characters.")
		}
		a.Key = strings.Join([]string{"api", w.key.Name, a.Ticket.String(), k}, ":")
	}
	if agent == "" {
		if !alone {
			return t, invalid("This is done by people: say by whom with agent, the mail address of a member of staff.")
		}
		a.By = w.actor()
		return s.d.Store.Act(c.UserContext(), a)
	}
	by, err := s.d.Backend.AgentBy("", agent)
	if err != nil {
		return t, err
	}
	return s.d.Backend.Act(c.UserContext(), by, a)
}
