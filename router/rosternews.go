package router

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tierline/router/oncall"
	"tierline/ticket"
)

// rosterNews tells people of one step of a change: who is asked, who has asked, and whose shifts it
// touches. Who did it knows.
func (w *Jobs) rosterNews(ctx context.Context, j ticket.Job) error {
	c, err := w.store().RosterChange(ctx, int64(j.Seq))
	if err != nil {
		return err
	}
	if j.Step < 1 || j.Step > len(c.Log) {
		return w.store().Finish(ctx, j)
	}
	r, err := w.store().Roster(ctx, w.Desk.Now())
	if err != nil {
		return err
	}
	n := rosterNews{d: w.Desk, c: c, step: c.Log[j.Step-1], all: r.Changes, now: w.Desk.Now(), told: map[string]bool{}}
	n.told[n.step.By.ID] = n.step.By.Kind == ticket.ByAgent
	n.write()
	for i := range n.list {
		n.jobs = append(n.jobs, ticket.RosterTell(n.list[i], fmt.Sprintf("change:%d:%d", c.ID, j.Step)))
	}
	return w.store().Pass(ctx, j, ticket.Mark{}, n.jobs...)
}

type rosterNews struct {
	d    *Desk
	c    ticket.RosterChange
	step ticket.RosterStep
	all  []ticket.RosterChange
	now  time.Time
	told map[string]bool
	list []ticket.RosterTold
	jobs []ticket.Job
}

func (n *rosterNews) tell(to, text string, lines []ticket.RosterLine, buttons ...ticket.RosterDo) {
	if to == "" || n.told[to] {
		return
	}
	n.told[to] = true
	if reason := n.step.Reason; reason != "" {
		lines = append(lines, ticket.RosterLine{Text: "“" + reason + "”"})
	}
	t := ticket.RosterTold{To: to, Text: text, Lines: lines, Tier: n.c.Tier, Buttons: buttons}
	if len(buttons) > 0 {
		t.Change = n.c.ID
	}
	n.list = append(n.list, t)
}

func (n *rosterNews) title() string { return n.d.tier(n.c.Tier).view().Title }

func (n *rosterNews) name(id string) string { return n.d.agent(id).Name }

func (n *rosterNews) by() string {
	if n.step.By.Name != "" {
		return n.step.By.Name
	}
	return n.step.By.ID
}

func (n *rosterNews) write() {
	c := n.c
	mine := []ticket.RosterLine{{From: c.From, To: c.To}}
	switch n.step.What {
	case ticket.RosterAsk:
		if c.State == ticket.RosterAsked {
			n.asked(mine)
		}
	case ticket.RosterAgree:
		n.tell(c.Person, n.by()+" agrees to the swap for "+n.title(), n.swapLines(c.Person))
		n.tell(c.By.ID, n.by()+" agrees to the swap for "+n.title(), n.swapLines(c.Person))
	case ticket.RosterTake:
		n.tell(c.Person, n.by()+" has taken your shift for "+n.title(), mine)
		text := n.by() + " has taken the shift of " + n.name(c.Person) + " for " + n.title()
		n.tell(c.By.ID, text, mine)
		n.settled(text, mine)
	case ticket.RosterDecline:
		text := n.by() + " does not swap shifts for " + n.title()
		if c.Kind == ticket.RosterCover {
			text = n.by() + " cannot take the shift for " + n.title()
		}
		n.tell(c.Person, text, mine)
		n.tell(c.By.ID, text, mine)
	case ticket.RosterWithdraw:
		if c.Stood.IsZero() {
			n.tell(c.With, n.by()+" no longer asks you to be on call for "+n.title(), mine)
			n.settled(n.by()+" no longer looks for somebody to take the shift for "+n.title(), mine)
			return
		}
	}
	if c.Counts() || n.step.What == ticket.RosterWithdraw {
		n.touched()
	}
	if c.Kind == ticket.RosterOff { // by a lead, when they have no shift then
		n.tell(c.Person, n.offText(), mine)
	}
}

// offText tells somebody whom a lead has kept off call, or no longer does.
func (n *rosterNews) offText() string {
	if n.step.What == ticket.RosterWithdraw {
		return n.by() + " has taken back that you are not on call"
	}
	return n.by() + " has said that you are not on call"
}

