package slackdesk

import (
	"testing"
	"time"

	"tierline/bots"
	"tierline/internal/slacksim"
	"tierline/ticket"
)

func TestWhatSlackTellsOfTheTeam(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := o.desk.Whereabouts()
	team := []ticket.Agent{{ID: "anna", Slack: "U1ANNA"}, {ID: "ben", Email: "ben@support.example"}, {ID: "dev", Slack: "U2DEV"}, {ID: "ghost", Email: "nobody@support.example"}, {ID: "none"}}
	until := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	o.must(o.sim.SetPresence("ben", true))
	o.must(o.sim.SetDND("dev", until))
	seen, err := w.Seen(t.Context(), team)
	o.must(err)
	if len(seen) != 3 || !seen["anna"].Here || seen["ben"].Here || seen["dev"] != (bots.Seen{Reason: "do not disturb", Until: until}) {
		t.Errorf("seen: %+v", seen)
	}
	// Many are asked about in turn, so that Slack's limits hold.
	var many []ticket.Agent
	for range maxSeen - 1 {
		many = append(many, ticket.Agent{ID: "none"})
	}
	many = append(many, team[:3]...)
	w = o.desk.Whereabouts()
	first, err := w.Seen(t.Context(), many)
	o.must(err)
	second, err := w.Seen(t.Context(), many)
	o.must(err)
	if len(first) != 1 || len(second) != 2 {
		t.Errorf("in turn: %+v, then %+v", first, second)
	}
	groups, err := w.Groups(t.Context(), []string{"level2", "S0L2", "nobodys"})
	o.must(err)
	if l := groups["level2"]; len(l) != 2 || l[0] != (bots.Person{ID: "U2CHLOE", Email: "chloe@support.example"}) || len(groups["S0L2"]) != 2 {
		t.Errorf("groups: %+v", groups)
	}
	if _, ok := groups["nobodys"]; ok {
		t.Error("a group that is not there is told of")
	}
	select {
	case <-w.Changed():
		t.Error("nothing has changed yet")
	default:
	}
	o.sim.SetUserGroup("level2", "carl", "chloe")
	select {
	case <-w.Changed():
	case <-time.After(30 * time.Second):
		t.Fatal("nobody was told that the group has changed")
	}
	groups, err = w.Groups(t.Context(), []string{"level2"})
	o.must(err)
	if l := groups["level2"]; len(l) != 1 || l[0].ID != "U2CHLOE" {
		t.Errorf("a guest counts as a member: %+v", l)
	}
	o.sim.Inject(slacksim.Fault{Kind: slacksim.ServerError, Method: "usergroups.users.list", Times: 1})
	if _, err := w.Groups(t.Context(), []string{"level2"}); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("a group that cannot be read: %v", err)
	}
}
