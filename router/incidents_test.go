package router

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// outage is what customers write when the portal is down, in their languages.
var outage = []struct{ language, subject, text string }{
	{"en", "Cannot log in", "Since this morning I can't log in to my account. It says session expired, E503."},
	{"de", "Anmeldung geht nicht", "Seit heute früh kann ich mich nicht am Konto anmelden: E503, Sitzung abgelaufen."},
	{"fr", "Connexion impossible", "Impossible de me connecter à mon compte, E503, session expirée."},
}

func (w *world) write(from, language, subject, text string) ticket.ID {
	w.t.Helper()
	acc, err := w.store.Accept(w.t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: fmt.Sprintf("<%s-%d@x>", from, w.clock().UnixNano()),
		From: customer.Identity{Kind: customer.Email, Value: from}, Subject: subject, Text: text, Language: language}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.pass(time.Minute)
	return acc[0].Ticket
}

func (w *world) outbreak(jobs *Jobs, from, n int) (ids []ticket.ID) {
	for i := from; i < from+n; i++ {
		m := outage[i%3]
		ids = append(ids, w.write(fmt.Sprintf("c%d@gmail.com", i), m.language, m.subject, m.text))
		w.work(jobs)
	}
	return ids
}

func (w *world) incidents() []ticket.Incident {
	w.t.Helper()
	list, err := w.store.Incidents(w.t.Context(), ticket.IncidentFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

func (w *world) incident(by string, a ticket.IncidentAction) ticket.Incident {
	w.t.Helper()
	i, err := w.desk.ActIncident(w.t.Context(), w.desk.agent(by), a)
	if err != nil {
		w.t.Fatalf("%s by %s: %v", a.Do, by, err)
	}
	return i
}

func (w *world) sent() (n int) {
	w.rec.mu.Lock()
	defer w.rec.mu.Unlock()
	for _, l := range w.rec.log {
		if strings.HasPrefix(l, "send ") && !strings.HasPrefix(l, "send failed") {
			n++
		}
	}
	return n
}

func TestAnOutbreakFromMailsToTheEnd(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Incidents = Incidents{Page: true}
	w, jobs := worldOf(t, &noKB{}, conf)
	w.write("x@other.example", "en", "Spare part", "Where can I order a drip tray for the espresso machine?")
	ids := w.outbreak(jobs, 0, 4)
	if n := len(w.incidents()); n != 0 {
		t.Fatalf("%d proposals of four tickets", n)
	}
	ids = append(ids, w.outbreak(jobs, 4, 1)...)
	list := w.incidents()
	if len(list) != 1 || list[0].State != ticket.IncidentProposed || list[0].Title == "" || !strings.Contains(strings.Join(list[0].Why, "\n"), "error code: E503") {
		t.Fatalf("of five: %+v", list)
	}
	i := list[0]
	if !w.rec.has("incident I-1 proposed linked=5") || !w.rec.has("page ") {
		t.Fatalf("what people saw: %q", w.rec.log)
	}
	ids = append(ids, w.outbreak(jobs, 5, 1)...) // joins the proposal
	i = w.incident("lena", ticket.IncidentAction{Do: ticket.DoOpen, ID: i.ID, Rev: w.incidents()[0].Rev, Text: "Do not reset passwords."})
	w.work(jobs)
	card, _, err := w.desk.view(t.Context(), ids[0])
	if err != nil || card.Incident == nil || card.Incident.Instruction != "Do not reset passwords." {
		t.Fatalf("the card of a ticket: %+v, %v", card.Incident, err)
	}
	before := w.sent()
	w.incident("lena", ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: map[string]string{"en": "We are on it.", "de": "Wir arbeiten daran."}})
	w.work(jobs)
	if w.sent() != before {
		t.Error("an update goes out before it can no longer be taken back")
	}
	w.pass(2 * time.Minute)
	w.work(jobs)
	if n := w.sent() - before; n != 6 {
		t.Errorf("%d customers were told, of 6", n)
	}
	late := w.outbreak(jobs, 6, 1) // who comes late is linked, and told
	w.work(jobs)
	if tk, _ := w.store.Ticket(t.Context(), late[0]); tk.Incident != i.ID || w.sent()-before != 7 {
		t.Errorf("who comes late: %+v, %d told", tk.Incident, w.sent()-before)
	}
	w.incident("lena", ticket.IncidentAction{Do: ticket.DoUnlink, ID: i.ID, Tickets: []ticket.Candidate{{Ticket: ids[1]}}, Reason: "another matter"})
	i = w.incident("lena", ticket.IncidentAction{Do: ticket.DoResolve, ID: i.ID, Diagnosis: "The certificate had run out.", Texts: map[string]string{"en": "It works again.", "fr": "Tout remarche."}})
	w.pass(2 * time.Minute)
	w.work(jobs)
	for _, id := range append(ids, late...) {
		tk, _ := w.store.Ticket(t.Context(), id)
		if solved := tk.State == ticket.Solved && tk.Diagnosis == i.Diagnosis; solved != (id != ids[1]) {
			t.Errorf("%s is %s: %s", id, tk.State, tk.Diagnosis)
		}
	}
	if !w.rec.has("incident I-1 resolved linked=6 told=6 done=6") {
		t.Errorf("the end: %q", w.rec.log[len(w.rec.log)-3:])
	}
}

// TestNobodyIsToldWhoShouldNotBe holds what an update passes over, and that it says why.
func TestNobodyIsToldWhoShouldNotBe(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Incidents.Off = true // by hand
	w, jobs := worldOf(t, &noKB{}, conf)
	ids := w.outbreak(jobs, 0, 3)
	again := w.write("c0@gmail.com", "en", "Still cannot log in", "E503 again")
	accept := func(in ticket.Inbound) ticket.ID {
		t.Helper()
		in.Channel, in.Inbox, in.Subject, in.Text = cmpOr(in.Channel, channels.Email), "support", "Cannot log in", "E503"
		acc, err := w.store.Accept(t.Context(), []ticket.Inbound{in})
		if err != nil {
			t.Fatal(err)
		}
		return acc[0].Ticket
	}
	machine := accept(ticket.Inbound{External: "<m@x>", Auto: true, From: customer.Identity{Kind: customer.Email, Value: "cron@mail.example"}})
	chat := accept(ticket.Inbound{External: "v1", Channel: channels.Chat, From: customer.Identity{Kind: customer.Chat, Value: "v1"}})
	staff := accept(ticket.Inbound{External: "<s@x>", From: customer.Identity{Kind: customer.Email, Value: "anna@desk.example"}})
	w.work(jobs)
	if err := w.store.Block(t.Context(), ticket.Block{Key: "email:c1@gmail.com", Reason: "x", By: ticket.Gateway}); err != nil {
		t.Fatal(err)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: ids[2], Diagnosis: "by hand"})
	var all []ticket.Candidate
	for _, id := range append(ids, again, machine, chat, staff) {
		all = append(all, ticket.Candidate{Ticket: id})
	}
	i := w.incident("lena", ticket.IncidentAction{Do: ticket.DoOpen, Title: "Portal down", Tickets: all})
	w.work(jobs)
	before := w.sent()
	w.incident("lena", ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: map[string]string{"en": "We are on it."}})
	w.pass(2 * time.Minute)
	w.work(jobs)
	if n := w.sent() - before; n != 1 {
		t.Errorf("%d were told", n)
	}
	why := map[ticket.ID]string{}
	list, err := w.store.Members(t.Context(), i.ID, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		why[m.Ticket] = m.Skipped
	}
	for id, want := range map[ticket.ID]string{ids[1]: "kept out", ids[2]: "solved already", machine: "machine", chat: "nothing can be sent by chat", staff: "staff"} {
		if !strings.Contains(why[id], want) {
			t.Errorf("%s: %q, want %q", id, why[id], want)
		}
	}
	if (why[ids[0]] == "") == (why[again] == "") {
		t.Errorf("one customer with two tickets: %q and %q", why[ids[0]], why[again])
	}
}

