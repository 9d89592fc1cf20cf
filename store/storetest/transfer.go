package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

var ana = ticket.Actor{Kind: ticket.ByAgent, ID: "ana", Name: "Ana"}

func refTo(id string) ticket.ThreadKey { return ticket.ThreadKey{By: "references", Key: id} }

// messagesOf reads all of a ticket.
func messagesOf(t testing.TB, s Store, id ticket.ID) (all []ticket.Message) {
	t.Helper()
	for {
		page := must(s.Messages(ctxOf(t), id, len(all), ticket.MaxPage))(t)
		if all = append(all, page...); len(page) < ticket.MaxPage {
			return all
		}
	}
}

// says lists what counts in a ticket, by the ids that mail gave it or the texts.
func says(t testing.TB, s Store, id ticket.ID) string {
	t.Helper()
	var out []string
	for _, m := range messagesOf(t, s, id) {
		if m.Kind == ticket.System || !m.MovedTo.IsZero() {
			continue
		}
		out = append(out, strings.Trim(firstNot(m.External, m.Text), "<>"))
	}
	return strings.Join(out, " ")
}

func firstNot(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// lastEvent is the newest of a kind.
func lastEvent(t testing.TB, s Store, id ticket.ID, kind ticket.ActionKind) ticket.Event {
	t.Helper()
	list := must(s.Events(ctxOf(t), id, 0, ticket.MaxPage))(t)
	slices.Reverse(list)
	i := slices.IndexFunc(list, func(e ticket.Event) bool { return e.Kind == string(kind) })
	if i < 0 {
		t.Fatalf("%s has no event of kind %s", id, kind)
	}
	return list[i]
}

func refused(t testing.TB, s Store, a ticket.Action, want ticket.Kind, says string) {
	t.Helper()
	if a.By.Kind == "" {
		a.By = ana
	}
	_, err := s.Act(ctxOf(t), a)
	kind(t, err, want)
	if !strings.Contains(ticket.Explain(err), says) {
		t.Fatalf("it is refused with %q, which does not say %q", ticket.Explain(err), says)
	}
}

func transferMerge(t *testing.T, w *world) {
	in := mail("ann@corp.example", "<a1@x>")
	in.Units, in.With = []string{"SN1"}, []customer.Identity{{Kind: customer.Email, Value: "boss@corp.example"}}
	a := accept(t, w.a, in)[0].Ticket
	drain(t, w.a)
	b := accept(t, w.a, mail("ann@corp.example", "<b1@x>"))[0].Ticket
	act(t, w.a, ticket.Action{Kind: ticket.ActRoute, Ticket: b, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: a, Text: "note"})
	act(t, w.a, ticket.Action{Kind: ticket.ActReply, Ticket: a, Text: "try this"})
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: b, Diagnosis: "a fuse"})
	merge := ticket.Action{Kind: ticket.ActMerge, Ticket: a, Other: b, By: ana, Key: "click"}
	refused(t, w.a, merge, ticket.Invalid, "still on its way")
	act(t, w.a, ticket.Action{Kind: ticket.ActDelivered, Ticket: a, Seq: 3, External: "<out@gw>", By: ticket.Gateway})
	merge.Rev = 1
	refused(t, w.a, merge, ticket.Conflict, "changed")
	merge.Rev = must(w.a.Ticket(ctxOf(t), a))(t).Rev
	got := act(t, w.a, merge)
	equal(t, "it goes on in", got.ID, b)
	equal(t, "the same click again", act(t, w.a, merge).ID, b)
	equal(t, "what counts there", says(t, w.a, b), "b1@x a1@x note out@gw")
	equal(t, "what counts here", says(t, w.a, a), "")
	was := must(w.a.Ticket(ctxOf(t), a))(t)
	equal(t, "it is closed", was.State, ticket.Closed)
	equal(t, "and says where it goes on", was.MergedInto, b)
	now := must(w.a.Ticket(ctxOf(t), b))(t)
	equal(t, "solved, and the other waited for the customer", now.State, ticket.Pending)
	equal(t, "who takes part", now.Has(in.With[0]), true)
	equal(t, "its units", fmt.Sprint(now.Units), "[SN1]")
	equal(t, "the unit has one case", must(w.a.UnitCases(ctxOf(t), "SN1", time.Time{}))(t), 1)
	copied := messagesOf(t, w.a, b)[3]
	equal(t, "text", copied.Text, "note")
	equal(t, "where it was said", copied.MovedFrom, ticket.MessageID{Ticket: a, Seq: 2})
	equal(t, "where it is now", messagesOf(t, w.a, a)[1].MovedTo, ticket.MessageID{Ticket: b, Seq: copied.Seq})
	out := messagesOf(t, w.a, b)[4]
	equal(t, "delivery", out.Delivery, ticket.Sent)

	// What continues the one goes to the other, whatever names it.
	own := ticket.ThreadKey{By: "references", Key: "<out@gw>", Ticket: a}
	for n, key := range []ticket.ThreadKey{refTo("<a1@x>"), own, {By: "subject-tag", Ticket: a}, {By: "reply-token", Ticket: a, Proof: true}} {
		equal(t, "an answer by "+key.By, accept(t, w.a, mail("ann@corp.example", fmt.Sprint("re", n), key))[0].Ticket, b)
	}
	stranger := accept(t, w.a, mail("eve@evil.example", "evil", ticket.ThreadKey{By: "subject-tag", Ticket: a}))[0]
	equal(t, "a stranger does not", stranger.Opened, true)
	equal(t, "somebody in copy does", accept(t, w.a, mail("boss@corp.example", "boss", own))[0].Ticket, b)
	equal(t, "the same mail again", accept(t, w.a, in)[0].Duplicate, true)
	bounce := mail("mailer-daemon@x.example", "bounce", ticket.ThreadKey{By: "bounced", Key: "<out@gw>", Ticket: a, Proof: true, Weak: true})
	bounce.Auto, bounce.Alone, bounce.Bounce = true, "bounce", &ticket.Bounce{Seq: 3, Kind: ticket.BounceFailed, Reason: "550"}
	equal(t, "a report goes there", accept(t, w.a, bounce)[0].Ticket, b)
	equal(t, "and marks the message that counts", messagesOf(t, w.a, b)[out.Seq-1].Delivery, ticket.Failed)
	for _, c := range must(w.a.Cases(ctxOf(t), ticket.CaseQuery{Customer: now.Customer}))(t) {
		equal(t, "a merged ticket is no case", c.ID == a, false)
	}

	// Nothing is done to the closed one.
	refused(t, w.a, ticket.Action{Kind: ticket.ActReopen, Ticket: a}, ticket.Invalid, b.String())
	refused(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: a, Text: "x"}, ticket.Invalid, b.String())
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: a, Other: b}, ticket.Conflict, b.String())
	c := accept(t, w.a, mail("ann@corp.example", "<c1@x>"))[0].Ticket
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: c, Other: a}, ticket.Invalid, "name that one")
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: c, Other: c}, ticket.Invalid, "same ticket")
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: c, Other: 99}, ticket.NotFound, "T-99")
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: c}, ticket.Invalid, "other ticket")

	undo := ticket.Action{Kind: ticket.ActUndo, Ticket: a, By: ana, Event: lastEvent(t, w.a, a, ticket.ActMerge).ID}
	refused(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: c, Event: undo.Event}, ticket.NotFound, "")
	back := act(t, w.a, undo)
	equal(t, "undo gives", back.ID, a)
	equal(t, "its state", back.State, ticket.Pending)
	equal(t, "merged no more", back.MergedInto, 0)
	equal(t, "what went back", says(t, w.a, a), "a1@x note out@gw")
	equal(t, "what has come since stays", says(t, w.a, b), "b1@x re0 re1 re2 re3 boss")
	equal(t, "its delivery went with it", messagesOf(t, w.a, a)[2].Delivery, ticket.Failed)
	now = must(w.a.Ticket(ctxOf(t), b))(t)
	equal(t, "who wrote meanwhile still takes part", now.Has(in.With[0]), true)
	equal(t, "its units", len(now.Units), 0)
	equal(t, "the unit's cases", must(w.a.UnitCases(ctxOf(t), "SN1", time.Time{}))(t), 1)
	equal(t, "the next answer to it", accept(t, w.a, mail("ann@corp.example", "re9", refTo("<a1@x>")))[0].Ticket, a)
	refused(t, w.a, undo, ticket.Conflict, "taken back")
	undo.Ticket, undo.Event = b, lastEvent(t, w.a, b, ticket.ActMerge).ID
	refused(t, w.a, undo, ticket.Conflict, "taken back")
	undo.Event = lastEvent(t, w.a, b, ticket.ActUndo).ID
	refused(t, w.a, undo, ticket.Invalid, "Only a merge")
	routed := false
	for _, j := range must(w.a.Jobs(ctxOf(t), "", 0, ticket.MaxPage))(t) {
		routed = routed || j.Kind == ticket.JobRoute && j.Ticket == a
	}
	equal(t, "it gets the card that it did not have", routed, true)
	act(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: a, Other: b, By: ana})
	refused(t, w.a, ticket.Action{Kind: ticket.ActTake, Ticket: b, Rev: now.Rev}, ticket.Conflict, "changed")
	equal(t, "merged again, each message is there once", says(t, w.a, b), "b1@x a1@x note out@gw re0 re1 re2 re3 boss re9")
}

