package ticket

import (
	"testing"
	"time"
)

func TestPromisesAreKeptOrBroken(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	now := t0.Add(time.Minute) // the time of apply
	for _, bad := range []*Promise{nil, {Kind: "gift", Due: now.Add(time.Hour)}, {Kind: PromiseFix, Due: t0}, {Kind: PromiseFix, Due: now.Add(400 * 24 * time.Hour)}} {
		refused(t, tk, Action{Kind: ActPromise, By: anna, Promise: bad}, Invalid)
	}
	fx := apply(t, &tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseCallback, What: "about the seal", Due: now.Add(10 * time.Hour)}})
	var at []time.Duration
	for _, j := range fx.Jobs {
		if j.Kind == JobPromise {
			at = append(at, j.RunAt.Sub(now))
		}
	}
	if len(at) != 2 || at[0] != 9*time.Hour || at[1] != 10*time.Hour { // an hour before, and then
		t.Fatalf("its jobs come after %v", at)
	}
	apply(t, &tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseUpdate, Due: now.Add(10 * time.Minute)}})
	apply(t, &tk, Action{Kind: ActPromise, By: anna, Promise: &Promise{Kind: PromiseFix, Due: now.Add(48 * time.Hour)}})
	if open := tk.OpenPromises(); len(open) != 3 || open[0].Kind != PromiseUpdate {
		t.Fatalf("open: %+v", open)
	}
	apply(t, &tk, Action{Kind: ActReply, By: anna, Text: "Still at it"})
	if p := tk.Promises[1]; p.State != PromiseKept || p.Late {
		t.Errorf("an answer keeps the update: %+v", p)
	}
	due := func(number, step int, at time.Time) Effects {
		t.Helper()
		fx, err := tk.Apply(Action{Kind: ActPromiseDue, By: Gateway, Page: number, Step: step}, at)
		if err != nil {
			t.Fatal(err)
		}
		return fx
	}
	told := func(fx Effects) (n Told) {
		for _, j := range fx.Jobs {
			if j.Kind == JobTell {
				n, _ = j.Told()
			}
		}
		return n
	}
	rev := tk.Rev
	if n := told(due(1, 0, now.Add(9*time.Hour))); !n.Owner || n.Lead {
		t.Errorf("the reminder goes to %+v", n)
	}
	if fx := due(2, 1, now.Add(10*time.Minute)); len(fx.Jobs) != 0 {
		t.Error("a kept promise is heard")
	}
	if n := told(due(1, 1, now.Add(10*time.Hour))); !n.Owner || !n.Lead || tk.Promises[0].State != PromiseBroken {
		t.Errorf("broken: %+v, %+v", n, tk.Promises[0])
	}
	if fx := due(1, 1, now.Add(11*time.Hour)); len(fx.Jobs) != 0 || tk.Rev != rev {
		t.Error("it is heard twice, or made a card stale")
	}
	if _, err := tk.Apply(Action{Kind: ActKeep, By: anna, Promise: &Promise{Number: 1}}, now.Add(12*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if p := tk.Promises[0]; p.State != PromiseBroken || !p.Late || p.Ended.IsZero() {
		t.Errorf("kept late: %+v", p)
	}
	refused(t, tk, Action{Kind: ActKeep, By: anna, Promise: &Promise{Number: 1}}, Invalid)
	refused(t, tk, Action{Kind: ActUnpromise, By: anna, Promise: &Promise{Number: 3}}, Invalid) // without a reason
	apply(t, &tk, Action{Kind: ActSolve, By: anna, Diagnosis: "a seal"})
	if p := tk.Promises[2]; p.State != PromiseKept || len(tk.OpenPromises()) != 0 {
		t.Errorf("solved keeps the fix: %+v", p)
	}
}
