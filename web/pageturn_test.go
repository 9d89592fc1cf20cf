package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/internal/peers"
	"tierline/ticket"
)

// Somebody is paged from the ticket's page, sees it there, and answers there.
func TestPagingInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "Under water", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	path := "/console/tickets/" + id.String()
	anna, lea := s.signedIn("anna"), s.signedIn("lea")
	mustNotHave(t, s.signedIn("ed").page(path), `value="page"`, "Page somebody")
	mustHave(t, anna.page(path), `<option value="l2" selected>Level 2: Lea Lead</option>`, "Level 1: nobody on call")
	got := anna.act(id, url.Values{"do": {"page"}, "key": {"k1"}, "tier": {"l2"}, "severity": {"urgent"}, "reason": {" "}})
	if got.StatusCode != 400 {
		t.Errorf("without a reason: %d", got.StatusCode)
	}
	mustHave(t, got.body, "a page needs a reason", `<option value="urgent" selected>`)
	form := url.Values{"do": {"page"}, "key": {"k1"}, "tier": {"l2"}, "severity": {"urgent"}, "reason": {"It <burns>"}}
	for range 2 { // a double click pages once
		if got := anna.act(id, form); got.StatusCode != 303 || !strings.HasSuffix(got.Header.Get("Location"), "?done=page") {
			t.Fatalf("page: %d %s", got.StatusCode, got.body)
		}
	}
	body := anna.page(path + "?done=page")
	mustHave(t, body, "Level 2 is being rung", "It &lt;burns&gt;", "Now: Lea Lead", "shown here as it happens")
	mustNotHave(t, body, `value="accept"`, `value="need"`)
	if got := anna.act(id, url.Values{"do": {"accept"}, "key": {"k2"}, "number": {"1"}}); got.StatusCode != 403 || !strings.Contains(got.body, "You were not paged") {
		t.Errorf("somebody who was not rung accepts: %d", got.StatusCode)
	}
	mustHave(t, lea.page(path), `value="accept"`, `value="decline"`, `value="need"`, `value="hand"`, `value="snooze"`, `<option value="anna">Anna Agent</option>`)
	if got := lea.act(id, url.Values{"do": {"hand"}, "key": {"k3"}, "number": {"1"}}); got.StatusCode != 400 || !strings.Contains(got.body, "Say to whom") {
		t.Errorf("handed to nobody: %d", got.StatusCode)
	}
	for _, do := range []url.Values{{"do": {"need"}}, {"do": {"snooze"}, "minutes": {"30"}}, {"do": {"accept"}, "callback": {"60"}}} {
		do.Set("key", "k4") // of one form: another button is another answer
		do.Set("number", "1")
		if got := lea.act(id, do); got.StatusCode != 303 {
			t.Fatalf("%s: %d %s", do.Get("do"), got.StatusCode, got.body)
		}
	}
	body = lea.page(path)
	mustHave(t, body, "You have accepted the page of Level 2", "You are reminded at", "Lea Lead snoozed it until", "Lea Lead needs time until", "Callback", `value="snooze"`)
	mustNotHave(t, body, `value="decline"`)
	if got := lea.act(id, url.Values{"do": {"decline"}, "key": {"k5"}, "number": {"1"}, "reason": {"no"}}); got.StatusCode != 409 {
		t.Errorf("declined after it was accepted: %d", got.StatusCode)
	}
}

// What somebody types into an answer stays when the page is refreshed, and so does the place of the keyboard.
func TestAPageIsAnsweredInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s := start(t)
	id := s.mail("1", "Under water", "Help")
	s.act(ticket.Action{Kind: ticket.ActRoute, Ticket: id, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}})
	plan := ticket.ChainPlan(time.Hour, "slack", "lea", "anna")
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: id, By: ticket.Gateway, Tier: "l2", Reason: "It burns", Plan: plan})
	link, err := s.ConsoleLink("lea", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	b.Do(chromedp.Navigate(link), chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)
	b.Do(chromedp.Navigate(s.URL() + "/console/tickets/" + id.String()))
	b.Do(chromedp.Focus("#t-reason-1"), chromedp.KeyEvent("on a train"))
	s.act(ticket.Action{Kind: ticket.ActPage, Ticket: id, By: ticket.Gateway, Tier: "l2", Reason: "and it smokes", Plan: plan})
	b.Until(`document.querySelector("#live-page").textContent.includes("and it smokes")`)
	if got := peers.JS[string](b, `document.activeElement.id + " " + document.querySelector("#t-reason-1").value`); got != "t-reason-1 on a train" {
		t.Errorf("after a refresh: %q", got)
	}
	b.Do(chromedp.Focus("#t-decline-1"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("#live-page").textContent.includes("Nobody of Level 2 was reached")`)
	b.Until(`document.querySelector("#h-page").parentElement.textContent.includes("Lea Lead declined: on a train")`)
	b.Do(chromedp.Focus("#t-accept-1"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("#live-page").textContent.includes("You have accepted the page of Level 2")`)
	b.NoProblems()
}
