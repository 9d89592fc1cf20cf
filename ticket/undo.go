package ticket

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tierline/customer"
)

// Moved reads the event of a merge, a split or a move: which ticket the messages went from, and which
// they went into.
func (e Event) Moved() (from, into ID, err error) {
	if k := ActionKind(e.Kind); k == ActMerge || k == ActSplit || k == ActMove {
		if from, err = ParseID(e.Data["from"]); err == nil {
			into, err = ParseID(e.Data["into"])
			return from, into, err
		}
	}
	return 0, 0, invalid("Only a merge, a split or a move can be taken back.")
}

// undo takes messages back to where they came from. What has come since stays where it is, and what
// has gone on to a third ticket stays there.
func (w *transfer) undo() error {
	kind, t, s := ActionKind(w.Event.Kind), &w.src.t, &w.dst.t // T has got the messages, S had them
	over := Errorf("ticket.Apply", Conflict, "This was taken back already, or the messages have gone on.")
	switch {
	case kind == ActMerge && s.MergedInto != t.ID:
		return over
	case t.MergedInto != 0 && t.MergedInto != s.ID:
		return Errorf("ticket.Apply", Conflict, "%s goes on in %s. Take that back first.", t.ID, t.MergedInto)
	case kind != ActMerge && s.MergedInto != 0:
		return Errorf("ticket.Apply", Conflict, "%s goes on in %s. Take that back first.", s.ID, s.MergedInto)
	}
	went := map[int]bool{}
	for _, pair := range strings.Fields(w.Event.Data["moved"]) {
		_, seq, _ := strings.Cut(pair, ">")
		n, err := strconv.Atoi(seq)
		if err != nil {
			return invalid("The history does not tell what was moved.")
		}
		went[n] = true
	}
	var list, stay []Message
	for _, m := range w.Said {
		switch {
		case !w.counts(m):
		case went[m.Seq]:
			list = append(list, m)
		default:
			stay = append(stay, m)
		}
	}
	if len(list) == 0 && kind != ActMerge {
		return over
	}
	w.src.tell(fmt.Sprintf("The %s from %s was taken back%s: %s.", kind, s.ID, w.by(), count(len(list))))
	w.dst.tell(fmt.Sprintf("The %s into %s was taken back%s: %s.", kind, t.ID, w.by(), count(len(list))))
	if err := w.carry(list); err != nil {
		return err
	}
	w.join(writers(list))
	w.src.say("undoes", string(kind))
	return w.restore(kind, stay)
}

// restore makes both tickets what they were, as far as nothing else has happened to them.
func (w *transfer) restore(kind ActionKind, stay []Message) error {
	t, s, was := &w.src.t, &w.dst.t, w.Event.Data
	switch kind {
	case ActMerge:
		w.giveBack()
		s.MergedInto, s.State = 0, State(was["state"])
		if s.State == "" {
			s.State = Open
		}
		if s.Tier == "" { // it was merged before it had a card
			w.dst.fx.Jobs = append(w.dst.fx.Jobs, s.job(JobRoute, "route", PriorityCustomer))
		}
		if before := State(was["into_state"]); before != "" && was["into_rev"] == strconv.FormatInt(t.Rev, 10) {
			t.State = before
			t.SolvedAt, _ = time.Parse(time.RFC3339Nano, was["into_solved_at"]) // zero when it was not solved
			t.CloseAt, _ = time.Parse(time.RFC3339Nano, was["into_close_at"])
		}
	case ActSplit:
		if len(stay) == 0 { // nothing is left in it, and what was owed in it is owed where it came from
			if err := w.inherit(); err != nil {
				return err
			}
			w.rouse(t.State)
			if t.State != Closed {
				w.src.cancelPages()
			}
			t.endLater("the case goes on in "+s.ID.String()+".", &w.src.fx, w.src.now)
			t.State, t.MergedInto = Closed, s.ID
			return nil
		}
	}
	needed := map[string]bool{}
	for _, p := range writers(stay) {
		needed[p.Key()] = true
	}
	gone := func(what string) []string { return strings.Split(was[what], "\n") }
	if kind != ActSplit {
		t.Participants = slices.DeleteFunc(t.Participants, func(p customer.Identity) bool {
			return !needed[p.Key()] && slices.Contains(gone("joined"), p.Key())
		})
	}
	without := func(list, gone []string) []string {
		return slices.DeleteFunc(list, func(s string) bool { return slices.Contains(gone, s) })
	}
	t.Units, t.Tags = without(t.Units, gone("units")), without(t.Tags, gone("tags"))
	return nil
}
