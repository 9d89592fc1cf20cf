package store

import (
	"context"

	"tierline/ticket"
)

// Act does something to a ticket; see [ticket.Acting]. A lease that has run out but that nobody else
// has taken yet is still good.
func (s *Store) Act(ctx context.Context, a ticket.Action) (ticket.Ticket, error) {
	a.Key, a.External, a.DeskRef = shortKey(a.Key), clean(a.External), clean(a.DeskRef)
	var out ticket.Ticket
	err := s.write(ctx, "store.Act", func(t *tx) (err error) {
		out, err = t.act(a)
		return err
	})
	if err != nil {
		return ticket.Ticket{}, err
	}
	return out, nil
}

func (t *tx) act(a ticket.Action) (ticket.Ticket, error) {
	var k ticket.Ticket
	var d string
	if err := t.one("SELECT doc FROM tickets WHERE id=$1 FOR UPDATE", []any{int64(a.Ticket)}, &d); err != nil {
		return k, err
	}
	if err := undoc(d, &k); err != nil {
		return k, err
	}
	if a.Key != "" {
		n, err := t.exec("INSERT INTO actions (key, ticket, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			a.Key, int64(a.Ticket), at(t.now))
		if err != nil {
			return k, err
		}
		if n == 0 { // done before: so is its job, unless somebody has it still
			if a.Job.ID != 0 {
				_, err = t.removeJob(a.Job)
			}
			return k, err
		}
	}
	if a.Job.ID != 0 {
		n, err := t.removeJob(a.Job)
		if err != nil {
			return k, err
		}
		if n == 0 {
			return k, lostLease("store.Act")
		}
	}
	units := len(k.Units)
	fx, err := k.Apply(a, t.now)
	if err != nil {
		return k, err
	}
	return k, t.saveActed(&k, units, fx)
}

func (t *tx) saveActed(k *ticket.Ticket, units int, fx ticket.Effects) error {
	if len(fx.Events)+len(fx.Jobs)+len(fx.Messages)+len(fx.Deliver) == 0 {
		return nil // nothing came of it
	}
	if err := t.cancel(fx.Cancel); err != nil {
		return err
	}
	if err := t.updateTicket(k); err != nil {
		return err
	}
	var rows [][]any
	for _, u := range k.Units[units:] {
		rows = append(rows, []any{unitKey(u), int64(k.ID), at(k.Opened)})
	}
	if err := t.insert("INSERT INTO ticket_units (serial, ticket, opened)", "ON CONFLICT DO NOTHING", rows); err != nil {
		return err
	}
	if err := t.addMessages(fx.Messages); err != nil {
		return err
	}
	if err := t.addEvents(fx.Events); err != nil {
		return err
	}
	if err := t.deliver(k, fx.Deliver); err != nil {
		return err
	}
	t.changed(k.ID, k.LastSeq)
	return t.enqueue(fx.Jobs, nil)
}

// deliver notes what became of outgoing messages, and the ids by which their answers will name them.
func (t *tx) deliver(k *ticket.Ticket, list []ticket.DeliveryUpdate) error {
	for _, u := range list {
		n, err := t.exec("UPDATE messages SET delivery=$3, problem=$4, external=CASE WHEN $5='' THEN external ELSE $5 END"+
			" WHERE ticket=$1 AND seq=$2", int64(k.ID), u.Seq, string(u.Delivery), clean(u.Problem), u.External)
		if err != nil {
			return err
		}
		if n == 0 {
			return ticket.Errorf("store.Act", ticket.NotFound, "%s has no message %d.", k.ID, u.Seq)
		}
		if u.External == "" {
			continue
		}
		r := ticket.Reference{Scope: k.Channel, Key: u.External, Ticket: k.ID, Seq: u.Seq}
		if err := t.bindRefs([]ticket.Reference{r}); err != nil {
			return err
		}
	}
	return nil
}
