package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"tierline/ticket"
)

// incidentsLock lets one proposal be made at a time, so that no two are made of the same tickets. Any
// number, as long as nothing else takes it.
const incidentsLock = 7_403_103

// maxPrints is how many prints are read at once.
const maxPrints = 5_000

// ActIncident does something to an incident; see [ticket.Incidents].
func (s *Store) ActIncident(ctx context.Context, a ticket.IncidentAction) (ticket.Incident, error) {
	a.Key = shortKey(a.Key)
	var out ticket.Incident
	err := s.write(ctx, "store.ActIncident", func(t *tx) (err error) {
		out, err = t.actIncident(a)
		return err
	})
	if err != nil {
		return ticket.Incident{}, err
	}
	return out, nil
}

func (t *tx) actIncident(a ticket.IncidentAction) (i ticket.Incident, err error) {
	if a.ID == 0 || a.Do == ticket.DoLink || a.Do == ticket.DoPropose {
		if err := t.s.db.serialise(t.ctx, t.runner, incidentsLock); err != nil {
			return i, err
		}
	}
	if a.Tickets, err = t.candidates(a); err != nil {
		return i, err
	}
	if a.ID == 0 {
		if i.ID, err = t.whichIncident(a); err != nil || i.ID < 0 {
			return ticket.Incident{}, errors.Join(err, t.nothing(a))
		}
	} else {
		i.ID = a.ID
	}
	if i, err = t.lockIncident(i.ID, a.ID == 0); err != nil {
		return i, err
	}
	done, err := t.begun(ticket.Action{Key: a.Key, Job: a.Job, Ticket: ticket.ID(i.ID)})
	if err != nil {
		return i, err
	}
	if done != 0 {
		return t.lockIncident(ticket.IncidentID(done), false)
	}
	x := ticket.IncidentChange{Incident: &i}
	if x.Members, err = t.members(i.ID); err != nil {
		return i, err
	}
	fx, err := x.Apply(a, t.now)
	if err != nil || len(fx.Jobs)+len(fx.Members) == 0 {
		return i, err
	}
	return i, t.saveIncident(i, fx)
}

// nothing finishes the job of an action of which nothing comes.
func (t *tx) nothing(a ticket.IncidentAction) error {
	_, err := t.begun(ticket.Action{Key: a.Key, Job: a.Job})
	return err
}

func (t *tx) saveIncident(i ticket.Incident, fx ticket.IncidentEffects) error {
	d, err := doc(i)
	if err != nil {
		return err
	}
	_, err = t.exec("INSERT INTO incidents (id, state, doc) VALUES ($1, $2, $3)"+
		" ON CONFLICT (id) DO UPDATE SET state = excluded.state, doc = excluded.doc", int64(i.ID), string(i.State), d)
	if err != nil {
		return err
	}
	if err := t.addMembers(fx.Members); err != nil {
		return err
	}
	return t.enqueue(fx.Jobs, nil)
}

// lockIncident reads an incident that is to be changed; one that may be missing is made.
func (t *tx) lockIncident(id ticket.IncidentID, make bool) (i ticket.Incident, err error) {
	var d string
	err = t.one("SELECT doc FROM incidents WHERE id=$1 FOR UPDATE", []any{int64(id)}, &d)
	if make && errors.Is(err, sql.ErrNoRows) {
		return ticket.Incident{ID: id}, nil
	}
	if err == nil {
		err = undoc(d, &i)
	}
	return i, err
}

