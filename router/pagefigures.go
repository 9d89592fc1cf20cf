package router

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/ticket"
)

// pageFigures are what is counted of pages.
type pageFigures struct {
	calls *prometheus.CounterVec
	out   *prometheus.HistogramVec
	late  prometheus.Histogram
}

func newPageFigures(reg prometheus.Registerer) *pageFigures {
	f := &pageFigures{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tierline_page_calls_total",
			Help: "Tries to reach people who are paged, by provider and what became of them."}, []string{"provider", "result"}),
		out: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "tierline_page_out_seconds",
			Help:    "Seconds from when a person was to be reached to when the provider had taken it.",
			Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 120}}, []string{"provider"}),
		late: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "tierline_page_step_late_seconds",
			Help:    "Seconds by which a page went on after its time.",
			Buckets: []float64{.005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 120}}),
	}
	if reg != nil {
		reg.MustRegister(f.calls, f.out, f.late)
	}
	return f
}

func (f *pageFigures) called(c ticket.PageCall, at time.Time, p *ticket.Page) {
	f.calls.WithLabelValues(c.By, string(c.State)).Inc()
	if was, ok := p.Call(c.ID); ok && c.State == ticket.CallDelivered {
		f.out.WithLabelValues(c.By).Observe(max(0, at.Sub(was.At).Seconds()))
	}
}
