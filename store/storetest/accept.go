package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

func acceptOpens(t *testing.T, w *world) {
	in := mail("Ann@Corp.Example", "<1@x>")
	in.Units, in.Attachments = []string{" sn-1 "}, []ticket.Attachment{{Name: "a.txt", SHA256: "00"}}
	out := accept(t, w.a, in)[0]
	equal(t, "first number", out.Ticket, ticket.FirstID)
	equal(t, "seq", out.Seq, 1)
	equal(t, "opened", out.Opened, true)
	k := must(w.a.Ticket(ctxOf(t), out.Ticket))(t)
	equal(t, "state", k.State, ticket.New)
	equal(t, "rev", k.Rev, 1)
	equal(t, "unit", strings.Join(k.Units, " "), "SN-1")
	equal(t, "opened at", k.Opened, w.clock.Now())
	equal(t, "participant", k.Participants[0].Key(), "email:ann@corp.example")
	m := must(w.a.Message(ctxOf(t), k.ID, 1))(t)
	equal(t, "text", m.Text, in.Text)
	equal(t, "external", m.External, in.External)
	equal(t, "attachment", m.Attachments[0].Name, "a.txt")
	e := must(w.a.Events(ctxOf(t), k.ID, 0, 0))(t)
	equal(t, "event", e[0].Kind, "opened")
	jobs := claim(t, w.a, 10)
	equal(t, "jobs", len(jobs), 1)
	equal(t, "job", jobs[0].Kind, ticket.JobRoute)
	equal(t, "attempts", jobs[0].Attempts, 1)
	n := must(w.a.UnitCases(ctxOf(t), "SN-1", w.clock.Now()))(t)
	equal(t, "cases of the unit", n, 1)
}

func acceptTwice(t *testing.T, w *world) {
	a := accept(t, w.a, mail("ann@corp.example", "<1@x>"), mail("ann@corp.example", "<1@x>"))
	equal(t, "duplicate", a[1].Duplicate, true)
	equal(t, "ticket", a[1].Ticket, a[0].Ticket)
	other := mail("ann@corp.example", "<1@x>")
	other.Inbox = "sales@shop.example"
	b := accept(t, w.open(w.clock.Now), mail("ann@corp.example", "<1@x>"), other)
	equal(t, "duplicate later", b[0].Duplicate, true)
	equal(t, "ticket later", b[0].Ticket, a[0].Ticket)
	equal(t, "seq later", b[0].Seq, 1)
	equal(t, "another inbox is another contact", b[1].Duplicate, false)
	again := append([]ticket.Inbound{mail("new@corp.example", "<2@x>")}, mail("ann@corp.example", "<1@x>"), other)
	c := accept(t, w.a, append(again, mail("new@corp.example", "<3@x>"))...)
	equal(t, "a redelivery wastes no numbers", c[3].Ticket, b[1].Ticket+2)
	k := must(w.a.Ticket(ctxOf(t), a[0].Ticket))(t)
	equal(t, "messages", k.LastSeq, 1)
	equal(t, "rev", k.Rev, 1)
}

