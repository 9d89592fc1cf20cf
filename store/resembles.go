package store

import (
	"fmt"

	"tierline/customer"
	"tierline/internal/lookalike"
	"tierline/ticket"
)

// resembles says whom of a ticket a stranger to it may be taken for.
func resembles(from customer.Identity, t *ticket.Ticket) []string {
	if t == nil {
		return nil
	}
	for _, p := range t.Participants {
		switch {
		case p.Value == from.Value:
		case p.Domain() != "" && lookalike.Domain(from.Domain(), p.Domain()):
			return []string{fmt.Sprintf("The sender's domain (%s) looks like that of %s, but is another.", from.Domain(), p.Value)}
		case lookalike.Name(from.Name, p.Name):
			return []string{fmt.Sprintf("The sender has the name of %s, who takes part in %s, but another address (%s).", p.Value, t.ID, from.Value)}
		}
	}
	return nil
}
