package email

import (
	"strings"
	"testing"

	"tierline/ticket"
)

// TestDoubts: who may be taken for somebody else is marked, and nobody else.
func TestDoubts(t *testing.T) {
	t.Parallel()
	o := newOurselves([]Recipient{{Address: "support@kontor.example"}, {Address: "*@acme-pumps.com"}, {Address: "x@*"}}, map[string]From{"support": {Name: "Acme Support"}})
	staff := colleagues{func(a string) (ticket.Actor, bool) { return ticket.Actor{}, a == "anna@home.example" },
		func() []string { return []string{"Anna Schmidt", "Ben", "Jürgen Groß"} }}
	for _, c := range []struct{ name, head, want string }{
		{"a colleague's name", "From: Anna Schmidt <ceo@evil.example>", "the name of Anna Schmidt, who works here"},
		{"nearly a colleague's name", "From: ANNA  SCHМIDТ <ceo@evil.example>", "the name of Anna Schmidt"},
		{"a colleague at home", "From: Anna Schmidt <anna@home.example>", ""},
		{"a colleague at work", "From: Anna Schmidt <anna@kontor.example>", ""},
		{"a first name", "From: Ben <ben@customer.example>", ""},
		{"another's name", "From: Hanna Schmidt <h@customer.example>", ""},
		{"a customer", "From: Jane <jane@customer.example>", ""},
		{"we ourselves", "From: Acme Support <support@kontor.example>", ""},
		{"another's address in the name", "From: \"support@kontor.example\" <jane@evil.example>", "shows another address"},
		{"letters of two scripts", "From: jane@аcme.example", "several scripts"},
		{"like ours", "From: jane@acme-purnps.com", "looks like ours (acme-pumps.com)"},
		{"ours with a word", "From: jane@acme-pumps-support.com", "looks like ours"},
		{"ours elsewhere", "From: jane@acme-pumps.net", "looks like ours"},
		{"our inbox's name", "From: ACME Support <jane@evil.example>", "the name of one of our inboxes"},
		{"answers led astray", "From: jane@customer.com\nReply-To: jane@custorner.com", "Answers would go to custorner.com"},
		{"answers elsewhere", "From: noreply@forms.example\nReply-To: jane@customer.example", ""},
	} {
		m, err := Parse([]byte(c.head + "\n\nHello"))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(o.doubts(m, staff), " ")
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
