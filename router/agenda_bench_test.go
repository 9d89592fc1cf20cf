package router

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"tierline/bots"
	"tierline/customer"
	"tierline/store"
	"tierline/ticket"
)

// BenchmarkAgenda reads what a Home tab shows of 5,000 open cases, of which 2,000 are its reader's: the first page, a
// late one, and what a morning's digest reads.
func BenchmarkAgenda(b *testing.B) {
	live, err := NewLive(desk5())
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(b.Context(), store.Config{Data: b.TempDir(), ThrowAway: true, Policy: live, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	d := &Desk{Store: s, KB: s, Suggest: &noKB{}, Live: live, Now: time.Now}
	ctx := context.Background()
	for n := range 5_000 {
		in := ticket.Inbound{Channel: "email", Inbox: "support", External: fmt.Sprint(n), Subject: fmt.Sprintf("Pump %d leaks", n), Text: "It drips.",
			From: customer.Identity{Kind: customer.Email, Value: fmt.Sprintf("c%d@corp.example", n)}}
		out, err := s.Accept(ctx, []ticket.Inbound{in})
		if err != nil {
			b.Fatal(err)
		}
		a := ticket.Action{Kind: ticket.ActRoute, Ticket: out[0].Ticket, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1"}}
		if _, err := s.Act(ctx, a); err == nil && n%5 < 2 {
			_, err = s.Act(ctx, ticket.Action{Kind: ticket.ActTake, Ticket: out[0].Ticket, By: ticket.Actor{Kind: ticket.ByAgent, ID: "anna"}})
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	anna := d.agent("anna")
	for name, f := range map[string]func() error{
		"first": func() error { _, err := d.Agenda(ctx, anna, bots.AgendaFilter{}); return err },
		"late": func() error {
			_, err := d.Agenda(ctx, anna, bots.AgendaFilter{Pages: map[ticket.AgendaList]int{ticket.ListMine: 200, ticket.ListFree: 300}})
			return err
		},
		"morning": func() error {
			w := &Jobs{Desk: d}
			_, _, err := w.morning(ctx, ticket.Digest{To: "anna", Kind: ticket.DigestMorning, At: time.Now()}, anna)
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
