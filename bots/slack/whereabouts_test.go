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
	ask := func(names ...string) (list []ticket.UserGroup) {
		for _, n := range names {
			list = append(list, ticket.UserGroup{Name: n})
		}
		told, err := w.Groups(t.Context(), list)
		o.must(err)
		return told
	}
	told := ask("level2", "S0L2", "nobodys")
	if l := told[0].Members; len(l) != 2 || l[0].ID != "U2CHLOE" || l[0].Email != "chloe@support.example" || l[0].Name != "Chloé Martin" || l[0].Language == "" || l[0].Zone == "" ||
		len(told[1].Members) != 2 || told[0].ID != "S0L2" {
		t.Errorf("groups: %+v", told)
	}
	if g := told[2]; g.Fault == "" || g.ID != "" || len(g.Members) > 0 {
		t.Errorf("a group that is not there: %+v", g)
	}
	select {
	case <-w.Changed():
		t.Error("nothing has changed yet")
	default:
	}
	changed := func(what string) {
		t.Helper()
		select {
		case <-w.Changed():
		case <-time.After(30 * time.Second):
			t.Fatal("nobody was told: " + what)
		}
	}
	o.sim.SetUserGroup("level2", "carl", "chloe")
	changed("the group has changed")
	if l := ask("level2")[0].Members; len(l) != 1 || l[0].ID != "U2CHLOE" {
		t.Errorf("a guest counts as a member: %+v", l)
	}
}

// What is wrong with a group, or with who is in it.
func TestUserGroupsThatGiveNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := o.desk.Whereabouts()
	o.must(o.sim.RenameUserGroup("level2", "second"))
	if u, err := o.desk.app.User(t.Context(), "U2CHLOE"); err != nil || u.Deleted {
		t.Fatalf("before: %+v %v", u, err)
	}
	o.must(o.sim.Deactivate("chloe"))
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if u, err := o.desk.app.User(t.Context(), "U2CHLOE"); err == nil && u.Deleted {
			break
		} else if time.Now().After(limit) {
			t.Fatal("nobody has heard that somebody was deactivated")
		}
	}
	told, err := w.Groups(t.Context(), []ticket.UserGroup{{Name: "level2"}, {Name: "level2", ID: "S0L2"}})
	o.must(err)
	if told[0].Fault == "" || told[0].ID != "" {
		t.Errorf("a handle that nobody has any more: %+v", told[0])
	}
	if g := told[1]; g.Fault != "" || g.Name != "level2" || len(g.Members) != 1 || g.Members[0].ID == "U2CHLOE" {
		t.Errorf("a group that was given another handle, with somebody who was deactivated: %+v", g)
	}
	o.must(o.sim.DisableUserGroup("second"))
	told, err = w.Groups(t.Context(), []ticket.UserGroup{{Name: "S0L2"}})
	o.must(err)
	if g := told[0]; g.Fault != "it is disabled in Slack" || len(g.Members) > 0 {
		t.Errorf("a group that is disabled: %+v", g)
	}
	o.sim.Inject(slacksim.Fault{Kind: slacksim.ServerError, Method: "usergroups.list", Times: 1})
	if _, err := w.Groups(t.Context(), []ticket.UserGroup{{Name: "S0L2"}}); ticket.KindOf(err) != ticket.Transient {
		t.Errorf("a group that cannot be read: %v", err)
	}
}

// Who does not want to be disturbed is remembered, until an event tells that it is otherwise.
func TestWhoDoesNotWantToBeDisturbed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := o.desk.Whereabouts()
	team := []ticket.Agent{{ID: "anna", Slack: "U1ANNA"}, {ID: "dev", Slack: "U2DEV"}, {ID: "ghost", Email: "nobody@support.example"}, {ID: "none"}}
	until := time.Now().Add(time.Hour).Truncate(time.Second).UTC()
	o.must(o.sim.SetDND("dev", until))
	if quiet, err := w.Quiet(t.Context(), team); err != nil || len(quiet) != 1 || !quiet["dev"].Equal(until) {
		t.Errorf("who does not want to be disturbed: %v %v", quiet, err)
	}
	o.must(o.sim.SetDND("dev", time.Time{})) // is told by an event: nobody is asked again before
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if quiet, err := w.Quiet(t.Context(), team); err == nil && len(quiet) == 0 {
			break
		}
		if time.Now().After(limit) {
			t.Fatal("somebody who wants to be disturbed again is still left alone")
		}
	}
}