func acceptJoins(t *testing.T, w *world) {
	first := mail("ann@corp.example", "<1@x>", ticket.ThreadKey{By: "session", Key: "s1"},
		ticket.ThreadKey{By: "references", Key: "weak", Weak: true})
	first.With = []customer.Identity{{Kind: customer.Email, Value: "Bob@corp.example"}, {Kind: customer.Email, Value: "nonsense"}}
	id := accept(t, w.a, first)[0].Ticket
	for n, c := range []struct {
		name, from string
		key        ticket.ThreadKey
		joins      bool
		warns      bool
	}{
		{"the sender, by Message-ID", "ann@corp.example", ticket.ThreadKey{By: "references", Key: "<1@x>"}, true, false},
		{"somebody in copy", "bob@corp.example", ticket.ThreadKey{By: "references", Key: "<1@x>"}, true, false},
		{"a stranger", "eve@evil.example", ticket.ThreadKey{By: "references", Key: "<1@x>"}, false, true},
		{"a stranger with proof", "carl@corp.example", ticket.ThreadKey{By: "reply-token", Ticket: id, Proof: true}, true, false},
		{"that one again, now taking part", "carl@corp.example", ticket.ThreadKey{By: "references", Key: "<1@x>"}, true, false},
		{"a tag of the sender", "ann@corp.example", ticket.ThreadKey{By: "subject-tag", Ticket: id}, true, false},
		{"a tag of a stranger", "eve@evil.example", ticket.ThreadKey{By: "subject-tag", Ticket: id}, false, true},
		{"a tag of no ticket", "ann@corp.example", ticket.ThreadKey{By: "subject-tag", Ticket: 999_999}, false, false},
		{"a key of the first contact", "ann@corp.example", ticket.ThreadKey{By: "session", Key: "s1"}, true, false},
		{"a weak key is not remembered", "ann@corp.example", ticket.ThreadKey{By: "references", Key: "weak"}, false, false},
		{"an unknown key", "ann@corp.example", ticket.ThreadKey{By: "references", Key: "<unknown@x>"}, false, false},
	} {
		in := mail(c.from, fmt.Sprintf("<join%d@x>", n), c.key)
		got := accept(t, w.a, in)[0]
		if (got.Ticket == id) != c.joins || got.Opened == c.joins {
			t.Errorf("%s: got %+v, want joined %v", c.name, got, c.joins)
			continue
		}
		if c.joins && (got.Match == nil || !got.Match.Joined || got.Match.By != c.key.By || len(got.Match.Reasons) == 0) {
			t.Errorf("%s: it does not say how it joined: %+v", c.name, got.Match)
		}
		m := must(w.a.Message(ctxOf(t), got.Ticket, got.Seq))(t)
		warned := strings.Contains(strings.Join(m.Warnings, " "), id.String())
		if warned != c.warns {
			t.Errorf("%s: warnings %q", c.name, m.Warnings)
		}
		if c.warns && (got.Match == nil || got.Match.Joined || got.Match.Ticket != id) {
			t.Errorf("%s: it does not say why it did not join: %+v", c.name, got.Match)
		}
	}
	chat := mail("ann@corp.example", "c1", ticket.ThreadKey{By: "session", Key: "s1"})
	chat.Channel = "chat"
	equal(t, "a key of another channel joins nothing", accept(t, w.a, chat)[0].Ticket == id, false)
	// The most trusted key that may join wins; one that may not does not stand in its way.
	two := accept(t, w.a, mail("dora@corp.example", "<d1@x>"))[0].Ticket
	both := mail("dora@corp.example", "<d2@x>", ticket.ThreadKey{By: "references", Key: "<1@x>"},
		ticket.ThreadKey{By: "references", Key: "<d1@x>"})
	equal(t, "the second key", accept(t, w.a, both)[0].Ticket, two)
	// Within a batch an earlier contact is seen by a later one.
	out := accept(t, w.a, mail("fay@corp.example", "<f1@x>"), mail("fay@corp.example", "<f2@x>",
		ticket.ThreadKey{By: "references", Key: "<f1@x>"}))
	equal(t, "in one batch", out[1].Ticket, out[0].Ticket)
	equal(t, "its seq", out[1].Seq, 2)
	equal(t, "only the first opened it", out[1].Opened, false)
}

func acceptFollowUps(t *testing.T, w *world) {
	session := ticket.ThreadKey{By: "session", Key: "s1", Proof: true}
	chat := func(id string) ticket.Inbound {
		in := mail("ann@corp.example", id, session)
		in.Channel, in.From = "chat", customer.Identity{Kind: customer.Chat, Value: "v1"}
		return in
	}
	first := accept(t, w.a, chat("1"))[0].Ticket
	act(t, w.a, ticket.Action{Kind: ticket.ActSolve, Ticket: first, Diagnosis: "a fuse"})
	act(t, w.a, ticket.Action{Kind: ticket.ActClose, Ticket: first})
	got := accept(t, w.a, chat("2"), chat("3"))
	second := must(w.a.Ticket(ctxOf(t), got[0].Ticket))(t)
	equal(t, "a new ticket", got[0].Opened, true)
	equal(t, "it follows up", second.FollowsUp, first)
	equal(t, "match", got[0].Match.Ticket, first)
	equal(t, "not joined", got[0].Match.Joined, false)
	equal(t, "the next of the session joins the follow-up", got[1].Ticket, second.ID)
	equal(t, "and later", accept(t, w.a, chat("4"))[0].Ticket, second.ID)
	m := must(w.a.Message(ctxOf(t), second.ID, 1))(t)
	equal(t, "warnings", len(m.Warnings), 0)
	closed := must(w.a.Ticket(ctxOf(t), first))(t)
	equal(t, "the closed one stays closed", closed.State, ticket.Closed)
	// A stranger who names the closed ticket is not let in, nor to its follow-up.
	eve := mail("eve@evil.example", "e", ticket.ThreadKey{By: "subject-tag", Ticket: first})
	strange := accept(t, w.a, eve)[0]
	k := must(w.a.Ticket(ctxOf(t), strange.Ticket))(t)
	equal(t, "stranger follows up", k.FollowsUp, 0)
	equal(t, "stranger opened", strange.Opened, true)
}

