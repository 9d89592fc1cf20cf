package web

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func from(address, name string) func(*ticket.Inbound) {
	return func(in *ticket.Inbound) {
		in.From = customer.Identity{Kind: customer.Email, Value: address, Name: name}
	}
}

func TestCustomersInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.mail("1", "At work", "x", from("carla@customer.example", "Carla <b>Customer</b>"))
	s.mail("2", "At home", "y", from("carla@home.example", "Carla <b>Customer</b>"))
	s.mail("3", "Other", "z", from("dora@other.example", "Dora"))
	v := s.signedIn("anna")
	list := v.page("/console/customers?q=carla")
	mustHave(t, list, "Carla &lt;b&gt;Customer", "carla@customer.example", "carla@home.example", `href="/console/customers/2"`)
	mustNotHave(t, list, "Dora", "Same person", "/console/blocks")
	mustHave(t, v.page("/console/customers?q=nobody"), "Nobody is known by that.")
	mustHave(t, v.page("/console/customers?same=1"), "Nothing is done before", "/console/customers/1/merge?of=2")
	mustNotHave(t, v.page("/console/customers?same=1"), "/console/customers/1/merge?of=1")
	page := v.page("/console/customers/1")
	mustHave(t, page, "At work", "Of the same name", "/console/customers/1/merge?of=2", "All tickets of this customer")
	mustNotHave(t, page, "Block carla", "At home")
	s.mail("4", "Returned", "", func(in *ticket.Inbound) {
		in.From.Value, in.Auto, in.Alone = "mailer-daemon@mx.example", true, "bounce-unknown"
		in.Threads = []ticket.ThreadKey{{By: "test", Ticket: ticket.FirstID, Proof: true}}
		in.Bounce = &ticket.Bounce{Seq: 1, Kind: ticket.BounceFailed, To: "carla@customer.example", Hard: true, Reason: "550 no <such> user"}
	})
	mustHave(t, v.page("/console/customers/1"), "undeliverable", "550 no &lt;such&gt; user")
	mustHave(t, v.page("/console/customers?q=carla"), "undeliverable")
	mustHave(t, v.page("/console/tickets/"+ticket.FirstID.String()), "undeliverable", "550 no &lt;such&gt; user")
	mustHave(t, s.signedIn("lea").page("/console/customers/1"), "/console/blocks?sender=email%3acarla%40customer.example", `href="/console/blocks"`)
	ask := v.page("/console/customers/2/merge?of=1")
	mustHave(t, ask, "Are these one person?", "At work", "At home", "The other way round")
	for _, bad := range []string{"", "?of=2", "?of=x"} {
		if got := v.get("/console/customers/2/merge" + bad); got.StatusCode != 400 {
			t.Errorf("%s: %d", bad, got.StatusCode)
		}
	}
	if got := v.get("/console/customers/2/merge?of=99"); got.StatusCode != 404 {
		t.Errorf("nobody: %d", got.StatusCode)
	}
	got := v.post("/console/customers/2/merge?of=1", "/console/customers/2/merge", url.Values{"of": {"1"}})
	if got.StatusCode != 303 || got.Header.Get("Location") != "/console/customers/1?done=merged" {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	mustHave(t, v.page("/console/customers/1?done=merged"), "They are one person now.", "Counts as this person", "carla@home.example", "At home", "/console/customers/2/unmerge")
	mustHave(t, v.page("/console/customers/2"), "Counts as", "Tell them apart")
	if got := v.get("/console/customers/2/merge?of=3"); got.StatusCode != 409 {
		t.Errorf("an alias: %d", got.StatusCode)
	}
	mustHave(t, v.page("/console/customers/2/unmerge"), "Tell these two apart?")
	if got := v.post("/console/customers/2/unmerge", "/console/customers/2/unmerge", nil); got.StatusCode != 303 {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := v.get("/console/customers/2/unmerge"); got.StatusCode != 409 {
		t.Errorf("nothing to tell apart: %d", got.StatusCode)
	}
	editor := s.signedIn("ed").page("/console/customers/1")
	mustHave(t, editor, "At work")
	mustNotHave(t, editor, "merge?of", "Find the other record")
}

func TestBlocksInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	v := s.signedIn("lea")
	mustHave(t, v.page("/console/blocks"), "Nobody is blocked.")
	mustHave(t, v.page("/console/blocks?sender=email:x@y.example"), `value="email:x@y.example"`)
	add := func(sender, reason, span string) answer {
		return v.post("/console/blocks", "/console/blocks", url.Values{"sender": {sender}, "reason": {reason}, "span": {span}})
	}
	for _, bad := range [][3]string{{"", "spam", "day"}, {"gmail.com", "spam", "day"}, {"x y", "spam", "day"}, {"x@y.example", "", "day"}, {"x@y.example", "spam", "never"}, {"fax:1", "spam", "day"},
		{"x@y.example", strings.Repeat("x", ticket.MaxBlockReason+1), "day"}} {
		if got := add(bad[0], bad[1], bad[2]); got.StatusCode != 400 || bad[2] == "day" && !strings.Contains(got.body, `role="alert"`) {
			t.Errorf("%v: %d", bad, got.StatusCode)
		}
	}
	for _, good := range [][3]string{{" Spam@Bad.Example ", "sends <b>spam</b>", "week"}, {"@Bad.example", "all of it", "ever"}, {"+49 (30) 123-456", "shouts", "day"}, {"chat:abc", "x", "year"}} {
		if got := add(good[0], good[1], good[2]); got.StatusCode != 303 {
			t.Errorf("%v: %d %s", good, got.StatusCode, got.body)
		}
	}
	list, err := s.d.Store.Blocks(t.Context(), "", 10)
	if err != nil || len(list) != 4 {
		t.Fatal(list, err)
	}
	if b := list[2]; b.Key != "email:spam@bad.example" || b.By.ID != "lea" || b.Until.Sub(b.At).Round(time.Minute) != 7*24*time.Hour || list[0].Key != "chat:abc" || list[1].Key != "domain:bad.example" || !list[1].Until.IsZero() || list[3].Key != "phone:+4930123456" {
		t.Errorf("%+v", list)
	}
	mustHave(t, v.page("/console/blocks?done=blocked"), "sends &lt;b&gt;spam", "The sender is blocked.", "for good", "in 6 days", `aria-label="Unblock phone:`)
	if got := v.post("/console/blocks", "/console/blocks/remove", url.Values{"key": {"email:spam@bad.example"}}); got.StatusCode != 303 {
		t.Errorf("%d", got.StatusCode)
	}
	if got := v.post("/console/blocks", "/console/blocks/remove", url.Values{"key": {"email:spam@bad.example"}}); got.StatusCode != 404 {
		t.Errorf("again: %d", got.StatusCode)
	}
	if got := s.signedIn("anna").get("/console/blocks"); got.StatusCode != 403 {
		t.Errorf("an agent: %d", got.StatusCode)
	}
}
