package slackdesk

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"tierline/bots"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

// rosterOffice is an office where Anna and Chloé take turns; Chloé asks Anna, and the team.
func rosterOffice(t *testing.T) (*office, time.Time) {
	t.Helper()
	o := newOffice(t)
	now := time.Now().Truncate(time.Hour)
	anna, chloe := o.back.agents[0], o.back.agents[1]
	zone, err := time.LoadLocation("Europe/Berlin")
	o.must(err)
	shift := func(who string, from, to int) bots.Shift {
		return bots.Shift{RosterShift: ticket.RosterShift{Person: who, From: now.Add(time.Duration(from) * time.Hour), To: now.Add(time.Duration(to) * time.Hour)}, Whole: true}
	}
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	o.back.rosters = bots.RosterView{Tiers: []bots.TierRoster{{Tier: o.back.tiers[1], Zone: zone, On: []ticket.Agent{chloe}, Until: at(10), Next: []ticket.Agent{anna},
		People: []ticket.Agent{anna, chloe}, Shifts: []bots.Shift{shift("chloe", -5, 10), shift("anna", 10, 20), shift("chloe", 30, 40)},
		Gaps: []ticket.RosterShift{{From: at(20), To: at(30)}}}},
		Changes: []ticket.RosterChange{
			{ID: 4, Kind: ticket.RosterCover, State: ticket.RosterAsked, Tier: "l2", Person: "chloe", From: at(30), To: at(40), Reason: "Dentist <!here>"},
			{ID: 5, Kind: ticket.RosterSwap, State: ticket.RosterStands, Tier: "l2", Person: "chloe", With: "anna"}}}
	return o, now
}

func (o *office) rosterActed(n int) ticket.RosterAction {
	o.Helper()
	o.eventually("something is done to the roster", func() bool {
		o.back.mu.Lock()
		defer o.back.mu.Unlock()
		return len(o.back.rosterActs) >= n
	})
	o.back.mu.Lock()
	defer o.back.mu.Unlock()
	return o.back.rosterActs[n-1]
}

// reply waits for what a command answers.
func (o *office) reply(channel, part string) slacksim.Message {
	o.Helper()
	var found slacksim.Message
	o.eventually("an answer with "+part, func() bool {
		for _, m := range o.sim.Messages(channel) {
			if strings.Contains(m.PlainText(), part) {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func TestWhoIsOnCallNowAndNext(t *testing.T) {
	t.Parallel()
	o, now := rosterOffice(t)
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "oncall"))
	text := o.reply("C0L1", "Your next shifts").PlainText()
	for _, want := range []string{"Level 2", "Chloé Martin until", "then Anna Schmidt", "Nobody is on call", "Chloé Martin looks for somebody", "Dentist",
		"<!date^" + strconv.FormatInt(now.Add(10*time.Hour).Unix(), 10)} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %s", want, text)
		}
	}
	if strings.Contains(text, "<!here>") {
		t.Error("a reason mentions everybody")
	}
	m := o.reply("C0L1", "Your next shifts")
	o.must(o.sim.Click("anna", "C0L1", m.TS, rosterPrefix+"take"))
	if a := o.rosterActed(1); a.Do != ticket.RosterTake || a.ID != 4 || a.By.ID != "anna" || a.Key == "" {
		t.Errorf("taken: %+v", a)
	}
}

func TestASwapIsAskedForInAForm(t *testing.T) {
	t.Parallel()
	o, now := rosterOffice(t)
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "swap"))
	v := o.modal("anna", doSwap)
	stamp := func(from, to int, who string) string {
		return strconv.FormatInt(now.Add(time.Duration(from)*time.Hour).Unix(), 10) + " " + strconv.FormatInt(now.Add(time.Duration(to)*time.Hour).Unix(), 10) + " l2 " + who
	}
	fill := map[string]any{"mine": stamp(10, 20, "anna"), "theirs": stamp(30, 40, "chloe"), "reason": "Concert"}
	o.back.failNext(ticket.Errorf("fake", ticket.Invalid, "Chloé is on call then already."))
	ans, err := o.sim.Submit("anna", v.ID, fill)
	o.must(err)
	if !strings.Contains(ans.Errors["mine"], "on call then already") {
		t.Fatalf("a refusal: %+v", ans)
	}
	_, err = o.sim.Submit("anna", o.modal("anna", doSwap).ID, fill)
	o.must(err)
	c := o.rosterActed(1).Change
	if c.Kind != ticket.RosterSwap || c.Tier != "l2" || c.Person != "anna" || c.With != "chloe" || !c.From.Equal(now.Add(10*time.Hour)) || !c.BackTo.Equal(now.Add(40*time.Hour)) || c.Reason != "Concert" {
		t.Errorf("%+v", c)
	}
}

