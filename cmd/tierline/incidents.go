package main

import (
	"strconv"
	"strings"
	"time"

	"tierline/ticket"
)

type incidentsCmd struct {
	List incidentsListCmd `cmd:"" help:"List incidents, newest first."`
	Show incidentsShowCmd `cmd:"" help:"Show an incident with its tickets."`
}

type incidentsListCmd struct {
	configFlag
	jsonFlag
	State []string `help:"Only in these states: proposed, open, resolved, dismissed."`
	After string   `help:"Only older than this incident, for the next page."`
	Limit int      `default:"50" help:"At most so many (${default}; 500 at the most)."`
}

func (c incidentsListCmd) Run(e *env) error {
	f := ticket.IncidentFilter{States: named[ticket.IncidentState](c.State), Limit: c.Limit}
	if c.After != "" {
		id, err := ticket.ParseIncidentID(c.After)
		if err != nil {
			return err
		}
		f.After = id
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := s.Incidents(e.ctx, f)
	if err != nil {
		return err
	}
	return printList(e, c.JSON, list, "INCIDENT\tSTATE\tTIER\tTICKETS\tDONE\tFIRST\tNOTICED AFTER\tTITLE", func(i ticket.Incident) ([]string, error) {
		n, err := s.Tally(e.ctx, i.ID, 0)
		return []string{i.ID.String(), string(i.State), i.Tier, strconv.Itoa(n.Linked), strconv.Itoa(n.Done), i.Begun.Local().Format(time.DateTime),
			i.Proposed.Sub(i.Begun).Round(time.Minute).String(), short(i.Title, 60)}, err
	})
}

type incidentsShowCmd struct {
	configFlag
	jsonFlag
	Incident string `arg:"" help:"A number such as I-12."`
}

// shownIncident is an incident as a script reads it.
type shownIncident struct {
	ticket.Incident
	Tickets []ticket.Member `json:"tickets"`
}

func (c incidentsShowCmd) Run(e *env) error {
	id, err := ticket.ParseIncidentID(c.Incident)
	if err != nil {
		return err
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	x := shownIncident{}
	if x.Incident, err = s.Incident(e.ctx, id); err != nil {
		return err
	}
	for after := ticket.ID(0); ; after = x.Tickets[len(x.Tickets)-1].Ticket {
		page, err := s.Members(e.ctx, id, after, ticket.MaxPage)
		if err != nil {
			return err
		}
		x.Tickets = append(x.Tickets, page...)
		if len(page) < ticket.MaxPage {
			break
		}
	}
	if c.JSON {
		return line(e.out, x)
	}
	var rows [][]string
	for _, m := range x.Tickets {
		told := ""
		if m.Told > 0 {
			told = "update " + strconv.Itoa(m.Told)
		}
		if m.Skipped != "" {
			told = "not told: " + m.Skipped
		}
		rows = append(rows, []string{m.Ticket.String(), string(m.State), strconv.FormatBool(m.Solved), told, short(strings.Join(m.Why, "; "), 60)})
	}
	head := [][]string{{x.ID.String(), string(x.State), x.Tier, short(x.Title, 80)}}
	if err := table(e.out, "INCIDENT\tSTATE\tTIER\tTITLE", head); err != nil {
		return err
	}
	return table(e.out, "TICKET\tHOW\tSOLVED\tTOLD\tWHY", rows)
}
