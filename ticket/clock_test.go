package ticket

import (
	"math/rand"
	"slices"
	"testing"
	"time"

	"tierline/customer"
)

// fixed are the same targets for every ticket.
type fixed struct{ g Targets }

func (f fixed) Targets(*Ticket) Targets { return f.g }

// desk plays a ticket through time: it hears its clocks when they are due, as the outbox does.
type desk struct {
	t      *testing.T
	tk     Ticket
	policy Policy
	now    time.Time
	jobs   []Job
	heard  []string // what clocks have said
}

func clocked(t *testing.T, g Targets, now string) *desk {
	d := &desk{t: t, policy: fixed{g}, now: moment(t, now)}
	who := customer.Identity{Kind: customer.Email, Value: "ann@x.example"}
	var fx Effects
	d.tk, fx = OpenTicket(1001, Inbound{Channel: "email", From: who, Text: "Help"}, customer.Customer{ID: 1}, nil, d.now)
	d.keep(fx)
	return d
}

func (d *desk) keep(fx Effects) {
	for _, j := range append(fx.Jobs, d.tk.Keep(d.policy, d.now)...) {
		if j.Kind == JobClock && !slices.ContainsFunc(d.jobs, func(o Job) bool { return o.Unique == j.Unique }) {
			d.jobs = append(d.jobs, j)
		}
	}
}

func (d *desk) act(a Action) {
	d.t.Helper()
	if a.By.Kind == "" {
		a.By = Actor{Kind: ByAgent, ID: "anna", Name: "Anna"}
	}
	fx, err := d.tk.Apply(a, d.now)
	if err != nil {
		d.t.Fatalf("%s: %v", a.Kind, err)
	}
	d.keep(fx)
}

func (d *desk) write() {
	who := customer.Identity{Kind: customer.Email, Value: "ann@x.example"}
	d.keep(d.tk.Receive(Inbound{Channel: "email", From: who, Text: "More"}, customer.Customer{ID: 1}, nil, d.now))
}

// pass lets time pass, and hears what is due on the way.
func (d *desk) pass(until time.Time) {
	d.t.Helper()
	for {
		first := -1
		for i, j := range d.jobs {
			if !j.RunAt.After(until) && (first < 0 || j.RunAt.Before(d.jobs[first].RunAt)) {
				first = i
			}
		}
		if first < 0 {
			d.now = until
			return
		}
		j := d.jobs[first]
		d.jobs = append(d.jobs[:first:first], d.jobs[first+1:]...)
		if d.now = j.RunAt; d.now.Before(j.RunAt) {
			d.now = j.RunAt
		}
		a, err := j.Heard()
		if err != nil {
			d.t.Fatal(err)
		}
		fx, err := d.tk.Apply(a, d.now)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, e := range fx.Events {
			d.heard = append(d.heard, e.Data["clock"]+" "+e.Data["what"]+" "+d.now.UTC().Format("02T15:04"))
		}
		d.keep(fx)
	}
}

func (d *desk) said(want ...string) {
	d.t.Helper()
	if len(d.heard) != len(want) {
		d.t.Fatalf("the clocks said %q, want %q", d.heard, want)
	}
	for i := range want {
		if d.heard[i] != want[i] {
			d.t.Errorf("the clocks said %q, want %q", d.heard, want)
		}
	}
	d.heard = nil
}

func (d *desk) clock(k ClockKind) Clock {
	for _, c := range d.tk.Clocks {
		if c.Kind == k {
			return c
		}
	}
	return Clock{}
}

var berlin = Hours{Zone: "Europe/Berlin", Week: map[string]string{"mon": "09:00-17:00", "tue": "09:00-17:00", "wed": "09:00-17:00", "thu": "09:00-17:00", "fri": "09:00-17:00"}}

