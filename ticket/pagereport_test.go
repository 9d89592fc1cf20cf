package ticket

import (
	"testing"
	"time"
)

func TestReportPages(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04:05", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	day, night, early := at("2026-03-02 12:00:00"), at("2026-03-02 23:30:00"), at("2026-03-03 06:59:59")
	list := []PageRecord{
		{Ticket: 1, Page: Page{State: PageAccepted, Opened: day, Accepted: day.Add(time.Minute), Calls: []PageCall{{By: "slack", State: CallDelivered}, {By: "phone", State: CallDropped}},
			Log: []PageEntry{{Agent: "a", What: "ringing", At: day}, {Agent: "a", What: "declined", At: day}, {Agent: "b", What: "ringing", At: day.Add(20 * time.Second)}, {Agent: "b", What: "accepted", At: day.Add(time.Minute)}}}},
		{Ticket: 2, Page: Page{State: PageExhausted, Opened: night, Again: 1, Calls: []PageCall{{By: "phone", State: CallFailed}},
			Log: []PageEntry{{Agent: "a", What: "ringing", At: night}, {Agent: "a", What: "no_answer", At: night}, {Agent: "a", What: "ringing", At: early}, {What: "exhausted", At: early}}}},
		{Ticket: 3, Page: Page{State: PageCancelled, Opened: day}}, {Ticket: 4, Page: Page{State: PageRinging, Opened: day}},
	}
	r := ReportPages(list, day, early, berlin)
	if r.Pages != 4 || r.Accepted != 1 || r.Exhausted != 1 || r.Cancelled != 1 || r.Open != 1 || r.Again != 1 || r.Declines != 1 || r.Silent != 1 {
		t.Errorf("counted: %+v", r)
	}
	if r.AckP50 != 60 || r.AckMax != 60 || len(r.Lost) != 1 || r.Lost[0] != 2 {
		t.Errorf("acknowledged: %+v", r)
	}
	a, b := r.People[0], r.People[1]
	if a.Rung != 3 || a.Declined != 1 || a.NoAnswer != 1 || a.AtNight != 2 || a.Nights != 1 || a.MostNight != 2 {
		t.Errorf("a: %+v", a)
	}
	if b.Accepted != 1 || b.AckP50 != 40 || b.AtNight != 0 {
		t.Errorf("b: %+v", b)
	}
	if r.By[0] != (PageWay{Provider: "phone", Failed: 1, Dropped: 1}) || r.By[1] != (PageWay{Provider: "slack", Delivered: 1}) {
		t.Errorf("providers: %+v", r.By)
	}
}
