package channeltest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/ticket"
)

// SourceHarness tells the suite how to talk to one kind of source.
type SourceHarness struct {
	// Start makes an adapter and its peer for one check. It must not call Run.
	Start func(t testing.TB, w World) SourceRig
	// Longest is the size in bytes of the longest text that must arrive; 20 000 when 0.
	Longest int
}

// SourceRig is one adapter with its peer.
type SourceRig struct {
	Source  channels.Source
	Config  any      // printed in every way, and searched for secrets
	Secrets []string // which neither a log nor Config may show

	Channel string            // what Inbound.Channel must be
	Inbox   string            // what Inbound.Inbox must be
	From    customer.Identity // who the peer says has written; an empty Value allows any of the Kind

	// Deliver makes one try to bring a message in, as the peer does over the wire. It returns nil
	// when the adapter has acknowledged it (250, ack, HTTP 2xx, the cursor has passed it), and an
	// error with the adapter's answer when it was refused or ctx ended.
	Deliver func(ctx context.Context, m Message) error
	// Redeliver brings in again what Deliver did, as after a lost acknowledgement.
	Redeliver func(ctx context.Context, m Message) error
	// Garbage are inputs that cannot be understood, by name; Oversize is one beyond the limit.
	// Both return as Deliver does.
	Garbage  map[string]func(ctx context.Context) error
	Oversize func(ctx context.Context) error
	// TextOf finds what the customer said in a contact; its Text when nil.
	TextOf func(in ticket.Inbound) string
	// Kill ends the peer, Revive starts it again; nil where the adapter itself is the server.
	Kill, Revive func()
}

// Message is what the suite has the peer deliver.
type Message struct {
	ID   string // unique: the harness makes the wire's id of it
	Text string
}

type sourceCheck struct {
	name string
	run  func(t testing.TB, h SourceHarness)
}

var sourceChecks = []sourceCheck{
	{"arrives whole", arrivesWhole},
	{"acknowledged means committed", acknowledgedMeansCommitted},
	{"what was not taken comes again", notTakenComesAgain},
	{"redelivery is harmless", redeliveryIsHarmless},
	{"garbage", garbage},
	{"what the intake rejects", rejected},
	{"stops and runs again", stopsAndRunsAgain},
	{"stops with work in hand", stopsWithWorkInHand},
	{"ready", ready},
	{"keeps secrets", keepsSecrets},
}

// Source runs every check against a source.
func Source(t *testing.T, h SourceHarness) {
	for _, c := range sourceChecks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, h)
		})
	}
}

// bench is one running source.
type bench struct {
	SourceRig
	World
	t      testing.TB
	cancel func()
	end    func()
}

func start(t testing.TB, h SourceHarness) *bench {
	t.Helper()
	w := NewWorld()
	b := &bench{SourceRig: h.Start(t, w), World: w, t: t}
	if b.TextOf == nil {
		b.TextOf = func(in ticket.Inbound) string { return in.Text }
	}
	if b.Source.Name() == "" {
		t.Fatalf("the source has no name")
	}
	b.run()
	t.Cleanup(func() {
		b.stop()
		b.noSecrets(t, b.Secrets)
	})
	return b
}

// run starts Run and waits until the source is ready.
func (b *bench) run() {
	b.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Source.Run(ctx, b.Intake) }()
	ended := false
	b.cancel = cancel
	b.end = func() {
		cancel()
		if ended {
			return
		}
		ended = true
		select {
		case err := <-done:
			if err != nil {
				b.t.Errorf("Run returned %v after its context ended, not nil", err)
			}
		case <-time.After(Patience):
			b.t.Errorf("Run has not returned %v after its context ended", Patience)
		}
	}
	Eventually(b.t, "the source to be ready", func() bool { return b.Source.Ready() == nil })
}

func (b *bench) stop() { b.end() }

// deliver brings a message in, trying again as a peer does until it is acknowledged.
func (b *bench) deliver(m Message) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	try := b.Deliver
	for {
		err := try(ctx, m)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			b.t.Fatalf("message %s was not acknowledged within %v: %v", m.ID, Patience, err)
		}
		try = b.Redeliver
		pause(ctx, 20*time.Millisecond)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// good fails unless a message arrives.
func (b *bench) good(id string) {
	b.t.Helper()
	m := Message{ID: id, Text: "Is this thing on? " + id}
	b.deliver(m)
	if n := b.count(m); n != 1 {
		b.t.Fatalf("message %s was acknowledged and stands %d times in the intake, not once", id, n)
	}
}

// count is how many committed contacts say what m says.
func (b *bench) count(m Message) int {
	n := 0
	for _, in := range b.Intake.Accepted() {
		if sameText(b.TextOf(in), m.Text) {
			n++
		}
	}
	return n
}

