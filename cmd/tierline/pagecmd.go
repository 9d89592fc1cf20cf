package main

import (
	"fmt"
	"strings"
	"time"

	"tierline/config"
	"tierline/router"
	"tierline/ticket"
)

type pageCmd struct {
	Ring pageRingCmd `cmd:"" default:"withargs" help:"Ring the people on call for a ticket."`
	Test pageTestCmd `cmd:"" help:"Send one person a marked test by each of their ways, and say what was answered."`
}

// pageRingCmd rings people from a shell or a script: by a monitor, for one. The gateway sees it within half a second;
// when it does not run, it rings as soon as it does.
type pageRingCmd struct {
	configFlag
	jsonFlag
	Ticket   string `arg:"" help:"A number such as T-1042."`
	Tier     string `help:"Which tier to page; default: the next one up."`
	Severity string `help:"low, normal, high or urgent; default: the ticket's priority."`
	Reason   string `required:"" help:"Why they are needed now."`
	By       string `help:"Who pages: an agent's id, or a name; default: the command line."`
}

func (c pageRingCmd) Run(e *env) error {
	id, err := ticket.ParseID(c.Ticket)
	if err != nil {
		return err
	}
	return withDesk(e, c.Config, func(cfg config.Config, desk *router.Desk) error { return c.page(e, id, cfg, desk) })
}

func (c pageRingCmd) page(e *env, id ticket.ID, cfg config.Config, desk *router.Desk) error {
	by := ticket.Actor{Kind: ticket.ByAPI, ID: "cli", Name: "The command line"}
	for _, a := range cfg.Router.Agents {
		if a.ID == c.By {
			by = a.Actor()
		}
	}
	if c.By != "" && by.Kind != ticket.ByAgent {
		by.Name = c.By
	}
	a := ticket.Action{Kind: ticket.ActPage, Ticket: id, Tier: c.Tier, Severity: ticket.Priority(c.Severity), Reason: c.Reason, By: by}
	if err := desk.Plan(e.ctx, &a); err != nil {
		return err
	}
	t, err := desk.Store.Act(e.ctx, a)
	if err != nil {
		return err
	}
	if c.JSON {
		return line(e.out, t.PageFor(a.Tier))
	}
	p := t.PageFor(a.Tier)
	switch p.State {
	case ticket.PageWaiting:
		fmt.Fprintf(e.out, "%s: quiet hours. %s is rung at %s.\n", id, p.Tier, p.Due.Local().Format(time.DateTime))
	case ticket.PageExhausted:
		fmt.Fprintf(e.out, "%s: nobody is on call for %s. The lead is told.\n", id, p.Tier)
	default:
		fmt.Fprintf(e.out, "%s: page %d rings %s.\n", id, p.Number, strings.Join(p.Who, ", "))
	}
	return nil
}

type reportPagesCmd struct {
	configFlag
	jsonFlag
	Days int    `default:"30" help:"The last so many days (${default})."`
	Zone string `default:"UTC" help:"Nights are from 22:00 to 07:00 in this zone (${default})."`
}

func (c reportPagesCmd) Run(e *env) error {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return fmt.Errorf("%q is no time zone such as Europe/Berlin", c.Zone)
	}
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	to := time.Now()
	from := to.AddDate(0, 0, -c.Days)
	list, err := ticket.AllPages(e.ctx, s, from, to)
	if err != nil {
		return err
	}
	r := ticket.ReportPages(list, from, to, zone)
	if c.JSON {
		return line(e.out, r)
	}
	fmt.Fprintf(e.out, "%d pages in %d days: %d accepted, %d reached nobody, %d solved meanwhile, %d ringing now.\n", r.Pages, c.Days,
		r.Accepted, r.Exhausted, r.Cancelled, r.Open)
	fmt.Fprintf(e.out, "Accepted: half within %s, nine of ten within %s, at most %s. %d declines, %d turns without an answer, %d paged anew.\n",
		r.AckP50.Duration().Round(time.Second), r.AckP90.Duration().Round(time.Second), r.AckMax.Duration().Round(time.Second), r.Declines, r.Silent, r.Again)
	var rows [][]string
	for _, p := range r.People {
		rows = append(rows, []string{p.Agent, fmt.Sprint(p.Rung), fmt.Sprint(p.Accepted), fmt.Sprint(p.Declined), fmt.Sprint(p.NoAnswer),
			p.AckP50.Duration().Round(time.Second).String(), fmt.Sprint(p.AtNight), fmt.Sprint(p.Nights), fmt.Sprint(p.MostNight)})
	}
	if err := table(e.out, "PERSON\tRUNG\tACCEPTED\tDECLINED\tNO ANSWER\tHALF WITHIN\tAT NIGHT\tNIGHTS\tMOST A NIGHT", rows); err != nil {
		return err
	}
	rows = nil
	for _, w := range r.By {
		rows = append(rows, []string{w.Provider, fmt.Sprint(w.Delivered), fmt.Sprint(w.Failed), fmt.Sprint(w.Trying), fmt.Sprint(w.Dropped)})
	}
	return table(e.out, "PROVIDER\tDELIVERED\tFAILED\tNEVER THROUGH\tNOT NEEDED", rows)
}

// pagingFindings say what one person gets at the most.
func pagingFindings(cfg config.Config) (list []config.Finding) {
	for _, l := range cfg.Router.Paging.Told() {
		list = append(list, config.Finding{Level: "ok", Where: "paging.limits", What: "one person gets by " + l + ", of all gateways together"})
	}
	return list
}
