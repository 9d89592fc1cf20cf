// Package simulation plays days of traffic against the real store, rules, clocks and schedules, with a clock
// and people of its own, so that a team can try rules and staffing before they go live.
//
// What happens when things fail: a scenario with a fault plays nothing, and every fault is told. What the
// gateway itself does wrong (a job that is given up) ends the play with its error. The same scenario with the
// same seed and configuration plays the same; another configuration meets the same contacts.
//
// The people are simple: they work in their hours, one thing at a time, what is due first first. They know
// nothing of lunch, of moods and of cases that teach them something. Take a figure as a comparison, not as a promise.
package simulation

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Scenario is what is played.
type Scenario struct {
	Name  string    `yaml:"name"`
	Start time.Time `yaml:"start"` // RFC 3339; its zone is that of all hours in the scenario
	Zone  string    `yaml:"zone"`  // IANA; default UTC
	Days  int       `yaml:"days"`  // default 5, at most 366
	Seed  uint64    `yaml:"seed"`  // chance: the same seed plays the same

	Customers int                `yaml:"customers"` // how many different ones write; default 500
	Languages map[string]float64 `yaml:"languages"` // of customers, by weight; default those of the texts, evenly
	Arrivals  []Arrival          `yaml:"arrivals"`
	Bursts    []Burst            `yaml:"bursts"`
	Cases     []Case             `yaml:"cases"`
	People    map[string]Person  `yaml:"people"` // by agent id; "default" is everybody else
}

// Arrival is contacts that come in day by day.
type Arrival struct {
	Channel string             `yaml:"channel"` // email (default), chat, phone
	Inbox   string             `yaml:"inbox"`   // default support
	Brand   string             `yaml:"brand"`
	PerDay  float64            `yaml:"per_day"` // on an average day
	Hours   map[int]float64    `yaml:"hours"`   // weights by hour, 0 to 23; default office hours, few at night
	Week    map[string]float64 `yaml:"week"`    // mon … sun: times the average; default 1, sat and sun 0.4
	Cases   []string           `yaml:"cases"`   // names; default all
}

// Burst is contacts of one kind within a short time: something has broken.
type Burst struct {
	After   time.Duration `yaml:"after"` // from the start
	For     time.Duration `yaml:"for"`   // default 30m
	Count   int           `yaml:"count"`
	Case    string        `yaml:"case"`
	Channel string        `yaml:"channel"` // default email
	Inbox   string        `yaml:"inbox"`   // default support
	Brand   string        `yaml:"brand"`
}

// Case is a kind of case.
type Case struct {
	Name    string              `yaml:"name"`
	Weight  float64             `yaml:"weight"` // default 1
	Subject string              `yaml:"subject"`
	Texts   map[string][]string `yaml:"texts"` // by language
	Work    time.Duration       `yaml:"work"`  // median of one go at it; default 10m
	Spread  float64             `yaml:"spread"`
	// Solves is the chance that a go at it solves it, by tier; default 0.7 at the lowest, 0.95 above.
	Solves   map[string]float64 `yaml:"solves"`
	AsksBack float64            `yaml:"asks_back"` // chance that a go ends with a question to the customer
	Returns  time.Duration      `yaml:"returns"`   // median until the customer answers it; default 2h
	Reopens  float64            `yaml:"reopens"`   // chance that the customer comes back after it was solved
	Fits     float64            `yaml:"fits"`      // chance that an article fits
	Unit     bool               `yaml:"unit"`      // it is about a unit, whose number stands in the text for {unit}
}

// Person is how somebody works.
type Person struct {
	Hours   *ticket.Hours `yaml:"hours"`   // default those of the agent, their tier or the brand; with none, day and night
	Pace    float64       `yaml:"pace"`    // times the work of a case; default 1
	Off     []string      `yaml:"off"`     // days on which they are not there: 2026-01-07
	Answers float64       `yaml:"answers"` // chance that they answer a page; default 0.9
	Within  time.Duration `yaml:"within"`  // median until they do; default 1m
	Decline float64       `yaml:"decline"` // chance that the answer is no; default 0.05
	Heeds   float64       `yaml:"heeds"`   // chance that they do what a rule proposes; default 0.9
}

const (
	maxDays     = 366
	maxContacts = 200_000 // of one play
	maxList     = 1_000   // arrivals, bursts, cases, texts of a language
)

// Check reports everything that is wrong, but for tiers and agents, which Play compares.
func (s *Scenario) Check(at check.At) {
	if s.Start.IsZero() {
		at.Key("start").Error("start: 2026-01-05T00:00:00Z", "it does not say when it begins")
	}
	if _, err := time.LoadLocation(s.Zone); err != nil {
		at.Key("zone").Error("an IANA name such as Europe/Berlin", "%.60q is no time zone", s.Zone)
	}
	if s.Days < 0 || s.Days > maxDays {
		at.Key("days").Error("", "not between 1 and %d", maxDays)
	}
	if s.Customers < 0 || s.Customers > 1_000_000 {
		at.Key("customers").Error("", "not between 1 and 1000000")
	}
	if len(s.Arrivals)+len(s.Bursts) == 0 {
		at.Key("arrivals").Error("arrivals: [{per_day: 120}]", "nobody writes")
	}
	names := s.checkCases(at.Key("cases"))
	if n := s.expected(); n > maxContacts {
		at.Key("arrivals").Error("fewer days, or fewer per day", "about %.0f contacts; at most %d", n, maxContacts)
	}
	for i, a := range s.Arrivals {
		a.check(at.Key("arrivals").Index(i), names)
	}
	for i, b := range s.Bursts {
		at := at.Key("bursts").Index(i)
		if !names[b.Case] {
			at.Key("case").Error("name one of cases", "there is no case %.60q", b.Case)
		}
		if b.Count < 1 || b.After < 0 || b.For < 0 {
			at.Error("{after: 34h, for: 30m, count: 40, case: outage}", "a burst needs a count and comes after the start")
		}
	}
	for id, p := range s.People {
		p.check(at.Key("people").Key(id))
	}
}

