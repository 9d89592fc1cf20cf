package router

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"tierline/bots"
	"tierline/ticket"
)

// Attendance sees to it that what follows from the time of day and from what the desk's tool shows is done: jobs for
// the moments at which somebody's hours begin, or have been over for a while, and what the tool tells of presence
// and user groups.
//
// What happens when things fail: all that it does is written as jobs and presences, which two gateways may write
// twice to no harm; what it has missed while it did not run, it makes up for by looking after everybody when it
// starts, and now and then. While the tool does not answer, what it told last holds: members of a group stay
// members, also over a restart.
type Attendance struct {
	Desk    *Desk
	Tool    bots.Whereabouts // nil: there is none
	Changed <-chan struct{}  // the tool says that groups are others now; nil: they are asked for now and then only
	Cursors ticket.Cursors
	Log     *slog.Logger

	groups atomic.Pointer[map[string][]bots.Person]
}

const (
	sweepEvery   = 10 * time.Minute // everybody is looked after so often, whatever was missed
	groupsEvery  = 5 * time.Minute
	ahead        = 30 * time.Minute // hours that begin or end within this are written as jobs
	groupsCursor = "desk:groups"
)

// InGroup makes it the [Groups] of the desk: it tells what was known last.
func (a *Attendance) InGroup(group string, who ticket.Agent) bool {
	known := a.groups.Load()
	if known == nil {
		return false
	}
	for _, p := range (*known)[group] {
		if p.ID != "" && p.ID == who.Slack || p.Email != "" && strings.EqualFold(p.Email, who.Email) {
			return true
		}
	}
	return false
}

// Run works until ctx ends.
func (a *Attendance) Run(ctx context.Context) error {
	a.recall(ctx)
	var swept, grouped time.Time
	for ctx.Err() == nil {
		now := a.Desk.Now()
		if now.Sub(grouped) >= groupsEvery {
			if a.learn(ctx) {
				swept = time.Time{} // somebody has come into a team, or left it
			}
			grouped = now
		}
		a.look(ctx)
		if now.Sub(swept) >= sweepEvery {
			a.sweep(ctx)
			swept = now
		}
		a.boundaries(ctx)
		if a.wait(ctx, a.Desk.Config().Presence.poll()) {
			swept = time.Time{}
		}
	}
	return nil
}

// wait lets time pass. What the tool says meanwhile of groups holds at once; it says whether somebody has come or gone.
func (a *Attendance) wait(ctx context.Context, d time.Duration) (others bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return others
		case <-t.C:
			return others
		case <-a.Changed:
			if a.learn(ctx) {
				return true
			}
		}
	}
}

// recall takes up what was known of groups before the gateway was started.
func (a *Attendance) recall(ctx context.Context) {
	text, err := a.Cursors.Cursor(ctx, groupsCursor)
	if err != nil || text == "" {
		return
	}
	var known map[string][]bots.Person
	if json.Unmarshal([]byte(text), &known) == nil {
		a.groups.CompareAndSwap(nil, &known)
	}
}

// learn asks who is in the groups that tiers name, and says whether that has changed. Of one that the tool does not
// tell, the members who were known stay.
func (a *Attendance) learn(ctx context.Context) bool {
	names := a.Desk.Config().Groups()
	if a.Tool == nil || len(names) == 0 {
		return false
	}
	told, err := a.Tool.Groups(ctx, names)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.Warn("user groups cannot be read; their last known members stay", "error", err)
		}
		return false
	}
	is := map[string][]bots.Person{}
	for _, n := range names {
		members, ok := told[n]
		if was := a.groups.Load(); !ok && was != nil {
			members = (*was)[n]
		}
		if !ok {
			a.Log.Warn("there is no such user group; its last known members stay", "group", n)
		}
		is[n] = members
	}
	text, err := json.Marshal(is)
	if err != nil {
		return false
	}
	was, _ := a.Cursors.Cursor(ctx, groupsCursor) // what cannot be read is written anew
	a.groups.Store(&is)
	if was == string(text) {
		return false
	}
	if err := a.Cursors.SetCursor(ctx, groupsCursor, string(text)); err != nil {
		a.Log.Warn("members of user groups cannot be kept", "error", err)
	}
	return true
}

