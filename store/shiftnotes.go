package store

import (
	"context"
	"time"

	"tierline/ticket"
)

// AddShiftNote keeps a word for the next shift; see [ticket.ShiftNotes].
func (s *Store) AddShiftNote(ctx context.Context, n ticket.ShiftNote, jobs ...ticket.Job) error {
	const op = "store.AddShiftNote"
	if err := n.Check(); err != nil {
		return err
	}
	given := n
	return s.write(ctx, op, func(t *tx) error {
		n = given
		n.At, n.Shift, n.Text, n.Tier = t.now, micro(n.Shift), clean(n.Text), clean(n.Tier)
		var count int
		if err := t.one("SELECT COUNT(*) FROM shift_notes WHERE tier = $1 AND shift = $2", []any{shortKey(n.Tier), at(n.Shift)}, &count); err != nil {
			return err
		}
		d, err := doc(n)
		if err != nil {
			return err
		}
		added, err := t.exec("INSERT INTO shift_notes (tier, shift, key, doc) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
			shortKey(n.Tier), at(n.Shift), shortKey(n.Key), d)
		if err != nil || added == 0 {
			return err
		}
		if count >= ticket.MaxShiftNotes {
			return ticket.Errorf(op, ticket.Invalid, "There are %d words for that shift already. Put it on the case.", count)
		}
		return t.enqueue(jobs, nil)
	})
}

// ShiftNotes lists what was left for shifts; see [ticket.ShiftNotes].
func (s *Store) ShiftNotes(ctx context.Context, tier string, from, to time.Time) (list []ticket.ShiftNote, err error) {
	err = s.each(ctx, "SELECT id, doc FROM shift_notes WHERE tier = $1 AND shift >= $2 AND shift < $3 ORDER BY shift, id LIMIT $4",
		[]any{shortKey(tier), at(from), at(to), ticket.MaxPage}, func(scan func(...any) error) error {
			var n ticket.ShiftNote
			var id int64
			var d string
			if err := scan(&id, &d); err != nil {
				return err
			}
			err := undoc(d, &n)
			n.ID = id
			list = append(list, n)
			return err
		})
	return list, failure("store.ShiftNotes", err)
}
