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

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"tierline/channels"
	"tierline/ticket"
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

// sync takes in all that is behind the cursor. While one portion is committed, the next is fetched.
func (b *mailbox) sync(ctx context.Context, s *link, in channels.Intake) (err error) {
	uids, err := s.search(imap.UIDSet{imap.UIDRange{Start: b.cursor.UID + 1}})
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(u imap.UID) bool { return u <= b.cursor.UID }) // "n:*" names the last one always
	slices.Sort(uids)
	var before *portion
	defer func() {
		if end := b.settle(ctx, s, before); err == nil {
			err = end
		}
	}()
	for len(uids) > 0 && ctx.Err() == nil {
		if held, err := b.lease(ctx); err != nil || !held {
			return orElse(err, errLease)
		}
		n := min(len(uids), fetchCount)
		if b.stuck != 0 && b.stuck >= uids[0] { // carefully: up to the one that ended the last session
			n = 1
		}
		sizes, err := s.sizes(uids[:n])
		if err != nil {
			return err
		}
		for batch := uids[:n]; len(batch) > 0; {
			p := b.cut(batch, sizes)
			if err := b.gather(ctx, s, p); err != nil {
				return err
			}
			done := before
			before = nil
			if err := b.settle(ctx, s, done); err != nil {
				return err
			}
			before = p
			p.committed = make(chan error, 1)
			go func() { p.committed <- b.mail.commit(ctx, in, p.items) }()
			batch = batch[len(p.uids):]
		}
		uids = uids[n:]
	}
	return nil
}

// portion is some mails that go through fetching, commit and what comes after it together.
type portion struct {
	uids      []imap.UID
	sizes     map[imap.UID]int64
	fetched   []imap.UID
	items     []item
	committed chan error
}

// cut takes as many mails from the front as fit into memory, at least one.
func (b *mailbox) cut(uids []imap.UID, sizes map[imap.UID]int64) *portion {
	n, total := 0, int64(0)
	for _, u := range uids {
		if total += min(sizes[u], b.conf.MaxSize); n > 0 && total > fetchBytes {
			break
		}
		n++
	}
	return &portion{uids: uids[:n], sizes: sizes}
}

var errLease = errors.New("another gateway reads the mailbox now")

func (s *link) search(set imap.UIDSet) (uids []imap.UID, err error) {
	err = s.within(answerTime, func() error {
		data, err := s.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{set}}, nil).Wait()
		if err == nil {
			uids = data.AllUIDs()
		}
		return err
	})
	return uids, err
}

func (s *link) sizes(uids []imap.UID) (map[imap.UID]int64, error) {
	sizes := make(map[imap.UID]int64, len(uids))
	err := s.within(answerTime, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true, RFC822Size: true})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			if d, err := m.Collect(); err == nil {
				sizes[d.UID] = d.RFC822Size
			}
		}
		return cmd.Close()
	})
	return sizes, err
}

// gather fetches a portion and makes contacts of it.
func (b *mailbox) gather(ctx context.Context, s *link, p *portion) error {
	got := map[imap.UID]bool{}
	for _, u := range p.uids {
		size, known := p.sizes[u]
		var it item
		var err error
		switch {
		case known && u == b.stuck && b.tries >= maxTries: // the link is well: it is the mail
			it, err = b.unread(ctx, u, strings.NewReader(b.Name()), "not-fetched",
				"The mail server could not deliver it. It is still in the mailbox.")
		case known && size > b.conf.MaxSize:
			if it, err = b.fetchLarge(ctx, s, u, size); err != nil {
				b.suspect([]imap.UID{u}, nil)
			}
		default:
			p.fetched = append(p.fetched, u)
			continue
		}
		if err != nil {
			return err
		}
		p.items, got[u] = append(p.items, it), true
	}
	items, err := b.fetch(ctx, s, p.fetched, got)
	if err != nil {
		b.suspect(p.uids, got)
		return err
	}
	p.items = append(p.items, items...)
	return b.complete(s, p, got)
}

// complete fails when a mail that was asked for did not come, and is not gone meanwhile either.
func (b *mailbox) complete(s *link, p *portion, got map[imap.UID]bool) error {
	missing := slices.DeleteFunc(slices.Clone(p.uids), func(u imap.UID) bool { return got[u] })
	if len(missing) == 0 {
		return nil
	}
	still, err := s.search(imap.UIDSetNum(missing...))
	if err != nil {
		return err
	}
	if len(still) > 0 {
		slices.Sort(still)
		b.suspect(still, nil)
		return fmt.Errorf("the server left out %d of %d mails", len(still), len(p.uids))
	}
	return nil
}

// settle waits until a portion is committed, deals with its mails on the server, and moves the cursor:
// in this order.
func (b *mailbox) settle(ctx context.Context, s *link, p *portion) error {
	if p == nil {
		return nil
	}
	if err := <-p.committed; err != nil {
		return err
	}
	if err := b.after(s, p.fetched); err != nil {
		return err
	}
	last := p.uids[len(p.uids)-1]
	if b.stuck <= last {
		b.stuck, b.tries = 0, 0
	}
	return b.save(ctx, last)
}

