package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"tierline/ticket"
)

const (
	maxClaim = 1_000 // jobs of one Claim
	maxSweep = 1_000 // jobs that one Claim brings forward
)

// Claim leases jobs; see [ticket.Outbox]. What it costs does not grow with jobs that are dead, or due
// later, or behind others.
func (s *Store) Claim(ctx context.Context, kinds []ticket.JobKind, limit int, lease time.Duration) ([]ticket.Job, error) {
	if limit <= 0 {
		return nil, nil
	}
	if lease <= 0 {
		return nil, ticket.E("store.Claim", ticket.Invalid, errors.New("a claim needs a lease"))
	}
	due, args := "stage = 'due'", []any{at(s.now())}
	if len(kinds) > 0 {
		due += " AND kind IN TEXTS($2)"
		args = append(args, s.db.list(kinds))
	}
	var work bool // looked at first, because looking disturbs nobody
	err := s.one(ctx, "SELECT EXISTS (SELECT 1 FROM jobs WHERE "+due+")"+
		" OR EXISTS (SELECT 1 FROM jobs WHERE stage = 'later' AND run_at <= $1)"+
		" OR EXISTS (SELECT 1 FROM jobs WHERE stage = 'leased' AND until <= $1)", args, &work)
	if err != nil || !work {
		return nil, failure("store.Claim", err)
	}
	var out []ticket.Job
	err = s.write(ctx, "store.Claim", func(t *tx) (err error) {
		if err = t.bringForward(); err == nil {
			out, err = t.claim(kinds, min(limit, maxClaim), lease)
		}
		t.wake = false // it is us who look
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// bringForward makes due what was to be done later, and what was leased and not finished in time.
func (t *tx) bringForward() error {
	_, err := t.leave("UPDATE jobs SET stage='due', lease='', error='the lease ran out' WHERE id IN"+
		" (SELECT id FROM jobs WHERE stage = 'leased' AND until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED)"+
		" RETURNING COALESCE(key, '')", at(t.now), maxSweep)
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE jobs SET stage='due' WHERE id IN"+
		" (SELECT id FROM jobs WHERE stage = 'later' AND run_at <= $1 ORDER BY run_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
		at(t.now), maxSweep)
	return err
}

func (t *tx) claim(kinds []ticket.JobKind, limit int, lease time.Duration) ([]ticket.Job, error) {
	type candidate struct {
		id       int64
		priority int
	}
	var list []candidate
	take := func(scan func(...any) error) error {
		var c candidate
		err := scan(&c.id, &c.priority)
		list = append(list, c)
		return err
	}
	const rest = " ORDER BY priority, id LIMIT $1 FOR UPDATE SKIP LOCKED"
	if len(kinds) == 0 {
		err := t.each("SELECT id, priority FROM jobs WHERE stage = 'due'"+rest, []any{limit}, take)
		if err != nil {
			return nil, err
		}
	}
	for _, kind := range kinds {
		err := t.each("SELECT id, priority FROM jobs WHERE stage = 'due' AND kind = $2"+rest, []any{limit, string(kind)}, take)
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.priority, b.priority), cmp.Compare(a.id, b.id))
	})
	ids := []int64{}
	for _, c := range fewer(list, limit) {
		ids = append(ids, c.id)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return t.lease(ids, lease)
}

