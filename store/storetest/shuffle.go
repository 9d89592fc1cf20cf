package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"tierline/customer"
	"tierline/ticket"
)

// transferAnyhow merges, splits, moves and undoes at random while mails and answers come and go, first
// one after the other, then all at once through two gateways. Whatever happens, each message counts in
// exactly one ticket, and what continues it goes there.
func transferAnyhow(t *testing.T, w *world) {
	seed := rand.Uint64()
	s := &shuffle{t: t, seed: seed}
	gates := []Store{w.a, w.open(w.clock.Now)}
	rnd := rand.New(rand.NewPCG(seed, 0))
	for step := range 160 {
		s.step(gates[step%2], rnd)
		if step%40 == 39 {
			s.check(w.a)
		}
	}
	together(4, func(n int) {
		rnd := rand.New(rand.NewPCG(seed, uint64(n+1)))
		for range 25 {
			s.step(gates[n%2], rnd)
		}
	})
	s.check(w.a)
	t.Logf("%d messages, %d transfers, %d refused", len(s.mails)+s.written, s.done, s.refused)
	if s.done < 10 {
		t.Errorf("seed %d: only %d transfers", seed, s.done)
	}
}

// shuffle is what a random history has made so far.
type shuffle struct {
	t    *testing.T
	seed uint64

	mu            sync.Mutex
	mails         []string          // by their ids
	from          map[string]string // who wrote them
	tickets       []ticket.ID
	written       int // answers and notes
	done, refused int
}

// people are three of one organization, and a stranger.
var people = []string{"ann@corp.example", "bob@corp.example", "cem@corp.example", "eve@else.example"}

func (s *shuffle) step(st Store, rnd *rand.Rand) {
	s.mu.Lock()
	id := func() ticket.ID { return s.tickets[rnd.IntN(len(s.tickets))] }
	n := rnd.IntN(100)
	if len(s.tickets) < 4 || n < 15 {
		n = 0
	}
	a := ticket.Action{By: ana}
	switch {
	case n < 28:
		s.mail(st, rnd, n > 0) // unlocks
		return
	case n < 38:
		a.Kind, a.Ticket, a.Text = ticket.ActReply, id(), "an answer"
	case n < 43:
		a.Kind, a.Ticket, a.Text = ticket.ActNote, id(), "a note"
	case n < 46:
		s.mu.Unlock()
		s.person(st, rnd)
		return
	case n < 58:
		a.Kind, a.Ticket, a.Other = ticket.ActMerge, id(), id()
	default:
		a.Kind, a.Ticket, a.Other = []ticket.ActionKind{ticket.ActMove, ticket.ActSplit, ticket.ActUndo}[n%3], id(), id()
	}
	s.mu.Unlock()
	s.act(st, rnd, a)
}

func (s *shuffle) act(st Store, rnd *rand.Rand, a ticket.Action) {
	if a.Kind == ticket.ActMove || a.Kind == ticket.ActSplit {
		for _, m := range messagesOf(s.t, st, a.Ticket) {
			if m.Kind != ticket.System && m.MovedTo.IsZero() && rnd.IntN(2) == 0 {
				a.Seqs = append(a.Seqs, m.Seq)
			}
		}
	}
	if a.Kind == ticket.ActUndo {
		events := must(st.Events(ctxOf(s.t), a.Ticket, 0, ticket.MaxPage))(s.t)
		if events = slices.DeleteFunc(events, func(e ticket.Event) bool { _, _, err := e.Moved(); return err != nil }); len(events) == 0 {
			return
		}
		if i := rnd.IntN(len(events) + 1); i < len(events) { // else the last one
			a.Event = events[i].ID
		}
	}
	got, err := st.Act(ctxOf(s.t), a)
	if err == nil && a.Kind == ticket.ActReply && rnd.IntN(4) == 0 {
		_, err = st.Act(ctxOf(s.t), ticket.Action{Kind: ticket.ActWithdraw, Ticket: a.Ticket, Seq: got.LastSeq, By: ana})
	} else if err == nil && a.Kind == ticket.ActReply {
		_, err = st.Act(ctxOf(s.t), ticket.Action{Kind: ticket.ActDelivered, Ticket: a.Ticket, Seq: got.LastSeq,
			External: fmt.Sprintf("<%d.%d@gw>", a.Ticket, got.LastSeq), By: ticket.Gateway})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch k := ticket.KindOf(err); {
	case err != nil && (k == ticket.Invalid || k == ticket.Conflict || k == ticket.NotFound && a.Event == 0):
		s.refused++
	case err != nil:
		s.t.Errorf("seed %d: %s: %v", s.seed, a.Kind, err)
	case a.Kind.Moves():
		s.done++
		if !slices.Contains(s.tickets, got.ID) {
			s.tickets = append(s.tickets, got.ID)
		}
	default:
		s.written++
	}
}

// person makes two of one company one person, or two again.
func (s *shuffle) person(st Store, rnd *rand.Rand) {
	var ids []customer.ID
	for _, c := range must(st.Customers(ctxOf(s.t), "@corp.example", 0, 10))(s.t) {
		ids = append(ids, c.ID)
	}
	if len(ids) < 2 {
		return
	}
	one, two := ids[rnd.IntN(len(ids))], ids[rnd.IntN(len(ids))]
	err := st.MergeCustomers(ctxOf(s.t), one, two, ana)
	if err != nil {
		err = st.UnmergeCustomer(ctxOf(s.t), one, ana)
	}
	if k := ticket.KindOf(err); err != nil && k != ticket.Conflict && k != ticket.Invalid {
		s.t.Errorf("seed %d: a person: %v", s.seed, err)
	}
}

// mail brings one, in answer to another or not. It is called with the lock held, and gives it back.
func (s *shuffle) mail(st Store, rnd *rand.Rand, answers bool) {
	in := mail(people[rnd.IntN(len(people))], fmt.Sprintf("<m%d.%d@x>", len(s.mails), rnd.IntN(1_000_000)))
	if answers {
		other := s.mails[rnd.IntN(len(s.mails))]
		in.Threads = []ticket.ThreadKey{refTo(other)}
		if rnd.IntN(4) > 0 {
			in.From.Value = s.from[other]
		}
	}
	if in.From.Value != people[3] && rnd.IntN(4) == 0 {
		in.With = []customer.Identity{address(people[rnd.IntN(3)])}
	}
	if s.from == nil {
		s.from = map[string]string{}
	}
	s.mu.Unlock()
	out, err := st.Accept(ctxOf(s.t), []ticket.Inbound{in})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.t.Errorf("seed %d: mail: %v", s.seed, err)
		return
	}
	s.mails, s.from[in.External] = append(s.mails, in.External), in.From.Value
	if !slices.Contains(s.tickets, out[0].Ticket) {
		s.tickets = append(s.tickets, out[0].Ticket)
	}
}

