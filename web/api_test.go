package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

// client calls the API; every request that is meant to be right and every answer is held to the
// served document. It remembers which operations it has seen succeed.
type client struct {
	s      *site
	key    string
	router routers.Router
	doc    *openapi3.T
	seen   map[string]bool
}

// document is what a site serves, read once: that takes longer than most tests.
type document struct {
	once   sync.Once
	router routers.Router
	doc    *openapi3.T
	err    error
}

func (d *document) read(text string) {
	if d.doc, d.err = openapi3.NewLoader().LoadFromData([]byte(text)); d.err != nil {
		return
	}
	if d.err = d.doc.Validate(context.Background()); d.err == nil {
		d.router, d.err = legacy.NewRouter(d.doc)
	}
}

func (s *site) client(key string) *client {
	s.t.Helper()
	s.api.once.Do(func() { s.api.read(s.visitor().get("/api/v1/openapi.json").body) })
	if s.api.err != nil {
		s.t.Fatalf("the document is no OpenAPI: %v", s.api.err)
	}
	return &client{s: s, key: key, router: s.api.router, doc: s.api.doc, seen: map[string]bool{}}
}

// call makes a request and decodes the answer into into. A status below 400 also means that the
// request must be one that the document allows.
func (c *client) call(method, path string, body any, want int, into any, header ...string) answer {
	c.s.t.Helper()
	raw, isRaw := body.(string)
	if !isRaw && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			c.s.t.Fatal(err)
		}
		raw = string(b)
	}
	r, err := http.NewRequest(method, c.s.URL()+"/api/v1"+path, strings.NewReader(raw))
	if err != nil {
		c.s.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got := c.s.visitor().do(r)
	if got.StatusCode != want {
		c.s.t.Fatalf("%s %s: %d, want %d: %s", method, path, got.StatusCode, want, got.body)
	}
	c.validate(r, raw, got)
	if into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			c.s.t.Fatal(err)
		}
	}
	return got
}

func (c *client) validate(r *http.Request, body string, got answer) {
	c.s.t.Helper()
	again := r.Clone(context.Background())
	again.Body = io.NopCloser(strings.NewReader(body))
	route, params, err := c.router.FindRoute(again)
	if err != nil && got.StatusCode == http.StatusNotFound {
		return
	}
	if err != nil {
		c.s.t.Fatalf("%s %s is not documented: %v", r.Method, r.URL.Path, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if got.StatusCode < 400 {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			c.s.t.Errorf("%s %s was taken and is not as documented: %v", r.Method, r.URL, err)
		}
		c.seen[route.Operation.OperationID] = true
	} else if got.Header.Get("Content-Type") != "application/problem+json" {
		c.s.t.Errorf("%s %s: an error of type %q", r.Method, r.URL, got.Header.Get("Content-Type"))
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: got.StatusCode, Header: got.Header,
		Body: io.NopCloser(bytes.NewReader([]byte(got.body))), Options: in.Options}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.s.t.Errorf("%s %s: the answer is not as documented: %v\n%s", r.Method, r.URL, err, got.body)
	}
}

