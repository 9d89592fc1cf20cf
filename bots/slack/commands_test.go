package slackdesk_test

import (
	"fmt"
	"strings"
	"testing"

	"tierline/internal/slacksim"
	"tierline/router"
	"tierline/ticket"
)

// slash types a command and waits for an answer that only its writer sees.
func (g *gateway) slash(who, text, part string) slacksim.Message {
	g.Helper()
	g.must(g.sim.Slash(who, "support-l1", "/tier", text))
	var found slacksim.Message
	g.eventually("the answer to "+text+" to say "+part, func() bool {
		for _, m := range g.sim.Messages("C0L1") {
			if m.SeenBy() != "" && strings.Contains(m.Text+"\n"+m.PlainText(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func (g *gateway) ticket(id ticket.ID) ticket.Ticket {
	g.Helper()
	t, err := g.store.Ticket(g.Context(), id)
	g.must(err)
	return t
}

// TestEveryCommand types all that /tier takes.
func TestEveryCommand(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	pump := g.mail("ada@corp.example", "en", "Pump leaks", "It leaks at the seal")
	bill := g.mail("ada@corp.example", "en", "Second bill", "Twice the same")
	g.message("C0L1", "", "Second bill")
	g.message("C0L1", "", "Pump leaks")
	n := pump.String()
	for _, c := range []struct{ text, want string }{
		{"", "What `/tier` can do"},
		{"help page", "/tier page T-1042 [l2] [urgent] [reason]"},
		{"shwo T-1", "Did you mean /tier show?"},
		{"frobnicate", "There is no /tier frobnicate."},
		{"take", "Which ticket? Type /tier take T-1042."},
		{"take pump", "“pump” is no ticket number"},
		{"take " + n, n + " is yours."},
		{"my", "*1* yours"},
		{"note", "Yours: " + n},
		{n, "It leaks at the seal"},
		{"show " + n, "Go to the thread"},
		{"find leaks", "Pump leaks"},
		{"find ada@corp.example", "Second bill"},
		{"find zebra", "No ticket is found by zebra"},
		{"find", "Say more: /tier find"},
		{"note " + n + " the seal is <b>old</b>", "Noted on " + n},
		{"tag " + n + " Hardware, seal -none", "hardware, seal"},
		{"tag " + n + " -seal", "Tags of " + n + ": hardware"},
		{"tag " + n, "Say more: /tier tag"},
		{"customer ada@corp.example", "Their cases"},
		{"customer " + n, "Pump leaks"},
		{"customer nobody@x.example", "Nobody is known by nobody@x.example"},
		{"unit SN-999", "Nobody knows of a unit"},
		{"kb hold the reset button", "no article was found"},
		{"page " + n + " l2 urgent it floods", "Level 2 is paged"},
		{"merge " + bill.String() + " " + n, "goes on in " + n},
		{"undo " + bill.String(), "It is as it was"},
		{"join " + bill.String(), "You work on " + bill.String()},
		{"oncall", "Level 2"},
		{"team", "Anna Schmidt"},
		{"away 30m lunch", "You are away"},
		{"back", "You are here"},
		{"solve " + n + " a worn seal", "is solved: a worn seal"},
		{"next", bill.String() + " is yours"},
	} {
		g.slash("anna", c.text, strings.NewReplacer("“", `"`, "”", `"`).Replace(c.want))
	}
	k := g.ticket(pump)
	if k.Diagnosis != "a worn seal" || k.State != ticket.Solved || fmt.Sprint(k.Tags) != "[hardware]" || k.Page == nil || k.Page.Severity != ticket.Urgent {
		t.Errorf("%s %q %v, page %+v", k.State, k.Diagnosis, k.Tags, k.Page)
	}

	// What needs a form opens it, with what was typed.
	b := bill.String()
	for _, c := range []struct{ text, form, holds string }{
		{"reply " + b + " We have looked", "reply", "We have looked"}, {"escalate " + b + " nobody knows", "escalate", "nobody knows"}, {"promise " + b, "promise", b},
		{"note " + b, "note", b}, {"page " + b, "page", b}, {"solve " + b, "solve", b}, {"assign " + b, "assign", b}, {"merge " + b, "merge", b},
		{"new Water everywhere", "new_ticket", "Water everywhere"},
	} {
		g.must(g.sim.Slash("anna", "support-l1", "/tier", c.text))
		var v *slacksim.View
		g.eventually("the form "+c.form, func() bool { v = g.sim.View("anna"); return v != nil && v.CallbackID == c.form })
		if !strings.Contains(v.PlainText()+fmt.Sprint(v.Blocks), c.holds) {
			t.Errorf("the form of %q does not hold %q: %v", c.text, c.holds, v.Blocks)
		}
		g.must(g.sim.CloseView("anna", v.ID, true))
	}
}

// TestATicketForACaller: who has called or come by gets a ticket like everybody.
func TestATicketForACaller(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	g.must(g.sim.Slash("anna", "support-l1", "/tier", "new Water everywhere"))
	var v *slacksim.View
	g.eventually("the form", func() bool { v = g.sim.View("anna"); return v != nil && v.CallbackID == "new_ticket" })
	values := map[string]any{"name": "Bea Brook", "contact": "030 1234", "subject": "Water everywhere", "text": "My cellar is full of water", "tried": "main valve closed",
		"next": "call back at 5", "unit": "SN-77", "language": "de", "priority": "urgent"}
	ans, err := g.sim.Submit("anna", v.ID, values)
	if err != nil || !strings.Contains(ans.Errors["contact"], "with its country") {
		t.Fatalf("a national number: %v %v", ans.Errors, err)
	}
	values["contact"] = "+49 30 123-4567"
	_, err = g.sim.Submit("anna", v.ID, values)
	g.must(err)
	g.eventually("its number", func() bool {
		v = g.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), ticket.FirstID.String())
	})
	g.message("C0L1", "", "Water everywhere")
	card := g.message("C0L1", "", "Bea Brook")
	g.message("C0L1", card.TS, "My cellar is full of water")
	g.message("C0L1", card.TS, "main valve closed")
	k := g.ticket(ticket.FirstID)
	if k.Owner != "anna" || k.Channel != "phone" || k.Language != "de" || k.Priority != ticket.Urgent || fmt.Sprint(k.Units) != "[SN-77]" || k.Participants[0].Value != "+49301234567" {
		t.Errorf("%+v", k)
	}
	if !k.Acknowledged.IsZero() {
		t.Error("a caller is told that their call has come in")
	}
}

// TestShortcuts uses every one of them.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	g := newGateway(t, func(c *router.Config) { c.Incidents.Off = true })
	pump := g.mail("ada@corp.example", "en", "Pump leaks", "It leaks at the seal")
	g.message("C0L1", "", "Pump leaks")
	said, err := g.sim.SayWith("ben", "support-l1", "Customer Ltd rang: their press <B2> stands still", "", slacksim.Upload{Name: "press.png", Type: "image/png", Data: []byte("png")})
	g.must(err)

	// A colleague's message: the customer is asked for.
	g.must(g.sim.Shortcut("anna", "make_ticket", "C0L1", said))
	g.fill("anna", "new_ticket", map[string]any{"contact": "press@customer.example", "name": "Press Hall"})
	card := g.message("C0L1", "", "Press Hall")
	g.message("C0L1", card.TS, "stands still")
	g.message("C0L1", card.TS, "press.png")
	press := pump + 1
	if k := g.ticket(press); k.Channel != "email" || k.Owner != "anna" {
		t.Errorf("%+v", k)
	}

	g.must(g.sim.Shortcut("ben", "add_to_ticket", "C0L1", said))
	g.fill("ben", "add_to", map[string]any{"number": pump.String()})
	pumpCard := g.message("C0L1", "", "Pump leaks")
	g.message("C0L1", pumpCard.TS, "Ben Okafor in Slack")
	g.message("C0L1", pumpCard.TS, "press.png")

	g.must(g.sim.Shortcut("anna", "ask_kb", "C0L1", said))
	g.fill("anna", "ask_kb", map[string]any{"question": "press stands still"})
	g.eventually("an answer", func() bool {
		v := g.sim.View("anna")
		return v != nil && strings.Contains(v.PlainText(), "no article was found")
	})

	g.must(g.sim.Shortcut("anna", "note_ticket", "", ""))
	g.fill("anna", "add_to", map[string]any{"mine": press.String(), "text": "they close at six"})
	g.message("C0L1", card.TS, "they close at six")

	g.must(g.sim.Shortcut("anna", "page_level2_global", "", ""))
	g.fill("anna", "page_any", map[string]any{"mine": press.String(), "reason": "the press stands", "severity": "urgent"})
	dm, err := g.sim.DM("chloe", "@app")
	g.must(err)
	g.message(dm, "", "the press stands")
	g.must(g.sim.Shortcut("anna", "page_level2", "C0L1", pumpCard.TS)) // of the ticket itself
	g.fill("anna", "page", map[string]any{"reason": "it leaks"})
	g.eventually("the page", func() bool { return g.ticket(pump).Page != nil })

	g.must(g.sim.Shortcut("ben", "next_case", "", ""))
	g.eventually("the next case", func() bool { return g.ticket(pump).Owner == "ben" })
	g.says("ben", "is yours") // else it may come over the next form
	g.must(g.sim.Shortcut("ben", "new_ticket_global", "", ""))
	g.fill("ben", "new_ticket", map[string]any{"contact": "x@y.example", "subject": "Another", "whose": "queue"})
	g.message("C0L1", "", "Another")

	// A customer's message in a channel that is none of the customers': they are answered in its thread.
	g.must(g.sim.Invite("ben", "support-l1", "dora"))
	asked, err := g.sim.Say("dora", "C0L1", "Where is my order?", "")
	g.must(err)
	g.must(g.sim.Shortcut("ben", "make_ticket", "C0L1", asked))
	g.fill("ben", "new_ticket", map[string]any{"subject": "Order"})
	order := g.message("C0L1", "", "Dora Client")
	g.must(g.sim.Click("ben", "C0L1", order.TS, "reply"))
	g.fill("ben", "reply", map[string]any{"text0": "It is on its way."})
	g.message("C0L1", asked, "It is on its way.")

	// Where the app is not, nobody can be answered, and nobody heard.
	g.must(g.sim.Invite("ben", "general", "dora"))
	far, err := g.sim.Say("dora", "general", "Is this the right place?", "")
	g.must(err)
	g.must(g.sim.Shortcut("ben", "make_ticket", "general", far))
	var v *slacksim.View
	g.eventually("the form", func() bool { v = g.sim.View("ben"); return v != nil && v.CallbackID == "new_ticket" })
	ans, err := g.sim.Submit("ben", v.ID, map[string]any{"subject": "Far away"})
	if err != nil || !strings.Contains(ans.Errors["contact"], "The app is not in that channel") {
		t.Errorf("of a channel without the app: %v %v", ans.Errors, err)
	}

	// Guests can use none.
	g.must(g.sim.Shortcut("dora", "next_case", "", ""))
	g.eventually("a word to the guest", func() bool { v := g.sim.View("dora"); return v != nil && strings.Contains(v.PlainText(), "Guests") })
}
