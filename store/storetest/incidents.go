package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/ticket"
)

// many accepts n contacts of n customers, and does all that follows from them.
func many(t *testing.T, w *world, n int) (ids []ticket.ID) {
	for i := range n {
		in := mail(fmt.Sprintf("c%d@x%d.example", i, i), fmt.Sprintf("<many%d@x>", i))
		in.Language = []string{"en", "de", "es"}[i%3]
		ids = append(ids, accept(t, w.a, in)[0].Ticket)
	}
	drain(t, w.a)
	return ids
}

func candidates(ids ...ticket.ID) (list []ticket.Candidate) {
	for _, id := range ids {
		list = append(list, ticket.Candidate{Ticket: id, Score: 0.5, Why: []string{"alike"}})
	}
	return list
}

func incident(t testing.TB, s Store, a ticket.IncidentAction) ticket.Incident {
	t.Helper()
	if a.By.Kind == "" {
		a.By = ana
	}
	return must(s.ActIncident(ctxOf(t), a))(t)
}

// work does the jobs of incidents that are due, as the router does, and says what they were.
func work(t testing.TB, s Store) (done int) {
	t.Helper()
	for {
		jobs := claim(t, s, 100)
		if len(jobs) == 0 {
			return done
		}
		for _, j := range jobs {
			if j.Kind != ticket.JobIncident {
				ok(t, s.Finish(ctxOf(t), j))
				continue
			}
			w := must(j.Work())(t)
			done++
			act(t, s, ticket.Action{Kind: w.Do, Ticket: j.Ticket, Incident: w.Incident, Number: w.Number, By: ticket.Gateway, Job: j})
		}
	}
}

func sent(t testing.TB, s Store, id ticket.ID) (list []ticket.Message) {
	for _, m := range must(s.Messages(ctxOf(t), id, 0, 100))(t) {
		if m.Direction == ticket.Out {
			list = append(list, m)
		}
	}
	return list
}