func TestEveryOperationIsAsDocumented(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Pump leaks", "It drips since Monday.", func(in *ticket.Inbound) {
		in.HTML, in.Units, in.Warnings = "<p>x</p>", []string{"SN-1"}, []string{"sender not verified"}
		in.Attachments = []ticket.Attachment{{Name: "a.txt", Type: "text/plain", Size: 2, SHA256: s.put("hi")}}
		in.Turns = []ticket.Turn{{Role: "customer", Text: "hello", StartMS: 1, EndMS: 2, Confidence: 0.5}}
	})
	c := s.client(allKey)
	path := "/tickets/" + id.String()

	var list struct {
		Items []ticket.Ticket
		Next  string
	}
	c.call("GET", "/tickets?state=new,open&limit=1&channel=email&since=2020-01-01T00:00:00Z", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != id || list.Next != "" {
		t.Errorf("tickets: %+v", list)
	}
	var tk ticket.Ticket
	c.call("GET", path, nil, 200, &tk)
	c.call("GET", path+"/messages?after=0&limit=5", nil, 200, nil)
	c.call("GET", path+"/events", nil, 200, nil)
	c.call("POST", path+"/actions", object{"kind": "page", "agent": "anna@example.org", "tier": "l2", "reason": "stuck"}, 200, &tk)
	if tk.Page == nil || tk.Page.Who[0] != "lea" {
		t.Errorf("the page rings %+v", tk.Page)
	}
	c.call("POST", path+"/actions", object{"kind": "note", "note": object{"tried": "restart"}}, 200, nil)
	c.call("GET", path+"/messages", nil, 200, nil)
	c.call("GET", "/customers/"+strconv.FormatInt(int64(tk.Customer), 10), nil, 200, nil)

	var a kb.Article
	article := object{"title": "Leaking pump", "body": "# Tighten it", "language": "en", "audience": "external",
		"confidence": "validated", "models": []string{"P1"}, "wording": "w"}
	c.call("PUT", "/articles/pump-leak", article, 200, &a)
	if err := s.index.CatchUp(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.call("GET", "/articles?limit=1", nil, 200, nil)
	c.call("GET", "/articles/pump-leak", nil, 200, nil)
	var found suggestAnswer
	c.call("POST", "/suggest", object{"text": "my pump leaks", "public": true, "limit": 3}, 200, &found)
	if len(found.Hits) != 1 || found.Hits[0].ID != "pump-leak" {
		t.Errorf("suggestions: %+v", found)
	}
	c.call("DELETE", "/articles/pump-leak", nil, 204, nil)

	dead := s.deadJob(ticket.JobRoute, "it broke")
	c.call("GET", "/jobs?state=dead", nil, 200, nil)
	c.call("GET", "/jobs", nil, 200, nil)
	c.call("POST", "/jobs/"+ticketless(dead.ID)+"/retry", nil, 204, nil)
	dead = s.deadJob(ticket.JobRoute, "it broke again")
	c.call("POST", "/jobs/"+ticketless(dead.ID)+"/drop", nil, 204, nil)

	s.quarantine("q1", "no-headers", "This is no mail.")
	c.call("GET", "/quarantine?limit=10", nil, 200, nil)
	var oncall onCallAnswer
	c.call("GET", "/oncall/l2?at=2026-01-01T00:00:00Z", nil, 200, &oncall)
	c.call("GET", "/reports/pages?days=7&zone=Europe/Berlin", nil, 200, nil)
	c.call("GET", "/reports/pages?zone=Nowhere/Else", nil, 400, nil)
	if len(oncall.People) != 1 || oncall.People[0].ID != "lea" {
		t.Errorf("on call: %+v", oncall)
	}
	c.people()
	c.call("GET", "/oncall", nil, 200, nil)
	c.call("GET", "/oncall/l2/shifts", nil, 200, nil)
	c.call("PUT", "/team/anna/presence", object{"state": "away", "reason": "lunch"}, 204, nil)
	c.call("GET", "/team", nil, 200, nil)
	c.call("GET", "/oncall/l2/fairness", nil, 200, nil)
	in := func(h int) time.Time { return time.Now().Add(time.Duration(h) * time.Hour) }
	c.call("POST", "/roster/changes", RosterRequest{Kind: ticket.RosterCover, Agent: "lea@example.org", Tier: "l2", Person: "lea", From: in(1), To: in(2)}, 200, nil)
	c.call("POST", "/roster/changes/1/answers", RosterAnswer{Do: ticket.RosterWithdraw}, 200, nil)
	c.call("GET", "/roster/changes", nil, 200, nil)
	c.call("GET", "/roster/changes/1", nil, 200, nil)

	c.promised(path)
	c.scripted()
	peopleOfTheAPI(t, s, c)
	c.incidents()

	for path, item := range c.doc.Paths.Map() { // each documented operation has a handler that was seen to work
		for method, op := range item.Operations() {
			if !c.seen[op.OperationID] {
				t.Errorf("no test calls %s %s", method, path)
			}
		}
	}
	for _, r := range s.apiRoutes() { // and each handler is documented
		if r.doc == nil {
			if r.path != "/api/v1/openapi.json" {
				t.Errorf("%s %s is not documented", r.method, r.path)
			}
			continue
		}
		item := c.doc.Paths.Find(openPath(r.path))
		if item == nil || item.GetOperation(r.method) == nil {
			t.Errorf("%s %s is not in the document", r.method, r.path)
		}
	}
}

func (s *site) quarantine(external, reason, detail string) {
	s.t.Helper()
	text := "From: nobody\r\n\x00\x1b[31mraw <script>alert(1)</script> input " + external
	err := s.store.Quarantine(context.Background(), ticket.Quarantined{Channel: "email", Inbox: "support@example.org",
		External: external, Reason: reason, Detail: detail, Blob: s.put(text), Size: int64(len(text))})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestListingsArePagedByKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	want := map[ticket.ID]bool{}
	for i := range 7 {
		want[s.mail(strconv.Itoa(i), "Question "+strconv.Itoa(i), "text")] = true
	}
	c := s.client(readKey)
	after := ""
	for range 10 {
		var list ticketList
		c.call("GET", "/tickets?limit=3"+after, nil, 200, &list)
		for _, x := range list.Items {
			if !want[x.ID] {
				t.Errorf("%s comes twice", x.ID)
			}
			delete(want, x.ID)
		}
		if list.Next == "" {
			break
		}
		after = "&after=" + list.Next
	}
	if len(want) != 0 {
		t.Errorf("never listed: %v", want)
	}
}

func TestActionsOfTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Help", "Please help me.")
	c := s.client(allKey)
	path := "/tickets/" + id.String() + "/actions"
	var before, got ticket.Ticket
	c.call("GET", "/tickets/"+id.String(), nil, 200, &before)

	reply := object{"kind": "reply", "text": "Try **this**.", "rev": before.Rev}
	c.call("POST", path, reply, 200, &got, "Idempotency-Key", "k1")
	if got.State != ticket.Pending || got.LastSeq != before.LastSeq+1 {
		t.Fatalf("after the reply: %+v", got)
	}
	var again ticket.Ticket
	c.call("POST", path, reply, 200, &again, "Idempotency-Key", "k1")
	if again.LastSeq != got.LastSeq {
		t.Error("the same key has answered twice")
	}
	var p Problem
	c.call("POST", path, reply, 409, &p, "Idempotency-Key", "k2")
	if p.Code != "conflict" || !strings.Contains(p.Detail, "changed") {
		t.Errorf("a stale rev: %+v", p)
	}
	// By whom it was done stands in the history.
	c.call("POST", path, object{"kind": "take", "agent": "anna@example.org"}, 200, &got)
	if got.Owner != "anna" {
		t.Errorf("taken by %q", got.Owner)
	}
	var ev eventList
	c.call("GET", "/tickets/"+id.String()+"/events", nil, 200, &ev)
	by := map[string]ticket.Actor{}
	for _, e := range ev.Items {
		by[e.Kind] = e.By
	}
	if by["reply"] != (ticket.Actor{Kind: ticket.ByAPI, ID: "all", Name: "all"}) || by["take"].ID != "anna" {
		t.Errorf("history: %+v", by)
	}
	// What is not offered, or not allowed, changes nothing.
	for name, x := range map[string]struct {
		body object
		want int
		code string
	}{
		"delivered is ours":      {object{"kind": "delivered"}, 400, "invalid"},
		"take without a person":  {object{"kind": "take"}, 400, "invalid"},
		"unknown field":          {object{"kind": "note", "text": "x", "job": 1}, 400, "invalid"},
		"wrong type":             {object{"kind": "note", "text": 7}, 400, "invalid"},
		"no text":                {object{"kind": "reply", "text": " "}, 400, "invalid"},
		"an editor may not":      {object{"kind": "reply", "text": "x", "agent": "ed@example.org"}, 403, "denied"},
		"nobody of ours":         {object{"kind": "note", "text": "x", "agent": "x@evil.example"}, 403, "denied"},
		"an agent may not close": {object{"kind": "close", "agent": "anna@example.org"}, 403, "denied"},
	} {
		var p Problem
		c.call("POST", path, x.body, x.want, &p)
		if p.Code != x.code || p.Request == "" || p.Status != x.want {
			t.Errorf("%s: %+v", name, p)
		}
	}
	c.call("GET", "/tickets/"+id.String(), nil, 200, &again)
	if again.Rev != got.Rev {
		t.Error("a refused action has changed the ticket")
	}
}

func TestTransfersOfTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := s.mail("1", "Help", "Please help me."), s.mail("2", "Help", "Help me, please.")
	c := s.client(allKey)
	act := func(id ticket.ID, body object) (got ticket.Ticket) {
		t.Helper()
		c.call("POST", "/tickets/"+id.String()+"/actions", body, 200, &got)
		return got
	}
	if got := act(a, object{"kind": "merge", "other": b}); got.ID != b {
		t.Errorf("merge gives %s", got.ID)
	}
	var list messageList
	c.call("GET", "/tickets/"+a.String()+"/messages", nil, 200, &list)
	if to := list.Items[0].MovedTo; to.Ticket != b || to.Seq == 0 {
		t.Errorf("the message is at %s", to)
	}
	var ev eventList
	c.call("GET", "/tickets/"+a.String()+"/events", nil, 200, &ev)
	for _, e := range ev.Items {
		if e.Kind == "merge" {
			if got := act(a, object{"kind": "undo", "event": e.ID}); got.ID != a || got.MergedInto != 0 {
				t.Errorf("undo gives %+v", got)
			}
		}
	}
	act(a, object{"kind": "note", "text": "x"})
	note := act(a, object{"kind": "note", "text": "y"}).LastSeq
	if got := act(a, object{"kind": "move", "other": b, "seqs": []int{note}}); got.ID != b {
		t.Errorf("move gives %s", got.ID)
	}
	if got := act(a, object{"kind": "split", "seqs": []int{1}, "subject": "Mine"}); got.SplitFrom != a || got.Subject != "Mine" {
		t.Errorf("split gives %+v", got)
	}
	answer := act(b, object{"kind": "reply", "text": "Hello"}).LastSeq
	if got := act(b, object{"kind": "withdraw", "seq": answer}); got.State != ticket.Open {
		t.Errorf("after withdraw it is %s", got.State)
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.client(allKey)
	for path, want := range map[string]int{
		"/tickets?limit=0": 400, "/tickets?limit=501": 400, "/tickets?state=nonsense": 400, "/tickets?since=yesterday": 400,
		"/tickets?unowned=maybe": 400, "/tickets?after=x": 400, "/tickets?nonsense=1": 400, "/tickets?customer=-1": 400,
		"/tickets/T-999999": 404, "/tickets/x": 404, "/tickets/T-999999/messages": 404, "/tickets/T-999999/events": 404,
		"/customers/999": 404, "/customers/0": 404, "/articles/nope": 404, "/oncall/l9": 404, "/jobs?state=x": 400,
	} {
		c.call("GET", path, nil, want, nil)
	}
	c.call("POST", "/jobs/77/retry", nil, 404, nil)
	c.call("POST", "/jobs/77/drop", nil, 404, nil)
	c.call("POST", "/suggest", `{"text":""}`, 400, nil)
	c.call("POST", "/suggest", `{"text":"x"} {}`, 400, nil)
	c.call("POST", "/suggest", `{"text":`, 400, nil)
	c.call("PUT", "/articles/new", object{"title": "x", "body": "x", "language": "en", "audience": "external", "confidence": "validated"}, 400, nil)
	c.call("PUT", "/articles/a1", object{"title": "x", "body": "x", "language": "en", "audience": "everybody", "confidence": "validated"}, 400, nil)
	c.call("PUT", "/articles/a1", object{"title": "x", "body": "x", "language": "en", "audience": "external", "confidence": "validated", "rev": 3}, 409, nil)
	c.call("POST", "/suggest", "{}", 415, nil, "Content-Type", "text/plain")
	c.call("POST", "/suggest", `{"text":"`+strings.Repeat("x", maxJSON)+`"}`, 413, nil)

	r, err := http.NewRequest("POST", s.URL()+"/api/v1/suggest", strings.NewReader(strings.Repeat("x", maxBody+1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+allKey)
	resp, err := s.visitor().c.Do(r) // refused before it is read; the connection may break while we still write
	if err == nil {
		defer resp.Body.Close()
		if resp.StatusCode != 413 || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("a huge body: %d %v", resp.StatusCode, resp.Header)
		}
	}
	r, err = http.NewRequest("PATCH", s.URL()+"/api/v1/tickets", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.visitor().do(r); got.StatusCode != 405 || !strings.Contains(got.body, `"method_not_allowed"`) {
		t.Errorf("PATCH: %d %s", got.StatusCode, got.body)
	}
}

func TestKeysAndScopes(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, r := range s.apiRoutes() {
		if r.doc == nil {
			continue
		}
		path := strings.TrimPrefix(strings.NewReplacer(":id", "1001", ":tier", "l1").Replace(r.path), "/api/v1")
		var body any
		if r.doc.body != nil {
			body = "{}"
		}
		var p Problem
		none := s.client("")
		got := none.call(r.method, path, body, 401, &p)
		if p.Code != "unauthenticated" || !strings.HasPrefix(got.Header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("%s %s without a key: %+v", r.method, path, p)
		}
		if r.who.scope != TicketsRead {
			s.client(readKey).call(r.method, path, body, 403, &p)
			if p.Code != "denied" || !strings.Contains(p.Detail, string(r.who.scope)) {
				t.Errorf("%s %s without the scope: %+v", r.method, path, p)
			}
		}
	}
	if got := s.signedIn("lea").get("/api/v1/tickets"); got.StatusCode != 401 {
		t.Errorf("a session of the console opens the API: %d", got.StatusCode)
	}
}

func TestWrongKeysAreSlowedDown(t *testing.T) {
	t.Parallel()
	s := start(t)
	wrong := s.client("a-wrong-key-0123456789abcdef")
	for range 10 {
		wrong.call("GET", "/tickets", nil, 401, nil)
	}
	got := wrong.call("GET", "/tickets", nil, 429, nil)
	if n, err := strconv.Atoi(got.Header.Get("Retry-After")); err != nil || n < 1 {
		t.Errorf("Retry-After: %q", got.Header.Get("Retry-After"))
	}
	s.client(allKey).call("GET", "/tickets", nil, 429, nil) // whoever guesses does not get in by guessing right
	if strings.Contains(s.log.String(), "a-wrong-key") || strings.Contains(s.log.String(), allKey) {
		t.Error("a key is in the log")
	}
}

func TestOneKeyCannotTakeAll(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config, _ *Deps) { c.RatePerMinute = 3 })
	c := s.client(readKey)
	for range 3 {
		c.call("GET", "/tickets", nil, 200, nil)
	}
	c.call("GET", "/tickets", nil, 429, nil)
	s.client(allKey).call("GET", "/tickets", nil, 200, nil)
}

