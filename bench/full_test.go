package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"tierline/channels"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

func fullSQLite(t *testing.T, tb *table, n amounts) {
	data := t.TempDir()
	full(t, tb, n, "SQLite", "", data, func() string { return "" })
}

func fullPostgres(t *testing.T, tb *table, n amounts) {
	full(t, tb, n, "PostgreSQL", peers.Postgres(t), t.TempDir(), func() string { return peers.Postgres(t) })
}

// full reads mailboxes into a store that holds very many tickets, each just after it was read into an
// empty one.
func full(t *testing.T, tb *table, n amounts, name, dsn, data string, empty func() string) {
	d := peers.Dovecot(t)
	first, last := crowd(t, n, dsn, data)
	tb.add(fmt.Sprintf("accept on %s, 500 in a commit, the last tenth of %d tickets", name, n.tickets), "messages/s", "", []float64{last})
	tb.add("the same as a ratio to the first tenth", "", "", []float64{last / first})
	var rate, ratio, peak []float64
	for r := range n.runs {
		b := fill(t, d, fmt.Sprint("box", r), n.mails, mix{100 + r}.mail)
		before := b.read(t, empty(), t.TempDir()).Seconds
		took := b.read(t, dsn, data)
		rate, ratio, peak = append(rate, float64(n.mails)/took.Seconds), append(ratio, before/took.Seconds), append(peak, took.Peak)
	}
	tb.add(fmt.Sprintf("mixed mails into %s with %d tickets", name, n.tickets), "mails/s", "", rate)
	tb.add("the same as a ratio to an empty one", "", "≥ 0.9", ratio)
	tb.add("the same, peak memory", "MB", "", peak)
}

// crowd opens so many tickets as contacts do, by customers of whom a tenth writes most of them, and
// says how many a second are the first and the last tenth of them. Their jobs are taken away, as if
// they were done.
func crowd(t *testing.T, n amounts, dsn, data string) (first, last float64) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DSN: dsn, Data: data, ThrowAway: true, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	const size = 500
	tenth := max(n.tickets/10/size, 1) * size
	for at, start := 0, time.Now(); at < n.tickets; {
		batch := make([]ticket.Inbound, min(size, n.tickets-at))
		for i := range batch {
			batch[i] = old(at + i)
		}
		if _, err := s.Accept(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
		if at += len(batch); at%tenth == 0 || at == n.tickets {
			last = float64(tenth) / time.Since(start).Seconds()
			if first == 0 {
				first = last
			}
			done(t, dsn, data)
			start = time.Now()
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return first, last
}

// old is a contact of long ago.
func old(i int) ticket.Inbound {
	past := mix{box: 99}
	k := scatter(uint64(i))
	who := fmt.Sprintf("old%d@firm%d.example", k%300_000, k%20_000)
	if k>>32%3 == 0 {
		who = fmt.Sprintf("regular%d@firm%d.example", k%400, k%40)
	}
	id := past.id(i)
	return ticket.Inbound{Channel: channels.Email, Inbox: "support", External: id, Language: "en",
		From: customer.Identity{Kind: customer.Email, Value: who, Name: "Jane Doe"}, Subject: fmt.Sprintf("Case %d: error 41", i),
		Text:    "The pump stops after a few minutes. We have changed the filter as you told us, and there is still a noise when the door is closed.",
		Units:   []string{fmt.Sprintf("SN-%06d", k%1_000_000)},
		Threads: []ticket.ThreadKey{{By: ticket.BySameID, Key: "id:" + id}, {By: "references", Key: id}},
		Mail:    &ticket.MailSeen{Source: "email:imap:past", Place: fmt.Sprintf("UIDVALIDITY=1/;UID=%d", i), MessageID: id, From: who, Subject: fmt.Sprintf("Case %d: error 41", i), Size: 900}}
}

// done takes all jobs away.
func done(t *testing.T, dsn, data string) {
	t.Helper()
	driver, name, clear := "pgx", dsn, []string{"DELETE FROM jobs", "VACUUM ANALYZE"}
	if dsn == "" {
		driver, name, clear = "sqlite", "file:"+filepath.Join(data, "tierline.db")+"?_pragma=busy_timeout(60000)", clear[:1]
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range clear {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}