func (s *Scenario) checkCases(at check.At) map[string]bool {
	names := map[string]bool{}
	if len(s.Cases) == 0 || len(s.Cases) > maxList || len(s.Arrivals) > maxList || len(s.Bursts) > maxList {
		at.Error("", "1 to %d cases, arrivals and bursts", maxList)
	}
	for i, c := range s.Cases {
		at := at.Index(i)
		if c.Name == "" || names[c.Name] {
			at.Key("name").Error("a short name, each once", "%.60q cannot be the name of a case", c.Name)
		}
		names[c.Name] = true
		for l, texts := range c.Texts {
			if len(texts) == 0 || len(texts) > maxList || slices.Contains(texts, "") {
				at.Key("texts").Key(l).Error("texts: {en: [\"My machine leaks.\"]}", "no text")
			}
		}
		if len(c.Texts) == 0 {
			at.Key("texts").Error("texts: {en: [\"My machine leaks.\"]}", "no text")
		}
		shares(at, map[string]float64{"asks_back": c.AsksBack, "reopens": c.Reopens, "fits": c.Fits})
		shares(at.Key("solves"), c.Solves)
		if c.Weight < 0 || c.Work < 0 || c.Returns < 0 || c.Spread < 0 || c.Spread > 3 {
			at.Error("weight: 1, work: 10m, returns: 2h, spread: 0.6 (0 to 3)", "something is less than nothing")
		}
	}
	return names
}

func (a Arrival) check(at check.At, cases map[string]bool) {
	if a.PerDay <= 0 {
		at.Key("per_day").Error("per_day: 120", "nobody writes")
	}
	if a.Channel != "" && !slices.Contains(channelNames, a.Channel) {
		at.Key("channel").Error("email, chat or phone", "%.20q is no channel of a scenario", a.Channel)
	}
	for h, w := range a.Hours {
		if h < 0 || h > 23 || w < 0 {
			at.Key("hours").Error("hours: {9: 3, 10: 4}", "%d: %v is no weight of an hour", h, w)
		}
	}
	for d, w := range a.Week {
		if !slices.Contains(weekdays, d) || w < 0 {
			at.Key("week").Error("week: {mon: 1.3, sun: 0}", "%.20q: %v is no weight of a day", d, w)
		}
	}
	for i, c := range a.Cases {
		if !cases[c] {
			at.Key("cases").Index(i).Error("name one of cases", "there is no case %.60q", c)
		}
	}
}

func (p Person) check(at check.At) {
	shares(at, map[string]float64{"answers": p.Answers, "decline": p.Decline, "heeds": p.Heeds})
	if p.Pace < 0 || p.Within < 0 {
		at.Error("pace: 1.2, within: 1m", "something is less than nothing")
	}
	if p.Hours != nil {
		if err := p.Hours.Check(); err != nil {
			at.Key("hours").Error("week: {mon: \"09:00-17:30\"}", "%v", err)
		}
	}
	for i, d := range p.Off {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			at.Key("off").Index(i).Error("a day such as 2026-01-07", "%.20q is no day", d)
		}
	}
}

func shares(at check.At, all map[string]float64) {
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if v := all[name]; v < 0 || v > 1 {
			at.Key(name).Error("a chance between 0 and 1", "%v is no chance", v)
		}
	}
}

var (
	channelNames = []string{"email", "chat", "phone"}
	weekdays     = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	// office is how contacts come over an ordinary day.
	office = map[int]float64{6: .3, 7: 1, 8: 3, 9: 5, 10: 5, 11: 4.5, 12: 3, 13: 3.5, 14: 4.5, 15: 4, 16: 3.5, 17: 2, 18: 1.2, 19: 1, 20: .8, 21: .5, 22: .3}
)

// expected is about how many contacts there will be.
func (s *Scenario) expected() (n float64) {
	for _, a := range s.Arrivals {
		n += a.PerDay * float64(max(s.Days, 1)) * 1.3
	}
	for _, b := range s.Bursts {
		n += float64(b.Count)
	}
	return n
}

// compare reports what the scenario and a configuration do not have in common.
func (s *Scenario) compare(agents []ticket.Agent, tiers []string) error {
	for id := range s.People {
		if id != everybody && !slices.ContainsFunc(agents, func(a ticket.Agent) bool { return a.ID == id }) {
			return fmt.Errorf("simulation: people: the configuration has no agent %q", id)
		}
	}
	for _, c := range s.Cases {
		for tier := range c.Solves {
			if !slices.Contains(tiers, tier) {
				return fmt.Errorf("simulation: case %q: solves: the configuration has no tier %q", c.Name, tier)
			}
		}
	}
	return nil
}

const everybody = "default"
