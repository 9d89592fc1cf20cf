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

	if got := v.send("POST", path(good), url.Values{"answer": {"decline"}}); got.StatusCode != 409 {
		t.Errorf("declined after that: %d", got.StatusCode)
	}

	other := s.mail("<2@x>", "Again", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: other, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: other, By: ticket.Gateway, Tier: "l2", Reason: "smoke", Plan: plan})
	good.Ticket, id = other, other
	if got := v.send("POST", path(good)+"/reply", url.Values{"Digits": {"2"}}); got.StatusCode != 200 || state() != ticket.PageExhausted {
		t.Errorf("a key that declines: %d %s, %s", got.StatusCode, got.body, state())
	}
}

// Whoever is paged reads it in their own language, refusals too; a link that is no good, in their browser's.
func TestAPageIsAnsweredInTheirLanguage(t *testing.T) {
	t.Parallel()
	links := pager.Links{Key: []byte(strings.Repeat("k", 32)), URL: "http://x.example"}
	s := start(t, func(_ *Config, d *Deps) {
		d.Links = links
		d.Agents = func() []ticket.Agent {
			list := staffList()
			list[0].Language, list[1].Language = "fr", "de"
			return list
		}
	})
	id := s.mail("<1@x>", "Under water", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: id, By: ticket.Gateway, Tier: "l2", Reason: "It burns", Severity: ticket.Urgent,
		Plan: &ticket.PagePlan{Steps: []ticket.PageStage{{Who: []string{"lea", "anna"}, By: []string{"email"}, Wait: time.Hour}}}})
	v, ends := s.visitor(), time.Now().Add(time.Hour).Unix()
	german := strings.TrimPrefix(links.Make(pager.Link{Ticket: id, Page: 1, Agent: "lea", Ends: ends}), links.URL)
	french := strings.TrimPrefix(links.Make(pager.Link{Ticket: id, Page: 1, Agent: "anna", Ends: ends}), links.URL)
	mustHave(t, v.page(german), `<html lang="de">`, "Tierline ruft Level 2", "dringend", "Annehmen", "Warum nicht?", "Weitergeben", "Lea Lead wird gerufen: E-Mail")
	mustHave(t, v.page(french), `<html lang="fr">`, "Tierline fait appel à Level 2", "Accepter", "Refuser", "Lea Lead : appel en cours par e-mail")
	got := v.send("POST", german, url.Values{"answer": {"hand"}})
	if got.StatusCode != 400 {
		t.Errorf("handed to nobody: %d", got.StatusCode)
	}
	mustHave(t, got.body, "Sagen Sie, an wen.")
	mustHave(t, v.send("POST", german, url.Values{"answer": {"need"}}).body, "Erledigt.", "Lea Lead braucht Zeit bis")
	mustHave(t, v.send("POST", french, url.Values{"answer": {"accept"}}).body, "Vous avez accepté ceci.", "Anna Agent a accepté")
	mustHave(t, v.page(german), "Anna Agent hat das angenommen.")
	mustHave(t, v.get("/page/nothing?lang=fr").body, `<html lang="fr">`, "Ce lien n’est pas valable")
}
