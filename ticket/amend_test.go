package ticket

import (
	"fmt"
	"testing"
	"time"
)

// amended applies an amendment of m, as the store does, and gives what the message is then.
func amended(t *testing.T, tk *Ticket, m Message, a Action) (Message, Effects) {
	t.Helper()
	a.Seq, a.Of = m.Seq, &m
	fx := apply(t, tk, a)
	if len(fx.Amended) > 0 {
		m = fx.Amended[0]
	}
	return m, fx
}

func TestACustomerChangesWhatTheyWrote(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActTake, By: anna})
	rev, ann := tk.Rev, Actor{Kind: ByCustomer, ID: "7", Name: "Ann"}
	m := Message{Ticket: tk.ID, Seq: 1, Kind: Public, Direction: In, Author: ann, Text: "pump", At: t0}
	m, fx := amended(t, &tk, m, Action{Kind: ActAmend, By: ann, Text: "pump leaks", At: t0.Add(time.Minute)})
	if m.Text != "pump leaks" || len(m.Earlier) != 1 || m.Earlier[0] != (Version{"pump", t0}) || !m.Edited.Equal(t0.Add(time.Minute)) {
		t.Errorf("it is %+v", m)
	}
	if tk.Rev != rev {
		t.Error("it makes cards stale")
	}
	if len(fx.Messages) != 1 || fx.Messages[0].Kind != System {
		t.Errorf("who has read it is not told: %+v", fx.Messages)
	}
	// What comes late, or again, changes nothing.
	for _, a := range []Action{{Text: "pump leaks", At: t0.Add(time.Hour)}, {Text: "pomp", At: t0.Add(time.Second)}} {
		a.Kind, a.By = ActAmend, ann
		if _, fx = amended(t, &tk, m, a); len(fx.Amended) != 0 || len(fx.Events) != 0 {
			t.Errorf("%q at %v does something: %+v", a.Text, a.At, fx)
		}
	}
	for i := range 2 * MaxVersions {
		m, _ = amended(t, &tk, m, Action{Kind: ActAmend, By: ann, Text: fmt.Sprint(i), At: t0.Add(time.Hour + time.Duration(i)*time.Second)})
	}
	if len(m.Earlier) != MaxVersions || m.Earlier[0].Text != "pump" || m.Earlier[MaxVersions-1].Text != fmt.Sprint(2*MaxVersions-2) {
		t.Errorf("%d earlier texts: %+v", len(m.Earlier), m.Earlier)
	}
	last := m.Text
	m, _ = amended(t, &tk, m, Action{Kind: ActAmend, By: ann, Gone: true, At: t0.Add(2 * time.Hour)})
	if m.Gone.IsZero() || m.Text != last {
		t.Errorf("deleted: %+v", m)
	}
	if _, fx = amended(t, &tk, m, Action{Kind: ActAmend, By: ann, Text: "again", At: t0.Add(3 * time.Hour)}); len(fx.Amended) != 0 {
		t.Error("a deleted message is changed")
	}
}

func TestWhoMayChangeWhat(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	ann := Actor{Kind: ByCustomer, ID: "7"}
	in := Message{Ticket: tk.ID, Seq: 1, Kind: Public, Direction: In, Author: ann, Text: "x"}
	out := Message{Ticket: tk.ID, Seq: 1, Kind: Public, Direction: Out, Author: anna, Text: "x", Delivery: Sent}
	queued, withdrawn, auto, moved := out, out, out, in
	queued.Delivery, withdrawn.Delivery, auto.Auto = Queued, Withdrawn, true
	moved.MovedTo = MessageID{Ticket: 9, Seq: 1}
	note := Message{Ticket: tk.ID, Seq: 1, Kind: Note, Author: anna, Text: "x"}
	for _, x := range []struct {
		m    Message
		by   Actor
		want Kind
	}{
		{in, anna, Denied}, {out, ann, Denied}, {note, ann, Denied}, {note, Actor{Kind: ByAgent, ID: "lea"}, Denied}, {out, Actor{Kind: ByAgent, ID: "lea"}, Denied},
		{queued, anna, Invalid}, {withdrawn, anna, Invalid}, {auto, anna, Invalid}, {moved, ann, Conflict},
		{Message{Ticket: tk.ID, Seq: 1, Kind: System, Author: Gateway}, anna, Invalid},
	} {
		refused(t, tk, Action{Kind: ActAmend, By: x.by, Seq: 1, Of: &x.m, Text: "y"}, x.want)
	}
	refused(t, tk, Action{Kind: ActAmend, By: anna, Seq: 1, Text: "y"}, NotFound)
	refused(t, tk, Action{Kind: ActAmend, By: anna, Seq: 1, Of: &note, Text: " "}, Invalid)
	m, fx := amended(t, &tk, out, Action{Kind: ActAmend, By: anna, Text: "y"})
	if m.Text != "y" || jobsOf(fx, JobAmend) != 1 {
		t.Errorf("an answer: %+v, jobs %+v", m, fx.Jobs)
	}
	if _, fx = amended(t, &tk, note, Action{Kind: ActAmend, By: anna, Gone: true}); jobsOf(fx, JobAmend) != 0 || jobsOf(fx, JobPost) != 1 {
		t.Errorf("a note goes to the customer: %+v", fx.Jobs)
	}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	ann := Actor{Kind: ByCustomer, ID: "7"}
	m := Message{Ticket: tk.ID, Seq: 1, Kind: Public, Direction: In, Author: ann, Text: "x"}
	m, fx := amended(t, &tk, m, Action{Kind: ActReact, By: anna, Emoji: "eyes"})
	if !m.Reacted("eyes", ByAgent) || jobsOf(fx, JobAmend) != 1 || fx.Jobs[len(fx.Jobs)-1].Carried() != "eyes" {
		t.Errorf("%+v, jobs %+v", m.Reactions, fx.Jobs)
	}
	if _, fx = amended(t, &tk, m, Action{Kind: ActReact, By: anna, Emoji: "eyes"}); len(fx.Events) != 0 {
		t.Error("it counts twice")
	}
	m, fx = amended(t, &tk, m, Action{Kind: ActReact, By: ann, Emoji: "+1"})
	if len(m.Reactions) != 2 || jobsOf(fx, JobAmend) != 0 {
		t.Errorf("the customer's: %+v, jobs %+v", m.Reactions, fx.Jobs)
	}
	m, fx = amended(t, &tk, m, Action{Kind: ActReact, By: anna, Emoji: "eyes", Gone: true})
	if m.Reacted("eyes", ByAgent) || !m.Reacted("+1", ByCustomer) || jobsOf(fx, JobAmend) != 1 {
		t.Errorf("taken off: %+v", m.Reactions)
	}
	for i := range MaxReactions + 10 {
		m, _ = amended(t, &tk, m, Action{Kind: ActReact, By: Actor{Kind: ByCustomer, ID: fmt.Sprint(i)}, Emoji: "tada"})
	}
	if len(m.Reactions) != MaxReactions {
		t.Errorf("%d reactions", len(m.Reactions))
	}
	for _, bad := range []string{"", "a b", "<script>", "x\n"} {
		refused(t, tk, Action{Kind: ActReact, By: anna, Seq: 1, Of: &m, Emoji: bad}, Invalid)
	}
}

func jobsOf(fx Effects, kind JobKind) (n int) {
	for _, j := range fx.Jobs {
		if j.Kind == kind {
			n++
		}
	}
	return n
}
