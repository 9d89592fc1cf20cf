package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"tierline/ticket"
)

// rosterCursor holds the version of the roster. The migration that makes the table makes it.
const rosterCursor = "roster"

// Roster lists the changes that are not over at a time. The version is read first: a change that comes
// between makes whoever decides on it look again.
func (s *Store) Roster(ctx context.Context, since time.Time) (r ticket.Roster, err error) {
	const op = "store.Roster"
	var v string
	if err := s.one(ctx, "SELECT value FROM cursors WHERE source=$1", []any{rosterCursor}, &v); err != nil {
		return r, failure(op, err)
	}
	if r.Version, err = strconv.ParseInt(v, 10, 64); err != nil {
		return r, failure(op, err)
	}
	err = s.each(ctx, "SELECT doc FROM roster_changes WHERE until > $1 ORDER BY until", []any{at(since)}, func(scan func(...any) error) error {
		c, err := scanRoster(scan)
		r.Changes = append(r.Changes, c)
		return err
	})
	slices.SortFunc(r.Changes, func(a, b ticket.RosterChange) int { return cmp.Compare(a.ID, b.ID) })
	return r, failure(op, err)
}

func scanRoster(scan func(...any) error) (c ticket.RosterChange, err error) {
	var d string
	if err = scan(&d); err == nil {
		err = undoc(d, &c)
	}
	return c, err
}

// RosterChange reads one change.
func (s *Store) RosterChange(ctx context.Context, id int64) (ticket.RosterChange, error) {
	return read[ticket.RosterChange](ctx, s, "store.RosterChange", "SELECT doc FROM roster_changes WHERE id=$1", id)
}

