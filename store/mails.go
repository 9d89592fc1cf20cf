package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"tierline/ticket"
)

const mailColumns = "source, place, outcome, ticket, quarantine, at, words, doc, blob, gzip, packed"

// mailRow is a line of the ledger.
func mailRow(e ticket.MailEntry, m ticket.MailSeen) ([]any, error) {
	e.ID, e.Source, e.Place = 0, shortKey(m.Source), shortKey(m.Place)
	e.MessageID, e.From, e.Subject, e.Size = shortKey(m.MessageID), shortKey(m.From), clean(m.Subject), m.Size
	d, err := doc(e)
	gzip := blobAsIs
	if m.Raw.Gzip {
		gzip = blobPacked
	}
	var packed any
	if len(m.Raw.Packed) > 0 {
		packed = m.Raw.Packed
	}
	return []any{e.Source, null(e.Place), string(e.Outcome), int64(e.Ticket), e.Quarantine, at(e.At),
		strings.ToLower(e.From + " " + e.Subject + " " + e.MessageID), d, clean(m.Raw.Blob), gzip, packed}, err
}

// addMails writes lines of the ledger. A place that is known keeps its first line: the mail there was
// read once more because it was not known whether it had been committed.
func (t *tx) addMails(rows [][]any) error {
	return t.insert("INSERT INTO mails ("+mailColumns+")", "ON CONFLICT DO NOTHING", rows)
}

// enter notes what became of a mail.
func (k *intake) enter(in ticket.Inbound, a ticket.Accepted) error {
	if in.Mail == nil {
		return nil
	}
	e := ticket.MailEntry{At: k.now, Inbox: in.Inbox, Ticket: a.Ticket, Seq: a.Seq}
	e.Outcome, e.Reason, e.Detail = ticket.MailVerdict(in, a)
	row, err := mailRow(e, *in.Mail)
	k.mails = append(k.mails, row)
	return err
}

const mailFields = "id, outcome, ticket, quarantine, doc, blob, gzip, CASE WHEN packed IS NULL THEN 0 ELSE 1 END"

func scanMail(scan func(...any) error, more ...any) (e ticket.MailEntry, src ticket.MailSource, err error) {
	var row ticket.MailEntry
	var d string
	var gzip, packed int
	dest := append([]any{&row.ID, &row.Outcome, &row.Ticket, &row.Quarantine, &d, &src.Blob, &gzip, &packed}, more...)
	if err = scan(dest...); err == nil {
		err = undoc(d, &e)
	}
	e.ID, e.Outcome, e.Ticket, e.Quarantine = row.ID, row.Outcome, row.Ticket, row.Quarantine
	src.Gzip, e.Kept = gzip == blobPacked, packed == 1 || src.Blob != ""
	return e, src, err
}

// Mails lists the ledger, newest first.
func (s *Store) Mails(ctx context.Context, f ticket.MailFilter) ([]ticket.MailEntry, error) {
	w := &where{}
	if f.Outcome != "" {
		w.and("outcome = " + w.arg(string(f.Outcome)))
	}
	if f.Ticket != 0 {
		w.and("ticket <> 0 AND ticket = " + w.arg(int64(f.Ticket)))
	}
	if f.After > 0 {
		w.and("id < " + w.arg(f.After))
	}
	if like := likeText(f.Text); like != "" {
		w.and(`words LIKE ` + w.arg(like) + ` ESCAPE '\'`)
	}
	var out []ticket.MailEntry
	err := s.each(ctx, "SELECT "+mailFields+" FROM mails"+w.String()+" ORDER BY id DESC LIMIT "+w.arg(pageOf(f.Limit)), w.args,
		func(scan func(...any) error) error {
			e, _, err := scanMail(scan)
			out = append(out, e)
			return err
		})
	return out, failure("store.Mails", err)
}

// Mail is one line of the ledger, and where the mail's source lies.
func (s *Store) Mail(ctx context.Context, id int64) (e ticket.MailEntry, src ticket.MailSource, err error) {
	err = sql.ErrNoRows
	queryErr := s.each(ctx, "SELECT "+mailFields+", packed FROM mails WHERE id=$1", []any{id}, func(scan func(...any) error) error {
		var packed []byte
		e, src, err = scanMail(scan, &packed)
		src.Packed = packed
		return err
	})
	if queryErr != nil {
		err = queryErr
	}
	return e, src, failure("store.Mail", err)
}

// UnseenMails gives those of places of which the ledger knows nothing, in their order.
func (s *Store) UnseenMails(ctx context.Context, source string, places []string) ([]string, error) {
	if len(places) == 0 {
		return nil, nil
	}
	keys := make([]string, len(places))
	for i, p := range places {
		keys[i] = shortKey(p)
	}
	seen := make(map[string]bool, len(places))
	err := s.each(ctx, "SELECT place FROM mails WHERE place IN TEXTS($1) AND source=$2", []any{s.db.list(keys), shortKey(source)},
		func(scan func(...any) error) error {
			var p string
			err := scan(&p)
			seen[p] = true
			return err
		})
	var out []string
	for i, p := range places {
		if !seen[keys[i]] {
			out = append(out, p)
		}
	}
	return out, failure("store.UnseenMails", err)
}

