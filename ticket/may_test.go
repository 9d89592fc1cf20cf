package ticket

import (
	"slices"
	"strings"
	"testing"
)

// Who may do what, as the guides say it.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	want := map[Role]string{
		RoleAgent: "see work", RoleLevel2: "see work incident edit", RoleLead: "see work incident lead edit", RoleEditor: "see edit",
		RoleSupervisor: "see work incident lead edit", RoleAdmin: "see work incident lead edit", "": "",
	}
	for _, role := range append(slices.Clone(Roles), "") {
		a := Agent{ID: "x", Roles: []Role{role}}
		if role == "" {
			a.Roles = nil
		}
		var has []string
		for _, r := range Rights() {
			switch err := a.Has(r); {
			case err == nil:
				has = append(has, string(r))
			case KindOf(err) != Denied:
				t.Errorf("%s, %s: %v", role, r, err)
			}
		}
		if got := strings.Join(has, " "); got != want[role] {
			t.Errorf("%q has %q, want %q", role, got, want[role])
		}
		if a.Has("") == nil || a.Has("all") == nil || a.May(ActClock) == nil || a.May("") == nil {
			t.Errorf("%q may do what is nobody's", role)
		}
	}
	err := Agent{Roles: []Role{RoleEditor}}.May(ActReply)
	if got := Explain(err); got != "Your role does not allow this. That is for agents, level 2, leads and supervisors." {
		t.Errorf("who may is not told: %s", got)
	}
}