func acceptInvalid(t *testing.T, w *world) {
	for name, spoil := range map[string]func(*ticket.Inbound){
		"no channel":     func(in *ticket.Inbound) { in.Channel = "" },
		"no id":          func(in *ticket.Inbound) { in.External = "" },
		"no sender":      func(in *ticket.Inbound) { in.From = customer.Identity{} },
		"bad sender":     func(in *ticket.Inbound) { in.From.Value = "nobody" },
		"long text":      func(in *ticket.Inbound) { in.Text = strings.Repeat("x", ticket.MaxText+1) },
		"long HTML":      func(in *ticket.Inbound) { in.HTML = strings.Repeat("x", ticket.MaxHTML+1) },
		"many files":     func(in *ticket.Inbound) { in.Attachments = make([]ticket.Attachment, ticket.MaxAttachments+1) },
		"a lot of turns": func(in *ticket.Inbound) { in.Turns = make([]ticket.Turn, 100_000) },
	} {
		batch := []ticket.Inbound{mail("ann@corp.example", "<1@x>"), mail("bob@corp.example", "<2@x>")}
		spoil(&batch[1])
		_, err := w.a.Accept(ctxOf(t), batch)
		kind(t, err, ticket.Invalid)
		var be *ticket.BatchError
		if !errors.As(err, &be) || be.Index != 1 {
			t.Errorf("%s: it does not say which: %v", name, err)
		}
	}
	list := must(w.a.Tickets(ctxOf(t), ticket.Filter{}))(t)
	equal(t, "tickets", len(list), 0)
}

func acceptOdd(t *testing.T, w *world) {
	in := mail("ann@corp.example", "<\xff\x00"+strings.Repeat("i", 5000)+">", ticket.ThreadKey{By: "references", Key: "\x00\xfe"})
	in.Text, in.Subject, in.From.Name = "a\x00b\xff", "s\x00\xff", "n\x00\xff"
	in.With = []customer.Identity{{Kind: customer.Email, Value: "with\x00@corp.example"}}
	in.ReplyTo = []customer.Identity{{Kind: customer.Email, Value: "Re@corp.example"}}
	a := accept(t, w.a, in)[0]
	equal(t, "again", accept(t, w.a, in)[0].Duplicate, true)
	next := mail("ann@corp.example", "<n@x>", ticket.ThreadKey{By: "references", Key: in.External})
	equal(t, "joins by the long id", accept(t, w.a, next)[0].Ticket, a.Ticket)
	m := must(w.a.Message(ctxOf(t), a.Ticket, 1))(t)
	if !strings.HasPrefix(m.Text, "a") || len(m.Text) < 3 {
		t.Errorf("text is %q", m.Text)
	}
	equal(t, "reply to", m.ReplyTo[0].Value, "re@corp.example")
	long := strings.Repeat("u", 9000)
	act(t, w.a, ticket.Action{Kind: ticket.ActSet, Ticket: a.Ticket, Units: []string{long, "\x00\xff"}})
	equal(t, "a long serial number", must(w.a.UnitCases(ctxOf(t), long, time.Time{}))(t), 1)
	act(t, w.a, ticket.Action{Kind: ticket.ActAssign, Ticket: a.Ticket, Owner: long + "\x00"})
	equal(t, "a long owner", len(must(w.a.Tickets(ctxOf(t), ticket.Filter{Owner: long + "\x00"}))(t)), 1)
	ok(t, w.a.Enqueue(ctxOf(t), ticket.Job{Kind: "odd\x00", Key: long, Unique: long + "\xff", Payload: []byte("\x00\xff")}))
	equal(t, "a long text to look for", len(must(w.a.Tickets(ctxOf(t), ticket.Filter{Text: long + "\x00\xff"}))(t)), 0)
	ok(t, w.a.SetCursor(ctxOf(t), "odd\x00", "v\x00\xff"))
	ok(t, w.a.Quarantine(ctxOf(t), ticket.Quarantined{Channel: "email", External: long + "\x00", Detail: "\x00\xff"}))
	bounce := mail("", "<b@x>")
	bounce.From, bounce.ReplyTo = customer.Identity{Kind: customer.Email, Value: "<>", Name: "Mailer"}, in.ReplyTo
	b := accept(t, w.a, bounce)[0]
	m = must(w.a.Message(ctxOf(t), b.Ticket, 1))(t)
	equal(t, "the address for answers stands in", m.From.Value, "re@corp.example")
	equal(t, "and that is told", len(m.Warnings), 1)
}

