package router

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

func TestABrokenPromiseReachesTheLead(t *testing.T) {
	t.Parallel()
	conf := desk5()
	conf.Agents = append(conf.Agents, ticket.Agent{ID: "boss", Name: "Boss", Email: "boss@desk.example", Roles: []ticket.Role{ticket.RoleLead}})
	w, jobs := worldOf(t, &noKB{}, conf)
	id := w.accept("<1@x>")
	w.work(jobs)
	w.act("anna", ticket.Action{Kind: ticket.ActTake, Ticket: id})
	w.act("anna", ticket.Action{Kind: ticket.ActPromise, Ticket: id, Promise: &ticket.Promise{Kind: ticket.PromiseCallback, What: "the seal", Due: w.clock().Add(2 * time.Hour)}})
	w.pass(100 * time.Minute)
	w.work(jobs)
	if !w.rec.has("tell anna Promised, and due soon: Callback: the seal") || w.rec.has("tell boss") {
		t.Fatalf("before its time: %q", w.rec.log)
	}
	w.rec.fail["tell"] = ticket.Errorf("slack", ticket.Transient, "away")
	w.pass(20 * time.Minute)
	w.work(jobs)
	w.pass(time.Minute)
	w.work(jobs)
	told := 0
	for _, l := range w.rec.log {
		if strings.HasPrefix(l, "tell boss A promise was broken: Callback: the seal") {
			told++
		}
	}
	if told == 0 || !w.rec.has("tell anna A promise was broken") {
		t.Errorf("after its time: %q", w.rec.log)
	}
	if tk, _ := w.store.Ticket(t.Context(), id); tk.Promises[0].State != ticket.PromiseBroken {
		t.Errorf("%+v", tk.Promises)
	}
}

var _ bots.Desk = (*recorder)(nil)
