package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

func refsFirst(t *testing.T, w *world) {
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	r := func(key string, seq int) ticket.Reference {
		return ticket.Reference{Scope: "card", Key: key, Ticket: id, Seq: seq}
	}
	ok(t, w.a.Bind(ctxOf(t), r("C1/1", 0), r("C1/1", 5)))
	ok(t, w.a.Bind(ctxOf(t), r("C2/1", 0), r("C1/1", 7)))
	equal(t, "the first meaning", must(w.a.Lookup(ctxOf(t), "card", "C1/1"))(t), r("C1/1", 0))
	list := must(w.a.ReferencesOf(ctxOf(t), id, "card"))(t)
	equal(t, "all, oldest first", fmt.Sprint(list), fmt.Sprint([]ticket.Reference{r("C1/1", 0), r("C2/1", 0)}))
	_, err := w.a.Lookup(ctxOf(t), "page", "C1/1")
	kind(t, err, ticket.NotFound)
	kind(t, w.a.Bind(ctxOf(t), ticket.Reference{Scope: "card", Ticket: id}), ticket.Invalid)
	ok(t, w.a.SetDeskRef(ctxOf(t), id, 1, "C1/2"))
	equal(t, "desk ref", must(w.a.Message(ctxOf(t), id, 1))(t).DeskRef, "C1/2")
	kind(t, w.a.SetDeskRef(ctxOf(t), id, 9, "C1/2"), ticket.NotFound)
}

func peoplePut(t *testing.T, w *world) {
	ctx := ctxOf(t)
	mailOf := func(v string) customer.Identity { return customer.Identity{Kind: customer.Email, Value: v} }
	ann := customer.Customer{Name: "Ann", Identities: []customer.Identity{mailOf("Ann@corp.example"), mailOf("ann@corp.example")},
		Attributes: map[string]string{"plan": "gold"}}
	var err error
	ann.ID, err = w.a.PutCustomer(ctx, ann)
	ok(t, err)
	got := must(w.a.CustomerBy(ctx, mailOf("ANN@corp.example")))(t)
	equal(t, "found", got.ID, ann.ID)
	equal(t, "attribute", got.Attributes["plan"], "gold")
	_, err = w.a.PutCustomer(ctx, customer.Customer{Name: "Eve", Identities: []customer.Identity{mailOf("ann@corp.example")}})
	kind(t, err, ticket.Conflict)
	ann.Identities = []customer.Identity{{Kind: customer.Phone, Value: "+49301234"}}
	_, err = w.a.PutCustomer(ctx, ann)
	ok(t, err)
	_, err = w.a.CustomerBy(ctx, mailOf("ann@corp.example"))
	kind(t, err, ticket.NotFound)
	_, err = w.a.PutCustomer(ctx, customer.Customer{ID: 777})
	kind(t, err, ticket.NotFound)
	_, err = w.a.PutCustomer(ctx, customer.Customer{Identities: []customer.Identity{{Kind: "x", Value: "y"}}})
	kind(t, err, ticket.Invalid)

	o := must(w.a.PutOrganization(ctx, customer.Organization{Name: "Corp", Domains: []string{"Corp.example"}}))(t)
	_, err = w.a.PutOrganization(ctx, customer.Organization{Name: "Other", Domains: []string{"corp.example"}})
	kind(t, err, ticket.Conflict)
	k := must(w.a.Ticket(ctx, accept(t, w.a, mail("new@corp.example", "<1@x>"))[0].Ticket))(t)
	equal(t, "a new customer finds the organization", k.Organization, o)

	// At once: one makes the customer, the others are told who it is.
	gates := []Store{w.a, w.open(w.clock.Now)}
	for round := range 8 {
		made := make(chan customer.ID, 6)
		together(cap(made), func(n int) {
			id, err := gates[n%2].PutCustomer(ctx, customer.Customer{Identities: []customer.Identity{mailOf(fmt.Sprint("p", round, "@x.example"))}})
			switch {
			case err == nil:
				made <- id
			case ticket.KindOf(err) != ticket.Conflict:
				t.Error(err)
			}
		})
		equal(t, "customers made", len(made), 1)
	}

	ok(t, w.a.PutUnit(ctx, customer.Unit{Serial: "sn 1", Model: "X", Customer: ann.ID}))
	ok(t, w.a.PutUnit(ctx, customer.Unit{Serial: "SN1", Model: "Y", Customer: ann.ID}))
	equal(t, "unit", must(w.a.Unit(ctx, "sn1"))(t).Model, "Y")
	kind(t, w.a.PutUnit(ctx, customer.Unit{}), ticket.Invalid)
}

