package storetest

import (
	"sync"
	"testing"
	"time"

	"tierline/ticket"
)

// userGroups: what was asked later holds, whoever writes it, and who came and went is in the history.
func userGroups(t *testing.T, w *world) {
	ctx := ctxOf(t)
	now, b := w.clock.Now(), w.open(w.clock.Now)
	lea := ticket.GroupMember{ID: "U1", Email: "lea@desk.example", Name: "Léa", Language: "fr", Zone: "Europe/Paris"}
	max := ticket.GroupMember{ID: "U2", Name: "Max"}
	leads := ticket.UserGroup{Name: "leads", ID: "S1", Members: []ticket.GroupMember{lea, max}, Asked: now}
	set := func(what string, want bool, list ...ticket.UserGroup) {
		t.Helper()
		equal(t, what, must(w.a.SetUserGroups(ctx, list))(t), want)
	}
	set("first", true, leads, ticket.UserGroup{Name: "gone", Fault: "there is none", Asked: now})
	set("the same answer", false, leads)
	leads.Asked = now.Add(2 * time.Second)
	set("the same, asked later", false, leads)
	late := leads
	late.Asked, late.Members = now.Add(time.Second), nil
	set("an older answer that comes late", false, late)
	list := must(b.UserGroups(ctx))(t)
	equal(t, "groups", len(list), 2)
	equal(t, "in order", list[0].Name+" "+list[1].Name, "gone leads")
	equal(t, "a member is kept whole", list[1].Members[0], lea)
	equal(t, "asked", list[1].Asked, now.Add(2*time.Second))
	leads.Asked, leads.Members = now.Add(3*time.Second), []ticket.GroupMember{lea}
	set("one has left", true, leads)
	leads.Asked, leads.Fault, leads.Members = now.Add(4*time.Second), "it is disabled", nil
	set("disabled", true, leads)
	var got string
	for _, e := range must(w.a.Events(ctx, 0, 0, 20))(t) {
		got += e.Kind + ":" + e.Data["group"] + ":" + e.Data["name"] + " "
	}
	equal(t, "the history", got, "group:gone: group_joined:leads:Léa group_joined:leads:Max group_left:leads:Max group:leads: group_left:leads:Léa ")
}

// userGroupsAtOnce: of answers that two gateways write at the same moment the one that was asked for later stays.
func userGroupsAtOnce(t *testing.T, w *world) {
	ctx, now, b := ctxOf(t), w.clock.Now(), w.open(w.clock.Now)
	var wg sync.WaitGroup
	for i := range 16 {
		s := w.a
		if i%2 == 1 {
			s = b
		}
		wg.Go(func() {
			g := ticket.UserGroup{Name: "leads", Asked: now.Add(time.Duration(i) * time.Second), Members: []ticket.GroupMember{{ID: string(rune('A' + i))}}}
			if _, err := s.SetUserGroups(ctx, []ticket.UserGroup{g}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list := must(b.UserGroups(ctx))(t)
	equal(t, "the newest", list[0].Members[0].ID, "P")
}
