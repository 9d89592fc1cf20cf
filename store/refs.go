package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"tierline/ticket"
)

// keyHash stands for a key in the index: with whole ids that would be several times as large, and most of
// what a mail costs in a store with a million of them is places in that index. Keys that begin with the
// same Message-ID lie beside each other. The first two keys of one scope whose hashes are the same, by
// chance once in ten thousand stores of ten million mails, end like a mail that the store cannot do with.
func keyHash(key string) int64 {
	stem := key
	if i := strings.IndexByte(key, '>'); strings.HasPrefix(key, "<") && i > 0 {
		stem = key[:i+1]
	}
	near, own := sha256.Sum256([]byte(stem)), sha256.Sum256([]byte(key))
	return int64(binary.BigEndian.Uint64(append(near[:4:4], own[4:8]...)))
}

// Bind remembers ids of other systems; one that is known keeps its first meaning.
func (s *Store) Bind(ctx context.Context, refs ...ticket.Reference) error {
	return s.write(ctx, "store.Bind", func(t *tx) error { return t.bindRefs(refs) })
}

func (t *tx) bindRefs(refs []ticket.Reference) error {
	refs = slices.Clone(refs)
	for i, r := range refs {
		if r.Scope == "" || r.Key == "" || r.Ticket == 0 {
			return ticket.Errorf("store.Bind", ticket.Invalid, "A reference needs a scope, a key and a ticket.")
		}
		refs[i].Scope, refs[i].Key = shortKey(r.Scope), shortKey(r.Key)
	}
	return t.insert("INSERT INTO refs ("+refColumns+")", "ON CONFLICT DO NOTHING", refRows(refs))
}

// Lookup finds the meaning of a key.
func (s *Store) Lookup(ctx context.Context, scope, key string) (ticket.Reference, error) {
	r := ticket.Reference{Scope: scope, Key: key}
	err := s.one(ctx, "SELECT ticket, seq FROM refs WHERE hash=$1 AND scope=$2 AND key=$3",
		[]any{keyHash(shortKey(key)), shortKey(scope), shortKey(key)},
		&r.Ticket, &r.Seq)
	return r, failure("store.Lookup", err)
}

// ReferencesOf lists a ticket's keys of a scope, oldest first.
func (s *Store) ReferencesOf(ctx context.Context, id ticket.ID, scope string) ([]ticket.Reference, error) {
	var out []ticket.Reference
	err := s.each(ctx, "SELECT scope, key, ticket, seq FROM refs WHERE ticket=$1 AND scope=$2 ORDER BY id",
		[]any{int64(id), shortKey(scope)}, func(scan func(...any) error) error {
			var r ticket.Reference
			err := scan(&r.Scope, &r.Key, &r.Ticket, &r.Seq)
			out = append(out, r)
			return err
		})
	return out, failure("store.ReferencesOf", err)
}

// SetDeskRef remembers where the desk shows a message.
func (s *Store) SetDeskRef(ctx context.Context, id ticket.ID, seq int, ref string) error {
	return s.write(ctx, "store.SetDeskRef", func(t *tx) error {
		n, err := t.exec("UPDATE messages SET desk_ref=$3 WHERE ticket=$1 AND seq=$2", int64(id), seq, clean(ref))
		if err == nil && n == 0 {
			return ticket.Errorf("store.SetDeskRef", ticket.NotFound, "%s has no message %d.", id, seq)
		}
		return err
	})
}

// Cursor is how far a source has read; "" when it has not begun.
func (s *Store) Cursor(ctx context.Context, source string) (string, error) {
	var v string
	err := s.each(ctx, "SELECT value FROM cursors WHERE source=$1", []any{clean(source)},
		func(scan func(...any) error) error { return scan(&v) })
	return v, failure("store.Cursor", err)
}

// SetCursor remembers how far a source has read.
func (s *Store) SetCursor(ctx context.Context, source, value string) error {
	return s.write(ctx, "store.SetCursor", func(t *tx) error {
		_, err := t.exec("INSERT INTO cursors (source, value) VALUES ($1, $2)"+
			" ON CONFLICT (source) DO UPDATE SET value = excluded.value", clean(source), clean(value))
		return err
	})
}

// Lease gives one holder the right to name for d, by the clock of the one who asks. A d of zero gives
// it back.
func (s *Store) Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	var n int64
	err := s.write(ctx, "store.Lease", func(t *tx) (err error) {
		n, err = t.exec("INSERT INTO leases (name, holder, until) VALUES ($1, $2, $3)"+
			" ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until"+
			" WHERE leases.holder = excluded.holder OR leases.until <= $4",
			clean(name), clean(holder), at(t.now.Add(d)), at(t.now))
		return err
	})
	return n > 0, err
}

// Quarantine keeps what could not be understood. The same contact is kept once.
func (s *Store) Quarantine(ctx context.Context, q ticket.Quarantined) error {
	if q.Channel == "" || q.External == "" {
		return ticket.Errorf("store.Quarantine", ticket.Invalid, "Quarantined input needs a channel and an id.")
	}
	return s.write(ctx, "store.Quarantine", func(t *tx) error {
		if q.At.IsZero() {
			q.At = t.now
		}
		q.At = micro(q.At)
		d, err := doc(q)
		if err != nil {
			return err
		}
		in, inbox, channel := shortKey(q.External), shortKey(q.Inbox), shortKey(q.Channel)
		n, err := t.exec("INSERT INTO quarantine (external, inbox, channel, doc) VALUES ($1, $2, $3, $4)"+
			" ON CONFLICT DO NOTHING", in, inbox, channel, d)
		if err != nil || q.Mail == nil {
			return err
		}
		err = t.one("SELECT id FROM quarantine WHERE external=$1 AND inbox=$2 AND channel=$3", []any{in, inbox, channel}, &q.ID)
		if err != nil {
			return err
		}
		e := ticket.MailEntry{At: t.now, Inbox: inbox, Outcome: ticket.MailQuarantined, Reason: q.Reason, Detail: q.Detail, Quarantine: q.ID}
		if n == 0 {
			e.Outcome, e.Reason, e.Quarantine = ticket.MailDuplicate, "same-mail", 0
			e.Detail = "It has come before, and was quarantined then: " + q.Detail
		}
		row, err := mailRow(e, *q.Mail)
		if err != nil {
			return err
		}
		return t.addMails([][]any{row})
	})
}

// Quarantines lists what was quarantined, newest first.
func (s *Store) Quarantines(ctx context.Context, before int64, limit int) ([]ticket.Quarantined, error) {
	if before <= 0 {
		before = 1<<63 - 1
	}
	var out []ticket.Quarantined
	err := s.each(ctx, "SELECT id, external, inbox, channel, doc FROM quarantine WHERE settled = 0 AND id < $1 ORDER BY id DESC LIMIT $2",
		[]any{before, pageOf(limit)}, func(scan func(...any) error) error {
			var q, row ticket.Quarantined
			var d string
			if err := scan(&row.ID, &row.External, &row.Inbox, &row.Channel, &d); err != nil {
				return err
			}
			err := undoc(d, &q)
			q.ID, q.External, q.Inbox, q.Channel = row.ID, row.External, row.Inbox, row.Channel
			out = append(out, q)
			return err
		})
	return out, failure("store.Quarantines", err)
}
