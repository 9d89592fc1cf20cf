package slackdesk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/slack-go/slack"

	"tierline/bots"
	"tierline/ticket"
)

// incidentForm is a form about an incident, or about the one that a ticket is to be part of.
func (k *Desk) incidentForm(ctx context.Context, by ticket.Agent, what string, r incidentRef) (slack.ModalViewRequest, error) {
	if what == doIncident {
		return k.partForm(ctx, by, r)
	}
	card, err := k.back.Incident(ctx, by, r.Incident)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	i := card.Incident
	if r.Rev == 0 {
		r.Rev = i.Rev
	}
	about := small(incidentText(i) + " · " + incidentCount(card.Tally))
	id := i.ID.String()
	switch what {
	case doIncidentOpen:
		return modal(what, id+": open", "Open", r.String(), about,
			input("title", "What is wrong, in one line", "Every ticket's card says it", line(i.Title, 150, false), false),
			input("text", "What agents are to do", "One instruction, on top of every ticket's card", line(i.Instruction, maxInput, true), true)), nil
	case doIncidentInstruct:
		return modal(what, id+": instruct", "Save", r.String(), about,
			input("title", "What is wrong, in one line", "", line(i.Title, 150, false), false),
			input("text", "What agents are to do", "One instruction, on top of every ticket's card", line(i.Instruction, maxInput, true), true)), nil
	case doIncidentDismiss:
		return modal(what, id+": not one", "It is none", r.String(), about,
			input("reason", "Why not?", "Tickets like these are not proposed again for a while; others will ask why", line("", 500, true), false)), nil
	case doIncidentTickets:
		return modal(what, id+": tickets", "Save", r.String(), about,
			input("add", "Tickets that belong to it", "Numbers such as T-1042, T-1050", line("", 1000, false), true),
			input("remove", "Tickets that do not", "They are not linked by themselves again", line("", 1000, false), true),
			input("reason", "Why not?", "Of those that do not", line("", 300, false), true)), nil
	case doIncidentUpdate:
		return modal(what, id+": update", "Send", r.String(), append([]slack.Block{about}, updateInputs(card)...)...), nil
	case doIncidentResolve:
		blocks := []slack.Block{about, small(fmt.Sprintf("%d tickets are solved with this, each with its customer's text.", card.Tally.Linked-card.Tally.Done)),
			input("diagnosis", "What was it?", "The cause, so that the next one finds it", line(i.Diagnosis, 1500, true), false)}
		return modal(what, id+": resolve", "Resolve all", r.String(), append(blocks, updateInputs(card)...)...), nil
	}
	return slack.ModalViewRequest{}, ticket.Errorf("slackdesk.form", ticket.Invalid, "There is no such form.")
}

// updateInputs ask for one text a language of the customers, the most frequent first.
func updateInputs(c bots.IncidentCard) (blocks []slack.Block) {
	languages := slices.SortedFunc(maps.Keys(c.Languages), func(a, b string) int {
		if c.Languages[a] != c.Languages[b] {
			return c.Languages[b] - c.Languages[a]
		}
		return strings.Compare(a, b)
	})
	languages = slices.DeleteFunc(languages, func(l string) bool { return l == "" })
	if !slices.Contains(languages, "en") {
		languages = append(languages, "en")
	}
	blocks = append(blocks, small("Each customer is told once, in their language. In languages without a text they get the English one, or the first that there is, and that is marked."+
		" `{number}` stands for the ticket's number."))
	for _, l := range languages[:min(len(languages), maxLanguages)] {
		blocks = append(blocks, input("text_"+l, "Text in "+language(l), fmt.Sprintf("%d of the customers write it", c.Languages[l]), line("", maxInput, true), true))
	}
	return blocks
}

// partForm asks which incident a ticket is part of.
func (k *Desk) partForm(ctx context.Context, by ticket.Agent, r incidentRef) (slack.ModalViewRequest, error) {
	card, err := k.back.Card(ctx, by, r.Ticket)
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	list, err := k.back.Incidents(ctx, by, ticket.IncidentFilter{States: []ticket.IncidentState{ticket.IncidentOpen, ticket.IncidentProposed}, Limit: 50})
	if err != nil {
		return slack.ModalViewRequest{}, err
	}
	blocks := []slack.Block{small(cardText(card))}
	if len(list) > 0 {
		var all []*slack.OptionBlockObject
		for _, i := range list {
			all = append(all, option(strconv.FormatInt(int64(i.ID), 10), i.ID.String()+" "+i.Title))
		}
		blocks = append(blocks, input("incident", "Which incident?", "", choose("v", "Choose one", all...), true))
	}
	blocks = append(blocks, input("title", "Or a new one: what is wrong, in one line", "It is proposed to the team that works on incidents", line("", 150, false), true))
	return modal(doIncident, r.Ticket.String()+": incident", "Save", r.String(), blocks...), nil
}