// Settle ends a mail's quarantine; see [ticket.MailLedger].
func (s *Store) Settle(ctx context.Context, id int64, a ticket.Accepted, by ticket.Actor) (ticket.MailEntry, error) {
	var e ticket.MailEntry
	err := s.write(ctx, "store.Settle", func(t *tx) error {
		err := sql.ErrNoRows
		queryErr := t.each("SELECT "+mailFields+" FROM mails WHERE id=$1 FOR UPDATE", []any{id}, func(scan func(...any) error) error {
			e, _, err = scanMail(scan)
			return err
		})
		if queryErr != nil || err != nil {
			return errors.Join(queryErr, err)
		}
		if e.Outcome != ticket.MailQuarantined {
			return ticket.Errorf("store.Settle", ticket.Conflict, "Mail %d is not in quarantine: it is %s.", id, e.Outcome)
		}
		was := e.Quarantine
		e.Outcome, e.Reason, e.Detail = ticket.MailSuppressed, "discarded", "Discarded by "+by.Name+". It was in quarantine: "+e.Detail
		if a.Ticket != 0 {
			e.Outcome, e.Reason, e.Ticket, e.Seq = ticket.MailTicketed, "released", a.Ticket, a.Seq
			e.Detail = "Released by " + by.Name + " as message of " + a.Ticket.String() + "."
		}
		e.Quarantine = 0
		d, err := doc(e)
		if err != nil {
			return err
		}
		if _, err := t.exec("UPDATE mails SET outcome=$2, ticket=$3, quarantine=0, doc=$4 WHERE id=$1",
			id, string(e.Outcome), int64(e.Ticket), d); err != nil {
			return err
		}
		_, err = t.exec("UPDATE quarantine SET settled=1 WHERE id=$1", was)
		return err
	})
	return e, err
}

// How a mail's blob is kept, in the column gzip.
const (
	blobAsIs   = 0
	blobPacked = 1
)

// attachedName stands for a blob in the list of what is attached to messages. Two that begin alike are taken for
// one: the other is kept for nothing.
func attachedName(blob string) string { return blob[:min(len(blob), 16)] }

// attach notes under which names attachments are kept: a quarantined mail that somebody has passed on lies under
// the same, whichever was there first.
func (t *tx) attach(list []ticket.Message) error {
	var names []string
	for _, m := range list {
		for _, a := range m.Attachments {
			if a.SHA256 != "" {
				names = append(names, attachedName(clean(a.SHA256)))
			}
		}
	}
	slices.Sort(names) // in one order: two transactions do not wait for each other
	rows := make([][]any, 0, len(names))
	for _, n := range slices.Compact(names) {
		rows = append(rows, []any{n})
	}
	return t.insert("INSERT INTO attached (name)", "ON CONFLICT DO NOTHING", rows)
}

// ForgetMails forgets the sources of old mails; see [ticket.MailLedger]. A blob that is not packed was
// put there by the quarantine: it is given when the mail was discarded and is no attachment.
func (s *Store) ForgetMails(ctx context.Context, before time.Time, max int) (n int, blobs []string, err error) {
	err = s.write(ctx, "store.ForgetMails", func(t *tx) error {
		n, blobs = 0, nil
		var ids []int64
		var names []string
		err := t.each("SELECT id, CASE WHEN gzip = 1 OR outcome = 'suppressed' THEN blob ELSE '' END FROM mails WHERE at < $1 AND quarantine = 0 AND (packed IS NOT NULL OR blob <> '')"+
			" ORDER BY at, id LIMIT $2 FOR UPDATE", []any{at(before), max}, func(scan func(...any) error) error {
			var id int64
			var blob string
			err := scan(&id, &blob)
			if ids = append(ids, id); blob != "" {
				names = append(names, blob)
			}
			return err
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		n = len(ids)
		if _, err := t.exec("UPDATE mails SET packed=NULL, blob='' WHERE id IN INTS($1)", t.s.db.list(ids)); err != nil {
			return err
		}
		for _, name := range names {
			var others, attached int
			if err := t.one("SELECT COUNT(*) FROM mails WHERE blob=$1 AND blob <> ''", []any{name}, &others); err != nil {
				return err
			}
			if err := t.one("SELECT COUNT(*) FROM attached WHERE name=$1", []any{attachedName(name)}, &attached); err != nil {
				return err
			}
			if others+attached == 0 {
				blobs = append(blobs, name)
			}
		}
		return nil
	})
	return n, blobs, err
}
