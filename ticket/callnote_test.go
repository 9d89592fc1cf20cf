package ticket

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestANoteOfACall(t *testing.T) {
	t.Parallel()
	tk := Ticket{ID: 1001, State: Open, LastSeq: 1}
	note := &NoteFields{Reported: "it leaks", Promised: "a call back", Call: &CallNote{Direction: "out", Minutes: 12, With: "Ada", Outcome: CallReached}}
	fx, err := tk.Apply(Action{Kind: ActNote, By: anna, Note: note, Promise: &Promise{Kind: PromiseCallback, What: "a call back", Due: t0.Add(time.Hour)}}, t0)
	if err != nil {
		t.Fatal(err)
	}
	if m := fx.Messages[0]; m.Kind != Note || !strings.HasPrefix(m.Text, "Call: we called, 12 min, with Ada, reached\nReported: it leaks") {
		t.Errorf("it says %q", m.Text)
	}
	if len(tk.Promises) != 1 || tk.Promises[0].Kind != PromiseCallback || tk.Promises[0].By != anna {
		t.Errorf("promised is %+v", tk.Promises)
	}
	if got := note.Missing(); !slices.Equal(got, []string{"tried", "result", "next_step"}) {
		t.Errorf("missing: %v", got)
	}
	if got := (&NoteFields{Call: &CallNote{Direction: "out", Outcome: CallNoAnswer}}).Missing(); len(got) != 0 {
		t.Errorf("nobody was reached, and missing is %v", got)
	}
	if got := (&NoteFields{}).Missing(); got != nil {
		t.Errorf("of no call: %v", got)
	}
	for _, bad := range []*CallNote{{}, {Direction: "in", Outcome: "x"}, {Direction: "in", Minutes: -1}, {Direction: "in", With: strings.Repeat("x", 301)}} {
		if _, err := tk.Apply(Action{Kind: ActNote, By: anna, Note: &NoteFields{Reported: "x", Call: bad}}, t0); KindOf(err) != Invalid {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
