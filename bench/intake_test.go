package bench

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tierline/channels"
	"tierline/channels/email"
	"tierline/config/secret"
	"tierline/customer"
	"tierline/internal/peers"
	"tierline/store"
	"tierline/store/blobs"
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

// mail is a contact as it lies in a mailbox.
func mail(i int) []byte {
	c := contact(i)
	refs := ""
	if len(c.Threads) > 0 {
		refs = "References: " + c.Threads[0].Key + "\r\nIn-Reply-To: " + c.Threads[0].Key + "\r\n"
	}
	return []byte("From: Jane Doe <" + c.From.Value + ">\r\nTo: support@acme.example\r\nSubject: " + c.Subject +
		"\r\nDate: Mon, 2 Mar 2026 09:30:00 +0000\r\nMessage-ID: " + c.External + "\r\n" + refs + "MIME-Version: 1.0\r\n" +
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
		strings.ReplaceAll(c.Text, "\n", "\r\n"))
}

func ingestSQLite(t *testing.T, tb *table, n amounts) {
	ingest(t, tb, n, "SQLite", func() string { return "" })
}

func ingestPostgres(t *testing.T, tb *table, n amounts) {
	ingest(t, tb, n, "PostgreSQL", func() string { return peers.Postgres(t) })
}

// ingest reads a whole mailbox of a real Dovecot into an empty store, and the same mailbox with a bare
// IMAP client just before.
func ingest(t *testing.T, tb *table, n amounts, name string, dsn func() string) {
	d := peers.Dovecot(t)
	for i := range n.mails {
		d.Deliver(t, "bench", mail(i))
	}
	if _, _, err := d.FetchAll("bench"); err != nil { // Dovecot builds its indexes
		t.Fatal(err)
	}
	var bare, ours, ratio []float64
	for range n.runs {
		start := time.Now()
		if got, _, err := d.FetchAll("bench"); err != nil || got != n.mails {
			t.Fatalf("%d mails of %d: %v", got, n.mails, err)
		}
		b, o := time.Since(start).Seconds(), readMailbox(t, d, dsn(), n.mails).Seconds()
		bare, ours, ratio = append(bare, float64(n.mails)/b), append(ours, float64(n.mails)/o), append(ratio, b/o)
	}
	tb.add("bare fetch of the mailbox, beside "+name, "mails/s", "", bare)
	tb.add("mailbox into "+name, "mails/s", "", ours)
	tb.add("mailbox into "+name+", as a ratio to that", "", "≥ 0.5", ratio)
}

// readMailbox says how long the gateway's own source takes until the last mail is committed.
func readMailbox(t *testing.T, d *peers.DovecotServer, dsn string, n int) time.Duration {
	s := openStore(t, dsn)
	b, err := blobs.Open(t.Context(), blobs.Config{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	sources, err := email.NewSources(email.Config{
		Mailboxes: []email.Mailbox{{Inbox: "support", Host: d.Host, Port: d.Port, TLS: email.NoTLS, User: "bench",
			Password: secret.New(d.Password)}},
		Sending: email.Sending{Host: "127.0.0.1", Port: 25, TLS: email.NoTLS, Domain: "acme.example",
			Secret: secret.New("bench-secret-bench-secret"), From: map[string]email.From{"support": {Address: "support@acme.example"}}},
	}, email.Deps{Blobs: b, Cursors: s, Holder: "bench", Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	understood, err := channels.Understand(s, channels.UnderstandConfig{Serials: []string{`SN-\d{6}`}})
	if err != nil {
		t.Fatal(err)
	}
	in := &counting{Intake: understood, want: int64(n), all: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- sources[0].Run(ctx, in) }()
	select {
	case <-in.all:
	case <-ctx.Done():
	}
	took := time.Since(start)
	cancel()
	if err := <-done; err != nil || in.got.Load() != int64(n) {
		t.Fatalf("%d mails of %d were taken in: %v", in.got.Load(), n, err)
	}
	return took
}

// counting tells when all that is wanted was taken in.
type counting struct {
	channels.Intake
	want int64
	got  atomic.Int64
	all  chan struct{}
}

func (c *counting) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out, err := c.Intake.Accept(ctx, batch)
	if err == nil && c.got.Add(int64(len(out))) == c.want {
		close(c.all)
	}
	return out, err
}
