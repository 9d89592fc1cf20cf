package channeltest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// toy is a channel of one JSON object a line, answered by "ok" or "no: why". Its flaws are what the
// suite must find.
type toy struct {
	world  World
	addr   atomic.Value // string
	flaw   string
	secret string
	ready  atomic.Bool
}

type toyLine struct{ ID, From, Text string }

func (s *toy) Name() string { return "toy" }

func (s *toy) Ready() error {
	if s.ready.Load() || s.flaw == "always ready" {
		return nil
	}
	return errors.New("not running")
}

func (s *toy) Run(ctx context.Context, in ticket.Intake) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.addr.Store(l.Addr().String())
	var conns sync.WaitGroup
	stop := context.AfterFunc(ctx, func() { l.Close() })
	defer stop()
	s.ready.Store(true)
	defer s.ready.Store(false)
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		conns.Go(func() {
			defer context.AfterFunc(ctx, func() { c.SetReadDeadline(time.Unix(1, 0)) })()
			defer c.Close()
			s.serve(context.WithoutCancel(ctx), in, c)
		})
	}
	conns.Wait()
	if s.flaw == "run fails" {
		return errors.New("closed")
	}
	return nil
}

const toyLimit = 64 << 10

func (s *toy) serve(ctx context.Context, in ticket.Intake, c net.Conn) {
	r := bufio.NewReaderSize(c, toyLimit)
	line, err := r.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, bufio.ErrBufferFull) {
			c.Write([]byte("no: too long\n"))
		}
		return
	}
	if s.flaw == "acks early" {
		c.Write([]byte("ok\n"))
	}
	if err := s.take(ctx, in, line); err != nil {
		c.Write([]byte("no: " + err.Error() + "\n"))
		return
	}
	c.Write([]byte("ok\n"))
}

func (s *toy) take(ctx context.Context, in ticket.Intake, line []byte) error {
	var m toyLine
	if err := json.Unmarshal(line, &m); err != nil {
		if s.flaw == "drops garbage" {
			return nil
		}
		return s.quarantine(ctx, in, line, err)
	}
	if s.flaw == "logs secrets" {
		s.world.Log.Debug("got", "token", s.secret)
	}
	if s.flaw == "cuts text" {
		m.Text = strings.ToValidUTF8(m.Text[:min(len(m.Text), 50)], "")
	}
	if s.flaw == "no stable id" {
		m.ID += time.Now().String()
	}
	from := customer.Identity{Kind: customer.Email, Value: m.From}
	if s.flaw != "sender as it came" {
		from, _ = from.Normal()
	}
	_, err := in.Accept(ctx, []ticket.Inbound{{Channel: "toy", Inbox: "box", External: m.ID, From: from,
		Text: m.Text, Threads: []ticket.ThreadKey{{By: "thread", Key: m.ID}}}})
	if ticket.KindOf(err) == ticket.Invalid {
		if s.flaw == "stuck on poison" {
			<-ctx.Done()
		}
		return s.quarantine(ctx, in, line, err)
	}
	if s.flaw == "loses on failure" {
		return nil
	}
	return err
}

func (s *toy) quarantine(ctx context.Context, in ticket.Intake, line []byte, why error) error {
	sum, size, err := s.world.Blobs.Put(ctx, strings.NewReader(string(line)), toyLimit)
	if err != nil {
		return err
	}
	if s.flaw == "keeps nothing" {
		sum = "0000"
	}
	return in.Quarantine(ctx, ticket.Quarantined{Channel: "toy", Inbox: "box", External: sum,
		Reason: "unreadable", Detail: why.Error(), Blob: sum, Size: size})
}

func (s *toy) post(ctx context.Context, line string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", s.addr.Load().(string))
	if err != nil {
		return err
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	if _, err := c.Write([]byte(line + "\n")); err != nil {
		return err
	}
	answer, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && answer != "ok\n" {
		err = errors.New(strings.TrimSpace(answer))
	}
	return err
}

func toyHarness(flaw string) SourceHarness {
	return SourceHarness{Start: func(_ testing.TB, w World) SourceRig {
		s := &toy{world: w, flaw: flaw, secret: "open sesame"}
		s.addr.Store("127.0.0.1:0") // where nobody can be: it is not running
		deliver := func(ctx context.Context, m Message) error {
			line, _ := json.Marshal(toyLine{m.ID, "Anna@Example.org", m.Text})
			return s.post(ctx, string(line))
		}
		config := struct{ Token string }{"(hidden)"}
		if flaw == "prints secrets" {
			config.Token = s.secret
		}
		return SourceRig{Source: s, Config: config, Secrets: []string{s.secret}, Channel: "toy", Inbox: "box",
			From:    customer.Identity{Kind: customer.Email, Value: "anna@example.org"},
			Deliver: deliver, Redeliver: deliver,
			Garbage: map[string]func(context.Context) error{
				"no json": func(ctx context.Context) error { return s.post(ctx, "}{") }},
			Oversize: func(ctx context.Context) error { return s.post(ctx, strings.Repeat("x", 2*toyLimit)) },
		}
	}}
}

func TestSourcePasses(t *testing.T) { Source(t, toyHarness("")) }

// recorder stands for a test, and tells whether it failed.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failed   bool
	cleanups []func()
}