func cursorsAndLeases(t *testing.T, w *world) {
	ctx, b := ctxOf(t), w.open(w.clock.Now)
	equal(t, "no cursor", must(w.a.Cursor(ctx, "imap"))(t), "")
	ok(t, w.a.SetCursor(ctx, "imap", "1:2"))
	ok(t, b.SetCursor(ctx, "imap", "1:3"))
	equal(t, "cursor", must(w.a.Cursor(ctx, "imap"))(t), "1:3")
	lease := func(s Store, holder string, d time.Duration) bool { return must(s.Lease(ctx, "imap", holder, d))(t) }
	equal(t, "first", lease(w.a, "a", time.Minute), true)
	equal(t, "second", lease(b, "b", time.Minute), false)
	w.clock.Add(50 * time.Second)
	equal(t, "renewed", lease(w.a, "a", time.Minute), true)
	w.clock.Add(50 * time.Second)
	equal(t, "still held", lease(b, "b", time.Minute), false)
	w.clock.Add(10 * time.Second)
	equal(t, "run out", lease(b, "b", time.Minute), true)
	equal(t, "lost", lease(w.a, "a", time.Minute), false)
	equal(t, "given back", lease(b, "b", 0), true)
	equal(t, "free at once", lease(w.a, "a", time.Minute), true)
	var mu sync.Mutex
	won := 0
	together(8, func(i int) {
		got, err := []Store{w.a, b}[i%2].Lease(ctx, "one", fmt.Sprint(i), time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		if got {
			won++
		}
	})
	equal(t, "holders", won, 1)
}

func quarantineOnce(t *testing.T, w *world) {
	for i := range 3 {
		q := ticket.Quarantined{Channel: "email", Inbox: "i", External: fmt.Sprint(i), Reason: "mime", Detail: "no header", Blob: "00", Size: 7}
		ok(t, w.a.Quarantine(ctxOf(t), q))
		q.Reason = "again"
		ok(t, w.open(w.clock.Now).Quarantine(ctxOf(t), q))
	}
	list := must(w.a.Quarantines(ctxOf(t), 0, 2))(t)
	equal(t, "page", len(list), 2)
	equal(t, "newest first", list[0].External, "2")
	equal(t, "first reason", list[0].Reason, "mime")
	equal(t, "at", list[0].At, w.clock.Now())
	rest := must(w.a.Quarantines(ctxOf(t), list[1].ID, 2))(t)
	equal(t, "rest", len(rest), 1)
	equal(t, "channel", rest[0].Channel, "email")
	kind(t, w.a.Quarantine(ctxOf(t), ticket.Quarantined{}), ticket.Invalid)
}

func watch(t *testing.T, w *world) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := w.a.Watch(ctx)
	id := accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Ticket
	equal(t, "opened", wait(t, c, "after Accept"), ticket.Change{Ticket: id, Seq: 1})
	act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: "x"})
	equal(t, "note", wait(t, c, "after Act"), ticket.Change{Ticket: id, Seq: 2})
	for i := range 1000 { // a reader who does not read holds up nobody
		if i%250 == 0 {
			act(t, w.a, ticket.Action{Kind: ticket.ActNote, Ticket: id, Text: "x"})
		}
	}
	cancel()
	for range c { // closed
	}
}

