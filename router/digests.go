package router

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"tierline/bots"
	"tierline/config/check"
	"tierline/router/oncall"
	"tierline/ticket"
)

// Digests are the overviews that people are sent by their desk. What is due follows from hours and schedules; up to
// when that was looked at is a mark, which moves in the commit of the jobs that send them, and of each sort a mark for
// each person says which was the last: a restart forgets none, and two gateways, or hours that were changed meanwhile,
// send none twice. One that comes too late is of no use and is left out.
type Digests struct {
	Off []ticket.DigestKind `yaml:"off"` // that nobody is sent: morning, handover, week; default none
	// At is the time of day, on their own wall clock, at which people are sent what is before them; default: when their
	// working day begins.
	At string `yaml:"at"`
	// Before is how long before the end of their shift people are asked for words for the next one; default 30m.
	Before time.Duration `yaml:"before"`
}

const (
	defaultBefore = 30 * time.Minute
	digestMark    = "digests"
	digestBack    = 8 * 24 * time.Hour // shifts that began longer ago are not looked for
	digestDay     = 26 * time.Hour     // nor days
	digestLate    = 3 * time.Hour      // after somebody's day, or shift, has begun it is still told what it began with
)

func (c Digests) check(at check.At) {
	for i, k := range c.Off {
		if !slices.Contains(ticket.DigestKinds(), k) {
			at.Key("off").Index(i).Error("morning, handover or week", "%.20q is no digest", string(k))
		}
	}
	if _, err := time.Parse("15:04", c.At); c.At != "" && err != nil {
		at.Key("at").Error("a time of day such as 08:30", "%.20q is no time of day", c.At)
	}
	if c.Before < 0 || c.Before > 4*time.Hour {
		at.Key("before").Error("a duration such as 30m", "not between 0 and 4h")
	}
}

func (c Digests) before() time.Duration {
	if c.Before == 0 {
		return defaultBefore
	}
	return c.Before
}

func (c Digests) sends(k ticket.DigestKind) bool { return !slices.Contains(c.Off, k) }

// mornings are the moments after from and up to to at which somebody of these hours is sent what is before them.
func (c Digests) mornings(cal ticket.Calendar, from, to time.Time) (list []time.Time) {
	clock, err := time.Parse("15:04", c.At)
	if c.At == "" || err != nil {
		return cal.Workdays(from, to)
	}
	for _, begins := range cal.Workdays(from.Add(-24*time.Hour), to.Add(24*time.Hour)) {
		day := begins.In(cal.Zone())
		at := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, cal.Zone())
		if at.After(from) && !at.After(to) {
			list = append(list, at.UTC())
		}
	}
	return list
}

// useful says until when a morning's digest is still sent: noon, or for who begins late three hours.
func useful(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	return maxTime(at.Add(digestLate), time.Date(local.Year(), local.Month(), local.Day(), 12, 0, 0, 0, zone))
}

// firstOfWeek says that no working day of the same week began before.
func (c Digests) firstOfWeek(cal ticket.Calendar, at time.Time) bool {
	local := at.In(cal.Zone())
	monday := time.Date(local.Year(), local.Month(), local.Day()-(int(local.Weekday())+6)%7, 0, 0, 0, 0, cal.Zone())
	return len(c.mornings(cal, monday.Add(-time.Microsecond), at.Add(-time.Microsecond))) == 0
}

// digestTick has what is due sent, and looks again when something is due next.
func (w *Jobs) digestTick(ctx context.Context, j ticket.Job) error {
	now := w.Desk.Now().Truncate(time.Microsecond)
	was, err := w.store().Cursor(ctx, digestMark)
	if err != nil {
		return err
	}
	from := now
	if json.Unmarshal([]byte(was), &from) != nil {
		from = now
	}
	from = maxTime(from, now.Add(-digestBack))
	if from.After(now) { // another gateway's clock is ahead
		now = from
	}
	due := digestsDue{d: w.Desk, conf: w.Desk.Config(), from: from, now: now, next: now.Truncate(lookEvery).Add(lookEvery)}
	due.people()
	r, err := w.store().Roster(ctx, from.Add(-digestBack))
	if err != nil {
		return err
	}
	due.shifts(r.Changes)
	is, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return w.store().Pass(ctx, j, ticket.Mark{Name: digestMark, Was: was, Now: string(is)}, append(due.jobs, ticket.DigestTick(due.next))...)
}

// digestsDue gathers what is due after from and up to now, and when something is due next.
type digestsDue struct {
	d         *Desk
	conf      *Config
	from, now time.Time
	next      time.Time
	jobs      []ticket.Job
}

