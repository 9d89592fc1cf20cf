package bots

import (
	"context"
	"time"

	"tierline/ticket"
)

// Rosters is who is on call, and how people change it.
type Rosters interface {
	// Rosters tells of every tier that has a schedule who is on call from one time to another.
	Rosters(ctx context.Context, by ticket.Agent, from, to time.Time) (RosterView, error)
	// ActRoster begins a change, or answers one, in the agent's name. It is Invalid or Denied with a text
	// for the agent when the schedule or their role does not allow it, Conflict when it was answered.
	ActRoster(ctx context.Context, by ticket.Agent, a ticket.RosterAction) (ticket.RosterChange, error)
	// ActRosterKey does it for a program: it may do what a lead may, but nobody's yes is its to say.
	ActRosterKey(ctx context.Context, by ticket.Actor, a ticket.RosterAction) (ticket.RosterChange, error)
	// Fairness compares the people of a tier over a time.
	Fairness(ctx context.Context, by ticket.Agent, tier string, from, to time.Time) (Fairness, error)
}

// RosterView is who is on call.
type RosterView struct {
	Tiers   []TierRoster
	Changes []ticket.RosterChange // that are not over at the beginning, as they were made
}

// TierRoster is who is on call for a tier.
type TierRoster struct {
	Tier   Tier
	Zone   *time.Location // whose wall clock the schedule goes by
	Lead   bool           // the agent who asks may decide on others' shifts
	On     []ticket.Agent // now
	Until  time.Time      // until then; zero: for more than a year
	Next   []ticket.Agent // from then on
	Shifts []Shift        // that reach into the time asked about, with their true ends where these are within a year
	Gaps   []ticket.RosterShift
	People []ticket.Agent // who can be on call
}

// Shift is somebody's shift.
type Shift struct {
	ticket.RosterShift
	Changes  int64     // version of the newest change that touches it; 0: none does
	Modified time.Time // when that was made
	Whole    bool      // it begins where it says: not before what was looked at
}

// Fairness compares people by what they were on call for. What each figure means is said by FairMeans.
type Fairness struct {
	Tier     Tier
	Zone     string
	From, To time.Time
	Rows     []FairRow
}

// FairRow is one person of the comparison.
type FairRow struct {
	Agent                          ticket.Agent
	Shifts                         int
	Total, Night, Weekend, Holiday time.Duration
	Pages                          int
}

// FairMeans says what each figure of the comparison means, by its name.
func FairMeans() [][2]string {
	return [][2]string{
		{"shifts", "stretches of time for which the person was on call, those included that reach beyond the period"},
		{"hours", "time on call within the period, as it passed: a day on which the clocks change has 23 or 25 hours"},
		{"nights", "of these, the time between 22:00 and 06:00 on the schedule's wall clock"},
		{"weekends", "of these, the time on Saturdays and Sundays, 00:00 to 24:00"},
		{"holidays", "of these, the time on the holidays of the tier's hours, or of the brand's, 00:00 to 24:00"},
		{"pages", "pages that the person accepted within the period, of whatever tier"},
	}
}
