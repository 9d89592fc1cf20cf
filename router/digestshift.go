package router

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// A handover is told to whoever comes, in a message of their own, and to everybody in the tier's channel, in one message
// that is edited when words are added. Who leaves is asked for words a while before.

// announced is the newest handover of a tier that its channel was told of.
type announced struct {
	Shift time.Time `json:"shift"`
	Place string    `json:"place"`
}

// handover sends one, unless there is nothing to hand over, it is over, or it is no longer so.
func (w *Jobs) handover(ctx context.Context, j ticket.Job, n ticket.Digest) error {
	now := w.Desk.Now()
	was, err := w.store().Cursor(ctx, n.Mark())
	if err != nil {
		return err
	}
	var seen announced
	if was != "" && json.Unmarshal([]byte(was), &seen) != nil {
		seen = announced{}
	}
	told := seen.Shift.Equal(n.Shift.From)
	if !n.Shift.To.After(now) || told && n.To != "" || seen.Shift.After(n.Shift.From) || n.Leaving && !n.Shift.From.After(now) {
		return w.store().Finish(ctx, j)
	}
	s, err := w.Desk.rosterSince(ctx, n.Tier, n.Shift.From.Add(-digestBack))
	if err != nil {
		return err
	}
	list := handovers(s, n.Shift.From.Add(-time.Microsecond), n.Shift.From)
	if len(list) == 0 || !list[0].At.Equal(n.Shift.From) {
		return w.store().Finish(ctx, j) // somebody has changed who is on call
	}
	h := list[0]
	if who := h.Come; n.To != "" {
		if n.Leaving {
			who = h.Leave
		}
		if !slices.Contains(who, n.To) {
			return w.store().Finish(ctx, j)
		}
	}
	is := announced{Shift: n.Shift.From, Place: seen.Place}
	switch {
	case n.To == "":
		place := ""
		if told {
			place = seen.Place
		}
		is.Place, err = w.announce(ctx, j, n, h, place)
	default:
		err = w.tellHandover(ctx, j, n, h)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(is)
	if err != nil {
		return err
	}
	return w.store().Pass(ctx, j, ticket.Mark{Name: n.Mark(), Was: was, Now: string(text)})
}

// tellHandover tells one of those who come, or leave.
func (w *Jobs) tellHandover(ctx context.Context, j ticket.Job, n ticket.Digest, h handover) error {
	to := w.Desk.agent(n.To)
	off, err := w.Desk.DigestsOff(ctx, to)
	if err != nil || len(to.Roles) == 0 || slices.Contains(off, n.Kind) {
		return err
	}
	sections, err := w.handed(ctx, n, h, to.Language)
	if err != nil || len(sections) == 0 {
		return err
	}
	title := w.Desk.title(n.Tier)
	text := digestSays(to.Language, "takeover", title)
	d := &bots.Digest{Kind: n.Kind, Sections: sections, Do: fewer(to, n.Kind)}
	if n.Leaving {
		text = digestSays(to.Language, "leaving", title, w.Desk.names(to.Language, h.Come))
		d.Do = append([]bots.DigestDo{{Do: "add", Label: digestSays(to.Language, "add"), Value: n.Tier}}, d.Do...)
	}
	return w.sendDigest(ctx, bots.Notice{To: to, Text: text, Digest: d, Key: j.Unique}, j.Attempts > 1)
}

// announce shows a handover in the tier's channel, or brings what is shown there up to date.
func (w *Jobs) announce(ctx context.Context, j ticket.Job, n ticket.Digest, h handover, place string) (string, error) {
	l := w.Desk.language(n.Tier)
	sections, err := w.handed(ctx, n, h, l)
	if err != nil || len(sections) == 0 && place == "" {
		return place, err
	}
	t := w.Desk.tier(n.Tier)
	a := bots.Announcement{Place: t.Channel, Key: fmt.Sprintf("handover:%s:%d", n.Tier, n.Shift.From.Unix()),
		Text: digestSays(l, "handover", w.Desk.title(n.Tier), w.Desk.names(l, h.Come)),
		Digest: bots.Digest{Kind: n.Kind, Sections: sections,
			Do: []bots.DigestDo{{Do: "add", Label: digestSays(l, "addhere"), Value: fmt.Sprintf("%s %d", n.Tier, n.Shift.From.Unix())}}}}
	ref, err := w.Bot.Announce(ctx, a, place, j.Attempts > 1)
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.NotFound) {
		w.Log.Warn("a tier's channel cannot be told who took over", "tier", n.Tier, "error", err)
		return place, nil
	}
	return ref, err
}

// language is that of all people of a tier, when they share one; else English.
func (d *Desk) language(tier string) (l string) {
	for i, a := range d.Members(tier) {
		if i > 0 && a.Language != l {
			return ""
		}
		l = a.Language
	}
	return l
}

