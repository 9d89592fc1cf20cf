package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"tierline/channels/email"
	"tierline/config"
	"tierline/internal/slackapp"
	"tierline/router/pager"
	"tierline/ticket"
)

// pageTestCmd sends one person a clearly marked test by each of their ways. It opens no page, counts against no limit
// and is in no report.
type pageTestCmd struct {
	configFlag
	jsonFlag
	Person string   `arg:"" help:"An agent's id or mail address."`
	By     []string `help:"Only by these: slack, email, or names of paging.providers; default: all."`
}

// pageTried is what came of one way.
type pageTried struct {
	By     string `json:"by"`
	State  string `json:"state"` // delivered, failed, left_out
	Answer string `json:"answer"`
	MS     int64  `json:"ms"`
}

func (c pageTestCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(cfg.Router.Agents, func(a ticket.Agent) bool { return a.ID == c.Person || strings.EqualFold(a.Email, c.Person) })
	if i < 0 {
		return fmt.Errorf("there is no agent %q in the configuration", c.Person)
	}
	for _, by := range c.By {
		if !slices.Contains(cfg.Router.Paging.Names(), by) {
			return fmt.Errorf("there is no provider %q: one of %s", by, strings.Join(cfg.Router.Paging.Names(), ", "))
		}
	}
	bad := false
	for _, w := range pageWays(cfg, cfg.Router.Agents[i]) {
		if len(c.By) > 0 && !slices.Contains(c.By, w.by) {
			continue
		}
		r := w.tried(e.ctx)
		bad = bad || r.State == "failed"
		if c.JSON {
			err = line(e.out, r)
		} else {
			_, err = fmt.Fprintf(e.out, "%-10s %-9s %s, %d ms\n", r.By, strings.ReplaceAll(r.State, "_", " "), r.Answer, r.MS)
		}
		if err != nil {
			return err
		}
	}
	if bad {
		return errReported
	}
	return nil
}

// pageWay is a way to reach somebody; out says why there is none.
type pageWay struct {
	by, out string
	try     func(context.Context) (answer string, err error)
}

func (w pageWay) tried(ctx context.Context) pageTried {
	if w.out != "" {
		return pageTried{By: w.by, State: "left_out", Answer: w.out}
	}
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	begin := time.Now()
	answer, err := w.try(ctx)
	r := pageTried{By: w.by, State: "delivered", Answer: answer, MS: time.Since(begin).Milliseconds()}
	if err != nil {
		r.State, r.Answer = "failed", ticketError(err)
	}
	return r
}

// pageWays are all ways in the order of their names.
func pageWays(cfg config.Config, a ticket.Agent) (list []pageWay) {
	log, hooks := slog.New(slog.DiscardHandler), pager.NewClient(time.Now)
	for _, by := range cfg.Router.Paging.Names() {
		w := pageWay{by: by}
		m := pageTest(a, by, time.Now())
		switch hook, known := cfg.Router.Paging.Providers[by]; {
		case known && hook.Lacks(m.Person) != "":
			w.out = "they have no " + hook.Lacks(m.Person)
		case known:
			w.try = func(ctx context.Context) (string, error) { return hooks.Try(ctx, hook, m) }
		case by == pager.Slack && !cfg.Slack.App.Enabled():
			w.out = "Slack is not configured"
		case by == pager.Slack:
			w.try = func(ctx context.Context) (string, error) { return "a direct message", slackTest(ctx, cfg, a, m, log) }
		case cfg.Email.Sending.Host == "":
			w.out = "no server is configured to send by"
		case a.Email == "":
			w.out = "they have no address"
		default:
			w.try = func(ctx context.Context) (string, error) {
				return "the server has taken it", mailTest(ctx, cfg, m, log)
			}
		}
		list = append(list, w)
	}
	return list
}

// pageTest is what is sent: of no ticket, with nothing to answer, and marked as a test wherever it can be read.
func pageTest(a ticket.Agent, by string, now time.Time) pager.Message {
	m := pager.Message{ID: fmt.Sprintf("test.%d.%s.%s", now.UnixNano(), a.ID, by), Kind: ticket.CallTest, Ticket: "TEST", Severity: ticket.Low, From: "Tierline",
		Language: cmp.Or(a.Language, pager.Languages()[0]), Opened: now, Person: pager.Person{ID: a.ID, Name: a.Name, Email: a.Email, Phone: a.Phone}}
	m.Subject = pager.Say(m.Language, "subject test")
	m.Text = m.Line(now, "")
	m.Reason = m.Text
	return m
}

func slackTest(ctx context.Context, cfg config.Config, a ticket.Agent, m pager.Message, log *slog.Logger) error {
	s, done := slackStore(ctx, &cfg, log)
	defer done()
	app, _, err := openSlack(ctx, cfg, s, holder(), time.Now, log)
	if err != nil {
		return err
	}
	user := a.Slack
	if user == "" {
		u, err := app.UserByEmail(ctx, a.Email)
		if err != nil {
			return err
		}
		user = u.ID
	}
	_, _, err = app.PostTo(ctx, user, slackapp.Out{Text: ":white_check_mark: *" + slackapp.Escape(m.Subject) + "*\n" + slackapp.Escape(m.Text)})
	return err
}

func mailTest(ctx context.Context, cfg config.Config, m pager.Message, log *slog.Logger) error {
	if err := ownSecrets(&cfg); err != nil {
		return err
	}
	deps, done := mailDeps(ctx, &cfg, log)
	defer done()
	deps.Log, deps.Now = log, time.Now
	s, err := email.NewSender(cfg.Email, deps)
	if err != nil {
		return err
	}
	return pageByMail(s)(ctx, m, func(context.Context) error { return nil })
}
