package store

import (
	"context"

	"tierline/ticket"
)

// HoldNotices keeps notices for later; see [ticket.Holding].
func (s *Store) HoldNotices(ctx context.Context, list []ticket.HeldNotice, done ticket.Job, jobs ...ticket.Job) error {
	const op = "store.HoldNotices"
	return s.write(ctx, op, func(t *tx) error {
		if err := t.doneWith(op, done); err != nil {
			return err
		}
		for _, n := range list {
			if n.Since.IsZero() {
				n.Since = t.now
			}
			d, err := doc(n)
			if err != nil {
				return err
			}
			if _, err := t.exec("INSERT INTO held_notices (agent, key, at, doc) VALUES ($1, $2, $3, $4) ON CONFLICT (agent, key) DO NOTHING",
				shortKey(n.Agent), shortKey(n.Key), at(n.Since), d); err != nil {
				return err
			}
		}
		return t.enqueue(jobs, nil)
	})
}

// HeldNotices are those of somebody; see [ticket.Holding].
func (s *Store) HeldNotices(ctx context.Context, agent string) (out []ticket.HeldNotice, err error) {
	err = s.each(ctx, "SELECT doc FROM held_notices WHERE agent=$1 ORDER BY at, key LIMIT $2", []any{shortKey(agent), ticket.MaxHeld},
		func(scan func(...any) error) error {
			var d string
			var n ticket.HeldNotice
			if err := scan(&d); err != nil {
				return err
			}
			err := undoc(d, &n)
			out = append(out, n)
			return err
		})
	return out, failure("store.HeldNotices", err)
}

// ForgetNotices forgets those that were told; see [ticket.Holding].
func (s *Store) ForgetNotices(ctx context.Context, agent string, keys []string, done ticket.Job, jobs ...ticket.Job) error {
	const op = "store.ForgetNotices"
	return s.write(ctx, op, func(t *tx) error {
		if err := t.doneWith(op, done); err != nil {
			return err
		}
		for _, k := range keys {
			if _, err := t.exec("DELETE FROM held_notices WHERE agent=$1 AND key=$2", shortKey(agent), shortKey(k)); err != nil {
				return err
			}
		}
		return t.enqueue(jobs, nil)
	})
}

// doneWith takes a job away whose work this commit is.
func (t *tx) doneWith(op string, j ticket.Job) error {
	n, err := t.removeJob(j)
	if err == nil && n == 0 {
		err = lostLease(op)
	}
	return err
}
