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
		if a.Kind.Moves() {
			out, err = t.transfer(a)
		} else {
			out, err = t.act(a)
		}
		return err
	})
	if err != nil {
		return ticket.Ticket{}, err
	}
	return out, nil
}

func (t *tx) act(a ticket.Action) (ticket.Ticket, error) {
	if err := t.offered(a); err != nil {
		return ticket.Ticket{}, err
	}
	if a.Incident != 0 { // before the ticket: whoever locks both does so in this order
		in, err := t.membership(a)
		if err != nil {
			return ticket.Ticket{}, err
		}
		a.In = in
	}
	k, err := t.lockTicket(a.Ticket)
	if err != nil {
		return k, err
	}
	if done, err := t.begun(a); done != 0 || err != nil {
		return k, err
	}
	if a.Kind == ticket.ActAmend || a.Kind == ticket.ActReact || a.Kind == ticket.ActResend {
		if a.Of, err = t.message(a.Ticket, a.Seq); err != nil {
			return k, err
		}
	}
	units := len(k.Units)
	fx, err := k.Apply(a, t.now)
	if err != nil {
		return k, err
	}
	if len(fx.Events) > 0 {
		if err := t.handed(&k, a); err != nil {
			return k, err
		}
	}
	if err := t.draftSent(a); err != nil {
		return k, err
	}
	return k, t.saveActed(&k, units, fx)
}

// lockTicket reads a ticket that is to be changed.
func (t *tx) lockTicket(id ticket.ID) (k ticket.Ticket, err error) {
	var d string
	if err = t.one("SELECT doc FROM tickets WHERE id=$1 FOR UPDATE", []any{int64(id)}, &d); err == nil {
		err = undoc(d, &k)
	}
	return k, err
}

// begun uses up the action's Key and finishes its job. done is the ticket that the action gave when it
// was done before: then nothing is left to do, and its job is gone, unless somebody has it still.
func (t *tx) begun(a ticket.Action) (done ticket.ID, err error) {
	if a.Key != "" {
		n, err := t.exec("INSERT INTO actions (key, ticket, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
			a.Key, int64(a.Ticket), at(t.now))
		if err != nil {
			return 0, err
		}
		if n == 0 {
			if err := t.one("SELECT ticket FROM actions WHERE key=$1", []any{a.Key}, &done); err != nil {
				return 0, err
			}
			if a.Job.ID != 0 {
				_, err = t.removeJob(a.Job)
			}
			return done, err
		}
	}
	if a.Job.ID != 0 {
		n, err := t.removeJob(a.Job)
		if err == nil && n == 0 {
			err = lostLease("store.Act")
		}
		return 0, err
	}
	return 0, nil
}

func (t *tx) saveActed(k *ticket.Ticket, units int, fx ticket.Effects) error {
	if len(fx.Events)+len(fx.Jobs)+len(fx.Messages)+len(fx.Deliver)+len(fx.Members)+len(fx.Amended) == 0 {
		return nil // nothing came of it
	}
	if err := t.cancel(fx.Cancel); err != nil {
		return err
	}
	fx.Jobs = append(fx.Jobs, k.Keep(t.s.cfg.Policy, t.now)...)
	if err := t.updateTicket(k); err != nil {
		return err
	}
	if err := t.addUnits(k, k.Units[units:]); err != nil {
		return err
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
	if err := t.deliver(k, fx.Deliver); err != nil {
		return err
	}
	if err := t.amendMessages(fx.Amended); err != nil {
		return err
	}
	if err := t.keepDrafts(fx.Drafts); err != nil {
		return err
	}
	if err := t.measure(k, fx); err != nil {
		return err
	}
	if err := t.climb(k, fx.Ladder); err != nil {
		return err
	}
	if err := t.addMembers(fx.Members); err != nil {
		return err
	}
	if err := t.addPrint(fx.Print); err != nil {
		return err
	}
	t.changed(k.ID, k.LastSeq)
	return t.enqueue(fx.Jobs, nil)
}

func (t *tx) addUnits(k *ticket.Ticket, serials []string) error {
	var rows [][]any
	for _, u := range serials {
		rows = append(rows, []any{unitKey(u), int64(k.ID), at(k.Opened)})
	}
	return t.insert("INSERT INTO ticket_units (serial, ticket, opened)", "ON CONFLICT DO NOTHING", rows)
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
		// The id is ours. An answer to it that was quicker than this has taken it for a mail that nobody knows, and would
		// take it along when it moves.
		key := shortKey(u.External)
		_, err = t.exec("INSERT INTO refs ("+refColumns+") VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash, scope)"+
			" DO UPDATE SET ticket = excluded.ticket, seq = excluded.seq WHERE refs.key = excluded.key",
			keyHash(key), key, shortKey(k.Channel), int64(k.ID), u.Seq)
		if err != nil {
			return err
		}
	}
	return nil
}
