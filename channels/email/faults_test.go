package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tierline/channels"
	"tierline/channels/channeltest"
	"tierline/internal/peers"
	"tierline/ticket"
)

// faulty is a store with a fault of its own: it cannot do with some mails.
type faulty struct {
	*channeltest.Intake
	with string // in the subject
}

func (f faulty) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	for _, in := range batch {
		if strings.Contains(in.Subject, f.with) {
			return nil, errors.New("a constraint of the database failed")
		}
	}
	return f.Intake.Accept(ctx, batch)
}

// A mail at which the store fails by a fault of its own, in the midst of others, goes to quarantine. When
// it fails at all of them, it is the store: nothing is taken, and all come again.
func TestPoisonedBatch(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	m := newMapper(Config{}, deps(w).withDefaults())
	var items []item
	for i := range 10 {
		it, err := m.prepare(t.Context(), mailOf(fmt.Sprintf("mail-%d", i), "Text."), origin{inbox: inbox})
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, it)
	}
	if _, err := m.commit(t.Context(), faulty{w.Intake, "About"}, items); err == nil {
		t.Error("a store that is ill takes mails")
	}
	if a, q := len(w.Intake.Accepted()), len(w.Intake.Quarantined()); a+q != 0 {
		t.Fatalf("an ill store: %d accepted, %d in quarantine", a, q)
	}
	got, err := m.commit(t.Context(), faulty{w.Intake, "mail-3"}, items)
	if want := (Tally{Ticketed: 9, Quarantined: 1}); err != nil || got != want {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if q := w.Intake.Quarantined(); len(q) != 1 || whole(t, w, q[0].Blob) != string(mailOf("mail-3", "Text.")) {
		t.Errorf("quarantined: %+v", q)
	}
	if _, err := m.commit(t.Context(), faulty{w.Intake, "mail-4"}, items[4:5]); err == nil {
		t.Error("a mail alone says nothing of the store")
	}
}

func whole(t testing.TB, w channeltest.World, blob string) string {
	t.Helper()
	r, err := w.Blobs.Open(t.Context(), blob)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Whatever panics while a mail is read, the mail ends in quarantine.
func TestReaderPanics(t *testing.T) {
	t.Parallel()
	w := channeltest.NewWorld()
	d := deps(w).withDefaults()
	d.LookupTXT = func(context.Context, string) ([]string, error) { panic("a bug") }
	m := newMapper(Config{Authentication: Authentication{Verify: true}}, d)
	raw := append([]byte("DKIM-Signature: v=1; a=rsa-sha256; d=customer.example; s=x; h=from; bh="+
		"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"), mailOf("panic", "Text.")...)
	it, err := m.prepare(t.Context(), raw, origin{inbox: inbox})
	if err != nil || it.bad == nil || it.bad.Reason != "parser-fault" || whole(t, w, it.bad.Blob) != string(raw) {
		t.Errorf("%+v, %v", it.bad, err)
	}
}

// mortal are the cursors of a program that dies: what it writes after that does not arrive.
type mortal struct {
	*channeltest.Cursors
	dead atomic.Bool
}

func (m *mortal) SetCursor(ctx context.Context, source, value string) error {
	if m.dead.Load() {
		return nil
	}
	return m.Cursors.SetCursor(ctx, source, value)
}

// deadly ends the program when it is given a certain mail.
type deadly struct {
	channels.Intake
	with string
	died chan struct{}
	self *mortal
}

func (d deadly) Accept(ctx context.Context, batch []ticket.Inbound) ([]ticket.Accepted, error) {
	for _, in := range batch {
		if strings.Contains(in.Subject, d.with) && d.self.dead.CompareAndSwap(false, true) {
			close(d.died)
		}
	}
	if d.self.dead.Load() {
		return nil, ticket.E("test", ticket.Transient, errors.New("dead"))
	}
	return d.Intake.Accept(ctx, batch)
}

// A mail that ends the program whenever it is read is, after some deaths, kept whole and unread.
func TestMailThatEndsTheProgram(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	w := channeltest.NewWorld()
	fill(t, d, "deadly", 0, 10)
	deaths := 0
	for ; len(w.Intake.Quarantined()) == 0; deaths++ {
		if deaths == 10 {
			t.Fatal("it dies for ever")
		}
		self := &mortal{Cursors: w.Cursors}
		b := box(t, d, nil, "deadly", w, nil)
		b.cursors = self
		died := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, deadly{w.Intake, "mail-6", died, self}) }()
		lived := make(chan struct{})
		go func() {
			_ = cursorAt(ctx, w, 10)
			close(lived)
		}()
		select {
		case <-died:
		case <-lived:
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		<-lived
	}
	q := w.Intake.Quarantined()
	if len(q) != 1 || q[0].Reason != "parser-fault" || !strings.Contains(whole(t, w, q[0].Blob), "Text of mail 6.") {
		t.Errorf("quarantined: %+v", q)
	}
	if n := len(w.Intake.Accepted()); n != 9 {
		t.Errorf("%d accepted, want 9", n)
	}
	t.Logf("%d deaths", deaths-1)
	if s := w.Cursors.All()[(&mailbox{conf: mailboxOf(d, nil, "deadly").withDefaults()}).ordealKey()]; s != "" {
		t.Errorf("the ordeal is not over: %s", s)
	}
}

// thief takes a lease away.
type thief struct {
	*channeltest.Cursors
	has    atomic.Bool
	missed chan struct{} // told when the lease is not had
}

func (c *thief) Lease(ctx context.Context, name, holder string, d time.Duration) (bool, error) {
	if c.has.Load() {
		select {
		case c.missed <- struct{}{}:
		default:
		}
		return false, nil
	}
	return c.Cursors.Lease(ctx, name, holder, d)
}

// A gateway that has lost its lease stops at once, also in the midst of mails.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	d := peers.Dovecot(t)
	w := channeltest.NewWorld()
	fill(t, d, "thief", 0, 450)
	b := box(t, d, nil, "thief", w, nil)
	cursors := &thief{Cursors: w.Cursors, missed: make(chan struct{}, 1)}
	b.cursors, b.renew = cursors, 10*time.Millisecond
	held, release := w.Intake.Block()
	ended := make(chan error, 1)
	go func() {
		_, err := b.session(t.Context(), w.Intake)
		ended <- err
	}()
	<-held
	cursors.has.Store(true)
	<-cursors.missed
	time.AfterFunc(time.Second, release) // the lease is noticed to be gone while the store is busy
	if err := <-ended; err != nil {
		t.Errorf("the session ended with %v", err)
	}
	if n := len(w.Intake.Accepted()); n == 0 || n > 2*fetchCount {
		t.Errorf("%d mails were taken in: want those in hand, and no more", n)
	}
	cursors.has.Store(false)
	running(t, box(t, d, nil, "thief", w, nil), w.Intake)
	w.Intake.WaitAccepted(t, 450)
	each(t, w, 450)
}
