package email

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"

	"tierline/channels"
	"tierline/ticket"
)

// Letter is a mail of an archive.
type Letter struct {
	Place  string    // where it lies there, the same at every reading; "" when that is known only after Load
	Size   int64     // bytes
	Raw    []byte    // as it came; nil before Load
	Sender string    // of the envelope, where that is kept
	Date   time.Time // when it came, where that is kept
	Err    error     // why it cannot be read
	Behind string    // the cursor behind it; "" where there is none
	Done   float64   // how much of the archive was read with it, 0 to 1

	path string // of its file
	box  int    // its folder's number
	uid  imap.UID
}

// Archive is where mails of the past lie. It is never changed.
type Archive interface {
	// Name says what it is and where, such as "mbox:/var/mail/old".
	Name() string
	// Letters gives out what lies behind a cursor ("" is its start), always in the same order. An error
	// ends it.
	Letters(ctx context.Context, cursor string) iter.Seq2[Letter, error]
	// Load reads those letters that are not read yet. An error ends the import; what is wrong with one
	// letter stands in its Err.
	Load(ctx context.Context, letters []*Letter) error
}

// ImportConfig says what is brought in, and as what.
type ImportConfig struct {
	Inbox, Brand string
	Since, Until time.Time // by the date of the mail: at or after, and before; zero does not matter
	Limit        int       // at most so many mails; 0 is all
	Own          []string  // addresses, or patterns of them, that were ours, beside those of the configuration
}

// Imported says what became of the mails of an archive.
type Imported struct {
	Source string `json:"source"` // as in the ledger
	Tally
	Known    int     `json:"known"`   // passed over: an import of this archive had them before
	Outside  int     `json:"outside"` // passed over: not of the time that was asked for
	Failed   int     `json:"failed"`  // could not be read from the archive
	Seconds  float64 `json:"seconds"`
	Complete bool    `json:"complete"` // the archive was read to its end
	Done     float64 `json:"-"`        // how much of the archive was dealt with, 0 to 1
}

// Importer brings mails of the past in: each is read like one that comes today, and becomes history, of
// which nobody is told. What it has committed stays; it goes on behind that when it is run again, and
// what it finds twice it passes over.
type Importer struct {
	mail    *mapper
	in      channels.Intake
	ledger  Unseen
	cursors ticket.Cursors
	conf    ImportConfig
	// Report, if set, is called after each commit.
	Report func(Imported)
	// Fault, if set, is told of each letter that cannot be read.
	Fault func(place string, err error)
}

// NewImporter makes an importer. Its senders are not verified: the keys of the past are gone.
func NewImporter(c Config, i ImportConfig, d Deps, in channels.Intake) (*Importer, error) {
	for _, a := range i.Own {
		if strings.Count(a, "@") != 1 || strings.Count(a, "*") > 1 {
			return nil, ticket.Errorf("email.Import", ticket.Invalid, "%.60q is no address, and no pattern with one *.", a)
		}
		c.Listeners = append(c.Listeners, Listener{Recipients: []Recipient{{Address: a}}})
	}
	c.Authentication.Verify = false
	m := newMapper(c, d.withDefaults())
	m.storms, m.history = nil, true // years come within a minute
	return &Importer{mail: m, in: in, ledger: d.Ledger, cursors: d.Cursors, conf: i}, nil
}

const (
	importMails = 250     // in one commit
	importBytes = 8 << 20 // of mails in one commit; a larger one goes alone
	saveCursor  = 2 * time.Second
)

// bundle is what is committed together.
type bundle struct {
	letters []*Letter
	known   int    // passed over before and between them
	behind  string // the cursor behind it
	done    float64
	ready   chan struct{}
	items   []item // by letter
	err     error
	last    bool
}

// Run imports an archive. When it fails, or ctx ends, what was counted so far is done.
func (m *Importer) Run(ctx context.Context, a Archive) (sum Imported, err error) {
	start := m.mail.now()
	sum.Source = "import:" + m.conf.Inbox + ":" + a.Name()
	defer func() { sum.Seconds = m.mail.now().Sub(start).Seconds() }()
	key, cursor, err := m.cursor(ctx, sum.Source)
	if err != nil {
		return sum, err
	}
	reading, stop := context.WithCancel(ctx)
	queue := make(chan *bundle, max(1, runtime.GOMAXPROCS(0)-1))
	go m.read(reading, a, sum.Source, cursor, queue)
	defer func() {
		stop()
		for range queue { // until the reader is gone
		}
	}()
	saved, behind := m.mail.now(), ""
	for b := range queue {
		<-b.ready
		if err = b.err; err == nil {
			err = m.take(ctx, b, &sum)
		}
		if err != nil {
			break
		}
		if sum.Done = b.done; b.behind != "" {
			behind = b.behind
		}
		full := m.conf.Limit > 0 && sum.All() >= m.conf.Limit
		if m.Report != nil {
			sum.Seconds = m.mail.now().Sub(start).Seconds()
			m.Report(sum)
		}
		if behind != "" && (b.last || full || ctx.Err() != nil || m.mail.now().Sub(saved) >= saveCursor) {
			if err = m.save(ctx, key, behind); err != nil {
				break
			}
			saved, behind = m.mail.now(), ""
		}
		if sum.Complete = b.last; full || ctx.Err() != nil {
			break
		}
	}
	if err == nil {
		err = ctx.Err()
	}
	return sum, err
}

