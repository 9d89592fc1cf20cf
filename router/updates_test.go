package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/config/check"
	"tierline/customer"
	"tierline/ticket"
)

// steady is a world in which customers hear how their cases stand, every 8 h of open time.
func steady(t *testing.T, change func(*Config)) (*world, *Jobs) {
	t.Helper()
	conf := desk5()
	for i := range conf.Tiers {
		conf.Tiers[i].Updates = Updates{Every: map[string]time.Duration{"default": 8 * time.Hour, "urgent": 2 * time.Hour}}
	}
	conf.Brands = []ticket.Brand{{Name: "brew", Title: "Brühwerk", Languages: []string{"de", "en", "fr"}}}
	conf.Agents = append(conf.Agents, ticket.Agent{ID: "boss", Name: "Boss", Email: "boss@desk.example", Roles: []ticket.Role{ticket.RoleLead}})
	if change != nil {
		change(&conf)
	}
	return worldOf(t, &noKB{}, conf)
}

// wait lets time pass in steps, and does what comes due.
func (w *world) wait(jobs *Jobs, d time.Duration) {
	w.t.Helper()
	for end := w.clock().Add(d); w.clock().Before(end); {
		w.pass(min(10*time.Minute, end.Sub(w.clock())))
		w.work(jobs)
	}
}

func (w *world) ticket(id ticket.ID) ticket.Ticket {
	w.t.Helper()
	tk, err := w.store.Ticket(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return tk
}

func TestCustomersHearHowTheirCaseStands(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	w.wait(jobs, 6*time.Hour)
	if len(w.told(id)) != 0 || w.rec.has("tell anna The customer is to hear") {
		t.Fatalf("too early: %q %q", w.told(id), w.rec.log)
	}
	w.wait(jobs, 90*time.Minute)
	if !w.rec.has("tell anna The customer is to hear how their case stands") {
		t.Errorf("its owner was not reminded: %q", w.rec.log)
	}
	w.wait(jobs, 30*time.Minute)
	said := w.told(id)
	if len(said) != 1 || !strings.Contains(said[0], "**"+id.String()+"**") || !strings.Contains(said[0], "- a colleague has taken on your case") ||
		!strings.Contains(said[0], "We cannot say yet when") || !strings.Contains(said[0], "by tomorrow at 01:00 UTC at the latest") {
		t.Fatalf("the first: %q", said)
	}
	tk := w.ticket(id)
	if tk.State != ticket.Open || !tk.LastAgent.IsZero() || tk.Update.Count != 1 {
		t.Errorf("a machine's word is no answer of staff: %s, %s, %+v", tk.State, tk.LastAgent, tk.Update)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActEscalate, Ticket: id, Tier: "l2", Reason: "INTERNAL: the idiot board again", Handoff: &ticket.Handoff{Problem: "secret"}})
	w.wait(jobs, 8*time.Hour)
	said = w.told(id)
	if len(said) != 2 || !strings.Contains(said[1], "our specialists have taken on your case") || strings.Contains(said[1], "colleague has taken") {
		t.Fatalf("the second: %q", said)
	}
	w.wait(jobs, 8*time.Hour)
	if said = w.told(id); len(said) != 3 || !strings.Contains(said[2], "Nothing has changed") {
		t.Fatalf("the third: %q", said)
	}
	for _, s := range said {
		if strings.Contains(s, "INTERNAL") || strings.Contains(s, "secret") {
			t.Errorf("what is internal went out: %q", s)
		}
	}
	if n := count(w.rec.log, "send "); n != 3 {
		t.Errorf("%d went out: %q", n, w.rec.log)
	}
}

func count(log []string, prefix string) (n int) {
	for _, l := range log {
		if strings.HasPrefix(l, prefix) {
			n++
		}
	}
	return n
}