func TestADismissedIncidentStaysQuiet(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	w.outbreak(jobs, 0, 5)
	i := w.incidents()[0]
	w.incident("lena", ticket.IncidentAction{Do: ticket.DoDismiss, ID: i.ID, Reason: "a newsletter with a wrong link"})
	w.work(jobs)
	w.outbreak(jobs, 5, 8)
	if n := len(w.incidents()); n != 1 {
		t.Errorf("%d incidents of what was dismissed", n)
	}
	if _, err := w.desk.ActIncident(t.Context(), w.desk.agent("anna"), ticket.IncidentAction{Do: ticket.DoReopen, ID: i.ID}); ticket.KindOf(err) != ticket.Denied {
		t.Errorf("an agent reopens it: %v", err)
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// TestEnvironmentNotUnit holds that unit after unit at one place is said to be the place.
func TestEnvironmentNotUnit(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	for n, want := range []bool{false, false, true} {
		acc, err := w.store.Accept(t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: fmt.Sprint(n), Units: []string{fmt.Sprint("SN-", n)},
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("p%d@plant.example", n)}, Subject: "Dead", Text: "It is dead"}})
		if err != nil {
			t.Fatal(err)
		}
		w.work(jobs)
		c, _, err := w.desk.view(t.Context(), acc[0].Ticket)
		if err != nil || (c.Environment != "") != want {
			t.Errorf("after %d units: %q, %v", n+1, c.Environment, err)
		}
	}
	if c, _, _ := w.desk.view(t.Context(), ticket.FirstID+2); !strings.Contains(c.Environment, "3 units at") {
		t.Error(c.Environment)
	}
}

