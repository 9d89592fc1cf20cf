package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"tierline/router"
	"tierline/ticket"
)

const rotaConfig = `
agents:
  - {id: anna, name: Anna, email: anna@example.org, roles: [level2]}
  - {id: ben, name: Ben, email: ben@example.org, roles: [level2]}
  - {id: lena, name: Lena, email: lena@example.org, roles: [lead]}
tiers:
  - name: l1
    level: 1
    channel: l1
  - name: l2
    level: 2
    channel: l2
    oncall: {people: [anna, ben], rotate: daily, start: 2026-01-01, zone: Europe/Berlin}
`

func TestOnCallCommands(t *testing.T) {
	t.Parallel()
	s := newShell(t, rotaConfig)
	st := s.fill()
	s.do(0, "oncall", "now", "-c", s.config)
	s.says("TIER", "l2", "Anna", "Ben")
	s.do(0, "oncall", "gaps", "-c", s.config)
	s.says("Somebody is on call at all times")
	s.do(0, "oncall", "next", "--days", "5", "--json", "-c", s.config)
	lines := strings.Split(strings.TrimSpace(s.out), "\n")
	var shift oncallShift
	if err := json.Unmarshal([]byte(lines[0]), &shift); err != nil || len(lines) != 6 || shift.Tier != "l2" || !shift.To.After(shift.From) {
		t.Errorf("%v in %s", err, s.out)
	}
	// A change in the database counts for the command, too.
	live, err := router.NewLive(router.Config{Agents: []ticket.Agent{{ID: "lena", Name: "Lena", Roles: []ticket.Role{ticket.RoleLead}}}, Tiers: []router.Tier{{Name: "l2"}}})
	if err != nil {
		t.Fatal(err)
	}
	d := &router.Desk{Store: st, KB: st, Live: live, Now: time.Now}
	a := ticket.RosterAction{Change: ticket.RosterChange{Kind: ticket.RosterTemporary, Tier: "l2", From: time.Now().Add(-time.Hour), To: time.Now().Add(48 * time.Hour)}}
	if _, err := d.ActRoster(t.Context(), ticket.Agent{ID: "lena", Roles: []ticket.Role{ticket.RoleLead}}, a); err != nil {
		t.Fatal(err)
	}
	s.do(1, "oncall", "gaps", "--json", "-c", s.config)
	s.says(`"tier":"l2"`)
	s.do(0, "oncall", "now", "-c", s.config)
	s.says("nobody")
	s.do(0, "oncall", "fairness", "l2", "-c", s.config)
	s.says("PERSON", "Anna", "WEEKENDS", "22:00 and 06:00")
	s.do(1, "oncall", "fairness", "l9", "-c", s.config)
	s.do(1, "oncall", "now", "--tier", "l1", "-c", s.config)
	s.says("no tier l1 has a schedule")
}
