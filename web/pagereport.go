package web

import (
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"tierline/ticket"
)

// pageDays is over how long a report goes when nothing is said; maxPageDays is the most.
const (
	pageDays    = 30
	maxPageDays = 400
)

type pageReportView struct {
	page
	Report ticket.PageReport
	Days   int
	Zone   string
	Limits []string
}

// pageReport reckons the report that was asked for.
func (s *Server) pageReport(c *fiber.Ctx) (r ticket.PageReport, days int, zone string, err error) {
	q := query{c: c}
	days, zone = int(q.number("days")), q.text("zone")
	if q.err != nil {
		return r, 0, "", q.err
	}
	if days == 0 {
		days = pageDays
	}
	if zone == "" {
		zone = "UTC"
	}
	if days > maxPageDays {
		return r, 0, "", invalid("A report is of at most %d days.", maxPageDays)
	}
	in, err := time.LoadLocation(zone)
	if err != nil || len(zone) > 60 {
		return r, 0, "", invalid("%.60q is no time zone such as Europe/Berlin.", zone)
	}
	to, _, err := s.until(c)
	if err != nil {
		return r, 0, "", err
	}
	from := to.AddDate(0, 0, -days)
	list, err := ticket.AllPages(c.UserContext(), s.d.Store, from, to)
	return ticket.ReportPages(list, from, to, in), days, zone, err
}

func (s *Server) pageReportPage(c *fiber.Ctx) error {
	r, days, zone, err := s.pageReport(c)
	if err != nil {
		return err
	}
	v := pageReportView{page: s.page(c, "Pages", "pages"), Report: r, Days: days, Zone: zone}
	if s.d.PageLimits != nil {
		v.Limits = s.d.PageLimits()
	}
	return s.render(c, "pages", v)
}

func (s *Server) apiPageReport(c *fiber.Ctx) error {
	r, _, _, err := s.pageReport(c)
	if err != nil {
		return err
	}
	return c.JSON(r)
}

// span tells seconds as people do.
func span(s ticket.Seconds) string {
	d := s.Duration()
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %02d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}
