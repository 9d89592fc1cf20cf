//go:build !race

package bench

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
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
	tb.add(fmt.Sprintf("accept on %s with %d tickets, 500 in a commit", name, n.tickets), "messages/s", "", []float64{last})
	tb.add("the same as a ratio to the first fiftieth of them", "", "", []float64{last / first})
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

// crowd makes so many tickets, and says how many contacts a second the store took in at first and at
// last. A tenth of the tickets comes by contacts, the others are their copies, by SQL; nobody has jobs
// to do.
func crowd(t *testing.T, n amounts, dsn, data string) (first, last float64) {
	t.Helper()
	measured, taken := n.tickets/50, 0
	take := func(many int) (rate float64) {
		s, err := store.Open(t.Context(), store.Config{DSN: dsn, Data: data, ThrowAway: true, Log: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for end := taken + many; taken < end; {
			batch := make([]ticket.Inbound, min(500, end-taken))
			for i := range batch {
				batch[i] = old(taken)
				taken++
			}
			if _, err := s.Accept(t.Context(), batch); err != nil {
				t.Fatal(err)
			}
		}
		rate = float64(many) / time.Since(start).Seconds()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		return rate
	}
	first = take(measured)
	take(n.tickets/10 - measured)
	multiply(t, dsn, data, n.tickets/10, 9)
	return first, take(measured)
}

// old is a contact of long ago.
func old(i int) ticket.Inbound {
	past := mix{box: 99}
	k := scatter(uint64(i))
	who := fmt.Sprintf("old%d@firm%d.example", k%30_000, k%2_000)
	if k>>32%3 == 0 {
		who = fmt.Sprintf("regular%d@firm%d.example", k%400, k%40)
	}
	id := past.id(i)
	return ticket.Inbound{Channel: channels.Email, Inbox: "support", External: fmt.Sprintf("%s~%016x", id, k), Language: "en",
		From: customer.Identity{Kind: customer.Email, Value: who, Name: "Jane Doe"}, Subject: fmt.Sprintf("Case %d: error 41", i),
		Text:    "The pump stops after a few minutes. We have changed the filter as you told us, and there is still a noise when the door is closed.",
		Units:   unit(k),
		Threads: []ticket.ThreadKey{{By: ticket.BySameID, Key: id + " same"}, {By: "references", Key: id}},
		Mail:    &ticket.MailSeen{Source: "email:imap:past", Place: fmt.Sprintf("UIDVALIDITY=1/;UID=%d", i), MessageID: id, From: who, Subject: fmt.Sprintf("Case %d: error 41", i), Size: 900}}
}

// unit: every third names one.
func unit(k uint64) []string {
	if k%3 > 0 {
		return nil
	}
	return []string{fmt.Sprintf("SN-%06d", k%1_000_000)}
}

// multiply adds so many copies of all tickets that there are, with numbers and ids of their own, and
// takes all jobs away.
func multiply(t *testing.T, dsn, data string, tickets, copies int) {
	t.Helper()
	driver, name := "pgx", dsn
	if dsn == "" {
		driver, name = "sqlite", "file:"+filepath.Join(data, "tierline.db")+"?_pragma=busy_timeout(60000)&_pragma=cache_size(-400000)&_pragma=synchronous(OFF)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx := context.WithoutCancel(t.Context())
	do := func(query string) {
		if _, err := db.ExecContext(ctx, query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	do("DELETE FROM jobs")
	for _, table := range []string{"tickets", "ticket_units", "messages", "events", "refs", "mails"} {
		into, from := columns(t, db, table)
		for copy := 1; copy <= copies; copy++ {
			do(fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s WHERE %s", table, into,
				strings.NewReplacer("{n}", fmt.Sprint(copy*tickets), "{k}", fmt.Sprint(copy), "{c}", fmt.Sprint(scatter(uint64(copy))>>1), "{rest}", fmt.Sprint(16-copy)).Replace(from), table, originals(table, tickets)))
		}
	}
	if driver == "pgx" {
		do(fmt.Sprintf("SELECT setval('tickets_id', %d)", int(ticket.FirstID)+(copies+1)*tickets))
		do("VACUUM ANALYZE")
		do("CHECKPOINT") // else it is written while the mailboxes are read
	}
}

// originals are the rows that came by contacts.
func originals(table string, tickets int) string {
	if table == "tickets" {
		return fmt.Sprintf("id < %d", int(ticket.FirstID)+tickets)
	}
	return fmt.Sprintf("ticket < %d", int(ticket.FirstID)+tickets)
}

// columns are those of a table, and what a copy has in them: {n} is how far its number is from the
// first, {k} which copy it is. An id is 16 hex digits in no order, which a copy has turned round.
func columns(t *testing.T, db *sql.DB, table string) (into, from string) {
	t.Helper()
	rows, err := db.Query("SELECT * FROM " + table + " LIMIT 0")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var a, b []string
	for _, c := range names {
		what := c
		switch {
		case c == "id" && table != "tickets":
			continue // it is given by the database
		case c == "id" || c == "ticket":
			what = c + " + {n}"
		case c == "key":
			what = "substr(" + c + ", 1, 1) || substr(" + c + ", 2 + {k}, {rest}) || substr(" + c + ", 2, {k}) || substr(" + c + ", 18)"
		case c == "hash": // the nearness of the three keys of a mail stays; nobody asks for the copies
			what = "(hash | {c}) - (hash & {c})"
		case c == "place":
			what = c + " || '.{k}'"
		}
		a, b = append(a, c), append(b, what)
	}
	return strings.Join(a, ", "), strings.Join(b, ", ")
}
