package email

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tierline/channels/channeltest"
	"tierline/internal/peers"
	"tierline/ticket"
)

// book is a ledger in memory: the places that came with what was accepted or put aside.
type book struct {
	*channeltest.Intake
	mu     sync.Mutex
	places map[string]bool
}

func (b *book) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out, err := b.Intake.Accept(ctx, batch)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, in := range batch {
		b.places[in.Mail.Source+" "+in.Mail.Place] = err == nil
	}
	return out, err
}

func (b *book) Quarantine(ctx context.Context, q ticket.Quarantined) error {
	b.mu.Lock()
	b.places[q.Mail.Source+" "+q.Mail.Place] = true
	b.mu.Unlock()
	return b.Intake.Quarantine(ctx, q)
}

func (b *book) UnseenMails(_ context.Context, source string, places []string) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(places), func(p string) bool { return b.places[source+" "+p] }), nil
}

// loosen forgets what became of the mails with these UIDs, as if they had never been seen.
func (b *book) loosen(uids ...uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for p := range b.places {
		for _, u := range uids {
			if strings.HasSuffix(p, fmt.Sprintf(";UID=%d", u)) {
				delete(b.places, p)
			}
		}
	}
}

func TestReconcile(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	w := channeltest.NewWorld()
	fill(t, d, "gaps", 0, 2)
	d.Deliver(t, "gaps", []byte("Subject: nobody\n\nno sender\n")) // quarantined: it is in the ledger
	fill(t, d, "gaps", 2, 10)
	ledger := &book{Intake: w.Intake, places: map[string]bool{}}
	dep := deps(w)
	dep.Ledger = ledger
	conf := Config{Mailboxes: []Mailbox{mailboxOf(d, nil, "gaps")}, Sending: sending("127.0.0.1", 25)}
	// A cursor that was moved past mails that nobody took: UIDs 2 and 5 (mail-1 and mail-3).
	skipping := &gapped{book: ledger, skip: []string{"mail-1", "mail-3"}}
	stop := running(t, oneSource(t, conf, dep), skipping)
	if err := cursorAt(t.Context(), w, 11); err != nil {
		t.Fatal(err)
	}
	stop()
	first, err := Reconciliations(t.Context(), conf, w.Cursors)
	if err != nil || len(first) != 1 || first[0].Missing != 2 || first[0].Mails != 11 {
		t.Fatalf("when it starts, a mailbox is compared: %+v, %v", first, err)
	}

	seen, err := Reconcile(t.Context(), conf, dep, w.Intake, false)
	if err != nil || len(seen) != 1 || seen[0].Missing != 2 || seen[0].Fetched != 0 || len(w.Intake.Accepted()) != 8 {
		t.Fatalf("without mending: %+v, %v, %d accepted", seen, err, len(w.Intake.Accepted()))
	}
	if !strings.HasSuffix(seen[0].Places[0], ";UID=2") || !strings.HasSuffix(seen[0].Places[1], ";UID=5") {
		t.Errorf("places: %q", seen[0].Places)
	}
	mended, err := Reconcile(t.Context(), conf, dep, ledger, true)
	if err != nil || mended[0].Missing != 2 || mended[0].Fetched != 2 || mended[0].Known != 0 || mended[0].Error != "" {
		t.Fatalf("mending: %+v, %v", mended, err)
	}
	each(t, w, 10)
	again, err := Reconcile(t.Context(), conf, dep, ledger, true)
	if err != nil || again[0].Missing != 0 || again[0].Mails != 11 {
		t.Errorf("again: %+v, %v", again, err)
	}
	// A line that was lost with its mail known: nothing is doubled.
	ledger.loosen(8)
	known, err := Reconcile(t.Context(), conf, dep, ledger, true)
	if err != nil || known[0].Missing != 1 || known[0].Fetched != 1 || known[0].Known != 1 {
		t.Errorf("known: %+v, %v", known, err)
	}
	each(t, w, 10)
	d.Stop()
	down, err := Reconcile(t.Context(), conf, dep, ledger, true)
	if err != nil || down[0].Error == "" {
		t.Errorf("a server that is away: %+v, %v", down, err)
	}
}

// gapped is an intake that says it has taken mails that it has not: the cursor moves past them.
type gapped struct {
	*book
	skip []string
}

func (g *gapped) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	out := make([]ticket.Accepted, len(batch))
	for i, in := range batch {
		if slices.ContainsFunc(g.skip, func(s string) bool { return strings.HasSuffix(in.Subject, s) }) {
			continue
		}
		a, err := g.book.Accept(ctx, batch[i:i+1])
		if err != nil {
			return nil, err
		}
		out[i] = a[0]
	}
	return out, nil
}

// A running gateway compares once a day, and takes in what is missing.
func TestReconcilesDaily(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	w := channeltest.NewWorld()
	fill(t, d, "daily", 0, 3)
	ledger := &book{Intake: w.Intake, places: map[string]bool{}}
	clock := &steps{now: channeltest.At}
	dep := deps(w)
	dep.Ledger, dep.Now = ledger, clock.Now
	conf := mailboxOf(d, nil, "daily")
	conf.Poll = time.Second
	c := Config{Mailboxes: []Mailbox{conf}, Sending: sending("127.0.0.1", 25)}
	b := oneSource(t, c, dep).(*mailbox)
	running(t, b, ledger)
	result := func() Reconciliation {
		r, err := lastReconciled(t.Context(), w.Cursors, b.Name())
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	channeltest.Eventually(t, "the first comparison", func() bool { return result().Mails == 3 })
	ledger.loosen(2)
	fill(t, d, "daily", 3, 4)
	w.Intake.WaitAccepted(t, 4)
	clock.step(reconcileEvery + time.Minute)
	channeltest.Eventually(t, "the comparison of the next day", func() bool { return result().Fetched == 1 })
	if r := result(); r.Missing != 1 || r.Known != 1 || r.Mails != 4 {
		t.Errorf("%+v", r)
	}
	each(t, w, 4)
}

// steps is a clock that a test moves.
type steps struct {
	mu  sync.Mutex
	now time.Time
}

func (s *steps) Now() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }

func (s *steps) step(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.now = s.now.Add(d) }
