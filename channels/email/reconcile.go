package email

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/emersion/go-imap/v2"

	"tierline/channels"
	"tierline/ticket"
)

const (
	reconcileEvery = 24 * time.Hour
	askPlaces      = 2_000 // places that the ledger is asked for at once
	shownPlaces    = 20
)

// Reconciliation says whether every mail of a mailbox, as far as it was read, is in the ledger. Lines of
// the ledger whose mail is in the mailbox no more are as they should be: mails are moved and deleted.
type Reconciliation struct {
	Mailbox string    `json:"mailbox"`
	At      time.Time `json:"at"`
	Mails   int       `json:"mails"`            // that are there, up to where it was read
	Missing int       `json:"missing"`          // those of them that the ledger did not know
	Fetched int       `json:"fetched"`          // those of the missing that were taken in now
	Known   int       `json:"known"`            // those of the fetched that had come by another way
	Places  []string  `json:"places,omitempty"` // of the first that were missing
	Error   string    `json:"error,omitempty"`  // why it could not be found out, or mended
}

// Unseen tells which places of a source are not in the ledger; it is a part of [ticket.MailLedger].
type Unseen interface {
	UnseenMails(ctx context.Context, source string, places []string) ([]string, error)
}

var _ Unseen = ticket.MailLedger(nil)

// Reconcile compares each mailbox of a configuration with the ledger, over a connection of its own; it
// may do so beside a gateway that reads the mailbox. With mend, what is missing is taken in by in.
// A mailbox that cannot be read is told of in its Reconciliation.
func Reconcile(ctx context.Context, c Config, d Deps, in channels.Intake, mend bool) ([]Reconciliation, error) {
	if err := faults(c); err != nil {
		return nil, err
	}
	d = d.withDefaults()
	m := newMapper(c, d)
	var all []Reconciliation
	for _, conf := range c.Mailboxes {
		b := newMailbox(conf, c, m, d)
		r, err := b.visit(ctx, in, mend)
		if err != nil {
			r.Error = err.Error()
		}
		all = append(all, r)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
	}
	return all, nil
}

// Reconciliations are the last ones of a configuration's mailboxes; one that was never compared is left
// out.
func Reconciliations(ctx context.Context, c Config, cursors ticket.Cursors) ([]Reconciliation, error) {
	var all []Reconciliation
	for _, m := range c.Mailboxes {
		r, err := lastReconciled(ctx, cursors, m.withDefaults().name())
		if err != nil {
			return all, err
		}
		if !r.At.IsZero() {
			all = append(all, r)
		}
	}
	return all, nil
}

func reconciledKey(name string) string { return name + " reconciled" }

func lastReconciled(ctx context.Context, cursors ticket.Cursors, name string) (r Reconciliation, err error) {
	s, err := cursors.Cursor(ctx, reconciledKey(name))
	if err != nil || s == "" || json.Unmarshal([]byte(s), &r) != nil {
		return Reconciliation{Mailbox: name}, err
	}
	return r, nil
}

// visit reconciles over a connection of its own.
func (b *mailbox) visit(ctx context.Context, in channels.Intake, mend bool) (Reconciliation, error) {
	none := Reconciliation{Mailbox: b.Name(), At: b.mail.now()}
	s, err := b.connect(ctx)
	if err != nil {
		return none, err
	}
	defer b.ending(ctx, s)()
	if err := b.open(ctx, s); err != nil {
		return none, err
	}
	return b.reconcile(ctx, s, in, mend)
}

// daily reconciles when the last time is a day ago.
func (b *mailbox) daily(ctx context.Context, s *link, in channels.Intake) error {
	if b.ledger == nil || b.mail.now().Sub(b.reconciled) < reconcileEvery {
		return nil
	}
	last, err := lastReconciled(ctx, b.cursors, b.Name())
	if err != nil {
		return err
	}
	if b.reconciled = last.At; b.mail.now().Sub(b.reconciled) < reconcileEvery {
		return nil
	}
	_, err = b.reconcile(ctx, s, in, true)
	return err
}

// reconcile compares the selected folder with the ledger. A mail that is there, at or below the cursor,
// and of which the ledger knows nothing was passed over: it is reported, and taken in now. It costs one
// SEARCH and a look into an index for each mail.
func (b *mailbox) reconcile(ctx context.Context, s *link, in channels.Intake, mend bool) (r Reconciliation, err error) {
	r = Reconciliation{Mailbox: b.Name(), At: b.mail.now()}
	defer func() {
		if err != nil {
			r.Error = err.Error()
		}
		b.report(ctx, r)
	}()
	var missing []imap.UID
	if r.Mails, missing, err = b.missing(ctx, s); err != nil || len(missing) == 0 {
		return r, err
	}
	r.Missing = len(missing)
	for _, u := range missing[:min(len(missing), shownPlaces)] {
		r.Places = append(r.Places, b.origin(u).place)
	}
	b.log.Error("mails were passed over: they are in the mailbox, and not in the ledger", "mailbox", b.Name(),
		"missing", r.Missing, "mails", r.Mails, "first", r.Places[0])
	if !mend {
		return r, nil
	}
	b.report(ctx, r) // in case that one of them ends the program: it is not tried at each start
	done, err := b.bring(ctx, s, in, missing)
	r.Fetched, r.Known = done.All(), done.Duplicate
	b.log.Error("mails that were passed over are taken in", "mailbox", b.Name(), "missing", r.Missing, "fetched", r.Fetched,
		"known", r.Known, "err", err)
	return r, err
}

// missing are the mails up to the cursor of which the ledger knows nothing, and how many there are in all.
func (b *mailbox) missing(ctx context.Context, s *link) (n int, list []imap.UID, err error) {
	if b.cursor.UID == 0 {
		return 0, nil, nil
	}
	uids, err := s.search(imap.UIDSet{imap.UIDRange{Start: 1, Stop: b.cursor.UID}})
	if err != nil {
		return 0, nil, err
	}
	slices.Sort(uids)
	for some := range slices.Chunk(uids, askPlaces) {
		places, at := make([]string, len(some)), make(map[string]imap.UID, len(some))
		for i, u := range some {
			places[i] = b.origin(u).place
			at[places[i]] = u
		}
		unseen, err := b.ledger.UnseenMails(ctx, b.Name(), places)
		if err != nil {
			return 0, nil, err
		}
		for _, p := range unseen {
			list = append(list, at[p])
		}
	}
	return len(uids), list, nil
}

// report keeps the result for whoever asks later.
func (b *mailbox) report(ctx context.Context, r Reconciliation) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	v, err := json.Marshal(r)
	if err == nil {
		err = b.cursors.SetCursor(ctx, reconciledKey(b.Name()), string(v))
	}
	if err != nil {
		b.log.Warn("a reconciliation is not kept", "mailbox", b.Name(), "err", err)
		return
	}
	b.reconciled = r.At
}
