package bots

import (
	"context"

	"tierline/ticket"
)

// Inbox is what a desk asks for where somebody looks at what they have to do.
type Inbox interface {
	// Agenda is what by has before them, as far as the filter lets it through. Whoever leads and is a member of no
	// tier sees all tiers.
	Agenda(ctx context.Context, by ticket.Agent, f AgendaFilter) (Agenda, error)
	// Concerned says on whose agenda a ticket may stand: agents by their ids, and all people of some tiers.
	Concerned(ctx context.Context, id ticket.ID) (agents, tiers []string, err error)
}

// AgendaFilter is what somebody wants to see of their agenda.
type AgendaFilter struct {
	Tier    string `json:"t,omitempty"` // its name; "" is all of one's own
	Channel string `json:"c,omitempty"` // "" is all
	Urgent  bool   `json:"u,omitempty"` // urgent and high ones only
	// Pages says of each list which page of it is seen, from 0 on; one that the list has no more is its last.
	Pages map[ticket.AgendaList]int `json:"p,omitempty"`
}

// Agenda is what somebody has before them.
type Agenda struct {
	ticket.Agenda
	Tiers  []Tier                    // whose work counts
	Skip   map[ticket.AgendaList]int // how many tickets come before those of each list
	Page   int                       // as many tickets of each list are told at the most
	Places map[ticket.ID]string      // of the cards of its tickets, where they stand
	Owners map[string]ticket.Agent   // of its tickets, by their ids
}