// asked brings a request to those who can say yes.
func (n *rosterNews) asked(mine []ticket.RosterLine) {
	c := n.c
	if c.Reason != "" {
		mine = append(mine, ticket.RosterLine{Text: "“" + c.Reason + "”"})
	}
	switch {
	case c.Kind == ticket.RosterSwap:
		lines := n.swapLines(c.With)
		if c.Reason != "" {
			lines = append(lines, ticket.RosterLine{Text: "“" + c.Reason + "”"})
		}
		n.tell(c.With, n.name(c.Person)+" asks to swap shifts for "+n.title()+" with you", lines, ticket.RosterAgree, ticket.RosterDecline)
	case c.With != "":
		n.tell(c.With, n.name(c.Person)+" asks you to take a shift for "+n.title(), mine, ticket.RosterTake, ticket.RosterDecline)
	default:
		for _, p := range n.able() {
			n.tell(p, n.name(c.Person)+" looks for somebody to take a shift for "+n.title(), mine, ticket.RosterTake)
		}
	}
	if c.Kind == ticket.RosterSwap { // a lead has asked for them
		n.tell(c.Person, n.by()+" offers your shift for "+n.title()+" in a swap with "+n.name(c.With), n.swapLines(c.Person))
		return
	}
	n.tell(c.Person, n.by()+" asks for somebody to take your shift for "+n.title(), mine)
}

// able are those of the tier's team who can take the shift.
func (n *rosterNews) able() (list []string) {
	c, s := n.c, n.d.schedule(n.c.Tier, n.all)
	for _, p := range n.d.rosterTeam(c.Tier) {
		if p != c.Person && !s.IsOff(p, c.From, c.To) && onFor(s, p, c.From, c.To) == 0 {
			list = append(list, p)
		}
	}
	return list
}

// settled tells those who were asked, and need not think about it any more.
func (n *rosterNews) settled(text string, mine []ticket.RosterLine) {
	if n.c.All {
		for _, p := range n.able() {
			n.tell(p, text, mine)
		}
	}
}

// swapLines are the shifts of a swap as one of the two sees them.
func (n *rosterNews) swapLines(who string) []ticket.RosterLine {
	c := n.c
	gives, takes := ticket.RosterLine{Text: "You give", From: c.From, To: c.To}, ticket.RosterLine{Text: "You take", From: c.BackFrom, To: c.BackTo}
	if who == c.With {
		gives.From, gives.To, takes.From, takes.To = takes.From, takes.To, gives.From, gives.To
	}
	return []ticket.RosterLine{gives, takes}
}

// touched tells those whose shifts are others than they would have been without the change.
func (n *rosterNews) touched() {
	c := n.c
	without := slices.DeleteFunc(slices.Clone(n.all), func(o ticket.RosterChange) bool { return o.ID == c.ID })
	before, after := without, n.all
	if n.step.What == ticket.RosterWithdraw {
		stood := c
		stood.State, stood.Ended = ticket.RosterStands, time.Time{}
		before, after = append(slices.Clone(without), stood), without
	}
	spans := [][2]time.Time{{maxTime(c.From, n.now), c.To}}
	if c.Kind == ticket.RosterSwap {
		spans = append(spans, [2]time.Time{maxTime(c.BackFrom, n.now), c.BackTo})
	}
	lines := map[string][]ticket.RosterLine{}
	var people []string
	for _, t := range n.d.Config().tiers() {
		if c.Tier != "" && c.Tier != t.Name {
			continue
		}
		title := t.view().Title
		note := func(p, text string, shift oncall.Shift) {
			if lines[p] == nil {
				people = append(people, p)
			}
			lines[p] = append(lines[p], ticket.RosterLine{Text: text + " for " + title, From: shift.From, To: shift.To})
		}
		a, b := n.d.schedule(t.Name, before), n.d.schedule(t.Name, after)
		for _, span := range spans {
			old, now := a.Shifts(span[0], span[1]), b.Shifts(span[0], span[1])
			for _, shift := range oncall.Less(now, old) {
				note(shift.Person, "You are on call", shift)
			}
			for _, shift := range oncall.Less(old, now) {
				note(shift.Person, "You are not on call any more", shift)
			}
		}
	}
	for _, p := range people {
		text, list := n.by()+" has changed your shifts", lines[p]
		if c.Kind == ticket.RosterOff && p == c.Person {
			text, list = n.offText(), append([]ticket.RosterLine{{From: c.From, To: c.To}}, list...)
		}
		n.tell(p, text, list)
	}
}
