package storetest

import (
	"fmt"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func address(v string) customer.Identity { return customer.Identity{Kind: customer.Email, Value: v} }

// peopleAliases makes two records of one person count as one, and apart again.
func peopleAliases(t *testing.T, w *world) {
	ctx := ctxOf(t)
	out := accept(t, w.a, mail("ann@home.example", "<1@x>"), mail("ann@work.example", "<2@x>"), mail("bob@work.example", "<3@x>"))
	home := must(w.a.CustomerBy(ctx, address("ann@home.example")))(t)
	work := must(w.a.CustomerBy(ctx, address("ann@work.example")))(t)
	bob := must(w.a.CustomerBy(ctx, address("bob@work.example")))(t)
	refused(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: out[0].Ticket, Other: out[1].Ticket}, ticket.Invalid, "merge the customers")
	kind(t, w.a.MergeCustomers(ctx, home.ID, home.ID, ana), ticket.Invalid)
	kind(t, w.a.MergeCustomers(ctx, home.ID, 999, ana), ticket.NotFound)
	kind(t, w.a.UnmergeCustomer(ctx, home.ID, ana), ticket.Conflict)
	kind(t, w.a.UnmergeCustomer(ctx, 999, ana), ticket.NotFound)
	act(t, w.a, ticket.Action{Kind: ticket.ActRoute, Ticket: out[0].Ticket, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1", Priority: ticket.Normal}})
	drain(t, w.a)
	ok(t, w.a.MergeCustomers(ctx, home.ID, work.ID, ana))
	cards := claim(t, w.a, 10, ticket.JobShow)
	equal(t, "cards that are drawn anew", len(cards) == 1 && cards[0].Ticket == out[0].Ticket, true)
	kind(t, w.a.MergeCustomers(ctx, home.ID, work.ID, ana), ticket.Conflict)
	kind(t, w.a.MergeCustomers(ctx, home.ID, bob.ID, ana), ticket.Conflict)
	kind(t, w.a.MergeCustomers(ctx, bob.ID, home.ID, ana), ticket.Conflict)
	kind(t, w.a.MergeCustomers(ctx, work.ID, bob.ID, ana), ticket.Conflict)
	kind(t, w.a.MergeCustomers(ctx, work.ID, home.ID, ana), ticket.Conflict)
	equal(t, "known by the other address", must(w.a.CustomerBy(ctx, address("ann@home.example")))(t).ID, work.ID)
	equal(t, "the alias knows", must(w.a.Customer(ctx, home.ID))(t).AliasOf, work.ID)
	equal(t, "and who it stands for", fmt.Sprint(must(w.a.Customer(ctx, work.ID))(t).Aliases), fmt.Sprint([]customer.ID{home.ID}))

	// A new mail from either is hers, and she may continue her tickets from either.
	next := accept(t, w.a, mail("ann@home.example", "<4@x>"))[0].Ticket
	equal(t, "whose it is", must(w.a.Ticket(ctx, next))(t).Customer, work.ID)
	equal(t, "continued from the alias", accept(t, w.a, mail("ann@home.example", "<5@x>", refTo("<2@x>")))[0].Ticket, out[1].Ticket)
	equal(t, "and from the other", accept(t, w.a, mail("ann@work.example", "<6@x>", refTo("<1@x>")))[0].Ticket, out[0].Ticket)
	equal(t, "not by others", accept(t, w.a, mail("bob@work.example", "<7@x>", refTo("<1@x>")))[0].Opened, true)
	for _, id := range []customer.ID{home.ID, work.ID} {
		equal(t, "her tickets", len(must(w.a.Tickets(ctx, ticket.Filter{Customer: id}))(t)), 3)
		equal(t, "her cases", len(must(w.a.Cases(ctx, ticket.CaseQuery{Customer: id, Except: next}))(t)), 2)
	}
	equal(t, "by either address", len(must(w.a.Tickets(ctx, ticket.Filter{Text: "Ann@home.example"}))(t)), 3)
	merged := act(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: next, Other: out[0].Ticket, By: ana})
	equal(t, "her tickets can be merged", merged.ID, out[0].Ticket)

	// What somebody puts does not undo it.
	home.Name = "Anna"
	_, err := w.a.PutCustomer(ctx, home)
	ok(t, err)
	equal(t, "still an alias", must(w.a.Customer(ctx, home.ID))(t).AliasOf, work.ID)
	ok(t, w.a.UnmergeCustomer(ctx, home.ID, ana))
	equal(t, "her own again", must(w.a.CustomerBy(ctx, address("ann@home.example")))(t).ID, home.ID)
	equal(t, "the tickets she came with", len(must(w.a.Tickets(ctx, ticket.Filter{Customer: home.ID}))(t)), 1)
	equal(t, "nobody stands for the other", len(must(w.a.Customer(ctx, work.ID))(t).Aliases), 0)
	log := must(w.a.Events(ctx, 0, 0, 10))(t)
	equal(t, "what was done", log[0].Kind+" "+log[1].Kind+" by "+log[0].By.Name, "customers_merged customers_unmerged by Ana")

	// Both ways at once: one of them wins, and nobody stands for somebody who stands for them.
	b := w.open(w.clock.Now)
	for range 10 {
		errs := make([]error, 2)
		together(2, func(n int) {
			errs[n] = []Store{w.a, b}[n].MergeCustomers(ctx, []customer.ID{home.ID, work.ID}[n], []customer.ID{work.ID, home.ID}[n], ana)
		})
		equal(t, "one of them", (errs[0] == nil) != (errs[1] == nil), true)
		ok(t, w.a.UnmergeCustomer(ctx, map[bool]customer.ID{true: home.ID, false: work.ID}[errs[0] == nil], ana))
	}
}

func peopleSearched(t *testing.T, w *world) {
	ctx := ctxOf(t)
	for i := range 3 {
		in := mail(fmt.Sprintf("p%d@corp.example", i), fmt.Sprint(i))
		in.From.Name = fmt.Sprintf("Jörg Äm%d", i)
		accept(t, w.a, in)
	}
	put := must(w.a.PutCustomer(ctx, customer.Customer{Name: "Eve 100%", Identities: []customer.Identity{{Kind: customer.Phone, Value: "+4930777"}}}))(t)
	find := func(text string, after customer.ID, limit int) string {
		s := ""
		for _, c := range must(w.a.Customers(ctx, text, after, limit))(t) {
			s += fmt.Sprint(c.ID, " ")
		}
		return s
	}
	equal(t, "all", find("", 0, 0), "1 2 3 4 ")
	equal(t, "by name", find("jörg äm1", 0, 0), "2 ")
	equal(t, "by address", find("P2@CORP", 0, 0), "3 ")
	equal(t, "by telephone", find("30777", 0, 0), fmt.Sprint(put, " "))
	equal(t, "no joker", find("1%0", 0, 0), "")
	equal(t, "page by page", find("corp.example", 1, 1), "2 ")
}

func peopleBlocked(t *testing.T, w *world) {
	ctx := ctxOf(t)
	first := accept(t, w.a, mail("eve@spam.example", "<1@x>"))[0].Ticket
	hour := w.clock.Now().Add(time.Hour)
	ok(t, w.a.Block(ctx, ticket.Block{Key: "email: EVE@spam.example", Reason: "insults", By: ana, Until: hour}))
	ok(t, w.a.Block(ctx, ticket.Block{Key: "domain:Bulk.Example", Reason: "bulk", By: ana}))
	for _, key := range []string{"", "eve", "email:eve", "domain:", "domain:example", "domain:a@b.example", "domain:gmail.com", "block:x"} {
		kind(t, w.a.Block(ctx, ticket.Block{Key: key, By: ana}), ticket.Invalid)
	}
	kind(t, w.a.Block(ctx, ticket.Block{Key: "email:x@y.example", Until: w.clock.Now()}), ticket.Invalid)
	list := must(w.a.Blocks(ctx, "", 1))(t)
	equal(t, "the first", fmt.Sprint(list[0].Key, " ", list[0].Reason, " ", list[0].By.Name), "domain:bulk.example bulk Ana")
	for who, out := range map[string]bool{"eve@spam.example": true, "x@mail.bulk.example": true, "adam@spam.example": false} {
		equal(t, who, must(w.a.Blocked(ctx, address(who)))(t), out)
	}
	list = must(w.a.Blocks(ctx, list[0].Key, 9))(t)
	equal(t, "the rest", list[0].Key, "email:eve@spam.example")

	proof := ticket.ThreadKey{By: "reply-token", Ticket: first, Proof: true}
	batch := []ticket.Inbound{seen(mail("eve@spam.example", "<2@x>", proof), ""), seen(mail("x@mail.bulk.example", "<3@x>"), ""),
		seen(mail("adam@spam.example", "<4@x>"), "")}
	got := accept(t, w.a, batch...)
	equal(t, "kept out", fmt.Sprint(got[0].Suppressed, got[0].Ticket, got[1].Suppressed, got[2].Opened), "true T-0 true true")
	equal(t, "the ledger tells", outcomes(t, w, ticket.MailFilter{}), "4 ticketed/opened, 3 suppressed/blocked-sender, 2 suppressed/blocked-sender")
	equal(t, "the mail is kept", must(w.a.Mails(ctx, ticket.MailFilter{Text: "<3@x>"}))(t)[0].Kept, true)
	_, err := w.a.CustomerBy(ctx, address("x@mail.bulk.example"))
	kind(t, err, ticket.NotFound)
	equal(t, "once more is a duplicate", accept(t, w.a, batch[0])[0].Duplicate, true)
	chat := mail("", "c1")
	chat.Channel, chat.From = "chat", customer.Identity{Kind: customer.Chat, Value: "eve@spam.example"}
	equal(t, "another kind of identity is another", accept(t, w.a, chat)[0].Opened, true)

	forwarded := mail("eve@spam.example", "<f@x>")
	forwarded.Forwarded = &ticket.Forwarded{By: ana}
	equal(t, "what staff passes on comes in", accept(t, w.a, forwarded)[0].Opened, true)

	w.clock.Add(time.Hour)
	equal(t, "its time is over", accept(t, w.a, mail("eve@spam.example", "<5@x>", proof))[0].Ticket, first)
	equal(t, "those that hold", len(must(w.a.Blocks(ctx, "", 0))(t)), 1)
	kind(t, w.a.Unblock(ctx, "domain:other.example", ana), ticket.NotFound)
	ok(t, w.a.Unblock(ctx, "domain:bulk.example", ana))
	equal(t, "let in", accept(t, w.a, mail("x@mail.bulk.example", "<6@x>"))[0].Opened, true)
	log := must(w.a.Events(ctx, 0, 0, 10))(t)
	equal(t, "what was done", fmt.Sprint(log[0].Kind, log[0].Why, log[2].Kind, log[2].Data["key"]), "blocked[insults]unblockeddomain:bulk.example")
}

func peopleUnreachable(t *testing.T, w *world) {
	ctx := ctxOf(t)
	first := accept(t, w.a, mail("ann@a.example", "<1@x>"))[0].Ticket
	accept(t, w.a, mail("eve@e.example", "<e@x>"))
	bounce := func(id, to string, hard bool) ticket.Inbound {
		in := mail("mailer-daemon@mx.example", id, ticket.ThreadKey{By: "bounced", Ticket: first, Proof: true, Weak: true})
		in.Auto, in.Alone = true, "bounce"
		in.Bounce = &ticket.Bounce{Kind: ticket.BounceFailed, To: to, Hard: hard, Reason: "550 no such user"}
		return in
	}
	marks := func(who string) int {
		return len(must(w.a.CustomerBy(ctx, address(who)))(t).Undeliverable)
	}
	delayed := bounce("b0", "ann@a.example", true)
	delayed.Bounce.Kind = ticket.BounceDelayed
	accept(t, w.a, delayed, bounce("b1", "ann@a.example", false), bounce("b2", "eve@e.example", true), bounce("b3", "nonsense", true), bounce("b4", "", true))
	equal(t, "not yet, and not by a report on another's ticket", marks("ann@a.example")+marks("eve@e.example"), 0)
	accept(t, w.a, bounce("b5", "Ann@A.example", true), bounce("b6", "ann@a.example", true))
	c := must(w.a.CustomerBy(ctx, address("ann@a.example")))(t)
	equal(t, "why", c.Undeliverable["ann@a.example"].Reason, "550 no such user")
	equal(t, "since", c.Undeliverable["ann@a.example"].Since, w.clock.Now())
	equal(t, "the ticket tells", lastEvent(t, w.a, first, "undeliverable").Data["address"], "ann@a.example")
	auto, doubt := mail("ann@a.example", "<2@x>"), mail("ann@a.example", "<3@x>")
	auto.Auto, doubt.Doubt = true, "it may be forged"
	accept(t, w.a, auto, doubt)
	equal(t, "a machine or a forger change nothing", marks("ann@a.example"), 1)
	id := accept(t, w.a, mail("ann@a.example", "<4@x>"))[0].Ticket
	equal(t, "she writes from there", marks("ann@a.example"), 0)
	equal(t, "and the ticket tells", lastEvent(t, w.a, id, "deliverable").Data["address"], "ann@a.example")
	in := mail("ann@a.example", "<5@x>")
	accept(t, w.a, bounce("b7", "ann@a.example", true), in, bounce("b8", "ann@a.example", true))
	equal(t, "in one batch the last counts", marks("ann@a.example"), 1)

	main := must(w.a.CustomerBy(ctx, address("eve@e.example")))(t)
	ok(t, w.a.MergeCustomers(ctx, c.ID, main.ID, ana))
	equal(t, "the mark goes with her", marks("eve@e.example"), 1)
	ok(t, w.a.UnmergeCustomer(ctx, c.ID, ana))
	equal(t, "and comes back", fmt.Sprint(marks("eve@e.example"), marks("ann@a.example")), "0 1")
}
