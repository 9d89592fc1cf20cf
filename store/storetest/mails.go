package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

// seen makes a mail of a contact.
func seen(in ticket.Inbound, place string) ticket.Inbound {
	in.Mail = &ticket.MailSeen{Source: "email:imap:x", Place: place, MessageID: in.External, From: in.From.Value,
		Subject: in.Subject, Size: 100, Raw: ticket.MailSource{Packed: []byte("packed " + in.External)}}
	return in
}

func inQuarantine(external, place string) ticket.Quarantined {
	return ticket.Quarantined{Channel: "email", Inbox: "support", External: external, Reason: "empty", Detail: "There is nothing in it.",
		Blob: "00", Mail: &ticket.MailSeen{Source: "email:imap:x", Place: place, From: "eve@e.example", Size: 7,
			Raw: ticket.MailSource{Blob: "00"}}}
}

func outcomes(t *testing.T, w *world, f ticket.MailFilter) string {
	t.Helper()
	var all []string
	for _, e := range must(w.a.Mails(ctxOf(t), f))(t) {
		all = append(all, fmt.Sprintf("%s %s/%s", strings.Trim(e.MessageID, "<>@x"), e.Outcome, e.Reason))
	}
	return strings.Join(all, ", ")
}

func mailsEntered(t *testing.T, w *world) {
	refs := func(id string) ticket.ThreadKey { return ticket.ThreadKey{By: "references", Key: id} }
	stray := seen(mail("bot@b.example", "<4@x>"), "1/4")
	stray.Alone = "auto-reply"
	batch := []ticket.Inbound{
		seen(mail("ann@a.example", "<1@x>"), "1/1"), seen(mail("ann@a.example", "<2@x>", refs("<1@x>")), "1/2"),
		seen(mail("eve@e.example", "<3@x>", refs("<1@x>")), "1/3"), stray, seen(mail("ann@a.example", "<1@x>"), "1/5"),
		mail("ann@a.example", "<chat@x>"), // no mail: not in the ledger
	}
	ok(t, w.a.Quarantine(ctxOf(t), inQuarantine("q1", "1/6")))
	for range 2 { // a batch that is done again, for want of an answer
		accept(t, w.a, batch...)
		ok(t, w.a.Quarantine(ctxOf(t), inQuarantine("q1", "1/6")))
	}
	ok(t, w.a.Quarantine(ctxOf(t), inQuarantine("q1", "1/7")))
	equal(t, "ledger", outcomes(t, w, ticket.MailFilter{}), " duplicate/same-mail, 1 duplicate/same-mail, 4 suppressed/auto-reply, "+
		"3 ticketed/stands-apart, 2 ticketed/joined, 1 ticketed/opened,  quarantined/empty")
	list := must(w.a.Mails(ctxOf(t), ticket.MailFilter{}))(t)
	first := list[5]
	equal(t, "at", first.At, w.clock.Now())
	first.At = time.Time{}
	equal(t, "the first", first, ticket.MailEntry{ID: first.ID, Source: "email:imap:x", Place: "1/1", Inbox: batch[0].Inbox, Outcome: "ticketed",
		Reason: "opened", Detail: "It opens " + first.Ticket.String() + ".", Ticket: first.Ticket, Seq: 1, MessageID: "<1@x>",
		From: "ann@a.example", Subject: batch[0].Subject, Size: 100, Kept: true})
	e, src, err := w.a.Mail(ctxOf(t), first.ID)
	ok(t, err)
	equal(t, "by its number", e.MessageID+" "+string(src.Packed), "<1@x> packed <1@x>")
	_, _, err = w.a.Mail(ctxOf(t), 1<<40)
	kind(t, err, ticket.NotFound)

	unseen := must(w.a.UnseenMails(ctxOf(t), "email:imap:x", []string{"1/9", "1/1", "1/6", strings.Repeat("9", 5000), "1/4", "1/8"}))(t)
	equal(t, "unseen", fmt.Sprint(unseen), fmt.Sprint([]string{"1/9", strings.Repeat("9", 5000), "1/8"}))
	equal(t, "unseen of another source", len(must(w.a.UnseenMails(ctxOf(t), "email:imap:y", []string{"1/1"}))(t)), 1)
	equal(t, "of no places", len(must(w.a.UnseenMails(ctxOf(t), "email:imap:x", nil))(t)), 0)

	placeless := mail("ann@a.example", "<9@x>")
	for range 2 { // over SMTP a mail has no place: each time it comes is a line
		accept(t, w.a, seen(placeless, ""))
	}
	equal(t, "without a place", outcomes(t, w, ticket.MailFilter{Text: "<9@x>"}), "9 duplicate/same-mail, 9 ticketed/opened")
	bad := seen(mail("ann@a.example", "<10@x>"), "1/10")
	bad.Text = strings.Repeat("x", ticket.MaxText+1)
	_, err = w.a.Accept(ctxOf(t), []ticket.Inbound{seen(mail("ann@a.example", "<11@x>"), "1/11"), bad})
	kind(t, err, ticket.Invalid)
	equal(t, "all or nothing", outcomes(t, w, ticket.MailFilter{Text: "<11@x>"}), "")
}

