package channeltest

import (
	"context"
	"testing"
	"time"

	"tierline/channels"
	"tierline/ticket"
)

// SenderHarness tells the suite how to watch one kind of sender.
type SenderHarness struct {
	// Start makes an adapter and the peer that it sends to, for one check.
	Start func(t testing.TB, w World) SenderRig
}

// SenderRig is one sender with its peer.
type SenderRig struct {
	Sender  channels.Sender
	Config  any
	Secrets []string

	// Good is a message that can be delivered. Where a channel can deliver nothing at all, leave
	// its Ticket.ID zero.
	Good ticket.Outbound
	// Bad are messages that can never be delivered, by name.
	Bad map[string]ticket.Outbound
	// Sent lists the ids of what the peer has taken, one each delivery, in order; nil where
	// nothing is put on a wire.
	Sent func() []string
	// Fail has the peer answer the next send with a failure of that kind: Transient or Invalid.
	// nil where a sender cannot fail so.
	Fail func(kind ticket.Kind)
	// RetryAfter is how long the peer asks to wait when it fails Transient; 0 when it does not say.
	RetryAfter time.Duration
}

type senderCheck struct {
	name string
	run  func(t testing.TB, r SenderRig)
}

var senderChecks = []senderCheck{
	{"same id at each try", sameID},
	{"transient", transient},
	{"invalid", invalid},
	{"bad messages", badMessages},
	{"ended context", endedContext},
}

// Sender runs every check against a sender.
func Sender(t *testing.T, h SenderHarness) {
	for _, c := range senderChecks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			runSender(t, h, c)
		})
	}
}

func runSender(t testing.TB, h SenderHarness, c senderCheck) {
	w := NewWorld()
	r := h.Start(t, w)
	if r.Good.Ticket.ID == 0 && len(r.Bad) == 0 {
		t.Fatalf("the harness has neither a good message nor a bad one")
	}
	if r.Sent == nil {
		r.Sent = func() []string { return nil }
	}
	c.run(t, r)
	w.noSecrets(t, r.Secrets, printed(r.Config)...)
}

func (r SenderRig) send(t testing.TB, out ticket.Outbound) (string, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), Patience)
	defer stop()
	id, err := r.Sender.Send(ctx, out)
	if ctx.Err() != nil {
		t.Fatalf("Send took longer than %v", Patience)
	}
	return id, err
}

// goodID sends the good message, which must work, and returns its id.
func (r SenderRig) goodID(t testing.TB, again bool) string {
	t.Helper()
	out := r.Good
	out.Again = again
	id, err := r.send(t, out)
	if err != nil || id == "" {
		t.Fatalf("a good message gave id %q and error %v", id, err)
	}
	return id
}

func sameID(t testing.TB, r SenderRig) {
	if r.Good.Ticket.ID == 0 {
		return
	}
	first := r.goodID(t, false)
	if again := r.goodID(t, true); again != first {
		t.Errorf("the id was %q and is %q at the second try", first, again)
	}
	sent := r.Sent()
	for _, id := range sent {
		if id != sent[0] {
			t.Errorf("the peer saw one message as %q and %q", sent[0], id)
		}
	}
}

func transient(t testing.TB, r SenderRig) {
	if r.Fail == nil {
		return
	}
	r.Fail(ticket.Transient)
	_, err := r.send(t, r.Good)
	if ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a failure that passes is %v (kind %q), not Transient", err, ticket.KindOf(err))
	}
	if got := ticket.RetryAfter(err); r.RetryAfter != 0 && got < r.RetryAfter {
		t.Errorf("the peer asked to wait %v, the error says %v", r.RetryAfter, got)
	}
	r.goodID(t, true)
}

func invalid(t testing.TB, r SenderRig) {
	if r.Fail == nil {
		return
	}
	r.Fail(ticket.Invalid)
	_, err := r.send(t, r.Good)
	permanent(t, err)
	r.goodID(t, true)
}

func permanent(t testing.TB, err error) {
	t.Helper()
	switch ticket.KindOf(err) {
	case ticket.Invalid, ticket.Denied:
	default:
		t.Fatalf("a failure that stays is %v (kind %q), neither Invalid nor Denied", err, ticket.KindOf(err))
	}
	if ticket.Explain(err) == ticket.Explain(ticket.E("", ticket.KindOf(err), nil)) {
		t.Errorf("the writer is not told what is wrong: %v", err)
	}
}

func badMessages(t testing.TB, r SenderRig) {
	if len(r.Bad) == 0 {
		t.Fatalf("the harness has no bad message")
	}
	for name, out := range r.Bad {
		before := len(r.Sent())
		id, err := r.send(t, out)
		if err == nil {
			t.Fatalf("%s: was sent as %q", name, id)
		}
		permanent(t, err)
		if n := len(r.Sent()); n != before {
			t.Errorf("%s: something was sent all the same", name)
		}
	}
	if r.Good.Ticket.ID != 0 {
		r.goodID(t, false)
	}
}

func endedContext(t testing.TB, r SenderRig) {
	if r.Good.Ticket.ID == 0 {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := len(r.Sent())
	_, err := r.Sender.Send(ctx, r.Good)
	if err != nil && ticket.KindOf(err) != ticket.Transient {
		t.Errorf("an ended context gave %v (kind %q), not Transient", err, ticket.KindOf(err))
	}
	if r.Fail != nil && err == nil && len(r.Sent()) == before { // there is a wire, and nothing went over it
		t.Errorf("nothing was sent, and Send says that it was")
	}
}
