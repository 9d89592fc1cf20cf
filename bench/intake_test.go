//go:build !race

package bench

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/ticket"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// openStore opens an empty store: PostgreSQL, or SQLite without a DSN.
func openStore(t *testing.T, dsn string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DSN: dsn, Data: t.TempDir(), Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var text = strings.Repeat("The machine makes a noise and then it stops.\n", 45) // 2 kB

// contact is the i-th mail: of 5,000 customers in 300 firms, every third an answer to the one before.
func contact(i int) ticket.Inbound {
	in := ticket.Inbound{Channel: channels.Email, Inbox: "support", External: messageID(i),
		From: customer.Identity{Kind: customer.Email, Value: writer(i)}, Subject: "It is broken", Text: text,
		Units: []string{fmt.Sprint("SN", i%1000)}}
	if i%3 == 2 {
		in.From.Value = writer(i - 1)
		in.Threads = []ticket.ThreadKey{{By: "references", Key: messageID(i - 1)}}
	}
	return in
}

func messageID(i int) string { return fmt.Sprintf("<%d@example.org>", i) }
func writer(i int) string    { return fmt.Sprintf("c%d@firm%d.example", i%5000, i%300) }

func acceptSQLite(t *testing.T, tb *table, n amounts) { accept(t, tb, n, "SQLite", "") }
func acceptPostgres(t *testing.T, tb *table, n amounts) {
	accept(t, tb, n, "PostgreSQL", peers.Postgres(t))
}

// accept measures how many messages a second are taken in, by so many in a commit.
func accept(t *testing.T, tb *table, n amounts, name, dsn string) {
	s := openStore(t, dsn)
	next := 0
	for _, size := range []int{1, 20, 200} {
		var runs []float64
		for range n.runs {
			start, first := time.Now(), next
			for next == first || time.Since(start) < n.accept {
				batch := make([]ticket.Inbound, size)
				for i := range batch {
					batch[i] = contact(next)
					next++
				}
				if _, err := s.Accept(t.Context(), batch); err != nil {
					t.Fatal(err)
				}
			}
			runs = append(runs, float64(next-first)/time.Since(start).Seconds())
		}
		tb.add(fmt.Sprintf("accept on %s, %d in a commit", name, size), "messages/s", "", runs)
	}
}
