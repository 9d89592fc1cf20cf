package web

import (
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/router"
)

type suppliersPage struct {
	page
	All     []router.SupplierFigures
	Rows    []supplierRow
	Only    string // one supplier; "" is all
	Overdue bool   // only what is over its time
	Days    int
	Spans   []int
}

type supplierRow struct {
	router.SupplierCase
	Supplier string // its title
}

// suppliersPage shows what is with suppliers, what is due first in front, and how long they take.
func (s *Server) suppliersPage(c *fiber.Ctx) error {
	q := query{c: c}
	p := suppliersPage{page: s.page(c, "Suppliers", "care"), Only: q.text("supplier"), Overdue: q.flag("overdue"), Days: int(q.number("days")), Spans: []int{30, 90, 366}}
	switch {
	case q.err != nil || p.Days > 366:
		return invalid("A report is of 1 to 366 days.")
	case p.Days == 0:
		p.Days = 90
	}
	if s.d.Suppliers != nil {
		var err error
		if p.All, err = s.d.Suppliers(c.UserContext(), s.now().AddDate(0, 0, -p.Days)); err != nil {
			return err
		}
	}
	for _, f := range p.All {
		for _, k := range f.With {
			if (p.Only == "" || p.Only == f.Supplier) && (!p.Overdue || k.Overdue) {
				p.Rows = append(p.Rows, supplierRow{k, f.Title})
			}
		}
	}
	last := func(t time.Time) time.Time { // what has no time is behind all that has one
		if t.IsZero() {
			return s.now().AddDate(100, 0, 0)
		}
		return t
	}
	slices.SortStableFunc(p.Rows, func(a, b supplierRow) int { return last(a.Due).Compare(last(b.Due)) })
	return s.render(c, "suppliers", p)
}
