package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"tierline/ticket"
)

// slotSaid is where what people say of somebody's presence is kept; what tools tell is kept by their source.
const slotSaid = "said"

func slotOf(s ticket.PresenceSource) string {
	if s.Said() {
		return slotSaid
	}
	return string(s)
}

// Presences lists what was said last of everybody, by agent.
func (s *Store) Presences(ctx context.Context) (out []ticket.Presence, err error) {
	err = s.each(ctx, "SELECT doc FROM presence ORDER BY agent, slot", nil, func(scan func(...any) error) error {
		p, err := scanPresence(scan)
		out = append(out, p)
		return err
	})
	return out, failure("store.Presences", err)
}

func scanPresence(scan func(...any) error) (p ticket.Presence, err error) {
	var d string
	if err = scan(&d); err == nil {
		err = undoc(d, &p)
	}
	return p, err
}

// SetPresence notes whether somebody works; see [ticket.Staffing].
func (s *Store) SetPresence(ctx context.Context, p ticket.Presence, jobs ...ticket.Job) (changed bool, err error) {
	const op = "store.SetPresence"
	if p.Agent = shortKey(p.Agent); p.Agent == "" || p.Source == "" || p.State != ticket.Here && p.State != ticket.Away {
		return false, ticket.E(op, ticket.Invalid, errors.New("a presence needs an agent, a source and a state"))
	}
	p.Reason = clean(strings.TrimSpace(p.Reason))
	if !p.Until.IsZero() {
		p.Until = micro(p.Until)
	}
	err = s.write(ctx, op, func(t *tx) error {
		p := p
		changed, p.Since = false, t.now
		was, err := t.presence(p)
		if err != nil {
			return err
		}
		if was.Holds(t.now) && was.State == p.State {
			if p.Since = was.Since; was.Until.Equal(p.Until) && was.Reason == p.Reason {
				return nil
			}
		}
		changed = true
		d, err := doc(p)
		if err != nil {
			return err
		}
		if _, err := t.exec("INSERT INTO presence (agent, slot, doc) VALUES ($1, $2, $3)"+
			" ON CONFLICT (agent, slot) DO UPDATE SET doc = excluded.doc", p.Agent, slotOf(p.Source), d); err != nil {
			return err
		}
		if p.Source.Said() {
			data := map[string]string{"agent": p.Agent}
			if !p.Until.IsZero() {
				data["until"] = p.Until.Format(time.RFC3339)
			}
			if err := t.log(string(p.State), p.By, p.Reason, data); err != nil {
				return err
			}
		}
		return t.enqueue(jobs, nil)
	})
	return changed && err == nil, err
}

// presence is what was said before, to be changed; zero when nothing was.
func (t *tx) presence(p ticket.Presence) (was ticket.Presence, err error) {
	err = t.each("SELECT doc FROM presence WHERE agent=$1 AND slot=$2 FOR UPDATE", []any{p.Agent, slotOf(p.Source)},
		func(scan func(...any) error) (err error) {
			was, err = scanPresence(scan)
			return err
		})
	return was, err
}

// The words of the indexes tickets_load and tickets_waiting: a query is answered by one only when it has them.
const (
	loaded  = "owner <> '' AND state IN ('new', 'open', 'pending', 'on_hold')"
	waiting = "owner = '' AND state IN ('new', 'open')"
)

// Workloads is what agents have; see [ticket.Staffing].
func (s *Store) Workloads(ctx context.Context, tier string, agents []string) (map[string]ticket.Workload, error) {
	loads := map[string]ticket.Workload{}
	query, args := "SELECT owner, state, COUNT(*) FROM tickets WHERE "+loaded, []any{}
	if agents != nil {
		query, args = query+" AND owner IN TEXTS($1)", append(args, s.db.list(agents))
	}
	err := s.each(ctx, query+" GROUP BY owner, state", args, func(scan func(...any) error) error {
		var owner string
		var state ticket.State
		var n int
		err := scan(&owner, &state, &n)
		l := loads[owner]
		if state == ticket.New || state == ticket.Open {
			l.Open += n
		} else {
			l.Waiting += n
		}
		loads[owner] = l
		return err
	})
	if err != nil || tier == "" {
		return loads, failure("store.Workloads", err)
	}
	err = s.each(ctx, "SELECT agent, at FROM handed WHERE tier=$1", []any{shortKey(tier)}, func(scan func(...any) error) error {
		var agent string
		var us int64
		err := scan(&agent, &us)
		l := loads[agent]
		l.Last = since(us)
		loads[agent] = l
		return err
	})
	return loads, failure("store.Workloads", err)
}

// Waiting lists tickets of a tier that wait for an owner, oldest first.
func (s *Store) Waiting(ctx context.Context, tier string, limit int) (out []ticket.Ticket, err error) {
	err = s.each(ctx, "SELECT doc FROM tickets WHERE "+waiting+" AND tier=$1 ORDER BY id LIMIT $2",
		[]any{shortKey(tier), pageOf(limit)}, func(scan func(...any) error) error {
			t, err := scanTicket(scan)
			out = append(out, t)
			return err
		})
	return out, failure("store.Waiting", err)
}

// handOutLock lets tickets be handed out one at a time: what one sees of an owner's room and turn holds until
// it has committed. Any number, as long as nothing else takes it.
const handOutLock = 7_403_102

// offered waits until nobody else hands out. It comes before the ticket is locked: whoever holds a ticket
// never waits for it.
func (t *tx) offered(a ticket.Action) error {
	if a.Kind != ticket.ActHandOut || a.Owner == "" || a.Offer == nil || a.Owner == a.Offer.From {
		return nil
	}
	return t.s.db.serialise(t.ctx, t.runner, handOutLock)
}

// handed refuses to hand a ticket to somebody who has as many as they can take, or whose turn has passed since
// that was decided; and notes whose turn it was. Each statement sees what is committed by now.
func (t *tx) handed(k *ticket.Ticket, a ticket.Action) error {
	if a.Kind != ticket.ActHandOut || a.Owner == "" || a.Offer == nil || k.Owner != a.Owner || a.Owner == a.Offer.From {
		return nil
	}
	owner, tier := shortKey(a.Owner), shortKey(k.Tier)
	if a.Offer.Room > 0 && k.Acted() {
		var n int
		if err := t.one("SELECT COUNT(*) FROM tickets WHERE "+loaded+" AND state IN ('new', 'open') AND owner=$1 AND id<>$2",
			[]any{owner, int64(k.ID)}, &n); err != nil {
			return err
		}
		if n >= a.Offer.Room {
			return ticket.Errorf("store.Act", ticket.Conflict, "%s has as many tickets as they can take.", a.Owner)
		}
	}
	var last int64
	if err := t.each("SELECT at FROM handed WHERE tier=$1 AND agent=$2", []any{tier, owner},
		func(scan func(...any) error) error { return scan(&last) }); err != nil {
		return err
	}
	if last != at(a.Offer.Turn) {
		return ticket.Errorf("store.Act", ticket.Conflict, "%s was handed another ticket meanwhile.", a.Owner)
	}
	now := max(at(t.now), last+1) // two at one moment are in an order, too
	_, err := t.exec("INSERT INTO handed (tier, agent, at) VALUES ($1, $2, $3)"+
		" ON CONFLICT (tier, agent) DO UPDATE SET at = excluded.at", tier, owner, now)
	return err
}
