package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tierline/ticket"
)

// A test says by each way whether it arrived and what was answered, and can be taken for no page.
func TestPageTestCommand(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []map[string]any
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m map[string]any
		_ = json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		got = append(got, m)
		mu.Unlock()
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer srv.Close()
	s := newShell(t, strings.Replace(goodConfig, "roles: [agent]", "language: de, roles: [agent]", 1)+`
paging:
  providers:
    phone: {url: "`+srv.URL+`/secret-path", allow_private: true, sign: hunter2-hunter2-hunter2}
    gone: {url: "`+srv.URL+`/gone", allow_private: true}
    sms: {url: "`+srv.URL+`", allow_private: true, needs: phone}
email: {sending: {host: 127.0.0.1, port: 1, tls: none, domain: example.org, from: {s: {address: s@example.org}}}}
`)
	s.do(1, "page", "test", "Anna@example.org", "-c", s.config)
	s.says("phone      delivered 200 OK, ", "gone       failed    it answers 404 Not Found", "sms        left out  they have no phone", "slack      left out  Slack is not configured", "email      failed")
	if strings.Contains(s.out+s.err, "hunter2") || strings.Contains(s.out+s.err, "secret-path") {
		t.Errorf("a secret is shown: %s%s", s.out, s.err)
	}
	s.do(0, "page", "test", "anna", "--by", "phone", "--json", "-c", s.config)
	var r pageTried
	if err := json.Unmarshal([]byte(s.out), &r); err != nil || r.By != "phone" || r.State != "delivered" || r.Answer != "200 OK" {
		t.Errorf("%v %s", err, s.out)
	}
	s.do(1, "page", "test", "nobody", "-c", s.config)
	s.do(1, "page", "test", "anna", "--by", "pigeon", "-c", s.config)
	s.do(0, "ticket", "list", "-c", s.config)
	if strings.Contains(s.out, "T-1") {
		t.Errorf("a test has opened something: %s", s.out)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, m := range got {
		if m["kind"] != "test" || m["ticket"] != "TEST" || !strings.HasPrefix(m["text"].(string), "Das ist eine Probe") || m["reply_url"] != nil {
			t.Errorf("it could be taken for a page: %v", m)
		}
	}
	if len(got) != 3 {
		t.Errorf("%d were sent", len(got))
	}
}

// What /metrics tells of pages are the figures of the report, of the last day.
func TestPageMetrics(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	page := func(age time.Duration, p ticket.Page) ticket.PageRecord {
		p.Opened = now.Add(-age)
		return ticket.PageRecord{Page: p}
	}
	list := pageList{page(30*time.Hour, ticket.Page{State: ticket.PageAccepted}),
		page(2*time.Hour, ticket.Page{State: ticket.PageAccepted, Accepted: now.Add(-2*time.Hour + 40*time.Second),
			Log: []ticket.PageEntry{{Agent: "bob", What: "ringing"}, {Agent: "bob", What: "declined"}, {Agent: "ann", What: "ringing"}, {Agent: "ann", What: "accepted"}}}),
		page(time.Hour, ticket.Page{State: ticket.PageExhausted, Log: []ticket.PageEntry{{Agent: "bob", What: "ringing"}, {Agent: "bob", What: "no_answer"}}})}
	reg := prometheus.NewRegistry()
	reg.MustRegister(pageMetrics{list, func() time.Time { return now }})
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := strings.TrimPrefix(f.GetName(), "tierline_pages_day_")
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetGauge().GetValue()
		}
	}
	want := map[string]float64{"ack_seconds 0.5": 40, "ack_seconds 0.9": 40, "count accepted": 1, "count cancelled": 0, "count exhausted": 1, "count open": 0,
		"declines": 1, "rung ann": 1, "rung bob": 2, "unanswered": 1}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// pageList holds pages, oldest first.
type pageList []ticket.PageRecord

func (l pageList) Pages(_ context.Context, from, to time.Time, _ ticket.PageRecord, _ int) (out []ticket.PageRecord, _ error) {
	for _, p := range l {
		if !p.Opened.Before(from) && p.Opened.Before(to) {
			out = append(out, p)
		}
	}
	return out, nil
}

func (pageList) TakeTurn(context.Context, string, time.Duration, int) (time.Time, error) {
	return time.Time{}, nil
}
