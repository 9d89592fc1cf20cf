package router

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tierline/config/check"
	"tierline/ticket"
)

// Presence says how it is known who is there, and what becomes of the tickets of who is not. What people say of
// themselves holds before their hours, and those before what Slack shows.
type Presence struct {
	Slack bool          `yaml:"slack"` // who is away, or does not want to be disturbed, in Slack is not there
	Poll  time.Duration `yaml:"poll"`  // how often Slack is asked; default 1m
	// Grace is how long somebody's hours are over, or Slack shows them away, before their tickets are taken back;
	// default 15m. What people say counts at once.
	Grace time.Duration `yaml:"grace"`
	// TakeBack is what is taken back from who is away: what is due before they are back (due, the default), all
	// that is to be acted upon (all), or nothing (none). Who is no longer among the agents keeps nothing.
	TakeBack string `yaml:"take_back"`
	// Notices says whether what people are told beside cards waits while they are not to be disturbed (hold, the default), or
	// is sent all the same (send). Pages never wait.
	Notices string `yaml:"notices"`
}

// What is taken back from who is away.
const (
	TakeBackDue  = "due"
	TakeBackAll  = "all"
	TakeBackNone = "none"
)

const (
	defaultPoll  = time.Minute
	defaultGrace = 15 * time.Minute
)

// Check reports what is wrong.
func (p Presence) Check(at check.At) {
	if p.Poll != 0 && (p.Poll < 10*time.Second || p.Poll > time.Hour) {
		at.Key("poll").Error("a duration such as 1m", "Slack is asked every 10s to 1h, not every %v", p.Poll)
	}
	if p.Grace < 0 || p.Grace > 24*time.Hour {
		at.Key("grace").Error("a duration such as 15m", "not between 0 and 24h")
	}
	if p.TakeBack != "" && !slices.Contains([]string{TakeBackDue, TakeBackAll, TakeBackNone}, p.TakeBack) {
		at.Key("take_back").Error("due, all or none", "%.20q is nothing that can be taken back", p.TakeBack)
	}
	if p.Notices != "" && p.Notices != NoticesHold && p.Notices != NoticesSend {
		at.Key("notices").Error("hold or send", "%.20q is nothing that notices do", p.Notices)
	}
}

func (p Presence) poll() time.Duration {
	if p.Poll <= 0 {
		return defaultPoll
	}
	return p.Poll
}

func (p Presence) grace() time.Duration {
	if p.Grace <= 0 {
		return defaultGrace
	}
	return p.Grace
}

// status is whether somebody is there.
type status struct {
	Here  bool
	Why   string    // in words that follow a name: "is away until 14:00"
	Since time.Time // zero: not known
	Back  time.Time // when they are expected; zero: nobody knows
	Gone  bool      // for so long that what they have is taken back
	Said  bool      // they, or their lead, have said so
}

// statusOf is whether somebody is there, by what was said, their hours and what Slack shows. It is pure.
func (p Presence) statusOf(hours ticket.Calendar, said, slack ticket.Presence, now time.Time) status {
	switch {
	case said.Holds(now) && said.State == ticket.Away:
		return status{Why: "is away" + untilWhen(said.Until, now, hours.Zone()) + because(said.Reason), Since: said.Since, Back: said.Until, Gone: true, Said: true}
	case said.Holds(now):
		return status{Here: true, Why: "is here", Since: said.Since, Said: true}
	case !hours.Open(now):
		back := hours.Next(now)
		return status{Why: "is not at work" + untilWhen(back, now, hours.Zone()), Back: back, Gone: !hours.Open(now.Add(-p.grace()))}
	case p.Slack && slack.Holds(now) && slack.State == ticket.Away:
		return status{Why: "is away in Slack" + because(slack.Reason), Since: slack.Since, Back: slack.Until, Gone: now.Sub(slack.Since) >= p.grace()}
	}
	return status{Here: true, Why: "is here"}
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + reason + ")"
}

// untilWhen is a time in words; the day is told when it is not today's.
func untilWhen(t, now time.Time, zone *time.Location) string {
	switch t, now = t.In(zone), now.In(zone); {
	case t.Unix() <= 0:
		return ""
	case t.Day() == now.Day() && t.Sub(now) < 24*time.Hour:
		return " until " + t.Format("15:04 MST")
	}
	return " until " + t.Format("2 Jan 15:04 MST")
}

