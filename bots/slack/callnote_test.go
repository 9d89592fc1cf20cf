package slackdesk

import (
	"strings"
	"testing"
	"time"

	"tierline/ticket"
)

func TestACallIsNotedFromItsTranscript(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	at, room, _ := o.show(sample())
	call := ticket.Message{Ticket: 1042, Seq: 1, Kind: ticket.Public, Direction: ticket.In, Channel: "phone", At: noon, From: sample().LastSaid.From,
		Turns: []ticket.Turn{{Role: "agent", Text: "Good morning"}, {Role: "customer", Text: "My machine loses water all night.", EndMS: 130_000}}}
	o.back.mu.Lock()
	o.back.said = []ticket.Message{call}
	o.back.mu.Unlock()
	ref, err := o.desk.Post(t.Context(), sample(), at, call, false)
	o.must(err)
	_, ts, _ := parsePlace(ref)
	o.must(o.sim.Click("anna", room, ts, doCallNote))
	v := o.modal("anna", doNote)
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"tried": "wiped the valve", "promised": "we call back"})
	o.must(err)
	v = o.redrawn("anna", "It does not say")
	if s := v.PlainText(); !strings.Contains(s, "what came of it, what comes next") || !strings.Contains(s, "nothing keeps an eye on it") || len(o.back.done()) != 0 {
		t.Errorf("the form asks %s", s)
	}
	due := time.Date(2026, 3, 4, 17, 0, 0, 0, time.UTC)
	_, err = o.sim.Submit("anna", v.ID, map[string]any{"promise": "callback", "due": due.Unix(), "result": "dry"})
	o.must(err)
	a := o.acted(1)
	if c := a.Note.Call; a.Kind != ticket.ActNote || c == nil || c.Direction != "in" || c.Minutes != 3 || c.Outcome != ticket.CallReached || a.Note.Reported != "My machine loses water all night." ||
		a.Note.Tried != "wiped the valve" || a.Promise == nil || !a.Promise.Due.Equal(due) || a.Promise.What != "we call back" {
		t.Errorf("noted is %+v %+v, promise %+v", a.Note, a.Note.Call, a.Promise)
	}
}

func TestMinutesAreANumber(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, channel, ts := o.show(sample())
	o.must(o.sim.Click("anna", channel, ts, doNote))
	ans, err := o.sim.Submit("anna", o.modal("anna", doNote).ID, map[string]any{"call": "out", "outcome": ticket.CallVoicemail, "minutes": "long"})
	if err != nil || len(ans.Errors) == 0 {
		t.Errorf("taken: %v %v", ans, err)
	}
}
