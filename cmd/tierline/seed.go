package main

import (
	"context"
	"fmt"
	"time"

	"tierline/channels"
	"tierline/customer"
	"tierline/kb"
	"tierline/ticket"
)

// seedStore is what the sample data is written into.
type seedStore interface {
	ticket.Store
	kb.Store
}

// person is a sample customer.
type person struct {
	name, email, language, phone string
	org                          int // index in sampleOrgs, or -1
}

var sampleOrgs = []customer.Organization{
	{Name: "Hotel Seeblick", Domains: []string{"seeblick.example"}, Plan: "gold"},
	{Name: "Café Lumière", Domains: []string{"lumiere.example"}, Plan: "standard"},
}

var samplePeople = []person{
	{"Clara Weber", "clara@seeblick.example", "de", "+493012345601", 0},
	{"Jonas Huber", "jonas@seeblick.example", "de", "", 0},
	{"Amélie Durand", "amelie@lumiere.example", "fr", "+33145678901", 1},
	{"Joe Miller", "joe.miller@example.com", "en", "+442071234567", -1},
}

// sampleUnit is a machine that a sample customer owns.
type sampleUnit struct {
	serial, model string
	owner         int // index in samplePeople
}

// lemonSerial is the unit that came back again and again (practice: lemon).
const lemonSerial = "BWP-300108"

var sampleUnits = []sampleUnit{
	{lemonSerial, "BW-Pro", 0},
	{"BW2-204711", "BW-200", 3},
	{"BW1-100233", "BW-100", 2},
}

// sampleCase is a case of the past, with what it turned out to be.
type sampleCase struct {
	who       int // index in samplePeople
	days      int // how long ago
	subject   string
	text      string
	unit      string
	answer    string
	diagnosis string
}

var sampleCases = []sampleCase{
	{1, 80, "Gerät verliert Wasser", "Guten Tag, unsere Maschine " + lemonSerial + " tropft seit gestern an der Unterseite.", lemonSerial,
		"Guten Tag, bitte prüfen Sie, ob der Tank ganz eingeschoben ist. Sonst holen wir das Gerät ab.", "Dichtung am Boiler undicht, ausgetauscht"},
	{3, 55, "Grinder is stuck", "Hi, the grinder of my BW2-204711 makes a humming noise and no coffee comes.", "BW2-204711",
		"Hi Joe, please empty the bean hopper and run the grinder once without beans.", "Stone between the beans, removed by the customer"},
	{1, 41, "Schon wieder undicht", "Die Maschine " + lemonSerial + " ist nach der Reparatur wieder undicht.", lemonSerial,
		"Das tut uns leid. Wir tauschen die Boilereinheit.", "Boilereinheit getauscht"},
	{2, 30, "Code d'erreur E-11", "Bonjour, ma machine BW1-100233 affiche E-11 depuis ce matin.", "BW1-100233",
		"Bonjour, E-11 indique un détartrage nécessaire. Voici la marche à suivre.", "Détartrage, résolu par le client"},
	{0, 12, "Maschine heizt nicht", "Guten Tag, " + lemonSerial + " heizt nicht mehr auf.", lemonSerial,
		"Guten Tag, bitte schalten Sie die Maschine für zehn Minuten am Netzschalter aus.", "Temperaturfühler defekt, Gerät getauscht gegen Aufbereitung"},
	{3, 9, "Order 88123 not arrived", "Where is my order 88123? It was promised for Monday.", "",
		"Hi Joe, the parcel is with the carrier and arrives tomorrow.", "Carrier delay"},
}

// liveCases arrive when the demo starts, so that the first look at Slack is not empty.
var liveCases = []sampleCase{
	{0, 0, "Wieder Wasser unter der Maschine", "Guten Morgen,\n\nheute früh stand wieder Wasser unter der " + lemonSerial +
		". Das ist jetzt das vierte Mal! Wir haben in einer Stunde 80 Gäste zum Frühstück. Bitte melden Sie sich sofort.\n\nClara Weber", lemonSerial, "", ""},
	{2, 0, "Comment détartrer ?", "Bonjour, la machine BW1-100233 demande un détartrage. Quel produit faut-il utiliser et combien de temps cela prend-il ?", "BW1-100233", "", ""},
}

