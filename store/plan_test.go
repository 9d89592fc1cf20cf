package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

// TestNoStatementReadsAWholeTable runs one of everything that is done often and asks SQLite how each
// statement was answered: what it costs must not grow with tickets that are closed or jobs that are dead.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	everyday(t, s)
	d := s.db.(*sqlite)
	var all []string
	for q := range d.writer.stmts {
		all = append(all, q)
	}
	d.reads.m.Range(func(q, _ any) bool {
		all = append(all, q.(string))
		return true
	})
	if len(all) < 40 {
		t.Fatalf("only %d statements were seen", len(all))
	}
	for _, q := range all {
		if strings.HasPrefix(q, "BEGIN") || strings.HasPrefix(q, "COMMIT") || strings.HasPrefix(q, "INSERT") {
			continue
		}
		for _, step := range explain(t, d, q) {
			// A scan over an index that holds only what is wanted stops at its LIMIT; MAX(id) reads one row.
			partial := strings.Contains(step, "USING INDEX jobs_") || strings.Contains(step, "USING COVERING INDEX jobs_") ||
				strings.Contains(step, "USING COVERING INDEX tickets_load")
			own := strings.Contains(step, "json_each") || strings.HasPrefix(step, "SCAN CONSTANT") || strings.HasPrefix(step, "SCAN (") ||
				step == "SCAN x" || step == "SCAN a" || step == "SCAN b" || step == "SCAN c"
			whole := strings.HasPrefix(step, "SCAN") && !partial && !own && !strings.Contains(q, "MAX(")
			if whole || strings.Contains(step, "(rowid>?)") || strings.Contains(step, "(rowid<?)") {
				t.Errorf("%s\n  in %s", step, q)
			}
		}
	}
}

