package store

import (
	"context"
	"errors"
	"slices"

	"tierline/ticket"
)

// Where a job is, as it is stored. due, later and behind are ready to the outside, or scheduled.
const (
	stageDue    = "due"
	stageLater  = "later"
	stageBehind = "behind"
	stageLeased = "leased"
	stageDead   = "dead"
)

const jobColumns = "kind, key, uniq, ticket, seq, step, payload, priority, run_at, attempts, stage, error, lease, until, created"

// Enqueue adds jobs that follow from no commit of a ticket.
func (s *Store) Enqueue(ctx context.Context, jobs ...ticket.Job) error {
	if len(jobs) == 0 {
		return nil
	}
	return s.write(ctx, "store.Enqueue", func(t *tx) error { return t.enqueue(jobs, nil) })
}

// enqueue adds jobs. Those of fresh tickets cannot meet older ones: for them nothing is looked up.
//
// On PostgreSQL the job onto which another one is coalesced is locked, so that nobody claims it
// before this transaction is to be seen; and so is the job in front of each key, so that nobody
// finishes it without seeing those that are put behind it.
func (t *tx) enqueue(jobs []ticket.Job, fresh map[ticket.ID]bool) error {
	taken, front, err := t.meet(jobs, fresh)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, j := range jobs {
		if j.Kind == "" {
			return ticket.E("store.Enqueue", ticket.Invalid, errors.New("a job needs a kind"))
		}
		j.Key, j.Unique = shortKey(j.Key), shortKey(j.Unique)
		if j.Unique != "" {
			if taken[j.Unique] {
				continue
			}
			taken[j.Unique] = true
		}
		if j.RunAt.IsZero() {
			j.RunAt = t.now
		}
		stage := stageDue
		switch {
		case j.Key != "" && front[j.Key]:
			stage = stageBehind
		case j.RunAt.After(t.now):
			stage = stageLater
		}
		if j.Key != "" {
			front[j.Key] = true
		}
		rows = append(rows, []any{shortKey(string(j.Kind)), null(j.Key), null(j.Unique), int64(j.Ticket), j.Seq, j.Step,
			clean(string(j.Payload)), j.Priority, at(j.RunAt), 0, stage, "", "", int64(0), at(t.now)})
	}
	// Also when nothing was added: somebody may have passed over a job that was locked here.
	t.wake = t.wake || len(jobs) > 0
	return t.insert("INSERT INTO jobs ("+jobColumns+")", "", rows)
}

// meet finds what the jobs meet: values of Unique that are waiting already, and keys that have a job.
// It locks in the order of the numbers, which is that in which a job that is finished makes way for
// the next, so that nobody waits in a circle.
func (t *tx) meet(jobs []ticket.Job, fresh map[ticket.ID]bool) (taken, front map[string]bool, err error) {
	taken, front = map[string]bool{}, map[string]bool{}
	keys, uniques := []string{}, []string{}
	for _, j := range jobs {
		if fresh[j.Ticket] {
			continue
		}
		if j.Unique != "" {
			uniques = append(uniques, shortKey(j.Unique))
		}
		if j.Key != "" && !slices.Contains(keys, shortKey(j.Key)) {
			keys = append(keys, shortKey(j.Key))
		}
	}
	if len(keys)+len(uniques) == 0 {
		return taken, front, nil
	}
	err = t.each("SELECT COALESCE(key, ''), COALESCE(uniq, ''), attempts, stage FROM jobs"+
		" WHERE key IN TEXTS($1) AND stage IN ('due', 'later', 'leased')"+
		" OR uniq IN TEXTS($2) AND attempts = 0 AND stage IN ('due', 'later', 'behind') ORDER BY id FOR UPDATE",
		[]any{t.s.db.list(keys), t.s.db.list(uniques)}, func(scan func(...any) error) error {
			var key, unique, stage string
			var attempts int
			err := scan(&key, &unique, &attempts, &stage)
			if stage != stageBehind {
				front[key] = true
			}
			if attempts == 0 && stage != stageLeased {
				taken[unique] = true
			}
			return err
		})
	return taken, front, err
}

// null keeps "" out of unique indexes.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// removeJob takes away a job that is done, and lets the next of its key come forward. 0: it is not
// held by this lease.
func (t *tx) removeJob(j ticket.Job) (int, error) {
	return t.leave("DELETE FROM jobs WHERE id=$1 AND lease=$2 AND stage='leased' RETURNING COALESCE(key, '')",
		j.ID, j.Lease)
}

// cancel removes jobs that must not have begun.
func (t *tx) cancel(unique []string) error {
	for _, u := range unique {
		n, err := t.leave("DELETE FROM jobs WHERE uniq=$1 AND attempts = 0 AND stage IN ('due', 'later', 'behind')"+
			" RETURNING COALESCE(key, '')", shortKey(u))
		if err != nil {
			return err
		}
		if n == 0 {
			return ticket.Errorf("store.Act", ticket.Conflict, "It is already on its way.")
		}
	}
	return nil
}

// leave runs a statement that takes jobs out of the front of their keys, or puts them back there, and
// settles who is in front now.
func (t *tx) leave(query string, args ...any) (int, error) {
	n := 0
	var keys []string
	err := t.each(query, args, func(scan func(...any) error) error {
		var key string
		n++
		err := scan(&key)
		if key != "" {
			keys = append(keys, key)
		}
		return err
	})
	if err != nil || len(keys) == 0 {
		return n, err
	}
	return n, t.settle(keys)
}

// settle puts the oldest job of each key in front, unless one of it is leased.
func (t *tx) settle(keys []string) error {
	list := t.s.db.list(keys)
	// Only a revived job can be older than the one in front.
	_, err := t.exec("UPDATE jobs SET stage='behind' WHERE key IN TEXTS($1) AND stage IN ('due', 'later', 'leased')"+
		" AND stage <> 'leased' AND EXISTS"+
		" (SELECT 1 FROM jobs b WHERE b.key = jobs.key AND b.stage = 'behind' AND b.id < jobs.id)", list)
	if err != nil {
		return err
	}
	n, err := t.exec("UPDATE jobs SET stage = CASE WHEN run_at <= $2 THEN 'due' ELSE 'later' END WHERE id IN"+
		" (SELECT MIN(id) FROM jobs WHERE key IN TEXTS($1) AND stage = 'behind' GROUP BY key) AND NOT EXISTS"+
		" (SELECT 1 FROM jobs f WHERE f.key = jobs.key AND f.stage IN ('due', 'later', 'leased'))", list, at(t.now))
	if n > 0 {
		t.wake = true
	}
	return err
}

func lostLease(op string) error {
	return ticket.E(op, ticket.Conflict, errors.New("the job's lease was lost"))
}
