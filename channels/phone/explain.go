package phone

import (
	"bytes"
	"path/filepath"
	"strings"

	"tierline/ticket"
)

// Explanation is what becomes of a transcript; its keys are a promise to scripts.
type Explanation struct {
	File       string         `json:"file"`
	Format     string         `json:"format,omitempty"`
	Outcome    string         `json:"outcome"` // ticketed, quarantined
	Reason     string         `json:"reason,omitempty"`
	Detail     string         `json:"detail,omitempty"`
	CallID     string         `json:"call_id,omitempty"`
	Language   string         `json:"language,omitempty"`
	DurationMS int64          `json:"duration_ms"`
	Turns      []ticket.Turn  `json:"turns,omitempty"`
	Redacted   map[string]int `json:"redacted,omitempty"`
	SilenceMS  int64          `json:"silence_ms"`
	OverlapMS  int64          `json:"overlap_ms"`
}

// Explain says what would become of a file, by its transcript alone: who called may still be told
// by the query of the request.
func Explain(name string, data []byte) Explanation {
	kind := "application/json"
	if strings.EqualFold(filepath.Ext(name), ".vtt") || bytes.HasPrefix(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("WEBVTT")) {
		kind = "text/vtt"
	}
	c, err := Parse(kind, data)
	if err != nil {
		e := Explanation{File: name, Format: c.Format, Outcome: "quarantined", Reason: "invalid", Detail: err.Error()}
		if f, ok := err.(*Fault); ok {
			e.Reason = f.code()
		}
		return e
	}
	return Explanation{File: name, Format: c.Format, Outcome: "ticketed", CallID: c.ID, Language: c.Language,
		DurationMS: c.DurationMS, Turns: c.Turns, Redacted: c.Redacted, SilenceMS: c.SilenceMS, OverlapMS: c.OverlapMS}
}
