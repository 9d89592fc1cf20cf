package web

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

// listener reads a live stream; events come out of next.
type listener struct {
	resp *http.Response
	data chan string // closed at the end of the stream
}

func (v *visitor) listen(id ticket.ID, seen string) *listener {
	v.s.t.Helper()
	r, err := http.NewRequest("GET", v.s.URL()+"/console/tickets/"+id.String()+"/live?seen="+seen, nil)
	if err != nil {
		v.s.t.Fatal(err)
	}
	c := *v.c
	c.Timeout = 0
	resp, err := c.Do(r)
	if err != nil {
		v.s.t.Fatal(err)
	}
	v.s.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		v.s.t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	l := &listener{resp: resp, data: make(chan string, 16)}
	go func() {
		defer close(l.data)
		for sc := bufio.NewScanner(resp.Body); sc.Scan(); {
			if d, ok := strings.CutPrefix(sc.Text(), "data: "); ok {
				l.data <- d
			}
		}
	}()
	return l
}

func (l *listener) next(t *testing.T) (string, bool) {
	t.Helper()
	select {
	case d, ok := <-l.data:
		return d, ok
	case <-time.After(time.Minute):
		t.Fatal("nothing comes")
	}
	return "", false
}

func TestLiveStream(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "x", "y")
	other := s.mail("2", "x", "y", func(in *ticket.Inbound) { in.From.Value = "o@customer.example" })
	now, err := s.store.Ticket(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	v := s.signedIn("anna")
	behind := v.listen(id, "0.0") // whoever saw an older state is told at once
	if d, _ := behind.next(t); d != stamp(now) {
		t.Errorf("told %s, want %s", d, stamp(now))
	}
	current := v.listen(id, stamp(now))
	s.act(ticket.Action{Kind: ticket.ActNote, Ticket: other, By: ticket.Gateway, Text: "other"})
	after := s.act(ticket.Action{Kind: ticket.ActNote, Ticket: id, By: ticket.Gateway, Text: "n"})
	if d, _ := current.next(t); d != stamp(after) {
		t.Errorf("told %s, want %s", d, stamp(after))
	}
	// A delivery changes no revision and is told all the same.
	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: id, By: ticket.Gateway, Text: "r"})
	current.next(t)
	s.act(ticket.Action{Kind: ticket.ActDelivered, Ticket: id, By: ticket.Gateway, Seq: after.LastSeq + 1, External: "e"})
	if _, ok := current.next(t); !ok {
		t.Error("the stream has ended")
	}
}

func TestStopEndsStreamsAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "x", "y")
	l := s.signedIn("anna").listen(id, "0.0")
	l.next(t)
	idle := &http.Client{} // and a connection that is kept alive holds nobody up
	if resp, err := idle.Get(s.URL() + "/healthz"); err != nil {
		t.Fatal(err)
	} else {
		_ = resp.Body.Close()
	}
	begin := time.Now()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the stop took %v", took)
	}
	if _, ok := l.next(t); ok {
		t.Error("the stream goes on after the stop")
	}
}

func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "x", "y")
	v := s.signedIn("anna")
	for range maxStreamsEach {
		v.listen(id, "0.0")
	}
	if got := v.get("/console/tickets/" + id.String() + "/live"); got.StatusCode != 429 {
		t.Errorf("%d", got.StatusCode)
	}
	if got := v.get("/console/tickets/T-9999/live"); got.StatusCode != 404 {
		t.Errorf("a ticket that is not: %d", got.StatusCode)
	}
}
