package ticket

import (
	"context"
	"time"
)

// Installation is the desk's app as it stands in one workspace of the desk's tool, or in a whole organization, by
// itself: what people agreed to there, and the tokens that came of it. One that is configured by a token is none.
type Installation struct {
	Key        string    `json:"key"`                  // the workspace's id, or the organization's when it is of all its workspaces
	Team       string    `json:"team,omitempty"`       // the workspace's id; "" when it is of a whole organization
	Enterprise string    `json:"enterprise,omitempty"` // the organization's id; "" when there is none
	Name       string    `json:"name"`
	URL        string    `json:"url,omitempty"`
	App        string    `json:"app,omitempty"`      // the app's id
	BotUser    string    `json:"bot_user,omitempty"` // the app's user there
	Scopes     []string  `json:"scopes,omitempty"`   // that were granted
	Home       bool      `json:"home,omitempty"`     // ids in it are written bare: one at the most is, and stays
	By         Actor     `json:"by"`                 // who had it installed last
	At         time.Time `json:"at"`
	Ended      time.Time `json:"ended,omitzero"`   // it is there no more: its tokens are forgotten, what waits for it stays
	Why        string    `json:"why,omitempty"`    // it ended
	Lost       bool      `json:"lost,omitempty"`   // it ended over there: somebody took the app away, or its token
	Fault      string    `json:"fault,omitempty"`  // why its token cannot be renewed, and what to do; "" while it can
	Expires    time.Time `json:"expires,omitzero"` // when its token ends; zero: never
	Renew      time.Time `json:"renew,omitzero"`   // from when on another one is asked for; before Expires
	// Began is since when somebody renews the token; zero when nobody does. One that is old is of a gateway that died
	// at it: the answer may be lost.
	Began time.Time `json:"began,omitzero"`
	// From marks what a configuration's refresh token was taken over from: it is taken once.
	From string `json:"from,omitempty"`
	// Sealed are the tokens, encrypted; the store cannot read them. It is in no listing and no export.
	Sealed string `json:"-"`
	Rev    int64  `json:"-"`
}

// Live says that it has not ended.
func (i Installation) Live() bool { return i.Ended.IsZero() }

// Title is what people call it.
func (i Installation) Title() string {
	if i.Name != "" {
		return i.Name
	}
	return i.Key
}

// Installations keeps where the desk's app is installed, for all gateways and over restarts.
type Installations interface {
	// Installations lists all there are and were, by key.
	Installations(ctx context.Context) ([]Installation, error)
	// PutInstallation saves one that was decided on as of its Rev (0: there is none yet), and gives it with the next; when it is
	// another by now, or a second would be home, nothing is saved: Conflict. That it was installed, has ended or can no
	// longer be renewed is in the history of ticket 0, in the same commit.
	PutInstallation(ctx context.Context, i Installation) (Installation, error)
}
