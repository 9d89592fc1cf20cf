package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"time"

	"gopkg.in/yaml.v3"

	"tierline/channels"
	"tierline/config"
	"tierline/config/check"
	"tierline/internal/simulation"
	"tierline/router"
	"tierline/store"
	"tierline/ticket"
)

type simulateCmd struct {
	configFlag
	jsonFlag
	Scenario string  `arg:"" type:"path" help:"The scenario file."`
	With     string  `type:"path" placeholder:"FILE" help:"Another configuration that meets the same contacts, to compare."`
	Days     int     `help:"Play so many days instead of those of the scenario."`
	Seed     *uint64 `help:"Another chance than that of the scenario."`
}

// maxScenario is the longest scenario that is read, in bytes.
const maxScenario = 1 << 20

func (c simulateCmd) Run(e *env) error {
	s, err := c.scenario(e)
	if err != nil {
		return err
	}
	files := []string{c.Config}
	if c.With != "" {
		files = append(files, c.With)
	}
	var reports []simulation.Report
	for _, f := range files {
		r, err := c.play(e, f, s)
		if err != nil {
			return err
		}
		if reports = append(reports, r); c.JSON {
			if err := line(e.out, r); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return nil
	}
	return printPlays(e, reports)
}

func (c simulateCmd) scenario(e *env) (*simulation.Scenario, error) {
	info, err := os.Stat(c.Scenario)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxScenario {
		return nil, fmt.Errorf("simulate: %s is longer than %d bytes", c.Scenario, maxScenario)
	}
	text, err := os.ReadFile(c.Scenario)
	if err != nil {
		return nil, err
	}
	s := &simulation.Scenario{}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("simulate: %s: %w", c.Scenario, err)
	}
	if c.Days > 0 {
		s.Days = c.Days
	}
	if c.Seed != nil {
		s.Seed = *c.Seed
	}
	var faults check.List
	s.Check(faults.Root())
	for _, f := range faults.Faults {
		fmt.Fprintf(e.err, "%s: %s\n", c.Scenario, f)
	}
	if len(faults.Faults) > 0 {
		return nil, errReported
	}
	return s, nil
}

// play plays a scenario against a configuration, in a store that is thrown away.
func (c simulateCmd) play(e *env, file string, s *simulation.Scenario) (r simulation.Report, err error) {
	cfg, err := load(e, file)
	if err != nil {
		return r, err
	}
	live, err := router.NewLive(cfg.Router)
	if err != nil {
		return r, err
	}
	dir, err := os.MkdirTemp("", "tierline-simulate-")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clock := simulation.NewClock(s.Start)
	log := logger(e.err, cfg.Log.Format, "error")
	st, err := store.Open(e.ctx, store.Config{Data: dir, ThrowAway: true, Policy: live, Now: clock.Now, Log: log})
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	intake, err := understanding(cfg, st)
	if err != nil {
		return r, err
	}
	return simulation.Play(e.ctx, s, simulation.Setup{Store: st, Intake: intake, KB: st, Live: live, Clock: clock, Log: slog.New(slog.DiscardHandler)})
}

func understanding(cfg config.Config, st *store.Store) (ticket.Intake, error) {
	return channels.Understand(st, cfg.Understand)
}

