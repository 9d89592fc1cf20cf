package simulation

import (
	"maps"
	"slices"
	"time"

	"tierline/ticket"
)

// Report is what came of a play. Durations are nanoseconds in JSON.
type Report struct {
	Scenario string    `json:"scenario"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Jobs     int       `json:"jobs"` // of the outbox that were done

	Contacts  map[string]int `json:"contacts"` // new ones, by channel
	Solved    int            `json:"solved"`   // of them at the end, closed ones included
	Open      int            `json:"open"`     // at the end
	Escalated int            `json:"escalated"`
	Told      int            `json:"told"`              // messages that customers had by themselves: that it has come in, how it stands
	Incidents int            `json:"incidents"`         // that were proposed: nobody opens them here
	Refused   map[string]int `json:"refused,omitempty"` // what people wanted and the gateway did not do, by what it said

	Clocks []ClockReport  `json:"clocks"` // by kind, tier and priority
	Queues []QueueReport  `json:"queues"` // by tier
	People []PersonReport `json:"people"`
	Pages  PageReport     `json:"pages"`

	queues map[string]*QueueReport
	rung   []time.Duration
}

// ClockReport is how one kind of clock did on the tickets that ended at a tier with a priority.
type ClockReport struct {
	Clock    ticket.ClockKind `json:"clock"`
	Tier     string           `json:"tier"`
	Priority ticket.Priority  `json:"priority"`
	Tickets  int              `json:"tickets"`
	Breached int              `json:"breached"`
	P50      time.Duration    `json:"p50"` // open time, of those that ended
	P90      time.Duration    `json:"p90"`
}

// QueueReport is how long the queue of a tier became: tickets that somebody is to act on, owned or not.
type QueueReport struct {
	Tier string    `json:"tier"`
	Most int       `json:"most"`
	At   time.Time `json:"at"`
	End  int       `json:"end"`
}

// PersonReport is what somebody did.
type PersonReport struct {
	Agent    string        `json:"agent"`
	Hours    time.Duration `json:"hours"`  // at work
	Worked   time.Duration `json:"worked"` // of them, and over them
	Goes     int           `json:"goes"`   // pieces of work
	Solved   int           `json:"solved"`
	Paged    int           `json:"paged"`
	AtNight  int           `json:"paged_at_night"` // of these, from 22:00 to 06:00
	Accepted int           `json:"accepted"`
	Declined int           `json:"declined"`
}

// PageReport is what became of pages.
type PageReport struct {
	Opened    int           `json:"opened"`
	Accepted  int           `json:"accepted"`
	Exhausted int           `json:"exhausted"` // nobody answered
	P50       time.Duration `json:"p50"`       // from the page to its acceptance
	P90       time.Duration `json:"p90"`
}

func newReport(s *Scenario, from, to time.Time) Report {
	return Report{Scenario: s.Name, From: from, To: to, Contacts: map[string]int{}, Refused: map[string]int{}, queues: map[string]*QueueReport{}}
}

func (r *Report) arrived(c contact) { r.Contacts[c.channel]++ }

func (r *Report) refused(k ticket.ActionKind, why string) { r.Refused[string(k)+": "+why]++ }

func (r *Report) rang(w *PersonReport, local time.Time) {
	w.Paged++
	if h := local.Hour(); h >= 22 || h < 6 {
		w.AtNight++
	}
}

func (r *Report) answered(w *PersonReport, after time.Duration) {
	w.Accepted++
	r.rung = append(r.rung, after)
}

// waiting notes how many tickets wait at each tier.
func (r *Report) waiting(now time.Time, open []*matter) {
	n := map[string]int{}
	for _, m := range open {
		if m.t.State == ticket.New || m.t.State == ticket.Open {
			n[m.t.Tier]++
		}
	}
	for tier, count := range n {
		q := r.queues[tier]
		if q == nil && tier != "" {
			q = &QueueReport{Tier: tier}
			r.queues[tier] = q
		}
		if q != nil && count > q.Most {
			q.Most, q.At = count, now.In(r.From.Location())
		}
	}
	for tier, q := range r.queues {
		q.End = n[tier]
	}
}

// finish counts what has become of everything.
func (p *play) finish() {
	r := &p.report
	type key struct {
		clock    ticket.ClockKind
		tier     string
		priority ticket.Priority
	}
	clocks := map[key]*ClockReport{}
	took := map[key][]time.Duration{}
	counted := map[*matter]bool{}
	for _, m := range p.matters {
		if counted[m] {
			continue // it went on in a ticket that follows it up
		}
		counted[m] = true
		if m.t.State.Done() {
			r.Solved++
		} else {
			r.Open++
		}
		r.Pages.Opened += m.t.LastPage
		for _, c := range m.t.Clocks {
			k := key{c.Kind, m.t.Tier, m.t.Priority}
			if clocks[k] == nil {
				clocks[k] = &ClockReport{Clock: c.Kind, Tier: m.t.Tier, Priority: m.t.Priority}
			}
			clocks[k].Tickets++
			if c.Breached {
				clocks[k].Breached++
			}
			if !c.Ended.IsZero() {
				took[k] = append(took[k], c.Used)
			}
		}
	}
	for k, c := range clocks {
		c.P50, c.P90 = shareOf(took[k], .5), shareOf(took[k], .9)
		r.Clocks = append(r.Clocks, *c)
	}
	slices.SortFunc(r.Clocks, func(a, b ClockReport) int {
		return slices.Compare([]string{string(a.Clock), a.Tier, string(a.Priority)}, []string{string(b.Clock), b.Tier, string(b.Priority)})
	})
	for _, tier := range slices.Sorted(maps.Keys(r.queues)) {
		r.Queues = append(r.Queues, *r.queues[tier])
	}
	for _, w := range p.people {
		if len(w.tiers) > 0 || w.report.Paged > 0 {
			r.People = append(r.People, *w.report)
		}
	}
	r.Pages.Accepted = len(r.rung)
	r.Pages.P50, r.Pages.P90 = shareOf(r.rung, .5), shareOf(r.rung, .9)
}

// shareOf is the least of all that so large a share of them does not exceed.
func shareOf(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[min(len(all)-1, int(share*float64(len(all))))]
}
