package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Hours are opening hours on the wall clock of a zone. The zero value is always open.
type Hours struct {
	Zone     string            `yaml:"zone" json:"zone,omitempty"`         // IANA; default UTC
	Week     map[string]string `yaml:"week" json:"week,omitempty"`         // mon … sun: "09:00-17:30", or several, with commas
	Holidays []string          `yaml:"holidays" json:"holidays,omitempty"` // closed all day: "2026-12-24", "12-25" (each year), "easter+1"
}

// Check says what is wrong with the hours.
func (h Hours) Check() error {
	_, err := h.Calendar()
	return err
}

// Open says whether it is within the hours. Hours with a fault are closed.
func (h Hours) Open(at time.Time) bool {
	c, err := h.Calendar()
	return err == nil && c.Open(at)
}

// Calendar is hours made ready to reckon with. Its zero value is always open.
type Calendar struct {
	zone     *time.Location
	limited  bool
	week     [7][]span
	dates    map[date]bool // a year of 0 is each year
	fromPask map[int]bool  // days from Easter Sunday
}

// span is a part of a day in minutes of its wall clock; its end may be 24:00.
type span struct{ from, to int }

type date struct {
	year  int
	month time.Month
	day   int
}

var weekdays = map[string]time.Weekday{"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday}

// Calendar makes hours ready to reckon with, and says what is wrong with them.
func (h Hours) Calendar() (Calendar, error) {
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return Calendar{}, fmt.Errorf("%.60q is no time zone", h.Zone)
	}
	c := Calendar{zone: zone, limited: len(h.Week)+len(h.Holidays) > 0, dates: map[date]bool{}, fromPask: map[int]bool{}}
	open := len(h.Week) == 0
	for i := range c.week {
		if open {
			c.week[i] = []span{{0, 24 * 60}}
		}
	}
	for name, spans := range h.Week {
		day, ok := weekdays[name]
		if !ok {
			return c, fmt.Errorf("%.20q is no day: mon, tue, wed, thu, fri, sat or sun", name)
		}
		for part := range strings.SplitSeq(spans, ",") {
			if strings.TrimSpace(part) == "" {
				continue
			}
			s, err := parseSpan(part)
			if err != nil {
				return c, fmt.Errorf("%s: %w", name, err)
			}
			c.week[day], open = append(c.week[day], s), true
		}
		slices.SortFunc(c.week[day], func(a, b span) int { return a.from - b.from })
		for i := 1; i < len(c.week[day]); i++ {
			if c.week[day][i].from < c.week[day][i-1].to {
				return c, fmt.Errorf("%s: two spans of time overlap", name)
			}
		}
	}
	if !open {
		return c, errors.New("they are never open")
	}
	for _, s := range h.Holidays {
		if err := c.holiday(strings.TrimSpace(s)); err != nil {
			return c, err
		}
	}
	return c, nil
}

// parseSpan reads "09:00-17:30" as minutes of the day; the end may be 24:00.
func parseSpan(s string) (span, error) {
	from, to, ok := strings.Cut(strings.TrimSpace(s), "-")
	a, okA := minutes(from)
	b, okB := minutes(to)
	if !ok || !okA || !okB || a >= b || b > 24*60 {
		return span{}, fmt.Errorf("%.20q is no span of time within one day, such as 09:00-17:30", s)
	}
	return span{a, b}, nil
}

func minutes(s string) (int, bool) {
	hour, minute, ok := strings.Cut(strings.TrimSpace(s), ":")
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	return h*60 + m, ok && errH == nil && errM == nil && h >= 0 && m >= 0 && m < 60
}

// maxFromEaster is how far from Easter a feast is, in days.
const maxFromEaster = 100

func (c *Calendar) holiday(s string) error {
	if rest, ok := strings.CutPrefix(s, "easter"); ok {
		n := 0
		if rest != "" {
			var err error
			if n, err = strconv.Atoi(rest); err != nil || n < -maxFromEaster || n > maxFromEaster || rest[0] != '+' && rest[0] != '-' {
				return fmt.Errorf("%.20q is no holiday: such as easter+1, which is Easter Monday", s)
			}
		}
		c.fromPask[n] = true
		return nil
	}
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		c.dates[date{t.Year(), t.Month(), t.Day()}] = true
		return nil
	}
	t, err := time.Parse(time.DateOnly, "2024-"+s) // a leap year
	if err != nil {
		return fmt.Errorf("%.20q is no holiday: 2026-12-24, 12-25 or easter+1", s)
	}
	c.dates[date{0, t.Month(), t.Day()}] = true
	return nil
}

