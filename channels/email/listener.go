package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"tierline/channels"
	"tierline/ticket"
)

// Limits of a listener.
const (
	maxLine       = 1 << 20 // bytes of one line of DATA; go-smtp's own 2,000 refuses honest mail
	maxRecipients = 100
	readTimeout   = 5 * time.Minute // for a command, and for all of DATA (RFC 5321 §4.5.3.2)
	writeTimeout  = time.Minute
	stopTime      = 25 * time.Second // for mails that are being taken when we stop
)

// listener takes mail in over SMTP or LMTP.
type listener struct {
	conf  Listener
	mail  *mapper
	log   *slog.Logger
	tls   *tls.Config
	batch *batcher

	mu   sync.Mutex
	addr string
	err  error
}

func newListener(c Listener, m *mapper, log *slog.Logger) (*listener, error) {
	l := &listener{conf: c, mail: m, log: log, batch: newBatcher()}
	l.err = errors.New("not started")
	if c.Cert != "" {
		pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, ticket.E("email.Listener", ticket.Invalid, err)
		}
		l.tls = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return l, nil
}

// Name is "email:smtp:ADDRESS", as it is configured.
func (l *listener) Name() string { return "email:" + string(l.conf.Protocol) + ":" + l.conf.Listen }

// Addr is the address that is listened on, or "" while there is none.
func (l *listener) Addr() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// Ready is nil while connections are taken.
func (l *listener) Ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *listener) set(addr string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addr, l.err = addr, err
}

// Run listens until ctx ends. An address that cannot be had is an error.
func (l *listener) Run(ctx context.Context, in channels.Intake) error {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", l.conf.Listen)
	if err != nil {
		l.set("", err)
		return ticket.E("email.Listener", ticket.Invalid, err)
	}
	// What is being taken is finished after ctx has ended, so the work has a context of its own.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { l.batch.run(work, in, l.mail) })

	server, conns := l.server(work), newConnections(l.conf.MaxConnections)
	served := make(chan error, 1)
	wg.Go(func() { served <- server.Serve(conns.limit(ln, l.log)) })
	l.set(ln.Addr().String(), nil)
	l.log.Info("listening for mail", "protocol", l.conf.Protocol, "addr", ln.Addr().String())
	select {
	case err = <-served:
	case <-ctx.Done():
		l.set("", errors.New("stopped"))
	}
	_ = ln.Close()
	conns.drain(stopTime)
	_ = server.Close()
	if ctx.Err() != nil {
		return nil
	}
	l.set("", orElse(err, errors.New("stopped")))
	return ticket.E("email.Listener", ticket.Internal, err)
}

func (l *listener) server(ctx context.Context) *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{ctx: ctx, l: l, conn: tracked(c.Conn())}, nil
	}))
	s.LMTP = l.conf.Protocol == LMTP
	s.Domain = l.conf.Domain
	s.MaxRecipients = maxRecipients
	s.MaxMessageBytes = l.conf.MaxSize
	s.MaxLineLength = maxLine
	s.ReadTimeout, s.WriteTimeout = readTimeout, writeTimeout
	s.EnableSMTPUTF8 = true
	s.TLSConfig = l.tls
	s.ErrorLog = smtpLog{l.log}
	return s
}

// smtpLog takes the server's complaints about single connections.
type smtpLog struct{ log *slog.Logger }

func (s smtpLog) Printf(format string, v ...any) {
	s.log.Debug("smtp connection", "err", errors.New(strings.TrimSpace(fmt.Sprintf(format, v...))))
}
func (s smtpLog) Println(v ...any) {
	s.log.Debug("smtp connection", "err", errors.New(strings.TrimSpace(fmt.Sprint(v...))))
}

// session is one client's. go-smtp calls it from one goroutine.
type session struct {
	ctx  context.Context
	l    *listener
	conn *conn
	from string
	to   []target
}

type target struct{ address, inbox, brand string }

var (
	errNoUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	errLater  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot store mail right now, try again later"}
)

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from, s.to = from, nil
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	r, ok := match(s.l.conf.Recipients, to)
	if !ok {
		return errNoUser
	}
	s.to = append(s.to, target{to, r.Inbox, r.Brand})
	return nil
}

// Data answers for all recipients at once: nil only after the commit.
func (s *session) Data(r io.Reader) error {
	s.conn.busy()
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // too large, or the client went away
	}
	return s.take(raw, s.to)
}

// LMTPData answers for each recipient by itself.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	s.conn.busy()
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	// Recipients of one inbox are one contact, and share an answer.
	answers := map[string]error{}
	for _, t := range s.to {
		err, known := answers[t.inbox]
		if !known {
			err = s.take(raw, []target{t})
			answers[t.inbox] = err
		}
		status.SetStatus(t.address, err)
	}
	return nil
}

// take brings one mail to the inboxes of its recipients, and returns when it is committed.
func (s *session) take(raw []byte, to []target) error {
	var items []item
	seen := map[string]bool{}
	for _, t := range to {
		if seen[t.inbox] {
			continue
		}
		seen[t.inbox] = true
		it, err := s.l.mail.prepare(s.ctx, raw, origin{inbox: t.inbox, brand: t.brand, envelope: true, sender: s.from,
			recipient: t.address, where: string(s.l.conf.Protocol) + " for " + t.inbox, source: s.l.Name()})
		if err != nil {
			s.l.log.Error("mail cannot be kept", "inbox", t.inbox, "err", err)
			return errLater
		}
		items = append(items, it)
	}
	if err := s.l.batch.add(s.ctx, items); err != nil {
		s.l.log.Error("mail cannot be committed", "err", err)
		return errLater
	}
	return nil
}

// Reset is called after every answer to DATA, too.
func (s *session) Reset() {
	s.from, s.to = "", nil
	s.conn.idle()
}

func (s *session) Logout() error { return nil }

// match finds the inbox of an address. A plus address fits like the address without its plus part.
func match(list []Recipient, address string) (Recipient, bool) {
	address = strings.ToLower(address)
	for _, a := range []string{address, withoutPlus(address)} {
		for _, r := range list {
			if fits(strings.ToLower(r.Address), a) {
				return r, true
			}
		}
	}
	return Recipient{}, false
}

func fits(pattern, s string) bool {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	return len(s) >= len(before)+len(after) && strings.HasPrefix(s, before) && strings.HasSuffix(s, after)
}