func transferSplit(t *testing.T, w *world) {
	a := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	in := mail("ann@corp.example", "<2@x>", refTo("<1@x>"))
	in.NewTopic = "another subject"
	in.Subject, in.With = "Another matter", []customer.Identity{{Kind: customer.Email, Value: "bob@other.example"}}
	accept(t, w.a, in)
	act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: a, Text: "note"})
	split := ticket.Action{Kind: ticket.ActSplit, Ticket: a, By: ana}
	for _, c := range []struct {
		seqs []int
		kind ticket.Kind
		says string
	}{
		{nil, ticket.Invalid, "Choose"}, {[]int{9}, ticket.NotFound, "no message 9"}, {[]int{3}, ticket.Invalid, "customer wrote"},
		{[]int{1, 2, 3}, ticket.Invalid, "nothing would be left"},
	} {
		split.Seqs = c.seqs
		refused(t, w.a, split, c.kind, c.says)
	}
	drain(t, w.a)
	split.Seqs, split.Key = []int{2, 3}, "click"
	n := act(t, w.a, split)
	equal(t, "the same click again", act(t, w.a, split).ID, n.ID)
	equal(t, "subject", n.Subject, "Another matter")
	equal(t, "split from", n.SplitFrom, a)
	equal(t, "state", n.State, ticket.New)
	equal(t, "takes part", fmt.Sprint(n.Participants[0].Value, n.Participants[1].Value, len(n.Participants)), "ann@corp.examplebob@other.example2")
	equal(t, "customer", n.Customer, must(w.a.Ticket(ctxOf(t), a))(t).Customer)
	equal(t, "what counts there", says(t, w.a, n.ID), "2@x note")
	equal(t, "what counts here", says(t, w.a, a), "1@x")
	list := messagesOf(t, w.a, n.ID)
	equal(t, "no other split is proposed", list[len(list)-2].External+list[len(list)-2].NewTopic, "<2@x>")
	equal(t, "it is routed", claim(t, w.a, 10, ticket.JobRoute)[0].Ticket, n.ID)
	refused(t, w.a, ticket.Action{Kind: ticket.ActSplit, Ticket: a, Seqs: []int{2}}, ticket.Conflict, n.ID.String())
	refused(t, w.a, ticket.Action{Kind: ticket.ActSplit, Ticket: a, Seqs: []int{1, 4}}, ticket.Invalid, "line of the gateway")
	re := mail("bob@other.example", "<3@x>", refTo("<2@x>"))
	equal(t, "an answer finds it", accept(t, w.a, re)[0].Ticket, n.ID)
	undo := ticket.Action{Kind: ticket.ActUndo, Ticket: n.ID, By: ana, Event: lastEvent(t, w.a, n.ID, ticket.ActSplit).ID}
	equal(t, "undo gives the ticket that was named", act(t, w.a, undo).ID, n.ID)
	equal(t, "what went back", says(t, w.a, a), "1@x 2@x note")
	equal(t, "what has come since stays", says(t, w.a, n.ID), "3@x")
	equal(t, "and so the ticket does", must(w.a.Ticket(ctxOf(t), n.ID))(t).State, ticket.New)
	refused(t, w.a, undo, ticket.Conflict, "taken back")

	m := act(t, w.a, ticket.Action{Kind: ticket.ActSplit, Ticket: a, Seqs: []int{2}, Subject: "Mine", By: ana})
	equal(t, "subject", m.Subject, "Mine")
	act(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: a, By: ana}) // the last one
	refused(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: a}, ticket.NotFound, "to take back")
	m = must(w.a.Ticket(ctxOf(t), m.ID))(t)
	equal(t, "nothing is left of it", m.State, ticket.Closed)
	equal(t, "it goes on in", m.MergedInto, a)
	for _, j := range claim(t, w.a, 10, ticket.JobRoute) { // its time is over
		act(t, w.a, ticket.Action{Kind: ticket.ActRoute, Ticket: j.Ticket, Job: j, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	}
	tag := ticket.ThreadKey{By: "subject-tag", Ticket: m.ID}
	equal(t, "a tag of it leads back", accept(t, w.a, mail("ann@corp.example", "<4@x>", tag))[0].Ticket, a)
}

func transferMove(t *testing.T, w *world) {
	first := accept(t, w.a, mail("ann@corp.example", "<1@x>"), mail("ann@corp.example", "<2@x>"), mail("ann@corp.example", "<3@x>"))
	a, b, c := first[0].Ticket, first[1].Ticket, first[2].Ticket
	accept(t, w.a, mail("ann@corp.example", "<4@x>", refTo("<1@x>")))
	move := func(from, to ticket.ID, seqs ...int) ticket.Action {
		return ticket.Action{Kind: ticket.ActMove, Ticket: from, Other: to, Seqs: seqs, By: ana}
	}
	refused(t, w.a, move(a, b, 1, 2), ticket.Invalid, "Merge it")
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: b, Diagnosis: "x"})
	got := act(t, w.a, move(a, b, 2))
	equal(t, "move gives", got.ID, b)
	equal(t, "the customer's message opens it again", got.State, ticket.Open)
	one := lastEvent(t, w.a, a, ticket.ActMove)
	seqOf := func(id ticket.ID, external string) int {
		for _, m := range messagesOf(t, w.a, id) {
			if m.External == external {
				return m.Seq
			}
		}
		return 0
	}
	act(t, w.a, move(b, c, seqOf(b, "<4@x>")))
	equal(t, "it is in the third", says(t, w.a, c), "3@x 4@x")
	for _, id := range []ticket.ID{a, b} {
		m := must(w.a.Message(ctxOf(t), id, seqOf(id, "<4@x>")))(t)
		equal(t, "each names the place", m.MovedTo, ticket.MessageID{Ticket: c, Seq: seqOf(c, "<4@x>")})
	}
	equal(t, "an answer finds it", accept(t, w.a, mail("ann@corp.example", "<5@x>", refTo("<4@x>")))[0].Ticket, c)
	refused(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: a, Event: one.ID}, ticket.Conflict, "gone on")
	act(t, w.a, move(c, a, seqOf(c, "<4@x>")))
	equal(t, "home again it is what it was", must(w.a.Message(ctxOf(t), a, 2))(t).MovedTo, ticket.MessageID{})
	equal(t, "once", says(t, w.a, a), "1@x 4@x")
	equal(t, "the reference too", must(w.a.Lookup(ctxOf(t), "email", "<4@x>"))(t).Ticket, a)

	// To whom does an answer go? Not to another customer.
	eve := accept(t, w.a, mail("eve@else.example", "<e@x>"))[0].Ticket
	refused(t, w.a, move(a, eve, 2), ticket.Invalid, "different customers")
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: a, Other: eve}, ticket.Invalid, "different customers")
	bob := accept(t, w.a, mail("bob@corp.example", "<b@x>"))[0].Ticket
	got = act(t, w.a, move(a, bob, 2))
	equal(t, "a colleague's, and both take part", len(got.Participants), 2)
	act(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: bob, By: ana, Event: lastEvent(t, w.a, bob, ticket.ActMove).ID})
	k := must(w.a.Ticket(ctxOf(t), bob))(t)
	equal(t, "taken back, it has its customer alone", len(k.Participants), 1)
	free := accept(t, w.a, mail("x@gmail.com", "<g1@x>"), mail("y@gmail.com", "<g2@x>"))
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: free[0].Ticket, Other: free[1].Ticket}, ticket.Invalid, "different customers")
	visitor := func(value string) ticket.ID {
		in := mail(value+"@corp.example", "chat "+value)
		in.Channel = "chat"
		return accept(t, w.a, in)[0].Ticket
	}
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: visitor("v1"), Other: visitor("v2")}, ticket.Invalid, "different customers")
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: eve, Diagnosis: "x"})
	act(t, w.a, ticket.Action{Kind: ticket.ActClose, Ticket: eve})
	again := accept(t, w.a, mail("eve@else.example", "<e2@x>"))[0].Ticket
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: again, Other: eve}, ticket.Invalid, "closed")
}

// transferPage merges a ticket for which somebody is rung.
func transferPage(t *testing.T, w *world) {
	out := accept(t, w.a, mail("ann@corp.example", "<1@x>"), mail("ann@corp.example", "<2@x>"))
	a, b := out[0].Ticket, out[1].Ticket
	act(t, w.a, ticket.Action{Kind: ticket.ActPage, Ticket: a, Tier: "l2", Reason: "fire", Plan: ticket.ChainPlan(0, "slack", "lea")})
	act(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: a, Other: b, By: ana})
	equal(t, "nobody is rung", must(w.a.Ticket(ctxOf(t), a))(t).Page.State, ticket.PageCancelled)
	w.clock.Add(time.Hour)
	for _, j := range claim(t, w.a, 20, ticket.JobPageDue) {
		act(t, w.a, ticket.Action{Kind: ticket.ActPageDue, Ticket: j.Ticket, Page: j.Seq, Step: j.Step, Job: j, By: ticket.Gateway})
	}
	_, jobs, err := w.a.Counts(ctxOf(t))
	ok(t, err)
	equal(t, "no job is dead", jobs.In(ticket.JobDead), int64(0))
}
