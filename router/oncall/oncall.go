// Package oncall says who is on call. A schedule is a pure function of time: asking it does no I/O and can
// be repeated.
//
// What happens when things fail: a schedule with a fault is refused by [Config.Compile], which names all
// of them. When nobody is on call, that is a gap: [Schedule.Gaps] finds it beforehand, and [Schedule.Chain]
// still names everybody who could be rung.
//
// What people change of it meanwhile ([Schedule.With]) is kept elsewhere and goes over the
// configuration, so that who is on call is a pure function of configuration, changes and time.
//
// All times of a schedule are of the wall clock in its zone. Where daylight saving skips such a time, what
// begins or changes then does so at the first instant after the gap; where it comes twice, what begins
// then begins at the first of the two, and a window that ends then ends at the second. RFC 5545 has the skipped
// time of a rule's occurrence left out, which would leave somebody on call for a second turn, and that of a
// single event (§3.3.5) later by as much as was skipped; GoAlert's rotations do as ours. The tables in testdata
// are made by programs that are not ours.
package oncall

import (
	"errors"
	"slices"
	"time"

	"tierline/config/check"
)

// Config is a schedule. In its short form it is one layer, whose fields stand in it.
type Config struct {
	Layer     `yaml:",inline"`
	Zone      string      `yaml:"zone"`      // IANA zone; default UTC
	Layers    []Layer     `yaml:"layers"`    // each goes over those before it, where it is on
	Overrides []Override  `yaml:"overrides"` // each goes over those before it
	Temporary []Temporary `yaml:"temporary"` // each goes over all else
	Then      []string    `yaml:"then"`      // rung after everybody else: the lead
	// Needed is when somebody has to be on call, mon … sun like On; default always. Outside of it nobody
	// on call is no gap.
	Needed map[string]string `yaml:"needed"`
	// Notice is how long before their shift people are told of it; default 24h and 1h. 0s: not at all.
	Notice []time.Duration `yaml:"notice"`
}

// Layer is people who take turns.
type Layer struct {
	Name   string   `yaml:"name"`
	People []string `yaml:"people"` // agent ids, in the order of their turns
	// Rotate says when the next takes over: never, hourly, daily, weekly, monthly; default never. A monthly
	// turn that begins on the 31st begins on the last day of a shorter month.
	Rotate Rotation `yaml:"rotate"`
	Every  int      `yaml:"every"` // so many hours, days, weeks or months make a turn; default 1
	// Rule is, in place of Rotate, a recurrence rule (RFC 5545 §3.3.10) whose occurrences are the hand-overs:
	// "FREQ=WEEKLY;BYDAY=MO,TH". An UNTIL in UTC is an instant. After the last occurrence the last one stays on.
	Rule     string            `yaml:"rule"`
	Start    string            `yaml:"start"`    // of the first turn, 2006-01-02 or 2006-01-02 15:04; needed to rotate. Nobody is on before it
	Handover string            `yaml:"handover"` // time of day, 15:04, of a start that has none; default 09:00
	Until    string            `yaml:"until"`    // when the layer ends, like Start; default never
	On       map[string]string `yaml:"on"`       // mon … sun: "18:00-08:00", or several, with commas; default always
	Beside   bool              `yaml:"beside"`   // it stands beside those before it, not over them
}

// Rotation is how often the people of a layer change.
type Rotation string

// The rotations.
const (
	Never   Rotation = "never"
	Hourly  Rotation = "hourly"
	Daily   Rotation = "daily"
	Weekly  Rotation = "weekly"
	Monthly Rotation = "monthly"
)

// Override changes who is on call, from From to To (not included). Person alone takes the place of
// everybody; with Instead, of that one where they would be on; Beside, of nobody. Instead without Person
// takes somebody off.
type Override struct {
	Person  string    `yaml:"person" json:"person,omitempty"`
	Instead string    `yaml:"instead" json:"instead,omitempty"`
	Beside  bool      `yaml:"beside" json:"beside,omitempty"`
	From    time.Time `yaml:"from" json:"from"`
	To      time.Time `yaml:"to" json:"to"`
}

