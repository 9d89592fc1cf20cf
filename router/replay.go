package router

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"tierline/ticket"
)

// MaxReplay is how many tickets are replayed at the most, the newest first.
const MaxReplay = 10_000

const (
	replayPage  = 100 // tickets that are held at once
	firstEvents = 20  // of a ticket, among which the gateway's first decision is
)

// Replayed is a ticket of which rules think differently now.
type Replayed struct {
	Ticket  ticket.ID `json:"ticket"`
	Opened  time.Time `json:"opened"`
	Subject string    `json:"subject"`
	Before  Outcome   `json:"before"`
	After   Outcome   `json:"after"`
	Changes []string  `json:"changes"` // tier l1 → l2
	Rules   []string  `json:"rules"`   // that match after
}

// Summary is what a replay comes to.
type Summary struct {
	Tickets int            `json:"tickets"`         // that were replayed
	Left    bool           `json:"left"`            // there are more than MaxReplay; the oldest were left out
	Differ  int            `json:"differ"`          // of them
	Moves   map[string]int `json:"moves,omitempty"` // tickets by change of tier or priority: "tier l1 → l2"
	// Before and After are how many tickets each rule matches; Before is empty where there are no rules before.
	Before map[string]int `json:"before,omitempty"`
	After  map[string]int `json:"after,omitempty"`
}

// Replay tells what rules would have decided of the tickets opened since, and hands those of which they decide
// differently to each, newest first. Before are the rules to compare with; nil compares with the tier, queue and
// priority that the gateway gave them when they came in. Facts are those of [Desk.ExplainTicket]. Imported history and
// tickets that nobody has routed yet are left out. It only reads.
func (d *Desk) Replay(ctx context.Context, since time.Time, before, after *Rules, each func(Replayed) error) (Summary, error) {
	s := Summary{Moves: map[string]int{}, Before: map[string]int{}, After: map[string]int{}}
	filter := ticket.Filter{Since: since, Limit: replayPage}
	for {
		list, err := d.Store.Tickets(ctx, filter)
		if err != nil || len(list) == 0 {
			return s, err
		}
		for _, t := range list {
			filter.After = t.ID
			if t.Past || t.Tier == "" {
				continue
			}
			if s.Tickets == MaxReplay {
				s.Left = true
				return s, nil
			}
			r, ok, err := d.replay(ctx, t, before, after, &s)
			if err != nil {
				return s, err
			}
			if !ok || len(r.Changes) == 0 {
				continue
			}
			s.Differ++
			for _, c := range r.Changes {
				if strings.HasPrefix(c, "tier ") || strings.HasPrefix(c, "priority ") {
					s.Moves[c]++
				}
			}
			if err := each(r); err != nil {
				return s, err
			}
		}
	}
}

// replay is false for a ticket that was never routed.
func (d *Desk) replay(ctx context.Context, t ticket.Ticket, before, after *Rules, s *Summary) (Replayed, bool, error) {
	r := Replayed{Ticket: t.ID, Opened: t.Opened, Subject: t.Subject}
	if before == nil {
		events, err := d.Store.Events(ctx, t.ID, 0, firstEvents)
		if err != nil {
			return r, false, err
		}
		done := false
		for _, e := range events {
			if done = e.Kind == string(ticket.ActRoute); done {
				r.Before = Outcome{On: ticket.OnOpened, Tier: e.Data["tier"], Queue: e.Data["queue"], Priority: ticket.Priority(e.Data["priority"])}
				break
			}
		}
		if !done {
			return r, false, nil
		}
	}
	f, err := d.opening(ctx, t)
	if err != nil {
		return r, false, fmt.Errorf("%s: %w", t.ID, err)
	}
	s.Tickets++
	if before != nil {
		r.Before, _ = before.outcomeOf(f, s.Before)
	}
	r.After, r.Rules = after.outcomeOf(f, s.After)
	r.Changes = r.Before.changes(r.After, before != nil)
	return r, true, nil
}

// outcomeOf decides, and counts the rules that match.
func (r *Rules) outcomeOf(f Facts, count map[string]int) (Outcome, []string) {
	f.On = string(ticket.OnOpened)
	f.signals(r)
	var matched []string
	d := r.decide(f, func(rule compiled, _ Facts, ok bool, _ error) {
		if ok {
			matched = append(matched, rule.Name)
			count[rule.Name]++
		}
	})
	return outcome(d, f), matched
}

// compared are the parts that are known of what was done: tier, queue and priority.
const compared = 3

// changes names what another outcome has otherwise: where it went and how urgent it is, or all of it.
func (o Outcome) changes(n Outcome, all bool) []string {
	var list []string
	old, fresh := o.fields(), n.fields()
	for i, f := range old {
		if i >= compared && !all {
			break
		}
		if was, is := f[1], fresh[i][1]; was != is {
			list = append(list, strings.TrimSuffix(f[0], ":")+" "+cmp.Or(was, "none")+" → "+cmp.Or(is, "none"))
		}
	}
	return list
}