func (t *tx) lease(ids []int64, lease time.Duration) ([]ticket.Job, error) {
	var out []ticket.Job
	err := t.each("UPDATE jobs SET stage='leased', attempts = attempts + 1, lease=$2, until=$3"+
		" WHERE id IN INTS($1) AND stage = 'due' RETURNING "+jobSelect,
		[]any{t.s.db.list(ids), rand.Text(), at(t.now.Add(lease))}, func(scan func(...any) error) error {
			j, err := scanJob(scan, t.now)
			out = append(out, j)
			return err
		})
	slices.SortFunc(out, func(a, b ticket.Job) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}

const jobSelect = "id, kind, COALESCE(key, ''), COALESCE(uniq, ''), ticket, seq, step, payload, priority, run_at," +
	" attempts, stage, error, lease, until, created"

func scanJob(scan func(...any) error, now time.Time) (ticket.Job, error) {
	var j ticket.Job
	var payload, stage string
	var runAt, until, created int64
	err := scan(&j.ID, &j.Kind, &j.Key, &j.Unique, &j.Ticket, &j.Seq, &j.Step, &payload, &j.Priority, &runAt,
		&j.Attempts, &stage, &j.Error, &j.Lease, &until, &created)
	if payload != "" {
		j.Payload = []byte(payload)
	}
	j.RunAt, j.Created = since(runAt), since(created)
	switch stage {
	case stageLeased:
		j.State, j.Until = ticket.JobLeased, since(until)
	case stageDead:
		j.State = ticket.JobDead
	default:
		if j.State = ticket.JobReady; j.Attempts == 0 && j.RunAt.After(now) {
			j.State = ticket.JobScheduled
		}
	}
	return j, err
}

// Finish removes a job that is done; Conflict when its lease was lost.
func (s *Store) Finish(ctx context.Context, j ticket.Job) error {
	return s.held(ctx, "store.Finish", func(t *tx) (int, error) { return t.removeJob(j) })
}

// Retry gives a job back, to be done at at. Until then the others of its key wait.
func (s *Store) Retry(ctx context.Context, j ticket.Job, when time.Time, cause string) error {
	return s.giveBack(ctx, "store.Retry", j, when, cause, 0)
}

// Postpone gives a job back that was not begun. It takes in the one of the same Unique that was added
// meanwhile: it has still to do all of it.
func (s *Store) Postpone(ctx context.Context, j ticket.Job, when time.Time) error {
	return s.giveBack(ctx, "store.Postpone", j, when, j.Error, 1)
}

func (s *Store) giveBack(ctx context.Context, op string, j ticket.Job, when time.Time, cause string, uncounted int) error {
	return s.held(ctx, op, func(t *tx) (int, error) {
		if uncounted > 0 && j.Unique != "" && j.Attempts == uncounted {
			_, err := t.exec("DELETE FROM jobs WHERE uniq=$1 AND attempts = 0 AND stage IN ('due', 'later', 'behind')"+
				" AND EXISTS (SELECT 1 FROM jobs h WHERE h.id=$2 AND h.lease=$3 AND h.stage='leased' AND COALESCE(h.key, '') = COALESCE(jobs.key, ''))",
				shortKey(j.Unique), j.ID, j.Lease)
			if err != nil {
				return 0, err
			}
		}
		when, stage := micro(when), stageDue
		if when.After(t.now) {
			stage = stageLater
		}
		t.wake = true
		return t.leave("UPDATE jobs SET stage=$3, run_at=$4, error=$5, attempts=attempts-$6, lease='', until=0"+
			" WHERE id=$1 AND lease=$2 AND stage='leased' RETURNING COALESCE(key, '')",
			j.ID, j.Lease, stage, at(when), short(cause), uncounted)
	})
}

// Note keeps the payload of a job that is at work.
func (s *Store) Note(ctx context.Context, j ticket.Job) error {
	return s.held(ctx, "store.Note", func(t *tx) (int, error) {
		n, err := t.exec("UPDATE jobs SET payload=$3 WHERE id=$1 AND lease=$2 AND stage='leased'", j.ID, j.Lease, clean(string(j.Payload)))
		return int(n), err
	})
}

// Bury gives a job up. The others of its key go on.
func (s *Store) Bury(ctx context.Context, j ticket.Job, cause string) error {
	return s.held(ctx, "store.Bury", func(t *tx) (int, error) {
		return t.leave("UPDATE jobs SET stage='dead', error=$3, lease='', until=0"+
			" WHERE id=$1 AND lease=$2 AND stage='leased' RETURNING COALESCE(key, '')", j.ID, j.Lease, short(cause))
	})
}

// Extend prolongs a lease.
func (s *Store) Extend(ctx context.Context, j ticket.Job, lease time.Duration) error {
	return s.held(ctx, "store.Extend", func(t *tx) (int, error) {
		n, err := t.exec("UPDATE jobs SET until=$3 WHERE id=$1 AND lease=$2 AND stage='leased'",
			j.ID, j.Lease, at(t.now.Add(lease)))
		return int(n), err
	})
}

// short keeps at most 4 KB of why a try failed.
func short(s string) string { return clean(s[:min(len(s), 4096)]) }

// held runs what only the holder of a lease may do.
func (s *Store) held(ctx context.Context, op string, f func(*tx) (int, error)) error {
	return s.write(ctx, op, func(t *tx) error {
		n, err := f(t)
		if err == nil && n == 0 {
			return lostLease(op)
		}
		return err
	})
}

// NextDue is when there is something to claim; a time that is past when there is already.
func (s *Store) NextDue(ctx context.Context) (time.Time, error) {
	var us int64
	err := s.one(ctx, "SELECT COALESCE(MIN(x.at), 0) FROM ("+
		" SELECT at FROM (SELECT run_at AS at FROM jobs WHERE stage = 'due' ORDER BY priority, id LIMIT 1) a"+
		" UNION ALL SELECT at FROM (SELECT run_at AS at FROM jobs WHERE stage = 'later' ORDER BY run_at LIMIT 1) b"+
		" UNION ALL SELECT at FROM (SELECT until AS at FROM jobs WHERE stage = 'leased' ORDER BY until LIMIT 1) c) x",
		nil, &us)
	return since(us), failure("store.NextDue", err)
}

// Jobs lists jobs, oldest first.
func (s *Store) Jobs(ctx context.Context, state ticket.JobState, after int64, limit int) ([]ticket.Job, error) {
	now := s.now()
	where, args := "", []any{after, pageOf(limit)}
	switch state {
	case "":
	case ticket.JobReady:
		where = " AND stage IN ('due', 'later', 'behind') AND NOT (attempts = 0 AND run_at > $3)"
		args = append(args, at(now))
	case ticket.JobScheduled:
		where = " AND stage IN ('later', 'behind') AND attempts = 0 AND run_at > $3"
		args = append(args, at(now))
	case ticket.JobLeased, ticket.JobDead:
		where = " AND stage = '" + string(state) + "'"
	default:
		return nil, ticket.Errorf("store.Jobs", ticket.Invalid, "%.20q is no state of a job: ready, scheduled, leased or dead.", state)
	}
	var out []ticket.Job
	err := s.each(ctx, "SELECT "+jobSelect+" FROM jobs WHERE id > $1"+where+" ORDER BY id LIMIT $2",
		args, func(scan func(...any) error) error {
			j, err := scanJob(scan, now)
			out = append(out, j)
			return err
		})
	return out, failure("store.Jobs", err)
}

// Revive makes a dead job ready again.
func (s *Store) Revive(ctx context.Context, id int64) error {
	return s.write(ctx, "store.Revive", func(t *tx) error {
		key, err := t.dead("store.Revive", id)
		if err != nil {
			return err
		}
		stage := stageDue
		if key != "" {
			stage = stageBehind
			// Whoever finishes the job in front now must see this one behind it.
			err := t.each("SELECT key FROM jobs WHERE key = $1 AND stage IN ('due', 'later', 'leased') FOR UPDATE",
				[]any{key}, func(func(...any) error) error { return nil })
			if err != nil {
				return err
			}
		}
		t.wake = true
		_, err = t.leave("UPDATE jobs SET stage=$2, attempts=1, run_at=$3 WHERE id=$1 RETURNING COALESCE(key, '')",
			id, stage, at(t.now))
		return err
	})
}

// dead locks a dead job and gives its key.
func (t *tx) dead(op string, id int64) (key string, err error) {
	var stage string
	err = t.one("SELECT COALESCE(key, ''), stage FROM jobs WHERE id=$1 FOR UPDATE", []any{id}, &key, &stage)
	if err == nil && stage != stageDead {
		err = ticket.Errorf(op, ticket.Conflict, "Job %d is not dead.", id)
	}
	return key, err
}

// Drop removes a dead job and says so in the ticket's history.
func (s *Store) Drop(ctx context.Context, id int64, by ticket.Actor) error {
	return s.write(ctx, "store.Drop", func(t *tx) error {
		if _, err := t.dead("store.Drop", id); err != nil {
			return err
		}
		var j ticket.Job
		err := t.one("DELETE FROM jobs WHERE id=$1 RETURNING kind, ticket, seq, error", []any{id},
			&j.Kind, &j.Ticket, &j.Seq, &j.Error)
		if err != nil || j.Ticket == 0 {
			return err
		}
		return t.addEvents([]ticket.Event{{Ticket: j.Ticket, Kind: "job_dropped", By: by, At: t.now,
			Data: map[string]string{"job": fmt.Sprint(id), "kind": string(j.Kind), "seq": fmt.Sprint(j.Seq), "error": j.Error}}})
	})
}
