package main

import (
	"context"
	"errors"
	"fmt"
	"net/smtp"
	"net/textproto"
	"time"

	"tierline/customer"
	"tierline/ticket"
)

// step is something that was done to a sample case, so long after the step before.
type step struct {
	after time.Duration
	do    func(ticket.Ticket) ticket.Action
}

// story is a case with what was done about it. It began so long ago.
type story struct {
	sampleCase
	ago   time.Duration
	steps []step
}

// does is a step that needs to know nothing of the ticket.
func does(after time.Duration, a ticket.Action) step {
	return step{after, func(ticket.Ticket) ticket.Action { return a }}
}

func sampleActor(id, name string) ticket.Actor {
	return ticket.Actor{Kind: ticket.ByAgent, ID: id, Name: name}
}

const oneDay = 24 * time.Hour

// pastStories are what reports tell of: a page that the first did not hear, promises kept and broken, a
// supplier, a complaint, a case that came back for want of words.
func pastStories() []story {
	anna, ben := sampleActor("anna", "Anna Schmidt"), sampleActor("ben", "Ben Okafor")
	dev, lena := sampleActor("dev", "Dev Patel"), sampleActor(demoLead, "Lena Vogel")
	begun := does(time.Minute, routedTo("l1", ticket.Normal))
	return []story{
		{ago: 6 * oneDay, sampleCase: sampleCase{who: 1, subject: "Sicherung fliegt beim Einschalten", unit: "BWP-300122",
			text: "Guten Abend, beim Einschalten der BWP-300122 fliegt die Sicherung. Um sechs kommen die ersten Gäste."},
			steps: []step{begun, does(4*time.Minute, ticket.Action{Kind: ticket.ActTake, By: anna}),
				does(3*time.Minute, ticket.Action{Kind: ticket.ActPage, By: anna, Tier: "l2", Severity: ticket.Urgent,
					Reason: "The fuse blows as soon as it is switched on, and breakfast is at six.",
					Plan:   ticket.ChainPlan(2*time.Minute, "slack", "chloe", "dev")}),
				heard(2 * time.Second), silence(), heard(time.Second),
				does(5*time.Minute, ticket.Action{Kind: ticket.ActAccept, By: dev, Page: 1}),
				does(2*time.Minute, promised(dev, ticket.PromiseCallback, "what the electrician is to measure", 6*oneDay-time.Hour)),
				does(30*time.Minute, ticket.Action{Kind: ticket.ActReply, By: dev, Text: "Guten Abend, bitte ziehen Sie den Stecker der zweiten Brühgruppe. Die erste läuft dann bis zu unserem Besuch."}),
				does(5*time.Minute, ticket.Action{Kind: ticket.ActKeep, By: dev, Promise: &ticket.Promise{Number: 1}}),
				does(4*time.Hour, ticket.Action{Kind: ticket.ActSolve, By: dev, Diagnosis: "Heizstab der zweiten Gruppe mit Masseschluss, getauscht"})}},
		{ago: 20 * oneDay, sampleCase: sampleCase{who: 2, subject: "La pompe fait un bruit de marteau", unit: "BW1-100871",
			text: "Bonjour, la pompe de la BW1-100871 fait un bruit de marteau depuis hier."},
			steps: []step{begun, does(10*time.Minute, ticket.Action{Kind: ticket.ActReply, By: ben, Text: "Bonjour, nous demandons au fabricant de la pompe et revenons vers vous demain."}),
				does(time.Minute, promised(ben, ticket.PromiseUpdate, "what the maker of the pump says", 19*oneDay)),
				does(time.Hour, ticket.Action{Kind: ticket.ActSupplier, By: ben, Supply: &ticket.Supply{Supplier: "pumps", Reference: "PB-10442", Asked: "a new pump head"}}),
				broken(25*time.Hour, 1),
				does(2*oneDay, ticket.Action{Kind: ticket.ActSupplied, By: ben, Reason: "a new pump head"}),
				does(time.Hour, ticket.Action{Kind: ticket.ActSolve, By: ben, Diagnosis: "Membrane de la pompe fendue, tête remplacée"})}},
		{ago: 15 * oneDay, sampleCase: sampleCase{who: 3, subject: "Return of the milk jug",
			text: "I sent the jug back on day 15 and you refuse the refund because of one day. That is petty."},
			steps: []step{begun, does(20*time.Minute, ticket.Action{Kind: ticket.ActComplain, By: anna, Policy: "returns", Reason: "one day late, and the refund is refused"}),
				does(3*time.Hour, ticket.Action{Kind: ticket.ActAmends, By: lena, Number: 1, Text: "Hello Joe, you are right: we count from the day it arrived, and refund it."}),
				does(10*time.Minute, ticket.Action{Kind: ticket.ActSolve, By: anna, Diagnosis: "Refund granted"})}},
	}
}

