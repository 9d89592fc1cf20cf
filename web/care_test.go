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
	c.call("POST", path+"/actions", object{"kind": "complain", "about": "conduct", "reason": "nobody rang"}, 200, &tk) // of a form on a web page, say
	if k := tk.Complaints[len(tk.Complaints)-1]; k.By.Kind != ticket.ByAPI {
		t.Errorf("complained by %+v", k.By)
	}
	c.call("POST", path+"/actions", object{"kind": "amends", "number": 1, "text": "We are sorry."}, 400, nil) // people's words are people's
	var r router.Report
	c.call("GET", "/reports/care", nil, 200, &r)
	for _, s := range r.Sections {
		if s.Name == "complaints" && (len(s.Rows) != 2 || s.Rows[0].Name != "conduct" || s.Rows[1].Name != "returns" || len(s.Rows[1].Values[0].Tickets) != 1) {
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

// TestTheConsoleDoesWhatTheCardDoes goes through every form about the customer, by who may.
func TestTheConsoleDoesWhatTheCardDoes(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Pump leaks", "It drips, you idiots.")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1", Queue: "l1", Priority: ticket.Normal}})
	anna, lea := s.signedIn("anna"), s.signedIn("lea")
	at, n := "/console/tickets/"+id.String(), 0
	post := func(v *visitor, fields ...string) answer {
		n++
		f := url.Values{"key": {"k" + ticketless(int64(n))}}
		for i := 0; i+1 < len(fields); i += 2 {
			f.Set(fields[i], fields[i+1])
		}
		return v.post(at, at, f)
	}
	do := func(v *visitor, fields ...string) ticket.Ticket {
		t.Helper()
		if got := post(v, fields...); got.StatusCode != 303 {
			t.Fatalf("%v: %d %s", fields, got.StatusCode, got.body)
		}
		tk, err := s.store.Ticket(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return tk
	}
	refused := func(status int, v *visitor, say string, fields ...string) {
		t.Helper()
		if got := post(v, fields...); got.StatusCode != status || !strings.Contains(got.body, say) {
			t.Errorf("%v: %d, and it does not say %q: %s", fields, got.StatusCode, say, got.body)
		}
	}
	do(anna, "do", "promise", "kind", "callback", "hours", "2", "text", "the seal")
	tk := do(anna, "do", "repromise", "number", "1", "hours", "3,5", "text", "A bit later.")
	if p := tk.Promises[0]; p.Moved != 1 || time.Until(p.Due) < 3*time.Hour {
		t.Errorf("moved: %+v", p)
	}
	refused(400, anna, "in how many hours", "do", "repromise", "number", "1", "hours", "soon")
	refused(400, anna, "why it does not hold", "do", "unpromise", "number", "1")
	if tk = do(anna, "do", "unpromise", "number", "1", "reason", "they have called"); len(tk.OpenPromises()) != 0 {
		t.Errorf("taken back: %+v", tk.Promises)
	}

	if tk = do(anna, "do", "supplier", "supplier", "pumps", "reference", "RMA-0001", "asked", "a seal", "days", "2"); tk.With() == nil || time.Until(tk.With().Expected) < 47*time.Hour {
		t.Errorf("given: %+v", tk.Supplies)
	}
	refused(400, anna, "one looks like RMA-1234", "do", "supplier", "supplier", "pumps", "reference", "77")
	page := anna.get(at).body
	for _, want := range []string{"RMA-0001", "Pumpen AG", "It is back", ">a seal</textarea>", "tel:&#43;4930999"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if tk = do(anna, "do", "supplied", "reason", "a new seal"); tk.With() != nil || tk.State != ticket.Open {
		t.Errorf("back: %+v", tk.Supplies)
	}

	if tk = do(anna, "do", "verify", "reason", "called back"); tk.Verified == nil {
		t.Error("not verified")
	}
	if tk = do(anna, "do", "verify", "undo", "1"); tk.Verified != nil {
		t.Error("verified still")
	}

	do(anna, "do", "inform", "who", "lead", "reason", "They ask for you.")
	if page := anna.get(at).body; strings.Contains(page, "I have heard it") || !strings.Contains(page, "told, not heard yet") {
		t.Error("an agent hears for the lead")
	}
	refused(403, anna, "", "do", "heard")
	if tk = do(lea, "do", "heard", "reason", "I call them."); tk.Unheard() != nil || tk.Informed[0].Reply != "I call them." {
		t.Errorf("heard: %+v", tk.Informed)
	}

	refused(400, anna, "Confirm the step", "do", "abuse", "rung", "warn", "reason", "idiots", "text", "Please not.")
	do(anna, "do", "abuse", "rung", "warn", "reason", "idiots", "text", "Please not.", "sure", "1")
	do(anna, "do", "abuse", "rung", "lead", "reason", "idiots again", "sure", "1")
	if page := anna.get(at).body; strings.Contains(page, `name="rung" value="block"`) {
		t.Error("an agent is offered what only a lead may do")
	}
	refused(403, anna, "", "do", "abuse", "rung", "block", "reason", "again", "sure", "1")
	do(lea, "do", "abuse", "rung", "block", "reason", "again", "sure", "1", "days", "1")
	blocks, err := s.store.Blocks(t.Context(), "", 10)
	if err != nil || len(blocks) != 1 || time.Until(blocks[0].Until) > 24*time.Hour {
		t.Errorf("kept out: %+v %v", blocks, err)
	}
	do(lea, "do", "abuse", "rung", "clear", "reason", "they are sorry", "sure", "1")
	if blocks, _ = s.store.Blocks(t.Context(), "", 10); len(blocks) != 0 {
		t.Errorf("kept out still: %+v", blocks)
	}

	// An answer that names a time is asked for its promise once.
	refused(422, anna, "for which no promise stands", "do", "reply", "text", "We will call you back within two hours.")
	due := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	tk = do(anna, "do", "reply", "text", "We will call you back within two hours.", "sure", "1", "kind", "callback", "due", due.Format(time.RFC3339), "stay", "1")
	if open := tk.OpenPromises(); len(open) != 1 || !open[0].Due.Equal(due) || tk.State != ticket.Open {
		t.Errorf("promised: %+v, %s", open, tk.State)
	}
	do(anna, "do", "reply", "text", "As said, we will call you back within two hours.") // it stands now
}

func TestTheNextWordIsWrittenOrPutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Pump leaks", "It drips.")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1", Queue: "l1", Priority: ticket.Normal}})
	s.act(ticket.Action{Kind: ticket.ActTake, Ticket: id, By: staffList()[0].Actor()})
	anna, at := s.signedIn("anna"), "/console/tickets/"+id.String()
	page := anna.get(at + "?write=update").body
	if !strings.Contains(page, "Write it now") || !strings.Contains(page, id.String()+"** (Pump leaks) is still open") || !strings.Contains(page, `name="stay" value="1" checked`) {
		t.Errorf("what they would hear is not offered: %s", page[strings.Index(page, "h-do"):])
	}
	if got := anna.post(at, at, url.Values{"do": {"postpone"}, "hours": {"48"}, "key": {"p"}}); got.StatusCode != 303 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	tk, err := s.store.Ticket(t.Context(), id)
	if err != nil || !tk.Update.Postponed || time.Until(tk.Update.Due) < 47*time.Hour {
		t.Errorf("put off: %+v %v", tk.Update, err)
	}
}

