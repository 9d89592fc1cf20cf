package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"tierline/channels/channeltest"
	"tierline/customer"
	"tierline/ticket"
)

func codeOf(code int, a, b, c int, text string) *smtp.SMTPError {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{a, b, c}, Message: text}
}

func to(seq int, addresses ...string) ticket.Outbound {
	out := outbound()
	out.Message.Seq, out.To, out.Cc = seq, nil, nil
	for i, a := range addresses {
		id := customer.Identity{Kind: customer.Email, Value: a}
		if i == 0 {
			out.To = append(out.To, id)
		} else {
			out.Cc = append(out.Cc, id)
		}
	}
	return out
}

// slowly is a sender with a clock of its own.
func slowly(t testing.TB, limit Throttle) (*sender, *mx, *clock) {
	t.Helper()
	m, clock := newMX(t), newClock()
	d := deps(channeltest.NewWorld())
	d.Now = clock.now
	c := Config{Sending: sending("127.0.0.1", m.port())}
	c.Sending.Throttle = limit
	s, err := NewSender(c, d)
	if err != nil {
		t.Fatal(err)
	}
	return s.(*sender), m, clock
}

func TestDomainsAreThrottledApart(t *testing.T) {
	t.Parallel()
	s, m, clock := slowly(t, Throttle{PerMinute: 3})
	var waits []time.Duration
	for i := range 6 {
		_, err := s.Send(t.Context(), to(i+1, fmt.Sprintf("u%d@busy.example", i)))
		if err != nil && ticket.KindOf(err) != ticket.Transient {
			t.Fatal(err)
		}
		if err != nil {
			waits = append(waits, ticket.RetryAfter(err))
		}
	}
	if fmt.Sprint(waits) != "[1m0s 1m20s 1m40s]" {
		t.Errorf("those who wait are told %v", waits)
	}
	if _, err := s.Send(t.Context(), to(10, "u@other.example")); err != nil {
		t.Errorf("another domain waits, too: %v", err)
	}
	if _, err := s.Send(t.Context(), to(11, "u@other.example", "x@Busy.example")); ticket.RetryAfter(err) == 0 {
		t.Errorf("a mail to both does not wait: %v", err)
	}
	clock.pass(time.Minute)
	for i := range 3 {
		if _, err := s.Send(t.Context(), to(20+i, "u@busy.example")); err != nil {
			t.Errorf("after a minute: %v", err)
		}
	}
	if n := len(m.all()); n != 7 {
		t.Errorf("%d mails went out", n)
	}
}

func TestAtMostSoManyAtOnce(t *testing.T) {
	t.Parallel()
	d := newDestinations(Throttle{AtOnce: 2, PerMinute: 60}, newClock().now)
	one, err1 := d.enter([]string{"a.example"})
	_, err2 := d.enter([]string{"a.example", "b.example"})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if _, err := d.enter([]string{"a.example"}); ticket.RetryAfter(err) != busyWait {
		t.Errorf("the third: %v", err)
	}
	if _, err := d.enter([]string{"b.example"}); err != nil {
		t.Errorf("to the other: %v", err)
	}
	one()
	if _, err := d.enter([]string{"a.example"}); err != nil {
		t.Errorf("after one is done: %v", err)
	}
}

// A domain that says "later" is left alone for growing times; a mailbox that does slows nobody else.
func TestLaterSlowsItsDomain(t *testing.T) {
	t.Parallel()
	s, m, clock := slowly(t, Throttle{})
	m.answer(func(to string) *smtp.SMTPError {
		switch {
		case strings.HasSuffix(to, "@slow.example"):
			return codeOf(451, 4, 7, 1, "Rate limited")
		case to == "full@good.example":
			return codeOf(452, 4, 2, 2, "Mailbox full")
		}
		return nil
	})
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
		_, err := s.Send(t.Context(), to(1, "a@slow.example"))
		if ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != want || !strings.Contains(ticket.Explain(err), "Rate limited") {
			t.Fatalf("at try %d: %v, to be tried after %v", i, err, ticket.RetryAfter(err))
		}
		if _, err = s.Send(t.Context(), to(2, "b@slow.example")); ticket.RetryAfter(err) < want {
			t.Errorf("another to the same domain: %v", err)
		}
		clock.pass(want)
	}
	if _, err := s.Send(t.Context(), to(3, "full@good.example")); ticket.KindOf(err) != ticket.Transient || ticket.RetryAfter(err) != 0 {
		t.Errorf("a full mailbox: %v", err)
	}
	if _, err := s.Send(t.Context(), to(4, "u@good.example")); err != nil {
		t.Errorf("its neighbour: %v", err)
	}
	m.answer(nil)
	for i := range 3 {
		if _, err := s.Send(t.Context(), to(5+i, "a@slow.example")); err != nil {
			t.Errorf("when it takes mail again: %v", err)
		}
	}
}

