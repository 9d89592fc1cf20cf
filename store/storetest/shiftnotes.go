package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

func shiftNotes(t *testing.T, w *world) {
	ctx := ctxOf(t)
	shift := w.clock.Now().Add(time.Hour)
	note := func(tier, text, key string, at time.Time) ticket.ShiftNote {
		return ticket.ShiftNote{Tier: tier, Shift: at, By: agentOf("ann"), Text: text, Key: key}
	}
	job := ticket.DigestTick(time.Time{})
	ok(t, w.a.AddShiftNote(ctx, note("l2", " watch the pump ", "k1", shift), job))
	ok(t, w.a.AddShiftNote(ctx, note("l2", "watch the pump", "k1", shift), job)) // the click came again
	ok(t, w.a.AddShiftNote(ctx, note("l2", "and the valve", "", shift)))
	ok(t, w.a.AddShiftNote(ctx, note("l2", "the day after", "", shift.Add(24*time.Hour))))
	ok(t, w.a.AddShiftNote(ctx, note("l1", "another tier", "", shift)))
	list := must(w.a.ShiftNotes(ctx, "l2", shift, shift.Add(time.Hour)))(t)
	equal(t, "of the shift", len(list), 2)
	equal(t, "as it was left", fmt.Sprint(list[0].Text, " ", list[0].By.ID, " ", list[0].At.Equal(w.clock.Now()), " ", list[0].Shift.Equal(shift.Truncate(time.Microsecond))), "watch the pump ann true true")
	equal(t, "in order", list[1].Text, "and the valve")
	equal(t, "what follows, once", len(claim(t, w.a, 9)), 1)
	equal(t, "before it", len(must(w.a.ShiftNotes(ctx, "l2", shift.Add(-time.Hour), shift))(t)), 0)
	kind(t, w.a.AddShiftNote(ctx, note("l2", " ", "", shift)), ticket.Invalid)
	kind(t, w.a.AddShiftNote(ctx, note("l2", strings.Repeat("x", ticket.MaxShiftNote+1), "", shift)), ticket.Invalid)
	kind(t, w.a.AddShiftNote(ctx, note("", "x", "", shift)), ticket.Invalid)
	for i := range ticket.MaxShiftNotes - 2 {
		ok(t, w.a.AddShiftNote(ctx, note("l2", fmt.Sprint(i), "", shift)))
	}
	kind(t, w.a.AddShiftNote(ctx, note("l2", "one too many", "", shift)), ticket.Invalid)
	ok(t, w.a.AddShiftNote(ctx, note("l2", "watch the pump", "k1", shift))) // that one is there
}