func TestTheFirstAnswerIsDueInOpenTime(t *testing.T) {
	t.Parallel()
	g := Targets{First: 2 * time.Hour, Warn: 0.5, Calendar: calendar(t, berlin)}
	d := clocked(t, g, "2026-03-06T16:00:00+01:00") // Friday
	if c := d.clock(ClockFirst); !c.Due.Equal(moment(t, "2026-03-09T10:00:00+01:00")) {
		t.Fatalf("due %s", c.Due)
	}
	d.pass(moment(t, "2026-03-09T12:00:00+01:00"))
	d.said("first_response warning 06T16:00", "first_response breach 09T09:00")
	if !d.tk.Breach() {
		t.Error("it does not count as overdue")
	}
	d.act(Action{Kind: ActReply, Text: "Hello"})
	if c := d.clock(ClockFirst); c.Ended.IsZero() || !c.Breached || d.tk.Breach() {
		t.Errorf("answered: %+v", c)
	}
	d.pass(moment(t, "2026-03-20T12:00:00+01:00"))
	d.said()
}

func TestAnsweredInTimeNothingIsHeard(t *testing.T) {
	t.Parallel()
	d := clocked(t, Targets{First: time.Hour, Next: time.Hour, Warn: 0.8}, "2026-03-06T09:00:00Z")
	d.pass(moment(t, "2026-03-06T09:30:00Z"))
	d.act(Action{Kind: ActReply, Text: "Hello"})
	d.pass(moment(t, "2026-03-07T09:30:00Z"))
	d.said()
	d.write() // the next one runs
	d.pass(moment(t, "2026-03-07T09:40:00Z"))
	d.write() // from the oldest unanswered
	d.pass(moment(t, "2026-03-07T12:00:00Z"))
	d.said("next_response warning 07T10:18", "next_response breach 07T10:30")
	d.act(Action{Kind: ActReply, Text: "Hello"})
	d.pass(moment(t, "2026-03-08T09:00:00Z"))
	d.write() // and again for the next
	d.pass(moment(t, "2026-03-08T12:00:00Z"))
	d.said("next_response warning 08T09:48", "next_response breach 08T10:00")
}

func TestTheSolutionWaitsForOthers(t *testing.T) {
	t.Parallel()
	d := clocked(t, Targets{Resolution: 4 * time.Hour}, "2026-03-06T09:00:00Z")
	d.pass(moment(t, "2026-03-06T10:00:00Z"))
	d.act(Action{Kind: ActReply, Text: "Which model?"}) // waits for the customer
	if c := d.clock(ClockResolution); c.Running() || c.Used != time.Hour || !c.Due.IsZero() {
		t.Fatalf("standing: %+v", c)
	}
	d.pass(moment(t, "2026-03-08T10:00:00Z"))
	d.said()
	d.write()
	d.pass(moment(t, "2026-03-08T11:00:00Z"))
	d.act(Action{Kind: ActHold, Reason: "the supplier"})
	d.pass(moment(t, "2026-03-10T11:00:00Z"))
	d.act(Action{Kind: ActTake}) // a hold ends with the customer's next word
	d.write()
	d.pass(moment(t, "2026-03-10T12:00:00Z"))
	d.act(Action{Kind: ActSolve, Diagnosis: "a seal"})
	if c := d.clock(ClockResolution); c.Ended.IsZero() || c.Breached || c.Used != 3*time.Hour {
		t.Fatalf("solved: %+v", c)
	}
	d.pass(moment(t, "2026-03-11T12:00:00Z"))
	d.act(Action{Kind: ActReopen}) // what was used is used
	d.pass(moment(t, "2026-03-12T12:00:00Z"))
	d.said("resolution breach 11T13:00")
}

