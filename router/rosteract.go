package router

import (
	"context"
	"slices"
	"time"

	"tierline/bots"
	"tierline/router/oncall"
	"tierline/ticket"
)

// rosterTries is how often somebody decides anew because others were faster.
const rosterTries = 8

// maxCovers is how many stretches of one block-out are asked to be covered.
const maxCovers = 50

// ActRoster does what an agent wants with who is on call; see [bots.Rosters].
func (d *Desk) ActRoster(ctx context.Context, by ticket.Agent, a ticket.RosterAction) (ticket.RosterChange, error) {
	if err := staff(by); err != nil {
		return ticket.RosterChange{}, err
	}
	a.By = by.Actor()
	return d.changeRoster(ctx, a, func(tier string) bool { return d.rosterLead(by, tier) })
}

// ActRosterKey does it for a program with a key of the API: it may do what a lead may, but nobody's yes is
// its to say.
func (d *Desk) ActRosterKey(ctx context.Context, by ticket.Actor, a ticket.RosterAction) (ticket.RosterChange, error) {
	a.By = by
	return d.changeRoster(ctx, a, func(string) bool { return true })
}

// rosterLead says who decides on others' shifts: leads and supervisors, and who the tier names as its lead.
func (d *Desk) rosterLead(a ticket.Agent, tier string) bool {
	return a.Has(ticket.RightLead) == nil || tier != "" && slices.Contains(d.tier(tier).Leads, a.ID)
}

// changeRoster decides on the roster as it is, and decides again when it has changed before that was saved.
func (d *Desk) changeRoster(ctx context.Context, a ticket.RosterAction, lead func(tier string) bool) (ticket.RosterChange, error) {
	for try := 1; ; try++ {
		now := d.Now()
		r, err := d.Store.Roster(ctx, now)
		if err != nil {
			return ticket.RosterChange{}, err
		}
		var list []ticket.RosterChange
		if a.ID == 0 {
			a.Lead = lead(a.Change.Tier)
			list, err = d.beginRoster(a, r.Changes, now)
		} else {
			list, err = d.answerRoster(ctx, a, lead, r.Changes, now)
		}
		if err != nil {
			return d.doneBefore(ctx, a, err)
		}
		saved, err := d.Store.PutRoster(ctx, ticket.RosterEdit{Seen: r.Version, Changes: list, Key: a.Key})
		if ticket.KindOf(err) == ticket.Conflict && try < rosterTries {
			continue
		}
		if err != nil {
			return ticket.RosterChange{}, err
		}
		return saved[0], nil
	}
}

// doneBefore is what was done under the same key; what comes twice is not told that it cannot be done again.
func (d *Desk) doneBefore(ctx context.Context, a ticket.RosterAction, err error) (ticket.RosterChange, error) {
	if a.Key != "" {
		if saved, e := d.Store.PutRoster(ctx, ticket.RosterEdit{Seen: -1, Key: a.Key}); e == nil {
			return saved[0], nil
		}
	}
	return ticket.RosterChange{}, err
}

// beginRoster makes a change and asks the schedule whether it is one. The change itself comes first.
func (d *Desk) beginRoster(a ticket.RosterAction, all []ticket.RosterChange, now time.Time) ([]ticket.RosterChange, error) {
	c, err := ticket.BeginRoster(a, now)
	if err != nil {
		return nil, err
	}
	if err := d.rosterNames(c); err != nil {
		return nil, err
	}
	if c.Kind == ticket.RosterOff {
		return d.beginOff(c, all, now)
	}
	s := d.schedule(c.Tier, all)
	switch c.Kind {
	case ticket.RosterSwap:
		err = d.mayTrade(s, c)
	case ticket.RosterCover:
		err = d.mayAsk(s, &c, all)
	case ticket.RosterOverride:
		if c.With != "" && offWithin(all, c.Tier, c.With, c.From, c.To) {
			err = rosterNo("%s has said that they are not on call then.", d.agent(c.With).Name)
		}
	}
	return []ticket.RosterChange{c}, err
}

func rosterNo(format string, args ...any) error {
	return ticket.Errorf("router.ActRoster", ticket.Invalid, format, args...)
}

// rosterNames fails when a change names a tier or a person that there is not.
func (d *Desk) rosterNames(c ticket.RosterChange) error {
	if c.Tier != "" && !slices.ContainsFunc(d.Config().Tiers, func(t Tier) bool { return t.Name == c.Tier }) {
		return rosterNo("There is no tier %.60q.", c.Tier)
	}
	people := []string{c.Person, c.With}
	for _, s := range c.Shifts {
		people = append(people, s.Person)
	}
	for _, p := range people {
		if p != "" && len(d.agent(p).Roles) == 0 {
			return rosterNo("There is no agent %.60q.", p)
		}
	}
	return nil
}

// mayTrade fails when a swap would take somebody off, or put one person in two places: hours are kept.
func (d *Desk) mayTrade(s oncall.Schedule, c ticket.RosterChange) error {
	for _, side := range []struct {
		gives, takes string
		from, to     time.Time
	}{{c.Person, c.With, c.From, c.To}, {c.With, c.Person, c.BackFrom, c.BackTo}} {
		name, other := d.agent(side.gives).Name, d.agent(side.takes).Name
		switch {
		case onFor(s, side.gives, side.from, side.to) != side.to.Sub(side.from):
			return rosterNo("%s is not on call for all of that time, so it cannot be swapped.", name)
		case onFor(s, side.takes, side.from, side.to) != 0:
			return rosterNo("%s is on call then already, so they cannot take that shift of %s.", other, name)
		case s.IsOff(side.takes, side.from, side.to):
			return rosterNo("%s has said that they are not on call then.", other)
		}
	}
	return nil
}

