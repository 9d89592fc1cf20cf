package slackapp

import (
	"context"
	"slices"
	"sync"
	"time"

	"tierline/ticket"
)

// pace is what a method allows: burst calls at once, and perMinute in the long run. Together they
// stay below the method's published tier in every minute.
// https://docs.slack.dev/apis/web-api/rate-limits
type pace struct{ burst, perMinute float64 }

func paceOf(method string) pace {
	switch method {
	case postMessage: // "several hundred messages per minute" a workspace
		return pace{20, 240}
	case "auth.teams.list", "conversations.list", "usergroups.list", "usergroups.users.list", "dnd.teamInfo", "reactions.remove": // tier 2: 20 a minute
		return pace{4, 16}
	case updateMessage, "chat.delete", "conversations.history", "conversations.replies", "conversations.open", "conversations.info",
		"conversations.invite", "users.lookupByEmail", "users.getPresence", "reactions.add", "chat.unfurl", "team.info": // tier 3: 50 a minute
		return pace{10, 40}
	case "auth.test": // hundreds a minute
		return pace{20, 200}
	}
	return pace{20, 80} // tier 4: 100 a minute: views.*, users.info, chat.postEphemeral, files.*
}

// channelPace is how much may be posted in one channel: one message a second, short bursts are tolerated.
var channelPace = pace{5, 60}

const (
	postMessage   = "chat.postMessage"
	updateMessage = "chat.update"
)

// class is how urgent a call is; lower goes first.
type class int

const (
	classNow      class = iota // a page, or somebody has clicked and waits
	classCustomer              // a message to a customer
	classDesk                  // what the agents' desk shows
	classEdit                  // brings up to date what stands already: only the newest counts
)

func classOf(ctx context.Context, method string) class {
	w := ticket.WorkOf(ctx)
	switch {
	case w == nil || w.Job.Priority < ticket.PriorityCustomer:
		return classNow
	case w.Job.Kind == ticket.JobSend:
		return classCustomer
	case method == updateMessage:
		return classEdit
	}
	return classDesk
}

// kept is the part of a burst that a class leaves to those that are more urgent.
func (c class) kept() float64 { return [...]float64{0, 0.15, 0.3, 0.45}[c] }

// lag is how much later than others a class goes on after Slack has said "not before": where several
// processes wait for the same moment, what is urgent is first.
func (c class) lag() time.Duration { return time.Duration(c) * 250 * time.Millisecond }

// The waits for a turn.
const (
	maxWait    = 2 * time.Second  // in here; beyond it the caller is told when to come back
	shortWait  = time.Second / 2  // of what may be posted later: what it waits for is no longer left to pages
	grace      = 10 * time.Second // how late somebody who was given a turn may come for it
	maxTurns   = 10_000           // that are remembered for one bucket
	maxBuckets = 4096             // methods, and channels that were posted to
	slowest    = 1.0 / 8          // of its pace a bucket goes at the least, however often Slack says "too many"
	recovery   = 5 * time.Minute  // until it goes at its full pace again, from half of it
	together   = 15 * time.Second // two channels that are refused within this: it is the workspace's limit
)

// turn is when somebody who was sent away is expected back.
type turn struct {
	job int64
	at  time.Time
}

// before says whether it goes before a job that has no turn: not before an older one, which had its turn in another
// process, or before a restart.
func (t turn) before(job int64) bool { return job == 0 || t.job < job }

type bucket struct {
	pace
	tokens  float64
	at      time.Time
	blocked time.Time // Slack said: not before
	factor  float64   // of its pace at which it goes, since others share the limit: 1 when Slack has not complained
	turns   []turn    // by time
}

// rate is the calls a minute that it goes at.
func (b *bucket) rate() float64 { return b.perMinute * b.factor }

// fill brings the tokens up to now.
func (b *bucket) fill(now time.Time) {
	if d := now.Sub(b.at); d > 0 {
		b.tokens = min(b.burst, b.tokens+d.Minutes()*b.rate())
		b.factor = min(1, b.factor+0.5*float64(d)/float64(recovery))
		b.at = now
	}
	old := 0
	for old < len(b.turns) && b.turns[old].at.Before(now.Add(-grace)) {
		old++ // another process has the job now, or it is not wanted any more
	}
	b.turns = b.turns[old:]
}

// idle says that there is nothing to remember of it.
func (b *bucket) idle(now time.Time) bool {
	b.fill(now)
	return b.tokens >= b.burst && !b.blocked.After(now) && b.factor >= 1 && len(b.turns) == 0
}

// wait is how long until a call of this class, of a job, may be made.
func (b *bucket) wait(c class, job int64, now time.Time) time.Duration {
	var wait time.Duration
	need := 1 + c.kept()*b.burst
	if c >= classDesk {
		mine := b.turnOf(job)
		for _, t := range b.turns { // not before those whose turn it is
			if mine != nil || t.at.After(now.Add(time.Second)) {
				break
			}
			if t.before(job) {
				need++
			}
		}
		if mine != nil && mine.at.After(now.Add(time.Second)) { // an older one came in between
			wait = mine.at.Sub(now)
		}
	}
	if b.tokens < need {
		wait = max(wait, time.Duration((need-b.tokens)/b.rate()*float64(time.Minute)))
	}
	if b.blocked.After(now) {
		wait = max(wait, b.blocked.Add(c.lag()).Sub(now))
	}
	return wait
}

