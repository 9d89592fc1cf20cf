package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tierline/ticket"
)

func pageOf(limit int) int {
	if limit <= 0 {
		return ticket.DefaultPage
	}
	return min(limit, ticket.MaxPage)
}

// Ticket reads one ticket.
func (s *Store) Ticket(ctx context.Context, id ticket.ID) (ticket.Ticket, error) {
	var t ticket.Ticket
	var d string
	err := s.one(ctx, "SELECT doc FROM tickets WHERE id=$1", []any{int64(id)}, &d)
	if err == nil {
		err = undoc(d, &t)
	}
	return t, failure("store.Ticket", err)
}

// Tickets lists tickets, newest first.
func (s *Store) Tickets(ctx context.Context, f ticket.Filter) ([]ticket.Ticket, error) {
	var w where
	if err := s.filter(ctx, f, &w); err != nil {
		return nil, failure("store.Tickets", err)
	}
	var out []ticket.Ticket
	err := s.each(ctx, "SELECT doc FROM tickets"+w.String()+" ORDER BY id DESC LIMIT "+w.arg(pageOf(f.Limit)), w.args,
		func(scan func(...any) error) error {
			t, err := scanTicket(scan)
			out = append(out, t)
			return err
		})
	return out, failure("store.Tickets", err)
}

// filter says in SQL which tickets are asked for.
func (s *Store) filter(ctx context.Context, f ticket.Filter, w *where) error {
	if len(f.States) > 0 {
		marks := make([]string, len(f.States))
		for i, st := range f.States {
			marks[i] = w.arg(string(st))
		}
		w.and("state IN (" + strings.Join(marks, ", ") + ")")
	}
	for _, c := range []struct{ column, is string }{
		{"tier", f.Tier}, {"queue", f.Queue}, {"owner", f.Owner}, {"channel", f.Channel},
	} {
		if c.is != "" {
			w.and(c.column + " = " + w.arg(shortKey(c.is)))
		}
	}
	if f.Unowned {
		w.and("owner = ''")
	}
	if f.Customer != 0 {
		ids, err := s.same(ctx, f.Customer)
		if err != nil {
			return err
		}
		w.and(w.oneOf("customer", ids))
	}
	if f.Unit != "" {
		w.and("id IN (SELECT ticket FROM ticket_units WHERE serial = " + w.arg(unitKey(f.Unit)) + ")")
	}
	if !f.Since.IsZero() {
		w.and("opened >= " + w.arg(at(f.Since)))
	}
	if f.After != 0 {
		w.and("id < " + w.arg(int64(f.After)))
	}
	if like := likeText(f.Text); like != "" {
		text := clean(strings.TrimSpace(f.Text))
		ids, err := s.known(ctx, strings.ToLower(text), text)
		if err != nil {
			return err
		}
		cond := `words LIKE ` + w.arg(like) + ` ESCAPE '\'`
		if len(ids) > 0 {
			cond = "(" + cond + " OR " + w.oneOf("customer", ids) + ")"
		}
		w.and(cond)
	}
	return nil
}

// likeText is the pattern of what is anywhere in a text in lower case; "" for nothing.
func likeText(s string) string {
	s = strings.ToLower(clean(strings.TrimSpace(s)))
	if s == "" {
		return ""
	}
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s) + "%"
}

// where is a condition that grows.
type where struct {
	parts []string
	args  []any
}

func (w *where) arg(v any) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d", len(w.args))
}

// oneOf says that a column is one of some numbers.
func (w *where) oneOf(column string, ids []int64) string {
	marks := make([]string, len(ids))
	for i, id := range ids {
		marks[i] = w.arg(id)
	}
	if len(marks) == 1 { // in the order of an index
		return column + " = " + marks[0]
	}
	return column + " IN (" + strings.Join(marks, ", ") + ")"
}

func (w *where) and(cond string) { w.parts = append(w.parts, cond) }

func (w *where) String() string {
	if len(w.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.parts, " AND ")
}

// Messages lists a ticket's messages, oldest first.
func (s *Store) Messages(ctx context.Context, id ticket.ID, after, limit int) ([]ticket.Message, error) {
	var out []ticket.Message
	err := s.each(ctx, "SELECT "+messageSelect+" FROM messages WHERE ticket=$1 AND seq > $2 ORDER BY seq LIMIT $3",
		[]any{int64(id), after, pageOf(limit)}, func(scan func(...any) error) error {
			m, err := scanMessage(scan)
			out = append(out, m)
			return err
		})
	return out, failure("store.Messages", err)
}