// cursor is where to go on. Another stretch of time is another reading.
func (m *Importer) cursor(ctx context.Context, source string) (key, cursor string, err error) {
	key = source
	for _, t := range []time.Time{m.conf.Since, m.conf.Until} {
		if !t.IsZero() {
			key += " " + t.UTC().Format(time.RFC3339)
		} else if key != source || !m.conf.Until.IsZero() {
			key += " -"
		}
	}
	cursor, err = m.cursors.Cursor(ctx, key)
	return key, cursor, err
}

func (m *Importer) save(ctx context.Context, key, cursor string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	return m.cursors.SetCursor(ctx, key, cursor)
}

// read makes bundles of the archive's letters, and has each prepared while the next is read.
func (m *Importer) read(ctx context.Context, a Archive, source, cursor string, queue chan<- *bundle) {
	defer close(queue)
	send := func(b *bundle) bool {
		select {
		case queue <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	b, size := &bundle{}, int64(0)
	hand := func(last bool, cause error) bool {
		done := b
		b, size = &bundle{}, 0
		done.last, done.ready = last, make(chan struct{})
		if done.err = cause; cause == nil {
			done.err = m.load(ctx, a, source, done)
		}
		if done.err != nil {
			close(done.ready)
			send(done)
			return false
		}
		go m.prepare(ctx, source, done)
		return send(done)
	}
	for l, err := range a.Letters(ctx, cursor) {
		if err != nil {
			_ = hand(false, nil) && hand(false, err)
			return
		}
		if len(b.letters) > 0 && (len(b.letters) == importMails || size+l.Size > importBytes) && !hand(false, nil) {
			return
		}
		b.letters = append(b.letters, &l)
		b.behind, b.done = l.Behind, l.Done
		size += l.Size
	}
	if ctx.Err() == nil {
		b.done = 1
		hand(true, nil)
	}
}

// load reads those letters of which the ledger knows nothing, and leaves out the others.
func (m *Importer) load(ctx context.Context, a Archive, source string, b *bundle) error {
	var unplaced []*Letter
	for _, l := range b.letters {
		if l.Place == "" {
			unplaced = append(unplaced, l)
		}
	}
	if err := a.Load(ctx, unplaced); err != nil {
		return err
	}
	places, at := make([]string, len(b.letters)), make(map[string]*Letter, len(b.letters))
	for i, l := range b.letters {
		places[i] = l.Place
		at[l.Place] = l
	}
	unseen, err := m.ledger.UnseenMails(ctx, source, places)
	if err != nil {
		return err
	}
	b.known = len(b.letters) - len(unseen)
	b.letters = b.letters[:0]
	for _, p := range unseen {
		b.letters = append(b.letters, at[p])
	}
	return a.Load(ctx, b.letters)
}

// prepare makes contacts of a bundle's letters.
func (m *Importer) prepare(ctx context.Context, source string, b *bundle) {
	defer close(b.ready)
	b.items = make([]item, len(b.letters))
	for i, l := range b.letters {
		if l.Err != nil {
			continue
		}
		if b.items[i], b.err = m.item(ctx, l, source); b.err != nil || ctx.Err() != nil {
			b.err = orElse(b.err, ctx.Err())
			return
		}
		l.Raw = nil
	}
}

// item is what a letter becomes: what it would become today, but of the past.
func (m *Importer) item(ctx context.Context, l *Letter, source string) (item, error) {
	o := origin{inbox: m.conf.Inbox, brand: m.conf.Brand, sender: l.Sender, where: l.Place, source: source, place: l.Place}
	if l.Size > DefaultMaxSize {
		return m.mail.quarantine(ctx, l.Raw, o, o.seen(nil, l.Size), &Fault{"too-large",
			fmt.Sprintf("It has %d bytes; at most %d are read. It is whole in the archive.", l.Size, DefaultMaxSize)})
	}
	it, err := m.mail.prepare(ctx, l.Raw, o)
	if err != nil || it.bad != nil {
		return it, err
	}
	in := &it.in
	in.Past = &ticket.Past{}
	if in.At.IsZero() {
		in.At = l.Date
	}
	if m.mail.isOwn(in.From.Value) && len(in.With) > 0 {
		in.Past.Out, in.ReplyTo, in.Doubt = true, nil, ""
	}
	return it, nil
}

// take commits a bundle.
func (m *Importer) take(ctx context.Context, b *bundle, sum *Imported) error {
	sum.Known += b.known
	var items []item
	for i, l := range b.letters {
		it := b.items[i]
		switch {
		case l.Err != nil:
			if sum.Failed++; m.Fault != nil {
				m.Fault(l.Place, l.Err)
			}
			continue
		case it.bad == nil && m.outside(it.in.At):
			sum.Outside++
			continue
		case m.conf.Limit > 0 && sum.All()+len(items) >= m.conf.Limit:
			b.behind = "" // the rest is for the next time
			continue
		}
		items = append(items, it)
	}
	done, err := m.mail.commit(ctx, m.in, items)
	sum.add(done)
	return err
}

func (m *Importer) outside(at time.Time) bool {
	return !m.conf.Since.IsZero() && at.Before(m.conf.Since) || !m.conf.Until.IsZero() && !at.Before(m.conf.Until)
}