func TestSomeGetItAndSomeDoNot(t *testing.T) {
	t.Parallel()
	s, m, _ := slowly(t, Throttle{})
	_, err := s.Send(t.Context(), to(1, "jane@a.example", "nobody@b.example", "boss@a.example"))
	var te *ticket.Error
	if te, _ = err.(*ticket.Error); te == nil || !te.Partly || !strings.Contains(te.Public, "nobody@b.example") || strings.Contains(te.Public, "boss@") {
		t.Fatalf("%v", err)
	}
	if got := m.all(); len(got) != 1 || !slices.Equal(got[0].to, []string{"jane@a.example", "boss@a.example"}) {
		t.Errorf("it went to %+v", got)
	}
	if _, err = s.Send(t.Context(), to(2, "nobody@b.example", "boss@a.example")); ticket.KindOf(err) != ticket.Invalid || len(m.all()) != 1 {
		t.Errorf("a mail whose receiver is refused: %v, and %d went out", err, len(m.all()))
	}
	m.answer(func(to string) *smtp.SMTPError {
		if to == "late@c.example" {
			return codeOf(450, 4, 2, 0, "Greylisted")
		}
		return nil
	})
	out := to(3, "jane@a.example", "late@c.example", "nobody@b.example")
	recorded(&out)
	if _, err = s.Send(t.Context(), out); ticket.KindOf(err) != ticket.Transient || !strings.Contains(ticket.Explain(err), "late@c.example") {
		t.Fatalf("%v", err)
	}
	m.answer(nil)
	id, err := s.Send(t.Context(), out)
	if te, _ = err.(*ticket.Error); te == nil || !te.Partly || !strings.Contains(te.Public, "nobody@b.example") || id == "" {
		t.Errorf("the second try: %q, %v", id, err)
	}
	got := m.all()
	if len(got) != 3 || !slices.Equal(got[1].to, []string{"jane@a.example"}) || !slices.Equal(got[2].to, []string{"late@c.example"}) || got[1].data != got[2].data {
		t.Errorf("the two tries went to %q and %q", got[1].to, got[2].to)
	}
}

// recorded keeps the progress of a message from try to try, as the outbox does.
func recorded(out *ticket.Outbound) {
	out.Record = func(_ context.Context, p ticket.Progress) error {
		out.Progress = p
		return nil
	}
}

// A gateway that starts again sends a mail to those only who have not got it. Whoever is in copy is asked
// also when the last of those whom it is to says no.
func TestSomeHaveItWhenTheGatewayStartsAgain(t *testing.T) {
	t.Parallel()
	s, m, _ := slowly(t, Throttle{})
	m.answer(func(to string) *smtp.SMTPError {
		if strings.HasSuffix(to, "@late.example") {
			return codeOf(450, 4, 2, 0, "Greylisted")
		}
		return nil
	})
	out := to(1, "jane@a.example", "boss@a.example", "x@late.example", "y@late.example")
	out.To, out.Cc = append(out.To, out.Cc[1]), []customer.Identity{out.Cc[0], out.Cc[2]}
	recorded(&out)
	if _, err := s.Send(t.Context(), out); ticket.KindOf(err) != ticket.Transient {
		t.Fatal(err)
	}
	p := out.Progress
	if fmt.Sprint(p.Got) != "[jane@a.example boss@a.example]" || len(p.Waiting) != 2 || p.Waiting[0].Status != [3]int{4, 2, 0} || p.External == "" {
		t.Fatalf("recorded: %+v", p)
	}
	m.answer(func(to string) *smtp.SMTPError {
		if to == "x@late.example" {
			return codeOf(550, 5, 1, 1, "No such user")
		}
		return nil
	})
	again, err := NewSender(Config{Sending: sending("127.0.0.1", m.port())}, deps(channeltest.NewWorld()))
	if err != nil {
		t.Fatal(err)
	}
	id, err := again.Send(t.Context(), out)
	if te, _ := err.(*ticket.Error); te == nil || !te.Partly || !strings.Contains(te.Public, "x@late.example") || id != p.External {
		t.Errorf("the second try: %q, %v", id, err)
	}
	got := m.all()
	if len(got) != 2 || !slices.Equal(got[1].to, []string{"y@late.example"}) || got[0].data != got[1].data {
		t.Errorf("the two tries went to %+v", got)
	}
}

