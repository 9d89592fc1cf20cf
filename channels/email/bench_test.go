package email

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/internal/peers"
)

func BenchmarkParse(b *testing.B) {
	var mails [][]byte
	var size int64
	files, err := filepath.Glob("testdata/mails/*.eml")
	if err != nil || len(files) == 0 {
		b.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			b.Fatal(err)
		}
		mails, size = append(mails, raw), size+int64(len(raw))
	}
	b.SetBytes(size / int64(len(mails)))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := Parse(mails[i%len(mails)]); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkIngest reads a mailbox of 5,000 mails from Dovecot into an intake in memory, and compares
// that with a bare fetch of the same mailbox in the same run.
func BenchmarkIngest(b *testing.B) {
	const n = 5000
	d := peers.Dovecot(b)
	fill(b, d, "bench", 0, n)
	if _, _, err := d.FetchAll("bench"); err != nil { // Dovecot builds its indexes
		b.Fatal(err)
	}
	var bare, ours time.Duration
	for b.Loop() {
		start := time.Now()
		if got, _, err := d.FetchAll("bench"); err != nil || got != n {
			b.Fatal(fmt.Errorf("%d mails: %w", got, err))
		}
		bare += time.Since(start)
		ours += ingest(b, d, "bench", n)
	}
	rounds := float64(b.N * n)
	b.ReportMetric(rounds/bare.Seconds(), "bare/s")
	b.ReportMetric(rounds/ours.Seconds(), "ingest/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
}

// ingest reads a user's whole mailbox into an empty intake, and says how long that took.
func ingest(b testing.TB, d *peers.DovecotServer, user string, n int) (took time.Duration) {
	b.Helper()
	w := channeltest.NewWorld()
	dp := deps(w)
	dp.Log = quiet()
	s := oneSource(b, Config{Mailboxes: []Mailbox{mailboxOf(d, nil, user)}, Sending: sending("127.0.0.1", 25)}, dp)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- s.Run(ctx, w.Intake) }()
	if err := cursorAt(ctx, w, n); err != nil {
		b.Fatal(err)
	}
	took = time.Since(start)
	cancel()
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	if got := len(w.Intake.Accepted()); got != n {
		b.Fatalf("%d mails of %d", got, n)
	}
	return took
}
