package store

import (
	"testing"

	"tierline/customer"
	"tierline/ticket"
)

// TestNewest follows chains of tickets that take nothing more, without a database.
func TestNewest(t *testing.T) {
	t.Parallel()
	ann := customer.Identity{Kind: customer.Email, Value: "ann@x.example"}
	bob := customer.Identity{Kind: customer.Email, Value: "bob@x.example"}
	k := &intake{tx: &tx{}, tickets: map[ticket.ID]*ticket.Ticket{}, next: map[ticket.ID][]ticket.ID{}, unitsOf: map[ticket.ID]int{}}
	add := func(id, follows ticket.ID, state ticket.State, messages int, who ...customer.Identity) {
		k.know(&ticket.Ticket{ID: id, FollowsUp: follows, State: state, LastSeq: messages, Participants: who})
	}
	add(1, 0, ticket.Closed, 3, ann, bob)
	add(2, 1, ticket.Closed, 3, ann)
	add(3, 1, ticket.Open, 3, bob)
	add(4, 2, ticket.Solved, 3, ann)
	add(5, 0, ticket.Open, ticket.MaxMessages, ann)
	add(6, 0, ticket.Closed, 1, ann)
	add(7, 6, ticket.Closed, 1, ann)
	add(8, 6, ticket.Open, 1, ann)
	add(9, 6, ticket.Closed, 1, ann)
	for _, c := range []struct {
		name  string
		start ticket.ID
		who   customer.Identity
		proof bool
		want  ticket.ID // 0: may not join
	}{
		{"along one's own tickets", 1, ann, false, 4},
		{"not into another's", 1, bob, false, 3},
		{"with proof, the newest", 1, customer.Identity{}, true, 4},
		{"a stranger", 1, customer.Identity{Kind: customer.Email, Value: "eve@x.example"}, false, 0},
		{"one that is open is where it ends", 3, bob, false, 3},
		{"a full one has no follower yet", 5, ann, false, 5},
		{"an open one is better than a later closed one", 6, ann, false, 8},
	} {
		got := k.newest(k.tickets[c.start], c.who, c.proof)
		if (got == nil) != (c.want == 0) || got != nil && got.ID != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
	to, m, follows := k.thread(ticket.Inbound{From: ann, Threads: []ticket.ThreadKey{{By: "tag", Ticket: 5}}})
	if to != nil || follows != 5 || m == nil || m.Joined || m.Ticket != 5 {
		t.Errorf("a full ticket: %v %+v %v", to, m, follows)
	}
}
