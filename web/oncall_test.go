package web

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-ical"

	"tierline/router"
	"tierline/router/oncall"
	"tierline/ticket"
)

// rota starts a site whose level 2 is Anna and Lea in daily turns, from the beginning of yesterday in Berlin.
func rota(t *testing.T, change ...func(*Config, *Deps)) (*site, time.Time) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	first := midnight(time.Now().In(zone).AddDate(0, 0, -1))
	return start(t, append([]func(*Config, *Deps){func(_ *Config, d *Deps) {
		desk := d.Backend.(*router.Desk)
		conf := *desk.Config()
		conf.Tiers[1].OnCall = oncall.Config{Zone: "Europe/Berlin", Then: []string{"lea"},
			Layer: oncall.Layer{People: []string{"anna", "lea"}, Rotate: oncall.Daily, Start: first.Format(time.DateOnly), Handover: "00:00"}}
		if err := desk.Live.Replace(conf); err != nil {
			t.Fatal(err)
		}
	}}, change...)...), first
}

func turn(first time.Time, n int, who string) string {
	from := midnight(first.AddDate(0, 0, n))
	return fmt.Sprintf("%d %d %s", from.Unix(), midnight(from.AddDate(0, 0, 1)).Unix(), who)
}

func TestTheOnCallPage(t *testing.T) {
	t.Parallel()
	s, first := rota(t)
	v := s.signedIn("anna")
	body := v.page("/console/oncall?tier=l2")
	mustHave(t, body, "Lea Lead</b> now until", "Anna Agent", "Calendar", "all day", "Europe/Berlin", "How it is shared", "Hours on call by person", `aria-current="date"`)
	mustNotHave(t, body, "Override (leads)", "in the next 90 days</span>")
	mustHave(t, s.signedIn("lea").page("/console/oncall"), "Override (leads)", "Temporary schedule (leads)")

	// Anna asks Lea, Lea agrees: the days are exchanged.
	mine, theirs := turn(first, 2, "anna"), turn(first, 3, "lea")
	got := v.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"swap"}, "tier": {"l2"}, "mine": {mine}, "theirs": {theirs}, "reason": {"Concert <b>"}})
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	mustHave(t, v.page("/console/oncall?tier=l2"), "Anna Agent and Lea Lead swap", "Concert &lt;b&gt;", "Take it back")
	lea := s.signedIn("lea")
	mustHave(t, lea.page("/console/oncall?tier=l2"), ">Agree<", ">Decline<")
	if got := v.post("/console/oncall", "/console/oncall/changes/1", url.Values{"do": {"agree"}, "tier": {"l2"}}); got.StatusCode != http.StatusForbidden || !strings.Contains(got.body, "asked of somebody else") {
		t.Errorf("one's own yes: %d", got.StatusCode)
	}
	if got := lea.post("/console/oncall", "/console/oncall/changes/1", url.Values{"do": {"agree"}, "tier": {"l2"}}); got.StatusCode != http.StatusSeeOther {
		t.Errorf("agree: %d %s", got.StatusCode, got.body)
	}
	if got := lea.post("/console/oncall", "/console/oncall/changes/1", url.Values{"do": {"agree"}, "tier": {"l2"}}); got.StatusCode != http.StatusConflict {
		t.Errorf("agree again: %d", got.StatusCode)
	}
	mustHave(t, v.page("/console/oncall"), "Nobody asks for a swap", "Changes that count")

	// What cannot be done is told, and what was typed is kept.
	got = v.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"off"}, "tier": {"l2"}, "from": {"2020-01-01"}, "to": {"2020-01-02"}, "reason": {"Skiing"}})
	if got.StatusCode != http.StatusBadRequest || !strings.Contains(got.body, "That time is over") || !strings.Contains(got.body, `value="Skiing"`) || !strings.Contains(got.body, "<details open>") {
		t.Errorf("%d %s", got.StatusCode, got.body)
	}
	if got := v.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"override"}, "tier": {"l2"}, "with": {"anna"}, "from": {"2099-01-01T00:00"}, "to": {"2099-01-02T00:00"}}); got.StatusCode != http.StatusBadRequest {
		t.Errorf("far ahead: %d", got.StatusCode)
	}
	// A temporary schedule by a lead leaves a gap, which is marked.
	day := first.AddDate(0, 0, 5).Format(time.DateOnly)
	next := first.AddDate(0, 0, 6).Format(time.DateOnly)
	got = lea.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"temporary"}, "tier": {"l2"}, "from": {day + "T00:00"}, "to": {next + "T00:00"},
		"shifts": {"anna " + day + "T00:00 " + day + "T12:00\n"}})
	if got.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	mustHave(t, v.page("/console/oncall"), `class="gap"`, "12:00–24:00", "1 gap in the next")
	got = lea.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"temporary"}, "tier": {"l2"}, "from": {day}, "to": {next}, "shifts": {"anna tomorrow"}})
	if got.StatusCode != http.StatusBadRequest || !strings.Contains(got.body, "One shift a line") {
		t.Errorf("%d", got.StatusCode)
	}
	if got := s.visitor().send("POST", "/console/oncall/changes", url.Values{"kind": {"off"}}); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("a stranger: %d", got.StatusCode)
	}
}