func incidentLife(t *testing.T, w *world) {
	ctx := ctxOf(t)
	ids := many(t, w, 4)
	i := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoPropose, Title: " Nobody  can sign in ", By: ticket.Gateway, Tier: "l2",
		Tickets: candidates(ids[:3]...), Why: []string{"the words sign, in"}})
	equal(t, "made", fmt.Sprintln(i.ID, i.Rev, i.State, i.Title, i.Tier), fmt.Sprintln("I-1 1 proposed Nobody can sign in l2"))
	equal(t, "its first ticket", i.Begun, must(w.a.Ticket(ctx, ids[0]))(t).Opened)
	equal(t, "a card is to be shown", work(t, w.a), 0)
	equal(t, "tickets know nothing of it yet", must(w.a.Ticket(ctx, ids[0]))(t).Incident, 0)

	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoOpen, ID: i.ID, Rev: i.Rev, Text: "Do not reset passwords."})
	equal(t, "open", fmt.Sprintln(i.State, i.OpenedBy.Name, i.Instruction), fmt.Sprintln("open Ana Do not reset passwords."))
	equal(t, "each is linked", work(t, w.a), 3)
	equal(t, "linked", must(w.a.Ticket(ctx, ids[2]))(t).Incident, i.ID)
	equal(t, "the other is not", must(w.a.Ticket(ctx, ids[3]))(t).Incident, 0)
	_, err := w.a.ActIncident(ctx, ticket.IncidentAction{Do: ticket.DoResolve, ID: i.ID, Rev: 1, Diagnosis: "x", By: ana})
	kind(t, err, ticket.Conflict)

	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoLink, ID: i.ID, Tickets: candidates(ids[3])})
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUnlink, ID: i.ID, Tickets: candidates(ids[0]), Reason: "another matter"})
	equal(t, "both", work(t, w.a), 2)
	equal(t, "out", must(w.a.Ticket(ctx, ids[0]))(t).Incident, 0)
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoLink, ID: i.ID, Tickets: candidates(ids[0]), By: ticket.Gateway})
	equal(t, "what people have taken out stays out", work(t, w.a), 0)
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: ids[1], Diagnosis: "by hand"})
	drain(t, w.a)

	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoResolve, ID: i.ID, Diagnosis: "The certificate had run out.", Key: "k",
		Texts: map[string]string{"en": "It works again.", "de": "Es geht wieder."}})
	again := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoResolve, ID: i.ID, Diagnosis: "twice", Key: "k"})
	equal(t, "the same key does nothing", fmt.Sprint(again.Rev, again.Diagnosis), fmt.Sprint(i.Rev, i.Diagnosis))
	work(t, w.a)
	for _, c := range []struct {
		id    ticket.ID
		state ticket.State
		cause string
		out   int
	}{{ids[0], ticket.New, "", 0}, {ids[1], ticket.Solved, "by hand", 0}, {ids[2], ticket.Solved, i.Diagnosis, 1}, {ids[3], ticket.Solved, i.Diagnosis, 1}} {
		k := must(w.a.Ticket(ctx, c.id))(t)
		equal(t, c.id.String(), fmt.Sprint(k.State, k.Diagnosis, len(sent(t, w.a, c.id))), fmt.Sprint(c.state, c.cause, c.out))
	}
	m := sent(t, w.a, ids[2])[0]
	equal(t, "in the language that there is", fmt.Sprint(m.Text, m.Auto, m.Author.Name, len(m.Warnings)), "It works again.trueAna1")
	n := must(w.a.Tally(ctx, i.ID, i.Newest().Number))(t)
	equal(t, "counted", fmt.Sprintf("%+v", n), fmt.Sprintf("%+v", ticket.Tally{Linked: 3, Apart: 1, Done: 3, Solved: 2, Told: 2, Skipped: 1}))
	list := must(w.a.Members(ctx, i.ID, ids[0], 10))(t)
	equal(t, "why not", list[0].Skipped, "the ticket was solved already")

	back := mail("c2@x2.example", "<back@x>", ticket.ThreadKey{By: "references", Key: "<many2@x>"})
	equal(t, "joined", accept(t, w.a, back)[0].Ticket, ids[2])
	equal(t, "who has come back", must(w.a.Tally(ctx, i.ID, 1))(t).Returned, 1)
	equal(t, "still a part", must(w.a.Ticket(ctx, ids[2]))(t).Incident, i.ID)
	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoReopen, ID: i.ID})
	equal(t, "reopened", string(i.State), "open")
	equal(t, "listed", len(must(w.a.Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentOpen}}))(t)), 1)
	equal(t, "by state", len(must(w.a.Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentResolved}}))(t)), 0)
}

func incidentTold(t *testing.T, w *world) {
	ctx := ctxOf(t)
	ids := many(t, w, 3)
	second := accept(t, w.a, mail("c1@x1.example", "<second@x>"))[0].Ticket
	drain(t, w.a)
	i := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoOpen, Title: "Down", Tickets: candidates(ids[0], ids[1], second)})
	work(t, w.a)
	texts := map[string]string{"en": "We know. {number}", "de": "Wir wissen es."}
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: texts})
	work(t, w.a)
	equal(t, "each once", fmt.Sprint(len(sent(t, w.a, ids[0])), len(sent(t, w.a, ids[1])), len(sent(t, w.a, second))), "1 1 0")
	equal(t, "in their language", sent(t, w.a, ids[1])[0].Text, "Wir wissen es.")
	n := must(w.a.Tally(ctx, i.ID, 1))(t)
	equal(t, "counted", fmt.Sprint(n.Told, n.Skipped, n.Waiting), "2 1 0")

	// The same job once more, as after a crash between two commits.
	for range 2 {
		act(t, w.a, ticket.Action{Kind: ticket.ActAnnounce, Ticket: ids[0], Incident: i.ID, Number: 1, By: ticket.Gateway})
	}
	equal(t, "not again", len(sent(t, w.a, ids[0])), 1)

	// Who comes late is told once what the others were told last.
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: texts})
	work(t, w.a)
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoLink, ID: i.ID, Tickets: candidates(ids[2]), By: ticket.Gateway})
	work(t, w.a)
	equal(t, "the newest", len(sent(t, w.a, ids[2])), 1)
	list := must(w.a.Members(ctx, i.ID, second-1, 9))(t)
	equal(t, "passed over", fmt.Sprint(list[0].Told, list[0].Skipped), fmt.Sprint(2, "the customer was told in ", ids[1]))
	byID := must(w.a.Members(ctx, i.ID, ids[2]-1, 1))(t)
	equal(t, "in the fallback", byID[0].In, "en")

	// What the caller knows against it is kept.
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: texts})
	act(t, w.a, ticket.Action{Kind: ticket.ActAnnounce, Ticket: ids[0], Incident: i.ID, Number: 3, By: ticket.Gateway, Reason: "their address does not exist"})
	equal(t, "not told", len(sent(t, w.a, ids[0])), 2)
	equal(t, "and why", must(w.a.Members(ctx, i.ID, ids[0]-1, 1))(t)[0].Skipped, "their address does not exist")
}

