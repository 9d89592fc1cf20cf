package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"net/smtp"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"tierline/channels/email"
	"tierline/config"
	"tierline/config/secret"
	"tierline/router"
	"tierline/ticket"
	"tierline/web"
)

// post is the mail system between gateways and robots: it counts what goes where, and brings it there.
type post struct {
	t    *testing.T
	addr string
	at   atomic.Int64 // the clock of all, Unix seconds
	busy atomic.Int64 // mails on their way

	mu    sync.Mutex
	boxes map[string]func(from, to string, raw []byte) // by domain
	count map[string]int                               // mails by receiving domain
}

func newPost(t *testing.T) *post {
	p := &post{t: t, boxes: map[string]func(string, string, []byte){}, count: map[string]int{}}
	p.at.Store(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC).Unix())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = ln.Addr().String()
	s := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &posting{p: p}, nil }))
	s.Domain, s.ErrorLog = "post.example", slogDiscard{}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close(); <-done })
	return p
}

type slogDiscard struct{}

func (slogDiscard) Printf(string, ...any) {}
func (slogDiscard) Println(...any)        {}

// posting is one mail on its way.
type posting struct {
	p        *post
	from, to string
}

func (s *posting) Mail(from string, _ *gosmtp.MailOptions) error { s.from = from; return nil }
func (s *posting) Rcpt(to string, _ *gosmtp.RcptOptions) error   { s.to = to; return nil }
func (s *posting) Reset()                                        {}
func (s *posting) Logout() error                                 { return nil }
func (s *posting) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err == nil {
		s.p.bring(s.from, s.to, raw)
	}
	return err
}

// bring takes a mail where it belongs, later.
func (p *post) bring(from, to string, raw []byte) {
	_, domain, _ := strings.Cut(to, "@")
	p.mu.Lock()
	box := p.boxes[domain]
	p.count[domain]++
	n := p.count[domain]
	p.mu.Unlock()
	if box == nil || n > 500 { // a loop is seen by then
		return
	}
	p.busy.Add(1)
	go func() {
		defer p.busy.Add(-1)
		box(from, to, raw)
	}()
}

func (p *post) got(domain string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count[domain]
}

func (p *post) now() time.Time { return time.Unix(p.at.Load(), 0).UTC() }

// gateway starts a gateway that answers as support@domain. on may change a mail before it comes in.
func (p *post) gateway(domain string, on func([]byte) []byte) *app {
	p.t.Helper()
	host, port, _ := net.SplitHostPort(p.addr)
	number, _ := strconv.Atoi(port)
	c := config.Default()
	c.Data = p.t.TempDir()
	c.Web = web.Config{Listen: pickPort(0)}
	c.Email = email.Config{
		Listeners: []email.Listener{{Listen: pickPort(0), Domain: domain, Recipients: []email.Recipient{{Address: "support@" + domain, Inbox: "support"}}}},
		Sending: email.Sending{Host: host, Port: number, TLS: email.NoTLS, Domain: domain, Secret: secret.New("0123456789abcdef-" + domain),
			From: map[string]email.From{"support": {Address: "support@" + domain}}},
	}
	c.Router.Tiers = []router.Tier{{Name: "l1", Level: 1, Channel: "none"}}
	a, err := build(p.t.Context(), c, slog.New(slog.DiscardHandler), p.now)
	if err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(p.t.Context())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	p.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			p.t.Errorf("%s: %v", domain, err)
		}
		_ = a.close()
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	p.boxes[domain] = func(from, to string, raw []byte) {
		if on != nil {
			raw = on(raw)
		}
		deadline := time.Now().Add(time.Minute)
		for {
			err := smtp.SendMail(c.Email.Listeners[0].Listen, nil, from, []string{to}, raw)
			if err == nil {
				return
			}
			if time.Now().After(deadline) {
				p.t.Errorf("%s takes no mail: %v", domain, err)
				return
			}
			time.Sleep(20 * time.Millisecond) // it is starting
		}
	}
	return a
}

// pass lets time pass, and has the gateways look what is due: their timers run by another clock.
func (p *post) pass(d time.Duration, gateways ...*app) {
	p.t.Helper()
	p.at.Add(int64(d / time.Second))
	for _, g := range gateways {
		if err := g.store.Enqueue(p.t.Context(), ticket.StaffJob("nobody", time.Time{})); err != nil {
			p.t.Fatal(err)
		}
	}
}

// rest waits until no mail is on its way and nothing is left to do but what waits for days.
func (p *post) rest(gateways ...*app) {
	p.t.Helper()
	calm := 0
	for deadline := time.Now().Add(90 * time.Second); calm < 3; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("there is no rest")
		}
		calm++
		if p.busy.Load() > 0 {
			calm = 0
		}
		for _, g := range gateways {
			_, jobs, err := g.store.Counts(p.t.Context())
			if err != nil || jobs.In(ticket.JobReady)+jobs.In(ticket.JobLeased) > 0 {
				calm = 0
			}
		}
	}
}

