package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"time"

	"tierline/internal/slackinstall"
)

type slackCmd struct {
	List        slackListCmd   `cmd:"" default:"withargs" help:"Where the Slack app is installed, and how it does there."`
	InstallLink slackLinkCmd   `cmd:"" help:"Make a link with which somebody installs the app in their workspace, once."`
	Remove      slackRemoveCmd `cmd:"" help:"Take the app out of a workspace and forget its tokens."`
}

type slackListCmd struct {
	configFlag
	jsonFlag
}

// slackLine is a workspace for scripts.
type slackLine struct {
	Key        string    `json:"key"`
	Name       string    `json:"name,omitempty"`
	URL        string    `json:"url,omitempty"`
	State      string    `json:"state"` // works, needs-install, scopes-missing, removed, removed-in-slack
	Problem    string    `json:"problem,omitempty"`
	Home       bool      `json:"home,omitempty"`
	OrgWide    bool      `json:"org_wide,omitempty"`
	Enterprise string    `json:"enterprise,omitempty"`
	By         string    `json:"installed_by,omitempty"`
	At         time.Time `json:"installed_at,omitzero"`
	Expires    time.Time `json:"expires,omitzero"`
	Ended      time.Time `json:"ended,omitzero"`
	Missing    []string  `json:"missing_scopes,omitempty"`
}

func lineOf(w slackinstall.Workspace) slackLine {
	l := slackLine{Key: w.Key, Name: w.Name, URL: w.URL, State: "works", Problem: w.Problem, Home: w.Home, OrgWide: w.Team == "" && w.Enterprise != "",
		Enterprise: w.Enterprise, By: w.By.Name, At: w.At, Expires: w.Expires, Ended: w.Ended, Missing: w.Missing}
	switch {
	case w.Lost:
		l.State = "removed-in-slack"
	case !w.Live():
		l.State = "removed"
	case w.Problem != "":
		l.State = "needs-install"
	case len(w.Missing) > 0:
		l.State = "scopes-missing"
	}
	return l
}

func (c slackListCmd) Run(e *env) error {
	cfg, s, installs, err := openInstalled(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	list, err := installs.List(e.ctx)
	if err != nil {
		return err
	}
	var lines []slackLine
	for _, w := range list {
		lines = append(lines, lineOf(w))
	}
	if !cfg.Slack.App.BotToken.IsZero() && cfg.Slack.App.RefreshToken.IsZero() && !c.JSON {
		fmt.Fprintln(e.err, "The configuration has a token for a workspace besides; tierline doctor tries it.")
	}
	return printList(e, c.JSON, lines, "WORKSPACE\tNAME\tSTATE\tINSTALLED\tBY\tTOKEN ENDS\tWHAT IS WRONG", func(l slackLine) ([]string, error) {
		ends, wrong := "never", l.Problem
		if !l.Expires.IsZero() {
			ends = l.Expires.Local().Format(time.DateTime)
		}
		if l.State != "works" && wrong == "" {
			wrong = strings.Join(l.Missing, ", ")
		}
		return []string{l.Key, short(l.Name, 40), l.State, l.At.Local().Format(time.DateTime), short(l.By, 30), ends, short(wrong, 200)}, nil
	})
}

type slackLinkCmd struct {
	configFlag
	jsonFlag
	For time.Duration `default:"48h" help:"How long the link works (${default}; at most 14 days)."`
}

func (c slackLinkCmd) Run(e *env) error {
	cfg, err := load(e, c.Config)
	if err != nil {
		return err
	}
	if !cfg.Slack.App.Installs() {
		return errors.New("the app is installed by OAuth once slack.client_id and slack.client_secret are set")
	}
	if err := ownSecrets(&cfg); err != nil {
		return err
	}
	now := time.Now()
	link, err := cfg.Web.SlackLink(operator().Name, c.For, now)
	if err != nil {
		return err
	}
	if c.JSON {
		return line(e.out, map[string]any{"url": link, "until": now.Add(c.For).UTC().Truncate(time.Second)})
	}
	_, err = fmt.Fprintln(e.out, link)
	return err
}

type slackRemoveCmd struct {
	configFlag
	jsonFlag
	Key string `arg:"" help:"The workspace's id, as tierline slack list gives it."`
	Yes bool   `help:"Do not ask."`
}

func (c slackRemoveCmd) Run(e *env) error {
	_, s, installs, err := openInstalled(e, c.Config)
	if err != nil {
		return err
	}
	defer s.Close()
	if !c.Yes {
		fmt.Fprintf(e.err, "The app leaves %s, and its tokens are forgotten. What waits for it stays. Type yes: ", harmless(c.Key))
		answer, _ := bufio.NewReader(e.in).ReadString('\n')
		if strings.TrimSpace(strings.ToLower(answer)) != "yes" {
			return errors.New("nothing was removed")
		}
	}
	if err := installs.Remove(e.ctx, c.Key, operator()); err != nil {
		return err
	}
	if c.JSON {
		return line(e.out, map[string]string{"key": c.Key, "state": "removed"})
	}
	_, err = fmt.Fprintf(e.out, "%s is removed\n", harmless(c.Key))
	return err
}
