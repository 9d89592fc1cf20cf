package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"tierline/config"
	"tierline/router"
	"tierline/ticket"
)

type rulesCmd struct {
	Explain rulesExplainCmd `cmd:"" help:"Say of each rule whether it was tried, whether it matches, and why not."`
	Replay  rulesReplayCmd  `cmd:"" help:"Say what rules would have made of tickets of the last days."`
}

type rulesExplainCmd struct {
	configFlag
	jsonFlag
	Ticket string `arg:"" optional:"" help:"A number such as T-1042."`
	Text   string `help:"What a made-up customer writes, instead of a ticket."`
	Given  string `help:"More facts of a made-up case, by their names in YAML: '{subject: Help, plan: gold}'."`
	On     string `enum:"opened,reply,warn,breach,returned" default:"opened" help:"Why rules look: opened (default), reply, warn, breach or returned."`
	Clock  string `help:"On warn and breach: first_response, next_response, resolution or at_tier."`
}

// Validate says what is wrong usage.
func (c rulesExplainCmd) Validate() error {
	if c.made() == (c.Ticket != "") {
		return errors.New("name a ticket, or make up facts with --text and --given")
	}
	return nil
}

func (c rulesExplainCmd) made() bool { return c.Text != "" || c.Given != "" }

func (c rulesExplainCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	rules, err := router.NewRules(cfg.Router)
	if err != nil {
		return err
	}
	var steps []router.Step
	var out router.Outcome
	if c.made() {
		var f router.Facts
		if f, err = c.facts(); err != nil {
			return err
		}
		steps, out = rules.ExplainFacts(cfg.Router, f)
	} else if steps, out, err = c.ticket(e, rules); err != nil {
		return err
	}
	return c.print(e, steps, out)
}

func (c rulesExplainCmd) facts() (f router.Facts, err error) {
	d := yaml.NewDecoder(strings.NewReader(c.Given))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return f, fmt.Errorf("--given: %w", err)
	}
	if c.Text != "" {
		f.Text = c.Text
	}
	if c.Clock != "" {
		f.Clock = c.Clock
	}
	f.On = c.On
	return f, nil
}

func (c rulesExplainCmd) ticket(e *env, rules *router.Rules) ([]router.Step, router.Outcome, error) {
	id, err := ticket.ParseID(c.Ticket)
	if err != nil {
		return nil, router.Outcome{}, err
	}
	var steps []router.Step
	var out router.Outcome
	err = withDesk(e, c.Config, func(_ config.Config, desk *router.Desk) (err error) {
		steps, out, err = desk.ExplainTicket(e.ctx, rules, id, ticket.RouteEvent(c.On), c.Clock)
		return err
	})
	return steps, out, err
}

func (c rulesExplainCmd) print(e *env, steps []router.Step, out router.Outcome) error {
	var rows [][]string
	for _, s := range steps {
		if c.JSON {
			if err := line(e.out, s); err != nil {
				return err
			}
			continue
		}
		what := "no"
		if s.Matched {
			what = "yes"
		} else if !s.Tried {
			what = "not tried"
		}
		rows = append(rows, []string{s.Group, s.Rule, what, dash(s.Then), s.Why})
	}
	if c.JSON {
		return line(e.out, map[string]router.Outcome{"decision": out})
	}
	if err := table(e.out, "GROUP\tRULE\tMATCHES\tTHEN\tWHY", rows); err != nil {
		return err
	}
	if c.Ticket != "" && c.On == string(ticket.OnOpened) {
		fmt.Fprintln(e.out, "\nThe case as it was opened; as they are now:", router.FactsAsOfNow)
	}
	_, err := fmt.Fprintf(e.out, "\nDecision: %s\nSignals: %s\n", out, dash(strings.Join(out.Signals, " ")))
	return err
}

type rulesReplayCmd struct {
	configFlag
	jsonFlag
	Days int    `default:"30" help:"Tickets opened in so many days (${default})."`
	With string `type:"path" placeholder:"FILE" help:"A changed configuration to compare this one with; without it, this one is compared with what was done."`
}

func (c rulesReplayCmd) Run(e *env) error {
	if c.Days < 1 || c.Days > 3660 {
		return errors.New("rules replay: --days is between 1 and 3660")
	}
	return withDesk(e, c.Config, func(_ config.Config, desk *router.Desk) error {
		var before *router.Rules
		after := desk.Live.Rules()
		if c.With != "" {
			changed, err := load(e, c.With)
			if err != nil {
				return err
			}
			before = after
			if after, err = router.NewRules(changed.Router); err != nil {
				return err
			}
		}
		return c.replay(e, desk, before, after)
	})
}

func (c rulesReplayCmd) replay(e *env, desk *router.Desk, before, after *router.Rules) error {
	sum, err := desk.Replay(e.ctx, time.Now().AddDate(0, 0, -c.Days), before, after, func(r router.Replayed) error {
		if c.JSON {
			return line(e.out, r)
		}
		_, err := fmt.Fprintf(e.out, "%s  %s  %s  (%s)  %s\n", r.Ticket, r.Opened.Local().Format(time.DateTime), strings.Join(r.Changes, ", "),
			harmless(strings.Join(r.Rules, "; ")), harmless(short(r.Subject, 60)))
		return err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return line(e.out, map[string]router.Summary{"summary": sum})
	}
	return printReplay(e, sum)
}

func printReplay(e *env, s router.Summary) error {
	fmt.Fprintf(e.out, "\n%d tickets, %d of them differ\n", s.Tickets, s.Differ)
	if s.Left {
		fmt.Fprintf(e.out, "Older ones were left out: at most %d are looked at.\n", router.MaxReplay)
	}
	fmt.Fprintln(e.out, "Facts as they are now:", router.FactsAsOfNow)
	for _, move := range slices.Sorted(maps.Keys(s.Moves)) {
		fmt.Fprintf(e.out, "%6d  %s\n", s.Moves[move], move)
	}
	all := maps.Clone(s.After)
	maps.Copy(all, s.Before)
	var rows [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		was := "–"
		if len(s.Before) > 0 {
			was = strconv.Itoa(s.Before[name])
		}
		rows = append(rows, []string{name, was, strconv.Itoa(s.After[name])})
	}
	return table(e.out, "\nRULE\tBEFORE\tAFTER", rows)
}
