package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// Outcomes lists what came to pass; see [ticket.Measures].
func (s *Store) Outcomes(ctx context.Context, q ticket.OutcomeQuery) (out []ticket.Outcome, next string, err error) {
	from, id := at(q.Since), int64(-1)
	if q.After != "" {
		if n, err := fmt.Sscanf(q.After, "%d.%d", &from, &id); n != 2 || err != nil {
			return nil, "", ticket.Errorf("store.Outcomes", ticket.Invalid, "%.40q is no place to go on from.", q.After)
		}
	}
	until := at(q.Until)
	if q.Until.IsZero() {
		until = 1<<63 - 1
	}
	limit := pageOf(q.Limit)
	err = s.each(ctx, "SELECT id, at, doc FROM outcomes WHERE (at, id) > ($1, $2) AND at < $3 ORDER BY at, id LIMIT $4",
		[]any{from, id, until, limit}, func(scan func(...any) error) error {
			var o ticket.Outcome
			var id, at int64
			var d string
			if err := scan(&id, &at, &d); err != nil {
				return err
			}
			err := undoc(d, &o)
			if out = append(out, o); len(out) == limit {
				next = fmt.Sprintf("%d.%d", at, id)
			}
			return err
		})
	return out, next, failure("store.Outcomes", err)
}

// Spent gives what like cases took; see [ticket.Measures]. Each topic is one range of an index.
func (s *Store) Spent(ctx context.Context, q ticket.Alike) (topic string, list []ticket.Spent, err error) {
	for _, topic = range q.Topics {
		list = nil
		err = s.each(ctx, "SELECT ticket, open FROM spent WHERE tier=$1 AND priority=$2 AND topic=$3 ORDER BY solved DESC, ticket DESC LIMIT $4",
			[]any{shortKey(q.Tier), string(q.Priority), shortKey(topic), ticket.MaxAlike}, func(scan func(...any) error) error {
				var one ticket.Spent
				var us int64
				err := scan(&one.Ticket, &us)
				one.Open = time.Duration(us) * time.Microsecond
				if one.Ticket != q.Except {
					list = append(list, one)
				}
				return err
			})
		if err != nil || len(list) >= ticket.MinAlike {
			break
		}
	}
	return topic, list, failure("store.Spent", err)
}

// measure keeps what follows from a change for those who count.
func (t *tx) measure(k *ticket.Ticket, fx ticket.Effects) error {
	if err := t.addOutcomes(fx.Outcomes); err != nil {
		return err
	}
	for _, e := range fx.Events {
		if e.Ticket != k.ID {
			continue
		}
		switch e.Kind {
		case string(ticket.ActSolve):
			return t.measureSolved(k)
		case string(ticket.ActReopen), "reopened", string(ticket.ActReply):
			if k.State == ticket.Solved { // by this answer
				return t.measureSolved(k)
			}
			return t.unmeasure(k)
		}
	}
	return nil
}

func (t *tx) addOutcomes(list []ticket.Outcome) error {
	var rows [][]any
	for _, o := range list {
		o.Tier, o.Label, o.Agent = clean(o.Tier), clean(o.Label), clean(o.Agent)
		d, err := doc(o)
		if err != nil {
			return err
		}
		rows = append(rows, []any{at(o.At), int64(o.Ticket), d})
		if o.Kind == ticket.OutcomeMacro {
			if err := t.macroUsed(o); err != nil {
				return err
			}
		}
	}
	return t.insert("INSERT INTO outcomes (at, ticket, doc)", "", rows)
}

func (t *tx) unmeasure(k *ticket.Ticket) error {
	if k.State.Done() {
		return nil
	}
	_, err := t.exec("DELETE FROM spent WHERE ticket=$1", int64(k.ID))
	return err
}

