package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
// starts, and now and then. What the tool told last of user groups is in the store: it holds for all gateways, while
// the tool does not answer, and over a restart.
type Attendance struct {
	Desk    *Desk
	Tool    bots.Whereabouts // nil: there is none
	Changed <-chan struct{}  // the tool says that groups are others now; nil: they are asked for now and then only
	Log     *slog.Logger

	read   string // the answers that were taken over last
	failed atomic.Pointer[error]
}

const (
	sweepEvery  = 10 * time.Minute // everybody is looked after so often, whatever was missed
	groupsEvery = 5 * time.Minute
	ahead       = 30 * time.Minute // hours that begin or end within this are written as jobs
	// groupsStale is the age of the last answer from which on it is said that it may not be true any more.
	groupsStale = 3 * groupsEvery
)

// adoptEvery is how often it is looked what another gateway was told of groups.
const adoptEvery = 2 * time.Second

// Run works until ctx ends.
func (a *Attendance) Run(ctx context.Context) error {
	a.adopt(ctx)
	var swept, grouped time.Time
	for ctx.Err() == nil {
		now := a.Desk.Now()
		if now.Sub(grouped) >= groupsEvery {
			news, err := a.learn(ctx)
			if news {
				swept = time.Time{} // somebody has come into a team, or left it
			}
			if err == nil {
				grouped = now
			}
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

// wait lets time pass. What the tool says meanwhile of groups, here or to another gateway, holds at once; it says whether
// somebody has come or gone.
func (a *Attendance) wait(ctx context.Context, d time.Duration) (others bool) {
	t, look := time.NewTimer(d), time.NewTicker(adoptEvery)
	defer t.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return others
		case <-t.C:
			return others
		case <-a.Changed:
			if news, _ := a.learn(ctx); news {
				return true
			}
		case <-look.C:
			if a.adopt(ctx) {
				return true
			}
		}
	}
}

// adopt takes over what the store knows of groups, and says whether that is news. While it cannot be read, what was
// known holds.
func (a *Attendance) adopt(ctx context.Context) (news bool) {
	if len(a.Desk.Config().Groups()) == 0 {
		return false
	}
	list, err := a.Desk.Store.UserGroups(ctx)
	if err != nil {
		return false
	}
	read := ""
	for _, g := range list {
		read += g.Name + g.Asked.Format(time.RFC3339Nano)
	}
	if read == a.read {
		return false
	}
	a.read = read
	return a.Desk.Live.Know(list)
}

// learn asks who is in the groups that give roles or are members of tiers, and says whether that has changed.
func (a *Attendance) learn(ctx context.Context) (news bool, err error) {
	known, asked := a.Desk.Live.Known(), a.Desk.Now()
	if a.Tool == nil || len(known) == 0 {
		return false, nil
	}
	told, err := a.Tool.Groups(ctx, known)
	if err == nil {
		for i := range told {
			told[i].Asked = asked
		}
		_, err = a.Desk.Store.SetUserGroups(ctx, told)
	}
	a.failed.Store(&err)
	if err != nil {
		if ctx.Err() == nil {
			a.Log.Warn("user groups cannot be read; their last known members stay", "error", err)
		}
		return false, err
	}
	for i, g := range told {
		if g.Fault != "" && g.Fault != known[i].Fault {
			a.Log.Warn("a user group gives nobody anything", "group", g.Name, "fault", g.Fault)
		}
	}
	return a.adopt(ctx), nil
}

// Doubts says what is wrong with the user groups that give roles or are members of tiers, or nil: one is not there, or it
// is long ago that the tool told of them.
func (a *Attendance) Doubts(context.Context) error {
	var faults []error
	for _, g := range a.Desk.Live.Known() {
		switch age := a.Desk.Now().Sub(g.Asked); {
		case g.Fault != "":
			faults = append(faults, fmt.Errorf("user group %s: %s", g.Name, g.Fault))
		case g.Asked.IsZero():
			faults = append(faults, fmt.Errorf("user group %s: nothing is known of it yet", g.Name))
		case age > groupsStale:
			faults = append(faults, fmt.Errorf("user group %s: its members are as they were %s ago", g.Name, age.Truncate(time.Minute)))
		}
	}
	if err := a.failed.Load(); len(faults) > 0 && err != nil && *err != nil {
		faults = append(faults, *err)
	}
	if len(faults) == 0 {
		return nil
	}
	return &ticket.Error{Op: "router.groups", Kind: ticket.Invalid, Err: errors.Join(faults...),
		Public: "A Slack user group that gives roles is not there, is disabled, or cannot be read."}
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
		jobs := []ticket.Job{ticket.StaffJob(id, time.Time{}), ticket.HeldJob(id, time.Time{})}
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
		for _, m := range conf.members(t) {
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
		for _, m := range conf.members(t) {
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