func TestEachTierHasItsOwnTime(t *testing.T) {
	t.Parallel()
	d := clocked(t, Targets{Tier: time.Hour}, "2026-03-06T09:00:00Z")
	d.act(Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1"}})
	d.pass(moment(t, "2026-03-06T09:50:00Z"))
	d.act(Action{Kind: ActEscalate, Tier: "l2", Reason: "the seal"})
	d.pass(moment(t, "2026-03-06T12:00:00Z"))
	d.said("at_tier breach 06T10:50")
}

func TestATargetThatChangesMovesTheDueTime(t *testing.T) {
	t.Parallel()
	d := clocked(t, Targets{First: time.Hour}, "2026-03-06T09:00:00Z")
	d.pass(moment(t, "2026-03-06T09:10:00Z"))
	d.policy = fixed{Targets{First: 3 * time.Hour}}
	d.act(Action{Kind: ActSet, Priority: Low})
	d.pass(moment(t, "2026-03-06T11:00:00Z"))
	d.said()
	d.policy = fixed{Targets{First: 30 * time.Minute}}
	d.act(Action{Kind: ActSet, Priority: Urgent}) // it is late already
	d.pass(moment(t, "2026-03-06T11:00:00Z"))
	d.said("first_response breach 06T09:30")
	d.policy = fixed{Targets{}}
	d.act(Action{Kind: ActSet, Priority: Low})
	d.pass(moment(t, "2026-03-07T11:00:00Z"))
	d.said()
}

// However a ticket goes: each clock is heard at most once to warn and once to say that it is overdue,
// never before its time, and one that runs and is not overdue will be heard.
func TestNoClockIsForgottenOrHeardTwice(t *testing.T) {
	t.Parallel()
	for seed := range int64(400) {
		r := rand.New(rand.NewSource(seed))
		g := Targets{First: time.Duration(1+r.Intn(8)) * time.Hour, Next: time.Duration(1+r.Intn(8)) * time.Hour,
			Resolution: time.Duration(1+r.Intn(40)) * time.Hour, Tier: time.Duration(1+r.Intn(20)) * time.Hour, Warn: 0.8, Calendar: calendar(t, berlin)}
		d := clocked(t, g, "2026-03-26T16:00:00+01:00") // the clocks go forward on the 29th
		d.act(Action{Kind: ActRoute, By: Gateway, Decision: &Decision{Tier: "l1"}})
		for range 30 {
			d.pass(d.now.Add(time.Duration(r.Intn(20*60)) * time.Minute))
			before := len(d.heard)
			switch r.Intn(8) {
			case 0, 1:
				d.write()
			case 2:
				if !d.tk.State.Done() {
					d.act(Action{Kind: ActReply, Text: "x"})
				}
			case 3:
				if !d.tk.State.Done() {
					d.act(Action{Kind: ActEscalate, Tier: map[string]string{"l1": "l2", "l2": "l3", "l3": "l1"}[d.tk.Tier], Reason: "x"})
				}
			case 4:
				if !d.tk.State.Done() {
					d.act(Action{Kind: ActSolve, Diagnosis: "x"})
				}
			case 5:
				d.act(Action{Kind: ActReopen})
			case 6:
				d.act(Action{Kind: ActHold, Reason: "x"})
			case 7:
				d.act(Action{Kind: ActSet, Priority: Urgent})
			}
			if len(d.heard) != before {
				t.Fatalf("seed %d: a clock was heard out of time", seed)
			}
			for _, c := range d.tk.Clocks {
				scheduled := 0
				for _, j := range d.jobs {
					if a, err := j.Heard(); err == nil && clockKinds[j.Step] == c.Kind && a.At.Equal(c.Next) {
						scheduled++
					}
				}
				if c.Running() && !c.Breached && scheduled != 1 {
					t.Fatalf("seed %d: %+v has %d jobs", seed, c, scheduled)
				}
				if c.Running() && !c.Breached && c.Due.Before(d.now) {
					t.Fatalf("seed %d at %s: %+v is late and not heard", seed, d.now, c)
				}
			}
		}
		last := map[string]string{}
		for _, h := range d.heard {
			if last[h] != "" {
				t.Fatalf("seed %d: heard twice: %s", seed, h)
			}
			last[h] = h
		}
	}
}
