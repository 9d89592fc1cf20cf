package storetest

import (
	"testing"
	"time"

	"tierline/ticket"
)

func toSupplier(t *testing.T, w *world, id ticket.ID, s ticket.Supply) ticket.Ticket {
	t.Helper()
	return act(t, w.a, ticket.Action{Kind: ticket.ActSupplier, Ticket: id, Supply: &s})
}

func suppliesCounted(t *testing.T, w *world) {
	start := w.clock.Now()
	one := accept(t, w.a, mail("a@x.example", "<1>"))[0].Ticket
	two := accept(t, w.a, mail("b@x.example", "<2>"))[0].Ticket
	toSupplier(t, w, one, ticket.Supply{Supplier: "acme", Reference: "R1"})
	toSupplier(t, w, two, ticket.Supply{Supplier: "acme"})
	w.clock.Add(48 * time.Hour)
	got := toSupplier(t, w, one, ticket.Supply{Supplier: "acme", Reference: "R2", Expected: w.clock.Now().Add(time.Hour)})
	equal(t, "still one time", len(got.Supplies), 1)
	back := act(t, w.a, ticket.Action{Kind: ticket.ActSupplied, Ticket: one, Reason: "board changed"})
	equal(t, "state", back.State, ticket.Open)

	list := must(w.a.Supplies(ctxOf(t), start, ticket.Supply{}, 0))(t)
	equal(t, "all", len(list), 2)
	equal(t, "reference", list[0].Reference, "R2")
	equal(t, "result", list[0].Result, "board changed")
	equal(t, "took", list[0].Back.Sub(list[0].Since), 48*time.Hour)
	equal(t, "behind the first", len(must(w.a.Supplies(ctxOf(t), start, list[0], 0))(t)), 1)
	later := must(w.a.Supplies(ctxOf(t), start.Add(time.Hour), ticket.Supply{}, 0))(t)
	equal(t, "what lasts still counts", len(later), 1)
	equal(t, "which", later[0].Ticket, two)
}

func suppliesMerged(t *testing.T, w *world) {
	from := accept(t, w.a, mail("a@x.example", "<1>"))[0].Ticket
	into := accept(t, w.a, mail("a@x.example", "<2>"))[0].Ticket
	toSupplier(t, w, from, ticket.Supply{Supplier: "acme", Reference: "R1"})
	w.clock.Add(time.Hour)
	merged := act(t, w.a, ticket.Action{Kind: ticket.ActMerge, Ticket: from, Other: into})
	if with := merged.With(); with == nil || with.Reference != "R1" || with.Ticket != into {
		t.Fatalf("%+v", merged.Supplies)
	}
	list := must(w.a.Supplies(ctxOf(t), time.Time{}, ticket.Supply{}, 0))(t)
	equal(t, "it counts once", len(list), 1)
	equal(t, "where it goes on", list[0].Ticket, into)
	w.clock.Add(time.Hour)
	act(t, w.a, ticket.Action{Kind: ticket.ActUndo, Ticket: into})
	list = must(w.a.Supplies(ctxOf(t), time.Time{}, ticket.Supply{}, 0))(t)
	equal(t, "once again", len(list), 1)
	equal(t, "where it was", list[0].Ticket, from)
	if !list[0].Back.IsZero() {
		t.Errorf("it is still there: %+v", list[0])
	}
}