func (u *digestsDue) due(at time.Time) bool {
	if at.After(u.now) && at.Before(u.next) {
		u.next = at
	}
	return at.After(u.from) && !at.After(u.now)
}

// people begin their day.
func (u *digestsDue) people() {
	c := u.conf.Digests
	for _, a := range u.conf.Agents {
		morning := c.sends(ticket.DigestMorning) && works(a)
		week := c.sends(ticket.DigestWeek) && hearsOfWeeks(a)
		if !morning && !week {
			continue
		}
		cal := u.conf.hours(a, u.d.home(a.ID))
		for _, at := range c.mornings(cal, maxTime(u.from, u.now.Add(-digestDay)), u.next) {
			if !u.due(at) {
				continue
			}
			n := ticket.Digest{To: a.ID, Kind: ticket.DigestMorning, At: at, Day: at.In(cal.Zone()).Format(time.DateOnly)}
			if morning {
				u.jobs = append(u.jobs, n.Job())
			}
			if n.Kind = ticket.DigestWeek; week && c.firstOfWeek(cal, at) {
				u.jobs = append(u.jobs, n.Job())
			}
		}
	}
}

// works says that somebody has cases to look after.
func works(a ticket.Agent) bool {
	return slices.ContainsFunc(a.Roles, func(r ticket.Role) bool {
		return r == ticket.RoleAgent || r == ticket.RoleLevel2 || r == ticket.RoleLead
	})
}

// hearsOfWeeks says that somebody answers for others' work, or for articles.
func hearsOfWeeks(a ticket.Agent) bool {
	return slices.ContainsFunc(a.Roles, func(r ticket.Role) bool {
		return r == ticket.RoleLead || r == ticket.RoleSupervisor || r == ticket.RoleEditor
	})
}

// shifts change hands.
func (u *digestsDue) shifts(changes []ticket.RosterChange) {
	if !u.conf.Digests.sends(ticket.DigestHandover) {
		return
	}
	for _, t := range u.conf.tiers() {
		for _, h := range handovers(u.d.schedule(t.Name, changes), u.from, u.next.Add(u.conf.Digests.before())) {
			n := ticket.Digest{Kind: ticket.DigestHandover, At: h.At, Tier: t.Name, Shift: h.Next}
			if ask := h.At.Add(-u.conf.Digests.before()); u.due(ask) && h.At.After(u.now) {
				for _, p := range h.Leave {
					l := n
					l.To, l.Leaving, l.At = p, true, ask
					u.jobs = append(u.jobs, l.Job())
				}
			}
			if !u.due(h.At) {
				continue
			}
			u.jobs = append(u.jobs, n.Job()) // the channel
			for _, p := range h.Come {
				n.To = p
				u.jobs = append(u.jobs, n.Job())
			}
		}
	}
}

// handover is a moment at which others are on call than before.
type handover struct {
	At          time.Time
	Leave, Come []string
	Since       time.Time          // since when who leaves was on call, as far as is known
	Next        ticket.RosterShift // of the first who comes; its end is that of the shift that comes
}

// handovers are those after from and up to to. It is pure.
func handovers(s oncall.Schedule, from, to time.Time) (list []handover) {
	if s.Empty() {
		return nil
	}
	at := map[int64]*handover{}
	get := func(t time.Time) *handover {
		h := at[t.UnixMicro()]
		if h == nil {
			h = &handover{At: t}
			at[t.UnixMicro()] = h
		}
		return h
	}
	for _, shift := range s.Whole(from.Add(-time.Microsecond), to.Add(time.Microsecond), rosterIn) {
		if shift.From.After(from) && !shift.From.After(to) {
			h := get(shift.From)
			h.Come = append(h.Come, shift.Person)
			if h.Next.To.Before(shift.To) {
				h.Next = ticket.RosterShift(shift)
			}
		}
		if shift.To.After(from) && !shift.To.After(to) {
			h := get(shift.To)
			h.Leave = append(h.Leave, shift.Person)
			if h.Since.IsZero() || shift.From.Before(h.Since) {
				h.Since = shift.From
			}
		}
	}
	for _, h := range at {
		if len(h.Come) > 0 && h.Next.To.After(h.At) {
			list = append(list, *h)
		}
	}
	slices.SortFunc(list, func(a, b handover) int { return a.At.Compare(b.At) })
	return list
}

