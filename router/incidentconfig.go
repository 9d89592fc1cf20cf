package router

import (
	"cmp"
	"net/mail"
	"slices"
	"time"

	"tierline/config/check"
	"tierline/router/alike"
)

// Incidents says when tickets that are alike are proposed as an incident, and to whom.
type Incidents struct {
	Off           bool          `yaml:"off"`           // nothing is proposed; people make incidents by hand
	Tier          string        `yaml:"tier"`          // who works on them; default: the highest tier
	Channel       string        `yaml:"channel"`       // the desk's channel for their cards; default: the tier's
	Tickets       int           `yaml:"tickets"`       // of so many customers; default 5
	Organizations int           `yaml:"organizations"` // or of customers of so many organizations, when they are very much alike; default 3
	Window        time.Duration `yaml:"window"`        // how far back tickets are compared; default 2h
	Page          bool          `yaml:"page"`          // a proposal rings whoever is on call for the tier
	Quiet         time.Duration `yaml:"quiet"`         // what was dismissed is not proposed again for so long; default 24h
	Undo          time.Duration `yaml:"undo"`          // how long an update can be taken back; default 1m, at most 1h
}

// Units says when a unit, or a place, is conspicuous.
type Units struct {
	Lemon       Lemon       `yaml:"lemon"`
	Environment Environment `yaml:"environment"`
}

// Lemon is a unit with so many cases that it should not be sent out again, whoever owned it (practice: lemon).
type Lemon struct {
	Cases int `yaml:"cases"` // default 3
	Days  int `yaml:"days"`  // within so many; default 90
	// Tell are those who hear of one, once for each unit, with its cases as evidence: names of tiers (whose leads, or
	// else all its people are told in Slack) and mail addresses. Nobody when it is left out.
	Tell OneOrMore `yaml:"tell"`
}

// Environment is a place where unit after unit fails (practice: environment).
type Environment struct {
	Units int `yaml:"units"` // of one organization, with cases of their own; default 3
	Days  int `yaml:"days"`  // within so many; default 90
}

const maxWindow = 24 * time.Hour

// settled fills in what is not said.
func (i Incidents) settled(c *Config) Incidents {
	tiers := c.tiers()
	if i.Tier == "" && len(tiers) > 0 {
		i.Tier = tiers[len(tiers)-1].Name
	}
	if at := slices.IndexFunc(c.Tiers, func(t Tier) bool { return t.Name == i.Tier }); at >= 0 && i.Channel == "" {
		i.Channel = c.Tiers[at].Channel
	}
	i.Tickets, i.Organizations = cmp.Or(i.Tickets, 5), cmp.Or(i.Organizations, 3)
	i.Window, i.Quiet, i.Undo = cmp.Or(i.Window, 2*time.Hour), cmp.Or(i.Quiet, 24*time.Hour), cmp.Or(i.Undo, time.Minute)
	return i
}

func (i Incidents) limits() alike.Limits {
	return alike.Limits{Tickets: i.Tickets, Organizations: i.Organizations, Window: i.Window}
}

func (u Units) settled() Units {
	u.Lemon.Cases, u.Lemon.Days = cmp.Or(u.Lemon.Cases, 3), cmp.Or(u.Lemon.Days, 90)
	u.Environment.Units, u.Environment.Days = cmp.Or(u.Environment.Units, 3), cmp.Or(u.Environment.Days, 90)
	return u
}

// Check reports everything that is wrong.
func (i Incidents) check(at check.At, tiers []Tier) {
	if i.Tier != "" && !slices.ContainsFunc(tiers, func(t Tier) bool { return t.Name == i.Tier }) {
		at.Key("tier").Error("name one of the tiers", "there is no tier %.60q", i.Tier)
	}
	for key, n := range map[string]int{"tickets": i.Tickets, "organizations": i.Organizations} {
		if n != 0 && (n < 2 || n > 1000) {
			at.Key(key).Error("a number from 2 to 1000", "%d are not many", n)
		}
	}
	if i.Window < 0 || i.Window > maxWindow {
		at.Key("window").Error("a duration such as 2h, at most 24h", "%s is no time in which tickets are compared", i.Window)
	}
	if i.Quiet < 0 || i.Quiet > 30*24*time.Hour {
		at.Key("quiet").Error("a duration such as 24h, at most 720h", "%s is no time in which nothing is proposed", i.Quiet)
	}
	if i.Undo < 0 || i.Undo > time.Hour {
		at.Key("undo").Error("a duration such as 1m, at most 1h", "%s is no time in which to take an update back", i.Undo)
	}
}

func (u Units) check(at check.At, tiers []Tier) {
	for i, to := range u.Lemon.Tell {
		if slices.ContainsFunc(tiers, func(t Tier) bool { return t.Name == to }) {
			continue
		}
		if a, err := mail.ParseAddress(to); err != nil || a.Address != to {
			at.Key("lemon").Key("tell").Index(i).Error("the name of a tier, or a mail address", "there is no tier %.60q, and it is no address", to)
		}
	}
	for _, c := range []struct {
		section, key string
		n, most      int
	}{{"lemon", "cases", u.Lemon.Cases, 1000}, {"lemon", "days", u.Lemon.Days, 3660},
		{"environment", "units", u.Environment.Units, 1000}, {"environment", "days", u.Environment.Days, 3660}} {
		if c.n < 0 || c.n > c.most {
			at.Key(c.section).Key(c.key).Error("a number above 0; leave it out for the default", "%d is not possible", c.n)
		}
	}
}
