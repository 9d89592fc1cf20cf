package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"tierline/bots"
	"tierline/config"
	"tierline/router"
	"tierline/ticket"
)

type oncallCmd struct {
	Now      oncallNowCmd      `cmd:"" help:"Say who is on call for each tier."`
	Next     oncallNextCmd     `cmd:"" help:"List the shifts that come."`
	Gaps     oncallGapsCmd     `cmd:"" help:"List when nobody is on call though somebody has to be. Exit status 1 when there are any."`
	Fairness oncallFairnessCmd `cmd:"" help:"Compare how much each person of a tier was on call."`
}

// oncallFlags are those of every question about who is on call.
type oncallFlags struct {
	configFlag
	jsonFlag
	Tier string `help:"Only this tier."`
}

// oncallReader is in whose name the command reads.
func oncallReader() ticket.Agent {
	return ticket.Agent{ID: "operator", Roles: []ticket.Role{ticket.RoleLead}}
}

// ask opens the database and asks the schedules.
func (f oncallFlags) ask(e *env, do func(ctx context.Context, d *router.Desk) error) error {
	return withDesk(e, f.Config, func(_ config.Config, d *router.Desk) error { return do(e.ctx, d) })
}

// rosters are those of the tiers that are asked for; each, if any, is told of each of them.
func (f oncallFlags) rosters(e *env, length time.Duration, each ...func(ctx context.Context, d *router.Desk, t bots.TierRoster) error) (list []bots.TierRoster, err error) {
	err = f.ask(e, func(ctx context.Context, d *router.Desk) error {
		now := time.Now()
		v, err := d.Rosters(ctx, oncallReader(), now, now.Add(length))
		for _, t := range v.Tiers {
			if f.Tier != "" && t.Tier.Name != f.Tier {
				continue
			}
			list = append(list, t)
			for _, do := range each {
				err = errors.Join(err, do(ctx, d, t))
			}
		}
		return err
	})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("oncall: no tier %s has a schedule", f.Tier)
	}
	return list, err
}

type oncallPerson struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type oncallNow struct {
	Tier  string         `json:"tier"`
	Zone  string         `json:"zone"`
	Now   []oncallPerson `json:"now"`
	Until time.Time      `json:"until,omitzero"`
	Next  []oncallPerson `json:"next"`
	Rings []oncallPerson `json:"rings"` // whom a page rings, in order
}

type oncallNowCmd struct{ oncallFlags }

