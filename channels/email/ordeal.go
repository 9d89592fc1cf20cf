package email

import (
	"context"
	"encoding/json"

	"github.com/emersion/go-imap/v2"

	"tierline/channels"
)

// A mail can end the program in ways that nothing in it can catch: all memory, all stack. The mailbox
// would bring it again at the next start, for ever. So the first mails that a program reads after its
// start are an ordeal, of which the store knows: who dies over the same ones twice, reads them one by
// one; over which one it dies then, again and again, is kept unread.
const (
	warned    = 2 // deaths after which mails are read one by one
	maxDeaths = 3 // over one mail
)

// ordeal is what the store knows of mails that are being read.
type ordeal struct {
	Cursor cursor `json:"cursor"` // what lies behind it
	Alone  bool   `json:"alone"`  // the first of those, and no other
	Deaths int    `json:"deaths"` // how often it was begun, and never ended
}

func (b *mailbox) ordealKey() string { return b.Name() + " ordeal" }

// ordeal is what is known of the mails behind the cursor.
func (b *mailbox) lastOrdeal(ctx context.Context) (o ordeal, err error) {
	s, err := b.cursors.Cursor(ctx, b.ordealKey())
	if err != nil || s == "" {
		return ordeal{}, err
	}
	if json.Unmarshal([]byte(s), &o) != nil || o.Cursor != b.cursor {
		return ordeal{}, nil
	}
	return o, nil
}

// begin counts that they are being read.
func (b *mailbox) begin(ctx context.Context, alone bool, deaths int) error {
	v, err := json.Marshal(ordeal{b.cursor, alone, deaths + 1})
	if err != nil {
		return err
	}
	return b.cursors.SetCursor(ctx, b.ordealKey(), string(v))
}

// survived forgets all that. When it fails, the next start is careful for nothing.
func (b *mailbox) survived(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)
	defer cancel()
	_ = b.cursors.SetCursor(ctx, b.ordealKey(), "")
}

// prove is done before the first mails are read, and gives those that may be read as usual. Whatever it
// answers, survived is to be called when they were read.
func (b *mailbox) prove(ctx context.Context, s *link, in channels.Intake, uids []imap.UID) (rest []imap.UID, err error) {
	o, err := b.lastOrdeal(ctx)
	if err != nil {
		return nil, err
	}
	if !o.Alone && o.Deaths < warned {
		return uids, b.begin(ctx, false, o.Deaths)
	}
	b.log.Warn("reading the next mails one by one: the program has ended over them before", "mailbox", b.Name(), "after", b.cursor.UID)
	careful := uids[:min(len(uids), 2*fetchCount)] // what may be in hand at once
	for i := range careful {
		deaths := 0
		if i == 0 && o.Alone {
			deaths = o.Deaths
		}
		if deaths >= maxDeaths {
			b.fatal = careful[0]
		}
		if err := b.begin(ctx, true, deaths); err != nil {
			return nil, err
		}
		if _, err := b.bring(ctx, s, in, careful[i:i+1]); err != nil || ctx.Err() != nil {
			return nil, err
		}
	}
	return uids[len(careful):], nil
}
