package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tierline/router/pager"
	"tierline/ticket"
)

// A link answers one page in one person's name: looking changes nothing, the button does, and nobody else's
// link, nor one that has run out, does anything.
func TestAPageIsAnsweredByItsLink(t *testing.T) {
	t.Parallel()
	links := pager.Links{Key: []byte(strings.Repeat("k", 32)), URL: "http://x.example"}
	s := start(t, func(_ *Config, d *Deps) { d.Links = links })
	id := s.mail("<1@x>", "Under water", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	plan := ticket.ChainPlan(time.Minute, "email", "lea")
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: id, By: ticket.Gateway, Tier: "l2", Reason: "It <burns>", Plan: plan})
	path := func(v pager.Link) string { return strings.TrimPrefix(links.Make(v), links.URL) }
	good := pager.Link{Ticket: id, Page: 1, Agent: "lea", Ends: time.Now().Add(time.Hour).Unix()}
	old, odd := good, good
	old.Ends, odd.Agent = time.Now().Add(-time.Second).Unix(), "anna"
	v := s.visitor()
	for _, bad := range []string{path(old), path(good) + "x", "/page/nothing", "/page/" + strings.Repeat("a", 2000)} {
		if got := v.get(bad); got.StatusCode != 404 {
			t.Errorf("%.60s: %d", bad, got.StatusCode)
		}
	}
	shown := v.get(path(good))
	if shown.StatusCode != 200 || !strings.Contains(shown.body, "It &lt;burns&gt;") || !strings.Contains(shown.body, `value="accept"`) || shown.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page: %d %s", shown.StatusCode, shown.body)
	}
	state := func() ticket.PageState {
		tk, err := s.store.Ticket(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return tk.Page.State
	}
	if state() != ticket.PageRinging {
		t.Error("looking at it has answered it")
	}
	if got := v.send("POST", path(odd), url.Values{"answer": {"accept"}}); got.StatusCode != 403 {
		t.Errorf("somebody who was not paged: %d", got.StatusCode)
	}
	if got := v.send("POST", path(good), url.Values{"answer": {"dance"}}); got.StatusCode != 400 || state() != ticket.PageRinging {
		t.Errorf("an odd answer: %d", got.StatusCode)
	}
	got := v.send("POST", path(good), url.Values{"answer": {"accept"}, "callback": {"30"}})
	if got.StatusCode != 200 || state() != ticket.PageAccepted || !strings.Contains(got.body, "You have accepted this") {
		t.Errorf("accepted: %d %s", got.StatusCode, got.body)
	}
	if tk, _ := s.store.Ticket(t.Context(), id); len(tk.Promises) != 1 || tk.Promises[0].Kind != ticket.PromiseCallback || tk.Promises[0].By.ID != "lea" {
		t.Errorf("the callback: %+v", tk.Promises)
	}
	if strings.Contains(s.log.String(), path(good)) {
		t.Error("the link stands in the log")
	}

	other := s.mail("<2@x>", "Again", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: other, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: other, By: ticket.Gateway, Tier: "l2", Reason: "smoke", Plan: plan})
	good.Ticket, id = other, other
	if got := v.send("POST", path(good)+"/reply", url.Values{"Digits": {"2"}}); got.StatusCode != 200 || state() != ticket.PageExhausted {
		t.Errorf("a key that declines: %d %s, %s", got.StatusCode, got.body, state())
	}
}
