package ticket

import (
	"testing"
	"time"
)

// TestWithdraw: an answer that was taken back has answered nothing.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActTake, By: anna})
	apply(t, &tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseUpdate, Due: t0.Add(time.Hour)}})
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "one"})
	one := tk.LastSeq
	if tk.State != Pending || tk.LastAgent.IsZero() || len(tk.OpenPromises()) != 0 {
		t.Fatalf("after an answer: %+v", tk)
	}
	fx := apply(t, &tk, Action{Kind: ActWithdraw, By: anna, Seq: one})
	if tk.State != Open || !tk.LastAgent.IsZero() || len(tk.OpenPromises()) != 1 || tk.Answered != nil {
		t.Errorf("after it was taken back: %+v", tk)
	}
	if len(fx.Cancel) != 1 || fx.Cancel[0] != tk.send(one, t0).Unique {
		t.Errorf("it cancels %q", fx.Cancel)
	}
	// Of two answers the older one is taken back: the newer has answered.
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "two"})
	two := tk.LastSeq
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "three"})
	apply(t, &tk, Action{Kind: ActWithdraw, By: anna, Seq: two})
	if tk.LastAgent.IsZero() || tk.Answered == nil {
		t.Errorf("the newer answer counts no more: %+v", tk)
	}
	apply(t, &tk, Action{Kind: ActDelivered, By: Gateway, Seq: tk.LastSeq})
	if tk.Answered != nil {
		t.Error("what has gone out is still kept to be taken back")
	}
	refused(t, tk, Action{Kind: ActWithdraw, By: anna, Seq: 99}, NotFound)
}
