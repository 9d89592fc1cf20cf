package bots

import (
	"context"

	"tierline/customer"
	"tierline/ticket"
)

// Lookup is what a desk asks for where somebody looks for something, or enters something new.
type Lookup interface {
	// Find looks for tickets by what somebody types: a number, a serial number, words of the subject, a name or an
	// address of the customer. Newest first, each once, with the places of their cards.
	Find(ctx context.Context, by ticket.Agent, text string, limit int) ([]ticket.Ticket, map[ticket.ID]string, error)
	// Articles looks into the knowledge base; fits says that the first is likely to answer it.
	Articles(ctx context.Context, by ticket.Agent, text string) (list []ticket.Suggestion, fits bool, err error)
	// Customers are those whose name or an identity holds text.
	Customers(ctx context.Context, by ticket.Agent, text string) ([]customer.Customer, error)
	// Dossier is what is known of a customer.
	Dossier(ctx context.Context, by ticket.Agent, id customer.ID) (Dossier, error)
	// History is what is known of a unit, and its cases, newest first.
	History(ctx context.Context, by ticket.Agent, serial string) (Unit, []ticket.Case, error)
	// Place is where the card of a ticket stands; "" when it has none.
	Place(ctx context.Context, id ticket.ID) (string, error)
	// Past are the previous cases of a ticket's units, customer and organization, from one on (0 is the first).
	Past(ctx context.Context, by ticket.Agent, id ticket.ID, from int) (Past, error)
	// Draft keeps what a case has taught as a work in progress, and gives the article's id: the same for the same case
	// and title. Editors finish it.
	Draft(ctx context.Context, by ticket.Agent, a ArticleDraft) (id string, err error)
	// Enter opens a ticket for somebody who has reached a colleague; what the colleague adds is a note. It is the same
	// ticket for the same in.External. A telephone number may be written as people write it, with its country.
	Enter(ctx context.Context, by ticket.Agent, in ticket.Inbound, note string) (ticket.ID, error)
}

// Dossier is what is known of a customer.
type Dossier struct {
	Customer     customer.Customer
	Organization customer.Organization
	Cases        []ticket.Case // newest first, at most 10
	Units        []string      // serial numbers of these
}

// ArticleDraft is an article as whoever solved a case has written it down.
type ArticleDraft struct {
	Ticket   ticket.ID
	Title    string
	Body     string // Markdown
	Language string
}

// PastPage is how many cases a page of them holds.
const PastPage = 10

// Past is a page of previous cases.
type Past struct {
	Cases  []ticket.Case
	Places map[ticket.ID]string // of their cards, where they have one
	From   int                  // number of the first, from 0
	All    int                  // how many there are
	Most   bool                 // there are more than are counted
}
