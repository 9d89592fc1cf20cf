package ticket

import (
	"math/rand"
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

// Whatever is done, in whatever order: an open case has a time at which its customer hears, which is never later
// than silence may last or than what they were told; none is owed while they are waited for; and of all jobs that
// were ever made only the newest is heard.
func TestACustomerIsNeverForgotten(t *testing.T) {
	t.Parallel()
	const every = 8 * time.Hour
	for seed := range int64(300) {
		r := rand.New(rand.NewSource(seed))
		now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
		policy := fixed{Targets{Updates: every, UpdateNotice: time.Hour}}
		who := customer.Identity{Kind: customer.Email, Value: "ann@x.example"}
		var jobs []Job
		tk, fx := OpenTicket(1001, Inbound{Channel: "email", From: who, Text: "Help"}, customer.Customer{ID: 1}, nil, now)
		anna := Actor{Kind: ByAgent, ID: "anna", Name: "Anna"}
		keep := func(fx Effects) {
			for _, j := range append(fx.Jobs, tk.Keep(policy, now)...) {
				if j.Kind == JobUpdate {
					jobs = append(jobs, j)
				}
			}
		}
		act := func(a Action) {
			if a.By.Kind == "" {
				a.By = anna
			}
			if fx, err := tk.Apply(a, now); err == nil && len(fx.Events) > 0 {
				keep(fx)
			}
		}
		keep(fx)
		act(Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1", Priority: Normal}})
		put := time.Time{} // to when it was put off
		for range 60 {
			now = now.Add(time.Duration(r.Intn(300)) * time.Minute)
			for i := 0; i < len(jobs); i++ { // all that were ever made and are due, as after a restart
				if j := jobs[i]; !j.RunAt.After(now) {
					act(Action{Kind: ActUpdateDue, Step: j.Step, At: j.Moment(), Text: "It is open", Until: now.Add(every), By: Gateway})
				}
			}
			switch r.Intn(8) {
			case 0:
				act(Action{Kind: ActReply, Text: "Hello", Stay: r.Intn(2) == 0})
			case 1:
				keep(tk.Receive(Inbound{Channel: "email", From: who, Text: "More"}, customer.Customer{ID: 1}, nil, now))
			case 2:
				act(Action{Kind: ActHold, Reason: "supplier"})
			case 3:
				act(Action{Kind: ActSolve, Diagnosis: "seal"})
			case 4:
				act(Action{Kind: ActReopen})
			case 5:
				put = now.Add(time.Duration(1+r.Intn(20)) * time.Hour)
				act(Action{Kind: ActPostpone, At: put, Text: "Later"})
			}
			u := tk.Update
			owed := tk.State == New || tk.State == Open || tk.State == OnHold
			switch {
			case !owed && u != nil && (!u.Due.IsZero() || !u.Next.IsZero()):
				t.Fatalf("seed %d: %s, and owed %+v", seed, tk.State, u)
			case owed && (u == nil || u.Due.IsZero() || u.Next.IsZero()):
				t.Fatalf("seed %d: %s, and forgotten: %+v", seed, tk.State, u)
			case owed && !u.Due.After(now) || owed && u.Due.After(now.Add(every)) && !u.Due.Equal(put):
				t.Fatalf("seed %d: due %s, now %s, put off to %s", seed, u.Due, now, put)
			case owed && u.Said.After(now) && u.Due.After(u.Said):
				t.Fatalf("seed %d: due %s, said %s", seed, u.Due, u.Said)
			}
		}
	}
}

func TestAnEstimateNeedsEnoughThatTookAsLong(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var spent []Spent
	for n := range 40 {
		spent = append(spent, Spent{Ticket: ID(2000 + n), Open: time.Duration(n+1) * time.Hour})
	}
	q := Alike{Tier: "l1", Priority: Normal}
	for _, c := range []struct {
		tk   Ticket
		list []Spent
		kind ETAKind
		why  string
		to   time.Duration
	}{
		{Ticket{State: Open, Opened: now}, spent[:19], ETANone, "fewer than 20", 0},
		{Ticket{State: Open, Opened: now}, spent, ETAMeasured, "", 36 * time.Hour},
		{Ticket{State: Open, Opened: now.Add(-20 * time.Hour)}, spent, ETAMeasured, "", 18 * time.Hour},
		{Ticket{State: Open, Opened: now.Add(-21 * time.Hour)}, spent, ETANone, "longer than nearly all", 0},
		{Ticket{State: Pending, Opened: now}, spent, ETANone, "waits for others", 0},
		{Ticket{State: Solved, Opened: now}, spent, ETANone, "solved", 0},
		{Ticket{State: Pending, Opened: now, Promises: []Promise{{Number: 1, Kind: PromiseFix, State: PromiseOpen, Due: now.Add(time.Hour)}}}, nil, ETAPromise, "", time.Hour},
		{Ticket{State: Open, Opened: now, Promises: []Promise{{Number: 1, Kind: PromiseFix, State: PromiseBroken, Due: now.Add(-time.Hour)}}}, nil, ETANone, "", 0},
	} {
		e := c.tk.Estimate(q, "", c.list, Calendar{}, now)
		if e.Kind != c.kind || !strings.Contains(e.Why, c.why) || c.to != 0 && !e.To.Equal(now.Add(c.to)) || e.From.After(e.To) || e.Kind == ETANone && !e.To.IsZero() {
			t.Errorf("%+v: %+v", c.tk.State, e)
		}
	}
}
