package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/ticket"
)

// forgetOld forgets keys of actions that are a month old, and leases that have ended.
func forgetOld(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	note := ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: "x", Key: "old"}
	act(t, w.a, note)
	must(w.a.Lease(ctxOf(t), "old", "me", time.Hour))(t)
	w.clock.Add(29 * 24 * time.Hour)
	must(w.a.Lease(ctxOf(t), "new", "me", time.Hour))(t)
	equal(t, "the lease", must(w.a.Forget(ctxOf(t)))(t), 1)
	equal(t, "known still", act(t, w.a, note).LastSeq, 2)
	w.clock.Add(26 * time.Hour)
	note.Key = "new"
	act(t, w.a, note)
	equal(t, "the key, and the other lease", must(w.a.Forget(ctxOf(t)))(t), 2)
	equal(t, "known still", act(t, w.a, note).LastSeq, 3)
	equal(t, "nothing more", must(w.a.Forget(ctxOf(t)))(t), 0)
}

// mailsDiscarded removes the source of a mail that was discarded, unless somebody has passed it on.
func mailsDiscarded(t *testing.T, w *world) {
	passedOn := mail("lea@corp.example", "<1@x>")
	passedOn.Attachments = []ticket.Attachment{{Name: "odd.eml", SHA256: "bb"}, {Name: "x", SHA256: "dd"}, {Name: "again.eml", SHA256: "bb"}}
	before := mail("lea@corp.example", "<0@x>") // there before it comes into quarantine itself
	before.Attachments = []ticket.Attachment{{Name: "odd.eml", SHA256: "ee"}}
	accept(t, w.a, before)
	for _, q := range []string{"aa", "bb", "ee", "cc"} {
		in := inQuarantine(q, q)
		in.Blob, in.Mail.Raw.Blob = q, q
		ok(t, w.a.Quarantine(ctxOf(t), in))
	}
	accept(t, w.a, passedOn)
	list := must(w.a.Mails(ctxOf(t), ticket.MailFilter{Outcome: ticket.MailQuarantined}))(t) // newest first
	for _, e := range list[1:] {
		must(w.a.Settle(ctxOf(t), e.ID, ticket.Accepted{}, ana))(t)
	}
	w.clock.Add(time.Hour)
	n, blobs, err := w.a.ForgetMails(ctxOf(t), w.clock.Now(), 10)
	ok(t, err)
	equal(t, "what nothing needs", fmt.Sprint(n, blobs), "3 [aa]")
	_, src, err := w.a.Mail(ctxOf(t), list[0].ID)
	ok(t, err)
	equal(t, "what is in quarantine", src.Blob, "cc")
}