// seed writes the sample data. clock is the store's clock, which it sets back for the past.
func seed(ctx context.Context, s seedStore, articles []kb.Article, clock func(time.Time), now time.Time) error {
	for _, a := range articles {
		if _, err := s.PutArticle(ctx, a); err != nil {
			return fmt.Errorf("sample article %s: %w", a.ID, err)
		}
	}
	clock(now.AddDate(0, 0, -90))
	ids, err := seedPeople(ctx, s)
	if err != nil {
		return err
	}
	for i, c := range sampleCases {
		if err := seedCase(ctx, s, c, i, clock, now); err != nil {
			return fmt.Errorf("sample case %q: %w", c.subject, err)
		}
	}
	for i, w := range pastStories() {
		if _, err := w.tell(ctx, s, fmt.Sprintf("past-%d@demo", i), clock, now); err != nil {
			return fmt.Errorf("sample case %q: %w", w.subject, err)
		}
	}
	for _, u := range sampleUnits {
		unit := customer.Unit{Serial: u.serial, Model: u.model, Customer: ids[u.owner], WarrantyUntil: now.AddDate(1, 0, 0)}
		if err := s.PutUnit(ctx, unit); err != nil {
			return err
		}
	}
	clock(now)
	return drain(ctx, s)
}

func seedPeople(ctx context.Context, s seedStore) ([]customer.ID, error) {
	var orgs []customer.OrganizationID
	for _, o := range sampleOrgs {
		id, err := s.PutOrganization(ctx, o)
		if err != nil {
			return nil, err
		}
		orgs = append(orgs, id)
	}
	var ids []customer.ID
	for _, p := range samplePeople {
		c := customer.Customer{Name: p.name, Language: p.language,
			Identities: []customer.Identity{{Kind: customer.Email, Value: p.email, Name: p.name}}}
		if p.phone != "" {
			c.Identities = append(c.Identities, customer.Identity{Kind: customer.Phone, Value: p.phone, Name: p.name})
		}
		if p.org >= 0 {
			c.Organization = orgs[p.org]
		}
		id, err := s.PutCustomer(ctx, c)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func seedCase(ctx context.Context, s seedStore, c sampleCase, n int, clock func(time.Time), now time.Time) error {
	at := now.AddDate(0, 0, -c.days)
	clock(at)
	acc, err := s.Accept(ctx, []ticket.Inbound{inboundOf(c, fmt.Sprintf("sample-%d@demo", n), at)})
	if err != nil {
		return err
	}
	id, anna := acc[0].Ticket, ticket.Actor{Kind: ticket.ByAgent, ID: "anna", Name: "Anna Schmidt"}
	for _, a := range []ticket.Action{
		{Kind: ticket.ActRoute, By: ticket.Gateway, Decision: &ticket.Decision{Tier: "l1", Queue: "l1", Priority: ticket.Normal,
			Reasons: []string{"sample data"}}},
		{Kind: ticket.ActReply, By: anna, Text: c.answer},
		{Kind: ticket.ActDelivered, By: ticket.Gateway, Seq: 2, External: fmt.Sprintf("<sample-%d-answer@demo>", n)},
		{Kind: ticket.ActSolve, By: anna, Diagnosis: c.diagnosis},
		{Kind: ticket.ActClose, By: ticket.Gateway},
	} {
		at = at.Add(20 * time.Minute)
		clock(at)
		a.Ticket = id
		if _, err := s.Act(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func inboundOf(c sampleCase, external string, at time.Time) ticket.Inbound {
	p := samplePeople[c.who]
	in := ticket.Inbound{Channel: channels.Email, Inbox: "support", External: "<" + external + ">", Subject: c.subject, Text: c.text,
		Language: p.language, From: customer.Identity{Kind: customer.Email, Value: p.email, Name: p.name}, At: at}
	if c.unit != "" {
		in.Units = []string{c.unit}
	}
	return in
}

// drain ends the jobs of the past: nobody is to be shown or sent what is over.
func drain(ctx context.Context, s seedStore) error {
	for {
		jobs, err := s.Claim(ctx, nil, ticket.MaxPage, time.Minute)
		if err != nil || len(jobs) == 0 {
			return err
		}
		for _, j := range jobs {
			if err := s.Finish(ctx, j); err != nil {
				return err
			}
		}
	}
}
