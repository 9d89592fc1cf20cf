package ticket

import (
	"fmt"
	"strings"
)

// CallNote is what a note says of a call, beside what was said in it.
type CallNote struct {
	Direction string `json:"direction"`         // in: they called; out: we did
	Minutes   int    `json:"minutes,omitempty"` // how long it took; 0 is not told
	With      string `json:"with,omitempty"`    // who was on the line
	Outcome   string `json:"outcome,omitempty"` // reached, voicemail, no_answer
}

// Outcomes of a call.
const (
	CallReached   = "reached"
	CallVoicemail = "voicemail"
	CallNoAnswer  = "no_answer"
)

// maxCallMinutes is the longest call that a note may tell of: a day.
const maxCallMinutes = 24 * 60

func (n *CallNote) check() error {
	switch {
	case n == nil:
		return nil
	case n.Direction != "in" && n.Direction != "out":
		return invalid("Say who called: in or out.")
	case n.Outcome != "" && n.Outcome != CallReached && n.Outcome != CallVoicemail && n.Outcome != CallNoAnswer:
		return invalid("%.20q is no outcome of a call: reached, voicemail or no_answer.", n.Outcome)
	case n.Minutes < 0 || n.Minutes > maxCallMinutes:
		return invalid("%d minutes are no call: at most a day.", n.Minutes)
	case len(n.With) > 300:
		return invalid("Who was on the line is too long: at most 300 bytes.")
	}
	return nil
}

func (n *CallNote) String() string {
	if n == nil {
		return ""
	}
	parts := []string{map[string]string{"in": "they called", "out": "we called"}[n.Direction]}
	if n.Minutes > 0 {
		parts = append(parts, fmt.Sprintf("%d min", n.Minutes))
	}
	if w := strings.TrimSpace(n.With); w != "" {
		parts = append(parts, "with "+w)
	}
	if o := map[string]string{CallReached: "reached", CallVoicemail: "voicemail", CallNoAnswer: "no answer"}[n.Outcome]; o != "" {
		parts = append(parts, o)
	}
	return strings.Join(parts, ", ")
}

// Missing are the fields that a note of a call should fill in and does not, by their names. Who reached nobody has nothing
// more to tell.
func (n *NoteFields) Missing() (list []string) {
	c := n.Call
	if c == nil {
		return nil
	}
	if c.Outcome == "" {
		list = append(list, "outcome")
	}
	if c.Outcome == CallVoicemail || c.Outcome == CallNoAnswer {
		return list
	}
	for _, f := range []struct{ name, text string }{{"with", c.With}, {"reported", n.Reported}, {"tried", n.Tried}, {"result", n.Result}, {"next_step", n.NextStep}} {
		if strings.TrimSpace(f.text) == "" {
			list = append(list, f.name)
		}
	}
	return list
}