// easter is Easter Sunday by the Gregorian calendar (the algorithm of Meeus, Jones and Butcher).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 19*l) / 433
	month := (h + l - 7*m + 90) / 25
	day := (h + l - 7*m + 33*month + 19) % 32
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
}

func (c Calendar) closed(d date) bool {
	if c.dates[d] || c.dates[date{0, d.month, d.day}] {
		return true
	}
	if len(c.fromPask) == 0 {
		return false
	}
	n := int(time.Date(d.year, d.month, d.day, 0, 0, 0, 0, time.UTC).Sub(easter(d.year)).Hours()) / 24
	return c.fromPask[n]
}

// Holiday says whether a day is one; only its date counts.
func (c Calendar) Holiday(day time.Time) bool {
	return c.closed(date{day.Year(), day.Month(), day.Day()})
}

// maxDays is how far ahead is looked for an hour that is open.
const maxDays = 10 * 366

// spans gives the open spans that end after at, oldest first, until yield returns false.
func (c Calendar) spans(at time.Time, yield func(from, to time.Time) bool) {
	first := at.In(c.zone)
	for n := range maxDays {
		day := time.Date(first.Year(), first.Month(), first.Day()+n, 12, 0, 0, 0, c.zone) // there is a noon each day
		if c.closed(date{day.Year(), day.Month(), day.Day()}) {
			continue
		}
		for _, s := range c.week[day.Weekday()] {
			from := time.Date(day.Year(), day.Month(), day.Day(), 0, s.from, 0, 0, c.zone)
			to := time.Date(day.Year(), day.Month(), day.Day(), 0, s.to, 0, 0, c.zone)
			if to.After(at) && to.After(from) && !yield(from, to) {
				return
			}
		}
	}
}

// Open says whether it is within the hours.
func (c Calendar) Open(at time.Time) bool {
	if !c.limited {
		return true
	}
	open := false
	c.spans(at, func(from, _ time.Time) bool {
		open = !from.After(at)
		return false
	})
	return open
}

// Next is when it is open: at itself, or when it opens next. It is zero when that is not within ten years.
func (c Calendar) Next(at time.Time) time.Time {
	if !c.limited {
		return at
	}
	var next time.Time
	c.spans(at, func(from, _ time.Time) bool {
		if next = from; from.Before(at) {
			next = at
		}
		return false
	})
	return next
}

// Closes is when hours that are open at a time end; zero when they are closed then, or never close.
func (c Calendar) Closes(at time.Time) (end time.Time) {
	if !c.limited {
		return end
	}
	c.spans(at, func(from, to time.Time) bool {
		if end.IsZero() && from.After(at) || !end.IsZero() && from.After(end) {
			return false
		}
		end = to // the next one begins where this one ends
		return to.Sub(at) < maxOpen
	})
	if end.Sub(at) >= maxOpen {
		return time.Time{}
	}
	return end
}

// maxOpen is how long hours are open at a stretch before they count as never closing.
const maxOpen = 31 * 24 * time.Hour

// Zone is where its wall clock hangs.
func (c Calendar) Zone() *time.Location {
	if c.zone == nil {
		return time.UTC
	}
	return c.zone
}

// Limited says that there are times at which it is closed.
func (c Calendar) Limited() bool { return c.limited }

// Add is when so much open time has passed. It is zero when that is not within ten years.
func (c Calendar) Add(at time.Time, d time.Duration) time.Time {
	if !c.limited {
		return at.Add(d)
	}
	var due time.Time
	c.spans(at, func(from, to time.Time) bool {
		if from.Before(at) {
			from = at
		}
		if open := to.Sub(from); open < d {
			d -= open
			return true
		}
		due = from.Add(d)
		return false
	})
	return due
}

// Between is how much open time there is from one moment to a later one.
func (c Calendar) Between(from, until time.Time) (d time.Duration) {
	if !until.After(from) {
		return 0
	}
	if !c.limited {
		return until.Sub(from)
	}
	c.spans(from, func(a, b time.Time) bool {
		if a.Before(from) {
			a = from
		}
		if b.After(until) {
			b = until
		}
		if !b.After(a) {
			return false
		}
		d += b.Sub(a)
		return true
	})
	return d
}