func TestNobodyIsToldWhatStaffHasSaid(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	w.wait(jobs, 7*time.Hour)
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "We are at it", Stay: true})
	w.wait(jobs, 7*time.Hour)
	if n := len(w.told(id)); n != 0 {
		t.Fatalf("%d beside the word of staff", n)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Which model is it?"})
	w.wait(jobs, 40*time.Hour)
	if n := len(w.told(id)); n != 0 {
		t.Fatalf("%d while the customer is waited for", n)
	}
	w.take(jobs, func(in *ticket.Inbound) {
		in.Threads = []ticket.ThreadKey{{By: "references", Ticket: id}}
	})
	w.wait(jobs, 7*time.Hour)
	if n := len(w.told(id)); n != 0 {
		t.Fatalf("%d right after the customer has written", n)
	}
	w.wait(jobs, 2*time.Hour)
	if n := len(w.told(id)); n != 1 {
		t.Fatalf("%d when it is ours again", n)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "a seal"})
	w.wait(jobs, 40*time.Hour)
	if n := len(w.told(id)); n != 1 {
		t.Fatalf("%d of a solved case", n)
	}
}

// What a text names as the next time holds: it is kept, or the customer hears that it moves.
func TestAnUpdateThatIsPutOffIsTold(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActPostpone, Ticket: id, At: w.clock().Add(12 * time.Hour)})
	w.wait(jobs, 11*time.Hour)
	if n := len(w.told(id)); n != 0 {
		t.Fatalf("%d before the time to which it was put off", n)
	}
	w.wait(jobs, time.Hour)
	if n := len(w.told(id)); n != 1 {
		t.Fatalf("%d at that time", n)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActSet, Ticket: id, Priority: ticket.Low})
	before := w.ticket(id).LastSeq
	w.act("anna", ticket.Action{Kind: ticket.ActPostpone, Ticket: id, At: w.clock().Add(4 * time.Hour)})
	if w.ticket(id).LastSeq != before {
		t.Error("an earlier time needs no word")
	}
	w.act("anna", ticket.Action{Kind: ticket.ActPostpone, Ticket: id, At: w.clock().Add(20 * time.Hour)})
	m, _ := w.store.Message(t.Context(), id, before+1)
	if m.Direction != ticket.Out || m.Auto || !strings.Contains(m.Text, "instead") {
		t.Errorf("the customer is told: %+v", m)
	}
	w.wait(jobs, 19*time.Hour)
	if n := len(w.told(id)); n != 1 {
		t.Errorf("%d before the new time", n)
	}
	w.wait(jobs, 2*time.Hour)
	if n := len(w.told(id)); n != 2 {
		t.Errorf("%d after the new time", n)
	}
}

func TestUpdatesKeepToOpenTimeAndSurviveARestart(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) {
		c.Brands[0].Hours = ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00", "fri": "09:00-17:00"}}
		c.Tiers[slices.IndexFunc(c.Tiers, func(t Tier) bool { return t.Name == "l1" })].Updates.Hours = ticket.Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "10:00-20:00", "tue": "15:00-20:00", "fri": "10:00-20:00"}}
	})
	id := w.take(jobs, nil).Ticket // Monday, 10:00 in Berlin: 7 h are left of that day
	due := w.ticket(id).Update.Due
	if want := time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC); !due.Equal(want) { // Tuesday 10:00, but written to from 15:00
		t.Fatalf("due %s, want %s", due, want)
	}
	w.pass(due.Sub(w.clock()) + 40*time.Hour) // the gateway was down meanwhile
	w.work(jobs)
	w.work(jobs)
	if n := len(w.told(id)); n != 1 {
		t.Errorf("%d after a restart", n)
	}
}

func TestUpdatesReachNobodyWhoDoesNotWantThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in  func(*ticket.Inbound)
		do  func(w *world, id ticket.ID)
		why string
	}{
		"a machine":      {func(in *ticket.Inbound) { in.Auto = true }, nil, "a machine wrote it"},
		"a list":         {func(in *ticket.Inbound) { in.NoAuto = "It came by a list." }, nil, "It came by a list"},
		"staff":          {func(in *ticket.Inbound) { in.From.Value = "anna@desk.example" }, nil, "it would go to staff"},
		"by phone":       {func(in *ticket.Inbound) { in.Channel = "phone" }, nil, "nothing can be written"},
		"elsewhere":      {func(in *ticket.Inbound) { in.Channel = "pigeon" }, nil, "nothing can be written"},
		"somebody shut":  {nil, func(w *world, _ ticket.ID) { w.block("email:joe@example.org") }, "kept out"},
		"a domain shut":  {nil, func(w *world, _ ticket.ID) { w.block("domain:example.org") }, "kept out"},
		"a dead mailbox": {nil, func(w *world, id ticket.ID) { w.undeliverable(id) }, "comes back"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, jobs := steady(t, nil)
			id := w.take(jobs, c.in).Ticket
			if c.do != nil {
				c.do(w, id)
			}
			w.wait(jobs, 9*time.Hour)
			if said := w.told(id); len(said) != 0 {
				t.Errorf("told: %q", said)
			}
			if u := w.ticket(id).Update; u == nil || !strings.Contains(u.Skipped, c.why) {
				t.Errorf("why not: %+v", u)
			}
		})
	}
}