// openStories are under way when the demo starts.
func openStories() []story {
	anna, ben := sampleActor("anna", "Anna Schmidt"), sampleActor("ben", "Ben Okafor")
	e48 := func(who int, ago time.Duration, subject, text string) story {
		return story{ago: ago, sampleCase: sampleCase{who: who, subject: subject, text: text}}
	}
	return []story{
		{ago: 2*oneDay + time.Hour, sampleCase: sampleCase{who: 1, subject: "Mühle der BW-Pro mahlt ungleich", text: "Guten Tag, die Mühle mahlt mal grob, mal fein. Die Scheiben sind neu."},
			steps: []step{does(5*time.Minute, routedTo("l1", ticket.Normal)), does(20*time.Minute, ticket.Action{Kind: ticket.ActTake, By: ben}),
				does(5*time.Minute, ticket.Action{Kind: ticket.ActReply, By: ben, Text: "Guten Tag, wir fragen den Hersteller der Mühle und melden uns."}),
				does(time.Hour, ticket.Action{Kind: ticket.ActSupplier, By: ben, Supply: &ticket.Supply{Supplier: "pumps", Reference: "PB-10517", Asked: "the tolerance of the discs"}})}},
		{ago: 95 * time.Minute, sampleCase: sampleCase{who: 3, subject: "Steam wand drips", unit: "BW2-204711", text: "Hi, the steam wand of my BW2-204711 keeps dripping after I close the valve. Please call me, I am at home from five."},
			steps: []step{does(time.Minute, routedTo("l1", ticket.Normal)), does(9*time.Minute, ticket.Action{Kind: ticket.ActTake, By: anna}),
				does(5*time.Minute, ticket.Action{Kind: ticket.ActReply, By: anna, Text: "Hi Joe, that is the seal of the valve. I will call you back this afternoon and go through it with you."}),
				does(time.Minute, promised(anna, ticket.PromiseCallback, "go through the seal of the valve", -2*time.Hour))}},
		e48(2, 25*time.Minute, "Application : erreur E-48", "Bonjour, depuis la mise à jour 4.2 l'application affiche E-48 et la machine ne se connecte plus."),
		e48(3, 18*time.Minute, "E-48 since the app update", "Hello, since the update 4.2 the app shows E-48 and my machine does not connect any more."),
		e48(1, 12*time.Minute, "App zeigt E-48 nach dem Update", "Guten Tag, seit dem Update 4.2 zeigt die App E-48, und die Maschine verbindet sich nicht mehr."),
	}
}

func routedTo(tier string, p ticket.Priority) ticket.Action {
	return ticket.Action{Kind: ticket.ActRoute, By: ticket.Gateway, Decision: &ticket.Decision{Tier: tier, Queue: tier, Priority: p, Reasons: []string{"sample data"}}}
}

// promised is due so long before the demo starts; what is negative is due after it.
func promised(by ticket.Actor, kind ticket.PromiseKind, what string, ago time.Duration) ticket.Action {
	return ticket.Action{Kind: ticket.ActPromise, By: by, Wait: ago, Promise: &ticket.Promise{Kind: kind, What: what}}
}

// heard has the newest ring delivered.
func heard(after time.Duration) step {
	return step{after, func(t ticket.Ticket) ticket.Action {
		call := t.Page.Calls[len(t.Page.Calls)-1]
		call.State = ticket.CallDelivered
		return ticket.Action{Kind: ticket.ActPaged, By: ticket.Gateway, Page: t.Page.Number, Call: &call}
	}}
}

// silence lets the turn of whoever is rung go by.
func silence() step {
	return step{2 * time.Minute, func(t ticket.Ticket) ticket.Action {
		return ticket.Action{Kind: ticket.ActPageDue, By: ticket.Gateway, Page: t.Page.Number, Step: t.Page.Ring, At: t.Page.Due}
	}}
}

// broken lets the time of a promise go by.
func broken(after time.Duration, number int) step {
	return does(after, ticket.Action{Kind: ticket.ActPromiseDue, By: ticket.Gateway, Page: number, Step: 1})
}

