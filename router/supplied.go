package router

import (
	"context"
	"maps"
	"slices"
	"time"

	"tierline/ticket"
)

// SupplierFigures are how long a supplier takes: of cases given to it since, and of those that it still has.
type SupplierFigures struct {
	Supplier string        `json:"supplier"`
	Title    string        `json:"title"`
	Cases    int           `json:"cases"`   // times that it got one
	Out      int           `json:"out"`     // that it still has
	Overdue  int           `json:"overdue"` // of them, beyond the expected date or its lead time
	Late     int           `json:"late"`    // that came back so
	Median   time.Duration `json:"median"`  // of all that came back, in days on the wall; 0 when none has
	Nine     time.Duration `json:"nine"`    // nine of ten came back within this
	Longest  time.Duration `json:"longest"`
	Tickets  []ticket.ID   `json:"tickets"` // that it still has, the oldest first, at most 20
	// With is what is known of those that it still has, by ticket, at most 500.
	With []SupplierCase `json:"with,omitempty"`
}

// SupplierCase is a case that a supplier has.
type SupplierCase struct {
	Ticket    ticket.ID `json:"ticket"`
	Reference string    `json:"reference,omitempty"` // theirs
	Asked     string    `json:"asked,omitempty"`
	Since     time.Time `json:"since"`
	Due       time.Time `json:"due,omitzero"` // as they have said, or by their lead time; zero: they have none
	Overdue   bool      `json:"overdue,omitempty"`
}

const (
	maxSupplierTickets = 20
	maxSupplierCases   = 500
)

// SupplierReport counts by supplier, those that are configured and those that were, by name.
func (d *Desk) SupplierReport(ctx context.Context, since time.Time) ([]SupplierFigures, error) {
	sums, took := map[string]*SupplierFigures{}, map[string][]time.Duration{}
	for _, s := range d.Config().Suppliers {
		sums[s.Name] = &SupplierFigures{Supplier: s.Name, Title: s.title()}
	}
	after := ticket.Supply{}
	for {
		list, err := d.Store.Supplies(ctx, since, after, ticket.MaxPage)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			f := sums[s.Supplier]
			if f == nil {
				f = &SupplierFigures{Supplier: s.Supplier, Title: s.Supplier}
				sums[s.Supplier] = f
			}
			f.Cases++
			if s.Back.IsZero() {
				f.Out++
				if d.late(s, d.Now()) {
					f.Overdue++
				}
				if len(f.With) < maxSupplierCases {
					f.With = append(f.With, SupplierCase{Ticket: s.Ticket, Reference: s.Reference, Asked: s.Asked, Since: s.Since, Due: d.back(s), Overdue: d.late(s, d.Now())})
				}
				if len(f.Tickets) < maxSupplierTickets {
					f.Tickets = append(f.Tickets, s.Ticket)
				}
				continue
			}
			took[s.Supplier] = append(took[s.Supplier], s.Back.Sub(s.Since))
			if d.late(s, s.Back) {
				f.Late++
			}
		}
		if len(list) < ticket.MaxPage {
			break
		}
		after = list[len(list)-1]
	}
	var out []SupplierFigures
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		f := sums[name]
		if days := took[name]; len(days) > 0 {
			slices.Sort(days)
			f.Median, f.Nine, f.Longest = days[(len(days)-1)/2], days[(len(days)*9+9)/10-1], days[len(days)-1]
		}
		out = append(out, *f)
	}
	return out, nil
}

// back is when a supplier should be done: as they have said, or by their lead time; zero when they have none.
func (d *Desk) back(s ticket.Supply) time.Time {
	conf := d.Config().supplier(s.Supplier)
	if !s.Expected.IsZero() || conf == nil || conf.Lead == 0 {
		return s.Expected
	}
	cal, err := conf.Hours.Calendar()
	if err != nil {
		return time.Time{}
	}
	return cal.Add(s.Since, conf.Lead)
}

// late says whether a time with a supplier is over its time at a moment.
func (d *Desk) late(s ticket.Supply, at time.Time) bool {
	if !s.Expected.IsZero() {
		return at.After(s.Expected)
	}
	conf := d.Config().supplier(s.Supplier)
	if conf == nil || conf.Lead == 0 {
		return false
	}
	cal, err := conf.Hours.Calendar()
	return err == nil && cal.Between(s.Since, at) > conf.Lead
}
