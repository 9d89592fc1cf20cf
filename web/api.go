package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

const apiPrefix = "/api/v1"

// apiRoutes are the operations of the API; the OpenAPI document is made of the same table.
func (s *Server) apiRoutes() []route {
	list := []route{
		{method: http.MethodGet, path: "/openapi.json", who: open(), do: s.serveOpenAPI},
	}
	list = append(list, append(s.ticketOperations(), s.incidentOperations()...)...)
	list = append(list, s.otherOperations()...)
	list = append(list, s.onCallOperations()...)
	list = append(list, s.careOperations()...)
	list = append(list, s.scriptOperations()...)
	list = append(list, s.peopleOperations()...)
	list = append(list, s.enrolOperations()...)
	list = append(list, s.teamOperations()...)
	for i := range list {
		list[i].path = apiPrefix + list[i].path
	}
	return list
}

func (s *Server) ticketOperations() []route {
	id := param{name: "id", in: inPath, kind: kindTicket, about: "A ticket's number, T-1042 or 1042."}
	return []route{
		{method: http.MethodGet, path: "/tickets", who: key(TicketsRead), do: s.apiTickets, doc: &operation{
			id: "listTickets", summary: "List tickets, newest first", ok: http.StatusOK, result: ticketList{},
			params: []param{
				{name: "state", kind: kindString, enum: stateNames(), about: "Several are separated by commas."},
				{name: "tier", kind: kindString}, {name: "queue", kind: kindString},
				{name: "owner", kind: kindString, about: "An agent's id."},
				{name: "unowned", kind: kindBool, about: "Only those without an owner."},
				{name: "customer", kind: kindInt}, {name: "unit", kind: kindString, about: "A serial number."},
				{name: "channel", kind: kindString},
				{name: "text", kind: kindString, about: "A word of the subject, or an identity of the customer."},
				{name: "since", kind: kindTime, about: "Opened at or after."},
				{name: "after", kind: kindTicket, about: "Goes on after this ticket: what `next` said."}, limitParam(),
			}}},
		{method: http.MethodGet, path: "/tickets/:id", who: key(TicketsRead), do: s.apiTicket, doc: &operation{
			id: "getTicket", summary: "Get a ticket", params: []param{id}, ok: http.StatusOK, result: ticket.Ticket{}}},
		{method: http.MethodGet, path: "/tickets/:id/messages", who: key(TicketsRead), do: s.apiMessages, doc: &operation{
			id: "listMessages", summary: "List what was said, oldest first", ok: http.StatusOK, result: messageList{},
			params: []param{id, {name: "after", kind: kindInt, about: "Goes on after this seq."}, limitParam()}}},
		{method: http.MethodGet, path: "/tickets/:id/events", who: key(TicketsRead), do: s.apiEvents, doc: &operation{
			id: "listEvents", summary: "List the history, oldest first", ok: http.StatusOK, result: eventList{},
			params: []param{id, {name: "after", kind: kindInt, about: "Goes on after this event."}, limitParam()}}},
		{method: http.MethodPost, path: "/tickets/:id/actions", who: key(TicketsWrite), do: s.apiAct, doc: &operation{
			id: "actOnTicket", summary: "Do something to a ticket", ok: http.StatusOK, result: ticket.Ticket{},
			params: []param{id, {name: "Idempotency-Key", in: inHeader, kind: kindString,
				about: "A second request with the same key changes nothing and answers the ticket as it is."}},
			body: ActionRequest{}}},
	}
}

func (s *Server) otherOperations() []route {
	article := param{name: "id", in: inPath, kind: kindString}
	job := param{name: "id", in: inPath, kind: kindInt}
	return []route{
		{method: http.MethodGet, path: "/articles", who: key(ArticlesRead), do: s.apiArticles, doc: &operation{
			id: "listArticles", summary: "List articles by id", ok: http.StatusOK, result: articleList{},
			params: []param{{name: "after", kind: kindString, about: "Goes on after this id."}, limitParam()}}},
		{method: http.MethodGet, path: "/articles/:id", who: key(ArticlesRead), do: s.apiArticle, doc: &operation{
			id: "getArticle", summary: "Get an article", params: []param{article}, ok: http.StatusOK, result: kb.Article{}}},
		{method: http.MethodPut, path: "/articles/:id", who: key(ArticlesWrite), do: s.apiPutArticle, doc: &operation{
			id: "putArticle", summary: "Create an article (rev 0) or change it (the rev that you saw)",
			params: []param{article}, body: ArticleRequest{}, ok: http.StatusOK, result: kb.Article{}}},
		{method: http.MethodDelete, path: "/articles/:id", who: key(ArticlesWrite), do: s.apiDeleteArticle, doc: &operation{
			id: "deleteArticle", summary: "Delete an article", params: []param{article}, ok: http.StatusNoContent}},
		{method: http.MethodPost, path: "/suggest", who: key(ArticlesRead), do: s.apiSuggest, doc: &operation{
			id: "suggest", summary: "Find articles that may answer a question", body: SuggestRequest{},
			ok: http.StatusOK, result: suggestAnswer{}}},
		{method: http.MethodGet, path: "/customers/:id", who: key(CustomersRead), do: s.apiCustomer, doc: &operation{
			id: "getCustomer", summary: "Get a customer", params: []param{{name: "id", in: inPath, kind: kindInt}},
			ok: http.StatusOK, result: customer.Customer{}}},
		{method: http.MethodGet, path: "/reports/pages", who: key(OnCallRead), do: s.apiPageReport, doc: &operation{
			id: "reportPages", summary: "How paging went: times to acknowledge, declines, pages a person and night", ok: http.StatusOK,
			result: ticket.PageReport{}, params: []param{{name: "days", kind: kindInt, about: "The last so many days; default 30, at most 400."},
				{name: "zone", kind: kindString, about: "Nights are from 22:00 to 07:00 there; default UTC."}}}},
		{method: http.MethodGet, path: "/jobs", who: key(JobsAdmin), do: s.apiJobs, doc: &operation{
			id: "listJobs", summary: "List jobs of the outbox, oldest first", ok: http.StatusOK, result: jobList{},
			params: []param{{name: "state", kind: kindString, enum: jobStateNames()},
				{name: "after", kind: kindInt, about: "Goes on after this job."}, limitParam()}}},
		{method: http.MethodPost, path: "/jobs/:id/retry", who: key(JobsAdmin), do: s.apiRetry, doc: &operation{
			id: "retryJob", summary: "Try a dead job again", params: []param{job}, ok: http.StatusNoContent}},
		{method: http.MethodPost, path: "/jobs/:id/drop", who: key(JobsAdmin), do: s.apiDrop, doc: &operation{
			id: "dropJob", summary: "Give a dead job up for good", params: []param{job}, ok: http.StatusNoContent}},
		{method: http.MethodGet, path: "/quarantine", who: key(QuarantineRead), do: s.apiQuarantine, doc: &operation{
			id: "listQuarantine", summary: "List input that became no ticket, newest first", ok: http.StatusOK,
			result: quarantineAnswer{},
			params: []param{{name: "before", kind: kindInt, about: "Goes on below this id."}, limitParam()}}},
	}
}

