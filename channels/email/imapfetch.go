package email

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"golang.org/x/sync/errgroup"

	"tierline/channels"
	"tierline/ticket"
)

// sync takes in all that is behind the cursor.
func (b *mailbox) sync(ctx context.Context, s *link, in channels.Intake) (err error) {
	uids, err := s.search(imap.UIDSet{imap.UIDRange{Start: b.cursor.UID + 1}})
	if err != nil {
		return err
	}
	uids = slices.DeleteFunc(uids, func(u imap.UID) bool { return u <= b.cursor.UID }) // "n:*" names the last one always
	slices.Sort(uids)
	if len(uids) == 0 {
		return nil
	}
	if !b.proven {
		defer b.survived(ctx)
		if uids, err = b.prove(ctx, s, in, uids); err != nil {
			return err
		}
	}
	if _, err = b.bring(ctx, s, in, uids); err == nil {
		b.proven = true
	}
	return err
}

// bring takes in mails by their UIDs, in this order; what it has done when it fails, is done. While one
// portion is read and committed, the next is fetched.
func (b *mailbox) bring(ctx context.Context, s *link, in channels.Intake, uids []imap.UID) (t Tally, err error) {
	var before *portion
	defer func() {
		done, end := b.settle(ctx, s, before)
		if t.add(done); err == nil {
			err = end
		}
	}()
	for len(uids) > 0 && ctx.Err() == nil {
		n := min(len(uids), fetchCount)
		if b.stuck != 0 && b.stuck >= uids[0] { // carefully: up to the one that ended the last session
			n = 1
		}
		sizes, err := s.sizes(uids[:n])
		if err != nil {
			return t, err
		}
		for batch := uids[:n]; len(batch) > 0; {
			p := b.cut(batch, sizes)
			if err := b.gather(ctx, s, p); err != nil {
				return t, err
			}
			last := before
			before = nil
			done, err := b.settle(ctx, s, last)
			if t.add(done); err != nil {
				return t, err
			}
			before = p
			p.committed = make(chan committed, 1)
			go func() { p.committed <- b.commit(ctx, in, p) }()
			batch = batch[len(p.uids):]
		}
		uids = uids[n:]
	}
	return t, nil
}

// portion is some mails that go through fetching, commit and what comes after it together.
type portion struct {
	uids      []imap.UID
	sizes     map[imap.UID]int64
	fetched   []imap.UID
	items     []*item         // each in the place of its UID; nil when it has gone from the server
	reading   *errgroup.Group // makes items of what was fetched
	committed chan committed
}

type committed struct {
	Tally
	err error
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
	p := &portion{uids: uids[:n], sizes: sizes, items: make([]*item, n), reading: new(errgroup.Group)}
	p.reading.SetLimit(fetchReaders) // then the server waits
	return p
}

// commit brings a portion into the store when all of it is read.
func (b *mailbox) commit(ctx context.Context, in channels.Intake, p *portion) committed {
	if err := p.reading.Wait(); err != nil {
		return committed{err: err}
	}
	var items []item
	for _, it := range p.items {
		if it != nil {
			items = append(items, *it)
		}
	}
	t, err := b.mail.commit(ctx, in, items)
	return committed{t, err}
}

var errLease = errors.New("another gateway reads the mailbox now")

func (s *link) search(set imap.UIDSet) ([]imap.UID, error) {
	return s.searchFor(&imap.SearchCriteria{UID: []imap.UIDSet{set}})
}

// searchFor gives the UIDs of mails in the folder that is selected.
func (s *link) searchFor(what *imap.SearchCriteria) (uids []imap.UID, err error) {
	err = s.within(answerTime, func() error {
		opts := &imap.SearchOptions{ReturnAll: s.caps.Has(imap.CapESearch)} // a million in a row is one range then
		data, err := s.client.UIDSearch(what, opts).Wait()
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

// gather fetches a portion. What has come is still being read when it returns, unless it fails.
func (b *mailbox) gather(ctx context.Context, s *link, p *portion) (err error) {
	defer func() {
		if err != nil {
			_ = p.reading.Wait() // the first error is the one that tells
		}
	}()
	got, place := map[imap.UID]bool{}, map[imap.UID]int{}
	for i, u := range p.uids {
		size, known := p.sizes[u]
		var it item
		switch {
		case known && u == b.stuck && b.tries >= maxTries: // the link is well: it is the mail
			it, err = b.unread(ctx, u, strings.NewReader(b.Name()), "not-fetched",
				"The mail server could not deliver it. It is still in the mailbox.")
		case known && size > b.conf.MaxSize:
			it, err = b.fetchUnread(ctx, s, u, "too-large", fmt.Sprintf("It has %d bytes; at most %d are read.", size, b.conf.MaxSize))
		case known && u == b.fatal:
			it, err = b.fetchUnread(ctx, s, u, "parser-fault", fmt.Sprintf("Reading it has ended our program %d times.", maxDeaths))
		default:
			p.fetched, place[u] = append(p.fetched, u), i
			continue
		}
		if err != nil {
			return err
		}
		p.items[i], got[u] = &it, true
	}
	err = b.fetch(s, p.fetched, func(u imap.UID, raw []byte) {
		i, asked := place[u]
		if !asked || got[u] {
			return
		}
		got[u] = true
		o := b.origin(u)
		p.reading.Go(func() error {
			it, err := b.mail.prepare(context.WithoutCancel(ctx), raw, o)
			if err == nil {
				p.items[i] = &it
			}
			return err
		})
	})
	if err != nil {
		b.suspect(p.uids, got)
		return err
	}
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
func (b *mailbox) settle(ctx context.Context, s *link, p *portion) (Tally, error) {
	if p == nil {
		return Tally{}, nil
	}
	done := <-p.committed
	if done.err != nil {
		return done.Tally, done.err
	}
	if err := b.after(s, p.fetched); err != nil {
		return done.Tally, err
	}
	last := p.uids[len(p.uids)-1]
	if b.stuck <= last {
		b.stuck, b.tries = 0, 0
	}
	return done.Tally, b.save(ctx, last)
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

// fetchUnread brings a mail that is not to be read from the server to the blobs, without ever holding it
// in memory.
func (b *mailbox) fetchUnread(ctx context.Context, s *link, u imap.UID, code, detail string) (it item, err error) {
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
				it, keepErr = b.unread(context.WithoutCancel(ctx), u, whole, code, detail)
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
	if err != nil {
		b.suspect([]imap.UID{u}, nil)
	}
	return it, err
}

// fetch gives mails as they come, each in memory only once.
func (b *mailbox) fetch(s *link, uids []imap.UID, come func(imap.UID, []byte)) error {
	if len(uids) == 0 {
		return nil
	}
	return s.within(fetchTime, func() error {
		cmd := s.client.Fetch(imap.UIDSetNum(uids...), &imap.FetchOptions{UID: true,
			BodySection: []*imap.FetchItemBodySection{{Peek: true}}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			// What does not come whole is found by comparing what was asked for and what came.
			uid, raw, err := b.readOne(m)
			if errors.Is(err, errShort) {
				_ = s.client.Close()
				return err
			}
			if err == nil && raw != nil {
				come(uid, raw)
			}
		}
		return cmd.Close()
	})
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