func TestCoverAndDaysOffAreAskedForInForms(t *testing.T) {
	t.Parallel()
	o, now := rosterOffice(t)
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "cover"))
	v := o.modal("anna", doCover)
	part := now.Add(12 * time.Hour)
	_, err := o.sim.Submit("anna", v.ID, map[string]any{"from": part.Unix(), "with": "chloe"})
	o.must(err)
	c := o.rosterActed(1).Change
	if c.Kind != ticket.RosterCover || c.Person != "anna" || c.With != "chloe" || !c.From.Equal(part) || !c.To.Equal(now.Add(20*time.Hour)) {
		t.Errorf("cover: %+v", c)
	}
	o.must(o.sim.Slash("anna", "support-l1", "/tier", "off"))
	_, err = o.sim.Submit("anna", o.modal("anna", doOff).ID, map[string]any{"first": "2030-03-30", "last": "2030-03-31"})
	o.must(err)
	c = o.rosterActed(2).Change
	// Whole days in Berlin, where the second has 23 hours.
	if c.Kind != ticket.RosterOff || c.Tier != "" || c.To.Sub(c.From) != 47*time.Hour || c.From.UTC().Format(time.RFC3339) != "2030-03-29T23:00:00Z" {
		t.Errorf("off: %+v", c)
	}
}

func TestARequestIsAnsweredByItsButtons(t *testing.T) {
	t.Parallel()
	o, now := rosterOffice(t)
	n := bots.Notice{To: o.back.agents[0], Text: "Chloé asks to swap <!here>", Key: "k", Change: 7, Buttons: []ticket.RosterDo{ticket.RosterAgree, ticket.RosterDecline},
		Lines: []ticket.RosterLine{{Text: "You give", From: now, To: now.Add(time.Hour)}, {Text: "“please”"}}}
	o.must(o.desk.Tell(t.Context(), n, false))
	o.must(o.desk.Tell(t.Context(), n, true))
	dm, err := o.sim.DM("anna", "@app")
	o.must(err)
	list := o.sim.Messages(dm)
	if len(list) != 1 || !strings.Contains(list[0].PlainText(), "You give: <!date^") || strings.Contains(list[0].PlainText(), "<!here>") || len(list[0].Actions()) != 2 {
		t.Fatalf("told: %+v", list)
	}
	o.must(o.sim.Click("anna", dm, list[0].TS, rosterPrefix+"agree"))
	if a := o.rosterActed(1); a.Do != ticket.RosterAgree || a.ID != 7 {
		t.Errorf("%+v", a)
	}
	o.eventually("the buttons to go", func() bool {
		m, _ := o.sim.Message(dm, list[0].TS)
		return len(m.Actions()) == 0 && strings.Contains(m.PlainText(), "swapped") && strings.Contains(m.PlainText(), "<!date^1900000000^")
	})
	n.Key = "k2"
	o.must(o.desk.Tell(t.Context(), n, false))
	m := o.sim.Messages(dm)[1]
	o.back.failNext(ticket.Errorf("fake", ticket.Conflict, "Dev has taken it already."))
	o.must(o.sim.Click("anna", dm, m.TS, rosterPrefix+"agree"))
	o.eventually("the answer of who was late", func() bool {
		m, _ := o.sim.Message(dm, m.TS)
		return len(m.Actions()) == 0 && strings.Contains(m.PlainText(), "Dev has taken it")
	})
}