// suspect remembers the first mail that did not come.
func (b *mailbox) suspect(uids []imap.UID, got map[imap.UID]bool) {
	for _, u := range uids {
		if !got[u] {
			if u == b.stuck {
				b.tries++
			} else {
				b.stuck, b.tries = u, 1
			}
			return
		}
	}
}

// origin is where a mail of this mailbox lies; the form is that of RFC 5092.
func (b *mailbox) origin(u imap.UID) origin {
	return origin{inbox: b.conf.Inbox, brand: b.conf.Brand, where: fmt.Sprintf("imap uid %d", u), source: b.Name(),
		place: fmt.Sprintf("UIDVALIDITY=%d/;UID=%d", b.cursor.Validity, u)}
}

// unread keeps a mail that is not read.
func (b *mailbox) unread(ctx context.Context, u imap.UID, r io.Reader, code, detail string) (item, error) {
	o := b.origin(u)
	q := &ticket.Quarantined{Channel: channels.Email, Inbox: b.conf.Inbox, Reason: code, Detail: detail,
		External: b.Name() + ";" + o.place, At: b.mail.now()}
	var err error
	q.Blob, q.Size, err = b.mail.blobs.Put(ctx, r, maxKeep)
	q.Mail = o.seen(nil, q.Size)
	q.Mail.Raw = ticket.MailSource{Blob: q.Blob}
	return item{where: fmt.Sprintf("imap uid %d", u), bad: q}, err
}

// fetchLarge brings a mail that is too large to be read from the server to the blobs, without ever
// holding it in memory.
func (b *mailbox) fetchLarge(ctx context.Context, s *link, u imap.UID, size int64) (it item, err error) {
	err = s.within(fetchTime, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(u), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		var keepErr error
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			for d := m.Next(); d != nil; d = m.Next() {
				body, ok := d.(imapclient.FetchItemDataBodySection)
				if !ok || body.Literal == nil || it.bad != nil {
					continue
				}
				whole := &io.LimitedReader{R: body.Literal, N: body.Literal.Size()}
				it, keepErr = b.unread(context.WithoutCancel(ctx), u, whole, "too-large",
					fmt.Sprintf("It has %d bytes; at most %d are read.", size, b.conf.MaxSize))
				if keepErr == nil && whole.N > 0 {
					_ = s.client.Close()
					return errShort
				}
			}
		}
		return orElse(cmd.Close(), keepErr)
	})
	if err == nil && it.bad == nil {
		err = fmt.Errorf("the server left out the mail with UID %d", u)
	}
	return it, err
}

// fetch reads mails one after the other as they come, each into memory only once, and marks in got
// those that it made an item of.
func (b *mailbox) fetch(ctx context.Context, s *link, uids []imap.UID, got map[imap.UID]bool) (items []item, err error) {
	if len(uids) == 0 {
		return nil, nil
	}
	asked := make(map[imap.UID]bool, len(uids))
	for _, u := range uids {
		asked[u] = true
	}
	type arrived struct {
		uid imap.UID
		raw []byte
	}
	mails := make(chan arrived, 16)
	done := make(chan error, 1)
	go func() { // reads what has come while more is coming
		var failed error
		for m := range mails {
			if failed != nil {
				continue
			}
			it, err := b.mail.prepare(context.WithoutCancel(ctx), m.raw, b.origin(m.uid))
			if failed = err; err == nil {
				got[m.uid] = true
				items = append(items, it)
			}
		}
		done <- failed
	}()
	err = s.within(fetchTime, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true,
			BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			// What does not come whole is found by comparing what was asked for and what came.
			uid, raw, err := b.readOne(m)
			if errors.Is(err, errShort) {
				_ = s.client.Close()
				return err
			}
			if err == nil && raw != nil && asked[uid] {
				delete(asked, uid)
				mails <- arrived{uid, raw}
			}
		}
		return cmd.Close()
	})
	close(mails)
	return items, orElse(<-done, err)
}

// errShort says that the connection ended within a mail. The client must not be asked for more then:
// what is left of the mail would be read twice, by it and by us.
var errShort = errors.New("the connection ended within a mail")

// readOne reads a mail's UID and bytes, in whatever order they come.
func (b *mailbox) readOne(m *imapclient.FetchMessageData) (uid imap.UID, raw []byte, err error) {
	for it := m.Next(); it != nil; it = m.Next() {
		switch it := it.(type) {
		case imapclient.FetchItemDataUID:
			uid = it.UID
		case imapclient.FetchItemDataBodySection:
			if it.Literal == nil {
				continue
			}
			size := it.Literal.Size()
			if size > 2*b.conf.MaxSize { // RFC822.SIZE has lied
				return uid, nil, fmt.Errorf("a mail of %d bytes came unexpectedly", size)
			}
			raw = make([]byte, size)
			if _, err = io.ReadFull(it.Literal, raw); err != nil {
				return uid, nil, errShort
			}
		}
	}
	return uid, raw, err
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
