package store

import (
	"context"
	"time"

	"tierline/ticket"
)

// savePage keeps a ticket's page where it can be counted.
func (t *tx) savePage(k *ticket.Ticket) error {
	if k.Page == nil || !k.Page.Changed.Equal(t.now) {
		return nil // it is what it was
	}
	d, err := doc(k.Page)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO pages (ticket, number, opened, doc) VALUES ($1, $2, $3, $4)"+
		" ON CONFLICT (ticket, number) DO UPDATE SET doc = excluded.doc", int64(k.ID), k.Page.Number, at(k.Page.Opened), d)
	return err
}

// Pages lists pages; see [ticket.Pages].
func (s *Store) Pages(ctx context.Context, from, to time.Time, after ticket.PageRecord, limit int) (out []ticket.PageRecord, err error) {
	err = s.each(ctx, "SELECT ticket, doc FROM pages WHERE opened >= $1 AND opened < $2 AND (opened > $3 OR opened = $3 AND"+
		" (ticket > $4 OR ticket = $4 AND number > $5)) ORDER BY opened, ticket, number LIMIT $6",
		[]any{at(from), at(to), at(after.Opened), int64(after.Ticket), after.Number, pageOf(limit)},
		func(scan func(...any) error) error {
			var r ticket.PageRecord
			var d string
			if err := scan(&r.Ticket, &d); err != nil {
				return err
			}
			err := undoc(d, &r.Page)
			out = append(out, r)
			return err
		})
	return out, failure("store.Pages", err)
}
