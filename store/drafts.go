package store

import (
	"context"
	"strings"
	"time"

	"tierline/ticket"
)

// PutDraft keeps what somebody is writing; see [ticket.Drafting].
func (s *Store) PutDraft(ctx context.Context, d ticket.Draft) error {
	if len(d.Text) > ticket.MaxDraft {
		d.Text = d.Text[:ticket.MaxDraft]
	}
	d.Agent, d.Form, d.Text = shortKey(d.Agent), shortKey(d.Form), clean(d.Text)
	d.Language, d.Macro = clean(d.Language), clean(d.Macro)
	return s.write(ctx, "store.PutDraft", func(t *tx) error {
		if d.At = micro(d.At); d.At.IsZero() {
			d.At = micro(t.now)
		}
		text, err := doc(d)
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO drafts (agent, ticket, form, open, at, doc) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (agent, ticket) DO UPDATE"+
			" SET form = excluded.form, open = excluded.open, at = excluded.at, doc = excluded.doc WHERE drafts.doc <> '' OR drafts.form <> excluded.form",
			d.Agent, int64(d.Ticket), d.Form, bit(d.Open), at(d.At), text)
		return err
	})
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// LeaveDraft notes that a form is closed; see [ticket.Drafting].
func (s *Store) LeaveDraft(ctx context.Context, agent string, id ticket.ID, form string) error {
	return s.write(ctx, "store.LeaveDraft", func(t *tx) error {
		_, err := t.exec("UPDATE drafts SET open = 0 WHERE agent=$1 AND ticket=$2 AND form=$3", shortKey(agent), int64(id), shortKey(form))
		return err
	})
}

// DraftOf is what somebody has begun to write; see [ticket.Drafting].
func (s *Store) DraftOf(ctx context.Context, agent string, id ticket.ID) (d ticket.Draft, err error) {
	const op = "store.DraftOf"
	var text string
	err = s.one(ctx, "SELECT doc FROM drafts WHERE agent=$1 AND ticket=$2", []any{shortKey(agent), int64(id)}, &text)
	if err == nil && text != "" {
		err = undoc(text, &d)
	}
	if err == nil && (strings.TrimSpace(d.Text) == "" || d.At.Before(s.now().Add(-ticket.DraftLife))) {
		return ticket.Draft{}, ticket.E(op, ticket.NotFound, nil)
	}
	return d, failure(op, err)
}

// Writers are those who are writing; see [ticket.Drafting].
func (s *Store) Writers(ctx context.Context, id ticket.ID, since time.Time) (out []ticket.Writer, err error) {
	err = s.each(ctx, "SELECT agent, at FROM drafts WHERE ticket=$1 AND open = 1 AND at >= $2 ORDER BY agent", []any{int64(id), at(since)},
		func(scan func(...any) error) error {
			var w ticket.Writer
			var us int64
			err := scan(&w.Agent, &us)
			w.At = time.UnixMicro(us).UTC()
			out = append(out, w)
			return err
		})
	return out, failure("store.Writers", err)
}

// draftSent notes that what somebody has written has gone to the customer: what they typed in the same form is no
// draft any more, also when it comes in late.
func (t *tx) draftSent(a ticket.Action) error {
	if a.Form == "" || a.By.Kind != ticket.ByAgent {
		return nil
	}
	_, err := t.exec("INSERT INTO drafts (agent, ticket, form, open, at, doc) VALUES ($1, $2, $3, 0, $4, '') ON CONFLICT (agent, ticket) DO UPDATE"+
		" SET form = excluded.form, open = 0, at = excluded.at, doc = ''", shortKey(a.By.ID), int64(a.Ticket), shortKey(a.Form), at(t.now))
	return err
}

// MacroUses tells how macros fare; see [ticket.Drafting].
func (s *Store) MacroUses(ctx context.Context) (out []ticket.MacroUse, err error) {
	err = s.each(ctx, "SELECT article, uses, changed, last FROM macros ORDER BY article", nil, func(scan func(...any) error) error {
		var u ticket.MacroUse
		var last int64
		err := scan(&u.Article, &u.Uses, &u.Changed, &last)
		u.Last = time.UnixMicro(last).UTC()
		out = append(out, u)
		return err
	})
	return out, failure("store.MacroUses", err)
}

func (t *tx) macroUsed(o ticket.Outcome) error {
	_, err := t.exec("INSERT INTO macros (article, uses, changed, last) VALUES ($1, 1, $2, $3) ON CONFLICT (article) DO UPDATE"+
		" SET uses = macros.uses + 1, changed = macros.changed + excluded.changed, last = excluded.last", shortKey(o.Label), o.Number, at(o.At))
	return err
}

// keepDrafts gives people back what they have written and what does not go out. What they are writing now stays.
func (t *tx) keepDrafts(list []ticket.Draft) error {
	for _, d := range list {
		d.At = micro(t.now)
		text, err := doc(d)
		if err != nil {
			return err
		}
		_, err = t.exec("INSERT INTO drafts (agent, ticket, form, open, at, doc) VALUES ($1, $2, $3, 0, $4, $5) ON CONFLICT (agent, ticket) DO UPDATE"+
			" SET form = excluded.form, open = 0, at = excluded.at, doc = excluded.doc WHERE drafts.doc = ''",
			shortKey(d.Agent), int64(d.Ticket), shortKey(d.Form), at(t.now), text)
		if err != nil {
			return err
		}
	}
	return nil
}
