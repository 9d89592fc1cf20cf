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
	// Groups are the members of user groups, which are named by handle (without @) or id. One that the tool does not
	// have is not in the answer.
	Groups(ctx context.Context, names []string) (map[string][]Person, error)
}

// Seen is whether somebody seems to be there.
type Seen struct {
	Here   bool
	Reason string    // why not, when it is another than that they do nothing: "do not disturb"
	Until  time.Time // zero: not known
}

// Person is a member of a user group.
type Person struct {
	ID    string `json:"id"` // the vendor's
	Email string `json:"email,omitempty"`
}
