package router

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// maxDigestRows is how many rows of each sort a digest shows; the rest is a number.
const maxDigestRows = 5

// morningFacts are what a morning's digest is made of.
type morningFacts struct {
	Reader   ticket.Agent
	Now      time.Time
	Left     time.Time // when their last working day was over
	Ends     time.Time // when the one that begins is
	Agenda   ticket.Agenda
	Mine     []ticket.Ticket     // all of theirs that are open, as far as they are read
	Night    []ticket.PageRecord // of their tiers, since they left; oldest first
	Subjects map[ticket.ID]string
	Asked    []ticket.RosterChange // that they can answer
	Places   map[ticket.ID]string
	Title    func(tier string) string
	Name     func(agent string) string
}

// morning is what is before somebody today; nil when nothing is.
func (w *Jobs) morning(ctx context.Context, n ticket.Digest, to ticket.Agent) (text string, d *bots.Digest, err error) {
	f, err := w.morningFacts(ctx, n, to)
	if err != nil {
		return "", nil, err
	}
	sections := f.sections()
	if len(sections) == 0 {
		return "", nil, nil
	}
	return digestSays(to.Language, "morning", cmp.Or(to.Name, to.ID)), &bots.Digest{Kind: n.Kind, Sections: sections, Foot: digestSays(to.Language, "off"), Do: fewer(to, n.Kind)}, nil
}

// fewer is the button by which somebody does without these.
func fewer(to ticket.Agent, k ticket.DigestKind) []bots.DigestDo {
	return []bots.DigestDo{{Do: "fewer", Label: digestSays(to.Language, "fewer"), Value: string(k)}}
}

func (w *Jobs) morningFacts(ctx context.Context, n ticket.Digest, to ticket.Agent) (f morningFacts, err error) {
	d, now := w.Desk, w.Desk.Now()
	cal := d.Config().hours(to, d.home(to.ID))
	f = morningFacts{Reader: to, Now: now, Left: cal.Left(n.At), Title: d.title, Name: func(id string) string { return cmp.Or(d.agent(id).Name, id) }}
	_, f.Ends = cal.Workday(maxTime(now, n.At))
	q := ticket.AgendaQuery{Agent: to.ID, Late: f.Ends, Limit: ticket.MaxPage, Only: []ticket.AgendaList{ticket.ListMine}}
	var tiers []string
	for _, t := range d.tiersOf(to) {
		tiers = append(tiers, t.Name)
	}
	mine, err := d.Store.Agenda(ctx, q)
	if err != nil {
		return f, err
	}
	f.Mine = mine.Mine.Tickets
	q.Tiers, q.Limit, q.Only = tiers, maxDigestRows, []ticket.AgendaList{ticket.ListFree, ticket.ListPaged}
	if f.Agenda, err = d.Store.Agenda(ctx, q); err != nil {
		return f, err
	}
	f.Agenda.Mine.Count = mine.Mine.Count
	if f.Night, f.Subjects, err = d.nightPages(ctx, tiers, f.Left, now); err != nil {
		return f, err
	}
	r, err := d.Store.Roster(ctx, now)
	if err != nil {
		return f, err
	}
	for _, c := range r.Changes {
		if c.State == ticket.RosterAsked && c.From.After(now) && c.Person != to.ID && (c.With == to.ID ||
			c.With == "" && c.Kind == ticket.RosterCover && slices.Contains(d.rosterTeam(c.Tier), to.ID)) {
			f.Asked = append(f.Asked, c)
		}
	}
	f.Places, err = d.cardsOf(ctx, f.Mine, f.Agenda.Free.Tickets, f.Agenda.Paged.Tickets)
	return f, err
}

// title is a tier as people call it.
func (d *Desk) title(tier string) string { return cmp.Or(d.tier(tier).view().Title, tier) }

// cardsOf are where the cards of tickets stand.
func (d *Desk) cardsOf(ctx context.Context, lists ...[]ticket.Ticket) (map[ticket.ID]string, error) {
	var ids []ticket.ID
	for _, l := range lists {
		for _, t := range l {
			ids = append(ids, t.ID)
		}
	}
	slices.Sort(ids)
	return d.Store.Places(ctx, cardScope, slices.Compact(ids))
}

// nightPages are the pages of tiers that were opened in a time, with the subjects of the newest few.
func (d *Desk) nightPages(ctx context.Context, tiers []string, from, to time.Time) ([]ticket.PageRecord, map[ticket.ID]string, error) {
	all, err := ticket.AllPages(ctx, d.Store, from, to)
	if err != nil {
		return nil, nil, err
	}
	all = slices.DeleteFunc(all, func(p ticket.PageRecord) bool { return !slices.Contains(tiers, p.Tier) })
	subjects := map[ticket.ID]string{}
	for _, p := range all[max(0, len(all)-maxDigestRows):] {
		t, err := d.Store.Ticket(ctx, p.Ticket)
		if err != nil && ticket.KindOf(err) != ticket.NotFound {
			return nil, nil, err
		}
		subjects[p.Ticket] = t.Subject
	}
	return all, subjects, nil
}

// digestMaker puts sections together: a ticket has a row in the first one only in which it counts.
type digestMaker struct {
	language string
	places   map[ticket.ID]string
	shown    map[ticket.ID]bool
	list     []bots.DigestSection
}

// add makes a section of rows, of which there are count in all, as its heading says; none when there is none.
func (m *digestMaker) add(head string, count int, rows []bots.DigestRow) {
	if count = max(count, len(rows)); count == 0 {
		return
	}
	s := bots.DigestSection{Head: digestSays(m.language, head) + fmt.Sprintf(" (%d)", count)}
	for _, r := range rows {
		if len(s.Rows) == maxDigestRows {
			break
		}
		if r.Ticket != 0 {
			if m.shown[r.Ticket] {
				continue
			}
			m.shown[r.Ticket] = true
			r.Place = m.places[r.Ticket]
		}
		s.Rows = append(s.Rows, r)
	}
	m.list = append(m.list, s)
}

