package slackapp

import (
	"context"
	"slices"
	"time"

	"tierline/ticket"
)

// maxHistory bounds what is read of one channel, or of one thread, at once.
const maxHistory = 5000

// Missed are the messages of a channel after a cursor (a ts), oldest first: its own, and those of its threads
// whose first message is not older than the look-back before the cursor. A thread whose newest answer is
// known already is not read; nil knows none. more says that there was too much to look at.
func (a *App) Missed(ctx context.Context, channel, cursor string, back time.Duration, known func(ts string) bool) (list []Message, more bool, err error) {
	var threads []string
	from := TS(At(cursor).Add(-back))
	more, err = a.Read(ctx, Range{Channel: channel, Oldest: from, Limit: maxHistory}, func(m Message) bool {
		if m.TS > cursor {
			list = append(list, m)
		}
		if m.LatestReply > cursor && (known == nil || !known(m.LatestReply)) {
			threads = append(threads, m.TS)
		}
		return true
	})
	if err != nil {
		return nil, more, err
	}
	for _, t := range threads {
		_, err := a.Read(ctx, Range{Channel: channel, Thread: t, Oldest: cursor, Limit: maxHistory}, func(m Message) bool {
			if m.TS > cursor && m.TS != t {
				list = append(list, m)
			}
			return true
		})
		if err != nil && ticket.KindOf(err) != ticket.NotFound {
			return nil, more, err
		}
	}
	slices.SortStableFunc(list, func(a, b Message) int { return At(a.TS).Compare(At(b.TS)) })
	return slices.CompactFunc(list, func(a, b Message) bool { return a.TS == b.TS }), more, nil
}
