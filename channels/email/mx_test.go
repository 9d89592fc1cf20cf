package email

import (
	"errors"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"tierline/ticket"
)

// mx is a mail server that records what it takes, and fails when it is told to.
type mx struct {
	ln net.Listener

	mu    sync.Mutex
	mails []taken
	fail  ticket.Kind
	conns int
	rcpt  func(to string) *smtp.SMTPError // what a receiver is answered with; nil takes all but nobody@
}

type taken struct {
	from string
	to   []string
	data string
}

func newMX(t testing.TB) *mx {
	t.Helper()
	return newMXWith(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
}

func newMXWith(t testing.TB, change func(*smtp.Server)) *mx {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mx{ln: ln}
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.conns++
		return &mxSession{mx: m}, nil
	}))
	s.AllowInsecureAuth = true
	change(s)
	s.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = s.Serve(ln) }()
	t.Cleanup(func() { _ = s.Close() })
	return m
}

func (m *mx) port() int { return splitPort(m.ln.Addr().String()) }

func (m *mx) failNext(k ticket.Kind) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = k
}

func (m *mx) answer(f func(to string) *smtp.SMTPError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rcpt = f
}

func (m *mx) all() []taken {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]taken(nil), m.mails...)
}

func (m *mx) ids() []string {
	var ids []string
	for _, t := range m.all() {
		h, _ := readHeader([]byte(t.data))
		ids = append(ids, h.get("Message-ID"))
	}
	return ids
}

type mxSession struct {
	mx *mx
	taken
}

func (s *mxSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mxSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, pass string) error {
		if user != "gateway" || pass != "the mail password" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *mxSession) Mail(from string, _ *smtp.MailOptions) error {
	s.taken = taken{from: from}
	return nil
}

func (s *mxSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mx.mu.Lock()
	answer := s.mx.rcpt
	s.mx.mu.Unlock()
	if answer != nil {
		if err := answer(to); err != nil {
			return err
		}
	}
	if strings.HasPrefix(to, "nobody@") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such user"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mxSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mx.mu.Lock()
	defer s.mx.mu.Unlock()
	fail := s.mx.fail
	s.mx.fail = ""
	switch fail {
	case ticket.Transient:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "Later"}
	case ticket.Invalid:
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Never"}
	case "":
		s.data = string(b)
		s.mx.mails = append(s.mx.mails, s.taken)
		return nil
	}
	return errors.New("unknown failure")
}

func (s *mxSession) Reset()        {}
func (s *mxSession) Logout() error { return nil }

func (m *mx) connections() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.conns
}