func (b *bucket) turnOf(job int64) *turn {
	if i := slices.IndexFunc(b.turns, func(t turn) bool { return job != 0 && t.job == job }); i >= 0 {
		return &b.turns[i]
	}
	return nil
}

func (b *bucket) done(job int64) {
	if job != 0 {
		b.turns = slices.DeleteFunc(b.turns, func(t turn) bool { return t.job == job })
	}
}

// give gives a turn behind all that are before it, and says how long it is until then; those behind it have theirs one
// later. Who had one, and came in vain because somebody more urgent was there, stays in front.
func (b *bucket) give(job int64, wait time.Duration, now time.Time) time.Duration {
	at, each := now.Add(wait), time.Duration(float64(time.Minute)/b.rate())
	if b.turnOf(job) == nil {
		last := 0 // behind the last that is before it
		for i, t := range b.turns {
			if t.before(job) {
				last = i + 1
			}
		}
		if last > 0 && b.turns[last-1].at.Add(each).After(at) {
			at = b.turns[last-1].at.Add(each)
		}
		for i := range b.turns[last:] {
			b.turns[last+i].at = b.turns[last+i].at.Add(each)
		}
	}
	b.done(job)
	if job != 0 && len(b.turns) < maxTurns {
		i, _ := slices.BinarySearchFunc(b.turns, at, func(t turn, at time.Time) int { return t.at.Compare(at) })
		b.turns = slices.Insert(b.turns, i, turn{job, at})
	}
	return at.Sub(now)
}

// limiter holds the calls of this process against Slack's limits, most urgent first. It knows nothing of
// other processes that use the same app in the same workspace: when Slack says "too many", it goes more
// slowly for some minutes, and so they find what each may have.
type limiter struct {
	now     func() time.Time
	sleep   func(context.Context, time.Duration)
	off     bool // but for what Slack itself says
	mu      sync.Mutex
	buckets map[string]*bucket
	refused struct { // the channel in which Slack last said "too many"
		channel string
		at      time.Time
	}
}

func newLimiter(now func() time.Time, sleep func(context.Context, time.Duration), off bool) *limiter {
	return &limiter{now: now, sleep: sleep, off: off, buckets: map[string]*bucket{}}
}

// of are the buckets that a call is taken from: the one in which turns are given is last.
func (l *limiter) of(method, channel string, now time.Time) []*bucket {
	list := []*bucket{l.bucket(method, paceOf(method), now)}
	if method == postMessage {
		list = append(list, l.bucket(method+" "+channel, channelPace, now))
	}
	return list
}

func (l *limiter) bucket(id string, p pace, now time.Time) *bucket {
	b := l.buckets[id]
	if b == nil {
		if len(l.buckets) >= maxBuckets {
			for k, old := range l.buckets {
				if old.idle(now) {
					delete(l.buckets, k)
				}
			}
		}
		b = &bucket{pace: p, tokens: p.burst, at: now, factor: 1}
		l.buckets[id] = b
	}
	b.fill(now)
	if l.off {
		b.tokens, b.factor, b.turns = b.burst, 1, nil
	}
	return b
}

// take reserves a call and says how long to wait before it. ok is false when that is too long: nothing is
// reserved then, and wait says when to come back. Who comes back then, as the same job, has its turn: those
// who were sent away earlier are before those who were sent away later, and before those who are new.
func (l *limiter) take(c class, job int64, method, channel string) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	list := l.of(method, channel, now)
	var narrow *bucket
	for _, b := range list {
		if w := b.wait(c, job, now); narrow == nil || w >= wait {
			wait, narrow = w, b
		}
	}
	most := maxWait
	if c != classNow && method == postMessage {
		most = shortWait
	}
	if wait > most {
		if c < classDesk {
			return wait, false // soon again: it goes before those who have a turn
		}
		return narrow.give(job, wait, now), false
	}
	for _, b := range list {
		b.done(job)
		b.tokens--
	}
	return wait, true
}

// block obeys a Retry-After: for this method and channel only, and for the whole method when another
// channel was refused just before.
func (l *limiter) block(method, channel string, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	list := l.of(method, channel, now)
	if method == postMessage {
		last := l.refused
		l.refused.channel, l.refused.at = channel, now
		if last.channel == "" || last.channel == channel || now.Sub(last.at) > together {
			list = list[1:]
		}
	}
	for _, b := range list {
		b.tokens = min(b.tokens, 0)
		b.factor = max(b.factor/2, slowest)
		if until := now.Add(d); until.After(b.blocked) {
			b.blocked = until
		}
	}
}

func (l *limiter) wait(ctx context.Context, c class, method, channel string) error {
	var job int64
	if w := ticket.WorkOf(ctx); w != nil {
		job = w.Job.ID
	}
	d, ok := l.take(c, job, method, channel)
	if !ok {
		return &ticket.Error{Op: "slack." + method, Kind: ticket.Transient, RetryAfter: d, Unbegun: true,
			Public: "Slack's limit for this is used up for the moment."}
	}
	if d > 0 {
		l.sleep(ctx, d)
	}
	if err := ctx.Err(); err != nil {
		return &ticket.Error{Op: "slack." + method, Kind: ticket.Transient, Unbegun: true, Err: err}
	}
	return nil
}
