package router

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

func TestReplayTellsWhatChangedRulesWouldDo(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	w.take(jobs, func(in *ticket.Inbound) { in.Text = "too long ago" })
	w.now = w.now.Add(48 * time.Hour)
	since := w.now
	smoke := w.take(jobs, func(in *ticket.Inbound) { in.Text = "Der Rauchmelder piept" })
	w.take(jobs, func(in *ticket.Inbound) { // what is said later does not count
		in.Text, in.Threads = "Solved!", []ticket.ThreadKey{{By: "subject-tag", Ticket: smoke.Ticket}}
	})
	plain := w.take(jobs, func(in *ticket.Inbound) { in.Text = "Hello" })
	w.act("anna", ticket.Action{Kind: ticket.ActSet, Ticket: plain.Ticket, Priority: ticket.High}) // nor what people do
	cfg := desk5()
	cfg.Rules[4].When, cfg.Rules[4].Then = `text matches "(?i)rauch"`, Then{Priority: ticket.Low, Tags: []string{"fumes"}}
	cfg.Rules = append([]Rule{{Name: "smoke goes up", When: `text contains "Rauch"`, Then: Then{Tier: "l2"}}}, cfg.Rules...)
	changed, err := NewRules(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before, after *Rules
		differ        string
		sum           string
	}{
		{w.desk.Live.Rules(), w.desk.Live.Rules(), "[]", "2 0 map[]"},
		{nil, w.desk.Live.Rules(), "[]", "2 0 map[]"},
		{w.desk.Live.Rules(), changed, fmt.Sprintf("[%s [tier l1 → l2 queue first → l2 priority urgent → low tags safety → fumes] [smoke goes up smoke]]", smoke.Ticket),
			"2 1 map[priority urgent → low:1 tier l1 → l2:1]"},
		{nil, changed, fmt.Sprintf("[%s [tier l1 → l2 queue first → l2 priority urgent → low] [smoke goes up smoke]]", smoke.Ticket),
			"2 1 map[priority urgent → low:1 tier l1 → l2:1]"},
	} {
		differ := []string{}
		sum, err := w.desk.Replay(t.Context(), since, c.before, c.after, func(r Replayed) error {
			differ = append(differ, fmt.Sprint(r.Ticket, " ", r.Changes, " ", r.Rules))
			return nil
		})
		if err != nil || fmt.Sprint(differ) != c.differ {
			t.Errorf("%v, %v\nwant %s", differ, err, c.differ)
		}
		if got := fmt.Sprint(sum.Tickets, sum.Differ, sum.Moves); got != c.sum || sum.Left {
			t.Errorf("%s, want %s", got, c.sum)
		}
		if c.after == changed && (sum.After["smoke"] != 1 || sum.After["everything"] != 1) {
			t.Errorf("counts: %v", sum.After)
		}
	}
	stop := errors.New("stop")
	if _, err := w.desk.Replay(t.Context(), since, nil, changed, func(Replayed) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// TestReplayGoesOnBeyondAPage of tickets.
func TestReplayGoesOnBeyondAPage(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	var batch []ticket.Inbound
	for i := range replayPage + 5 {
		batch = append(batch, ticket.Inbound{Channel: channels.Email, Inbox: "support", External: fmt.Sprint(i), Text: "Hello",
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("joe%d@example.org", i)}})
	}
	if _, err := w.store.Accept(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	sum, err := w.desk.Replay(t.Context(), time.Time{}, nil, w.desk.Live.Rules(), func(r Replayed) error { return fmt.Errorf("%+v", r) })
	if err != nil || sum.Tickets != replayPage+5 {
		t.Errorf("%+v, %v", sum, err)
	}
}
