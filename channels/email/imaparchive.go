package email

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"tierline/ticket"
)

// Account is an archive in the folders of an IMAP account, in the order in which their mails came. It
// is only looked at: folders are opened by EXAMINE, mails fetched by BODY.PEEK. When the connection is
// lost it is made anew.
type Account struct {
	Folders []Folder // that were found
	b       *mailbox
	s       *link
	open    int // the folder that is selected; -1 is none
	list    []posted
	valid   []uint32 // UIDVALIDITY by folder
}

// posted is a mail of an account.
type posted struct {
	at   int64 // INTERNALDATE, s since 1970
	box  int32
	size uint32
	uid  imap.UID
}

const listAtOnce = 5_000 // mails

// OpenAccount signs in and lists the folders that are chosen. Since and until spare the server to tell of
// mails of which it knows that they are of another time; zero does not matter. Whoever opens it closes it.
func OpenAccount(ctx context.Context, conf Mailbox, c Config, d Deps, choose FolderChoice, since, until time.Time) (*Account, error) {
	d = d.withDefaults()
	a := &Account{b: newMailbox(conf, c, newMapper(c, d), d), open: -1}
	if err := a.connect(ctx); err != nil {
		return nil, err
	}
	err := a.folders(choose)
	for i := 0; err == nil && i < len(a.Folders); i++ {
		if !a.Folders[i].Left {
			err = a.survey(i, since, until)
		}
		if ctx.Err() != nil {
			err = ctx.Err()
		}
	}
	if err != nil {
		a.Close()
		return nil, err
	}
	slices.SortFunc(a.list, func(x, y posted) int {
		return cmp.Or(cmp.Compare(x.at, y.at), cmp.Compare(x.box, y.box), cmp.Compare(x.uid, y.uid))
	})
	return a, nil
}

// Close ends the connection.
func (a *Account) Close() {
	if a.s != nil {
		a.s.close()
		a.s, a.open = nil, -1
	}
}

// Name is "imap:USER@HOST:PORT".
func (a *Account) Name() string {
	return fmt.Sprintf("imap:%s@%s", a.b.conf.User, address(a.b.conf.Host, a.b.conf.Port))
}

func (a *Account) connect(ctx context.Context) error {
	s, err := a.b.connect(ctx)
	if err != nil {
		return err
	}
	if err := a.b.login(ctx, s); err != nil {
		s.close()
		return err
	}
	a.s, a.open = s, -1
	return nil
}

func (a *Account) folders(choose FolderChoice) error {
	var opts *imap.ListOptions
	if a.s.caps.Has(imap.CapListExtended) && a.s.caps.Has(imap.CapSpecialUse) {
		opts = &imap.ListOptions{ReturnSpecialUse: true}
	}
	var list []*imap.ListData
	err := a.s.within(answerTime, func() (err error) {
		list, err = a.s.client.List("", "*", opts).Collect()
		return err
	})
	if err != nil {
		return fmt.Errorf("list folders: %w", err)
	}
	for _, f := range list {
		if slices.Contains(f.Attrs, imap.MailboxAttrNoSelect) || slices.Contains(f.Attrs, imap.MailboxAttrNonExistent) {
			continue
		}
		left := !choose.Choose(f.Mailbox, string(f.Delim))
		for _, special := range []imap.MailboxAttr{imap.MailboxAttrTrash, imap.MailboxAttrJunk, imap.MailboxAttrDrafts, imap.MailboxAttrFlagged} {
			left = left || len(choose.Only) == 0 && slices.Contains(f.Attrs, special)
		}
		a.Folders = append(a.Folders, Folder{Name: f.Mailbox, Left: left})
	}
	slices.SortFunc(a.Folders, func(x, y Folder) int { return cmp.Compare(x.Name, y.Name) })
	a.valid = make([]uint32, len(a.Folders))
	return nil
}

