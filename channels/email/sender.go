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

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"tierline/channels"
	"tierline/ticket"
)

// Times of sending.
const (
	dialTime    = 30 * time.Second
	commandTime = time.Minute
	dataTime    = 5 * time.Minute  // until the server has taken a mail (RFC 5321 §4.5.3.2.6 allows 10)
	reuseTime   = 20 * time.Second // how long a connection is kept for the next mail
	maxKept     = 4                // connections that are kept
	authRetry   = 5 * time.Minute  // until a login is tried again that was refused
)

// sender brings answers to the mail server.
type sender struct {
	conf Sending
	sign signer
	deps Deps
	log  *slog.Logger

	mu   sync.Mutex
	kept []*outlink
}

// NewSender makes the sender of answers. It fails when the configuration has no server to send by.
func NewSender(c Config, d Deps) (channels.Sender, error) {
	if err := faults(c); err != nil {
		return nil, err
	}
	if c.Sending.Host == "" {
		return nil, ticket.Errorf("email.NewSender", ticket.Invalid, "No server to send mail by is configured.")
	}
	d = d.withDefaults()
	return &sender{conf: c.Sending.withDefaults(), sign: c.signer(), deps: d, log: d.Log}, nil
}

// Send delivers a message to the mail server and returns its Message-ID.
func (s *sender) Send(ctx context.Context, out ticket.Outbound) (string, error) {
	l, err := s.compose(ctx, out)
	if err != nil {
		return "", err
	}
	for {
		c, fresh, err := s.link(ctx)
		if err != nil {
			return "", s.explain(err)
		}
		err = c.deliver(ctx, l, s.log)
		if err == nil {
			s.keep(c)
			s.log.Info("mail sent", "message", out.Message.String(), "id", l.id)
			return l.id, nil
		}
		c.end()
		if fresh || !stale(err) {
			return "", s.explain(err)
		} // a kept connection that the server has closed meanwhile
	}
}

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

// errLogin marks a refusal to let us in: for the administrator to mend, not the writer of the mail.
var errLogin = errors.New("the mail server does not let us in")

func (s *sender) dial(ctx context.Context) (*outlink, error) {
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
	if err := s.hello(ctx, c, tlsConf); err != nil {
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
	if err := c.client.Hello(s.conf.Hello); err != nil {
		return err
	}
	if s.conf.User == "" {
		return nil
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
	if err := c.client.Auth(auth); err != nil {
		var e *smtp.SMTPError
		if errors.As(err, &e) && e.Code >= 500 {
			return fmt.Errorf("%w: %w", errLogin, err)
		}
		return err
	}
	return nil
}

// deliver hands a letter over. Somebody in Cc whom the server refuses for good does not keep it from
// the others.
func (c *outlink) deliver(ctx context.Context, l letter, log *slog.Logger) error {
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer stop()
	opts := &smtp.MailOptions{Size: int64(len(l.data))}
	for _, a := range append(append([]string{l.from}, l.to...), l.cc...) {
		opts.UTF8 = opts.UTF8 || !isASCII(a)
	}
	if err := c.client.Mail(l.from, opts); err != nil {
		return err
	}
	for _, to := range l.to {
		if err := c.client.Rcpt(to, nil); err != nil {
			return c.refused(err)
		}
	}
	for _, cc := range l.cc {
		err := c.client.Rcpt(cc, nil)
		if e, ok := errors.AsType[*smtp.SMTPError](err); ok && e.Code >= 500 {
			log.Warn("somebody in Cc is refused by the mail server", "id", l.id, "code", e.Code)
		} else if err != nil {
			return c.refused(err)
		}
	}
	w, err := c.client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(l.data); err != nil {
		return err
	}
	return w.Close()
}

// refused ends the transaction that is left open.
func (c *outlink) refused(err error) error {
	if _, ok := errors.AsType[*smtp.SMTPError](err); ok {
		_ = c.client.Reset()
	}
	return err
}

// stale says whether an error may come of a connection that was kept too long.
func stale(err error) bool {
	if e, ok := errors.AsType[*smtp.SMTPError](err); ok {
		return e.Code == 421
	}
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || strings.Contains(err.Error(), "connection reset") ||
		strings.Contains(err.Error(), "broken pipe")
}

// explain tells errors apart by what can be done about them.
func (s *sender) explain(err error) error {
	const op = "email.Send"
	if ticket.KindOf(err) != ticket.Internal && !errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, errLogin) {
		return &ticket.Error{Op: op, Kind: ticket.Transient, RetryAfter: authRetry, Err: err,
			Public: "The mail server does not let us in. An administrator must check the account under sending."}
	}
	e, ok := errors.AsType[*smtp.SMTPError](err)
	if !ok || e.Code < 500 {
		return &ticket.Error{Op: op, Kind: ticket.Transient, Err: err}
	}
	return &ticket.Error{Op: op, Kind: ticket.Invalid, Err: err, Public: advice(e)}
}

// advice is what the writer of a refused mail can do (RFC 3463).
func advice(e *smtp.SMTPError) string {
	said := strings.Join(strings.Fields(cutRunes(e.Message, 300)), " ")
	what := "Check the answer and the address, or reach the customer another way."
	switch {
	case e.EnhancedCode[0] == 5 && e.EnhancedCode[1] == 1, e.Code == 550 && e.EnhancedCode[1] == 0, e.Code == 553:
		what = "The address does not exist or is not taken. Ask the customer for another one."
	case e.EnhancedCode == smtp.EnhancedCode{5, 2, 2}:
		what = "The customer's mailbox is full. Try again later, or reach them another way."
	case e.Code == 552, e.EnhancedCode == smtp.EnhancedCode{5, 3, 4}, e.EnhancedCode == smtp.EnhancedCode{5, 2, 3}:
		what = "The mail is too large. Send it without attachments, or with a link."
	case e.EnhancedCode[1] == 7, e.Code == 554:
		what = "The mail server refuses it by policy. An administrator must look at it."
	}
	return fmt.Sprintf("The mail was refused: %d %s. %s", e.Code, strings.TrimRight(said, "."), what)
}
