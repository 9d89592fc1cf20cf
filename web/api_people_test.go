package web

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// peopleOfTheAPI calls each operation on people: two records become one person and two again, and a sender
// is kept out and let in.
func peopleOfTheAPI(t *testing.T, s *site, c *client) {
	t.Helper()
	ids := make([]customer.ID, 2)
	for i := range ids {
		var err error
		ids[i], err = s.store.PutCustomer(context.Background(), customer.Customer{Name: fmt.Sprint("Twin ", i),
			Identities: []customer.Identity{{Kind: customer.Email, Value: fmt.Sprintf("twin%d@corp.example", i)}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	var list customerList
	c.call("GET", "/customers?text=twin&limit=1", nil, 200, &list)
	if len(list.Items) != 1 || list.Items[0].ID != ids[0] || list.Next != int64(ids[0]) {
		t.Errorf("customers: %+v", list)
	}
	at := func(i int, what string) string { return fmt.Sprintf("/customers/%d/%s", ids[i], what) }
	var one customer.Customer
	c.call("POST", at(1, "merges"), object{"of": ids[0], "agent": "anna@example.org"}, 200, &one)
	var m mergeList
	c.call("GET", at(0, "merges"), nil, 200, &m)
	if one.ID != ids[0] || len(m.Aliases) != 1 || m.Aliases[0].ID != ids[1] {
		t.Errorf("they are one: %+v %+v", one, m)
	}
	c.call("POST", at(1, "merges"), object{"of": ids[0]}, 409, nil)
	c.call("POST", at(1, "merges"), object{"of": 0}, 400, nil)
	c.call("GET", at(1, "merges"), nil, 200, &m)
	if m.AliasOf != int64(ids[0]) {
		t.Errorf("as whom they count: %+v", m)
	}
	c.call("POST", at(1, "unmerge"), object{}, 200, &one)
	if one.ID != ids[1] || one.AliasOf != 0 {
		t.Errorf("they are two again: %+v", one)
	}

	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	c.call("POST", "/blocks", object{"sender": "Rude@Corp.example", "reason": "insults", "until": until}, 204, nil)
	c.call("POST", "/blocks", object{"sender": "spam.example", "reason": "spam"}, 204, nil)
	for fault, want := range map[string]int{
		`{"sender": "a@b.example", "reason": " "}`:                                      400,
		`{"sender": "a@b.example", "reason": "x", "until": "2001-01-01T00:00:00Z"}`:     400,
		`{"sender": "nonsense", "reason": "x"}`:                                         400,
		`{"sender": "` + strings.Repeat("a", 5000) + `@b.example", "reason": "x"}`:      400,
		`{"sender": "a@b.example", "reason": "x", "agent": "anna@example.org"}`:         403,
		`{"sender": "a@b.example", "reason": "x", "agent": "nobody@elsewhere.example"}`: 403,
	} {
		c.call("POST", "/blocks", fault, want, nil)
	}
	var blocks blockList
	c.call("GET", "/blocks", nil, 200, &blocks)
	if len(blocks.Items) != 2 || blocks.Items[1].Key != "email:rude@corp.example" || !blocks.Items[1].Until.Equal(until) || blocks.Items[1].By.Kind != ticket.ByAPI {
		t.Errorf("blocks: %+v", blocks)
	}
	c.call("DELETE", "/blocks?sender=rude@corp.example&agent=anna@example.org", nil, 403, nil)
	c.call("DELETE", "/blocks?sender=rude@corp.example", nil, 204, nil)
	c.call("DELETE", "/blocks?sender=rude@corp.example", nil, 404, nil)
	var audit eventList
	c.call("GET", "/audit", nil, 200, &audit)
	var kinds []string
	for _, e := range audit.Items {
		kinds = append(kinds, e.Kind+" by "+e.By.Name)
	}
	if got := strings.Join(kinds, ", "); !strings.HasSuffix(got, "customers_merged by Anna Agent, customers_unmerged by all, blocked by all, blocked by all, unblocked by all") {
		t.Errorf("the audit says %s", got)
	}
}
