package router

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

func TestExplainTellsOfEveryRule(t *testing.T) {
	t.Parallel()
	cfg := desk5()
	cfg.Signals.Off = true
	cfg.Rules = append(cfg.Rules, Rule{Name: "fails", Group: "odd", When: `units[3] == "x"`}, Rule{Name: "guarded", Group: "odd", When: `len(units) > 0 and units[0] == "x"`},
		Rule{Name: "either", Group: "odd", When: `lemon || (open && any(tags, # == "a"))`}, Rule{Name: "not", Group: "odd", When: "not (channel ==\n \"chat\")"})
	rules, err := NewRules(cfg)
	if err != nil {
		t.Fatal(err)
	}
	steps, out := rules.ExplainFacts(cfg, Facts{Channel: "chat", Inbox: "desk", Plan: "gold", Text: "smoke"})
	var got []string
	for _, s := range steps {
		mark := map[bool]string{true: "+", false: "-"}
		got = append(got, s.Group+"/"+s.Rule+" tried"+mark[s.Tried]+" matched"+mark[s.Matched]+" "+s.Why+" → "+s.Then)
	}
	want := []string{
		`route/lemon tried+ matched- false: lemon → tier l2, priority high, tags lemon`,
		`route/shop chat tried+ matched- false: inbox == "shop" (inbox is "desk") → tier l1, tags shop`,
		`route/everything tried+ matched+ it has no condition → tier l1`,
		`priority/gold tried+ matched+ plan == "gold" → priority urgent`,
		`priority/smoke tried- matched- “gold” comes before it in its group and matches → priority urgent, tags safety`,
		``,
		`odd/guarded tried+ matched- false: len(units) > 0 (units is []) → `,
		`odd/either tried+ matched- false: lemon || (open && any(tags, # == "a")) (lemon is false, open is false, tags is []) → `,
		`odd/not tried+ matched- false: not (channel == "chat") (channel is "chat") → `,
	}
	if len(got) != len(want) || !strings.HasPrefix(got[5], "odd/fails tried+ matched- it could not be evaluated: ") {
		t.Fatalf("%q", got)
	}
	got[5] = ""
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if out.String() != "tier l1, queue first, priority urgent" || out.On != ticket.OnOpened {
		t.Errorf("%s, %+v", out, out)
	}
}

// TestExplainOfATicket: as it came in, or as it is.
func TestExplainOfATicket(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	acc := w.take(jobs, func(in *ticket.Inbound) { in.Text = "Der Rauchmelder piept" })
	w.take(jobs, func(in *ticket.Inbound) {
		in.Text, in.Threads = "I want to speak to a technician!", []ticket.ThreadKey{{By: "subject-tag", Ticket: acc.Ticket}}
	})
	before, err := w.store.Ticket(t.Context(), acc.Ticket)
	if err != nil {
		t.Fatal(err)
	}
	_, out, err := w.desk.ExplainTicket(t.Context(), w.desk.Live.Rules(), acc.Ticket, ticket.OnOpened, "")
	if err != nil || out.String() != "tier l1, queue first, priority urgent, tags safety" {
		t.Errorf("opened: %s, %v", out, err)
	}
	_, out, err = w.desk.ExplainTicket(t.Context(), w.desk.Live.Rules(), acc.Ticket, ticket.OnReply, "")
	if err != nil || out.String() != "proposes escalate" {
		t.Errorf("a reply: %s, %v", out, err)
	}
	_, out, err = w.desk.ExplainTicket(t.Context(), w.desk.Live.Rules(), acc.Ticket, ticket.OnBreach, "at_tier")
	if err != nil || out.String() != "proposes escalate" {
		t.Errorf("a clock: %s, %v", out, err)
	}
	after, err := w.store.Ticket(t.Context(), acc.Ticket)
	if err != nil || after.Rev != before.Rev {
		t.Errorf("it has written: %d, %d, %v", before.Rev, after.Rev, err)
	}
	if _, _, err := w.desk.ExplainTicket(t.Context(), w.desk.Live.Rules(), 99, ticket.OnOpened, ""); ticket.KindOf(err) != ticket.NotFound {
		t.Error(err)
	}
}

// TestOpeningIsWhatRulesSaw: of a ticket that has just come in both ways give the same facts.
func TestOpeningIsWhatRulesSaw(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	if err := w.store.PutUnit(t.Context(), customer.Unit{Serial: "BW1-000001", Model: "BW1"}); err != nil {
		t.Fatal(err)
	}
	acc, err := w.store.Accept(t.Context(), []ticket.Inbound{{Channel: channels.Email, Inbox: "support", External: "1", Subject: "Hi",
		From: customer.Identity{Kind: customer.Email, Value: "joe@example.org"}, Text: "Help", Units: []string{"BW1-000001", "BW1-999999"},
		Found: []ticket.Finding{{Kind: ticket.FoundPhone, Value: "+4930901820"}, {Kind: ticket.FoundOrder, Value: "A-1"}}}})
	if err != nil {
		t.Fatal(err)
	}
	want, _, _, err := w.desk.facts(t.Context(), acc[0].Ticket)
	if err != nil {
		t.Fatal(err)
	}
	w.work(jobs)
	tk, err := w.store.Ticket(t.Context(), acc[0].Ticket)
	if err != nil || tk.Tier == "" {
		t.Fatal(tk.Tier, err)
	}
	got, err := w.desk.opening(t.Context(), tk)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); a != b {
		t.Errorf("%s\nwant %s", a, b)
	}
}
