package store

import (
	"fmt"
	"slices"

	"tierline/customer"
	"tierline/ticket"
)

// thread finds the ticket that a contact continues. Without one it says which ticket was named, and
// whether the new one follows it up.
func (k *intake) thread(in ticket.Inbound) (to *ticket.Ticket, m *ticket.Match, follows ticket.ID) {
	for _, key := range in.Threads {
		named := k.named(in.Channel, key)
		if named == nil {
			continue
		}
		t, why := k.newest(named, in.From, key.Proof), in.From.Value+" takes no part in that ticket"
		if in.Doubt != "" && !key.Proof {
			t, why = nil, in.Doubt
		}
		switch {
		case t == nil:
			if m == nil { // a less trusted key may still join
				m = &ticket.Match{By: key.By, Ticket: named.ID, Reasons: []string{fmt.Sprintf(
					"It names %s (by %s), but %s.", named.ID, key.By, why)}}
			}
			continue
		case t.Over(k.now):
			why := "is closed"
			if t.LastSeq >= ticket.MaxMessages {
				why = fmt.Sprintf("holds %d messages, which is the most", t.LastSeq)
			}
			return nil, &ticket.Match{By: key.By, Ticket: t.ID, Follows: true, Reasons: []string{fmt.Sprintf(
				"It continues %s (by %s), which %s: this ticket follows it up.", t.ID, key.By, why)}}, t.ID
		}
		why = "the sender takes part in it"
		if key.Proof {
			why = "that is proof enough"
		}
		return t, &ticket.Match{By: key.By, Ticket: t.ID, Joined: true,
			Reasons: []string{fmt.Sprintf("It names %s (by %s) and %s.", t.ID, key.By, why)}}, 0
	}
	return nil, m, 0
}

func (k *intake) named(channel string, key ticket.ThreadKey) *ticket.Ticket {
	if key.Ticket != 0 {
		return k.tickets[key.Ticket]
	}
	if key.Key == "" {
		return nil
	}
	return k.tickets[k.refs[refKey{channel, key.Key}].Ticket] // no ticket has the number 0
}

// newest goes from a ticket that takes nothing more to the one that follows it up, as far as the
// sender may go. It is nil when the sender may not join even the first.
func (k *intake) newest(t *ticket.Ticket, from customer.Identity, proof bool) *ticket.Ticket {
	if !proof && !t.Has(from) {
		return nil
	}
	if !t.Over(k.now) {
		return t
	}
	best := t
	for _, id := range k.next[t.ID] { // a later number is a later ticket: this ends
		if n := k.tickets[id]; n != nil && n.ID > best.ID {
			if n = k.newest(n, from, proof); n != nil && (best.Over(k.now) || !n.Over(k.now)) && n.ID > best.ID {
				best = n
			}
		}
	}
	return best
}

// findTickets loads, and on PostgreSQL locks, the tickets that the batch names and those that follow
// them up. They are locked in the order of their numbers, so that two batches don't wait for each other.
func (k *intake) findTickets() error {
	k.tickets, k.next = map[ticket.ID]*ticket.Ticket{}, map[ticket.ID][]ticket.ID{}
	var ids []int64
	for _, in := range k.batch {
		if _, ok := k.seen[contactOf(in)]; ok {
			continue
		}
		for _, key := range in.Threads {
			id := key.Ticket
			if id == 0 {
				id = k.refs[refKey{in.Channel, key.Key}].Ticket
			}
			if id > 0 {
				ids = append(ids, int64(id))
			}
		}
	}
	const depth = 50 // follow-ups of follow-ups
	query := "SELECT doc FROM tickets WHERE id IN INTS($1) ORDER BY id FOR UPDATE"
	for range depth {
		slices.Sort(ids)
		ids = slices.Compact(ids)
		if len(ids) == 0 {
			return nil
		}
		var closed []int64
		err := k.each(query, []any{k.s.db.list(ids)}, func(scan func(...any) error) error {
			t, err := scanTicket(scan)
			if err != nil || k.tickets[t.ID] != nil {
				return err
			}
			k.know(&t)
			if t.Over(k.now) {
				closed = append(closed, int64(t.ID))
			}
			return nil
		})
		if err != nil {
			return err
		}
		ids = closed
		query = "SELECT doc FROM tickets WHERE follows_up <> 0 AND follows_up IN INTS($1) ORDER BY id FOR UPDATE"
	}
	return nil
}

func (k *intake) know(t *ticket.Ticket) {
	k.tickets[t.ID] = t
	k.unitsOf[t.ID] = len(t.Units)
	if t.FollowsUp != 0 {
		k.next[t.FollowsUp] = append(k.next[t.FollowsUp], t.ID)
	}
}
