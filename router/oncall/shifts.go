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
		done = append(done, Shift{Person: p, From: since, To: to})
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

// Gaps are when nobody is on call. Their Person is "".
func (s Schedule) Gaps(from, to time.Time) []Shift {
	var gaps []Shift
	var since time.Time
	s.walk(from, to, func(at time.Time, on []string) {
		switch {
		case len(on) == 0 && since.IsZero():
			since = at
		case len(on) > 0 && !since.IsZero():
			gaps = append(gaps, Shift{From: since, To: at})
			since = time.Time{}
		}
	})
	if !since.IsZero() {
		gaps = append(gaps, Shift{From: since, To: to})
	}
	return gaps
}

// Next is the first shift that begins after a time, within a year; false when there is none.
func (s Schedule) Next(at time.Time) (Shift, bool) {
	for _, days := range []int{8, 62, 366} {
		end := at.AddDate(0, 0, days)
		for _, shift := range s.Shifts(at, end) {
			if shift.From.After(at) {
				return shift, true
			}
		}
	}
	return Shift{}, false
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
		tell(at, on)
	}
}

// Load is how much somebody was, or will be, on call (practice: fair-measures).
type Load struct {
	Person  string        `json:"person"`
	Shifts  int           `json:"shifts"`
	Total   time.Duration `json:"total"`
	Night   time.Duration `json:"night"`   // 22:00 to 06:00
	Weekend time.Duration `json:"weekend"` // Saturday and Sunday
}

// Loads compares those who are on call from one time to another, the most loaded first.
func (s Schedule) Loads(from, to time.Time) []Load {
	by := map[string]*Load{}
	for _, shift := range s.Shifts(from, to) {
		l := by[shift.Person]
		if l == nil {
			l = &Load{Person: shift.Person}
			by[shift.Person] = l
		}
		l.Shifts++
		l.Total += shift.To.Sub(shift.From)
		l.Night += overlap(shift, s.zone, func(time.Weekday) []window { return []window{{22 * 60, 6 * 60}} })
		l.Weekend += overlap(shift, s.zone, func(d time.Weekday) []window {
			if d == time.Saturday || d == time.Sunday {
				return []window{{0, 24 * 60}}
			}
			return nil
		})
	}
	var list []Load
	for _, l := range by {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Load) int {
		switch {
		case a.Total != b.Total:
			return int(b.Total/time.Second) - int(a.Total/time.Second)
		case a.Person < b.Person:
			return -1
		}
		return 1
	})
	return list
}

// overlap is how much of a shift lies within windows of each day.
func overlap(shift Shift, zone *time.Location, windows func(time.Weekday) []window) (d time.Duration) {
	if shift.Person == "" || zone == nil {
		return 0
	}
	day := floating(shift.From, zone).Truncate(24*time.Hour).AddDate(0, 0, -1)
	for end := floating(shift.To, zone); !day.After(end); day = day.AddDate(0, 0, 1) {
		for _, w := range windows(day.Weekday()) {
			from, to := w.on(day, zone)
			if from.Before(shift.From) {
				from = shift.From
			}
			if to.After(shift.To) {
				to = shift.To
			}
			if from.Before(to) {
				d += to.Sub(from)
			}
		}
	}
	return d
}
