package ticket

import (
	"context"
	"fmt"
	"time"
)

// JobHeld tells somebody, in one message, what waited for them while they were not to be disturbed.
const JobHeld JobKind = "held"

// HeldNotice is something that somebody is told when they may be disturbed again.
type HeldNotice struct {
	Agent  string    `json:"agent"`
	Key    string    `json:"key"` // of the notice and its reader: each is kept once
	Ticket ID        `json:"ticket"`
	Told   Told      `json:"told"`
	Since  time.Time `json:"since"`
}

// MaxHeld is how many notices are read for one person at once; more come in another message.
const MaxHeld = 40

// Holding keeps what people are told later.
type Holding interface {
	// HoldNotices keeps notices, with the jobs that tell of them, and finishes the job done, in one commit.
	HoldNotices(ctx context.Context, list []HeldNotice, done Job, jobs ...Job) error
	// HeldNotices are those of somebody, oldest first; at most MaxHeld.
	HeldNotices(ctx context.Context, agent string) ([]HeldNotice, error)
	// ForgetNotices forgets some that were told, and finishes the job done, in one commit.
	ForgetNotices(ctx context.Context, agent string, keys []string, done Job, jobs ...Job) error
}

// HeldJob tells somebody what waits for them, not before at.
func HeldJob(agent string, at time.Time) Job {
	j := Job{Kind: JobHeld, Priority: PriorityDesk, RunAt: at, Payload: payload(agent), Unique: "held:" + agent}
	if !at.IsZero() {
		j.Unique += fmt.Sprintf(":%d", at.UnixMicro())
	}
	return j
}
