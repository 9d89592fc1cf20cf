//go:build !race

package bench

import (
	"flag"
	"os"
	"testing"
	"time"
)

var figures = flag.Bool("figures", false, "measure with many of everything, and print the table")

// amounts are how much of everything is measured with.
type amounts struct {
	runs     int           // of each measurement
	accept   time.Duration // at least, of one run of Accept
	mails    int           // in the mailbox
	tickets  int           // in a store that is full
	rules    int
	decide   int // decisions in a run
	articles int
	asked    int           // questions in a run
	starts   int           // of the program
	settle   time.Duration // before it counts as idle
	later    time.Duration // when it is looked at once more: Go's collector comes every two minutes
	contacts int           // mails in a run, and messages in a customers' channel
	every    time.Duration // between two of them
	click    time.Duration // between two clicks on their cards
	pages    int           // of a run, at that rate
	burst    int           // pages at once
	chains   int           // pages that go on and on
	step     time.Duration // of them
	clocks   int           // that are not due
	heard    int           // clocks that become due
	handed   int           // cases that are handed out in a run
	fresh    int           // tickets among which others are looked for that are alike
}

var (
	few = amounts{runs: 1, mails: 40, tickets: 500, rules: 10, decide: 10, articles: 200, asked: 5, starts: 1, contacts: 3,
		every: 10 * time.Millisecond, click: 5 * time.Millisecond, pages: 5, burst: 10, chains: 2, step: 200 * time.Millisecond, clocks: 100, heard: 5, handed: 6, fresh: 40}
	many = amounts{runs: 3, accept: 1500 * time.Millisecond, mails: 5000, tickets: 1_000_000, rules: 1000, decide: 2000, articles: 20_000, asked: 300,
		starts: 5, settle: 4 * time.Second, later: 2*time.Minute + 5*time.Second, contacts: 150, every: 50 * time.Millisecond, click: 20 * time.Millisecond, pages: 300, burst: 500, chains: 50, step: time.Second, clocks: 100_000, heard: 400, handed: 1000, fresh: 20_000}
)

func TestFigures(t *testing.T) {
	n := few
	if *figures {
		n = many
	}
	tb, start := &table{}, time.Now()
	for _, part := range []struct {
		name    string
		measure func(*testing.T, *table, amounts)
	}{
		{"accept on SQLite", acceptSQLite}, {"accept on PostgreSQL", acceptPostgres},
		{"mailbox into SQLite", ingestSQLite}, {"mailbox into PostgreSQL", ingestPostgres},
		{"million tickets on SQLite", fullSQLite}, {"million tickets on PostgreSQL", fullPostgres},
		{"decision", decide}, {"handing out", handOut}, {"alike", alikeCheck}, {"suggestion, bleve", suggestBleve}, {"suggestion, Meilisearch", suggestMeili},
		{"clocks", clocks}, {"paging on SQLite", pagingSQLite}, {"paging on PostgreSQL", pagingPostgres}, {"program", program},
	} {
		before, ran := len(tb.rows), false
		t.Run(part.name, func(t *testing.T) {
			ran = true
			defer func() {
				if t.Skipped() {
					tb.leaveOut(part.name, "left out: its peer is not here")
				}
			}()
			part.measure(t, tb, n)
		})
		if ran && len(tb.rows) == before && !t.Failed() {
			t.Errorf("%s: nothing was measured", part.name)
		}
	}
	if *figures && !t.Failed() {
		if err := tb.print(os.Stdout, time.Since(start)); err != nil {
			t.Error(err)
		}
	}
}
