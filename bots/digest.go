package bots

import (
	"context"
	"time"

	"tierline/ticket"
)

// Digest is an overview of tickets, shifts or figures, in the words of its reader.
type Digest struct {
	Kind     ticket.DigestKind
	Sections []DigestSection
	Do       []DigestDo // below all
	Foot     string
}

// DigestSection is a heading with its first rows.
type DigestSection struct {
	Head string
	Rows []DigestRow
}

// DigestRow is one line of an overview.
type DigestRow struct {
	Ticket  ticket.ID // 0: it is of none
	Rev     int64     // as it was then
	Subject string
	Place   string    // of its card; "" when it has none
	Text    string    // how it stands
	At, To  time.Time // what Text is about; zero: no time
	More    []string  // lines below: what was said last, what comes next
	URL     string    // where more is to be read, of a row without a ticket
	Do      []DigestDo
	Change  int64 // of who is on call: to be answered by Answers
	Answers []ticket.RosterDo
}

// DigestDo is something that a reader can do. Do names an action of the desk: take, reply, note, show, keep, accept, or
// of the whole overview add (words for the next shift) and fewer (of these).
type DigestDo struct {
	Do, Label string
	Number    int    // of the promise or the page
	Value     string // of the whole overview: what it is about
}

// Announcement is a digest that everybody in a tier's channel sees.
type Announcement struct {
	Place  string // a name or an id
	Text   string // its heading
	Digest Digest
	Key    string // the same at every try
}

// Digests is what a desk asks for about overviews.
type Digests interface {
	// DigestsOff are those that somebody does not want.
	DigestsOff(ctx context.Context, by ticket.Agent) ([]ticket.DigestKind, error)
	// SetDigest switches one on or off for by.
	SetDigest(ctx context.Context, by ticket.Agent, kind ticket.DigestKind, off bool) error
	// NextShifts are whose turn comes next, of the tiers that by works in or is on call for.
	NextShifts(ctx context.Context, by ticket.Agent) ([]NextShift, error)
	// AddForShift leaves words for whoever takes over a tier, with the shift that begins at that time.
	AddForShift(ctx context.Context, by ticket.Agent, n ticket.ShiftNote) error
}

// NextShift is whose turn comes next at a tier.
type NextShift struct {
	Tier  Tier
	At    time.Time
	Who   []ticket.Agent
	Notes []ticket.ShiftNote // that are left for them already
}