// plain is a mail as a careless program writes it.
func plain(from, to, subject, id, more, text string) []byte {
	return []byte("From: " + from + "\r\nTo: " + to + "\r\nSubject: " + subject + "\r\nMessage-ID: <" + id + ">\r\n" + more +
		"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text + "\r\n")
}

// without takes fields out of a header, as some mail systems do.
func without(raw []byte, fields ...string) []byte {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	var keep [][]byte
	drop := false
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) > 0 && line[0] != ' ' && line[0] != '\t' {
			drop = false
			for _, f := range fields {
				drop = drop || len(line) > len(f) && strings.EqualFold(string(line[:len(f)+1]), f+":")
			}
		}
		if !drop {
			keep = append(keep, line)
		}
	}
	return append(append(bytes.Join(keep, []byte("\r\n")), "\r\n\r\n"...), body...)
}

var numbers = regexp.MustCompile(`\[?T-\d+\]?`)

// Two gateways acknowledge each other's mails: the header of the first acknowledgement ends it. Where
// that is lost on the way, the second one ends it.
func TestTwoGatewaysDoNotTalkToEachOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		on  func([]byte) []byte
		max int // acknowledgements of both
	}{
		"as they are": {nil, 1},
		"without what marks a machine": {func(raw []byte) []byte {
			return without(raw, "Auto-Submitted", "X-Auto-Response-Suppress")
		}, 2},
		"without what marks an answer": {func(raw []byte) []byte {
			raw = without(raw, "Auto-Submitted", "X-Auto-Response-Suppress", "References", "In-Reply-To")
			return numbers.ReplaceAll(raw, nil)
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			a, b := p.gateway("a.example", c.on), p.gateway("b.example", c.on)
			acks := 0
			for hour := 0; hour < 24; hour += 3 {
				before := p.got("a.example") + p.got("b.example")
				p.bring("support@b.example", "support@a.example",
					plain("support@b.example", "support@a.example", fmt.Sprint("Question number ", hour), fmt.Sprintf("q%d@elsewhere.example", hour), "", "How does it work?"))
				p.rest(a, b)
				acks += p.got("a.example") + p.got("b.example") - before - 1
				p.pass(3*time.Hour, a, b)
			}
			if acks == 0 || acks > 5*c.max {
				t.Errorf("%d acknowledgements in a day", acks)
			}
			t.Logf("%d acknowledgements for 8 mails in a day", acks)
		})
	}
}

// A program that answers everything with a mail that says nothing of itself gets few mails, however it
// writes them: each of its answers is a message of the ticket, or a ticket of which it is not told.
func TestAProgramThatAnswersEverything(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(n int, got *netmail.Message) []byte{
		"in the thread": func(n int, got *netmail.Message) []byte {
			id := got.Header.Get("Message-ID")
			return plain("bot@robot.example", "support@a.example", "Re: "+got.Header.Get("Subject"), fmt.Sprintf("r%d@robot.example", n),
				"In-Reply-To: "+id+"\r\nReferences: "+id+"\r\n", "We have got your mail.")
		},
		"with its subject only": func(n int, got *netmail.Message) []byte {
			return plain("bot@robot.example", "support@a.example", got.Header.Get("Subject"), fmt.Sprintf("r%d@robot.example", n), "", "We have got your mail.")
		},
		"with nothing of it": func(n int, _ *netmail.Message) []byte {
			return plain("bot@robot.example", "support@a.example", fmt.Sprint("Case ", 7000+n), fmt.Sprintf("r%d@robot.example", n), "", "We have got your mail.")
		},
		"from another address each time": func(n int, got *netmail.Message) []byte {
			return plain(fmt.Sprintf("bot-%d@robot.example", n), "support@a.example", got.Header.Get("Subject"), fmt.Sprintf("r%d@robot.example", n), "", "We have got your mail.")
		},
		"from another address each time, with nothing of it": func(n int, _ *netmail.Message) []byte {
			return plain(fmt.Sprintf("bot-%d@robot.example", n), "support@a.example", fmt.Sprint("Case ", 7000+n), fmt.Sprintf("r%d@robot.example", n), "", "We have got your mail.")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPost(t)
			a := p.gateway("a.example", nil)
			var n atomic.Int64
			p.mu.Lock()
			p.boxes["robot.example"] = func(_, to string, raw []byte) {
				got, err := netmail.ReadMessage(bytes.NewReader(raw))
				if err != nil {
					t.Error(err)
					return
				}
				p.bring(to, "support@a.example", answer(int(n.Add(1)), got))
			}
			p.mu.Unlock()
			kick := func(i int) {
				p.bring("bot@robot.example", "support@a.example", plain("bot@robot.example", "support@a.example", fmt.Sprint("Order number ", i),
					fmt.Sprintf("k%d@robot.example", i), "", "Please deliver."))
				p.rest(a)
			}
			kick(0)
			first := p.got("robot.example")
			limit := 1
			if strings.HasPrefix(name, "from another address each time, with") {
				limit = 21 // what an organization may open in an hour
			}
			if first == 0 || first > limit {
				t.Errorf("%d mails for one of its own", first)
			}
			for i := range 7 {
				p.pass(3*time.Hour, a)
				kick(1 + i)
			}
			if all := p.got("robot.example"); limit == 1 && all > 5 {
				t.Errorf("%d mails in a day", all)
			}
			t.Logf("%d mails at once, %d for 8 in a day", first, p.got("robot.example"))
		})
	}
}
