package router

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"tierline/ticket"
)

// Report counts what customers were told, promised and had against us. Every number names its tickets.
type Report struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"`
	Sections []Section `json:"sections"`
	Cut      bool      `json:"cut,omitempty"` // there was more than is counted
}

// Section is one table of a report: a row for each team, or each policy.
type Section struct {
	Name    string   `json:"name"` // cases, promises, notes, updates, complaints, articles, abuse
	Title   string   `json:"title"`
	By      string   `json:"by"` // what its rows are: team, policy
	Columns []string `json:"columns"`
	Rows    []Figure `json:"rows"`
}

// Figure is one row.
type Figure struct {
	Name   string  `json:"name"`
	Values []Count `json:"values"` // one for each column
}

// Count is a number with the tickets behind it.
type Count struct {
	Column  string      `json:"column"`
	N       int         `json:"n"`
	Tickets []ticket.ID `json:"tickets"` // each once, at most MaxPage
}

// maxOutcomes is how much is counted at the most.
const maxOutcomes = 100_000

type column struct {
	kind  ticket.OutcomeKind
	title string
}

// tables are the sections; byLabel has a row for each label, else for each team.
var tables = []struct {
	name, title, by string
	byLabel         bool
	columns         []column
}{
	{"cases", "Cases", "team", false, []column{{ticket.OutcomeSolved, "solved"}, {ticket.OutcomeFirst, "at first contact"},
		{ticket.OutcomeReopened, "opened again"}, {ticket.OutcomeMissed, "clocks missed"}}},
	{"promises", "Promises", "team", false, []column{{ticket.OutcomePromised, "promised"}, {ticket.OutcomeKept, "kept"}, {ticket.OutcomeBroken, "broken"},
		{ticket.OutcomeKeptLate, "kept late"}, {ticket.OutcomeMoved, "moved"}, {ticket.OutcomeUnpromised, "taken back"}}},
	{"notes", "Unclear notes and returned handovers", "team", false, []column{{ticket.OutcomeUnclear, "asked about"}, {ticket.OutcomeUnclearLead, "lead asked"},
		{ticket.OutcomeUnclearAnswer, "answered"}, {ticket.OutcomeReturned, "handovers returned"}}},
	{"updates", "Steady updates", "team", false, []column{{ticket.OutcomeUpdate, "sent"}, {ticket.OutcomeUpdateSkipped, "not sent"}}},
	{"complaints", "Complaints", "policy", true, []column{{ticket.OutcomeComplaint, "complaints"}, {ticket.OutcomeComplaintAnswr, "answered"}}},
	{"articles", "Articles", "team", false, []column{{ticket.OutcomeRouted, "cases looked up"}, {ticket.OutcomeGap, "no article fitted"},
		{ticket.OutcomeUsed, "used"}, {ticket.OutcomeFlagged, "flagged"}}},
	{"abuse", "Abuse", "team", false, []column{{ticket.OutcomeWarned, "warned"}, {ticket.OutcomeAbuseLead, "told to the lead"}, {ticket.OutcomeBlocked, "kept out"}}},
}

// CareReport counts what came to pass from since until before until.
func CareReport(ctx context.Context, from ticket.Measures, since, until time.Time) (Report, error) {
	all, cut, err := outcomes(ctx, from, since, until)
	r := Report{Since: since, Until: until, Cut: cut}
	if err != nil {
		return r, err
	}
	r.Sections = sum(all)
	return r, nil
}

// outcomes reads what came to pass in a time, at most maxOutcomes; cut says that there was more.
func outcomes(ctx context.Context, from ticket.Measures, since, until time.Time) (all []ticket.Outcome, cut bool, err error) {
	for q := (ticket.OutcomeQuery{Since: since, Until: until, Limit: ticket.MaxPage}); ; {
		list, next, err := from.Outcomes(ctx, q)
		if err != nil {
			return nil, false, err
		}
		if all = append(all, list...); next == "" {
			return all, false, nil
		}
		if q.After = next; len(all) >= maxOutcomes {
			return all, true, nil
		}
	}
}

// sum makes the tables of a report. It is pure.
func sum(all []ticket.Outcome) (sections []Section) {
	for _, t := range tables {
		s := Section{Name: t.name, Title: t.title, By: t.by, Rows: []Figure{}}
		rows := map[string][]Count{}
		for i, c := range t.columns {
			s.Columns = append(s.Columns, c.title)
			for _, o := range all {
				if o.Kind != c.kind {
					continue
				}
				name := cmp.Or(o.Tier, "–")
				if t.byLabel {
					name = cmp.Or(o.Label, "–")
				}
				if rows[name] == nil {
					rows[name] = make([]Count, len(t.columns))
				}
				rows[name][i].add(o.Ticket)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(rows)) {
			for i := range rows[name] {
				rows[name][i].Column = t.columns[i].title
				if rows[name][i].Tickets == nil {
					rows[name][i].Tickets = []ticket.ID{}
				}
			}
			s.Rows = append(s.Rows, Figure{Name: name, Values: rows[name]})
		}
		if t.byLabel { // what hurts most, first
			slices.SortStableFunc(s.Rows, func(a, b Figure) int { return b.Values[0].N - a.Values[0].N })
		}
		sections = append(sections, s)
	}
	return sections
}

func (c *Count) add(id ticket.ID) {
	c.N++
	if len(c.Tickets) < ticket.MaxPage && !slices.Contains(c.Tickets, id) {
		c.Tickets = append(c.Tickets, id)
	}
}