// PutRoster saves what was decided; see [ticket.Rosters].
func (s *Store) PutRoster(ctx context.Context, e ticket.RosterEdit) ([]ticket.RosterChange, error) {
	var out []ticket.RosterChange
	err := s.write(ctx, "store.PutRoster", func(t *tx) (err error) {
		out, err = t.putRoster(e)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (t *tx) putRoster(e ticket.RosterEdit) ([]ticket.RosterChange, error) {
	var v string // its lock makes deciders go one after the other
	if err := t.one("SELECT value FROM cursors WHERE source=$1 FOR UPDATE", []any{rosterCursor}, &v); err != nil {
		return nil, err
	}
	if id, err := t.rosterDone(e.Key); id != 0 || err != nil {
		if err != nil {
			return nil, err
		}
		var c ticket.RosterChange
		err := t.one("SELECT doc FROM roster_changes WHERE id=$1", []any{id}, scanDoc{&c})
		return []ticket.RosterChange{c}, err
	}
	if v != strconv.FormatInt(e.Seen, 10) {
		return nil, ticket.Errorf("store.PutRoster", ticket.Conflict, "Somebody has changed who is on call meanwhile.")
	}
	var last, open int64
	if err := t.one("SELECT COALESCE(MAX(id), 0), COALESCE(SUM(CASE WHEN until > $1 THEN 1 ELSE 0 END), 0) FROM roster_changes", []any{at(t.now)}, &last, &open); err != nil {
		return nil, err
	}
	if open >= ticket.MaxRosterOpen {
		return nil, ticket.Errorf("store.PutRoster", ticket.Invalid, "There are %d changes that are not over, which is the most.", open)
	}
	out := make([]ticket.RosterChange, len(e.Changes))
	for i, c := range e.Changes {
		c.Version = e.Seen + 1
		if c.Because == ticket.RosterFirst {
			c.Because = out[0].ID
		}
		query := "UPDATE roster_changes SET until=$2, doc=$3 WHERE id=$1"
		if c.ID == 0 {
			last++
			c.ID, query = last, "INSERT INTO roster_changes (id, until, doc) VALUES ($1, $2, $3)"
		}
		if out[i] = c; i == 0 && e.Key != "" {
			if _, err := t.exec("INSERT INTO actions (key, ticket, at) VALUES ($1, $2, $3)", shortKey(e.Key), c.ID, at(t.now)); err != nil {
				return nil, err
			}
		}
		if err := t.saveRoster(query, c); err != nil {
			return nil, err
		}
	}
	_, err := t.exec("UPDATE cursors SET value=$2 WHERE source=$1", rosterCursor, strconv.FormatInt(e.Seen+1, 10))
	return out, err
}

// rosterDone is the change that an action gave when it was done before; keys of actions hold its number.
func (t *tx) rosterDone(key string) (id int64, err error) {
	if key == "" {
		return 0, nil
	}
	err = t.each("SELECT ticket FROM actions WHERE key=$1", []any{shortKey(key)}, func(scan func(...any) error) error { return scan(&id) })
	return id, err
}

func (t *tx) saveRoster(query string, c ticket.RosterChange) error {
	d, err := doc(c)
	if err != nil {
		return err
	}
	until := c.Until()
	if c.To.After(until) { // taken back: what it was is still shown
		until = c.To
	}
	if n, err := t.exec(query, c.ID, at(until), d); err != nil || n == 0 {
		if err == nil {
			err = ticket.E("store.PutRoster", ticket.NotFound, nil)
		}
		return err
	}
	l := c.Last()
	data := map[string]string{"change": strconv.FormatInt(c.ID, 10), "kind": string(c.Kind), "state": string(c.State), "tier": c.Tier,
		"person": c.Person, "with": c.With, "from": c.From.Format(time.RFC3339), "to": c.To.Format(time.RFC3339)}
	for k, v := range data {
		if v == "" {
			delete(data, k)
		}
	}
	why := l.Reason
	if len(c.Log) == 1 {
		why = c.Reason
	}
	if err := t.log("roster_"+string(l.What), l.By, why, data); err != nil {
		return err
	}
	return t.enqueue(c.News(), nil)
}

// Pass finishes a job, moves a mark and adds what follows; see [ticket.Rosters].
func (s *Store) Pass(ctx context.Context, j ticket.Job, m ticket.Mark, next ...ticket.Job) error {
	return s.write(ctx, "store.Pass", func(t *tx) error {
		if n, err := t.removeJob(j); err != nil || n == 0 {
			if err == nil {
				err = lostLease("store.Pass")
			}
			return err
		}
		if m.Name != "" {
			if err := t.move(m); err != nil {
				return err
			}
		}
		return t.enqueue(next, nil)
	})
}

func (t *tx) move(m ticket.Mark) error {
	var n int64
	var err error
	if m.Was == "" {
		n, err = t.exec("INSERT INTO cursors (source, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", clean(m.Name), clean(m.Now))
	} else {
		n, err = t.exec("UPDATE cursors SET value=$2 WHERE source=$1 AND value=$3", clean(m.Name), clean(m.Now), clean(m.Was))
	}
	if err == nil && n == 0 {
		err = ticket.Errorf("store.Pass", ticket.Conflict, "Another gateway was faster.")
	}
	return err
}

// PutFeed makes a feed.
func (s *Store) PutFeed(ctx context.Context, f ticket.RosterFeed) (ticket.RosterFeed, error) {
	given := f
	err := s.write(ctx, "store.PutFeed", func(t *tx) error {
		f = given
		if _, err := t.exec("UPDATE cursors SET value=value WHERE source=$1", rosterCursor); err != nil { // one after the other
			return err
		}
		if err := t.one("SELECT COALESCE(MAX(id), 0) + 1 FROM roster_feeds", nil, &f.ID); err != nil {
			return err
		}
		f.Made = t.now
		d, err := doc(f)
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO roster_feeds (id, agent, revoked, doc) VALUES ($1, $2, 0, $3)", f.ID, shortKey(f.Agent), d); err != nil {
			return err
		}
		return t.log("roster_feed", ticket.Actor{Kind: ticket.ByAgent, ID: f.Agent}, "", map[string]string{"feed": strconv.FormatInt(f.ID, 10), "tier": f.Tier})
	})
	return f, err
}

// Feed reads a feed that is good.
func (s *Store) Feed(ctx context.Context, id int64) (ticket.RosterFeed, error) {
	return read[ticket.RosterFeed](ctx, s, "store.Feed", "SELECT doc FROM roster_feeds WHERE id=$1 AND revoked = 0", id)
}

// Feeds lists an agent's feeds, oldest first.
func (s *Store) Feeds(ctx context.Context, agent string) (out []ticket.RosterFeed, err error) {
	err = s.each(ctx, "SELECT doc FROM roster_feeds WHERE agent=$1 AND revoked = 0 ORDER BY id", []any{shortKey(agent)},
		func(scan func(...any) error) error {
			var f ticket.RosterFeed
			err := scan(scanDoc{&f})
			out = append(out, f)
			return err
		})
	return out, failure("store.Feeds", err)
}

// RevokeFeed ends a feed.
func (s *Store) RevokeFeed(ctx context.Context, id int64, agent string, by ticket.Actor) error {
	return s.write(ctx, "store.RevokeFeed", func(t *tx) error {
		n, err := t.exec("UPDATE roster_feeds SET revoked=$3 WHERE id=$1 AND revoked = 0 AND ($2 = '' OR agent = $2)", id, shortKey(agent), at(t.now))
		if err == nil && n == 0 {
			err = ticket.Errorf("store.RevokeFeed", ticket.NotFound, "There is no such calendar.")
		}
		if err != nil {
			return err
		}
		return t.log("roster_feed_revoked", by, "", map[string]string{"feed": strconv.FormatInt(id, 10)})
	})
}

// clocksApart is by how much the clocks of two gateways may differ: so far are events out of their order.
const clocksApart = time.Hour

// errEnough ends a listing whose rest is not asked for.
var errEnough = errors.New("enough")

// PagesTaken counts accepted pages by agent, newest first until they are older than asked for.
func (s *Store) PagesTaken(ctx context.Context, from, to time.Time) (map[string]int, error) {
	out := map[string]int{}
	// The condition is that of the index, to the letter.
	err := s.each(ctx, `SELECT doc FROM events WHERE doc LIKE '%"kind":"accept"%' ORDER BY id DESC`, nil, func(scan func(...any) error) error {
		var e ticket.Event
		if err := scan(scanDoc{&e}); err != nil {
			return err
		}
		if e.At.Before(from.Add(-clocksApart)) {
			return errEnough
		}
		if e.Kind == string(ticket.ActAccept) && !e.At.Before(from) && e.At.Before(to) {
			out[e.By.ID]++
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return out, failure("store.PagesTaken", err)
}

// scanDoc is a place to scan a doc into.
type scanDoc struct{ v any }

// Scan reads a doc.
func (s scanDoc) Scan(src any) error {
	switch d := src.(type) {
	case string:
		return undoc(d, s.v)
	case []byte:
		return undoc(string(d), s.v)
	}
	return ticket.E("store", ticket.Internal, nil)
}
