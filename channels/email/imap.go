package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/channels"
)

// Limits of one conversation with an IMAP server.
const (
	answerTime   = time.Minute      // for one command; the client has no timeouts of its own
	fetchTime    = 10 * time.Minute // for one batch of mails
	fetchCount   = 200              // mails in one batch
	fetchBytes   = 8 << 20          // of one batch; a larger mail goes alone
	maxKeep      = 1 << 30          // bytes of a mail that is kept unread
	fetchReaders = 8                // mails that are read at the same time: more than processors, for they wait for the disk
)

// session is one connection from login to its end. It says whether it got as far as to read the
// mailbox; a nil error means that the lease is lost or ctx has ended.
func (b *mailbox) session(ctx context.Context, in channels.Intake) (worked bool, err error) {
	ctx, lose := context.WithCancelCause(ctx)
	defer b.holding(ctx, lose)()
	s, err := b.connect(ctx)
	if err != nil {
		return false, err
	}
	defer b.ending(ctx, s)()
	if err := b.open(ctx, s); err != nil {
		return false, err
	}
	b.set(nil)
	b.log.Info("reading mailbox", "mailbox", b.Name(), "uidvalidity", b.cursor.Validity, "from", b.cursor.UID+1)
	for ctx.Err() == nil && err == nil {
		if err = b.sync(ctx, s, in); err == nil {
			err = b.daily(ctx, s, in)
		}
		if err == nil {
			err = b.wait(ctx, s)
		}
	}
	if cause := context.Cause(ctx); cause != nil { // what the end has broken is no fault
		if err = cause; errors.Is(cause, errLease) || errors.Is(cause, context.Canceled) {
			err = nil
		}
	}
	return true, err
}

// holding keeps the lease until the function that it gives is called, and calls lose when it is lost:
// another gateway has it, or the store has not answered for most of its time.
func (b *mailbox) holding(ctx context.Context, lose context.CancelCauseFunc) (end func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(orElse(b.renew, leaseRenew))
		defer tick.Stop()
		for renewed := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			held, err := b.lease(ctx)
			switch {
			case err == nil && !held:
				lose(errLease)
			case err == nil:
				renewed = time.Now()
			case time.Since(renewed) > leaseTime-leaseRenew:
				lose(fmt.Errorf("the lease cannot be renewed: %w", err))
			}
		}
	}()
	return func() { lose(nil); <-done }
}

// ending ends a connection when it is done with. When ctx ends before, what is being done may end by
// itself for a while.
func (b *mailbox) ending(ctx context.Context, s *link) (end func()) {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(5 * time.Second):
			_ = s.client.Close()
		}
	})
	return func() { s.close(); stop(); close(over) }
}

// link is a connection whose every command ends in time.
type link struct {
	client   *imapclient.Client
	wire     *wire
	patience time.Duration // how long the server may be silent when it is to say something
	news     chan struct{} // receives when the server tells of mails
	caps     imap.CapSet
}

// wire is a connection that knows since when it waits for the other side.
type wire struct {
	net.Conn
	waits atomic.Int64 // ns since 1970; 0: it does not
}

func (w *wire) Read(b []byte) (int, error) {
	w.waits.Store(time.Now().UnixNano())
	defer w.waits.Store(0)
	return w.Conn.Read(b)
}

// silent is how long nothing has come while something was waited for, from begun on.
func (w *wire) silent(begun time.Time) time.Duration {
	since := w.waits.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, max(since, begun.UnixNano())))
}

// within ends the connection when f takes longer than d, or when the server is silent meanwhile: nothing
// else frees a command that waits on a dead link.
func (s *link) within(d time.Duration, f func() error) error {
	begun, done, dead := time.Now(), make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(dead)
		tick := time.NewTicker(min(s.patience, d) / 4)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			switch silent := s.wire.silent(begun); {
			case silent > s.patience:
				dead <- fmt.Errorf("no answer within %s", s.patience)
			case time.Since(begun) > d:
				dead <- fmt.Errorf("it has taken more than %s", d)
			default:
				continue
			}
			_ = s.client.Close()
			return
		}
	}()
	err := f()
	close(done)
	return orElse(<-dead, err)
}

func (s *link) close() {
	_ = s.within(2*time.Second, func() error { return s.client.Logout().Wait() })
	_ = s.client.Close()
}

func (b *mailbox) connect(ctx context.Context) (*link, error) {
	c := b.conf
	tlsConf, err := tlsConfig(c.Host, c.CA)
	if err != nil {
		return nil, err
	}
	raw, err := (&net.Dialer{Timeout: 30 * time.Second}).DialContext(ctx, "tcp", address(c.Host, c.Port))
	if err != nil {
		return nil, err
	}
	s := &link{wire: &wire{Conn: raw}, patience: orElse(b.patience, answerTime), news: make(chan struct{}, 1)}
	opts := &imapclient.Options{TLSConfig: tlsConf, UnilateralDataHandler: &imapclient.UnilateralDataHandler{
		Mailbox: func(d *imapclient.UnilateralDataMailbox) {
			if d.NumMessages != nil {
				select {
				case s.news <- struct{}{}:
				default:
				}
			}
		},
	}}
	dead := time.AfterFunc(s.patience, func() { _ = raw.Close() })
	defer dead.Stop()
	switch c.TLS {
	case TLS:
		t := tls.Client(s.wire, tlsConf)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		s.client = imapclient.New(t, opts)
	case StartTLS:
		if s.client, err = imapclient.NewStartTLS(s.wire, opts); err != nil {
			return nil, err
		}
	default:
		s.client = imapclient.New(s.wire, opts)
	}
	if err := s.client.WaitGreeting(); err != nil {
		_ = s.client.Close()
		return nil, err
	}
	return s, nil
}