// What cannot be recorded is no reason to give the mail up.
func TestProgressThatCannotBeRecorded(t *testing.T) {
	t.Parallel()
	s, m, _ := slowly(t, Throttle{})
	m.answer(func(to string) *smtp.SMTPError {
		if to == "late@c.example" {
			return codeOf(450, 4, 2, 0, "Greylisted")
		}
		return nil
	})
	out := to(1, "jane@a.example", "late@c.example")
	ctx, cancel := context.WithCancel(t.Context())
	out.Record = func(ctx context.Context, _ ticket.Progress) error {
		cancel() // the gateway is being stopped
		return errors.Join(errors.New("the database is away"), ctx.Err())
	}
	if _, err := s.Send(ctx, out); ticket.KindOf(err) != ticket.Transient || errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// What the writer is told: enhanced status codes first, then the plain ones.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  *smtp.SMTPError
		want string
	}{
		{codeOf(550, 5, 1, 1, "User unknown"), addressBad},
		{codeOf(550, 5, 1, 0, "Address rejected"), addressBad},
		{codeOf(550, 5, 1, 8, "Sender rejected"), senderBad},
		{codeOf(556, 5, 1, 10, "Null MX"), "The domain of the address takes no mail"},
		{codeOf(552, 5, 2, 2, "Over quota"), "mailbox is full"},
		{codeOf(550, 5, 2, 1, "Disabled"), "switched off"},
		{codeOf(552, 5, 3, 4, "Too big"), tooLarge},
		{codeOf(554, 5, 4, 14, "Loop"), "no way to that domain"},
		{codeOf(550, 5, 7, 26, "Unauthenticated mail"), unsigned},
		{codeOf(550, 5, 7, 1, "Spam"), policy},
		{codeOf(550, 5, 7, 509, "Access denied"), policy},
		{codeOf(550, 0, 0, 0, "No such user"), addressBad},
		{codeOf(552, 0, 0, 0, "Too big"), tooLarge},
		{codeOf(554, 0, 0, 0, "Go away"), policy},
		{codeOf(555, 0, 0, 0, "What?"), anything},
		{codeOf(550, 5, 0, 0, "Requested action not taken"), addressBad},
	} {
		if got := advice(c.err); !strings.Contains(got, c.want) || !strings.HasPrefix(got, fmt.Sprintf("The mail was refused: %d ", c.err.Code)) {
			t.Errorf("%v %v: %s", c.err.EnhancedCode, c.err, got)
		}
	}
}

func TestThrottleDefaults(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]Throttle{"smtp.example.org": {3, 60}, "127.0.0.1": {20, 6000}, "localhost": {20, 6000}} {
		if got := (Sending{Host: host}).withDefaults().Throttle; got != want {
			t.Errorf("%s: %+v", host, got)
		}
	}
}

// Names of domains go as ASCII to every server; names of mailboxes need one that knows SMTPUTF8.
func TestAddressesOfTheWorld(t *testing.T) {
	t.Parallel()
	old := newMXWith(t, func(*smtp.Server) {})
	c := Config{Sending: sending("127.0.0.1", old.port())}
	s := testSender(t, c, channeltest.NewWorld())
	_, err := s.Send(t.Context(), to(1, "jane@bücher.example", "jürgen@bücher.example"))
	var te *ticket.Error
	if te, _ = err.(*ticket.Error); te == nil || !te.Partly || !strings.Contains(te.Public, "jürgen@xn--bcher-kva.example") || !strings.Contains(te.Public, "letters") {
		t.Errorf("%v", err)
	}
	if got := old.all(); len(got) != 1 || got[0].to[0] != "jane@xn--bcher-kva.example" || !strings.Contains(got[0].data, "To: <jane@xn--bcher-kva.example>") {
		t.Errorf("%+v", got)
	}
	if _, err = s.Send(t.Context(), to(2, "jürgen@bücher.example", "boss@acme.example")); ticket.KindOf(err) != ticket.Invalid || len(old.all()) != 1 {
		t.Errorf("%v", err)
	}
	modern := newMX(t)
	c.Sending.Port = modern.port()
	if _, err = testSender(t, c, channeltest.NewWorld()).Send(t.Context(), to(3, "jürgen@bücher.example")); err != nil {
		t.Error(err)
	}
	r := []Recipient{{Address: "*@Bücher.example", Inbox: "a"}}
	for _, a := range []string{"x@bücher.example", "x@xn--bcher-kva.example", "X@BÜCHER.example", "jürgen+1@bücher.example"} {
		if _, ok := match(r, a); !ok {
			t.Errorf("%s is no recipient", a)
		}
	}
}