// staffed hands a ticket out, and asks what everybody has.
func staffed(ctx context.Context, t *testing.T, s *Store, id ticket.ID) {
	t.Helper()
	_, err := s.Act(ctx, ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	if err == nil {
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActAssign, Ticket: id, By: ticket.Gateway})
	}
	if err == nil {
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActHandOut, Ticket: id, By: ticket.Gateway, Owner: "lea", Offer: &ticket.Offer{Room: 100}})
	}
	if err == nil {
		_, err = s.SetPresence(ctx, ticket.Presence{Agent: "lea", Source: ticket.PresenceSelf, State: ticket.Here})
	}
	if err == nil {
		_, err = s.Workloads(ctx, "l1", []string{"lea"})
	}
	if err == nil {
		_, err = s.Workloads(ctx, "l1", nil)
	}
	if err == nil {
		_, err = s.Waiting(ctx, "l1", 1)
	}
	if err == nil {
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActPage, Ticket: id, By: ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}, Tier: "l1", Reason: "x", Plan: ticket.ChainPlan(time.Minute, "slack", "lea")})
	}
	if err == nil {
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActPromise, Ticket: id, By: ticket.Gateway, Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: time.Now().Add(time.Hour)}})
	}
	if err == nil {
		_, err = s.Agenda(ctx, ticket.AgendaQuery{Tiers: []string{"l1"}, Owed: time.Now(), Limit: 1, Only: []ticket.AgendaList{ticket.ListWork, ticket.ListOwed}})
	}
	if err == nil {
		_, err = s.ShiftNotes(ctx, "l1", time.Now(), time.Now())
	}
	if err == nil {
		_, err = s.Agenda(ctx, ticket.AgendaQuery{Agent: "lea", Tiers: []string{"l1"}, Channel: "email", Urgent: true, Late: time.Now(), Limit: 1})
	}
	if err == nil {
		_, err = s.Places(ctx, "card", []ticket.ID{id})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func explain(t *testing.T, d *sqlite, q string) (steps []string) {
	t.Helper()
	args := make([]any, 0, 20)
	for n := 1; strings.Contains(q, fmt.Sprintf("$%d", n)); n++ {
		args = append(args, "1")
	}
	err := each(t.Context(), d.read, "EXPLAIN QUERY PLAN "+q, args, func(scan func(...any) error) error {
		var id, parent, unused int
		var step string
		err := scan(&id, &parent, &unused, &step)
		steps = append(steps, step)
		return err
	})
	if err != nil {
		t.Fatalf("%v in %s", err, q)
	}
	return steps
}

// everyday does what a gateway does all day.
func everyday(t *testing.T, s *Store) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	in := ticket.Inbound{Channel: "email", Inbox: "i", External: "1", Units: []string{"SN1"}, Attachments: []ticket.Attachment{{Name: "a", SHA256: "00"}},
		From: customer.Identity{Kind: customer.Email, Value: "a@b.example"}}
	in.Mail = &ticket.MailSeen{Source: "s", Place: "1", Raw: ticket.MailSource{Packed: []byte("x")}}
	next := in
	next.External, next.Threads = "2", []ticket.ThreadKey{{By: "references", Key: "1"}}
	out, err := s.Accept(ctx, []ticket.Inbound{in, next})
	check(err)
	id := out[0].Ticket
	_, err = s.Accept(ctx, []ticket.Inbound{next})
	check(err)
	later := in
	later.External, later.Threads = "3", next.Threads
	_, err = s.Accept(ctx, []ticket.Inbound{later})
	check(err)
	_, _, err = s.Mail(ctx, 1)
	check(err)
	_, _, err = s.ForgetMails(ctx, time.Now().Add(time.Hour), 10)
	check(err)
	by := ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "x", Key: "k", By: by})
	check(err)
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActDelivered, Ticket: id, Seq: 4, External: "o", By: by})
	check(err)
	other := in
	other.External, other.Threads = "4", nil
	other.Bounce = nil
	out, err = s.Accept(ctx, []ticket.Inbound{other})
	check(err)
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActMove, Ticket: id, Other: out[0].Ticket, Seqs: []int{2}, By: by})
	check(err)
	for n := range 2 {
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActUndo, Ticket: id, By: by})
		check(err)
		_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActMerge, Ticket: id, Other: out[0].Ticket, Key: fmt.Sprint("m", n), By: by})
		check(err)
	}
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActUndo, Ticket: id, By: by})
	check(err)
	staffed(ctx, t, s, id)
	for _, kinds := range [][]ticket.JobKind{nil, {ticket.JobShow}} {
		jobs, err := s.Claim(ctx, kinds, 1, time.Minute)
		check(err)
		for _, j := range jobs {
			check(s.Extend(ctx, j, time.Minute))
			check(s.Retry(ctx, j, time.Now(), "x"))
		}
		jobs, err = s.Claim(ctx, kinds, 1, time.Minute)
		check(err)
		for _, j := range jobs {
			check(s.Bury(ctx, j, "x"))
			check(s.Revive(ctx, j.ID))
		}
		jobs, err = s.Claim(ctx, kinds, 1, time.Minute)
		check(err)
		for _, j := range jobs {
			check(s.Finish(ctx, j))
		}
	}
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "x", By: by})
	check(err)
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActReopen, Ticket: id, By: by})
	check(err)
	_, _, err = s.Spent(ctx, ticket.Alike{Tier: "l1", Priority: ticket.Normal, Topics: []string{""}})
	check(err)
	_, _, err = s.Outcomes(ctx, ticket.OutcomeQuery{Since: time.Now()})
	check(err)
	_, err = s.NextDue(ctx)
	check(err)
	_, err = s.Messages(ctx, id, 0, 1)
	check(err)
	_, err = s.Events(ctx, id, 0, 1)
	check(err)
	_, err = s.Cases(ctx, ticket.CaseQuery{Except: id, Customer: 1, Organization: 1, Units: []string{"SN1"}})
	check(err)
	_, err = s.UnitCases(ctx, "SN1", time.Time{})
	check(err)
	for _, do := range []ticket.IncidentAction{{Do: ticket.DoPropose}, {Do: ticket.DoOpen, ID: 1}, {Do: ticket.DoUpdate, ID: 1}} {
		do.Title, do.By, do.Texts = "x", ticket.Gateway, map[string]string{"en": "x"}
		do.Tickets, do.Signature = []ticket.Candidate{{Ticket: out[0].Ticket}}, "s"
		_, err = s.ActIncident(ctx, do)
		check(err)
	}
	_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActRoute, Ticket: out[0].Ticket, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1", Print: &ticket.Print{}}})
	check(err)
	for _, kind := range []ticket.ActionKind{ticket.ActLink, ticket.ActAnnounce} {
		_, err = s.Act(ctx, ticket.Action{Kind: kind, Ticket: out[0].Ticket, Incident: 1, Number: 1, By: ticket.Gateway})
		check(err)
	}
	_, err = s.Incidents(ctx, ticket.IncidentFilter{States: ticket.IncidentStates, After: 9})
	check(err)
	_, err = s.Members(ctx, 1, 0, 1)
	check(err)
	_, err = s.Tally(ctx, 1, 1)
	check(err)
	_, err = s.Prints(ctx, time.Unix(0, 0), time.Now(), 10)
	check(err)
	_, err = s.IncidentPrints(ctx, 1, 10)
	check(err)
	check(s.SetDeskRef(ctx, id, 1, "r"))
	check(s.Bind(ctx, ticket.Reference{Scope: "card", Key: "c", Ticket: id}))
	_, err = s.ReferencesOf(ctx, id, "card")
	check(err)
	_, err = s.Lookup(ctx, "card", "c")
	check(err)
	_, err = s.CustomerBy(ctx, in.From)
	check(err)
	_, err = s.PutArticle(ctx, kb.Article{ID: "a"})
	check(err)
	_, err = s.ArticleChanges(ctx, 0, 1)
	check(err)
	check(s.SetCursor(ctx, "s", "1"))
	_, err = s.Cursor(ctx, "s")
	check(err)
	_, err = s.Lease(ctx, "l", "h", time.Minute)
	check(err)
}