// digest sends one, unless there is nothing to say, it is too late, or its reader is away or does not want it.
func (w *Jobs) digest(ctx context.Context, j ticket.Job) error {
	n, err := j.Digest()
	if err != nil {
		return err
	}
	if w.Bot == nil || !w.Desk.Config().Digests.sends(n.Kind) {
		return w.store().Finish(ctx, j)
	}
	if n.Kind == ticket.DigestHandover {
		return w.handover(ctx, j, n)
	}
	to := w.Desk.agent(n.To)
	was, err := w.store().Cursor(ctx, n.Mark())
	if err != nil {
		return err
	}
	if len(to.Roles) == 0 || was >= n.Day {
		return w.store().Finish(ctx, j)
	}
	again, ok, err := w.readable(ctx, n, to)
	if err != nil {
		return err
	}
	if !again.IsZero() {
		later := n.Job()
		later.RunAt, later.Key, later.Unique = again, "", later.Unique+":later"
		return w.store().Pass(ctx, j, ticket.Mark{}, later)
	}
	if !ok {
		return w.store().Finish(ctx, j)
	}
	compose := w.morning
	if n.Kind == ticket.DigestWeek {
		compose = w.week
	}
	text, d, err := compose(ctx, n, to)
	if err != nil {
		return err
	}
	if d != nil {
		err = w.sendDigest(ctx, bots.Notice{To: to, Text: text, Digest: d, Key: j.Unique}, j.Attempts > 1)
	}
	if err != nil {
		return err
	}
	return w.store().Pass(ctx, j, ticket.Mark{Name: n.Mark(), Was: was, Now: n.Day})
}

// sendDigest tells one person. Who has no account there is not told.
func (w *Jobs) sendDigest(ctx context.Context, n bots.Notice, again bool) error {
	err := w.Bot.Tell(ctx, n, again)
	if kind := ticket.KindOf(err); err != nil && (kind == ticket.Invalid || kind == ticket.NotFound) {
		w.Log.Warn("somebody cannot be sent a digest", "agent", n.To.ID, "error", err)
		return nil
	}
	return err
}

// readable says whether somebody is to be sent a digest now: not when it is too late, when they do not want it, on their
// day off, or while they are away; who is back in time gets it then.
func (w *Jobs) readable(ctx context.Context, n ticket.Digest, to ticket.Agent) (again time.Time, ok bool, err error) {
	now := w.Desk.Now()
	off, err := w.Desk.DigestsOff(ctx, to)
	if err != nil || slices.Contains(off, n.Kind) {
		return again, false, err
	}
	at, err := w.Desk.attendance(ctx)
	if err != nil {
		return again, false, err
	}
	cal := at.conf.hours(to, w.Desk.home(to.ID))
	last := useful(n.At, cal.Zone())
	if now.After(last) {
		return again, false, nil
	}
	if said := at.said[to.ID]; said.Holds(now) && said.State == ticket.Away {
		if !said.Until.IsZero() && said.Until.Before(last) {
			return said.Until, false, nil
		}
		return again, false, nil
	}
	quiet, err := w.Desk.quiet(ctx, []ticket.Agent{to})
	if err != nil {
		return again, false, err
	}
	if until, is := quiet[to.ID]; is && cal.Open(now) { // do not disturb, in Slack
		if until.Before(last) {
			again = until
		}
		return again, false, nil
	}
	r, err := w.store().Roster(ctx, n.At)
	if err != nil {
		return again, false, err
	}
	from, until := cal.Workday(n.At)
	return again, !dayOff(r.Changes, to.ID, maxTime(from, n.At), until), nil
}

// dayOff says that somebody has said that they are not there for all of a working day.
func dayOff(changes []ticket.RosterChange, agent string, from, to time.Time) bool {
	return slices.ContainsFunc(changes, func(c ticket.RosterChange) bool {
		return c.Kind == ticket.RosterOff && c.Counts() && c.Person == agent && c.Tier == "" && !c.From.After(from) && !c.To.Before(to)
	})
}

// digestsOff names where is kept which digests somebody does not want.
func digestsOff(agent string) string { return "digests-off:" + agent }

// DigestsOff are those that somebody does not want.
func (d *Desk) DigestsOff(ctx context.Context, by ticket.Agent) (off []ticket.DigestKind, err error) {
	text, err := d.Store.Cursor(ctx, digestsOff(by.ID))
	if err == nil && text != "" {
		err = json.Unmarshal([]byte(text), &off)
	}
	return off, err
}

// SetDigest switches one off or on for who asks.
func (d *Desk) SetDigest(ctx context.Context, by ticket.Agent, kind ticket.DigestKind, off bool) error {
	if err := staff(by); err != nil {
		return err
	}
	if !slices.Contains(ticket.DigestKinds(), kind) {
		return ticket.Errorf("router.SetDigest", ticket.Invalid, "There is no digest %.20q: morning, handover or week.", string(kind))
	}
	list, err := d.DigestsOff(ctx, by)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(k ticket.DigestKind) bool { return k == kind })
	if off {
		list = append(list, kind)
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return d.Store.SetCursor(ctx, digestsOff(by.ID), string(text))
}
