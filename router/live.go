package router

import (
	"sync"
	"sync/atomic"

	"tierline/ticket"
)

// Live is the configuration in force, with what is known of the user groups that it names. It is read at the moment of
// use and replaced as a whole, so that whatever reads it never sees half of an old one and half of a new one.
type Live struct {
	now atomic.Pointer[setup]

	mu      sync.Mutex // of who replaces it
	written Config     // without what user groups give
	groups  []ticket.UserGroup
}

type setup struct {
	config Config
	rules  *Rules
	policy *policy
}

// NewLive puts a checked configuration in force.
func NewLive(c Config) (*Live, error) {
	l := &Live{}
	return l, l.Replace(c)
}

// Replace puts another one in force. When that fails the former one stays.
func (l *Live) Replace(c Config) error {
	rules, err := NewRules(c)
	if err != nil {
		return err
	}
	policy, err := newPolicy(c)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.written = c
	is := &setup{c.staffed(l.groups), rules, policy}
	if was := l.now.Load(); was != nil {
		is.config.former = was.config.former
	}
	l.now.Store(is)
	return nil
}

// Config is the configuration that is in force now. Nobody changes it.
func (l *Live) Config() *Config { return &l.now.Load().config }

// Rules are its rules.
func (l *Live) Rules() *Rules { return l.now.Load().rules }

// Targets makes it the ticket.Policy of the store: a new one counts for a ticket from its next change on.
func (l *Live) Targets(t *ticket.Ticket) ticket.Targets { return l.now.Load().policy.Targets(t) }

// StaffNames are the names of staff.
func (l *Live) StaffNames() []string { return l.Config().StaffNames() }

// Staff finds who of staff has a mail address.
func (l *Live) Staff(address string) (ticket.Actor, bool) { return l.Config().Staff(address) }

// Agents is everybody who works here, by the configuration or by a user group.
func (l *Live) Agents() []ticket.Agent { return l.Config().Agents }

// Config is the configuration that is in force now.
func (d *Desk) Config() *Config { return d.Live.Config() }
