package ticket

import (
	"context"
	"encoding/json"
	"time"
)

// PresenceState says whether somebody works.
type PresenceState string

// The states of a presence.
const (
	Here PresenceState = "here"
	Away PresenceState = "away"
)

// PresenceSource is who says so.
type PresenceSource string

// The sources of a presence. What somebody says of themselves and what their lead says are one: the newest holds.
const (
	PresenceSelf  PresenceSource = "self"
	PresenceLead  PresenceSource = "lead"
	PresenceSlack PresenceSource = "slack" // the green dot, and do not disturb
)

// Said says that a person has said it.
func (s PresenceSource) Said() bool { return s != PresenceSlack }

// Presence is what is known of whether an agent works.
type Presence struct {
	Agent  string         `json:"agent"`
	Source PresenceSource `json:"source"`
	State  PresenceState  `json:"state"`
	Since  time.Time      `json:"since"`          // set by the store
	Until  time.Time      `json:"until,omitzero"` // from then on it does not hold any more; zero: until something else is said
	Reason string         `json:"reason,omitempty"`
	By     Actor          `json:"by"`
}

// Holds says whether it is still so.
func (p Presence) Holds(now time.Time) bool {
	return p.Agent != "" && (p.Until.IsZero() || p.Until.After(now))
}

// Workload is what an agent has.
type Workload struct {
	Open    int       // tickets that they are to act upon: new and open
	Waiting int       // tickets that wait for somebody else: pending and on hold
	Last    time.Time // when they were last handed one of the tier that was asked for; zero: never
}

// Staffing is who is there, and what each has to do.
type Staffing interface {
	// Presences lists what was said last of everybody, also what does not hold any more, by agent.
	Presences(ctx context.Context) ([]Presence, error)
	// SetPresence notes it, with the jobs that follow, in one commit. When it is so already nothing happens,
	// and changed is false. What people say is in the history of ticket 0.
	SetPresence(ctx context.Context, p Presence, jobs ...Job) (changed bool, err error)
	// Workloads is what agents have; those named, or (nil) all that have something. Its cost does not grow with
	// tickets that are done.
	Workloads(ctx context.Context, tier string, agents []string) (map[string]Workload, error)
	// Waiting lists tickets of a tier that have no owner and are to be acted upon, oldest first; at most MaxPage.
	Waiting(ctx context.Context, tier string, limit int) ([]Ticket, error)
}

// Staff is whom a job is about.
func (j Job) Staff() (agent string, err error) {
	if err = json.Unmarshal(j.Payload, &agent); err == nil && agent == "" {
		err = Errorf("ticket.Staff", Invalid, "The job names nobody.")
	}
	if err != nil {
		err = E("ticket.Staff", Invalid, err)
	}
	return agent, err
}

func payload(v any) json.RawMessage {
	b, _ := json.Marshal(v) // strings and plain structs have no error
	return b
}
