package ticket

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

// said makes n messages of a customer in a ticket.
func said(t *Ticket, n int, from string) (list []Message) {
	for range n {
		t.LastSeq++
		m := Message{Ticket: t.ID, Seq: t.LastSeq, Kind: Public, Direction: In, Channel: "email", DeskRef: "C1/1",
			From: customer.Identity{Kind: customer.Email, Value: from}, At: t0}
		t.invite([]customer.Identity{m.From})
		list = append(list, m)
	}
	return list
}

func pair(n, m int) Transfer {
	a := &Ticket{ID: 1, Rev: 1, State: Open, Channel: "email", Customer: 7, Tier: "l1"}
	b := &Ticket{ID: 2, Rev: 1, State: Open, Channel: "email", Customer: 7, Tier: "l1"}
	return Transfer{From: a, To: b, Said: said(a, n, "joe@example.org"), There: said(b, m, "joe@example.org")}
}

func TestTransferLimits(t *testing.T) {
	t.Parallel()
	merge := Action{Kind: ActMerge, Ticket: 1, Other: 2, By: anna}
	x := pair(3, 0)
	x.To.LastSeq = MaxMessages - 3
	if _, err := x.Apply(merge, t0); KindOf(err) != Invalid || x.From.State != Open || x.To.LastSeq != MaxMessages-3 {
		t.Errorf("a full ticket: %v, %+v", err, x.From) // the line that tells of it needs a place, too
	}
	x = pair(500, 0)
	for i := range MaxTags {
		x.From.Tags, x.To.Tags = append(x.From.Tags, fmt.Sprint("a", i)), append(x.To.Tags, fmt.Sprint("b", i))
	}
	for i := range MaxParticipant {
		said(x.From, 0, "")
		x.From.invite([]customer.Identity{{Kind: customer.Email, Value: fmt.Sprint("p", i, "@example.org")}})
		x.To.invite([]customer.Identity{{Kind: customer.Email, Value: fmt.Sprint("q", i, "@example.org")}})
	}
	fx, err := x.Apply(merge, t0)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.To.Tags) != MaxTags || len(x.To.Participants) != MaxParticipant {
		t.Errorf("%d tags, %d participants", len(x.To.Tags), len(x.To.Participants))
	}
	posts := slices.DeleteFunc(slices.Clone(fx.Jobs), func(j Job) bool { return j.Kind != JobPost })
	if len(posts) != 2*maxPosts+2 { // and the two lines that tell of it
		t.Errorf("%d posts", len(posts))
	}
	if len(fx.Moves) != 500 || fx.Moves[499].To.Seq != 501 || fx.Moves[0].Root != fx.Moves[0].From || fx.Moves[0].Back {
		t.Errorf("%d moves, the last %+v", len(fx.Moves), fx.Moves[len(fx.Moves)-1])
	}
}

// TestMergeRouses says what the state of a ticket is after another was merged into it.
func TestMergeRouses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, want State }{
		{New, New, New}, {New, Open, Open}, {Open, Pending, Open}, {New, Solved, Open}, {Pending, Solved, Pending},
		{Solved, Solved, Solved}, {Solved, Pending, Pending}, {OnHold, Pending, OnHold}, {Pending, OnHold, OnHold}, {Open, OnHold, Open},
	} {
		x := pair(1, 1)
		x.From.State, x.To.State, x.From.HoldReason = c.from, c.to, "parts"
		fx, err := x.Apply(Action{Kind: ActMerge, Ticket: 1, Other: 2, By: anna}, t0)
		if err != nil {
			t.Fatal(err)
		}
		if x.To.State != c.want || x.From.State != Closed {
			t.Errorf("%s into %s: %s and %s, want %s", c.from, c.to, x.From.State, x.To.State, c.want)
		}
		undo := Transfer{From: x.To, To: x.From, Event: fx.Events[0]}
		for _, m := range fx.Moves { // as the store would have it
			undo.There = append(undo.There, Message{Ticket: m.From.Ticket, Seq: m.From.Seq, Kind: Public, MovedTo: m.To})
			undo.Said = append(undo.Said, Message{Ticket: m.To.Ticket, Seq: m.To.Seq, Kind: Public, MovedFrom: m.Root})
		}
		if _, err := undo.Apply(Action{Kind: ActUndo, Ticket: 1, By: anna}, t0); err != nil || x.From.State != c.from || x.To.State != c.to {
			t.Errorf("%s into %s, taken back: %s and %s, %v", c.from, c.to, x.From.State, x.To.State, err)
		}
	}
}

// TestPromisesGoAlong: what was promised is kept where the ticket goes on.
func TestPromisesGoAlong(t *testing.T) {
	t.Parallel()
	x := pair(1, 1)
	for _, tk := range []*Ticket{x.From, x.To} {
		apply(t, tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseCallback, Due: t0.Add(time.Hour), What: tk.ID.String()}})
		apply(t, tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseFix, Due: t0.Add(2 * time.Hour)}})
	}
	apply(t, x.From, Action{Kind: ActUnpromise, By: anna, Reason: "not ours", Promise: &Promise{Number: 2}})
	fx, err := x.Apply(Action{Kind: ActMerge, Ticket: 1, Other: 2, By: anna}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if len(x.From.OpenPromises()) != 0 || len(x.To.OpenPromises()) != 3 || x.To.Promises[2].What != "T-1" || x.To.Promises[2].Number != 3 {
		t.Errorf("promises %+v and %+v", x.From.Promises, x.To.Promises)
	}
	due := slices.DeleteFunc(slices.Clone(fx.Jobs), func(j Job) bool { return j.Kind != JobPromise })
	if len(due) != 2 || due[1].Ticket != 2 || due[1].Seq != 3 || !due[1].RunAt.Equal(t0.Add(time.Hour)) {
		t.Errorf("heard by %+v", due)
	}
	undo := Transfer{From: x.To, To: x.From, Event: fx.Events[0]}
	if _, err := undo.Apply(Action{Kind: ActUndo, Ticket: 1, By: anna}, t0); err != nil {
		t.Fatal(err)
	}
	if open := x.From.OpenPromises(); len(open) != 1 || open[0].Number != 1 || len(x.To.OpenPromises()) != 2 {
		t.Errorf("taken back: %+v and %+v", x.From.Promises, x.To.Promises)
	}
}

func TestTransferTells(t *testing.T) {
	t.Parallel()
	x := pair(9, 1)
	fx, err := x.Apply(Action{Kind: ActMove, Ticket: 1, Other: 2, Seqs: []int{1, 2, 3, 4, 5, 6, 7}, By: anna, Reason: "the same leak"}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fx.Messages[0].Text; got != "#1, #2, #3, #4, #5 and 2 more were moved to T-2 by Anna." {
		t.Errorf("it says %q", got)
	}
	for _, e := range fx.Events {
		from, into, err := e.Moved()
		if from != 1 || into != 2 || err != nil || e.Why[0] != "the same leak" || len(strings.Fields(e.Data["moved"])) != 7 {
			t.Errorf("the history of %s says %+v", e.Ticket, e)
		}
	}
	if _, _, err := (Event{Kind: "reply"}).Moved(); KindOf(err) != Invalid {
		t.Errorf("an answer moved something: %v", err)
	}
	if _, err := x.Apply(Action{Kind: ActReply, Ticket: 1, By: anna}, t0); KindOf(err) != Invalid {
		t.Errorf("an answer is a transfer: %v", err)
	}
}
