package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/channels"
)

// Limits of one conversation with an IMAP server.
const (
	answerTime = time.Minute      // for one command; the client has no timeouts of its own
	fetchTime  = 10 * time.Minute // for one batch of mails
	fetchCount = 200              // mails in one batch
	fetchBytes = 32 << 20         // of one batch; a larger mail goes alone
	maxKeep    = 1 << 30          // bytes of a mail that is kept unread
)

// session is one connection from login to its end. It says whether it got as far as to read the
// mailbox; a nil error means that the lease is lost or ctx has ended.
func (b *mailbox) session(ctx context.Context, in channels.Intake) (worked bool, err error) {
	s, err := b.connect(ctx)
	if err != nil {
		return false, err
	}
	over := make(chan struct{})
	defer close(over)
	// When we stop, what is being done may end by itself for a while.
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(5 * time.Second):
			_ = s.client.Close()
		}
	})
	defer stop()
	defer s.close()
	if err := b.open(ctx, s); err != nil {
		return false, err
	}
	b.set(nil)
	b.log.Info("reading mailbox", "mailbox", b.Name(), "uidvalidity", b.cursor.Validity, "from", b.cursor.UID+1)
	for ctx.Err() == nil {
		if err := b.sync(ctx, s, in); err != nil {
			return true, err
		}
		if ctx.Err() != nil {
			return true, nil
		}
		if held, err := b.wait(ctx, s); err != nil || !held {
			return true, err
		}
	}
	return true, nil
}

// link is a connection whose every command ends in time.
type link struct {
	client *imapclient.Client
	news   chan struct{} // receives when the server tells of mails
	caps   imap.CapSet
}

// within ends the connection when f takes longer than d: nothing else frees a command that waits on
// a dead link.
func (s *link) within(d time.Duration, f func() error) error {
	late := make(chan struct{})
	t := time.AfterFunc(d, func() { close(late); _ = s.client.Close() })
	err := f()
	if !t.Stop() {
		<-late
		return fmt.Errorf("no answer within %s", d)
	}
	return err
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
	s := &link{news: make(chan struct{}, 1)}
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
	dead := time.AfterFunc(answerTime, func() { _ = raw.Close() })
	defer dead.Stop()
	switch c.TLS {
	case TLS:
		t := tls.Client(raw, tlsConf)
		if err := t.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, err
		}
		s.client = imapclient.New(t, opts)
	case StartTLS:
		if s.client, err = imapclient.NewStartTLS(raw, opts); err != nil {
			return nil, err
		}
	default:
		s.client = imapclient.New(raw, opts)
	}
	if err := s.client.WaitGreeting(); err != nil {
		_ = s.client.Close()
		return nil, err
	}
	return s, nil
}

// open logs in and selects the folder.
func (b *mailbox) open(ctx context.Context, s *link) error {
	err := s.within(answerTime, func() error { return s.client.Login(b.conf.User, b.conf.Password.Reveal()).Wait() })
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	var data *imap.SelectData
	err = s.within(answerTime, func() (err error) {
		s.caps = s.client.Caps()
		data, err = s.client.Select(b.conf.Folder, &imap.SelectOptions{ReadOnly: b.conf.After == "leave"}).Wait()
		return err
	})
	if err != nil {
		return fmt.Errorf("select %q: %w", b.conf.Folder, err)
	}
	return b.load(ctx, data.UIDValidity)
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
// that the link is dead, and that the lease is lost.
func (b *mailbox) wait(ctx context.Context, s *link) (held bool, err error) {
	select {
	case <-s.news: // told while we were fetching
		return true, nil
	default:
	}
	var idle *imapclient.IdleCommand
	if s.caps.Has(imap.CapIdle) {
		if err := s.within(answerTime, func() (err error) { idle, err = s.client.Idle(); return err }); err != nil {
			return false, err
		}
	}
	held, err = b.listen(ctx, s)
	if idle != nil {
		end := s.within(answerTime, func() error {
			if err := idle.Close(); err != nil {
				return err
			}
			return idle.Wait()
		})
		err = orElse(err, end)
	} else if err == nil && held {
		err = s.within(answerTime, func() error { return s.client.Noop().Wait() })
	}
	return held, err
}

func (b *mailbox) listen(ctx context.Context, s *link) (held bool, err error) {
	poll := time.NewTimer(b.conf.Poll)
	defer poll.Stop()
	renew := time.NewTicker(leaseRenew)
	defer renew.Stop()
	for {
		select {
		case <-s.news:
			return true, nil
		case <-poll.C:
			return true, nil
		case <-ctx.Done():
			return true, nil
		case <-s.client.Closed():
			return true, errors.New("the mail server has closed the connection")
		case <-renew.C:
			if held, err := b.lease(ctx); err != nil || !held {
				return held, err
			}
		}
	}
}