func acceptPeople(t *testing.T, w *world) {
	out := accept(t, w.a, mail("ann@corp.example", "<1@x>"), mail("ANN@corp.example", "<2@x>"),
		mail("bob@corp.example", "<3@x>"), mail("eve@gmail.com", "<4@x>"), mail("fay@gmail.com", "<5@x>"))
	who := func(i int) customer.Customer {
		k := must(w.a.Ticket(ctxOf(t), out[i].Ticket))(t)
		c := must(w.a.Customer(ctxOf(t), k.Customer))(t)
		equal(t, "organization of the ticket", k.Organization, c.Organization)
		return c
	}
	equal(t, "one person", who(0).ID, who(1).ID)
	equal(t, "two people", who(0).ID == who(2).ID, false)
	equal(t, "one organization", who(0).Organization, who(2).Organization)
	equal(t, "no organization for a shared domain", who(3).Organization, 0)
	equal(t, "name", who(0).Name, "Ann")
	o := must(w.a.Organization(ctxOf(t), who(0).Organization))(t)
	equal(t, "domain", strings.Join(o.Domains, " "), "corp.example")
	c := must(w.a.CustomerBy(ctxOf(t), customer.Identity{Kind: customer.Email, Value: "Bob@CORP.example"}))(t)
	equal(t, "found by identity", c.ID, who(2).ID)
	// A channel may know better to whom somebody belongs.
	pia, dora := mail("pia@partner.example", "<6@x>"), mail("dora@gmail.com", "<7@x>")
	pia.Belongs = ticket.Belongs{Domain: "slack:T1", Name: "Partner GmbH"}
	dora.Belongs = ticket.Belongs{Domain: "Corp.example"}
	out = append(out, accept(t, w.a, pia, dora)...)
	equal(t, "the channel's name", must(w.a.Organization(ctxOf(t), who(5).Organization))(t).Name, "Partner GmbH")
	equal(t, "the organization that is known", who(6).Organization, who(0).Organization)
	phone := mail("", "call1")
	phone.From = customer.Identity{Kind: customer.Phone, Value: "+4930123456"}
	equal(t, "by phone", accept(t, w.a, phone)[0].Opened, true)
}

// acceptRace sends the same contacts through two gateways at once: each is accepted once.
func acceptRace(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const n, workers = 24, 6
	var mu sync.Mutex
	first := map[string]ticket.Accepted{}
	fresh := 0
	together(workers, func(g int) {
		for i := range n {
			id := fmt.Sprintf("<%d@x>", (i*7+g*11)%n)
			out, err := gates[g%2].Accept(ctxOf(t), []ticket.Inbound{mail("ann@corp.example", id), mail(fmt.Sprintf("p%d@some.example", (i*7+g*11)%n), "2"+id)})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			for k, a := range out {
				key := fmt.Sprint(id, k)
				if !a.Duplicate {
					fresh++
				}
				if old, seen := first[key]; seen && old.Ticket != a.Ticket {
					t.Errorf("%s is in %v and in %v", key, old.Ticket, a.Ticket)
				}
				first[key] = a
			}
			mu.Unlock()
		}
	})
	equal(t, "accepted", fresh, 2*n)
	list := must(w.a.Tickets(ctxOf(t), ticket.Filter{Limit: ticket.MaxPage}))(t)
	equal(t, "tickets", len(list), 2*n)
	c := must(w.a.CustomerBy(ctxOf(t), customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}))(t)
	for _, k := range list {
		if strings.HasPrefix(k.Participants[0].Value, "ann") && k.Customer != c.ID {
			t.Fatalf("two customers for one identity: %d and %d", c.ID, k.Customer)
		}
	}
}

