package ticket

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// DigestKind is what sort of overview somebody is sent.
type DigestKind string

// The digests.
const (
	DigestMorning  DigestKind = "morning"  // when somebody's working day begins: what is before them
	DigestHandover DigestKind = "handover" // when somebody takes over: what was in work, promised, and noted for them
	DigestHeld     DigestKind = "held"     // what waited while somebody was not to be disturbed: notices, which nobody can do without
	DigestWeek     DigestKind = "week"     // when the week begins: last week's figures, for those who lead or edit
)

// DigestKinds are all of them.
func DigestKinds() []DigestKind { return []DigestKind{DigestMorning, DigestHandover, DigestWeek} }

// Digest is an overview to be sent to one person, or (To is "") to the channel of a tier.
type Digest struct {
	To   string     `json:"to,omitempty"` // agent id
	Kind DigestKind `json:"kind"`
	At   time.Time  `json:"at"`            // when it is due
	Day  string     `json:"day,omitempty"` // of a morning and a week: the reader's date, of which there is one
	// Of a handover: whose turn begins with Shift at Tier, or (Leaving) ends.
	Tier    string      `json:"tier,omitempty"`
	Shift   RosterShift `json:"shift,omitzero"`
	Leaving bool        `json:"leaving,omitempty"`
}

// Mark names where is kept which of this sort was the last that went to this person, or channel.
func (d Digest) Mark() string {
	return fmt.Sprintf("digest:%s:%s:%s:%t", d.Kind, d.To, d.Tier, d.Leaving)
}

// Job sends it, unless there is nothing to say. Jobs of one digest are done one at a time.
func (d Digest) Job() Job {
	unique := fmt.Sprintf("digest:%s:%s:%s:%s:%d:%t", d.Kind, d.To, d.Tier, d.Day, d.Shift.From.Unix(), d.Leaving)
	if d.Day == "" {
		unique += fmt.Sprintf(":%d", d.At.Unix())
	}
	return Job{Kind: JobDigest, Key: unique, Priority: PriorityLater, Payload: payload(d), Unique: unique}
}

// Digest is what a digest's job is about.
func (j Job) Digest() (d Digest, err error) {
	if err = json.Unmarshal(j.Payload, &d); err == nil && !slices.Contains(DigestKinds(), d.Kind) {
		err = Errorf("ticket.Digest", Invalid, "There is no digest %.20q.", string(d.Kind))
	}
	if err != nil {
		err = E("ticket.Digest", Invalid, err)
	}
	return d, err
}

// DigestTick looks at a time (zero: now) which digests are due.
func DigestTick(at time.Time) Job {
	return Job{Kind: JobDigestTick, Priority: PriorityLater, RunAt: at, Unique: fmt.Sprintf("digest_tick:%d", max(0, at.UnixMicro()))}
}
