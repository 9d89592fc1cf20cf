package slackdesk

import (
	"testing"

	"tierline/ticket"
)

// A card is seen in Slack before its place is remembered; what is typed under it then is kept.
func TestWhatIsTypedUnderACardWhosePlaceIsNotKnownYet(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	c := sample()
	at, err := o.desk.Show(t.Context(), c, nil, false)
	o.must(err)
	o.back.setCard(c)
	channel, ts, err := parsePlace(at)
	o.must(err)
	_, err = o.sim.Say("anna", channel, "quick as I am", ts)
	o.must(err)
	if a := o.acted(1); a.Kind != ticket.ActNote || a.Ticket != c.Ticket.ID || a.Text != "quick as I am" {
		t.Errorf("note: %+v", a)
	}
	chat, err := o.sim.Say("anna", channel, "lunch?", "")
	o.must(err)
	_, err = o.sim.Say("anna", channel, "gladly", chat) // a thread of theirs
	o.must(err)
	o.eventually("the acks", func() bool { return o.sim.Unacknowledged() == 0 })
	if n := len(o.back.done()); n != 1 {
		t.Errorf("%d notes", n)
	}
}
