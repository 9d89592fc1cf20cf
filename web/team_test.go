package web

import (
	"net/url"
	"testing"
	"time"
)

func status(t *testing.T, got answer, want int) {
	t.Helper()
	if got.StatusCode != want {
		t.Errorf("%d, want %d: %s", got.StatusCode, want, got.body)
	}
}

func TestTheTeamInTheConsole(t *testing.T) {
	t.Parallel()
	s := start(t)
	v := s.signedIn("anna")
	page := v.page("/console/team")
	mustHave(t, page, "Anna Agent", "Lea Lead", "Level 1", `action="/console/team/anna"`, "Nothing is handed to who is away")
	mustNotHave(t, page, `action="/console/team/lea"`)
	status(t, v.post("/console/team", "/console/team/anna", url.Values{"state": {"away"}, "span": {"2h"}, "reason": {"den<tist"}}), 303)
	mustHave(t, v.page("/console/team"), "is away until", "den&lt;tist", "Anna Agent is back")
	status(t, v.post("/console/team", "/console/team/lea", url.Values{"state": {"away"}, "span": {""}}), 403)
	status(t, v.post("/console/team", "/console/team/anna", url.Values{"state": {"gone"}, "span": {""}}), 400)
	lea := s.signedIn("lea")
	status(t, lea.post("/console/team", "/console/team/anna", url.Values{"state": {"here"}, "span": {""}}), 303)
	mustNotHave(t, lea.page("/console/team"), "is away until")
}

func TestTheTeamByTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.client(allKey)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	c.call("PUT", "/team/anna/presence", object{"state": "away", "until": until, "reason": "training"}, 204, nil)
	var team teamList
	c.call("GET", "/team", nil, 200, &team)
	if len(team.Items) != 3 || team.Items[0].Here == team.Items[1].Here && team.Items[1].Here == team.Items[2].Here {
		t.Errorf("the team: %+v", team)
	}
	for _, m := range team.Items {
		if m.ID == "anna" && (m.Here || !m.Back.Equal(until)) {
			t.Errorf("anna: %+v", m)
		}
	}
	c.call("PUT", "/team/anna/presence", object{"state": "gone"}, 400, nil)
	c.call("PUT", "/team/nobody/presence", object{"state": "away"}, 404, nil)
	c.call("PUT", "/team/lea/presence", object{"state": "away", "agent": "anna@example.org"}, 403, nil)
	c.call("PUT", "/team/anna/presence", object{"state": "here", "agent": "lea@example.org"}, 204, nil)
}
