package store

import (
	"context"
	"time"

	"tierline/ticket"
)

// saveSupplies keeps what is with suppliers where it can be counted.
func (t *tx) saveSupplies(list []ticket.Supply) error {
	for _, s := range list {
		d, err := doc(s)
		if err != nil {
			return err
		}
		moved := 0
		if s.Moved {
			moved = 1
		}
		if _, err := t.exec("INSERT INTO supplies (ticket, number, supplier, since, back, moved, doc) VALUES ($1, $2, $3, $4, $5, $6, $7)"+
			" ON CONFLICT (ticket, number) DO UPDATE SET back = excluded.back, moved = excluded.moved, doc = excluded.doc",
			int64(s.Ticket), s.Number, shortKey(s.Supplier), at(s.Since), at(s.Back), moved, d); err != nil {
			return err
		}
	}
	return nil
}

// Supplies lists times with suppliers; see [ticket.Supplying].
func (s *Store) Supplies(ctx context.Context, since time.Time, after ticket.Supply, limit int) (out []ticket.Supply, err error) {
	err = s.each(ctx, "SELECT doc FROM supplies WHERE moved = 0 AND (since >= $1 OR back = 0) AND (ticket > $2 OR ticket = $2 AND number > $3)"+
		" ORDER BY ticket, number LIMIT $4", []any{at(since), int64(after.Ticket), after.Number, pageOf(limit)},
		func(scan func(...any) error) error {
			var v ticket.Supply
			var d string
			if err := scan(&d); err != nil {
				return err
			}
			err := undoc(d, &v)
			out = append(out, v)
			return err
		})
	return out, failure("store.Supplies", err)
}
