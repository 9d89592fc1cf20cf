package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/emersion/go-message/charset"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-smtp"
)

// mailServer is the customers' mail server: it takes what the gateway sends, and sends what they
// write.
type mailServer struct {
	addr string

	mu      sync.Mutex
	got     []received
	changed chan struct{}
	refuse  error  // what every recipient is answered with, when set
	full    string // whose mailbox is full
	mute    int    // every so many mails the line breaks before the 250 is said; 0 is never
	seq     int
}

// received is a mail as a customer reads it.
type received struct {
	to                                  []string
	from, subject, text                 string
	messageID, inReplyTo, autoSubmitted string
	references                          []string
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	m := &mailServer{changed: make(chan struct{})}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.addr = ln.Addr().String()
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &mailSession{m: m, conn: c}, nil }))
	s.Domain = "mail.example"
	s.ErrorLog = log.New(io.Discard, "", 0) // a gateway that is killed hangs up
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(ln)
	}()
	t.Cleanup(func() {
		_ = ln.Close() // Close does not know it before Serve has begun
		_ = s.Close()
		<-done
	})
	return m
}

type mailSession struct {
	m    *mailServer
	conn *smtp.Conn
	to   []string
}

func (s *mailSession) Reset()                               { s.to = nil }
func (s *mailSession) Logout() error                        { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	if s.m.refuse != nil {
		return s.m.refuse
	}
	if to == s.m.full {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "Mailbox full"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err != nil {
		return err
	}
	got, err := read(raw)
	if err != nil {
		return err
	}
	got.to = s.to
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.got = append(s.m.got, got)
	close(s.m.changed)
	s.m.changed = make(chan struct{})
	if s.m.mute > 0 && len(s.m.got)%s.m.mute == 0 {
		_ = s.conn.Conn().Close()
	}
	return nil
}

func read(raw []byte) (received, error) {
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		return received{}, err
	}
	var got received
	got.subject, _ = r.Header.Subject()
	got.messageID, _ = r.Header.MessageID()
	if list, err := r.Header.MsgIDList("In-Reply-To"); err == nil && len(list) > 0 {
		got.inReplyTo = list[0]
	}
	got.references, _ = r.Header.MsgIDList("References")
	got.autoSubmitted = r.Header.Get("Auto-Submitted")
	if from, err := r.Header.AddressList("From"); err == nil && len(from) > 0 {
		got.from = from[0].Address
	}
	for {
		p, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		if h, ok := p.Header.(*mail.InlineHeader); ok {
			if kind, _, _ := h.ContentType(); kind == "text/plain" {
				body, err := io.ReadAll(p.Body)
				if err != nil {
					return got, err
				}
				got.text += string(body)
			}
		}
	}
}

// mails are what came for an address, oldest first.
func (m *mailServer) mails(to string) []received {
	m.mu.Lock()
	defer m.mu.Unlock()
	var list []received
	for _, r := range m.got {
		for _, a := range r.to {
			if a == to {
				list = append(list, r)
			}
		}
	}
	return list
}

// wait waits for a mail to an address that says something.
func (m *mailServer) wait(ctx context.Context, to, with string) (received, error) {
	for {
		m.mu.Lock()
		changed := m.changed
		m.mu.Unlock()
		for _, r := range m.mails(to) {
			if strings.Contains(r.text, with) {
				return r, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return received{}, fmt.Errorf("%d mails for %s, none with %q: %w", len(m.mails(to)), to, with, ctx.Err())
		}
	}
}

// write makes a mail and gives its Message-ID, without brackets.
func (m *mailServer) write(from, to, subject, text, inReplyTo string) (id string, raw []byte) {
	m.mu.Lock()
	m.seq++
	id = fmt.Sprintf("%d.%d@mail.example", m.seq, time.Now().UnixNano())
	m.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "From: <%s>\r\nTo: <%s>\r\nSubject: %s\r\nMessage-ID: <%s>\r\nDate: %s\r\n", from, to, subject, id,
		time.Now().Format(time.RFC1123Z))
	if inReplyTo != "" {
		fmt.Fprintf(&b, "In-Reply-To: <%s>\r\nReferences: <%s>\r\n", inReplyTo, inReplyTo)
	}
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n", strings.ReplaceAll(text, "\n", "\r\n"))
	return id, []byte(b.String())
}

// send brings a mail to a server, with a time limit. A nil error is the server's 250.
func send(ctx context.Context, server, from, to string, raw []byte) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", server)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	c := smtp.NewClient(conn)
	if err := c.SendMail(from, []string{to}, bytes.NewReader(raw)); err != nil {
		return err
	}
	return c.Quit()
}