func TestErrorsTellNothingOfOurs(t *testing.T) {
	t.Parallel()
	s := start(t, func(_ *Config, d *Deps) { d.Store = failing{d.Store} })
	id := s.mail("1", "x", "y")
	var p Problem
	c := s.client(allKey)
	c.call("GET", "/tickets/"+id.String(), nil, 500, &p)
	if p.Code != "internal" || strings.Contains(p.Detail, "hunter2") {
		t.Errorf("%+v", p)
	}
	c.call("GET", "/customers/1", nil, 500, &p) // panics
	if p.Code != "internal" || strings.Contains(p.Detail, "hunter2") {
		t.Errorf("%+v", p)
	}
	mustHave(t, s.log.String(), "request="+p.Request, "panic in a handler")
	var again Problem
	got := c.call("GET", "/tickets", nil, 503, &again)
	if again.Code != "transient" || got.Header.Get("Retry-After") != "7" {
		t.Errorf("%+v %v", again, got.Header)
	}
}

// failing is a store some of whose answers are faults.
type failing struct{ ticket.Store }

func (failing) Ticket(context.Context, ticket.ID) (ticket.Ticket, error) {
	return ticket.Ticket{}, &ticket.Error{Op: "x", Public: "hunter2"}
}

func (failing) Customer(context.Context, customer.ID) (customer.Customer, error) { panic("hunter2") }

