package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

type (
	incidentList struct {
		Items []ticket.Incident `json:"items"`
		Next  string            `json:"next,omitempty"` // pass as after
	}
	incidentAnswer struct {
		Incident ticket.Incident `json:"incident"`
		Tally    ticket.Tally    `json:"tally"`
	}
	memberList struct {
		Items []ticket.Member `json:"items"`
		Next  string          `json:"next,omitempty"` // pass as after
	}
)

// IncidentRequest is what a client wants done to an incident.
type IncidentRequest struct {
	Do        ticket.IncidentDo `json:"do"` // propose, open, dismiss, link, unlink, instruct, update, withdraw, resolve or reopen
	Agent     string            `json:"agent"`
	Rev       int64             `json:"rev,omitempty"` // the rev that was seen; 0 does not care
	Title     string            `json:"title,omitempty"`
	Text      string            `json:"text,omitempty"`     // the instruction to agents
	Texts     map[string]string `json:"texts,omitempty"`    // to customers, by language, in Markdown
	Fallback  string            `json:"fallback,omitempty"` // the language that stands in for others
	Diagnosis string            `json:"diagnosis,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	Tickets   []string          `json:"tickets,omitempty"` // numbers such as T-1042
	Number    int               `json:"number,omitempty"`  // of an update
}

func (r IncidentRequest) action(id ticket.IncidentID) (ticket.IncidentAction, error) {
	a := ticket.IncidentAction{Do: r.Do, ID: id, Rev: r.Rev, Title: r.Title, Text: r.Text, Texts: r.Texts, Fallback: r.Fallback,
		Diagnosis: r.Diagnosis, Reason: r.Reason, Number: r.Number}
	for _, s := range r.Tickets {
		t, err := ticket.ParseID(s)
		if err != nil {
			return a, err
		}
		a.Tickets = append(a.Tickets, ticket.Candidate{Ticket: t})
	}
	if id == 0 && a.Do != ticket.DoPropose && a.Do != ticket.DoOpen {
		return a, invalid("A new incident is made with propose or open.")
	}
	return a, nil
}

func pathIncident(c *fiber.Ctx) (ticket.IncidentID, error) {
	id, err := ticket.ParseIncidentID(c.Params("id"))
	if err != nil {
		return 0, notFound("There is no such incident.")
	}
	return id, nil
}

// incidentFilter reads the filter that the API and the console share.
func incidentFilter(q *query) (f ticket.IncidentFilter) {
	if s := ticket.IncidentState(q.text("state")); s != "" {
		if !slices.Contains(ticket.IncidentStates, s) {
			q.fault("%.20q is no state of an incident.", string(s))
		}
		f.States = []ticket.IncidentState{s}
	}
	if after := q.text("after"); after != "" {
		id, err := ticket.ParseIncidentID(after)
		if err != nil {
			q.fault("%s", ticket.Explain(err))
		}
		f.After = id
	}
	f.Limit = q.limit(ticket.DefaultPage)
	return f
}

func (s *Server) apiIncidents(c *fiber.Ctx) error {
	q := query{c: c}
	f := incidentFilter(&q)
	if q.err != nil {
		return q.err
	}
	limit := f.Limit
	f.Limit = oneMore(limit)
	list, err := s.d.Store.Incidents(c.UserContext(), f)
	if err != nil {
		return err
	}
	out := incidentList{}
	out.Items, out.Next = firstPage(list, limit, func(i ticket.Incident) string { return i.ID.String() })
	return c.JSON(out)
}

func (s *Server) apiIncident(c *fiber.Ctx) error {
	id, err := pathIncident(c)
	if err != nil {
		return err
	}
	i, err := s.d.Store.Incident(c.UserContext(), id)
	if err != nil {
		return err
	}
	number := 0
	if u := i.Newest(); u != nil {
		number = u.Number
	}
	n, err := s.d.Store.Tally(c.UserContext(), id, number)
	if err != nil {
		return err
	}
	return c.JSON(incidentAnswer{Incident: i, Tally: n})
}

func (s *Server) apiMembers(c *fiber.Ctx) error {
	id, err := pathIncident(c)
	q := query{c: c}
	after, limit := q.ticket("after"), q.limit(ticket.DefaultPage)
	if err == nil {
		err = q.err
	}
	if err == nil {
		_, err = s.d.Store.Incident(c.UserContext(), id)
	}
	if err != nil {
		return err
	}
	list, err := s.d.Store.Members(c.UserContext(), id, after, oneMore(limit))
	if err != nil {
		return err
	}
	out := memberList{}
	out.Items, out.Next = firstPage(list, limit, func(m ticket.Member) string { return m.Ticket.String() })
	return c.JSON(out)
}

func (s *Server) apiIncidentMake(c *fiber.Ctx) error { return s.apiIncidentDo(c, 0) }

func (s *Server) apiIncidentAct(c *fiber.Ctx) error {
	id, err := pathIncident(c)
	if err != nil {
		return err
	}
	return s.apiIncidentDo(c, id)
}

// apiIncidentDo does something to an incident in the name of a member of staff.
func (s *Server) apiIncidentDo(c *fiber.Ctx, id ticket.IncidentID) error {
	var r IncidentRequest
	if err := readJSON(c, &r); err != nil {
		return err
	}
	if r.Agent == "" {
		return invalid("This is done by people: say by whom with agent, the mail address of a member of staff.")
	}
	by, err := s.d.Backend.AgentBy("", r.Agent)
	if err != nil {
		return err
	}
	a, err := r.action(id)
	if err != nil {
		return err
	}
	if k := c.Get("Idempotency-Key"); k != "" {
		if len(k) > 200 {
			return invalid("The Idempotency-Key is longer than 200 characters.")
		}
		a.Key = strings.Join([]string{"api", callerOf(c).key.Name, id.String(), k}, ":")
	}
	i, err := s.d.Backend.ActIncident(c.UserContext(), by, a)
	if err != nil {
		return err
	}
	return c.JSON(i)
}

func (s *Server) incidentOperations() []route {
	id := param{name: "id", in: inPath, kind: kindString, about: "A number such as I-12."}
	once := param{name: "Idempotency-Key", in: inHeader, kind: kindString, about: "A second request with the same key changes nothing and answers the incident as it is."}
	var names []string
	for _, st := range ticket.IncidentStates {
		names = append(names, string(st))
	}
	return []route{
		{method: http.MethodGet, path: "/incidents", who: key(TicketsRead), do: s.apiIncidents, doc: &operation{
			id: "listIncidents", summary: "List incidents, newest first", ok: http.StatusOK, result: incidentList{},
			params: []param{{name: "state", kind: kindString, enum: names}, {name: "after", kind: kindString, about: "Goes on below this incident."}, limitParam()}}},
		{method: http.MethodPost, path: "/incidents", who: key(TicketsWrite), do: s.apiIncidentMake, doc: &operation{
			id: "makeIncident", summary: "Propose or open an incident", ok: http.StatusOK, result: ticket.Incident{}, params: []param{once}, body: IncidentRequest{}}},
		{method: http.MethodGet, path: "/incidents/:id", who: key(TicketsRead), do: s.apiIncident, doc: &operation{
			id: "getIncident", summary: "Get an incident, and what has become of its tickets", ok: http.StatusOK, result: incidentAnswer{}, params: []param{id}}},
		{method: http.MethodGet, path: "/incidents/:id/tickets", who: key(TicketsRead), do: s.apiMembers, doc: &operation{
			id: "listIncidentTickets", summary: "List an incident's tickets, by number", ok: http.StatusOK, result: memberList{},
			params: []param{id, {name: "after", kind: kindTicket, about: "Goes on above this ticket."}, limitParam()}}},
		{method: http.MethodPost, path: "/incidents/:id/actions", who: key(TicketsWrite), do: s.apiIncidentAct, doc: &operation{
			id: "actOnIncident", summary: "Do something to an incident", ok: http.StatusOK, result: ticket.Incident{}, params: []param{id, once}, body: IncidentRequest{}}},
	}
}
