package router

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tierline/bots"
	"tierline/router/oncall"
	"tierline/ticket"
)

// Notices about who is on call. What is due follows from the schedules, so nothing is stored but up to
// when people were told: a mark that moves in the commit of the jobs that tell them. A gateway that was
// down tells what is still of use, once.
const (
	rosterMark  = "roster-notices"
	gapAhead    = 7 * 24 * time.Hour  // leads hear of a gap so long before
	gapLength   = 62 * 24 * time.Hour // and how long it is, up to this
	catchUp     = 15 * 24 * time.Hour // what was due longer ago is not told any more
	lookEvery   = time.Hour           // a configuration may have changed
	maxGapLines = 20
)

// rosterState is the mark: up to when people were told, and of which gaps.
type rosterState struct {
	At   time.Time                       `json:"at"`
	Gaps map[string][]ticket.RosterShift `json:"gaps,omitempty"` // by tier
}

// rosterTick has people told what is due, and looks again when something is due next.
func (w *Jobs) rosterTick(ctx context.Context, j ticket.Job) error {
	now := w.Desk.Now().Truncate(time.Microsecond)
	was, err := w.store().Cursor(ctx, rosterMark)
	if err != nil {
		return err
	}
	state := rosterState{}
	if json.Unmarshal([]byte(was), &state) != nil || state.At.IsZero() {
		state = rosterState{At: now}
	}
	state.At = maxTime(state.At, now.Add(-catchUp))
	if state.At.After(now) { // another gateway's clock is ahead
		now = state.At
	}
	r, err := w.store().Roster(ctx, state.At)
	if err != nil {
		return err
	}
	tick := rosterDue{d: w.Desk, from: state.At, now: now, next: now.Truncate(lookEvery).Add(lookEvery), gaps: map[string][]ticket.RosterShift{}}
	for _, t := range w.Desk.Config().tiers() {
		if s := w.Desk.schedule(t.Name, r.Changes); !s.Empty() {
			tick.shifts(t, s)
			tick.warn(t, s, state.Gaps[t.Name])
		}
	}
	is, err := json.Marshal(rosterState{At: now, Gaps: tick.gaps})
	if err != nil {
		return err
	}
	return w.store().Pass(ctx, j, ticket.Mark{Name: rosterMark, Was: was, Now: string(is)}, append(tick.jobs, ticket.RosterTick(tick.next))...)
}

// rosterDue gathers what is due after from and up to now, and when something is due next.
type rosterDue struct {
	d         *Desk
	from, now time.Time
	next      time.Time
	jobs      []ticket.Job
	gaps      map[string][]ticket.RosterShift
}

// due says that a moment has come since people were told last; one to come is looked at then.
func (r *rosterDue) due(at time.Time) bool {
	if at.After(r.now) && at.Before(r.next) {
		r.next = at
	}
	return at.After(r.from) && !at.After(r.now)
}

// shifts tells of those that come. What those get that begin is a digest (digestshift.go).
func (r *rosterDue) shifts(t Tier, s oncall.Schedule) {
	notices := t.OnCall.Notices()
	ahead := lookEvery
	if len(notices) > 0 {
		ahead += notices[0]
	}
	title := t.view().Title
	for _, shift := range s.Whole(r.from, r.now.Add(ahead), rosterIn) {
		n := ticket.RosterTold{To: shift.Person, Tier: t.Name, Shift: ticket.RosterShift(shift)}
		key := fmt.Sprintf("%s:%d", t.Name, shift.From.Unix())
		if !shift.From.After(r.now) {
			continue
		}
		soonest := time.Duration(0)
		for _, d := range notices {
			if r.due(shift.From.Add(-d)) {
				soonest = d
			}
		}
		if soonest > 0 {
			n.Text = "You are on call for " + title
			n.Lines = []ticket.RosterLine{{From: shift.From, To: shift.To}}
			r.jobs = append(r.jobs, ticket.RosterTell(n, fmt.Sprintf("notice:%s:%d", key, soonest/time.Second)))
		}
	}
}

// warn tells leads of gaps that they have not heard of.
func (r *rosterDue) warn(t Tier, s oncall.Schedule, warned []ticket.RosterShift) {
	known := slices.DeleteFunc(slices.Clone(warned), func(g ticket.RosterShift) bool { return !g.To.After(r.now) })
	var fresh []ticket.RosterLine
	for _, g := range shiftsOf(s.Gaps(r.now, r.now.Add(gapAhead+gapLength))) {
		if enters := g.From.Add(-gapAhead); enters.After(r.now) {
			r.due(enters)
			break
		}
		if slices.ContainsFunc(known, func(k ticket.RosterShift) bool { return !g.From.Before(k.From) && !g.To.After(k.To) }) {
			continue
		}
		known = append(known, g)
		fresh = append(fresh, ticket.RosterLine{From: g.From, To: g.To})
	}
	r.gaps[t.Name] = known
	if len(fresh) == 0 {
		return
	}
	text := "Nobody is on call for " + t.view().Title
	if then := t.OnCall.Then; len(then) > 0 {
		var names []string
		for _, a := range r.d.agents(then) {
			names = append(names, a.Name)
		}
		text += " (a page would ring " + strings.Join(names, ", then ") + ")"
	}
	if more := len(fresh) - maxGapLines; more > 0 {
		fresh = append(fresh[:maxGapLines], ticket.RosterLine{Text: fmt.Sprintf("and %d more", more)})
	}
	for _, a := range r.d.leads(t.Name) {
		n := ticket.RosterTold{To: a.ID, Tier: t.Name, Text: text, Lines: fresh}
		r.jobs = append(r.jobs, ticket.RosterTell(n, fmt.Sprintf("gap:%s:%d:%d", t.Name, r.now.UnixMicro(), fresh[0].From.Unix())))
	}
}

// rosterTell tells one person, unless what it is about is no longer so.
func (w *Jobs) rosterTell(ctx context.Context, j ticket.Job) error {
	n, err := j.RosterTold()
	if err != nil {
		return err
	}
	to := w.Desk.agent(n.To)
	ok, err := w.stillSo(ctx, n)
	if err != nil {
		return err
	}
	if w.Bot == nil || !ok || len(to.Roles) == 0 {
		return w.store().Finish(ctx, j)
	}
	err = w.Bot.Tell(ctx, bots.Notice{To: to, Text: n.Text, Lines: n.Lines, Change: n.Change, Buttons: n.Buttons, Key: j.Unique}, j.Attempts > 1)
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.NotFound) { // they have no account there
		w.Log.Warn("somebody cannot be told about who is on call", "agent", n.To, "error", err)
		err = nil
	}
	if err != nil {
		return err
	}
	return w.store().Finish(ctx, j)
}

// stillSo says whether a notice is still true.
func (w *Jobs) stillSo(ctx context.Context, n ticket.RosterTold) (bool, error) {
	if len(n.Buttons) > 0 {
		c, err := w.store().RosterChange(ctx, n.Change)
		if err != nil || c.State != ticket.RosterAsked || !c.To.After(w.Desk.Now()) {
			return false, err
		}
	}
	if !n.Shift.To.IsZero() {
		s, err := w.Desk.rosterSince(ctx, n.Tier, n.Shift.From)
		if err != nil || !n.Shift.To.After(w.Desk.Now()) || !slices.Contains(s.On(n.Shift.From), n.To) {
			return false, err
		}
	}
	return true, nil
}
