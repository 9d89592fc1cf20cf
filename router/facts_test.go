package router

import (
	"os"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func TestCompileErrorsNameTheNearestName(t *testing.T) {
	t.Parallel()
	for when, want := range map[string]string{
		`chanel == "email"`:                `there is no "chanel"; did you mean channel? (character 1)`,
		`open && unit_case > 2`:            `there is no "unit_case"; did you mean unit_cases? (character 9)`,
		`score > 0.5`:                      `there is no "score"; did you mean best_score?`,
		`zzzzzzzzzz`:                       `there is no "zzzzzzzzzz" (character 1)`,
		"open and\n  lemmon":               `did you mean lemon? (line 2 of the expression, character 3)`,
		`contacts == "three"`:              `mismatched types`,
		`subject`:                          `expected bool`,
		`age > 5`:                          `invalid operation`,
		`attributes.region == "emea" && (`: `unexpected token`,
	} {
		if _, err := compile(when); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", when, err, want)
		}
	}
	for _, when := range []string{`attributes.region == "emea"`, `in_state > duration("4h") and "anger" in signals`,
		`"lawyer" in signal_words.anger`, `any(units, # startsWith "AB")`, `verified_by in ["dmarc", "agent"]`} {
		if _, err := compile(when); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
}

// TestTheTableOfFactsIsTrue: run with UPDATE_DOCS=1 to write it anew.
func TestTheTableOfFactsIsTrue(t *testing.T) {
	t.Parallel()
	const name, begin, end = "../docs/guides/rules.md", "<!-- facts: made by a test -->\n", "<!-- end of facts -->"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n| fact | what it is | |\n|---|---|---|\n")
	for _, r := range FactTable() {
		if r[2] == "" {
			t.Errorf("nobody knows what %s means", r[0])
		}
		b.WriteString("| `" + r[0] + "` | " + r[1] + " | " + strings.ReplaceAll(r[2], "|", "\\|") + " |\n")
	}
	b.WriteString("\n")
	head, rest, ok := strings.Cut(string(text), begin)
	was, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("the guide has no place for the table")
	}
	if was == b.String() {
		return
	}
	if os.Getenv("UPDATE_DOCS") == "" {
		t.Fatal("the table of facts in the guide is not what the program knows: run this test with UPDATE_DOCS=1")
	}
	if err := os.WriteFile(name, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWhatRulesSee(t *testing.T) {
	t.Parallel()
	w, jobs := newWorld(t, &noKB{})
	org, err := w.store.PutOrganization(t.Context(), customer.Organization{Name: "Acme", Plan: "gold", Domains: []string{"acme.example"},
		Attributes: map[string]string{"region": "emea", "tam": "lena"}})
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.store.PutCustomer(t.Context(), customer.Customer{Name: "Joe", Organization: org, Attributes: map[string]string{"region": "apac"},
		Identities: []customer.Identity{{Kind: customer.Email, Value: "joe@acme.example"}}})
	if err != nil || who == 0 {
		t.Fatal(err)
	}
	say := func(proven string, mail func(*ticket.Inbound)) ticket.ID {
		t.Helper()
		return w.take(jobs, func(in *ticket.Inbound) {
			in.From.Value, in.Proven, in.At = "joe@acme.example", proven, w.clock()
			if mail != nil {
				mail(in)
			}
		}).Ticket
	}
	other := say("dmarc", nil)
	w.pass(8 * 24 * time.Hour)
	say("dmarc", nil) // of these days
	id := say("dmarc", func(in *ticket.Inbound) { in.Text = "This is unacceptable!" })
	see := func() Facts {
		t.Helper()
		f, tk, err := w.desk.gather(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		f.remember(tk)
		f.signals(w.desk.Live.Rules())
		return f
	}
	f := see()
	if f.Customer != "Joe" || f.Plan != "gold" || f.Attributes["region"] != "apac" || f.Attributes["tam"] != "lena" || f.Attributes["x"] != "" {
		t.Errorf("customer: %+v", f)
	}
	if !f.Verified || f.VerifiedBy != "dmarc" || f.Lately != 2 || f.Contacts != 1 || f.Turns != 1 || f.State != "new" || !f.Searched {
		t.Errorf("case: %+v", f)
	}
	if f.Words["anger"] == nil || f.Words["anger"][0] != "unacceptable" {
		t.Errorf("words: %v", f.Words)
	}
	again := func(text string) {
		w.pass(time.Minute)
		say("", func(in *ticket.Inbound) {
			in.Text, in.Threads = text, []ticket.ThreadKey{{By: "subject-tag", Ticket: id}}
		})
	}
	again("one more thing")
	again("and another")
	w.act("anna", ticket.Action{Kind: ticket.ActReply, Ticket: id, Text: "Tell us more."})
	w.pass(2 * time.Hour)
	again("it is red")
	f = see()
	if f.Verified || f.Contacts != 4 || f.Turns != 2 || f.Lately != 5 || f.State != "open" || f.Age != 2*time.Hour+3*time.Minute || f.InState != 0 || f.AtTier != f.Age {
		t.Errorf("later: %+v", f)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActVerify, Ticket: id, Reason: "called back"})
	w.act("anna", ticket.Action{Kind: ticket.ActNote, Ticket: id, Note: &ticket.NoteFields{Tried: "another cable"}})
	w.act("anna", ticket.Action{Kind: ticket.ActSolve, Ticket: id, Diagnosis: "the cable"})
	w.act("anna", ticket.Action{Kind: ticket.ActReopen, Ticket: id})
	f = see()
	if !f.Verified || f.VerifiedBy != "agent" || f.Diagnosis != "the cable" || len(f.Tried) != 1 || f.Reopened != 1 || f.Owner != "anna" {
		t.Errorf("at last: %+v", f)
	}
	w.act("anna", ticket.Action{Kind: ticket.ActVerify, Ticket: id, Verdict: ticket.NotVerified})
	if f = see(); f.Verified {
		t.Error("a mistake is not taken back")
	}
	// As it was opened it can be told later: what others have written since does not count.
	tk, err := w.store.Ticket(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = w.desk.opening(t.Context(), tk); err != nil || f.Lately != 2 || !f.Verified || f.Turns != 1 || f.State != "new" || f.Attributes["region"] != "apac" {
		t.Errorf("as it was opened: %+v, %v", f, err)
	}
	_ = other
}
