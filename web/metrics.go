package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"tierline/ticket"
)

// metrics are what this package counts; other packages register theirs with the same registry.
type metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func (s *Server) newMetrics() (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tierline_http_requests_total",
			Help: "HTTP requests by method, route and status."}, []string{"method", "route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tierline_http_request_seconds",
			Help: "How long HTTP requests took.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10}}, []string{"route"}),
	}
	for _, c := range []prometheus.Collector{m.requests, m.seconds, &storeMetrics{s: s}} {
		if err := s.d.Metrics.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) seen(method, route string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
	default:
		method = "other" // a label must not be what a client makes up
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func (s *Server) serveMetrics(c *fiber.Ctx) error {
	// What could be gathered is told also when a part failed: that part then is missing.
	list, err := s.d.Metrics.Gather()
	if err != nil {
		s.log.Warn("some metrics are missing", "err", err)
	}
	format := expfmt.NewFormat(expfmt.TypeTextPlain)
	var b bytes.Buffer
	enc := expfmt.NewEncoder(&b, format)
	for _, f := range list {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	c.Set(fiber.HeaderContentType, string(format))
	return c.Send(b.Bytes())
}

// storeMetrics asks the store when it is scraped.
type storeMetrics struct{ s *Server }

func ticketsDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_tickets", "Tickets by state.", []string{"state"}, nil)
}

func jobsDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_jobs", "Jobs of the outbox by state and kind.", []string{"state", "kind"}, nil)
}

func ageDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_oldest_due_job_age_seconds", "For how long the oldest due job has been waiting.", nil, nil)
}

func incidentsDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_incidents", "Incidents that are proposed or open.", []string{"state"}, nil)
}

func linkedDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_incident_tickets", "Tickets that are linked to open incidents.", nil, nil)
}

func suppliersDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_supplier_cases", "Cases that suppliers have: all of them (out), and those of them that are over their time (overdue).", []string{"supplier", "state"}, nil)
}

// suppliers counts what they have now.
func (m *storeMetrics) suppliers(ctx context.Context, ch chan<- prometheus.Metric) {
	if m.s.d.Suppliers == nil {
		return
	}
	list, err := m.s.d.Suppliers(ctx, m.s.now())
	if err != nil {
		ch <- prometheus.NewInvalidMetric(suppliersDesc(), err)
		return
	}
	for _, f := range list {
		ch <- prometheus.MustNewConstMetric(suppliersDesc(), prometheus.GaugeValue, float64(f.Out), f.Supplier, "out")
		ch <- prometheus.MustNewConstMetric(suppliersDesc(), prometheus.GaugeValue, float64(f.Overdue), f.Supplier, "overdue")
	}
}

// incidents counts those that are worked on, of which there are few.
func (m *storeMetrics) incidents(ctx context.Context, ch chan<- prometheus.Metric) {
	linked := 0
	for _, st := range []ticket.IncidentState{ticket.IncidentProposed, ticket.IncidentOpen} {
		list, err := m.s.d.Store.Incidents(ctx, ticket.IncidentFilter{States: []ticket.IncidentState{st}, Limit: ticket.MaxPage})
		for _, i := range list {
			n, e := m.s.d.Store.Tally(ctx, i.ID, 0)
			if e != nil {
				err = e
			}
			if st == ticket.IncidentOpen {
				linked += n.Linked
			}
		}
		if err != nil {
			ch <- prometheus.NewInvalidMetric(incidentsDesc(), err)
			return
		}
		ch <- prometheus.MustNewConstMetric(incidentsDesc(), prometheus.GaugeValue, float64(len(list)), string(st))
	}
	ch <- prometheus.MustNewConstMetric(linkedDesc(), prometheus.GaugeValue, float64(linked))
}

func (m *storeMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- incidentsDesc()
	ch <- suppliersDesc()
	ch <- linkedDesc()
	ch <- ticketsDesc()
	ch <- jobsDesc()
	ch <- ageDesc()
}

func (m *storeMetrics) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	tickets, jobs, err := m.s.d.Store.Counts(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(ticketsDesc(), err)
		return
	}
	for _, st := range states() {
		ch <- prometheus.MustNewConstMetric(ticketsDesc(), prometheus.GaugeValue, float64(tickets[st]), string(st))
	}
	for _, st := range ticket.JobStates() {
		if len(jobs[st]) == 0 { // so that an alert on dead jobs has a series to look at
			ch <- prometheus.MustNewConstMetric(jobsDesc(), prometheus.GaugeValue, 0, string(st), "none")
		}
		for kind, n := range jobs[st] {
			ch <- prometheus.MustNewConstMetric(jobsDesc(), prometheus.GaugeValue, float64(n), string(st), string(kind))
		}
	}
	m.incidents(ctx, ch)
	m.suppliers(ctx, ch)
	due, err := m.s.d.Store.NextDue(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(ageDesc(), err)
		return
	}
	age := 0.0
	if !due.IsZero() {
		age = max(0, m.s.now().Sub(due).Seconds())
	}
	ch <- prometheus.MustNewConstMetric(ageDesc(), prometheus.GaugeValue, age)
}
