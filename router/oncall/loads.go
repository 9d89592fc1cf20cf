package oncall

import (
	"cmp"
	"slices"
	"time"
)

// Load is how much somebody was, or will be, on call (practice: fair-measures). An hour may count in
// more than one of Night, Weekend and Holiday.
type Load struct {
	Person  string        `json:"person"`
	Shifts  int           `json:"shifts"`
	Total   time.Duration `json:"total"`
	Night   time.Duration `json:"night"`   // 22:00 to 06:00 on the wall clock of the schedule
	Weekend time.Duration `json:"weekend"` // Saturday and Sunday, 00:00 to 24:00
	Holiday time.Duration `json:"holiday"` // 00:00 to 24:00 of the days that the holidays name
}

// Loads compares those who are on call from one time to another, the most loaded first. holiday says of
// a day, given as its midnight in UTC, whether it is one; nil: there are none. A shift that reaches
// beyond counts with the part that lies within.
func (s Schedule) Loads(from, to time.Time, holiday func(day time.Time) bool) []Load {
	by := map[string]*Load{}
	for _, shift := range s.Shifts(from, to) {
		l := by[shift.Person]
		if l == nil {
			l = &Load{Person: shift.Person}
			by[shift.Person] = l
		}
		l.Shifts++
		l.Total += shift.To.Sub(shift.From)
		l.Night += s.overlap(shift, func(time.Time) []window { return []window{{22 * 60, 6 * 60}} })
		l.Weekend += s.overlap(shift, wholeDay(func(day time.Time) bool {
			return day.Weekday() == time.Saturday || day.Weekday() == time.Sunday
		}))
		if holiday != nil {
			l.Holiday += s.overlap(shift, wholeDay(holiday))
		}
	}
	var list []Load
	for _, l := range by {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Load) int { return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Person, b.Person)) })
	return list
}

func wholeDay(of func(day time.Time) bool) func(time.Time) []window {
	return func(day time.Time) []window {
		if of(day) {
			return []window{{0, 24 * 60}}
		}
		return nil
	}
}

// overlap is how much of a shift lies within windows of each day.
func (s Schedule) overlap(shift Shift, windows func(day time.Time) []window) (d time.Duration) {
	for _, part := range within(shift.From, shift.To, s.Zone(), windows) {
		d += part.To.Sub(part.From)
	}
	return d
}
