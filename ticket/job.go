package ticket

import (
	"encoding/json"
	"fmt"
	"time"
)

// JobKind names what is to be done.
type JobKind string

// The jobs of the outbox. Each is safe to do twice: its handler finishes it in the commit of its
// own [Action] (Action.Job), or recognises an earlier try by a deterministic id.
const (
	JobRoute   JobKind = "route"    // decide tier, queue, priority; find suggestions
	JobShow    JobKind = "show"     // make the card tell what the ticket is now
	JobPost    JobKind = "post"     // put message Seq into the card's thread
	JobSend    JobKind = "send"     // deliver message Seq to the customer
	JobAmend   JobKind = "amend"    // have the customer see message Seq as it is now, or an emoji on it: in the payload
	JobPage    JobKind = "page"     // reach one person by one way, for page Seq: the call's ID is in the payload
	JobPaged   JobKind = "paged"    // bring up to date what one person was shown of page Seq: likewise
	JobPageDue JobKind = "page_due" // the time of ring Step of page Seq has come; its moment is in the payload
	JobClock   JobKind = "clock"    // the time of clock Step has come; its moment is in the payload
	JobPromise JobKind = "promise"  // promise Seq is nearly due (Step 0), or due (Step 1)
	JobTell    JobKind = "tell"     // tell people something of the ticket: a Told in the payload
	JobStep    JobKind = "step"     // do what a rule does: a Step in the payload
	JobAssign  JobKind = "assign"   // find an owner for the ticket, or see whether its owner is there
	JobStaff   JobKind = "staff"    // look after an agent, named in the payload: hand them what waits, or take back what they cannot do
	JobLater   JobKind = "later"    // the scheduled answer Seq is to go out
	JobClose   JobKind = "close"    // the ticket was solved so long ago that it is closed

	JobRosterNews JobKind = "roster_news" // people are told of step Step of the change Seq of who is on call
	JobRosterTick JobKind = "roster_tick" // look which notices about who is on call are due
	JobRosterTell JobKind = "roster_tell" // tell one person something about who is on call: a RosterTold in the payload

	JobUpdate   JobKind = "update"   // the customer is to hear how their case stands, soon (Step 0) or now; the moment is in the payload
	JobQuestion JobKind = "question" // question Seq should be answered
	JobUnits    JobKind = "units"    // look whether a unit of the ticket has so many cases that others are told

	JobDigestTick JobKind = "digest_tick" // look which digests are due
	JobDigest     JobKind = "digest"      // send one: a Digest in the payload
)

// Priorities of jobs; lower goes first.
const (
	PriorityPage     = 0
	PriorityCustomer = 10
	PriorityDesk     = 20
	PriorityLater    = 50
)

// JobState is where a job is.
type JobState string

// The states of a job. A job that is done is gone.
const (
	JobReady     JobState = "ready"
	JobScheduled JobState = "scheduled" // waits for its time, and was never tried: a clock, a promise, a page
	JobLeased    JobState = "leased"
	JobDead      JobState = "dead" // given up; people see it, retry it or drop it
)

// JobStates lists them all.
func JobStates() []JobState { return []JobState{JobReady, JobScheduled, JobLeased, JobDead} }

// Job is work that follows from a commit and was committed with it.
type Job struct {
	ID       int64           `json:"id"`
	Kind     JobKind         `json:"kind"`
	Key      string          `json:"key,omitempty"`    // jobs of one key are done one at a time, in order of ID
	Unique   string          `json:"unique,omitempty"` // at most one job of this value that waits and was never tried; a second is not added
	Ticket   ID              `json:"ticket,omitempty"`
	Seq      int             `json:"seq,omitempty"` // message or page within the ticket
	Step     int             `json:"step,omitempty"`
	Payload  json.RawMessage `json:"payload,omitempty"`
	Priority int             `json:"priority"`
	RunAt    time.Time       `json:"run_at"`   // zero: now
	Attempts int             `json:"attempts"` // tries begun, this one included: above 1 an earlier try may have had effects
	State    JobState        `json:"state"`
	Error    string          `json:"error,omitempty"` // of the last try
	Lease    string          `json:"-"`               // who holds it: proof for Finish, Retry and Bury
	Until    time.Time       `json:"until,omitzero"`  // end of the lease
	Created  time.Time       `json:"created"`
}

func (t *Ticket) job(kind JobKind, lane string, priority int) Job {
	return Job{Kind: kind, Key: fmt.Sprintf("%s:%d", lane, t.ID), Ticket: t.ID, Priority: priority,
		Unique: fmt.Sprintf("%s:%d", kind, t.ID)}
}

// ShowJob makes the card of a ticket tell what it is now.
func ShowJob(id ID) Job {
	t := Ticket{ID: id}
	return t.job(JobShow, "desk", PriorityDesk)
}

// ShowCard makes the card of a ticket tell what it should.
func ShowCard(id ID) Job {
	t := Ticket{ID: id}
	return t.job(JobShow, "desk", PriorityDesk)
}

// RouteEvent is why rules look at a ticket.
type RouteEvent string

// The events that rules look at.
const (
	OnOpened   RouteEvent = "opened"   // it is new
	OnReply    RouteEvent = "reply"    // the customer has written again
	OnWarn     RouteEvent = "warn"     // a clock has nearly run out
	OnBreach   RouteEvent = "breach"   // a clock has run out
	OnReturned RouteEvent = "returned" // the next tier has given it back, to be written anew
)

// Review is what a route job is about. Its zero value is a new ticket.
type Review struct {
	On    RouteEvent `json:"on,omitempty"`
	Clock ClockKind  `json:"clock,omitempty"` // that has run out, or nearly
}

// Review reads what a route job is about.
func (j Job) Review() Review {
	r := Review{}
	if json.Unmarshal(j.Payload, &r) != nil || r.On == "" {
		r.On = OnOpened
	}
	return r
}

// review has the rules look at a ticket once more.
func (t *Ticket) review(on RouteEvent, clock ClockKind) Job {
	j := t.job(JobRoute, "route", PriorityCustomer)
	j.Payload, _ = json.Marshal(Review{On: on, Clock: clock}) // has no error
	j.Unique = fmt.Sprintf("review:%d:%s:%s", t.ID, on, clock)
	return j
}

func (t *Ticket) post(seq, priority int) Job {
	j := t.job(JobPost, "desk", priority)
	j.Seq, j.Unique = seq, fmt.Sprintf("post:%d:%d", t.ID, seq)
	return j
}

// closing closes the ticket when it has been solved for long enough. A ticket that is solved again has
// one for each time; the older ones find that it is not their time.
func (t *Ticket) closing() Job {
	return Job{Kind: JobClose, Ticket: t.ID, Priority: PriorityLater, RunAt: t.CloseAt,
		Unique: fmt.Sprintf("close:%d:%d", t.ID, t.CloseAt.UnixMicro())}
}

// send delivers message seq, not before at.
func (t *Ticket) send(seq int, at time.Time) Job {
	j := t.job(JobSend, "send", PriorityCustomer)
	j.Seq, j.Unique, j.RunAt = seq, sendKey(t.ID, seq), at
	return j
}
