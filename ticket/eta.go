package ticket

import (
	"slices"
	"strings"
	"time"
)

// ETAKind is what a time that is told rests on.
type ETAKind string

// What a time may rest on (practice: no-false-eta).
const (
	ETAPromise  ETAKind = "promise"  // somebody has given their word
	ETAMeasured ETAKind = "measured" // like cases took so long
	ETANone     ETAKind = "none"     // there is no time to tell, and the customer is told so
)

// Limits of what is measured.
const (
	MinAlike  = 20  // like cases that a time takes at least
	MaxAlike  = 200 // the newest of them that count
	MaxTopics = 8   // by which one case is compared
)

// ETA is when a case may be solved, and how one knows.
type ETA struct {
	Kind    ETAKind   `json:"kind"`
	Promise int       `json:"promise,omitempty"` // its number
	From    time.Time `json:"from,omitzero"`     // of like cases that took as long as this one so far, the fastest tenth …
	Likely  time.Time `json:"likely,omitzero"`   // … half …
	To      time.Time `json:"to,omitzero"`       // … and nine of ten were solved by then; of a promise: its time
	Basis   *Basis    `json:"basis,omitempty"`   // also where it is too little for a time
	Why     string    `json:"why"`               // in words, for staff
}

// Basis is what a measured time rests on.
type Basis struct {
	Tier     string        `json:"tier"`
	Priority Priority      `json:"priority"`
	Topic    string        `json:"topic,omitempty"` // "model:…", "tag:…"; "" is any
	Count    int           `json:"count"`
	Tickets  []ID          `json:"tickets"` // newest first
	Median   time.Duration `json:"median"`  // open time from the first contact to the solution
	Low      time.Duration `json:"low"`     // a tenth took no longer
	High     time.Duration `json:"high"`    // nine of ten took no longer
	Left     int           `json:"left"`    // how many took longer than this case has taken so far
}

// Spent is how much open time a case took from its first contact until it was solved.
type Spent struct {
	Ticket ID            `json:"ticket"`
	Open   time.Duration `json:"open"`
}

// Alike says which cases are compared. All of them have the same tier and priority.
type Alike struct {
	Tier     string
	Priority Priority
	Topics   []string // the first that has MinAlike cases counts; "" is any
	Except   ID
}

// share is the value below which a share of a sorted list lies (nearest rank).
func share(list []time.Duration, p float64) time.Duration {
	i := int(p*float64(len(list))+0.999999) - 1
	return list[min(max(i, 0), len(list)-1)]
}

// BasisOf sums up what cases took. It is nil when there are too few of them.
func BasisOf(q Alike, topic string, spent []Spent) *Basis {
	if len(spent) < MinAlike {
		return nil
	}
	b := &Basis{Tier: q.Tier, Priority: q.Priority, Topic: topic, Count: len(spent)}
	var all []time.Duration
	for _, s := range spent {
		b.Tickets, all = append(b.Tickets, s.Ticket), append(all, s.Open)
	}
	slices.Sort(all)
	b.Low, b.Median, b.High = share(all, 0.1), share(all, 0.5), share(all, 0.9)
	return b
}

// Estimate says when a ticket may be solved: by a promise of a solution, else by what like cases took that
// were not solved sooner, of which there must be enough. It is pure.
func (t *Ticket) Estimate(q Alike, topic string, spent []Spent, cal Calendar, now time.Time) ETA {
	basis := BasisOf(q, topic, spent)
	if e, ok := t.promisedETA(now); ok {
		e.Basis = basis
		return e
	}
	switch {
	case t.State.Done():
		return ETA{Kind: ETANone, Basis: basis, Why: "it is solved"}
	case t.State == Pending || t.State == OnHold:
		return ETA{Kind: ETANone, Basis: basis, Why: "it waits for others, which nobody here can measure"}
	case basis == nil:
		return ETA{Kind: ETANone, Why: "fewer than 20 like cases were solved"}
	}
	used := cal.Between(t.Opened, now)
	var left []time.Duration
	for _, s := range spent {
		if s.Open > used {
			left = append(left, s.Open-used)
		}
	}
	basis.Left = len(left)
	if len(left) < MinAlike {
		return ETA{Kind: ETANone, Basis: basis, Why: "it has taken longer than nearly all like cases"}
	}
	slices.Sort(left)
	e := ETA{Kind: ETAMeasured, Basis: basis, From: cal.Add(now, share(left, 0.1)), Likely: cal.Add(now, share(left, 0.5)),
		To: cal.Add(now, share(left, 0.9)), Why: "what like cases took"}
	if e.From.IsZero() || e.Likely.IsZero() || e.To.IsZero() {
		return ETA{Kind: ETANone, Basis: basis, Why: "like cases took years"}
	}
	return e
}

// promisedETA is the promise of a solution that still holds.
func (t *Ticket) promisedETA(now time.Time) (ETA, bool) {
	for _, p := range t.OpenPromises() {
		if p.Kind == PromiseFix && p.State == PromiseOpen && p.Due.After(now) {
			return ETA{Kind: ETAPromise, Promise: p.Number, To: p.Due, Likely: p.Due, Why: "it was promised"}, true
		}
	}
	return ETA{}, false
}

// Topics are what a case is compared by, the most telling first: its units' models, its tags, and "" at last.
func (t *Ticket) Topics(models []string) (list []string) {
	for _, m := range models {
		list = append(list, "model:"+strings.ToLower(m))
	}
	for _, tag := range t.Tags {
		list = append(list, "tag:"+strings.ToLower(tag))
	}
	return append(list[:min(len(list), MaxTopics-1)], "")
}
