package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

func TestAPromiseIsMadeAndKept(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doPromise))
	due := time.Now().Add(3 * time.Hour).Truncate(time.Minute)
	_, err := o.sim.Submit("anna", o.modal("anna", doPromise).ID, map[string]any{"kind": "callback", "due": due.Unix(), "what": "the seal"})
	o.must(err)
	a := o.acted(1)
	if a.Kind != ticket.ActPromise || a.Promise.Kind != ticket.PromiseCallback || !a.Promise.Due.Equal(due) || a.Promise.What != "the seal" || a.Rev != 0 {
		t.Errorf("promise: %+v %+v", a, a.Promise)
	}
	c := sample()
	c.Ticket.Promises = []ticket.Promise{{Number: 1, State: ticket.PromiseKept, Ended: noon}, {Number: 2, Kind: ticket.PromiseCallback, What: "the seal", Due: due, State: ticket.PromiseOpen, By: ticket.Actor{Name: "Anna"}}}
	_, channel, ts = o.show(c)
	m, _ := o.sim.Message(channel, ts)
	if !strings.Contains(m.PlainText(), "*Promised:* Callback until") {
		t.Errorf("the card: %s", m.PlainText())
	}
	o.must(o.sim.Click("anna", channel, ts, doKeep))
	if a := o.acted(2); a.Kind != ticket.ActKeep || a.Promise.Number != 2 {
		t.Errorf("keep: %+v %+v", a, a.Promise)
	}
}

func TestANoticeIsToldOnce(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.show(sample())
	n := bots.Notice{Card: sample(), To: o.back.agents[1], Text: "A promise <!channel> was broken", At: noon, Key: "tell:1042:7"}
	o.sim.Inject(slacksim.Fault{Kind: slacksim.DropAnswer, Method: "chat.postMessage", Times: 1})
	if err := o.desk.Tell(t.Context(), n, false); ticket.KindOf(err) != ticket.Transient {
		t.Fatalf("a lost receipt gives %v", err)
	}
	o.must(o.desk.Tell(t.Context(), n, true))
	dm, err := o.sim.DM("chloe", "@app")
	o.must(err)
	if list := o.sim.Messages(dm); len(list) != 1 || !strings.Contains(list[0].PlainText(), "was broken") || strings.Contains(list[0].PlainText(), "<!channel>") {
		t.Errorf("told: %+v", list)
	}
	n.To = ticket.Agent{ID: "x", Name: "X"}
	if err := o.desk.Tell(t.Context(), n, false); ticket.KindOf(err) != ticket.Invalid {
		t.Errorf("somebody without an account: %v", err)
	}
}
