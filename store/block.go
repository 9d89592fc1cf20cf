package store

import (
	"context"
	"strings"

	"tierline/customer"
	"tierline/ticket"
)

const (
	blockKind   = "block" // is no kind of identity
	blockDomain = "domain:"
)

// blockKeys are the keys by which somebody may be kept out: their own, their domain and those above it.
func blockKeys(i customer.Identity) []string {
	keys := []string{shortKey(i.Key())}
	for d := i.Domain(); strings.Contains(d, "."); _, d, _ = strings.Cut(d, ".") {
		keys = append(keys, shortKey(blockDomain+d))
	}
	return keys
}

// shut says that the sender of a contact is kept out. History is let in, which came before, and so is
// what staff passes on.
func (k *intake) shut(in ticket.Inbound) bool {
	if len(k.blocked) == 0 || in.Past != nil || in.Forwarded != nil {
		return false
	}
	for _, key := range blockKeys(in.From) {
		if k.blocked[key] {
			return true
		}
	}
	return false
}

// blockKey is the form in which a key is kept.
func blockKey(key string) (string, error) {
	const op = "store.Block"
	if d, ok := strings.CutPrefix(key, blockDomain); ok {
		d = strings.ToLower(strings.Trim(strings.TrimSpace(d), "."))
		switch {
		case !strings.Contains(d, ".") || strings.ContainsAny(d, "@ /:*"):
			return "", ticket.Errorf(op, ticket.Invalid, "%.80q is no domain; one looks like example.org.", d)
		case customer.SharedDomain(d):
			return "", ticket.Errorf(op, ticket.Invalid, "Many people who have nothing to do with each other write from %s. Block the address.", d)
		}
		return shortKey(blockDomain + d), nil
	}
	kind, value, _ := strings.Cut(key, ":")
	i, err := customer.Identity{Kind: customer.IdentityKind(kind), Value: value}.Normal()
	if err != nil {
		return "", ticket.Errorf(op, ticket.Invalid, "%.80q names nobody; a sender looks like email:jane@example.org, a domain like domain:example.org.", key)
	}
	return shortKey(person(i).Key()), nil
}

// Block keeps a sender out; see [ticket.Blocking]. Of a domain, those below it are blocked too.
func (s *Store) Block(ctx context.Context, b ticket.Block) error {
	key, err := blockKey(b.Key)
	if err != nil {
		return err
	}
	return s.write(ctx, "store.Block", func(t *tx) error {
		b := b
		b.Key, b.Reason, b.At, b.Until = key, clean(b.Reason), t.now, micro(b.Until)
		if !b.Until.IsZero() && !b.Until.After(t.now) {
			return ticket.Errorf("store.Block", ticket.Invalid, "The block would be over already.")
		}
		return t.block(b)
	})
}

// block keeps a sender out whose key is in its form.
func (t *tx) block(b ticket.Block) error {
	d, err := doc(b)
	if err != nil {
		return err
	}
	if _, err := t.exec("INSERT INTO blocks (key, until, doc) VALUES ($1, $2, $3)"+
		" ON CONFLICT (key) DO UPDATE SET until = excluded.until, doc = excluded.doc", b.Key, at(b.Until), d); err != nil {
		return err
	}
	return t.log("blocked", b.By, b.Reason, map[string]string{"key": b.Key})
}

// Unblock lets a sender in again.
func (s *Store) Unblock(ctx context.Context, key string, by ticket.Actor) error {
	key, err := blockKey(key)
	if err != nil {
		return err
	}
	return s.write(ctx, "store.Unblock", func(t *tx) error {
		n, err := t.exec("DELETE FROM blocks WHERE key=$1", key)
		if err == nil && n == 0 {
			err = ticket.Errorf("store.Unblock", ticket.NotFound, "%s is not blocked.", key)
		}
		if err != nil {
			return err
		}
		return t.log("unblocked", by, "", map[string]string{"key": key})
	})
}

// Blocks lists blocks that hold now.
func (s *Store) Blocks(ctx context.Context, after string, limit int) (out []ticket.Block, err error) {
	err = s.each(ctx, "SELECT doc FROM blocks WHERE key > $1 AND (until = 0 OR until > $2) ORDER BY key LIMIT $3",
		[]any{clean(after), at(s.now()), pageOf(limit)}, func(scan func(...any) error) error {
			var b ticket.Block
			var d string
			if err := scan(&d); err != nil {
				return err
			}
			err := undoc(d, &b)
			out = append(out, b)
			return err
		})
	return out, failure("store.Blocks", err)
}

// Blocked says whether a sender is kept out now.
func (s *Store) Blocked(ctx context.Context, i customer.Identity) (bool, error) {
	n := 0
	err := s.one(ctx, "SELECT COUNT(*) FROM blocks WHERE key IN TEXTS($1) AND (until = 0 OR until > $2)",
		[]any{s.db.list(blockKeys(i)), at(s.now())}, &n)
	return n > 0, failure("store.Blocked", err)
}

// log notes what was done to no ticket: Events of ticket 0 lists it.
func (t *tx) log(kind string, by ticket.Actor, why string, data map[string]string) error {
	e := ticket.Event{Kind: kind, By: by, Data: data, At: t.now}
	if why != "" {
		e.Why = []string{why}
	}
	return t.addEvents([]ticket.Event{e})
}
