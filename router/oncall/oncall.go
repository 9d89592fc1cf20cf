// Package oncall says who is on call. A schedule is a pure function of time: asking it does no I/O
// and can be repeated, and it always names somebody while it has people.
//
// Hand-overs happen at a time of the wall clock in the schedule's zone. Where daylight saving skips
// that time, the hand-over is at the first instant after the gap; where it comes twice, at the
// first of the two.
package oncall

import (
	"slices"
	"time"

	"tierline/config/check"
)

// Rotation is how often the people of a schedule change.
type Rotation string

// The rotations.
const (
	Never  Rotation = "never"
	Daily  Rotation = "daily"
	Weekly Rotation = "weekly"
)

// Config is a schedule.
type Config struct {
	People    []string   `yaml:"people"`    // agent ids, in the order of their turns
	Rotate    Rotation   `yaml:"rotate"`    // never, daily or weekly; default never
	Start     string     `yaml:"start"`     // first day of the first turn, 2006-01-02; needed to rotate
	Handover  string     `yaml:"handover"`  // time of day, 15:04; default 09:00
	Zone      string     `yaml:"zone"`      // IANA zone; default UTC
	Overrides []Override `yaml:"overrides"` // who stands in when
	Then      []string   `yaml:"then"`      // rung after everybody else: the lead
}

// Override puts one person on call instead of whoever would be, from From to To (not included).
type Override struct {
	Person string    `yaml:"person"`
	From   time.Time `yaml:"from"`
	To     time.Time `yaml:"to"`
}

const (
	dayLayout     = "2006-01-02"
	clockLayout   = "15:04"
	defaultHandAt = "09:00"
)

// Check reports what is wrong; known says whether an agent of that id exists.
func (c Config) Check(at check.At, known func(id string) bool) {
	person := func(at check.At, id string) {
		if !known(id) {
			at.Error("name one of the agents", "there is no agent %.60q", id)
		}
	}
	for i, p := range c.People {
		person(at.Key("people").Index(i), p)
	}
	for i, p := range c.Then {
		person(at.Key("then").Index(i), p)
	}
	for i, o := range c.Overrides {
		person(at.Key("overrides").Index(i).Key("person"), o.Person)
		if !o.From.Before(o.To) {
			at.Key("overrides").Index(i).Error("", "ends before it begins")
		}
	}
	switch c.Rotate {
	case "", Never:
	case Daily, Weekly:
		if _, err := time.Parse(dayLayout, c.Start); err != nil {
			at.Key("start").Error("give the first day of the first turn, such as 2026-01-05", "a rotation needs a start")
		}
	default:
		at.Key("rotate").Error("never, daily or weekly", "%.20q is no rotation", string(c.Rotate))
	}
	if c.Handover != "" {
		if _, err := time.Parse(clockLayout, c.Handover); err != nil {
			at.Key("handover").Error("give a time such as 09:00", "%.20q is no time of day", c.Handover)
		}
	}
	if _, err := time.LoadLocation(c.Zone); err != nil {
		at.Key("zone").Error("give an IANA zone such as Europe/Berlin", "%.60q is no time zone", c.Zone)
	}
}

// Chain is who is rung at a time, first the one on call, then the others in the order of their
// turns, then the last resort; nobody twice. It is empty only when the schedule has nobody.
func (c Config) Chain(at time.Time) []string {
	var chain []string
	add := func(ids ...string) {
		for _, id := range ids {
			if id != "" && !slices.Contains(chain, id) {
				chain = append(chain, id)
			}
		}
	}
	for _, o := range slices.Backward(c.Overrides) { // the last one written counts
		if !at.Before(o.From) && at.Before(o.To) {
			add(o.Person)
			break
		}
	}
	if n := len(c.People); n > 0 {
		turn := c.turn(at) % n
		if turn < 0 {
			turn += n
		}
		add(c.People[turn:]...)
		add(c.People[:turn]...)
	}
	add(c.Then...)
	return chain
}

// turn counts hand-overs since the start; it may be negative before it.
func (c Config) turn(at time.Time) int {
	days := 0
	switch c.Rotate {
	case Daily:
		days = 1
	case Weekly:
		days = 7
	default:
		return 0
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC
	}
	start, err := time.Parse(dayLayout, c.Start)
	if err != nil {
		return 0
	}
	handover := c.Handover
	if handover == "" {
		handover = defaultHandAt
	}
	clock, err := time.Parse(clockLayout, handover)
	if err != nil {
		return 0
	}
	local := at.In(zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
	passed := int(today.Sub(start).Hours()) / 24 // civil days: both are midnights of UTC
	if at.Before(firstInstant(local, clock, zone)) {
		passed--
	}
	turn := passed / days
	if passed%days < 0 {
		turn--
	}
	return turn
}

// firstInstant is when the wall clock of that day first shows the time, or, when the day skips it,
// the first instant after the gap.
func firstInstant(day, clock time.Time, zone *time.Location) time.Time {
	t := time.Date(day.Year(), day.Month(), day.Day(), clock.Hour(), clock.Minute(), 0, 0, zone)
	shown := t.Hour()*60 + t.Minute()
	wanted := clock.Hour()*60 + clock.Minute()
	if shown != wanted { // skipped: time.Date used the offset of one side of the gap
		start, end := t.ZoneBounds()
		if shown < wanted {
			return end
		}
		return start
	}
	if start, _ := t.ZoneBounds(); !start.IsZero() { // twice: the same reading just before the change
		_, now := t.Zone()
		_, before := start.Add(-time.Second).Zone()
		if earlier := t.Add(-time.Duration(before-now) * time.Second); before > now && earlier.Before(start) {
			return earlier
		}
	}
	return t
}