func incidentWithdraw(t *testing.T, w *world) {
	ctx := ctxOf(t)
	ids := many(t, w, 2)
	i := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoOpen, Title: "Down", Tickets: candidates(ids...)})
	work(t, w.a)
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: map[string]string{"en": "x"}, Wait: time.Minute})
	equal(t, "nothing is due", work(t, w.a), 0)
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoWithdraw, ID: i.ID, Number: 1})
	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoResolve, ID: i.ID, Diagnosis: "it", Texts: map[string]string{"en": "y"}, Wait: time.Minute})
	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoWithdraw, ID: i.ID, Number: 2})
	equal(t, "open again", string(i.State)+i.Diagnosis, "open")
	w.clock.Add(2 * time.Minute)
	equal(t, "four jobs find nothing to do", work(t, w.a), 4)
	k := must(w.a.Ticket(ctx, ids[0]))(t)
	equal(t, "as it was", fmt.Sprint(k.State, len(sent(t, w.a, ids[0]))), "new0")
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoUpdate, ID: i.ID, Texts: map[string]string{"en": "z"}})
	_, err := w.a.ActIncident(ctx, ticket.IncidentAction{Do: ticket.DoWithdraw, ID: i.ID, Number: 3, By: ana})
	kind(t, err, ticket.Conflict)
}

// incidentRace has two gateways propose the same at once: each sees all tickets.
func incidentRace(t *testing.T, w *world) {
	ctx := ctxOf(t)
	b := w.open(w.clock.Now)
	for round := range 5 {
		var ids []ticket.ID
		for n := range 6 {
			ids = append(ids, accept(t, w.a, mail(fmt.Sprintf("r%d-%d@z%d.example", round, n, n), fmt.Sprintf("<r%d-%d@x>", round, n)))[0].Ticket)
		}
		got := make([]ticket.IncidentID, 6)
		together(6, func(n int) {
			i, err := []Store{w.a, b}[n%2].ActIncident(ctx, ticket.IncidentAction{Do: ticket.DoPropose, Title: "Down", By: ticket.Gateway,
				Tickets: candidates(ids[n], ids[0], ids[(n+1)%6])})
			if err != nil {
				t.Error(err)
			}
			got[n] = i.ID
		})
		for _, id := range got {
			equal(t, "one of them all", id, got[0])
		}
		equal(t, "with all tickets", must(w.a.Tally(ctx, got[0], 0))(t).Linked, 6)
	}
	equal(t, "one a round", len(must(w.a.Incidents(ctx, ticket.IncidentFilter{}))(t)), 5)
}

func incidentQuiet(t *testing.T, w *world) {
	ids := many(t, w, 6)
	propose := ticket.IncidentAction{Do: ticket.DoPropose, Title: "Down", By: ticket.Gateway, Tickets: candidates(ids[:3]...)}
	i := incident(t, w.a, propose)
	_, err := w.a.ActIncident(ctxOf(t), ticket.IncidentAction{Do: ticket.DoDismiss, ID: i.ID, By: ana})
	kind(t, err, ticket.Invalid)
	i = incident(t, w.a, ticket.IncidentAction{Do: ticket.DoDismiss, ID: i.ID, Reason: "a newsletter", Wait: time.Hour})
	equal(t, "dismissed", string(i.State)+": "+i.Reason, "dismissed: a newsletter")
	propose.Tickets = candidates(ids[:4]...)
	equal(t, "not again", incident(t, w.a, propose).ID, 0)
	rule := ticket.IncidentAction{Do: ticket.DoPropose, Title: "Smoke", Signature: "smoke", By: ticket.Gateway, Tickets: candidates(ids[4])}
	s := incident(t, w.a, rule)
	rule.Tickets = candidates(ids[5])
	equal(t, "of one signature", incident(t, w.a, rule).ID, s.ID)
	incident(t, w.a, ticket.IncidentAction{Do: ticket.DoDismiss, ID: s.ID, Reason: "a drill", Wait: time.Hour})
	equal(t, "nor this", incident(t, w.a, rule).ID, 0)
	w.clock.Add(time.Hour)
	equal(t, "later it is", incident(t, w.a, propose).ID > s.ID, true)
}

