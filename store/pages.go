package store

import (
	"context"
	"time"

	"tierline/ticket"
)

// savePages keeps a ticket's pages where they can be counted.
func (t *tx) savePages(k *ticket.Ticket) error {
	for _, p := range k.Pages() {
		if !p.Changed.Equal(t.now) {
			continue // it is what it was
		}
		d, err := doc(p)
		if err != nil {
			return err
		}
		if _, err = t.exec("INSERT INTO pages (ticket, number, opened, doc) VALUES ($1, $2, $3, $4)"+
			" ON CONFLICT (ticket, number) DO UPDATE SET doc = excluded.doc", int64(k.ID), p.Number, at(p.Opened), d); err != nil {
			return err
		}
	}
	return nil
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

// TakeTurn counts one more thing for a name; see [ticket.Pages]. It is GCRA: free is when the next could go, were
// nothing allowed at once.
func (s *Store) TakeTurn(ctx context.Context, name string, every time.Duration, burst int) (again time.Time, err error) {
	err = s.write(ctx, "store.TakeTurn", func(t *tx) error {
		again = time.Time{}
		ahead := time.Duration(max(burst, 1)-1) * every
		n, err := t.exec("INSERT INTO page_limits (name, free) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET"+
			" free = CASE WHEN page_limits.free > $3 THEN page_limits.free ELSE $3 END + $4 WHERE page_limits.free <= $5",
			shortKey(name), at(t.now.Add(every)), at(t.now), every.Microseconds(), at(t.now.Add(ahead)))
		if err != nil || n > 0 {
			return err
		}
		var free int64
		err = t.one("SELECT free FROM page_limits WHERE name = $1", []any{shortKey(name)}, &free)
		again = since(free).Add(-ahead)
		return err
	})
	return again, err
}
