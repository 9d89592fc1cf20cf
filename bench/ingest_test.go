//go:build !race

package bench

import (
	"fmt"
	"testing"

	"tierline/internal/peers"
)

func ingestSQLite(t *testing.T, tb *table, n amounts) {
	ingest(t, tb, n, "SQLite", func() string { return "" })
}

func ingestPostgres(t *testing.T, tb *table, n amounts) {
	ingest(t, tb, n, "PostgreSQL", func() string { return peers.Postgres(t) })
}

// ingest reads whole mailboxes of a real Dovecot into empty stores, each just after a bare IMAP client
// has read the same.
func ingest(t *testing.T, tb *table, n amounts, name string, dsn func() string) {
	d := peers.Dovecot(t)
	compare(t, tb, n.runs, "small mails", name, fill(t, d, "small", n.mails, small), dsn)
	compare(t, tb, n.runs, "mixed mails", name, fill(t, d, "mixed", n.mails, mix{}.mail), dsn)
	compare(t, tb, 1, fmt.Sprint(4*n.mails, " mixed mails"), name, fill(t, d, "long", 4*n.mails, mix{1}.mail), dsn)
}

func compare(t *testing.T, tb *table, runs int, what, name string, b box, dsn func() string) {
	var bare, ours, ratio, mb, cpu, peak, disk []float64
	mails, dsnOf := float64(b.mails), ""
	for range runs {
		dsnOf = dsn()
		f, r := b.fetch(t).Seconds(), b.read(t, dsnOf, t.TempDir())
		bare, ours, ratio = append(bare, mails/f), append(ours, mails/r.Seconds), append(ratio, f/r.Seconds)
		mb, cpu, peak = append(mb, float64(b.bytes)/1e6/r.Seconds), append(cpu, r.CPU/mails*1000), append(peak, r.Peak)
		disk = append(disk, r.Disk*1000/mails)
	}
	tb.add(fmt.Sprintf("bare fetch of %s, beside %s", what, name), "mails/s", "", bare)
	tb.add(what+" into "+name, "mails/s", "", ours)
	tb.add(what+" into "+name, "MB/s", "", mb)
	tb.add(what+" into "+name+", ratio to the bare fetch", "", "≥ 0.5", ratio)
	tb.add(what+" into "+name+", processors", "ms/mail", "", cpu)
	tb.add(what+" into "+name+", peak memory", "MB", "", peak)
	if dsnOf == "" {
		tb.add(what+" into "+name+", on the disk", "kB/mail", "", disk)
	}
}
