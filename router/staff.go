package router

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"tierline/ticket"
)

// How tickets are handed out.
const (
	maxAgain   = 6                   // decisions on one ticket that others were faster than, before it is left for a while
	maxHanded  = 25                  // tickets that one job hands out; more are the work of the next
	customers  = 10                  // tickets of a customer among which the last with an owner is looked for
	rememberIn = 90 * 24 * time.Hour // who had a customer's ticket knows them for so long
)

// assign finds an owner for a ticket, or sees whether its owner is there.
func (w *Jobs) assign(ctx context.Context, j ticket.Job) error {
	return w.Desk.settle(ctx, j.Ticket, j)
}

// staff looks after somebody: they are handed what they can take, or what they cannot do is taken back. It does
// what is right as of now, whenever and however often it comes.
func (w *Jobs) staff(ctx context.Context, j ticket.Job) error {
	agent, err := j.Staff()
	if err != nil {
		return err
	}
	at, err := w.Desk.attendance(ctx)
	if err != nil {
		return err
	}
	if err := w.Desk.takeBack(ctx, at, agent); err != nil {
		return err
	}
	more, err := w.Desk.handOut(ctx, at, agent)
	if err != nil {
		return err
	}
	if more {
		if err := w.store().Enqueue(ctx, ticket.StaffJob(agent, time.Time{})); err != nil {
			return err
		}
	}
	return w.store().Finish(ctx, j)
}

// settle decides on one ticket and does it: as often as others are faster. job, if there is one, is done with it.
func (d *Desk) settle(ctx context.Context, id ticket.ID, job ticket.Job) error {
	var err error
	for range maxAgain {
		var t ticket.Ticket
		var at attendance
		if at, err = d.attendance(ctx); err != nil {
			return err
		}
		if t, err = d.Store.Ticket(ctx, id); err != nil {
			return err
		}
		a, ok, e := d.offer(ctx, at, t)
		if e != nil {
			return e
		}
		if !ok {
			if job.ID == 0 {
				return nil
			}
			return d.Store.Finish(ctx, job)
		}
		a.Job = job
		if _, err = d.Store.Act(ctx, a); ticket.KindOf(err) != ticket.Conflict {
			return err
		}
	}
	// Somebody is always faster, or the job is another's by now: then giving it back says so.
	return ticket.E("router.assign", ticket.Transient, err)
}

// offer is what is to be done about who owns a ticket; false: nothing.
func (d *Desk) offer(ctx context.Context, at attendance, t ticket.Ticket) (a ticket.Action, ok bool, err error) {
	tier := d.tier(t.Tier)
	if t.State.Done() || t.Tier == "" {
		return a, false, nil
	}
	a = ticket.Action{Kind: ticket.ActHandOut, Ticket: t.ID, Rev: t.Rev, By: ticket.Gateway, Tier: t.Tier, Offer: &ticket.Offer{From: t.Owner}}
	gone := ""
	if t.Owner != "" {
		if gone = d.gone(at, t, tier); gone == "" {
			return a, false, nil
		}
	} else if !tier.hands() || !t.Acted() {
		return a, false, nil
	}
	best, none := Fit{}, "waits: people take what they do"
	if tier.hands() {
		if best, none, err = d.find(ctx, at, t, tier); err != nil {
			return a, false, err
		}
	}
	a.Owner, a.Reason, a.Offer.Room, a.Offer.Turn = best.Agent.ID, cmp.Or(best.Why, none), best.most(), best.Last
	if gone != "" {
		a.Text = "Taken back: " + d.agent(t.Owner).Name + " " + gone + "."
		if a.Owner != "" {
			a.Text += " " + best.Agent.Name + " has it now: " + best.Why + "."
		} else {
			a.Text += " It is in the queue: " + none + "."
		}
	}
	return a, true, nil
}

// gone says why a ticket is to be taken back from its owner, in words that follow their name; "" when it is not.
func (d *Desk) gone(at attendance, t ticket.Ticket, tier Tier) string {
	owner := d.agent(t.Owner)
	if len(owner.Roles) == 0 {
		return "does not work here any more"
	}
	mode := cmp.Or(at.conf.Presence.TakeBack, TakeBackDue)
	s := at.of(owner, tier)
	if mode == TakeBackNone || s.Here || !s.Gone {
		return ""
	}
	due := dueOf(t)
	switch {
	case mode == TakeBackAll && (t.Acted() || !due.IsZero()), !due.IsZero() && (s.Back.IsZero() || due.Before(s.Back)):
		return s.Why
	}
	return ""
}

// dueOf is when something of a ticket is due first, or was; zero when nothing is.
func dueOf(t ticket.Ticket) (due time.Time) {
	earliest := func(at time.Time) {
		if !at.IsZero() && (due.IsZero() || at.Before(due)) {
			due = at
		}
	}
	for _, c := range t.Clocks {
		if c.Running() && c.Kind != ticket.ClockSupplier {
			earliest(c.Due)
		}
	}
	for _, p := range t.OpenPromises() {
		earliest(p.Due)
	}
	return due
}

// find is who of a tier gets a ticket.
func (d *Desk) find(ctx context.Context, at attendance, t ticket.Ticket, tier Tier) (Fit, string, error) {
	w, list, err := d.candidates(ctx, at, t, tier)
	if err != nil {
		return Fit{}, "", err
	}
	best, none := w.Find(list) // an owner who is gone is not here, and what they know is still known of
	return best, none, nil
}

