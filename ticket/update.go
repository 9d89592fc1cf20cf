package ticket

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Update is the next word that is owed to a customer while nothing is said to them (practice:
// steady-updates). It is reckoned by [Ticket.Keep] like a clock, and heard by a job of its own.
type Update struct {
	From      time.Time `json:"from"`               // from when on the silence is reckoned
	Due       time.Time `json:"due,omitzero"`       // zero while it stands still: the customer is waited for
	Next      time.Time `json:"next,omitzero"`      // when its job comes: to remind, or at Due
	Reminded  bool      `json:"reminded,omitempty"` // whoever owns the case knows that it is due soon
	Postponed bool      `json:"postponed,omitempty"`
	Last      time.Time `json:"last,omitzero"`     // when one went out
	Count     int       `json:"count,omitempty"`   // how many went out since staff has last answered
	Said      time.Time `json:"said,omitzero"`     // by when the customer was told that they would hear again
	Skipped   string    `json:"skipped,omitempty"` // why the last did not go out
}

// MaxPostpone is how far an update can be put off.
const MaxPostpone = 31 * 24 * time.Hour

// keepUpdate brings what the customer is owed to what the ticket is now.
func (t *Ticket) keepUpdate(g Targets, now time.Time) []Job {
	runs := g.Updates > 0 && t.Tier != "" && t.MergedInto == 0 && (t.State == New || t.State == Open || t.State == OnHold)
	var u Update
	if t.Update != nil {
		u = *t.Update
	} else if !runs {
		return nil
	}
	switch {
	case !runs:
		u.Due, u.Next, u.Postponed, u.Reminded = time.Time{}, time.Time{}, false, false
	case u.Due.IsZero():
		u.From = now
		u.Due = g.UpdateDue(now)
	case t.Heard.After(u.From):
		u.From, u.Postponed, u.Reminded, u.Skipped = t.Heard, false, false, ""
		if !u.Said.After(t.Heard) || t.LastAgent.Equal(t.Heard) { // somebody of staff has said what comes next
			u.Said = time.Time{}
		}
		u.Due = g.UpdateDue(t.Heard)
	case !u.Postponed:
		if due := g.UpdateDue(u.From); !due.Equal(u.Due) {
			u.Due, u.Reminded = due, false
		}
	}
	if runs && u.Said.After(now) && u.Due.After(u.Said) { // what was said holds, whatever has changed since
		u.Due = u.Said
	}
	if u.Count > 0 && t.LastAgent.After(u.Last) {
		u.Count = 0
	}
	var jobs []Job
	if runs {
		jobs = u.next(t, g, now)
	}
	t.Update = &u
	return jobs
}

// UpdateDue is when silence that began then has lasted for long enough, at an hour at which customers may be
// written to. It is zero when that is not within ten years.
func (g Targets) UpdateDue(from time.Time) time.Time {
	due := g.Calendar.Add(from, g.Updates)
	if due.IsZero() {
		return due
	}
	return g.Quiet.Next(due).Truncate(time.Microsecond)
}

func (u *Update) next(t *Ticket, g Targets, now time.Time) []Job {
	next, step := u.Due, 1
	if at := u.Due.Add(-g.UpdateNotice).Truncate(time.Microsecond); g.UpdateNotice > 0 && !u.Reminded && at.After(now) {
		next, step = at, 0
	}
	if next.Equal(u.Next) || next.IsZero() {
		return nil
	}
	u.Next = next
	at := strconv.FormatInt(next.UnixMicro(), 10)
	return []Job{{Kind: JobUpdate, Unique: fmt.Sprintf("update:%d:%s", t.ID, at), Ticket: t.ID, Step: step,
		Payload: json.RawMessage(at), RunAt: next, Priority: PriorityDesk}}
}

// Moment is the time of which a job's payload tells; zero when it tells of none.
func (j Job) Moment() time.Time {
	at, err := strconv.ParseInt(string(j.Payload), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}

// Due says whether an update's job has come at its time: one of a time that was given up since has not.
func (u *Update) at(moment time.Time) bool {
	return u != nil && !u.Next.IsZero() && u.Next.Equal(moment)
}

// updateDue reminds the owner (Step 0), or tells the customer how their case stands (Step 1); with no Text
// it is left out for a Reason.
func (c *change) updateDue() error {
	c.nothing = true
	if !c.t.Update.at(c.a.At) || c.t.State == Pending || c.t.State.Done() {
		return nil
	}
	c.nothing = false
	u := *c.t.Update
	u.Next = time.Time{}
	c.t.Update = &u
	c.say("due", u.Due.UTC().Format(time.RFC3339))
	if c.a.Step == 0 {
		u.Reminded, c.quiet = true, true
		c.say("what", "reminder")
		c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Text: "The customer is to hear how their case stands", At: u.Due,
			Do: []string{"update", "postpone"}}, c.now))
		return nil
	}
	text := strings.TrimSpace(c.a.Text)
	if text == "" {
		c.say("what", "skipped")
		u.From, u.Due, u.Said, u.Postponed, u.Skipped, c.quiet = c.now, time.Time{}, time.Time{}, false, cut(c.a.Reason, MaxReason), true
		if c.a.Verdict == "call" {
			c.fx.Jobs = append(c.fx.Jobs, c.t.notify(Told{Owner: true, Text: "The customer is to hear how their case stands, and can only be called"}, c.now))
		}
		c.count(OutcomeUpdateSkipped, 0, "")
		return nil
	}
	c.say("what", "sent")
	seq := c.outgoing(text, 0, true)
	c.say("seq", strconv.Itoa(seq))
	u.Last, u.Count, u.Skipped, u.Said = c.now, u.Count+1, "", c.a.Until.Truncate(time.Microsecond)
	c.count(OutcomeUpdate, 0, "")
	return nil
}

// postpone puts the next update off.
func (c *change) postpone() error {
	u := c.t.Update
	switch {
	case u == nil || u.Due.IsZero():
		return invalid("The customer is owed no update at the moment.")
	case !c.a.At.After(c.now):
		return invalid("Say until when: it is put off into the future.")
	case c.a.At.After(c.now.Add(MaxPostpone)):
		return invalid("An update can be put off for at most 31 days.")
	}
	n := *u
	if u.Said.After(c.now) && c.a.At.After(u.Said) { // they wait for it
		if strings.TrimSpace(c.a.Text) == "" {
			return invalid("The customer was told that they hear by %s. Say what they are told instead.", u.Said.UTC().Format("2 Jan 15:04 UTC"))
		}
		c.tellCustomer()
		n.Said = c.a.At.Truncate(time.Microsecond)
	}
	n.From, n.Due, n.Postponed, n.Reminded = c.now, c.a.At.Truncate(time.Microsecond), true, false
	c.t.Update = &n
	c.say("due", n.Due.UTC().Format(time.RFC3339))
	return nil
}

// outgoing says something to the customer that is no answer: the ticket waits for whom it waited for before.
func (c *change) outgoing(text string, wait time.Duration, auto bool) int {
	m := Message{Kind: Public, Direction: Out, Channel: c.t.Channel, Text: text, Auto: auto, Delivery: Queued}
	if wait > 0 {
		m.SendAt = c.now.Add(min(wait, MaxUndo))
	}
	seq := c.message(m)
	c.fx.Jobs = append(c.fx.Jobs, c.t.send(seq, m.SendAt))
	c.t.Heard = c.now
	return seq
}
