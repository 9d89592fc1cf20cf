package store

import (
	"errors"
	"slices"

	"tierline/customer"
	"tierline/ticket"
)

// transfer takes messages from one ticket to another, or back. Both tickets are locked in the order of
// their numbers, as Accept locks them.
func (t *tx) transfer(a ticket.Action) (ticket.Ticket, error) {
	x := ticket.Transfer{}
	from, to, err := t.ends(a, &x)
	if err != nil {
		return ticket.Ticket{}, err
	}
	both, err := t.lockTickets(a.Ticket, from, to)
	if err != nil {
		return ticket.Ticket{}, err
	}
	if done, err := t.begun(a); done != 0 || err != nil {
		if done == 0 {
			return ticket.Ticket{}, err
		}
		return t.lockTicket(done)
	}
	x.From, x.To = both[from], both[to]
	if err := t.gather(a, &x); err != nil {
		return ticket.Ticket{}, err
	}
	before := [][]string{slices.Clone(x.From.Units), slices.Clone(x.To.Units)}
	fx, err := x.Apply(a, t.now)
	if err != nil {
		return ticket.Ticket{}, err
	}
	for i, k := range []*ticket.Ticket{x.From, x.To} {
		if err := t.setUnits(k, before[i]); err != nil {
			return ticket.Ticket{}, err
		}
	}
	out := x.To
	if a.Kind == ticket.ActUndo && x.From.ID == a.Ticket {
		out = x.From
	}
	if a.Key != "" {
		if _, err := t.exec("UPDATE actions SET ticket=$2 WHERE key=$1", a.Key, int64(out.ID)); err != nil {
			return ticket.Ticket{}, err
		}
	}
	err = t.saveTransfer(x, a.Kind == ticket.ActSplit, fx)
	return *out, err
}

// ends are the tickets from which and to which messages go; of a split there is no other yet.
func (t *tx) ends(a ticket.Action, x *ticket.Transfer) (from, to ticket.ID, err error) {
	switch a.Kind {
	case ticket.ActSplit:
		return a.Ticket, 0, nil
	case ticket.ActMerge, ticket.ActMove:
		if a.Other <= 0 {
			return 0, 0, ticket.Errorf("store.Act", ticket.Invalid, "Name the other ticket.")
		}
		return a.Ticket, a.Other, nil
	}
	if x.Event, err = t.eventToUndo(a); err != nil {
		return 0, 0, err
	}
	to, from, err = x.Event.Moved() // it is taken back: the other way
	return from, to, err
}

// maxBack is how far back in a ticket's history its last transfer is looked for, in events.
const maxBack = 1000

// eventToUndo is the event that an action names, or else the last transfer of its ticket that stands.
func (t *tx) eventToUndo(a ticket.Action) (found ticket.Event, err error) {
	query, args := "SELECT doc FROM events WHERE id=$1 AND ticket=$2", []any{a.Event, int64(a.Ticket)}
	if a.Event == 0 {
		query, args = "SELECT doc FROM events WHERE ticket=$1 ORDER BY id DESC LIMIT $2", []any{int64(a.Ticket), maxBack}
	}
	ok := false
	var undone []ticket.Event // by undos that are newer
	err = t.each(query, args, func(scan func(...any) error) error {
		var d string
		var e ticket.Event
		if err := scan(&d); err != nil || ok {
			return err
		}
		if err := undoc(d, &e); err != nil {
			return err
		}
		if a.Event == 0 && e.Kind == string(ticket.ActUndo) {
			undone = append(undone, e)
			return nil
		}
		if _, _, no := e.Moved(); a.Event == 0 && no != nil {
			return nil
		}
		i := slices.IndexFunc(undone, func(u ticket.Event) bool {
			return u.Data["undoes"] == e.Kind && u.Data["from"] == e.Data["into"] && u.Data["into"] == e.Data["from"]
		})
		if i >= 0 {
			undone = slices.Delete(undone, i, i+1)
			return nil
		}
		found, ok = e, true
		return nil
	})
	if err == nil && !ok {
		err = ticket.Errorf("store.Act", ticket.NotFound, "%s has no merge, split or move to take back.", a.Ticket)
	}
	return found, err
}

// lockTickets reads the tickets that are to be changed; 0 is none.
func (t *tx) lockTickets(ids ...ticket.ID) (map[ticket.ID]*ticket.Ticket, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id ticket.ID) bool { return id == 0 })
	found := map[ticket.ID]*ticket.Ticket{}
	err := t.each("SELECT doc FROM tickets WHERE id IN INTS($1) ORDER BY id FOR UPDATE", []any{t.s.db.list(ids)},
		func(scan func(...any) error) error {
			k, err := scanTicket(scan)
			found[k.ID] = &k
			return err
		})
	for _, id := range ids {
		if err == nil && found[id] == nil {
			err = ticket.Errorf("store.Act", ticket.NotFound, "There is no ticket %s.", id)
		}
	}
	return found, err
}

// gather finds what a transfer is decided on.
func (t *tx) gather(a ticket.Action, x *ticket.Transfer) (err error) {
	if x.Said, err = t.heads(x.From.ID); err != nil {
		return err
	}
	if a.Kind != ticket.ActSplit {
		if x.There, err = t.heads(x.To.ID); err == nil {
			x.OnePerson, err = t.onePerson(x.From.Customer, x.To.Customer)
		}
		return err
	}
	ids, err := t.s.db.ids(t.ctx, t.runner, "tickets", 1, 0)
	if err != nil {
		return err
	}
	x.To = &ticket.Ticket{ID: ticket.ID(ids[0])}
	for _, m := range x.Said {
		if m.Direction == ticket.In && slices.Contains(a.Seqs, m.Seq) {
			x.Author, err = t.customerOf(m.From, x.From.Customer)
			return err
		}
	}
	return nil
}

