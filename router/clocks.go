package router

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Clocks are how much open time things may take. What is 0 is not measured.
type Clocks struct {
	First      time.Duration `yaml:"first"`      // until staff answers for the first time
	Next       time.Duration `yaml:"next"`       // until each later message of the customer is answered
	Resolution time.Duration `yaml:"resolution"` // until it is solved, but for the time in which others are waited for
	Tier       time.Duration `yaml:"tier"`       // until it leaves the tier
	Queue      time.Duration `yaml:"queue"`      // until somebody owns it; without one the longest of the others holds while none of them runs
}

const (
	defaultClocks = "default"
	defaultWarn   = 0.8
)

// over is what an override says, else what stood.
func (c Clocks) over(o Clocks) Clocks {
	return Clocks{First: cmp.Or(o.First, c.First), Next: cmp.Or(o.Next, c.Next), Resolution: cmp.Or(o.Resolution, c.Resolution),
		Tier: cmp.Or(o.Tier, c.Tier), Queue: cmp.Or(o.Queue, c.Queue)}
}

func (t Tier) checkClocks(at check.At) {
	for _, name := range slices.Sorted(maps.Keys(t.Clocks)) {
		here := at.Key("clocks").Key(name)
		if name != defaultClocks && !ticket.Priority(name).Valid() {
			here.Error("default, or a priority: low, normal, high, urgent", "%.20q is no priority", name)
		}
		c := t.Clocks[name]
		if min(c.First, c.Next, c.Resolution, c.Tier, c.Queue) < 0 {
			here.Error("a duration such as 4h", "time does not run backwards")
		}
	}
	if t.Warn < 0 || t.Warn >= 1 {
		at.Key("warn").Error("a share such as 0.8", "%v is no share of the time", t.Warn)
	}
	t.Updates.check(at.Key("updates"))
	if err := t.Hours.Check(); err != nil {
		at.Key("hours").Error("week: {mon: \"09:00-17:30\"}", "%v", err)
	}
}

// policy says what is due to tickets, by tier, priority and opening hours.
type policy struct {
	lowest string
	tiers  map[string]tierPolicy
	brands map[string]ticket.Calendar

	suppliers map[string]supplierPolicy
	staffed   bool // some tier hands out its tickets
}

type tierPolicy struct {
	clocks map[ticket.Priority]Clocks
	warn   float64
	hours  *ticket.Calendar // nil: the brand's

	updates map[ticket.Priority]time.Duration
	notice  time.Duration
	quiet   ticket.Calendar
	hands   bool // what has no owner
}

func newPolicy(c Config) (*policy, error) {
	p := &policy{tiers: map[string]tierPolicy{}, brands: map[string]ticket.Calendar{}}
	for i, b := range c.Brands {
		cal, err := b.Hours.Calendar()
		if err != nil {
			return nil, err
		}
		p.brands[b.Name] = cal
		if i == 0 {
			p.brands[""] = cal
		}
	}
	if err := p.addSuppliers(c.Suppliers); err != nil {
		return nil, err
	}
	for _, t := range c.Tiers {
		tp := tierPolicy{clocks: map[ticket.Priority]Clocks{}, updates: map[ticket.Priority]time.Duration{}, warn: cmp.Or(t.Warn, defaultWarn), hands: t.hands()}
		p.staffed = p.staffed || tp.hands
		for _, prio := range []ticket.Priority{ticket.Low, ticket.Normal, ticket.High, ticket.Urgent} {
			tp.clocks[prio] = t.Clocks[defaultClocks].over(t.Clocks[string(prio)])
			tp.updates[prio] = t.Updates.every(prio)
		}
		tp.notice = t.Updates.notice()
		var err error
		if tp.quiet, err = t.Updates.Hours.Calendar(); err != nil {
			return nil, err
		}
		if len(t.Hours.Week)+len(t.Hours.Holidays) > 0 {
			cal, err := t.Hours.Calendar()
			if err != nil {
				return nil, err
			}
			tp.hours = &cal
		}
		p.tiers[t.Name] = tp
	}
	if len(c.Tiers) > 0 {
		p.lowest = c.tiers()[0].Name
	}
	return p, nil
}

// Targets is what is due to a ticket.
func (p *policy) Targets(t *ticket.Ticket) ticket.Targets {
	tier, ok := p.tiers[t.Tier]
	if !ok {
		tier = p.tiers[p.lowest]
	}
	c := tier.clocks[t.Priority]
	if a := t.Allow; a != nil { // a rule has given it its own
		c = c.over(Clocks{First: a.First, Next: a.Next, Resolution: a.Resolution, Tier: a.Tier})
	}
	g := ticket.Targets{First: c.First, Next: c.Next, Resolution: c.Resolution, Tier: c.Tier, Warn: tier.warn, Calendar: p.brands[t.Brand]}
	if tier.hours != nil {
		g.Calendar = *tier.hours
	}
	g.Updates, g.UpdateNotice, g.Quiet = tier.updates[t.Priority], tier.notice, tier.quiet
	p.supplierTarget(t, &g)
	g.Queue, g.HandsOut, g.Staffed = c.queue(t), tier.hands && ok, p.staffed
	return g
}

// queue is how long the ticket may be nobody's. Where nothing is said of it, no ticket is nobody's without
// any clock: the longest of the others holds for one on which none of them runs.
func (c Clocks) queue(t *ticket.Ticket) time.Duration {
	waits := t.State == ticket.Pending || t.State == ticket.OnHold
	switch {
	case c.Queue > 0:
		return c.Queue
	case !waits && c.Resolution+c.Tier > 0, c.First > 0 && t.LastAgent.IsZero(),
		c.Next > 0 && !t.LastAgent.IsZero() && t.LastCustomer.After(t.LastAgent):
		return 0
	}
	return max(c.First, c.Next, c.Resolution, c.Tier)
}

// heard notes that a clock's time has come.
func (w *Jobs) heard(ctx context.Context, j ticket.Job) error {
	a, err := j.Heard()
	if err != nil {
		return err
	}
	_, err = w.store().Act(ctx, a)
	return err
}
