package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/router"
	"tierline/ticket"
)

type promiseList struct {
	Items []ticket.Promise `json:"items"`
}

// PromiseRequest makes a promise. Without Agent it is made in the name of the key.
type PromiseRequest struct {
	Kind  ticket.PromiseKind `json:"kind"` // callback, update or fix
	What  string             `json:"what,omitempty"`
	Due   time.Time          `json:"due"`
	Tell  bool               `json:"tell,omitempty"`  // the customer is told, in their language
	Agent string             `json:"agent,omitempty"` // the mail address of a member of staff
}

// PromiseChange moves a promise (Due), or ends it (State kept, or withdrawn for a Reason). One that moves is
// told to the customer: in your Text, or in ours.
type PromiseChange struct {
	Due    time.Time           `json:"due,omitzero"`
	State  ticket.PromiseState `json:"state,omitempty"`
	Reason string              `json:"reason,omitempty"`
	Text   string              `json:"text,omitempty"`
	Agent  string              `json:"agent,omitempty"`
}

func (s *Server) careOperations() []route {
	id := param{name: "id", in: inPath, kind: kindTicket, about: "A ticket's number, T-1042 or 1042."}
	again := param{name: "Idempotency-Key", in: inHeader, kind: kindString,
		about: "A second request with the same key changes nothing and answers the ticket as it is."}
	return []route{
		{method: http.MethodGet, path: "/tickets/:id/eta", who: key(TicketsRead), do: s.apiETA, doc: &operation{
			id: "getETA", summary: "When it may be solved: by a promise, or by what like cases took", params: []param{id},
			ok: http.StatusOK, result: ticket.ETA{}}},
		{method: http.MethodGet, path: "/tickets/:id/promises", who: key(TicketsRead), do: s.apiPromises, doc: &operation{
			id: "listPromises", summary: "List the promises of a ticket, in order", params: []param{id}, ok: http.StatusOK, result: promiseList{}}},
		{method: http.MethodPost, path: "/tickets/:id/promises", who: key(TicketsWrite), do: s.apiPromise, doc: &operation{
			id: "makePromise", summary: "Make a promise to the customer", params: []param{id, again}, body: PromiseRequest{},
			ok: http.StatusOK, result: ticket.Ticket{}}},
		{method: http.MethodPatch, path: "/tickets/:id/promises/:number", who: key(TicketsWrite), do: s.apiPromiseChange, doc: &operation{
			id: "changePromise", summary: "Move, keep or take back a promise",
			params: []param{id, {name: "number", in: inPath, kind: kindInt}, again}, body: PromiseChange{}, ok: http.StatusOK, result: ticket.Ticket{}}},
		{method: http.MethodGet, path: "/reports/care", who: key(TicketsRead), do: s.apiCare, doc: &operation{
			id: "careReport", summary: "Count promises, unclear notes, updates, complaints and abuse; each number names its tickets",
			params: []param{{name: "since", kind: kindTime, about: "Default: 30 days ago."}, {name: "until", kind: kindTime, about: "Default: now."}},
			ok:     http.StatusOK, result: router.Report{}}},
	}
}

func (s *Server) apiETA(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	t, err := s.d.Store.Ticket(c.UserContext(), id)
	if err != nil {
		return err
	}
	e, err := s.d.Backend.ETA(c.UserContext(), t)
	if err != nil {
		return err
	}
	return c.JSON(e)
}

func (s *Server) apiPromises(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	t, err := s.d.Store.Ticket(c.UserContext(), id)
	if err != nil {
		return err
	}
	if t.Promises == nil {
		t.Promises = []ticket.Promise{}
	}
	return c.JSON(promiseList{t.Promises})
}

func (s *Server) apiPromise(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	var r PromiseRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	return s.actFor(c, r.Agent, true, ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: r.Kind, What: r.What, Due: r.Due, Tell: r.Tell}})
}

func (s *Server) apiPromiseChange(c *fiber.Ctx) error {
	id, err := pathTicket(c)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.Params("number"))
	if err != nil || number < 1 {
		return notFound("There is no promise %.20q.", c.Params("number"))
	}
	var r PromiseChange
	if err := readJSON(c, &r); err != nil {
		return err
	}
	a := ticket.Action{Ticket: id, Promise: &ticket.Promise{Number: number, Due: r.Due}, Reason: r.Reason, Text: r.Text}
	switch {
	case r.State == "" && !r.Due.IsZero():
		a.Kind = ticket.ActRepromise
	case r.State == ticket.PromiseKept && r.Due.IsZero():
		a.Kind = ticket.ActKeep
	case r.State == ticket.PromiseWithdrawn && r.Due.IsZero():
		a.Kind = ticket.ActUnpromise
	default:
		return invalid("Give a new due time, or the state kept or withdrawn.")
	}
	return s.actFor(c, r.Agent, true, a)
}

func (s *Server) apiCare(c *fiber.Ctx) error {
	since, until, err := s.lately(c)
	if err != nil {
		return err
	}
	r, err := router.CareReport(c.UserContext(), s.d.Store, since, until)
	if err != nil {
		return err
	}
	return c.JSON(r)
}

// reportDays is how far back a report looks when nothing else is asked for.
const reportDays = 30

func (s *Server) lately(c *fiber.Ctx) (since, until time.Time, err error) {
	q := query{c: c}
	since, until = q.time("since"), q.time("until")
	if until.IsZero() {
		until = s.now()
	}
	if since.IsZero() {
		since = until.AddDate(0, 0, -reportDays)
	}
	if q.err == nil && !since.Before(until) {
		q.fault("since is before until.")
	}
	return since, until, q.err
}

type carePage struct {
	page
	Report router.Report
	Days   int
	Spans  []int
	Ends   string // the date on which the days end; "" is now
}

// reportPage shows the care report of the last days.
func (s *Server) reportPage(c *fiber.Ctx) error {
	q := query{c: c}
	days := int(q.number("days"))
	switch {
	case q.err != nil || days > 366:
		return invalid("A report is of 1 to 366 days.")
	case days == 0:
		days = reportDays
	}
	until, ends, err := s.until(c)
	if err != nil {
		return err
	}
	r, err := router.CareReport(c.UserContext(), s.d.Store, until.AddDate(0, 0, -days), until)
	if err != nil {
		return err
	}
	return s.render(c, "care", carePage{page: s.page(c, "Promises and complaints", "care"), Report: r, Days: days, Spans: []int{7, 30, 90, 366}, Ends: ends})
}

// until is when the days of a report end: now, or with a date that was asked for, in a zone.
func (s *Server) until(c *fiber.Ctx) (at time.Time, date string, err error) {
	at, date = s.now(), c.Query("until")
	if date == "" {
		return at, "", nil
	}
	zone, err := time.LoadLocation(c.Query("zone"))
	if err != nil || len(c.Query("zone")) > 60 {
		return at, "", invalid("%.60q is no time zone such as Europe/Berlin.", c.Query("zone"))
	}
	day, err := time.ParseInLocation(time.DateOnly, date, zone)
	if err != nil || day.After(at.AddDate(0, 0, 1)) {
		return at, "", invalid("The days end with a date such as 2026-03-16, and not in the future.")
	}
	return day, date, nil
}