// heads are a ticket's messages without what was said in them.
func (t *tx) heads(id ticket.ID) (list []ticket.Message, err error) {
	err = t.each("SELECT "+messageSelect+" FROM messages WHERE ticket=$1 ORDER BY seq", []any{int64(id)},
		func(scan func(...any) error) error {
			m, err := scanMessage(scan)
			m.Text, m.Folded, m.HTML, m.Turns, m.Attachments = "", "", "", nil, nil
			list = append(list, m)
			return err
		})
	return list, err
}

func (t *tx) saveTransfer(x ticket.Transfer, opens bool, fx ticket.Effects) error {
	for _, k := range []*ticket.Ticket{x.From, x.To} {
		fx.Jobs = append(fx.Jobs, k.Keep(t.s.cfg.Policy, t.now)...)
	}
	if opens {
		row, err := ticketRow(x.To)
		if err == nil {
			err = t.insert("INSERT INTO tickets ("+ticketColumns+")", "", [][]any{row})
		}
		if err != nil {
			return err
		}
	} else if err := t.updateTicket(x.To); err != nil {
		return err
	}
	if err := t.updateTicket(x.From); err != nil {
		return err
	}
	for _, k := range []*ticket.Ticket{x.From, x.To} {
		t.changed(k.ID, k.LastSeq)
	}
	for _, m := range fx.Moves {
		if err := t.moveMessage(m); err != nil {
			return err
		}
	}
	if err := t.addMessages(fx.Messages); err != nil {
		return err
	}
	if err := t.addEvents(fx.Events); err != nil {
		return err
	}
	if err := t.saveSupplies(fx.Supplies); err != nil {
		return err
	}
	if err := t.keepDrafts(fx.Drafts); err != nil {
		return err
	}
	return t.enqueue(fx.Jobs, nil)
}

// setUnits makes a ticket count for its units, and no more for those that it had before. One that was
// merged counts for none.
func (t *tx) setUnits(k *ticket.Ticket, before []string) error {
	for i, u := range before {
		before[i] = unitKey(u)
	}
	_, err := t.exec("DELETE FROM ticket_units WHERE serial IN TEXTS($1) AND ticket=$2", t.s.db.list(before), int64(k.ID))
	if err != nil || k.MergedInto != 0 {
		return err
	}
	return t.addUnits(k, k.Units)
}

// moveMessage makes a message count in another ticket. Wherever else it was, it names the place.
func (t *tx) moveMessage(m ticket.Move) error {
	from, to, root := m.From, m.To, m.Root
	move := "INSERT INTO messages (" + messageColumns + ", moved_from, moved_from_seq) SELECT CAST($3 AS BIGINT), CAST($4 AS BIGINT)," +
		" delivery, problem, external, '', doc, CAST($5 AS BIGINT), CAST($6 AS BIGINT) FROM messages WHERE ticket=$1 AND seq=$2"
	args := []any{int64(from.Ticket), from.Seq, int64(to.Ticket), to.Seq, int64(root.Ticket), root.Seq}
	if m.Back {
		move, args = "UPDATE messages SET (delivery, problem, external, doc) ="+
			" (SELECT s.delivery, s.problem, s.external, s.doc FROM messages s WHERE s.ticket=$1 AND s.seq=$2)"+
			" WHERE ticket=$3 AND seq=$4", args[:4]
	}
	n, err := t.exec(move, args...)
	if err == nil && n != 1 {
		err = errors.New("a message to be moved is not there")
	}
	if err != nil {
		return err
	}
	const place = "UPDATE messages SET moved_to = CASE WHEN ticket=$1 AND seq=$2 THEN 0 ELSE $1 END," +
		" moved_to_seq = CASE WHEN ticket=$1 AND seq=$2 THEN 0 ELSE $2 END WHERE "
	at := []any{int64(to.Ticket), to.Seq, int64(root.Ticket), root.Seq}
	if _, err := t.exec(place+"ticket=$3 AND seq=$4", at...); err != nil {
		return err
	}
	if _, err := t.exec(place+"moved_from <> 0 AND moved_from=$3 AND moved_from_seq=$4", at...); err != nil {
		return err
	}
	_, err = t.exec("UPDATE refs SET ticket=$3, seq=$4 WHERE ticket=$1 AND scope=$5 AND seq=$2",
		int64(from.Ticket), from.Seq, int64(to.Ticket), to.Seq, m.Scope)
	return err
}

// onePerson says whether two customers are the same one, also when one stands for the other.
func (t *tx) onePerson(a, b customer.ID) (bool, error) {
	if a == b {
		return true, nil
	}
	one, err := t.mainCustomer(a)
	if err != nil {
		return false, err
	}
	other, err := t.mainCustomer(b)
	return one.ID == other.ID, err
}

// mainCustomer is who a customer counts as.
func (t *tx) mainCustomer(id customer.ID) (c customer.Customer, err error) {
	var d string
	if err = t.one("SELECT doc FROM customers WHERE id=$1", []any{int64(id)}, &d); err == nil {
		err = undoc(d, &c)
	}
	if err == nil && c.AliasOf != 0 && c.AliasOf != id {
		return t.mainCustomer(c.AliasOf)
	}
	return c, err
}

// customerOf is who is known by an identity; somebody else when nobody is.
func (t *tx) customerOf(i customer.Identity, orElse customer.ID) (customer.Customer, error) {
	id := orElse
	err := t.each("SELECT customer FROM identities WHERE value=$1 AND kind=$2", []any{i.Value, string(i.Kind)},
		func(scan func(...any) error) error { return scan(&id) })
	if err != nil {
		return customer.Customer{}, err
	}
	return t.mainCustomer(id)
}
