package ticket

import (
	"testing"
	"time"
)

// Who is on call for years may ask for cover of what is left, and not of more than a year.
func TestCoverOfAShiftWithoutEnds(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	ask := RosterAction{By: Actor{Kind: ByAgent, ID: "ann"}, Change: RosterChange{Kind: RosterCover, Tier: "l2", Person: "ann", From: now.AddDate(-2, 0, 0), To: now.AddDate(2, 0, 0)}}
	c, err := BeginRoster(ask, now)
	if err != nil || !c.From.Equal(now) || c.To.Sub(c.From) != MaxRosterSpan {
		t.Errorf("from %s to %s, %v", c.From, c.To, err)
	}
	ask.Change.To = now.Add(-time.Hour)
	if _, err := BeginRoster(ask, now); KindOf(err) != Invalid {
		t.Errorf("cover of what is over: %v", err)
	}
}