func (s *shuffle) check(st Store) {
	t, where := s.t, map[ticket.MessageID]ticket.MessageID{} // by root: where it counts
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Fatalf("seed %d: "+format, append([]any{s.seed}, args...)...)
	}
	counts, places := map[string]ticket.MessageID{}, map[ticket.MessageID][]ticket.Message{}
	slices.Sort(s.tickets)
	for _, id := range s.tickets {
		k := must(st.Ticket(ctxOf(t), id))(t)
		list := messagesOf(t, st, id)
		if len(list) != k.LastSeq {
			fail("%s has %d messages, its newest is %d", id, len(list), k.LastSeq)
		}
		company := k.Participants[0].Value[strings.IndexByte(k.Participants[0].Value, '@'):]
		for _, p := range k.Participants {
			if !strings.HasSuffix(p.Value, company) {
				fail("in %s take part %v", id, k.Participants)
			}
		}
		for i, m := range list {
			me := ticket.MessageID{Ticket: id, Seq: i + 1}
			if m.Seq != i+1 {
				fail("%s has no message %d", id, i+1)
			}
			if m.Kind == ticket.System {
				continue
			}
			for _, p := range places[m.Root()] {
				if p.Ticket == id {
					fail("%s is in %s twice: %s and %s", m.Root(), id, p, m)
				}
			}
			places[m.Root()] = append(places[m.Root()], m)
			if !m.MovedTo.IsZero() {
				continue
			}
			if old, twice := where[m.Root()]; twice {
				fail("%s counts as %s and as %s", m.Root(), old, me)
			}
			where[m.Root()] = me
			if m.Direction == ticket.Out && m.Delivery == ticket.Queued {
				fail("%s was left on its way", m)
			}
			if k.MergedInto != 0 && m.Delivery != ticket.Withdrawn {
				fail("%s was merged and still has %s", id, m)
			}
			if m.Direction == ticket.In && (!k.Has(m.From) || !strings.HasSuffix(m.From.Value, company)) {
				fail("%s is in a ticket of %v", m, k.Participants)
			}
			if m.External != "" {
				counts[m.External] = me
			}
		}
		for seen, next := map[ticket.ID]bool{}, k; next.MergedInto != 0; next = must(st.Ticket(ctxOf(t), next.MergedInto))(t) {
			if next.State != ticket.Closed || seen[next.ID] {
				fail("%s is %s and goes on in %s", next.ID, next.State, next.MergedInto)
			}
			seen[next.ID] = true
		}
	}
	for root, list := range places {
		for _, m := range list {
			if now := where[root]; now != (ticket.MessageID{Ticket: m.Ticket, Seq: m.Seq}) && m.MovedTo != now {
				fail("%s says it is %s, and it is %s", m, m.MovedTo, now)
			}
		}
	}
	if len(where) != len(s.mails)+s.written {
		fail("%d messages count, %d were accepted or written", len(where), len(s.mails)+s.written)
	}
	for external, me := range counts {
		r := must(st.Lookup(ctxOf(t), "email", external))(t)
		if r.Ticket != me.Ticket || r.Seq != me.Seq {
			fail("%s is %s, and what continues it goes to %s#%d", external, me, r.Ticket, r.Seq)
		}
	}
	for _, m := range s.mails {
		if counts[m] == (ticket.MessageID{}) {
			fail("%s is lost", m)
		}
	}
}
