package ticket

import (
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

// TestBouncedWhenDone: a closed ticket says what came back and stays closed, a full one marks it only.
func TestBouncedWhenDone(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	report := Inbound{Bounce: &Bounce{Seq: 2, Kind: BounceFailed, Reason: "550 no such user"}, Auto: true, Alone: "bounce-unknown"}
	for _, test := range []struct {
		name  string
		seq   int
		lines int
	}{{"closed", 2, 1}, {"full", MaxMessages, 0}} {
		tk := Ticket{ID: 7, State: Closed, LastSeq: test.seq, Tier: "t1"}
		fx := tk.Receive(report, customer.Customer{}, nil, now)
		if tk.State != Closed || tk.LastSeq != test.seq+test.lines || len(fx.Messages) != test.lines {
			t.Errorf("%s: %s, %d messages, %+v", test.name, tk.State, tk.LastSeq, fx.Messages)
		}
		if len(fx.Deliver) != 1 || fx.Deliver[0].Delivery != Failed || len(fx.Events) != 1 || fx.Events[0].Kind != "bounced" {
			t.Errorf("%s: %+v", test.name, fx)
		}
	}
}

// TestBounced: a report is no message of the customer's; what it says reaches the desk, and what was
// given back is ours to act on again.
func TestBounced(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		bounce Bounce
		state  State
		failed bool
		says   string
	}{
		{Bounce{Seq: 2, Kind: BounceFailed, Reason: "550 5.1.1 no such user"}, Open, true, "Message #2 was not delivered: 550 5.1.1"},
		{Bounce{Seq: 0, Kind: BounceFailed, Reason: "mailbox full"}, Open, false, "A message was not delivered: mailbox full"},
		{Bounce{Seq: 9, Kind: BounceFailed, Reason: "forged"}, Open, false, "Message #9 was not delivered"},
		{Bounce{Seq: 2, Kind: BounceDelayed, Reason: "451 greylisted"}, Pending, false, "still tried"},
		{Bounce{Seq: 2, Kind: BounceComplaint, Reason: "abuse"}, Pending, false, "as spam"},
	} {
		tk := Ticket{ID: 7, Rev: 4, State: Pending, LastSeq: 2, Tier: "t1"}
		fx := tk.Receive(Inbound{Bounce: &test.bounce, Auto: true, Alone: "bounce-unknown", Text: "long report"}, customer.Customer{}, nil, now)
		if tk.State != test.state || tk.LastSeq != 3 || tk.Rev != 4 {
			t.Errorf("%+v: state %s, seq %d, rev %d", test.bounce, tk.State, tk.LastSeq, tk.Rev)
		}
		if len(fx.Messages) != 1 || fx.Messages[0].Kind != System || !strings.Contains(fx.Messages[0].Text, test.says) {
			t.Errorf("%+v: the desk is told %+v", test.bounce, fx.Messages)
		}
		if failed := len(fx.Deliver) == 1 && fx.Deliver[0].Delivery == Failed; failed != test.failed {
			t.Errorf("%+v: deliveries %+v", test.bounce, fx.Deliver)
		}
		if len(fx.Events) != 1 || fx.Events[0].Kind != "bounced" || len(fx.Jobs) < 2 {
			t.Errorf("%+v: events %+v, jobs %+v", test.bounce, fx.Events, fx.Jobs)
		}
	}
}