func (c oncallNowCmd) Run(e *env) error {
	out := []oncallNow{}
	list, err := c.rosters(e, time.Second, func(ctx context.Context, d *router.Desk, t bots.TierRoster) error {
		rings, err := d.OnCall(ctx, t.Tier.Name, time.Now())
		out = append(out, oncallNow{t.Tier.Name, t.Zone.String(), oncallPeople(t.On), t.Until, oncallPeople(t.Next), oncallPeople(rings)})
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return jsonLines(e.out, out)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIER\tNOW\tUNTIL\tTHEN\tA PAGE RINGS")
	for i, t := range out {
		until := "–"
		if !t.Until.IsZero() {
			until = wallClock(t.Until, list[i].Zone)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t.Tier, oncallNames(t.Now), until, oncallNames(t.Next), oncallNames(t.Rings))
	}
	return w.Flush()
}

type oncallShift struct {
	Tier   string    `json:"tier"`
	Person string    `json:"person,omitempty"`
	Name   string    `json:"name,omitempty"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
}

type oncallNextCmd struct {
	oncallFlags
	Days   int    `default:"14" help:"So many days ahead, at most 400 (${default})."`
	Person string `help:"Only this agent, by id."`
}

func (c oncallNextCmd) Run(e *env) error {
	list, err := c.rosters(e, time.Duration(c.Days)*24*time.Hour)
	if err != nil {
		return err
	}
	if c.Person != "" && !slices.ContainsFunc(list, func(t bots.TierRoster) bool {
		return slices.ContainsFunc(t.People, func(a ticket.Agent) bool { return a.ID == c.Person })
	}) {
		return fmt.Errorf("oncall: %s is on no schedule", c.Person)
	}
	out := []oncallShift{}
	for _, t := range list {
		for _, s := range t.Shifts {
			if c.Person == "" || s.Person == c.Person {
				out = append(out, oncallShift{t.Tier.Name, s.Person, nameIn(t, s.Person), s.From, s.To})
			}
		}
	}
	return c.shifts(e, list, out)
}

// shifts writes shifts, or gaps, as a table or as JSON.
func (f oncallFlags) shifts(e *env, list []bots.TierRoster, out []oncallShift) error {
	if f.JSON {
		return jsonLines(e.out, out)
	}
	zone := map[string]*time.Location{}
	for _, t := range list {
		zone[t.Tier.Name] = t.Zone
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TIER\tFROM\tTO\tPERSON")
	for _, s := range out {
		name := s.Name
		if s.Person == "" {
			name = "nobody"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", s.Tier, wallClock(s.From, zone[s.Tier]), wallClock(s.To, zone[s.Tier]), name)
	}
	return w.Flush()
}

type oncallGapsCmd struct {
	oncallFlags
	Days int `default:"28" help:"So many days ahead, at most 400 (${default})."`
}

func (c oncallGapsCmd) Run(e *env) error {
	list, err := c.rosters(e, time.Duration(c.Days)*24*time.Hour)
	if err != nil {
		return err
	}
	out := []oncallShift{}
	for _, t := range list {
		for _, g := range t.Gaps {
			out = append(out, oncallShift{Tier: t.Tier.Name, From: g.From, To: g.To})
		}
	}
	if len(out) == 0 && !c.JSON {
		fmt.Fprintf(e.out, "Somebody is on call at all times that matter in the next %d days.\n", c.Days)
		return nil
	}
	if err := c.shifts(e, list, out); err != nil || len(out) == 0 {
		return err
	}
	return errReported
}

type oncallFair struct {
	Person   oncallPerson `json:"person"`
	Shifts   int          `json:"shifts"`
	Hours    float64      `json:"hours"`
	Nights   float64      `json:"nights"`
	Weekends float64      `json:"weekends"`
	Holidays float64      `json:"holidays"`
	Pages    int          `json:"pages"`
}

type oncallFairnessCmd struct {
	configFlag
	jsonFlag
	Tier string `arg:"" help:"The tier, such as l2."`
	Days int    `default:"90" help:"Of the last so many days, at most 400 (${default})."`
}

func (c oncallFairnessCmd) Run(e *env) error {
	var f bots.Fairness
	err := oncallFlags{configFlag: c.configFlag}.ask(e, func(ctx context.Context, d *router.Desk) (err error) {
		now := time.Now()
		f, err = d.Fairness(ctx, oncallReader(), c.Tier, now.AddDate(0, 0, -c.Days), now)
		return err
	})
	if err != nil {
		return err
	}
	out := []oncallFair{}
	for _, r := range f.Rows {
		out = append(out, oncallFair{oncallPerson{r.Agent.ID, r.Agent.Name}, r.Shifts, r.Total.Hours(), r.Night.Hours(), r.Weekend.Hours(), r.Holiday.Hours(), r.Pages})
	}
	if c.JSON {
		return jsonLines(e.out, out)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PERSON\tSHIFTS\tHOURS\tNIGHTS\tWEEKENDS\tHOLIDAYS\tPAGES")
	for _, r := range out {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t%d\n", r.Person.Name, r.Shifts, r.Hours, r.Nights, r.Weekends, r.Holidays, r.Pages)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	zone, err := time.LoadLocation(f.Zone)
	if err != nil {
		zone = time.UTC
	}
	fmt.Fprintf(e.out, "\nFrom %s to %s.\n", wallClock(f.From, zone), wallClock(f.To, zone))
	for _, m := range bots.FairMeans() {
		fmt.Fprintf(e.out, "%-8s  %s\n", m[0], m[1])
	}
	return nil
}

func oncallPeople(list []ticket.Agent) []oncallPerson {
	out := []oncallPerson{}
	for _, a := range list {
		out = append(out, oncallPerson{a.ID, a.Name})
	}
	return out
}

func oncallNames(list []oncallPerson) string {
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

func nameIn(t bots.TierRoster, id string) string {
	for _, a := range t.People {
		if a.ID == id {
			return a.Name
		}
	}
	return id
}

func wallClock(t time.Time, zone *time.Location) string {
	return t.In(zone).Format("Mon 2006-01-02 15:04 MST")
}

func jsonLines[T any](w io.Writer, list []T) error {
	for _, x := range list {
		if err := line(w, x); err != nil {
			return err
		}
	}
	return nil
}