// tell has a story happen, and gives its ticket.
func (w story) tell(ctx context.Context, s seedStore, external string, clock func(time.Time), now time.Time) (ticket.ID, error) {
	at := now.Add(-w.ago)
	clock(at)
	acc, err := s.Accept(ctx, []ticket.Inbound{inboundOf(w.sampleCase, external, at)})
	if err != nil {
		return 0, err
	}
	t, err := s.Ticket(ctx, acc[0].Ticket)
	for _, x := range w.steps {
		if err != nil {
			return 0, err
		}
		at = at.Add(x.after)
		clock(at)
		a := x.do(t)
		a.Ticket = t.ID
		if a.Kind == ticket.ActPromise {
			a.Promise.Due, a.Wait = now.Add(-a.Wait), 0
		}
		if a.Kind == ticket.ActComplain {
			a.At = at.Add(oneDay)
		}
		if t, err = s.Act(ctx, a); err != nil {
			return 0, fmt.Errorf("%s: %w", a.Kind, err)
		}
		if a.Kind == ticket.ActReply && now.Sub(at) > 5*oneDay || a.Kind == ticket.ActAmends {
			sent := ticket.Action{Kind: ticket.ActDelivered, Ticket: t.ID, By: ticket.Gateway, Seq: t.LastSeq, External: "<" + external + "-answer@demo>"}
			if t, err = s.Act(ctx, sent); err != nil {
				return 0, fmt.Errorf("%s: %w", sent.Kind, err)
			}
		}
	}
	return t.ID, err
}

// seedOpen writes what is under way: its jobs are left to the gateway, which shows them.
func seedOpen(ctx context.Context, s seedStore, clock func(time.Time), now time.Time) error {
	var alike []ticket.Candidate
	for i, w := range openStories() {
		id, err := w.tell(ctx, s, fmt.Sprintf("open-%d@demo", i), clock, now)
		if err != nil {
			return fmt.Errorf("sample case %q: %w", w.subject, err)
		}
		if len(w.steps) == 0 {
			alike = append(alike, ticket.Candidate{Ticket: id, Score: 0.8, Why: []string{"E-48, update 4.2"}})
		}
	}
	clock(now.Add(-10 * time.Minute))
	_, err := s.ActIncident(ctx, ticket.IncidentAction{Do: ticket.DoPropose, By: ticket.Gateway, Title: "E-48 since update 4.2", Tier: "l2", Tickets: alike,
		Why: []string{"3 tickets in 15 minutes speak of E-48 and of the update 4.2", "customers of 3 organizations"}})
	if err != nil {
		return err
	}
	spam := ticket.Block{Key: "domain:wunderfilter.example", Reason: "sends nothing but advertising", By: sampleActor(demoLead, "Lena Vogel"), At: now.Add(-40 * oneDay)}
	if err := s.Block(ctx, spam); err != nil {
		return err
	}
	// Clara wrote from home once: two records of one person, for a lead to find.
	_, err = s.PutCustomer(ctx, customer.Customer{Name: "Clara Weber", Language: "de",
		Identities: []customer.Identity{{Kind: customer.Email, Value: "clara.weber@zuhause.example", Name: "Clara Weber"}}})
	return err
}

// sampleMails are what a mailbox gets beside customers: the ledger has a line for each, and quarantine one.
var sampleMails = []string{
	"From: Best Filters <offers@wunderfilter-24.example>\r\nTo: support@bruehwerk.example\r\nSubject: 80 % off all filters!!!\r\n" +
		"Message-ID: <offer-1@wunderfilter-24.example>\r\nX-Spam-Flag: YES\r\n\r\nOnly today: filters for every machine. Click here.\r\n",
	"From: Jonas Huber <jonas@seeblick.example>\r\nTo: support@bruehwerk.example\r\nSubject: Abwesenheitsnotiz\r\n" +
		"Message-ID: <away-1@seeblick.example>\r\nAuto-Submitted: auto-replied\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nIch bin bis Montag nicht im Haus. Jonas Huber\r\n",
}

// sendSamples mails the samples to the gateway as soon as it listens. One that is refused is left out: it is a sample.
func sendSamples(ctx context.Context, addr string) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for left := sampleMails; len(left) > 0; {
		err := smtp.SendMail(addr, nil, "bounces@sample.example", []string{demoSupport}, []byte(left[0]))
		var refused *textproto.Error
		if err == nil || errors.As(err, &refused) {
			left = left[1:]
			continue
		}
		select { // it does not listen yet
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
