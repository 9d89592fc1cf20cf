package store

import (
	"testing"
	"time"

	"tierline/customer"
	"tierline/internal/peers"
	"tierline/ticket"
)

// quarter is a policy by which every ticket is due in 15 minutes.
type quarter struct{}

func (quarter) Targets(*ticket.Ticket) ticket.Targets {
	return ticket.Targets{First: 15 * time.Minute}
}

// TestTheAgendaKnowsWhatWasDueBeforeTheMigration begins with the tables of before.
func TestTheAgendaKnowsWhatWasDueBeforeTheMigration(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]func(*testing.T) Config{
		"sqlite":   func(t *testing.T) Config { return Config{Data: t.TempDir(), Policy: quarter{}} },
		"postgres": func(t *testing.T) Config { return Config{DSN: peers.Postgres(t), Policy: quarter{}} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, ctx := cfg(t), t.Context()
			s, err := Open(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			in := ticket.Inbound{Channel: "email", Inbox: "support", External: "1", From: customer.Identity{Kind: customer.Email, Value: "ann@corp.example"}}
			out, err := s.Accept(ctx, []ticket.Inbound{in})
			if err != nil {
				t.Fatal(err)
			}
			lea, id := ticket.Actor{Kind: ticket.ByAgent, ID: "lea"}, out[0].Ticket
			for _, a := range []ticket.Action{
				{Kind: ticket.ActRoute, Decision: &ticket.Decision{Tier: "l1", Priority: ticket.High}, By: ticket.Gateway},
				{Kind: ticket.ActTake, By: lea},
				{Kind: ticket.ActPromise, By: lea, Promise: &ticket.Promise{Kind: ticket.PromiseFix, Due: time.Now().Add(time.Hour)}},
				{Kind: ticket.ActPage, By: lea, Tier: "l2", Reason: "x", Plan: ticket.ChainPlan(time.Minute, "slack", "bob")},
			} {
				a.Ticket = id
				if _, err := s.Act(ctx, a); err != nil {
					t.Fatal(a.Kind, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			back(ctx, t, cfg, 15)
			if s, err = Open(ctx, cfg); err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			a, err := s.Agenda(ctx, ticket.AgendaQuery{Agent: "lea", Tiers: []string{"l1", "l2"}, Urgent: true, Late: time.Now().Add(16 * time.Minute)})
			if err != nil || a.Mine.Count != 1 || a.Late.Count != 1 || a.Promised.Count != 1 || a.Paged.Count != 1 {
				t.Errorf("mine %d, late %d, promised %d, paged %d; %v", a.Mine.Count, a.Late.Count, a.Promised.Count, a.Paged.Count, err)
			}
			if a, _ = s.Agenda(ctx, ticket.AgendaQuery{Tiers: []string{"l1"}, Late: time.Now().Add(14 * time.Minute)}); a.Late.Count != 0 {
				t.Error("it is due later")
			}
		})
	}
}