func articles(t *testing.T, w *world) {
	ctx := ctxOf(t)
	a := kb.Article{ID: "fuse", Title: "A fuse", Body: "Change it\x00.", Language: "en", Audience: kb.External, Confidence: kb.Validated}
	one := must(w.a.PutArticle(ctx, a))(t)
	equal(t, "rev", one.Rev, 1)
	_, err := w.a.PutArticle(ctx, a)
	kind(t, err, ticket.Conflict)
	one.Title = "The fuse"
	two := must(w.a.PutArticle(ctx, one))(t)
	equal(t, "rev", two.Rev, 2)
	equal(t, "seq grows", two.Seq > one.Seq, true)
	_, err = w.a.PutArticle(ctx, one)
	kind(t, err, ticket.Conflict)
	read := must(w.a.Article(ctx, "fuse"))(t)
	equal(t, "title", read.Title, "The fuse")
	equal(t, "body", read.Body, a.Body)
	equal(t, "rev read", read.Rev, 2)
	for _, id := range []string{"a", "B", "c"} {
		must(w.a.PutArticle(ctx, kb.Article{ID: id}))(t)
	}
	equal(t, "first page", ids(must(w.a.Articles(ctx, "", 3))(t)), "B a c ")
	equal(t, "second page", ids(must(w.a.Articles(ctx, "c", 3))(t)), "fuse ")
	ok(t, w.a.DeleteArticle(ctx, "fuse"))
	kind(t, w.a.DeleteArticle(ctx, "fuse"), ticket.NotFound)
	kind(t, w.a.DeleteArticle(ctx, "none"), ticket.NotFound)
	_, err = w.a.Article(ctx, "fuse")
	kind(t, err, ticket.NotFound)
	_, err = w.a.PutArticle(ctx, two)
	kind(t, err, ticket.Conflict)
	changes := must(w.a.ArticleChanges(ctx, 0, 10))(t)
	last := changes[len(changes)-1]
	equal(t, "changes", len(changes), 4)
	equal(t, "tombstone", last.ID+fmt.Sprint(last.Deleted, last.Body), "fusetrue")
	again := must(w.a.PutArticle(ctx, a))(t)
	equal(t, "made again", again.Rev, 4)
	for _, bad := range []kb.Article{{}, {ID: "a b"}, {ID: strings.Repeat("x", 129)}, {ID: "x", Title: strings.Repeat("x", 301)},
		{ID: "x", Body: strings.Repeat("x", kb.MaxBody+1)}} {
		_, err := w.a.PutArticle(ctx, bad)
		kind(t, err, ticket.Invalid)
	}
}

func ids(list []kb.Article) string {
	s := ""
	for _, a := range list {
		s += a.ID + " "
	}
	return s
}

func articlesTold(t *testing.T, w *world) {
	b := w.open(w.clock.Now)
	told := b.ArticlesChanged()
	for len(told) > 0 {
		<-told
	}
	a := must(b.PutArticle(ctxOf(t), kb.Article{ID: "x", Title: "One"}))(t)
	wait(t, told, "after an article was made")
	for range 3 { // nobody looks meanwhile
		a = must(b.PutArticle(ctxOf(t), a))(t)
	}
	wait(t, told, "after it was changed")
	ok(t, b.DeleteArticle(ctxOf(t), "x"))
	wait(t, told, "after it was deleted")
}

// articleFeed reads the feed while many write: a reader that remembers the highest Seq misses nothing.
func articleFeed(t *testing.T, w *world) {
	gates := []Store{w.a, w.open(w.clock.Now)}
	const writers, each = 6, 15
	done := make(chan struct{})
	go func() {
		defer close(done)
		together(writers, func(n int) {
			for i := range each {
				if _, err := gates[n%2].PutArticle(ctxOf(t), kb.Article{ID: fmt.Sprintf("w%d-%d", n, i)}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}()
	reader := w.open(w.clock.Now)
	seen, cursor := map[string]bool{}, int64(0)
	poll := func() {
		list := must(reader.ArticleChanges(ctxOf(t), cursor, 7))(t)
		for _, a := range list {
			seen[a.ID], cursor = true, a.Seq
		}
		if len(list) == 7 {
			return
		}
	}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
			poll()
		}
	}
	for range writers * each {
		poll()
	}
	equal(t, "seen", len(seen), writers*each)
}

func contextEnds(t *testing.T, w *world) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.a.Accept(ctx, []ticket.Inbound{mail("ann@corp.example", "<1@x>")})
	kind(t, err, ticket.Transient)
	_, err = w.a.Ticket(ctx, 1)
	kind(t, err, ticket.Transient)
	equal(t, "accepted afterwards", accept(t, w.a, mail("ann@corp.example", "<1@x>"))[0].Duplicate, false)
	ok(t, w.a.Ping(ctxOf(t)))
}
