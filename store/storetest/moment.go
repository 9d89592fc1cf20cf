package storetest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"tierline/ticket"
)

// transferMoment has the answer to a message arrive while the message moves to another ticket: it goes where
// the message is, unless it was there before the move.
func transferMoment(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	for _, kind := range []ticket.ActionKind{ticket.ActMove, ticket.ActSplit, ticket.ActMerge} {
		id := string(kind)
		re := refTo("<" + id + "2@x>")
		from := accept(t, w.a, mail("ann@corp.example", "<"+id+"1@x>"))[0].Ticket
		accept(t, w.a, mail("ann@corp.example", "<"+id+"2@x>", refTo("<"+id+"1@x>")))
		other := accept(t, w.a, mail("ann@corp.example", "<"+id+"3@x>"))[0].Ticket
		move := ticket.Action{Kind: kind, Ticket: from, Other: other, Seqs: []int{2}, By: ana}
		if kind == ticket.ActSplit {
			move.Other = 0
		}
		var to ticket.Ticket
		var out []ticket.Accepted
		var err, err2 error
		var wg sync.WaitGroup
		waiting, release := w.hold(t, from)
		wg.Go(func() { to, err = w.a.Act(ctxOf(t), move) })
		waiting(1)
		wg.Go(func() { out, err2 = b.Accept(ctxOf(t), []ticket.Inbound{mail("ann@corp.example", "<"+id+"4@x>", re)}) })
		waiting(2)
		release()
		wg.Wait()
		ok(t, err)
		ok(t, err2)
		if out[0].Ticket == to.ID {
			continue
		}
		line := slices.IndexFunc(messagesOf(t, w.a, from), func(m ticket.Message) bool {
			return m.Kind == ticket.System && strings.Contains(m.Text, to.ID.String())
		}) + 1
		if out[0].Ticket != from || line == 0 || line < out[0].Seq {
			t.Errorf("%s: the answer is message %d of %s, the message is in %s since line %d", kind, out[0].Seq, out[0].Ticket, to.ID, line)
		}
	}
}
