package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/ticket"
)

// pageMetrics are the figures of the page report for pages that were opened within the last day.
type pageMetrics struct {
	pages ticket.Pages
	now   func() time.Time
}

var _ prometheus.Collector = pageMetrics{}

// pageWindow is of which pages the figures are.
const pageWindow = 24 * time.Hour

func pageDesc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("tierline_pages_day_"+name, help+", of pages opened within the last 24 hours.", labels, nil)
}

func pageDescs() (state, ack, declines, silent, rung *prometheus.Desc) {
	return pageDesc("count", "Pages, by how they stand", "state"), pageDesc("ack_seconds", "From opening to acceptance: half, and nine of ten, were within", "quantile"),
		pageDesc("declines", "Turns that were declined"), pageDesc("unanswered", "Turns that nobody answered in time"),
		pageDesc("rung", "Turns of each person", "agent")
}

func (m pageMetrics) Describe(c chan<- *prometheus.Desc) {
	a, b, d, e, f := pageDescs()
	for _, desc := range []*prometheus.Desc{a, b, d, e, f} {
		c <- desc
	}
}

// Collect says so when the store cannot be read.
func (m pageMetrics) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	state, ack, declines, silent, rung := pageDescs()
	to := m.now()
	list, err := ticket.AllPages(ctx, m.pages, to.Add(-pageWindow), to)
	if err != nil {
		c <- prometheus.NewInvalidMetric(state, err)
		return
	}
	r := ticket.ReportPages(list, to.Add(-pageWindow), to, time.UTC)
	gauge := func(desc *prometheus.Desc, v float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, v, labels...)
	}
	gauge(state, float64(r.Accepted), "accepted")
	gauge(state, float64(r.Exhausted), "exhausted")
	gauge(state, float64(r.Cancelled), "cancelled")
	gauge(state, float64(r.Open), "open")
	if r.Accepted > 0 {
		gauge(ack, float64(r.AckP50), "0.5")
		gauge(ack, float64(r.AckP90), "0.9")
	}
	gauge(declines, float64(r.Declines))
	gauge(silent, float64(r.Silent))
	for _, p := range r.People {
		gauge(rung, float64(p.Rung), p.Agent)
	}
}
