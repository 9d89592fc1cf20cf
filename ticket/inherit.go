package ticket

import (
	"fmt"
	"strings"
)

// inherit has the other ticket keep what was promised in this one.
func (w *transfer) inherit() {
	s, t := &w.src.t, &w.dst.t
	var pairs []string
	for i := range s.Promises {
		p := &s.Promises[i]
		if !p.Ended.IsZero() || len(t.Promises) >= MaxPromises {
			continue
		}
		n := *p
		n.Number = len(t.Promises) + 1
		w.dst.await(&n)
		t.Promises = append(t.Promises, n)
		p.State, p.Ended = PromiseWithdrawn, w.src.now
		pairs = append(pairs, fmt.Sprintf("%d>%d", p.Number, n.Number))
	}
	w.src.say("promises", strings.Join(pairs, " "))
	w.passSupplier()
}

// giveBack has each ticket keep its own promises again, those that are still to be kept.
func (w *transfer) giveBack() {
	w.supplierBack()
	t, s := &w.src.t, &w.dst.t
	for _, pair := range strings.Fields(w.Event.Data["promises"]) {
		var was, is int
		if n, err := fmt.Sscanf(pair, "%d>%d", &was, &is); n != 2 || err != nil || was < 1 || is < 1 || was > len(s.Promises) || is > len(t.Promises) {
			continue
		}
		mine, theirs := &s.Promises[was-1], &t.Promises[is-1]
		if !theirs.Ended.IsZero() {
			continue // kept meanwhile, or taken back
		}
		mine.State, mine.Ended = theirs.State, theirs.Ended
		w.dst.await(mine)
		theirs.State, theirs.Ended = PromiseWithdrawn, w.src.now
	}
}
