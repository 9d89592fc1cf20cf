package slackapp

import (
	"context"
	"slices"
	"testing"
	"time"

	"tierline/config/secret"
)

// Of two events of a thread that come by different ways in the wrong order, the one that happened first is first.
func TestEventsThatComeBySeveralWaysKeepTheirOrder(t *testing.T) {
	t.Parallel()
	a, err := New(Config{AppToken: secret.New("xapp-1"), BotToken: secret.New("xoxb-1"), APIURL: "http://127.0.0.1:1/api/", Connections: 2}, Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if a.settle == nil {
		t.Fatal("no event waits for earlier ones")
	}
	gate := make(chan time.Time)
	a.settle = func() <-chan time.Time { return gate }
	var got []string // of one lane, one after the other
	a.OnEvent("message", func(_ context.Context, ev Event) error {
		got = append(got, ev.Message.Text)
		return nil
	})
	var all []*flying
	for _, n := range []string{"2", "1", "4", "3"} {
		ev, err := decodeEvent([]byte(`{"event_id":"Ev` + n + `","event":{"type":"message","channel":"C1","user":"U1","text":"` + n + `","ts":"170000000` + n + `.000100","thread_ts":"1600000000.000100"}}`))
		if err != nil {
			t.Fatal(err)
		}
		fl, err := a.begin(ev)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fl)
	}
	close(gate)
	for _, fl := range all {
		<-fl.done
	}
	if !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("%v", got)
	}
}

// TestThePlaceOfAnEvent: what happened earlier is before what waits, whatever is in work; what does not say when stays
// where it came.
func TestThePlaceOfAnEvent(t *testing.T) {
	t.Parallel()
	var waiting []*flying
	for _, ts := range []string{"5.0", "3.0", "", "4.0", "9.0", "1.0"} {
		fl := &flying{ev: Event{ID: ts}, at: At(ts)}
		waiting = slices.Insert(waiting, fl.place(waiting), fl)
	}
	var order []string
	for _, fl := range waiting {
		order = append(order, fl.ev.ID)
	}
	if want := []string{"3.0", "5.0", "", "1.0", "4.0", "9.0"}; !slices.Equal(order, want) {
		t.Errorf("%q", order)
	}
}
