package ticket

import (
	"context"
	"time"
)

// Agendas tell people what they have before them.
type Agendas interface {
	// Agenda lists it. Its cost grows with the tickets that count, of which it reads the first ones, and not with
	// those that are done.
	Agenda(ctx context.Context, q AgendaQuery) (Agenda, error)
	// Places are where the desk shows tickets: the newest reference of a scope for each that has one.
	Places(ctx context.Context, scope string, ids []ID) (map[ID]string, error)
}

// AgendaQuery says whose agenda it is, and what counts.
type AgendaQuery struct {
	Agent   string
	Tiers   []string  // whose waiting, late and paged tickets count
	Channel string    // only tickets of a channel; "" is all
	Urgent  bool      // only urgent and high ones
	Late    time.Time // what is due until then is late, or nearly
	Owed    time.Time // promises that are due until then are owed
	Limit   int       // of each list; DefaultPage when 0, at most MaxPage
	// Only are the lists that are read; none: all.
	Only []AgendaList
	// Skip is how many tickets at the beginning of a list are left out. They count.
	Skip map[AgendaList]int
}

// AgendaList is one list of an agenda.
type AgendaList string

// The lists of an agenda.
const (
	ListMine     AgendaList = "mine"
	ListLate     AgendaList = "late"
	ListFree     AgendaList = "free"
	ListPromised AgendaList = "promised"
	ListPaged    AgendaList = "paged"
	ListWork     AgendaList = "work"
	ListOwed     AgendaList = "owed"
)

// AgendaLists are those of one person, and those that their tiers share.
func AgendaLists() []AgendaList {
	return []AgendaList{ListMine, ListLate, ListFree, ListPromised, ListPaged}
}

// Agenda is what somebody has before them, most pressing first.
type Agenda struct {
	Mine     Listing // open tickets of the agent: those to be acted upon, then those that wait for others
	Late     Listing // tickets of the tiers of which a clock has run out, or nearly, whoever owns them
	Free     Listing // tickets of the tiers that nobody owns
	Promised Listing // tickets of the agent with a promise to be kept
	Paged    Listing // tickets for which people of the tiers are being paged
	// Of the tiers as a whole; read only when they are asked for.
	Work Listing // tickets that somebody owns and is to act upon
	Owed Listing // tickets with a promise that is due until AgendaQuery.Owed
}

// Listing is the beginning of a list.
type Listing struct {
	Tickets []Ticket
	Count   int // of the whole list
}

// List is one of the lists.
func (a *Agenda) List(l AgendaList) *Listing {
	switch l {
	case ListMine:
		return &a.Mine
	case ListLate:
		return &a.Late
	case ListFree:
		return &a.Free
	case ListPromised:
		return &a.Promised
	case ListWork:
		return &a.Work
	case ListOwed:
		return &a.Owed
	}
	return &a.Paged
}

// Rank orders priorities: 0 is urgent.
func (p Priority) Rank() int {
	switch p {
	case Urgent:
		return 0
	case High:
		return 1
	case Low:
		return 3
	}
	return 2
}

// Due is when the first running clock of the ticket runs out, or has; zero when none runs.
func (t *Ticket) Due() (due time.Time) {
	if t.State.Done() {
		return due
	}
	for _, c := range t.Clocks {
		if c.Running() && c.Ended.IsZero() && !c.Due.IsZero() && (due.IsZero() || c.Due.Before(due)) {
			due = c.Due
		}
	}
	return due
}

// Promised is when the first open promise is due; zero when there is none.
func (t *Ticket) Promised() time.Time {
	if open := t.OpenPromises(); len(open) > 0 {
		return open[0].Due
	}
	return time.Time{}
}

// Paging is the tier whose people are being paged; "" when nobody is.
func (t *Ticket) Paging() string {
	if t.Page.Open() {
		return t.Page.Tier
	}
	return ""
}
