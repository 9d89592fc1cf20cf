package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tierline/router"
	"tierline/ticket"
)

// promised goes through what the API does with promises.
func (c *client) promised(path string) {
	t := c.s.t
	t.Helper()
	var tk ticket.Ticket
	due := time.Now().Add(3 * time.Hour).UTC().Truncate(time.Second)
	c.call("POST", path+"/promises", object{"kind": "callback", "due": due, "what": "the seal", "tell": true}, 200, &tk, "Idempotency-Key", "p1")
	c.call("POST", path+"/promises", object{"kind": "callback", "due": due}, 200, &tk, "Idempotency-Key", "p1")
	if len(tk.Promises) != 1 || !tk.Promises[0].Due.Equal(due) || tk.Promises[0].By.Kind != ticket.ByAPI {
		t.Errorf("made: %+v", tk.Promises)
	}
	c.call("PATCH", path+"/promises/1", object{"due": due.Add(time.Hour), "text": "An hour later, sorry."}, 200, &tk)
	if p := tk.Promises[0]; p.Moved != 1 || !p.First.Equal(due) {
		t.Errorf("moved: %+v", p)
	}
	c.call("PATCH", path+"/promises/1", object{"state": "kept", "agent": "anna@example.org"}, 200, &tk)
	if p := tk.Promises[0]; p.State != ticket.PromiseKept {
		t.Errorf("kept: %+v", p)
	}
	for _, bad := range []object{{}, {"state": "broken"}, {"state": "kept", "due": due}, {"state": "withdrawn"}} {
		c.call("PATCH", path+"/promises/1", bad, 400, nil)
	}
	c.call("PATCH", path+"/promises/0", object{"state": "kept"}, 404, nil)
	c.call("POST", path+"/promises", object{"kind": "answer", "due": due}, 400, nil)
	c.call("POST", path+"/promises", object{"kind": "fix", "due": "2020-01-01T00:00:00Z"}, 400, nil)
	var list promiseList
	c.call("GET", path+"/promises", nil, 200, &list)
	if len(list.Items) != 1 {
		t.Errorf("listed: %+v", list)
	}
	var eta ticket.ETA
	c.call("GET", path+"/eta", nil, 200, &eta)
	if eta.Kind != ticket.ETANone || eta.Why == "" {
		t.Errorf("eta: %+v", eta)
	}
	c.call("POST", path+"/actions", object{"kind": "complain", "agent": "anna@example.org", "policy": "returns", "reason": "too short"}, 200, nil)
	c.call("POST", path+"/actions", object{"kind": "complain", "policy": "returns", "reason": "too short"}, 400, nil)
	var r router.Report
	c.call("GET", "/reports/care", nil, 200, &r)
	for _, s := range r.Sections {
		if s.Name == "complaints" && (len(s.Rows) != 1 || s.Rows[0].Name != "returns" || len(s.Rows[0].Values[0].Tickets) != 1) {
			t.Errorf("the report: %+v", s)
		}
	}
	c.call("GET", "/reports/care?since=2030-01-01T00:00:00Z&until=2029-01-01T00:00:00Z", nil, 400, nil)
}

func TestTheConsoleOwesCustomers(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Pump leaks", "It drips.")
	anna, lea := s.signedIn("anna"), s.signedIn("lea")
	at := "/console/tickets/" + id.String()
	do := func(v *visitor, fields ...string) {
		t.Helper()
		f := url.Values{}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		if got := v.post(at, at, f); got.StatusCode != 303 {
			t.Fatalf("%v: %d %s", fields, got.StatusCode, got.body)
		}
	}
	do(anna, "do", "promise", "kind", "callback", "hours", "3", "text", "the seal", "key", "k1")
	do(anna, "do", "complain", "policy", "returns", "reason", "too short", "key", "k2")
	do(anna, "do", "note", "text", "It is the usual thing, I think.", "key", "k3")
	tk, err := s.store.Ticket(t.Context(), id)
	if err != nil || len(tk.Promises) != 2 || len(tk.Complaints) != 1 {
		t.Fatalf("%+v %v", tk, err)
	}
	page := lea.get(at).body
	for _, want := range []string{"Callback", "the seal", "returns", "too short", "Answer to a complaint"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	do(lea, "do", "ask", "seq", ticketless(int64(tk.LastSeq)), "text", "Which thing?", "key", "k4")
	do(anna, "do", "answer", "number", "1", "text", "The outer seal.", "key", "k5")
	do(lea, "do", "amends", "number", "1", "text", "We make it 30 days.", "key", "k6")
	do(anna, "do", "keep", "number", "1", "key", "k7")
	if tk, _ = s.store.Ticket(t.Context(), id); tk.Questions[0].Answer == "" || len(tk.OpenComplaints())+len(tk.OpenPromises()) != 0 {
		t.Errorf("%+v", tk)
	}
	if got := anna.post(at, at, url.Values{"do": {"amends"}, "number": {"1"}, "text": {"x"}, "key": {"k8"}}); got.StatusCode != 403 {
		t.Errorf("an agent answers for the lead: %d", got.StatusCode)
	}
	report := lea.get("/console/care?days=7").body
	if !strings.Contains(report, ">returns</th>") || !strings.Contains(report, `<summary>2</summary><a href="`+at+`">`) {
		t.Errorf("the report: %s", report)
	}
	if got := lea.get("/console/care?days=9999"); got.StatusCode != 400 {
		t.Errorf("too many days: %d", got.StatusCode)
	}
}