// Message reads one message.
func (s *Store) Message(ctx context.Context, id ticket.ID, seq int) (ticket.Message, error) {
	list, err := s.Messages(ctx, id, seq-1, 1)
	if err != nil {
		return ticket.Message{}, err
	}
	if len(list) == 0 || list[0].Seq != seq {
		return ticket.Message{}, ticket.E("store.Message", ticket.NotFound, nil)
	}
	return list[0], nil
}

// Events lists a ticket's history, oldest first.
func (s *Store) Events(ctx context.Context, id ticket.ID, after int64, limit int) ([]ticket.Event, error) {
	var out []ticket.Event
	err := s.each(ctx, "SELECT id, doc FROM events WHERE ticket=$1 AND id > $2 ORDER BY id LIMIT $3",
		[]any{int64(id), after, pageOf(limit)}, func(scan func(...any) error) error {
			var e ticket.Event
			var d string
			var n int64
			if err := scan(&n, &d); err != nil {
				return err
			}
			err := undoc(d, &e)
			e.ID = n
			out = append(out, e)
			return err
		})
	return out, failure("store.Events", err)
}

// Cases finds previous tickets: of the units first, then of the customer, then of the organization;
// the newest of each first. One that was merged goes on in another, and is not named.
func (s *Store) Cases(ctx context.Context, q ticket.CaseQuery) ([]ticket.Case, error) {
	var out []ticket.Case
	seen := map[ticket.ID]bool{q.Except: true}
	limit := pageOf(q.Limit)
	find := func(relation, cond string, arg any) error {
		if len(out) >= limit {
			return nil
		}
		return s.each(ctx, "SELECT doc FROM tickets WHERE "+cond+" AND merged_into = 0 ORDER BY id DESC LIMIT $2",
			[]any{arg, limit + len(seen)}, func(scan func(...any) error) error {
				t, err := scanTicket(scan)
				if err != nil || seen[t.ID] || len(out) >= limit {
					return err
				}
				seen[t.ID] = true
				out = append(out, ticket.Case{ID: t.ID, Subject: t.Subject, State: t.State, Diagnosis: t.Diagnosis,
					Units: t.Units, Opened: t.Opened, Relation: relation})
				return nil
			})
	}
	var err error
	if len(q.Units) > 0 {
		units := make([]string, len(q.Units))
		for i, u := range q.Units {
			units[i] = unitKey(u)
		}
		err = find("unit", "id IN (SELECT ticket FROM ticket_units WHERE serial IN TEXTS($1))", s.db.list(units))
	}
	if err == nil && q.Customer != 0 {
		var ids []int64
		if ids, err = s.same(ctx, q.Customer); err == nil && len(ids) == 1 { // in the order of an index
			err = find("customer", "customer = $1", ids[0])
		} else if err == nil {
			err = find("customer", "customer IN INTS($1)", s.db.list(ids))
		}
	}
	if err == nil && q.Organization != 0 {
		err = find("organization", "organization <> 0 AND organization = $1", int64(q.Organization))
	}
	return out, failure("store.Cases", err)
}

// UnitCases counts the tickets of a unit.
func (s *Store) UnitCases(ctx context.Context, serial string, from time.Time) (int, error) {
	var n int
	err := s.one(ctx, "SELECT COUNT(*) FROM ticket_units WHERE serial=$1 AND opened >= $2",
		[]any{unitKey(serial), at(from)}, &n)
	return n, failure("store.UnitCases", err)
}

// Counts is how many tickets and jobs there are in each state. It reads an index of all of them.
func (s *Store) Counts(ctx context.Context) (map[ticket.State]int64, ticket.JobCounts, error) {
	tickets := map[ticket.State]int64{}
	jobs := ticket.JobCounts{}
	for _, st := range ticket.JobStates() {
		jobs[st] = map[ticket.JobKind]int64{}
	}
	err := s.each(ctx, "SELECT state, COUNT(*) FROM tickets GROUP BY state", nil, func(scan func(...any) error) error {
		var st ticket.State
		var n int64
		err := scan(&st, &n)
		tickets[st] = n
		return err
	})
	if err == nil {
		err = s.each(ctx, "SELECT CASE WHEN stage IN ('leased', 'dead') THEN stage WHEN attempts = 0 AND run_at > $1 THEN 'scheduled' ELSE 'ready' END AS state,"+
			" kind, COUNT(*) FROM jobs GROUP BY 1, kind", []any{at(s.now())}, func(scan func(...any) error) error {
			var state ticket.JobState
			var kind ticket.JobKind
			var n int64
			err := scan(&state, &kind, &n)
			jobs[state][kind] += n
			return err
		})
	}
	return tickets, jobs, failure("store.Counts", err)
}