func incidentRefused(t *testing.T, w *world) {
	ctx := ctxOf(t)
	ids := many(t, w, 2)
	_, err := w.a.Incident(ctx, 9)
	kind(t, err, ticket.NotFound)
	try := func(want ticket.Kind, a ticket.IncidentAction) {
		t.Helper()
		a.By = ana
		_, err := w.a.ActIncident(ctx, a)
		kind(t, err, want)
	}
	try(ticket.NotFound, ticket.IncidentAction{Do: ticket.DoLink, ID: 9})
	try(ticket.NotFound, ticket.IncidentAction{Do: ticket.DoOpen, Title: "x", Tickets: candidates(9_999)})
	try(ticket.Invalid, ticket.IncidentAction{Do: ticket.DoOpen})
	try(ticket.Invalid, ticket.IncidentAction{Do: "burn"})
	a := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoOpen, Title: "a", Tickets: candidates(ids[0])})
	try(ticket.Conflict, ticket.IncidentAction{Do: ticket.DoOpen, Title: "b", Tickets: candidates(ids[0])})
	try(ticket.Conflict, ticket.IncidentAction{Do: ticket.DoOpen, ID: a.ID})
	try(ticket.Invalid, ticket.IncidentAction{Do: ticket.DoUpdate, ID: a.ID})
	try(ticket.Invalid, ticket.IncidentAction{Do: ticket.DoResolve, ID: a.ID})
	try(ticket.NotFound, ticket.IncidentAction{Do: ticket.DoUnlink, ID: a.ID, Tickets: candidates(ids[1])})
	try(ticket.NotFound, ticket.IncidentAction{Do: ticket.DoWithdraw, ID: a.ID, Number: 1})
	equal(t, "what failed left nothing", len(must(w.a.Incidents(ctx, ticket.IncidentFilter{}))(t)), 1)
}

func incidentPrints(t *testing.T, w *world) {
	ctx := ctxOf(t)
	start := w.clock.Now()
	ids := many(t, w, 3)
	for n, id := range ids {
		a := ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1",
			Print: &ticket.Print{Terms: []string{"w:one", fmt.Sprint("w:", n)}}}}
		act(t, w.a, a)
	}
	kinds := ""
	for _, j := range claim(t, w.a, 100, ticket.JobAlike) {
		kinds += fmt.Sprint(j.Ticket, " ")
	}
	equal(t, "each is looked at", kinds, fmt.Sprintf("%s %s %s ", ids[0], ids[1], ids[2]))
	list := must(w.a.Prints(ctx, start, start.Add(time.Second), 10))(t)
	equal(t, "all", len(list), 3)
	equal(t, "none before", len(must(w.a.Prints(ctx, start.Add(-time.Hour), start, 10))(t)), 0)
	i := incident(t, w.a, ticket.IncidentAction{Do: ticket.DoOpen, Title: "x", Tickets: candidates(ids[1])})
	of := must(w.a.IncidentPrints(ctx, i.ID, 10))(t)
	equal(t, "of the incident", fmt.Sprint(len(of), of[0].Ticket, of[0].Incident, of[0].Terms, of[0].Customer > 0), fmt.Sprint(1, ids[1], i.ID, []string{"w:one", "w:1"}, true))
	w.clock.Add(40 * 24 * time.Hour)
	must(w.a.Forget(ctx))(t)
	equal(t, "forgotten", len(must(w.a.Prints(ctx, start, w.clock.Now(), 10))(t)), 0)
}
