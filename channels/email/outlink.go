package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Times of sending.
const (
	dialTime    = 30 * time.Second
	commandTime = time.Minute
	dataTime    = 5 * time.Minute  // until the server has taken a mail (RFC 5321 §4.5.3.2.6 allows 10)
	reuseTime   = 20 * time.Second // how long a connection is kept for the next mail
	maxKept     = 4                // connections that are kept
)

// outlink is one connection to the mail server.
type outlink struct {
	client *smtp.Client
	raw    net.Conn
	expiry *time.Timer // closes it when it is not used again
}

func (c *outlink) end() { _ = c.raw.Close() }

// link takes a kept connection, or makes one.
func (s *sender) link(ctx context.Context) (c *outlink, fresh bool, err error) {
	s.mu.Lock()
	for len(s.kept) > 0 && c == nil {
		c = s.kept[len(s.kept)-1]
		s.kept = s.kept[:len(s.kept)-1]
		if !c.expiry.Stop() {
			c = nil // is being closed
		}
	}
	s.mu.Unlock()
	if c != nil {
		return c, false, nil
	}
	c, err = s.dial(ctx)
	s.set(err)
	return c, true, err
}

func (s *sender) keep(c *outlink) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) >= maxKept {
		c.end()
		return
	}
	c.expiry = time.AfterFunc(reuseTime, c.end)
	s.kept = append(s.kept, c)
}

// dial makes a connection that is signed in. A token that is refused takes its connection with it:
// go-smtp says "*" after a refusal, and not all servers bear that.
func (s *sender) dial(ctx context.Context) (c *outlink, err error) {
	if s.account == nil {
		return s.dialWith(ctx, "")
	}
	err = s.account.signIn(ctx, s.conf.OAuth2.Scopes, func(token string) error {
		c, err = s.dialWith(ctx, token)
		return err
	})
	return c, err
}

func (s *sender) dialWith(ctx context.Context, token string) (*outlink, error) {
	tlsConf, err := tlsConfig(s.conf.Host, s.conf.CA)
	if err != nil {
		return nil, err
	}
	raw, err := (&net.Dialer{Timeout: dialTime}).DialContext(ctx, "tcp", address(s.conf.Host, s.conf.Port))
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	c := &outlink{raw: raw}
	err = s.hello(ctx, c, tlsConf)
	if err == nil && s.conf.User != "" {
		err = s.login(c, token)
	}
	if err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

func (s *sender) hello(ctx context.Context, c *outlink, tlsConf *tls.Config) (err error) {
	_ = c.raw.SetDeadline(time.Now().Add(commandTime))
	switch s.conf.TLS {
	case TLS:
		t := tls.Client(c.raw, tlsConf)
		if err := t.HandshakeContext(ctx); err != nil {
			return err
		}
		c.client = smtp.NewClient(t)
	case StartTLS:
		if c.client, err = smtp.NewClientStartTLS(c.raw, tlsConf); err != nil {
			return err
		}
	default:
		c.client = smtp.NewClient(c.raw)
	}
	c.client.CommandTimeout, c.client.SubmissionTimeout = commandTime, dataTime
	return c.client.Hello(s.conf.Hello)
}

// login signs in with a token, or with the password.
func (s *sender) login(c *outlink, token string) error {
	if token != "" {
		t, err := newBearer(*s.conf.OAuth2, s.conf.User, token, s.conf.Host, s.conf.Port, c.client.SupportsAuth)
		if err != nil {
			return err
		}
		return t.verdict(c.client.Auth(t))
	}
	var auth sasl.Client
	switch pass := s.conf.Password.Reveal(); {
	case c.client.SupportsAuth(sasl.Plain):
		auth = sasl.NewPlainClient("", s.conf.User, pass)
	case c.client.SupportsAuth(sasl.Login):
		auth = sasl.NewLoginClient(s.conf.User, pass)
	default:
		return fmt.Errorf("%w: it offers neither PLAIN nor LOGIN", errLogin)
	}
	err := c.client.Auth(auth)
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code >= 500 {
		return fmt.Errorf("%w: %w", errLogin, err)
	}
	return err
}

// results are what the server says of the receivers of one mail.
type results struct {
	got            []string
	refused, later []refusal
	whole          bool // what is said of the letter, and so of every receiver
}

// deliver hands a letter over to all whom the server takes. When it takes none of those whom the letter
// is to, and nobody has it yet, nobody gets it. An error is about the letter as a whole.
func (c *outlink) deliver(ctx context.Context, l letter) (r results, err error) {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	opts := &smtp.MailOptions{Size: int64(len(l.data))}
	if utf8, _ := c.client.Extension("SMTPUTF8"); !utf8 {
		r.refused = l.onlyASCII()
		if len(l.to)+len(l.cc) == 0 {
			return r, nil
		}
	}
	for _, a := range slices.Concat(l.to, l.cc) {
		opts.UTF8 = opts.UTF8 || !isASCII(a)
	}
	if err := c.client.Mail(l.from, opts); err != nil {
		return r, err
	}
	for i, a := range slices.Concat(l.to, l.cc) {
		err := c.client.Rcpt(a, nil)
		e, ok := errors.AsType[*smtp.SMTPError](err)
		switch {
		case err == nil:
			r.got = append(r.got, a)
		case !ok:
			return r, err
		case e.Code >= 500:
			r.refused = append(r.refused, refusal{a, e})
		default:
			r.later = append(r.later, refusal{a, e})
		}
		if i == len(l.to)-1 && len(r.got) == 0 && !l.begun || ok && e.Code == 421 {
			break
		}
	}
	if len(r.got) == 0 {
		if err := c.client.Reset(); err != nil {
			c.end() // found to be stale when it is used again
		}
		return r, nil
	}
	w, err := c.client.Data()
	if err != nil {
		return r, err
	}
	if _, err := w.Write(l.data); err != nil {
		return r, err
	}
	err = w.Close()
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok || e.Code == 421 {
		return r, err
	}
	r.whole = true
	for _, a := range r.got {
		if e.Code >= 500 {
			r.refused = append(r.refused, refusal{a, e})
		} else {
			r.later = append(r.later, refusal{a, e})
		}
	}
	r.got = nil
	return r, nil
}

// onlyASCII takes out the receivers whose addresses a server cannot handle that does not know SMTPUTF8
// (RFC 6531).
func (l *letter) onlyASCII() (refused []refusal) {
	no := &smtp.SMTPError{Code: 553, EnhancedCode: smtp.EnhancedCode{5, 6, 7}, Message: "Our mail server does not know SMTPUTF8"}
	foreign := func(a string) bool {
		if isASCII(a) {
			return false
		}
		refused = append(refused, refusal{a, no})
		return true
	}
	l.to, l.cc = slices.DeleteFunc(slices.Clone(l.to), foreign), slices.DeleteFunc(slices.Clone(l.cc), foreign)
	if len(l.to) == 0 && len(refused) > 0 && !l.begun {
		l.cc = nil
	}
	return refused
}

// stale says whether an error may come of a connection that was kept too long.
func stale(err error) bool {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return e.Code == 421
	}
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "connection reset") ||
		strings.Contains(err.Error(), "broken pipe")
}
