package ticket

import "time"

// Working days, as calendars tell them: a break of less than workRest does not end one. Who works round the clock, or
// at no hours that are known, begins at workFirst.
const (
	workRest  = 4 * time.Hour
	workFirst = 8              // o'clock
	workLong  = 18 * time.Hour // what lasts longer is no working day: it is open round the clock
	workEarly = 5              // o'clock: a day that begins before and lasts for more than workWhole begins at workFirst
	workWhole = 12 * time.Hour
)

// workdays gives the stretches of work that touch a time, oldest first. Of hours without limits there are none.
func (c Calendar) workdays(from, to time.Time, yield func(from, to time.Time)) {
	var a, b time.Time
	c.spans(from.Add(-48*time.Hour), func(f, t time.Time) bool {
		switch {
		case f.After(to.Add(48 * time.Hour)):
			return false
		case a.IsZero():
			a, b = f, t
		case f.Sub(b) < workRest:
			if t.After(b) {
				b = t
			}
		default:
			yield(a, b)
			a, b = f, t
		}
		return true
	})
	if !a.IsZero() {
		yield(a, b)
	}
}

// Workdays are the moments after from and up to to at which a working day begins, at most one on each date. Who works
// round the clock, or at no hours that are known, begins at eight: on weekdays, or when it is open.
func (c Calendar) Workdays(from, to time.Time) (list []time.Time) {
	zone, last := c.Zone(), ""
	add := func(at time.Time) {
		if date := at.In(zone).Format(time.DateOnly); date != last {
			if at.After(from) && !at.After(to) {
				list = append(list, at.UTC())
			}
			last = date
		}
	}
	eights := func(a, b time.Time, weekdays bool) {
		local := a.In(zone)
		for n := 0; ; n++ {
			at := time.Date(local.Year(), local.Month(), local.Day()+n, workFirst, 0, 0, 0, zone)
			if !at.Before(b) {
				return
			}
			if wd := at.Weekday(); !at.Before(a) && (!weekdays || wd != time.Saturday && wd != time.Sunday) {
				add(at)
			}
		}
	}
	if !c.limited {
		eights(from.Add(-24*time.Hour), to.Add(24*time.Hour), true)
		return list
	}
	c.workdays(from, to, func(a, b time.Time) {
		local, long := a.In(zone), b.Sub(a)
		if long <= workWhole || long <= workLong && local.Hour() >= workEarly {
			add(a)
			return
		}
		if local.Hour() >= workFirst {
			add(a)
		}
		eights(a, b, false)
	})
	return list
}

// Workday is the working day that is under way at a time, or begins next, within two days; of who works round the clock
// it is the date.
func (c Calendar) Workday(at time.Time) (from, to time.Time) {
	if c.limited {
		c.workdays(at, at, func(a, b time.Time) {
			if from.IsZero() && b.After(at) {
				from, to = a, b
			}
		})
	}
	if from.IsZero() || to.Sub(from) > workLong {
		local := at.In(c.Zone())
		from = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, c.Zone())
		to = time.Date(local.Year(), local.Month(), local.Day()+1, 0, 0, 0, 0, c.Zone())
	}
	return from.UTC(), to.UTC()
}

// Left is when the working day before the one at a time was over. Of who works round the clock it is 16 hours before.
func (c Calendar) Left(at time.Time) (left time.Time) {
	if c.limited {
		begin, _ := c.Workday(at)
		c.workdays(at.Add(-15*24*time.Hour), at, func(_, b time.Time) {
			if !b.After(begin) && !b.After(at) {
				left = b.UTC()
			}
		})
	}
	if left.IsZero() {
		left = at.Add(-16 * time.Hour)
	}
	return left
}
