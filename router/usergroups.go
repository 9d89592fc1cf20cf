package router

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tierline/config/check"
	"tierline/router/pager"
	"tierline/ticket"
)

// usergroup is a Slack user group's id. https://docs.slack.dev/reference/methods/usergroups.list
var usergroup = regexp.MustCompile(`^S[A-Z0-9]{7,20}$`)

// groupOf is the user group that a word of the configuration names: by its handle with @, or by its id; one of another
// workspace than the first with that workspace before it: acme/@leads.
func groupOf(word string) (string, bool) {
	where, name, elsewhere := strings.Cut(word, "/")
	if where += "/"; !elsewhere {
		where, name = "", word
	}
	handle, ok := strings.CutPrefix(name, "@")
	if !ok && strings.HasPrefix(where, "@") { // @acme/leads
		where, handle, ok = where[1:], name, true
	}
	if ok {
		return where + strings.ToLower(handle), handle != "" && where != "/"
	}
	return word, usergroup.MatchString(name)
}

// named says whether a member of a tier is this agent, by id or by mail address.
func named(member string, a ticket.Agent) bool {
	return member == a.ID || a.Slack != "" && member == a.Slack || a.Email != "" && strings.EqualFold(member, a.Email)
}

// Groups are the user groups that give roles, or that tiers name as members.
func (c Config) Groups() (names []string) {
	add := func(word string) {
		if g, ok := groupOf(word); ok && !slices.Contains(names, g) {
			names = append(names, g)
		}
	}
	for _, r := range ticket.Roles {
		for _, g := range c.Roles[r] {
			add(g)
		}
	}
	for _, t := range c.Tiers {
		for _, m := range t.Members {
			if !slices.ContainsFunc(c.Agents, func(a ticket.Agent) bool { return named(m, a) }) {
				add(m)
			}
		}
	}
	return names
}

func (c Config) checkRoles(at check.At) {
	for _, r := range sortedRoles(c.Roles) {
		here := at.Key(string(r))
		if !slices.Contains(ticket.Roles, r) {
			here.Error(fmt.Sprintf("one of %v", ticket.Roles), "%.20q is no role", string(r))
		}
		for i, word := range c.Roles[r] {
			if _, ok := groupOf(word); !ok {
				here.Index(i).Error(`the handle of a Slack user group such as "@support-leads", or its id; people have their roles under agents`,
					"%.60q is no user group", word)
			}
		}
	}
}

func sortedRoles(m map[ticket.Role]OneOrMore) (list []ticket.Role) {
	for r := range m {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

// rolesOf are the roles that user groups give to somebody, and which groups do.
func (c Config) rolesOf(user string) (roles []ticket.Role, via []string) {
	for _, r := range ticket.Roles {
		for _, word := range c.Roles[r] {
			g, _ := groupOf(word)
			if !hasMember(c.groups[g], user) {
				continue
			}
			if !slices.Contains(roles, r) {
				roles = append(roles, r)
			}
			if !slices.Contains(via, g) {
				via = append(via, g)
			}
		}
	}
	return roles, via
}

func hasMember(g ticket.UserGroup, user string) bool {
	return slices.ContainsFunc(g.Members, func(m ticket.GroupMember) bool { return m.ID == user })
}

// staffed is a configuration as it is written together with what is known of user groups: they give their roles to
// those whom it names without a role, and make agents of those whom it does not name. Where it gives a role
// itself, groups say nothing. It is pure.
func (c Config) staffed(groups []ticket.UserGroup) Config {
	c.groups = map[string]ticket.UserGroup{}
	for _, g := range groups {
		c.groups[g.Name] = g
	}
	c.Agents = slices.Clone(c.Agents)
	written := len(c.Agents)
	for _, name := range c.Groups() {
		for _, m := range c.groups[name].Members {
			roles, via := c.rolesOf(m.ID)
			if len(roles) == 0 || slices.ContainsFunc(c.Agents[written:], func(a ticket.Agent) bool { return a.Slack == m.ID }) {
				continue
			}
			if i := slices.IndexFunc(c.Agents[:written], func(a ticket.Agent) bool { return isMember(a, m) }); i >= 0 {
				if a := &c.Agents[i]; len(a.Roles) == 0 {
					a.Roles, a.Via = roles, via
				}
				continue
			}
			c.Agents = append(c.Agents, ticket.Agent{ID: m.ID, Name: cmp.Or(m.Name, m.ID), Email: m.Email, Slack: m.ID, Language: pageLanguage(m.Language),
				Roles: roles, Via: via})
		}
	}
	return c
}

// isMember says whether an agent is a member of a group: by the Slack id where the configuration gives one, or else by
// the mail address.
func isMember(a ticket.Agent, m ticket.GroupMember) bool {
	if a.Slack != "" {
		return a.Slack == m.ID
	}
	return a.ID == m.ID || m.Email != "" && strings.EqualFold(a.Email, m.Email)
}

// pageLanguage is a language if people can be written to in it; "" is English.
func pageLanguage(l string) string {
	if slices.Contains(pager.Languages(), l) {
		return l
	}
	return ""
}

// inGroup says whether an agent is in a user group, as far as is known.
func (c Config) inGroup(group string, a ticket.Agent) bool {
	return slices.ContainsFunc(c.groups[group].Members, func(m ticket.GroupMember) bool { return isMember(a, m) })
}

// Known is what is known of the user groups that are named, by name.
func (l *Live) Known() (list []ticket.UserGroup) {
	s := l.now.Load()
	for _, name := range s.config.Groups() {
		g := s.config.groups[name]
		g.Name = name
		list = append(list, g)
	}
	return list
}

// Know takes over what is known of user groups: who has come into one that gives roles has them from now on, and who
// has gone has them no more. It says whether that has made a difference.
func (l *Live) Know(groups []ticket.UserGroup) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.now.Load()
	is := *was
	l.groups = groups
	is.config = l.written.staffed(groups)
	is.config.former = maps.Clone(was.config.former)
	for _, a := range was.config.Agents {
		if len(a.Via) > 0 && is.config.agent(a.ID).Roles == nil {
			if is.config.former == nil {
				is.config.former = map[string]string{}
			}
			is.config.former[a.ID] = a.Name
		}
	}
	l.now.Store(&is)
	for _, name := range is.config.Groups() {
		if news = news || !slices.Equal(was.config.groups[name].Members, is.config.groups[name].Members); news {
			break
		}
	}
	return news
}