// readFeed gets a calendar and reads it by a parser that is not ours.
func (s *site) readFeed(link string) (answer, *ical.Calendar) {
	s.t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		s.t.Fatal(err)
	}
	got := s.visitor().get(u.Path)
	if got.StatusCode != http.StatusOK {
		return got, nil
	}
	cal, err := ical.NewDecoder(strings.NewReader(got.body)).Decode()
	if err != nil {
		s.t.Fatalf("%v in\n%s", err, got.body)
	}
	return got, cal
}

func prop(c *ical.Component, name string) string {
	p := c.Props.Get(name)
	if p == nil {
		return ""
	}
	return p.Value
}

func TestACalendarKeepsUpWithChangesAndEnds(t *testing.T) {
	t.Parallel()
	var staff []ticket.Agent
	s, first := rota(t, func(_ *Config, d *Deps) {
		staff = d.Agents()
		d.Agents = func() []ticket.Agent { return staff }
	})
	v := s.signedIn("anna")
	if got := v.post("/console/oncall", "/console/oncall/feeds", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d %s", got.StatusCode, got.body)
	}
	v.post("/console/oncall", "/console/oncall/feeds", url.Values{"tier": {"l2"}})
	links := regexp.MustCompile(`readonly value="([^"]+)"`).FindAllStringSubmatch(v.page("/console/oncall"), -1)
	if len(links) != 2 {
		t.Fatalf("links: %q", links)
	}
	mine, tier := html.UnescapeString(links[0][1]), html.UnescapeString(links[1][1])
	got, cal := s.readFeed(mine)
	if got.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || prop(cal.Component, "NAME") != "On call: Anna Agent" || prop(cal.Component, "REFRESH-INTERVAL") != "PT15M" {
		t.Errorf("%v %q", got.Header, got.body[:400])
	}
	find := func(cal *ical.Calendar, day int, who string) *ical.Component {
		for _, e := range cal.Events() {
			at, err := e.DateTimeStart(time.UTC)
			if err != nil {
				t.Fatal(err)
			}
			if at.Equal(midnight(first.AddDate(0, 0, day))) && strings.Contains(prop(e.Component, "SUMMARY"), who) {
				return e.Component
			}
		}
		return nil
	}
	was := find(cal, 2, "Level 2")
	if was == nil || find(cal, 3, "") != nil || prop(was, "SEQUENCE") != "0" {
		t.Fatalf("Anna's shifts: %s", got.body)
	}
	uids := map[string]bool{}
	for _, e := range cal.Events() {
		uids[prop(e.Component, "UID")] = true
	}
	if len(uids) != len(cal.Events()) || len(uids) < 80 {
		t.Errorf("%d ids for %d shifts", len(uids), len(cal.Events()))
	}
	again := s.visitor()
	u, _ := url.Parse(mine)
	r, _ := http.NewRequest("GET", s.URL()+u.Path, nil)
	r.Header.Set("If-None-Match", got.Header.Get("ETag"))
	if a := again.do(r); a.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged: %d", a.StatusCode)
	}

	// Half of the day is covered by Lea: the shift is the same, shorter, and newer.
	lead := s.signedIn("lea")
	day := first.AddDate(0, 0, 2).Format(time.DateOnly)
	lead.post("/console/oncall", "/console/oncall/changes", url.Values{"kind": {"override"}, "tier": {"l2"}, "person": {"anna"}, "with": {"lea"},
		"from": {day + "T12:00"}, "to": {first.AddDate(0, 0, 3).Format(time.DateOnly) + "T00:00"}})
	_, cal = s.readFeed(mine)
	is := find(cal, 2, "")
	if is == nil || prop(is, "UID") != prop(was, "UID") || prop(is, "SEQUENCE") != "1" || prop(is, "DTEND") == prop(was, "DTEND") {
		t.Errorf("after a change: %+v, before %+v", is, was)
	}
	_, cal = s.readFeed(tier)
	if find(cal, 2, "Anna Agent") == nil || prop(cal.Component, "NAME") != "On call: Level 2" {
		t.Error("the tier's calendar does not name people")
	}

	bad := strings.Replace(mine, "1-", "2-", 1)
	for _, link := range []string{bad, mine[:len(mine)-6] + "xx.ics", s.URL() + "/oncall/feeds/x", s.URL() + "/oncall/feeds/99-abc.ics"} {
		if got, _ := s.readFeed(link); got.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", link, got.StatusCode)
		}
	}
	v.post("/console/oncall", "/console/oncall/feeds/2/revoke", nil)
	if got, _ := s.readFeed(tier); got.StatusCode != http.StatusNotFound {
		t.Errorf("revoked: %d", got.StatusCode)
	}
	if got := lead.post("/console/oncall", "/console/oncall/feeds/1/revoke", nil); got.StatusCode != http.StatusNotFound {
		t.Errorf("another's: %d", got.StatusCode)
	}
	staff = staff[1:] // Anna leaves
	if got, _ := s.readFeed(mine); got.StatusCode != http.StatusNotFound {
		t.Errorf("of somebody who has left: %d", got.StatusCode)
	}
	if strings.Contains(s.log.String(), strings.TrimSuffix(u.Path[len(feedPrefix)+2:], ".ics")) {
		t.Error("the secret of an address is in the log")
	}
}