// mayAsk fails when there is nothing to be covered, and narrows the request to what there is.
func (d *Desk) mayAsk(s oncall.Schedule, c *ticket.RosterChange, all []ticket.RosterChange) error {
	var mine []oncall.Shift
	for _, shift := range s.Shifts(c.From, c.To) {
		if shift.Person == c.Person {
			mine = append(mine, shift)
		}
	}
	if len(mine) == 0 {
		return rosterNo("%s is not on call then.", d.agent(c.Person).Name)
	}
	c.From, c.To = mine[0].From, mine[len(mine)-1].To
	for _, o := range all {
		if o.Kind == ticket.RosterCover && o.State == ticket.RosterAsked && o.Tier == c.Tier && o.Person == c.Person && o.From.Before(c.To) && c.From.Before(o.To) {
			return rosterNo("Cover for that time is asked for already.")
		}
	}
	if c.With != "" && onFor(s, c.With, c.From, c.To) != 0 {
		return rosterNo("%s is on call then already.", d.agent(c.With).Name)
	}
	return nil
}

// beginOff keeps somebody off call. Where they stay on all the same, because nobody else of the layer can
// or because they were put on by name, the team is asked for cover.
func (d *Desk) beginOff(c ticket.RosterChange, all []ticket.RosterChange, now time.Time) ([]ticket.RosterChange, error) {
	list := []ticket.RosterChange{c}
	for _, t := range d.Config().Tiers {
		if c.Tier != "" && c.Tier != t.Name {
			continue
		}
		s := d.schedule(t.Name, append(slices.Clone(all), c))
		for _, shift := range s.Shifts(maxTime(c.From, now), c.To) {
			if shift.Person != c.Person || len(list) > maxCovers {
				continue
			}
			ask := ticket.RosterAction{By: c.By, Lead: true, Change: ticket.RosterChange{Kind: ticket.RosterCover, Tier: t.Name, Person: c.Person,
				From: shift.From, To: shift.To, Reason: c.Reason, Because: ticket.RosterFirst}}
			cover, err := ticket.BeginRoster(ask, now)
			if err != nil {
				return nil, err
			}
			if d.mayAsk(s, &cover, all) == nil { // else it is asked for already
				list = append(list, cover)
			}
		}
	}
	return list, nil
}

// answerRoster answers a change, and asks the schedule whether it still can be.
func (d *Desk) answerRoster(ctx context.Context, a ticket.RosterAction, lead func(string) bool, all []ticket.RosterChange, now time.Time) ([]ticket.RosterChange, error) {
	c, err := d.Store.RosterChange(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	a.Lead = lead(c.Tier)
	if err := c.Answer(a, now); err != nil {
		return nil, err
	}
	list := []ticket.RosterChange{c}
	switch a.Do {
	case ticket.RosterAgree, ticket.RosterTake:
		err = d.mayAnswer(c, all, now)
	case ticket.RosterWithdraw:
		for _, o := range all { // the cover that was asked for it is not wanted any more
			if o.Because == c.ID && o.State == ticket.RosterAsked && c.Kind == ticket.RosterOff {
				w := ticket.RosterAction{Do: ticket.RosterWithdraw, By: a.By, Lead: true}
				if err := o.Answer(w, now); err != nil {
					return nil, err
				}
				list = append(list, o)
			}
		}
	}
	return list, err
}

func (d *Desk) mayAnswer(c ticket.RosterChange, all []ticket.RosterChange, now time.Time) error {
	others := slices.DeleteFunc(slices.Clone(all), func(o ticket.RosterChange) bool { return o.ID == c.ID })
	s := d.schedule(c.Tier, others)
	if c.Kind == ticket.RosterSwap {
		return d.mayTrade(s, c)
	}
	from := maxTime(c.From, now)
	switch {
	case onFor(s, c.Person, from, c.To) == 0:
		return rosterNo("%s is not on call then any more: there is nothing to take.", d.agent(c.Person).Name)
	case onFor(s, c.With, from, c.To) != 0:
		return rosterNo("You are on call then already.")
	case !slices.Contains(d.rosterTeam(c.Tier), c.With):
		return ticket.Errorf("router.ActRoster", ticket.Denied, "Only people who can be on call for %s take its shifts.", d.tier(c.Tier).view().Title)
	}
	return nil
}

// rosterTeam are the agent ids of those who may be on call for a tier: of its schedule, its last resort and
// its members.
func (d *Desk) rosterTeam(tier string) (ids []string) {
	t := d.tier(tier)
	add := func(id string) {
		if !slices.Contains(ids, id) && len(d.agent(id).Roles) > 0 {
			ids = append(ids, id)
		}
	}
	for _, p := range d.schedule(tier, nil).People() {
		add(p)
	}
	for _, p := range t.OnCall.Then {
		add(p)
	}
	for _, a := range d.Members(tier) {
		add(a.ID)
	}
	return ids
}

// onFor is for how much of a time somebody is on call.
func onFor(s oncall.Schedule, person string, from, to time.Time) (d time.Duration) {
	for _, shift := range s.Shifts(from, to) {
		if shift.Person == person {
			d += shift.To.Sub(shift.From)
		}
	}
	return d
}

func offWithin(all []ticket.RosterChange, tier, person string, from, to time.Time) bool {
	off, _ := rosterOver(tier, all)
	return oncall.Schedule{}.With(off, nil).IsOff(person, from, to)
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

var _ bots.Rosters = (*Desk)(nil)