// printPlays shows plays side by side.
func printPlays(e *env, all []simulation.Report) error {
	r := all[0]
	fmt.Fprintf(e.out, "%s: %s to %s\n", harmless(r.Scenario), r.From.Format(time.DateOnly), r.To.Format(time.DateOnly))
	head := "\nWHAT"
	for i := range all {
		head += "\t" + []string{"THIS", "WITH"}[i]
	}
	var rows [][]string
	add := func(what string, of func(simulation.Report) string) {
		row := []string{what}
		for _, r := range all {
			row = append(row, of(r))
		}
		rows = append(rows, row)
	}
	count := func(what string, of func(simulation.Report) int) {
		add(what, func(r simulation.Report) string { return strconv.Itoa(of(r)) })
	}
	for _, ch := range []string{"email", "chat", "phone"} {
		if r.Contacts[ch] > 0 {
			count("new contacts by "+ch, func(r simulation.Report) int { return r.Contacts[ch] })
		}
	}
	count("solved", func(r simulation.Report) int { return r.Solved })
	count("open at the end", func(r simulation.Report) int { return r.Open })
	count("escalated", func(r simulation.Report) int { return r.Escalated })
	count("messages to customers by itself", func(r simulation.Report) int { return r.Told })
	count("incidents proposed", func(r simulation.Report) int { return r.Incidents })
	count("pages", func(r simulation.Report) int { return r.Pages.Opened })
	count("pages that nobody answered", func(r simulation.Report) int { return r.Pages.Exhausted })
	add("page to acceptance, median and 90 %", func(r simulation.Report) string {
		return short3(r.Pages.P50) + ", " + short3(r.Pages.P90)
	})
	if err := table(e.out, head, rows); err != nil {
		return err
	}
	for i, r := range all {
		if len(all) > 1 {
			fmt.Fprintf(e.out, "\n%s\n", []string{"THIS", "WITH"}[i])
		}
		if err := printPlay(e, r); err != nil {
			return err
		}
	}
	_, err := fmt.Fprint(e.out, legend)
	return err
}

// legend says how the tables are to be read.
const legend = `
How to read it. A case counts once for each of its clocks, at the tier and with the priority that it had in the end: what was late at level 1 and
went up stands at level 2. MEDIAN and 90 % are open time until the clock was met, of those that were. WAITING are cases on which
somebody is to act, owned or not. BUSY is time at cases against hours at work; TURNS are times that somebody took a case up.
Nobody opens a proposed incident here, so its cases are worked one by one.
`

func printPlay(e *env, r simulation.Report) error {
	var rows [][]string
	for _, c := range r.Clocks {
		rows = append(rows, []string{string(c.Clock), c.Tier, string(c.Priority), strconv.Itoa(c.Tickets),
			fmt.Sprintf("%d (%.0f %%)", c.Breached, 100*float64(c.Breached)/float64(max(1, c.Tickets))), short3(c.P50), short3(c.P90)})
	}
	if err := table(e.out, "\nCLOCK\tENDED AT\tPRIORITY\tTICKETS\tBREACHED\tMEDIAN\t90 %", rows); err != nil {
		return err
	}
	rows = nil
	for _, q := range r.Queues {
		rows = append(rows, []string{q.Tier, strconv.Itoa(q.Most), q.At.Format("2006-01-02 15:04"), strconv.Itoa(q.End)})
	}
	if err := table(e.out, "\nTIER\tMOST WAITING\tAT\tAT THE END", rows); err != nil {
		return err
	}
	rows = nil
	for _, p := range r.People {
		busy := "–"
		if p.Hours > 0 {
			busy = fmt.Sprintf("%.0f %%", 100*float64(p.Worked)/float64(p.Hours))
		}
		rows = append(rows, []string{p.Agent, short3(p.Hours), busy, strconv.Itoa(p.Goes), strconv.Itoa(p.Solved),
			strconv.Itoa(p.Paged), strconv.Itoa(p.AtNight), strconv.Itoa(p.Accepted), strconv.Itoa(p.Declined)})
	}
	if err := table(e.out, "\nWHO\tHOURS\tBUSY\tTURNS\tSOLVED\tPAGED\tAT NIGHT\tACCEPTED\tDECLINED", rows); err != nil {
		return err
	}
	rows = nil
	for why, n := range r.Refused {
		rows = append(rows, []string{strconv.Itoa(n), harmless(why)})
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b []string) int { return slices.Compare(a[1:], b[1:]) })
	return table(e.out, "\nTIMES\tREFUSED", rows)
}

// short3 is a duration as people read it: 3h12m, 45s.
func short3(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Round(time.Minute).Minutes()))
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}
