package ticket

import (
	"testing"
	"time"
)

func TestNewTopic(t *testing.T) {
	t.Parallel()
	long := "The display of the machine in the kitchen stays dark since yesterday evening although the fuse is fine and the socket has power."
	for _, c := range []struct {
		name string
		in   Inbound
		by   string
		tk   func(*Ticket)
		want bool
	}{
		// Another subject in the same thread.
		{name: "another subject", in: Inbound{Subject: "Invoice 4711 is wrong", Text: "x"}, want: true},
		{name: "auf Deutsch", in: Inbound{Subject: "Falsche Rechnung für Filterpatronen", Text: "x"}, want: true},
		{name: "en français", in: Inbound{Subject: "Facture erronée pour les filtres", Text: "x"}, want: true},
		{name: "by a reply address", in: Inbound{Subject: "Order of spare gaskets", Text: "x"}, by: "reply-token", want: true},
		{name: "the text speaks of one word of ours", in: Inbound{Subject: "Invoice 4711 is wrong", Text: "The price of the machine is not what we agreed."}, want: true},
		{name: "the text is about ours", in: Inbound{Subject: "Visit of your technician", Text: "He came, and the coffee machine leaks nevertheless."}},
		{name: "a plural of few letters", in: Inbound{Subject: "Two ATMs broken yesterday"}, tk: func(k *Ticket) { k.Subject = "The ATM eats cards" }},
		{name: "an answer", in: Inbound{Subject: "Re: Invoice 4711 is wrong"}},
		{name: "an answer, counted", in: Inbound{Subject: "AW[2]: Ganz etwas anderes hier"}},
		{name: "an answer behind a list's name", in: Inbound{Subject: "[EXTERN] RE: Invoice is wrong"}},
		{name: "passed on", in: Inbound{Subject: "WG: Rechnung Filterpatronen"}},
		{name: "the same subject without Re", in: Inbound{Subject: "Coffee machine leaks"}},
		{name: "the same in other words", in: Inbound{Subject: "Leaking machine, part two"}},
		{name: "a compound", in: Inbound{Subject: "Undichte Kaffeemaschinenpumpe gestern"}, tk: func(k *Ticket) { k.Subject = "Die Maschine tropft" }},
		{name: "says nothing", in: Inbound{Subject: "Urgent question, please help"}},
		{name: "one word", in: Inbound{Subject: "Photos"}},
		{name: "again", in: Inbound{Subject: "Broken boiler again"}},
		{name: "thanks", in: Inbound{Subject: "Thank you dear service people"}},
		{name: "names the ticket", in: Inbound{Subject: "Invoice 4711 [T-1042]"}},
		{name: "by the tag in its subject", in: Inbound{Subject: "Invoice 4711 is wrong"}, by: "subject-tag"},
		{name: "no subject", in: Inbound{Text: long}},
		{name: "the ticket has none", in: Inbound{Subject: "Invoice 4711 wrong"}, tk: func(k *Ticket) { k.Subject = "(no subject)" }},
		{name: "a machine's", in: Inbound{Subject: "Invoice 4711 wrong", Auto: true}},
		{name: "the same unit", in: Inbound{Subject: "Invoice 4711 wrong", Units: []string{"BW1-000001"}}},
		{name: "a chat", in: Inbound{Subject: "Invoice 4711 wrong"}, by: "session"},
		{name: "the same mail again", in: Inbound{Subject: "Invoice 4711 wrong"}, by: BySameID},
		// Weeks later.
		{name: "other words, weeks later", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "The grinder of our office model makes a terrible noise whenever Monday starts and beans jam inside constantly."},
			tk: solvedFor(30 * 24 * time.Hour), want: true},
		{name: "… the ticket is open", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "The grinder of our office model makes a terrible noise whenever Monday starts and beans jam inside constantly."}},
		{name: "… the next day", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "The grinder of our office model makes a terrible noise whenever Monday starts and beans jam inside constantly."},
			tk: solvedFor(24 * time.Hour)},
		{name: "… with our answer below", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "The grinder of our office model makes a terrible noise whenever Monday starts and beans jam inside constantly.",
			Folded: "> Try this\n> Case T-1042"}, tk: solvedFor(30 * 24 * time.Hour)},
		{name: "… it says again", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "It happened again: a puddle grew below the grinder overnight, our cleaner found everything wet Monday, carpet ruined entirely."},
			tk: solvedFor(30 * 24 * time.Hour)},
		{name: "… a short thanks", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "Great service, merci!"}, tk: solvedFor(30 * 24 * time.Hour)},
		{name: "… it shares a word", in: Inbound{Subject: "Re: Coffee machine leaks", Text: long + " It leaks besides, everywhere below, onto carpets, cables, cartons and cupboards."}, tk: solvedFor(30 * 24 * time.Hour)},
		{name: "another unit, weeks later", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "BW2-000009 it is.", Units: []string{"BW2-000009"}}, tk: solvedFor(30 * 24 * time.Hour), want: true},
		{name: "another unit, meanwhile", in: Inbound{Subject: "Re: Coffee machine leaks", Text: "BW2-000009 it is.", Units: []string{"BW2-000009"}}},
	} {
		tk := Ticket{ID: 1042, State: Pending, Subject: "Coffee machine leaks", Units: []string{"BW1-000001"}}
		if c.tk != nil {
			c.tk(&tk)
		}
		by := c.by
		if by == "" {
			by = "references"
		}
		got := tk.newTopic(c.in, &Match{By: by, Joined: true}, t0)
		if (got != "") != c.want {
			t.Errorf("%s: %q, want %v", c.name, got, c.want)
		}
	}
}

func solvedFor(d time.Duration) func(*Ticket) {
	return func(k *Ticket) { k.State, k.SolvedAt = Solved, t0.Add(-d) }
}

func TestAReplyWithANewTopicSaysSo(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	next := mail
	next.External, next.Subject = "<2@x>", "Invoice 4711 is wrong"
	fx := tk.Receive(next, joe, &Match{By: "references", Joined: true}, t0.Add(time.Hour))
	if fx.Messages[0].NewTopic == "" {
		t.Errorf("%+v", fx.Messages[0])
	}
}
