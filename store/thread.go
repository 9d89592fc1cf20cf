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
	if in.Past != nil {
		return k.recall(in)
	}
	for _, key := range in.Threads {
		named := k.named(in.Channel, key)
		if named == nil {
			continue
		}
		t, why := k.newest(named, in.From, key.Proof), in.From.Value+" takes no part in that ticket"
		if in.Doubt != "" && !key.Proof {
			t, why = nil, in.Doubt
		}
		if in.Bounce != nil && key.Proof && named.MergedInto == 0 {
			t = named // the report stays with the message that it is about, also where that is closed
		}
		switch {
		case in.Bounce != nil && t != nil:
		case t == nil:
			if m == nil { // a less trusted key may still join
				m = ticket.Match{By: key.By, Ticket: named.ID, Reasons: []string{fmt.Sprintf(
					"It names %s (by %s), but %s.", named.ID, key.By, why)}}.Weigh()
			}
			continue
		case t.Over(k.now):
			why := "is closed"
			if t.LastSeq >= ticket.MaxMessages {
				why = fmt.Sprintf("holds %d messages, which is the most", t.LastSeq)
			}
			return nil, ticket.Match{By: key.By, Ticket: t.ID, Follows: true, Reasons: []string{fmt.Sprintf(
				"It continues %s (by %s), which %s: this ticket follows it up.", t.ID, key.By, why)}}.Weigh(), t.ID
		}
		if why = "the sender takes part in it"; key.Proof {
			why = "that is proof enough"
		}
		return t, ticket.Match{By: key.By, Ticket: t.ID, Joined: true,
			Reasons: []string{fmt.Sprintf("It names %s (by %s) and %s.", t.ID, key.By, why)}}.Weigh(), 0
	}
	return nil, m, 0
}

// recall finds the ticket of history that a contact of history belongs to, or that it follows up
// because nothing more goes into it. Whether its sender can be told from a forger is not asked: what
// showed it then is gone.
func (k *intake) recall(in ticket.Inbound) (to *ticket.Ticket, m *ticket.Match, follows ticket.ID) {
	for _, key := range in.Threads {
		t := k.named(in.Channel, key)
		if t == nil || !t.Past || !key.Proof && !k.takesPart(t, in.Theirs()) {
			continue
		}
		for t.LastSeq >= ticket.MaxMessages {
			i := slices.IndexFunc(k.next[t.ID], func(id ticket.ID) bool { return k.tickets[id] != nil && k.tickets[id].Past && id > t.ID })
			if i < 0 {
				return nil, ticket.Match{By: key.By, Ticket: t.ID, Follows: true}.Weigh(), t.ID
			}
			t = k.tickets[k.next[t.ID][i]]
		}
		return t, ticket.Match{By: key.By, Ticket: t.ID, Joined: true,
			Reasons: []string{fmt.Sprintf("It names %s (by %s).", t.ID, key.By)}}.Weigh(), 0
	}
	return nil, nil, 0
}

// named is the ticket that a key names: by what is known of its Key first.
func (k *intake) named(channel string, key ticket.ThreadKey) *ticket.Ticket {
	if key.Key != "" { // no ticket has the number 0
		if t := k.tickets[k.refs[refKey{channel, key.Key}].Ticket]; t != nil {
			return t
		}
	}
	return k.tickets[key.Ticket]
}

// newest goes from a ticket that takes nothing more to the one in which it goes on or that follows it
// up, as far as the sender may go. It is nil when the sender may not join even the first.
func (k *intake) newest(t *ticket.Ticket, from customer.Identity, proof bool) *ticket.Ticket {
	if !proof && !k.takesPart(t, from) {
		return nil
	}
	if !t.Over(k.now) {
		return t
	}
	if n := k.tickets[t.MergedInto]; n != nil && t.MergedInto != 0 {
		if n = k.newest(n, from, proof); n != nil {
			return n
		}
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

// takesPart says whether somebody takes part in a ticket, or is its customer by another name.
func (k *intake) takesPart(t *ticket.Ticket, from customer.Identity) bool {
	if t.Has(from) {
		return true
	}
	who := k.customers[k.people[from.Key()]]
	return who.ID != 0 && (who.ID == t.Customer || slices.Contains(who.Aliases, t.Customer))
}

// findTickets loads, and on PostgreSQL locks, the tickets that the batch names, those that follow them
// up and those in which they go on. They are locked in the order of their numbers, so that two batches don't wait for each other.
func (k *intake) findTickets() error {
	k.tickets, k.next = map[ticket.ID]*ticket.Ticket{}, map[ticket.ID][]ticket.ID{}
	var ids []int64
	for _, in := range k.batch {
		if _, ok := k.seen[contactOf(in)]; ok {
			continue
		}
		if a := k.elsewhere[refKey{in.Channel, shortKey(in.External)}]; a.Ticket != 0 {
			ids = append(ids, int64(a.Ticket))
		}
		for _, key := range in.Threads {
			for _, id := range []ticket.ID{key.Ticket, k.refs[refKey{in.Channel, key.Key}].Ticket} {
				if id > 0 {
					ids = append(ids, int64(id))
				}
			}
		}
	}
	const depth = 50 // follow-ups of follow-ups
	var over []int64
	for range depth {
		closed, goesOn, err := k.load("SELECT doc FROM tickets WHERE id IN INTS($1) ORDER BY id FOR UPDATE", ids)
		if err != nil {
			return err
		}
		more, too, err := k.load("SELECT doc FROM tickets WHERE follows_up <> 0 AND follows_up IN INTS($1) ORDER BY id FOR UPDATE", over)
		if err != nil {
			return err
		}
		over, ids = append(closed, more...), append(goesOn, too...)
		if len(over)+len(ids) == 0 {
			break
		}
	}
	return nil
}

// load reads tickets that are not known yet. over are those that others may follow up, merged those in
// which some of them go on.
func (k *intake) load(query string, ids []int64) (over, merged []int64, err error) {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil, nil, nil
	}
	err = k.each(query, []any{k.s.db.list(ids)}, func(scan func(...any) error) error {
		t, err := scanTicket(scan)
		switch {
		case err != nil || k.tickets[t.ID] != nil:
			return err
		case t.MergedInto != 0:
			merged = append(merged, int64(t.MergedInto))
		case t.Over(k.now):
			over = append(over, int64(t.ID))
		}
		k.know(&t)
		return nil
	})
	return over, merged, err
}

func (k *intake) know(t *ticket.Ticket) {
	k.tickets[t.ID] = t
	k.unitsOf[t.ID] = len(t.Units)
	if t.FollowsUp != 0 {
		k.next[t.FollowsUp] = append(k.next[t.FollowsUp], t.ID)
	}
}
