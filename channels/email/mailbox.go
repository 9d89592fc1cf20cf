package email

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"

	"tierline/channels"
	"tierline/ticket"
)

// Times of a mailbox.
const (
	leaseTime  = 2 * time.Minute // how long a mailbox is ours without renewal
	leaseRenew = 30 * time.Second
	leaseRetry = 10 * time.Second // how often a standby gateway asks
	minBackoff = time.Second
	maxBackoff = time.Minute
	maxTries   = 3 // of a mail that ends the connection whenever it is fetched
)

// mailbox reads one IMAP folder.
type mailbox struct {
	conf    Mailbox
	mail    *mapper
	cursors ticket.Cursors
	ledger  Unseen // nil: it is not compared with the ledger
	holder  string
	log     *slog.Logger
	account *account // of a mailbox that signs in with OAuth2

	patience time.Duration // with a server that is silent; answerTime when 0
	renew    time.Duration // how often the lease is; leaseRenew when 0

	mu  sync.Mutex
	err error

	// Used by Run only.
	cursor cursor
	tries  int      // sessions that ended while suspect was fetched
	stuck  imap.UID // the first mail that could not be fetched; it is tried alone
	proven bool     // mails were read since the program has started
	fatal  imap.UID // a mail that ends the program when it is read

	reconciled time.Time // when the mailbox was last compared with the ledger
}

// cursor is how far a mailbox was read: all UIDs up to UID, in this incarnation of the mailbox.
type cursor struct {
	Validity uint32   `json:"uidvalidity"`
	UID      imap.UID `json:"uid"`
}

// Name is "email:imap:USER@HOST:PORT/FOLDER".
func (b *mailbox) Name() string { return b.conf.name() }

// Ready is nil while the mailbox is read, or another gateway reads it.
func (b *mailbox) Ready() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

func (b *mailbox) set(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

// Run reads the mailbox until ctx ends. It reconnects for ever: also a wrong password may be mended
// at the server.
func (b *mailbox) Run(ctx context.Context, in channels.Intake) error {
	defer b.release(ctx)
	wait := minBackoff
	for ctx.Err() == nil {
		held, err := b.lease(ctx)
		switch {
		case err != nil:
			b.set(err)
		case !held:
			b.set(nil)
			pause(ctx, leaseRetry)
			continue
		default:
			var worked bool
			worked, err = b.session(ctx, in)
			if worked {
				wait = minBackoff
			}
			if err == nil {
				continue // the lease went to another
			}
			b.set(err)
		}
		if ctx.Err() != nil {
			break
		}
		b.log.Warn("mailbox cannot be read, trying again", "mailbox", b.Name(), "err", err, "in", wait)
		pause(ctx, wait/2+rand.N(wait))
		wait = min(2*wait, maxBackoff)
	}
	b.set(errors.New("stopped"))
	return nil
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

func (b *mailbox) lease(ctx context.Context) (bool, error) {
	return b.cursors.Lease(ctx, b.Name(), b.holder, leaseTime)
}

// release lets another gateway take over at once.
func (b *mailbox) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if held, err := b.lease(ctx); err == nil && held {
		_, _ = b.cursors.Lease(ctx, b.Name(), b.holder, time.Millisecond)
	}
}

// load reads the cursor. In another incarnation of the mailbox (RFC 3501 §2.3.1.1) it starts anew:
// what was accepted before is recognised by its External.
func (b *mailbox) load(ctx context.Context, validity uint32) error {
	s, err := b.cursors.Cursor(ctx, b.Name())
	if err != nil {
		return err
	}
	var c cursor
	if s != "" {
		if err := json.Unmarshal([]byte(s), &c); err != nil {
			b.log.Error("the cursor of a mailbox cannot be read; reading it from its start", "mailbox", b.Name(), "err", err)
		}
	}
	if c.Validity != validity {
		if c.Validity != 0 {
			b.log.Warn("the mailbox was built anew; reading it from its start", "mailbox", b.Name(),
				"was", c.Validity, "is", validity)
		}
		c = cursor{Validity: validity}
	}
	b.cursor = c
	return nil
}

// save moves the cursor. Its failure is no loss: the mails come again, as duplicates.
func (b *mailbox) save(ctx context.Context, uid imap.UID) error {
	if uid <= b.cursor.UID {
		return nil
	}
	c := cursor{b.cursor.Validity, uid}
	s, err := json.Marshal(c)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	if err := b.cursors.SetCursor(ctx, b.Name(), string(s)); err != nil {
		return err
	}
	b.cursor = c
	return nil
}