func mailsListed(t *testing.T, w *world) {
	var first ticket.ID
	for i := range 5 {
		in := mail(fmt.Sprintf("c%d@a.example", i), fmt.Sprintf("<%d@x>", i))
		in.Subject = "100% Ähre_" + fmt.Sprint(i)
		a := accept(t, w.a, seen(in, fmt.Sprint(i)))[0]
		if i == 0 {
			first = a.Ticket
		}
	}
	accept(t, w.a, seen(mail("c0@a.example", "<0@x>"), "again"))
	page := must(w.a.Mails(ctxOf(t), ticket.MailFilter{Limit: 4}))(t)
	rest := must(w.a.Mails(ctxOf(t), ticket.MailFilter{After: page[3].ID, Limit: 4}))(t)
	equal(t, "pages", fmt.Sprint(len(page), len(rest)), "4 2")
	for text, want := range map[string]int{"0% ä": 6 - 1, "ähre_3": 1, "hre%3": 0, "C1@A.": 1, "<2@X>": 1, "nothing": 0} {
		equal(t, text, len(must(w.a.Mails(ctxOf(t), ticket.MailFilter{Text: text}))(t)), want)
	}
	equal(t, "of an outcome", outcomes(t, w, ticket.MailFilter{Outcome: ticket.MailDuplicate}), "0 duplicate/same-mail")
	equal(t, "of a ticket", outcomes(t, w, ticket.MailFilter{Ticket: first}), "0 duplicate/same-mail, 0 ticketed/opened")
}

func mailsSettled(t *testing.T, w *world) {
	for _, q := range []string{"q1", "q2"} {
		ok(t, w.a.Quarantine(ctxOf(t), inQuarantine(q, q)))
	}
	ids := must(w.a.Mails(ctxOf(t), ticket.MailFilter{Outcome: ticket.MailQuarantined}))(t)
	anna := ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna"}
	a := accept(t, w.a, mail("eve@e.example", "<r@x>"))[0]
	e := must(w.a.Settle(ctxOf(t), ids[0].ID, a, anna))(t)
	equal(t, "released", string(e.Outcome)+" "+e.Reason+" "+e.Detail, "ticketed released Released by Anna as message of "+a.Ticket.String()+".")
	equal(t, "its ticket", e.Ticket, a.Ticket)
	e = must(w.a.Settle(ctxOf(t), ids[1].ID, ticket.Accepted{}, anna))(t)
	equal(t, "discarded", string(e.Outcome)+" "+e.Reason, "suppressed discarded")
	_, err := w.a.Settle(ctxOf(t), ids[1].ID, ticket.Accepted{}, anna)
	kind(t, err, ticket.Conflict)
	_, err = w.a.Settle(ctxOf(t), 1<<40, ticket.Accepted{}, anna)
	kind(t, err, ticket.NotFound)
	equal(t, "in quarantine", len(must(w.a.Quarantines(ctxOf(t), 0, 0))(t)), 0)
	equal(t, "ledger", outcomes(t, w, ticket.MailFilter{}), " ticketed/released,  suppressed/discarded")
	ok(t, w.a.Quarantine(ctxOf(t), inQuarantine("q2", "q3")))
	equal(t, "it comes again", outcomes(t, w, ticket.MailFilter{Limit: 1}), " duplicate/same-mail")
}

func mailsForgotten(t *testing.T, w *world) {
	large := func(id, blob string) ticket.Inbound {
		in := seen(mail("ann@a.example", id), "")
		in.Mail.Raw = ticket.MailSource{Blob: blob, Gzip: true}
		return in
	}
	accept(t, w.a, seen(mail("ann@a.example", "<1@x>"), ""), large("<2@x>", "aa"), large("<3@x>", "bb"))
	ok(t, w.a.Quarantine(ctxOf(t), inQuarantine("q1", "")))
	w.clock.Add(time.Hour)
	accept(t, w.a, large("<4@x>", "bb"))
	limit := w.clock.Now()
	n, blobs, err := w.a.ForgetMails(ctxOf(t), limit, 2)
	ok(t, err)
	equal(t, "at most two", fmt.Sprint(n, blobs), "2 [aa]")
	n, blobs, err = w.a.ForgetMails(ctxOf(t), limit, 10)
	ok(t, err)
	equal(t, "another needs the blob", fmt.Sprint(n, blobs), "1 []")
	n, _, err = w.a.ForgetMails(ctxOf(t), limit, 10)
	ok(t, err)
	equal(t, "none is left", n, 0)
	var kept []string
	for _, e := range must(w.a.Mails(ctxOf(t), ticket.MailFilter{}))(t) {
		_, src, err := w.a.Mail(ctxOf(t), e.ID)
		ok(t, err)
		equal(t, "kept", e.Kept, !src.IsZero())
		kept = append(kept, fmt.Sprint(e.Outcome, e.Kept))
	}
	equal(t, "the quarantined is kept", fmt.Sprint(kept), "[ticketedtrue quarantinedtrue ticketedfalse ticketedfalse ticketedfalse]")
	n, blobs, err = w.a.ForgetMails(ctxOf(t), limit.Add(time.Second), 10)
	ok(t, err)
	equal(t, "the other one", fmt.Sprint(n, blobs), "1 [bb]")
}
