package slackdesk

import (
	"context"
	"strings"

	"tierline/internal/slackapp"
	"tierline/ticket"
)

// incidentCommand lists incidents, shows one, or makes one of tickets: /tier incident T-1 T-2 what is wrong.
func (k *Desk) incidentCommand(ctx context.Context, by ticket.Agent, args, key string) (slackapp.Reply, error) {
	words := strings.Fields(args)
	if len(words) == 0 {
		list, err := k.back.Incidents(ctx, by, ticket.IncidentFilter{Limit: maxRows})
		return slackapp.Reply{Text: "*Incidents*\n" + listIncidents(list)}, err
	}
	if id, err := ticket.ParseIncidentID(words[0]); err == nil && len(words) == 1 {
		c, err := k.back.Incident(ctx, by, id)
		if err != nil {
			return slackapp.Reply{}, err
		}
		return slackapp.Reply{Text: incidentText(c.Incident), Blocks: k.incidentBlocks(c)}, nil
	}
	a := ticket.IncidentAction{Do: ticket.DoPropose, Key: key}
	for len(words) > 0 && (words[0][0] == 'T' || words[0][0] == 't') {
		id, err := ticket.ParseID(strings.TrimRight(words[0], ","))
		if err != nil {
			break
		}
		a.Tickets, words = append(a.Tickets, ticket.Candidate{Ticket: id, Why: []string{"named by " + by.Name}}), words[1:]
	}
	a.Title = strings.Join(words, " ")
	if len(a.Tickets) == 0 {
		return slackapp.Reply{Text: "Name its tickets, then say what is wrong: `incident T-1042 T-1050 Nobody can sign in`."}, nil
	}
	i, err := k.back.ActIncident(ctx, by, a)
	return slackapp.Reply{Text: i.ID.String() + " is proposed to the team that works on incidents."}, err
}

func listIncidents(list []ticket.Incident) string {
	if len(list) == 0 {
		return "There are none."
	}
	var lines []string
	for _, i := range list {
		lines = append(lines, "• *"+i.ID.String()+"* "+esc(i.Title, 90)+" · "+incidentState(i.State)+" · "+when(i.Proposed))
	}
	return strings.Join(lines, "\n")
}