func sameText(a, b string) bool { return tidy(a) == tidy(b) }

func tidy(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

func arrivesWhole(t testing.TB, h SourceHarness) {
	b := start(t, h)
	long := h.Longest
	if long == 0 {
		long = 20_000
	}
	texts := []string{
		"Mein Gerät heizt nicht – Übertemperatur, 90 °C? ¿Qué? Ça ne marche pas.",
		"الجهاز لا يعمل / המכשיר לא עובד",
		"設備が動きません 🔥👩🏽‍🔧🇩🇪 e\u0301",
		"<b>bold?</b> & \"quotes\" &amp; 'more' <script>alert(1)</script>",
		"first line\nsecond line\n\n  fourth, indented",
		strings.TrimSpace(strings.Repeat("A long story, über alles. ", long/27)),
	}
	for i, text := range texts {
		m := Message{ID: fmt.Sprintf("whole-%d", i), Text: text}
		b.deliver(m)
		all := b.Intake.WaitAccepted(t, i+1)
		in := all[len(all)-1]
		if got := b.TextOf(in); !sameText(got, text) {
			t.Errorf("text %d arrived as %.200q, not %.200q", i, got, text)
		}
		b.wellFormed(in)
	}
}

func (b *bench) wellFormed(in ticket.Inbound) {
	b.t.Helper()
	if in.Channel != b.Channel || in.Inbox != b.Inbox || in.External == "" {
		b.t.Errorf("channel, inbox, external are %q, %q, %q; want %q, %q and something",
			in.Channel, in.Inbox, in.External, b.Channel, b.Inbox)
	}
	if n, err := in.From.Normal(); err != nil || n != in.From {
		b.t.Errorf("From is %+v, which is not normal (%+v, %v)", in.From, n, err)
	}
	if in.From.Kind != b.From.Kind || (b.From.Value != "" && in.From.Value != b.From.Value) {
		b.t.Errorf("From is %s, want %s", in.From.Key(), b.From.Key())
	}
	if len(in.Threads) == 0 {
		b.t.Errorf("the contact has no thread key: an answer to it would open a new ticket")
	}
}

func acknowledgedMeansCommitted(t testing.TB, h SourceHarness) {
	b := start(t, h)
	held, release := b.Intake.Block()
	defer release()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	m := Message{ID: "held-1", Text: "Not acknowledged before it is stored."}
	acked := make(chan error, 1)
	go func() { acked <- b.Deliver(ctx, m) }()
	select {
	case <-held:
	case err := <-acked:
		t.Fatalf("the peer was answered (%v) before the intake was asked", err)
	case <-ctx.Done():
		t.Fatalf("the message did not reach the intake")
	}
	select {
	case err := <-acked:
		t.Fatalf("the peer was answered (%v) while the intake was still at it", err)
	case <-time.After(100 * time.Millisecond): // that nothing happens can only be waited for
	}
	release()
	b.once(m, <-acked)
}

// once brings m in again unless it was acknowledged, and fails unless it was committed once.
func (b *bench) once(m Message, err error) {
	b.t.Helper()
	if err == nil && b.count(m) == 0 {
		b.t.Fatalf("message %s was acknowledged and lost", m.ID)
	}
	if err != nil {
		b.deliver(m)
	}
	if n := b.count(m); n != 1 {
		b.t.Fatalf("message %s stands %d times in the intake, not once", m.ID, n)
	}
}

func notTakenComesAgain(t testing.TB, h SourceHarness) {
	b := start(t, h)
	b.Intake.FailNext(2, ticket.Transient)
	before := b.Intake.Calls()
	b.good("again-1")
	if b.Intake.Calls()-before < 3 {
		t.Errorf("the intake was to fail twice, but was asked %d times", b.Intake.Calls()-before)
	}
	b.Intake.FailNext(1, ticket.Internal) // a fault of ours is no reason to lose anything either
	b.good("again-2")
	b.good("again-3")
	if n := len(b.Intake.Accepted()); n != 3 {
		t.Errorf("%d contacts of 3 messages", n)
	}
}

func redeliveryIsHarmless(t testing.TB, h SourceHarness) {
	b := start(t, h)
	one, two := Message{"twice-1", "Said once."}, Message{"twice-2", "Said after that."}
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	b.deliver(one)
	for range 2 {
		if err := b.Redeliver(ctx, one); err != nil {
			t.Fatalf("a redelivery was not acknowledged: %v", err)
		}
	}
	b.deliver(two)
	all := b.Intake.Accepted()
	if len(all) != 2 || b.count(one) != 1 || b.count(two) != 1 {
		t.Fatalf("%d contacts of 2 messages of which one came three times", len(all))
	}
	if all[0].External == all[1].External {
		t.Errorf("two messages have the same External %q", all[0].External)
	}
}

func garbage(t testing.TB, h SourceHarness) {
	b := start(t, h)
	if len(b.Garbage) == 0 || b.Oversize == nil {
		t.Fatalf("the harness has no garbage, or nothing too large")
	}
	n := 0
	for name, send := range b.Garbage {
		b.badInput(name, send)
		n++
		b.good(fmt.Sprintf("after-garbage-%d", n))
	}
	b.badInput("oversize", b.Oversize)
	b.good("after-oversize")
	if got := len(b.Intake.Accepted()); got != n+1 {
		t.Errorf("%d contacts of %d good messages: garbage became a ticket", got, n+1)
	}
}

// badInput fails unless the input is refused in words, or kept whole.
func (b *bench) badInput(name string, send func(context.Context) error) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	before := len(b.Intake.Quarantined())
	err := send(ctx)
	if ctx.Err() != nil {
		b.t.Fatalf("%s: no answer within %v", name, Patience)
	}
	b.kept(before)
	if err == nil && len(b.Intake.Quarantined()) == before {
		b.t.Errorf("%s: was acknowledged, and is not in quarantine", name)
	}
	if err != nil && strings.TrimSpace(err.Error()) == "" {
		b.t.Errorf("%s: was refused without a word", name)
	}
}