// open logs in, selects the folder and loads the cursor.
func (b *mailbox) open(ctx context.Context, s *link) error {
	if err := b.login(ctx, s); err != nil {
		return err
	}
	validity, err := s.choose(b.conf.Folder, b.conf.After == "leave")
	if err != nil {
		return err
	}
	return b.load(ctx, validity)
}

// login also learns what the server can do.
func (b *mailbox) login(ctx context.Context, s *link) error {
	password := func() error { return s.client.Login(b.conf.User, b.conf.Password.Reveal()).Wait() }
	var err error
	if b.account == nil {
		err = s.within(answerTime, password)
	} else {
		err = b.account.signIn(ctx, b.conf.OAuth2.Scopes, func(token string) error { return b.show(s, token) })
	}
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return s.within(answerTime, func() error { s.caps = s.client.Caps(); return nil })
}

// show signs in with a token.
func (b *mailbox) show(s *link, token string) error {
	offers := func(mechanism string) bool { return s.client.Caps().Has(imap.AuthCap(mechanism)) }
	t, err := newBearer(*b.conf.OAuth2, b.conf.User, token, b.conf.Host, b.conf.Port, offers)
	if err != nil {
		return err
	}
	return t.verdict(s.within(answerTime, func() error { return s.client.Authenticate(t) }))
}

// choose selects a folder; read only it is EXAMINE, which changes nothing.
func (s *link) choose(folder string, readOnly bool) (validity uint32, err error) {
	err = s.within(answerTime, func() error {
		data, err := s.client.Select(folder, &imap.SelectOptions{ReadOnly: readOnly}).Wait()
		if err == nil {
			validity = data.UIDValidity
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("select %q: %w", folder, err)
	}
	return validity, err
}

// after deals with mails that are safe in the store. What the server refuses is logged and left: the
// mails behind are more important.
func (b *mailbox) after(s *link, uids []imap.UID) error {
	if len(uids) == 0 || b.conf.After == "leave" {
		return nil
	}
	set := imap.UIDSetNum(uids...)
	err := s.within(answerTime, func() error {
		folder, move := strings.CutPrefix(b.conf.After, "move:")
		if !move {
			return s.store(set, imap.FlagSeen)
		}
		return s.move(set, folder)
	})
	var refused *imap.Error
	if errors.As(err, &refused) {
		b.log.Warn("mails stay where they are", "mailbox", b.Name(), "after", b.conf.After, "err", err)
		return nil
	}
	return err
}

func (s *link) store(set imap.UIDSet, flag imap.Flag) error {
	return s.client.Store(set, &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: []imap.Flag{flag}}, nil).Close()
}

// move never uses the client's own way for servers without MOVE, which expunges also when the copy
// failed. Without UIDPLUS the mails stay, marked as deleted, for expunging takes other mails, too.
func (s *link) move(set imap.UIDSet, folder string) error {
	if s.caps.Has(imap.CapMove) {
		_, err := s.client.Move(set, folder).Wait()
		if tryCreate(err) {
			if err = s.client.Create(folder, nil).Wait(); err == nil {
				_, err = s.client.Move(set, folder).Wait()
			}
		}
		return err
	}
	_, err := s.client.Copy(set, folder).Wait()
	if tryCreate(err) {
		if err = s.client.Create(folder, nil).Wait(); err == nil {
			_, err = s.client.Copy(set, folder).Wait()
		}
	}
	if err != nil {
		return err
	}
	if err := s.store(set, imap.FlagDeleted); err != nil || !s.caps.Has(imap.CapUIDPlus) {
		return err
	}
	return s.client.UIDExpunge(set).Close()
}

func tryCreate(err error) bool {
	var e *imap.Error
	return errors.As(err, &e) && e.Code == imap.ResponseCodeTryCreate
}

// wait returns when there may be mails: the server told so, or it is time to look. It also notices
// that the link is dead.
func (b *mailbox) wait(ctx context.Context, s *link) error {
	select {
	case <-s.news: // told while we were fetching
		return nil
	default:
	}
	if !s.caps.Has(imap.CapIdle) {
		if err := b.listen(ctx, s); err != nil {
			return err
		}
		return s.within(answerTime, func() error { return s.client.Noop().Wait() })
	}
	var idle *imapclient.IdleCommand
	if err := s.within(answerTime, func() (err error) { idle, err = s.client.Idle(); return err }); err != nil {
		return err
	}
	err := b.listen(ctx, s)
	end := s.within(answerTime, func() error {
		if err := idle.Close(); err != nil {
			return err
		}
		return idle.Wait()
	})
	return orElse(err, end)
}

func (b *mailbox) listen(ctx context.Context, s *link) error {
	poll := time.NewTimer(b.conf.Poll)
	defer poll.Stop()
	select {
	case <-s.news:
	case <-poll.C:
	case <-ctx.Done():
	case <-s.client.Closed():
		return errors.New("the mail server has closed the connection")
	}
	return nil
}