// acceptOneThread sends parts of one conversation through two gateways at once.
func acceptOneThread(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const n = 24
	together(n, func(i int) {
		in := mail("ann@corp.example", fmt.Sprint("m", i), ticket.ThreadKey{By: "session", Key: "one", Proof: true})
		if _, err := gates[i%2].Accept(ctxOf(t), []ticket.Inbound{in}); err != nil {
			t.Error(err)
		}
	})
	list := must(w.a.Tickets(ctxOf(t), ticket.Filter{}))(t)
	equal(t, "tickets", len(list), 1)
	equal(t, "messages", list[0].LastSeq, n)
	equal(t, "rev", list[0].Rev, n)
	msgs := must(w.a.Messages(ctxOf(t), list[0].ID, 0, 100))(t)
	equal(t, "messages read", len(msgs), n)
}

// acceptNamed is what a mailbox gives: every mail names itself, some also another one of the batch,
// and some of those have a sender who may not join, so that a number more is needed than it seemed.
func acceptNamed(t *testing.T, w *world) {
	named := func(from, id, other string) ticket.Inbound {
		in := mail(from, id+"~hash", ticket.ThreadKey{By: "references", Key: id})
		if other != "" {
			in.Threads = append([]ticket.ThreadKey{{By: "references", Key: other}}, in.Threads...)
		}
		return in
	}
	for round := range 2 {
		id := func(n int) string { return fmt.Sprintf("<%d.%d@x>", round, n) }
		out := accept(t, w.a, named("ann@a.example", id(1), ""), named("bob@b.example", id(2), ""),
			named("ann@a.example", id(3), id(1)), named("eve@e.example", id(4), id(1)), named("carl@c.example", id(5), id(9)),
			named("eve@e.example", id(6), id(2)), named("bob@b.example", id(7), id(2)))
		for i, want := range []struct{ opener, seq int }{{0, 1}, {1, 1}, {0, 2}, {3, 1}, {4, 1}, {5, 1}, {1, 2}} {
			equal(t, "ticket of mail "+id(i+1), out[i].Ticket, out[want.opener].Ticket)
			equal(t, "seq of mail "+id(i+1), out[i].Seq, want.seq)
			m := must(w.a.Message(ctxOf(t), out[i].Ticket, out[i].Seq))(t)
			equal(t, "its message", m.External, id(i+1)+"~hash")
		}
		open := map[ticket.ID]bool{}
		for _, a := range out {
			open[a.Ticket] = true
		}
		equal(t, "tickets", len(open), 5)
	}
}

// acceptAlone is a machine's mail: it is recorded on the ticket that it continues and opens none, also
// when it comes again.
func acceptAlone(t *testing.T, w *world) {
	first := accept(t, w.a, mail("ann@a.example", "<first@x>"))[0]
	joins := mail("ann@a.example", "<away@x>", ticket.ThreadKey{By: "references", Key: "<first@x>"})
	stray := mail("bot@b.example", "<stray@x>")
	joins.Alone, joins.Auto, stray.Alone, stray.Auto = "auto-reply", true, "auto-reply", true
	for again := range 2 {
		out := accept(t, w.a, stray, joins, stray, mail("carl@c.example", "<next@x>"))
		equal(t, "suppressed", out[0], ticket.Accepted{Suppressed: true, Duplicate: again > 0})
		equal(t, "suppressed twice in a batch", out[2], ticket.Accepted{Suppressed: true, Duplicate: true})
		equal(t, "joins", out[1].Ticket, first.Ticket)
		equal(t, "joins, suppressed", out[1].Suppressed, false)
		equal(t, "the next opens one", out[3].Opened, again == 0)
	}
	equal(t, "tickets", len(must(w.a.Tickets(ctxOf(t), ticket.Filter{}))(t)), 2)
}
