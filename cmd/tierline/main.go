// Command tierline is the gateway and everything that operators do with it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones of schedules, also where the system has none

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

// version is set when a release is built.
var version = "dev"

// cli is every command. Exit status: 0 done, 1 a fault that the message names, 2 wrong usage.
type cli struct {
	Demo        demoCmd                   `cmd:"" help:"Run everything on this machine, with sample data and no account, to try it."`
	Serve       serveCmd                  `cmd:"" help:"Run the gateway."`
	Config      configCmd                 `cmd:"" help:"Look at a configuration."`
	Doctor      doctorCmd                 `cmd:"" help:"Try each connection and say what is wrong and how to mend it."`
	Migrate     migrateCmd                `cmd:"" help:"Bring the database to this version and say what was done."`
	Page        pageCmd                   `cmd:"" help:"Ring the people on call for a ticket, or test how somebody can be reached."`
	Incidents   incidentsCmd              `cmd:"" help:"What hits many customers."`
	Jobs        jobsCmd                   `cmd:"" help:"Work that waits, and work that was given up."`
	KB          kbCmd                     `cmd:"" name:"kb" help:"The knowledge base."`
	Ticket      ticketCmd                 `cmd:"" help:"Look at tickets."`
	People      peopleCmd                 `cmd:"" help:"Customers: who is one person, and who is kept out."`
	Rules       rulesCmd                  `cmd:"" help:"Look at rules: what they make of tickets, and why."`
	Simulate    simulateCmd               `cmd:"" help:"Play days of traffic against a configuration, in seconds, and say what would have come of it."`
	Report      reportCmd                 `cmd:"" help:"Count what came to pass."`
	OnCall      oncallCmd                 `cmd:"" name:"oncall" help:"Who is on call: now, next, gaps, and how it is shared."`
	Mail        mailCmd                   `cmd:"" help:"Look at mails: what became of them, and why."`
	Customers   customersCmd              `cmd:"" help:"Bring in what other systems know of customers."`
	Slack       slackCmd                  `cmd:"" help:"The Slack app: where it is installed, links to install it, and how it is removed."`
	Suppliers   suppliersCmd              `cmd:"" help:"How long suppliers take, and what they have."`
	Import      importCmd                 `cmd:"" help:"Bring mails of the past in, without notifying anybody."`
	Call        callCmd                   `cmd:"" help:"Look at call transcripts."`
	Console     consoleCmd                `cmd:"" help:"Make a link with which an agent signs in to the console once."`
	Healthcheck healthCmd                 `cmd:"" hidden:"" help:"Exit 0 when a gateway answers at a URL (for containers)."`
	Version     versionCmd                `cmd:"" help:"Say which version this is."`
	Completion  kongcompletion.Completion `cmd:"" help:"Print a line for your shell's start-up file that completes commands."`
}

// env is what commands read from and write to.
type env struct {
	ctx     context.Context
	in      io.Reader
	out     io.Writer
	err     io.Writer
	environ []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { // a second signal ends it at once
		<-ctx.Done()
		stop()
	}()
	os.Exit(run(&env{ctx: ctx, in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}, os.Args[1:]))
}

// errReported is a failure that the command has told already.
var errReported = errors.New("already reported")

func run(e *env, args []string) int {
	exit := -1
	parser, err := newParser(e, func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(e.err, "tierline:", err)
		return 1
	}
	kongcompletion.Register(parser)
	k, err := parser.Parse(args)
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(e.err, "tierline: %v\nTry tierline --help.\n", err)
		return 2
	}
	if err := k.Run(e); err != nil {
		if !errors.Is(err, errReported) {
			fmt.Fprintln(e.err, "tierline:", err)
		}
		return 1
	}
	return 0
}

func newParser(e *env, exit func(int)) (*kong.Kong, error) {
	return kong.New(&cli{}, kong.Name("tierline"), kong.UsageOnError(), kong.Writers(e.out, e.err), kong.Exit(exit),
		kong.Description("Tierline, an omnichannel support gateway: every contact becomes a ticket, agents work it from Slack."))
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	fmt.Fprintln(e.out, "tierline", version)
	return nil
}

// logger writes to w as the configuration says.
func logger(w io.Writer, format, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}
