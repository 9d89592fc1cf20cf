package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Gone is where something that was owed in a ticket goes on, since that was merged or its message was moved: under
// a number of another ticket. What is answered there is answered.
type Gone struct {
	Ticket ID  `json:"ticket"`
	Number int `json:"number"`
}

// IsZero says that it is still where it was.
func (g Gone) IsZero() bool { return g == Gone{} }

func (g Gone) elsewhere() error { return invalid("It goes on in %s. Do it there.", g.Ticket) }

// Went is where question or complaint number of a ticket goes on, or zero.
func (t *Ticket) Went(k ActionKind, number int) Gone {
	switch {
	case k == ActAnswer && number > 0 && number <= len(t.Questions):
		return t.Questions[number-1].Gone
	case k == ActAmends && number > 0 && number <= len(t.Complaints):
		return t.Complaints[number-1].Gone
	}
	return Gone{}
}

// inherit has the other ticket owe what is owed in this one: what was promised to the customer, and the time by
// which they were told that they hear; a lead's answer to a complaint; what leads were told of and have not heard;
// what is with a supplier. It is refused where there is no room for all of it. Questions about notes go with those.
func (w *transfer) inherit() error {
	promises, err := w.passPromises()
	if err == nil {
		err = w.passComplaints(promises)
	}
	if err == nil {
		err = w.passInformed()
	}
	if err == nil {
		err = w.passSupplier()
	}
	w.passWord()
	return err
}

func (w *transfer) full(n int, what string) error {
	return invalid("%s has %d %s, which is the most: what is owed in %s has no room there.", w.dst.t.ID, n, what, w.src.t.ID)
}

// fromTo is how an event tells where something of a ticket went.
func fromTo(was, is int) string { return fmt.Sprintf("%d>%d", was, is) }

// pairs reads them.
func (e Event) pairs(what string, from, into int) (list [][2]int) {
	for _, p := range strings.Fields(e.Data[what]) {
		var was, is int
		if n, err := fmt.Sscanf(p, "%d>%d", &was, &is); n == 2 && err == nil && was > 0 && is > 0 && was <= from && is <= into {
			list = append(list, [2]int{was, is})
		}
	}
	return list
}

func (w *transfer) passPromises() (is map[int]int, err error) {
	s, t := &w.src.t, &w.dst.t
	is = map[int]int{}
	var pairs []string
	for i := range s.Promises {
		p := &s.Promises[i]
		if !p.Ended.IsZero() {
			continue
		}
		if len(t.Promises) >= MaxPromises {
			return nil, w.full(MaxPromises, "promises")
		}
		n := *p
		n.Number = len(t.Promises) + 1
		w.dst.await(&n)
		t.Promises = append(t.Promises, n)
		p.State, p.Ended = PromiseWithdrawn, w.src.now
		is[p.Number], pairs = n.Number, append(pairs, fromTo(p.Number, n.Number))
	}
	w.src.say("promises", strings.Join(pairs, " "))
	return is, nil
}

func (w *transfer) passComplaints(promises map[int]int) error {
	s, t := &w.src.t, &w.dst.t
	var pairs []string
	for i := range s.Complaints {
		k := &s.Complaints[i]
		if !k.Answered.IsZero() || !k.Gone.IsZero() {
			continue
		}
		if len(t.Complaints) >= maxComplaints {
			return w.full(maxComplaints, "complaints")
		}
		n := *k
		n.Number, n.Promise = len(t.Complaints)+1, promises[k.Promise]
		t.Complaints = append(t.Complaints, n)
		k.Gone = Gone{t.ID, n.Number}
		pairs = append(pairs, fromTo(k.Number, n.Number))
	}
	w.src.say("complaints", strings.Join(pairs, " "))
	return nil
}