// Temporary puts fixed shifts in the place of all else, from From to To (not included). Between its
// shifts nobody is on.
type Temporary struct {
	From   time.Time `yaml:"from" json:"from"`
	To     time.Time `yaml:"to" json:"to"`
	Shifts []Shift   `yaml:"shifts" json:"shifts"`
}

// Shift is a stretch of time for which one person is on call.
type Shift struct {
	Person string    `yaml:"person" json:"person"`
	From   time.Time `yaml:"from" json:"from"`
	To     time.Time `yaml:"to" json:"to"` // not included
}

// Limits of a schedule.
const (
	MaxPeople = 500    // of a layer
	MaxLayers = 50     //
	MaxShifts = 10_000 // of a temporary schedule, and overrides

	maxNotice  = 14 * 24 * time.Hour
	maxNotices = 5
)

// Schedule is a Config made ready to be asked. Its zero value has nobody.
type Schedule struct {
	zone      *time.Location
	layers    []layer
	overrides []Override
	temporary []Temporary
	then      []string
	off       []Off
	changes   []Change
	needed    [7][]window
	limited   bool // to needed
}

// Compile makes a schedule ready to be asked.
func (c Config) Compile() (Schedule, error) {
	var l check.List
	s := c.compile(l.Root())
	var faults []error
	for _, f := range l.Faults {
		if !f.Warning {
			faults = append(faults, errors.New(f.What))
		}
	}
	return s, errors.Join(faults...)
}

// Check reports what is wrong; known says whether an agent of that id exists.
func (c Config) Check(at check.At, known func(id string) bool) {
	c.compile(at)
	person := func(at check.At, id string) {
		if !known(id) {
			at.Error("name one of the agents", "there is no agent %.60q", id)
		}
	}
	people := func(at check.At, ids []string) {
		for i, p := range ids {
			person(at.Index(i), p)
		}
	}
	people(at.Key("people"), c.People)
	people(at.Key("then"), c.Then)
	for i, l := range c.Layers {
		people(at.Key("layers").Index(i).Key("people"), l.People)
	}
	for i, o := range c.Overrides {
		for key, id := range map[string]string{"person": o.Person, "instead": o.Instead} {
			if id != "" {
				person(at.Key("overrides").Index(i).Key(key), id)
			}
		}
	}
	for i, t := range c.Temporary {
		for j, s := range t.Shifts {
			person(at.Key("temporary").Index(i).Key("shifts").Index(j).Key("person"), s.Person)
		}
	}
}

func (c Config) compile(at check.At) Schedule {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		at.Key("zone").Error("give an IANA zone such as Europe/Berlin", "%.60q is no time zone", c.Zone)
		zone = time.UTC
	}
	s := Schedule{zone: zone, overrides: c.Overrides, temporary: c.Temporary, then: c.Then}
	if len(c.People) > 0 {
		s.layers = append(s.layers, c.Layer.compile(at, zone))
	}
	if len(c.Layers) > MaxLayers {
		at.Key("layers").Error("", "%d layers; at most %d", len(c.Layers), MaxLayers)
		return s
	}
	for i, l := range c.Layers {
		here := at.Key("layers").Index(i)
		if len(l.People) == 0 {
			here.Key("people").Error("name at least one agent", "a layer has nobody")
		}
		s.layers = append(s.layers, l.compile(here, zone))
	}
	if len(c.Overrides) > MaxShifts {
		at.Key("overrides").Error("", "%d overrides; at most %d", len(c.Overrides), MaxShifts)
	}
	for i, o := range c.Overrides {
		here := at.Key("overrides").Index(i)
		if o.Person == "" && o.Instead == "" {
			here.Key("person").Error("say who is on, or instead of whom", "nobody is named")
		}
		ends(here, o.From, o.To)
	}
	s.needed, s.limited = windowsOf(at.Key("needed"), c.Needed)
	if len(s.layers) > 0 && !s.limited && !slices.ContainsFunc(s.layers, func(l layer) bool { return !l.limited }) {
		at.Key("needed").Warn(`such as {mon: "08:00-18:00"}`, "nobody is on call outside of the layers' times, and leads hear of each such gap: say when somebody has to be")
	}
	for i, d := range c.Notice {
		if d < 0 || d > maxNotice {
			at.Key("notice").Index(i).Error("such as [24h, 1h]", "%s is not between 0 and %s", d, maxNotice)
		}
	}
	if len(c.Notice) > maxNotices {
		at.Key("notice").Error("", "%d notices of one shift; at most %d", len(c.Notice), maxNotices)
	}
	for i, t := range c.Temporary {
		here := at.Key("temporary").Index(i)
		ends(here, t.From, t.To)
		for j, shift := range t.Shifts[:min(len(t.Shifts), MaxShifts)] {
			ends(here.Key("shifts").Index(j), shift.From, shift.To)
		}
	}
	return s
}