// measureSolved notes how long a case took. One that is solved again took until now.
func (t *tx) measureSolved(k *ticket.Ticket) error {
	if k.State != ticket.Solved || k.Past {
		return nil
	}
	if _, err := t.exec("DELETE FROM spent WHERE ticket=$1", int64(k.ID)); err != nil {
		return err
	}
	var cal ticket.Calendar
	if t.s.cfg.Policy != nil {
		cal = t.s.cfg.Policy.Targets(k).Calendar
	}
	open := cal.Between(k.Opened, k.SolvedAt)
	models, err := t.models(k.Units)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, topic := range k.Topics(models) {
		rows = append(rows, []any{shortKey(k.Tier), string(k.Priority), shortKey(topic), at(k.SolvedAt), int64(k.ID), open.Microseconds()})
	}
	return t.insert("INSERT INTO spent (tier, priority, topic, solved, ticket, open)", "ON CONFLICT DO NOTHING", rows)
}

func (t *tx) models(serials []string) (models []string, err error) {
	for _, u := range serials[:min(len(serials), 5)] {
		var d string
		var unit customer.Unit
		err := t.one("SELECT doc FROM units WHERE serial=$1", []any{unitKey(u)}, &d)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			err = undoc(d, &unit)
		}
		if err != nil {
			return nil, err
		}
		if unit.Model != "" && !slices.Contains(models, unit.Model) {
			models = append(models, unit.Model)
		}
	}
	return models, nil
}

// climb takes the customer of a ticket up the abuse ladder, and keeps them out where that is the step.
func (t *tx) climb(k *ticket.Ticket, l *ticket.Ladder) error {
	const op = "store.Act"
	if l == nil {
		return nil
	}
	c, err := t.lockPerson(k.Customer)
	if err != nil {
		return err
	}
	was, last := c.Ladder(t.now, l.Decay)
	if err := c.Climb(l.Step, l.Decay); err != nil {
		return ticket.Errorf(op, ticket.Conflict, "That is not the next step: %v.", err)
	}
	if err := t.saveCustomer(c); err != nil {
		return err
	}
	switch {
	case l.Step.Rung == customer.RungBlock:
		return t.blockAll(c, l.Step)
	case l.Step.Rung == customer.RungClear && was == customer.RungBlock:
		return t.unblockAll(c, last, l.Step)
	}
	return nil
}

// lockPerson reads a customer, or whom the record stands for, to be changed.
func (t *tx) lockPerson(id customer.ID) (c customer.Customer, err error) {
	for range 2 {
		if c, err = t.lockCustomer(id); err != nil || c.AliasOf == 0 {
			return c, err
		}
		id = c.AliasOf
	}
	return c, errors.New("an alias of an alias")
}

// blockAll keeps out all that somebody is known by.
func (t *tx) blockAll(c customer.Customer, s customer.AbuseStep) error {
	by := ticket.Actor{Kind: ticket.ByAgent, ID: s.By, Name: s.Name}
	for _, i := range c.Identities {
		key, err := blockKey(i.Key())
		if err != nil {
			continue // nobody can be kept out by that
		}
		if err := t.block(ticket.Block{Key: key, Reason: abuseReason + clean(s.Reason), By: by, At: t.now, Until: micro(s.Until)}); err != nil {
			return err
		}
	}
	return nil
}

// abuseReason begins the reasons of blocks that the ladder has made.
const abuseReason = "abuse: "

// unblockAll takes the blocks of a step of the ladder away. What was blocked for another reason stays so.
func (t *tx) unblockAll(c customer.Customer, was, now customer.AbuseStep) error {
	for _, i := range c.Identities {
		key, err := blockKey(i.Key())
		if err != nil {
			continue
		}
		var d string
		var b ticket.Block
		if err = t.one("SELECT doc FROM blocks WHERE key=$1", []any{key}, &d); errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err == nil {
			err = undoc(d, &b)
		}
		if err != nil {
			return err
		}
		if !strings.HasPrefix(b.Reason, abuseReason) || !b.Until.Equal(micro(was.Until)) {
			continue
		}
		if _, err := t.exec("DELETE FROM blocks WHERE key=$1", key); err != nil {
			return err
		}
		by := ticket.Actor{Kind: ticket.ByAgent, ID: now.By, Name: now.Name}
		if err := t.log("unblocked", by, now.Reason, map[string]string{"key": key}); err != nil {
			return err
		}
	}
	return nil
}
