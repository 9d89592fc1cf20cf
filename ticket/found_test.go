package ticket

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tierline/customer"
)

// TestFound: what contacts name stays with the ticket, once and bounded.
func TestFound(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)
	in := Inbound{Channel: "email", From: customer.Identity{Kind: customer.Email, Value: "jane@x.example"}, Text: "Hello",
		Found: []Finding{{FoundPhone, "+4930123456"}, {FoundOrder, "A-1"}, {FoundOrder, ""}, {FoundOrder, "A-1"}}}
	tk, _ := OpenTicket(1, in, customer.Customer{ID: 1}, nil, now)
	if got := tk.FoundOf(FoundOrder); !slices.Equal(got, []string{"A-1"}) {
		t.Errorf("orders %q", got)
	}
	before := tk.Found
	more := Inbound{Channel: "email", From: in.From, Text: "more"}
	for i := range 2 * MaxFound {
		more.Found = append(more.Found, Finding{FoundOrder, "B-" + strconv.Itoa(i)})
	}
	more.Found[0].Value = strings.Repeat("x", 1000)
	tk.Receive(more, customer.Customer{ID: 1}, nil, now)
	if len(tk.Found) != MaxFound || len(before) != 2 || len(tk.Found[2].Value) > maxFinding || tk.FoundOf(FoundPhone)[0] != "+4930123456" {
		t.Errorf("%d found, %d before, %+v", len(tk.Found), len(before), tk.Found[:4])
	}
}
