package web

import (
	"net/url"
	"strings"
	"testing"

	"tierline/ticket"
)

// incidents has each operation on incidents called.
func (c *client) incidents() {
	c.s.t.Helper()
	t := c.s.mail("incident1", "Portal down", "E503")
	var i ticket.Incident
	c.call("POST", "/incidents", IncidentRequest{Do: ticket.DoPropose, Title: "Portal", Tickets: []string{t.String()}}, 400, nil)
	c.call("POST", "/incidents", IncidentRequest{Do: ticket.DoLink, Agent: "lea@example.org"}, 400, nil)
	c.call("POST", "/incidents", IncidentRequest{Do: ticket.DoPropose, Agent: "lea@example.org", Title: "Portal", Tickets: []string{t.String()}}, 200, &i)
	c.call("POST", "/incidents/"+i.ID.String()+"/actions", IncidentRequest{Do: ticket.DoOpen, Agent: "lea@example.org", Text: "Do nothing"}, 200, &i)
	c.call("POST", "/incidents/"+i.ID.String()+"/actions", IncidentRequest{Do: ticket.DoResolve, Agent: "lea@example.org"}, 400, nil)
	c.call("GET", "/incidents?state=open", nil, 200, nil)
	c.call("GET", "/incidents?state=odd", nil, 400, nil)
	var one incidentAnswer
	c.call("GET", "/incidents/"+i.ID.String(), nil, 200, &one)
	var list memberList
	c.call("GET", "/incidents/"+i.ID.String()+"/tickets", nil, 200, &list)
	if one.Tally.Linked != 1 || one.Incident.Instruction != "Do nothing" || len(list.Items) != 1 || list.Items[0].Ticket != t {
		c.s.t.Errorf("%+v, %+v", one, list)
	}
	c.call("GET", "/incidents/I-99", nil, 404, nil)
}

func TestAnIncidentInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, second := s.mail("1", "Portal <down>", "E503"), s.mail("2", "Portal too", "E503")
	i, err := s.store.ActIncident(t.Context(), ticket.IncidentAction{Do: ticket.DoPropose, Title: "Portal <down>", Tier: "l2", By: ticket.Gateway, Why: []string{"error code: E503"},
		Tickets: []ticket.Candidate{{Ticket: first, Score: 0.7}, {Ticket: second, Maybe: true, Score: 0.3}}})
	if err != nil {
		t.Fatal(err)
	}
	at := "/console/incidents/" + i.ID.String()
	anna, lea := s.signedIn("anna"), s.signedIn("lea")
	mustHave(t, anna.page("/console/incidents?state=proposed"), "Portal &lt;down&gt;", at)
	page := anna.page(at)
	mustHave(t, page, "error code: E503", first.String(), "perhaps", "It belongs")
	if strings.Contains(page, "Open incident") {
		t.Error("an agent is offered what they may not do")
	}
	if got := anna.post(at, at, url.Values{"do": {"open"}}); got.StatusCode != 403 {
		t.Errorf("an agent opens it: %d", got.StatusCode)
	}
	rev := hiddenRev.FindStringSubmatch(lea.page(at))[1]
	do := func(want int, form url.Values) {
		t.Helper()
		if got := lea.post(at, at, form); got.StatusCode != want {
			t.Fatalf("%v: %d %s", form, got.StatusCode, got.body)
		}
	}
	do(303, url.Values{"do": {"open"}, "rev": {rev}, "title": {"Portal down"}, "text": {"Do not reset passwords"}})
	do(409, url.Values{"do": {"open"}, "rev": {rev}, "title": {"Portal down"}})
	mustHave(t, lea.page(at), "Do not reset passwords", "Update customers", "Resolve all")
	do(303, url.Values{"do": {"link"}, "tickets": {second.String()}})
	do(303, url.Values{"do": {"unlink"}, "tickets": {first.String()}})
	do(400, url.Values{"do": {"link"}, "tickets": {"what"}})
	do(303, url.Values{"do": {"update"}, "text_en": {"We know of it."}, "text_de": {"Wir wissen davon."}})
	mustHave(t, lea.page(at), "We know of it.", "Wir wissen davon.", "Take it back", "taken out")
	do(303, url.Values{"do": {"withdraw"}, "number": {"1"}})
	do(400, url.Values{"do": {"resolve"}, "text_en": {"It works again."}})
	do(303, url.Values{"do": {"resolve"}, "diagnosis": {"A certificate"}, "text_en": {"It works again."}})
	mustHave(t, lea.page(at), "It was: A certificate", "Resolution", "Reopen", "taken back")
	do(303, url.Values{"do": {"reopen"}})
	do(303, url.Values{"do": {"dismiss"}, "reason": {"a drill"}})
	mustHave(t, lea.page(at), "None because: a drill")
	if got := lea.get("/console/incidents/I-99"); got.StatusCode != 404 {
		t.Errorf("no such incident: %d", got.StatusCode)
	}
}

// incident is an open one that has told its customers something.
func (s *site) incident(id ticket.ID) ticket.IncidentID {
	s.t.Helper()
	by := ticket.Actor{Kind: ticket.ByAgent, ID: "lea", Name: "Lea Lead"}
	a := ticket.IncidentAction{Do: ticket.DoOpen, Title: "Nobody can sign in to the portal", Tier: "l2", By: by, Text: "Do not reset passwords.", Why: []string{"error code: E503", "words: portal, session"},
		Tickets: []ticket.Candidate{{Ticket: id, Score: 0.71, Why: []string{"alike to 71 %"}}}}
	for _, a := range []ticket.IncidentAction{a, {Do: ticket.DoUpdate, ID: 1, By: by, Texts: map[string]string{"en": "We know of it and work on it.", "de": "Wir arbeiten daran."}, Wait: 1e12}} {
		if _, err := s.store.ActIncident(s.t.Context(), a); err != nil {
			s.t.Fatal(err)
		}
	}
	return 1
}