// candidates are the people of a tier as candidates for a ticket.
func (d *Desk) candidates(ctx context.Context, at attendance, t ticket.Ticket, tier Tier) (Want, []Candidate, error) {
	w := Want{How: tier.Assign, Tier: tier.view().Title, Language: t.Language, Skills: t.Skills}
	members := at.conf.members(tier)
	ids := []string{}
	for _, a := range members {
		ids = append(ids, a.ID)
	}
	loads, err := d.Store.Workloads(ctx, tier.Name, ids)
	if err != nil {
		return w, nil, err
	}
	knows, err := d.knows(ctx, t, ids)
	if err != nil {
		return w, nil, err
	}
	former := formerOf(t)
	var list []Candidate
	for _, a := range members {
		s, l := at.of(a, tier), loads[a.ID]
		c := Candidate{Agent: a, Here: s.Here, Absent: s.Why, Open: l.Open, Waiting: l.Waiting, Room: cmp.Or(a.Capacity, tier.Capacity), Last: l.Last,
			Knows: a.ID == knows, Former: 1 + slices.Index(former, a.ID)}
		if c.Agent.ID == t.Owner && t.Acted() {
			c.Open--
		}
		list = append(list, c)
	}
	return w, list, nil
}

// formerOf are those who owned a ticket, the last one first; who handed it over to another tier is among them.
func formerOf(t ticket.Ticket) []string {
	former := t.Former
	if h := t.Handoff; h != nil && h.Owner != "" && !slices.Contains(former, h.Owner) {
		former = append(slices.Clone(former), h.Owner)
	}
	return former
}

// knows is who of some had the last ticket of the customer that one of them had.
func (d *Desk) knows(ctx context.Context, t ticket.Ticket, ids []string) (string, error) {
	if t.Customer == 0 || len(ids) < 2 {
		return "", nil
	}
	list, err := d.Store.Tickets(ctx, ticket.Filter{Customer: t.Customer, Since: d.Now().Add(-rememberIn), Limit: customers})
	for _, k := range list {
		if k.ID != t.ID && slices.Contains(ids, k.Owner) {
			return k.Owner, err
		}
	}
	return "", err
}

// takeBack takes from somebody what cannot wait until they are back. It is done ticket by ticket, each in its own
// commit: what a crash leaves is done by the next try.
func (d *Desk) takeBack(ctx context.Context, at attendance, agent string) error {
	a := d.agent(agent)
	if len(a.Roles) > 0 && !slices.ContainsFunc(at.conf.Tiers, func(t Tier) bool { return at.of(a, t).Gone }) {
		return nil
	}
	var faults []error
	f := ticket.Filter{Owner: agent, States: []ticket.State{ticket.New, ticket.Open, ticket.Pending, ticket.OnHold}, Limit: ticket.MaxPage}
	for {
		list, err := d.Store.Tickets(ctx, f)
		if err != nil {
			return err
		}
		for _, t := range list {
			if d.gone(at, t, d.tier(t.Tier)) != "" {
				faults = append(faults, d.settle(ctx, t.ID, ticket.Job{}))
			}
			f.After = t.ID
		}
		if len(list) < f.Limit {
			return errors.Join(faults...)
		}
	}
}

// handOut hands out what waits in the tiers of somebody who has room, what is due first in front, to whoever
// fits best. more says that there is more to hand out than one job does.
func (d *Desk) handOut(ctx context.Context, at attendance, agent string) (more bool, err error) {
	done := 0
	for _, tier := range at.conf.tiers() {
		if !tier.hands() || !slices.ContainsFunc(at.conf.members(tier), func(a ticket.Agent) bool { return a.ID == agent }) {
			continue
		}
		var n int
		if n, err = d.handOutTier(ctx, at, tier, maxHanded-done); err != nil {
			return false, err
		}
		if done += n; done >= maxHanded {
			return true, nil
		}
	}
	return false, nil
}

// handOutTier hands out at most so many, as long as somebody of the tier can take any. What nobody who is here
// can take is passed over.
func (d *Desk) handOutTier(ctx context.Context, at attendance, tier Tier, most int) (done int, err error) {
	waiting, err := d.Store.Waiting(ctx, tier.Name, ticket.MaxPage)
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	sortByDue(waiting)
	free, err := d.free(ctx, at, tier)
	for _, t := range waiting {
		if err != nil || len(free) == 0 || done >= most {
			return done, err
		}
		w := Want{Skills: t.Skills}
		if !slices.ContainsFunc(free, func(c Candidate) bool { return len(w.lacks(c.Agent)) == 0 }) {
			continue
		}
		if err = d.settle(ctx, t.ID, ticket.Job{}); err == nil {
			done++
			free, err = d.free(ctx, at, tier)
		}
	}
	return done, err
}

// free are those of a tier who are here and can take another ticket.
func (d *Desk) free(ctx context.Context, at attendance, tier Tier) ([]Candidate, error) {
	_, list, err := d.candidates(ctx, at, ticket.Ticket{}, tier)
	return slices.DeleteFunc(list, func(c Candidate) bool { return !c.Here || !c.room() }), err
}

// sortByDue puts what is due first in front, then what is more urgent, then what is older.
func sortByDue(list []ticket.Ticket) {
	slices.SortStableFunc(list, func(a, b ticket.Ticket) int {
		return cmp.Or(compareDue(dueOf(a), dueOf(b)), cmp.Compare(urgency(b.Priority), urgency(a.Priority)), cmp.Compare(a.ID, b.ID))
	})
}

func compareDue(a, b time.Time) int {
	return cmp.Or(first(!a.IsZero(), !b.IsZero()), a.Compare(b))
}

func urgency(p ticket.Priority) int {
	return slices.Index([]ticket.Priority{ticket.Low, ticket.Normal, ticket.High, ticket.Urgent}, p)
}