func TestWhatIsWithSuppliersIsShown(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *Config, _ *Deps) { c.OpenMetrics = true })
	id, other := s.mail("1", "Pump leaks", "It drips."), s.mail("2", "Boiler is cold", "No heat.")
	for k, to := range map[ticket.ID]ticket.Supply{id: {Supplier: "pumps", Reference: "RMA-0001", Asked: "a new seal", Expected: time.Now().Add(-time.Hour)},
		other: {Supplier: "gone", Reference: "X7"}} {
		s.act(ticket.Action{Kind: ticket.ActSupplier, Ticket: k, By: staffList()[0].Actor(), Supply: &to})
	}
	lea := s.signedIn("lea")
	page := lea.get("/console/suppliers").body
	for _, want := range []string{"Pumpen AG", "RMA-0001", "a new seal", "overdue</span>", "X7", ">" + id.String() + "</a>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if page = lea.get("/console/suppliers?overdue=true").body; strings.Contains(page, "X7") || !strings.Contains(page, "RMA-0001") {
		t.Error("what is in time is among what is overdue")
	}
	if page = lea.get("/console/suppliers?supplier=gone").body; !strings.Contains(page, "X7") || strings.Contains(page, "RMA-0001") {
		t.Error("another supplier's case is shown")
	}
	if got := lea.get("/console/suppliers?days=9999"); got.StatusCode != 400 {
		t.Errorf("too many days: %d", got.StatusCode)
	}
	w := s.visitor().get("/metrics").body
	for _, want := range []string{`tierline_supplier_cases{state="out",supplier="pumps"} 1`, `tierline_supplier_cases{state="overdue",supplier="pumps"} 1`, `tierline_supplier_cases{state="overdue",supplier="gone"} 0`} {
		if !strings.Contains(w, want) {
			t.Errorf("/metrics does not say %s", want)
		}
	}
}

// TestAReportOfDaysBeforeADate: the week's digest leads to the days that it tells of.
func TestAReportOfDaysBeforeADate(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Pump leaks", "It drips.")
	anna := s.signedIn("anna")
	if _, err := s.store.Act(t.Context(), ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "the seal", By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna"}}); err != nil {
		t.Fatal(err)
	}
	day := time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly)
	text := anna.page("/console/care?days=7&zone=UTC&until=" + day)
	for _, want := range []string{"at first contact", "The 7 days before " + day, "/console/tickets/" + id.String()} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	if text = anna.page("/console/care?days=7&until=2020-01-06&zone=Europe/Berlin"); strings.Contains(text, "/console/tickets/"+id.String()) {
		t.Error("what is of another week is counted")
	}
	anna.page("/console/pages?days=7&until=" + day)
	for _, q := range []string{"care?until=2999-01-01", "care?until=soon", "pages?until=" + day + "&zone=Nowhere"} {
		if a := anna.get("/console/" + q); a.StatusCode != 400 {
			t.Errorf("%s: %d", q, a.StatusCode)
		}
	}
}