func TestOnCallOverTheAPI(t *testing.T) {
	t.Parallel()
	s, first := rota(t)
	c := s.client(allKey)
	var now onCallList
	c.call("GET", "/oncall", nil, 200, &now)
	if len(now.Items) != 1 || now.Items[0].Now[0].ID != "lea" || now.Items[0].Next[0].ID != "anna" || now.Items[0].Zone != "Europe/Berlin" {
		t.Errorf("%+v", now)
	}
	var shifts shiftList
	from, to := first.UTC().Format(time.RFC3339), midnight(first.AddDate(0, 0, 4)).UTC().Format(time.RFC3339)
	c.call("GET", "/oncall/l2/shifts?from="+from+"&to="+to, nil, 200, &shifts)
	if len(shifts.Shifts) != 4 || shifts.Shifts[0].Person != "anna" || len(shifts.Gaps) != 0 {
		t.Errorf("%+v", shifts)
	}
	var fair fairList
	c.call("GET", "/oncall/l2/fairness?from="+from+"&to="+to, nil, 200, &fair)
	if len(fair.Items) != 2 || fair.Items[0].Hours+fair.Items[1].Hours < 95 || fair.Means["hours"] == "" {
		t.Errorf("%+v", fair)
	}
	c.call("GET", "/oncall/l9/shifts", nil, 404, nil)
	c.call("GET", "/oncall/l9/fairness", nil, 404, nil)
	c.call("GET", "/oncall/l2/shifts?from="+from+"&to=2099-01-01T00:00:00Z", nil, 400, nil)

	var made ticket.RosterChange
	day := func(n int) time.Time { return midnight(first.AddDate(0, 0, n)) }
	c.call("POST", "/roster/changes", RosterRequest{Kind: ticket.RosterCover, Agent: "anna@example.org", Tier: "l2", Person: "anna", From: day(2), To: day(3)}, 200, &made)
	if made.State != ticket.RosterAsked || made.By.ID != "anna" {
		t.Errorf("%+v", made)
	}
	path := fmt.Sprintf("/roster/changes/%d", made.ID)
	c.call("POST", path+"/answers", RosterAnswer{Do: ticket.RosterTake}, 403, nil) // a key says nobody's yes
	c.call("POST", path+"/answers", RosterAnswer{Do: ticket.RosterTake, Agent: "lea@example.org"}, 200, &made)
	if made.State != ticket.RosterStands || made.With != "lea" {
		t.Errorf("%+v", made)
	}
	c.call("GET", path, nil, 200, &made)
	c.call("GET", "/roster/changes/99", nil, 404, nil)
	c.call("POST", "/roster/changes", RosterRequest{Kind: ticket.RosterOff, Person: "anna", From: day(10), To: day(12)}, 200, &made)
	if made.By.Kind != ticket.ByAPI || made.State != ticket.RosterStands {
		t.Errorf("by the key: %+v", made)
	}
	c.call("POST", "/roster/changes", RosterRequest{Kind: "dance", From: day(10), To: day(12)}, 400, nil)
	c.call("POST", "/roster/changes", RosterRequest{Kind: ticket.RosterOff, Agent: "carla@customer.example", From: day(10), To: day(12)}, 403, nil)
	var list rosterList
	c.call("GET", "/roster/changes", nil, 200, &list)
	if len(list.Items) != 2 {
		t.Errorf("%+v", list)
	}
}