// TestARuleProposesAnIncidentWheneverItMatchesFirst holds that a rule's incident is proposed at a later contact, too:
// once for each ticket, and not again of what people have taken out.
func TestARuleProposesAnIncidentWheneverItMatchesFirst(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Incidents.Off = true // only what rules say
	conf.Rules = append(conf.Rules,
		Rule{Name: "recall", Group: "incidents", When: `text contains "hose"`, Then: Then{Incident: "hose recall"}},
		Rule{Name: "third", Group: "incidents", On: []ticket.RouteEvent{ticket.OnReply}, When: "contacts >= 3", Then: Then{Incident: "hose recall"}})
	w, jobs := worldOf(t, &noKB{}, conf)
	first := w.write("a@x.example", "en", "Leak", "The hose is off")
	w.work(jobs)
	second := w.write("b@x.example", "en", "Water", "There is water on the floor")
	w.work(jobs)
	more := func(text string) {
		t.Helper()
		acc, err := w.store.Accept(t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: "<" + text + "@x>", Subject: "Re: Water", Text: text,
			From: customer.Identity{Kind: customer.Email, Value: "b@x.example"}, Threads: []ticket.ThreadKey{{By: "subject-tag", Ticket: second}}}})
		if err != nil || acc[0].Ticket != second {
			t.Fatalf("%+v, %v", acc, err)
		}
		w.pass(time.Minute)
		w.work(jobs)
	}
	linked := func() (ids []ticket.ID) {
		t.Helper()
		members, err := w.store.Members(t.Context(), 1, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			if m.State == ticket.MemberLinked {
				ids = append(ids, m.Ticket)
			}
		}
		return ids
	}
	if got := linked(); len(got) != 1 || got[0] != first {
		t.Fatalf("of what the rule matched when it was opened: %v", got)
	}
	more("still")
	more("and still")
	if got := linked(); len(got) != 2 || got[1] != second || len(w.incidents()) != 1 {
		t.Fatalf("at the third contact: %v of %d incidents", got, len(w.incidents()))
	}
	w.incident("lena", ticket.IncidentAction{Do: ticket.DoUnlink, ID: 1, Tickets: []ticket.Candidate{{Ticket: second}}, Reason: "the pump"})
	more("again")
	if got := linked(); len(got) != 1 || len(w.incidents()) != 1 {
		t.Errorf("what people have taken out comes back: %v of %d incidents", got, len(w.incidents()))
	}
	tk, err := w.store.Ticket(t.Context(), second)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(tk.Done, "\n"), "incident:"); n != 1 {
		t.Errorf("it was proposed %d times: %v", n, tk.Done)
	}
}