// survey finds the mails of a folder.
func (a *Account) survey(i int, since, until time.Time) error {
	if err := a.choose(i); err != nil {
		return err
	}
	uids, err := a.s.searchFor(&imap.SearchCriteria{Or: sentBetween(since, until)})
	if err != nil {
		return fmt.Errorf("%s: %w", a.Folders[i].Name, err)
	}
	a.Folders[i].Mails = len(uids)
	slices.Sort(uids)
	for some := range slices.Chunk(uids, listAtOnce) {
		err := a.s.within(fetchTime, func() error {
			cmd := a.s.client.Fetch(imap.UIDSetNum(some...), &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
			for m := cmd.Next(); m != nil; m = cmd.Next() {
				if d, err := m.Collect(); err == nil && d.UID != 0 {
					a.list = append(a.list, posted{d.InternalDate.Unix(), int32(i), uint32(min(d.RFC822Size, 1<<32-1)), d.UID})
				}
			}
			return cmd.Close()
		})
		if err != nil {
			return fmt.Errorf("%s: %w", a.Folders[i].Name, err)
		}
	}
	return nil
}

// sentBetween has a server leave out what is surely of another time. It goes by days, in any zone; what has
// no Date may be of any time.
func sentBetween(since, until time.Time) [][2]imap.SearchCriteria {
	if since.IsZero() && until.IsZero() {
		return nil
	}
	var of imap.SearchCriteria
	if !since.IsZero() {
		of.SentSince = since.Add(-48 * time.Hour)
	}
	if !until.IsZero() {
		of.SentBefore = until.Add(72 * time.Hour)
	}
	undated := imap.SearchCriteria{Not: []imap.SearchCriteria{{Header: []imap.SearchCriteriaHeaderField{{Key: "Date"}}}}}
	return [][2]imap.SearchCriteria{{of, undated}}
}

// choose opens a folder to be read only.
func (a *Account) choose(i int) error {
	if a.open == i {
		return nil
	}
	a.open = -1
	validity, err := a.s.choose(a.Folders[i].Name, true)
	if err != nil {
		return err
	}
	if a.valid[i] != 0 && a.valid[i] != validity {
		return ticket.Errorf("email.Import", ticket.Conflict, "The folder %.100q was built anew while it was read: run it again.", a.Folders[i].Name)
	}
	a.valid[i], a.open = validity, i
	return nil
}

// Letters gives out all: what the ledger knows is passed over before it is fetched, so there is no cursor.
func (a *Account) Letters(context.Context, string) iter.Seq2[Letter, error] {
	return func(yield func(Letter, error) bool) {
		for i, m := range a.list {
			l := Letter{Place: fmt.Sprintf("%s;UIDVALIDITY=%d/;UID=%d", a.Folders[m.box].Name, a.valid[m.box], m.uid),
				Size: int64(m.size), Date: time.Unix(m.at, 0), Done: float64(i+1) / float64(len(a.list)), box: int(m.box), uid: m.uid}
			if !yield(l, nil) {
				return
			}
		}
	}
}

// Load fetches mails, of each folder at once. A mail over which the connection ends again and again is
// given up.
func (a *Account) Load(ctx context.Context, letters []*Letter) error {
	byBox := map[int][]*Letter{}
	for _, l := range letters {
		if l.Raw == nil && l.Err == nil {
			byBox[l.box] = append(byBox[l.box], l)
		}
	}
	wait := minBackoff
	for try := 1; ; try++ {
		err := a.fetch(ctx, byBox, try > maxTries)
		if err == nil || ctx.Err() != nil {
			return orElse(ctx.Err(), err)
		}
		var refused *imap.Error
		if errors.As(err, &refused) || ticket.KindOf(err) == ticket.Conflict || try > 2*maxTries {
			return err
		}
		a.b.log.Warn("the mail account cannot be read, trying again", "account", a.Name(), "err", err, "in", wait)
		a.drop()
		pause(ctx, wait)
		wait = min(2*wait, maxBackoff)
	}
}

// drop gives a connection up that is of no use any more.
func (a *Account) drop() {
	if a.s != nil {
		_ = a.s.client.Close()
		a.s, a.open = nil, -1
	}
}

func (a *Account) fetch(ctx context.Context, byBox map[int][]*Letter, alone bool) error {
	if a.s == nil {
		if err := a.connect(ctx); err != nil {
			return err
		}
	}
	s := a.s
	stop := context.AfterFunc(ctx, func() { _ = s.client.Close() })
	defer stop()
	for box, letters := range byBox {
		if err := a.choose(box); err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(letters), func(l *Letter) bool { return l.Raw != nil || l.Err != nil })
		step := max(1, len(left))
		if alone {
			step = 1
		}
		for some := range slices.Chunk(left, step) {
			if err := a.fetchFolder(some); err != nil {
				if alone { // the connection was good before it
					some[0].Err = fmt.Errorf("the mail server could not deliver it: %w", err)
				}
				return err
			}
		}
	}
	return nil
}

// fetchFolder fetches mails of the folder that is open; of those that are too large, the beginning.
func (a *Account) fetchFolder(letters []*Letter) error {
	by := map[imap.UID]*Letter{}
	var uids, large imap.UIDSet
	for _, l := range letters {
		if by[l.uid] = l; l.Size > DefaultMaxSize {
			large.AddNum(l.uid)
		} else {
			uids.AddNum(l.uid)
		}
	}
	if err := a.fetchSet(uids, nil, by); err != nil {
		return err
	}
	if err := a.fetchSet(large, &imap.SectionPartial{Size: DefaultMaxSize}, by); err != nil {
		return err
	}
	for _, l := range by {
		if l.Raw == nil {
			l.Err = errors.New("it was deleted meanwhile, or the mail server left it out")
		}
	}
	return nil
}

func (a *Account) fetchSet(uids imap.UIDSet, part *imap.SectionPartial, by map[imap.UID]*Letter) error {
	if len(uids) == 0 {
		return nil
	}
	return a.s.within(fetchTime, func() error {
		cmd := a.s.client.Fetch(uids, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{{Peek: true, Partial: part}}})
		for m := cmd.Next(); m != nil; m = cmd.Next() {
			uid, raw, err := a.b.readOne(m)
			if errors.Is(err, errShort) {
				_ = a.s.client.Close() // it must not be asked for more
				return err
			}
			if l := by[uid]; err == nil && raw != nil && l != nil {
				l.Raw = raw
			}
		}
		return cmd.Close()
	})
}