// candidates fills in what is known of the tickets of an action. NotFound names one that there is not.
func (t *tx) candidates(a ticket.IncidentAction) (out []ticket.Candidate, err error) {
	seen := map[ticket.ID]bool{}
	for _, c := range a.Tickets {
		if seen[c.Ticket] {
			continue
		}
		seen[c.Ticket] = true
		var d string
		var k ticket.Ticket
		err := t.one("SELECT doc FROM tickets WHERE id=$1", []any{int64(c.Ticket)}, &d)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, ticket.Errorf("store.ActIncident", ticket.NotFound, "There is no ticket %s.", c.Ticket)
		}
		if err != nil {
			return nil, err
		}
		if err := undoc(d, &k); err != nil {
			return nil, err
		}
		c.State, c.Customer, c.Opened, c.Language = k.State, k.Customer, k.Opened, k.Language
		if c.Elsewhere, err = t.liveIncident(c.Ticket); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// liveIncident is the one that a ticket is linked to; 0 is none.
func (t *tx) liveIncident(id ticket.ID) (i ticket.IncidentID, err error) {
	err = t.one("SELECT m.incident FROM incident_tickets m JOIN incidents i ON i.id = m.incident"+
		" WHERE m.ticket=$1 AND m.state='linked' AND i.state IN ('proposed', 'open') ORDER BY m.incident DESC LIMIT 1", []any{int64(id)}, &i)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return i, err
}

// whichIncident is the one that an action makes or, of a proposal of the gateway's, adds to; -1: nothing is
// to be proposed.
func (t *tx) whichIncident(a ticket.IncidentAction) (ticket.IncidentID, error) {
	if a.Do == ticket.DoPropose && a.By.Kind != ticket.ByAgent && a.By.Kind != ticket.ByAPI {
		for _, c := range a.Tickets {
			if c.Elsewhere != 0 {
				return c.Elsewhere, nil
			}
		}
		id, err := t.sameIncident(a)
		if id != 0 || err != nil {
			return id, err
		}
	}
	ids, err := t.s.db.ids(t.ctx, t.runner, "incidents", 1, 0)
	if err != nil {
		return 0, err
	}
	return ticket.IncidentID(ids[0]), nil
}

// sameIncident finds a live one of the same signature, or (-1) one with the most of these tickets that was
// dismissed and is to stay so for a while.
func (t *tx) sameIncident(a ticket.IncidentAction) (found ticket.IncidentID, err error) {
	quiet := 0
	err = t.each("SELECT doc FROM incidents WHERE state IN ('proposed', 'open', 'dismissed') ORDER BY id DESC LIMIT 200", nil,
		func(scan func(...any) error) error {
			var d string
			var i ticket.Incident
			if err := scan(&d); err != nil {
				return err
			}
			if err := undoc(d, &i); err != nil || a.Signature == "" || i.Signature != a.Signature {
				return err
			}
			if i.State.Live() && found == 0 {
				found = i.ID
			} else if i.Quiet.After(t.now) && found == 0 {
				found = -1
			}
			return nil
		})
	if found != 0 || err != nil {
		return found, err
	}
	for _, c := range a.Tickets {
		var d string
		err := t.one("SELECT i.doc FROM incident_tickets m JOIN incidents i ON i.id = m.incident"+
			" WHERE m.ticket=$1 AND i.state='dismissed' ORDER BY m.incident DESC LIMIT 1", []any{int64(c.Ticket)}, &d)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		var i ticket.Incident
		if err == nil {
			err = undoc(d, &i)
		}
		if err != nil {
			return 0, err
		}
		if i.Quiet.After(t.now) {
			quiet++
		}
	}
	if 2*quiet > len(a.Tickets) {
		return -1, nil
	}
	return 0, nil
}

const memberSelect = "SELECT doc, told, returned FROM incident_tickets"

func scanMember(scan func(...any) error) (m ticket.Member, err error) {
	var d string
	var returned int
	if err = scan(&d, &m.Told, &returned); err == nil {
		err = undoc(d, &m)
	}
	m.Returned = returned != 0
	return m, err
}

func (t *tx) members(id ticket.IncidentID) (out []ticket.Member, err error) {
	err = t.each(memberSelect+" WHERE incident=$1 ORDER BY ticket", []any{int64(id)}, func(scan func(...any) error) error {
		m, err := scanMember(scan)
		out = append(out, m)
		return err
	})
	return out, err
}

// addMembers writes rows. That a customer has come back stays.
func (t *tx) addMembers(list []ticket.Member) error {
	var rows [][]any
	for _, m := range list {
		m.Returned = false
		d, err := doc(m)
		if err != nil {
			return err
		}
		skipped := 0
		if m.Skipped != "" {
			skipped = 1
		}
		rows = append(rows, []any{int64(m.Incident), int64(m.Ticket), int64(m.Customer), string(m.State), m.Told, skipped, d})
	}
	return t.insert("INSERT INTO incident_tickets (incident, ticket, customer, state, told, skipped, doc)",
		"ON CONFLICT (incident, ticket) DO UPDATE SET customer = excluded.customer, state = excluded.state, told = excluded.told,"+
			" skipped = excluded.skipped, doc = excluded.doc", rows)
}

// memberReturned notes that customers have opened tickets again.
func (t *tx) memberReturned(list []ticket.Ticket) error {
	for _, k := range list {
		if _, err := t.exec("UPDATE incident_tickets SET returned=1 WHERE incident=$1 AND ticket=$2", int64(k.Incident), int64(k.ID)); err != nil {
			return err
		}
	}
	return nil
}

// membership locks the incident of an action, and reads how its ticket belongs to it.
func (t *tx) membership(a ticket.Action) (*ticket.Membership, error) {
	i, err := t.lockIncident(a.Incident, false)
	if err != nil {
		return nil, err
	}
	in := &ticket.Membership{Incident: i}
	m, err := scanMember(func(dest ...any) error {
		return t.one(memberSelect+" WHERE incident=$1 AND ticket=$2", []any{int64(a.Incident), int64(a.Ticket)}, dest...)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return in, nil
	}
	if err != nil {
		return nil, err
	}
	in.Member = &m
	err = t.one("SELECT ticket FROM incident_tickets WHERE incident=$1 AND customer=$2 AND ticket <> $3 AND told=$4 AND skipped=0"+
		" ORDER BY ticket LIMIT 1", []any{int64(a.Incident), int64(m.Customer), int64(a.Ticket), a.Number}, &in.Told)
	if errors.Is(err, sql.ErrNoRows) || a.Number == 0 {
		in.Told, err = 0, nil
	}
	return in, err
}

// Incident reads one incident.
func (s *Store) Incident(ctx context.Context, id ticket.IncidentID) (ticket.Incident, error) {
	return read[ticket.Incident](ctx, s, "store.Incident", "SELECT doc FROM incidents WHERE id=$1", int64(id))
}

// Incidents lists incidents, newest first.
func (s *Store) Incidents(ctx context.Context, f ticket.IncidentFilter) (out []ticket.Incident, err error) {
	var w where
	if len(f.States) > 0 {
		var marks []string
		for _, st := range f.States {
			marks = append(marks, w.arg(string(st)))
		}
		w.and("state IN (" + strings.Join(marks, ", ") + ")")
	}
	if f.After != 0 {
		w.and("id < " + w.arg(int64(f.After)))
	}
	err = s.each(ctx, "SELECT doc FROM incidents"+w.String()+" ORDER BY id DESC LIMIT "+w.arg(pageOf(f.Limit)), w.args,
		func(scan func(...any) error) error {
			var i ticket.Incident
			var d string
			if err := scan(&d); err != nil {
				return err
			}
			err := undoc(d, &i)
			out = append(out, i)
			return err
		})
	return out, failure("store.Incidents", err)
}

// Members lists an incident's tickets.
func (s *Store) Members(ctx context.Context, id ticket.IncidentID, after ticket.ID, limit int) (out []ticket.Member, err error) {
	err = s.each(ctx, memberSelect+" WHERE incident=$1 AND ticket > $2 ORDER BY ticket LIMIT $3", []any{int64(id), int64(after), pageOf(limit)},
		func(scan func(...any) error) error {
			m, err := scanMember(scan)
			out = append(out, m)
			return err
		})
	return out, failure("store.Members", err)
}

// Tally counts an incident's tickets.
func (s *Store) Tally(ctx context.Context, id ticket.IncidentID, update int) (n ticket.Tally, err error) {
	err = s.each(ctx, "SELECT m.doc, m.told, m.returned, t.state FROM incident_tickets m JOIN tickets t ON t.id = m.ticket WHERE m.incident=$1",
		[]any{int64(id)}, func(scan func(...any) error) error {
			var state string
			m, err := scanMember(func(dest ...any) error { return scan(append(dest, &state)...) })
			if err == nil {
				count(&n, m, ticket.State(state), update)
			}
			return err
		})
	return n, failure("store.Tally", err)
}

func count(n *ticket.Tally, m ticket.Member, state ticket.State, update int) {
	switch m.State {
	case ticket.MemberMaybe:
		n.Maybe++
		return
	case ticket.MemberApart:
		n.Apart++
		return
	}
	n.Linked++
	for _, c := range []struct {
		is bool
		n  *int
	}{
		{state.Done(), &n.Done}, {m.Solved, &n.Solved}, {m.Returned, &n.Returned},
		{update > 0 && m.Told >= update && m.Skipped == "", &n.Told}, {update > 0 && m.Told >= update && m.Skipped != "", &n.Skipped},
		{update > 0 && m.Told < update, &n.Waiting},
	} {
		if c.is {
			*c.n++
		}
	}
}

func (t *tx) addPrint(p *ticket.Print) error {
	if p == nil {
		return nil
	}
	return t.insert("INSERT INTO prints (ticket, opened, terms)", "ON CONFLICT (ticket) DO UPDATE SET terms = excluded.terms",
		[][]any{{int64(p.Ticket), at(p.Opened), clean(strings.Join(p.Terms, " "))}})
}

const printSelect = "SELECT p.ticket, p.opened, p.terms, t.customer, t.organization, t.state, COALESCE((SELECT MAX(m.incident)" +
	" FROM incident_tickets m JOIN incidents i ON i.id = m.incident WHERE m.ticket = p.ticket AND m.state = 'linked'" +
	" AND i.state IN ('proposed', 'open')), 0)"

func (s *Store) prints(ctx context.Context, op, from string, args ...any) (out []ticket.Print, err error) {
	err = s.each(ctx, printSelect+from, args, func(scan func(...any) error) error {
		var p ticket.Print
		var opened int64
		var terms, state string
		err := scan(&p.Ticket, &opened, &terms, &p.Customer, &p.Organization, &state, &p.Incident)
		p.Opened, p.Terms, p.State = since(opened), strings.Fields(terms), ticket.State(state)
		out = append(out, p)
		return err
	})
	return out, failure(op, err)
}

// Prints are what recent tickets are about, newest first.
func (s *Store) Prints(ctx context.Context, from, before time.Time, limit int) ([]ticket.Print, error) {
	return s.prints(ctx, "store.Prints", " FROM prints p JOIN tickets t ON t.id = p.ticket WHERE p.opened >= $1 AND p.opened < $2"+
		" AND t.merged_into = 0 ORDER BY p.opened DESC LIMIT $3", at(from), at(before), min(max(limit, 1), maxPrints))
}

// IncidentPrints are those of an incident's linked tickets.
func (s *Store) IncidentPrints(ctx context.Context, id ticket.IncidentID, limit int) ([]ticket.Print, error) {
	return s.prints(ctx, "store.IncidentPrints", " FROM incident_tickets l JOIN prints p ON p.ticket = l.ticket JOIN tickets t ON t.id = p.ticket"+
		" WHERE l.incident = $1 AND l.state = 'linked' ORDER BY l.ticket DESC LIMIT $2", int64(id), min(max(limit, 1), maxPrints))
}
