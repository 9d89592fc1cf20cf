package router

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/kb"
	"tierline/ticket"
)

// Figures of the last week stand beside those of the week before, by tier and never by person (practice:
// fair-measures), each with what it means and with the console's report, which lists the tickets behind it.

// figures are what is counted of a tier in a week.
type figures struct {
	Solved, First, Reopened, Missed int
	Promised, Kept, Broken          int
	Returned, Unclear               int
	Complaints                      int
	Gaps                            []string       // subjects of cases for which no article fitted
	Routed                          int            // cases that were looked at for the first time
	Causes                          map[string]int // of what was solved
	Flagged                         map[string]int // articles, by id
	Used                            int
	Pages                           ticket.PageReport

	first map[ticket.ID]bool
}

// count adds an outcome.
func (f *figures) count(o ticket.Outcome) {
	one := func(m *map[string]int) {
		if *m == nil {
			*m = map[string]int{}
		}
		if o.Label != "" {
			(*m)[o.Label]++
		}
	}
	switch o.Kind {
	case ticket.OutcomeSolved:
		f.Solved++
		one(&f.Causes)
	case ticket.OutcomeFirst:
		if f.first == nil {
			f.first = map[ticket.ID]bool{}
		}
		f.first[o.Ticket] = true
		f.First = len(f.first)
	case ticket.OutcomeReopened:
		f.Reopened++
		delete(f.first, o.Ticket)
		f.First = len(f.first)
	case ticket.OutcomeMissed:
		f.Missed++
	case ticket.OutcomePromised:
		f.Promised++
	case ticket.OutcomeKept:
		f.Kept++
	case ticket.OutcomeBroken:
		f.Broken++
	case ticket.OutcomeReturned:
		f.Returned++
	case ticket.OutcomeUnclear:
		f.Unclear++
	case ticket.OutcomeComplaint:
		f.Complaints++
	case ticket.OutcomeRouted:
		f.Routed++
	case ticket.OutcomeGap:
		f.Gaps = append(f.Gaps, o.Label)
	case ticket.OutcomeFlagged:
		one(&f.Flagged)
	case ticket.OutcomeUsed:
		f.Used++
	}
}

// weekOf counts a time by tier; "" is all of them.
func (w *Jobs) weekOf(ctx context.Context, since, until time.Time, zone *time.Location) (map[string]*figures, error) {
	by := map[string]*figures{"": {}}
	of := func(tier string) *figures {
		if by[tier] == nil {
			by[tier] = &figures{}
		}
		return by[tier]
	}
	all, _, err := outcomes(ctx, w.store(), since, until)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		by[""].count(o)
		if o.Tier != "" {
			of(o.Tier).count(o)
		}
	}
	pages, err := ticket.AllPages(ctx, w.store(), since, until)
	if err != nil {
		return nil, err
	}
	lists := map[string][]ticket.PageRecord{}
	for _, p := range pages {
		lists[p.Tier] = append(lists[p.Tier], p)
	}
	for tier, list := range lists {
		of(tier).Pages = ticket.ReportPages(list, since, until, zone)
	}
	return by, nil
}

// week is what came to pass in the last week in the tiers that somebody leads, and what articles need; nil when that is
// nothing.
func (w *Jobs) week(ctx context.Context, n ticket.Digest, to ticket.Agent) (text string, d *bots.Digest, err error) {
	cal := w.Desk.Config().hours(to, w.Desk.home(to.ID))
	local := n.At.In(cal.Zone())
	until := time.Date(local.Year(), local.Month(), local.Day()-(int(local.Weekday())+6)%7, 0, 0, 0, 0, cal.Zone())
	since, before := until.AddDate(0, 0, -7), until.AddDate(0, 0, -14)
	now, err := w.weekOf(ctx, since, until, cal.Zone())
	if err != nil {
		return "", nil, err
	}
	then, err := w.weekOf(ctx, before, since, cal.Zone())
	if err != nil {
		return "", nil, err
	}
	m := weekMaker{language: to.Language, now: now, then: then, report: w.Desk.Console, until: until}
	if leads := slices.Contains(to.Roles, ticket.RoleLead) || slices.Contains(to.Roles, ticket.RoleSupervisor); leads {
		for _, t := range w.Desk.tiersOf(to) {
			m.tier(t.Name, w.Desk.title(t.Name))
		}
	}
	if slices.Contains(to.Roles, ticket.RoleEditor) || slices.Contains(to.Roles, ticket.RoleSupervisor) {
		stale, err := w.stale(ctx, n.At)
		if err != nil {
			return "", nil, err
		}
		m.articles(stale)
	}
	if len(m.list) == 0 {
		return "", nil, nil
	}
	text = digestSays(to.Language, "week", since.Format(digestSays(to.Language, "date")), until.AddDate(0, 0, -1).Format(digestSays(to.Language, "date")))
	return text, &bots.Digest{Kind: n.Kind, Sections: m.list, Foot: digestSays(to.Language, "weekmeans"), Do: fewer(to, n.Kind)}, nil
}

// staleAfter is how long an article may stay as it is before somebody should look at it; maxStale how many are read.
const (
	staleAfter = 365 * 24 * time.Hour
	maxStale   = 20_000
)