func (w *transfer) passInformed() error {
	s, t := &w.src.t, &w.dst.t
	var pairs []string
	for i := range s.Informed {
		k := &s.Informed[i]
		if !k.Heard.IsZero() || !k.Gone.IsZero() {
			continue
		}
		if len(t.Informed) >= MaxInformed {
			return w.full(MaxInformed, "leads who were told")
		}
		n := *k
		n.Number = len(t.Informed) + 1
		t.Informed = append(t.Informed, n)
		k.Gone = Gone{t.ID, n.Number}
		pairs = append(pairs, fromTo(k.Number, n.Number))
	}
	w.src.say("informed", strings.Join(pairs, " "))
	return nil
}

// passQuestions has what is asked about a note be asked where that goes on.
func (w *transfer) passQuestions(from, to int) error {
	s, t := &w.src.t, &w.dst.t
	for i := range s.Questions {
		q := &s.Questions[i]
		if q.Seq != from || !q.Gone.IsZero() {
			continue
		}
		n := *q
		n.Seq = to
		at := slices.IndexFunc(t.Questions, func(o Question) bool { // it comes back
			return !o.Gone.IsZero() && o.Seq == to && o.At.Equal(q.At) && o.By == q.By && o.Text == q.Text
		})
		switch {
		case at >= 0:
		case len(t.Questions) < maxQuestions:
			at, t.Questions = len(t.Questions), append(t.Questions, n)
		case q.open():
			return w.full(maxQuestions, "questions")
		default:
			continue
		}
		n.Number = at + 1
		t.Questions[at], q.Gone = n, Gone{t.ID, n.Number}
		if n.open() && !n.Lead {
			w.dst.fx.Jobs = append(w.dst.fx.Jobs, n.await(t.ID))
		}
	}
	return nil
}

// passWord has the customer hear by when they were told that they do, in whichever of the tickets that is sooner.
func (w *transfer) passWord() {
	mine, theirs, now := w.src.t.Update, w.dst.t.Update, w.src.now
	if mine == nil || !mine.Said.After(now) {
		return
	}
	u := Update{From: now}
	if theirs != nil {
		u = *theirs
	}
	if u.Said.After(now) && !mine.Said.Before(u.Said) {
		return
	}
	w.src.say("said", mine.Said.Format(time.RFC3339Nano))
	if !u.Said.IsZero() {
		w.src.say("said_before", u.Said.Format(time.RFC3339Nano))
	}
	u.Said = mine.Said
	w.dst.t.Update = &u
}

// giveBack has each ticket owe its own again, as it stands now: what was kept or answered meanwhile stays where it was.
func (w *transfer) giveBack() {
	w.supplierBack()
	t, s, e := &w.src.t, &w.dst.t, w.Event
	for _, p := range e.pairs("promises", len(s.Promises), len(t.Promises)) {
		mine, theirs := &s.Promises[p[0]-1], &t.Promises[p[1]-1]
		if !theirs.Ended.IsZero() {
			continue
		}
		*mine = *theirs
		mine.Number = p[0]
		w.dst.await(mine)
		theirs.State, theirs.Ended = PromiseWithdrawn, w.src.now
	}
	for _, p := range e.pairs("complaints", len(s.Complaints), len(t.Complaints)) {
		mine, theirs := &s.Complaints[p[0]-1], &t.Complaints[p[1]-1]
		if theirs.Answered.IsZero() && theirs.Gone.IsZero() {
			mine.Gone, theirs.Gone = Gone{}, Gone{s.ID, mine.Number}
		}
	}
	for _, p := range e.pairs("informed", len(s.Informed), len(t.Informed)) {
		mine, theirs := &s.Informed[p[0]-1], &t.Informed[p[1]-1]
		if theirs.Heard.IsZero() && theirs.Gone.IsZero() {
			mine.Gone, theirs.Gone = Gone{}, Gone{s.ID, mine.Number}
		}
	}
	if said, err := time.Parse(time.RFC3339Nano, e.Data["said"]); err == nil && t.Update != nil && t.Update.Said.Equal(said) {
		u := *t.Update
		u.Said, _ = time.Parse(time.RFC3339Nano, e.Data["said_before"]) // zero when they had been told none
		t.Update = &u
	}
}
