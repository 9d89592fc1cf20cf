package storetest

import (
	"strings"
	"testing"

	"tierline/customer"
)

// acceptResembles marks who claims a case and may be taken for somebody who takes part in it.
func acceptResembles(t *testing.T, w *world) {
	first := mail("jane@customer.com", "<first@x>")
	first.From.Name = "Jane Doe"
	id := accept(t, w.a, first)[0].Ticket
	for _, c := range []struct{ name, from, want string }{
		{"Jane", "jane@custorner.com", "looks like that of jane@customer.com"},
		{"Jane Doe", "jane@home.example", "has the name of jane@customer.com"},
		{"Eve", "eve@evil.example", ""},
	} {
		in := mail(c.from, "<"+c.from+">", refTo("<first@x>"))
		in.From = customer.Identity{Kind: customer.Email, Value: c.from, Name: c.name}
		out := accept(t, w.a, in)[0]
		equal(t, "stands apart", out.Ticket != id, true)
		said := strings.Join(must(w.a.Messages(ctxOf(t), out.Ticket, 0, 1))(t)[0].Warnings, " ")
		if !strings.Contains(said, "claims to belong") || !strings.Contains(said, c.want) ||
			c.want == "" && (strings.Contains(said, "looks like") || strings.Contains(said, "has the name")) {
			t.Errorf("%s: %q", c.from, said)
		}
	}
}