func stateNames() []string {
	var names []string
	for _, st := range states() {
		names = append(names, string(st))
	}
	return names
}

func jobStateNames() []string {
	var names []string
	for _, st := range ticket.JobStates() {
		names = append(names, string(st))
	}
	return names
}

func states() []ticket.State {
	return []ticket.State{ticket.New, ticket.Open, ticket.Pending, ticket.OnHold, ticket.Solved, ticket.Closed}
}

func limitParam() param {
	return param{name: "limit", kind: kindInt, about: "At most this many: 1 to 500.", min: 1, max: ticket.MaxPage}
}

// readJSON decodes a body strictly: one value, no fields that nobody knows.
func readJSON(c *fiber.Ctx, into any) error {
	d := json.NewDecoder(bytes.NewReader(c.Body()))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return ticket.Errorf("web", ticket.Invalid, "The body is no such JSON: %.200s", plainJSON(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return invalid("There is something behind the JSON.")
	}
	return nil
}

func plainJSON(err error) string {
	var typed *json.UnmarshalTypeError
	if errors.As(err, &typed) {
		return "the field " + strconv.Quote(typed.Field) + " is not of its type"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

func isJSON(c *fiber.Ctx) bool {
	t, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	return err == nil && (t == "application/json" || strings.HasSuffix(t, "+json"))
}

// query reads parameters and keeps the first fault.
type query struct {
	c   *fiber.Ctx
	err error
}

func (q *query) fault(format string, args ...any) {
	if q.err == nil {
		q.err = invalid(format, args...)
	}
}

func (q *query) text(name string) string {
	v := q.c.Query(name)
	if len(v) > 500 {
		q.fault("The parameter %s is too long.", name)
	}
	return strings.TrimSpace(v)
}

func (q *query) number(name string) int64 {
	v := q.text(name)
	if v == "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < 0 {
		q.fault("The parameter %s is no number of 0 or more.", name)
	}
	return n
}

func (q *query) limit(otherwise int) int {
	if q.c.Query("limit") == "" {
		return otherwise
	}
	n := q.number("limit")
	if n < 1 || n > ticket.MaxPage {
		q.fault("The parameter limit is 1 to %d.", ticket.MaxPage)
	}
	return int(n)
}

func (q *query) flag(name string) bool {
	switch q.text(name) {
	case "true", "1":
		return true
	case "", "false", "0":
	default:
		q.fault("The parameter %s is true or false.", name)
	}
	return false
}

func (q *query) time(name string) time.Time {
	v := q.text(name)
	if v == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v)
	if err != nil {
		q.fault("The parameter %s is no time such as 2026-01-31T08:00:00Z.", name)
	}
	return t
}

func (q *query) ticket(name string) ticket.ID {
	v := q.text(name)
	if v == "" {
		return 0
	}
	id, err := ticket.ParseID(v)
	if err != nil {
		q.fault("The parameter %s is no ticket number; one looks like T-1042.", name)
	}
	return id
}

func (q *query) states(name string) []ticket.State {
	var list []ticket.State
	for _, part := range strings.Split(q.text(name), ",") {
		st := ticket.State(strings.TrimSpace(part))
		if st == "" {
			continue
		}
		known := false
		for _, k := range states() {
			known = known || k == st
		}
		if !known {
			q.fault("There is no state %.40q.", string(st))
			return nil
		}
		list = append(list, st)
	}
	return list
}

// pathID reads a number out of the path; what is none names nothing.
func pathID(c *fiber.Ctx, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Params(name), 10, 64)
	if err != nil || n <= 0 {
		return 0, notFound("There is no such thing here.")
	}
	return n, nil
}

func pathTicket(c *fiber.Ctx) (ticket.ID, error) {
	id, err := ticket.ParseID(c.Params("id"))
	if err != nil {
		return 0, notFound("There is no ticket %.40q.", c.Params("id"))
	}
	return id, nil
}
