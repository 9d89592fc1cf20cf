package router

import (
	"fmt"
	"slices"
	"strings"

	"tierline/config/check"
	"tierline/ticket"
)

// The ways in which a tier hands out tickets that have no owner.
const (
	AssignNone   = "none"
	AssignRobin  = "round_robin"
	AssignLoaded = "least_loaded"
)

var assigning = []string{AssignNone, AssignRobin, AssignLoaded}

// maxCapacity is how many tickets one person may be handed.
const maxCapacity = 1_000

// members are the people of a tier, in the order of the agents, as far as is known who is in its user groups.
func (c Config) members(t Tier) (list []ticket.Agent) {
	role := ticket.RoleLevel2
	if lowest := c.tiers(); len(lowest) > 0 && t.Level <= lowest[0].Level && !c.side(t) {
		role = ticket.RoleAgent
	}
	for _, a := range c.Agents {
		in := len(t.Members) == 0 && slices.Contains(a.Roles, role)
		for _, m := range t.Members {
			if in = in || named(m, a); in {
				break
			}
			if g, ok := groupOf(m); ok {
				in = c.inGroup(g, a)
			}
		}
		if in && len(a.Roles) > 0 {
			list = append(list, a)
		}
	}
	return list
}

// Members are the people of a tier, as far as is known who is in its user groups; none of one that is not configured.
func (d *Desk) Members(tier string) []ticket.Agent {
	c := d.Config()
	i := slices.IndexFunc(c.Tiers, func(t Tier) bool { return t.Name == tier })
	if i < 0 {
		return nil
	}
	return c.members(c.Tiers[i])
}

func checkPerson(a ticket.Agent, at check.At) {
	if err := a.Hours.Check(); err != nil {
		at.Key("hours").Error("week: {mon: \"09:00-17:30\"}", "%v", err)
	}
	if a.Capacity < 0 || a.Capacity > maxCapacity {
		at.Key("capacity").Error("a number of tickets such as 8; 0 for the tier's", "%d is not between 0 and %d", a.Capacity, maxCapacity)
	}
}

// checkTeam reports what is wrong with who is in a tier and how they get tickets.
func (c Config) checkTeam(t Tier, at check.At) {
	if t.Assign != "" && !slices.Contains(assigning, t.Assign) {
		at.Key("assign").Error(strings.Join(assigning, ", "), "%.40q is no way of handing out tickets", t.Assign)
	}
	if t.Capacity < 0 || t.Capacity > maxCapacity {
		at.Key("capacity").Error("a number of tickets such as 8; 0 for no limit", "%d is not between 0 and %d", t.Capacity, maxCapacity)
	}
	grouped := false
	for i, m := range t.Members {
		_, group := groupOf(m)
		if slices.ContainsFunc(c.Agents, func(a ticket.Agent) bool { return named(m, a) }) {
			continue
		}
		if grouped = grouped || group; !group {
			at.Key("members").Index(i).Error("the id, e-mail or Slack id of one of the agents, or a Slack user group such as @support-l1", "there is no agent %.60q", m)
		}
	}
	if t.hands() && !grouped && len(c.Roles) == 0 && len(c.members(t)) == 0 {
		at.Key("members").Error("name its people", "tier %.60q hands out tickets, and has nobody to hand them to", t.Name)
	}
	if t.clockless() {
		at.Key("clocks").Warn(fmt.Sprintf("clocks: {%s: {first: 4h, resolution: 24h}}", defaultClocks),
			"nobody hears of a ticket that waits in the queue of tier %.60q: it has no clock", t.Name)
	}
}

// hands says that the tier hands out its tickets by itself.
func (t Tier) hands() bool { return t.Assign == AssignRobin || t.Assign == AssignLoaded }

// clockless says that a ticket of some priority can wait at this tier with no clock running.
func (t Tier) clockless() bool {
	for _, p := range []ticket.Priority{ticket.Low, ticket.Normal, ticket.High, ticket.Urgent} {
		c := t.Clocks[defaultClocks].over(t.Clocks[string(p)])
		if c.First+c.Next+c.Resolution+c.Tier+c.Queue == 0 {
			return true
		}
	}
	return false
}