func (w *world) block(key string) {
	if err := w.store.Block(w.t.Context(), ticket.Block{Key: key}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) undeliverable(id ticket.ID) {
	c, err := w.store.Customer(w.t.Context(), w.ticket(id).Customer)
	if err == nil {
		c.Undeliverable = map[string]customer.Undeliverable{"joe@example.org": {Reason: "no such user"}}
		_, err = w.store.PutCustomer(w.t.Context(), c)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// Two machines that answer each other, neither of which says that it is one, come to rest: an update goes out at
// its time and no sooner, whatever is answered to it.
func TestTwoMachinesDoNotKeepEachOtherUp(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	id := w.take(jobs, nil).Ticket
	answered := 0
	for range 48 {
		w.wait(jobs, time.Hour)
		for n := len(w.told(id)); answered < n; answered++ {
			w.take(jobs, func(in *ticket.Inbound) {
				in.Text, in.Threads = "Thank you for your message", []ticket.ThreadKey{{By: "references", Ticket: id}}
			})
		}
	}
	if n := len(w.told(id)); n > 6 {
		t.Errorf("%d in two days", n)
	}
}

func TestOneCustomerIsNotFloodedWithUpdates(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, nil)
	var ids []ticket.ID
	for range 15 {
		ids = append(ids, w.take(jobs, nil).Ticket)
	}
	w.wait(jobs, 9*time.Hour)
	n := 0
	for _, id := range ids {
		n += len(w.told(id))
	}
	if n != updatesDaily {
		t.Errorf("%d, want %d", n, updatesDaily)
	}
}

func TestUpdatesAreInTheCustomersLanguage(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) {
		c.Answers.Phrases = Phrases{"de": {"update_nothing": "Es gibt nichts Neues zu {number}."}}
	})
	id := w.take(jobs, func(in *ticket.Inbound) { in.Language = "de" }).Ticket
	fr := w.take(jobs, func(in *ticket.Inbound) { in.Language, in.From.Value = "fr", "marie@example.fr" }).Ticket
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)}})
	w.wait(jobs, 8*time.Hour)
	said := append(w.told(id), w.told(fr)...)
	if len(said) != 2 || !strings.Contains(said[0], "Es gibt nichts Neues zu "+id.String()) || !strings.Contains(said[0], "eine Lösung bis Montag, den 9. März, um 15:00 Uhr zugesagt") ||
		!strings.Contains(said[1], "Rien n’a changé") || !strings.Contains(said[1], "au plus tard demain à 1 h 00") {
		t.Errorf("%q", said)
	}
}

