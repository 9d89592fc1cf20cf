package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/channels/email"
	"tierline/ticket"
)

// mailMetrics tell how mailboxes and ledger agreed when they were compared last.
type mailMetrics struct {
	conf    email.Config
	cursors ticket.Cursors
}

var _ prometheus.Collector = mailMetrics{}

func missingDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_mailbox_missing",
		"Mails that were in the mailbox and not in the ledger when both were compared last.", []string{"mailbox"}, nil)
}

func reconciledDesc() *prometheus.Desc {
	return prometheus.NewDesc("tierline_mailbox_reconciled_timestamp_seconds",
		"When mailbox and ledger were compared last.", []string{"mailbox"}, nil)
}

func (m mailMetrics) Describe(c chan<- *prometheus.Desc) {
	c <- missingDesc()
	c <- reconciledDesc()
}

// Collect tells nothing while the store cannot be read.
func (m mailMetrics) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	list, err := email.Reconciliations(ctx, m.conf, m.cursors)
	if err != nil {
		c <- prometheus.NewInvalidMetric(missingDesc(), err)
		return
	}
	for _, r := range list {
		c <- prometheus.MustNewConstMetric(missingDesc(), prometheus.GaugeValue, float64(r.Missing), r.Mailbox)
		c <- prometheus.MustNewConstMetric(reconciledDesc(), prometheus.GaugeValue, float64(r.At.Unix()), r.Mailbox)
	}
}
