package web

import (
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

var hiddenRev = regexp.MustCompile(`name="rev" value="(\d+)"`)

// do sends a form of the ticket's page.
func (v *visitor) act(id ticket.ID, form url.Values) answer {
	v.s.t.Helper()
	return v.post("/console/tickets/"+id.String(), "/console/tickets/"+id.String(), form)
}

func TestMergeAndUndoInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	first, second := s.mail("1", "The pump leaks", "It drips."), s.mail("2", "Pump again", "Here is <b>a photo</b>.")
	v := s.signedIn("anna")
	page := v.page("/console/tickets/" + second.String())
	mustHave(t, page, "Merge all of "+second.String(), `name="seq" value="1"`)
	rev := hiddenRev.FindStringSubmatch(page)[1]
	for name, form := range map[string]url.Values{
		"no number": {"do": {"merge"}, "key": {"k1"}, "rev": {rev}, "other": {"the other"}},
		"itself":    {"do": {"merge"}, "key": {"k2"}, "rev": {rev}, "other": {second.String()}},
	} {
		if got := v.act(second, form); got.StatusCode != 400 || !strings.Contains(got.body, `value="`+form.Get("other")+`"`) {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	if got := v.act(second, url.Values{"do": {"merge"}, "key": {"k3"}, "rev": {rev}, "other": {"T-9999"}}); got.StatusCode != 404 || !strings.Contains(got.body, "There is no ticket T-9999") || !strings.Contains(got.body, `value="T-9999"`) {
		t.Errorf("no such ticket: %d", got.StatusCode)
	}
	got := v.act(second, url.Values{"do": {"merge"}, "key": {"k4"}, "rev": {rev}, "other": {strconv.Itoa(int(first))}})
	if got.StatusCode != 303 || got.Header.Get("Location") != "/console/tickets/"+first.String()+"?done=merge" {
		t.Fatalf("merge: %d %s %s", got.StatusCode, got.Header.Get("Location"), got.body)
	}
	into := v.page(got.Header.Get("Location"))
	mustHave(t, into, "Merged. The history", "Here is &lt;b&gt;a photo&lt;/b&gt;.", `<a href="/console/tickets/`+second.String()+`#m1">`+second.String()+`#1</a>`, "Take it back",
		"1 message from", `aria-label="Take back the merge from `+second.String()+" into "+first.String())
	mustNotHave(t, into, "into rev", "moved: 1")
	gone := v.page("/console/tickets/" + second.String())
	mustHave(t, gone, "Merged into", "Counts in <a href=\"/console/tickets/"+first.String(), "What it said", "Take it back")
	mustNotHave(t, gone, `value="reply"`, `value="reopen"`, "Split chosen messages off")
	event := regexp.MustCompile(`name="event" value="(\d+)"`).FindStringSubmatch(gone)[1]
	for range 2 { // a double click takes it back once
		if got := v.act(second, url.Values{"do": {"undo"}, "event": {event}}); got.StatusCode != 303 || !strings.HasSuffix(got.Header.Get("Location"), "?done=undo") {
			t.Fatalf("undo: %d %s", got.StatusCode, got.body)
		}
	}
	for _, id := range []ticket.ID{first, second} {
		page := v.page("/console/tickets/" + id.String())
		mustHave(t, page, "undo")
		mustNotHave(t, page, "Take it back")
	}
	if got := s.signedIn("lea").act(second, url.Values{"do": {"undo"}, "event": {event}}); got.StatusCode != 409 || !strings.Contains(got.body, "taken back already") {
		t.Errorf("undo of what was undone: %d", got.StatusCode)
	}
	if got := s.signedIn("ed").act(second, url.Values{"do": {"merge"}, "key": {"k9"}, "other": {first.String()}}); got.StatusCode != 403 {
		t.Errorf("an editor: %d", got.StatusCode)
	}
	mustNotHave(t, s.signedIn("ed").page("/console/tickets/"+second.String()), `name="seq"`, "Merge all of", "Take it back")
}

func TestSplitAndMoveInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "The pump leaks", "It drips.")
	more := func(external, text string) {
		s.mail(external, "Re: The pump leaks", text, func(in *ticket.Inbound) {
			in.Threads = []ticket.ThreadKey{{By: "test", Ticket: id, Proof: true}}
		})
	}
	more("2", "And where is my invoice?")
	more("3", "It is about the invoice, too.")
	v := s.signedIn("anna")
	path := "/console/tickets/" + id.String()
	rev := hiddenRev.FindStringSubmatch(v.page(path))[1]
	if got := v.act(id, url.Values{"do": {"split"}, "key": {"k1"}, "rev": {rev}, "subject": {"An invoice"}}); got.StatusCode != 400 ||
		!strings.Contains(got.body, "Choose the messages") || !strings.Contains(got.body, `value="An invoice"`) {
		t.Errorf("nothing chosen: %d", got.StatusCode)
	}
	for range 2 {
		if got := v.act(id, url.Values{"do": {"split"}, "key": {"k2"}, "rev": {rev}, "subject": {"An invoice"}, "seq": {"2"}}); got.StatusCode != 303 ||
			got.Header.Get("Location") != "/console/tickets/"+(id+1).String()+"?done=split" {
			t.Fatalf("split: %d %s", got.StatusCode, got.body)
		}
	}
	fresh := v.page("/console/tickets/" + (id + 1).String() + "?done=split")
	mustHave(t, fresh, "An invoice", "Split off from <a href=\""+path, "where is my invoice", "this is the new ticket")
	rev = hiddenRev.FindStringSubmatch(v.page(path))[1]
	stale := v.act(id, url.Values{"do": {"move"}, "key": {"k3"}, "rev": {"1"}, "seq": {"3"}, "other": {(id + 1).String()}})
	if stale.StatusCode != 409 || !strings.Contains(stale.body, `name="seq" value="3" checked`) {
		t.Errorf("a stale page: %d", stale.StatusCode)
	}
	if got := v.act(id, url.Values{"do": {"move"}, "key": {"k4"}, "rev": {rev}, "seq": {"3"}, "other": {(id + 1).String()}}); got.StatusCode != 303 {
		t.Fatalf("move: %d %s", got.StatusCode, got.body)
	}
	mustHave(t, v.page("/console/tickets/"+(id+1).String()), "about the invoice, too", "#m3")
	for _, bad := range []url.Values{{"do": {"split"}, "seq": {"x"}}, {"do": {"split"}, "seq": {"-1"}}, {"do": {"withdraw"}, "seq": {"1", "2"}}, {"do": {"undo"}, "event": {"-1"}}} {
		if got := v.act(id, bad); got.StatusCode != 400 {
			t.Errorf("%v: %d", bad, got.StatusCode)
		}
	}
}

