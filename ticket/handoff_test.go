package ticket

import (
	"strings"
	"testing"
)

func TestAHandoffIsReturnedAndMended(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActTake, By: anna})
	refused(t, tk, Action{Kind: ActReturn, By: lena, Reason: "what unit?"}, Invalid)
	fx := apply(t, &tk, Action{Kind: ActEscalate, By: anna, Tier: "l2", Queue: "l2", Reason: "It leaks", Handoff: &Handoff{Problem: "It leaks", Tried: "a new seal: still leaks", ReadBack: "by phone"}})
	h := tk.Handoff
	if h == nil || h.From != "l1" || h.Owner != anna.ID || h.By.ID != anna.ID || h.At.IsZero() || h.ReadBack != "by phone" {
		t.Fatalf("handed over: %+v", h)
	}
	if said := fx.Messages[0].Text; !strings.Contains(said, "Steps tried, with results: a new seal") || !strings.Contains(said, "Read back to the customer: by phone") {
		t.Errorf("the thread says %q", said)
	}
	refused(t, tk, Action{Kind: ActReturn, By: lena, Reason: " "}, Invalid)
	apply(t, &tk, Action{Kind: ActReturn, By: lena, Queue: "l1", Reason: "Which unit? Which seal?"})
	if tk.Tier != "l1" || tk.Queue != "l1" || tk.Owner != anna.ID || tk.Returned != 1 || !tk.Handoff.Back {
		t.Errorf("returned: %s %s %s, %d times", tk.Tier, tk.Queue, tk.Owner, tk.Returned)
	}
	refused(t, tk, Action{Kind: ActReturn, By: lena, Reason: "again"}, Invalid)
	mended := *tk.Handoff
	mended.Unit = "SN-1"
	apply(t, &tk, Action{Kind: ActEscalate, By: anna, Tier: "l2", Queue: "l2", Reason: "It leaks", Handoff: &mended})
	if tk.Handoff.Back || tk.Handoff.Unit != "SN-1" || tk.Returned != 1 {
		t.Errorf("mended: %+v", tk.Handoff)
	}
	apply(t, &tk, Action{Kind: ActTake, By: lena})
	if tk.Handoff.Taken != lena.ID {
		t.Errorf("taken by %q", tk.Handoff.Taken)
	}
}

func TestWhatAHandoffLacks(t *testing.T) {
	t.Parallel()
	if got := strings.Join((*Handoff)(nil).Missing([]string{"unit", "asked"}), " "); got != "unit asked" {
		t.Errorf("of nothing: %s", got)
	}
	h := &Handoff{Unit: "SN-1", Asked: "  "}
	if got := strings.Join(h.Missing(HandoffFields), " "); got != "problem impact tried articles asked callback read_back" {
		t.Errorf("missing: %s", got)
	}
	for _, f := range HandoffFields {
		*h.Field(f) = f
		if HandoffTitle(f) == f {
			t.Errorf("%s has no title", f)
		}
	}
	if n := strings.Count(h.String(), "\n"); n != len(HandoffFields)-1 {
		t.Errorf("%d lines: %s", n+1, h)
	}
}

func TestLevel2JoinsAndLevel1StaysUntilReleased(t *testing.T) {
	t.Parallel()
	tk := opened(t)
	apply(t, &tk, Action{Kind: ActTake, By: anna})
	refused(t, tk, Action{Kind: ActRelease, By: anna}, Invalid) // to nobody
	apply(t, &tk, Action{Kind: ActJoin, By: lena})
	rev := tk.Rev
	apply(t, &tk, Action{Kind: ActJoin, By: lena})
	apply(t, &tk, Action{Kind: ActJoin, By: anna}) // owns it
	if tk.Rev != rev || len(tk.Helpers) != 1 || tk.Owner != anna.ID {
		t.Fatalf("joined: %v of %s", tk.Helpers, tk.Owner)
	}
	apply(t, &tk, Action{Kind: ActRelease, By: anna})
	if tk.Owner != lena.ID || len(tk.Helpers) != 0 {
		t.Errorf("released: %v of %s", tk.Helpers, tk.Owner)
	}
	apply(t, &tk, Action{Kind: ActJoin, By: anna})
	apply(t, &tk, Action{Kind: ActRelease, By: anna})
	if tk.Owner != lena.ID || len(tk.Helpers) != 0 {
		t.Errorf("left: %v of %s", tk.Helpers, tk.Owner)
	}
}
