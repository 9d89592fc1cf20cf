package ticket

import "slices"

// FindingKind is what sort of thing a contact names.
type FindingKind string

// The kinds of findings. Serial numbers are Inbound.Units: they tie cases of one unit together.
const (
	FoundPhone FindingKind = "phone" // a telephone number in its international form, E.164
	FoundOrder FindingKind = "order" // by one of the configured patterns, in upper case
)

// Finding is something that a contact names and that people will want to look up.
type Finding struct {
	Kind  FindingKind `json:"kind"`
	Value string      `json:"value"`
}

// MaxFound is how many findings a ticket keeps: the first ones.
const MaxFound = 50

const maxFinding = 100 // bytes

// addFound adds what is new. The list that it was given stays as it was.
func addFound(list []Finding, more ...Finding) []Finding {
	list = slices.Clone(list)
	for _, f := range more {
		if f.Value = cut(f.Value, maxFinding); f.Value != "" && f.Kind != "" && len(list) < MaxFound && !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	return list
}

// FoundOf are the values of one kind.
func (t Ticket) FoundOf(kind FindingKind) (values []string) {
	for _, f := range t.Found {
		if f.Kind == kind {
			values = append(values, f.Value)
		}
	}
	return values
}
