package bots

import (
	"context"
	"time"

	"tierline/ticket"
)

// Whereabouts is what a desk's tool tells of people: whether they seem to be there, and who is in its user groups.
type Whereabouts interface {
	// Seen says of each agent that it knows whether they are there. An agent of whom nothing is known is
	// not in the answer. It may take a while: the tool has limits.
	Seen(ctx context.Context, agents []ticket.Agent) (map[string]Seen, error)
	// Quiet are those of some people who do not want to be disturbed now, by agent id, and until when. What was told a
	// moment ago is told again: it costs little.
	Quiet(ctx context.Context, agents []ticket.Agent) (map[string]time.Time, error)
	// Groups tells of user groups, which are named by handle (without @) or id, and all of which are in the answer. ID is
	// what the name stood for before: a group whose handle is another now is still the one that was meant. One that is not
	// there, or is disabled, has a Fault and no members.
	Groups(ctx context.Context, known []ticket.UserGroup) ([]ticket.UserGroup, error)
}

// Seen is whether somebody seems to be there.
type Seen struct {
	Here   bool
	Reason string    // why not, when it is another than that they do nothing: "do not disturb"
	Until  time.Time // zero: not known
}