// kept checks what was quarantined since: it says why, and its bytes are there.
func (b *bench) kept(since int) {
	b.t.Helper()
	for _, q := range b.Intake.Quarantined()[since:] {
		if q.Channel != b.Channel || q.Inbox == "" || q.External == "" || q.Reason == "" || q.Detail == "" {
			b.t.Errorf("a quarantined input says too little: %+v", q)
		}
		r, err := b.Blobs.Open(context.Background(), q.Blob)
		if err != nil {
			b.t.Errorf("a quarantined input is not kept: %+v: %v", q, err)
			continue
		}
		if n, _ := io.Copy(io.Discard, r); n != q.Size {
			b.t.Errorf("a quarantined input of %d bytes is kept with %d", q.Size, n)
		}
	}
}

func rejected(t testing.TB, h SourceHarness) {
	b := start(t, h)
	const poison = "poisonous words"
	b.Intake.Reject(poison)
	b.badInput("rejected", func(ctx context.Context) error {
		return b.Deliver(ctx, Message{ID: "poison-1", Text: "Some " + poison + "."})
	})
	b.good("after-poison")
}

func stopsAndRunsAgain(t testing.TB, h SourceHarness) {
	b := start(t, h)
	b.good("run-1")
	b.stop()
	b.run()
	b.good("run-2")
	if n := len(b.Intake.Accepted()); n != 2 {
		t.Errorf("%d contacts of 2 messages", n)
	}
}

func stopsWithWorkInHand(t testing.TB, h SourceHarness) {
	b := start(t, h)
	held, release := b.Intake.Block()
	defer release()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	m := Message{ID: "hand-1", Text: "The gateway stops just now."}
	acked := make(chan error, 1)
	go func() { acked <- b.Deliver(ctx, m) }()
	select {
	case <-held:
	case <-ctx.Done():
		t.Fatalf("the message did not reach the intake")
	}
	b.cancel()
	release()
	b.stop()
	stop() // a peer that still waits for its answer gives up
	err := <-acked
	b.run()
	b.once(m, err)
}

func ready(t testing.TB, h SourceHarness) {
	w := NewWorld()
	if rig := h.Start(t, w); rig.Source.Ready() == nil {
		t.Errorf("Ready is nil before Run")
	}
	b := start(t, h)
	b.good("ready-1")
	if b.Kill != nil {
		b.Kill()
		Eventually(t, "Ready to tell that the peer is dead", func() bool { return b.Source.Ready() != nil })
		b.Revive()
		Eventually(t, "Ready to tell that the peer is back", func() bool { return b.Source.Ready() == nil })
		b.good("ready-2")
	}
	b.stop()
	if b.Source.Ready() == nil {
		t.Errorf("Ready is nil after Run")
	}
}

func keepsSecrets(t testing.TB, h SourceHarness) {
	b := start(t, h)
	b.good("secret-1")
	b.Intake.FailNext(1, ticket.Transient)
	b.good("secret-2")
	b.badInput("oversize", b.Oversize)
	b.noSecrets(t, b.Secrets, printed(b.Config)...)
}

func printed(v any) []string {
	return []string{fmt.Sprint(v), fmt.Sprintf("%+v", v), fmt.Sprintf("%#v", v)}
}