func (failing) Tickets(context.Context, ticket.Filter) ([]ticket.Ticket, error) {
	return nil, &ticket.Error{Op: "x", Kind: ticket.Transient, RetryAfter: 7e9}
}

func TestEveryKindHasItsStatus(t *testing.T) {
	t.Parallel()
	for k, want := range map[ticket.Kind]int{ticket.Internal: 500, ticket.Invalid: 400, ticket.NotFound: 404,
		ticket.Conflict: 409, ticket.Denied: 403, ticket.Transient: 503} {
		if got := explain(ticket.Errorf("x", k, "y")); got.status != want {
			t.Errorf("%q: %d, want %d", k, got.status, want)
		}
	}
	if got := explain(context.DeadlineExceeded); got.status != 503 {
		t.Errorf("a deadline: %d", got.status)
	}
}

func (c *client) people() {
	t := c.s.t
	t.Helper()
	var joe customer.Customer
	c.call("POST", "/customers", object{"email": "Joe@Enrolled.example", "name": "Joe", "attributes": object{"region": "emea"},
		"organization": object{"name": "Enrolled", "plan": "gold"}}, 200, &joe)
	if joe.ID == 0 || joe.Organization == 0 || joe.Attributes["region"] != "emea" {
		t.Fatalf("%+v", joe)
	}
	id := strconv.FormatInt(int64(joe.ID), 10)
	joe.Attributes = nil // decoding adds to what is there
	c.call("PATCH", "/customers/"+id, object{"attributes": object{"region": nil, "vip": "yes"}}, 200, &joe)
	if len(joe.Attributes) != 1 || joe.Attributes["vip"] != "yes" || joe.Name != "Joe" {
		t.Errorf("%+v", joe)
	}
	var org customer.Organization
	at := "/organizations/" + strconv.FormatInt(int64(joe.Organization), 10)
	c.call("PATCH", at, object{"plan": "silver", "attributes": object{"tam": "lena"}}, 200, &org)
	c.call("GET", at, nil, 200, &org)
	if org.Plan != "silver" || org.Name != "Enrolled" || org.Attributes["tam"] != "lena" {
		t.Errorf("%+v", org)
	}
	for what, r := range map[string]struct {
		method, path string
		body         any
		want         int
	}{
		"nobody":         {"POST", "/customers", object{"name": "x"}, 400},
		"no name":        {"PATCH", at, object{"attributes": object{"No Name": "x"}}, 400},
		"not there":      {"PATCH", "/customers/99999", object{}, 404},
		"no such org":    {"GET", "/organizations/99999", nil, 404},
		"too many days":  {"GET", "/suppliers?days=5000", nil, 400},
		"unknown fields": {"PATCH", at, object{"domains": []string{"x.example"}}, 400},
	} {
		if a := c.call(r.method, r.path, r.body, r.want, nil); !strings.Contains(a.body, "detail") {
			t.Errorf("%s is refused without a word: %s", what, a.body)
		}
	}
	var list supplierList
	c.call("GET", "/suppliers", nil, 200, &list)
}