// stale lists articles that nobody has changed for a year, the oldest first.
func (w *Jobs) stale(ctx context.Context, at time.Time) (list []kb.Article, err error) {
	for after, n := "", 0; n < maxStale; {
		page, err := w.Desk.KB.Articles(ctx, after, ticket.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, a := range page {
			if !a.Updated.IsZero() && at.Sub(a.Updated) > staleAfter {
				a.Body = ""
				list = append(list, a)
			}
		}
		if n += len(page); len(page) < ticket.MaxPage {
			break
		}
		after = page[len(page)-1].ID
	}
	slices.SortStableFunc(list, func(a, b kb.Article) int { return a.Updated.Compare(b.Updated) })
	return list, nil
}

// weekMaker puts the sections of a week together. It is pure.
type weekMaker struct {
	language  string
	now, then map[string]*figures
	report    string // the console
	until     time.Time
	list      []bots.DigestSection
}

func (m *weekMaker) of(by map[string]*figures, tier string) figures {
	if f := by[tier]; f != nil {
		return *f
	}
	return figures{}
}

// line is one figure of both weeks: none when both are nothing.
func (m *weekMaker) line(rows []bots.DigestRow, key, path string, now, then string, some bool) []bots.DigestRow {
	if !some {
		return rows
	}
	r := bots.DigestRow{Text: digestSays(m.language, key) + ": " + now + " (" + digestSays(m.language, "before", then) + ")"}
	if m.report != "" {
		r.URL = m.report + path
	}
	return append(rows, r)
}

// share is a part of a whole, with the share in per cent.
func share(language string, part, whole int) string {
	if whole == 0 {
		return "–"
	}
	return digestSays(language, "of", part, whole, (100*part+whole/2)/whole)
}

// days is a report of the console over the week.
func (m *weekMaker) days(path string) string {
	return path + "?days=7&until=" + m.until.Format(time.DateOnly) + "&zone=" + url.QueryEscape(m.until.Location().String())
}

// tier is the section of a tier; none where nothing came to pass in either week.
func (m *weekMaker) tier(name, title string) {
	a, b := m.of(m.now, name), m.of(m.then, name)
	care, paging := m.days("/care"), m.days("/pages")
	var rows []bots.DigestRow
	count := func(key string, x, y int) {
		rows = m.line(rows, key, care, fmt.Sprint(x), fmt.Sprint(y), x+y > 0)
	}
	count("solved", a.Solved, b.Solved)
	rows = m.line(rows, "first", care, share(m.language, a.First, a.Solved), share(m.language, b.First, b.Solved), a.Solved+b.Solved > 0)
	count("reopened", a.Reopened, b.Reopened)
	count("missed", a.Missed, b.Missed)
	rows = m.line(rows, "kept", care, share(m.language, a.Kept, a.Kept+a.Broken), share(m.language, b.Kept, b.Kept+b.Broken), a.Kept+a.Broken+b.Kept+b.Broken > 0)
	count("returned", a.Returned, b.Returned)
	count("unclear", a.Unclear, b.Unclear)
	count("complaints", a.Complaints, b.Complaints)
	pages := func(p ticket.PageReport) string {
		if p.Pages == 0 {
			return "0"
		}
		return digestSays(m.language, "paged7", p.Pages, p.Exhausted, spell(p.AckP50.Duration()), spell(p.AckP90.Duration()))
	}
	rows = m.line(rows, "pageweek", paging, pages(a.Pages), pages(b.Pages), a.Pages.Pages+b.Pages.Pages > 0)
	if top := most(a.Causes, maxDigestRows); len(top) > 0 {
		rows = append(rows, bots.DigestRow{Text: digestSays(m.language, "causes") + ": " + strings.Join(top, ", ")})
	}
	if len(rows) > 0 {
		m.list = append(m.list, bots.DigestSection{Head: title, Rows: rows})
	}
}

// articles is the section of the knowledge base.
func (m *weekMaker) articles(stale []kb.Article) {
	a, b := m.of(m.now, ""), m.of(m.then, "")
	link := func(id string) string {
		if m.report == "" {
			return ""
		}
		return m.report + "/articles/" + id
	}
	var rows []bots.DigestRow
	rows = m.line(rows, "gaps", m.days("/care"), share(m.language, len(a.Gaps), a.Routed), share(m.language, len(b.Gaps), b.Routed), len(a.Gaps)+len(b.Gaps) > 0)
	for _, g := range a.Gaps[max(0, len(a.Gaps)-maxDigestRows):] {
		if len(rows) > 0 {
			rows[0].More = append(rows[0].More, "“"+cutText(g, maxSaid)+"”")
		}
	}
	rows = m.line(rows, "used", m.days("/care"), fmt.Sprint(a.Used), fmt.Sprint(b.Used), a.Used+b.Used > 0)
	for _, id := range top(a.Flagged, maxDigestRows) {
		rows = append(rows, bots.DigestRow{Text: digestSays(m.language, "flagged", id, a.Flagged[id]), URL: link(id)})
	}
	if len(stale) > 0 {
		r := bots.DigestRow{Text: digestSays(m.language, "stale", len(stale))}
		for _, s := range stale[:min(len(stale), maxDigestRows)] {
			r.More = append(r.More, s.Title+" ("+s.Updated.Format(digestSays(m.language, "date"))+")")
		}
		rows = append(rows, r)
	}
	if len(rows) > 0 {
		m.list = append(m.list, bots.DigestSection{Head: digestSays(m.language, "kb"), Rows: rows})
	}
}

// top are the keys that were counted most, as many as n.
func top(counts map[string]int, n int) (keys []string) {
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return keys[:min(len(keys), n)]
}

// most are the same with how often.
func most(counts map[string]int, n int) (list []string) {
	for _, k := range top(counts, n) {
		list = append(list, fmt.Sprintf("%s (%d)", cutText(k, 60), counts[k]))
	}
	return list
}
