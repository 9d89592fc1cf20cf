package ticket

import (
	"context"
	"strings"
	"time"
)

// ShiftNote is a word for whoever takes over a tier.
type ShiftNote struct {
	ID    int64     `json:"id"`
	Tier  string    `json:"tier"`
	Shift time.Time `json:"shift"` // whose turn begins then
	By    Actor     `json:"by"`
	Text  string    `json:"text"`
	Key   string    `json:"key,omitempty"` // the same when it comes again; kept once
	At    time.Time `json:"at"`            // set by the store
}

// MaxShiftNote is how long one is, in runes; MaxShiftNotes how many there are for one shift.
const (
	MaxShiftNote  = 2_000
	MaxShiftNotes = 50
)

// ShiftNotes keeps what is left for the next shift.
type ShiftNotes interface {
	// AddShiftNote keeps one, with the jobs that follow, in one commit. One of the same Key is kept once; Invalid when
	// there are MaxShiftNotes of the shift.
	AddShiftNote(ctx context.Context, n ShiftNote, jobs ...Job) error
	// ShiftNotes lists those of a tier for shifts that begin at or after from and before to, oldest first.
	ShiftNotes(ctx context.Context, tier string, from, to time.Time) ([]ShiftNote, error)
}

// Check says what is wrong with a word for the next shift, and puts it into shape.
func (n *ShiftNote) Check() error {
	n.Text = strings.TrimSpace(n.Text)
	switch {
	case n.Text == "":
		return Errorf("ticket.ShiftNote", Invalid, "Say what the next shift is to know.")
	case len([]rune(n.Text)) > MaxShiftNote:
		return Errorf("ticket.ShiftNote", Invalid, "That is too long: at most %d characters.", MaxShiftNote)
	case n.Tier == "" || n.Shift.IsZero():
		return Errorf("ticket.ShiftNote", Invalid, "Say for which tier and shift it is.")
	}
	return nil
}