// A message that seems to begin another matter has a button that splits it off.
func TestASplitIsProposed(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "The pump leaks", "It drips.", func(in *ticket.Inbound) { in.Threads = []ticket.ThreadKey{{By: "references", Key: "ours@x"}} })
	s.mail("2", "Delivery to Lyon", "When does my order come?", func(in *ticket.Inbound) {
		in.Threads = []ticket.ThreadKey{{By: "references", Key: "ours@x"}}
	})
	v := s.signedIn("anna")
	page := v.page("/console/tickets/" + id.String())
	mustHave(t, page, "This may be another matter.", `aria-label="Split message 2 off into a ticket of its own"`)
	got := v.act(id, url.Values{"do": {"split"}, "seq": {"2"}, "rev": {hiddenRev.FindStringSubmatch(page)[1]}})
	if got.StatusCode != 303 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	fresh := v.page(got.Header.Get("Location"))
	mustHave(t, fresh, "Delivery to Lyon")
	mustNotHave(t, fresh, "This may be another matter.")
	mustNotHave(t, v.page("/console/tickets/"+id.String()), "This may be another matter.")
}

func TestWithdrawInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.mail("1", "The pump leaks", "It drips.")
	anna := staffList()[0].Actor()
	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: id, By: anna, Text: "Buy another.", Wait: time.Minute})
	v := s.signedIn("anna")
	page := v.page("/console/tickets/" + id.String())
	mustHave(t, page, "goes out in", "data-until=", `aria-label="Withdraw answer 2"`)
	mustNotHave(t, page, `name="seq" value="2"><span class="unseen">Choose`)
	for range 2 {
		if got := v.act(id, url.Values{"do": {"withdraw"}, "seq": {"2"}}); got.StatusCode != 303 {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
	}
	page = v.page("/console/tickets/" + id.String() + "?done=withdraw")
	mustHave(t, page, "the customer will not get this answer", `<span class="tag">withdrawn</span>`)
	mustNotHave(t, page, "Withdraw answer 2", "goes out in")
	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: id, By: anna, Text: "Dry the seal."})
	if _, err := s.store.Claim(t.Context(), []ticket.JobKind{ticket.JobSend}, 1, time.Minute); err != nil {
		t.Fatal(err)
	}
	if got := v.act(id, url.Values{"do": {"withdraw"}, "seq": {"3"}}); got.StatusCode != 409 {
		t.Errorf("what is on its way: %d", got.StatusCode)
	}
}