// names are those of agents, in words.
func (d *Desk) names(language string, ids []string) string {
	var list []string
	for _, id := range ids {
		list = append(list, cmp.Or(d.agent(id).Name, id))
	}
	return cmp.Or(strings.Join(list, ", "), digestSays(language, "nobody"))
}

// handed is what goes over with a shift: words, pages, incidents, promises and cases in work.
func (w *Jobs) handed(ctx context.Context, n ticket.Digest, h handover, language string) ([]bots.DigestSection, error) {
	d := w.Desk
	a, err := d.Store.Agenda(ctx, ticket.AgendaQuery{Tiers: []string{n.Tier}, Owed: n.Shift.To, Limit: 2 * maxDigestRows,
		Only: []ticket.AgendaList{ticket.ListPaged, ticket.ListOwed, ticket.ListWork, ticket.ListFree}})
	if err != nil {
		return nil, err
	}
	places, err := d.cardsOf(ctx, a.Paged.Tickets, a.Owed.Tickets, a.Work.Tickets, a.Free.Tickets)
	if err != nil {
		return nil, err
	}
	since := h.Since
	if since.IsZero() {
		since = h.At.Add(-digestBack)
	}
	notes, err := d.Store.ShiftNotes(ctx, n.Tier, since.Add(time.Microsecond), h.At.Add(time.Microsecond))
	if err != nil {
		return nil, err
	}
	running, err := d.Store.Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentOpen}, Limit: ticket.MaxPage})
	if err != nil {
		return nil, err
	}
	m := &digestMaker{language: language, places: places, shown: map[ticket.ID]bool{}}
	m.add("words", len(notes), noteRows(notes))
	var rows []bots.DigestRow
	for _, t := range a.Paged.Tickets {
		if p := t.Page; p != nil {
			rows = append(rows, m.row(t, digestSays(language, "paging", d.title(p.Tier), p.Reason), p.Opened, digestButtons(language, p.Number, "accept")...))
		}
	}
	m.add("pages", a.Paged.Count, rows)
	m.add("incidents", 0, incidentRows(running, n.Tier, d.Console))
	w.owedRows(m, a.Owed)
	if err := w.workRows(ctx, m, a.Work); err != nil {
		return nil, err
	}
	rows = nil
	for _, t := range a.Free.Tickets {
		rows = append(rows, m.row(t, digestSays(language, "opened"), t.Opened, digestButtons(language, 0, "take", "show")...))
	}
	m.add("unowned", a.Free.Count, rows)
	return m.list, nil
}

// owedRows are the promises that are due in a shift.
func (w *Jobs) owedRows(m *digestMaker, l ticket.Listing) {
	var rows []bots.DigestRow
	for _, t := range l.Tickets {
		p := t.OpenPromises()[0]
		key := "until"
		if p.State == ticket.PromiseBroken || p.Due.Before(w.Desk.Now()) {
			key = "broken"
		}
		text := withOwner(m.language, w.Desk, t, digestSays(m.language, key, promiseSays(m.language, p.Kind)))
		rows = append(rows, m.row(t, text, p.Due, digestButtons(m.language, p.Number, "keep")...))
	}
	m.add("owed", l.Count, rows)
}

// workRows are the cases in work, with what was last said and what comes next.
func (w *Jobs) workRows(ctx context.Context, m *digestMaker, l ticket.Listing) (err error) {
	var rows []bots.DigestRow
	for _, t := range l.Tickets {
		if m.shown[t.ID] {
			continue
		}
		due, key := t.Due(), ""
		switch {
		case due.IsZero():
		case due.Before(w.Desk.Now()):
			key = digestSays(m.language, "ranout")
		default:
			key = digestSays(m.language, "runs")
		}
		r := m.row(t, withOwner(m.language, w.Desk, t, key), due, digestButtons(m.language, 0, "take", "note", "show")...)
		if len(rows) < maxDigestRows {
			if r.More, err = w.Desk.lastSaid(ctx, t, m.language); err != nil {
				return err
			}
		}
		rows = append(rows, r)
	}
	m.add("work", l.Count, rows)
	return nil
}

// withOwner says first whose a case is.
func withOwner(language string, d *Desk, t ticket.Ticket, text string) string {
	if t.Owner == "" {
		return text
	}
	who := digestSays(language, "owner", cmp.Or(d.agent(t.Owner).Name, t.Owner))
	if text == "" {
		return who
	}
	return who + " · " + text
}

// noteRows are the words that were left, the newest first.
func noteRows(notes []ticket.ShiftNote) (rows []bots.DigestRow) {
	for _, n := range slices.Backward(notes) {
		rows = append(rows, bots.DigestRow{Text: cmp.Or(n.By.Name, n.By.ID) + ": " + n.Text, At: n.At})
	}
	return rows
}

