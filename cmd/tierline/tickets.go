package main

import (
	"fmt"
	"strings"
	"time"

	"tierline/ticket"
)

type ticketCmd struct {
	List ticketListCmd `cmd:"" help:"List tickets, newest first."`
	Show ticketShowCmd `cmd:"" help:"Show tickets with what was said and what was done."`
}

type ticketListCmd struct {
	configFlag
	jsonFlag
	State []string `help:"Only in these states: new, open, pending, on_hold, solved, closed."`
	Tier  string   `help:"Only at this tier."`
	Owner string   `help:"Only of this agent."`
	Unit  string   `help:"Only about this serial number."`
	Text  string   `help:"Only with this in the subject."`
	After string   `help:"Only older than this ticket, for the next page."`
	Limit int      `default:"50" help:"At most so many (${default}; 500 at the most)."`
}

func (c ticketListCmd) Run(e *env) error {
	f := ticket.Filter{States: named[ticket.State](c.State), Tier: c.Tier, Owner: c.Owner, Unit: c.Unit, Text: c.Text, Limit: c.Limit}
	if c.After != "" {
		id, err := ticket.ParseID(c.After)
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
	list, err := s.Tickets(e.ctx, f)
	if err != nil {
		return err
	}
	return printList(e, c.JSON, list, "TICKET\tSTATE\tPRIORITY\tTIER\tOWNER\tCHANNEL\tUPDATED\tSUBJECT", func(t ticket.Ticket) ([]string, error) {
		return []string{t.ID.String(), string(t.State), string(t.Priority), t.Tier, t.Owner, t.Channel,
			t.Updated.Local().Format(time.DateTime), short(t.Subject, 60)}, nil
	})
}

type ticketShowCmd struct {
	configFlag
	jsonFlag
	Tickets []string `arg:"" name:"ticket" help:"Numbers such as T-1042."`
}

// shown is a ticket as a script reads it.
type shown struct {
	ticket.Ticket
	Messages []ticket.Message `json:"messages"`
	Events   []ticket.Event   `json:"events"`
}

func (c ticketShowCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, arg := range c.Tickets {
		id, err := ticket.ParseID(arg)
		if err != nil {
			return err
		}
		var v shown
		if v.Ticket, err = s.Ticket(e.ctx, id); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
		if v.Messages, err = s.Messages(e.ctx, id, 0, ticket.MaxPage); err != nil {
			return err
		}
		if v.Events, err = s.Events(e.ctx, id, 0, ticket.MaxPage); err != nil {
			return err
		}
		if c.JSON {
			err = line(e.out, v)
		} else {
			err = v.print(e)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (v shown) print(e *env) error {
	fmt.Fprintf(e.out, "%s  %s\n", v.ID, v.Subject)
	fmt.Fprintf(e.out, "  %s, %s, tier %s, owner %s, by %s, opened %s\n", v.State, v.Priority, dash(v.Tier), dash(v.Owner),
		v.Channel, v.Opened.Local().Format(time.DateTime))
	if v.Diagnosis != "" {
		fmt.Fprintln(e.out, "  diagnosis:", v.Diagnosis)
	}
	for _, m := range v.Messages {
		who := m.Author.Name
		fmt.Fprintf(e.out, "\n#%d %s %s %s %s %s\n", m.Seq, m.At.Local().Format(time.DateTime), m.Kind, m.Direction, dash(who), m.Delivery)
		fmt.Fprintln(e.out, "  "+strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n  "))
	}
	fmt.Fprintln(e.out, "\nHistory")
	var rows [][]string
	for _, ev := range v.Events {
		rows = append(rows, []string{"  " + ev.At.Local().Format(time.DateTime), ev.Kind, ev.By.Name, strings.Join(ev.Why, "; ")})
	}
	return table(e.out, "  WHEN\tWHAT\tBY\tWHY", rows)
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
