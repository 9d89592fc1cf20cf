package oncall

import (
	"slices"
	"time"
)

// Shifts are who is on call from one time to another, in the order of their beginnings. A shift that
// reaches beyond is cut.
func (s Schedule) Shifts(from, to time.Time) []Shift {
	var done []Shift
	open := map[string]time.Time{} // since when
	s.walk(from, to, func(at time.Time, on []string) {
		for p, since := range open {
			if !slices.Contains(on, p) {
				done = append(done, Shift{Person: p, From: since, To: at})
				delete(open, p)
			}
		}
		for _, p := range on {
			if _, ok := open[p]; !ok {
				open[p] = at
			}
		}
	})
	for p, since := range open {
		done = append(done, Shift{Person: p, From: since, To: to.UTC()})
	}
	slices.SortFunc(done, func(a, b Shift) int {
		if c := a.From.Compare(b.From); c != 0 {
			return c
		}
		if a.Person < b.Person {
			return -1
		}
		return 1
	})
	return done
}

// Gaps are when nobody is on call though somebody has to be. Their Person is "".
func (s Schedule) Gaps(from, to time.Time) []Shift {
	var gaps []Shift
	var since time.Time
	s.walk(from, to, func(at time.Time, on []string) {
		switch {
		case len(on) == 0 && since.IsZero():
			since = at
		case len(on) > 0 && !since.IsZero():
			gaps = append(gaps, s.lacking(since, at)...)
			since = time.Time{}
		}
	})
	if !since.IsZero() {
		gaps = append(gaps, s.lacking(since, to)...)
	}
	return gaps
}

// lacking is the part of a time in which somebody has to be on call.
func (s Schedule) lacking(from, to time.Time) []Shift {
	if !s.limited {
		return []Shift{{From: from, To: to}}
	}
	return within(from, to, s.Zone(), func(day time.Time) []window { return s.needed[day.Weekday()] })
}

// within are the parts of a time that lie within windows of each day, in the order of their beginnings.
func within(from, to time.Time, zone *time.Location, windows func(day time.Time) []window) (list []Shift) {
	day := floating(from, zone).Truncate(24*time.Hour).AddDate(0, 0, -1)
	for end := floating(to, zone); !day.After(end); day = day.AddDate(0, 0, 1) {
		for _, w := range windows(day) {
			a, b := w.on(day, zone)
			if a.Before(from) {
				a = from
			}
			if b.After(to) {
				b = to
			}
			if a.Before(b) {
				list = append(list, Shift{From: a, To: b})
			}
		}
	}
	slices.SortFunc(list, func(a, b Shift) int { return a.From.Compare(b.From) })
	return joined(list)
}

// joined makes one of what touches: a midnight may come twice, to two days.
func joined(list []Shift) (out []Shift) {
	for _, w := range list {
		if n := len(out); n > 0 && !w.From.After(out[n-1].To) {
			if w.To.After(out[n-1].To) {
				out[n-1].To = w.To
			}
			continue
		}
		out = append(out, w)
	}
	return out
}

// Change is when who is on call changes next, within a year; false when it does not.
func (s Schedule) Change(at time.Time) (next time.Time, ok bool) {
	for _, days := range []int{8, 62, 366} {
		s.walk(at, at.AddDate(0, 0, days), func(when time.Time, _ []string) {
			if !ok && when.After(at) {
				next, ok = when, true
			}
		})
		if ok {
			return next, true
		}
	}
	return time.Time{}, false
}

// Whole are the shifts that reach into a time, each with its true beginning and end where these lie within
// beyond of it; else it is cut there.
func (s Schedule) Whole(from, to time.Time, beyond time.Duration) []Shift {
	var list []Shift
	for _, reach := range []time.Duration{0, 8 * 24 * time.Hour, beyond} { // mostly a few days do
		a, b := from.Add(-reach), to.Add(reach)
		cut := false
		list = list[:0]
		for _, shift := range s.Shifts(a, b) {
			if shift.To.After(from) && shift.From.Before(to) {
				list = append(list, shift)
				cut = cut || shift.From.Equal(a) || shift.To.Equal(b)
			}
		}
		if !cut {
			break
		}
	}
	return list
}

// walk tells who is on call at the beginning and after each change.
func (s Schedule) walk(from, to time.Time, tell func(at time.Time, on []string)) {
	if !from.Before(to) {
		return
	}
	edges := []time.Time{from}
	for i := range s.layers {
		edges = append(edges, s.layers[i].edges(from, to, s.zone)...)
	}
	for _, o := range s.overrides {
		edges = append(edges, o.From, o.To)
	}
	for _, t := range s.temporary {
		edges = append(edges, t.edges()...)
	}
	edges = append(edges, s.changeEdges()...)
	slices.SortFunc(edges, time.Time.Compare)
	var before []string
	for i, at := range edges {
		if at.Before(from) || !at.Before(to) || i > 0 && at.Equal(edges[i-1]) {
			continue
		}
		on := s.On(at)
		if i > 0 && !at.Equal(from) && slices.Equal(on, before) {
			continue
		}
		before = on
		tell(at.UTC(), on)
	}
}

// Less is the time of the shifts of a for which the same person has none in b.
func Less(a, b []Shift) (list []Shift) {
	for _, s := range a {
		parts := []Shift{s}
		for _, o := range b {
			if o.Person != s.Person {
				continue
			}
			var left []Shift
			for _, p := range parts {
				if !o.From.Before(p.To) || !p.From.Before(o.To) {
					left = append(left, p)
					continue
				}
				if p.From.Before(o.From) {
					left = append(left, Shift{p.Person, p.From, o.From})
				}
				if o.To.Before(p.To) {
					left = append(left, Shift{p.Person, o.To, p.To})
				}
			}
			parts = left
		}
		list = append(list, parts...)
	}
	return list
}
