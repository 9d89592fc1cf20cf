package oncall

import (
	"slices"
	"time"
)

// Off is somebody who is not on call, from From to To (not included): their turn goes to the next of the
// layer who can take it, and nobody's later turn moves by that. When the layer has nobody else it stays
// theirs, because a gap is worse; what puts them on call by name is not touched.
type Off struct {
	Person   string
	From, To time.Time
}

// Change is an override or a temporary schedule that people have made; the other is zero.
type Change struct {
	Override  Override
	Temporary Temporary
}

// With is the schedule with what people have changed. Changes go over the configuration and over each
// other, in the order given.
func (s Schedule) With(off []Off, changes []Change) Schedule {
	s.off = append(s.off[:len(s.off):len(s.off)], off...)
	s.changes = append(s.changes[:len(s.changes):len(s.changes)], changes...)
	return s
}

func (s Schedule) isOff(p string, at time.Time) bool {
	for _, o := range s.off {
		if o.Person == p && !at.Before(o.From) && at.Before(o.To) {
			return true
		}
	}
	return false
}

// person is who of a layer is on call: whose turn it is or, when they are off, the next who is not,
// preferably one who is not on call by another layer.
func (s Schedule) person(l *layer, at time.Time, on []string) string {
	turn := l.on(at, s.zone)
	if turn < 0 {
		return ""
	}
	n := len(l.People)
	p := l.People[turn%n]
	if !s.isOff(p, at) {
		return p
	}
	second := ""
	for i := 1; i < n; i++ {
		next := l.People[(turn+i)%n]
		switch {
		case next == p || s.isOff(next, at):
		case !slices.Contains(on, next):
			return next
		case second == "":
			second = next
		}
	}
	if second != "" {
		return second
	}
	return p
}

// changeEdges are when something of the changes begins or ends.
func (s Schedule) changeEdges() (list []time.Time) {
	for _, o := range s.off {
		list = append(list, o.From, o.To)
	}
	for _, c := range s.changes {
		for _, t := range []time.Time{c.Override.From, c.Override.To} {
			if !t.IsZero() {
				list = append(list, t)
			}
		}
		list = append(list, c.Temporary.edges()...)
	}
	return list
}

func (t Temporary) edges() (list []time.Time) {
	if t.To.IsZero() {
		return nil
	}
	list = append(list, t.From, t.To)
	for _, shift := range t.Shifts {
		list = append(list, shift.From, shift.To)
	}
	return list
}

// IsOff says whether somebody has said that they are not on call for a part of a time.
func (s Schedule) IsOff(p string, from, to time.Time) bool {
	return slices.ContainsFunc(s.off, func(o Off) bool { return o.Person == p && o.From.Before(to) && from.Before(o.To) })
}