// incidentRows are the incidents of a tier, or of none, that run.
func incidentRows(list []ticket.Incident, tier, console string) (rows []bots.DigestRow) {
	for _, i := range list {
		if i.Tier != "" && i.Tier != tier {
			continue
		}
		r := bots.DigestRow{Text: i.ID.String() + " " + i.Title, At: cmp.Or(i.Opened, i.Proposed)}
		if console != "" {
			r.URL = console + "/incidents/" + i.ID.String()
		}
		rows = append(rows, r)
	}
	return rows
}

// lookSaid is how many of a case's newest messages are looked at for what was said last; maxSaid how much of it is told.
const (
	lookSaid = 20
	maxSaid  = 140
)

// lastSaid is what was last said on a case, and what its newest note calls the next step.
func (d *Desk) lastSaid(ctx context.Context, t ticket.Ticket, language string) (lines []string, err error) {
	list, err := d.Store.Messages(ctx, t.ID, max(0, t.LastSeq-lookSaid), lookSaid)
	if err != nil {
		return nil, err
	}
	said, next := "", ""
	for _, m := range slices.Backward(list) {
		switch {
		case m.Kind == ticket.Public && said == "" && m.Delivery != ticket.Withdrawn && m.MovedTo.IsZero() && m.Text != "":
			key := "us"
			if m.Direction == ticket.In {
				key = "customer"
			}
			said = digestSays(language, key, cutText(oneLine(m.Text), maxSaid))
		case m.Fields != nil && next == "" && m.Fields.NextStep != "":
			next = digestSays(language, "next", cutText(oneLine(m.Fields.NextStep), maxSaid))
		}
	}
	for _, l := range []string{said, next} {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

// NextShifts are whose turn comes next, of the tiers that somebody works in or is on call for.
func (d *Desk) NextShifts(ctx context.Context, by ticket.Agent) (list []bots.NextShift, err error) {
	if err := staff(by); err != nil {
		return nil, err
	}
	now, own := d.Now(), d.tiersOf(by)
	r, err := d.Store.Roster(ctx, now.Add(-digestBack))
	if err != nil {
		return nil, err
	}
	for _, t := range d.Config().tiers() {
		s := d.schedule(t.Name, r.Changes)
		if s.Empty() || !slices.Contains(s.People(), by.ID) && !slices.ContainsFunc(own, func(o Tier) bool { return o.Name == t.Name }) {
			continue
		}
		at, ok := s.Change(now)
		if !ok {
			continue
		}
		n := bots.NextShift{Tier: t.view(), At: at, Who: d.agents(s.On(at))}
		if n.Notes, err = d.Store.ShiftNotes(ctx, t.Name, at, at.Add(time.Microsecond)); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if len(list) == 0 {
		return nil, ticket.Errorf("router.NextShifts", ticket.Invalid, "No shift of your tiers is followed by another: there is nobody to hand over to. Put it on the case.")
	}
	return list, nil
}

// AddForShift leaves words for a shift. Those who have it already are told at once, and the channel's message is edited.
func (d *Desk) AddForShift(ctx context.Context, by ticket.Agent, n ticket.ShiftNote) error {
	const op = "router.AddForShift"
	if err := by.Has(ticket.RightWork); err != nil {
		return err
	}
	if d.tier(n.Tier).Name == "" {
		return ticket.Errorf(op, ticket.NotFound, "There is no tier %.40q.", n.Tier)
	}
	now := d.Now()
	if n.Shift.After(now.Add(ticket.MaxAhead)) {
		return ticket.Errorf(op, ticket.Invalid, "That is too far ahead: at most a year.")
	}
	n.By = by.Actor()
	if err := n.Check(); err != nil {
		return err
	}
	var jobs []ticket.Job
	if !n.Shift.After(now) {
		s, err := d.rosterSince(ctx, n.Tier, n.Shift.Add(-digestBack))
		if err != nil {
			return err
		}
		list := handovers(s, n.Shift.Add(-time.Microsecond), n.Shift)
		if len(list) == 0 || !list[0].Next.To.After(now) {
			return ticket.Errorf(op, ticket.Conflict, "That shift is over. Choose the next one.")
		}
		for _, h := range list {
			jobs = append(jobs, ticket.Digest{Kind: ticket.DigestHandover, At: now, Tier: n.Tier, Shift: h.Next}.Job())
			for _, p := range h.Come {
				if p != by.ID {
					jobs = append(jobs, ticket.RosterTell(ticket.RosterTold{To: p, Tier: n.Tier, Text: digestSays(d.agent(p).Language, "added", by.Name, d.title(n.Tier)),
						Lines: []ticket.RosterLine{{Text: n.Text}}}, "note:"+cmp.Or(n.Key, fmt.Sprint(now.UnixMicro()))))
				}
			}
		}
	}
	return d.Store.AddShiftNote(ctx, n, jobs...)
}
