package ticket

import (
	"context"
	"time"
)

// Draft is an answer that somebody has begun to write and has not sent. It is theirs alone.
type Draft struct {
	Ticket   ID        `json:"ticket"`
	Agent    string    `json:"agent"`
	Text     string    `json:"text"`
	Language string    `json:"language,omitempty"` // in which it is written; "" is the customer's
	Macro    string    `json:"macro,omitempty"`    // the article of the macro that was put in last
	Form     string    `json:"form,omitempty"`     // in which it was typed: what was sent from a form is no draft any more
	Open     bool      `json:"open,omitempty"`     // the form stands open: they are writing now
	At       time.Time `json:"at"`
}

// Limits of drafts.
const (
	MaxDraft   = 40_000             // bytes; what is longer is cut
	DraftLife  = 7 * 24 * time.Hour // after which one that nobody has gone on with is forgotten
	WritingFor = 3 * time.Minute    // without a key pressed, somebody counts as writing still
)

// Writer is somebody who is writing an answer.
type Writer struct {
	Agent string    `json:"agent"`
	At    time.Time `json:"at"` // when they last typed
}

// MacroUse is how a macro fares.
type MacroUse struct {
	Article string
	Uses    int
	Changed int       // of all uses, the sum of how much of it was written anew, in percent
	Last    time.Time // its last use
}

// Edited is how much of the macro people write anew, in percent on average.
func (u MacroUse) Edited() int {
	if u.Uses == 0 {
		return 0
	}
	return u.Changed / u.Uses
}

// Drafting keeps what people are writing, and how what is ready to be sent is used.
type Drafting interface {
	// PutDraft keeps a draft in the place of its writer's former one. One of a form from which the answer was sent
	// already changes nothing.
	PutDraft(ctx context.Context, d Draft) error
	// LeaveDraft notes that a form is closed: whoever typed in it is not writing any more. Their draft is kept.
	LeaveDraft(ctx context.Context, agent string, id ID, form string) error
	// DraftOf is what an agent has begun to write to a ticket, or NotFound.
	DraftOf(ctx context.Context, agent string, id ID) (Draft, error)
	// Writers are those who have an answer to a ticket before them and have typed since then, by their ids.
	Writers(ctx context.Context, id ID, since time.Time) ([]Writer, error)
	// MacroUses tells of each macro that was ever used, by its article.
	MacroUses(ctx context.Context) ([]MacroUse, error)
}