// look notes what the tool shows of people of tiers, when that is to count.
func (a *Attendance) look(ctx context.Context) {
	conf := a.Desk.Config()
	if a.Tool == nil || !conf.Presence.Slack {
		return
	}
	seen, err := a.Tool.Seen(ctx, a.people())
	if err != nil && ctx.Err() == nil {
		a.Log.Warn("presence cannot be read; what was known last holds", "error", err)
	}
	now := a.Desk.Now()
	for id, s := range seen {
		p := ticket.Presence{Agent: id, Source: ticket.PresenceSlack, State: ticket.Here, By: ticket.Gateway}
		jobs := []ticket.Job{ticket.StaffJob(id, time.Time{})}
		if !s.Here { // nothing is taken back before they have been away for a while
			p.State, p.Reason, p.Until = ticket.Away, s.Reason, s.Until
			jobs = []ticket.Job{ticket.StaffJob(id, now.Add(conf.Presence.grace()).Truncate(time.Microsecond))}
			if !s.Until.IsZero() {
				jobs = append(jobs, ticket.StaffJob(id, s.Until))
			}
		}
		if _, err := a.Desk.Store.SetPresence(ctx, p, jobs...); err != nil && ctx.Err() == nil {
			a.Log.Warn("a presence cannot be kept", "agent", id, "error", err)
		}
	}
}

// people are the members of tiers that hand out their tickets, each once.
func (a *Attendance) people() (list []ticket.Agent) {
	conf := a.Desk.Config()
	known := map[string]bool{}
	for _, t := range conf.tiers() {
		if !t.hands() {
			continue
		}
		for _, m := range conf.members(t, a) {
			if !known[m.ID] {
				known[m.ID] = true
				list = append(list, m)
			}
		}
	}
	return list
}

// sweep has everybody looked after who gets tickets or has some, also those who work here no more.
func (a *Attendance) sweep(ctx context.Context) {
	jobs := map[string]ticket.Job{}
	for _, p := range a.people() {
		jobs[p.ID] = ticket.StaffJob(p.ID, time.Time{})
	}
	loads, err := a.Desk.Store.Workloads(ctx, "", nil)
	if err == nil {
		for id := range loads {
			jobs[id] = ticket.StaffJob(id, time.Time{})
		}
		err = a.enqueue(ctx, jobs)
	}
	if err != nil && ctx.Err() == nil {
		a.Log.Warn("it cannot be seen who has what to do", "error", err)
	}
}

func (a *Attendance) enqueue(ctx context.Context, jobs map[string]ticket.Job) error {
	var list []ticket.Job
	for _, j := range jobs {
		list = append(list, j)
	}
	return a.Desk.Store.Enqueue(ctx, list...)
}

// boundaries writes jobs for the moments, soon to come, at which somebody's hours begin, or have been over for as long
// as they may be.
func (a *Attendance) boundaries(ctx context.Context) {
	conf, now := a.Desk.Config(), a.Desk.Now()
	grace := conf.Presence.grace()
	jobs := map[string]ticket.Job{}
	for _, t := range conf.Tiers {
		for _, m := range conf.members(t, a) {
			hours := conf.hours(m, t)
			if !hours.Limited() {
				continue
			}
			var moments []time.Time
			if !hours.Open(now) {
				moments = append(moments, hours.Next(now))
			}
			if end := hours.Closes(now); !end.IsZero() {
				moments = append(moments, end.Add(grace))
			} else if end := hours.Closes(now.Add(-grace)); !end.IsZero() { // over, and within the grace
				moments = append(moments, end.Add(grace))
			}
			for _, at := range moments {
				if at.After(now) && at.Sub(now) <= ahead {
					j := ticket.StaffJob(m.ID, at)
					jobs[j.Unique] = j
				}
			}
		}
	}
	if err := a.enqueue(ctx, jobs); err != nil && ctx.Err() == nil {
		a.Log.Warn("the hours of the team cannot be kept", "error", err)
	}
}