func TestATimeThatIsToldIsMeasured(t *testing.T) {
	t.Parallel()
	w, jobs := steady(t, func(c *Config) {
		c.Answers.Acknowledge = Acknowledge{When: `customer == "Joe"`, Texts: map[string]Text{"en": {Open: "It is here. {eta}"}}}
	})
	for n := range 30 {
		old := w.take(jobs, func(in *ticket.Inbound) {
			in.From.Value, in.From.Name = fmt.Sprintf("x%d@other%d.example", n, n), "Ann"
		}).Ticket
		w.wait(jobs, time.Duration(10+n)*10*time.Minute/10*10)
		w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: old, Diagnosis: "a seal"})
	}
	id := w.take(jobs, nil).Ticket
	if said := w.told(id); len(said) != 1 || !strings.HasPrefix(said[0], "It is here. Going by 30 cases like yours, it should be solved between") {
		t.Errorf("the acknowledgement: %q", said)
	}
	e, err := w.desk.ETA(t.Context(), w.ticket(id))
	if err != nil || e.Kind != ticket.ETAMeasured || e.Basis.Count != 30 || len(e.Basis.Tickets) != 30 || e.Basis.Median != 240*time.Minute ||
		e.Basis.Low != 120*time.Minute || e.Basis.High != 360*time.Minute || !e.Likely.Equal(w.clock().Add(240*time.Minute)) {
		t.Fatalf("%+v %+v %v", e, e.Basis, err)
	}
	tk := w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: w.clock().Add(30 * time.Hour)}})
	if e, err = w.desk.ETA(t.Context(), tk); err != nil || e.Kind != ticket.ETAPromise || !e.To.Equal(w.clock().Add(30*time.Hour)) {
		t.Errorf("a promise goes before: %+v %v", e, err)
	}
	tk = w.act("anna", ticket.Action{Kind: ticket.ActUnpromise, Ticket: id, Reason: "no parts", Promise: &ticket.Promise{Number: 1}})
	w.pass(5 * time.Hour)
	if e, err = w.desk.ETA(t.Context(), tk); err != nil || e.Kind != ticket.ETANone || e.Basis.Left >= ticket.MinAlike {
		t.Errorf("a case that takes longer than the others has no time: %+v %v", e, err)
	}
}

func TestWhatHasHappenedIsToldInPublicWords(t *testing.T) {
	t.Parallel()
	ev := func(k ticket.ActionKind, data ...string) ticket.Event {
		e := ticket.Event{Kind: string(k), Data: map[string]string{}, Why: []string{"internal"}}
		for i := 0; i+1 < len(data); i += 2 {
			e.Data[data[i]] = data[i+1]
		}
		return e
	}
	level := func(s string) int { return map[string]int{"l1": 1, "l2": 2}[s] }
	held := ticket.Ticket{State: ticket.OnHold}
	for _, c := range []struct {
		t      ticket.Ticket
		events []ticket.Event
		want   string
	}{
		{ticket.Ticket{}, nil, ""},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActNote), ev(ticket.ActSet), ev(ticket.ActClock, "what", "warning")}, ""},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActEscalate, "from", "l2", "tier", "l1")}, ""},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActTake), ev(ticket.ActEscalate, "from", "l1", "tier", "l2"), ev(ticket.ActTake)}, "event_level event_taken"},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActClock, "what", "breach"), ev(ticket.ActPromiseDue, "state", "broken")}, "event_lead"},
		{held, []ticket.Event{ev(ticket.ActHold)}, "event_waiting"},
		{ticket.Ticket{State: ticket.Open}, []ticket.Event{ev(ticket.ActHold)}, ""},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActAccept), ev(ticket.ActJoin)}, "event_paged event_joined"},
		{ticket.Ticket{Incident: 3}, []ticket.Event{ev(ticket.ActLink, "incident", "I-3")}, "event_incident"},
		{ticket.Ticket{}, []ticket.Event{ev(ticket.ActLink), ev(ticket.ActUnlink)}, ""},
	} {
		if got := strings.Join(happened(c.t, c.events, level), " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.events, got, c.want)
		}
	}
}

// Every phrase is in all languages, and names only what can be put in.
func TestPhrasesAreWhole(t *testing.T) {
	t.Parallel()
	for language, list := range phrases {
		for name := range phrases["en"] {
			a, b := placeholder.FindAllString(list[name], -1), placeholder.FindAllString(phrases["en"][name], -1)
			slices.Sort(a)
			slices.Sort(b)
			if list[name] == "" || !slices.Equal(a, b) {
				t.Errorf("%s %s: %v, in English %v", language, name, a, b)
			}
		}
	}
	var faults check.List
	phrases.check(faults.Root())
	Phrases{"en": {"nonsense": "x", "warning": "{boss}"}}.check(faults.Root())
	if len(faults.Faults) != 2 {
		t.Errorf("%v", faults.Faults)
	}
}