// attendance is what was said of everybody, as of now.
type attendance struct {
	conf  *Config
	now   time.Time
	said  map[string]ticket.Presence
	slack map[string]ticket.Presence
}

func (d *Desk) attendance(ctx context.Context) (attendance, error) {
	at := attendance{conf: d.Config(), now: d.Now(), said: map[string]ticket.Presence{}, slack: map[string]ticket.Presence{}}
	list, err := d.Store.Presences(ctx)
	for _, p := range list {
		if p.Source.Said() {
			at.said[p.Agent] = p
		} else {
			at.slack[p.Agent] = p
		}
	}
	return at, err
}

// of is whether an agent is there, to work at a tier.
func (at attendance) of(a ticket.Agent, t Tier) status {
	return at.conf.Presence.statusOf(at.conf.hours(a, t), at.said[a.ID], at.slack[a.ID], at.now)
}

// hours are those in which an agent works at a tier: their own, the tier's, or those of the first brand.
func (c *Config) hours(a ticket.Agent, t Tier) ticket.Calendar {
	hours := a.Hours
	if len(hours.Week)+len(hours.Holidays) == 0 {
		hours = t.Hours
	}
	if len(hours.Week)+len(hours.Holidays) == 0 {
		hours = c.Brand("").Hours
	}
	cal, err := hours.Calendar()
	if err != nil { // a configuration with such a fault was refused
		return ticket.Calendar{}
	}
	return cal
}

// home is the tier by whose hours somebody works as a whole: the first of which they are a member.
func (d *Desk) home(agent string) Tier {
	c := d.Config()
	for _, t := range c.tiers() {
		if slices.ContainsFunc(c.members(t), func(a ticket.Agent) bool { return a.ID == agent }) {
			return t
		}
	}
	return Tier{}
}

// overtime is how long somebody is there who comes outside of their hours and does not say for how long.
const overtime = 12 * time.Hour

// maxAwayReason is how long a reason for being away is, in runes.
const maxAwayReason = 200

// SetPresence notes that somebody is away or back, and what follows from it. People say it of themselves; leads
// and supervisors of everybody. Until may be zero: away until they are back; back until their hours end.
func (d *Desk) SetPresence(ctx context.Context, by ticket.Agent, p ticket.Presence) error {
	const op = "router.SetPresence"
	if err := staff(by); err != nil {
		return err
	}
	p.Source = ticket.PresenceSelf
	if p.By.Kind == "" {
		p.By = by.Actor()
	}
	if p.Agent != by.ID {
		if by.Has(ticket.RightLead) != nil {
			return ticket.Errorf(op, ticket.Denied, "Only a lead may say that of somebody else.")
		}
		p.Source = ticket.PresenceLead
	}
	return d.setPresence(ctx, p)
}

// setPresence notes what somebody has said, or a key of the API in their name.
func (d *Desk) setPresence(ctx context.Context, p ticket.Presence) error {
	const op = "router.SetPresence"
	a, now := d.agent(p.Agent), d.Now()
	switch {
	case len(a.Roles) == 0:
		return ticket.Errorf(op, ticket.NotFound, "There is no agent %.60q.", p.Agent)
	case !p.Until.IsZero() && !p.Until.After(now):
		return ticket.Errorf(op, ticket.Invalid, "That time has passed: say until when, in the future.")
	case p.Until.Sub(now) > ticket.MaxAhead:
		return ticket.Errorf(op, ticket.Invalid, "That is too far ahead: at most a year.")
	case len([]rune(p.Reason)) > maxAwayReason:
		return ticket.Errorf(op, ticket.Invalid, "The reason is too long: at most %d characters.", maxAwayReason)
	}
	if p.State == ticket.Here && p.Until.IsZero() {
		if p.Until = d.Config().hours(a, d.home(a.ID)).Closes(now); p.Until.IsZero() {
			p.Until = now.Add(overtime)
		}
	}
	jobs := []ticket.Job{ticket.StaffJob(a.ID, time.Time{})}
	if p.State == ticket.Here {
		jobs = append(jobs, ticket.HeldJob(a.ID, time.Time{}))
	}
	if !p.Until.IsZero() {
		p.Until = p.Until.Truncate(time.Microsecond)
		jobs = append(jobs, ticket.StaffJob(a.ID, p.Until))
	}
	_, err := d.Store.SetPresence(ctx, p, jobs...)
	if err != nil {
		return fmt.Errorf("presence of %s: %w", a.ID, err)
	}
	return nil
}
