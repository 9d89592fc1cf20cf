package main

import (
	"testing"

	"tierline/config/check"
)

// The demo's team is configured as anybody's could be.
func TestTheDemosTeamHasNoFault(t *testing.T) {
	t.Parallel()
	var l check.List
	c := demoTeam()
	c.Check(l.Root())
	for _, f := range l.Faults {
		t.Errorf("%+v", f)
	}
}