// row is a case of which something is said about a time.
func (m *digestMaker) row(t ticket.Ticket, text string, at time.Time, do ...bots.DigestDo) bots.DigestRow {
	return bots.DigestRow{Ticket: t.ID, Rev: t.Rev, Subject: t.Subject, Text: text, At: at, Do: do}
}

// sections are what a morning's digest says, most pressing first. It is pure.
func (f morningFacts) sections() []bots.DigestSection {
	l := f.Reader.Language
	say := func(key string, args ...any) string { return digestSays(l, key, args...) }
	m := &digestMaker{language: l, places: f.Places, shown: map[ticket.ID]bool{}}
	var rows []bots.DigestRow
	for _, t := range f.Agenda.Paged.Tickets {
		if p := t.Page; p != nil {
			r := m.row(t, say("paging", f.Title(p.Tier), p.Reason), p.Opened)
			if slices.Contains(p.Who, f.Reader.ID) {
				r.Do = digestButtons(l, p.Number, "accept")
			}
			rows = append(rows, r)
		}
	}
	m.add("paged", f.Agenda.Paged.Count, rows)
	of := func(head string, is func(t ticket.Ticket) (bots.DigestRow, bool)) {
		var rows []bots.DigestRow
		for _, t := range f.Mine {
			if r, ok := is(t); ok {
				rows = append(rows, r)
			}
		}
		m.add(head, len(rows), sortRows(rows))
	}
	work := digestButtons(l, 0, "reply", "note", "show")
	of("promised", func(t ticket.Ticket) (r bots.DigestRow, ok bool) {
		p := t.OpenPromises()
		if len(p) == 0 || p[0].Due.After(f.Ends) {
			return r, false
		}
		key := "until"
		if p[0].State == ticket.PromiseBroken || p[0].Due.Before(f.Now) {
			key = "broken"
		}
		return m.row(t, say(key, promiseSays(l, p[0].Kind)), p[0].Due, digestButtons(l, p[0].Number, "keep")...), true
	})
	of("due", func(t ticket.Ticket) (r bots.DigestRow, ok bool) {
		due := t.Due()
		if due.IsZero() || due.After(f.Ends) || !t.Acted() {
			return r, false
		}
		key := "runs"
		if due.Before(f.Now) {
			key = "ranout"
		}
		return m.row(t, say(key), due, work...), true
	})
	of("answered", func(t ticket.Ticket) (bots.DigestRow, bool) {
		return m.row(t, say("wrote"), t.LastCustomer, work...), t.Acted() && t.LastCustomer.After(f.Left) && t.LastCustomer.After(t.LastAgent) && t.Opened.Before(f.Left)
	})
	of("handed", func(t ticket.Ticket) (bots.DigestRow, bool) {
		return m.row(t, say("since"), t.OwnerAt, work...), t.OwnerAt.After(f.Left) && t.OwnerBy != f.Reader.ID
	})
	of("waits", func(t ticket.Ticket) (bots.DigestRow, bool) {
		return m.row(t, say("wrote"), cmp.Or(t.LastCustomer, t.Opened), work...), t.Acted()
	})
	rows = nil
	for _, t := range f.Agenda.Free.Tickets {
		rows = append(rows, m.row(t, say("opened"), t.Opened, digestButtons(l, 0, "take", "show")...))
	}
	m.add("free", f.Agenda.Free.Count, rows)
	m.add("night", len(f.Night), f.nightRows())
	m.add("asks", len(f.Asked), f.askedRows())
	return m.list
}

// sortRows sorts by what is due, or was, first.
func sortRows(rows []bots.DigestRow) []bots.DigestRow {
	slices.SortStableFunc(rows, func(a, b bots.DigestRow) int { return a.At.Compare(b.At) })
	return rows
}

// nightRows are the newest pages, with what came of them.
func (f morningFacts) nightRows() (rows []bots.DigestRow) {
	for _, p := range slices.Backward(f.Night) {
		title, text := f.Title(p.Tier), ""
		switch p.State {
		case ticket.PageAccepted:
			text = digestSays(f.Reader.Language, "accepted", title, f.Name(p.Answerer), spell(p.Accepted.Sub(p.Opened)))
		case ticket.PageExhausted:
			text = digestSays(f.Reader.Language, "exhausted", title)
		case ticket.PageCancelled:
			text = digestSays(f.Reader.Language, "cancelled", title)
		default:
			text = digestSays(f.Reader.Language, "open", title)
		}
		rows = append(rows, bots.DigestRow{Ticket: p.Ticket, Subject: f.Subjects[p.Ticket], Text: text, At: p.Opened, Do: digestButtons(f.Reader.Language, 0, "show")})
	}
	return rows
}

// askedRows are the requests about shifts that wait for the reader's yes or no.
func (f morningFacts) askedRows() (rows []bots.DigestRow) {
	for _, c := range f.Asked {
		key, can := "cover", []ticket.RosterDo{ticket.RosterTake}
		if c.Kind == ticket.RosterSwap {
			key, can = "swap", []ticket.RosterDo{ticket.RosterAgree}
		}
		if c.With == f.Reader.ID {
			can = append(can, ticket.RosterDecline)
		}
		rows = append(rows, bots.DigestRow{Text: digestSays(f.Reader.Language, key, f.Name(c.Person), f.Title(c.Tier)), At: c.From, To: c.To, Change: c.ID, Answers: can})
	}
	return rows
}