func TestTicketsOfDifferentCustomersStayApart(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := s.mail("1", "A", "a")
	two := s.mail("2", "B", "b", func(in *ticket.Inbound) {
		in.From = customer.Identity{Kind: customer.Email, Value: "dora@other.example"}
	})
	got := s.signedIn("anna").act(one, url.Values{"do": {"merge"}, "key": {"k"}, "other": {two.String()}})
	if got.StatusCode != 400 || !strings.Contains(got.body, "of different customers") {
		t.Errorf("%d", got.StatusCode)
	}
}

// Choosing, splitting, taking back and withdrawing, with the keyboard alone.
func TestSplitAndWithdrawInABrowser(t *testing.T) {
	t.Parallel()
	b := peers.Chromium(t)
	s := start(t)
	thread := []ticket.ThreadKey{{By: "references", Key: "ours@x"}}
	id := s.mail("1", "The pump leaks", "It drips.", func(in *ticket.Inbound) { in.Threads = thread })
	s.mail("2", "Re: The pump leaks", "And my invoice?", func(in *ticket.Inbound) { in.Threads = thread })
	link, err := s.ConsoleLink("anna", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	page := s.URL() + "/console/tickets/" + id.String()
	b.Do(chromedp.Navigate(link), chromedp.Click("button.main"))
	b.Until(`location.pathname === "/console"`)
	b.Do(chromedp.Navigate(page))
	b.Do(chromedp.Focus("#m2 .pick input"), chromedp.KeyEvent(" "))
	b.Until(`document.querySelector("#m2 .pick input").checked`)

	// Somebody else writes: the page shows it, and the choice stays.
	s.mail("3", "Re: The pump leaks", "Hello?", func(in *ticket.Inbound) { in.Threads = thread })
	b.Until(`document.querySelectorAll(".talk > li").length === 3`)
	if !peers.JS[bool](b, `document.querySelector("#m2 .pick input").checked`) {
		t.Error("the choice is lost when the page is refreshed")
	}
	b.Do(chromedp.SendKeys("#s-subject", "An invoice"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector(".fault")`) // what was seen is not what is there: it is said, and nothing is lost
	if got := peers.JS[string](b, `document.querySelector("#s-subject").value + document.querySelector("#m2 .pick input").checked`); got != "An invoicetrue" {
		t.Errorf("what was typed and chosen is now %q", got)
	}
	b.Do(chromedp.Focus("#shift button[value=split]"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("h1").textContent === "An invoice" && document.querySelector("[role=status]").textContent.includes("Split off")`)
	b.Do(chromedp.Focus(`.history button`), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector("[role=status]") && document.querySelector("[role=status]").textContent === "Taken back."`)

	s.act(ticket.Action{Kind: ticket.ActReply, Ticket: id, By: staffList()[0].Actor(), Text: "Wait.", Wait: 9 * time.Minute})
	b.Do(chromedp.Navigate(page))
	b.Until(`/^5[0-3]\d s$/.test(document.querySelector("[data-until]").textContent)`)
	first := peers.JS[string](b, `document.querySelector("[data-until]").textContent`)
	b.Until(`document.querySelector("[data-until]").textContent !== "` + first + `"`)
	b.Do(chromedp.Focus(".withdraw button"), chromedp.KeyEvent("\r"))
	b.Until(`document.querySelector(".msg.out .tag") && document.querySelector(".msg.out .tag").textContent === "withdrawn"`)
	for _, p := range b.Problems() {
		if !strings.Contains(p, "409") { // the one that was meant
			t.Errorf("the page reports: %s", p)
		}
	}
}

func TestSomebodyIsLeftOut(t *testing.T) {
	t.Parallel()
	s := start(t)
	who := func(address string) customer.Identity { return customer.Identity{Kind: customer.Email, Value: address} }
	id := s.mail("1", "The pump leaks", "It drips.", func(in *ticket.Inbound) {
		in.With = []customer.Identity{who("ann@x.example"), who("bob@x.example")}
	})
	v := s.signedIn("anna")
	path := "/console/tickets/" + id.String()
	page := v.page(path)
	mustHave(t, page, `aria-label="Leave ann@x.example out"`, `aria-label="Leave bob@x.example out"`)
	rev := hiddenRev.FindStringSubmatch(page)[1]
	if got := v.act(id, url.Values{"do": {"set"}, "key": {"k1"}, "rev": {rev}}); got.StatusCode != 400 {
		t.Errorf("nobody: %d", got.StatusCode)
	}
	if got := v.act(id, url.Values{"do": {"set"}, "key": {"k2"}, "rev": {rev}, "without": {"ann@x.example"}}); got.StatusCode != 303 {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	page = v.page(path)
	mustHave(t, page, `aria-label="Leave bob@x.example out"`)
	mustNotHave(t, page, `aria-label="Leave ann@x.example out"`)
	mustNotHave(t, s.signedIn("ed").page(path), "Leave out")
}
