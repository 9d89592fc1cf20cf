package email

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
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
	writeTimeout  = time.Minute
	largeMail     = 1 << 20 // bytes; of larger ones maxLarge are held in memory at the same time
	maxLarge      = 8
	largeWait     = time.Minute      // until there is room for a large one
	stopTime      = 25 * time.Second // for mails that are being taken when we stop
)

// listener takes mail in over SMTP or LMTP.
type listener struct {
	conf  Listener
	mail  *mapper
	log   *slog.Logger
	tls   *tls.Config
	batch *batcher
	times patience
	large chan struct{}
	tell  *receipts

	mu   sync.Mutex
	addr string
	err  error
}

func newListener(c Listener, m *mapper, tell *receipts, log *slog.Logger) (*listener, error) {
	l := &listener{conf: c, mail: m, log: log, batch: newBatcher(), times: patient, large: make(chan struct{}, maxLarge), tell: tell}
	l.err = errors.New("not started")
	if c.Cert != "" && c.TLS != NoTLS {
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
	defer l.tell.wait.Wait()
	defer cancel()
	wg.Go(func() { l.batch.run(work, in, l.mail) })

	server, conns := l.server(work), newConnections(l.conf, l.times, l.mail.now)
	served := make(chan error, 1)
	accept := conns.limit(ln, l.log)
	if l.conf.TLS == TLS {
		accept = tls.NewListener(accept, l.tls)
	}
	wg.Go(func() { served <- server.Serve(accept) })
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
	s.WriteTimeout = writeTimeout // the time for reading is that of conn
	s.EnableSMTPUTF8 = true
	s.EnableDSN = true // see receipts
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
	env  request
	to   []target
}

type target struct{ address, inbox, brand string }

var (
	errNoUser = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such mailbox here"}
	errRate   = &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "You send too much mail, try again later"}
	errCut    = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 4, 2}, Message: "The mail did not come whole, try again later"}
	errLine   = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "A line of the mail is too long"}
	errFake   = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 5, 2}, Message: "A lone dot between bare line ends is refused (SMTP smuggling)"}
	errLater  = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot store mail right now, try again later"}
)

func (s *session) Mail(from string, o *smtp.MailOptions) error {
	if !s.conn.mail() {
		s.l.log.Warn("a client sends too much mail", "client", s.conn.from.Addr())
		return errRate
	}
	s.env.begin(from, o)
	s.to = nil
	return nil
}

func (s *session) Rcpt(to string, o *smtp.RcptOptions) error {
	r, ok := match(s.l.conf.Recipients, to)
	if !ok {
		return errNoUser
	}
	s.to = append(s.to, target{to, r.Inbox, r.Brand})
	s.env.add(to, o)
	return nil
}

// Data answers for all recipients at once: nil only after the commit.
func (s *session) Data(r io.Reader) error {
	raw, done, err := s.read(r)
	if err != nil {
		return err
	}
	defer done()
	if err := s.take(raw, s.to); err != nil {
		return err
	}
	s.receipt(s.env, raw)
	return nil
}

func (s *session) receipt(e request, raw []byte) {
	if s.conn.ours() {
		s.l.tell.arrived(s.ctx, e, raw)
	}
}

// read takes a mail into memory; done says that it is there no more.
func (s *session) read(r io.Reader) (raw []byte, done func(), err error) {
	s.conn.busy()
	var b bytes.Buffer
	done = func() {}
	if _, err = io.CopyN(&b, r, largeMail); err == nil {
		room := time.NewTimer(largeWait)
		defer room.Stop()
		select {
		case s.l.large <- struct{}{}:
			done = func() { <-s.l.large }
		case <-room.C:
			return nil, nil, errLater
		case <-s.ctx.Done():
			return nil, nil, errLater
		}
		_, err = io.Copy(&b, r)
	}
	raw = b.Bytes()
	var answer *smtp.SMTPError
	switch {
	case errors.As(err, &answer): // too large
	case errors.Is(err, smtp.ErrTooLongLine):
		answer = errLine
	case err != nil && !errors.Is(err, io.EOF), !s.conn.whole():
		answer = errCut
	case smuggles(raw):
		answer = errFake
	default:
		return raw, done, nil
	}
	done()
	return nil, nil, answer
}

// smuggles finds what other servers may take for the end of a mail, with commands of a stranger's behind
// it: a dot alone on a line that begins with no CRLF. Here it is part of the mail, and no honest one has it.
func smuggles(raw []byte) bool {
	for i := 1; i+1 < len(raw); i++ {
		n := bytes.IndexByte(raw[i:], '.')
		if n < 0 || i+n+1 >= len(raw) {
			return false
		}
		i += n
		before, after := raw[i-1], raw[i+1]
		if (after == '\n' || after == '\r') && (before == '\r' || before == '\n' && (i < 2 || raw[i-2] != '\r')) {
			return true
		}
	}
	return false
}

// LMTPData answers for each recipient by itself.
func (s *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	raw, done, err := s.read(r)
	if err != nil {
		return err
	}
	defer done()
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
	got := s.env
	got.wants = slices.DeleteFunc(slices.Clone(got.wants), func(w asker) bool {
		return slices.ContainsFunc(s.to, func(t target) bool { return t.address == w.address && answers[t.inbox] != nil })
	})
	s.receipt(got, raw)
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
		it, err := s.l.mail.prepare(s.ctx, raw, origin{inbox: t.inbox, brand: t.brand, envelope: true, sender: s.env.sender,
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
	s.env, s.to = request{}, nil
	s.conn.idle()
}

func (s *session) Logout() error { return nil }

// match finds the inbox of an address. A plus address fits like the address without its plus part.
func match(list []Recipient, address string) (Recipient, bool) {
	address = strings.ToLower(onWire(address))
	for _, a := range []string{address, withoutPlus(address)} {
		for _, r := range list {
			if fits(strings.ToLower(onWire(r.Address)), a) {
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
