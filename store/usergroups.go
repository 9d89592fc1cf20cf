package store

import (
	"context"
	"slices"
	"strings"

	"tierline/ticket"
)

// UserGroups lists what is known of user groups; see [ticket.UserGroups].
func (s *Store) UserGroups(ctx context.Context) (out []ticket.UserGroup, err error) {
	err = s.each(ctx, "SELECT doc FROM user_groups ORDER BY name", nil, func(scan func(...any) error) error {
		g, err := scanGroup(scan)
		out = append(out, g)
		return err
	})
	return out, failure("store.UserGroups", err)
}

func scanGroup(scan func(...any) error) (g ticket.UserGroup, err error) {
	var d string
	if err = scan(&d); err == nil {
		err = undoc(d, &g)
	}
	return g, err
}

// SetUserGroups keeps what was told of user groups; see [ticket.UserGroups].
func (s *Store) SetUserGroups(ctx context.Context, list []ticket.UserGroup) (changed bool, err error) {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b ticket.UserGroup) int { return strings.Compare(a.Name, b.Name) }) // locks are taken in one order
	err = s.write(ctx, "store.SetUserGroups", func(t *tx) error {
		changed = false
		for _, g := range list {
			news, err := t.setGroup(g)
			if err != nil {
				return err
			}
			changed = changed || news
		}
		return nil
	})
	return changed && err == nil, err
}

func (t *tx) setGroup(g ticket.UserGroup) (news bool, err error) {
	var was ticket.UserGroup
	g.Name, g.Asked = shortKey(g.Name), micro(g.Asked)
	err = t.each("SELECT doc FROM user_groups WHERE name=$1 FOR UPDATE", []any{g.Name}, func(scan func(...any) error) (err error) {
		was, err = scanGroup(scan)
		return err
	})
	if err != nil || was.Name != "" && !was.Asked.Before(g.Asked) {
		return false, err
	}
	d, err := doc(g)
	if err != nil {
		return false, err
	}
	// Two gateways may add one group at once: then the row is not locked yet, and what was asked later holds.
	n, err := t.exec("INSERT INTO user_groups (name, asked, doc) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE"+
		" SET asked = excluded.asked, doc = excluded.doc WHERE user_groups.asked < excluded.asked", g.Name, at(g.Asked), d)
	if err != nil || n == 0 {
		return false, err
	}
	if was.Fault != g.Fault {
		news = true
		if err := t.log("group", ticket.Gateway, g.Fault, map[string]string{"group": g.Name}); err != nil {
			return false, err
		}
	}
	for _, m := range g.Members {
		if !in(was.Members, m.ID) {
			news = true
			if err := t.logMember("group_joined", g, m); err != nil {
				return false, err
			}
		}
	}
	for _, m := range was.Members {
		if !in(g.Members, m.ID) {
			news = true
			if err := t.logMember("group_left", g, m); err != nil {
				return false, err
			}
		}
	}
	return news || !slices.Equal(was.Members, g.Members) || was.ID != g.ID, nil
}

func in(list []ticket.GroupMember, id string) bool {
	return slices.ContainsFunc(list, func(m ticket.GroupMember) bool { return m.ID == id })
}

func (t *tx) logMember(kind string, g ticket.UserGroup, m ticket.GroupMember) error {
	return t.log(kind, ticket.Gateway, "", map[string]string{"group": g.Name, "user": m.ID, "name": m.Name, "email": m.Email})
}
