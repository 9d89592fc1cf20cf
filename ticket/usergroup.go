package ticket

import (
	"context"
	"time"
)

// UserGroup is a group of people in the desk's tool, as the tool told of it last. Who may do what may hang on it.
type UserGroup struct {
	Name    string        `json:"name"`            // as the configuration names it: a handle without @, or an id
	ID      string        `json:"id,omitempty"`    // the tool's; "" while it was never found
	Fault   string        `json:"fault,omitempty"` // why it gives nobody anything; "" when it is there
	Members []GroupMember `json:"members,omitempty"`
	Asked   time.Time     `json:"asked"` // the moment before the tool was asked: what was asked later holds
}

// GroupMember is somebody in a user group. Guests, bots and those who have left are none.
type GroupMember struct {
	ID       string `json:"id"` // the tool's
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"` // ISO 639-1, of what the tool shows them; "" when it is not known
	Zone     string `json:"zone,omitempty"`     // IANA
}

// UserGroups keeps what the desk's tool told of its groups, for all gateways and over restarts.
type UserGroups interface {
	// UserGroups lists all that were told of, by name.
	UserGroups(ctx context.Context) ([]UserGroup, error)
	// SetUserGroups keeps them, but for those of which a later answer is known. Who has come or gone, and what is wrong
	// with a group, is in the history of ticket 0, in the same commit. changed: somebody has, or it is.
	SetUserGroups(ctx context.Context, list []UserGroup) (changed bool, err error)
}
