package main

import (
	"fmt"
	"os/user"
	"strconv"
	"time"

	"tierline/ticket"
)

type jobsCmd struct {
	List  jobsListCmd  `cmd:"" default:"withargs" help:"List jobs, oldest first."`
	Retry jobsRetryCmd `cmd:"" help:"Have dead jobs tried again."`
	Drop  jobsDropCmd  `cmd:"" help:"Give dead jobs up for good; it is written into the ticket's history."`
}

type jobsListCmd struct {
	configFlag
	jsonFlag
	State string `enum:",ready,scheduled,leased,dead" default:"" help:"Only jobs in this state: ready, scheduled, leased, dead."`
	After int64  `help:"Only jobs with a higher number."`
	Limit int    `default:"100" help:"At most so many (${default}; 500 at the most)."`
}

func (c jobsListCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	jobs, err := s.Jobs(e.ctx, ticket.JobState(c.State), c.After, c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		for _, j := range jobs {
			if err := line(e.out, j); err != nil {
				return err
			}
		}
		return nil
	}
	var rows [][]string
	for _, j := range jobs {
		rows = append(rows, []string{strconv.FormatInt(j.ID, 10), string(j.State), string(j.Kind), j.Ticket.String(),
			strconv.Itoa(j.Seq), strconv.Itoa(j.Attempts), j.RunAt.Local().Format(time.DateTime), short(j.Error, 100)})
	}
	return table(e.out, "JOB\tSTATE\tKIND\tTICKET\tSEQ\tTRIES\tDUE\tLAST ERROR", rows)
}

type jobsRetryCmd struct {
	configFlag
	Jobs []int64 `arg:"" name:"job" help:"Numbers of dead jobs."`
}

func (c jobsRetryCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, id := range c.Jobs {
		if err := s.Revive(e.ctx, id); err != nil {
			return fmt.Errorf("job %d: %w", id, err)
		}
		fmt.Fprintf(e.out, "job %d will be tried again\n", id)
	}
	return nil
}

type jobsDropCmd struct {
	configFlag
	Jobs []int64 `arg:"" name:"job" help:"Numbers of dead jobs."`
}

func (c jobsDropCmd) Run(e *env) error {
	s, err := openStore(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, id := range c.Jobs {
		if err := s.Drop(e.ctx, id, operator()); err != nil {
			return fmt.Errorf("job %d: %w", id, err)
		}
		fmt.Fprintf(e.out, "job %d is dropped\n", id)
	}
	return nil
}

// operator is who acts by a command.
func operator() ticket.Actor {
	a := ticket.Actor{Kind: ticket.BySystem, ID: "cli", Name: "operator"}
	if u, err := user.Current(); err == nil {
		a.Name = u.Username
	}
	return a
}
