package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// contact is one customer who writes for the first time about something.
type contact struct {
	at                    time.Time
	number                int // 1, 2 … in order of time
	kind                  *Case
	channel, inbox, brand string
	customer              int
	language, text        string
	unit                  string
}

// traffic draws who writes when. It depends on the scenario alone, so that every configuration meets the same.
func (s *Scenario) traffic(zone *time.Location) []contact {
	chance := rand.New(rand.NewPCG(s.Seed, 1))
	var all []contact
	start := s.Start.In(zone)
	for day := range cmp.Or(s.Days, 5) {
		midnight := time.Date(start.Year(), start.Month(), start.Day()+day, 0, 0, 0, 0, zone)
		for _, a := range s.Arrivals {
			for range poisson(chance, a.PerDay*a.weight(midnight.Weekday())) {
				at := midnight.Add(time.Duration(a.hour(chance))*time.Hour + time.Duration(chance.Float64()*float64(time.Hour)))
				c := s.contact(chance, s.pick(chance, a.Cases), a.Channel, a.Inbox, a.Brand)
				if c.at = at; !at.Before(start) {
					all = append(all, c)
				}
			}
		}
	}
	for _, b := range s.Bursts {
		kind := s.kind(b.Case)
		for range b.Count {
			c := s.contact(chance, kind, b.Channel, b.Inbox, b.Brand)
			c.at = start.Add(b.After + time.Duration(chance.Float64()*float64(cmp.Or(b.For, 30*time.Minute))))
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(a, b contact) int { return a.at.Compare(b.at) })
	for i := range all {
		all[i].number = i + 1
		all[i].at = all[i].at.UTC().Truncate(time.Microsecond) // what a store keeps
	}
	return all
}

func (s *Scenario) contact(chance *rand.Rand, kind *Case, channel, inbox, brand string) contact {
	c := contact{kind: kind, channel: cmp.Or(channel, "email"), inbox: cmp.Or(inbox, "support"), brand: brand,
		customer: chance.IntN(cmp.Or(s.Customers, 500))}
	weights := map[string]float64{}
	for l := range kind.Texts {
		if weights[l] = s.Languages[l]; len(s.Languages) == 0 {
			weights[l] = 1
		}
	}
	c.language = draw(chance, weights)
	texts := kind.Texts[c.language]
	c.text = texts[chance.IntN(len(texts))]
	if kind.Unit {
		c.unit = fmt.Sprintf("SIM-%06d", chance.IntN(1_000_000))
		c.text = strings.ReplaceAll(c.text, "{unit}", c.unit)
	}
	return c
}

// pick draws a kind of case of those named, or of all.
func (s *Scenario) pick(chance *rand.Rand, names []string) *Case {
	weights := map[string]float64{}
	for _, c := range s.Cases {
		if len(names) == 0 || slices.Contains(names, c.Name) {
			weights[c.Name] = cmp.Or(c.Weight, 1)
		}
	}
	return s.kind(draw(chance, weights))
}

func (s *Scenario) kind(name string) *Case {
	return &s.Cases[slices.IndexFunc(s.Cases, func(c Case) bool { return c.Name == name })]
}

func (a Arrival) weight(d time.Weekday) float64 {
	if w, ok := a.Week[weekdays[d]]; ok {
		return w
	}
	if len(a.Week) == 0 && (d == time.Saturday || d == time.Sunday) {
		return 0.4
	}
	return 1
}

func (a Arrival) hour(chance *rand.Rand) int {
	hours := a.Hours
	if len(hours) == 0 {
		hours = office
	}
	return draw(chance, hours)
}

// draw picks a key by weight; any key when nothing has weight.
func draw[K cmp.Ordered](chance *rand.Rand, weights map[K]float64) K {
	keys := slices.Sorted(maps.Keys(weights))
	var sum float64
	for _, k := range keys {
		sum += weights[k]
	}
	x := chance.Float64() * sum
	for _, k := range keys {
		if x -= weights[k]; x < 0 {
			return k
		}
	}
	return keys[len(keys)-1]
}

// poisson draws how many happen when mean are expected (Knuth; for large means the normal distribution near it).
func poisson(chance *rand.Rand, mean float64) int {
	if mean > 50 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*chance.NormFloat64())))
	}
	n, p := 0, chance.Float64()
	for limit := math.Exp(-mean); p > limit; n++ {
		p *= chance.Float64()
	}
	return n
}

// about draws a time whose median is given: log-normal, as work and waiting mostly are.
func about(chance *rand.Rand, median time.Duration, spread float64) time.Duration {
	return time.Duration(float64(median) * math.Exp(spread*chance.NormFloat64()))
}