func (r *recorder) fail()                     { r.mu.Lock(); r.failed = true; r.mu.Unlock() }
func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { r.fail(); r.TB.Logf("found: "+f, a...) }
func (r *recorder) Cleanup(f func())          { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Fatalf(f string, a ...any) {
	r.Errorf(f, a...)
	panic(r)
}

func (r *recorder) run(f func()) {
	defer func() {
		if p := recover(); p != nil && p != any(r) {
			panic(p)
		}
		for _, c := range r.cleanups {
			c()
		}
	}()
	f()
}

func TestSourceFindsFlaws(t *testing.T) {
	for flaw, name := range map[string]string{
		"acks early":        "acknowledged means committed",
		"loses on failure":  "what was not taken comes again",
		"drops garbage":     "garbage",
		"keeps nothing":     "garbage",
		"cuts text":         "arrives whole",
		"sender as it came": "arrives whole",
		"no stable id":      "redelivery is harmless",
		"run fails":         "stops and runs again",
		"always ready":      "ready",
		"logs secrets":      "keeps secrets",
		"prints secrets":    "keeps secrets",
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			for _, c := range sourceChecks {
				if c.name == name {
					r.run(func() { c.run(r, toyHarness(flaw)) })
				}
			}
			if !r.failed {
				t.Errorf("the check %q does not find that the source %s", name, flaw)
			}
		})
	}
}

// toySender "sends" into a list.
type toySender struct {
	flaw string
	sent []string
	fail ticket.Kind
	log  *slog.Logger
}

func (s *toySender) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	id := out.Message.String()
	if s.flaw == "new id" {
		id += string(rune('a' + len(s.sent)))
	}
	if err := ctx.Err(); err != nil {
		if s.flaw == "ignores context" {
			return id, nil
		}
		return "", ticket.E("toy.Send", ticket.Transient, err)
	}
	kind := s.fail
	s.fail = ""
	switch kind {
	case ticket.Transient:
		if s.flaw == "gives up" {
			return "", ticket.Errorf("toy.Send", ticket.Invalid, "busy")
		}
		e := &ticket.Error{Op: "toy.Send", Kind: ticket.Transient, RetryAfter: 7 * time.Second}
		if s.flaw == "does not wait" {
			e.RetryAfter = 0
		}
		return "", e
	case ticket.Invalid:
		if s.flaw == "says nothing" {
			return "", ticket.E("toy.Send", ticket.Invalid, nil)
		}
		return "", ticket.Errorf("toy.Send", ticket.Invalid, "no such person")
	}
	if s.flaw == "sends first" {
		s.sent = append(s.sent, id)
	}
	if len(out.To) == 0 {
		return "", ticket.Errorf("toy.Send", ticket.Invalid, "nobody to send it to")
	}
	s.sent = append(s.sent, id)
	return id, nil
}

func toySenderHarness(flaw string) SenderHarness {
	return SenderHarness{Start: func(_ testing.TB, w World) SenderRig {
		s := &toySender{flaw: flaw, log: w.Log}
		good := ticket.Outbound{Ticket: ticket.Ticket{ID: 1001}, Message: ticket.Message{Ticket: 1001, Seq: 2},
			To: []customer.Identity{{Kind: customer.Email, Value: "anna@example.org"}}}
		bad := good
		bad.To = nil
		return SenderRig{Sender: s, Good: good, Bad: map[string]ticket.Outbound{"to nobody": bad},
			Sent: func() []string { return s.sent }, Fail: func(k ticket.Kind) { s.fail = k },
			RetryAfter: 7 * time.Second}
	}}
}

func TestSenderPasses(t *testing.T) { Sender(t, toySenderHarness("")) }

func TestSenderFindsFlaws(t *testing.T) {
	for flaw, name := range map[string]string{
		"new id": "same id at each try", "gives up": "transient", "does not wait": "transient",
		"says nothing": "invalid", "sends first": "bad messages", "ignores context": "ended context",
	} {
		t.Run(flaw, func(t *testing.T) {
			t.Parallel()
			r := &recorder{TB: t}
			for _, c := range senderChecks {
				if c.name == name {
					r.run(func() { runSender(r, toySenderHarness(flaw), c) })
				}
			}
			if !r.failed {
				t.Errorf("the check %q does not find that the sender %s", name, flaw)
			}
		})
	}
}
