package store

import (
	"context"
	"slices"

	"tierline/ticket"
)

// pressing orders tickets: the most urgent first, then what is due first.
const pressing = "rank, CASE due WHEN 0 THEN 1 ELSE 0 END, due, id"

// Agenda lists what somebody has before them; see [ticket.Agendas].
func (s *Store) Agenda(ctx context.Context, q ticket.AgendaQuery) (a ticket.Agenda, err error) {
	limit, tiers := pageOf(q.Limit), make([]string, 0, len(q.Tiers))
	for _, t := range q.Tiers {
		tiers = append(tiers, shortKey(t))
	}
	only := q.Only
	if len(only) == 0 {
		only = ticket.AgendaLists()
	}
	own, theirs := shortKey(q.Agent), s.db.list(tiers)
	for _, l := range []struct {
		list  ticket.AgendaList
		cond  string
		args  []any
		order string
	}{
		{ticket.ListMine, loaded + " AND owner = $1", []any{own}, "CASE WHEN state IN ('new', 'open') THEN 0 ELSE 1 END, CASE due WHEN 0 THEN 1 ELSE 0 END, due, rank, id"},
		{ticket.ListLate, "due <> 0 AND tier IN TEXTS($1) AND due <= $2", []any{theirs, at(q.Late)}, "due, rank, id"},
		{ticket.ListFree, waiting + " AND tier IN TEXTS($1)", []any{theirs}, pressing},
		{ticket.ListPromised, "promised <> 0 AND owner = $1", []any{own}, "promised, id"},
		{ticket.ListPaged, "paged <> '' AND paged IN TEXTS($1)", []any{theirs}, pressing},
		{ticket.ListWork, "owner <> '' AND state IN ('new', 'open') AND tier IN TEXTS($1)", []any{theirs}, pressing},
		{ticket.ListOwed, "promised <> 0 AND tier IN TEXTS($1) AND promised <= $2", []any{theirs, at(q.Owed)}, "promised, id"},
	} {
		if !slices.Contains(only, l.list) {
			continue
		}
		if *a.List(l.list), err = s.listing(ctx, q, l.cond, l.args, l.order, limit, q.Skip[l.list]); err != nil {
			return ticket.Agenda{}, failure("store.Agenda", err)
		}
	}
	return a, nil
}

// listing reads the beginning of a list. Which tickets that are is found in an index alone; only theirs are read.
func (s *Store) listing(ctx context.Context, q ticket.AgendaQuery, cond string, args []any, order string, limit, skip int) (l ticket.Listing, err error) {
	w := where{args: args}
	w.and(cond)
	if q.Channel != "" {
		w.and("channel = " + w.arg(shortKey(q.Channel)))
	}
	if q.Urgent {
		w.and("rank <= 1")
	}
	if err = s.one(ctx, "SELECT COUNT(*) FROM tickets"+w.String(), w.args, &l.Count); err != nil || l.Count <= skip {
		return l, err
	}
	err = s.each(ctx, "SELECT doc FROM tickets WHERE id IN (SELECT id FROM tickets"+w.String()+" ORDER BY "+order+
		" LIMIT "+w.arg(limit)+" OFFSET "+w.arg(max(0, skip))+") ORDER BY "+order, w.args, func(scan func(...any) error) error {
		t, err := scanTicket(scan)
		l.Tickets = append(l.Tickets, t)
		return err
	})
	return l, err
}

// Places are where the desk shows tickets; see [ticket.Agendas].
func (s *Store) Places(ctx context.Context, scope string, ids []ticket.ID) (map[ticket.ID]string, error) {
	places := map[ticket.ID]string{}
	if len(ids) == 0 {
		return places, nil
	}
	var w where
	list := make([]int64, len(ids))
	for i, id := range ids {
		list[i] = int64(id)
	}
	w.and(w.oneOf("ticket", list))
	w.and("scope = " + w.arg(shortKey(scope)))
	err := s.each(ctx, "SELECT ticket, key FROM refs"+w.String()+" ORDER BY id", w.args, func(scan func(...any) error) error {
		var id int64
		var key string
		err := scan(&id, &key)
		places[ticket.ID(id)] = key
		return err
	})
	return places, failure("store.Places", err)
}