func ends(at check.At, from, to time.Time) {
	if !from.Before(to) {
		at.Error("", "ends before it begins")
	}
}

// On is who is on call at a time, nobody twice. It is empty in a gap.
func (s Schedule) On(at time.Time) []string {
	var on []string
	for i := range s.layers {
		l := &s.layers[i]
		p := s.person(l, at, on)
		switch {
		case p == "":
		case l.Beside:
			on = addOne(on, p)
		default:
			on = []string{p}
		}
	}
	for _, o := range s.overrides {
		on = o.over(on, at)
	}
	for _, t := range s.temporary {
		on = t.over(on, at)
	}
	for _, c := range s.changes {
		on = c.Temporary.over(c.Override.over(on, at), at)
	}
	return on
}

// over is who is on after the override, of those who were on.
func (o Override) over(on []string, at time.Time) []string {
	if at.Before(o.From) || !at.Before(o.To) {
		return on
	}
	here := slices.Index(on, o.Instead)
	switch {
	case o.Instead == "" && o.Beside:
		return addOne(on, o.Person)
	case o.Instead == "":
		return []string{o.Person}
	case here < 0: // who is to be replaced is not on
		return on
	case o.Person == "" || slices.Contains(on, o.Person):
		return slices.Delete(slices.Clone(on), here, here+1)
	}
	on = slices.Clone(on)
	on[here] = o.Person
	return on
}

// over is who is on in a temporary schedule.
func (t Temporary) over(on []string, at time.Time) []string {
	if at.Before(t.From) || !at.Before(t.To) {
		return on
	}
	on = nil
	for _, shift := range t.Shifts {
		if !at.Before(shift.From) && at.Before(shift.To) {
			on = addOne(on, shift.Person)
		}
	}
	return on
}

func addOne(list []string, p string) []string {
	if p == "" || slices.Contains(list, p) {
		return list
	}
	return append(list, p)
}

// Chain is who is rung at a time: first those on call, then the others of the layers in the order of
// their turns, then the last resort; nobody twice. Who has said that they are not on call is left out,
// unless that leaves nobody: it is better to wake one of them than no one. It is empty only when the
// schedule has nobody.
func (s Schedule) Chain(at time.Time) []string {
	var rest []string
	for _, l := range slices.Backward(s.layers) {
		turn := max(0, l.turn(at, s.zone)) % len(l.People)
		rest = append(rest, l.People[turn:]...)
		rest = append(rest, l.People[:turn]...)
	}
	rest = append(rest, s.then...)
	chain := s.On(at)
	for _, p := range rest {
		if !s.isOff(p, at) {
			chain = addOne(chain, p)
		}
	}
	if len(chain) > 0 {
		return chain
	}
	for _, p := range rest {
		chain = addOne(chain, p)
	}
	return chain
}

// People are all who can be on call by the schedule itself, in order, nobody twice; the last resort is
// not among them.
func (s Schedule) People() (list []string) {
	for _, l := range s.layers {
		for _, p := range l.People {
			list = addOne(list, p)
		}
	}
	return list
}

// Zone is the one whose wall clock the schedule goes by.
func (s Schedule) Zone() *time.Location {
	if s.zone == nil {
		return time.UTC
	}
	return s.zone
}

// Empty says that nobody is ever on call by it.
func (s Schedule) Empty() bool { return len(s.layers) == 0 && len(s.temporary) == 0 }

// Notices are how long before a shift its person is told of it, the longest first.
func (c Config) Notices() (list []time.Duration) {
	if c.Notice == nil {
		return []time.Duration{24 * time.Hour, time.Hour}
	}
	for _, d := range c.Notice {
		if d > 0 {
			list = append(list, d)
		}
	}
	slices.Sort(list)
	slices.Reverse(list)
	return list
}
